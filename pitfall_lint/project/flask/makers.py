"""Turns constructor calls into records (applications, blueprints) and knows, for each call, the statement that it
stands in.

Records are made once per place: two activations of a factory make one application.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.folders import folders_of
from pitfall_lint.project.flask.objects import Callable, Carrier, Instance, Scope, Value
from pitfall_lint.project.flask.records import Blueprint, FlaskApp, Folders
from pitfall_lint.project.flask.syntax import argument, assignments, blocks, functions, keyword, statements
from pitfall_lint.project.flask.values import Evaluator
from pitfall_lint.project.symbols import ClassSymbol, ExternalSymbol, FunctionSymbol, Module


@dataclass(frozen=True, slots=True, eq=False)
class Anchor:
    """Where a call stands: its statement, what that binds, the function and scope around it, the `if` whose branches
    all bind the same name.
    """

    statement: lang.Stmt
    variable: str
    function: lang.Function | None
    scope: str
    branches: lang.If | None


class Makers:
    """Makes records from calls, and keeps the indexes of functions and modules that the evaluator asks for."""

    def __init__(self) -> None:
        self.evaluator: Evaluator
        self.apps: dict[tuple[str, int, str], FlaskApp] = {}
        self.blueprints: dict[tuple[str, int, str | None], Blueprint] = {}
        self._carriers: dict[tuple[int, int], Carrier] = {}
        self._instances: dict[tuple[int, int], Instance] = {}
        self._callables: dict[tuple[int, int], Callable] = {}
        self._kept: list[object] = []  # what ids above speak of
        self._imported: dict[int, frozenset[str]] = {}
        self._bindings: dict[str, Mapping[str, tuple[lang.Expr | lang.Function | lang.Class, ...]]] = {}
        self._globals: dict[str, Mapping[str, list[tuple[lang.Function, lang.Expr]]]] = {}
        self._anchors: dict[tuple[str, int], Anchor | None] = {}

    # ---------------------------------------------------------- functions

    def closure(self, function: lang.Function, scope: Scope) -> Callable:
        """A nested function with the scope that it was defined in."""
        key = (id(function), id(scope))
        if key not in self._callables:
            self._callables[key] = Callable(function, scope.module, scope)
            self._kept.append(scope)
        return self._callables[key]

    def callable_of(self, symbol: FunctionSymbol) -> Callable:
        """A function found by name."""
        key = (id(symbol.node), 0)
        if key not in self._callables:
            owner = Instance(symbol.owner, None, None) if symbol.owner is not None else None
            self._callables[key] = Callable(symbol.node, symbol.module, None, owner)
        return self._callables[key]

    def imported(self, function: lang.Function) -> frozenset[str]:
        """The names that imports within a function bind."""
        key = id(function)
        if key not in self._imported:
            self._imported[key] = frozenset(
                item.alias or item.name or item.module.partition(".")[0]
                for item in statements(function.body)
                if isinstance(item, lang.Import)
            )
        return self._imported[key]

    def module_bindings(self, module: Module) -> Mapping[str, tuple[lang.Expr | lang.Function | lang.Class, ...]]:
        """What a module's top level binds each name to."""
        if module.path not in self._bindings:
            self._bindings[module.path] = assignments(module.facts.body)
        return self._bindings[module.path]

    def assigned_globally(self, module: Module, name: str) -> tuple[Value, ...]:
        """The values that functions give to a module's variable by `global`."""
        if module.path not in self._globals:
            table: dict[str, list[tuple[lang.Function, lang.Expr]]] = {}
            for function in functions(module.facts.body):
                names = {
                    item
                    for statement in statements(function.body)
                    if isinstance(statement, lang.Outer)
                    for item in statement.names
                }
                for one in names:
                    for value in assignments(function.body).get(one, ()):
                        if not isinstance(value, (lang.Function, lang.Class)):
                            table.setdefault(one, []).append((function, value))
            self._globals[module.path] = table
        found: list[Value] = []
        for function, value in self._globals[module.path].get(name, ()):
            found.extend(
                self.evaluator.values(value, self.evaluator.enter(Callable(function, module, None), None, None))
            )
        return tuple(found)

    # ------------------------------------------------------- constructors

    def construct(self, symbol: ClassSymbol, call: lang.Call, scope: Scope) -> Value:
        """What calling a class of the project makes."""
        for base in symbol.mro:
            if isinstance(base, ExternalSymbol):
                made = self._known(base.dotted, symbol.dotted, call, scope)
                if made is not None:
                    return made
        return self._instance(symbol, call, scope)

    def construct_external(self, symbol: ExternalSymbol, call: lang.Call, scope: Scope) -> Value | None:
        """What calling something outside the project makes."""
        made = self._known(symbol.dotted, symbol.dotted, call, scope)
        if made is not None:
            return made
        last = symbol.dotted.rpartition(".")[2]
        return self._instance(symbol, call, scope) if last[:1].isupper() else None

    def _known(self, base: str, cls: str, call: lang.Call, scope: Scope) -> Value | None:
        if base in library.APPS:
            return self._app(library.APPS[base], cls, call, scope)
        if base in library.BLUEPRINTS:
            return self._blueprint(library.BLUEPRINTS[base], cls, call, scope)
        if base in library.APIS:
            key = (id(call), id(scope))
            if key not in self._carriers:
                self._carriers[key] = Carrier(call, scope, cls)
            return self._carriers[key]
        return None

    def _instance(self, symbol: ClassSymbol | ExternalSymbol, call: lang.Call, scope: Scope) -> Instance:
        key = (id(call), id(scope))
        if key not in self._instances:
            self._instances[key] = Instance(symbol, call, scope)
            self._kept.append(scope)
        return self._instances[key]

    def _app(self, kind: str, cls: str, call: lang.Call, scope: Scope) -> FlaskApp:
        anchor = self.anchor(scope.module, call)
        path = scope.module.path
        start = call.start
        if anchor is not None and anchor.variable:
            start = anchor.branches.start if anchor.branches is not None else anchor.statement.start
        key = (path, start, anchor.variable if anchor is not None else "")
        if key not in self.apps:
            folders = folders_of(call, scope, self.evaluator, name_at=0, is_app=True)
            span: lang.Node | lang.Stmt = anchor.statement if anchor is not None else call
            variable = anchor.variable if anchor is not None else ""
            self.apps[key] = FlaskApp(
                module=scope.module,
                place=Place(path, span.start, span.end),
                call=call,
                variable=variable,
                inner=f"{variable}.app" if kind == "connexion" else variable,
                function=anchor.function if anchor is not None else None,
                scope=anchor.scope if anchor is not None else "",
                cls=cls,
                kind=kind,
                folders=folders,
            )
        return self.apps[key]

    def _blueprint(self, kind: str, cls: str, call: lang.Call, scope: Scope) -> Blueprint:
        name = self.evaluator.text(argument(call, 0, "name"), scope)
        key = (scope.module.path, call.start, name)
        if key not in self.blueprints:
            anchor = self.anchor(scope.module, call)
            span: lang.Node | lang.Stmt = anchor.statement if anchor is not None else call
            prefix = keyword(call, "path") or argument(call, 2) if kind == "namespace" else keyword(call, "url_prefix")
            folders = (
                Folders("", None, None, None, True)
                if kind == "namespace"
                else folders_of(call, scope, self.evaluator, name_at=1, is_app=False)
            )
            self.blueprints[key] = Blueprint(
                module=scope.module,
                place=Place(scope.module.path, span.start, span.end),
                call=call,
                variable=anchor.variable if anchor is not None else "",
                function=anchor.function if anchor is not None else None,
                cls=cls,
                kind=kind,
                name=name,
                url_prefix=self.evaluator.text(prefix, scope),
                folders=folders,
            )
        return self.blueprints[key]

    def settle(self) -> frozenset[int]:
        """Forget blueprints of a factory whose names were not known where the same call made one with a name. Their
        ids.
        """
        named = {key[:2] for key in self.blueprints if key[2] is not None}
        unknown = [key for key in self.blueprints if key[2] is None and key[:2] in named]
        self._kept.extend(self.blueprints[key] for key in unknown)
        return frozenset(id(self.blueprints.pop(key)) for key in unknown)

    def namespace(self, call: lang.Call, scope: Scope) -> Blueprint:
        """`api.namespace("name", path=...)`."""
        return self._blueprint("namespace", "flask_restx.Namespace", call, scope)

    # ------------------------------------------------------------ anchors

    def anchor(self, module: Module, call: lang.Call) -> Anchor | None:
        """The statement that a call stands in."""
        key = (module.path, call.start)
        if key not in self._anchors:
            self._anchors[key] = _anchor(module.facts.body, call.start, None, "", {})
        return self._anchors[key]


