"""Worked suggestions for queries that run on each turn of a loop, in the words of the program at hand. They say what
takes the query's place; none is an edit, because what a loop does with its answer is for its author to carry over."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import querysets
from pitfall_lint.flow.around import around, function_around, links, node_at
from pitfall_lint.flow.locality import LIBRARY, NEAR, OWN, target_of
from pitfall_lint.flow.locality import query_node as node_of_query
from pitfall_lint.flow.loops import Repeated, targets
from pitfall_lint.flow.wording import (
    LONGEST,
    Link,
    column_of,
    conditions,
    is_handled,
    is_movable,
    is_sliced,
    is_whole,
    loaded_beside,
    loads_only,
    loops_around,
    manager_of,
    names_in,
    refinement,
    varying,
    written,
)
from pitfall_lint.flow.words import source_of

if TYPE_CHECKING:
    from pitfall_lint.flow.values import Site
    from pitfall_lint.project import Project

KEYS = ("pk", "id")
MOST_LETTERS = 20  # of a value in a name
TEXT = ("CharField", "TextField", "SlugField", "EmailField", "URLField")
NEWEST = ("first", "last", "latest", "earliest")


@dataclass(frozen=True, slots=True)
class Advice:
    """What takes the query's place. `sure`: it can be followed as it stands; where the conditions change in a way that
    no query before the loop knows, or cannot be told, only the idea is left."""

    words: str
    sure: bool = True


def called(project: Project, repeated: Repeated) -> list[str]:
    """The methods that the query is made of, in their order."""
    return [name for name, call in links(query_node(project, repeated)) if call is not None]


def varying_names(repeated: Repeated) -> frozenset[str]:
    """The names that change with the loop, where it stands in the same function."""
    return targets(repeated.loop) if repeated.local else frozenset()


def depends_on(project: Project, repeated: Repeated) -> str:
    """What of the loop the query is about, in words: a variable of it, or the row."""
    node = node_at(project, repeated.event.access) or node_at(project, repeated.site.place)
    names = varying_names(repeated)
    if node is not None and names:
        used = sorted({part.id for part in l.walk(node) if isinstance(part, l.Name)} & names)
        if used:
            return ", ".join(f"`{name}`" for name in used)
    return "the row" if repeated.event.rows else "the loop"


def query_path(repeated: Repeated) -> str:
    """The relation as lookups spell it."""
    event = repeated.event
    if event.relation is None:
        return ""
    return "__".join([*event.path.split("__")[:-1], event.relation.query_name])


def prefixed(repeated: Repeated, node: Any) -> str | None:
    """The chain's conditions as a `Q` seen from the outer query; empty where there are none."""
    found = conditions(node)
    if found is None:
        return None
    path = query_path(repeated)
    parts = [
        ("~" if name == "exclude" else "") + f"Q({path}__{word.name}={source_of(word.value)})" for name, word in found
    ]
    return " & ".join(parts)


def outer(repeated: Repeated) -> str:
    """The query whose rows the loop goes through."""
    return f"`{repeated.event.outer.source}`" if repeated.event.outer is not None else "the loop's own query"


def query_node(project: Project, repeated: Repeated) -> Any:
    """The query's expression, where that is all of it: one kept in a variable may be refined further on."""
    return node_of_query(project, repeated.event)


def told(project: Project, repeated: Repeated) -> list[Link] | None:
    """What refines the set that the query is about, where it can be told and is the same on each turn."""
    rest = refinement(repeated, query_node(project, repeated))
    if rest is None or is_sliced(project, repeated) or not is_movable(rest, varying(project, repeated)):
        return None
    return rest


# ------------------------------------------------------------ counts and tests


