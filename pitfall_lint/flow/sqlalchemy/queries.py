"""SQLAlchemy's queries, statements and results: what each method makes of what is loaded, and when a query runs.

A `select()` and the result of executing it are one value here: `ran` in its notes says that the database has been
asked already.
https://docs.sqlalchemy.org/en/20/orm/queryguide/query.html
https://flask-sqlalchemy.readthedocs.io/en/stable/legacy-query/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import dialects
from pitfall_lint.flow.sqlalchemy import conditions, loaders, loops
from pitfall_lint.flow.sqlalchemy.conditions import kin
from pitfall_lint.flow.sqlalchemy.values import Aggregate, Attribute, Loader
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Items,
    Method,
    Pages,
    Query,
    Row,
    Union,
    Value,
    join_all,
    options,
    replace,
)
from pitfall_lint.project.sqlalchemy.models import MappedModel, Relationship

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model

NARROWING = frozenset(["filter", "filter_by", "where", "having", "limit", "offset", "slice", "with_parent", "fetch"])
PASSING = NARROWING | frozenset(
    """order_by join outerjoin select_from select_entity_from distinct with_for_update execution_options yield_per
    populate_existing reset_joinpoint params autoflush correlate prefix_with suffix_with with_hint with_session
    enable_eagerloads enable_assertions unique freeze tuples join_from outerjoin_from group_by options add_entity
    add_columns add_column with_entities with_only_columns union union_all except_ intersect from_statement from_self
    select with_deleted""".split()  # noqa: SIM905
)
ONE = frozenset(
    """first one one_or_none first_or_404 one_or_404 first_or_none get get_or_404 fetchone scalar scalar_one
    scalar_one_or_none""".split()  # noqa: SIM905
)
ALL = frozenset(["all", "fetchall", "fetchmany", "partitions"])
WRITING = frozenset(["delete", "update", "add", "remove", "append", "extend"])
CHANGING = WRITING - {"delete", "update"}  # of a dynamic collection
METHODS = PASSING | ONE | ALL | WRITING | {"count", "exists", "scalars", "paginate", "__iter__"}
IGNORED = frozenset({"bool", "len"})  # a query's truth and length ask no database


# ------------------------------------------------------------------- building


def query_of(it: Interpreter, frame: Frame, model: MappedModel, node: Any) -> Query:
    """`Model.query`, `session.query(Model)`."""
    return Query(model, it.site(frame, node), cls=model.query_class)


def selection(it: Interpreter, frame: Frame, arguments: Arguments, node: Any, legacy: bool) -> Value:
    """`session.query(...)` (legacy) or `select(...)` of classes and columns."""
    if arguments.star is not None:
        return UNKNOWN
    entities: list[MappedModel | None] = []
    columns: list[MappedModel] = []
    aggregate = ""
    for value in arguments.args:
        model = it.model_of(value.symbol) if isinstance(value, ClassValue) else None
        entities.append(model if isinstance(model, MappedModel) and not model.abstract else None)
        if isinstance(value, Attribute):
            columns.append(value.model)
            aggregate = aggregate or value.aggregate
        elif isinstance(value, Aggregate):
            aggregate = aggregate or value.name
        elif isinstance(value, Query) and aggregate_of(value) == "exists" and len(arguments.args) == 1:
            return replace(value, site=it.site(frame, node), refined=True, row=None, relation=None)
        elif isinstance(value, Union):
            return UNKNOWN
    models = [model for model in entities if model is not None]
    if not models and not columns:
        return Aggregate(aggregate) if aggregate and len(arguments.args) == 1 else UNKNOWN
    shape = "tuple"
    if len(entities) == 1:
        shape = "aggregate" if aggregate and not models else "row" if legacy and models else "tuple"
    first = models[0] if models else columns[0]
    return Query(
        first,
        it.site(frame, node),
        cls=first.query_class if legacy else None,
        shape=shape,
        entities=tuple(entities),
        notes=frozenset([aggregate]) if aggregate else frozenset(),
    )


def call_aggregate(
    it: Interpreter, frame: Frame, value: Aggregate, name: str, arguments: Arguments, node: Any
) -> Value:
    """`select(func.count()).select_from(Book)`, `.where(Book.x == y)`: the model is named later."""
    if name in ("select_from", "where", "filter", "join", "outerjoin"):
        for model in models_in(it, frame, arguments):
            return Query(
                model, it.site(frame, node), shape="aggregate", entities=(None,), notes=frozenset([value.name])
            )
        return value
    return value if name in ("label", "filter", "order_by") else UNKNOWN


def models_in(it: Interpreter, frame: Frame, arguments: Arguments) -> list[MappedModel]:
    """The mapped classes that the arguments are, or whose columns they compare."""
    found: list[MappedModel] = []
    for value in arguments.args:
        model = it.model_of(value.symbol) if isinstance(value, ClassValue) else None
        if isinstance(model, MappedModel):
            found.append(model)
        elif isinstance(value, Attribute):
            found.append(value.model)
    for node in arguments.node.args if arguments.node is not None else ():
        for part in node.operands if isinstance(node, l.Operation) else ():
            value = it.evaluate(frame, part)
            if isinstance(value, Attribute):
                found.append(value.model)
    return found


# -------------------------------------------------------------------- methods


def call_method(it: Interpreter, frame: Frame, query: Query, name: str, arguments: Arguments, node: Any) -> Value:
    """A method of a query, a statement, a result, or a dynamic collection."""
    from pitfall_lint.flow import querysets

    if name in CHANGING:
        loops.mark(it, "writing")
    if name in PASSING:
        return chained(it, frame, replace(query, site=querysets.moved(it, frame, query, node)), name, arguments)
    if name in ONE:
        how = "get" if name.startswith("get") else aggregate_of(query) or "one"
        evaluated(it, frame, query, node, how)
        return one_row(it, frame, query, node, name)
    if name in ALL:
        evaluated(it, frame, query, node, "all")
        return Items("list", None, row_of(it, query))
    if name == "scalars":
        evaluated(it, frame, query, node, "all")
        return scalars(query)
    if name == "count":
        evaluated(it, frame, query, node, "count")
    if name == "exists":
        return replace(query, shape="aggregate", entities=(None,), notes=query.notes | {"exists"})
    if name == "paginate":
        evaluated(it, frame, query, node, "all")
        return Pages(Items("list", None, row_of(it, query)))
    return UNKNOWN


def aggregate_of(query: Query) -> str:
    """What a query that gives one value computes; nothing for a query of rows."""
    return (
        next((note for note in ("count", "exists", "aggregate") if note in query.notes), "")
        if query.shape == "aggregate"
        else ""
    )


def scalars(query: Query) -> Query:
    """The first of each row's values, handed out: no further query runs."""
    first = query.entities[0] if query.entities else query.model if query.shape == "row" else None
    made = replace(query, notes=query.notes | {"ran"}, cls=None)
    if isinstance(first, MappedModel):
        return replace(entity_query(made, first), shape="row", entities=())
    return replace(made, shape="flat", entities=())


