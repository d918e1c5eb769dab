"""The abstract values that the interpreter computes with.

Queries, rows and managers are immutable records, equal when their fields are; lists, dicts and objects are mutable
and compared by identity,
because a program passes them on and fills them elsewhere. `UNKNOWN` is everything else: it never leads to an event.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import astuple, force_setattr

from pitfall_lint.finding import Place

if TYPE_CHECKING:
    from pitfall_lint.language import Function, Lambda
    from pitfall_lint.project.django.models import Manager, Model, Relation
    from pitfall_lint.project.symbols import ClassSymbol, Module, ModuleSymbol

MOST_OPTIONS, MOST_CONSTANTS = 8, 5
MOST_JOINED = 60  # alternatives that are looked at
IDENTITY = "<identity>"  # the attribute of an object that alone tells it apart from others of its class
_serial = itertools.count(1)


class Value:
    """Any abstract value."""

    __slots__ = ()


class _Unknown(Value):
    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Constant(Value, msgspec.Struct, frozen=True, gc=False):
    """A literal: str, int, float, bool or None (bytes are unknown)."""

    value: str | int | float | bool | None


NONE = Constant(None)


class External(Value, msgspec.Struct, frozen=True, gc=False):
    """Something outside the project, by its canonical dotted name."""

    dotted: str


class ModuleValue(Value, msgspec.Struct, frozen=True, gc=False):
    """A module of the project."""

    symbol: ModuleSymbol


class ClassValue(Value, msgspec.Struct, frozen=True, gc=False):
    """A class of the project."""

    symbol: ClassSymbol


class ModelValue(Value, msgspec.Struct, frozen=True, gc=False):
    """A model class that the project does not define itself (contrib), or one found by `get_model`."""

    model: Model


class FunctionValue(Value, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A function or lambda with the scope it closes over. `owner` is the class whose body it stands in; `path` the
    file."""

    node: Function | Lambda
    module: Module | None
    path: str
    owner: ClassSymbol | None = None
    closure: Scope | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FunctionValue) and self.node is other.node and self.closure is other.closure

    def __hash__(self) -> int:
        return hash((id(self.node), id(self.closure)))


class Bound(Value, msgspec.Struct, frozen=True, gc=False):
    """A project's method bound to its receiver."""

    function: FunctionValue
    receiver: Value


class Method(Value, msgspec.Struct, frozen=True, gc=False):
    """A method whose meaning the interpreter knows (of querysets, managers, rows, lists, dicts, strings), bound to
    its receiver."""

    receiver: Value
    name: str


class Super(Value, msgspec.Struct, frozen=True, gc=False):
    """`super()` within a method of `owner`."""

    owner: ClassSymbol
    receiver: Value


class Site(msgspec.Struct, frozen=True, gc=False):
    """Where a query was built: the span of its expression, the function or class around it, and what stands there.
    `kind` is expression, template (built by a template's own lookup), or the name of a desugaring's implicit place.
    """

    place: Place
    scope: str
    source: str
    kind: str = "expression"


_V = TypeVar("_V", bound=msgspec.Struct)


def replace(value: _V, **changes: Any) -> _V:
    """The record with some fields changed."""
    if "_hash" in value.__struct_fields__:
        changes["_hash"] = 0
    return msgspec.structs.replace(value, **changes)


def contents(value: Any) -> tuple[Any, ...]:
    """The fields of a record, without the hash that it remembers (its last one)."""
    return astuple(value)[:-1]


def remember_hash(value: Any) -> int:
    """The hash of a record, computed once: queries and rows hold each other in long chains."""
    found = hash(contents(value)) or 1
    force_setattr(value, "_hash", found)
    return found


class Prefetched(Value, msgspec.Struct, frozen=True, gc=False):
    """One entry of prefetch_related: the lookup path, the inner queryset of a `Prefetch`, its `to_attr`."""

    path: str
    query: Query | None = None
    to_attr: str | None = None


