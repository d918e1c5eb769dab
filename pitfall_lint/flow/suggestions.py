"""Worked suggestions for queries that run on each turn of a loop, in the words of the program at hand. They say what
takes the query's place; none is an edit, because what a loop does with its answer is for its author to carry over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.around import node_at
from pitfall_lint.flow.loops import Repeated, links, targets
from pitfall_lint.flow.words import source_of

if TYPE_CHECKING:
    from pitfall_lint.project import Project

KEYS = ("pk", "id")
WHOLE = frozenset({"all", "values", "values_list"})
NEUTRAL = frozenset(
    """all order_by reverse select_related prefetch_related only defer using values values_list count exists first last
    latest earliest aggregate iterator get_queryset""".split()  # noqa: SIM905
)


def conditions(node: Any) -> list[tuple[str, l.Keyword]] | None:
    """The keyword conditions of the `filter`, `exclude` and `get` calls of a chain; None where it says more."""
    found: list[tuple[str, l.Keyword]] = []
    for name, call in links(node):
        if name in ("filter", "exclude", "get") and call is not None:
            if call.args or any(word.name is None for word in call.keywords):
                return None
            found.extend((name, word) for word in call.keywords)
        elif call is not None and name not in NEUTRAL:
            return None  # the project's own, or one that changes what is counted
    return found


def called(project: Project, repeated: Repeated) -> list[str]:
    """The methods that the query is made of, in their order."""
    return [name for name, call in links(query_node(project, repeated)) if call is not None]


def varying_names(repeated: Repeated) -> frozenset[str]:
    """The names that change with the loop, where it stands in the same function."""
    return targets(repeated.loop) if repeated.local else frozenset()


def depends_on(project: Project, repeated: Repeated) -> str:
    """What of the loop the query is about, in words: a variable of it, or the row."""
    node = node_at(project, repeated.event.access) or node_at(project, repeated.site.place)
    names = varying_names(repeated)
    if node is not None and names:
        used = sorted({part.id for part in l.walk(node) if isinstance(part, l.Name)} & names)
        if used:
            return ", ".join(f"`{name}`" for name in used)
    return "the row" if repeated.event.rows else "the loop"


def query_path(repeated: Repeated) -> str:
    """The relation as lookups spell it."""
    event = repeated.event
    if event.relation is None:
        return ""
    return "__".join([*event.path.split("__")[:-1], event.relation.query_name])


def prefixed(repeated: Repeated, node: Any) -> str | None:
    """The chain's conditions as a `Q` seen from the outer query; empty where there are none."""
    found = conditions(node)
    if found is None:
        return None
    path = query_path(repeated)
    parts = [
        ("~" if name == "exclude" else "") + f"Q({path}__{word.name}={source_of(word.value)})" for name, word in found
    ]
    return " & ".join(parts)


def outer(repeated: Repeated) -> str:
    """The query whose rows the loop goes through."""
    return f"`{repeated.event.outer.source}`" if repeated.event.outer is not None else "the loop's own query"


def for_answer(project: Project, repeated: Repeated) -> str:
    """Instead of a count, a test or the newest row for each row: an annotation of the outer query."""
    event, model = repeated.event, repeated.model.name
    node = query_node(project, repeated)
    path = query_path(repeated)
    name = path.replace("__", "_") or model.lower()
    if event.relation is not None and event.how == "count":
        where = prefixed(repeated, node) if node is not None else None
        if where is not None:
            extra = f", filter={where}" if where else ""
            return (
                f'Annotate {outer(repeated)} with `{name}_count=Count("{path}"{extra}, distinct=True)` and read '
                f"`{name}_count` of the row"
            )
        return f'Annotate {outer(repeated)} with `{name}_count=Count("{path}", filter=...)` and read that of the row'
    back = back_to_outer(repeated)
    if back is not None:
        inner = f"{model}.objects.filter({back}=OuterRef({own_key(repeated)}))"
        rest = " with the other conditions" if node is None or conditions(node) != [] else ""
        if event.how == "exists":
            return f"Annotate {outer(repeated)} with `has_{name}=Exists({inner})`{rest} and read that of the row"
        if event.how in ("first", "last", "latest", "earliest"):
            return (
                f"Annotate {outer(repeated)} with `Subquery({inner}.order_by(...).values(...)[:1])`{rest}, or load the "
                f"rows of all of them at once and keep one for each in a dict"
            )
        if event.how == "aggregate":
            return f"Aggregate once: annotate {outer(repeated)} with the same function over `{path}`"
    counting = {"count": "Count", "exists": "Exists"}.get(event.how)
    if counting is not None:
        return (
            f"Ask once before the loop: annotate the loop's query with `{counting}`, or group "
            f"`{model}.objects.filter(...)` by what the loop goes through into a dict"
        )
    return (
        f"Ask once before the loop: `Subquery` in the loop's query, or one query on `{model}` for all of the loop's "
        f"values, kept in a dict"
    )


