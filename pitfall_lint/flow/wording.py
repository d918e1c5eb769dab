"""What a query that runs on each turn of a loop says, taken apart for a suggestion: the words of its chain as they are
written, the conditions in it, and which of the names in there change from one turn to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.around import around, function_around, links
from pitfall_lint.flow.locality import LOADING, NEAR, WHOLE, bound
from pitfall_lint.flow.loops import Repeated, targets
from pitfall_lint.flow.words import source_of

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model

ENDS = frozenset(
    """values values_list count exists first last latest earliest aggregate get in_bulk iterator""".split()  # noqa: SIM905
)
PLAIN = frozenset({"all", "get_queryset"})
NEUTRAL = PLAIN | LOADING | ENDS | frozenset({"order_by", "reverse", "only", "defer", "using"})
KEPT = LOADING | frozenset({"order_by", "only", "defer"})
MISSING = ("DoesNotExist", "ObjectDoesNotExist", "Exception")
LONGEST = 200

Link = tuple[str, Any]


def conditions(node: Any) -> list[tuple[str, l.Keyword]] | None:
    """The keyword conditions of the `filter`, `exclude` and `get` calls of a chain; None where it says more."""
    found: list[tuple[str, l.Keyword]] = []
    for name, call in links(node):
        if name in ("filter", "exclude", "get") and call is not None:
            if call.args or any(word.name is None for word in call.keywords):
                return None
            found.extend((name, word) for word in call.keywords)
        elif call is not None and name not in NEUTRAL:
            return None  # the project's own, or one that changes what is counted
    return found


def names_in(node: Any) -> frozenset[str]:
    """The variables that an expression reads."""
    return frozenset(part.id for part in l.walk(node) if isinstance(part, l.Name)) if node is not None else frozenset()


def loops_around(project: Project, repeated: Repeated) -> list[Any]:
    """The loops of its own function that the query stands in, outermost first; not one that goes through its rows."""
    place = repeated.event.access
    nodes = around(project, place)
    start = max((index for index, node in enumerate(nodes) if isinstance(node, l.Function)), default=0)
    return [
        node
        for node in nodes[start:]
        if isinstance(node, (l.For, l.While, l.Comprehension))
        and not (isinstance(node, l.For) and node.iter.start <= place.start and place.end <= node.iter.end)
    ]


def assigned(body: Any) -> frozenset[str]:
    """The variables that these statements give a value."""
    found: set[str] = set()
    for node in l.walk(body):
        if isinstance(node, (l.Let, l.For, l.Bind, l.Clause)):
            found.update(name.id for name in bound(node.target))
        elif isinstance(node, l.With):
            found.update(name.id for _, target in node.items if target is not None for name in bound(target))
        elif isinstance(node, l.Handler) and node.name:
            found.add(node.name)
    return frozenset(found)


def varying(project: Project, repeated: Repeated) -> frozenset[str] | None:
    """The names that mean something else on each turn: those that the loops around bind and what is assigned in them;
    in a method that a loop calls, all of its own. None where every name may."""
    if repeated.reach == NEAR or repeated.local:
        found: set[str] = set()
        for loop in loops_around(project, repeated):
            found |= targets(loop)
            if isinstance(loop, (l.For, l.While)):
                found |= assigned(loop.body)
        return frozenset(found)
    inside = function_around(around(project, repeated.event.access))
    if inside is None:
        return None
    return frozenset(param.name for param in inside.params) | assigned(inside.body)


def refinement(repeated: Repeated, node: Any) -> list[Link] | None:
    """What the chain says after the relation, without how it ends; None where that cannot be told apart."""
    relation = repeated.event.relation
    chained = links(node) if node is not None else []
    names = [name for name, _ in chained]
    if relation is None or relation.name not in names:
        return None
    rest = [link for link in chained[names.index(relation.name) + 1 :] if link[0] not in PLAIN]
    while rest and rest[-1][0] in ENDS - {"get"}:
        rest.pop()
    if any(name in ENDS and (name != "get" or index + 1 < len(rest)) for index, (name, _) in enumerate(rest)):
        return None
    if any(call is None for _, call in rest) and repeated.site.kind != "template":
        return None  # no method of a queryset
    return rest


def is_sliced(project: Project, repeated: Repeated) -> bool:
    """Whether only some of each turn's rows are taken: `[:5]`."""
    event = repeated.event
    return any(
        isinstance(node, l.Subscript) and isinstance(node.index, l.Slice)
        for place in (event.access, event.site.place)
        for node in around(project, place)[-3:]
        if node.start <= place.start and isinstance(node, l.Subscript)
    )


