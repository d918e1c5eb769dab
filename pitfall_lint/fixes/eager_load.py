"""The codemod behind `EagerLoad`: relations go into a query's select_related and prefetch_related, or these are added.

Edits are minimal insertions computed from libcst's positions, so that everything else stays byte for byte. Where Django
would refuse the result, or load something else than before, it raises CannotFix. Class bodies are for `class_level`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import EagerLoad, Edit
from pitfall_lint.fixes.chain import Chain, Link
from pitfall_lint.fixes.paths import SEPARATOR, covers, keys_missing, longest, prefixes
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree, code

# https://docs.djangoproject.com/en/stable/ref/models/querysets/
_MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})
_QUERYSET = re.compile(
    r"all|filter|exclude|annotate|alias|order_by|reverse|distinct|select_related|prefetch_related|only|defer|using|none"
    r"|extra|select_for_update|complex_filter|get_queryset"
)
_ROW = re.compile(r"a?(?:get|first|last|earliest|latest|in_bulk|iterator)")
_ROW_OF_SET = re.compile(r"a?(?:first|last|earliest|latest)")  # of a related manager: `author.books.first()`
_NO_ROWS = re.compile(
    r"a?(?:count|exists|aggregate|update|delete|create|bulk_create|bulk_update|get_or_create|update_or_create|contains"
    r"|explain)"
)
_REFUSED = {
    **dict.fromkeys(("values", "values_list", "dates", "datetimes"), "yields no model instances"),
    "raw": "is SQL written by hand",
}
_COMBINING = frozenset({"union", "intersection", "difference"})
_NOT_QUERIES = re.compile(
    r"list|tuple|set|frozenset|dict|sorted|reversed|iter|next|len|enumerate|zip|map|filter|str|int|bool"
)
_CLASS_WORDS = frozenset({"model", "klass", "cls", "model_class", "get_user_model", "get_model"})
_SHORTCUT = re.compile(r"\ba?get_(?:object|list)_or_404\s*\(\s*(?:klass\s*=\s*)?\Z")
_BARE_ITERATOR = re.compile(r"\s*\\?\s*\.\s*a?iterator\s*\(\s*\)")


def expand_eager_load(recipe: EagerLoad, text: Text) -> tuple[Edit, ...]:
    """The edits of the recipe; none where everything is loaded already."""
    if recipe.form in ("view-model", "admin-class", "admin-queryset"):
        from pitfall_lint.fixes.class_level import admin_class, view_model

        return (view_model if recipe.form == "view-model" else admin_class)(recipe, text)
    if recipe.form not in ("expression", "model"):
        raise CannotFix(f"{recipe.form} is no form of eager loading", text.path)
    start, end = text.offset(recipe.query.start), text.offset(recipe.query.end)
    source = text.text
    stands_alone = not re.match(r"\w|[ \t]*\(", source[end : end + 80]) and not re.search(
        r"[\w.]\Z", source[:start][-1:]
    )
    if not start < end or not stands_alone:
        raise CannotFix("the place does not span a whole query", text.path)
    if text.in_string(start):
        raise CannotFix("the query stands within a string", text.path)
    try:
        tree, node = Tree.of_expression(source, start, end)
    except (cst.ParserSyntaxError, ValueError, RecursionError) as error:
        raise CannotFix("the place does not span a whole query", text.path) from error
    wanted = _Wanted(longest(recipe.joined), longest(recipe.prefetched), frozenset(recipe.to_one))
    if recipe.form == "model" or _is_shortcut_class(text, start, node):
        if not isinstance(node, cst.Name | cst.Attribute | cst.Call):
            raise CannotFix("the place does not span a model class", text.path)
        calls = wanted.calls(text.quote)
        return (text.edit(start, end, ".".join([source[start:end], recipe.manager, *calls])),) if calls else ()
    edits = _Rewriting(text, tree).rewrite(node, end, wanted)
    return tuple(sorted(edits, key=lambda edit: edit.place))


def quoted(value: str, quote: str) -> str:
    """A string literal."""
    return f"{quote}{value}{quote}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    joined: tuple[str, ...]
    prefetched: tuple[str, ...]
    to_one: frozenset[str] = frozenset()

    def calls(self, quote: str) -> list[str]:
        """The calls that load all of it, without their dots."""
        pairs = (("select_related", self.joined), ("prefetch_related", self.prefetched))
        return [f"{name}({', '.join(quoted(path, quote) for path in paths)})" for name, paths in pairs if paths]

    def below(self, lookup: str, path: str) -> _Wanted:
        """What the queryset of `Prefetch(lookup)` must load for `path`: joined where each step below leads to one."""
        rest = path[len(lookup + SEPARATOR) :]
        steps = [step for step in prefixes(path) if len(step) > len(lookup)]
        to_one = frozenset(
            step[len(lookup + SEPARATOR) :] for step in self.to_one if step.startswith(lookup + SEPARATOR)
        )
        return _Wanted((rest,), (), to_one) if self.to_one.issuperset(steps) else _Wanted((), (rest,), to_one)


@dataclass(frozen=True, slots=True)
class _Argument:
    """One argument of an eager-loading call; `path` is None where only the running program knows it."""

    node: cst.Arg
    path: str | None
    string: cst.SimpleString | None = None
    prefetch: cst.Call | None = None


def _is_shortcut_class(text: Text, start: int, node: cst.BaseExpression) -> bool:
    name = _last_name(node)
    if name is None:
        return False
    is_class = name[:1].isupper() and not name.isupper()
    if is_class and _SHORTCUT.search(text.text[max(0, start - 200) : start]):
        return True
    if is_class or name in _CLASS_WORDS:
        raise CannotFix("a model class stands where a query should", text.path)
    return False


def _last_name(node: cst.BaseExpression) -> str | None:
    while isinstance(node, cst.Call):
        node = node.func
        if isinstance(node, cst.Attribute) and node.attr.value not in _CLASS_WORDS:
            return None
        if isinstance(node, cst.Name) and node.value not in _CLASS_WORDS:
            return None
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else None


def _ends(link: Link) -> bool:
    return bool(_ROW.fullmatch(link.name) or _NO_ROWS.fullmatch(link.name))


class _Rewriting:
    def __init__(self, text: Text, tree: Tree) -> None:
        self.text = text
        self.tree = tree

    def refuse(self, reason: str) -> CannotFix:
        return CannotFix(reason, self.text.path)

    def rewrite(self, node: cst.BaseExpression, end: int, wanted: _Wanted) -> list[Edit]:
        """The edits that make the query `node`, which ends at index `end` with its parentheses, load what is wanted."""
        while isinstance(node, cst.Subscript):
            if len(node.slice) != 1 or not isinstance(node.slice[0].slice, cst.Slice):
                raise self.refuse("an item is taken from the query")
            end = self.tree.start(node.lbracket) - len(code(node.whitespace_after_value))
            node = node.value
        chain = Chain(self.text, self.tree, node, end)
        if not chain.links:
            self.check_root(node)
        tail, at = self.tail(chain, wanted)
        edits: list[Edit] = []
        calls: list[str] = []
        quote = chain.quote_of(None)
        joined = self.merge_joined(chain, tail, wanted.joined, edits)
        if joined:
            calls += _Wanted(joined, ()).calls(quote)
        prefetched = self.merge_prefetched(chain, tail, wanted, edits)
        if prefetched:
            calls += _Wanted((), prefetched).calls(quote)
        if calls:
            edits.append(chain.append(calls, at))
        return edits

    def check_root(self, node: cst.BaseExpression) -> None:
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name):
            if _NOT_QUERIES.fullmatch(node.func.value):
                raise self.refuse(f"`{node.func.value}()` is no query")
        elif not isinstance(node, cst.Name | cst.Call):
            raise self.refuse("the query is not a chain of calls")

    def tail(self, chain: Chain, wanted: _Wanted) -> tuple[tuple[Link, ...], int]:
        """The links that build the query itself, and the index after which a call may be added."""
        links = chain.links
        first = 0
        for index, link in enumerate(links):
            if link.call is None or (_ends(link) and index + 1 < len(links)):
                first = index + 1
        tail = links[first:]
        if not isinstance(chain.root, cst.Name | cst.Attribute | cst.Call | cst.Subscript) and not chain.root.lpar:
            raise self.refuse("the query is not a chain of calls")
        for link in tail:
            if link.name in _REFUSED:
                raise self.refuse(f"`{link.name}()` {_REFUSED[link.name]}")
        if wanted.joined:
            self.check_joins(tail)
        for index, link in enumerate(tail):
            if link.name in _COMBINING:
                return self.before_combining(link, tail[:index], wanted)
        at = chain.end
        if tail and _NO_ROWS.fullmatch(tail[-1].name):
            raise self.refuse(f"`{tail[-1].name}()` loads no rows")
        if tail and _ROW.fullmatch(tail[-1].name):
            last = tail[-1]
            known = any(link.name in _MANAGERS or _QUERYSET.fullmatch(link.name) for link in links[:-1])
            if not known and not (len(links) > 1 and _ROW_OF_SET.fullmatch(last.name)):
                raise self.refuse(f"what `{last.name}()` belongs to is not known")
            tail, at = tail[:-1], last.at
            if "iterator" in last.name and wanted.prefetched and not (last.call and last.call.args):
                raise self.refuse("`iterator()` without chunk_size refuses prefetched relations")
        elif wanted.prefetched and _BARE_ITERATOR.match(self.text.text, chain.end):
            raise self.refuse("`iterator()` without chunk_size refuses prefetched relations")
        return tail, at

    def before_combining(self, link: Link, tail: tuple[Link, ...], wanted: _Wanted) -> tuple[tuple[Link, ...], int]:
        """The same for a first query to which others are added: what it prefetches is prefetched for all rows."""
        if wanted.joined:
            raise self.refuse(f"`{link.name}()` combines queries, and takes no eager loading after that")
        return tail, link.at

    def check_joins(self, tail: Sequence[Link]) -> None:
        for link in tail:
            call = link.call
            if call is None:
                continue
            if link.name == "select_for_update" and not any(_keyword(argument) == "of" for argument in call.args):
                raise self.refuse("`select_for_update()` without `of` would lock the joined rows as well")
            if link.name == "extra" or "RawSQL" in code(call):
                raise self.refuse("SQL written by hand may be ambiguous once another table is joined")

    # ------------------------------------------------------------------ select_related

    def merge_joined(
        self, chain: Chain, tail: Sequence[Link], wanted: tuple[str, ...], edits: list[Edit]
    ) -> tuple[str, ...]:
        """Merge into the calls that are there; what is left for a call of its own."""
        calls = self.eager_calls(tail, "select_related")
        if calls and not calls[-1].args and wanted:
            raise self.refuse("`select_related()` without arguments joins relations that naming some would leave out")
        missing = self.merge(chain, calls, wanted, edits)
        if missing:
            self.grow_only(chain, tail, missing, edits)
        return self.place(chain, calls, missing, edits)

    def grow_only(self, chain: Chain, tail: Sequence[Link], joined: Sequence[str], edits: list[Edit]) -> None:
        """Name the keys of what is joined in `only()`, and refuse to join what `defer()` leaves out."""
        only: cst.Call | None = None
        deferred: list[str] = []
        for link in tail:
            if link.call is None or link.name not in ("only", "defer"):
                continue
            arguments = [_literal(argument) for argument in link.call.args]
            names = [name for name in arguments if name is not None]
            if link.name == "defer" and [code(argument.value) for argument in link.call.args] == ["None"]:
                deferred = []
            elif len(names) < len(arguments):
                raise self.refuse(f"the fields of `{link.name}()` are not written out, and joining needs the keys")
            elif link.name == "only":
                only = link.call if names else None
            else:
                deferred += names
        keys = {step for path in joined for step in prefixes(path)}
        if any(name.removesuffix("_id") in keys or name in keys for name in deferred):
            raise self.refuse("`defer()` leaves out the key of a relation to be joined")
        if only is not None:
            missing = keys_missing([name for argument in only.args if (name := _literal(argument))], joined)
            if missing:
                quote = chain.quote_of(only)
                edits += chain.append_arguments(only, [quoted(name, quote) for name in missing])

    # ---------------------------------------------------------------- prefetch_related

    def merge_prefetched(
        self, chain: Chain, tail: Sequence[Link], wanted: _Wanted, edits: list[Edit]
    ) -> tuple[str, ...]:
        """The same for prefetch_related; a `Prefetch` with a queryset takes what lies below it into that queryset."""
        calls = self.eager_calls(tail, "prefetch_related")
        arguments = [argument for call in calls for argument in _arguments(call)]
        outer: list[str] = []
        inner: dict[_Argument, list[str]] = {}
        for path in wanted.prefetched:
            known = [a for a in arguments if a.path is not None]
            if any(covers(a.path, path) for a in known if a.path is not None):
                continue
            above = [a for a in known if a.path is not None and path.startswith(a.path + SEPARATOR)]
            nearest = max(above, key=lambda a: len(a.path or ""), default=None)
            if nearest is not None and nearest.prefetch is not None and _queryset(nearest.prefetch) is not None:
                inner.setdefault(nearest, []).append(path)
            else:
                outer.append(path)
        for argument, paths in inner.items():
            outer += self.merge_below(argument, paths, wanted, edits)
        return self.place(chain, calls, self.merge(chain, calls, tuple(outer), edits), edits)

    def merge_below(self, argument: _Argument, paths: list[str], wanted: _Wanted, edits: list[Edit]) -> list[str]:
        """Put the paths into the queryset of a `Prefetch`; those come back that it cannot take."""
        assert argument.prefetch is not None
        assert argument.path is not None
        queryset = _queryset(argument.prefetch)
        assert queryset is not None
        parts = [wanted.below(argument.path, path) for path in paths]
        below = _Wanted(
            longest(path for part in parts for path in part.joined),
            longest(path for part in parts for path in part.prefetched),
            parts[0].to_one,
        )
        if any(isinstance(link, cst.Attribute) and link.attr.value in _COMBINING for link in _nodes(queryset.value)):
            return paths
        try:
            edits += self.rewrite(queryset.value, self.tree.end(queryset), below)
        except CannotFix:
            return paths  # as a lookup after the Prefetch it loads the same rows with one query more
        return []

    # ------------------------------------------------------------------------- both

    def eager_calls(self, tail: Sequence[Link], name: str) -> list[cst.Call]:
        """The calls that still count: those after the last one with None, which clears the others."""
        calls: list[cst.Call] = []
        for link in tail:
            if link.name != name or link.call is None:
                continue
            if any(argument.keyword is not None or argument.star == "**" for argument in link.call.args):
                raise self.refuse(f"`{name}()` has keyword arguments")
            if [code(argument.value) for argument in link.call.args] == ["None"]:
                calls = []
            elif name == "select_related" and not link.call.args:
                calls = [link.call]
            else:
                calls.append(link.call)
        return calls

    def merge(
        self, chain: Chain, calls: Sequence[cst.Call], wanted: Iterable[str], edits: list[Edit]
    ) -> tuple[str, ...]:
        """Lengthen the strings that are the beginning of a wanted path; the wanted paths that have none."""
        arguments = [argument for call in calls for argument in _arguments(call)]
        missing: list[str] = []
        lengthened: set[cst.SimpleString] = set()
        for path in wanted:
            if any(a.path is not None and covers(a.path, path) for a in arguments):
                continue
            above = [
                a
                for a in arguments
                if a.string is not None
                and a.path
                and path.startswith(a.path + SEPARATOR)
                and a.string not in lengthened
            ]
            nearest = max(above, key=lambda a: len(a.path or ""), default=None)
            if nearest is None or nearest.string is None:
                missing.append(path)
                continue
            string = nearest.string
            lengthened.add(string)
            begin = self.tree.start(string) + len(string.prefix) + len(string.quote)
            edits.append(self.text.edit(begin, self.tree.end(string) - len(string.quote), path))
        return tuple(missing)

    def place(
        self, chain: Chain, calls: Sequence[cst.Call], missing: tuple[str, ...], edits: list[Edit]
    ) -> tuple[str, ...]:
        """Add the paths to the last call with strings, else to the last call; they come back where there is none."""
        if not missing or not calls:
            return missing
        explicit = [call for call in calls if any(argument.string for argument in _arguments(call))]
        call = (explicit or calls)[-1]
        quote = chain.quote_of(call)
        edits += chain.append_arguments(call, [quoted(path, quote) for path in missing])
        return ()


def _nodes(node: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
    """The links of a chain as nodes."""
    while isinstance(node, cst.Call | cst.Attribute):
        yield node
        node = node.func if isinstance(node, cst.Call) else node.value


def _arguments(call: cst.Call) -> list[_Argument]:
    found = []
    for node in call.args:
        value = node.value
        if isinstance(value, cst.Call) and _callee(value) == "Prefetch":
            found.append(_Argument(node, _prefetch_path(value), prefetch=value))
        elif node.star == "" and isinstance(value, cst.SimpleString):
            found.append(_Argument(node, _literal(node), string=value))
        else:
            found.append(_Argument(node, _literal(node)))
    return found


def _callee(call: cst.Call) -> str | None:
    func = call.func
    return func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else None


def _prefetch_path(call: cst.Call) -> str | None:
    """Where the rows of a `Prefetch` are found: its lookup, the last step replaced by `to_attr`."""
    lookup = _argument(call, 0, "lookup")
    to_attr = _argument(call, 2, "to_attr")
    path = _literal(lookup) if lookup else None
    if path is None or to_attr is None or code(to_attr.value) == "None":
        return path
    name = _literal(to_attr)
    return None if name is None else SEPARATOR.join([*path.split(SEPARATOR)[:-1], name])


def _queryset(call: cst.Call) -> cst.Arg | None:
    queryset = _argument(call, 1, "queryset")
    return None if queryset is None or code(queryset.value) == "None" else queryset


def _argument(call: cst.Call, index: int, name: str) -> cst.Arg | None:
    for position, argument in enumerate(call.args):
        if argument.star:
            return None
        if _keyword(argument) == name or (argument.keyword is None and position == index):
            return argument
    return None


def _keyword(argument: cst.Arg) -> str | None:
    return argument.keyword.value if argument.keyword else None


def _literal(argument: cst.Arg) -> str | None:
    value = argument.value
    if argument.star or _keyword(argument) not in (None, "lookup", "to_attr"):
        return None
    if not isinstance(value, cst.SimpleString | cst.ConcatenatedString):
        return None
    content = value.evaluated_value
    return content if isinstance(content, str) else None