def executed(query: Query) -> Query:
    """The result of executing a statement: rows are tuples."""
    return replace(query, notes=query.notes | {"ran"}, cls=None)


def chained(it: Interpreter, frame: Frame, query: Query, name: str, arguments: Arguments) -> Value:
    """A method that gives another query."""
    if name in NARROWING or name in ("join",):
        fixed = conditions.pinned(it, frame, query, name, arguments)
        shared = frozenset(f"={relation}" for relation in fixed)
        known = query.known | fixed | conditions.held_keys(it, frame, query, arguments)
        shared |= conditions.pinned_beside(it, frame, query, arguments)
        if conditions.looks_into(it, frame, arguments):
            shared |= {"matching"}
        query = replace(query, refined=True, known=known, notes=query.notes | shared)
    elif name == "options":
        return with_options(query, arguments)
    elif name in ("group_by", "with_for_update"):  # neither takes an outer join beside it
        return replace(query, notes=query.notes | {"grouped"})
    elif name in ("add_entity", "add_columns", "add_column"):
        entities = query.entities or (query.model,)
        added = tuple(model_in(it, value) for value in arguments.args)
        return replace(query, shape="tuple", entities=(*entities, *added))
    elif name in ("with_entities", "with_only_columns"):
        made = selection(it, frame, arguments, arguments.node, name == "with_entities")
        if isinstance(made, Query):
            return replace(
                made,
                site=query.site,
                refined=query.refined,
                known=query.known,
                row=query.row,
                relation=query.relation,
                cls=query.cls,
            )
        return UNKNOWN
    elif name in ("from_statement", "select_entity_from"):
        return replace(query, opaque=True)
    return query


def model_in(it: Interpreter, value: Value) -> MappedModel | None:
    """The mapped class that a value is."""
    model = it.model_of(value.symbol) if isinstance(value, ClassValue) else None
    return model if isinstance(model, MappedModel) else None


def with_options(query: Query, arguments: Arguments) -> Query:
    """`.options(...)`: what its loaders load; what cannot be told may load anything."""
    joined, notes, opaque = set(query.joined), set(query.notes), query.opaque
    values = list(arguments.args)
    if arguments.star is not None:
        values.append(arguments.star)
    for value in values:
        held = [value] if not isinstance(value, Items) else value.items or [value.element]
        for option in (inner for item in held for inner in options(item)):
            if not isinstance(option, Loader) or option.opaque:
                opaque = True
                continue
            before = "" if option.root is None or kin(option.root, query.model) else f"{option.root.label}:"
            joined |= {before + path for path in option.loaded}
            notes |= {f"-{before}{path}" for path in option.lazy}
            notes -= {f"-{before}{path}" for path in option.loaded}
    return replace(query, joined=frozenset(joined), notes=frozenset(notes), opaque=opaque)


