"""What a program keeps by hand: a dict or a set that it asks before it works something out again. What runs only
where the answer is not kept yet runs once a key, not once a row, unless the key is the row's own.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.around import around, function_around

if TYPE_CHECKING:
    from pitfall_lint.finding import Place, Step
    from pitfall_lint.project import Project

ADDING = frozenset({"add", "append", "setdefault"})
OWN = frozenset({"pk", "id"})


def runs_once_a_key(project: Project, access: Place, trace: tuple[Step, ...]) -> bool:
    """Whether the way from a loop to `access` leads through a branch that is taken once for each key:

    if book.shelf_id not in labels:
        labels[book.shelf_id] = book.shelf.label
    """
    for nodes, beyond in way(project, access, trace):
        inner = [node for node in nodes if not any(node is other for other in beyond)]
        function, loop = function_around(nodes), beyond[-1] if beyond else None
        for node, below in itertools.pairwise(inner):
            if isinstance(node, l.If) and any(below is part for part in node.body):
                key = asked_key(node, function)
                if key is not None and not is_own(key, function, loop):
                    return True
    return False


def way(project: Project, access: Place, trace: tuple[Step, ...]) -> list[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """What stands around each call on the way from a loop to `access`, and around that; with what stands around the
    loop."""
    loops = [step.place for step in trace if step.message.startswith("for each of ")]
    beyond = around(project, loops[0]) if loops else ()
    while beyond and not isinstance(beyond[-1], (l.For, l.Comprehension)):
        beyond = beyond[:-1]  # what it goes through stands in it
    calls = [step.place for step in trace if not step.message.startswith("for each of ")]
    return [(around(project, place), beyond) for place in (*calls, access)]


def asked_key(node: l.If, function: l.Function | None) -> Any:
    """The key of a memory whose answer the branch works out and keeps; None where there is none."""
    for part in l.walk(node.test):
        if not isinstance(part, l.Operation):
            continue
        if part.op == "not in":
            key, memory = part.operands
            if l.dotted(memory) is not None and fills(node.body, memory):
                return key
        none = isinstance(part.operands[-1], l.Const) and part.operands[-1].kind == "none"
        if part.op != "not" and not (part.op in ("is", "==") and none):
            continue
        looked: Any = part.operands[0]
        if isinstance(looked, l.Name) and function is not None:
            looked = next((let.value for let in lets(function) if let.target.id == looked.id), looked)
        memory, key = looked_up(looked)
        if memory is not None and fills(node.body, memory):
            return key
    return None


def looked_up(node: Any) -> tuple[Any, Any]:
    """The memory and the key of `memory.get(key)`."""
    if isinstance(node, l.Call) and isinstance(node.func, l.Attr) and node.func.name == "get" and node.args:
        return node.func.object, node.args[0]
    return None, None


def fills(body: Any, memory: Any) -> bool:
    """Whether the statements put something into the dict, list or set."""
    name = l.dotted(memory)
    if name is None:
        return False
    return any(
        l.dotted(part.target.object) == name
        if isinstance(part, l.Let) and isinstance(part.target, l.Subscript)
        else isinstance(part, l.Call)
        and isinstance(part.func, l.Attr)
        and part.func.name in ADDING
        and l.dotted(part.func.object) == name
        for part in l.walk(body)
    )


def is_own(key: Any, function: l.Function | None, loop: Any) -> bool:
    """Whether a key is another one for each row: the row itself, or its primary key."""
    targets: list[Any] = []
    if loop is not None:
        targets = [clause.target for clause in loop.clauses] if isinstance(loop, l.Comprehension) else [loop.target]
    turns = {part.id for part in l.walk(tuple(targets)) if isinstance(part, l.Name)}
    rows = turns | ({param.name for param in function.params} if function is not None else set())
    if isinstance(key, l.Name) and key.id in turns:
        return True
    if isinstance(key, l.Name) and function is not None:
        key = next((let.value for let in lets(function) if let.target.id == key.id), key)
    return any(
        isinstance(part, l.Attr) and part.name in OWN and isinstance(part.object, l.Name) and part.object.id in rows
        for part in l.walk(key)
    )


def lets(function: l.Function) -> list[Any]:
    """The assignments to plain names in a function."""
    return [
        part
        for part in l.walk(function.body)
        if isinstance(part, l.Let) and isinstance(part.target, l.Name) and part.value is not None
    ]


@functools.lru_cache(maxsize=4096)
def keeps_by_key(function: l.Function | l.Lambda) -> bool:
    """Whether a function gives back what it has kept under a key that is not its argument's own:

    def shown(self, book):
        shelf = book.shelf
        if shelf.pk not in self.shelves:
            self.shelves[shelf.pk] = Shown(shelf)
        return self.shelves[shelf.pk]
    """
    if not isinstance(function, l.Function) or function.is_generator:
        return False
    for part in l.walk(function.body):
        if not isinstance(part, l.Let) or not isinstance(part.target, l.Subscript):
            continue
        memory, key = l.dotted(part.target.object), part.target.index
        if memory is None or l.dotted(key) is None or is_own(key, function, None):
            continue
        returned = [node.value for node in l.walk(function.body) if isinstance(node, l.Return)]
        names = {l.dotted(value.object) for value in returned if isinstance(value, l.Subscript)}
        if memory in names and asks(function, memory, key):
            return True
    return False


def asks(function: l.Function, memory: str, key: Any) -> bool:
    """Whether the function looks for the key in the memory: `key in memory`, `memory.get(key)`."""
    for part in l.walk(function.body):
        if isinstance(part, l.Operation) and part.op in ("in", "not in") and l.dotted(part.operands[1]) == memory:
            return l.dotted(part.operands[0]) == l.dotted(key)
        held, asked = looked_up(part)
        if held is not None and l.dotted(held) == memory:
            return l.dotted(asked) == l.dotted(key)
    return False


__all__ = ["keeps_by_key", "runs_once_a_key"]
