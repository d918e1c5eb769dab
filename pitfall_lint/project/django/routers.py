"""Routers of Django REST framework: the routes and names that their registrations make.

https://www.django-rest-framework.org/api-guide/routers/ gives the conventions: `{basename}-list`,
`{basename}-detail`, and one for each `@action`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.finding import Place
from pitfall_lint.language import Attr, Call, Const, Do, Expr, Function, Let
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, ValueSymbol
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.symbols import Symbol, Symbols

_ROUTERS = ("rest_framework.routers.", "rest_framework_nested.routers.", "rest_framework_extensions.routers.")


@dataclass(frozen=True, slots=True)
class Registered:
    """What a router makes; not `complete` where a registration could not be read or the router is a project's own."""

    routes: tuple[tuple[str, str | None, Symbol | None, Mapping[str, Expr], Place], ...]
    complete: bool


def router_of(symbols: Symbols, symbol: Symbol | None) -> ValueSymbol | None:
    """The variable, where it holds a router."""
    if not isinstance(symbol, ValueSymbol) or not isinstance(symbol.value, Call):
        return None
    cls = symbols.resolve_expr(symbol.module, symbol.value.func)
    if isinstance(cls, ExternalSymbol) and (cls.dotted.startswith(_ROUTERS) or cls.name.endswith("Router")):
        return symbol
    if isinstance(cls, ClassSymbol):
        outside = [base for base in cls.mro if isinstance(base, ExternalSymbol)]
        if any(base.dotted.startswith(_ROUTERS) or base.name.endswith("Router") for base in outside):
            return symbol
        if cls.name.endswith("Router") and cls.member("register") is not None:  # a copy of the library
            return symbol
    return None


def _is_own(symbols: Symbols, router: ValueSymbol) -> bool:
    assert isinstance(router.value, Call)
    cls = symbols.resolve_expr(router.module, router.value.func)
    return not (isinstance(cls, ExternalSymbol) and cls.dotted.startswith(_ROUTERS[0]))


def patterns_of(project: Project, router: ValueSymbol) -> Registered:
    """The routes of a router, from every module that registers with it."""
    symbols = project.symbols
    routes: list[tuple[str, str | None, Symbol | None, Mapping[str, Expr], Place]] = []
    complete = not _is_own(symbols, router)
    for module, call in _registrations(project, router):
        given = {keyword.name: keyword.value for keyword in call.keywords}
        prefix_expr = call.args[0] if call.args else given.get("prefix")
        view_expr = call.args[1] if len(call.args) > 1 else given.get("viewset")
        if prefix_expr is None or view_expr is None:
            complete = False
            continue
        prefix = symbols.constant(module, prefix_expr)
        view = symbols.resolve_expr(module, view_expr)
        name_expr = given.get("basename") or given.get("base_name") or (call.args[2] if len(call.args) > 2 else None)
        basename = symbols.constant(module, name_expr) if name_expr is not None else _basename(project, view)
        if not isinstance(prefix, str) or not isinstance(basename, str):
            complete = False
        route = prefix if isinstance(prefix, str) else "<?>"
        name = basename if isinstance(basename, str) else None
        place = Place(module.path, call.start, call.end)
        for end, suffix in _ends(symbols, view):
            routes.append((f"{route}/{end}" if route else end, f"{name}-{suffix}" if name else None, view, {}, place))
    assert isinstance(router.value, Call)
    cls = symbols.resolve_expr(router.module, router.value.func)
    if cls is not None and "Default" in cls.dotted:
        place = Place(router.module.path, router.let.start, router.let.end)
        routes.append(("", "api-root", None, {}, place))
    return Registered(tuple(routes), complete)


def _registrations(project: Project, router: ValueSymbol) -> Iterator[tuple[Module, Call]]:
    """`router.register(...)` at module level, in the router's module and in those that import it."""
    symbols = project.symbols
    for module in symbols.modules.values():
        if module.facts.shallow or "register" not in module.facts.words:
            continue
        for node in statements(module.facts.body):
            call = node.value if isinstance(node, Do) else None
            if not isinstance(call, Call) or not isinstance(call.func, Attr) or call.func.name != "register":
                continue
            if symbols.resolve_expr(module, call.func.object) is router:
                yield module, call


def _basename(project: Project, view: Symbol | None) -> str | None:
    """The lower-case name of the model of the viewset's queryset."""
    if not isinstance(view, ClassSymbol):
        return None
    member = view.member("queryset")
    if member is None or not isinstance(member.node, Let) or member.node.value is None:
        return None
    expr: Expr = member.node.value
    while isinstance(expr, (Call, Attr)):
        if isinstance(expr, Attr):
            model = project.django.model_of(project.symbols.resolve_expr(member.owner.module, expr))
            if model is not None:
                return model.name.lower()
            expr = expr.object
        else:
            expr = expr.func
    model = project.django.model_of(project.symbols.resolve_expr(member.owner.module, expr))
    return model.name.lower() if model is not None else None


def _ends(symbols: Symbols, view: Symbol | None) -> Iterator[tuple[str, str]]:
    """The ends of routes and names: the list, one row, and the extra actions."""
    lookup = "pk"
    if isinstance(view, ClassSymbol):
        for name in ("lookup_url_kwarg", "lookup_field"):
            member = view.member(name)
            if member is not None and isinstance(member.node, Let) and isinstance(member.node.value, Const):
                value = member.node.value.value
                if isinstance(value, str):
                    lookup = value
                    break
    yield "", "list"
    yield f"<{lookup}>/", "detail"
    if not isinstance(view, ClassSymbol):
        return
    for base in view.mro:
        if not isinstance(base, ClassSymbol):
            continue
        for name, member in base.members.items():
            if isinstance(member.node, Function):
                yield from _action(symbols, base, name, member.node, lookup)


def _action(symbols: Symbols, owner: ClassSymbol, name: str, node: Function, lookup: str) -> Iterator[tuple[str, str]]:
    for decorator in node.decorators:
        call = decorator if isinstance(decorator, Call) else None
        symbol = symbols.resolve_expr(owner.module, call.func if call is not None else decorator)
        if symbol is None or symbol.dotted.rpartition(".")[2] not in ("action", "detail_route", "list_route"):
            continue
        given = {keyword.name: keyword.value for keyword in call.keywords} if call is not None else {}
        detail_expr = given.get("detail") or (call.args[1] if call is not None and len(call.args) > 1 else None)
        detail = symbol.dotted.endswith("detail_route") or (
            isinstance(detail_expr, Const) and detail_expr.value is True
        )
        path = symbols.constant(owner.module, given["url_path"]) if "url_path" in given else name
        url_name = symbols.constant(owner.module, given["url_name"]) if "url_name" in given else name.replace("_", "-")
        if isinstance(path, str) and isinstance(url_name, str):
            yield (f"<{lookup}>/{path}/" if detail else f"{path}/"), url_name


__all__ = ["Registered", "patterns_of", "router_of"]