# ----------------------------------------------------------------- evaluation


def evaluated(it: Interpreter, frame: Frame, query: Query, node: Any, how: str) -> None:
    """The query runs here, unless its result is only handed on."""
    if "ran" in query.notes or how in IGNORED or node is None:
        return
    loops.record(it, frame, query, node, aggregate_of(query) or how)


def entity_query(query: Query, model: MappedModel) -> Query:
    """The query as the rows of one of its classes see it."""
    known = known_beside(query, model)
    if model is query.model:
        return replace(query, known=query.known | known) if known else query
    before = f"{model.label}:"
    joined = frozenset(path[len(before) :] for path in query.joined if path.startswith(before))
    return replace(query, model=model, joined=joined, known=known)


def known_beside(query: Query, model: MappedModel) -> frozenset[str]:
    """The to-one relations of a class that lead to another class of the same rows: what is selected beside it fills
    them."""
    others = [other for other in query.entities if other is not None and other is not model]
    return frozenset(
        name
        for name, relation in model.relations.items()
        if not relation.to_many and relation.target is not None and any(kin(relation.target, other) for other in others)
    )


def row_of(it: Interpreter, query: Query) -> Value:
    """One row of the query, standing for each of them: an instance, or a tuple of what was asked for."""
    if query.shape == "row":
        it.built[query.site].add(query.model)
        return Row(query.model, query, (), True)
    if query.shape == "tuple":
        entities = list(query.entities)
        it.built[query.site].add(query.model)
        items: list[Value] = [
            Row(entity, entity_query(query, entity), (), True) if isinstance(entity, MappedModel) else UNKNOWN
            for entity in entities
        ]
        return Items("tuple", items, names=tuple(entity.name if entity is not None else "" for entity in entities))
    return UNKNOWN


def one_row(it: Interpreter, frame: Frame, query: Query, node: Any, name: str) -> Value:
    """What `.first()` and its kin give."""
    if name.startswith("scalar"):
        query = scalars(query)
    varies = frame.varies(node)
    made = row_of(it, query)
    if isinstance(made, Row):
        return replace(made, many=varies, fresh=varies)
    if isinstance(made, Items) and made.items is not None:
        rows = [replace(item, many=varies, fresh=varies) if isinstance(item, Row) else item for item in made.items]
        return Items("tuple", list(rows), names=made.names)
    return UNKNOWN


# ------------------------------------------------------------------ relations


def is_loaded(row: Row, name: str) -> bool:
    """Whether reading the relation runs no query."""
    query = row.query
    if query is None or query.opaque:
        return True
    path = row.lookup(name)
    if f"-{path}" in query.notes:
        return False
    relation = row.model.relation(name)
    if path in query.joined or (isinstance(relation, Relationship) and relation.loads_itself):
        return True
    return name in query.known if not row.path else f"={row.model.label}:{name}" in query.notes


def read_relation(it: Interpreter, frame: Frame, row: Row, relation: Relationship, node: Any, quiet: bool) -> Value:
    """A relation of a row: the related row or rows, recorded as a lazy load where nothing loaded it; of a dynamic
    one, its query."""
    target = relation.target
    if not isinstance(target, MappedModel):
        return UNKNOWN
    if relation.is_query:
        return Query(
            target,
            it.site(frame, node) if node is not None else row.query.site if row.query else no_site(frame),
            row=row,
            relation=relation,
            cls=target.query_class,
        )
    if not relation.to_many:
        parent = known_parent(row, relation)
        if parent is not None:
            return parent
    query = row.query
    if (
        query is not None
        and not quiet
        and not row.fresh
        and not is_loaded(row, relation.name)
        and not in_session(it, row, relation)
    ):
        it.others["loaded"].setdefault(query.site, set()).update(query.joined)
        path = row.lookup(relation.name)
        if f"-{path}" in query.notes:
            it.others["told lazy"].setdefault(query.site, set()).add(path)
        if "grouped" in query.notes:
            it.others["grouped"][query.site] = True
        loops.note_calls(it)
        it.lazy_load(row, relation, frame, node)
    if relation.to_many:
        return Items("list", None, Row(target, query, (*row.path, relation.name), True, False, relation, row))
    shared = query is not None and not row.path and f"={relation.name}" in query.notes  # one row for all of them
    return Row(target, query, (*row.path, relation.name), row.many and not shared, row.fresh, relation, row)


