"""Where an application or a blueprint looks for templates and static files, folded from the arguments that made it.

Paths are root-relative. Understood: literals, `__file__`, os.path.join/dirname/abspath/realpath/normpath, pathlib's
`/`, `.parent`, `.parents[n]`, `.joinpath`, `.resolve()`, and names that stand for these. Anything else is unknown,
and says so.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from pitfall_lint import language as lang
from pitfall_lint.project.flask.objects import Scope
from pitfall_lint.project.flask.records import Folders
from pitfall_lint.project.flask.syntax import argument, keyword
from pitfall_lint.project.flask.values import Evaluator
from pitfall_lint.project.symbols import ModuleSymbol

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Module

_SAME = frozenset(
    {
        "abspath",
        "realpath",
        "normpath",
        "resolve",
        "absolute",
        "as_posix",
        "str",
        "Path",
        "PurePath",
        "fspath",
        "expanduser",
    }
)


def fold_path(expr: lang.Expr, scope: Scope, evaluator: Evaluator, depth: int = 0) -> str | None:
    """The root-relative path that `expr` is ("" for the root itself); None where it is computed otherwise or leaves
    the project.
    """
    if depth > 12:
        return None
    if isinstance(expr, lang.Name) and expr.id == "__file__":
        return scope.module.path
    thunk = evaluator.resolved(expr, scope)
    expr, scope = thunk.expr, thunk.scope

    def fold(part: lang.Expr) -> str | None:
        return fold_path(part, scope, evaluator, depth + 1)

    if isinstance(expr, lang.Name) and expr.id == "__file__":
        return scope.module.path
    if isinstance(expr, lang.Const):
        return expr.value if isinstance(expr.value, str) else None
    if isinstance(expr, lang.Operation) and expr.op in ("/", "+") and len(expr.operands) == 2:
        left, right = (fold(side) for side in expr.operands)
        if left is None or right is None:
            return None
        return _clean(posixpath.join(left, right) if expr.op == "/" else left + right)
    if isinstance(expr, lang.Attr) and expr.name == "parent":
        base = fold(expr.object)
        return None if base is None else _parent(base)
    if (
        isinstance(expr, lang.Subscript)
        and isinstance(expr.object, lang.Attr)
        and expr.object.name == "parents"
        and isinstance(expr.index, lang.Const)
    ):
        base = fold(expr.object.object)
        if base is None or not isinstance(expr.index.value, int):
            return None
        for _ in range(expr.index.value + 1):
            base = _parent(base)
            if base is None:
                return None
        return base
    if isinstance(expr, lang.Text):
        parts = [fold(part) for part in expr.parts]
        return (
            None if any(part is None for part in parts) else _clean("".join(part for part in parts if part is not None))
        )
    if isinstance(expr, lang.Call):
        return _call(expr, scope, evaluator, depth)
    return None


def _call(expr: lang.Call, scope: Scope, evaluator: Evaluator, depth: int) -> str | None:
    name = (
        expr.func.name if isinstance(expr.func, lang.Attr) else expr.func.id if isinstance(expr.func, lang.Name) else ""
    )
    args = list(expr.args)
    if isinstance(expr.func, lang.Attr) and name in ("joinpath", "resolve", "absolute", "as_posix", "expanduser"):
        args.insert(0, expr.func.object)
    parts = [fold_path(part, scope, evaluator, depth + 1) for part in args]
    if not parts and name in ("getcwd", "cwd"):
        return ""
    if not parts or any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if name in ("join", "joinpath") or (name in ("Path", "PurePath") and len(known) > 1):
        return _clean(posixpath.join(*known))
    if name == "dirname":
        return _parent(known[0])
    if name in _SAME:
        return _clean(known[0])
    return None


def _parent(path: str) -> str | None:
    path = _clean(path) or ""
    return None if path in ("", "..") or path.startswith("../") else posixpath.dirname(path)


def _clean(path: str) -> str | None:
    if path.startswith("/"):
        return None
    cleaned = posixpath.normpath(path) if path else ""
    return "" if cleaned == "." else cleaned


def folders_of(call: lang.Call, scope: Scope, evaluator: Evaluator, *, name_at: int, is_app: bool) -> Folders:
    """The folders that `Flask(...)` or `Blueprint(...)` sets; `name_at` is where its import name stands among the
    arguments.
    """
    root, sure = _root(argument(call, name_at, "import_name"), scope, evaluator)
    template: str | None = "templates" if is_app else None
    static: str | None = "static" if is_app else None
    known = sure and not any(item.name is None for item in call.keywords)
    given = keyword(call, "root_path")
    if given is not None:
        folded = fold_path(given, scope, evaluator)
        root, known = (folded, known) if folded is not None else (root, False)
    for name in ("template_folder", "static_folder"):
        given = keyword(call, name)
        if given is None:
            continue
        if isinstance(given, lang.Const) and given.value is None:
            folded = None
        else:
            folded = fold_path(given, scope, evaluator)
            known = known and folded is not None
            if folded is not None and isinstance(evaluator.resolved(given, scope).expr, lang.Const):
                folded = posixpath.normpath(posixpath.join(root, folded))
        if name == "template_folder":
            template = folded
        else:
            static = folded
    if is_app and keyword(call, "template_folder") is None:
        template = posixpath.join(root, "templates")
    if is_app and keyword(call, "static_folder") is None:
        static = posixpath.join(root, "static")
    return Folders(root, template, static, evaluator.text(keyword(call, "static_url_path"), scope), known)


def _root(expr: lang.Expr | None, scope: Scope, evaluator: Evaluator) -> tuple[str, bool]:
    here = posixpath.dirname(scope.module.path)
    if isinstance(expr, lang.Name) and expr.id == "__name__":
        return here, True
    if isinstance(expr, lang.Attr) and expr.name == "__name__":
        for value in evaluator.values(expr.object, scope):
            if isinstance(value, ModuleSymbol):
                return posixpath.dirname(value.module.path), True
    text = evaluator.text(expr, scope)
    if text:
        symbol = evaluator.symbols.lookup(text)
        if isinstance(symbol, ModuleSymbol):
            return posixpath.dirname(symbol.module.path), True
        return here, "." not in text  # a name that is no module: Flask falls back to the working directory
    if isinstance(expr, lang.Subscript):  # __name__.split(".")[0]
        return _top_package(scope.module), True
    return here, False


def _top_package(module: Module) -> str:
    here = posixpath.dirname(module.path)
    for _ in range(module.name.count(".") - (0 if module.is_package else 1) if module.name else 0):
        here = posixpath.dirname(here)
    return here
