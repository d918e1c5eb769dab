"""What the prelude's declarative libraries ask of the interpreter: classes whose attributes say in strings what is
read of each row.

Tables (django-tables2), exports (django-import-export), search documents (django-elasticsearch-dsl) and resources
(Tastypie) differ in how they write it down, and share the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import builtins, collections, querysets, templates
from pitfall_lint.flow.admin import entry_of, frame_at, standing
from pitfall_lint.flow.forms import Declared, assignments, is_plain, makes, meta_class, meta_model, meta_value, shown_by
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    Constant,
    Dict,
    FunctionValue,
    Items,
    ManagerValue,
    Object,
    Query,
    Row,
    Value,
    join_all,
    options,
)
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.facts.records import TemplateFacts
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter

CHOICE = "django.forms.ModelChoiceField"
COLUMN = "django_tables2.Column"
ACCESSOR = "django_tables2.Accessor"
TO_ONE = ("ForeignKey", "ToOneField", "OneToOneField")
TO_MANY = ("ManyToManyField", "ToManyField")
SEPARATOR = re.compile(r"__|\.")
# What a table's own __init__ may use to show other columns, or other rows, than it declares.
CHANGES = frozenset({"columns", "base_columns", "exclude", "data", "sequence", "prefetch_related", "select_related"})


def user_classes(symbol: ClassSymbol) -> Iterator[ClassSymbol]:
    """The class and those of the user's that it inherits from, nearest first."""
    for base in symbol.mro:
        if isinstance(base, ClassSymbol) and not isinstance(base, StandIn):
            yield base


def declared(symbol: ClassSymbol) -> dict[str, Declared]:
    """What the class and its bases bind to calls, by name; a name bound to something else is not there."""
    found: dict[str, Declared] = {}
    for base in reversed(list(user_classes(symbol))):
        for name in base.members:
            found.pop(name, None)
        found.update(assignments(base))
    return found


def called(it: Interpreter, field: Declared) -> str:
    """The dotted name of what the declaration calls."""
    symbol = it.symbols.resolve_expr(field.owner.module, field.call.func)
    return symbol.dotted if isinstance(symbol, (ClassSymbol, ExternalSymbol)) else ""


def made_by(it: Interpreter, field: Declared) -> list[Object]:
    """What the declaration makes."""
    value = it.global_value(field.owner.module, field.let)
    return [option for option in options(value) if isinstance(option, Object)]


def written(field: Declared, path: str | None) -> Any:
    """Where the declaration says the path; else the name that it binds."""
    for part in l.walk(field.call):
        if isinstance(part, l.Const) and part.kind == "str" and part.value == path:
            return part
    return field.let.target


def read_path(it: Interpreter, frame: Frame, row: Value, path: str, node: Any) -> Value:
    """`a__b` or `a.b` read from a row, calling what is callable."""
    from pitfall_lint.flow import attributes, calls

    value = row
    for part in SEPARATOR.split(path):
        found = attributes.read(it, frame, value, part, node)
        value = join_all([calls.call_in_template(it, frame, option, node) for option in options(found)])
    return value


def call_named(it: Interpreter, frame: Frame, function: Value, given: dict[str, Value], node: Any) -> Value:
    """A function of the user's, with those of `given` that it has parameters for; each varies with the row."""
    from pitfall_lint.flow import calls

    inner = function.function if isinstance(function, Bound) else function
    if not isinstance(inner, FunctionValue):
        return UNKNOWN
    taken = {param.name: given[param.name] for param in inner.node.params if param.name in given}
    return calls.call_value(it, frame, function, Arguments(keywords=taken, varying=frozenset(taken)), node)


def as_text(it: Interpreter, frame: Frame, value: Value, node: Any) -> None:
    """Each alternative is turned into text."""
    from pitfall_lint.flow import calls

    for option in options(value):
        calls.as_text(it, frame, option, node)


