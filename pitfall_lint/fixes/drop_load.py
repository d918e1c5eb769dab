"""The codemod behind `DropLoad`: relations that nothing reads leave a `select_related` or `prefetch_related`.

Only the arguments go, or the whole link of the chain with the last of them; what stands around stays byte for byte.
https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
"""

from __future__ import annotations

import re

import libcst as cst

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import DropLoad, Edit
from pitfall_lint.fixes.chain import Chain, Link
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree


def expand_drop_load(recipe: DropLoad, text: Text) -> tuple[Edit, ...]:
    """The edits of the recipe; CannotFix where its place spans no such call."""
    start, end = text.offset(recipe.query.start), text.offset(recipe.query.end)
    try:
        tree, node = Tree.of_expression(text.text, start, end)
    except (cst.ParserSyntaxError, ValueError) as error:
        raise CannotFix("the place does not span a whole query", text.path) from error
    chain = Chain(text, tree, node, end)
    link = chain.links[-1] if chain.links else None
    if link is None or link.call is None or link.name not in ("select_related", "prefetch_related"):
        raise CannotFix("the place does not end in a call that loads relations", text.path)
    written = [path_of(arg, text) for arg in link.call.args]
    if not set(recipe.paths) <= set(written):
        raise CannotFix("the call does not name these relations", text.path)
    shorter = dict(zip(recipe.paths, recipe.shorter, strict=True))
    kept: list[str] = []
    for arg, path in zip(link.call.args, written, strict=True):
        source = text.text[tree.start(arg.value) : tree.end(arg.value)]
        if path in shorter:
            left = shorter[path]
            source = f"{source[0]}{left}{source[0]}" if left and left not in written else ""
        if source and source not in kept:
            kept.append(source)
    if not kept:
        return (_without(chain, link, text),)
    return _arguments(tree, link.call, kept, text)


def path_of(arg: cst.Arg, text: Text) -> str:
    """The path that an argument names."""
    if arg.star or arg.keyword or not isinstance(arg.value, cst.SimpleString) or arg.value.prefix:
        raise CannotFix("an argument is more than a text", text.path)
    return str(arg.value.evaluated_value)


def _without(chain: Chain, link: Link, text: Text) -> Edit:
    """The link taken out; a manager that would be left alone, and is no queryset, gives all its rows."""
    if "#" in text.text[link.at : link.end]:
        raise CannotFix("a comment stands within the call", text.path)
    before = chain.links[-2] if len(chain.links) > 1 else None
    goes_on = re.match(r"\s*\\?\s*\.", text.text[link.end : link.end + 200])
    bare = before is not None and before.call is None and not goes_on
    return text.edit(link.at, link.end, ".all()" if bare else "")


def _arguments(tree: Tree, call: cst.Call, kept: list[str], text: Text) -> tuple[Edit, ...]:
    """The arguments that are left, set as the first two were: on one line, or a line each."""
    first, last = tree.start(call.args[0]), tree.end(call.args[-1].value)
    if "#" in text.text[first:last]:
        raise CannotFix("a comment stands among the arguments", text.path)
    between = ", "
    if len(call.args) > 1:
        gap = text.text[tree.end(call.args[0].value) : tree.start(call.args[1])]
        between = gap if gap.strip() == "," else between
    return (text.edit(first, last, between.join(kept)),)
