"""What the prelude's admin pages ask of the interpreter: the model that an admin class is registered for, what Django
joins by itself, and how a column's name is looked up. Held to counted queries by the tests.

https://docs.djangoproject.com/en/stable/ref/contrib/admin/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import builtins, querysets
from pitfall_lint.flow.frames import Arguments, Frame
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    ClassValue,
    Constant,
    FunctionValue,
    Items,
    Method,
    ModelValue,
    Object,
    Query,
    Row,
    Scope,
    Site,
    Value,
    join_all,
    options,
    replace,
)
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.modules import statements
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.classes import Member
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.symbols import Module, Symbol

ADMIN = "django.contrib.admin.ModelAdmin"
DEEPEST_JOIN = 5  # where a bare select_related() stops
MOST_JOINS = 400
NAMES_ONLY = (6, 1)  # from here on the changelist joins the keys that list_display names, and nothing else
LABELLED = (5, 0)  # from here on the checkbox of each row is labelled with the row's text


# --------------------------------------------------------------- registration


class Registrations:
    """Which models each admin class is registered for, and the models registered without one."""

    def __init__(self, it: Interpreter) -> None:
        self.classes: dict[ClassSymbol, list[Model]] = {}
        self.bare: list[tuple[Model, Module, l.Call]] = []
        for module in it.symbols.modules.values():
            if not module.facts.shallow and "register" in module.facts.words:
                self._read(it, module)

    def _read(self, it: Interpreter, module: Module) -> None:
        for node in statements(module.facts.body):
            if isinstance(node, l.Do) and isinstance(node.value, l.Call) and _is_register(node.value):
                call = node.value
                models = list(_models(it, module, call.args[:1]))
                if len(call.args) > 1 or call.keywords:
                    given = (
                        call.args[1]
                        if len(call.args) > 1
                        else next((word.value for word in call.keywords if word.name == "admin_class"), None)
                    )
                    symbol = it.symbols.resolve_expr(module, given) if given is not None else None
                    self._add(symbol, models)
                elif models and _is_admin_site(it.symbols.resolve_expr(module, call.func)):
                    self.bare.extend((model, module, call) for model in models)
            elif isinstance(node, l.Class):
                for decorator in node.decorators:
                    if isinstance(decorator, l.Call) and _is_register(decorator):
                        self._add(it.symbols.resolve(module, node.name), list(_models(it, module, decorator.args)))

    def _add(self, symbol: Symbol | None, models: list[Model]) -> None:
        if isinstance(symbol, ClassSymbol) and symbol.is_subclass_of(ADMIN):
            held = self.classes.setdefault(symbol, [])
            held.extend(model for model in models if model not in held)


def _is_register(call: l.Call) -> bool:
    return (isinstance(call.func, l.Attr) and call.func.name == "register") or (
        isinstance(call.func, l.Name) and call.func.id == "register"
    )


def _is_admin_site(symbol: Symbol | None) -> bool:
    return getattr(symbol, "dotted", None) == "django.contrib.admin.site.register"


def _models(it: Interpreter, module: Module, nodes: tuple[Any, ...]) -> Iterator[Model]:
    for node in nodes:
        if isinstance(node, l.Collection):
            yield from _models(it, module, node.items)
            continue
        frame = frame_at(module)
        for option in options(it.evaluate(frame, node)):
            model = (
                option.model
                if isinstance(option, ModelValue)
                else it.django.model_of(option.symbol)
                if isinstance(option, ClassValue)
                else None
            )
            if model is not None and not model.abstract:
                yield model


_REGISTERED: WeakKeyDictionary[Interpreter, Registrations] = WeakKeyDictionary()


def registrations(it: Interpreter) -> Registrations:
    """The project's registrations, read once."""
    held = _REGISTERED.get(it)
    if held is None:
        held = _REGISTERED[it] = Registrations(it)
    return held


