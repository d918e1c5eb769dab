"""Graphene and Graphene-Django: what the fields of a type read of each row.

A resolver is called with the row. A relation that a type exposes is read where a client asks for it, row by row; one
that `Meta.fields` names is meant to be asked for, one that comes with all the others less surely so. What an optimizer
or a data loader hands out is not known, and so silent.
https://docs.graphene-python.org/projects/django/en/latest/queries/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow import querysets, shown
from pitfall_lint.flow.admin import entry_of
from pitfall_lint.flow.annotations import Named
from pitfall_lint.flow.declarative import declared, made_by
from pitfall_lint.flow.forms import Declared, meta_class, meta_model, meta_value
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.shown import Part, Shape
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Constant,
    FunctionValue,
    Items,
    ManagerValue,
    Object,
    Query,
    Site,
    Value,
    options,
)
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.prelude import in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.roots import Start
    from pitfall_lint.project.django.models import Model

TYPE, MODEL_TYPE, CONNECTION = "graphene.ObjectType", "graphene_django.DjangoObjectType", "graphene.Connection"
FIELDS = ("graphene.Structure", "graphene.Scalar")
LISTS = ("graphene.List", "graphene_django.DjangoListField", "graphene_django.DjangoConnectionField")
OWN_ROWS = LISTS[1:]  # fields that take the rows of their type's model where no resolver gives any
DEEPEST = 5  # structures within structures


def starts(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """Each field of a type that is no row's: its resolver is called, and what it gives is shown by the field's type."""
    seen: set[tuple[ClassSymbol, str]] = set()
    for symbol in it.symbols.classes():
        if not symbol.is_subclass_of(TYPE) or symbol.is_subclass_of(MODEL_TYPE):
            continue
        for name, field in declared(symbol).items():
            if (field.owner, name) not in seen and may_be_field(it, field):
                seen.add((field.owner, name))
                yield f"{symbol.module.path}:{symbol.node.qualname}.{name}", start_at(it, symbol, name, field)


def may_be_field(it: Interpreter, field: Declared) -> bool:
    """Whether the declaration calls one of the library's classes."""
    named = it.symbols.resolve_expr(field.owner.module, field.call.func)
    return isinstance(named, ClassSymbol) and named.is_subclass_of(*FIELDS)


def start_at(it: Interpreter, symbol: ClassSymbol, name: str, field: Declared) -> Start:
    """A start at a field of the schema's root, or of any type that is no row's."""

    def start() -> None:
        for made in made_by(it, field):
            named = type_of(it, symbol, made)
            frame = shown.frame_at(it, Place(field.owner.module.path, field.let.start, field.let.end), field.owner)
            resolver = resolver_of(it, symbol, name, made)
            answer = it.call(resolver, None, Arguments([UNKNOWN]), None) if resolver is not None else NONE
            if named is not None and answer == NONE and made.base.is_subclass_of(*OWN_ROWS):
                answer = every_row(it, frame, named.symbol, field.let)
            if named is not None:
                rows = prepared(it, frame, named, made, answer)
                it.stack.append(frame)
                shown.show(it, frame, Shape(named.symbol), rows, parts_of, field.let)
                it.stack.pop()

    return start


def every_row(it: Interpreter, frame: Frame, symbol: ClassSymbol, node: Any) -> Value:
    """The rows of a type's model."""
    model = meta_model(it, symbol)
    if model is None:
        return UNKNOWN
    site = Site(frame.place(node), frame.qualname, symbol.name, "class")
    return querysets.base_query(it, frame, ManagerValue(model.default_manager, model), node, site)


def prepared(it: Interpreter, frame: Frame, named: Named, made: Object, value: Value) -> Value:
    """The rows as the type's `get_queryset` leaves them, where the field asks it."""
    member = named.symbol.member("get_queryset")
    function = querysets.member_function(member) if member is not None else None
    if function is None or not made.base.is_subclass_of(*OWN_ROWS):
        return value
    found = it.call(function, ClassValue(named.symbol), Arguments([value, UNKNOWN]), None)
    return found if any(isinstance(option, Query) for option in options(found)) else UNKNOWN


# ---------------------------------------------------------------------- types


def type_of(it: Interpreter, symbol: ClassSymbol, value: Value, many: bool = False, depth: int = 0) -> Named | None:
    """The type that a declaration names, and whether there are several: `List(NonNull(BookType))`, `Field(lambda:
    BookType)`, `List("shop.schema.BookType")`."""
    for option in options(value) if depth < DEEPEST else ():
        if isinstance(option, FunctionValue):
            return type_of(it, symbol, it.call(option, None, Arguments(), None), many, depth + 1)
        if isinstance(option, Constant) and isinstance(option.value, str):
            found = symbol if option.value == "self" else it.symbols.lookup(option.value)
            if isinstance(found, ClassSymbol):
                return type_of(it, symbol, ClassValue(found), many, depth + 1)
        elif isinstance(option, ClassValue) and option.symbol.is_subclass_of(CONNECTION):
            return type_of(it, option.symbol, meta_value(it, option.symbol, "node"), True, depth + 1)
        elif isinstance(option, ClassValue):
            if option.symbol.is_subclass_of(TYPE) and not in_prelude(option.symbol.module.path):
                return Named(option.symbol, many)
        elif isinstance(option, Object) and option.base.is_subclass_of(FIELDS[0]):
            inner = option.attributes.get("of_type", NONE)
            return type_of(it, symbol, inner, many or option.base.is_subclass_of(*LISTS), depth + 1)
    return None


