"""What stands around a place in the code: the statements, branches and loops that it lies in. For rules whose
question is about how the code is written there, not about what flows through it."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.facts.records import PythonFacts, TemplateFacts

if TYPE_CHECKING:
    from pitfall_lint.finding import Place, Step
    from pitfall_lint.project import Project

LOOPS = (l.For, l.While, l.Comprehension)


def around(project: Project, place: Place) -> tuple[Any, ...]:
    """The nodes that hold `place`, outermost first; the last is the smallest that does. Empty where there is none."""
    facts = project.facts.get(place.path)
    if not isinstance(facts, (PythonFacts, TemplateFacts)):
        return ()
    found: list[Any] = []
    inside: Any = facts.body
    while inside is not None:
        children = inside if isinstance(inside, tuple) else l.children(inside)
        inside = next((child for child in children if child.start <= place.start and child.end >= place.end), None)
        if inside is not None:
            found.append(inside)
    return tuple(found)


def function_around(nodes: tuple[Any, ...]) -> l.Function | None:
    """The innermost function among them."""
    return next((node for node in reversed(nodes) if isinstance(node, l.Function)), None)


def node_at(project: Project, place: Place) -> Any:
    """The largest node that spans `place` exactly, None where there is none."""
    return next((node for node in around(project, place) if node.start == place.start and node.end == place.end), None)


def text_at(project: Project, place: Place) -> str:
    """What stands at `place`, as it is written: its first and last line, where it goes over more than two."""
    if place.row != place.end_row:
        last = _line(project, place.path, place.end_row)[: place.end_column - 1]
        return _line(project, place.path, place.row)[place.column - 1 :] + last
    return _line(project, place.path, place.row)[place.column - 1 : place.end_column - 1]


def _line(project: Project, path: str, row: int) -> str:
    """One line of a file."""
    try:
        lines = project.source.read(path).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return ""
    return lines[row - 1] if 0 < row <= len(lines) else ""


def links(node: Any) -> list[tuple[str, l.Call | None]]:
    """The names of a chain of attributes and calls, from its root on."""
    found: list[tuple[str, l.Call | None]] = []
    while True:
        if isinstance(node, l.Call):
            call, node = node, node.func
            if not isinstance(node, (l.Attr, l.Lookup)):
                break
            found.append((node.name, call))
            node = node.object
        elif isinstance(node, (l.Attr, l.Lookup)):
            found.append((node.name, None))
            node = node.object
        else:
            break
    return found[::-1]


def is_kept(nodes: tuple[Any, ...], loops: tuple[Any, ...] = ()) -> bool:
    """Whether what runs there is remembered from one turn of the loops to the next: the function around it is
    decorated with a cache, or it runs only where a dict or variable does not hold the answer yet. Where the loop
    itself runs only then, it still runs in full."""
    start = max((index for index, node in enumerate(nodes) if isinstance(node, l.Function)), default=0)
    turn = max((index for index, node in enumerate(nodes) if any(node is loop for loop in loops)), default=0)
    if is_remembered(nodes, nodes[:turn]):
        return True
    inner = nodes[max(start, turn) :]
    for node, below in itertools.pairwise(inner):
        if isinstance(node, l.If) and below is not node.test:
            if asks_memory(node.test, node.body, holds=any(below is part for part in node.body)):
                return True
        elif isinstance(node, l.Choice) and node.kind == "if" and below is not node.test:
            if asks_memory(node.test, (), holds=below is node.options[0]):
                return True
        elif isinstance(node, l.Choice) and node.kind == "or" and below is not node.options[0]:
            if is_lookup(node.options[0]):
                return True
        elif isinstance(node, l.Handler) and l.dotted(node.caught) in ("KeyError", "AttributeError", "LookupError"):
            return True
    return False


def is_remembered(nodes: tuple[Any, ...], beyond: tuple[Any, ...] = ()) -> bool:
    """Whether a function among them is decorated with a cache that outlives the row (`lru_cache`, `memoize`). Those
    that stand around the loop (`beyond`) do not count: what loops itself still does that in full."""
    for node in nodes:
        if isinstance(node, l.Function) and not any(node is other for other in beyond):
            for decorator in node.decorators:
                name = l.dotted(decorator.func if isinstance(decorator, l.Call) else decorator) or ""
                last = name.rpartition(".")[2].lower()
                if ("cache" in last or "memo" in last) and last != "cached_property":
                    return True
    return False


@functools.lru_cache(maxsize=4096)
def keeps_answer(function: l.Function) -> bool:
    """Whether a function puts what it returns into a dict or cache that others look it up in: `cache[key] = books;
    return books`, `cache.set(key, books); return books`."""
    if function.is_generator:
        return False
    asked = {held_by(node) for node in l.walk(function.body) if is_lookup(node)}
    kept: set[str] = set()
    for node in l.walk(function.body):
        if isinstance(node, l.Let) and isinstance(node.target, l.Subscript) and isinstance(node.value, l.Name):
            kept.add(node.value.id)
        elif isinstance(node, l.Call) and (l.dotted(node.func) or "").endswith(".set") and held_by(node) in asked:
            kept.update(arg.id for arg in node.args if isinstance(arg, l.Name))
    returned = [node.value for node in l.walk(function.body) if isinstance(node, l.Return)] if kept else []
    names = {value.id for value in returned if isinstance(value, l.Name)}
    return len(returned) > 1 and not kept.isdisjoint(names)


def held_by(node: l.Call) -> str:
    """What the method is called on: `cache` of `cache.get(key)`."""
    return (l.dotted(node.func) or "").rpartition(".")[0]


def runs_remembered(project: Project, access: Place, trace: tuple[Step, ...]) -> bool:
    """Whether the way from a loop to `access` leads through a function whose answers are kept."""
    loops = [step.place for step in trace if step.message.startswith("for each of ")]
    beyond = around(project, loops[0]) if loops else ()
    calls = [step.place for step in trace if not step.message.startswith("for each of ")]
    return any(is_remembered(around(project, place), beyond) for place in (*calls, access))


def asks_memory(test: Any, body: tuple[Any, ...], holds: bool) -> bool:
    """Whether a branch is taken only where nothing is remembered: `key not in seen`, `not seen.get(key)`,
    `not hasattr(self, name)`; `value is None` and `not value` where the branch assigns it."""
    for part in l.walk(test):
        if not isinstance(part, l.Operation):
            continue
        if part.op == ("not in" if holds else "in"):
            return True
        if not holds:
            continue
        held = part.operands[0]
        if part.op == "not" and is_lookup(held):
            return True
        none = part.op in ("is", "==") and isinstance(part.operands[-1], l.Const) and part.operands[-1].kind == "none"
        if (none or part.op == "not") and l.dotted(held) in assigned(body) and l.dotted(held) is not None:
            return True
    return False


def is_lookup(node: Any) -> bool:
    """`seen.get(key)`, `hasattr(self, name)`."""
    if not isinstance(node, l.Call):
        return False
    called = l.dotted(node.func) or ""
    return called == "hasattr" or called.endswith(".get")


def assigned(body: tuple[Any, ...]) -> set[str | None]:
    """The names and attributes that these statements assign."""
    return {l.dotted(node.target) for node in l.walk(body) if isinstance(node, l.Let)}
