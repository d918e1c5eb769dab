"""Classes that stand in front of another: their `__new__` makes an instance of a class that one of their attributes
names, so that settings or subclasses can put a third in its place.

    class Replaceable:
        acting = None

        def __new__(cls, *args, **kwargs):
            return chosen(cls, cls.acting)(*args, **kwargs)

    class Books(Replaceable):
        acting = BookQuerySet
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pitfall_lint.language import Attr, Call, Function, Let, Name, Return, walk
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.prelude import in_prelude

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

_HOPS = 3


def behind(symbols: Symbols, symbol: ClassSymbol, hops: int = 0) -> ClassSymbol:
    """The class whose instances `symbol` makes; itself where it makes its own, or where that cannot be told."""
    member = symbol.member("__new__")
    if member is None or not isinstance(member.node, Function) or in_prelude(member.owner.module.path):
        return symbol
    if hops > _HOPS or not member.node.params:
        return symbol
    given = member.node.params[0].name
    found: set[ClassSymbol] = set()
    for node in walk(member.node.body):
        if not isinstance(node, Return) or node.value is None:
            continue
        if not isinstance(node.value, Call):
            return symbol
        named = [_named(symbols, symbol, name) for name in _read_of(node.value.func, given)]
        classes = {one for one in named if one is not None}
        if len(classes) != 1:
            return symbol
        found |= classes
    return behind(symbols, found.pop(), hops + 1) if len(found) == 1 else symbol


def _read_of(expr: object, name: str) -> list[str]:
    """The attributes of the variable `name` that an expression reads."""
    return [
        part.name
        for part in walk(expr)
        if isinstance(part, Attr) and isinstance(part.object, Name) and part.object.id == name
    ]


def _named(symbols: Symbols, symbol: ClassSymbol, name: str) -> ClassSymbol | None:
    """The class that an attribute of a class names."""
    member = symbol.member(name)
    if member is None or not isinstance(member.node, Let) or member.node.value is None:
        return None
    value = symbols.resolve_expr(member.owner.module, member.node.value, None, member.owner)
    return value if isinstance(value, ClassSymbol) and value is not symbol else None