def guarded(project: Project, repeated: Repeated) -> str | None:
    """The row that a test only guards: `if books.exists(): books.first()`."""
    access = repeated.event.access
    asked = node_at(project, access)
    if repeated.event.how not in ("exists", "count") or not isinstance(asked, l.Call) or asked.args or asked.keywords:
        return None
    nodes = around(project, access)
    tested = any(
        isinstance(node, (l.If, l.Choice))
        and node.test is not None
        and node.test.start <= access.start
        and access.end <= node.test.end
        for node in nodes
    )
    inside = function_around(nodes)
    if not tested or inside is None or not isinstance(asked.func, l.Attr):
        return None
    rows = source_of(asked.func.object, LONGEST)
    for node in l.walk(inside.body):
        if node.start < access.end or "…" in rows:
            continue
        if isinstance(node, l.Call) and isinstance(node.func, l.Attr) and node.func.name in NEWEST:
            if source_of(node.func.object, LONGEST) == rows:
                return source_of(node)
        elif (
            isinstance(node, l.Subscript)
            and isinstance(node.index, l.Const)
            and node.index.value == 0
            and source_of(node.object, LONGEST) in (rows, f"{rows}.all()")
        ):
            return f"{rows}.first()"
    return None


def answer_name(repeated: Repeated) -> tuple[object, str, str]:
    """The query whose rows get an annotation, what it is called after, and what it says of it."""
    event = repeated.event
    name = query_path(repeated).replace("__", "_") or repeated.model.name.lower()
    return event.outer or event.access, event.how, name


def apart(project: Project, repeated: Repeated) -> str:
    """A word that tells an annotation from another of the same set, after its conditions."""
    node = query_node(project, repeated)
    words: list[str] = []
    for name, call in links(node):
        if call is None:
            continue
        for word in call.keywords if name in ("filter", "exclude") else ():
            about = (word.name or "").replace("__isnull", "").replace("__", "_")
            value = word.value.value if isinstance(word.value, l.Const) else ""
            if isinstance(value, str) and value:
                about += "_" + re.sub(r"\W+", "_", value.lower()).strip("_")[:MOST_LETTERS]
            none = value is None or ((word.name or "").endswith("__isnull") and value is True)
            lacking = none != (name == "exclude") if none else (value is False) != (name == "exclude")
            words.append(("without_" if none else "not_") + about if lacking else about)
        if name not in ("filter", "exclude", "all", *NEWEST, "count", "exists"):
            words.append(name)
    return "_".join(words[:3])


def names_apart(project: Project, asked: list[Repeated]) -> list[str]:
    """What the annotation of each is called beside its set: nothing where no other of the same query has that name,
    else what tells it apart, and a number where nothing does."""
    alike = Counter(answer_name(repeated) for repeated in asked)
    seen: Counter[tuple[object, str]] = Counter()
    found: list[str] = []
    for repeated in asked:
        name = answer_name(repeated)
        also = apart(project, repeated) if alike[name] > 1 else ""
        seen[name, also] += 1
        number = seen[name, also]
        found.append(also if number == 1 else f"{also}_{number}".strip("_"))
    return found


def for_answer(project: Project, repeated: Repeated, also: str = "") -> Advice:
    """Instead of a count, a test or the newest row for each row: an annotation of the outer query. `also` tells its
    name from that of another."""
    event, model = repeated.event, repeated.model.name
    node = query_node(project, repeated)
    path = query_path(repeated)
    name = path.replace("__", "_") or model.lower()
    name = f"{name}_{also}" if also else name
    close = repeated.reach in (NEAR, LIBRARY)
    of_row = read_of_row(project, repeated)
    rest = told(project, repeated)
    if event.relation is not None and event.how == "count" and narrows(project, event.outer, path):
        return Advice(
            f"Annotate {outer(repeated)} with a `Subquery` that counts: the query is narrowed by `{path}` itself, and "
            f'`Count("{path}")` would count no others than it lets through',
            close and changes_not(project, repeated),
        )
    if event.relation is not None and event.how == "count":
        where = prefixed(repeated, node) if node is not None and rest is not None else None
        if where is not None:
            extra = f", filter={where}" if where else ""
            return Advice(
                f'Annotate {outer(repeated)} with `{name}_count=Count("{path}"{extra}, distinct=True)` and '
                + of_row.format(name=f"`{name}_count`")
            )
        return Advice(
            f'Annotate {outer(repeated)} with `{name}_count=Count("{path}", filter=...)` and read that of the row',
            close and changes_not(project, repeated),
        )
    back = back_to_outer(repeated)
    if back is not None:
        manager = manager_of(None, repeated.model)
        inner = f"{manager}.filter({back}=OuterRef({own_key(repeated)}))"
        inner += written(project, repeated, rest) if rest is not None else ""
        other = "" if rest is not None else " with the other conditions"
        sure = rest is not None or (close and changes_not(project, repeated))
        if event.how == "exists":
            words = f"Annotate {outer(repeated)} with `has_{name}=Exists({inner})`{other} and "
            return Advice(words + of_row.format(name="that"), sure)
        if event.how in NEWEST:
            return Advice(newest(project, repeated, inner, rest, name, other), sure)
        if event.how == "aggregate":
            return Advice(f"Aggregate once: annotate {outer(repeated)} with the same function over `{path}`", close)
    return keyed_answer(project, repeated) or Advice(generic_answer(repeated), close)


