"""What expressions stand for besides records: REST carriers, instances, functions with their scope, class-based
views, bound methods.

A `Scope` is one activation of a function, or a module's top level; a `Thunk` is an expression together with the scope
it is to be read in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pitfall_lint import language as lang
from pitfall_lint.project.flask.records import Blueprint, FlaskApp
from pitfall_lint.project.symbols import ClassSymbol, ExternalSymbol, Module, ModuleSymbol


@dataclass(frozen=True, slots=True, eq=False)
class Carrier:
    """A REST `Api`: resources added to it are bound to `targets` below `prefix`."""

    call: lang.Call
    scope: Scope
    cls: str


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An object of a class of the project, or of an extension (`symbol` external), made by `call` in `scope` (None:
    `self` within its own methods).
    """

    symbol: ClassSymbol | ExternalSymbol
    call: lang.Call | None
    scope: Scope | None


@dataclass(frozen=True, slots=True, eq=False)
class Callable:
    """A function of the project with the scope that it closes over, and `self` where it is a method."""

    node: lang.Function
    module: Module
    parent: Scope | None
    owner: Instance | Carrier | None = None


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """`SomeView.as_view("name")`."""

    symbol: ClassSymbol
    name: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Method:
    """`app.route`, not called yet."""

    object: FlaskApp | Blueprint | Carrier | Instance
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Thunk:
    """An expression with the scope that it is to be read in."""

    expr: lang.Expr
    scope: Scope


Value: TypeAlias = (
    "FlaskApp | Blueprint | Carrier | Instance | Callable | View | Method | ClassSymbol | ExternalSymbol | ModuleSymbol"
)
Bound: TypeAlias = "Thunk | tuple[Value, ...]"


@dataclass(slots=True, eq=False)
class Scope:
    """One activation of a function (or a module's top level, where `function` is None): its module, what its
    parameters and loop variables are bound to, and the scope around it.
    """

    module: Module
    function: lang.Function | None
    parent: Scope | None
    bound: Mapping[str, Bound] = field(default_factory=dict)
    cache: dict[int, tuple[lang.Expr, tuple[Value, ...]]] = field(
        default_factory=dict
    )  # by id; the expression is held so that its id stays its own
    depth: int = 0

    def inner(self, bound: Mapping[str, Bound]) -> Scope:
        """The same activation with more names bound: one turn of a loop."""
        return Scope(self.module, self.function, self.parent, {**self.bound, **bound}, {}, self.depth)
