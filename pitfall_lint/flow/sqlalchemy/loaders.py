"""Loader options as values: which relations a query's `options(...)` loads.

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#relationship-loading-with-loader-options
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint.flow.sqlalchemy.values import Attribute, Loader
from pitfall_lint.flow.values import UNKNOWN, Constant, Method, Value, replace

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter

LOADING = frozenset(
    """joinedload joinedload_all selectinload subqueryload subqueryload_all contains_eager immediateload raiseload
    noload""".split()  # noqa: SIM905
)
STEPS = LOADING | {"defaultload", "lazyload"}
HARMLESS = frozenset(
    [
        "load_only",
        "defer",
        "undefer",
        "undefer_group",
        "with_expression",
        "selectin_polymorphic",
        "with_loader_criteria",
    ]
)


def step(name: str) -> Any:
    """The handler of a loader function of that name."""

    def handler(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
        return advanced(Loader(), name, arguments)

    return handler


def advanced(loader: Loader, name: str, arguments: Arguments) -> Loader:
    """The loader after `.name(*attributes)`."""

    root = loader.root
    for value in arguments.args or [UNKNOWN]:
        names: tuple[str, ...]
        if isinstance(value, Attribute):
            names = (value.name,)
            if root is None and not loader.at:
                root = value.model
        elif isinstance(value, Constant) and isinstance(value.value, str):
            if value.value == "*":
                return replace(loader, opaque=True)
            names = tuple(value.value.split("."))
        else:
            return replace(loader, opaque=True)
        loader = loader.then(names, name in LOADING, name)
    return replace(loader, root=root)


def read(it: Interpreter, frame: Frame, value: Loader, name: str) -> Value:
    """A method of a loader: the next step."""
    return Method(value, name)


def call(it: Interpreter, frame: Frame, value: Loader, name: str, arguments: Arguments, node: Any) -> Value:
    """A step on from a loader."""
    if name in STEPS:
        return advanced(value, name, arguments)
    if name == "options":
        loaded, lazy, opaque = set(value.loaded), set(value.lazy), value.opaque
        before = "__".join(value.at)
        for inner in arguments.args:
            if not isinstance(inner, Loader):
                opaque = True
                continue
            loaded |= {f"{before}__{path}" if before else path for path in inner.loaded}
            lazy |= {f"{before}__{path}" if before else path for path in inner.lazy}
            opaque = opaque or inner.opaque
        return Loader(value.root, frozenset(loaded), frozenset(lazy), value.at, opaque)
    return value


def nothing(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """An option that loads no relation; `load_only` and its kin are about columns."""
    return Loader()


def of_class(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`Load(Book)`: the chain begins at the class."""
    return Loader()


TABLE: dict[str, Any] = {
    **{f"sqlalchemy.orm.{name}": step(name) for name in STEPS},
    **{f"sqlalchemy.orm.{name}": nothing for name in HARMLESS},
    "sqlalchemy.orm.Load": of_class,
}