def narrows(project: Project, site: Site | None, path: str) -> bool:
    """Whether a query filters by what lies behind a relation to many: an aggregate over it uses the same join.

    https://docs.djangoproject.com/en/stable/topics/db/aggregation/#order-of-annotate-and-filter-clauses
    """
    node = node_at(project, site.place) if site is not None else None
    if node is None:
        return False
    words = [part.name or "" for part in l.walk(node) if isinstance(part, l.Keyword)]
    return any(word == path or word.startswith(f"{path}__") for word in words)


def read_of_row(project: Project, repeated: Repeated) -> str:
    """Where the annotation is read: of the row; in what the row is asked, only where it is there."""
    inside = function_around(around(project, repeated.event.access))
    if repeated.reach == OWN and inside is not None:
        return f"let `{inside.name}` answer from {{name}} where the row has it"
    if repeated.reach == LIBRARY and inside is not None and inside.name.startswith("get_"):
        return "read {name} of the row where it has it: one that was just created has not"
    return "read {name} of the row"


def changes_not(project: Project, repeated: Repeated) -> bool:
    """Whether nothing in a chain that cannot be told in full changes with the turns, as far as it is written there."""
    rest = refinement(repeated, node_at(project, repeated.site.place))
    return rest is None or is_movable(rest, varying(project, repeated))


def newest(project: Project, repeated: Repeated, inner: str, rest: list[Link] | None, name: str, other: str) -> str:
    """Instead of one row for each row: its key as an annotation, and the rows of all keys at once. One value of it
    needs no second query."""
    ordered = f"{inner}{order_for(repeated, rest)}"
    value = value_read(project, repeated)
    if value is not None:
        return (
            f'Annotate {outer(repeated)} with `{name}_{value}=Subquery({ordered}.values("{value}")[:1])`{other} and '
            f"read that of the row"
        )
    return (
        f'Annotate {outer(repeated)} with `{name}_pk=Subquery({ordered}.values("pk")[:1])`{other}, and load those rows '
        f"with one query: `{repeated.model.name}.objects.in_bulk(...)` of these keys"
    )


def order_for(repeated: Repeated, rest: list[Link] | None) -> str:
    """What puts the row that is asked for in front: `.order_by("-made")` for the latest."""
    event = repeated.event
    own = "ordering" in repeated.model.meta
    orders = rest is not None and any(name == "order_by" for name, _ in rest)
    if event.how == "first":
        return "" if orders or own else '.order_by("pk")'
    if event.how == "last":
        return ".reverse()" if orders or own else '.order_by("-pk")'
    return ".order_by(...)"


def value_read(project: Project, repeated: Repeated) -> str | None:
    """The one column that is read of the row on the spot: `books.first().title`."""
    nodes = around(project, repeated.event.access)
    at = next((index for index, node in enumerate(nodes) if node.end == repeated.event.access.end), 0)
    holder = nodes[at - 1] if at else None
    if isinstance(holder, (l.Attr, l.Lookup)) and repeated.model.field(holder.name) is not None:
        return holder.name if repeated.model.relation(holder.name) is None else None
    return None


def generic_answer(repeated: Repeated) -> str:
    """Where the loop's rows and the query know nothing of each other."""
    event, model = repeated.event, repeated.model.name
    counting = {"count": "Count", "exists": "Exists"}.get(event.how)
    if counting is not None:
        return (
            f"Ask once before the loop: annotate the loop's query with `{counting}`, or group "
            f"`{model}.objects.filter(...)` by what the loop goes through into a dict"
        )
    return (
        f"Ask once before the loop: one query on `{model}` for all of the loop's values, its rows kept in a dict by "
        f"what the loop goes through"
    )


