"""What class bodies declare to SQLAlchemy: which classes are mapped, their columns, foreign keys and relationships,
before anything is linked.

https://docs.sqlalchemy.org/en/20/orm/declarative_tables.html
https://flask-sqlalchemy.readthedocs.io/en/stable/models/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pitfall_lint.language import (
    Attr,
    Call,
    Class,
    Const,
    Expr,
    Function,
    Lambda,
    Let,
    Name,
    Return,
    Subscript,
    dotted,
    walk,
)
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, ValueSymbol
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

DECLARATIVE = ("sqlalchemy.orm.DeclarativeBase", "sqlalchemy.orm.DeclarativeBaseNoMeta")
EXTENSION = "flask_sqlalchemy.SQLAlchemy"
MAKERS = frozenset({"declarative_base", "automap_base", "generate_base", "make_declarative_base"})
RELATIONSHIPS = frozenset({"relationship", "relation", "dynamic_loader"})
COLUMNS = frozenset({"Column", "mapped_column", "column_property", "deferred", "synonym", "composite"})
KINDS = {"Mapped": "", "DynamicMapped": "dynamic", "WriteOnlyMapped": "write_only"}
MANY = frozenset({"list", "List", "set", "Set", "Sequence", "Collection", "Iterable", "dict", "Dict"})
_HOPS = 6


@dataclass(frozen=True, slots=True, eq=False)
class DeclaredRelationship:
    """`name = relationship(...)` of `owner`'s body; `module` is where its names are looked up. `many` is what an
    annotation says."""

    name: str
    owner: ClassSymbol
    module: Module
    call: Call | None
    node: Let | Function
    target: Expr | None
    many: bool | None
    lazy: str

    def option(self, name: str) -> Expr | None:
        """A keyword argument."""
        return keyword(self.call, name) if self.call is not None else None


@dataclass(frozen=True, slots=True, eq=False)
class ForeignKey:
    """A column of a foreign key: the attribute that holds it and the table or class that it leads to."""

    attribute: str
    table: str | None
    cls: ClassSymbol | None


@dataclass(slots=True, eq=False)
class Declared:
    """One class's own body and those of the classes that it inherits from."""

    symbol: ClassSymbol
    table: str | None
    abstract: bool
    columns: set[str] = field(default_factory=set)
    keys: list[ForeignKey] = field(default_factory=list)
    relationships: dict[str, DeclaredRelationship] = field(default_factory=dict)


def keyword(call: Call, name: str) -> Expr | None:
    """The keyword argument of that name."""
    return next((word.value for word in call.keywords if word.name == name), None)


def text(node: Any) -> str | None:
    """A string literal's value."""
    return node.value if isinstance(node, Const) and isinstance(node.value, str) else None


