"""Which security headers a function puts on a response: literal keys, dictionaries one or more names away, loops over
a setting, helpers that it calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitfall_lint import language as lang
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.objects import Callable, Scope
from pitfall_lint.project.flask.values import Evaluator

if TYPE_CHECKING:
    from pitfall_lint.project.flask.settings import Settings

_REMOVERS = frozenset({"pop", "remove", "popitem"})
_PROPERTIES = {"content_security_policy": "CSP", "content_security_policy_report_only": "CSP"}
COMPUTED = "computed"  # headers whose names a configuration holds that cannot be read here
_SETTERS = frozenset({"set", "add", "setdefault", "add_header", "__setitem__"})
HELPERS = 4  # calls deep


def headers_set(
    function: lang.Function, scope: Scope, evaluator: Evaluator, settings: Settings, depth: int = 0
) -> frozenset[str]:
    """The security headers (CSP, HSTS, X-Frame-Options, nosniff) that `function`, activated in `scope`, sets."""
    found: set[str] = set()
    removed: set[int] = set()
    for node in lang.walk(function.body):
        if isinstance(node, lang.Delete):
            removed.update(id(part) for part in lang.walk(node))
        elif isinstance(node, lang.Call):
            if isinstance(node.func, lang.Attr) and node.func.name in _REMOVERS:
                removed.update(id(part) for part in lang.walk(node))
            elif depth < HELPERS:
                for value in evaluator.values(node.func, scope):
                    if isinstance(value, Callable) and value.node is not function:
                        inner = evaluator.enter(value, node, scope)
                        found |= headers_set(value.node, inner, evaluator, settings, depth + 1)
            setting = _setting(node, scope, evaluator)
            if setting is not None:
                found |= _in_settings(setting, evaluator, settings)
        elif isinstance(node, lang.Const):
            if id(node) not in removed:
                found |= _named(node)
        elif isinstance(node, (lang.Name, lang.Attr)):
            behind = evaluator.resolved(node, scope).expr
            if isinstance(behind, (lang.Mapping, lang.Collection, lang.Const, lang.Call)) and not _is_response(behind):
                for part in lang.walk(behind):
                    found |= _named(part)
        elif isinstance(node, lang.Subscript):
            setting = _setting(node, scope, evaluator)
            if setting is not None:
                found |= _in_settings(setting, evaluator, settings)
        elif isinstance(node, lang.Let):
            for part in lang.walk(node.target):
                if isinstance(part, lang.Attr) and part.name in _PROPERTIES:
                    found.add(_PROPERTIES[part.name])
        elif isinstance(node, lang.For) and _sets_from_elsewhere(node, scope, evaluator, settings):
            found.add(COMPUTED)
    return frozenset(found)


def _sets_from_elsewhere(loop: lang.For, scope: Scope, evaluator: Evaluator, settings: Settings) -> bool:
    """`for name, value in settings["headers"].items(): response.headers[name] = value`, of settings that are no
    code.
    """
    if evaluator.elements(loop.iter, scope) is not None:
        return False
    words = {
        part.id if isinstance(part, lang.Name) else part.name
        for part in lang.walk(loop.iter)
        if isinstance(part, (lang.Name, lang.Attr))
    }
    if not any("config" in word.lower() or "settings" in word.lower() for word in words):
        return False
    for part in lang.walk(loop.iter):
        if isinstance(part, (lang.Call, lang.Subscript)):
            key = _setting(part, scope, evaluator)
            if key is not None and settings.named(key):
                return False
    bound = {part.id for part in lang.walk(loop.target) if isinstance(part, lang.Name)}
    for node in lang.walk(loop.body):
        key_expr: lang.Expr | None = None
        if isinstance(node, lang.Let) and isinstance(node.target, lang.Subscript):
            key_expr = node.target.index
        elif (
            isinstance(node, lang.Call)
            and isinstance(node.func, lang.Attr)
            and node.func.name in _SETTERS
            and node.args
        ):
            key_expr = node.args[0]
        if isinstance(key_expr, lang.Name) and key_expr.id in bound:
            return True
    return False


def _named(node: object) -> frozenset[str]:
    if isinstance(node, lang.Const) and isinstance(node.value, str) and node.kind in ("str", "bytes"):
        known = library.SECURITY_HEADERS.get(node.value.lower())
        if known is not None:
            return frozenset((known,))
    return frozenset()


def _is_response(node: lang.Expr) -> bool:
    return isinstance(node, lang.Call) and not (
        isinstance(node.func, lang.Name) and node.func.id in ("dict", "Headers", "list", "tuple")
    )


def _setting(node: lang.Call | lang.Subscript, scope: Scope, evaluator: Evaluator) -> str | None:
    """The key of `app.config["KEY"]` or `config.get("KEY")`."""
    if isinstance(node, lang.Subscript):
        base, key = node.object, node.index
    elif isinstance(node.func, lang.Attr) and node.func.name == "get" and node.args:
        base, key = node.func.object, node.args[0]
    else:
        return None
    name = base.name if isinstance(base, lang.Attr) else base.id if isinstance(base, lang.Name) else ""
    return evaluator.text(key, scope) if "config" in name.lower() or "settings" in name.lower() else None


def _in_settings(key: str, evaluator: Evaluator, settings: Settings) -> frozenset[str]:
    found: set[str] = set()
    for thunk in settings.named(key):
        behind = evaluator.resolved(thunk.expr, thunk.scope).expr
        for part in lang.walk(behind):
            found |= _named(part)
    return frozenset(found)
