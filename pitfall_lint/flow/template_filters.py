"""The filters that Django's templates and Jinja's bring along, as far as rows go through them: some take an attribute
of each row, and read it.

https://docs.djangoproject.com/en/stable/ref/templates/builtins/#built-in-filter-reference
https://jinja.palletsprojects.com/en/stable/templates/#list-of-builtin-filters
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import iteration, querysets
from pitfall_lint.flow.values import UNKNOWN, Constant, Items, Query, Row, Value, join_all, options

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter

Filter = Callable[["Interpreter", "Frame", Value, "Arguments", Any], Value]


def pass_on(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """A filter that hands the value on."""
    return value


def cut(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`slice`: the same rows, fewer."""
    from pitfall_lint.flow import calls

    return calls.cut(it, frame, value, [UNKNOWN, UNKNOWN], node)


def listed(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """A filter that goes through the value and gives a list of the same."""
    return Items("list", None, iteration.iterate(it, frame, value, node))


def read_of_each(it: Interpreter, frame: Frame, element: Value, path: Value | None, node: Any) -> Value:
    """What lies at the dotted path of each row; it is read there."""
    from pitfall_lint.flow import attributes

    if not isinstance(path, Constant) or not isinstance(path.value, str):
        return UNKNOWN
    frame.loops.append(iteration.loop_over(frame, node, element, frozenset()))
    try:
        for name in path.value.split("."):
            element = join_all([attributes.read(it, frame, option, name, node) for option in options(element)])
    finally:
        frame.loops.pop()
    return element


def by_attribute(position: int, keyword: str | None = "attribute") -> Filter:
    """`dictsort:"author.name"`, `sort(attribute="author.name")`: the same rows, an attribute of each being read."""

    def handler(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
        element = iteration.iterate(it, frame, value, node)
        read_of_each(it, frame, element, arguments.get(position, keyword), node)
        return Items("list", None, element)

    return handler


def mapped(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`map(attribute="author")`: the attribute of each row; through a filter's name, something else."""
    element = iteration.iterate(it, frame, value, node)
    path = arguments.keywords.get("attribute")
    return Items("iterator", None, read_of_each(it, frame, element, path, node) if path is not None else UNKNOWN)


def grouped(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`groupby("author.name")`: pairs of what is common to rows, and the rows."""
    element = iteration.iterate(it, frame, value, node)
    common = read_of_each(it, frame, element, arguments.get(1, "attribute"), node)
    return Items("list", None, Items("tuple", [common, Items("list", None, element)], names=("grouper", "list")))


def summed(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`sum(attribute="size")`: the attribute of each row is read, and none handed on."""
    read_of_each(it, frame, iteration.iterate(it, frame, value, node), arguments.get(1, "attribute"), node)
    return UNKNOWN


def counted(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`length`: the queryset is evaluated."""
    if isinstance(value, Query):
        querysets.evaluated(it, frame, value, node, "len")
    return UNKNOWN


def one(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`first`, `last`, `random`: one of the rows."""
    if isinstance(value, Query):
        querysets.evaluated(it, frame, value, node, "index")
        made = querysets.row_of(it, value)
        return made if frame.varies(node) else iteration.one(made)
    return iteration.one(value.element) if isinstance(value, Items) else UNKNOWN


def as_text(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """A filter that turns the value into text."""
    from pitfall_lint.flow import calls

    calls.as_text(it, frame, value, node)
    return UNKNOWN


def joined(it: Interpreter, frame: Frame, value: Value, arguments: Arguments, node: Any) -> Value:
    """`join`: each row, or the attribute of each that is named, is turned into text."""
    from pitfall_lint.flow import calls

    element = iteration.iterate(it, frame, value, node)
    path = arguments.keywords.get("attribute")
    if path is not None:
        element = read_of_each(it, frame, element, path, node)
    frame.loops.append(iteration.loop_over(frame, node, element, frozenset()))
    try:
        for option in options(element):
            if isinstance(option, Row):
                calls.as_text(it, frame, option, node)
    finally:
        frame.loops.pop()
    return UNKNOWN


FILTERS: dict[str, Filter] = {
    **dict.fromkeys(("default", "default_if_none", "safe", "escape", "d", "force_escape"), pass_on),
    **dict.fromkeys(("slice", "batch"), cut),
    **dict.fromkeys(("list", "reverse", "select", "reject"), listed),
    **dict.fromkeys(("dictsort", "dictsortreversed", "selectattr", "rejectattr"), by_attribute(1)),
    "sort": by_attribute(3),
    "unique": by_attribute(2),
    "map": mapped,
    "groupby": grouped,
    **dict.fromkeys(("sum", "min", "max"), summed),
    **dict.fromkeys(("length", "count", "length_is", "pluralize"), counted),
    **dict.fromkeys(("first", "last", "random"), one),
    **dict.fromkeys(
        (
            "upper",
            "lower",
            "title",
            "truncatechars",
            "truncatewords",
            "capfirst",
            "linebreaks",
            "slugify",
            "stringformat",
            "urlize",
            "striptags",
            "string",
            "truncate",
            "e",
        ),
        as_text,
    ),
    **dict.fromkeys(("join", "unordered_list"), joined),
}
