"""What reading an attribute gives: relations of rows (where a lazy load is recorded), members of classes, managers
of models.

https://docs.djangoproject.com/en/stable/topics/db/queries/#related-objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import collections, dialects, guards, presets, querysets, templates
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import (
    UNKNOWN,
    Bound,
    ClassValue,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    ManagerValue,
    Method,
    ModelValue,
    ModuleValue,
    Object,
    Query,
    Row,
    Super,
    Union,
    Value,
    join_all,
    options,
    replace,
)
from pitfall_lint.project.proxies import behind
from pitfall_lint.project.symbols import ClassSymbol, ExternalSymbol, FunctionSymbol, ModuleSymbol, ValueSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Manager, Model, Relation

ROW_METHODS = frozenset(
    ["save", "delete", "refresh_from_db", "full_clean", "clean_fields", "asave", "adelete", "arefresh_from_db"]
)
CACHES = ("_prefetched_objects_cache", "_state")  # what programs look into to learn what a row has loaded
PROPERTIES = frozenset(
    {
        "builtins.property",
        "functools.cached_property",
        "django.utils.functional.cached_property",
        "abc.abstractproperty",
        "werkzeug.utils.cached_property",
    }
)
CACHED = frozenset(name for name in PROPERTIES if name.endswith(".cached_property"))
# https://docs.djangoproject.com/en/stable/ref/models/fields/#enumeration-types
CHOICES = ("django.db.models.TextChoices", "django.db.models.IntegerChoices", "django.db.models.Choices")
STATIC, CLASS = "builtins.staticmethod", "builtins.classmethod"


def read(it: Interpreter, frame: Frame, value: Value, name: str, node: Any) -> Value:
    """`value.name`, read at `node`; alternatives of one query are taken together, so that one that loads the
    relation speaks for all."""
    if isinstance(value, Union):
        rows = [option for option in value.options if isinstance(option, Row)]
        quiet = {option.query.site for option in rows if option.query is not None and querysets.is_joined(option, name)}
        return join_all(
            [
                read_one(
                    it,
                    frame,
                    option,
                    name,
                    node,
                    isinstance(option, Row) and option.query is not None and option.query.site in quiet,
                )
                for option in value.options
            ]
        )
    return read_one(it, frame, value, name, node)


def read_one(it: Interpreter, frame: Frame, value: Value, name: str, node: Any, quiet: bool = False) -> Value:
    """`value.name` for one alternative."""
    if value is UNKNOWN:
        return UNKNOWN
    if isinstance(value, Row):
        return read_row(it, frame, value, name, node, quiet)
    if isinstance(value, External):
        return read_external(it, value, name)
    if isinstance(value, Object):
        return read_object(it, frame, value, name, node)
    if isinstance(value, ManagerValue):
        return read_manager(it, frame, value, name)
    if isinstance(value, Query):
        return read_query(it, frame, value, name)
    if isinstance(value, ClassValue):
        return read_class(it, frame, value.symbol, name, node)
    if isinstance(value, ModelValue):
        return read_model_class(value.model, name)
    if isinstance(value, Super):
        return read_super(it, frame, value, name, node)
    if isinstance(value, ModuleValue):
        symbol = it.symbols.resolve(value.symbol.module, name) or it.symbols.lookup(f"{value.symbol.dotted}.{name}")
        return UNKNOWN if symbol is None else symbol_value(it, symbol)
    if isinstance(value, querysets.Pages):
        return value.rows if name in ("object_list", "items") else value if name == "paginator" else Method(value, name)
    reader = dialects.READERS.get(type(value))
    if reader is not None:
        return reader(it, frame, value, name)
    if isinstance(value, templates.Template):
        return Method(value, name) if name == "render" else UNKNOWN
    if isinstance(value, Items) and value.items is not None and name in value.names:
        return value.items[value.names.index(name)]
    if isinstance(value, (Items, Dict, Constant)):
        return Method(value, name) if name in collections.KNOWN_METHODS else UNKNOWN
    if isinstance(value, Method) and name == "fields_cache":
        return Method(value.receiver, name)
    return UNKNOWN


def read_external(it: Interpreter, value: External, name: str) -> Value:
    """An attribute of something outside the project."""
    if value.dotted == "django.http.HttpRequest":
        return request_user(it) if name == "user" and it.django.present else UNKNOWN
    dotted = f"{value.dotted}.{name}"
    held = it.globals.get(dotted)
    if held is None:
        symbol = it.symbols.lookup(dotted)
        held = it.globals[dotted] = symbol_value(it, symbol) if symbol is not None else External(dotted)
    return held


def symbol_value(it: Interpreter, symbol: Any) -> Value:
    """What a global name holds."""
    if isinstance(symbol, ClassSymbol):
        return ClassValue(symbol)
    if isinstance(symbol, FunctionSymbol):
        return FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
    if isinstance(symbol, ModuleSymbol):
        return ModuleValue(symbol)
    if isinstance(symbol, ValueSymbol):
        return it.global_value(symbol.module, symbol.let)
    if isinstance(symbol, ExternalSymbol):
        if symbol.dotted in it.outside:
            return it.outside[symbol.dotted]
        model = it.django.model_of(symbol) if it.django.present else None
        return ModelValue(model) if model is not None else External(symbol.dotted)
    return UNKNOWN


def request_user(it: Interpreter) -> Value:
    """The row that `request.user` is."""
    model = it.django.user_model
    return Row(model) if model is not None else UNKNOWN


# ----------------------------------------------------------------------- rows


def read_row(it: Interpreter, frame: Frame, row: Row, name: str, node: Any, quiet: bool = False) -> Value:
    """An attribute of a model instance."""
    for held, value in row.overlay:
        if held == name:
            return value
    query = row.query
    if query is not None and not row.path:
        for entry in query.prefetches:
            if entry.to_attr == name:
                inner = querysets.row_of(it, entry.query) if entry.query is not None else UNKNOWN
                relation = row.model.relation(entry.path)
                if relation is not None and isinstance(inner, Row):
                    inner = replace(inner, via=relation, parent=row)
                if entry.query is None and relation is not None and relation.target is not None:
                    inner = Row(relation.target, query, (*row.path, entry.path), True, False, relation, row)
                return Items("list", None, inner)
        if name in query.annotated:
            return UNKNOWN
    relation = row.model.relation(name)
    if relation is not None:
        return read_relation(it, frame, row, relation, node, quiet)
    if name in row.model.attnames or row.model.field(name) is not None or name == "pk":
        return read_column(it, frame, row, name, node)
    dialect = dialects.of(row.model)
    known = dialect.read_member(it, frame, row, name, node) if dialect is not None else None
    if known is not None:
        return known
    symbol = row.model.symbol
    if symbol is not None:
        member = symbol.member(name)
        if member is not None:
            return member_of(it, frame, member, row, node)
    if dialect is not None:
        return ClassValue(symbol) if name == "__class__" and symbol is not None else UNKNOWN
    if name in ROW_METHODS or name in CACHES or (name.startswith("get_") and name.endswith("_display")):
        return Method(row, name)
    if name == "__class__":
        return ClassValue(symbol) if symbol is not None else ModelValue(row.model)
    return UNKNOWN


def read_column(it: Interpreter, frame: Frame, row: Row, name: str, node: Any) -> Value:
    """A column: where `only()` or `defer()` left it out, reading it is a query."""
    query = row.query
    if query is not None and row.many and not row.path and name not in ("pk", row.model.pk_name):
        relation = row.model.attnames.get(name)
        names = {name, relation.name} if relation is not None else {name}
        loaded = query.only and {path.partition("__")[0] for path in query.only}  # `a__name` loads the key of `a` too
        if (loaded is not None and names.isdisjoint(loaded)) or names & query.deferred:
            it.deferred_read(row, name, it.place(frame, node))
    return guards.column(it, row, name)


def read_relation(it: Interpreter, frame: Frame, row: Row, relation: Relation, node: Any, quiet: bool) -> Value:
    """A relation of a row: the related row, recorded as a lazy load where the query did not load it, or the
    related manager."""
    dialect = dialects.of(relation.owner)
    if dialect is not None:
        return dialect.read_relation(it, frame, row, relation, node, quiet)
    target = relation.target
    if relation.to_many:
        return ManagerValue(target.default_manager, target, row, relation) if target is not None else UNKNOWN
    parent = row.parent
    if (
        parent is not None
        and row.via is not None
        and row.via.inverse == relation.name
        and row.via.kind in ("reverse_fk", "reverse_o2o", "o2o")
    ):
        return parent
    query = row.query
    if query is not None and not row.path and relation.name in query.known and query.row is not None:
        return query.row  # one parent for all of them where the set is that of one row
    if query is not None and not quiet and not querysets.is_joined(row, relation.name) and not query.peers:
        it.lazy_load(row, relation, frame, node)
    if query is not None and row.lookup(relation.name) in it.implied.get(query.site, ()):
        it.served[query.site].add(row.lookup(relation.name))
    if target is None:
        return UNKNOWN
    entry = querysets.loaded_entry(row, relation.name)
    if entry is not None and entry.query is not None:
        return Row(target, querysets.inner_query(row, relation.name, entry.query), (), row.many, row.fresh)
    return Row(target, query, (*row.path, relation.name), row.many, row.fresh, relation, row)


def key_of_relation(it: Interpreter, frame: Frame, node: l.Attr | l.Lookup, inner: l.Attr | l.Lookup) -> Value | None:
    """`row.author.pk`: the relation is read for the key that the row holds itself. None where it is no such read."""
    if node.name != "pk" and node.name != "id":
        return None
    holder = it.evaluate(frame, inner.object)
    rows = options(holder)
    if not all(isinstance(option, Row) for option in rows):
        return attributes_of(it, frame, holder, inner, node)
    pending: list[tuple[Row, Any]] = []
    for option in rows:
        assert isinstance(option, Row)
        relation = option.model.relation(inner.name)
        if (
            relation is None
            or not is_plain_key(relation, node.name)
            or any(held == inner.name for held, _ in option.overlay)
        ):
            return attributes_of(it, frame, holder, inner, node)
        pending.append((option, relation))
    for option, relation in pending:
        if not querysets.is_joined(option, relation.name) and option.query is not None and not option.query.peers:
            it.key_read(option, relation, frame, node, frame.place(inner), None)
    return UNKNOWN


def attributes_of(
    it: Interpreter, frame: Frame, holder: Value, inner: l.Attr | l.Lookup, node: l.Attr | l.Lookup
) -> Value:
    """`holder.inner.node` read the usual way; the holder has been evaluated already."""
    from pitfall_lint.flow import calls

    value = read(it, frame, holder, inner.name, inner)
    if isinstance(holder, Dict) and inner.name in holder.entries and isinstance(inner, l.Lookup):
        value = holder.entries[inner.name]
    if isinstance(inner, l.Lookup):
        value = join_all([calls.call_in_template(it, frame, option, inner) for option in options(value)])
    value = read(it, frame, value, node.name, node)
    if isinstance(node, l.Lookup):
        value = join_all([calls.call_in_template(it, frame, option, node) for option in options(value)])
    return value


def is_plain_key(relation: Relation, name: str) -> bool:
    """Whether `row.relation.name` is what `row.relation_id` holds."""
    if (
        relation.owner.dialect != "django"
        or relation.kind not in ("fk", "o2o")
        or relation.attname is None
        or relation.target is None
    ):
        return False
    if isinstance(relation.node, l.Call) and any(word.name in ("to_field", None) for word in relation.node.keywords):
        return False
    return name == "pk" or name == relation.target.pk_name


def compare_keys(it: Interpreter, frame: Frame, node: l.Operation) -> None:
    """`row.author == other`: an identity that the keys decide. The relation is marked as read for its key before
    the operands are evaluated."""
    if not frame.loops and not frame.varying:
        return
    for mine, other in (node.operands, node.operands[::-1]):
        if not isinstance(mine, l.Attr) or not isinstance(other, (l.Name, l.Attr)):
            continue
        holder = it.evaluate(frame, mine.object)
        if not isinstance(holder, Row):
            continue
        relation = holder.model.relation(mine.name)
        if relation is None or not is_plain_key(relation, "pk") or querysets.is_joined(holder, relation.name):
            continue
        value = it.evaluate(frame, other)
        if isinstance(value, Row) and not value.many and value.model is relation.target:
            stored = value.query is not None  # it has a key, and is not None
            alike = stored or not (relation.nullable or may_be_none(frame, other))
            place = Place(frame.path, other.start, other.end)
            it.key_read(holder, relation, frame, node, frame.place(mine), place, alike)


def may_be_none(frame: Frame, node: l.Name | l.Attr) -> bool:
    """Whether the name is that of a parameter that need not be given."""
    params = getattr(frame.node, "params", ())
    return any(param.name == node.id and param.default is not None for param in params if isinstance(node, l.Name))


# -------------------------------------------------------- managers, querysets


def read_manager(it: Interpreter, frame: Frame, manager: ManagerValue, name: str) -> Value:
    """A method or attribute of a manager: the project's own first."""
    for cls in (manager.manager.cls, manager.manager.queryset):
        if cls is None:
            continue
        member = cls.member(name)
        if member is not None:
            function = querysets.member_function(member)
            if function is None:
                return UNKNOWN
            return Bound(function, manager)
    if name == "model":
        return ClassValue(manager.model.symbol) if manager.model.symbol is not None else ModelValue(manager.model)
    if name in ("instance",) and manager.row is not None:
        return manager.row
    return Method(manager, name) if name in querysets.METHODS else UNKNOWN


