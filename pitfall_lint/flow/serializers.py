"""Django REST framework's serializers: which fields one has, and what each reads of a row.

The views, and how a serializer is made, are plain code in the prelude; this module is what the prelude asks for: the
reading of a row field by field. A project's own `to_representation`, `get_attribute` and `get_x` are called.
https://www.django-rest-framework.org/api-guide/serializers/
https://www.django-rest-framework.org/api-guide/relations/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow import attributes, builtins, implicit, iteration, querysets
from pitfall_lint.flow.frames import Arguments, Frame
from pitfall_lint.flow.serializer_fields import Entry, Nested, entries_of, kind_of, nested_entries, users
from pitfall_lint.flow.values import (
    IDENTITY,
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
    Query,
    Row,
    Scope,
    Site,
    Value,
    join_all,
    key,
    options,
    replace,
)
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.classes import ClassSymbol

    Shown = tuple[Entry, Object, Confidence]  # a field, and how sure it is that it is shown
    Show = Callable[[Interpreter, Frame, Object, Value, Place], Value]

DEEPEST = 6  # serializers within serializers
SHOWING = ("to_representation", "to_native")
PASSING = frozenset({IDENTITY, "instance", "object", "_context"})  # what of a serializer says nothing of its fields


# ----------------------------------------------------------------- intrinsics


def represented(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`represented(serializer, value)`: what `.data` holds; the project's `to_representation` comes first."""
    serializer, value = arguments.args
    return from_library(it, frame, serializer, value, shown)


