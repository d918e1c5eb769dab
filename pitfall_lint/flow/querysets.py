"""Django's managers and querysets: what each method makes of what is loaded, and when a query runs.

The table of counts that this rests on was measured by running Django 5.2 and 6.1; the tests run it again.
https://docs.djangoproject.com/en/stable/ref/models/querysets/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import afterwards, dialects, guards, iteration
from pitfall_lint.flow.events import MEMBERSHIP
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    ManagerValue,
    Pages,
    Prefetched,
    Query,
    Row,
    Site,
    Value,
    join_all,
    options,
    replace,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model, Relation

REFINING = frozenset(
    [
        "filter",
        "exclude",
        "order_by",
        "distinct",
        "reverse",
        "annotate",
        "alias",
        "extra",
        "select_for_update",
        "complex_filter",
        "none",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "values",
        "values_list",
        "dates",
        "datetimes",
        "union",
        "intersection",
        "difference",
        "raw",
        "fetch_mode",
        "in_order",
        "using",
    ]
)
CHAINING = REFINING | {"all", "_clone", "_chain"}
ONE = frozenset(["get", "first", "last", "latest", "earliest"])
MAKING = frozenset(["create", "get_or_create", "update_or_create"])
COUNTING = frozenset(["count", "exists", "aggregate", "acount", "aexists", "aaggregate", "contains"])
WRITING = frozenset(["update", "delete", "bulk_create", "bulk_update", "add", "remove", "set", "clear"])
ASYNC = {
    "a" + name: name
    for name in (*ONE, *MAKING, *WRITING, "count", "exists", "aggregate", "contains", "in_bulk", "iterator")
}
METHODS = (
    CHAINING
    | ONE
    | MAKING
    | COUNTING
    | WRITING
    | frozenset(ASYNC)
    | {"in_bulk", "iterator", "aiterator", "get_queryset", "as_manager", "explain", "db_manager"}
)
SERVED_BY_PREFETCH = frozenset({"iterate", "count", "exists", "len", "contains", "bool", "index"})
PEERS = ("FETCH_PEERS", "FETCH_RAISE", "RAISE")


# ------------------------------------------------------------------- building


def base_query(it: Interpreter, frame: Frame, manager: ManagerValue, node: Any, site: Site | None = None) -> Value:
    """What `manager.all()` is: the manager's own get_queryset where the project overrides it."""
    site = site or it.site(frame, node)
    if manager.manager.cls is not None:
        member = manager.manager.cls.member("get_queryset")
        if member is not None:
            function = member_function(member)
            if function is not None and not any(active.node is function.node for active in it.stack):
                made = it.call(function, manager, Arguments(), frame.place(node))
                queries = [option for option in options(made) if isinstance(option, Query)]
                if queries:
                    return replace(
                        queries[0],
                        site=site,
                        row=manager.row,
                        relation=manager.relation,
                        known=queries[0].known | known_by(manager),
                        refined=False,
                    )
    return plain_query(it, frame, manager, node, site)


def plain_query(it: Interpreter, frame: Frame, manager: ManagerValue, node: Any, site: Site | None = None) -> Query:
    """The queryset that Django's own manager makes."""
    site = site or it.site(frame, node)
    return Query(
        manager.model,
        site,
        cls=manager.manager.queryset,
        row=manager.row,
        relation=manager.relation,
        known=known_by(manager),
    )


def known_by(manager: ManagerValue) -> frozenset[str]:
    """The relation that rows of a related manager know without a query: the parent they were reached from. Django sets
    it of a foreign key, not of a generic one.
    """
    relation = manager.relation
    if relation is not None and relation.kind == "reverse_fk" and relation.inverse:
        return frozenset([relation.inverse])
    return frozenset()


def member_function(member: Any) -> FunctionValue | None:
    """The function that a class member is."""
    if isinstance(member.node, l.Function):
        return FunctionValue(member.node, member.owner.module, member.owner.module.path, member.owner)
    return None


def united(queries: list[Query]) -> Query:
    """`a | b`, `a & b`: what the first loads, as Django merges the conditions of the second into it."""
    queries = [query for query in queries if query.shape != "none"] or queries[:1]
    return replace(queries[0], opaque=any(query.opaque for query in queries), fixed=agreeing(queries))