def types_by_model(it: Interpreter) -> dict[Model, ClassSymbol | None]:
    """The type under which a model's rows are shown; None where it has several."""
    memo_key = "graphene types by model"
    if memo_key not in it.plans:
        found: dict[Model, ClassSymbol | None] = {}
        for symbol in it.symbols.classes():
            if symbol.is_subclass_of(MODEL_TYPE):
                model = meta_model(it, symbol)
                if model is not None:
                    found[model] = symbol if model not in found else None
        it.plans[memo_key] = found
    types: dict[Model, ClassSymbol | None] = it.plans[memo_key]
    return types


# --------------------------------------------------------------------- fields


def parts_of(it: Interpreter, shape: Shape) -> tuple[Part, ...]:
    """What a type reads of a row: its declared fields, and the relations of its model that it exposes."""
    memo_key = ("parts of a graphene type", shape)
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is None:
        symbol = shape.cls
        found: dict[str, Part] = {}
        for name, field in declared(symbol).items():
            for made in made_by(it, field):
                if made.base.is_subclass_of(*FIELDS):
                    found[name] = declared_part(it, symbol, name, field, made)
        for part in exposed(it, symbol):
            found.setdefault(part.name, part)
        held = it.plans[memo_key] = tuple(found.values())
    return held


def declared_part(it: Interpreter, symbol: ClassSymbol, name: str, field: Declared, made: Object) -> Part:
    """A field that the class body declares."""
    named = type_of(it, symbol, made)
    inner = Shape(named.symbol) if named is not None else None
    resolver = resolver_of(it, symbol, name, made)
    if resolver is not None:
        return Part(name, field.owner, place_of(resolver, field), function=resolver, shape=inner)
    source = made.attributes.get("source", NONE)
    path = str(source.value) if isinstance(source, Constant) and source.value else name
    sure = Confidence.MEDIUM
    return Part(name, field.owner, field.let.target, path, shape=inner, calls=True, confidence=sure, exposed=True)


def place_of(resolver: FunctionValue, field: Declared) -> Any:
    """Where the resolver stands, if that is in the module of the field; else the field."""
    node = resolver.node
    if isinstance(node, l.Function) and resolver.path == field.owner.module.path:
        return l.Name(node.start, node.name_end, node.name)
    return field.let.target


def resolver_of(it: Interpreter, symbol: ClassSymbol, name: str, made: Object) -> FunctionValue | None:
    """`resolve_name`, or the function that the field is given."""
    member = symbol.member(f"resolve_{name}")
    if member is not None and not in_prelude(member.owner.module.path):
        return querysets.member_function(member)
    given = made.attributes.get("resolver", NONE)
    return given if isinstance(given, FunctionValue) else None


def exposed(it: Interpreter, symbol: ClassSymbol) -> Iterator[Part]:
    """The relations that `Meta` lets a type expose: those whose model has a type of its own."""
    model, inner = meta_model(it, symbol), meta_class(it, symbol)
    if model is None or inner is None or not symbol.is_subclass_of(MODEL_TYPE):
        return
    listed = texts(meta_value(it, symbol, "fields")) or texts(meta_value(it, symbol, "only_fields"))
    hidden = [*texts(meta_value(it, symbol, "exclude")), *texts(meta_value(it, symbol, "exclude_fields"))]
    types = types_by_model(it)
    for name in listed or [name for name in model.relations if name not in hidden]:
        relation = model.relation(name)
        if relation is None or relation.target not in types or relation.kind in ("generic_fk", "generic_relation"):
            continue
        target = types[relation.target]
        if symbol.member(f"resolve_{name}") is not None:
            yield resolved(it, symbol, name, target)
        elif target is None or not asks_anew(it, target, relation.to_many):
            owner, node = entry_of(inner, ("fields", "only_fields"), Constant(name))
            shape = Shape(target) if target is not None else None
            sure = Confidence.MEDIUM if listed else Confidence.LOW
            yield Part(name, owner, node, name, shape=shape, confidence=sure, exposed=True)


def asks_anew(it: Interpreter, target: ClassSymbol, to_many: bool) -> bool:
    """Whether a relation to the type runs a query of its own whatever was loaded: through the `get_queryset` of the
    type, or as a connection that is filtered."""
    if to_many and meta_value(it, target, "interfaces") is not UNKNOWN:
        return True
    member = target.member("get_queryset")
    return member is not None and not in_prelude(member.owner.module.path)


def resolved(it: Interpreter, symbol: ClassSymbol, name: str, target: ClassSymbol | None) -> Part:
    """A relation for which the type has a resolver of its own."""
    member = symbol.member(f"resolve_{name}")
    assert member is not None
    function = querysets.member_function(member)
    node = member.node
    at = l.Name(node.start, node.name_end, node.name) if isinstance(node, l.Function) else node
    return Part(name, member.owner, at, name, function, shape=Shape(target) if target is not None else None)


def texts(value: Value) -> list[str]:
    """A list of strings; empty where it is something else."""
    items = value.items if isinstance(value, Items) else None
    return [str(item.value) for item in items or () if isinstance(item, Constant)]


TABLE: dict[str, Any] = {}
