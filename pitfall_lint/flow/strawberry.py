"""strawberry and strawberry-django: what the fields of a type read of each row.

The optimizer extension loads the relations that a type declares, and what a field's hints name; a resolver without
hints, and django-taggit's tags, it does not see. Without the extension every declared relation is read row by row.
https://strawberry.rocks/docs/django/guide/optimizer
https://strawberry.rocks/docs/django/guide/resolvers
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow import attributes, iteration, querysets, shown
from pitfall_lint.flow.annotations import Named, named_in, shape_of
from pitfall_lint.flow.declarative import user_classes
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.shown import Part, Shape
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    FunctionValue,
    ManagerValue,
    ModelValue,
    Prefetched,
    Query,
    Row,
    Site,
    Value,
    options,
    replace,
)
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.roots import Start
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.modules import Module

OPTIMIZER = "DjangoOptimizerExtension"
FIELDS = frozenset({"field", "mutation", "connection", "offset_paginated", "node", "cursor_paginated"})
LOADING = frozenset({"select_related", "prefetch_related"})
PROPERTIES = frozenset({"builtins.property", "functools.cached_property", "django.utils.functional.cached_property"})
TAGGABLE = "taggit.managers.TaggableManager"
NEARLY_ALL = 0.9
KIND = "graphql-field"  # of the site of a query that a type's field has to load for


@dataclass(frozen=True, slots=True, eq=False)
class TypeField:
    """A field of a type: what declares it, the call that says more of it, its resolver, its annotation."""

    name: str
    owner: ClassSymbol
    node: Any  # where it stands
    said: l.Call | None
    resolver: FunctionValue | None
    annotation: Any
    module: Module


def starts(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """Each field of a type that is no row's, whose answer is shown; with the optimizer, each field of a row's type that
    it does not see."""
    if not mentions(it, "strawberry"):
        return
    optimized = mentions(it, OPTIMIZER)
    listed = frozenset(listings(it)) if optimized else frozenset[ClassSymbol]()
    shared = sharing(it, listed)
    for symbol in it.symbols.classes():
        if not is_type(it, symbol):
            continue
        name = f"{symbol.module.path}:{symbol.node.qualname}"
        model = model_of(it, symbol)
        if model is None:
            for field in fields_of(it, symbol):
                if field.owner is symbol:
                    yield f"{name}.{field.name}:answer", start_at(it, field, optimized)
        elif symbol in listed:
            for field in fields_of(it, symbol):
                if field.resolver is not None or is_unseen(it, model, field_name(field)):
                    start = start_of_row(it, symbol, field, shared.get(field))
                    if field.owner is not symbol:
                        it.inherited[id(start)] = id(field)
                    yield f"{name}.{field.name}:row", start


def mentions(it: Interpreter, word: str) -> bool:
    """Whether a module of the project names it."""
    memo_key = ("mentioned", word)
    if memo_key not in it.plans:
        it.plans[memo_key] = any(word in facts.words for facts in it.project.python.values() if not facts.shallow)
    return bool(it.plans[memo_key])


# ---------------------------------------------------------------------- types


def decorated(it: Interpreter, symbol: ClassSymbol) -> tuple[str, Any]:
    """The documented name of the decorator that makes the class a type, and the decorator; "" where it is none."""
    for decorator in symbol.node.decorators:
        named = it.symbols.resolve_expr(symbol.module, decorator.func if isinstance(decorator, l.Call) else decorator)
        dotted = named.dotted if isinstance(named, ExternalSymbol) else ""
        if dotted.startswith("strawberry") and dotted.rpartition(".")[2] in ("type", "interface"):
            return dotted, decorator
    return "", None


def is_type(it: Interpreter, symbol: ClassSymbol) -> bool:
    """Whether the class is a type of the schema."""
    return bool(symbol.node.decorators) and bool(decorated(it, symbol)[0])


def model_of(it: Interpreter, symbol: ClassSymbol) -> Model | None:
    """The model of which a type's rows are: `@strawberry_django.type(Book)`."""
    memo_key = ("model of a type", symbol)
    if memo_key not in it.plans:
        dotted, decorator = decorated(it, symbol)
        found = None
        if "django" in dotted and isinstance(decorator, l.Call) and it.django.present:
            said = [*decorator.args[:1], *(word.value for word in decorator.keywords if word.name == "model")]
            value = it.evaluate(shown.frame_at(it, place_of(symbol.module, said[0])), said[0]) if said else UNKNOWN
            if isinstance(value, ClassValue):
                found = it.django.model_of(value.symbol)
            elif isinstance(value, ModelValue):
                found = value.model
        it.plans[memo_key] = found
    model: Model | None = it.plans[memo_key]
    return model


