"""What a trail carries along: where rows may be, the variables of what is running, and the end of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l

if TYPE_CHECKING:
    from pitfall_lint.facts.records import TemplateFacts
    from pitfall_lint.project import Project
    from pitfall_lint.project.classes import ClassSymbol
    from pitfall_lint.project.modules import Module

Path = tuple[str, ...]
Taint = frozenset[Path]  # the relation paths, from the query's row, of the rows that a value may be or hold
NONE: Taint = frozenset()


class Left(Exception):
    """The rows go out of sight; the message says where."""


class Known:
    """What every trail of a project asks for: the names of its methods that are no models', and what signals call."""

    __slots__ = ("methods", "receivers")

    def __init__(self, project: Project) -> None:
        functions = list(project.symbols.functions())
        self.methods = frozenset(
            function.node.name
            for function in functions
            if function.owner is not None and project.django.model_of(function.owner) is None
        )
        self.receivers = tuple(
            function for function in functions if "sender" in {param.name for param in function.node.params}
        )


class Frame:
    """One function, or the templates that make up one page: its variables, never forgotten."""

    __slots__ = ("functions", "globals", "module", "node", "own", "owner", "results", "template", "variables")

    def __init__(self, module: Module | None, owner: ClassSymbol | None, node: Any) -> None:
        self.module = module
        self.owner = owner
        self.node = node
        self.variables: dict[str, Taint] = {}
        self.functions: dict[str, l.Function | l.Lambda] = {}
        self.globals: set[str] = set()
        self.own = bound_in(node) if isinstance(node, l.Function) else None
        self.results: Taint = NONE
        self.template: TemplateFacts | None = None


def bound_in(function: l.Function) -> frozenset[str]:
    """The variables that are the function's own."""
    found = {param.name for param in function.params}
    pending: list[Any] = []
    for part in l.walk(function.body):
        if isinstance(part, (l.Let, l.For, l.Clause, l.Bind)):
            pending.append(part.target)
        elif isinstance(part, l.With):
            pending += [target for _, target in part.items if target is not None]
    while pending:
        target = pending.pop()
        if isinstance(target, l.Name):
            found.add(target.id)
        elif isinstance(target, l.Collection):
            pending += target.items
        elif isinstance(target, l.Star):
            pending.append(target.value)
    return frozenset(found)


def names_attributes(node: Any) -> bool:
    """Whether a text reads attributes of what is put into it: `"{0.author}"`."""
    return isinstance(node, l.Const) and isinstance(node.value, str) and bool(re.search(r"\{\w*[.\[]", node.value))
