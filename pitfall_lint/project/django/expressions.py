"""One expression of a settings module read: paths built from `__file__`, values from the environment, other settings.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Place
from pitfall_lint.language import Attr, Call, Const, Expr, Lookup, Name, Operation, Subscript
from pitfall_lint.project.classes import ClassSymbol, ModuleSymbol, ValueSymbol
from pitfall_lint.project.constants import NOTHING, Folder

if TYPE_CHECKING:
    from pitfall_lint.project.django.evaluation import Evaluation

# What stands for the project's root in paths: `BASE_DIR` of a usual project is "<root>".
ROOT = "<root>"
_SAME = frozenset(
    {"abspath", "realpath", "normpath", "expanduser", "Path", "PurePath", "PosixPath", "str", "fspath", "force_text"}
)
_SAME_METHODS = frozenset({"resolve", "absolute", "as_posix", "expanduser", "__str__"})
_CASTS = frozenset({"bool", "int", "str", "list", "tuple", "float", "strtobool", "csv", "Csv", "json", "path", "url"})
_READERS = frozenset(
    {"getenv", "env", "config", "get_env", "getconf", "get_env_variable", "env_var", "get_secret", "cfg", "_env"}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One name of a settings module. `value` may hold NOTHING, as a whole or within; `possible` are the values that
    it may have where it is not
    certain (defaults of the environment, the branches of a condition).
    """

    name: str
    value: Any
    certain: bool
    place: Place | None
    possible: tuple[Any, ...] = ()