def read_query(it: Interpreter, frame: Frame, query: Query, name: str) -> Value:
    """A method or attribute of a queryset: the project's own first."""
    if query.cls is not None:
        member = query.cls.member(name)
        if member is not None:
            function = querysets.member_function(member)
            if function is not None:
                return Bound(function, query)
    if name == "model":
        return ClassValue(query.model.symbol) if query.model.symbol is not None else ModelValue(query.model)
    dialect = dialects.of(query.model)
    return Method(query, name) if name in (dialect.methods if dialect is not None else querysets.METHODS) else UNKNOWN


# -------------------------------------------------------------------- classes


def read_model_class(model: Model, name: str) -> Value:
    """An attribute of a model class: a manager, or nothing that matters here."""
    manager = model_manager(model, name)
    return ManagerValue(manager, model) if manager is not None else UNKNOWN


def model_manager(model: Model, name: str) -> Manager | None:
    """The manager under that name."""
    if name in ("_default_manager", "_base_manager"):
        return model.default_manager
    return model.managers.get(name)


def read_class(it: Interpreter, frame: Frame, symbol: ClassSymbol, name: str, node: Any = None) -> Value:
    """An attribute of a project's class."""
    model = it.model_of(symbol)
    dialect = dialects.of(model) if model is not None else None
    if dialect is not None:
        mapped = dialect.read_class(it, frame, model, name, node)
        if mapped is not None:
            return mapped
    elif model is not None:
        manager = model_manager(model, name)
        if manager is not None and not model.abstract:
            return ManagerValue(manager, model)
    member = symbol.member(name)
    if member is None:
        if name == "__subclasses__":
            return Method(ClassValue(symbol), name)
        acting = behind(it.symbols, symbol)
        if acting is not symbol:
            return read_class(it, frame, acting, name, node)
        return External(f"{symbol.dotted}.{name}") if name == "DoesNotExist" else UNKNOWN
    return member_of(it, frame, member, ClassValue(symbol), None)


