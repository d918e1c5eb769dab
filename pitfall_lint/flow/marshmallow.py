"""marshmallow: what the fields of a schema read of each row that it dumps.

A field reads the attribute of its name; a nested one is shown by its own schema, `Method` and `Function` call the
program's code. The schemas of marshmallow-sqlalchemy read the relations of their model where they are told to.
https://marshmallow.readthedocs.io/en/stable/nesting.html
https://marshmallow-sqlalchemy.readthedocs.io/en/latest/api_reference.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import querysets, shown
from pitfall_lint.flow.declarative import declared, made_by, user_classes
from pitfall_lint.flow.forms import Declared, meta_class, meta_value
from pitfall_lint.flow.shown import Part, Shape
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
    Row,
    Value,
    join_all,
    options,
    truth,
)
from pitfall_lint.project.classes import ClassSymbol, ValueSymbol
from pitfall_lint.project.prelude import in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.roots import Start
    from pitfall_lint.project.classes import FunctionSymbol
    from pitfall_lint.project.django.models import Model

SCHEMA = "marshmallow.Schema"
FIELDS = "marshmallow.fields"
AUTO, OLD_AUTO = "marshmallow_sqlalchemy.SQLAlchemyAutoSchema", "marshmallow_sqlalchemy.ModelSchema"
ANSWERING = frozenset({"response", "output", "marshal_with"})  # flask-smorest, APIFlask, flask-apispec
CHANGING = ("get_attribute", "dump", "_serialize", "on_bind_field")  # what, once overridden, shows rows in another way


def is_schema(symbol: ClassSymbol) -> bool:
    """Whether the class is a schema."""
    return symbol.is_subclass_of(SCHEMA)


# -------------------------------------------------------------------- dumping


def dumped(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`dumped(self, obj, many)`: a row, or each row of several, is shown by the schema."""
    from pitfall_lint.flow.serializers import origin, spot

    schema, value, many = arguments.args
    place = origin(it, frame)
    standing = shown.frame_at(it, place)
    it.stack.append(standing)
    for option in options(schema):
        if isinstance(option, Object):
            show(it, standing, option, value, many, spot(place))
    it.stack.pop()
    return Dict(rest=UNKNOWN)


def show(it: Interpreter, frame: Frame, schema: Object, value: Value, many: Value, node: Any) -> None:
    """What the schema shows of a value: of a set only where it is told that there are many."""
    shape = shape_of(it, schema)
    if shape is None:
        return
    asked = many if many != NONE else schema.attributes.get("many", UNKNOWN)
    for option in options(value):
        if isinstance(option, (Row, Object, Dict)) or truth(asked) is not False:
            shown.show(it, frame, shape, option, parts_of, node)


