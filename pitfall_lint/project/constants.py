"""Folding: the value of an expression made of literals, operators and names of such values, in whichever module they
stand.

Nothing is guessed: what is not known folds to NOTHING, also within a list or dict, whose other items stay known.
Paths and the environment
are understood by the settings' reader, which builds on this.
"""

from __future__ import annotations

import enum
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from pitfall_lint.language import (
    Attr,
    Call,
    Choice,
    Class,
    Collection,
    Const,
    Expr,
    Function,
    Let,
    Lookup,
    Mapping,
    Name,
    Operation,
    Slice,
    Star,
    Subscript,
    Text,
)
from pitfall_lint.project.classes import ClassSymbol, ValueSymbol
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols


class Nothing(enum.Enum):
    """The type of NOTHING, which stands for a value that is not known (None is a value)."""

    NOTHING = "nothing"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "NOTHING"


NOTHING: Final = Nothing.NOTHING
_DEPTH = 24
_METHODS = frozenset({
    "lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "replace", "format", "join", "split",
    "startswith", "endswith", "removeprefix", "removesuffix", "items", "keys", "values", "get", "copy", "union",
})  # fmt: skip
_CASTS = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": set,
    "dict": dict,
    "str": str,
    "int": int,
    "bool": bool,
    "float": float,
    "sorted": list,
}
_FOLDED_ERRORS = (TypeError, ValueError, KeyError, IndexError, AttributeError, ZeroDivisionError, OverflowError)
_MAX_TEXT = 100_000


def fold(
    symbols: Symbols, module: Module, expr: Expr, scope: Function | None = None, owner: ClassSymbol | None = None
) -> Any:
    """The value of `expr` as it stands in the module (in the body of `scope`, in the class `owner`), or NOTHING."""
    if isinstance(expr, Const):
        return constant_value(expr)
    return Folder(symbols, module, scope, owner).fold(expr)


def constant_value(node: Const) -> Any:
    """The literal's value; bytes and numbers beyond 64 bits are held as text and not known."""
    if node.kind in ("str", "bool", "none"):
        return node.value
    if node.kind in ("int", "float"):
        return NOTHING if isinstance(node.value, str) else node.value
    if node.kind == "bytes":
        return node.value
    return NOTHING


def known(value: Any) -> bool:
    """Whether no part of the value is NOTHING."""
    if value is NOTHING:
        return False
    if isinstance(value, (list, tuple, set)):
        return all(known(item) for item in value)
    if isinstance(value, dict):
        return all(known(key) and known(item) for key, item in value.items())
    return True


