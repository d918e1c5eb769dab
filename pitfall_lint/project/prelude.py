"""The prelude: library classes written down as plain Python, as far as rows flow through them.

Each file of `pitfall_lint/prelude/` is named for the module that it stands in for. Its classes take the place of the
library's own in the
projects' method resolution order, so the interpreter follows `super().get_queryset()` into them as into any code.
They are read, never imported.
A class that the library documents under another module says so with `@named("...")`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pitfall_lint.language import Call, Class, Const, Function, Name
from pitfall_lint.project.classes import ClassSymbol, FunctionSymbol
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

FOLDER = Path(__file__).parents[1] / "prelude"
PREFIX = "<prelude>/"


def in_prelude(path: str) -> bool:
    """Whether the path is that of a prelude file, not of the user's."""
    return path.startswith(PREFIX)


class StandIn(ClassSymbol):
    """A class of the prelude, under the library's documented name."""

    __slots__ = ()
    stands_in = True

    @property
    def dotted(self) -> str:
        """The name that `@named` gives, else that of its module and class."""
        return documented_name(self.node) or f"{self.module.name}.{self.node.qualname}"


def is_lent(symbol: ClassSymbol) -> bool:
    """Whether a class of the project inherits from one of the prelude's: the library calls into it."""
    return symbol.is_lent


def documented_name(node: Class) -> str | None:
    """The argument of `@named("...")`."""
    for decorator in node.decorators:
        if (
            isinstance(decorator, Call)
            and isinstance(decorator.func, Name)
            and decorator.func.id == "named"
            and decorator.args
        ):
            given = decorator.args[0]
            if isinstance(given, Const):
                return str(given.value)
    return None


class Prelude:
    """The prelude's modules, each read when a name of its library is first asked for."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._modules: dict[str, Mapping[str, ClassSymbol | FunctionSymbol]] = {}
        self._found: dict[str, ClassSymbol | FunctionSymbol | None] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The modules that the prelude stands in for, longest names first."""
        return tuple(
            sorted((path.name.removesuffix(".py") for path in FOLDER.glob("*.py")), key=lambda name: (-len(name), name))
        )

    def find(self, dotted: str) -> ClassSymbol | FunctionSymbol | None:
        """The class or function that stands in for a library's, by its documented name."""
        if dotted not in self._found:
            self._found[dotted] = None
            for name in self.names:
                if dotted.startswith(name + "."):
                    found = self._contents(name).get(dotted)
                    if found is not None:
                        self._found[dotted] = found
                        break
        return self._found[dotted]

    def _contents(self, name: str) -> Mapping[str, ClassSymbol | FunctionSymbol]:
        held = self._modules.get(name)
        if held is None:
            from pitfall_lint.facts import decode, python
            from pitfall_lint.facts.records import PythonFacts

            found: dict[str, ClassSymbol | FunctionSymbol] = {}
            self._modules[name] = found
            facts = decode(python.read(f"{PREFIX}{name}.py", (FOLDER / f"{name}.py").read_bytes()))
            assert isinstance(facts, PythonFacts)
            module = Module(name, facts.path, facts, "", False)
            for node in facts.body:
                if isinstance(node, Class):
                    symbol = self.symbols.class_symbol(module, node)
                    found[symbol.dotted] = symbol
                elif isinstance(node, Function):
                    found[f"{name}.{node.name}"] = self.symbols.function_symbol(module, node)
            held = found
        return held