def place_of(module: Module, node: Any) -> Place:
    """Where the node stands."""
    return Place(module.path, node.start, node.end)


def listings(it: Interpreter) -> dict[ClassSymbol, list[tuple[ClassSymbol, TypeField]]]:
    """The fields of the schema that give several of a type, each with the type that it belongs to, by that type."""
    memo_key = "fields that list a type"
    if memo_key not in it.plans:
        found: dict[ClassSymbol, list[tuple[ClassSymbol, TypeField]]] = {}
        for symbol in it.symbols.classes():
            for field in fields_of(it, symbol) if is_type(it, symbol) else ():
                for named in named_in(it, field.module, field.annotation):
                    if named.many and model_of(it, named.symbol) is not None:
                        found.setdefault(named.symbol, []).append((symbol, field))
        it.plans[memo_key] = found
    listed: dict[ClassSymbol, list[tuple[ClassSymbol, TypeField]]] = it.plans[memo_key]
    return listed


def fields_of(it: Interpreter, symbol: ClassSymbol) -> tuple[TypeField, ...]:
    """The fields of a type, inherited ones too: annotated names, and methods under `field`."""
    memo_key = ("fields of a type", symbol)
    held: tuple[TypeField, ...] | None = it.plans.get(memo_key)
    if held is None:
        found: dict[str, TypeField] = {}
        for base in reversed(list(user_classes(symbol))):
            for name, member in base.members.items():
                field = field_of(it, base, name, member.node)
                if field is not None:
                    found[name] = field
        held = it.plans[memo_key] = tuple(found.values())
    return held


def field_of(it: Interpreter, owner: ClassSymbol, name: str, node: Any) -> TypeField | None:
    """The field that a member of a class is; one record for all types that inherit it."""
    memo_key = ("field of a type", owner, name)
    if memo_key not in it.plans:
        it.plans[memo_key] = declared_field(it, owner, name, node)
    found: TypeField | None = it.plans[memo_key]
    return found


def declared_field(it: Interpreter, owner: ClassSymbol, name: str, node: Any) -> TypeField | None:
    """What a class body makes of the name, as a field."""
    module = owner.module
    if isinstance(node, l.Let) and (node.annotation is not None or isinstance(node.value, l.Call)):
        said = node.value if isinstance(node.value, l.Call) and is_field(it, module, node.value.func) else None
        if said is None and node.annotation is None:
            return None
        resolver = resolver_in(it, module, said) if said is not None else None
        annotation, home = node.annotation, module
        if annotation is None and resolver is not None and isinstance(resolver.node, l.Function):
            annotation, home = resolver.node.returns, resolver.module or module
        return TypeField(name, owner, node.target, said, resolver, annotation, home)
    if isinstance(node, l.Function):
        for decorator in node.decorators:
            written = decorator.func if isinstance(decorator, l.Call) else decorator
            if is_field(it, module, written):
                said = decorator if isinstance(decorator, l.Call) else None
                function = FunctionValue(node, module, module.path, owner)
                at = l.Name(node.start, node.name_end, name)
                return TypeField(name, owner, at, said, function, node.returns, module)
    return None


def is_field(it: Interpreter, module: Module, node: Any) -> bool:
    """Whether what is called makes a field: `strawberry.field`, `strawberry_django.field`."""
    named = it.symbols.resolve_expr(module, node)
    if not isinstance(named, ExternalSymbol) or not named.dotted.startswith("strawberry"):
        return False
    return named.dotted.rpartition(".")[2] in FIELDS


def resolver_in(it: Interpreter, module: Module, said: l.Call) -> FunctionValue | None:
    """The function in `field(resolver=books)`."""
    given = [*said.args[:1], *(word.value for word in said.keywords if word.name == "resolver")]
    named = it.symbols.resolve_expr(module, given[0]) if given else None
    if isinstance(named, FunctionSymbol):
        return FunctionValue(named.node, named.module, named.module.path, named.owner)
    return None


# -------------------------------------------------------------------- answers


