"""Which fields a serializer class has: those it declares and inherits, and those that its `Meta` brings in, each with
the place that says so.

https://www.django-rest-framework.org/api-guide/serializers/#modelserializer
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import attributes, implicit, querysets
from pitfall_lint.flow.frames import Frame
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Constant,
    Dict,
    FunctionValue,
    Items,
    ModelValue,
    Object,
    Scope,
    Value,
)
from pitfall_lint.project.prelude import StandIn
from pitfall_lint.project.symbols import ClassSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model, Relation

HOME = "rest_framework.serializers"
KINDS = {
    "ListSerializer": "list",
    "BaseSerializer": "serializer",
    "Serializer": "serializer",
    "ModelSerializer": "serializer",
    "HyperlinkedModelSerializer": "serializer",
    "ManyRelatedField": "many",
    "ListField": "items",
    "PrimaryKeyRelatedField": "pk",
    "SlugRelatedField": "slug",
    "StringRelatedField": "string",
    "HyperlinkedRelatedField": "hyperlink",
    "HyperlinkedIdentityField": "identity",
    "SerializerMethodField": "method",
    "CharField": "text",
    "Field": "plain",
}
FORWARD = ("fk", "o2o")


class Entry(Value, msgspec.Struct, frozen=True, eq=False, gc=False):
    """A field of a serializer class: its name, the place that declares it, the class that it belongs to, itself."""

    name: str
    place: Place
    owner: ClassSymbol
    field: Object


def kind_of(symbol: ClassSymbol) -> str:
    """What the library's part of a field class does."""
    for base in symbol.mro:
        if isinstance(base, StandIn) and base.name in KINDS:
            return KINDS[base.name]
    return "plain"


def users(symbol: ClassSymbol, name: str) -> FunctionValue | None:
    """The project's own method of that name, where it comes before the library's."""
    member = symbol.member(name)
    return querysets.member_function(member) if member is not None and not isinstance(member.owner, StandIn) else None


def entries_of(it: Interpreter, symbol: ClassSymbol) -> tuple[Entry, ...]:
    """The fields of a serializer class."""
    memo_key = ("fields of a serializer", symbol)
    held = it.plans.get(memo_key)
    if held is None:
        it.plans[memo_key] = ()
        declared = declared_fields(it, symbol)
        if symbol.is_subclass_of(f"{HOME}.ModelSerializer"):
            held = tuple(Meta(it, symbol, declared).entries())
        else:
            held = tuple(declared.values())
        it.plans[memo_key] = held
    return held


def declared_fields(it: Interpreter, symbol: ClassSymbol) -> dict[str, Entry]:
    """The fields written in the class and in the serializers that it inherits from; a name set to something else
    removes the field."""
    found: dict[str, Entry] = {}
    for base in reversed(symbol.mro):
        if (
            not isinstance(base, ClassSymbol)
            or isinstance(base, StandIn)
            or not base.is_subclass_of(f"{HOME}.BaseSerializer")
        ):
            continue
        for name, member in base.members.items():
            if not isinstance(member.node, l.Let):
                continue
            written = isinstance(member.node.value, (l.Call, l.Name, l.Attr))
            value = it.global_value(base.module, member.node) if written else NONE
            if isinstance(value, Object) and value.base.is_subclass_of(f"{HOME}.Field"):
                found[name] = Entry(name, place_of(base, member.node), base, value)
            elif value is UNKNOWN:
                found[name] = Entry(name, place_of(base, member.node), base, unknown_field(it))
            else:
                found.pop(name, None)
    return found


def unknown_field(it: Interpreter) -> Object:
    """A field of a class that is not known: nothing is said of what it reads."""
    symbol = it.symbols.lookup(f"{HOME}.HiddenField")
    assert isinstance(symbol, ClassSymbol)
    return Object(symbol, {"write_only": Constant(True)})


def place_of(symbol: ClassSymbol, node: Any) -> Place:
    """Where the node stands."""
    return Place(symbol.module.path, node.start, node.end)