class Query(Value, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A queryset.

    `joined` and `prefetches` hold what its rows have loaded (lookup paths); `known` the relations that every row
    knows because it came through them;
    `row` and `relation` say that it is a related manager's set, `refined` that it is not the plain `.all()` of it
    (a prefetch no longer serves it).
    `shape` is row, dict, tuple or flat. `opaque`: what it loads cannot be told, so it gives no event.
    """

    model: Model
    site: Site
    cls: ClassSymbol | None = None
    joined: frozenset[str] = frozenset()
    prefetches: tuple[Prefetched, ...] = ()
    known: frozenset[str] = frozenset()
    only: frozenset[str] | None = None
    deferred: frozenset[str] = frozenset()
    annotated: frozenset[str] = frozenset()
    row: Row | None = None
    relation: Relation | None = None
    refined: bool = False
    shape: str = "row"
    opaque: bool = False
    peers: bool = False
    sliced: bool = False
    single: bool = False  # at most one row
    few: bool = False  # a slice of a handful
    unprefetched: bool = False  # .iterator() without chunk_size
    ordered: bool | None = None  # by `order_by()`; None as the model's rows are
    fixed: tuple[tuple[str, Value], ...] = ()  # what a condition says that columns hold, known constants
    entities: tuple[Any, ...] = ()  # of a query for tuples: the model of each place, None for a column
    notes: frozenset[str] = frozenset()  # what another dialect than Django's remembers
    _hash: int = 0

    def __hash__(self) -> int:
        return self._hash or remember_hash(self)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Query) and hash(self) == hash(other) and contents(self) == contents(other)
        )

    def prefetch(self, path: str) -> Prefetched | None:
        """The entry that loads `path` (the last one wins, as a longer path loads each prefix of itself)."""
        for entry in reversed(self.prefetches):
            if entry.path == path and entry.to_attr is None:
                return entry
        for entry in self.prefetches:
            if entry.path.startswith(path + "__"):
                return Prefetched(path)
        return None


class Row(Value, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A model instance: the row that `path` leads to from a row of `query` (`query` None: where it came from is
    not known, so it gives no event).
    `many`: it stands for each of many rows in turn; `fresh`: each got by a query of its own, so that a prefetch
    would save nothing. `overlay`: attributes that the program set on it.
    """

    model: Model
    query: Query | None = None
    path: tuple[str, ...] = ()
    many: bool = False
    fresh: bool = False
    via: Relation | None = None
    parent: Row | None = None
    overlay: tuple[tuple[str, Value], ...] = ()
    _hash: int = 0

    def __hash__(self) -> int:
        return self._hash or remember_hash(self)

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, Row) and hash(self) == hash(other) and contents(self) == contents(other)
        )

    def lookup(self, name: str) -> str:
        """The lookup path of the relation `name` of this row, from the query's row."""
        return "__".join((*self.path, name))

    @property
    def first(self) -> Row:
        """The row that the path begins at."""
        row = self
        while row.parent is not None:
            row = row.parent
        return row


class Pages(Value, msgspec.Struct, frozen=True, gc=False):
    """A Paginator or a page of it, over `rows`."""

    rows: Value


class ManagerValue(Value, msgspec.Struct, frozen=True, gc=False):
    """A manager of a model, or, with `row` and `relation`, a related manager."""

    manager: Manager
    model: Model
    row: Row | None = None
    relation: Relation | None = None


class Items(Value, msgspec.Struct, eq=False):
    """A list, tuple, set or iterator: its items where each is known, else one value that stands for all."""

    kind: str = "list"
    items: list[Value] | None = None
    each: Value | None = None
    names: tuple[str, ...] = ()  # of a named tuple
    born: int = msgspec.field(default_factory=_serial.__next__)

    @property
    def element(self) -> Value:
        """One value that stands for every item."""
        if self.items is not None:
            return join_all(self.items)
        return self.each if self.each is not None else UNKNOWN

    def add(self, value: Value) -> None:
        """Append: the items are no longer told apart."""
        self.each = join(self.element, value) if self.items or self.each is not None else value
        self.items = None


class Dict(Value, msgspec.Struct, eq=False):
    """A dict: values under constant keys, and one value (`rest`) that stands for those under keys not known.
    `keys` stands for its keys not known."""

    entries: dict[Any, Value] = msgspec.field(default_factory=dict)
    rest: Value | None = None
    keys: Value | None = None
    born: int = msgspec.field(default_factory=_serial.__next__)
    thinned: bool = False  # what is there may have been taken out, under keys not known

    def take(self, key: Value) -> None:
        """Take out what lies under `key`."""
        if not isinstance(key, Constant):
            self.thinned = True
        elif key.value in self.entries:
            del self.entries[key.value]

    def get(self, key: Value) -> Value:
        """What lies under `key`."""
        if isinstance(key, Constant):
            if key.value in self.entries:
                return self.entries[key.value]
            return self.rest if self.rest is not None else UNKNOWN
        return self.values()

    def values(self) -> Value:
        """One value that stands for all."""
        return join_all([*self.entries.values(), *([self.rest] if self.rest is not None else [])])

    def set(self, key: Value, value: Value) -> None:
        """Put `value` under `key`."""
        if isinstance(key, Constant):
            self.entries[key.value] = value
        else:
            self.rest = value if self.rest is None else join(self.rest, value)
            self.keys = key if self.keys is None else join(self.keys, key)


