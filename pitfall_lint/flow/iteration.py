"""Going through values: what a loop's variable holds, and the evaluation of a query that going through it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import querysets
from pitfall_lint.flow.frames import Loop
from pitfall_lint.flow.values import (
    UNKNOWN,
    Dict,
    External,
    Items,
    ManagerValue,
    Object,
    Query,
    Row,
    Union,
    Value,
    join,
    join_all,
    options,
    replace,
)
from pitfall_lint.flow.words import source_of

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter


def iterate(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """What one turn of a loop over `value` holds; a query is evaluated."""
    found = [element_of(it, frame, option, node) for option in options(value)]
    result = found[0]
    for other in found[1:]:
        result = join(result, other)
    return result


def element_of(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """One turn over one alternative."""
    if isinstance(value, Query):
        querysets.evaluated(it, frame, value, node, "iterate")
        return querysets.row_of(it, value)
    if isinstance(value, Items):
        return value.element
    if isinstance(value, Dict):
        return value.keys if value.keys is not None else UNKNOWN
    if isinstance(value, querysets.Pages):
        return iterate(it, frame, value.rows, node)
    if isinstance(value, Object):
        from pitfall_lint.flow import attributes

        made = attributes.call_member(it, frame, value, "__iter__", node)
        return iterate(it, frame, made, node) if isinstance(made, (Items, Query)) else UNKNOWN
    return UNKNOWN


def one(value: Value) -> Value:
    """The value standing for one row, not for each of many."""
    if isinstance(value, Row):
        return replace(value, many=False, fresh=False) if value.many else value
    if isinstance(value, Union):
        return join_all([one(option) for option in value.options])
    if isinstance(value, Items) and value.items is not None:
        return Items(value.kind, [one(item) for item in value.items])
    return value


def sites_in(value: Value, depth: int = 3) -> frozenset[Any]:
    """The sites of the queries that rows within `value` come from."""
    if isinstance(value, Row):
        return frozenset([value.query.site]) if value.query is not None else frozenset()
    if depth <= 0:
        return frozenset()
    found: frozenset[Any] = frozenset()
    if isinstance(value, Union):
        inner: list[Value] = list(value.options)
    elif isinstance(value, Items):
        inner = value.items if value.items is not None else [value.element]
    elif isinstance(value, Dict):
        inner = [*value.entries.values(), *([value.rest] if value.rest is not None else [])]
    elif isinstance(value, Query):
        inner = [value.row] if value.row is not None else []
    else:
        inner = []
    for item in inner[:20]:
        found |= sites_in(item, depth - 1)
    return found


def loop_over(frame: Frame, node: Any, element: Value, names: frozenset[str], over: Value | None = None) -> Loop:
    """The record of a running loop over the value."""

    through = getattr(node, "iter", None) or getattr(node, "test", node)
    kind = "while" if isinstance(node, l.While) else "few" if over is not None and is_few(over) else "for"
    return Loop(frame.place(through), names, sites_in(element), source_of(through), kind)


def is_few(value: Value) -> bool:
    """Whether the program itself writes down what there is to go through."""
    if isinstance(value, Items):
        return value.items is not None
    return isinstance(value, Dict) and bool(value.entries) and value.rest is None


__all__ = ["External", "ManagerValue", "element_of", "iterate", "loop_over", "one", "sites_in"]