class Meta:
    """The `Meta` of a ModelSerializer, read."""

    def __init__(self, it: Interpreter, symbol: ClassSymbol, declared: dict[str, Entry]) -> None:
        self.it = it
        self.symbol = symbol
        self.declared = declared
        member = symbol.member("Meta")
        found = (
            it.symbols.lookup(f"{member.owner.dotted}.Meta")
            if member is not None and isinstance(member.node, l.Class)
            else None
        )
        self.meta = found if isinstance(found, ClassSymbol) else None

    def value(self, name: str) -> Value | None:
        """An option's value; None where it is not given."""
        member = self.meta.member(name) if self.meta is not None else None
        if member is None or not isinstance(member.node, l.Let):
            return None
        return self.it.global_value(member.owner.module, member.node)

    @property
    def model(self) -> Model | None:
        """`Meta.model`."""
        value = self.value("model")
        if isinstance(value, ModelValue):
            return value.model
        return self.it.django.model_of(value.symbol) if isinstance(value, ClassValue) else None

    def names(self, option: str) -> list[str] | None:
        """A list of names; None where it is not given or cannot be told."""
        value = self.value(option)
        items = value.items if isinstance(value, Items) else None
        if items is None or not all(isinstance(item, Constant) for item in items):
            return None
        return [str(item.value) for item in items if isinstance(item, Constant)]

    def entries(self) -> Iterator[Entry]:
        """The fields in use, declared ones first."""
        model = self.model
        given = self.value("fields")
        names = self.names("fields")
        every = given is None or given == Constant("__all__") or given == NONE
        if names is None and not every:
            yield from self.declared.values()
            return
        excluded = self.names("exclude") or []
        if self.value("exclude") is not None and not excluded:
            yield from self.declared.values()
            return
        if names is None:
            names = [*self.declared, *(default_names(model) if model is not None else [])]
        extra = self.value("extra_kwargs")
        hidden = set(self.names("write_only_fields") or ())
        depth = self.value("depth")
        levels = depth.value if isinstance(depth, Constant) and isinstance(depth.value, int) else 0
        for name in dict.fromkeys(names):
            if name in excluded or name in hidden:
                continue
            if name in self.declared:
                yield self.declared[name]
            elif model is not None:
                options = extra.entries.get(name) if isinstance(extra, Dict) else None
                field = self.field(model, name, options.entries if isinstance(options, Dict) else {}, levels)
                if field is not None:
                    yield Entry(name, self.place(name), self.symbol, field)

    def place(self, name: str) -> Place:
        """Where the name stands in `Meta.fields`, else `Meta`'s `fields` or `depth`, else the serializer."""
        for option in ("fields", "depth"):
            member = self.meta.member(option) if self.meta is not None else None
            if member is None or not isinstance(member.node, l.Let) or isinstance(member.owner, StandIn):
                continue
            if member.owner.module is not self.symbol.module:
                continue
            for part in l.walk(member.node):
                if isinstance(part, l.Const) and part.value == name:
                    return place_of(member.owner, part)
            if option == "depth":
                return place_of(member.owner, member.node)
        return implicit.header(self.symbol)

    # ------------------------------------------------ fields that nobody wrote

    def made(self, name: str, **given: Value) -> Object:
        """A field of the library's."""
        symbol = self.it.symbols.lookup(f"{HOME}.{name}")
        assert isinstance(symbol, ClassSymbol)
        return Object(symbol, dict(given))

    def field(self, model: Model, name: str, options: dict[Any, Value], depth: int) -> Object | None:
        """The field that a ModelSerializer makes for a name; None for a plain column."""
        if options.get("write_only") == Constant(True):
            return None
        source = options.get("source")
        target = str(source.value) if isinstance(source, Constant) and source.value else name
        given: dict[str, Value] = {"source": Constant(target)}
        relation = model.relation(target)
        if relation is not None and relation.kind not in ("generic_fk", "generic_relation"):
            return self.relational(relation, given, options, depth)
        if target in model.attnames or model.field(target) is not None or target == "pk":
            return self.made("Field", **given)
        if relation is not None or (model.symbol is not None and model.symbol.member(target) is not None):
            return self.made("ReadOnlyField", **given)
        return None

    def relational(
        self, relation: Relation, given: dict[str, Value], options: dict[Any, Value], depth: int
    ) -> Object | None:
        """A relation's field: its key, or with `depth` all that the related row holds."""
        target = relation.target
        if target is None:
            return None
        if depth > 0:
            single = self.nested(target, depth - 1)
            return (
                self.made("ListSerializer", child=single, **given)
                if relation.to_many
                else Object(single.base, {**single.attributes, **given})
            )
        related = attributes.read_class(self.it, self.frame(), self.symbol, "serializer_related_field")
        one = (
            Object(related.symbol, {"lookup_field": options["lookup_field"]} if "lookup_field" in options else {})
            if isinstance(related, ClassValue)
            else None
        )
        if one is None:
            return None
        if relation.to_many:
            return self.made("ManyRelatedField", child_relation=one, **given)
        one.attributes.update(given)
        return one

    def frame(self) -> Any:
        """An activation outside every function."""

        return Frame(self.symbol.module.path, self.symbol.module, Scope({}))

    def nested(self, model: Model, depth: int) -> Object:
        """The serializer that `depth` makes for a related model."""
        hyperlinked = self.symbol.is_subclass_of(f"{HOME}.HyperlinkedModelSerializer")
        return self.made(
            "HyperlinkedModelSerializer" if hyperlinked else "ModelSerializer",
            **{"<nested>": Nested(model, depth, self.symbol)},
        )


class Nested(Value, msgspec.Struct, frozen=True, gc=False):
    """What a serializer made by `depth` shows: all of the model's own fields, to `depth` further levels."""

    model: Model
    depth: int
    owner: ClassSymbol


def nested_entries(it: Interpreter, nested: Nested, place: Place) -> Iterator[Entry]:
    """The fields of a serializer made by `depth`; they stand where that field does."""
    meta = Meta(it, nested.owner, {})
    for name in default_names(nested.model):
        field = meta.field(nested.model, name, {}, nested.depth)
        if field is not None:
            yield Entry(name, place, nested.owner, field)


def default_names(model: Model) -> list[str]:
    """The fields of `__all__`: columns and the relations that the model itself declares."""
    return [
        *(name for name, field in model.fields.items() if not field.is_relation),
        *(
            relation.name
            for relation in model.relations.values()
            if relation.kind in FORWARD and not relation.parent_link
        ),
        *(relation.name for relation in model.relations.values() if relation.kind == "m2m"),
    ]