def decorators(it: Interpreter, member: Any) -> set[str]:
    """The canonical names of the decorators of a method."""
    found: set[str] = set()
    for decorator in member.node.decorators:
        node = decorator.func if isinstance(decorator, l.Call) else decorator
        written = l.dotted(node)
        if written is None:
            continue
        symbol = it.symbols.resolve(member.owner.module, written)
        found.add(
            symbol.dotted
            if isinstance(symbol, (ExternalSymbol, ClassSymbol))
            else f"builtins.{written}"
            if written in ("property", "staticmethod", "classmethod")
            else written
        )
    return found


def is_property(it: Interpreter, member: Any) -> bool:
    """Whether reading the member calls it."""
    if not isinstance(member.node, l.Function) or not member.node.decorators:
        return False
    names = decorators(it, member)
    return bool(names & PROPERTIES) or any(
        name.rpartition(".")[2] in ("property", "cached_property", "hybrid_property") for name in names
    )


def member_of(it: Interpreter, frame: Frame, member: Any, receiver: Value, node: Any) -> Value:
    """A class member read on `receiver` (a class, a row, an object)."""
    if isinstance(member.node, l.Function):
        function = querysets.member_function(member)
        assert function is not None
        if not member.node.decorators:
            return function if isinstance(receiver, ClassValue) else Bound(function, receiver)
        names = decorators(it, member)
        if STATIC in names:
            return function
        if CLASS in names:
            cls: Value = receiver
            if isinstance(receiver, Row):
                cls = ClassValue(receiver.model.symbol) if receiver.model.symbol is not None else UNKNOWN
            elif isinstance(receiver, Object):
                cls = ClassValue(receiver.base)
            return Bound(function, cls)
        if isinstance(receiver, ClassValue):
            return function
        if is_property(it, member):
            if isinstance(receiver, Row) and names & CACHED and presets.is_filled(it, member.node.name):
                return UNKNOWN
            place = frame.place(node) if node is not None else None
            return it.call(
                function,
                receiver,
                Arguments(),
                place,
                f"reads the property `{function.node.name}`" if isinstance(function.node, l.Function) else "",
            )
        return Bound(function, receiver)
    if isinstance(member.node, l.Class):
        symbol = it.symbols.lookup(f"{member.owner.dotted}.{member.node.name}")
        return symbol_value(it, symbol) if symbol is not None else UNKNOWN
    if isinstance(member.node, l.Let):
        held = it.global_value(member.owner.module, member.node)
        if isinstance(held, Items) and held.items and held.kind == "tuple" and member.owner.is_subclass_of(*CHOICES):
            return held.items[0]  # its label beside it
        return held
    return UNKNOWN


