"""Flask-RESTful's and Flask-RESTX's output fields: what `marshal` and `marshal_with` read of each row.

The fields stand in a dict, or in a model that `api.model("Book", {...})` makes of one.
https://flask-restful.readthedocs.io/en/latest/fields.html
https://flask-restx.readthedocs.io/en/latest/marshalling.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import shown
from pitfall_lint.flow.marshmallow import first_of_tuple
from pitfall_lint.flow.shown import Part, Shape, Table
from pitfall_lint.flow.values import UNKNOWN, Dict, FunctionValue, Value, options
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, ValueSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.roots import Start
    from pitfall_lint.project.classes import FunctionSymbol
    from pitfall_lint.project.modules import Module

LIBRARIES = ("flask_restful", "flask_restx", "flask_restplus")
FIELDS = tuple(f"{library}.fields." for library in LIBRARIES)
MAKING = frozenset({"model", "Model", "inherit", "clone", "extend", "OrderedModel"})
ANSWERING = frozenset({"marshal_with", "marshal_list_with"})


# -------------------------------------------------------------------- answers


def starts(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """The views under `@marshal_with(book_fields)`: each is called, and what it returns is shown."""
    for symbol in it.symbols.functions():
        for decorator in symbol.node.decorators:
            if isinstance(decorator, l.Call) and decorator.args and called(decorator) in ANSWERING:
                table = table_of(it, symbol.module, decorator.args[0])
                if table is not None:
                    name = f"{symbol.module.path}:{symbol.node.qualname}:marshalled"
                    yield name, start_at(it, symbol, table, decorator.args[0])


def called(call: l.Call) -> str:
    """The last name of what is called."""
    return call.func.name if isinstance(call.func, l.Attr) else call.func.id if isinstance(call.func, l.Name) else ""


def start_at(it: Interpreter, symbol: FunctionSymbol, table: Table, node: Any) -> Start:
    """A start at a view, whose answer is shown by the fields that the decorator names."""

    def start() -> None:
        from pitfall_lint.flow import roots

        run = roots.start_of(it, symbol)
        answer = run() if run is not None else UNKNOWN
        frame = shown.frame_at(it, Place(symbol.module.path, node.start, node.end))
        frame.qualname = symbol.node.qualname
        it.stack.append(frame)
        value = first_of_tuple(answer) if isinstance(answer, Value) else UNKNOWN
        shown.show(it, frame, Shape(table), value, parts_of, node)
        it.stack.pop()

    return start


def marshal(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`marshal(data, fields)`."""
    value, fields = arguments.get(0, "data"), arguments.get(1, "fields")
    said = arguments.node.args[1] if arguments.node is not None and len(arguments.node.args) > 1 else None
    table = table_of(it, frame.module, said) if frame.module is not None and said is not None else None
    if table is None and fields is not None:
        table = next((tables(it).get(id(option)) for option in options(fields) if isinstance(option, Dict)), None)
    if value is not None and table is not None:
        shown.show(it, frame, Shape(table), value, parts_of, node)
    return Dict(rest=UNKNOWN)


# --------------------------------------------------------------------- tables


def table_of(it: Interpreter, module: Module, node: Any, name: str = "fields") -> Table | None:
    """The fields that an expression stands for: a dict, a model made of one, the name of either."""
    if isinstance(node, (l.Name, l.Attr)):
        symbol = it.symbols.resolve_expr(module, node)
        if not isinstance(symbol, ValueSymbol) or symbol.value is None:
            return None
        return table_of(it, symbol.module, symbol.value, symbol.name)
    if isinstance(node, l.Collection) and len(node.items) == 1:
        return table_of(it, module, node.items[0], name)
    if isinstance(node, l.Mapping) or (isinstance(node, l.Call) and called(node) in MAKING):
        memo_key = ("output fields", id(node))
        if memo_key not in it.plans:
            entries = tuple(entries_in(it, module, node))
            it.plans[memo_key] = Table(name, module, node, entries) if entries else None
        found: Table | None = it.plans[memo_key]
        return found
    return None