class Reader:
    """Reads class bodies."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._mapped: dict[int, bool] = {}

    # --------------------------------------------------------- what is mapped

    def is_mapped(self, symbol: ClassSymbol) -> bool:
        """Whether the class inherits from a declarative base; the base itself does too."""
        held = self._mapped.get(id(symbol))
        if held is None:
            self._mapped[id(symbol)] = False
            held = self._mapped[id(symbol)] = symbol.is_subclass_of(*DECLARATIVE) or any(
                self.is_base(symbol.module, base) for base in symbol.node.bases
            )
        return held

    def is_base(self, module: Module, expr: Expr, hops: int = 0) -> bool:
        """Whether the base of a class header makes what inherits from it mapped."""
        if hops > _HOPS:
            return False
        if isinstance(expr, Subscript):
            return self.is_base(module, expr.object, hops + 1)
        if isinstance(expr, Attr) and expr.name == "Model" and self.is_extension(module, expr.object):
            return True
        if isinstance(expr, Call):
            return self.makes_base(module, expr)
        symbol = self.symbols.resolve_expr(module, expr)
        if isinstance(symbol, ClassSymbol):
            return self.is_mapped(symbol)
        if isinstance(symbol, ExternalSymbol):
            return symbol.dotted in ("flask_sqlalchemy.model.Model", *DECLARATIVE)
        if isinstance(symbol, ValueSymbol) and symbol.value is not None:
            return self.is_base(symbol.module, symbol.value, hops + 1)
        return False

    def makes_base(self, module: Module, call: Call) -> bool:
        """`declarative_base()`."""
        name = (dotted(call.func) or "").rpartition(".")[2]
        if name not in MAKERS:
            return False
        symbol = self.symbols.resolve_expr(module, call.func)
        return symbol is None or (isinstance(symbol, ExternalSymbol) and symbol.dotted.startswith("sqlalchemy."))

    def is_extension(self, module: Module, expr: Expr) -> bool:
        """Whether the expression is a `SQLAlchemy()` of Flask-SQLAlchemy."""
        return self.extension(module, expr) is not None

    def extension(self, module: Module, expr: Expr) -> Call | None:
        """The call that makes the `SQLAlchemy()` which the expression stands for."""
        symbol = self.symbols.resolve_expr(module, expr)
        if not isinstance(symbol, ValueSymbol) or not isinstance(symbol.value, Call):
            return None
        cls = self.symbols.resolve_expr(symbol.module, symbol.value.func)
        if isinstance(cls, (ExternalSymbol, ClassSymbol)) and cls.is_subclass_of(EXTENSION):
            return symbol.value
        if isinstance(cls, ExternalSymbol) and cls.name == "SQLAlchemy":  # flask_sqlalchemy_lite and other kin
            return symbol.value
        return None

    # ----------------------------------------------------------------- bodies

    def read(self, symbol: ClassSymbol) -> Declared:
        """The class and those of its bases that are the project's: the nearest declaration of a name wins."""
        made = Declared(symbol, self.table_of(symbol), self.is_abstract(symbol))
        blocked: set[str] = set()
        for cls in symbol.mro:
            if not isinstance(cls, ClassSymbol):
                continue
            for name, member in cls.members.items():
                if name in blocked:
                    continue
                blocked.add(name)
                self._member(made, cls, name, member.node)
        return made

    def _member(self, made: Declared, cls: ClassSymbol, name: str, node: Any) -> None:
        call: Expr | None = None
        annotation: Expr | None = None
        if isinstance(node, Let):
            call, annotation = node.value, node.annotation
        elif isinstance(node, Function) and is_declared_attr(node):
            call = next((part.value for part in walk(node.body) if isinstance(part, Return)), None)
        else:
            return
        kind, inner = mapped_annotation(annotation)
        if isinstance(call, Call):
            callee = self.called(cls.module, call)
            if callee in RELATIONSHIPS:
                made.relationships[name] = self._relationship(cls, name, node, call, kind, inner, callee)
                return
            if callee in COLUMNS:
                made.columns.add(name)
                made.keys.extend(self._keys(cls.module, name, call))
                return
        if kind is not None:
            made.columns.add(name)

    def called(self, module: Module, call: Call) -> str:
        """The last part of what is called, where that is SQLAlchemy's."""
        return self._name_of(module, call.func)

    def _name_of(self, module: Module, func: Expr, hops: int = 0) -> str:
        symbol = self.symbols.resolve_expr(module, func)
        if isinstance(symbol, ExternalSymbol):
            return symbol.name if symbol.dotted.startswith(("sqlalchemy", "flask_sqlalchemy", "sqlmodel")) else ""
        if isinstance(func, Attr) and self.is_extension(module, func.object):
            return func.name
        if isinstance(symbol, ValueSymbol) and symbol.value is not None and hops < _HOPS:
            value = symbol.value
            if isinstance(value, Call) and (dotted(value.func) or "").endswith("partial") and value.args:
                return self._name_of(symbol.module, value.args[0], hops + 1)
            if isinstance(value, (Name, Attr)):
                return self._name_of(symbol.module, value, hops + 1)
        return ""

    def _relationship(
        self,
        cls: ClassSymbol,
        name: str,
        node: Let | Function,
        call: Call,
        kind: str | None,
        inner: Expr | None,
        callee: str,
    ) -> DeclaredRelationship:
        target = call.args[0] if call.args else keyword(call, "argument")
        many: bool | None = None
        if inner is not None:
            many, annotated = entity(inner)
            many = True if kind else many
            target = target or annotated
        lazy = lazy_of(call) or kind or ("dynamic" if callee == "dynamic_loader" else "select")
        return DeclaredRelationship(name, cls, cls.module, call, node, target, many, lazy)

    def _keys(self, module: Module, name: str, call: Call) -> Iterator[ForeignKey]:
        for part in (*call.args, *(word.value for word in call.keywords)):
            called = (dotted(part.func) or "").rpartition(".")[2] if isinstance(part, Call) else ""
            if isinstance(part, Call) and called in COLUMNS:  # column_property(Column(...)), deferred(Column(...))
                yield from self._keys(module, name, part)
            elif isinstance(part, Call) and called == "ForeignKey" and part.args:
                table, cls = self._leads_to(module, part.args[0])
                yield ForeignKey(name, table, cls)

    def _leads_to(self, module: Module, expr: Expr) -> tuple[str | None, ClassSymbol | None]:
        written = text(expr)
        if written is None and not isinstance(expr, (Attr, Name)):
            value = self.symbols.constant(module, expr)
            written = value if isinstance(value, str) else None
        if written is not None:
            parts = written.split(".")
            return (parts[-2] if len(parts) > 1 else parts[0]), None
        if isinstance(expr, Attr):
            symbol = self.symbols.resolve_expr(module, expr.object)
            if isinstance(symbol, ClassSymbol):
                return None, symbol
        return None, None

    # ------------------------------------------------------------------ tables

    def table_of(self, symbol: ClassSymbol) -> str | None:
        """`__tablename__`, of the class or of what it inherits its table from; else the name that Flask-SQLAlchemy
        gives."""
        for cls in symbol.mro:
            if not isinstance(cls, ClassSymbol):
                continue
            member = cls.members.get("__tablename__")
            if member is not None and isinstance(member.node, Let) and member.node.value is not None:
                value = self.symbols.constant(cls.module, member.node.value)
                return value if isinstance(value, str) else None
            if cls is symbol and "__table__" in cls.members:
                return None
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", symbol.name).lower().lstrip("_")

    def is_abstract(self, symbol: ClassSymbol) -> bool:
        """`__abstract__ = True`, or the declarative base itself."""
        member = symbol.members.get("__abstract__")
        if member is not None and isinstance(member.node, Let):
            return isinstance(member.node.value, Const) and bool(member.node.value.value)
        return any(isinstance(base, ExternalSymbol) and base.dotted in DECLARATIVE for base in symbol.bases)