def agreeing(queries: list[Query]) -> tuple[tuple[str, Value], ...]:
    """What the conditions of all of them say that columns hold."""
    return tuple(held for held in queries[0].fixed if all(held in query.fixed for query in queries))


def combined(queries: list[Query]) -> Query:
    """`a.union(b)`: what all have loaded."""
    queries = [query for query in queries if query.shape != "none"] or queries[:1]
    first = replace(queries[0], single=all(query.single for query in queries) and len(queries) == 1)
    joined = frozenset.intersection(*(query.joined for query in queries))
    return replace(first, joined=joined, opaque=any(query.opaque for query in queries), fixed=agreeing(queries))


# -------------------------------------------------------------------- methods


def call_method(
    it: Interpreter, frame: Frame, receiver: ManagerValue | Query, name: str, arguments: Arguments, node: Any
) -> Value:
    """A method of Django's own managers and querysets."""
    dialect = dialects.of(receiver.model)
    if dialect is not None:
        return dialect.call_method(it, frame, receiver, name, arguments, node)
    chunks = name == "aiterator"  # has a chunk_size by itself
    name = ASYNC.get(name, name)
    if isinstance(receiver, ManagerValue):
        if name in ("db_manager",):
            return receiver
        if name in WRITING | MAKING:
            return write(it, frame, receiver, name, arguments, node)
        if name == "get_queryset":
            return plain_query(it, frame, receiver, node)
        made = base_query(it, frame, receiver, node)
        return join_all(
            [
                call_method(it, frame, option, name, arguments, node)
                for option in options(made)
                if isinstance(option, Query)
            ]
        )
    query = receiver
    site = moved(it, frame, query, node)
    if name == "select_related" and not (arguments.args or arguments.keywords or arguments.star or arguments.more):
        it.bare_join(query, frame, node)
    afterwards.note(it, frame, query, name, arguments, node)
    if name in CHAINING:
        return chain(it, frame, replace(query, site=site), name, arguments)
    if name in ONE:
        evaluated(it, frame, query, node, name)
        if query.shape != "row":
            return UNKNOWN
        if name == "first" and is_first_at_hand(query):
            return row_of(it, query)
        varies = frame.varies(node)
        # Even on a prefetched set this is a query of its own, and the row is not one of those that were prefetched.
        apart = replace(query, refined=query.row is not None, single=True)
        return replace(one_row(it, frame, apart), many=varies, fresh=varies)
    if name in COUNTING:
        evaluated(it, frame, query, node, name)
        return UNKNOWN
    if name in MAKING | WRITING:
        return write(it, frame, query, name, arguments, node)
    if name == "in_bulk":
        evaluated(it, frame, query, node, name)
        return Dict(rest=row_of(it, query), keys=UNKNOWN)
    if name == "iterator":
        chunked = chunks or arguments.get(0, "chunk_size") is not None or arguments.more is not None
        if not chunked:
            it.evaluation(query, frame, node, "iterator")
        return replace(query, unprefetched=not chunked, peers=False, refined=query.row is not None)
    return UNKNOWN


def moved(it: Interpreter, frame: Frame, query: Query, node: Any) -> Site:
    """The site of a longer chain: it grows with a chain that starts where the query's own expression does, and
    stays for one that starts at a variable."""
    place = query.site.place
    if place.path == frame.path and place.start == node.start and place.end <= node.end:
        return it.site(frame, node)
    return query.site


def write(
    it: Interpreter, frame: Frame, receiver: ManagerValue | Query, name: str, arguments: Arguments, node: Any
) -> Value:
    """A method that writes: the row it made, nothing else."""
    if name not in MEMBERSHIP:
        it.saved.add((receiver.model, tuple(loop.place for active in it.stack for loop in active.loops)))
    if name in MAKING:
        made = Row(receiver.model)
        if isinstance(receiver, ManagerValue) or receiver.site is not None:
            note_loop(it, frame, it.site(frame, node), receiver, node, name)
        return Items("tuple", [made, UNKNOWN]) if name != "create" else made
    note_loop(it, frame, it.site(frame, node), receiver, node, name)
    return UNKNOWN