class Folder:
    """Folds expressions of one place."""

    def __init__(
        self,
        symbols: Symbols,
        module: Module,
        scope: Function | None = None,
        owner: ClassSymbol | None = None,
        depth: int = 0,
    ) -> None:
        self.symbols = symbols
        self.module = module
        self.scope = scope
        self.owner = owner
        self.depth = depth

    def fold(self, expr: Expr) -> Any:
        """The value, or NOTHING."""
        kind = type(expr)
        if kind is Const:
            return constant_value(expr)  # type: ignore[arg-type]
        if self.depth > _DEPTH:
            return NOTHING
        self.depth += 1
        try:
            return self._fold(expr)
        except _FOLDED_ERRORS:
            return NOTHING
        finally:
            self.depth -= 1

    def _fold(self, expr: Expr) -> Any:
        if isinstance(expr, Name):
            return self.name(expr.id)
        if isinstance(expr, (Attr, Lookup)):
            return self.attribute(expr)
        if isinstance(expr, Collection):
            return self.collection(expr)
        if isinstance(expr, Mapping):
            return self.mapping(expr)
        if isinstance(expr, Operation):
            return self.operation(expr)
        if isinstance(expr, Text):
            parts = [self.fold(part) for part in expr.parts]
            return "".join(map(str, parts)) if all(isinstance(part, (str, int)) for part in parts) else NOTHING
        if isinstance(expr, Choice):
            return self.choice(expr)
        if isinstance(expr, Call):
            return self.call(expr)
        if isinstance(expr, Subscript):
            return self.subscript(expr)
        return NOTHING

    # ------------------------------------------------------------------ names

    def name(self, name: str) -> Any:
        """The value of a variable."""
        if self.owner is not None:
            member = self.owner.members.get(name)
            if member is not None and isinstance(member.node, Let) and member.node.value is not None:
                return self.fold(member.node.value)
        if self.scope is not None:
            local = _only_assignment(self.scope, name)
            if local is not None:
                return self.fold(local) if local is not NOTHING else NOTHING
        symbol = self.symbols.resolve(self.module, name)
        return self.value(symbol) if isinstance(symbol, ValueSymbol) else NOTHING

    def value(self, symbol: ValueSymbol) -> Any:
        """The value of a module-level assignment, `+=` included."""
        if symbol.value is None:
            return NOTHING
        folder = Folder(self.symbols, symbol.module, depth=self.depth + 1)
        value = folder.fold(symbol.value)
        for let in self.symbols.scope_of(symbol.module).augmented.get(symbol.name, ()):
            if let is symbol.let or let.op != "+" or let.value is None:
                return NOTHING
            value = add(value, folder.fold(let.value))
        return value

    def attribute(self, expr: Attr | Lookup) -> Any:
        """The value of `a.b`: a constant of another module or of a class."""
        if isinstance(expr, Lookup):
            return NOTHING
        symbol = self.symbols.resolve_expr(self.module, expr, self.scope, self.owner)
        if isinstance(symbol, ValueSymbol):
            return self.value(symbol)
        if symbol is None:
            owner = self.symbols.resolve_expr(self.module, expr.object, self.scope, self.owner)
            if isinstance(owner, ClassSymbol):
                return self.of_class(owner, expr.name)
            if expr.name in ("value", "name") and isinstance(expr.object, Attr):  # an enum's member
                return self.fold(expr.object) if expr.name == "value" else expr.object.name
        return NOTHING

    def of_class(self, owner: ClassSymbol, name: str) -> Any:
        """The value of a class attribute; the member of a Choices enum is its first item."""
        member = owner.member(name)
        if member is None or not isinstance(member.node, Let) or member.node.value is None:
            return NOTHING
        value = Folder(self.symbols, member.owner.module, owner=member.owner, depth=self.depth + 1).fold(
            member.node.value
        )
        if isinstance(value, (tuple, list)) and value and owner.is_subclass_of("django.db.models.Choices"):
            return value[0]
        return value

    # ------------------------------------------------------------- structures

    def collection(self, expr: Collection) -> Any:
        """A display; a star of something unknown leaves NOTHING in its place."""
        items: list[Any] = []
        for item in expr.items:
            if isinstance(item, Star):
                inner = self.fold(item.value)
                items.extend(inner if isinstance(inner, (list, tuple, set, dict)) else [NOTHING])
            else:
                items.append(self.fold(item))
        if expr.kind == "tuple":
            return tuple(items)
        return set(items) if expr.kind == "set" else items

    def mapping(self, expr: Mapping) -> Any:
        """A dict display."""
        found: dict[Any, Any] = {}
        for key, value in zip(expr.keys, expr.values, strict=True):
            if key is None:
                inner = self.fold(value)
                found.update(inner if isinstance(inner, dict) else {NOTHING: NOTHING})
            else:
                found[self.fold(key)] = self.fold(value)
        return found

    def choice(self, expr: Choice) -> Any:
        """`a if test else b`, `a or b`, where the decision can be made."""
        if expr.kind == "if":
            test = self.fold(expr.test) if expr.test is not None else NOTHING
            options = expr.options
            if known(test):
                return self.fold(options[0] if test else options[1])
            first, second = self.fold(options[0]), self.fold(options[1])
            return first if known(first) and first == second else NOTHING
        value: Any = NOTHING
        for option in expr.options:
            value = self.fold(option)
            if not known(value) or bool(value) == (expr.kind == "or"):
                return value
        return value

    def subscript(self, expr: Subscript) -> Any:
        """An item or a slice."""
        value = self.fold(expr.object)
        if value is NOTHING or not isinstance(value, (str, list, tuple, dict)):
            return NOTHING
        if isinstance(expr.index, Slice):
            bounds = [
                self.fold(part) if part is not None else None
                for part in (expr.index.lower, expr.index.upper, expr.index.step)
            ]
            return NOTHING if NOTHING in bounds or isinstance(value, dict) else value[slice(*bounds)]
        index = self.fold(expr.index)
        return NOTHING if index is NOTHING else value[index]

    def operation(self, expr: Operation) -> Any:
        """An operator over known operands."""
        operands = [self.fold(operand) for operand in expr.operands]
        if expr.op == "+" and len(operands) > 1:
            return reduce(add, operands)
        if not all(known(operand) for operand in operands):
            return NOTHING
        return operate(expr.op, operands)

    # ------------------------------------------------------------------ calls

    def call(self, expr: Call) -> Any:
        """Casts, and the pure methods of strings, lists and dicts."""
        func = expr.func
        if any(isinstance(arg, Star) for arg in expr.args):
            return NOTHING
        if isinstance(func, Name) and func.id in _CASTS and len(expr.args) <= 1:
            return self.cast(func.id, expr)
        if isinstance(func, Name) and func.id == "reversed" and len(expr.args) == 1:
            value = self.fold(expr.args[0])
            return list(reversed(value)) if isinstance(value, (list, tuple)) else NOTHING
        if isinstance(func, Attr) and func.name == "fromkeys" and expr.args:
            value = self.fold(expr.args[0])
            return dict.fromkeys(value) if isinstance(value, (list, tuple)) else NOTHING
        if isinstance(func, Attr) and func.name in _METHODS and not expr.keywords:
            owner = self.fold(func.object)
            if isinstance(owner, (str, list, tuple, dict, set)):
                args = [self.fold(arg) for arg in expr.args]
                if known(owner) and all(known(arg) for arg in args):
                    value = getattr(owner, func.name)(*args)
                    return list(value) if func.name in ("items", "keys", "values") else value
        # gettext and its kin give the text itself
        name = func.name if isinstance(func, Attr) else func.id if isinstance(func, Name) else ""
        if (
            name
            in ("_", "gettext", "gettext_lazy", "ugettext", "ugettext_lazy", "gettext_noop", "force_text", "force_str")
            and len(expr.args) == 1
        ):
            return self.fold(expr.args[0])
        return NOTHING

    def cast(self, name: str, expr: Call) -> Any:
        """`list(x)`, `int("5")`, `dict(a=1)`."""
        args = [self.fold(arg) for arg in expr.args]
        if name == "dict":
            found = dict(args[0]) if args and isinstance(args[0], dict) else {} if not args else {NOTHING: NOTHING}
            for keyword in expr.keywords:
                found[keyword.name if keyword.name is not None else NOTHING] = self.fold(keyword.value)
            return found
        if args and args[0] is NOTHING:
            return NOTHING
        if name in ("str", "int", "bool", "float") and args and not known(args[0]):
            return NOTHING
        return _CASTS[name](*args)