def admin_model(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`self.model` of an admin class: what it is registered for."""
    admin = builtins.first_of(arguments)
    models = registrations(it).classes.get(admin.base, []) if isinstance(admin, Object) else []
    # A proxy or child of another of them is shown in the same way.
    models = [
        model for model in models if not any(other is not model and model.inherits_from(other) for other in models)
    ]
    return join_all([ClassValue(model.symbol) if model.symbol is not None else ModelValue(model) for model in models])


def registered_bare(it: Interpreter) -> Iterator[tuple[str, Callable[[], object]]]:
    """`admin.site.register(Book)` without a class: a changelist of one column, the row's text."""
    if not any("admin" in path for path in it.project.files):
        return
    stand_in = it.symbols.lookup(ADMIN)
    member = stand_in.member("show_rows") if isinstance(stand_in, ClassSymbol) else None
    show = querysets.member_function(member) if member is not None else None
    if show is None or not isinstance(stand_in, ClassSymbol):
        return
    for model, module, call in registrations(it).bare:
        yield f"{module.path}:{l.line_of(call.start)}", _start_bare(it, stand_in, show, model, module, call)


def _start_bare(
    it: Interpreter, stand_in: ClassSymbol, show: FunctionValue, model: Model, module: Module, call: l.Call
) -> Callable[[], object]:

    def start() -> object:
        from pitfall_lint.flow.values import ManagerValue

        frame = frame_at(module)
        site = Site(frame.place(call), "", source_of(call), "admin-register")
        made = querysets.base_query(it, frame, ManagerValue(model.default_manager, model), call, site)
        return it.call(show, Object(stand_in), Arguments([made, Items("tuple", [Constant("__str__")])]), None)

    return start


# ----------------------------------------------------------------------- rows


def bare_joins(model: Model) -> frozenset[str]:
    """What `select_related()` without arguments joins: every key that is never null, and those of its target, five
    steps deep.
    """
    found: set[str] = set()
    pending: list[tuple[str, Model, int]] = [("", model, 1)]
    while pending and len(found) < MOST_JOINS:
        prefix, current, depth = pending.pop()
        for relation in current.relations.values():
            if relation.kind in ("fk", "o2o") and not relation.nullable and not relation.parent_link:
                path = prefix + relation.name
                found.add(path)
                if relation.target is not None and depth < DEEPEST_JOIN:
                    pending.append((path + "__", relation.target, depth + 1))
    return frozenset(found)


def admin_rows(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_rows(self, queryset, list_display, list_select_related)`: the changelist's queryset, with what Django
    joins. One that joins anything
    itself is left alone: https://docs.djangoproject.com/en/stable/ref/contrib/admin/#django.contrib.admin.ModelAdmin.list_select_related
    """
    _, rows, columns, select_related = arguments.args
    return join_all(
        [_joined(it, option, columns, select_related) for option in options(rows) if isinstance(option, Query)]
    )


def _joined(it: Interpreter, query: Query, columns: Value, select_related: Value) -> Query:
    if query.joined and query.site.kind == "admin-class":  # the manager joins: Django asks the class for no more
        site = query.site
        return replace(query, site=Site(site.place, site.scope, site.source, "admin-queryset"))
    if query.joined or query.opaque:
        return query
    if select_related == Constant(True):
        joined = implied = bare_joins(query.model)
    elif isinstance(select_related, Items) and select_related.items is not None:
        names = _strings(select_related)
        if names is None:
            return replace(query, opaque=True)
        joined = frozenset(prefix for name in names for prefix in querysets.prefixes(name))
        implied = joined if query.site.kind != "admin-class" else frozenset()
    elif select_related == Constant(False):
        joined = implied = _own_joins(it, query.model, columns)
    else:
        return replace(query, opaque=True)
    if implied:
        it.implied[query.site] = it.implied.get(query.site, frozenset()) | implied
    return replace(query, joined=joined)


def _own_joins(it: Interpreter, model: Model, columns: Value) -> frozenset[str]:
    """What the changelist joins without being told: before 6.1 as `select_related()` does where it shows a key at
    all, from then on the keys it shows.
    """
    items = columns.items if isinstance(columns, Items) else None
    keys = {relation.name for relation in model.relations.values() if relation.kind in ("fk", "o2o")}
    shown = frozenset(
        item.value
        for item in items or ()
        if isinstance(item, Constant) and isinstance(item.value, str) and item.value in keys
    )
    if items is not None and all(isinstance(item, (Constant, FunctionValue)) for item in items) and not shown:
        return frozenset()
    version = it.django.version
    if version is None:
        return bare_joins(model) | shown
    return bare_joins(model) if version < NAMES_ONLY else shown


def _strings(items: Items) -> list[str] | None:
    found = [item.value for item in items.items or () if isinstance(item, Constant) and isinstance(item.value, str)]
    return found if len(found) == len(items.items or ()) else None


def frame_at(module: Module, owner: ClassSymbol | None = None) -> Frame:
    """An activation at a place in the user's code that is itself no function: an entry of a list, a field."""

    return Frame(module.path, module, Scope({}), owner.node.qualname if owner is not None else "", owner)


@contextmanager
def standing(it: Interpreter, frame: Frame) -> Iterator[None]:
    """While what happens is led to by that place."""
    it.stack.append(frame)
    try:
        yield
    finally:
        it.stack.pop()


def entry_of(symbol: ClassSymbol, names: tuple[str, ...], value: Value) -> tuple[ClassSymbol, Any]:
    """Where the class says `value` (a string) in one of the attributes or methods `names`; else its header."""
    for name in names:
        member = symbol.member(name)
        if member is None or in_prelude(member.owner.module.path) or not isinstance(value, Constant):
            continue
        for part in l.walk(member.node.body if isinstance(member.node, (l.Function, l.Class)) else member.node.value):
            if isinstance(part, l.Const) and part.kind == "str" and part.value == value.value:
                return member.owner, part
    node = symbol.node
    return symbol, l.Name(node.start, node.name_end, node.name)


def admin_column(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_column(self, row, name)`: a field of the row, a callable, something of the admin class, something of the
    row, in that order; then its text.
    """
    admin, rows, column = arguments.args
    if not isinstance(admin, Object):
        return UNKNOWN
    for row in options(rows):
        if isinstance(row, Row):
            owner, entry = entry_of(
                admin.base, ("list_display", "get_list_display", "readonly_fields", "get_readonly_fields"), column
            )
            place = frame if isinstance(owner, StandIn) else frame_at(owner.module, owner)
            with standing(it, place):
                _show(it, place, admin, row, column, entry if place is not frame else node)
    return UNKNOWN


def _show(it: Interpreter, frame: Frame, admin: Object, row: Row, column: Value, node: Any) -> None:
    from pitfall_lint.flow import attributes, calls

    shown: Value = UNKNOWN
    if isinstance(column, (FunctionValue, Bound)):
        shown = call_with(it, frame, column, row, node)
    elif isinstance(column, Constant) and isinstance(column.value, str):
        name = column.value
        relation = row.model.relation(name)
        own = admin.base.member(name) if name != "__str__" else None
        if name == "__str__":
            shown = row
        elif row.model.field(name) is not None or (
            relation is not None and not relation.to_many and relation.kind != "generic_fk"
        ):
            shown = attributes.read(it, frame, row, name, node)
        elif own is not None and not in_prelude(own.owner.module.path):
            found = attributes.member_of(it, frame, own, admin, node)
            shown = call_with(it, frame, found, row, node) if isinstance(found, (Bound, FunctionValue)) else UNKNOWN
        else:
            shown = row
            for part in [name] if "__" not in name or _has(row, name) else name.split("__"):
                shown = attributes.read(it, frame, shown, part, node)
            shown = join_all(
                [
                    calls.call_in_template(it, frame, option, node)
                    for option in options(shown)
                    if not isinstance(option, Method)
                ]
            )
    for option in options(shown):
        calls.as_text(it, frame, option, node)


def _has(row: Row, name: str) -> bool:
    return row.model.symbol is not None and row.model.symbol.member(name) is not None


def call_with(it: Interpreter, frame: Frame, function: Value, row: Value, node: Any) -> Value:
    """A function of the user's, called with each row in turn."""
    from pitfall_lint.flow import calls

    return calls.call_value(it, frame, function, Arguments([row], varying=frozenset({0})), node)


def admin_labels(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_labels(self, row)`: the text that labels the row's checkbox, where the page has actions."""
    admin, rows = arguments.args
    version = it.django.version
    if isinstance(admin, Object) and version is not None and version >= LABELLED:
        member = admin.base.member("actions")
        value = member.node.value if member is not None and isinstance(member.node, l.Let) else None
        if (
            not (isinstance(value, l.Const) and value.value is None)
            and admin.base.member("get_actions") is None
            and admin.base.member("has_delete_permission") is None
        ):
            text_of(it, frame, admin, rows, node)
    return UNKNOWN


def inline_text(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`inline_text(self, row)`: each row of an inline is headed by its text."""
    inline, rows = arguments.args
    if isinstance(inline, Object) and inline.base.member("template") is None:
        text_of(it, frame, inline, rows, node)
    return UNKNOWN


def text_of(it: Interpreter, frame: Frame, admin: Object, rows: Value, node: Any) -> None:
    """`str(row)`, led to by the admin class."""
    from pitfall_lint.flow import calls

    owner, entry = entry_of(admin.base, (), NONE)
    place = frame if isinstance(owner, StandIn) else frame_at(owner.module, owner)
    with standing(it, place):
        for row in options(rows):
            calls.as_text(it, place, row, entry if place is not frame else node)


# -------------------------------------------------------------------- inlines


def admin_inlines(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_inlines(self, inlines)`: an instance of each inline class."""
    made: list[Value] = []
    for option in options(arguments.args[1]):
        for item in option.items or () if isinstance(option, Items) else ():
            made.extend(
                Object(one.symbol)
                for one in options(item)
                if isinstance(one, ClassValue) and not isinstance(one.symbol, StandIn)
            )
    return Items("list", made)


def inline_rows(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`inline_rows(self, parent, queryset)`: the rows of one parent, which they do not know: the formset filters, and
    sets the key only. One row where the key is unique, or where the inline allows no more.
    """
    inline, parent, rows = arguments.args
    if not isinstance(parent, Object) or not isinstance(inline, Object) or _most_is_one(inline.base):
        return UNKNOWN
    owners = registrations(it).classes.get(parent.base, [])
    many = [
        option
        for option in options(rows)
        if isinstance(option, Query)
        and not any(
            relation.kind == "o2o"
            and relation.target is not None
            and any(owner.inherits_from(relation.target) for owner in owners)
            for relation in option.model.relations.values()
        )
    ]
    return join_all(many) if owners else UNKNOWN


def _most_is_one(symbol: ClassSymbol) -> bool:
    member = symbol.member("max_num")
    value = member.node.value if member is not None and isinstance(member.node, l.Let) else None
    return isinstance(value, l.Const) and value.value in (0, 1)


def inline_columns(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`inline_columns(self, readonly_fields)`: those that are shown."""
    inline, columns = arguments.args
    if not isinstance(inline, Object) or not isinstance(columns, Items) or columns.items is None:
        return UNKNOWN
    member = inline.base.member("fields")
    fields = (
        it.global_value(member.owner.module, member.node)
        if member is not None and isinstance(member.node, l.Let)
        else NONE
    )
    if inline.base.member("get_fields") is not None and not _from_prelude(inline.base.member("get_fields")):
        return Items("list", [])
    if isinstance(fields, Items) and fields.items is not None:
        return Items("list", [item for item in columns.items if item in fields.items])
    own = inline.base.member("fieldsets")
    return columns if fields == NONE and (own is None or _from_prelude(own)) else Items("list", [])


def _from_prelude(member: Member | None) -> bool:
    return member is not None and in_prelude(member.owner.module.path)


def admin_resources(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_resources(self)`: what django-import-export exports the changelist with."""
    from pitfall_lint.flow import attributes

    admin = builtins.first_of(arguments)
    made: list[Value] = []
    for name in ("resource_class", "resource_classes") if isinstance(admin, Object) else ():
        for option in options(attributes.read(it, frame, admin, name, None)):
            for item in option.items or () if isinstance(option, Items) else (option,):
                if isinstance(item, ClassValue) and item.symbol.is_subclass_of("import_export.resources.Resource"):
                    made.append(Object(item.symbol))
    return Items("list", made)


# -------------------------------------------------------------------- actions


def admin_actions(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`admin_actions(self, request, queryset)`: each action of the user's is called with the rows that were ticked."""

    admin, request, rows = arguments.args
    if not isinstance(admin, Object):
        return UNKNOWN
    for function, receiver, position in _actions(it, frame, admin):
        named = [param.name for param in function.node.params if param.kind in ("positional", "normal")]
        query = next((option for option in options(rows) if isinstance(option, Query)), None)
        used = _use(function.node, named[position]) if len(named) > position else None
        if query is None or used is None or isinstance(function.node, l.Lambda):
            continue
        place = Place(function.path, used.start, used.end)
        given = replace(query, site=Site(place, function.node.qualname, used.id))
        served = it.implied.get(query.site)
        if served and query.joined:
            it.implied.setdefault(given.site, served)
        it.call(
            function, receiver, Arguments([request, given] if receiver is not None else [admin, request, given]), None
        )
    return UNKNOWN


def _actions(it: Interpreter, frame: Frame, admin: Object) -> Iterator[tuple[FunctionValue, Value | None, int]]:
    """The action functions: methods by their names, functions; with the receiver, and the position of the queryset's
    parameter.
    """
    from pitfall_lint.flow import attributes

    for option in options(attributes.read(it, frame, admin, "actions", None)):
        for item in option.items or () if isinstance(option, Items) else ():
            if isinstance(item, FunctionValue):
                yield item, None, 2
            elif isinstance(item, Constant) and isinstance(item.value, str):
                member = admin.base.member(item.value)
                function = querysets.member_function(member) if member is not None else None
                if function is not None and not in_prelude(function.path):
                    yield function, admin, 2


def _use(function: l.Function | l.Lambda, name: str) -> l.Name | None:
    """Where the rows are gone through: the parameter at the head of what a loop goes over."""
    if any(
        isinstance(part, l.Let) and isinstance(part.target, l.Name) and part.target.id == name
        for part in l.walk(function.body)
    ):
        return None
    for part in l.walk(function.body):
        if isinstance(part, (l.For, l.Clause)):
            head = part.iter
            while isinstance(head, (l.Attr, l.Call)):
                head = head.object if isinstance(head, l.Attr) else head.func
            if isinstance(head, l.Name) and head.id == name:
                return head
    return None


TABLE = {
    "pitfall_lint.prelude.admin_model": admin_model,
    "pitfall_lint.prelude.admin_rows": admin_rows,
    "pitfall_lint.prelude.admin_column": admin_column,
    "pitfall_lint.prelude.admin_labels": admin_labels,
    "pitfall_lint.prelude.admin_inlines": admin_inlines,
    "pitfall_lint.prelude.admin_actions": admin_actions,
    "pitfall_lint.prelude.admin_resources": admin_resources,
    "pitfall_lint.prelude.inline_rows": inline_rows,
    "pitfall_lint.prelude.inline_text": inline_text,
    "pitfall_lint.prelude.inline_columns": inline_columns,
}
