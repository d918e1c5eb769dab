"""Binds rules to applications and blueprints: decorators, `add_url_rule`, REST resources, OpenAPI documents.

The linker says which call binds something and in which scope it was seen; what rule, methods, endpoint and view that
comes to is decided here.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project import Project
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.makers import Makers
from pitfall_lint.project.flask.objects import Callable, Carrier, Method, Scope, Thunk, View
from pitfall_lint.project.flask.openapi import operations
from pitfall_lint.project.flask.records import Blueprint, FlaskApp, Route, Target
from pitfall_lint.project.flask.syntax import argument, functions, keyword
from pitfall_lint.project.flask.values import Evaluator
from pitfall_lint.project.symbols import ClassSymbol, Module


class RouteTable:
    """The routes found so far."""

    def __init__(self, project: Project, makers: Makers, evaluator: Evaluator) -> None:
        self.project = project
        self.makers = makers
        self.evaluator = evaluator
        self.routes: dict[tuple[object, ...], Route] = {}
        self._waiting: list[tuple[Carrier, lang.Call, Scope]] = []
        self._carried: dict[int, list[Target]] = {}  # what `api.init_app` was given, by the call that made the Api

    def carry(self, carrier: Carrier, targets: Iterable[Target]) -> None:
        """`api.init_app(target)`."""
        known = self._carried.setdefault(id(carrier.call), [])
        known.extend(target for target in targets if target not in known)

    def resource(self, carrier: Carrier, call: lang.Call, scope: Scope) -> None:
        """`api.add_resource(...)`, kept until everything is known that the Api is bound to."""
        self._waiting.append((carrier, call, scope))

    def settle(self, modules: Iterable[Module], forgotten: frozenset[int]) -> None:
        """Bind what waited; drop the routes of blueprints that were `forgotten` (by id)."""
        for carrier, call, scope in self._waiting:
            self.add_resource(carrier, call, scope)
        self._waiting.clear()
        for key in [key for key, route in self.routes.items() if id(route.target) in forgotten]:
            del self.routes[key]
        self.orphans(modules)

    def called(self, call: lang.Call, scope: Scope) -> bool:
        """`app.route("/x")(view)`."""
        inner = call.func
        if (
            not isinstance(inner, lang.Call)
            or not isinstance(inner.func, lang.Attr)
            or inner.func.name not in library.ROUTE_METHODS
        ):
            return False
        done = False
        for value in self.evaluator.values(inner.func, scope):
            if isinstance(value, Method) and isinstance(value.object, (FlaskApp, Blueprint)):
                view, module = self._view(argument(call, 0), scope)
                self.decorated(value.object, value.name, inner, view, module, scope)
                done = True
        return done

    def decorated(
        self,
        target: Target | None,
        method: str,
        call: lang.Call,
        view: lang.Function | lang.Class | None,
        module: Module | None,
        scope: Scope,
    ) -> None:
        """`@target.route(...)`, or `get` and its kin, on a view."""
        rules = [argument(call, 0, "rule")]
        if isinstance(view, lang.Class):  # a namespace takes several
            rules = list(call.args) or rules
        implied = library.ROUTE_METHODS[method]
        methods = implied or self._methods(keyword(call, "methods"), view, scope)
        endpoint = (
            self.evaluator.text(keyword(call, "endpoint"), scope)
            if keyword(call, "endpoint") is not None
            else view.name
            if view is not None
            else None
        )
        for rule in rules:
            self._add(target, rule, methods, endpoint, view, module, "decorator", call, scope)

    def _methods(
        self, expr: lang.Expr | None, view: lang.Function | lang.Class | None, scope: Scope
    ) -> tuple[str, ...]:
        if expr is not None:
            elements = self.evaluator.elements(expr, scope)
            texts = [self.evaluator.text(item.expr, item.scope) for item in elements or ()]
            return tuple(text.upper() for text in texts if text)
        if isinstance(view, lang.Class):
            verbs = tuple(
                item.name.upper()
                for item in view.body
                if isinstance(item, lang.Function) and item.name in library.HTTP_VERBS
            )
            return verbs or ("GET",)
        return ("GET",)

    def add_url_rule(self, target: Target, call: lang.Call, scope: Scope) -> None:
        if any(isinstance(item, lang.Star) for item in call.args[:1]):
            return
        view_expr = argument(call, 2, "view_func")
        view, module = self._view(view_expr, scope)
        endpoint = self._endpoint(argument(call, 1, "endpoint"), view_expr, view, scope)
        methods = self._methods(keyword(call, "methods"), view, scope)
        self._add(target, argument(call, 0, "rule"), methods, endpoint, view, module, "add_url_rule", call, scope)

    def _endpoint(
        self,
        given: lang.Expr | None,
        view_expr: lang.Expr | None,
        view: lang.Function | lang.Class | None,
        scope: Scope,
    ) -> str | None:
        if given is not None and not (isinstance(given, lang.Const) and given.value is None):
            return self.evaluator.text(given, scope)
        if isinstance(view, lang.Function):
            return view.name
        if view_expr is not None:
            for value in self.evaluator.values(view_expr, scope):
                if isinstance(value, View):
                    return value.name
        return None

    def _view(self, expr: lang.Expr | None, scope: Scope) -> tuple[lang.Function | lang.Class | None, Module | None]:
        if expr is None:
            return None, None
        for value in self.evaluator.values(expr, scope):
            if isinstance(value, Callable):
                return value.node, value.module
            if isinstance(value, View):
                return value.symbol.node, value.symbol.module
            if isinstance(value, ClassSymbol):
                return value.node, value.module
        if isinstance(expr, lang.Call) and expr.args:  # a decorator called by hand: login_required(view)
            return self._view(expr.args[0], scope)
        return None, None

    def add_resource(self, carrier: Carrier, call: lang.Call, scope: Scope) -> None:
        view, module = self._view(argument(call, 0, "resource"), scope)
        given = keyword(call, "endpoint")
        endpoint = (
            self.evaluator.text(given, scope) if given is not None else view.name.lower() if view is not None else None
        )
        methods = self._methods(None, view, scope)
        targets: tuple[Target | None, ...] = self.targets(carrier) or (None,)
        for target in targets:
            for rule in call.args[1:]:
                turns = (
                    self.evaluator.elements(rule.value, scope) if isinstance(rule, lang.Star) else (Thunk(rule, scope),)
                )
                if turns is None:
                    self._add(target, None, methods, endpoint, view, module, "add_resource", call, scope)
                for turn in turns or ():
                    self._add(
                        target, turn.expr, methods, endpoint, view, module, "add_resource", call, scope, turn.scope
                    )

    def targets(self, carrier: Carrier) -> tuple[Target, ...]:
        """What an Api is bound to: by its constructor, or by `init_app` wherever that is called."""
        found: list[Target] = [
            value
            for expr in (*carrier.call.args[:1], keyword(carrier.call, "app"))
            if expr is not None
            for value in self.evaluator.values(expr, carrier.scope)
            if isinstance(value, (FlaskApp, Blueprint))
        ]
        found = found or list(self._carried.get(id(carrier.call), ()))
        return tuple(found)

    def _add(
        self,
        target: Target | None,
        rule: lang.Expr | None,
        methods: tuple[str, ...],
        endpoint: str | None,
        view: lang.Function | lang.Class | None,
        module: Module | None,
        how: str,
        call: lang.Call,
        scope: Scope,
        rule_scope: Scope | None = None,
    ) -> None:
        text = self.evaluator.text(rule, rule_scope or scope)
        place = Place(scope.module.path, call.start, call.end)
        key = (place, id(target), text, endpoint, rule.start if rule is not None and text is None else 0)
        self.routes.setdefault(key, Route(text, methods, endpoint, target, view, module, how, scope.module, place))

    def orphans(self, modules: Iterable[Module]) -> None:
        """Routes whose receiver could not be followed: they exist, but nobody knows on what."""
        known = {route.place for route in self.routes.values()}
        for module in modules:
            for function in functions(module.facts.body):
                for decorator in function.decorators:
                    if (
                        not isinstance(decorator, lang.Call)
                        or not isinstance(decorator.func, lang.Attr)
                        or decorator.func.name != "route"
                    ):
                        continue
                    place = Place(module.path, decorator.start, decorator.end)
                    first = argument(decorator, 0, "rule")
                    if place in known or not isinstance(first, lang.Const) or not str(first.value).startswith("/"):
                        continue
                    scope = self.evaluator.top(module)
                    methods = self._methods(keyword(decorator, "methods"), function, scope)
                    self._add(None, first, methods, function.name, function, module, "decorator", decorator, scope)

    def openapi(self, app: FlaskApp, call: lang.Call, scope: Scope) -> None:
        name = self.evaluator.text(argument(call, 0, "specification"), scope)
        folder = self.evaluator.text(keyword(app.call, "specification_dir"), self.evaluator.top(app.module)) or ""
        if name is None:
            return
        path = posixpath.normpath(posixpath.join(posixpath.dirname(app.path), folder, name))
        facts = self.project.texts.get(path)
        if facts is None:
            return
        for operation in operations(facts.text):
            symbol = self.project.symbols.lookup(operation.identifier) if operation.identifier else None
            node = getattr(symbol, "node", None)
            view = node if isinstance(node, lang.Function) else None
            place = Place(path, operation.start, operation.end)
            route = Route(
                operation.rule,
                (operation.method,),
                operation.identifier.replace(".", "_") if operation.identifier else None,
                app,
                view,
                getattr(symbol, "module", None) if view is not None else None,
                "openapi",
                scope.module,
                place,
            )
            self.routes.setdefault((place, id(app), operation.rule, operation.identifier, 0), route)