def own_key(repeated: Repeated) -> str:
    """The outer row's key as an `OuterRef` names it: that of the last to-one step before the relation."""
    before = repeated.event.path.split("__")[:-1]
    return '"' + ("__".join(before) or "pk") + '"'


def back_to_outer(repeated: Repeated) -> str | None:
    """The lookup that leads from the inner rows back to the outer one; a generic key is none."""
    relation = repeated.event.relation
    back = repeated.model.relation(relation.inverse) if relation is not None and relation.inverse else None
    return back.query_name if back is not None and back.kind != "generic_fk" else None


# ------------------------------------------------------------------------ rows


def for_rows(project: Project, repeated: Repeated) -> Advice:
    """Instead of rows fetched for each turn: all of them at once, by key or by group."""
    if repeated.event.relation is not None:
        return for_set(project, repeated)
    return for_keys(project, repeated)


def for_set(project: Project, repeated: Repeated) -> Advice:
    """A prefetch that carries what the chain says of the set."""
    event = repeated.event
    path, read = event.path, event.path.replace("__", ".")
    bring = f"Let {outer(repeated)} bring them: "
    streamed = "; its `iterator()` then needs a `chunk_size`" if is_streamed(project, repeated) else ""
    rest = refinement(repeated, query_node(project, repeated))
    keys = columns_of(project, repeated)
    if keys is not None:
        return keys
    if rest is not None and is_whole(rest) and not is_sliced(project, repeated):
        return Advice(f'{bring}`prefetch_related("{path}")`, and go through `{read}.all()` of the row{streamed}')
    rest = told(project, repeated)
    if rest is None:
        return Advice(
            f'{bring}`prefetch_related("{path}")`, and choose in Python over `{read}.all()` of the row what each turn '
            f"asks for{streamed}",
            False,
        )
    inner = f"{repeated.model.name}.objects{written(project, repeated, rest)}"
    if loads_only(rest):
        return Advice(
            f'{bring}`prefetch_related(Prefetch("{path}", queryset={inner}))`, and go through `{read}.all()` of the '
            f"row{streamed}"
        )
    name = event.relation.name if event.relation is not None else path
    one = ", and take the one row of that list" if rest[-1][0] == "get" else ", and go through that list of the row"
    return Advice(
        f'{bring}`prefetch_related(Prefetch("{path}", queryset={inner}, '
        f'to_attr="chosen_{name.removesuffix("_set")}"))`{one}{streamed}'
    )


def columns_of(project: Project, repeated: Repeated) -> Advice | None:
    """For a set of which but columns are asked, `row.books.values_list("pk", flat=True)`: one query for the columns of
    all rows, where nothing but the row and an order chooses among them."""
    back = back_to_outer(repeated)
    chained = links(query_node(project, repeated))
    names = [name for name, call in chained if call is not None]
    if back is None or "values_list" not in names or set(names) - {"all", "order_by", "values_list", "distinct"}:
        return None
    if repeated.reach != NEAR or "__" in repeated.event.path or is_sliced(project, repeated):
        return None
    call = next(call for name, call in chained if name == "values_list")
    columns = ", ".join(source_of(arg) for arg in call.args) if call is not None else ""
    asked = f"{repeated.model.name}.objects.filter({back}__in=...)"
    return Advice(
        f"Ask once for all rows, before the loop: `{asked}.values_list({back!r}, {columns})`, kept in a dict by the "
        f"first of the two; where the loop only gathers them, `{asked}` alone will do"
    )


def is_streamed(project: Project, repeated: Repeated) -> bool:
    """Whether the loop goes through `.iterator()` without a chunk size, which refuses to prefetch.

    https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
    """
    loop = repeated.loop
    over = loop.iter if isinstance(loop, l.For) else loop.clauses[0].iter if isinstance(loop, l.Comprehension) else None
    return (
        any(
            isinstance(part, l.Call)
            and isinstance(part.func, l.Attr)
            and part.func.name == "iterator"
            and not part.args
            and not part.keywords
            for part in l.walk(over)
        )
        if over is not None
        else False
    )