def builtin(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`builtin(field, value)`: what the library's own `to_representation` does."""
    field, value = arguments.args
    return from_library(it, frame, field, value, shown_by_library)


def from_library(it: Interpreter, frame: Frame, field: Value, value: Value, show: Show) -> Value:
    """The value shown by each alternative; what is read stands where the project's code leads there."""
    place = origin(it, frame)
    standing = standing_at(it, place)
    it.stack.append(standing)
    try:
        return join_all(
            [show(it, standing, option, value, place) for option in options(field) if isinstance(option, Object)]
        )
    finally:
        it.stack.pop()


def origin(it: Interpreter, frame: Frame) -> Place:
    """The place in the project's code that leads here: a call, else where the view says what shows its rows."""
    for active in (frame, *reversed(it.stack)):
        if active.call is not None and not in_prelude(active.call.path):
            return active.call
    for active in it.stack:
        if isinstance(active.receiver, Object) and not isinstance(active.receiver.base, StandIn):
            view = active.receiver.base
            member = view.member("serializer_class")
            if member is not None and isinstance(member.node, l.Let) and not isinstance(member.owner, StandIn):
                return Place(member.owner.module.path, member.node.start, member.node.end)
            return implicit.header(view)
    return implicit.place(it, frame)


def attribute(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`attribute(field, instance)`: what the library's own `get_attribute` reads."""
    field, value = arguments.args
    entry = field.attributes.get(IDENTITY) if isinstance(field, Object) else None
    if not isinstance(field, Object) or not isinstance(entry, Entry):
        return UNKNOWN
    return attribute_of(it, standing_at(it, entry.place, entry.owner), entry, field, value)


def field_table(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`field_table(serializer)`: the fields by name, for a project that changes them."""
    serializer = builtins.first_of(arguments)
    made = Dict()
    if isinstance(serializer, Object):
        made.entries.update(
            {entry.name: bound(serializer, entry, entry.field) for entry in entries_of(it, serializer.base)}
        )
    return made


def filtered(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`filtered(view, queryset)`: the queryset through the filter backends that the project defines itself."""
    from pitfall_lint.flow import calls

    view, queryset = arguments.args
    backends = attributes.read(it, frame, view, "filter_backends", node)
    for backend in (backends.items or []) if isinstance(backends, Items) else []:
        made = calls.call_value(it, frame, backend, Arguments(), node)
        method = attributes.read(it, frame, made, "filter_queryset", node) if isinstance(made, Object) else UNKNOWN
        if isinstance(method, Bound):
            request = attributes.read(it, frame, view, "request", node)
            result = calls.call_value(it, frame, method, Arguments([request, queryset, view]), node)
            if any(isinstance(option, Query) for option in options(result)):
                queryset = result
    return queryset


TABLE = {
    "pitfall_lint.prelude.represented": represented,
    "pitfall_lint.prelude.builtin": builtin,
    "pitfall_lint.prelude.attribute": attribute,
    "pitfall_lint.prelude.field_table": field_table,
    "pitfall_lint.prelude.filtered": filtered,
}


# -------------------------------------------------------------------- showing


def is_many(value: Value) -> bool:
    """Whether a row in there stands for each of many."""
    return any(isinstance(option, Row) and option.many for option in options(value))


def call_users(
    it: Interpreter, receiver: Object, name: str, values: list[Value], place: Place | None, label: str = ""
) -> Value | None:
    """What the project's own method returns; None where it has none, or the library's comes first."""

    function = users(receiver.base, name)
    if function is None:
        return None
    varying = frozenset(index for index, value in enumerate(values) if is_many(value))
    return it.call(function, receiver, Arguments(list(values), varying=varying), place, label)


def shown(it: Interpreter, frame: Frame, field: Object, value: Value, place: Place) -> Value:
    """What a field or serializer makes of a value: by the project's method where there is one."""
    if all(option is UNKNOWN or option == NONE for option in options(value)):
        return UNKNOWN
    for name in SHOWING:
        result = call_users(it, field, name, [value], place)
        if result is not None:
            return result
    return shown_by_library(it, frame, field, value, place)


def shown_by_library(it: Interpreter, frame: Frame, field: Object, value: Value, place: Place) -> Value:
    """What the library's own `to_representation` reads."""
    from pitfall_lint.flow import calls

    kind = kind_of(field.base)
    node = spot(place)
    if kind in ("list", "many", "items"):
        return Items("list", None, shown_one_by_one(it, frame, field, value, place, kind))
    if kind == "serializer":
        return shown_field_by_field(it, frame, field, value, place)
    if kind in ("text", "string"):
        for option in options(value):
            if isinstance(option, (Row, Object)):
                calls.as_text(it, frame, option, node)
    elif kind in ("slug", "hyperlink", "identity"):
        name = field.attributes.get("slug_field" if kind == "slug" else "lookup_field")
        if isinstance(name, Constant) and isinstance(name.value, str) and name.value != "pk":
            followed(it, frame, value, name.value.split("__"), node)
    return UNKNOWN


def shown_one_by_one(it: Interpreter, frame: Frame, field: Object, value: Value, place: Place, kind: str) -> Value:
    """The rows of a list, each shown by the child."""
    child = field.attributes.get("child_relation" if kind == "many" else "child")
    element = rows_of(it, frame, value, place)
    if not isinstance(child, Object) or element is UNKNOWN:
        return UNKNOWN
    child = with_context(child, field)
    words = l.Name(place.start, place.end, f"{child.base.name}(many=True)")
    frame.loops.append(iteration.loop_over(frame, words, element, frozenset()))
    try:
        return shown(it, frame, child, element, place)
    finally:
        frame.loops.pop()


def shown_field_by_field(it: Interpreter, frame: Frame, serializer: Object, value: Value, place: Place) -> Value:
    """A row, or whatever a serializer is given, field by field."""
    nested = serializer.attributes.get("<nested>")
    running = [active.node for active in it.stack if isinstance(active.node, l.Class)]
    if len(running) >= DEEPEST or (nested is None and running.count(serializer.base.node) >= 2):
        return UNKNOWN
    value = join_all([option for option in options(value) if isinstance(option, (Row, Object, Dict))])
    if value is UNKNOWN:
        return UNKNOWN
    memo_key = ("shown", key(serializer), key(value), it.surest)
    if memo_key in it.memo or shown_already(it, serializer, value):
        return Dict(rest=UNKNOWN)
    it.memo[memo_key] = UNKNOWN
    inner = frame_of(it, serializer, place)
    it.stack.append(inner)
    try:
        for entry, field, sure in fields_of(it, inner, serializer, place):
            it.step()
            if field.attributes.get("write_only") == Constant(True):
                continue
            with it.doubting(sure):
                read_field(it, serializer, entry, field, value)
    finally:
        it.stack.pop()
    return Dict(rest=UNKNOWN)


def shown_already(it: Interpreter, serializer: Object, value: Value) -> bool:
    """Whether the rows that this one row is of have been shown one by one by the same class: then it adds nothing."""
    seen = it.plans.setdefault("rows shown", set())
    fresh = False
    for option in options(value):
        if isinstance(option, Row) and option.query is not None:
            shown_as = (serializer.base, option.query.site, option.path)
            if option.many:
                seen.add(shown_as)
                fresh = True
            elif shown_as not in seen:
                fresh = True
        else:
            fresh = True
    return not fresh


def fields_of(it: Interpreter, frame: Frame, serializer: Object, place: Place) -> tuple[Shown, ...]:
    """The serializer's fields: as its class says, or as the project's code left them. Where that takes out fields by
    names that are not known, which of them are shown is for who calls to say.
    https://www.django-rest-framework.org/api-guide/serializers/#dynamically-modifying-fields
    """
    nested = serializer.attributes.get("<nested>")
    if isinstance(nested, Nested):
        return tuple((entry, entry.field, Confidence.HIGH) for entry in nested_entries(it, nested, place))
    touched = "_fields" in serializer.attributes
    if not touched and not any(users(serializer.base, name) for name in ("get_fields", "fields")):
        return tuple((entry, entry.field, Confidence.HIGH) for entry in entries_of(it, serializer.base))
    made_with = {name: value for name, value in serializer.attributes.items() if name not in PASSING}
    memo_key = ("fields as left", key(Object(serializer.base, made_with)))
    held: tuple[Shown, ...] | None = it.plans.get(memo_key) if not touched else None
    if held is None:
        table = attributes.read(it, frame, serializer, "fields", spot(implicit.header(serializer.base)))
        tables = [option for option in options(table) if isinstance(option, Dict)]
        held = tuple(shown for one in tables for shown in as_left(serializer, one))
        it.plans[memo_key] = held
    return held


def as_left(serializer: Object, table: Dict) -> Iterator[Shown]:
    """The fields in a table that the project's code had in hand; one that it made itself stands at the class."""
    sure = Confidence.MEDIUM if table.thinned else Confidence.HIGH
    for name, field in table.entries.items():
        if isinstance(field, Object):
            entry = field.attributes.get(IDENTITY)
            if not isinstance(entry, Entry):
                entry = Entry(str(name), implicit.header(serializer.base), serializer.base, field)
            yield entry, field, sure


def read_field(it: Interpreter, serializer: Object, entry: Entry, field: Object, value: Value) -> None:
    """One field of one row: its attribute is got, then shown."""
    if kind_of(field.base) == "method":
        read_method(it, serializer, entry, field, value)
        return
    field = bound(serializer, entry, field)
    frame = standing_at(it, entry.place, entry.owner)
    if call_users(it, field, "field_to_native", [value, Constant(entry.name)], entry.place) is not None:
        return
    it.stack.append(frame)
    try:
        got = call_users(it, field, "get_attribute", [value], entry.place)
        if got is None:
            got = attribute_of(it, frame, entry, field, value)
        shown(it, frame, field, got, entry.place)
    finally:
        it.stack.pop()


def read_method(it: Interpreter, serializer: Object, entry: Entry, field: Object, value: Value) -> None:
    """`SerializerMethodField`: the serializer's method is called with the row."""
    given = field.attributes.get("method_name")
    name = given.value if isinstance(given, Constant) and isinstance(given.value, str) else f"get_{entry.name}"
    call_users(it, serializer, name, [value], entry.place)


# -------------------------------------------------------------------- reading


def attribute_of(it: Interpreter, frame: Frame, entry: Entry, field: Object, value: Value) -> Value:
    """What the field's source leads to. A field that shows a key only takes it from the row's own column.
    https://github.com/encode/django-rest-framework/blob/main/rest_framework/relations.py (`use_pk_only_optimization`)
    """
    node = spot(entry.place)
    source = field.attributes.get("source")
    path = str(source.value) if isinstance(source, Constant) and source.value else entry.name
    kind = kind_of(field.base)
    if path == "*" or kind == "identity":
        return value
    names = path.split(".")
    if kind in ("pk", "hyperlink") and keys_only(field):
        value = followed(it, frame, value, names[:-1], node)
        return join_all([key_of(it, frame, option, names[-1], node) for option in options(value)])
    return followed(it, frame, value, names, node)


def keys_only(field: Object) -> bool:
    """Whether the field needs nothing of the related row but its key."""
    if users(field.base, "use_pk_only_optimization") is not None:
        return False
    looked_up = field.attributes.get("lookup_field")
    return kind_of(field.base) == "pk" or looked_up is None or looked_up == Constant("pk") or looked_up == NONE


def key_of(it: Interpreter, frame: Frame, value: Value, name: str, node: Any) -> Value:
    """`value.serializable_value(name)`: a foreign key's own column; anything else is read as it is."""
    if isinstance(value, Row):
        relation = value.model.relation(name)
        if (relation is not None and relation.kind in ("fk", "o2o")) or name in value.model.attnames:
            return UNKNOWN
    return followed(it, frame, value, [name], node)


def followed(it: Interpreter, frame: Frame, value: Value, names: list[str], node: Any) -> Value:
    """Attribute by attribute; what can be called without arguments is called."""
    from pitfall_lint.flow import calls

    said = "row"
    for name in names:
        said = f"{said}.{name}"
        written = l.Attr(node.start, node.end, l.Name(node.start, node.end, said.rpartition(".")[0]), name)
        found: list[Value] = []
        if isinstance(value, Dict):
            read: Value = value.get(Constant(name))
        else:
            read = attributes.read(it, frame, value, name, written)
        for option in options(read):
            if isinstance(option, (Bound, FunctionValue, Method)):
                found.append(calls.call_in_template(it, frame, option, written))
            else:
                found.append(option)
        value = join_all(found)
    return value


def rows_of(it: Interpreter, frame: Frame, value: Value, place: Place) -> Value:
    """One row of what a list is made of. Of several querysets, what any of them loads counts: which one belongs to
    this serializer cannot be told."""
    found = [element_of(it, frame, option, place) for option in options(value)]
    return agreed(join_all(found))


def agreed(value: Value) -> Value:
    """Rows of several querysets of one model: each with what any of them loads."""
    rows = [
        option
        for option in options(value)
        if isinstance(option, Row) and option.query is not None and not option.query.opaque and not option.path
    ]
    queries = {row.query for row in rows if row.query is not None}
    if len(queries) < 2 or len({query.model for query in queries}) > 1:
        return value
    joined = frozenset().union(*(query.joined for query in queries))
    prefetches = tuple(dict.fromkeys(entry for query in queries for entry in query.prefetches))
    made: list[Value] = []
    for option in options(value):
        if option in rows and isinstance(option, Row) and option.query is not None:
            made.append(replace(option, query=replace(option.query, joined=joined, prefetches=prefetches)))
        else:
            made.append(option)
    return join_all(made)


def element_of(it: Interpreter, frame: Frame, value: Value, place: Place) -> Value:
    """One row of a manager, queryset or list. The set of one row belongs to that row's queryset: a prefetch there
    mends what is below."""
    related = value.relation if isinstance(value, (ManagerValue, Query)) else None
    node = spot(place, related.name if related is not None else "")
    if isinstance(value, ManagerValue):
        site = Site(place, frame.qualname, source_of(node), "field")
        row, relation = value.row, value.relation
        made = querysets.base_query(it, frame, value, node, site)
        if row is not None and row.query is None and isinstance(made, Query):
            made = replace(made, opaque=True)  # nothing is known of what was loaded with the row
        if (
            row is not None
            and relation is not None
            and row.query is not None
            and not row.many
            and isinstance(made, Query)
        ):
            plain = (
                not made.joined and not made.prefetches and not made.opaque and made.only is None and not made.deferred
            )
            if plain and querysets.loaded_entry(row, relation.name) is None:
                return Row(made.model, row.query, (*row.path, relation.name), True, False, relation, row)
        return iteration.iterate(it, frame, made, node)
    if isinstance(value, (Query, Items, querysets.Pages)):
        return iteration.iterate(it, frame, value, node)
    return UNKNOWN


# --------------------------------------------------------------------- frames


def spot(place: Place, name: str = "") -> l.Attr | l.Name:
    """A node that stands at the place."""
    row = l.Name(place.start, place.end, "row")
    return l.Attr(place.start, place.end, row, name) if name else row


def bound(serializer: Object, entry: Entry, field: Object) -> Object:
    """The entry's field, as it belongs to this serializer."""
    made = with_context(field, serializer)
    made.attributes[IDENTITY] = entry
    return made


def with_context(field: Object, holder: Object) -> Object:
    """A copy of the field with its holder's context."""
    made = Object(field.base, dict(field.attributes))
    context = holder.attributes.get("_context")
    if context is not None:
        made.attributes["_context"] = context
    return made


def frame_of(it: Interpreter, serializer: Object, place: Place) -> Frame:
    """The activation of a serializer, for the way that a finding shows."""

    symbol = serializer.base
    made = Frame(symbol.module.path, symbol.module, Scope({}), symbol.node.qualname, symbol, symbol.node)
    made.receiver = serializer
    made.call = place
    made.label = f"shown by `{symbol.name}`"
    return made


def standing_at(it: Interpreter, place: Place, owner: ClassSymbol | None = None) -> Frame:
    """An activation whose expressions stand at the place."""

    made = Frame(
        place.path, it.symbols.module_at(place.path), Scope({}), owner.node.qualname if owner is not None else "", owner
    )
    made.desugared = "field"
    return made