def start_at(it: Interpreter, field: TypeField, optimized: bool) -> Start:
    """A start at a field of the schema's root, whose answer is shown by the type that it is annotated with. Querysets
    are what the optimizer sees: with it, only what the program made of them itself is shown."""

    def start() -> None:
        named = shape_of(it, field.module, field.annotation, lambda symbol: is_type(it, symbol))
        frame = shown.frame_at(it, place_of(field.owner.module, field.node), field.owner)
        if field.resolver is not None:
            answer = it.call(field.resolver, None, Arguments([UNKNOWN]), None)
        else:
            answer = every_row(it, frame, named, field.node) if named is not None and named.many else UNKNOWN
        if named is None:
            return
        it.stack.append(frame)
        for option in options(answer):
            if not optimized or not isinstance(option, (Query, ManagerValue)):
                shown.show(it, frame, Shape(named.symbol), option, parts_of, field.node)
        it.stack.pop()

    return start


def every_row(it: Interpreter, frame: Frame, named: Named, node: Any) -> Value:
    """The rows of a type's model, through the type's own `get_queryset`."""
    model = model_of(it, named.symbol)
    if model is None:
        return UNKNOWN
    site = Site(frame.place(node), frame.qualname, named.symbol.name, "class")
    made = querysets.base_query(it, frame, ManagerValue(model.default_manager, model), node, site)
    return prepared(it, frame, named.symbol, made, node)


def prepared(it: Interpreter, frame: Frame, symbol: ClassSymbol, value: Value, node: Any) -> Value:
    """The queryset as the type's `get_queryset` leaves it, where that has a say in what is loaded."""
    member = symbol.member("get_queryset")
    function = querysets.member_function(member) if member is not None else None
    if function is None or not isinstance(value, Query):
        return value
    made = it.call(function, ClassValue(symbol), Arguments([value, UNKNOWN]), frame.place(node))
    queries = [option for option in options(made) if isinstance(option, Query) and option.model is value.model]
    if not queries:
        named = function.node.names if isinstance(function.node, l.Function) else ()
        return value if LOADING.isdisjoint(named) else replace(value, opaque=True)
    return replace(
        value,
        joined=frozenset().union(*(query.joined for query in queries)),
        prefetches=tuple(dict.fromkeys(entry for query in queries for entry in query.prefetches)),
        annotated=frozenset().union(*(query.annotated for query in queries)),
        opaque=any(query.opaque for query in queries),
        peers=all(query.peers for query in queries),
    )


def parts_of(it: Interpreter, shape: Shape) -> tuple[Part, ...]:
    """What a type reads of a row that no optimizer sees: relations that it declares, and what its resolvers read."""
    memo_key = ("parts of a type", shape)
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is None:
        held = it.plans[memo_key] = tuple(part_of(it, field) for field in fields_of(it, shape.cls))
    return held


def part_of(it: Interpreter, field: TypeField) -> Part:
    """What a field reads; a relation that is only declared is read where a client asks for it."""
    named = shape_of(it, field.module, field.annotation, lambda symbol: is_type(it, symbol))
    inner = Shape(named.symbol) if named is not None else None
    if field.resolver is not None:
        return Part(field.name, field.owner, field.node, function=field.resolver, shape=inner)
    path = field_name(field).replace("__", ".")
    sure = Confidence.MEDIUM
    return Part(field.name, field.owner, field.node, path, shape=inner, calls=True, confidence=sure, exposed=True)


def field_name(field: TypeField) -> str:
    """The attribute that a field reads: its name, or `field_name="author__name"`."""
    for word in field.said.keywords if field.said is not None else ():
        if word.name == "field_name" and isinstance(word.value, l.Const):
            return str(word.value.value)
    return field.name


# ----------------------------------------------------------- beside the optimizer


def start_of_row(it: Interpreter, symbol: ClassSymbol, field: TypeField, shared: frozenset[str] | None) -> Start:
    """A start at a field of a row's type: its rows have loaded what its hints say, and what `get_queryset` adds. One
    that several types inherit can only be given hints that hold for all of them: `shared` are the relations that do.
    """

    def start() -> None:
        model = model_of(it, symbol)
        if model is None:
            return
        place = place_of(field.owner.module, field.node)
        frame = shown.frame_at(it, place, field.owner)
        site = Site(place, f"{field.owner.node.qualname}.{field.name}", f"{field.owner.name}.{field.name}", KIND)
        it.stack.append(frame)
        plain = querysets.base_query(it, frame, ManagerValue(model.default_manager, model), field.node, site)
        given = as_listed(it, symbol, plain) if isinstance(plain, Query) else None
        query = prepared(it, frame, symbol, hinted(it, frame, given, field), field.node) if given is not None else None
        if isinstance(query, Query):
            row = Row(model, query, (), True)
            words = l.Name(field.node.start, field.node.end, f"list[{symbol.name}]")
            frame.loops.append(iteration.loop_over(frame, words, row, frozenset()))
            part = dataclasses.replace(part_of(it, field), shape=None, exposed=False)
            with it.doubting(part.confidence):
                shown.show_part(it, part, row, parts_of)
            frame.loops.pop()
        it.stack.pop()
        for found in [found for found in it.lazy_loads if found[0] == site] if shared is not None else ():
            if shared is not None and found[1].partition("__")[0] not in shared:
                del it.lazy_loads[found]
                it.key_reads.pop((found[0], found[1], found[2]), None)

    return start