@dataclass(frozen=True, slots=True)
class Key:
    """What the rows of all turns are told apart by: `lookup` in a query, `read` of a row, `value` on a turn; `joined`
    has to be joined to read it. `unique`: no two rows share it."""

    lookup: str
    read: str
    value: str
    joined: str
    unique: bool
    node: Any


def key_asked(project: Project, repeated: Repeated) -> tuple[Key, str] | None:
    """The one condition of the query that changes with the turns, and the query with the others; None where it says
    more than that."""
    if not repeated.local or repeated.reach != NEAR:
        return None
    changing = varying(project, repeated)
    node = node_at(project, repeated.event.access) if repeated.event.how == "get" else None
    if node is None or not links(node):
        node = query_node(project, repeated)
    found = conditions(node) if node is not None else None
    if found is None or changing is None or is_sliced(project, repeated):
        return None
    asked = [(kind, word) for kind, word in found if names_in(word.value) & changing]
    if len(asked) != 1 or asked[0][0] == "exclude":
        return None
    word = asked[0][1]
    name = word.name or ""
    column = column_of(repeated.model, name)
    if column is None:
        return None
    lookup, read, joined, unique = column
    value = source_of(word.value)
    if lookup != name and not name.endswith("__exact"):  # the key of a relation
        value = value if value.endswith(("_id", ".pk", ".id")) else f"{value}.pk"
    base = manager_of(node, repeated.model)
    for kind in ("filter", "exclude"):
        others = [
            f"{other.name}={source_of(other.value)}"
            for name, other in found
            if other is not word and (name == "exclude") == (kind == "exclude")
        ]
        base += f".{kind}({', '.join(others)})" if others else ""
    return Key(lookup, read, value, joined, unique, word.value), base + loaded_beside(project, repeated, node)


def values_of(project: Project, repeated: Repeated, key: Key) -> tuple[str, str, int]:
    """The keys of all turns as a list, what has to be kept for that before the loop, and over how many loops: they are
    collected over every loop that they change with. `[...]` where they are made in the loop itself."""
    changing = varying(project, repeated) or frozenset()
    needed = names_in(key.node) & changing
    clauses: list[str] = []
    kept = ""
    loops = loops_around(project, repeated)
    for loop in reversed(loops):
        target, over = target_of(loop)
        if not isinstance(target, l.Name) or target.id not in needed:
            continue
        source = source_of(over)
        if len(loops) == 1 and isinstance(over, l.Call):
            kept, source = f"`rows = list({source})`, to go through, and ", "rows"
        clauses.insert(0, f"for {target.id} in {source}")
        needed = (needed - {target.id}) | (names_in(over) & changing)
    if needed or not clauses or any("…" in clause for clause in clauses):
        return "[...]", "", len(loops)
    if len(clauses) == 1 and clauses[0].startswith(f"for {key.value} in "):
        return clauses[0].removeprefix(f"for {key.value} in "), kept, 1
    return f"[{key.value} {' '.join(clauses)}]", kept, len(clauses)


def for_keys(project: Project, repeated: Repeated) -> Advice:
    """All turns' rows with one query, in a dict by what the turns ask for."""
    event, model = repeated.event, repeated.model.name
    asked = key_asked(project, repeated)
    if asked is None:
        return Advice(
            f"Before the loop, load what all turns need with one query: "
            f"`{model}.objects.filter(...__in=[...])` into a dict by what the loop looks up (`in_bulk` where that is a "
            f"unique field), and take it from there",
            False,
        )
    key, base = asked
    values, kept, over = values_of(project, repeated, key)
    plural = plural_of(project, repeated, key)
    before = f"Before the loop{'s' if over > 1 else ''}: {kept}"
    sure = values != "[...]" or over < 2
    if is_streamed(project, repeated):
        sure = False  # goes through many rows on purpose without keeping them
    if event.how != "get" and not key.unique:
        query = filtered(base, f"{key.lookup}__in={values}", key.joined)
        return Advice(
            f"{before}`{plural} = defaultdict(list)`, and for each `row` of `{query}`: "
            f"`{plural}[row.{key.read}].append(row)`; in it: `{plural}[{key.value}]`",
            sure and not asks_on(project, repeated),
        )
    if key.lookup in KEYS:
        held = f"{plural} = {base}.in_bulk({values})"
    else:
        query = filtered(base, f"{key.lookup}__in={values}", key.joined)
        held = f"{plural} = {{row.{key.read}: row for row in {query}}}"
    return Advice(f"{before}`{held}`; in it: {taken(project, repeated, plural, key)}", sure)