def entries_in(it: Interpreter, module: Module, node: Any) -> Iterator[tuple[str, Module, Any, Any]]:
    """Name, module, key and value of each field; those of a model that this one inherits come first."""
    if isinstance(node, l.Call):
        for arg in node.args:
            if isinstance(arg, l.Mapping):
                yield from entries_in(it, module, arg)
            else:
                parent = table_of(it, module, arg)
                yield from parent.entries if parent is not None else ()
        return
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, l.Const) and is_field(it, module, value):
            yield str(key.value), module, key, value
        elif key is None:
            parent = table_of(it, module, value)
            yield from parent.entries if parent is not None else ()


def is_field(it: Interpreter, module: Module, node: Any) -> bool:
    """Whether the expression is a field of the library's, or of a class that inherits from one."""
    named = it.symbols.resolve_expr(module, node.func if isinstance(node, l.Call) else node)
    if isinstance(named, ClassSymbol):
        return any(name.startswith(FIELDS) for name in named.ancestors)
    return isinstance(named, ExternalSymbol) and named.dotted.startswith(FIELDS)


def tables(it: Interpreter) -> dict[int, Table]:
    """The dicts of fields at the top of modules, by the value that each is."""
    if "output fields by value" not in it.plans:
        found: dict[int, Table] = {}
        for path, facts in it.project.python.items():
            module = it.symbols.module_at(path)
            if module is not None and not facts.shallow and "fields" in facts.words:
                for node in facts.body:
                    if isinstance(node, l.Let) and isinstance(node.value, l.Mapping):
                        table = table_of(it, module, node.value, l.dotted(node.target) or "fields")
                        if table is not None:
                            found[id(it.global_value(module, node))] = table
        it.plans["output fields by value"] = found
    held: dict[int, Table] = it.plans["output fields by value"]
    return held


# --------------------------------------------------------------------- fields


def parts_of(it: Interpreter, shape: Shape) -> tuple[Part, ...]:
    """What output fields read of a row."""
    table = shape.symbol
    assert isinstance(table, Table)
    memo_key = ("parts of output fields", id(table.node))
    held: tuple[Part, ...] | None = it.plans.get(memo_key)
    if held is None:
        held = it.plans[memo_key] = tuple(
            part
            for name, module, key, value in table.entries
            if (part := part_of(it, Table(table.name, module, table.node, ()), name, key, value)) is not None
        )
    return held


def part_of(it: Interpreter, owner: Table, name: str, key: Any, value: Any) -> Part | None:
    """What one field reads: the attribute of its name, or what `attribute` says; one whose class answers in its own way
    is not known."""
    inner = nested_in(it, owner.module, value)
    shape = Shape(inner) if inner is not None else None
    if not isinstance(value, l.Call):
        return Part(name, owner, key, name, shape=shape)
    named = it.symbols.resolve_expr(owner.module, value.func)
    if isinstance(named, ClassSymbol) and named.member("output") is not None:
        return None
    given = next((word.value for word in value.keywords if word.name == "attribute"), None)
    if given is None:
        return Part(name, owner, key, name, shape=shape)
    if isinstance(given, l.Const) and isinstance(given.value, str):
        return Part(name, owner, key, given.value, shape=shape)
    function = it.evaluate(shown.frame_at(it, Place(owner.module.path, given.start, given.end)), given)
    return Part(name, owner, key, function=function, shape=shape) if isinstance(function, FunctionValue) else None


def nested_in(it: Interpreter, module: Module, value: Any) -> Table | None:
    """The fields within `Nested(author_fields)`, `List(Nested(tag_fields))`."""
    if not isinstance(value, l.Call) or not value.args or not is_field(it, module, value):
        return None
    last = called(value)
    if last == "List":
        return nested_in(it, module, value.args[0])
    return table_of(it, module, value.args[0]) if last == "Nested" else None


TABLE = {f"{library}.marshal": marshal for library in LIBRARIES}