def read_object(it: Interpreter, frame: Frame, value: Object, name: str, node: Any) -> Value:
    """An attribute of an instance of a project's class."""
    if name in value.attributes:
        return value.attributes[name]
    if name == "__class__":
        return ClassValue(value.base)
    member = value.base.member(name)
    if member is not None:
        return member_of(it, frame, member, value, node)
    if name in ("request",):
        return External("django.http.HttpRequest")
    return UNKNOWN


def read_super(it: Interpreter, frame: Frame, value: Super, name: str, node: Any) -> Value:
    """`super().name`: the next member in the receiver's order of classes; beyond the project, what Django does."""
    receiver = value.receiver
    symbol = class_of(receiver) or value.owner
    mro = symbol.mro
    after = mro[mro.index(value.owner) + 1 :] if value.owner in mro else value.owner.mro[1:]
    for cls in after:
        if isinstance(cls, ClassSymbol):
            member = cls.members.get(name)
            if member is not None:
                return member_of(it, frame, member, receiver, node)
    if isinstance(receiver, (ManagerValue, Query)) and name in querysets.METHODS:
        return Method(receiver, name)
    if isinstance(receiver, Row):
        return Method(receiver, name) if name in ROW_METHODS else UNKNOWN
    return UNKNOWN


def class_of(value: Value) -> ClassSymbol | None:
    """The project's class that the value is an instance of (or is)."""
    if isinstance(value, Row):
        return value.model.symbol
    if isinstance(value, ManagerValue):
        return value.manager.cls
    if isinstance(value, Query):
        return value.cls
    if isinstance(value, Object):
        return value.base
    if isinstance(value, ClassValue):
        return value.symbol
    return None