def asks_on(project: Project, repeated: Repeated) -> bool:
    """Whether the code goes on to ask the queryset, by a variable, for what no list answers: `found.first()`."""
    nodes = around(project, repeated.site.place)
    given = next((node.target for node in reversed(nodes) if isinstance(node, l.Let)), None)
    inside = function_around(nodes)
    if not isinstance(given, l.Name) or inside is None:
        return False
    return any(
        isinstance(part, l.Attr)
        and isinstance(part.object, l.Name)
        and part.object.id == given.id
        and part.name in querysets.METHODS
        for part in l.walk(inside.body)
    )


def plural_of(project: Project, repeated: Repeated, key: Key) -> str:
    """What the rows of all turns are called, where no variable has that name: else after their key as well."""
    name = repeated.model.name.lower()
    plural = f"{name[:-1]}ies" if name.endswith("y") else f"{name.removesuffix('s')}s"
    inside = function_around(around(project, repeated.event.access))
    taken_names = names_in(inside.body) | {param.name for param in inside.params} if inside is not None else frozenset()
    return f"{plural}_by_{key.read.replace('.', '_')}" if plural in taken_names else plural


def taken(project: Project, repeated: Repeated, plural: str, key: Key) -> str:
    """How a turn takes its row, and what becomes of one that is not there."""
    value, field = key.value, repeated.model.field(key.lookup)
    text = repeated.event.rows or (field is not None and field.kind in TEXT)
    typed = "" if text else f" (`{value}` as the column's own type, not as text)"
    if repeated.event.how != "get":
        return f"`{plural}.get({value})`{typed}"
    if is_handled(project, repeated):
        return (
            f"`{plural}.get({value})`{typed}, and where that is None what is done now for a missing "
            f"`{repeated.model.name}`"
        )
    return f"`{plural}[{value}]`{typed}, which still fails for a row that is not there"


def filtered(base: str, condition: str, joined: str) -> str:
    """The query with one condition more, ahead of what is loaded with it."""
    head, dot, rest = base.partition(".filter(")
    if dot:
        made = f"{head}.filter({condition}, {rest}"
    else:
        first, second, *more = base.split(".", 2)
        made = f"{first}.{second}.filter({condition})" + "".join(f".{part}" for part in more)
    return f'{made}.select_related("{joined}")' if joined else made


def keyed_answer(project: Project, repeated: Repeated) -> Advice | None:
    """A count or a test of rows that the turn asks for by a key: all turns' answers at once."""
    event = repeated.event
    asked = key_asked(project, repeated)
    if asked is None or event.how not in ("count", "exists", *NEWEST):
        return None
    key, base = asked
    if event.how in NEWEST:
        rows = plural_of(project, repeated, key)
        values, kept, over = values_of(project, repeated, key)
        query = filtered(base, f"{key.lookup}__in={values}", key.joined)
        start = f"Before the loop{'s' if over > 1 else ''}: {kept}"
        return Advice(
            f"{start}`{rows} = {{row.{key.read}: row for row in {query}}}`, in "
            f"an order in which the {event.how} row of each key comes at its end; in it: `{rows}.get({key.value})`"
        )
    values, kept, over = values_of(project, repeated, key)
    query = filtered(base, f"{key.lookup}__in={values}", "")
    before = f"Before the loop{'s' if over > 1 else ''}: {kept}"
    sure = values != "[...]" or over < 2
    if event.how == "exists":
        return Advice(
            f'{before}`found = set({query}.values_list("{key.lookup}", flat=True))`; in it: `{key.value} in found`',
            sure,
        )
    return Advice(
        f'{before}`counts = dict({query}.order_by().values_list("{key.lookup}").annotate(Count("pk")))`; in it: '
        f"`counts.get({key.value}, 0)`",
        sure,
    )
