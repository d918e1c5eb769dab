"""The symbols themselves: what a name can stand for, and for a class its bases, method resolution order and members."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

from pitfall_lint.language import Class, Expr, Function, Let, Name, dotted
from pitfall_lint.project.canonical import canonical, external_ancestors
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

SIDES = ("setter", "deleter", "expression", "comparator", "update_expression")


@dataclass(frozen=True, slots=True)
class ExternalSymbol:
    """Something outside the project, under its documented name: `django.shortcuts.render`, `builtins.len`."""

    dotted: str

    @property
    def name(self) -> str:
        """The last part."""
        return self.dotted.rpartition(".")[2]

    def is_subclass_of(self, *dotted: str) -> bool:
        """Whether this is, or is known to inherit from, one of the classes."""
        ancestors = external_ancestors(self.dotted)
        return any(canonical(name) in ancestors for name in dotted)


@dataclass(frozen=True, slots=True, eq=False)
class ModuleSymbol:
    """A module of the project, or a namespace package (its module then has no path)."""

    module: Module

    @property
    def dotted(self) -> str:
        """The module's name."""
        return self.module.name


@dataclass(frozen=True, slots=True, eq=False)
class FunctionSymbol:
    """A function of a module, or a method of `owner`."""

    module: Module
    node: Function
    owner: ClassSymbol | None

    @property
    def name(self) -> str:
        """As written after `def`."""
        return self.node.name

    @property
    def dotted(self) -> str:
        """`module.qualname`."""
        return f"{self.module.name}.{self.node.qualname}"


@dataclass(frozen=True, slots=True, eq=False)
class ValueSymbol:
    """A module-level assignment, the last one of its name. `value` is None where only an annotation or `+=` is seen."""

    module: Module
    name: str
    value: Expr | None
    let: Let

    @property
    def dotted(self) -> str:
        """`module.name`."""
        return f"{self.module.name}.{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """What a class body binds a name to: a method, a nested class, or the last assignment."""

    owner: ClassSymbol
    name: str
    node: Function | Class | Let


Base: TypeAlias = Union["ClassSymbol", ExternalSymbol]


class ClassSymbol:
    """A class of the project. `owner` is the class that it is nested in."""

    stands_in = False  # whether the prelude lends it

    __slots__ = ("_ancestors", "_bases", "_every", "_lent", "_members", "_mro", "_symbols", "module", "node", "owner")

    def __init__(self, symbols: Symbols, module: Module, node: Class, owner: ClassSymbol | None) -> None:
        self._symbols = symbols
        self.module = module
        self.node = node
        self.owner = owner
        self._bases: tuple[Base, ...] | None = None
        self._mro: tuple[Base, ...] | None = None
        self._ancestors: frozenset[str] | None = None
        self._members: dict[str, Member] | None = None
        self._every: dict[str, Member] | None = None
        self._lent: bool | None = None

    def __repr__(self) -> str:
        return f"ClassSymbol({self.dotted!r})"

    @property
    def name(self) -> str:
        """As written after `class`."""
        return self.node.name

    @property
    def dotted(self) -> str:
        """`module.qualname`."""
        return f"{self.module.name}.{self.node.qualname}"

    @property
    def bases(self) -> tuple[Base, ...]:
        """The bases that could be resolved, in order."""
        if self._bases is None:
            self._bases = ()  # a class that inherits from itself ends here
            self._bases = self._symbols.bases(self)
        return self._bases

    @property
    def mro(self) -> tuple[Base, ...]:
        """The method resolution order: C3 where that is possible, else depth first. Of what outside classes inherit
        from it holds what the prelude stands in for, at its end.
        """
        if self._mro is None:
            self._mro = (self,)
            self._mro = self._symbols.with_lent(linearise(self))
            self._every = self._lent = None
        return self._mro

    @property
    def ancestors(self) -> frozenset[str]:
        """The dotted names of this class and of everything that it is known to inherit from."""
        if self._ancestors is None:
            self._ancestors = frozenset((self.dotted,))
            found = {self.dotted}
            for base in self.bases:
                found |= base.ancestors if isinstance(base, ClassSymbol) else external_ancestors(base.dotted)
            self._ancestors = frozenset(found)
        return self._ancestors

    def is_subclass_of(self, *dotted: str) -> bool:
        """Whether this class is, or inherits from, one of the classes, by documented name."""
        ancestors = self.ancestors
        return any(name in ancestors or canonical(name) in ancestors for name in dotted)

    @property
    def is_lent(self) -> bool:
        """Whether this class is, or inherits from, one that the prelude lends."""
        if self._lent is None:
            mro = self.mro
            self._lent = any(isinstance(base, ClassSymbol) and base.stands_in for base in mro)
        return self._lent

    @property
    def members(self) -> Mapping[str, Member]:
        """What the class body itself binds."""
        if self._members is None:
            found: dict[str, Member] = {}
            for node in statements(self.node.body):
                if isinstance(node, Function) and node.name in found and adds_to(node):
                    continue
                if isinstance(node, (Function, Class)):
                    found[node.name] = Member(self, node.name, node)
                elif isinstance(node, Let) and isinstance(node.target, Name) and node.op is None:
                    name = node.target.id
                    if node.value is not None or name not in found:
                        found[name] = Member(self, name, node)
            self._members = found
        return self._members

    def member(self, name: str) -> Member | None:
        """The first member of that name along the method resolution order."""
        every = self._every
        if every is None:
            every = {}
            for base in reversed(self.mro):
                if isinstance(base, ClassSymbol):
                    every.update(base.members)
            self._every = every
        return every.get(name)


def adds_to(node: Function) -> bool:
    """Whether the function only adds a side to what is there under its name: `@name.setter`, and `@name.expression`
    of SQLAlchemy's hybrids, which says what the attribute is in a condition. Reading it on an instance calls the first.

    https://docs.sqlalchemy.org/en/20/orm/extensions/hybrid.html
    """
    return any((dotted(decorator) or "") in {f"{node.name}.{side}" for side in SIDES} for decorator in node.decorators)


def linearise(symbol: ClassSymbol) -> tuple[Base, ...]:
    """C3; where the bases contradict each other, depth first without repeats."""
    orders: list[list[Base]] = [list(base.mro) if isinstance(base, ClassSymbol) else [base] for base in symbol.bases]
    if len(orders) == 1:
        return (symbol, *(base for base in orders[0] if base is not symbol))
    sequences = [list(order) for order in orders] + [list(symbol.bases)]
    merged: list[Base] = [symbol]
    while True:
        sequences = [sequence for sequence in sequences if sequence]
        if not sequences:
            return tuple(merged)
        for sequence in sequences:
            head = sequence[0]
            if not any(head in other[1:] for other in sequences):
                break
        else:
            flat = dict.fromkeys(base for order in orders for base in order if base is not symbol)
            return (symbol, *flat)
        merged.append(head)
        for sequence in sequences:
            if sequence[0] == head:
                del sequence[0]
