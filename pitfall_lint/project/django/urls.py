"""URL patterns, from ROOT_URLCONF down: routes, names, namespaces and the views behind them.

Conditional patterns count as present. What cannot be read (a list made by a function, a library's URLs) leaves its
namespace open: names in an open namespace may exist without being known. Routers of Django REST framework are in
`routers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pitfall_lint.finding import Place
from pitfall_lint.language import Attr, Call, Collection, Const, Do, Expr, Keyword, Let, Name, Operation, Star
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol, ModuleSymbol, ValueSymbol
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.django import routers
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.settings import Settings
    from pitfall_lint.project.symbols import Symbol

_PATHS = frozenset({"django.urls.path", "django.urls.re_path", "django.conf.urls.url"})
_INCLUDE = "django.urls.include"
_WRAPPERS = frozenset({
    "django.conf.urls.i18n.i18n_patterns", "django.urls.i18n_patterns", "django.conf.urls.patterns",
    "rest_framework.urlpatterns.format_suffix_patterns",
})  # fmt: skip
_JOINERS = frozenset({"builtins.list", "builtins.tuple", "builtins.sum", "functools.reduce", "itertools.chain"})
_NO_NAMES = ("django.conf.urls.static.static", "django.contrib.staticfiles.urls.staticfiles_urlpatterns")
# Name and route of what libraries' URL modules hold, where projects commonly reverse them.
_LIBRARIES: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "django.contrib.auth.urls": (
        "",
        (
            ("login/", "login"),
            ("logout/", "logout"),
            ("password_change/", "password_change"),
            ("password_change/done/", "password_change_done"),
            ("password_reset/", "password_reset"),
            ("password_reset/done/", "password_reset_done"),
            ("reset/<uidb64>/<token>/", "password_reset_confirm"),
            ("reset/done/", "password_reset_complete"),
        ),
    ),
    "django.conf.urls.i18n": ("", (("setlang/", "set_language"),)),
    "rest_framework.urls": ("rest_framework", (("login/", "login"), ("logout/", "logout"))),
    "django.contrib.flatpages.urls": ("", (("<path:url>", "django.contrib.flatpages.views.flatpage"),)),
    "django.contrib.admindocs.urls": ("", (("", "django-admindocs-docroot"),)),
}
_DEPTH = 16


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """One route. `route` is joined from the root, in Django's own words (a regular expression where `regex`); `kwargs`
    are those of `as_view`; `namespace` is joined by colons. `view` is None where it is not known; `wrappers` are the
    functions around it, outermost first.
    """

    route: str
    name: str | None
    namespace: str
    view: Symbol | None
    kwargs: Mapping[str, Expr]
    place: Place
    module: Module
    regex: bool = False
    wrappers: tuple[Expr, ...] = ()
    extra: Expr | None = None

    @property
    def qualified(self) -> str | None:
        """What `reverse` takes: `namespace:name`."""
        if self.name is None:
            return None
        return f"{self.namespace}:{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class _Context:
    """Where a list of patterns hangs."""

    route: str = ""
    namespace: str = ""
    regex: bool = False
    prefix: str = ""  # of views given as text, in `patterns("prefix", ...)`
    depth: int = 0

    def below(self, route: str, regex: bool, namespace: str = "") -> _Context:
        """The context of what is included under a route."""
        joined = f"{self.namespace}:{namespace}" if self.namespace and namespace else self.namespace or namespace
        return _Context(join(self.route, route), joined, self.regex or regex, "", self.depth + 1)


@dataclass(slots=True)
class _Found:
    patterns: list[Pattern] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    busy: set[tuple[str, str]] = field(default_factory=set)


def join(first: str, second: str) -> str:
    """Two routes, one under the other; `^` and `$` of old regular expressions do not count between them."""
    return first.removesuffix("$") + (second.removeprefix("^") if first else second)


class Urls:
    """The URL patterns of the project."""

    def __init__(self, project: Project, settings: Sequence[Settings]) -> None:
        self.project = project
        self.symbols = project.symbols
        self._settings = settings

    @cached_property
    def _linked(self) -> _Found:
        found = _Found()
        for module in self._roots():
            self._module(module, _Context(), found)
        return found

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """All patterns that the root URL configurations lead to, in order."""
        return tuple(self._linked.patterns)

    @property
    def open_namespaces(self) -> frozenset[str]:
        """The namespaces ("" is the global one) in which not all names are known."""
        return frozenset(self._linked.open)

    @cached_property
    def elsewhere(self) -> tuple[Pattern, ...]:
        """The patterns of URL modules that no root leads to: other hosts, tests, switched by code."""
        found = _Found()
        for module in self.symbols.modules.values():
            if module.path not in self._linked.modules and self._is_urls(module):
                self._module(module, _Context(), found)
        return tuple(found.patterns)

    @cached_property
    def by_name(self) -> Mapping[str, tuple[Pattern, ...]]:
        """The patterns by what `reverse` takes."""
        names: dict[str, list[Pattern]] = {}
        for pattern in self.patterns:
            if pattern.qualified is not None:
                names.setdefault(pattern.qualified, []).append(pattern)
        return {name: tuple(patterns) for name, patterns in names.items()}

    @cached_property
    def views(self) -> tuple[Symbol, ...]:
        """The views that patterns lead to, each once, in order."""
        return tuple(dict.fromkeys(pattern.view for pattern in self.patterns if pattern.view is not None))

    # ------------------------------------------------------------------ roots

    def _roots(self) -> list[Module]:
        found: dict[str, Module] = {}
        for one in self._settings:
            name = one.value("ROOT_URLCONF")
            setting = one.get("ROOT_URLCONF")
            for value in (name, *(setting.possible if setting is not None else ())):
                module = self.symbols.find_module(value, one.module) if isinstance(value, str) else None
                if module is not None and not module.facts.shallow:
                    found.setdefault(module.path, module)
        if not found:
            # Without settings: the URL modules that no other includes.
            modules = [module for module in self.symbols.modules.values() if self._is_urls(module)]
            included: set[str] = set()
            for module in modules:
                inner = _Found()
                self._module(module, _Context(), inner)
                included |= inner.modules - {module.path}
            found = {module.path: module for module in modules if module.path not in included}
        return list(found.values())

    def _is_urls(self, module: Module) -> bool:
        return not module.facts.shallow and "urlpatterns" in self.symbols.scope_of(module).names

    # ------------------------------------------------------------------ lists

    def _module(self, module: Module, context: _Context, found: _Found) -> None:
        if context.depth > _DEPTH:
            return
        found.modules.add(module.path)
        self._variable(module, "urlpatterns", context, found)

    def _variable(self, module: Module, name: str, context: _Context, found: _Found) -> None:
        """Everything that statements of the module ever put into the list."""
        key = (module.path, name)
        if key in found.busy:  # `urlpatterns = [...] + urlpatterns`
            return
        found.busy.add(key)
        self._statements(module, name, context, found)
        found.busy.discard(key)

    def _statements(self, module: Module, name: str, context: _Context, found: _Found) -> None:
        known = False
        for node in statements(module.facts.body):
            if (
                isinstance(node, Let)
                and isinstance(node.target, Name)
                and node.target.id == name
                and node.value is not None
            ):
                known = True
                self._list(module, node.value, context, found)
            elif isinstance(node, Do) and isinstance(node.value, Call) and isinstance(node.value.func, Attr):
                call, func = node.value, node.value.func
                if isinstance(func.object, Name) and func.object.id == name and call.args:
                    known = True
                    if func.name == "extend":
                        self._list(module, call.args[0], context, found)
                    elif func.name in ("append", "insert"):
                        self._item(module, call.args[-1], context, found)
        if not known:
            symbol = self.symbols.resolve(module, name)
            if isinstance(symbol, ValueSymbol) and symbol.module is not module:
                found.modules.add(symbol.module.path)
                self._variable(symbol.module, symbol.name, context, found)
            else:
                found.open.add(context.namespace)

    def _list(self, module: Module, expr: Expr, context: _Context, found: _Found) -> None:
        if context.depth > _DEPTH:
            return
        if isinstance(expr, Collection):
            for item in expr.items:
                if isinstance(item, Star):
                    self._list(module, item.value, context, found)
                else:
                    self._item(module, item, context, found)
        elif isinstance(expr, Operation) and expr.op == "+":
            for operand in expr.operands:
                self._list(module, operand, context, found)
        elif isinstance(expr, Name):
            self._named_list(module, expr, context, found)
        elif isinstance(expr, Attr):
            self._attribute(module, expr, context, found)
        elif isinstance(expr, Call):
            self._called_list(module, expr, context, found)
        else:
            found.open.add(context.namespace)

    def _named_list(self, module: Module, expr: Name, context: _Context, found: _Found) -> None:
        symbol = self.symbols.resolve(module, expr.id)
        if isinstance(symbol, ValueSymbol):
            self._variable(symbol.module, symbol.name, context, found)
        elif isinstance(symbol, ModuleSymbol) and symbol.module.path:
            self._module(symbol.module, context, found)
        else:
            found.open.add(context.namespace)

    def _called_list(self, module: Module, expr: Call, context: _Context, found: _Found) -> None:
        name = self._function(module, expr)
        if name in _WRAPPERS:
            args = expr.args
            if name == "django.conf.urls.patterns":
                prefix = self.symbols.constant(module, args[0]) if args else ""
                context = _Context(
                    context.route,
                    context.namespace,
                    context.regex,
                    prefix if isinstance(prefix, str) else "",
                    context.depth,
                )
                args = args[1:]
            for arg in args:
                if isinstance(arg, Star) or name.endswith("format_suffix_patterns"):
                    self._list(module, arg.value if isinstance(arg, Star) else arg, context, found)
                else:
                    self._item(module, arg, context, found)
        elif name not in _NO_NAMES:
            joined = expr.args[1:] if name == "functools.reduce" else expr.args[:1]
            if name in _JOINERS and joined:
                for arg in joined:
                    self._list(module, arg.value if isinstance(arg, Star) else arg, context, found)
            else:
                found.open.add(context.namespace)

    def _attribute(self, module: Module, expr: Attr, context: _Context, found: _Found) -> None:
        """`router.urls`, `admin.site.urls`, `other_module.urlpatterns`."""
        symbol = self.symbols.resolve_expr(module, expr)
        if isinstance(symbol, ValueSymbol):
            self._variable(symbol.module, symbol.name, context, found)
            return
        if expr.name == "urls":
            owner = self.symbols.resolve_expr(module, expr.object)
            router = routers.router_of(self.symbols, owner)
            if router is not None:
                names = routers.patterns_of(self.project, router)
                for route, name, view, kwargs, place in names.routes:
                    found.patterns.append(
                        Pattern(
                            join(context.route, route),
                            name,
                            context.namespace,
                            view,
                            kwargs,
                            place,
                            router.module,
                            context.regex,
                        )
                    )
                if not names.complete:
                    found.open.add(context.namespace)
                return
            if self._is_admin(owner):
                found.open.add(context.below("", False, "admin").namespace)
                return
        found.open.add(context.namespace)

    def _is_admin(self, owner: Symbol | None) -> bool:
        if isinstance(owner, ExternalSymbol):
            return owner.dotted.endswith(".site") or "admin" in owner.dotted
        if isinstance(owner, ValueSymbol) and isinstance(owner.value, Call):
            cls = self.symbols.resolve_expr(owner.module, owner.value.func)
            return isinstance(cls, (ClassSymbol, ExternalSymbol)) and (
                cls.is_subclass_of("django.contrib.admin.AdminSite") or cls.dotted.endswith("AdminSite")
            )
        return False

    # ------------------------------------------------------------------ items

    def _function(self, module: Module, expr: Call) -> str:
        symbol = self.symbols.resolve_expr(module, expr.func)
        if isinstance(symbol, ExternalSymbol):
            return "django.urls.include" if symbol.dotted.endswith(".urls.include") else symbol.dotted
        return symbol.dotted if isinstance(symbol, FunctionSymbol) else ""

    def _item(self, module: Module, expr: Expr, context: _Context, found: _Found) -> None:
        if isinstance(expr, Star):
            self._list(module, expr.value, context, found)
            return
        if (
            isinstance(expr, Collection) and expr.kind == "tuple" and len(expr.items) >= 2
        ):  # the oldest form: (r"^x$", view)
            self._path(module, expr, expr.items, (), True, context, found)
            return
        if isinstance(expr, (Name, Attr)):
            symbol = self.symbols.resolve_expr(module, expr)
            if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, Call):
                self._item(symbol.module, symbol.value, context, found)
                return
            if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, (Collection, Operation)):
                self._variable(symbol.module, symbol.name, context, found)
                return
        if isinstance(expr, Collection):  # a list of lists, to be joined
            self._list(module, expr, context, found)
            return
        if isinstance(expr, Call):
            name = self._function(module, expr)
            if name in _PATHS or name.endswith(".urls.url"):
                self._path(module, expr, expr.args, expr.keywords, name != "django.urls.path", context, found)
                return
            if name == _INCLUDE:
                self._include(module, expr, context, "", False, found)
                return
        found.open.add(context.namespace)

    def _path(
        self,
        module: Module,
        node: Expr,
        args: Sequence[Expr],
        keywords: Iterable[Keyword],
        regex: bool,
        context: _Context,
        found: _Found,
    ) -> None:
        given = {keyword.name: keyword.value for keyword in keywords}
        route_expr = args[0] if args else given.get("route", given.get("regex"))
        view_expr = args[1] if len(args) > 1 else given.get("view")
        if route_expr is None or view_expr is None:
            return
        route = self.symbols.constant(module, route_expr)
        text = route if isinstance(route, str) else "<?>"
        while isinstance(view_expr, Call) and self._function(module, view_expr) not in ("", _INCLUDE):
            # decorator(include(...)) and the like
            inner = view_expr.args[0] if len(view_expr.args) == 1 else None
            if not isinstance(inner, Call) or self._function(module, inner) != _INCLUDE:
                break
            view_expr = inner
        if isinstance(view_expr, Call) and self._function(module, view_expr) == _INCLUDE:
            self._include(module, view_expr, context, text, regex, found)
            return
        if isinstance(view_expr, Attr) and view_expr.name == "urls":
            self._attribute(module, view_expr, context.below(text, regex), found)
            return
        name_expr = given.get("name") or (args[3] if len(args) > 3 else None)
        name = self.symbols.constant(module, name_expr) if name_expr is not None else None
        if name is NOTHING:
            found.open.add(context.namespace)
        view, kwargs, wrappers = self._view(module, view_expr, context)
        extra = given.get("kwargs") or (args[2] if len(args) > 2 else None)
        place = Place(module.path, node.start, node.end)
        known = name if isinstance(name, str) else None
        full = join(context.route, text)
        found.patterns.append(
            Pattern(
                full, known, context.namespace, view, kwargs, place, module, regex or context.regex, wrappers, extra
            )
        )

    def _include(self, module: Module, expr: Call, context: _Context, route: str, regex: bool, found: _Found) -> None:
        if not expr.args:
            return
        target = expr.args[0]
        given = {keyword.name: keyword.value for keyword in expr.keywords}
        namespace_expr = given.get("namespace") or (expr.args[1] if len(expr.args) > 1 else None)
        namespace = self.symbols.constant(module, namespace_expr) if namespace_expr is not None else None
        if isinstance(target, Collection) and target.kind == "tuple" and target.items:
            if namespace is None and len(target.items) > 1:
                namespace = self.symbols.constant(module, target.items[1])
            target = target.items[0]
        self._included(module, target, context, route, regex, namespace if isinstance(namespace, str) else "", found)

    def _included(
        self, module: Module, target: Expr, context: _Context, route: str, regex: bool, namespace: str, found: _Found
    ) -> None:
        name = self.symbols.constant(module, target) if not isinstance(target, (Collection, Call)) else NOTHING
        inner: Module | None = None
        if isinstance(name, str):
            inner = self.symbols.find_module(name, module)
            if inner is None:
                self._library(name, module, target, context.below(route, regex, namespace), namespace, found)
                return
        elif isinstance(target, (Name, Attr)):
            symbol = self.symbols.resolve_expr(module, target)
            if isinstance(symbol, ModuleSymbol) and symbol.module.path:
                inner = symbol.module
            elif isinstance(symbol, ExternalSymbol) and not symbol.dotted.endswith(".site.urls"):
                self._library(symbol.dotted, module, target, context.below(route, regex, namespace), namespace, found)
                return
            elif (
                isinstance(symbol, ValueSymbol)
                and isinstance(symbol.value, Collection)
                and symbol.value.kind == "tuple"
            ):
                items = symbol.value.items
                app = self.symbols.constant(symbol.module, items[1]) if len(items) > 1 else NOTHING
                if isinstance(app, str):
                    self._list(symbol.module, items[0], context.below(route, regex, namespace or app), found)
                    return
        if inner is not None:
            if not namespace:
                app = self.symbols.constant(inner, Name(0, 0, "app_name"))
                namespace = app if isinstance(app, str) else ""
            self._module(inner, context.below(route, regex, namespace), found)
        else:
            self._list(module, target, context.below(route, regex, namespace), found)

    def _library(self, name: str, module: Module, node: Expr, context: _Context, namespace: str, found: _Found) -> None:
        listed = _LIBRARIES.get(name)
        if listed is None:
            found.open.add(context.namespace)
            return
        app, routes = listed
        below = context if namespace or not app else context.below("", False, app)
        place = Place(module.path, node.start, node.end)
        for route, view_name in routes:
            found.patterns.append(
                Pattern(join(context.route, route), view_name, below.namespace, None, {}, place, module, context.regex)
            )
        if name == "django.contrib.admindocs.urls":
            found.open.add(below.namespace)

    # ------------------------------------------------------------------ views

    def _view(
        self, module: Module, expr: Expr, context: _Context
    ) -> tuple[Symbol | None, Mapping[str, Expr], tuple[Expr, ...]]:
        """The view, the arguments of its `as_view`, and the decorators around it."""
        wrappers: list[Expr] = []
        while isinstance(expr, Call):
            if isinstance(expr.func, Attr) and expr.func.name in ("as_view", "as_asgi"):
                view = self.symbols.resolve_expr(module, expr.func.object)
                given = {keyword.name: keyword.value for keyword in expr.keywords if keyword.name is not None}
                return self._instance(view), given, tuple(wrappers)
            inner = next((arg for arg in reversed(expr.args) if isinstance(arg, (Call, Name, Attr))), None)
            if inner is None:
                return self._instance(self.symbols.resolve_expr(module, expr.func)), {}, tuple(wrappers)
            wrappers.append(expr.func)
            expr = inner
        if isinstance(expr, Const) and isinstance(expr.value, str):
            dotted = f"{context.prefix}.{expr.value}" if context.prefix else expr.value
            return (self.symbols.lookup(dotted, module) if "." in dotted else None), {}, tuple(wrappers)
        symbol = self.symbols.resolve_expr(module, expr)
        if isinstance(symbol, ValueSymbol):
            if symbol.value is not None and context.depth <= _DEPTH and not isinstance(symbol.value, (Name, Attr)):
                deeper = _Context(prefix=context.prefix, depth=context.depth + 1)
                view, kwargs, more = self._view(symbol.module, symbol.value, deeper)
                return view or symbol, kwargs, (*wrappers, *more)
            return symbol, {}, tuple(wrappers)
        return symbol, {}, tuple(wrappers)

    def _instance(self, symbol: Symbol | None) -> Symbol | None:
        """Of a call, what is called where that is a class; the result of a function is not known."""
        return symbol if isinstance(symbol, (ClassSymbol, ExternalSymbol)) else None

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.patterns)