def note_loop(it: Interpreter, frame: Frame, site: Site, receiver: ManagerValue | Query, node: Any, how: str) -> None:
    """A query that runs here: recorded where it uses what a loop changes."""
    if frame.varies(node):
        it.loop_query(site, receiver.model, how, it.place(frame, node))


def chain(it: Interpreter, frame: Frame, query: Query, name: str, arguments: Arguments) -> Value:
    """A method that gives another queryset."""
    if name in REFINING and query.row is not None:
        query = replace(query, refined=True)
    handler = CHAIN.get(name)
    return handler(it, query, arguments) if handler is not None else query


def strings(arguments: Arguments) -> list[str] | None:
    """The arguments as strings; None where one of them cannot be told."""
    found: list[str] = []
    values = list(arguments.args)
    if arguments.star is not None:
        return None
    for value in values:
        if isinstance(value, Items) and value.items is not None:
            values.extend(value.items)
        elif isinstance(value, Constant) and isinstance(value.value, str):
            found.append(value.value)
        else:
            return None
    return found


def prefixes(path: str) -> list[str]:
    """`a__b__c` and each prefix of it."""
    parts = path.split("__")
    return ["__".join(parts[: index + 1]) for index in range(len(parts))]


def select_related(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related"""
    if arguments.args == [NONE]:
        return replace(query, joined=frozenset())
    paths = strings(arguments)
    if paths is None:
        return replace(query, opaque=True)
    if not paths:
        forward = frozenset(
            relation.name for relation in query.model.relations.values() if relation.kind in ("fk", "o2o")
        )
        deeper = frozenset(
            f"{relation.name}__{inner.name}"
            for relation in query.model.relations.values()
            if relation.kind in ("fk", "o2o") and relation.target is not None
            for inner in relation.target.relations.values()
            if inner.kind in ("fk", "o2o")
        )
        return replace(query, joined=query.joined | forward | deeper)
    return replace(query, joined=query.joined | {prefix for path in paths for prefix in prefixes(path)})


def prefetch_related(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related"""
    if arguments.args == [NONE]:
        return replace(query, prefetches=())
    entries: list[Prefetched] = []
    opaque = arguments.star is not None and not isinstance(arguments.star, Prefetched)
    values = list(arguments.args)
    if isinstance(arguments.star, Prefetched):
        values.append(arguments.star)
    for value in values:
        for option in options(value):
            if isinstance(option, Items) and option.items is not None:
                values.extend(option.items)
            elif isinstance(option, Prefetched):
                entries.append(option)
            elif isinstance(option, Constant) and isinstance(option.value, str):
                entries.append(Prefetched(option.value))
            else:
                opaque = True
    for entry in entries:
        it.prefetched.update(relations_along(query.model, entry.path) if entry.to_attr is None else ())
    return replace(query, prefetches=(*query.prefetches, *entries), opaque=query.opaque or opaque)


def relations_along(model: Model, path: str) -> Iterator[Relation]:
    """The relations that a lookup path goes along, as far as they are known."""
    current: Model | None = model
    for name in path.split("__"):
        relation = current.relation(name) if current is not None else None
        if relation is None:
            return
        yield relation
        current = relation.target


def only(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """https://docs.djangoproject.com/en/stable/ref/models/querysets/#only"""
    names = strings(arguments)
    return replace(query, only=frozenset(names), deferred=frozenset()) if names else query


def defer(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer"""
    if arguments.args == [NONE]:
        return replace(query, only=None, deferred=frozenset())
    names = strings(arguments)
    return replace(query, deferred=query.deferred | frozenset(names)) if names else query


def values(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`values()`: rows are dicts."""
    return replace(query, shape="dict")


def values_list(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`values_list()`: rows are tuples, or single values."""
    return replace(query, shape="flat" if arguments.keywords.get("flat") == Constant(True) else "tuple")


def filtered(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`filter(pk=1)`: by a column that no two rows share, at most one row is left. A key that is null leads nowhere,
    and reading it is no query. Columns that a condition fixes to constants hold these."""
    model = query.model
    for word, value in arguments.keywords.items():
        said = guards.fixed(model, word, value) or guards.present(model, word, value)
        if said is not None and all(name != said[0] for name, _ in query.fixed):
            query = replace(query, fixed=(*query.fixed, said))
        null = word.removesuffix("__isnull") if value == Constant(True) else word if value == NONE else ""
        if null in model.relations and not model.relations[null].to_many:
            query = replace(query, joined=query.joined | {null})
    return replace(query, single=True) if guards.is_one_row(query, arguments) else query


def order_by(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`order_by()`: without arguments, rows are in no order."""
    return replace(query, ordered=bool(arguments.args) or arguments.star is not None)


def annotate(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`annotate()`: the names it gives are no relations."""
    return replace(query, annotated=query.annotated | frozenset(arguments.keywords))


def fetch_mode(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """https://docs.djangoproject.com/en/6.1/topics/db/fetch-modes/"""
    given = arguments.get(0, "mode")
    peers = isinstance(given, External) and given.dotted.rpartition(".")[2] in PEERS
    return replace(query, peers=peers)


def gathered(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`union()` and its kin: Django refuses eager loading after it; joins in one of the queries alone leave them with
    other columns than the rest, what the first one prefetches is prefetched for all.
    https://docs.djangoproject.com/en/stable/ref/models/querysets/#union
    """
    others = [option for value in arguments.args for option in options(value) if isinstance(option, Query)]
    it.combined.update(each.site for each in (query, *others))
    return combined([query, *others])


def unknown_rows(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`raw()`: rows whose columns cannot be told."""
    return replace(query, opaque=True)


def no_rows(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`none()`: nothing is ever read of it, and it says nothing of the queryset that stands in its place otherwise."""
    return replace(query, shape="none")


def flat(it: Interpreter, query: Query, arguments: Arguments) -> Query:
    """`dates()`, `datetimes()`: rows are single values."""
    return replace(query, shape="flat")


CHAIN: dict[str, Callable[[Interpreter, Query, Arguments], Query]] = {
    "filter": filtered,
    "order_by": order_by,
    "select_related": select_related,
    "prefetch_related": prefetch_related,
    "only": only,
    "defer": defer,
    "values": values,
    "values_list": values_list,
    "annotate": annotate,
    "alias": annotate,
    "fetch_mode": fetch_mode,
    "union": gathered,
    "intersection": gathered,
    "difference": gathered,
    "raw": unknown_rows,
    "none": no_rows,
    "dates": flat,
    "datetimes": flat,
}


# ----------------------------------------------------------------- evaluation


def evaluated(it: Interpreter, frame: Frame, query: Query, node: Any, how: str) -> None:
    """The query runs here. On a related set of each of many rows that is a query per row, unless a prefetch serves
    it."""
    if query.shape == "none":
        return
    dialect = dialects.of(query.model)
    if dialect is not None:
        dialect.evaluated(it, frame, query, node, how)
        return
    it.evaluation(query, frame, node, how)
    row, relation = query.row, query.relation
    if row is not None and relation is not None and row.many and row.query is not None:
        held = loaded_entry(row, relation.name)
        if held is not None:
            if query.refined or not (how in SERVED_BY_PREFETCH or (how == "first" and is_first_at_hand(query))):
                it.loop_query(query.site, query.model, how, it.place(frame, node), row, relation, prefetched=True)
            else:
                it.brought[query.site].add(relation.name)
            return
        if not query.refined and not row.fresh and how in ("iterate", "len", "bool", "contains", "index"):
            it.lazy_load(row, relation, frame, node)
        else:
            it.loop_query(query.site, query.model, how, it.place(frame, node), row, relation)
        return
    if row is None and frame.varies(node):
        it.loop_query(query.site, query.model, how, it.place(frame, node))


def is_first_at_hand(query: Query) -> bool:
    """Whether `first()` takes the first of the rows that were prefetched: Django need not put them in order.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#first
    """
    row, relation = query.row, query.relation
    held = loaded_entry(row, relation.name) if row is not None and relation is not None else None
    if held is None or query.refined:
        return False
    ordered = held.query.ordered if held.query is not None else None
    return is_ordered(query.model) if ordered is None else ordered


def is_ordered(model: Model) -> bool:
    """Whether the rows of a model have an order of their own, by its Meta or that of an abstract base."""
    ordering = model.meta.get("ordering")
    if isinstance(ordering, l.Collection) and not ordering.items:
        return False
    return any(option in model.meta for option in ("ordering", "order_with_respect_to")) or any(
        base.abstract and is_ordered(base) for base in model.parents
    )


def tested(it: Interpreter, frame: Frame, value: Query | ManagerValue, node: Any) -> None:
    """A queryset whose truth is asked is evaluated."""
    if isinstance(value, Query):
        evaluated(it, frame, value, node, "bool")


def loaded_entry(row: Row, name: str) -> Prefetched | None:
    """The prefetch that loads the relation `name` of this row."""
    query = row.query
    if query is None or query.unprefetched:
        return None
    return query.prefetch(row.lookup(name))


def inner_query(row: Row, name: str, query: Query) -> Query:
    """The inner queryset of a `Prefetch`, with what longer lookups of the outer one load below it."""
    if row.query is None:
        return query
    below = row.lookup(name) + "__"
    deeper = tuple(
        replace(entry, path=entry.path[len(below) :]) for entry in row.query.prefetches if entry.path.startswith(below)
    )
    return replace(query, prefetches=(*query.prefetches, *deeper)) if deeper else query


def loaded_below(row: Row, name: str) -> frozenset[str]:
    """What a prefetch of the relation `name` brings for the rows of that set."""
    entry = loaded_entry(row, name)
    if entry is None or row.query is None:
        return frozenset()
    below = row.lookup(name) + "__"
    paths = [other.path[len(below) :] for other in row.query.prefetches if other.path.startswith(below)]
    inner = entry.query
    if inner is not None:
        paths += [*inner.joined, *(other.path for other in inner.prefetches)]
    return frozenset(step for path in paths for step in prefixes(path))


def is_joined(row: Row, name: str) -> bool:
    """Whether the row's query loaded the to-one relation `name`, by join or by prefetch, or the row is made of it."""
    dialect = dialects.of(row.model)
    if dialect is not None:
        return dialect.is_loaded(row, name)
    query = row.query
    if query is None or query.opaque:
        return True
    relation = row.model.relation(name)
    if relation is not None and relation.parent_link and relation.kind == "o2o":
        return True  # Django makes the parent of the child's own columns
    path = row.lookup(name)
    if path in query.joined or loaded_entry(row, name) is not None:
        return True
    return not row.path and name in query.known


def row_of(it: Interpreter, query: Query) -> Value:
    """One row of the query, standing for each of them."""
    dialect = dialects.of(query.model)
    if dialect is not None:
        return dialect.row_of(it, query)
    it.built[query.site].add(query.model)
    if query.shape == "dict":
        return Dict()
    if query.shape != "row":
        return UNKNOWN
    row, relation = query.row, query.relation
    if row is not None and relation is not None and not query.refined and comes_from_elsewhere(row, query.site):
        it.plain_sets[query.site].add(relation)
    if row is not None and relation is not None and row.query is not None and not query.refined:
        entry = loaded_entry(row, relation.name)
        if entry is not None or (row.many and not row.fresh):
            it.brought[query.site].add(relation.name)
            it.within[query.site].add((row.query.site, row.lookup(relation.name), loaded_below(row, relation.name)))
        if entry is not None and entry.query is not None:
            inner = inner_query(row, relation.name, entry.query)
            return Row(query.model, replace(inner, known=inner.known | query.known), (), True, False, relation, row)
        if entry is not None or (row.many and not row.fresh):
            return Row(query.model, row.query, (*row.path, relation.name), True, False, relation, row)
    return Row(query.model, query, (), not query.single)


def comes_from_elsewhere(row: Row, site: Site) -> bool:
    """Whether other callers may hand in rows that another query gave: what is known of this one's is not all."""
    origin = row.query.site if row.query is not None else None
    if origin is None or origin.place.path != site.place.path:
        return True
    return origin.scope.partition(".")[0] != site.scope.partition(".")[0]


def one_row(it: Interpreter, frame: Frame, query: Query) -> Row:
    """The row that `.get()` and its kin give."""
    made = row_of(it, query)
    return replace(made, many=False) if isinstance(made, Row) else Row(query.model)


__all__ = [
    "METHODS",
    "Bound",
    "Pages",
    "base_query",
    "call_method",
    "evaluated",
    "iteration",
    "one_row",
    "row_of",
    "tested",
]