def is_declared_attr(node: Function) -> bool:
    """Whether the method is what SQLAlchemy calls to make an attribute."""
    return any(
        (dotted(decorator) or "").startswith(
            ("declared_attr", "orm.declared_attr", "db.declared_attr", "sa.orm.declared_attr")
        )
        for decorator in node.decorators
    )


def mapped_annotation(annotation: Expr | None) -> tuple[str | None, Expr | None]:
    """`Mapped[X]`: the kind of loading that the name says ("" for none), and X; None where it is no such annotation."""
    if not isinstance(annotation, Subscript):
        return None, None
    name = (dotted(annotation.object) or "").rpartition(".")[2]
    return (KINDS[name], annotation.index) if name in KINDS else (None, None)


def entity(inner: Expr) -> tuple[bool | None, Expr | None]:
    """What stands in `Mapped[...]`: whether it is a collection, and the class."""
    if isinstance(inner, Const) and isinstance(inner.value, str):
        found = re.match(
            r"\s*(?:[\w.]+\.)?(\w+)\s*\[\s*[\"']?([\w.]+)[\"']?\s*(?:,\s*[\"']?([\w.]+)[\"']?\s*)?\]\s*\Z", inner.value
        )
        if found is not None:
            name = found[3] or found[2]
            return found[1] in MANY, Const(inner.start, inner.end, name, "str")
        plain = inner.value.replace("None", "").strip(" |")
        return False, Const(inner.start, inner.end, plain, "str")
    if isinstance(inner, Subscript):
        name = (dotted(inner.object) or "").rpartition(".")[2]
        within = inner.index
        items = getattr(within, "items", None)
        if name in MANY:
            return True, entity(items[-1] if items else within)[1]
        if name == "Optional":
            return entity(within)
        if name == "Union" and items:
            return entity(items[0])
        return None, None
    operands = getattr(inner, "operands", None)
    if operands:
        return entity(operands[0])
    return False, inner


def lazy_of(call: Call) -> str | None:
    """The `lazy=` option."""
    value = keyword(call, "lazy")
    if not isinstance(value, Const):
        return None
    if isinstance(value.value, bool):
        return "select" if value.value else "joined"
    return value.value if isinstance(value.value, str) else "noload"


def is_class_header(node: Any) -> bool:
    """Whether a class could be mapped at all: it inherits from something."""
    return isinstance(node, Class) and bool(node.bases)


def named_in(expr: Expr | None) -> str | None:
    """The text of a string, or of what a lambda or name says, for a class or table looked up by name."""
    if expr is None:
        return None
    if isinstance(expr, Lambda):
        return named_in(expr.body)
    return text(expr) or dotted(expr)