class Reader(Folder):
    """Folds expressions of a settings module; `unsure` is set once something of the environment took part."""

    def __init__(self, evaluation: Evaluation, names: dict[str, Setting]) -> None:
        super().__init__(evaluation.symbols, evaluation.module)
        self.evaluation = evaluation
        self.names = names
        self.unsure = False

    def name(self, name: str) -> Any:
        """A setting, or `__file__`."""
        if name == "__file__":
            return f"{ROOT}/{self.module.path}"
        setting = self.names.get(name)
        if setting is not None:
            self.unsure = self.unsure or not setting.certain
            if setting.value is NOTHING and len(setting.possible) == 1:
                return setting.possible[0]
            return setting.value
        return NOTHING

    def attribute(self, expr: Attr | Lookup) -> Any:
        """`base.INSTALLED_APPS`, `self.DEBUG`, `path.parent`."""
        if isinstance(expr.object, Name) and expr.object.id in ("self", "cls") and self.evaluation.in_class:
            return self.name(expr.name)
        if isinstance(expr.object, Call) and isinstance(expr.object.func, Name) and expr.object.func.id == "super":
            return self.name(expr.name)
        if expr.name == "parent":
            return _up(self.fold(expr.object))
        if expr.name in ("pardir", "sep", "linesep", "curdir"):
            return {"pardir": "..", "sep": "/", "curdir": "."}.get(expr.name, NOTHING)
        if isinstance(expr.object, Name) and expr.object.id in self.names:
            symbol = None
        else:
            symbol = self.symbols.resolve_expr(self.module, expr)
        if isinstance(symbol, ValueSymbol):
            return self.evaluation.of_other(symbol.module, symbol.name, self)
        owner = self.symbols.resolve_expr(self.module, expr.object)
        if isinstance(owner, ModuleSymbol) and owner.module.path:
            return self.evaluation.of_other(owner.module, expr.name, self)
        if isinstance(owner, ClassSymbol):
            return self.of_class(owner, expr.name)
        return NOTHING

    def subscript(self, expr: Subscript) -> Any:
        """`path.parents[1]`, `os.environ["X"]`, else an item."""
        if isinstance(expr.object, Attr) and expr.object.name == "parents":
            index = self.fold(expr.index)
            value = self.fold(expr.object.object)
            for _ in range(index + 1 if isinstance(index, int) else 0):
                value = _up(value)
            return value
        if isinstance(expr.object, Attr) and expr.object.name == "environ":
            self.unsure = True
            return NOTHING
        return super().subscript(expr)

    def operation(self, expr: Operation) -> Any:
        """`path / "templates"`, else an operator."""
        if expr.op == "/" and len(expr.operands) == 2:
            first, second = (self.fold(operand) for operand in expr.operands)
            if isinstance(first, str) and isinstance(second, str):
                return posixpath.join(first, second)
        if expr.op == "-" and len(expr.operands) == 2:  # environ.Path(__file__) - 3
            first, second = (self.fold(operand) for operand in expr.operands)
            if isinstance(first, str) and isinstance(second, int):
                for _ in range(second):
                    first = _up(first)
                return first
        return super().operation(expr)

    def call(self, expr: Call) -> Any:
        """Paths, the environment, gettext and what every fold understands."""
        func = expr.func
        name = func.name if isinstance(func, Attr) else func.id if isinstance(func, Name) else ""
        if isinstance(func, Attr):
            found = self._method(expr, func, name)
            if found is not None:
                return found[0]
        if name in _SAME and len(expr.args) == 1 and not expr.keywords:
            value = self.fold(expr.args[0])
            if isinstance(value, str):
                return value
        if name == "dirname" and len(expr.args) == 1:
            return _up(self.fold(expr.args[0]))
        if name in ("join", "safe_join", "Path", "PurePath") and len(expr.args) > 1:
            parts = [self.fold(arg) for arg in expr.args]
            if isinstance(func, Attr) and isinstance(func.object, Const):  # ", ".join(...)
                return super().call(expr)
            return posixpath.join(*parts) if all(isinstance(part, str) for part in parts) else NOTHING
        if name == "getcwd" or (name == "cwd" and not expr.args):
            return f"{ROOT}/{self.module.root}" if self.module.root else ROOT
        if self._reads_environment(func, name):
            return self._environment(expr)
        if isinstance(func, Name) and func.id in self.names:  # root("apps") of environ.Path
            base = self.names[func.id].value
            parts = [base, *(self.fold(arg) for arg in expr.args)]
            if isinstance(base, str) and base.startswith(ROOT) and all(isinstance(part, str) for part in parts):
                return posixpath.join(*parts)
        if any(keyword.name == "default" for keyword in expr.keywords):
            return self._environment(expr)
        if name in ("reverse_lazy", "lazy"):
            return NOTHING
        return super().call(expr)

    def _method(self, expr: Call, func: Attr, name: str) -> tuple[Any] | None:
        """Methods of paths; None where this is none."""
        if name in _SAME_METHODS or name in ("joinpath", "child", "ancestor", "with_name", "path"):
            base = self.fold(func.object)
            if isinstance(base, str) and (base.startswith(ROOT) or name == "joinpath"):
                args = [self.fold(arg) for arg in expr.args]
                if name in _SAME_METHODS:
                    return (base,)
                if name == "ancestor" and args and isinstance(args[0], int):
                    for _ in range(args[0]):
                        base = _up(base)
                    return (base,)
                if all(isinstance(arg, str) for arg in args):
                    return (posixpath.join(_up(base) if name == "with_name" else base, *args),)
                return (NOTHING,)
        return None

    def _reads_environment(self, func: Expr, name: str) -> bool:
        if isinstance(func, Name):
            return name in _READERS
        assert isinstance(func, Attr)
        owner = (
            func.object.name
            if isinstance(func.object, Attr)
            else func.object.id
            if isinstance(func.object, Name)
            else ""
        )
        if name in ("get", "pop", "setdefault") and owner in ("environ", "env", "ENV", "config", "env_vars", "secrets"):
            return owner not in self.names or self.names[owner].value is NOTHING
        if name == "getenv":
            return True
        return owner in ("env", "config", "ENV", "environ") and (name in _CASTS or name.startswith("get"))

    def _environment(self, expr: Call) -> Any:
        """The default that is given for a value of the environment."""
        self.unsure = True
        for keyword in expr.keywords:
            if keyword.name in ("default", "fallback"):
                return self.fold(keyword.value)
        return self.fold(expr.args[1]) if len(expr.args) > 1 else NOTHING


def _up(value: Any) -> Any:
    """The folder above; NOTHING above the root."""
    if not isinstance(value, str):
        return NOTHING
    value = posixpath.normpath(value)
    if value == ROOT or not value.startswith(ROOT + "/"):
        return NOTHING if value.startswith("<") else posixpath.dirname(value)
    return posixpath.dirname(value)


def relative(value: Any, folder: str = "") -> str | None:
    """A path as root-relative; plain relative paths count from `folder` (where the project is started). None outside
    the root or unknown.
    """
    if not isinstance(value, str) or not value:
        return None
    path = posixpath.normpath(value)
    if path == ROOT:
        return ""
    if path.startswith(ROOT + "/"):
        return path[len(ROOT) + 1 :]
    if path.startswith(("/", "<", "..")) or ":" in path:
        return None
    path = posixpath.normpath(posixpath.join(folder, path))
    return "" if path == "." else path
