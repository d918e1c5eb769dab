"""What is active: the activations of functions and templates, the loops that run in them, the arguments of a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow.values import Scope, Site, Value, _serial

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import ClassSymbol, Module


class Exhausted(Exception):
    """A bound was reached: the root is left, what it would still have shown is lost."""


@dataclass(slots=True)
class Loop:
    """A loop that is running: its place, the names that change with each turn, the sites whose rows it goes
    through, what it goes through in words."""

    place: Place
    names: frozenset[str]
    sites: frozenset[Site]
    source: str
    kind: str = "for"  # few: over a display of known items; while


@dataclass(slots=True)
class Arguments:
    """The arguments of a call as values; `varying` the positions and names that change with each turn of a loop
    around the call."""

    args: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    star: Value | None = None
    more: Value | None = None
    node: l.Call | None = None
    varying: frozenset[int | str] = frozenset()

    def get(self, position: int, name: str | None = None) -> Value | None:
        """The argument at `position` or called `name`, None where it was not given."""
        if position < len(self.args):
            return self.args[position]
        return self.keywords.get(name) if name else None


class Frame:
    """One activation of a function, a lambda, a template or a module's code."""

    __slots__ = (
        "alive",
        "birth",
        "blocks",
        "call",
        "complete",
        "desugared",
        "exits",
        "gates",
        "guards",
        "impure",
        "label",
        "loops",
        "module",
        "node",
        "owner",
        "path",
        "qualname",
        "receiver",
        "results",
        "scope",
        "template",
        "varying",
        "yields",
    )

    def __init__(
        self,
        path: str,
        module: Module | None,
        scope: Scope,
        qualname: str = "",
        owner: ClassSymbol | None = None,
        node: Any = None,
    ) -> None:
        self.path = path
        self.module = module
        self.scope = scope
        self.qualname = qualname
        self.owner = owner
        self.node = node
        self.receiver: Value | None = None
        self.call: Place | None = None
        self.label = ""
        self.loops: list[Loop] = []
        self.varying: set[str] = set()
        self.results: list[Value] = []
        self.yields: list[Value] = []
        self.exits: list[dict[str, Value]] = []
        self.birth = next(_serial)
        self.impure = False
        self.gates = 0  # the conditions that cannot be told, behind which it has not left
        self.guards = 0  # the conditions that cannot be told, under which it runs what runs now
        self.template: Any = None
        self.complete = False  # of a template: whatever its context holds is in `scope`, but for what processors add
        self.blocks: Any = None
        self.desugared: str | None = None

    def place(self, node: Any) -> Place:
        """Where `node` stands."""
        return Place(self.path, node.start, node.end)

    def varies(self, node: Any) -> bool:
        """Whether the expression uses a name that changes with each turn of a loop that is running here or around
        the call."""
        if not self.loops and not self.varying:
            return False
        names = names_in(node)
        return not names.isdisjoint(self.varying) or any(not names.isdisjoint(loop.names) for loop in self.loops)


_NAMES: dict[int, tuple[Any, frozenset[str]]] = {}


def names_in(node: Any) -> frozenset[str]:
    """The variables that an expression mentions."""
    held = _NAMES.get(id(node))
    if held is None or held[0] is not node:
        held = _NAMES[id(node)] = (node, frozenset(part.id for part in l.walk(node) if isinstance(part, l.Name)))
    return held[1]