class Object(Value, msgspec.Struct, eq=False):
    """An instance of a project's class that is no model; `base` is its class, `attributes` what was set on it."""

    base: ClassSymbol
    attributes: dict[str, Value] = msgspec.field(default_factory=dict)
    born: int = msgspec.field(default_factory=_serial.__next__)


class Union(Value, msgspec.Struct, frozen=True, gc=False):
    """One of several values."""

    options: tuple[Value, ...]


def _is_kept(value: Value) -> bool:
    return isinstance(value, (Query, Row, ManagerValue, Items, Dict, Object))


class Scope:
    """Variables of a function activation, and the scope around it."""

    __slots__ = ("outer", "parent", "variables")

    def __init__(self, variables: dict[str, Value], parent: Scope | None = None) -> None:
        self.variables = variables
        self.parent = parent
        self.outer: set[str] | None = None

    def find(self, name: str) -> Value | None:
        """The variable's value here or in a scope around, None where there is none."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.variables.get(name)
            if value is not None:
                return value
            scope = scope.parent
        return None


def options(value: Value) -> tuple[Value, ...]:
    """The alternatives that `value` is."""
    return value.options if isinstance(value, Union) else (value,)


def is_nothing(value: Value) -> bool:
    """Unknown, or None."""
    return value is UNKNOWN or (type(value) is Constant and value.value is None)


def join(first: Value, second: Value) -> Value:
    """Either value. Unknown and None beside a query, a row or a collection are dropped: what is known can flow here,
    and that is what events rest on. Beside a constant they stay, for a condition on it cannot be told.
    """
    return first if first is second else _joined((first, second))


def join_all(values: Sequence[Value]) -> Value:
    """One of the values; unknown where there is none."""
    if len(values) == 1:
        return values[0]
    return _joined(values) if values else UNKNOWN


def _joined(values: Iterable[Value]) -> Value:
    merged: dict[Value, None] = {}
    plain = True  # whether there are but constants and what is not known
    for value in values:
        for option in value.options if type(value) is Union else (value,):
            if isinstance(option, Query):
                merged[agreed(merged, option)] = None
                plain = False
                continue
            if type(option) is not Constant and option is not UNKNOWN:
                plain = False
            merged[option] = None
        if len(merged) > MOST_JOINED:
            break
    if len(merged) == 1:
        return next(iter(merged))
    if plain:
        return Union(tuple(merged)) if len(merged) <= MOST_CONSTANTS else UNKNOWN
    known = [option for option in merged if not is_nothing(option)]
    if len(known) > MOST_OPTIONS:
        known = list(filter(_is_kept, known))[:MOST_OPTIONS]
    return Union(tuple(known)) if len(known) > 1 else known[0] if known else UNKNOWN


def agreed(merged: dict[Value, None], query: Query) -> Query:
    """The query, taken together with an alternative of one origin that is taken out of `merged`: one expression's
    queryset before and after a refinement. What either of them loads counts as loaded.
    """
    for other in merged:
        if type(other) is Query and other.site == query.site and other != query and alike(other, query):
            del merged[other]
            return replace(
                other,
                joined=other.joined | query.joined,
                prefetches=other.prefetches
                if other.prefetches == query.prefetches
                else tuple(dict.fromkeys((*other.prefetches, *query.prefetches))),
                known=other.known | query.known,
                only=None if other.only is None or query.only is None else other.only | query.only,
                deferred=other.deferred & query.deferred,
                annotated=other.annotated | query.annotated,
                opaque=other.opaque or query.opaque,
                peers=other.peers or query.peers,
                sliced=other.sliced or query.sliced,
                single=other.single and query.single,
                few=other.few and query.few,
                unprefetched=other.unprefetched and query.unprefetched,
                ordered=other.ordered if other.ordered == query.ordered else None,
                fixed=tuple(held for held in other.fixed if held in query.fixed),
            )
    return query


def alike(one: Query, other: Query) -> bool:
    """Whether two querysets differ in nothing but what they load."""
    return (
        one.model is other.model
        and one.shape == other.shape
        and one.refined == other.refined
        and one.relation is other.relation
        and one.row == other.row
        and one.entities == other.entities
        and one.notes == other.notes
    )


def constants(value: Value) -> frozenset[Any] | None:
    """The constants of which the value is one; None where it may be something else."""
    if type(value) is Constant:
        return frozenset([value.value])
    if type(value) is Union and all(type(option) is Constant for option in value.options):
        return frozenset(option.value for option in value.options if type(option) is Constant)
    return None


def truth(value: Value) -> bool | None:
    """Whether a condition on `value` holds, None where it cannot be told."""
    if isinstance(value, Constant):
        return bool(value.value)
    if isinstance(value, Items) and value.items and all(isinstance(item, Constant) for item in value.items):
        return True
    return None


def is_tracked(value: Value, depth: int = 3) -> bool:
    """Whether a query, a row or a manager is in there: only then can handing it on lead to an event."""
    if isinstance(value, (Query, Row, ManagerValue, Prefetched)):
        return True
    if isinstance(value, (Constant, External, _Unknown, ModuleValue, ClassValue, ModelValue)):
        return False
    if isinstance(value, (Bound, Method, Super)):
        return is_tracked(value.receiver, depth)
    if isinstance(value, FunctionValue):
        return value.closure is not None
    if depth <= 0:
        return True
    return any(is_tracked(inner, depth - 1) for inner in _inner(value))


def _inner(value: Value) -> Iterator[Value]:
    if isinstance(value, Union):
        yield from value.options
    elif isinstance(value, Items):
        yield from value.items if value.items is not None else [value.element]
    elif isinstance(value, Dict):
        yield from value.entries.values()
        if value.rest is not None:
            yield value.rest
        if value.keys is not None:
            yield value.keys
    elif isinstance(value, Object):
        yield from value.attributes.values()
    elif isinstance(value, Pages):
        yield value.rows


def key(value: Value, depth: int = 3) -> Any:
    """A hashable snapshot of `value`: calls with equal keys behave alike."""
    snapshot = _SNAPSHOTS.get(type(value))
    return value if snapshot is None else snapshot(value, depth)


def _key_of_items(value: Items, depth: int) -> Any:
    if depth <= 0:
        return id(value)
    if value.items is not None:
        return (value.kind, tuple([key(item, depth - 1) for item in value.items[:12]]))
    return (value.kind, "each", key(value.element, depth - 1))


def _key_of_dict(value: Dict, depth: int) -> Any:
    if depth <= 0:
        return id(value)
    held = [(name, key(item, depth - 1)) for name, item in value.entries.items()]
    return ("dict", frozenset(held), value.rest and key(value.rest, depth - 1), value.thinned)


def _key_of_object(value: Object, depth: int) -> Any:
    if IDENTITY in value.attributes:
        return (value.base, value.attributes[IDENTITY])
    if depth <= 0:
        return id(value)
    return (value.base, frozenset([(name, key(item, depth - 1)) for name, item in value.attributes.items()]))


def _key_of_union(value: Union, depth: int) -> Any:
    return frozenset([key(option, min(depth, 1)) for option in value.options])


def _key_of_bound(value: Bound | Method, depth: int) -> Any:
    named = value.function if isinstance(value, Bound) else value.name
    return (type(value), named, key(value.receiver, depth - 1) if depth > 0 else id(value))


_SNAPSHOTS: dict[type, Callable[[Any, int], Any]] = {
    Items: _key_of_items,
    Dict: _key_of_dict,
    Object: _key_of_object,
    Union: _key_of_union,
    Bound: _key_of_bound,
    Method: _key_of_bound,
}


def clone_of(value: Value, depth: int = 2) -> Value:
    """A copy of what is mutable in `value`: two holders of it do not share a list."""
    if depth <= 0:
        return value
    if isinstance(value, Items):
        items = [clone_of(item, depth - 1) for item in value.items] if value.items is not None else None
        return Items(value.kind, items, value.each, value.names)
    if isinstance(value, Dict):
        entries = {name: clone_of(item, depth - 1) for name, item in value.entries.items()}
        return Dict(entries, value.rest, value.keys, thinned=value.thinned)
    if isinstance(value, Object):
        return Object(value.base, dict(value.attributes))
    return value