def own_key(repeated: Repeated) -> str:
    """The outer row's key as an `OuterRef` names it: that of the last to-one step before the relation."""
    before = repeated.event.path.split("__")[:-1]
    return '"' + ("__".join(before) or "pk") + '"'


def back_to_outer(repeated: Repeated) -> str | None:
    """The lookup that leads from the inner rows back to the outer one; a generic key is none."""
    relation = repeated.event.relation
    back = repeated.model.relation(relation.inverse) if relation is not None and relation.inverse else None
    return back.query_name if back is not None and back.kind != "generic_fk" else None


def query_node(project: Project, repeated: Repeated) -> Any:
    """The query's expression, where it is asked as it is written: one kept in a variable may be refined further on."""
    site, access = repeated.site.place, repeated.event.access
    whole = site.path == access.path and access.start <= site.start <= access.end
    return node_at(project, site) if whole else None


def for_rows(project: Project, repeated: Repeated) -> str:
    """Instead of rows fetched for each turn: all of them at once, by key or by group."""
    event, model = repeated.event, repeated.model.name
    if event.relation is not None:
        name = event.relation.name
        node = query_node(project, repeated)
        found = conditions(node) if node is not None else None
        if node is not None and {link for link, call in links(node) if call is not None} <= WHOLE:
            return (
                f'Let {outer(repeated)} bring them: `prefetch_related("{event.path}")`, and go through '
                f"`{event.path.replace('__', '.')}.all()` of the row"
            )
        inner = f"{model}.objects.filter(...)"
        if found is not None and all(kind == "filter" for kind, _ in found):
            written = ", ".join(f"{word.name}={source_of(word.value)}" for _, word in found)
            inner = f"{model}.objects.filter({written})" if written else f"{model}.objects.all()"
        return (
            f'Let {outer(repeated)} bring them: `prefetch_related(Prefetch("{event.path}", queryset={inner}, '
            f'to_attr="chosen_{name.removesuffix("_set")}"))`, and go through that list of the row'
        )
    one = key_asked(project, repeated)
    plural = f"{model.lower()}s" if not model.endswith("y") else f"{model.lower()[:-1]}ies"
    if one is not None:
        name, value, each, over = one
        if name in KEYS:
            return (
                f"Before the loop: `{plural} = {model}.objects.in_bulk([{value} for {each} in {over}])`; in it: "
                f"`{plural}.get({value})`"
            )
        return (
            f"Before the loop: `{plural} = {{row.{name}: row for row in {model}.objects.filter("
            f"{name}__in=[{value} for {each} in {over}])}}`; in it: `{plural}.get({value})`"
        )
    return (
        f"Before the loop, load what all turns need with one query: "
        f"`{model}.objects.filter(...__in=[...])` into a dict by what the loop looks up (`in_bulk` where that is a "
        f"unique field), and take it from there"
    )


def key_asked(project: Project, repeated: Repeated) -> tuple[str, str, str, str] | None:
    """For `get(name=value)` or `filter(name=value)` on a variable of a plain loop: name, value, variable, what the
    loop goes through."""
    loop = repeated.loop
    if not repeated.local or not isinstance(loop, (l.For, l.Comprehension)):
        return None
    if isinstance(loop, l.Comprehension) and len(loop.clauses) != 1:
        return None
    target, over = (
        (loop.target, loop.iter) if isinstance(loop, l.For) else (loop.clauses[0].target, loop.clauses[0].iter)
    )
    node = node_at(project, repeated.event.access) if repeated.event.how == "get" else None
    node = node or node_at(project, repeated.site.place)
    found = conditions(node) if node is not None else None
    if not isinstance(target, l.Name) or found is None or len(found) != 1 or found[0][0] == "exclude":
        return None
    word = found[0][1]
    names = {part.id for part in l.walk(word.value) if isinstance(part, l.Name)}
    if word.name is None or "__" in word.name or target.id not in names or names & (targets(loop) - {target.id}):
        return None
    name, value = word.name, source_of(word.value)
    relation = repeated.model.relation(name)
    if relation is not None:
        name = relation.attname or name
        value = value if value.endswith(("_id", ".pk", ".id")) else f"{value}.pk"
    return name, value, target.id, source_of(over)