def is_movable(rest: list[Link], changing: frozenset[str] | None) -> bool:
    """Whether the refinement says the same on each turn."""
    used = frozenset(
        name for _, call in rest if call is not None for part in (call.args, call.keywords) for name in names_in(part)
    )
    return not used if changing is None else used.isdisjoint(changing)


def loads_only(rest: list[Link]) -> bool:
    """Whether the refinement leaves the set whole and in its order, and only has it loaded with more."""
    return all(name in LOADING for name, _ in rest)


def is_whole(rest: list[Link]) -> bool:
    """Whether nothing is left of the refinement."""
    return all(name in WHOLE for name, _ in rest)


def written(project: Project, repeated: Repeated, rest: list[Link]) -> str:
    """The refinement as it is written; `get` chooses like `filter`."""
    return "".join(
        f".{'filter' if name == 'get' else name}{arguments(project, repeated.site.place.path, call)}"
        for name, call in rest
    )


def arguments(project: Project, path: str, call: Any) -> str:
    """The arguments of a call with their parentheses, on one line."""
    if call is None or not (call.args or call.keywords):
        return "()"
    parts = [source_of(part, LONGEST) for part in call.args]
    parts += [
        f"{word.name or '**'}{'=' if word.name else ''}{source_of(word.value, LONGEST)}" for word in call.keywords
    ]
    short = f"({', '.join(parts)})"
    if "…" not in short:
        return short
    try:
        lines = project.source.read(path).decode("utf-8-sig", "replace").splitlines()
    except OSError:
        return "(...)"
    first, last = l.line_of(call.func.end) - 1, l.line_of(call.end) - 1
    held = lines[first : last + 1]
    if not held or any("#" in line for line in held):
        return "(...)"
    held[-1] = held[-1][: l.column_of(call.end)]
    held[0] = held[0][l.column_of(call.func.end) :]
    text = " ".join(line.strip() for line in held).replace("( ", "(").replace(", )", ")").replace(" )", ")")
    return text if len(text) <= LONGEST else "(...)"


def loaded_beside(project: Project, repeated: Repeated, node: Any) -> str:
    """What the chain has loaded with its rows, and their order."""
    rest = [(name, call) for name, call in links(node) if name in KEPT and call is not None]
    return written(project, repeated, rest)


def manager_of(node: Any, model: Model) -> str:
    """The manager that a chain begins with: `Book.objects`."""
    chained = links(node) if node is not None else []
    if chained and chained[0][1] is None and chained[0][0] in model.managers:
        return f"{model.name}.{chained[0][0]}"
    return f"{model.name}.objects"


def is_handled(project: Project, repeated: Repeated) -> bool:
    """Whether a row that is not there is caught on the same turn: `except Book.DoesNotExist`."""
    nodes = around(project, repeated.event.access)
    turn = max((index for index, node in enumerate(nodes) if node is repeated.loop), default=0)
    place = repeated.event.access
    return any(
        isinstance(node, l.Try)
        and any(part.start <= place.start and place.end <= part.end for part in node.body)
        and any(
            (l.dotted(part) or "").rpartition(".")[2] in MISSING
            for handler in node.handlers
            for part in ([handler.caught] if not isinstance(handler.caught, l.Collection) else handler.caught.items)
        )
        for node in nodes[turn:]
    )


def column_of(model: Model, name: str) -> tuple[str, str, str, bool] | None:
    """For a condition on a field of the row, or one behind to-one relations: the lookup, how a row reads it, what has
    to be joined for that, and whether no two rows share it. None for what asks for more than equality."""
    parts = name.split("__")
    if parts[-1] == "exact":
        del parts[-1]
    current, read = model, []
    for part in parts[:-1]:
        relation = current.by_query_name(part)
        if relation is None or not relation.joinable or relation.target is None:
            return None
        read.append(relation.name)
        current = relation.target
    last = parts[-1]
    joined = "__".join(parts[:-1])
    final = current.by_query_name(last)
    if last == "pk" or last == current.pk_name:
        return "__".join(parts), ".".join([*read, last]), joined, not joined
    if final is not None:
        if final.attname is None:
            return None
        lookup = "__".join([*parts[:-1], final.attname])
        return lookup, ".".join([*read, final.attname]), joined, final.kind == "o2o" and not joined
    field = current.field(last)
    if last in current.attnames:
        return "__".join(parts), ".".join([*read, last]), joined, False
    if field is None:
        return None
    unique = field.options.get("unique")
    return "__".join(parts), ".".join([*read, last]), joined, isinstance(unique, l.Const) and bool(unique.value)
