"""How far what is prepared before a loop reaches: to a query that stands in the loop's own function, or in the method
that a library calls for each row. A helper, a property or a method of the model has other callers, whose rows lack it.
And what in a loop's body tells against preparing anything: it ends as soon as it has an answer, deletes what it asks
for, or asks for the row that it has."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow.around import around, function_around, links, node_at
from pitfall_lint.project.classes import ClassSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.events import LoopQuery
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model

NEAR, LIBRARY, OWN, FAR = "near", "library", "own", "far"
WHOLE = frozenset({"all", "values", "values_list"})
LOADING = frozenset({"select_related", "prefetch_related"})
MOST_CALLS = 2  # to a property or method of the row's own
FIRST_FOUND = frozenset({"any", "all", "next"})  # stop at the first that decides
KEYS = ("pk", "id")


class Reach:
    """Answers for one project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def model_classes(self) -> frozenset[tuple[str, int]]:
        """The classes that models are made of: their own, and those that they inherit from."""
        return frozenset(
            (base.module.path, base.node.start)
            for model in self.project.django.models.values()
            if model.symbol is not None
            for base in model.symbol.mro
            if isinstance(base, ClassSymbol)
        )

    @cached_property
    def gone_through(self) -> dict[Place, Model]:
        """The model of the rows that each loop over a query goes through."""
        return {event.access: event.model for event in self.project.flow.evaluations if event.how == "iterate"}

    def of(self, event: LoopQuery, local: bool) -> str:
        """How what is prepared before the loop comes to the query: `NEAR`, both stand in one function; `LIBRARY`, the
        query stands in the method that a library's loop calls; `OWN`, in what the row itself is asked; else `FAR`."""
        nodes = around(self.project, event.access)
        inside = function_around(nodes)
        site = event.site.place
        together = site.path == event.access.path and function_around(around(self.project, site)) is inside
        calls = [step.place for step in event.trace if not is_loop(step.message)]
        if local and together and event.trace and is_loop(event.trace[-1].message):
            return NEAR
        if together and inside is None and not self.is_template(event.access):
            return LIBRARY  # named in a class's body, as a column's accessor is
        if not together or inside is None or self.is_recursive(event, inside):
            return FAR
        of_model = any(
            isinstance(node, l.Class) and (event.access.path, node.start) in self.model_classes for node in nodes
        )
        behind = event.trace[-1].place if event.trace else None
        if behind is not None and not of_model and not is_loop(event.trace[-1].message):
            caller = around(self.project, behind)
            if function_around(caller) is None and caller and not self.is_template(behind):
                return LIBRARY
        if event.relation is not None and len(inside.params) == 1 and self.asks_row(event, inside.params[0].name):
            return OWN if len(calls) <= (MOST_CALLS if of_model else 1) else FAR
        return FAR

    def asks_row(self, event: LoopQuery, name: str) -> bool:
        """Whether the set is one of the loop's own row, which the function has by this name: `self.books.count()`."""
        chained = links(node_at(self.project, event.site.place) or node_at(self.project, event.access))
        return (
            event.relation is not None
            and "__" not in event.path
            and bool(chained)
            and chained[0][0] == event.relation.name
            and root_of(node_at(self.project, event.site.place)) == name
        )

    def is_template(self, place: Place) -> bool:
        """Whether a template stands there, whose statements lie in no function."""
        return not place.path.endswith(".py")

    def is_recursive(self, event: LoopQuery, inside: l.Function) -> bool:
        """Whether the way from the loop to the query may come by the loop again: each turn then asks about what the
        turn before has found."""
        on_the_way = [function_around(around(self.project, step.place)) for step in event.trace]
        passed = [function for function in (*on_the_way, inside) if function is not None]
        distinct = [found for index, found in enumerate(passed) if index == 0 or passed[index - 1] is not found]
        if len({id(function) for function in distinct}) < len(distinct):
            return True
        loops = {function.name for function in on_the_way[:1] if function is not None}
        return any(not loops.isdisjoint(function.names) for function in distinct if function.name not in loops)

    def is_transparent(self, event: LoopQuery, node: Any) -> bool:
        """Whether a prefetch of the relation serves every caller: what is read is the whole set, at most with what it
        loads beside."""
        if event.relation is None or node is None:
            return False
        inside = function_around(around(self.project, event.access))
        if inside is not None and self.is_recursive(event, inside):
            return False
        chained = links(node)
        names = [name for name, _ in chained]
        if event.relation.name not in names:
            return False
        rest = chained[names.index(event.relation.name) + 1 :]
        return all(call is None or name in WHOLE | LOADING for name, call in rest)

    def has_reasons(self, event: LoopQuery, loop: Any, local: bool) -> bool:
        """Whether the loop's body tells against asking before it."""
        asked = node_at(self.project, event.access) or node_at(self.project, event.site.place)
        if any(name == "iterator" for name, _ in links(asked)):
            return True
        if not local:
            return False
        nodes = around(self.project, event.access)
        if ends_with(nodes, loop):
            return True
        if isinstance(loop, l.For):
            held = answers(loop.body, event.access)
            if ends_early(loop.body, event.access, held, True) or deletes(loop.body, held):
                return True
        return self.asks_own_row(event, loop, asked)

    def asks_own_row(self, event: LoopQuery, loop: Any, asked: Any) -> bool:
        """Whether it asks for the very row that the loop is at, by its key."""
        target, over = target_of(loop)
        if not isinstance(target, l.Name) or over is None:
            return False
        model = self.gone_through.get(Place(event.access.path, over.start, over.end))
        if model is None or model.concrete is not event.model.concrete:
            return False
        site = node_at(self.project, event.site.place)
        return any(
            word.name in (*KEYS, event.model.pk_name) and is_own_key(word.value, target.id, event.model.pk_name)
            for _, call in (*links(asked), *links(site))
            if call is not None
            for word in call.keywords
        )