def add(first: Any, second: Any) -> Any:
    """`first + second`; a list plus something unknown is a list that ends in NOTHING."""
    if isinstance(first, (list, tuple)) and second is NOTHING:
        return [*first, NOTHING]
    if isinstance(second, (list, tuple)) and first is NOTHING:
        return [NOTHING, *second]
    if isinstance(first, (list, tuple)) and isinstance(second, (list, tuple)):
        return first + second if type(first) is type(second) else [*first, *second]  # type: ignore[operator]
    if first is NOTHING or second is NOTHING:
        return NOTHING
    try:
        return first + second
    except TypeError:
        return NOTHING


def operate(op: str, operands: list[Any]) -> Any:
    """The value of an operator over known operands; NOTHING for what is not worth computing."""
    first = operands[0]
    second: Any = operands[1] if len(operands) > 1 else None
    if op == "not":
        return not first
    if op == "u-":
        return -first
    if len(operands) != 2:
        return NOTHING
    if op == "%" and isinstance(first, str):
        return first % (tuple(second) if isinstance(second, (list, tuple)) else second)
    if op == "*" and isinstance(first, (int, float)) and isinstance(second, (int, float)):
        return first * second
    if op == "*" and isinstance(second, int) and isinstance(first, (str, list, tuple)):
        return first * second if len(first) * second < _MAX_TEXT else NOTHING
    if op == "-":
        return first - second
    if op in ("//", "/", "%") and isinstance(first, (int, float)):
        return first // second if op == "//" else first / second if op == "/" else first % second
    if op == "|" and isinstance(first, (set, dict)):
        return first | second
    return compare(op, first, second)


def compare(op: str, first: Any, second: Any) -> Any:
    """The value of a comparison."""
    if op in ("==", "is"):
        return first == second
    if op in ("!=", "is not"):
        return first != second
    if op in ("in", "not in"):
        return (first in second) == (op == "in")
    if op in ("<", "<=", ">", ">="):
        return {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}[op]
    return NOTHING


def _only_assignment(function: Function, name: str) -> Any:
    """The expression that a function assigns to a local variable once and for all; NOTHING where it is bound
    otherwise, None where it is no local.
    """
    if any(param.name == name for param in function.params):
        return NOTHING
    from pitfall_lint.project.modules import statements

    found: Any = None
    for node in statements(function.body):
        if isinstance(node, Let) and isinstance(node.target, Name) and node.target.id == name:
            found = node.value if found is None and node.op is None and node.value is not None else NOTHING
        elif isinstance(node, (Function, Class)) and node.name == name:
            found = NOTHING
    return found