def starts(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """The views that a decorator lets a schema answer for: `@blueprint.response(200, BookSchema(many=True))`."""
    for symbol in it.symbols.functions():
        for decorator in symbol.node.decorators:
            if isinstance(decorator, l.Call) and isinstance(decorator.func, (l.Attr, l.Name)):
                called = decorator.func.name if isinstance(decorator.func, l.Attr) else decorator.func.id
                if called in ANSWERING:
                    given = [*decorator.args, *(word.value for word in decorator.keywords)]
                    for node in given:
                        if names_schema(it, symbol, node):
                            yield f"{symbol.module.path}:{symbol.node.qualname}:{called}", start_at(it, symbol, node)


def names_schema(it: Interpreter, symbol: FunctionSymbol, node: Any) -> bool:
    """Whether an expression is a schema class, an instance of one, or a name of either."""
    named = it.symbols.resolve_expr(symbol.module, node.func if isinstance(node, l.Call) else node)
    if isinstance(named, ValueSymbol) and isinstance(named.value, l.Call):
        named = it.symbols.resolve_expr(named.module, named.value.func)
    return isinstance(named, ClassSymbol) and is_schema(named)


def start_at(it: Interpreter, symbol: FunctionSymbol, node: Any) -> Start:
    """A start at a view, whose answer is shown by the schema that stands at `node`."""

    def start() -> None:
        from pitfall_lint.flow import calls, roots

        run = roots.start_of(it, symbol)
        answer = run() if run is not None else UNKNOWN
        frame = shown.frame_at(it, Place(symbol.module.path, node.start, node.end))
        frame.qualname = symbol.node.qualname
        it.stack.append(frame)
        schema = it.evaluate(frame, node)
        for option in options(schema):
            made = calls.instantiate(it, frame, option, no_arguments(), node) if type(option) is ClassValue else option
            if isinstance(made, Object) and isinstance(answer, Value):
                show(it, frame, made, first_of_tuple(answer), NONE, node)
        it.stack.pop()

    return start


def first_of_tuple(value: Value) -> Value:
    """The answer of `return books, 200`."""
    found: list[Value] = []
    for option in options(value):
        pair = isinstance(option, Items) and option.kind == "tuple" and option.items
        found.append(option.items[0] if pair and isinstance(option, Items) and option.items else option)
    return join_all(found)


def no_arguments() -> Arguments:
    """A call without arguments."""
    from pitfall_lint.flow.frames import Arguments

    return Arguments()


# --------------------------------------------------------------------- shapes


def shape_of(it: Interpreter, schema: Value) -> Shape | None:
    """What a schema, or its class, shows; None where what narrows it cannot be told."""
    if isinstance(schema, ClassValue):
        return Shape(schema.symbol) if is_schema(schema.symbol) else None
    if not isinstance(schema, Object) or not is_schema(schema.base) or in_prelude(schema.base.module.path):
        return None
    return narrowed(Shape(schema.base), schema)


def narrowed(shape: Shape, by: Object) -> Shape | None:
    """The shape as `only` and `exclude` narrow it."""
    only, exclude = names_in(by.attributes.get("only", NONE)), names_in(by.attributes.get("exclude", NONE))
    hidden = names_in(by.attributes.get("load_only", NONE) if by.base.is_subclass_of(SCHEMA) else NONE)
    if only is UNKNOWN or exclude is UNKNOWN or hidden is UNKNOWN:
        return None
    if only is not None:
        shape = replace(shape, only=only if shape.only is None else shape.only & only)
    return replace(shape, hidden=shape.hidden | (exclude or frozenset()) | (hidden or frozenset()))


def names_in(value: Value) -> Any:
    """The names in a list, in any of several; None where there is no list, UNKNOWN where it cannot be told."""
    found: set[str] = set()
    given = False
    for option in options(value):
        if isinstance(option, Items) and option.items is not None:
            given = True
            if not all(isinstance(item, Constant) for item in option.items):
                return UNKNOWN
            found.update(str(item.value) for item in option.items if isinstance(item, Constant))
        elif value != NONE:
            return UNKNOWN
    return frozenset(found) if given else None


def inside(shape: Shape, name: str, inner: Shape) -> Shape:
    """The shape within a field, with what `only=("author.name",)` says of it from outside."""
    ahead = f"{name}."
    hidden = frozenset(path[len(ahead) :] for path in shape.hidden if path.startswith(ahead))
    inner = replace(inner, hidden=inner.hidden | hidden)
    if shape.only is not None and name not in shape.only:
        only = frozenset(path[len(ahead) :] for path in shape.only if path.startswith(ahead))
        inner = replace(inner, only=only)
    return inner


# --------------------------------------------------------------------- fields


def parts_of(it: Interpreter, shape: Shape) -> tuple[Part, ...]:
    """What a schema reads."""
    memo_key = ("fields of a schema", shape)
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is None:
        asked = None if shape.only is None else {path.partition(".")[0] for path in shape.only}
        held = it.plans[memo_key] = tuple(
            part if part.shape is None else replace(part, shape=inside(shape, part.name, part.shape))
            for part in every_part(it, shape.cls)
            if (asked is None or part.name in asked) and part.name not in shape.hidden
        )
    return held


def every_part(it: Interpreter, symbol: ClassSymbol) -> tuple[Part, ...]:
    """The fields of a schema class: declared ones, and relations that it takes from its model."""
    memo_key = ("fields of a schema class", symbol)
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is not None:
        return held
    it.plans[memo_key] = ()
    if changes_rows(symbol):
        return ()
    found: dict[str, Part] = {}
    fields = declared(symbol)
    for name, field in fields.items():
        for made in made_by(it, field):
            part = part_of(it, symbol, name, field, made) if made.base.is_subclass_of(f"{FIELDS}.Field") else None
            if part is not None:
                found[name] = part
    for part in of_model(it, symbol):
        if part.name not in fields:
            found[part.name] = part
    listed, hidden = names_in(meta(it, symbol, "fields")), names_in(meta(it, symbol, "exclude"))
    loaded = names_in(meta(it, symbol, "load_only"))
    known = all(names is not UNKNOWN for names in (listed, hidden, loaded))
    held = it.plans[memo_key] = tuple(
        part
        for name, part in found.items()
        if known and (listed is None or name in listed) and name not in (hidden or ()) and name not in (loaded or ())
    )
    return held


def meta(it: Interpreter, symbol: ClassSymbol, name: str) -> Value:
    """What `Meta` says of `name`; None where it says nothing."""
    inner = meta_class(it, symbol)
    if inner is None or inner.member(name) is None:
        return NONE
    return meta_value(it, symbol, name)


def changes_rows(symbol: ClassSymbol) -> bool:
    """Whether the program itself prepares what is dumped, or reads it in its own way."""
    for base in user_classes(symbol):
        for name, member in base.members.items():
            if isinstance(member.node, l.Function):
                written = [part.func if isinstance(part, l.Call) else part for part in member.node.decorators]
                if name in CHANGING or any((l.dotted(part) or "").endswith("pre_dump") for part in written):
                    return True
    return False


def part_of(it: Interpreter, symbol: ClassSymbol, name: str, field: Declared, made: Object) -> Part | None:
    """What a declared field reads."""
    said = made.attributes
    if said.get("load_only") == Constant(True) or made.base.is_subclass_of(f"{FIELDS}.Constant"):
        return None
    attribute = said.get("attribute", NONE)
    if attribute is UNKNOWN:
        return None
    path = str(attribute.value) if isinstance(attribute, Constant) and attribute.value else name
    plain = Part(name, field.owner, field.let.target, path)
    serialize = said.get("serialize", NONE)
    if made.base.is_subclass_of(f"{FIELDS}.Method"):
        member = symbol.member(str(serialize.value)) if isinstance(serialize, Constant) else None
        function = querysets.member_function(member) if member is not None else None
        return replace(plain, function=function, receiver=Object(symbol), always=True) if function is not None else None
    if made.base.is_subclass_of(f"{FIELDS}.Function"):
        if not isinstance(serialize, FunctionValue):
            return None
        return replace(plain, function=serialize, given=len(serialize.node.params), always=True)
    shown_by = made.base.member("_serialize")
    if shown_by is not None and not in_prelude(shown_by.owner.module.path):
        then = querysets.member_function(shown_by)
        return replace(plain, then=then, receiver=made)
    return replace(plain, shape=nested_in(it, symbol, made))


def nested_in(it: Interpreter, symbol: ClassSymbol, made: Object) -> Shape | None:
    """The shape of a nested field, or of a list of nested ones."""
    if made.base.is_subclass_of(f"{FIELDS}.List"):
        inner = made.attributes.get("inner", UNKNOWN)
        return nested_in(it, symbol, inner) if isinstance(inner, Object) else None
    if not made.base.is_subclass_of(f"{FIELDS}.Nested"):
        return None
    shape = shape_of(it, schema_named(it, symbol, made.attributes.get("nested", UNKNOWN)))
    shape = narrowed(shape, made) if shape is not None else None
    field = made.attributes.get("field_name")
    if shape is not None and isinstance(field, Constant):
        shape = replace(shape, only=frozenset([str(field.value)]))
    return shape


def schema_named(it: Interpreter, symbol: ClassSymbol, value: Value) -> Value:
    """The schema that a nested field is given: a class, an instance, what a function returns, a name."""
    if isinstance(value, FunctionValue):
        value = it.call(value, None, no_arguments(), None)
    if not isinstance(value, Constant):
        return value
    if value.value == "self":
        return ClassValue(symbol)
    name = str(value.value).rpartition(".")[2]
    found = [other for other in schemas(it) if other.name == name]
    return ClassValue(found[0]) if len(found) == 1 else UNKNOWN


def schemas(it: Interpreter) -> tuple[ClassSymbol, ...]:
    """Every schema class of the project."""
    memo_key = "schema classes"
    if memo_key not in it.plans:
        it.plans[memo_key] = tuple(symbol for symbol in it.symbols.classes() if is_schema(symbol))
    found: tuple[ClassSymbol, ...] = it.plans[memo_key]
    return found


def of_model(it: Interpreter, symbol: ClassSymbol) -> Iterator[Part]:
    """The relations that a schema takes from its model: all of them where it includes relationships."""
    told = meta(it, symbol, "include_relationships") == Constant(True) and symbol.is_subclass_of(AUTO)
    inner = meta_class(it, symbol)
    model = model_of(it, symbol)
    if model is None or inner is None or not (told or symbol.is_subclass_of(OLD_AUTO)):
        return
    said = inner.member("include_relationships") or inner.member("model")
    for relation in model.relations.values() if said is not None else ():
        if said is not None:
            yield Part(relation.name, said.owner, said.node, relation.name)


def model_of(it: Interpreter, symbol: ClassSymbol) -> Model | None:
    """The mapped class that `Meta` names."""
    for option in options(meta(it, symbol, "model")):
        if isinstance(option, ModelValue):
            return option.model
        if isinstance(option, ClassValue):
            return it.model_of(option.symbol)
    return None


TABLE = {"pitfall_lint.prelude.dumped": dumped}
