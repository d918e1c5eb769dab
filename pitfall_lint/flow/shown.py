"""Rows shown part by part: what libraries share that turn rows into answers by classes which say what is read of each
row (schemas, GraphQL types, marshalled fields).

A library says which parts a shape has; the reading is done here. Where it reads, it stands at the declaration of the
part, so that a finding leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow import attributes, iteration, serializers
from pitfall_lint.flow.frames import Arguments, Frame
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    Constant,
    Dict,
    FunctionValue,
    Items,
    ManagerValue,
    Method,
    Object,
    Pages,
    Query,
    Row,
    Scope,
    Value,
    join_all,
    key,
    options,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.classes import ClassSymbol
    from pitfall_lint.project.modules import Module

DEEPEST = 4  # shapes within shapes


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A dict that says what is shown of a row; `entries` hold the name of each part, its module, key and value."""

    name: str
    module: Module
    node: Any
    entries: tuple[tuple[str, Module, Any, Any], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """A class, or a dict, that says what is shown of a row; `only` and `hidden` are the names to which the program
    narrows it."""

    symbol: ClassSymbol | Table
    only: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()

    @property
    def cls(self) -> ClassSymbol:
        """The class that the shape is, for libraries that know no other."""
        assert not isinstance(self.symbol, Table)
        return self.symbol


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One thing that is read of a row. `node` stands where `owner` declares it; `path` is read from the row, or
    `function` called with it; `shape` says what is shown of what comes of it.
    """

    name: str
    owner: ClassSymbol | Table
    node: Any
    path: str = ""
    function: FunctionValue | None = None
    given: int = 1  # arguments of the function: the row, and what else is not known
    receiver: Value | None = None
    then: FunctionValue | None = None  # called with what was read
    shape: Shape | None = None
    calls: bool = False  # what is callable on the path is called
    confidence: Confidence = Confidence.HIGH
    always: bool = False  # shown for every row, whoever asks
    exposed: bool = False  # read only where a client asks for it; deeper down that is less likely


PartsOf = Callable[["Interpreter", Shape], tuple[Part, ...]]


def frame_at(it: Interpreter, place: Place, owner: ClassSymbol | None = None) -> Frame:
    """An activation whose expressions stand at a place of the user's."""
    return serializers.standing_at(it, place, owner)


def show(it: Interpreter, frame: Frame, shape: Shape, value: Value, parts_of: PartsOf, node: Any) -> None:
    """A row, or each row of a queryset or list, part by part. `node` stands where the program says the shape."""
    sets: list[Value] = []
    for option in options(value):
        if isinstance(option, (Row, Object, Dict)):
            show_one(it, frame, shape, option, parts_of, node)
        elif isinstance(option, (Query, Items, ManagerValue, Pages)):
            sets.append(option)
    if sets:
        place = frame.place(node)
        element = serializers.rows_of(it, frame, join_all(sets), place)
        words = l.Name(node.start, node.end, f"list[{shape.symbol.name}]")
        frame.loops.append(iteration.loop_over(frame, words, element, frozenset()))
        try:
            for option in options(element):
                show_one(it, frame, shape, option, parts_of, node)
        finally:
            frame.loops.pop()


def show_one(it: Interpreter, frame: Frame, shape: Shape, value: Value, parts_of: PartsOf, node: Any) -> None:
    """One row part by part; a shape within itself ends there."""
    if not isinstance(value, (Row, Object, Dict)):
        return
    symbol = shape.symbol
    running = [active.node for active in it.stack if isinstance(active.node, (l.Class, l.Mapping, l.Call))]
    if len(running) >= DEEPEST or symbol.node in running:
        return
    memo_key = ("shown in parts", shape, key(value), it.surest)
    if memo_key in it.memo:
        return
    it.memo[memo_key] = UNKNOWN
    inner = frame_of(symbol, frame.place(node))
    it.stack.append(inner)
    try:
        for part in parts_of(it, shape):
            it.step()
            deep = part.exposed and len(running) > 0
            with it.doubting(Confidence.LOW if deep else part.confidence):
                show_part(it, part, value, parts_of)
    finally:
        it.stack.pop()


def show_part(it: Interpreter, part: Part, value: Value, parts_of: PartsOf) -> None:
    """What the part gives, and what is shown of that."""
    place = Place(part.owner.module.path, part.node.start, part.node.end)
    frame = frame_at(it, place, part.owner if not isinstance(part.owner, Table) else None)
    it.stack.append(frame)
    try:
        if part.function is not None:
            varying = frozenset({0}) if serializers.is_many(value) else frozenset[int]()
            given = Arguments([value, *[UNKNOWN] * (part.given - 1)], varying=varying)
            got = it.call(part.function, part.receiver, given, place)
            if part.always and serializers.is_many(value):
                note_queries(it, part.function, got)
        else:
            got = read(it, frame, value, part.path.split("."), part.node, part.calls)
        if part.then is not None:
            varying = frozenset({0, 2}) if serializers.is_many(value) else frozenset()
            it.call(part.then, part.receiver, Arguments([got, UNKNOWN, value], varying=varying), place)
        if part.shape is not None:
            show(it, frame, part.shape, got, parts_of, part.node)
        else:
            drain(it, frame, got, place)
    finally:
        it.stack.pop()


def note_queries(it: Interpreter, function: FunctionValue, value: Value) -> None:
    """Record the querysets that a function builds for each row, and leaves to the library to go through."""
    start, end = function.node.start, function.node.end
    for option in options(value):
        if isinstance(option, Query) and option.row is None and not option.opaque and option.shape != "none":
            built = option.site.place
            if built.path == function.path and start <= built.start < end:
                it.loop_query(option.site, option.model, "iterate", built)


def drain(it: Interpreter, frame: Frame, value: Value, place: Place) -> None:
    """A set that comes of a part is gone through."""
    sets = [option for option in options(value) if isinstance(option, (Query, ManagerValue))]
    if sets:
        serializers.rows_of(it, frame, join_all(sets), place)


def read(it: Interpreter, frame: Frame, value: Value, names: list[str], node: Any, calls: bool) -> Value:
    """Attribute by attribute; in a dict, key by key."""
    from pitfall_lint.flow.calls import call_in_template

    said = "row"
    for name in names:
        said = f"{said}.{name}"
        written = l.Attr(node.start, node.end, l.Name(node.start, node.end, said.rpartition(".")[0]), name)
        found: list[Value] = []
        for option in options(value):
            if isinstance(option, Dict):
                found.append(option.get(Constant(name)))
            elif isinstance(option, (Row, Object)):
                found.append(attributes.read(it, frame, option, name, written))
        value = join_all(found)
        if calls:
            value = join_all(
                [
                    call_in_template(it, frame, option, written)
                    if isinstance(option, (Bound, FunctionValue, Method))
                    else option
                    for option in options(value)
                ]
            )
    return UNKNOWN if value == NONE else value


def frame_of(symbol: ClassSymbol | Table, place: Place) -> Frame:
    """The activation of a shape, for the way that a finding shows."""
    owner = symbol if not isinstance(symbol, Table) else None
    qualname = owner.node.qualname if owner is not None else ""
    made = Frame(symbol.module.path, symbol.module, Scope({}), qualname, owner, symbol.node)
    made.call = place
    made.label = f"shown by `{symbol.name}`"
    return made
