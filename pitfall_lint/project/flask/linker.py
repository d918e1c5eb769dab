"""Walks the statements that build a Flask project and records what they do: routes, registrations, extensions, hooks,
`run` calls.

Module bodies are walked first, then each function that could matter, then functions again with the arguments that
they are called with, as far as these are applications, blueprints or what belongs to them. Loops over known lists are
walked once per element.
"""

from __future__ import annotations

from collections.abc import Callable as Callable_
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.makers import Makers
from pitfall_lint.project.flask.objects import Bound, Callable, Carrier, Instance, Method, Scope, Value
from pitfall_lint.project.flask.records import Blueprint, Extension, FlaskApp, Hook, Registration, RunCall, Target
from pitfall_lint.project.flask.routes import RouteTable
from pitfall_lint.project.flask.syntax import argument, keyword, statements
from pitfall_lint.project.flask.values import DEPTH, Evaluator
from pitfall_lint.project.symbols import ClassSymbol, ExternalSymbol

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.symbols import Module

BUDGET = 60_000  # calls looked at within functions that were followed
ROUNDS = 4  # of finding functions worth looking into


class Linker:
    """Links one project; `link` fills the lists."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.makers = Makers()
        self.evaluator = Evaluator(project, self.makers)
        self.makers.evaluator = self.evaluator
        self.table = RouteTable(project, self.makers, self.evaluator)
        self.registrations: dict[tuple[object, ...], Registration] = {}
        self.extensions: dict[tuple[object, ...], Extension] = {}
        self.hooks: dict[tuple[object, ...], Hook] = {}
        self.runs: dict[tuple[object, ...], RunCall] = {}
        self._scopes: dict[int, Scope] = {}
        # What was done through an `Api`, kept until everything is known that it is bound to.
        self._carried: list[tuple[Carrier, str, lang.Call, lang.Class | None, Scope]] = []
        self._walked: set[tuple[object, ...]] = set()
        self._budget = BUDGET

    def scope_of(self, hook: Hook) -> Scope:
        """An activation of a hook's function, within the scope that registered it."""
        return self._scopes[id(hook)]

    def link(self, modules: Iterable[Module]) -> None:
        """Walk every module of the project that is no test."""
        real = [module for module in modules if not module.facts.shallow]
        for module in real:
            self._body(module.facts.body, self.evaluator.top(module), guarded=False)
        hot = set(library.HOT_NAMES)
        visited: set[int] = set()
        for _ in range(ROUNDS):
            hot |= {app.variable.rpartition(".")[2] for app in self.makers.apps.values()}
            hot |= {item.variable.rpartition(".")[2] for item in self.makers.blueprints.values()}
            hot |= {item.function.name for item in self.makers.apps.values() if item.function is not None}
            hot.discard("")
            before = len(visited)
            for module in real:
                for function, owner in self._entries(module):
                    if id(function) not in visited and not hot.isdisjoint(function.names):
                        visited.add(id(function))
                        made = Callable(function, module, None, owner)
                        self._function(made, self.evaluator.enter(made, None, None))
            if len(visited) == before:
                break
        self._settle_carried()
        self.table.settle(real, self.makers.settle())
        _settle(self.registrations, lambda item: item.target is None)
        _settle(self.extensions, lambda item: item.app is None)
        _settle(self.hooks, lambda item: item.target is None)

    def _settle_carried(self) -> None:
        for carrier, name, call, view, scope in self._carried:
            targets: tuple[Target | None, ...] = self.table.targets(carrier) or (None,)
            for target in targets:
                if view is not None:
                    self.table.decorated(target, name, call, view, scope.module, scope)
                else:
                    self._register(target, call, scope, path=name == "add_namespace")

    def _entries(self, module: Module) -> Iterator[tuple[lang.Function, Instance | None]]:
        for statement in statements(module.facts.body):
            if isinstance(statement, lang.Function):
                yield statement, None
        for symbol in self.project.symbols.classes_of(module):
            for item in symbol.node.body:
                if isinstance(item, lang.Function):
                    static = any(lang.dotted(decorator) == "staticmethod" for decorator in item.decorators)
                    yield item, None if static else Instance(symbol, None, None)

    # ---------------------------------------------------------- statements

    def _function(self, function: Callable, scope: Scope) -> None:
        self._body(function.node.body, scope, guarded=False)

    def _body(self, body: lang.Body, scope: Scope, *, guarded: bool) -> None:
        for statement in body:
            self._statement(statement, scope, guarded)

    def _statement(self, statement: lang.Stmt, scope: Scope, guarded: bool) -> None:
        if isinstance(statement, (lang.Do, lang.Let, lang.Return)):
            if statement.value is not None:
                self._expression(statement.value, scope, guarded)
            if isinstance(statement, lang.Let):
                self._middleware(statement, scope)
        elif isinstance(statement, lang.Function):
            self._decorators(statement, scope)
            if scope.function is not None:
                made = self.makers.closure(statement, scope)
                self._function(made, self.evaluator.enter(made, None, None))
        elif isinstance(statement, lang.Class):
            self._class_decorators(statement, scope)
            for item in statement.body:
                if isinstance(item, lang.Function):
                    self._decorators(item, scope)
                else:
                    self._statement(item, scope, guarded)
        elif isinstance(statement, lang.If):
            self._expression(statement.test, scope, guarded)
            self._body(statement.body, scope, guarded=guarded or _is_main_guard(statement.test))
            self._body(statement.orelse, scope, guarded=guarded)
        elif isinstance(statement, lang.For):
            self._expression(statement.iter, scope, guarded)
            for turn in self._turns(statement.target, statement.iter, scope):
                self._body(statement.body, turn, guarded=guarded)
            self._body(statement.orelse, scope, guarded=guarded)
        elif isinstance(statement, lang.While):
            self._body(statement.body, scope, guarded=guarded)
            self._body(statement.orelse, scope, guarded=guarded)
        elif isinstance(statement, lang.With):
            for value, _ in statement.items:
                self._expression(value, scope, guarded)
            self._body(statement.body, scope, guarded=guarded)
        elif isinstance(statement, lang.Try):
            self._body(statement.body, scope, guarded=guarded)
            for handler in statement.handlers:
                self._body(handler.body, scope, guarded=guarded)
            self._body(statement.orelse, scope, guarded=guarded)
            self._body(statement.final, scope, guarded=guarded)

    def _turns(self, target: lang.Expr, iterable: lang.Expr, scope: Scope) -> Iterator[Scope]:
        elements = self.evaluator.elements(iterable, scope)
        if elements is None:
            names: dict[str, Bound] = {node.id: () for node in lang.walk(target) if isinstance(node, lang.Name)}
            yield scope.inner(names)
            return
        for element in elements:
            yield scope.inner(self.evaluator.unpack(target, element))

    def _expression(self, expr: lang.Expr, scope: Scope, guarded: bool) -> None:
        if isinstance(expr, lang.Call):
            if scope.depth > 1:
                self._budget -= 1
                if self._budget < 0:
                    return
            for part in (*expr.args, *(item.value for item in expr.keywords)):
                self._expression(part, scope, guarded)
            if isinstance(expr.func, lang.Attr):
                self._expression(expr.func.object, scope, guarded)
            elif isinstance(expr.func, lang.Call) and not self.table.called(expr, scope):
                self._expression(expr.func, scope, guarded)
            self._call(expr, scope, guarded)
        elif isinstance(expr, lang.Comprehension):
            if len(expr.clauses) == 1:
                for turn in self._turns(expr.clauses[0].target, expr.clauses[0].iter, scope):
                    self._expression(expr.element, turn, guarded)
        elif isinstance(expr, lang.Choice):
            for option in expr.options:
                self._expression(option, scope, guarded)
        elif isinstance(expr, (lang.Bind, lang.Star)):
            self._expression(expr.value, scope, guarded)
        elif isinstance(expr, lang.Other):
            for part in expr.parts:
                self._expression(part, scope, guarded)
        elif isinstance(expr, lang.Collection):
            for part in expr.items:
                if isinstance(part, lang.Call):
                    self._expression(part, scope, guarded)

    # --------------------------------------------------------------- calls

    def _call(self, call: lang.Call, scope: Scope, guarded: bool) -> None:
        interesting = self._arguments(call, scope)
        funcs = self.evaluator.values(call.func, scope)
        if not funcs and isinstance(call.func, lang.Attr):
            self._unknown_receiver(call.func.name, call, scope)
        if any(isinstance(func, (ClassSymbol, ExternalSymbol)) for func in funcs):
            self.evaluator.values(call, scope)  # an application or blueprint that nothing else mentions
        for func in funcs:
            if isinstance(func, Method):
                self._method(func, call, scope, guarded)
            elif isinstance(func, Callable):
                if isinstance(func.owner, Instance) and func.node.name == "init_app":
                    self._own_extension(func.owner, call, scope)
                if (
                    interesting
                    or isinstance(func.owner, Carrier)
                    or (func.owner is not None and func.owner.call is not None)
                ):
                    self._follow(func, call, scope)
            elif isinstance(func, ClassSymbol):
                self._construct(func, call, scope, interesting)
            elif isinstance(func, ExternalSymbol):
                if interesting:
                    self._external(func.dotted, "", call, scope, interesting)
                elif func.dotted.startswith("flask_") and call.args and self._is_unknown(call.args[0], scope):
                    last = func.dotted.rpartition(".")[2]
                    if last[:1].isupper() and func.dotted not in library.APIS and func.dotted not in library.BLUEPRINTS:
                        place = _place(scope, call)
                        self._extension(
                            Extension(
                                func.dotted, "", None, "constructor", call, scope.module, place, scope.function, None
                            )
                        )

    def _unknown_receiver(self, name: str, call: lang.Call, scope: Scope) -> None:
        """`app.register_blueprint(bp)` and the like where nobody knows which application `app` is."""
        if name == "register_blueprint" and call.args:
            self._register(None, call, scope)
        elif name in ("after_request", "after_app_request") and call.args:
            for value in self.evaluator.values(call.args[0], scope):
                if isinstance(value, Callable):
                    self._hook(name, None, value, call, scope)

    def _is_unknown(self, expr: lang.Expr, scope: Scope) -> bool:
        """A parameter that nobody was seen to give a value."""
        return (
            isinstance(expr, lang.Name)
            and scope.function is not None
            and any(item.name == expr.id for item in scope.function.params)
        )

    def _arguments(self, call: lang.Call, scope: Scope) -> tuple[Value, ...]:
        """The applications, blueprints and the like among the arguments."""
        found: list[Value] = []
        for part in (*call.args, *(item.value for item in call.keywords)):
            if isinstance(part, (lang.Name, lang.Attr)):
                found.extend(
                    value
                    for value in self.evaluator.values(part, scope)
                    if isinstance(value, (FlaskApp, Blueprint, Carrier))
                    or (isinstance(value, Method) and isinstance(value.object, FlaskApp) and value.name == "wsgi_app")
                )
            elif isinstance(part, lang.Call):
                found.extend(
                    value for value in self.evaluator.values(part, scope) if isinstance(value, (FlaskApp, Blueprint))
                )
        return tuple(found)

    def _follow(self, function: Callable, call: lang.Call, scope: Scope) -> None:
        if scope.depth >= DEPTH or not function.node.body:
            return
        key = (id(function.node), id(function.parent), scope.module.path, call.start, id(scope))
        if key in self._walked:
            return
        self._walked.add(key)
        self._function(function, self.evaluator.enter(function, call, scope))

    def _construct(self, symbol: ClassSymbol, call: lang.Call, scope: Scope, interesting: tuple[Value, ...]) -> None:
        apps = [value for value in interesting if isinstance(value, FlaskApp)]
        base = next(
            (
                item.dotted
                for item in symbol.mro
                if isinstance(item, ExternalSymbol) and item.dotted != "builtins.object"
            ),
            "",
        )
        if apps and base and base not in library.APIS and not base.startswith(("typing.", "abc.")):
            self._external(base, symbol.dotted, call, scope, interesting)
        if interesting:
            for made in self.evaluator.values(call, scope):
                if isinstance(made, Instance):
                    member = symbol.member("__init__")
                    if member is not None and isinstance(member.node, lang.Function):
                        self._follow(Callable(member.node, member.owner.module, None, made), call, scope)

    def _external(self, dotted: str, own: str, call: lang.Call, scope: Scope, interesting: tuple[Value, ...]) -> None:
        if (
            dotted.startswith(("builtins.", "werkzeug.", "typing.", "os.", "flask.", "pytest.", "inspect."))
            or dotted in library.APIS
        ):
            return
        last = dotted.rpartition(".")[2]
        for app in interesting:
            if isinstance(app, FlaskApp):
                how = "constructor" if last[:1].isupper() else "call"
                self._extension(
                    Extension(dotted, own, app, how, call, scope.module, _place(scope, call), scope.function, None)
                )

    def _extension(self, extension: Extension) -> None:
        key = (extension.place, extension.cls, id(extension.app))
        self.extensions.setdefault(key, extension)

    def _method(self, func: Method, call: lang.Call, scope: Scope, guarded: bool) -> None:
        owner, name = func.object, func.name
        if isinstance(owner, (FlaskApp, Blueprint)):
            if name == "add_url_rule":
                self.table.add_url_rule(owner, call, scope)
            elif name == "register_blueprint":
                self._register(owner, call, scope)
            elif name in library.HOOKS:
                for value in self.evaluator.values(argument(call, 0, "f"), scope):
                    if isinstance(value, Callable):
                        self._hook(name, owner, value, call, scope)
            elif name == "run" and isinstance(owner, FlaskApp):
                place = _place(scope, call)
                self.runs.setdefault(
                    (place, id(owner)), RunCall(owner, call, scope.module, place, scope.function, guarded)
                )
            elif name == "add_api" and isinstance(owner, FlaskApp):
                self.table.openapi(owner, call, scope)
        elif isinstance(owner, Carrier):
            if name == "add_resource":
                self.table.resource(owner, call, scope)
            elif name == "init_app":
                found = self._arguments(call, scope)
                self.table.carry(owner, (value for value in found if isinstance(value, (FlaskApp, Blueprint))))
            elif name in ("add_namespace", "register_blueprint"):
                self._carried.append((owner, name, call, None, scope))
        elif isinstance(owner, Instance) and isinstance(owner.symbol, ExternalSymbol):
            if name.startswith("init"):
                self._init_app(owner.symbol.dotted, "", owner, call, scope)
        elif isinstance(owner, Instance) and name == "init_app":
            self._own_extension(owner, call, scope)

    def _own_extension(self, owner: Instance, call: lang.Call, scope: Scope) -> None:
        """`init_app` of a class of the project: an extension of its own, or a subclass of one."""
        base = next((item.dotted for item in _mro(owner) if isinstance(item, ExternalSymbol)), owner.symbol.dotted)
        self._init_app(base, owner.symbol.dotted, owner, call, scope)

    def _init_app(self, cls: str, own: str, owner: Instance, call: lang.Call, scope: Scope) -> None:
        made = _place(owner.scope, owner.call) if owner.scope is not None and owner.call is not None else None
        apps: list[FlaskApp | None] = [value for value in self._arguments(call, scope) if isinstance(value, FlaskApp)]
        if not apps and call.args and self._is_unknown(call.args[0], scope):
            apps = [None]
        for app in apps:
            self._extension(
                Extension(cls, own, app, "init_app", call, scope.module, _place(scope, call), scope.function, made)
            )

    # ---------------------------------------------------------- decorators

    def _decorators(self, function: lang.Function, scope: Scope) -> None:
        for decorator in function.decorators:
            func = decorator.func if isinstance(decorator, lang.Call) else decorator
            if isinstance(decorator, lang.Call):
                self._expression(decorator, scope, False)
            values = self.evaluator.values(func, scope)
            if not values and isinstance(func, lang.Attr) and func.name in ("after_request", "after_app_request"):
                self._hook(func.name, None, self.makers.closure(function, scope), decorator, scope)
            for value in values:
                if not isinstance(value, Method) or not isinstance(value.object, (FlaskApp, Blueprint)):
                    continue
                if value.name in library.ROUTE_METHODS and isinstance(decorator, lang.Call):
                    self.table.decorated(value.object, value.name, decorator, function, scope.module, scope)
                elif value.name in library.HOOKS:
                    self._hook(value.name, value.object, self.makers.closure(function, scope), decorator, scope)

    def _class_decorators(self, node: lang.Class, scope: Scope) -> None:
        for decorator in node.decorators:
            if not isinstance(decorator, lang.Call):
                continue
            for value in self.evaluator.values(decorator.func, scope):
                if not isinstance(value, Method) or value.name not in library.ROUTE_METHODS:
                    continue
                if isinstance(value.object, (FlaskApp, Blueprint)):
                    self.table.decorated(value.object, value.name, decorator, node, scope.module, scope)
                elif isinstance(value.object, Carrier):
                    self._carried.append((value.object, value.name, decorator, node, scope))

    # ------------------------------------------------- registrations, hooks

    def _register(self, target: Target | None, call: lang.Call, scope: Scope, *, path: bool = False) -> None:
        given = argument(call, 0, "ns" if path else "blueprint")
        prefix = argument(call, 1, "path") if path else keyword(call, "url_prefix")
        found = [
            value
            for value in (self.evaluator.values(given, scope) if given is not None else ())
            if isinstance(value, Blueprint)
        ]
        place = _place(scope, call)
        blueprints: list[Blueprint | None] = [*found] or [None]
        for blueprint in blueprints:
            name = self.evaluator.text(keyword(call, "name"), scope)
            self.registrations.setdefault(
                (place, id(target), id(blueprint), name),
                Registration(target, blueprint, self.evaluator.text(prefix, scope), name, scope.module, place),
            )

    def _hook(self, kind: str, target: Target | None, function: Callable, node: lang.Expr, scope: Scope) -> None:
        place = _place(scope, node)
        key = (place, kind, id(target), function.node.start)
        if key not in self.hooks:
            hook = self.hooks[key] = Hook(kind, target, function.node, function.module, place)
            self._scopes[id(hook)] = self.evaluator.enter(function, None, None)

    def _middleware(self, let: lang.Let, scope: Scope) -> None:
        """`app.wsgi_app = Middleware(app.wsgi_app)`: the class's `__call__` runs around each request."""
        if not isinstance(let.target, lang.Attr) or let.target.name != "wsgi_app" or let.value is None:
            return
        apps = [value for value in self.evaluator.values(let.target.object, scope) if isinstance(value, FlaskApp)]
        for node in lang.walk(let.value):
            if not isinstance(node, lang.Call):
                continue
            for value in self.evaluator.values(node.func, scope):
                bodies: list[Callable] = []
                if isinstance(value, ClassSymbol):
                    owner = Instance(value, node, scope)
                    bodies = [
                        Callable(item, value.module, None, owner)
                        for item in value.node.body
                        if isinstance(item, lang.Function)
                    ]
                elif isinstance(value, Callable):
                    bodies = [value]
                owners: list[FlaskApp | None] = [*apps] or [None]
                for function, app in ((one, other) for one in bodies for other in owners):
                    self._hook("middleware", app, function, let.value, scope)


Located = TypeVar("Located", Registration, Extension, Hook)


def _settle(found: dict[tuple[object, ...], Located], is_unknown: Callable_[[Located], bool]) -> None:
    """Drop what was seen with an unknown receiver where the same code was seen with a known one."""
    known = {item.place for item in found.values() if not is_unknown(item)}
    for key in [key for key, item in found.items() if is_unknown(item) and item.place in known]:
        del found[key]


def _place(scope: Scope, node: lang.Expr) -> Place:
    return Place(scope.module.path, node.start, node.end)


def _mro(instance: Instance) -> tuple[ClassSymbol | ExternalSymbol, ...]:
    return instance.symbol.mro if isinstance(instance.symbol, ClassSymbol) else (instance.symbol,)


def _is_main_guard(test: lang.Expr) -> bool:
    return (
        isinstance(test, lang.Operation)
        and test.op == "=="
        and any(isinstance(side, lang.Name) and side.id == "__name__" for side in test.operands)
    )