def is_instance(it: Interpreter, value: Value, kind: Value) -> bool | None:
    """Whether `value` is an instance of the class, None where it cannot be told."""
    if isinstance(kind, ClassValue):
        symbol = class_of(value)
        if isinstance(value, (Row, Object)) and symbol is not None:
            if kind.symbol in symbol.mro:
                return True
            return False if isinstance(value, Object) or symbol not in kind.symbol.mro else None
        if isinstance(value, (Items, Dict, Query, Constant)):
            return False
        return None
    if isinstance(kind, External) and isinstance(value, (Items, Dict, Query, Row, Constant)):
        kinds = {
            "builtins.list": Items,
            "builtins.tuple": Items,
            "builtins.dict": Dict,
            "django.db.models.QuerySet": Query,
            "django.db.models.Model": Row,
        }
        wanted = kinds.get(kind.dotted)
        if wanted is not None and not isinstance(value, wanted):
            return False
        if wanted in (Query, Row, Dict):
            return True
    return None


# ------------------------------------------------------------------- changing


def store(it: Interpreter, holder: Value, name: str, value: Value) -> Value:
    """`holder.name = value`; the holder as it is afterwards."""
    if isinstance(holder, Object):
        it.touch(holder)
        old = holder.attributes.get(name)
        certain = old is None or not it.forks or it.forks[-1] < holder.born
        holder.attributes[name] = value if certain or old is None else join_all([old, value])
        return holder
    if isinstance(holder, Row):
        model = holder.model
        keyed = model.attnames.get(name)  # a key that is set makes Django forget the related row
        if holder.query is not None and (keyed or model.relation(name) is not None or model.field(name) is not None):
            names = (name,) if keyed is None else (name, keyed.name)
            it.assigned.update((holder.query.site, holder.lookup(each)) for each in names)
        kept = tuple(entry for entry in holder.overlay if entry[0] != name)
        return replace(holder, overlay=(*kept, (name, value))) if len(kept) < 12 else holder
    return holder


def call_member(it: Interpreter, frame: Frame, value: Object | Row, name: str, node: Any) -> Value:
    """What `value.name()` returns where the project defines it, else unknown."""

    symbol = class_of(value)
    member = symbol.member(name) if symbol is not None else None
    function = querysets.member_function(member) if member is not None else None
    if function is None:
        return UNKNOWN
    return it.call(
        function,
        value,
        Arguments(),
        frame.place(node),
        f"calls `{name}` of `{symbol.name}`" if symbol is not None else "",
    )


__all__ = [
    "FunctionValue",
    "call_member",
    "class_of",
    "compare_keys",
    "is_instance",
    "key_of_relation",
    "read",
    "request_user",
    "store",
]