def as_listed(it: Interpreter, symbol: ClassSymbol, plain: Query) -> Query | None:
    """The type's rows with what every field that lists them has loaded; None where no such field is known to hand out
    a queryset. A field without a resolver takes all rows of the model, or a relation of its own row's, whose rows know
    that row."""
    found: list[Query] = []
    for holder, field in listings(it).get(symbol, ()):
        parent = model_of(it, holder)
        if field.resolver is not None:
            given = Row(parent) if parent is not None else UNKNOWN
            made = it.call(field.resolver, None, Arguments([given]), None)
            found += [option for option in options(made) if isinstance(option, Query) and option.model is plain.model]
        elif parent is None:
            if field.said is not None:
                return plain
        else:
            relation = parent.relation(field_name(field))
            if relation is not None and relation.to_many and relation.target is not None:
                held = ManagerValue(relation.target.default_manager, relation.target, Row(parent), relation)
                found.append(replace(plain, known=querysets.known_by(held), row=Row(parent)))
    found = [query for query in found if not query.opaque]
    if not found:
        return None
    known = frozenset.intersection(*(query.known for query in found))
    return replace(
        plain,
        joined=plain.joined | frozenset.intersection(*(query.joined for query in found)),
        prefetches=tuple(entry for entry in found[0].prefetches if all(entry in query.prefetches for query in found)),
        known=known,
        row=found[0].row if known else None,
    )


def sharing(it: Interpreter, listed: frozenset[ClassSymbol]) -> dict[TypeField, frozenset[str]]:
    """For each field that types inherit: the relations that nearly all of their models have. One that lacks what the
    field reads cannot be asked for it anyway."""
    found: dict[TypeField, list[frozenset[str]]] = {}
    for symbol in listed:
        model = model_of(it, symbol)
        for field in fields_of(it, symbol) if model is not None else ():
            if field.owner is not symbol and model is not None:
                found.setdefault(field, []).append(frozenset(model.relations))
    shared: dict[TypeField, frozenset[str]] = {}
    for field, models in found.items():
        counts = Counter(name for names in models for name in names)
        shared[field] = frozenset(name for name, count in counts.items() if count >= NEARLY_ALL * len(models))
    return shared


def is_unseen(it: Interpreter, model: Model, name: str) -> bool:
    """Whether the optimizer takes what the field reads for a plain attribute: django-taggit's manager, a property."""
    member = model.symbol.member(name) if model.symbol is not None else None
    if member is None:
        return False
    if isinstance(member.node, l.Function):
        return len(member.node.decorators) == 1 and not attributes.decorators(it, member).isdisjoint(PROPERTIES)
    if not isinstance(member.node, l.Let) or not isinstance(member.node.value, l.Call):
        return False
    named = it.symbols.resolve_expr(member.owner.module, member.node.value.func)
    return isinstance(named, (ClassSymbol, ExternalSymbol)) and named.is_subclass_of(TAGGABLE)


def hinted(it: Interpreter, frame: Frame, query: Value, field: TypeField) -> Value:
    """The query with what the field's hints load; opaque where that cannot be told."""
    for word in field.said.keywords if field.said is not None else ():
        if not isinstance(query, Query):
            break
        if word.name in LOADING:
            paths = hints_in(it.evaluate(frame, word.value))
            if paths is None:
                query = replace(query, opaque=True)
            elif word.name == "select_related":
                joined = frozenset(prefix for path in paths for prefix in querysets.prefixes(path))
                query = replace(query, joined=query.joined | joined)
            else:
                query = replace(query, prefetches=(*query.prefetches, *(Prefetched(path) for path in paths)))
        elif word.name in (None, "annotate"):
            query = replace(query, opaque=True)
    return query


def hints_in(value: Value) -> list[str] | None:
    """The paths that a hint names; None where it is made at run time."""
    from pitfall_lint.flow.values import Constant, Items

    items = value.items if isinstance(value, Items) else [value]
    if items is None or not all(isinstance(item, Constant) and isinstance(item.value, str) for item in items):
        return None
    return [str(item.value) for item in items if isinstance(item, Constant)]


TABLE: dict[str, Any] = {}
