"""Relations that a query loads though none of its rows, followed to the last, is read for them.

Where the rows go is said by `trail`; of a query whose rows go out of sight nothing is said here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow.around import node_at
from pitfall_lint.flow.trail import Trail
from pitfall_lint.flow.trail_frames import Known, Left, Path
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.classes import ClassSymbol, FunctionSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.events import BareJoin
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model

LOADING = frozenset({"select_related", "prefetch_related"})
MANAGERS = frozenset({"objects", "_default_manager", "_base_manager"})


@dataclass(frozen=True, slots=True)
class UnusedLoad:
    """A call of `select_related` or `prefetch_related` (`method`) of which `paths` are never read. `call` spans the
    chain up to and with it. `shorter` is what each path comes down to: a prefix that is read, or nothing.
    """

    model: Model
    call: Place
    method: str
    paths: tuple[str, ...]
    shorter: tuple[str, ...]
    scope: str
    source: str


@dataclass(frozen=True, slots=True)
class Load:
    """A call that loads relations, as it is written."""

    call: l.Call
    method: str
    model: Model
    paths: tuple[str, ...]


class Unused:
    """Finds the loads that nothing reads."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.symbols = project.symbols

    @cached_property
    def known(self) -> Known:
        """What all trails share."""
        return Known(self.project)

    def find(self) -> Iterator[UnusedLoad]:
        """All of them, in the order of files."""
        for function in self.symbols.functions():
            if not LOADING.isdisjoint(function.node.names):
                for load in self.loads(function):
                    yield from self.unread(function, load)

    def unread(self, function: FunctionSymbol, load: Load) -> Iterator[UnusedLoad]:
        """The paths of one call that are not read."""
        try:
            reads = Trail(self.project, self.known, load.model, load.call).follow(function)
        except Left:
            return
        beside = loaded_before(load.call)
        found = [
            (path, "" if short in beside else short)
            for path in load.paths
            if (short := self.read_part(load, path, reads)) != path
        ]
        if found:
            yield UnusedLoad(
                load.model,
                Place(function.module.path, load.call.start, load.call.end),
                load.method,
                tuple(path for path, _ in found),
                tuple(short for _, short in found),
                function.node.qualname,
                source_of(load.call),
            )

    def joins_read(self, join: BareJoin) -> frozenset[str] | None:
        """The relations to one that are read of the rows of a bare `select_related()`; None where that is not known."""
        call = node_at(self.project, join.access)
        at = (join.access.path, join.scope)
        functions = [one for one in self.symbols.functions() if (one.module.path, one.node.qualname) == at]
        if not isinstance(call, l.Call) or len(functions) != 1:
            return None
        try:
            reads = Trail(self.project, self.known, join.model, call).follow(functions[0])
        except Left:
            return None
        return frozenset("__".join(path) for path in reads if is_joined(join.model, path))

    # ------------------------------------------------------------------ loads

    def loads(self, function: FunctionSymbol) -> Iterator[Load]:
        """The calls with paths that are all written down, on querysets of a known model."""
        for node in l.walk(function.node.body):
            if not isinstance(node, l.Call) or not isinstance(node.func, l.Attr) or node.func.name not in LOADING:
                continue
            paths = tuple(arg.value for arg in node.args if isinstance(arg, l.Const) and isinstance(arg.value, str))
            if not paths or len(paths) != len(node.args) or node.keywords:
                continue
            model = self.model_of(node.func.object, function)
            if model is not None:
                yield Load(node, node.func.name, model, paths)

    def model_of(self, node: Any, function: FunctionSymbol) -> Model | None:
        """The model of a chain that begins with `Book.objects`; none where it takes the join for more than reading."""
        while isinstance(node, l.Call) and isinstance(node.func, l.Attr):
            if node.func.name in ("only", "defer", "select_for_update"):
                return None
            node = node.func.object
        if not isinstance(node, l.Attr):
            return None
        symbol = self.symbols.resolve_expr(function.module, node.object, function.node)
        model = self.project.django.model_of(symbol) if isinstance(symbol, ClassSymbol) else None
        return model if model is not None and (node.name in MANAGERS or node.name in model.managers) else None

    def read_part(self, load: Load, path: str, reads: frozenset[Path]) -> str:
        """How far the path is read; the whole of it where that cannot be told."""
        model: Model | None = load.model
        names: Path = ()
        parts = path.split("__")
        for index, part in enumerate(parts):
            if model is None:
                return path
            relation = model.by_query_name(part) if load.method == "select_related" else model.relation(part)
            if relation is None or relation.parent_link or relation.kind in ("generic_fk", "generic_relation"):
                return path
            names = (*names, relation.name)
            if names not in reads:
                return "__".join(parts[:index])
            model = relation.target
        return path


def is_joined(model: Model, path: Path) -> bool:
    """Whether a join brings what stands at the end of the path."""
    current: Model | None = model
    for name in path:
        relation = current.relation(name) if current is not None else None
        if relation is None or relation.to_many or relation.kind in ("generic_fk", "generic_relation"):
            return False
        current = relation.target
    return bool(path)


def loaded_before(call: l.Call) -> set[str]:
    """What the chain below the call joins already, each beginning of a path included."""
    found: set[str] = set()
    node: Any = call.func
    while isinstance(node, l.Attr):
        node = node.object
        if isinstance(node, l.Call):
            if isinstance(node.func, l.Attr) and node.func.name == "select_related":
                for arg in node.args:
                    parts = str(arg.value).split("__") if isinstance(arg, l.Const) else []
                    found.update("__".join(parts[: end + 1]) for end in range(len(parts)))
            node = node.func
    return found


__all__ = ["Unused", "UnusedLoad"]