def query_node(project: Project, event: LoopQuery) -> Any:
    """The query's whole expression, None where it may be refined elsewhere: it runs where it is written, or its
    variable is assigned but once, or a template goes through the variable."""
    site, access = event.site.place, event.access
    if site.path == access.path and access.start <= site.start <= access.end:
        return node_at(project, site)
    used = node_at(project, access)
    if not isinstance(used, l.Name):
        return None
    if site.path != access.path:
        return None if access.path.endswith(".py") else node_at(project, site)
    inside = function_around(around(project, access))
    if inside is None or function_around(around(project, site)) is not inside:
        return None
    given = [
        node
        for node in l.walk(inside.body)
        if (isinstance(node, l.Let) and any(name.id == used.id for name in bound(node.target)))
        or (isinstance(node, l.For) and any(name.id == used.id for name in bound(node.target)))
    ]
    if len(given) != 1 or not isinstance(given[0], l.Let) or given[0].op is not None or given[0].value is None:
        return None
    value = given[0].value
    return value if value.start == site.start and value.end == site.end else None


def given_back(project: Project, place: Place) -> Any:
    """The query's whole expression where a function returns it as it stands, None otherwise."""
    nodes = around(project, place)
    node = node_at(project, place)
    returned = node is not None and any(isinstance(part, l.Return) and part.value is node for part in nodes)
    return node if returned else None


def root_of(node: Any) -> str | None:
    """The name that a chain of attributes and calls begins with."""
    while isinstance(node, (l.Attr, l.Lookup, l.Call, l.Subscript)):
        node = node.func if isinstance(node, l.Call) else node.object
    return node.id if isinstance(node, l.Name) else None


def is_loop(message: str) -> bool:
    """Whether a step with this message is a loop."""
    return message.startswith("for each of ")


def is_own_key(node: Any, name: str, key: str) -> bool:
    """`row`, `row.pk`, `row.id`."""
    if isinstance(node, l.Attr) and node.name in (*KEYS, key):
        node = node.object
    return isinstance(node, l.Name) and node.id == name


def target_of(loop: Any) -> tuple[Any, Any]:
    """The variable of a loop and what it goes through; None where there are several."""
    if isinstance(loop, l.For):
        return loop.target, loop.iter
    if isinstance(loop, l.Comprehension) and len(loop.clauses) == 1:
        return loop.clauses[0].target, loop.clauses[0].iter
    return None, None


