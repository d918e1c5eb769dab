"""Methods of lists, dicts, strings and iterators: what they hold afterwards, and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import iteration, querysets
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import UNKNOWN, Constant, Dict, Items, Query, Value, join, join_all, options

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter

LIST_METHODS = frozenset(
    [
        "append",
        "add",
        "extend",
        "insert",
        "update",
        "pop",
        "remove",
        "copy",
        "sort",
        "reverse",
        "index",
        "count",
        "union",
        "difference",
        "intersection",
        "appendleft",
        "clear",
        "popleft",
    ]
)
DICT_METHODS = frozenset(
    ["get", "items", "keys", "values", "setdefault", "update", "pop", "copy", "popitem", "fromkeys", "flatten", "push"]
)
TEXT_METHODS = frozenset(["format", "join"])
PAGE_METHODS = frozenset(["get_page", "page", "has_next", "has_previous", "count"])
KNOWN_METHODS = LIST_METHODS | DICT_METHODS | TEXT_METHODS


def call_method(it: Interpreter, frame: Frame, receiver: Value, name: str, arguments: Arguments, node: Any) -> Value:
    """A method of a built-in collection or string."""
    if isinstance(receiver, Items):
        return on_items(it, frame, receiver, name, arguments, node)
    if isinstance(receiver, Dict):
        return on_dict(it, frame, receiver, name, arguments, node)
    if isinstance(receiver, Constant) and isinstance(receiver.value, str):
        return on_text(it, frame, name, arguments, node)
    return UNKNOWN


def on_items(it: Interpreter, frame: Frame, receiver: Items, name: str, arguments: Arguments, node: Any) -> Value:
    """A method of a list, set or tuple."""
    given = arguments.args[0] if arguments.args else UNKNOWN
    if name in ("append", "add", "appendleft", "insert"):
        it.touch(receiver)
        receiver.add(arguments.args[1] if name == "insert" and len(arguments.args) > 1 else given)
        return UNKNOWN
    if name in ("extend", "update"):
        it.touch(receiver)
        receiver.add(iteration.iterate(it, frame, given, node))
        return UNKNOWN
    if name in ("pop", "popleft"):
        return receiver.element
    if name == "copy":
        return Items(receiver.kind, list(receiver.items) if receiver.items is not None else None, receiver.each)
    if name in ("union", "difference", "intersection"):
        others = [iteration.iterate(it, frame, value, node) for value in arguments.args] if name == "union" else []
        return Items(receiver.kind, None, join_all([receiver.element, *others]))
    if name == "sort" and "key" in arguments.keywords:
        apply(it, frame, arguments.keywords["key"], receiver.element, node)
    return UNKNOWN


def on_dict(it: Interpreter, frame: Frame, receiver: Dict, name: str, arguments: Arguments, node: Any) -> Value:
    """A method of a dict (or a template's context)."""
    first = arguments.args[0] if arguments.args else UNKNOWN
    if name in ("get", "pop"):
        found = receiver.get(first)
        held = isinstance(first, Constant) and first.value in receiver.entries
        if name == "pop" and (held or not isinstance(first, Constant)):
            it.touch(receiver)
            receiver.take(first)
        if len(arguments.args) < 2 or held:
            return found
        absent = isinstance(first, Constant) and receiver.rest is None
        return arguments.args[1] if absent else join(found, arguments.args[1])
    if name == "setdefault":
        default = arguments.args[1] if len(arguments.args) > 1 else UNKNOWN
        it.touch(receiver)
        found = receiver.get(first)
        if found is UNKNOWN:
            receiver.set(first, default)
            return default
        return join(found, default)
    if name == "values":
        return Items("list", None, receiver.values())
    if name == "keys":
        return listed(it, frame, receiver, node)
    if name == "items":
        known = [
            Items("tuple", [Constant(key), value])
            for key, value in receiver.entries.items()
            if isinstance(key, (str, int))
        ]
        if receiver.rest is None and known:
            return Items("list", list(known))
        rest = Items("tuple", [receiver.keys if receiver.keys is not None else UNKNOWN, receiver.values()])
        return Items("list", None, rest)
    if name in ("update", "push"):
        it.touch(receiver)
        for option in options(first):
            if isinstance(option, Dict):
                receiver.entries.update(option.entries)
                if option.rest is not None:
                    receiver.rest = option.rest if receiver.rest is None else join(receiver.rest, option.rest)
            elif receiver.rest is None and arguments.args:
                receiver.rest = UNKNOWN
        receiver.entries.update(arguments.keywords)
        return UNKNOWN
    if name in ("copy", "flatten"):
        return Dict(dict(receiver.entries), receiver.rest, receiver.keys)
    return UNKNOWN


def on_text(it: Interpreter, frame: Frame, name: str, arguments: Arguments, node: Any) -> Value:
    """`"...".format(row)` calls `__str__`; `", ".join(rows)` goes through them."""
    from pitfall_lint.flow import calls

    if name == "format":
        for value in (*arguments.args, *arguments.keywords.values()):
            for option in options(value):
                calls.as_text(it, frame, option, node)
    elif name == "join" and arguments.args:
        iteration.iterate(it, frame, arguments.args[0], node)
    return UNKNOWN


def apply(it: Interpreter, frame: Frame, function: Value, element: Value, node: Any) -> Value:
    """`function(element)` for each element of something: a loop of its own."""
    from pitfall_lint.flow import calls

    frame.loops.append(iteration.loop_over(frame, node, element, frozenset()))
    try:
        arguments = Arguments([element], varying=frozenset({0}))
        return join_all([calls.call_value(it, frame, option, arguments, node) for option in options(function)])
    finally:
        frame.loops.pop()


def listed(it: Interpreter, frame: Frame, value: Value, node: Any, kind: str = "list") -> Value:
    """`list(value)`: evaluated, with the items told apart where they are known."""
    if isinstance(value, Items) and value.items is not None:
        return Items(kind, list(value.items))
    if isinstance(value, Dict) and value.rest is None and value.entries:
        return Items(kind, [Constant(name) for name in value.entries])
    return Items(kind, None, iteration.iterate(it, frame, value, node))


__all__ = ["KNOWN_METHODS", "Query", "apply", "call_method", "listed", "querysets"]