def _anchor(
    body: lang.Body, start: int, function: lang.Function | None, scope: str, branches: Mapping[str, lang.If]
) -> Anchor | None:
    for statement in body:
        if not statement.start <= start < statement.end:
            continue
        if isinstance(statement, lang.Function):
            return _anchor(statement.body, start, statement, statement.qualname, {})
        if isinstance(statement, lang.Class):
            return _anchor(statement.body, start, function, statement.qualname, {})
        inner = branches
        if isinstance(statement, lang.If):
            both = _bound(statement.body) & _bound(statement.orelse)
            inner = {**dict.fromkeys(both, statement), **branches}
        for block in blocks(statement):
            found = _anchor(block, start, function, scope, inner)
            if found is not None:
                return found
        variable = ""
        if isinstance(statement, lang.Let) and start in _direct(statement.value):
            variable = lang.dotted(statement.target) or ""
        return Anchor(statement, variable, function, scope, inner.get(variable) if variable else None)
    return None


def _direct(value: lang.Expr | None) -> frozenset[int]:
    """Where the calls start whose value an assignment binds as it is."""
    if isinstance(value, lang.Call):
        return frozenset((value.start,))
    if isinstance(value, lang.Choice):
        return frozenset(start for option in value.options for start in _direct(option))
    if isinstance(value, lang.Bind):
        return _direct(value.value)
    return frozenset()


def _bound(body: lang.Body) -> frozenset[str]:
    return frozenset(
        lang.dotted(item.target) or ""
        for item in statements(body)
        if isinstance(item, lang.Let) and isinstance(item.value, lang.Call)
    ) - {""}