def ends_with(nodes: tuple[Any, ...], loop: Any) -> bool:
    """Whether the loop is a generator that `any`, `all` or `next` go through only until one decides."""
    for index, node in enumerate(nodes):
        if node is loop and isinstance(node, l.Comprehension) and node.kind == "generator" and index:
            around_it = nodes[index - 1]
            return (
                isinstance(around_it, l.Call)
                and isinstance(around_it.func, l.Name)
                and around_it.func.id in FIRST_FOUND
            )
    return False


def holds(node: Any, place: Place) -> bool:
    """Whether a node of the same file spans the place."""
    return bool(node.start <= place.start and place.end <= node.end)


def answers(body: Any, access: Place) -> frozenset[str]:
    """The names that hold what the query there gave, or what was made of it."""
    held: set[str] = set()
    while True:
        before = len(held)
        for node in l.walk(body):
            target, value = None, None
            if isinstance(node, (l.Let, l.Bind)):
                target, value = node.target, node.value
            elif isinstance(node, l.For):
                target, value = node.target, node.iter
            if target is None or value is None:
                continue
            if holds(value, access) or any(isinstance(part, l.Name) and part.id in held for part in l.walk(value)):
                held.update(part.id for part in bound(target))
        if len(held) == before:
            return frozenset(held)


def bound(target: Any) -> list[l.Name]:
    """The variables that an assignment binds; not those of the object whose attribute or item it sets."""
    if isinstance(target, l.Name):
        return [target]
    if isinstance(target, l.Star):
        return bound(target.value)
    if isinstance(target, l.Collection):
        return [name for item in target.items for name in bound(item)]
    return []


def ends_early(body: Any, access: Place, held: frozenset[str], own: bool) -> bool:
    """Whether a `return` or `break` in a loop's body depends on the query's answer: it seldom goes through all.
    `own`: a `break` there ends this loop and none within it."""
    for node in body:
        if isinstance(node, (l.If, l.While)):
            asks = depends(node.test, access, held)
            branches = (node.body, node.orelse)
            if asks and any(leaves(branch, own and isinstance(node, l.If)) for branch in branches):
                return True
            if any(ends_early(branch, access, held, own and isinstance(node, l.If)) for branch in branches):
                return True
        elif isinstance(node, l.For):
            if depends(node.iter, access, held) and leaves(node.body, False):
                return True
            if ends_early((*node.body, *node.orelse), access, held, False):
                return True
        elif isinstance(node, l.With):
            if ends_early(node.body, access, held, own):
                return True
        elif isinstance(node, l.Try):
            asks = any(holds(part, access) for part in node.body)
            if asks and any(leaves(part.body, own) for part in node.handlers):
                return True
            parts = (*node.body, *node.orelse, *(inner for part in node.handlers for inner in part.body))
            if asks and any(isinstance(part, l.Return) or is_break(part) for part in (*node.body, *node.orelse)):
                return True
            if ends_early(parts, access, held, own):
                return True
    return False


def depends(node: Any, access: Place, held: frozenset[str]) -> bool:
    """Whether an expression holds the query, or a name that its answer went into."""
    return holds(node, access) or any(isinstance(part, l.Name) and part.id in held for part in l.walk(node))


def is_break(node: Any) -> bool:
    """`break`."""
    return isinstance(node, l.Jump) and node.kind == "break"


def leaves(body: Any, own: bool) -> bool:
    """Whether these statements may leave the loop around them."""
    for node in body:
        if isinstance(node, l.Return) or (own and is_break(node)):
            return True
        if isinstance(node, l.If) and (leaves(node.body, own) or leaves(node.orelse, own)):
            return True
        if isinstance(node, (l.For, l.While)) and leaves((*node.body, *node.orelse), False):
            return True
        if isinstance(node, (l.With, l.Try)) and leaves(node.body, own):
            return True
    return False


def deletes(body: Any, held: frozenset[str]) -> bool:
    """Whether the loop deletes what the query gave: rows loaded before it would be there still."""
    for node in l.walk(body):
        is_call = isinstance(node, l.Call) and isinstance(node.func, l.Attr)
        if is_call and node.func.name == "delete" and root_of(node.func.object) in held:
            return True
    return False
