"""django-ninja: what the schema of a `response` reads of each row that a view returns.

A field reads the attribute of its name or alias, or what `resolve_x` makes of the row; a ModelSchema shows a foreign
key by the row's own column, and the keys of a many-to-many by its rows.
https://django-ninja.dev/guides/response/
https://django-ninja.dev/guides/response/django-pydantic/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import querysets, shown
from pitfall_lint.flow.admin import entry_of
from pitfall_lint.flow.annotations import Named, named_in, shape_of
from pitfall_lint.flow.declarative import user_classes
from pitfall_lint.flow.forms import meta_class, meta_model, meta_value
from pitfall_lint.flow.serializer_fields import default_names
from pitfall_lint.flow.shown import Part, Shape
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    Dict,
    FunctionValue,
    Items,
    Object,
    Row,
    Value,
    options,
)
from pitfall_lint.project.prelude import in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.roots import Start
    from pitfall_lint.project.classes import ClassSymbol, FunctionSymbol

SCHEMA, MODEL_SCHEMA = "ninja.Schema", "ninja.ModelSchema"
ALIASES = ("validation_alias", "alias")


def is_schema(symbol: ClassSymbol) -> bool:
    """Whether the class is a schema."""
    return symbol.is_subclass_of(SCHEMA)


# ---------------------------------------------------------------------- views


def starts(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """The views whose `response` is a schema: each is called, and what it returns is shown."""
    for symbol in it.symbols.functions():
        for decorator in symbol.node.decorators:
            if not isinstance(decorator, l.Call):
                continue
            said = [word.value for word in decorator.keywords if word.name == "response"]
            if said and any(is_schema(named.symbol) for named in named_in(it, symbol.module, said[0])):
                yield f"{symbol.module.path}:{symbol.node.qualname}:response", start_at(it, symbol, said[0])


def start_at(it: Interpreter, symbol: FunctionSymbol, response: Any) -> Start:
    """A start at a view, whose answer is shown by the schema of `response`."""

    def start() -> None:
        from pitfall_lint.flow import roots

        run = roots.start_of(it, symbol)
        answer = run() if run is not None else UNKNOWN
        frame = shown.frame_at(it, Place(symbol.module.path, response.start, response.end))
        frame.qualname = symbol.node.qualname
        it.stack.append(frame)
        for option in options(answer if isinstance(answer, Value) else UNKNOWN):
            status, value = answered(option)
            for named in schemas_for(it, symbol, response, status):
                for one in options(value):
                    if named.many or isinstance(one, (Dict, Object, Row)):
                        shown.show(it, frame, Shape(named.symbol), one, parts_of, response)
        it.stack.pop()

    return start


def answered(value: Value) -> tuple[Any, Value]:
    """The status and the answer: `return 201, book`, or the answer alone."""
    if isinstance(value, Items) and value.kind == "tuple" and value.items is not None and len(value.items) == 2:
        status = value.items[0]
        if isinstance(status, Constant) and isinstance(status.value, int):
            return status.value, value.items[1]
    return 200, value


def schemas_for(it: Interpreter, symbol: FunctionSymbol, response: Any, status: Any) -> list[Named]:
    """The schemas by which an answer of that status is shown."""
    said = [response]
    if isinstance(response, l.Mapping):
        said = [
            value
            for code, value in zip(response.keys, response.values, strict=True)
            if isinstance(code, l.Const) and code.value == status
        ]
    found = [named for one in said for named in named_in(it, symbol.module, one) if is_schema(named.symbol)]
    return found if len(found) == 1 else []


def shown_by_schema(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`shown_by_schema(cls, obj)`: the schema made of one row."""
    from pitfall_lint.flow.serializers import origin, spot

    schema, value = arguments.args
    place = origin(it, frame)
    standing = shown.frame_at(it, place)
    it.stack.append(standing)
    for option in options(schema):
        if isinstance(option, ClassValue) and not in_prelude(option.symbol.module.path):
            shown.show(it, standing, Shape(option.symbol), value, parts_of, spot(place))
    it.stack.pop()
    return Dict(rest=UNKNOWN)


# --------------------------------------------------------------------- fields


def parts_of(it: Interpreter, shape: Shape) -> tuple[Part, ...]:
    """What a schema reads: its own fields, and those that a ModelSchema takes from its model."""
    memo_key = ("fields of a schema", shape.cls)
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is None:
        found: dict[str, Part] = {}
        for base in reversed(list(user_classes(shape.cls))):
            if is_schema(base):
                found.update({part.name: part for part in declared(it, shape.cls, base)})
        if shape.cls.is_subclass_of(MODEL_SCHEMA):
            for part in of_model(it, shape.cls):
                found.setdefault(part.name, part)
        held = it.plans[memo_key] = tuple(found.values())
    return held


def declared(it: Interpreter, symbol: ClassSymbol, base: ClassSymbol) -> Iterator[Part]:
    """The fields that a class body annotates."""
    for name, member in base.members.items():
        let = member.node
        if not isinstance(let, l.Let) or let.annotation is None or name.startswith("_") or name == "model_config":
            continue
        named = shape_of(it, base.module, let.annotation, is_schema)
        inner = Shape(named.symbol) if named is not None else None
        resolver = resolver_of(symbol, name)
        if resolver is not None:
            given = len(resolver.node.params)
            yield Part(name, base, let.target, function=resolver, given=given, shape=inner, always=True)
            continue
        path = alias_of(let.value) or name
        yield Part(name, base, let.target, path, shape=inner, calls="." in path)


def resolver_of(symbol: ClassSymbol, name: str) -> FunctionValue | None:
    """The static method `resolve_name`."""
    member = symbol.member(f"resolve_{name}")
    return querysets.member_function(member) if member is not None else None


def alias_of(value: Any) -> str | None:
    """The path in `Field(..., alias="author.name")`."""
    if not isinstance(value, l.Call):
        return None
    given = {word.name: word.value for word in value.keywords}
    for name in ALIASES:
        said = given.get(name)
        if isinstance(said, l.Const) and isinstance(said.value, str):
            return said.value
    return None


def of_model(it: Interpreter, symbol: ClassSymbol) -> Iterator[Part]:
    """The fields of `Meta` that read more than a column: many-to-many relations, of which each row's key is shown."""
    model, inner = meta_model(it, symbol), meta_class(it, symbol)
    if model is None or inner is None:
        return
    names = texts(meta_value(it, symbol, "fields")) or texts(meta_value(it, symbol, "model_fields"))
    hidden = texts(meta_value(it, symbol, "exclude")) or []
    for name in names if names is not None else default_names(model):
        relation = model.relation(name)
        if relation is not None and relation.kind == "m2m" and name not in hidden:
            owner, node = entry_of(inner, ("fields", "model_fields"), Constant(name))
            yield Part(name, owner, node, name)


def texts(value: Value) -> list[str] | None:
    """A list of strings; None where it is something else."""
    items = value.items if isinstance(value, Items) else None
    return [str(item.value) for item in items if isinstance(item, Constant)] if items is not None else None


TABLE = {"pitfall_lint.prelude.shown_by_schema": shown_by_schema}
