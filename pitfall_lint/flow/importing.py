"""What runs while modules are imported: the statements of modules and class bodies, defaults and decorators of
functions. The interpreter starts at each that mentions where rows come from; what is evaluated on the way is evaluated
before the first request, and before the first migration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.frames import Frame
from pitfall_lint.flow.values import Scope

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.symbols import Module

SOURCES = frozenset({"objects", "_default_manager", "_base_manager"})
SCRIPTS = ("/scripts/", "/management/commands/", "/migrations/")


def statements(it: Interpreter) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each statement of a module or class body that mentions a manager."""
    names = SOURCES | {name for model in it.django.models.values() for name in model.managers}
    for path, facts in it.project.python.items():
        if facts.shallow or names.isdisjoint(facts.words) or any(part in f"/{path}" for part in SCRIPTS):
            continue
        module = it.symbols.module_at(path)
        if module is None or is_script(facts.body):
            continue
        for node in run_at_import(facts.body):
            if any(isinstance(part, (l.Attr, l.Name)) and name_of(part) in names for part in shallow(node)):
                yield f"{path}:{l.line_of(node.start)}", start_at(it, module, node)


def name_of(node: l.Attr | l.Name) -> str:
    """What a name or attribute is called."""
    return node.name if isinstance(node, l.Attr) else node.id


def start_at(it: Interpreter, module: Module, node: Any) -> Callable[[], object]:
    """A start at a statement, or an expression, of a module."""
    from pitfall_lint.flow import expressions

    frame = Frame(module.path, module, Scope({}))
    if type(node) in expressions.EVALUATE:
        return lambda: it.evaluate(frame, node)
    return lambda: it.execute(frame, (node,))


def is_script(body: l.Body) -> bool:
    """Whether the module sets Django up by itself: it is run, not imported."""
    return any(
        isinstance(part, l.Call) and (l.dotted(part.func) or "").endswith("django.setup")
        for statement in body
        if not isinstance(statement, (l.Function, l.Class))
        for part in l.walk(statement)
    )


def run_at_import(body: l.Body) -> Iterator[Any]:
    """The statements that run, class bodies included, and the defaults and decorators of functions. What only runs as
    a program (`if __name__ == ...`), or where failure is handled, is left out."""
    for node in body:
        if isinstance(node, l.Class):
            yield from run_at_import(node.body)
        elif isinstance(node, l.Function):
            yield from (param.default for param in node.params if param.default is not None)
            yield from node.decorators
        elif isinstance(node, l.If):
            names = {part.id for part in l.walk(node.test) if isinstance(part, l.Name)}
            if names.isdisjoint(("__name__", "TYPE_CHECKING")):
                yield from run_at_import(node.body)
                yield from run_at_import(node.orelse)
        elif isinstance(node, (l.Let, l.Do, l.For)):
            yield node


def shallow(node: Any) -> Iterator[Any]:
    """The nodes that run with this one: a lambda's body runs later."""
    stack = [node]
    while stack:
        current = stack.pop()
        if not isinstance(current, (l.Lambda, l.Function, l.Class)):
            yield current
            stack += l.children(current)