def no_site(frame: Frame) -> Any:
    """A site for what no expression of the user's builds."""
    from pitfall_lint.finding import Place
    from pitfall_lint.flow.values import Site

    return Site(Place(frame.path, 0, 0), frame.qualname, "", "class")


def known_parent(row: Row, relation: Relationship) -> Row | None:
    """The row that this one was reached from, where the relation leads back to it: the session holds it."""
    via, parent = row.via, row.parent
    if via is None and row.query is not None and not row.path and row.query.row is not None:
        via, parent = row.query.relation, row.query.row
    if (
        not isinstance(via, Relationship)
        or parent is None
        or relation.target is None
        or via.kind not in ("reverse_fk", "reverse_o2o", "o2o")
    ):
        return None
    if not kin(relation.target, parent.model) or (via.keys and relation.keys and via.keys != relation.keys):
        return None
    return replace(parent, many=row.many)


def in_session(it: Interpreter, row: Row, relation: Relationship) -> bool:
    """Whether the session probably holds what the to-one relation leads to: rows of its class were read before,
    whole, or further up the way here."""
    target = relation.target
    if relation.to_many or target is None:
        return False
    query = row.query
    if query is not None and not row.path and kin(target, row.model) and not query.refined:
        return True  # a tree read whole
    user = it.mapped.user_model
    held_by_user = user.relation(relation.name) if user is not None and user is not row.model else None
    if held_by_user is not None and held_by_user.target is target and not held_by_user.to_many:
        return True  # the tenant of whoever asks, which all these rows belong to
    above = row.parent
    while above is not None:
        if kin(above.model, target) and row.via is not None and row.via.to_many:
            return True
        above = above.parent
    return holds(it, target, query)


def holds(it: Interpreter, model: Model, but: Query | None) -> bool:
    """Whether a list of rows of that class, of another query than `but`, is at hand: the session gives them without a
    query, as long as somebody holds them.
    """
    for frame in it.stack:
        for value in frame.scope.variables.values():
            held = value.each if isinstance(value, Items) and value.items is None else None
            if isinstance(held, Row) and held.query is not but and not held.path and kin(held.model, model):
                return True
    return False


# -------------------------------------------------------------------- classes


def read_class(it: Interpreter, frame: Frame, model: MappedModel, name: str, node: Any) -> Value | None:
    """An attribute of a mapped class: its query, a mapped attribute; None for what the class defines like any other."""
    if name == model.query_name and not model.abstract and node is not None:
        return query_of(it, frame, model, node)
    if name in model.relations or name in model.columns:
        return Attribute(model, name)
    return None


def read_member(it: Interpreter, frame: Frame, row: Row, name: str, node: Any) -> Value | None:
    """An attribute of a row that is neither relation nor plain Python: an association proxy reads through one."""
    if not isinstance(row.model, MappedModel):
        return None
    if name in row.model.columns:
        return UNKNOWN
    member = row.model.symbol.member(name) if row.model.symbol is not None else None
    value = member.node.value if member is not None and isinstance(member.node, l.Let) else None
    if isinstance(value, l.Call) and (l.dotted(value.func) or "").endswith("association_proxy") and len(value.args) > 1:
        names = [part.value for part in value.args if isinstance(part, l.Const) and isinstance(part.value, str)]
        relation = row.model.relationship(names[0]) if len(names) == 2 else None
        if relation is not None and not relation.is_query:
            from pitfall_lint.flow import attributes

            read = read_relation(it, frame, row, relation, node, False)
            held = read.element if isinstance(read, Items) else read
            inner = join_all([attributes.read(it, frame, option, names[1], node) for option in options(held)])
            return Items("list", None, inner) if isinstance(read, Items) else inner
    return None


def read_attribute(it: Interpreter, frame: Frame, value: Attribute, name: str) -> Value:
    """A method of a mapped attribute; through a relationship, nothing more."""
    return Method(value, name)


def call_attribute(
    it: Interpreter, frame: Frame, value: Attribute, name: str, arguments: Arguments, node: Any
) -> Value:
    """`Book.author.of_type(X)`, `Book.tags.and_(...)`, `.label("x")` are the attribute itself."""
    return value if name in ("of_type", "and_", "label") else UNKNOWN


dialects.DIALECTS["sqlalchemy"] = dialects.Dialect(
    METHODS, call_method, row_of, evaluated, is_loaded, read_relation, read_class, read_member
)
dialects.READERS[Attribute] = read_attribute
dialects.CALLERS[Attribute] = call_attribute
dialects.READERS[Aggregate] = lambda it, frame, value, name: Method(value, name)
dialects.CALLERS[Aggregate] = call_aggregate
dialects.READERS[Loader] = loaders.read
dialects.CALLERS[Loader] = loaders.call