def meta_manager(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`meta_manager(self)`: the default manager of the model that `Meta` names."""
    holder = builtins.first_of(arguments)
    model = meta_model(it, holder.base) if isinstance(holder, Object) else None
    return ManagerValue(model.default_manager, model) if model is not None else UNKNOWN


def called_with(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`called_with(self, name, item)`: an attribute as it stands, a method called with the item where it takes one."""
    from pitfall_lint.flow import attributes, calls

    holder, name, item = arguments.args
    if not isinstance(holder, Object) or not isinstance(name, Constant):
        return UNKNOWN
    found = attributes.read(it, frame, holder, str(name.value), node)
    made: list[Value] = []
    for option in options(found):
        if isinstance(option, Bound):
            takes = len([param for param in option.function.node.params if param.kind in ("positional", "normal")]) > 1
            given = Arguments([item], varying=frozenset({0}) if frame.loops else frozenset()) if takes else Arguments()
            made.append(calls.call_value(it, frame, option, given, node))
        else:
            made.append(option)
    return join_all(made)


# --------------------------------------------------------------------- filters


def list_of_filters(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`list_of_filters(self)`: the filters by which a row is chosen, where a template asks for the form; a program asks
    only whether it is valid.
    """
    holder = builtins.first_of(arguments)
    user = next((active for active in reversed(it.stack) if not in_prelude(active.path)), None)
    if not isinstance(holder, Object) or user is None or user.module is not None:
        return UNKNOWN
    made: list[Value] = [
        Object(option.base, shown_by(it, field, dict(option.attributes)))
        for field in declared(holder.base).values()
        if makes(it, field, CHOICE)
        for option in made_by(it, field)
        if is_plain(option.base)
    ]
    return Items("list", made)


# ---------------------------------------------------------------------- tables


def shows_itself(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`shows_itself(self, exclude)`: whether the table shows what it declares, as far as can be told."""
    table, exclude = arguments.args
    if not isinstance(table, Object) or exclude is UNKNOWN:
        return Constant(False)
    for base in user_classes(table.base):
        own = base.members.get("__init__")
        if own is not None and isinstance(own.node, l.Function) and not CHANGES.isdisjoint(own.node.names):
            return Constant(False)
    return Constant(True)


def shown_in_table(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`shown_in_table(self, exclude)`: the names of the columns."""
    table, exclude = arguments.args
    if not isinstance(table, Object):
        return UNKNOWN
    names = [name for name, field in declared(table.base).items() if makes(it, field, COLUMN)]
    model = meta_model(it, table.base)
    fields = meta_value(it, table.base, "fields")
    if isinstance(fields, Items) and fields.items is not None:
        listed = [str(item.value) for item in fields.items if isinstance(item, Constant)]
        names += [name for name in listed if name not in names] if model is not None else []
    elif model is not None and fields is UNKNOWN:
        names += [name for name in (*model.fields, *model.relations) if name not in names and _is_own(model, name)]
    hidden = {
        item.value
        for value in (exclude, meta_value(it, table.base, "exclude"))
        if isinstance(value, Items)
        for item in value.items or ()
        if isinstance(item, Constant)
    }
    return Items("list", [Constant(name) for name in names if name not in hidden])


def _is_own(model: Any, name: str) -> bool:
    relation = model.relation(name)
    return relation is None or relation.kind in ("fk", "o2o")


def table_column(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`table_column(self, name, row)`: the column's value, and what shows it."""
    table, column, rows = arguments.args
    if not isinstance(table, Object) or not isinstance(column, Constant):
        return UNKNOWN
    name = str(column.value)
    held = declared(table.base).get(name)
    made: Object | None = None
    if held is not None:
        made = next(iter(made_by(it, held)), None)
        accessor = _path(made.attributes.get("accessor")) if made is not None else None
        place, at = frame_at(held.owner.module, held.owner), written(held, accessor)
    else:
        inner = meta_class(it, table.base)
        owner, at = entry_of(inner if inner is not None else table.base, ("fields",), column)
        place = frame_at(owner.module, owner)
    attributes = made.attributes if made is not None else {}
    if attributes.get("visible") == Constant(False):
        return UNKNOWN
    with standing(it, place):
        for row in options(rows):
            if isinstance(row, Row):
                _show_cell(it, place, table, name, made, row, at)
    return UNKNOWN


def _show_cell(
    it: Interpreter, frame: Frame, table: Object, name: str, column: Object | None, row: Row, node: Any
) -> None:
    from pitfall_lint.flow import attributes

    said = column.attributes if column is not None else {}
    path = _path(said.get("accessor"))
    value = read_path(it, frame, row, path or name, node) if path is not None else UNKNOWN
    given = {
        "value": value,
        "record": row,
        "table": table,
        "column": UNKNOWN,
        "bound_column": UNKNOWN,
        "bound_row": UNKNOWN,
    }
    own = table.base.member(f"render_{name}")
    render = column.base.member("render") if column is not None else None
    if own is not None and not in_prelude(own.owner.module.path):
        call_named(it, frame, attributes.member_of(it, frame, own, table, node), given, node)
    elif render is not None and column is not None and not in_prelude(render.owner.module.path):
        call_named(it, frame, attributes.member_of(it, frame, render, column, node), given, node)
    elif "template_code" in said:
        _show_template(it, frame, said, given, node)
    elif "transform" in said:
        _show_many(it, frame, said, value, node)
    else:
        as_text(it, frame, value, node)
    _follow_links(it, frame, said, path or name, row, given, node)


def _path(accessor: Value | None) -> str | None:
    """The path that a column names; "" where it names none, None where it cannot be told."""
    if accessor is None or accessor == NONE or accessor is UNKNOWN:
        return "" if accessor is not UNKNOWN else None
    if isinstance(accessor, Object):
        accessor = accessor.attributes.get("path", UNKNOWN)
    return accessor.value if isinstance(accessor, Constant) and isinstance(accessor.value, str) else None


def _show_template(it: Interpreter, frame: Frame, said: dict[str, Value], given: dict[str, Value], node: Any) -> None:
    variables = {name: given[name] for name in ("record", "value", "table")}
    code, name = said["template_code"], said.get("template_name", NONE)
    if isinstance(code, Constant) and isinstance(code.value, str):
        varying, frame.varying = frame.varying, {"record", "value"}
        templates.run(it, frame, template_of(code.value), variables, node, "renders the column")
        frame.varying = varying
    elif isinstance(name, Constant):
        templates.render(it, frame, name, Dict(dict(variables)), node)


_TEMPLATES: dict[str, TemplateFacts] = {}


def template_of(code: str) -> TemplateFacts:
    """A template that stands in a string of the program; what it reads is said to be read where the string is used."""
    held = _TEMPLATES.get(code)
    if held is None:
        from pitfall_lint.facts import django_template
        from pitfall_lint.project.prelude import PREFIX

        held = _TEMPLATES[code] = django_template.read(f"{PREFIX}column-{len(_TEMPLATES)}.html", code)
    return held


def _show_many(it: Interpreter, frame: Frame, said: dict[str, Value], value: Value, node: Any) -> None:
    from pitfall_lint.flow import iteration

    for option in options(value):
        if isinstance(option, ManagerValue) and said.get("filter", NONE) == NONE:
            made = querysets.base_query(it, frame, option, node)
            each = iteration.iterate(it, frame, made, node)
            transform = said.get("transform", NONE)
            if transform != NONE:
                collections.apply(it, frame, transform, each, node)
            else:
                as_text(it, frame, each, node)


def _follow_links(
    it: Interpreter, frame: Frame, said: dict[str, Value], path: str, row: Row, given: dict[str, Value], node: Any
) -> None:
    """The rows that the arguments of a cell's link name, and the address that a row gives of itself."""
    from pitfall_lint.flow import attributes

    linked = said.get("linkify", NONE)
    if linked == Constant(True):
        target = read_path(it, frame, row, path, node)
        shown = [option for option in options(target) if isinstance(option, Row)] or [row]
        for option in shown:
            found = attributes.read(it, frame, option, "get_absolute_url", node)
            call_named(it, frame, found, {}, node)
    elif isinstance(linked, FunctionValue):
        call_named(it, frame, linked, given, node)
    for value in (linked, said.get("args", NONE), said.get("kwargs", NONE)):
        for accessor in _accessors(value):
            read_path(it, frame, row, accessor, node)


def _accessors(value: Value, depth: int = 3) -> Iterator[str]:
    if isinstance(value, Object) and value.base.is_subclass_of(ACCESSOR):
        path = _path(value)
        if path:
            yield path
    elif isinstance(value, Items) and depth:
        for item in value.items or ():
            yield from _accessors(item, depth - 1)
    elif isinstance(value, Dict) and depth:
        for item in value.entries.values():
            yield from _accessors(item, depth - 1)


# --------------------------------------------------------------------- exports


def exported_fields(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`exported_fields(self)`: the names of the declared fields, and the paths that `Meta.fields` adds."""
    resource = builtins.first_of(arguments)
    if not isinstance(resource, Object):
        return UNKNOWN
    fields = meta_value(it, resource.base, "fields")
    listed = (
        [str(item.value) for item in fields.items or () if isinstance(item, Constant)]
        if isinstance(fields, Items)
        else None
    )
    own = [
        name
        for name, declaration in declared(resource.base).items()
        if called(it, declaration) == "import_export.fields.Field"
    ]
    names = own + [name for name in listed or () if name not in own]
    return Items("list", [Constant(name) for name in names])


def exported(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`exported(self, name, row)`: `dehydrate_name(row)`, else the field's attribute, else a path of `Meta.fields`."""
    resource, field, rows = arguments.args
    if not isinstance(resource, Object) or not isinstance(field, Constant):
        return UNKNOWN
    name = str(field.value)
    if _prepared(it, frame, resource, f"dehydrate_{name}", rows, node):
        return UNKNOWN
    held = declared(resource.base).get(name)
    if held is not None:
        path = next((made.attributes.get("attribute", NONE) for made in made_by(it, held)), NONE)
        said = path.value if isinstance(path, Constant) else None
        place, at = frame_at(held.owner.module, held.owner), written(held, str(said))
    else:
        inner = meta_class(it, resource.base)
        path = field if "__" in name else NONE
        owner, at = entry_of(inner if inner is not None else resource.base, ("fields",), field)
        place = frame_at(owner.module, owner)
    if isinstance(path, Constant) and isinstance(path.value, str) and "__" in path.value:
        with standing(it, place):
            for row in options(rows):
                read_path(it, place, row, path.value, at)
    return UNKNOWN


def _prepared(it: Interpreter, frame: Frame, holder: Object, name: str, item: Value, node: Any) -> bool:
    """Whether the user has a method for it, which is then called with the item."""
    from pitfall_lint.flow import attributes
    from pitfall_lint.flow.admin import call_with

    member = holder.base.member(name)
    if member is None or in_prelude(member.owner.module.path):
        return False
    if isinstance(member.node, l.Function):
        call_with(it, frame, attributes.member_of(it, frame, member, holder, node), item, node)
    return True


def _names_of(it: Interpreter, holder: Value, library: str) -> Items:
    """The names of the fields that the class declares by calls of that library."""
    found = declared(holder.base) if isinstance(holder, Object) else {}
    return Items("list", [Constant(name) for name, field in found.items() if called(it, field).startswith(library)])


# ------------------------------------------------------------ search documents


def indexed_manager(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`indexed_manager(self)`: the default manager of the model that `class Django` names."""
    holder = builtins.first_of(arguments)
    model = meta_model(it, holder.base, "Django") if isinstance(holder, Object) else None
    return ManagerValue(model.default_manager, model) if model is not None else UNKNOWN


def indexed_fields(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`indexed_fields(self)`: the names of the declared fields."""
    holder = builtins.first_of(arguments)
    return _names_of(it, holder, "django_elasticsearch_dsl.fields.")


def indexed(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`indexed(self, name, row)`: `prepare_name(row)`, else the path that `attr` says, else the field's name."""
    holder, given_name, rows = arguments.args
    if not isinstance(holder, Object) or not isinstance(given_name, Constant):
        return UNKNOWN
    name = str(given_name.value)
    if _prepared(it, frame, holder, f"prepare_{name}", rows, node):
        return UNKNOWN
    field = declared(holder.base)[name]
    place = frame_at(field.owner.module, field.owner)
    given = [word.value for word in field.call.keywords if word.name == "attr"]
    path = given[0].value if given and isinstance(given[0], l.Const) else name if not given else None
    if isinstance(path, str):
        with standing(it, place):
            for row in options(rows):
                read_path(it, place, row, path, written(field, path))
    return UNKNOWN


# ------------------------------------------------------------------- resources


def resource_rows(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`resource_rows(self)`: the queryset of `Meta`."""
    holder = builtins.first_of(arguments)
    given = meta_value(it, holder.base, "queryset") if isinstance(holder, Object) else UNKNOWN
    return join_all([option for option in options(given) if isinstance(option, Query)])


def related_fields(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`related_fields(self)`: the names of the declared fields."""
    holder = builtins.first_of(arguments)
    return _names_of(it, holder, "tastypie.fields.")


def dehydrated(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`dehydrated(self, name, row)`: a relation is read, for its address or in full."""
    holder, field, rows = arguments.args
    if isinstance(holder, Object) and isinstance(field, Constant):
        _dehydrate(it, frame, holder, str(field.value), rows, 3, node)
    return UNKNOWN


def _dehydrate(it: Interpreter, frame: Frame, holder: Object, name: str, rows: Value, depth: int, node: Any) -> None:
    from pitfall_lint.flow import iteration

    field = declared(holder.base)[name]
    kind = called(it, field).rpartition(".")[2]
    bundle = it.symbols.lookup("tastypie.bundle.Bundle")
    if isinstance(bundle, ClassSymbol):
        _prepared(it, frame, holder, f"dehydrate_{name}", Object(bundle, {"obj": rows}), node)
    if kind not in (*TO_ONE, *TO_MANY) or len(field.call.args) < 2:
        return
    attribute = field.call.args[1]
    if not isinstance(attribute, l.Const) or not isinstance(attribute.value, str):
        return
    place, at = frame_at(field.owner.module, field.owner), written(field, attribute.value)
    words = {word.name: word.value for word in field.call.keywords}
    full = words.get("full")
    target = it.symbols.resolve_expr(field.owner.module, field.call.args[0])
    with standing(it, place):
        value = join_all([read_path(it, place, row, attribute.value, at) for row in options(rows)])
        if kind in TO_MANY:
            made = [querysets.base_query(it, place, o, at) for o in options(value) if isinstance(o, ManagerValue)]
            value = join_all([iteration.iterate(it, place, one, at) for one in made])
        if isinstance(full, l.Const) and full.value and depth and isinstance(target, ClassSymbol):
            for inner, deeper in declared(target).items():
                if called(it, deeper).startswith("tastypie.fields."):
                    _dehydrate(it, place, Object(target), inner, value, depth - 1, at)


TABLE = {
    f"pitfall_lint.prelude.{handler.__name__}": handler
    for handler in (
        called_with,
        dehydrated,
        exported,
        exported_fields,
        indexed,
        indexed_fields,
        indexed_manager,
        list_of_filters,
        meta_manager,
        related_fields,
        resource_rows,
        shown_in_table,
        shows_itself,
        table_column,
    )
}
