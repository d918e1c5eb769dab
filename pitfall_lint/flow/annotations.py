"""Which of the project's classes a type annotation names, and whether it names many of them.

Libraries that read annotations (django-ninja, strawberry) say with them what is shown of a row.
https://docs.python.org/3/library/typing.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.project.classes import ClassSymbol, ValueSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.modules import Module

# What stands for several, by its last name: of `typing`, of `collections.abc`, and pages and connections of libraries.
SETS = frozenset(
    """List list Sequence Iterable Iterator Collection Set set FrozenSet frozenset Tuple tuple QuerySet RelatedManager
    ManyRelatedManager ListConnectionWithTotalCount""".split()  # noqa: SIM905
)
PASSING = frozenset(["Optional", "Union", "Annotated", "Required", "NotRequired", "Final", "Awaitable", "Maybe"])
QUOTED = re.compile(r"\s*(?:(\w+)\s*\[\s*)?[\"']?([A-Za-z_][\w.]*)[\"']?\s*\]?(?:\s*\|\s*None)?\s*$")
DEEPEST = 8


@dataclass(frozen=True, slots=True)
class Named:
    """A class that an annotation names; `many`: a list of them, or the like."""

    symbol: ClassSymbol
    many: bool


def named_in(it: Interpreter, module: Module, node: Any, many: bool = False, depth: int = 0) -> Iterator[Named]:
    """The project's classes in an annotation. Of a mapping (`{200: Out, 404: Problem}`) those of its values."""
    if node is None or depth > DEEPEST:
        return
    below = depth + 1
    if isinstance(node, (l.Name, l.Attr)):
        symbol = it.symbols.resolve_expr(module, node)
        if isinstance(symbol, ClassSymbol):
            yield Named(symbol, many)
        elif isinstance(symbol, ValueSymbol) and symbol.value is not None:
            yield from named_in(it, symbol.module, symbol.value, many, below)
    elif isinstance(node, l.Const) and isinstance(node.value, str):
        yield from _quoted(it, module, node.value, many, below)
    elif isinstance(node, l.Operation) and node.op == "|":
        for operand in node.operands:
            yield from named_in(it, module, operand, many, below)
    elif isinstance(node, l.Mapping):
        for value in node.values:
            yield from named_in(it, module, value, many, below)
    elif isinstance(node, l.Subscript):
        yield from _generic(it, module, node, many, below)


def _generic(it: Interpreter, module: Module, node: l.Subscript, many: bool, depth: int) -> Iterator[Named]:
    """`List[Out]`, `Optional[Out]`, `Annotated["Out", strawberry.lazy("app.types")]`."""
    kind = (l.dotted(node.object) or "").rpartition(".")[2]
    inner = node.index.items if isinstance(node.index, l.Collection) else (node.index,)
    if kind == "Annotated":
        home = next((found for part in inner[1:] if (found := _lazy(it, module, part)) is not None), module)
        yield from named_in(it, home, inner[0], many, depth)
    elif is_set(kind) or kind in PASSING:
        for part in inner:
            yield from named_in(it, module, part, many or is_set(kind), depth)


def is_set(kind: str) -> bool:
    """Whether a generic type of that name stands for several: a collection, a page, a connection."""
    return kind in SETS or "Paginat" in kind or kind.endswith("Connection")


def _lazy(it: Interpreter, module: Module, node: Any) -> Module | None:
    """The module that `strawberry.lazy(".types")` speaks of."""
    called = (l.dotted(node.func) or "") if isinstance(node, l.Call) else ""
    if called.rpartition(".")[2] != "lazy" or not node.args or not isinstance(node.args[0], l.Const):
        return None
    name = str(node.args[0].value)
    level = len(name) - len(name.lstrip("."))
    full = it.symbols.absolute(module, l.Import(node.start, node.end, name[level:], level, None, None))
    return it.symbols.find_module(full, module) if full is not None else None


def _quoted(it: Interpreter, module: Module, text: str, many: bool, depth: int) -> Iterator[Named]:
    """A name that is written as a string, with a list around it perhaps."""
    match = QUOTED.match(text)
    if match is None or (match[1] is not None and not (is_set(match[1]) or match[1] in PASSING)):
        return
    symbol = it.symbols.resolve(module, match[2])
    if isinstance(symbol, ClassSymbol):
        yield Named(symbol, many or is_set(match[1] or ""))
    elif isinstance(symbol, ValueSymbol) and symbol.value is not None:
        yield from named_in(it, symbol.module, symbol.value, many or is_set(match[1] or ""), depth)


def shape_of(it: Interpreter, module: Module, node: Any, kind: Any) -> Named | None:
    """The one class in the annotation for which `kind` holds; None where there are none or several."""
    found = {named for named in named_in(it, module, node) if kind(named.symbol)}
    return found.pop() if len(found) == 1 else None
