"""Queries that run on each turn of a loop, gathered by the query: which of them a program could do without, and how
sure that is. A loop that waits, imports, or writes as it goes has its reasons; what is remembered runs but once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place, Step
from pitfall_lint.flow import around as surroundings
from pitfall_lint.flow.around import around, links
from pitfall_lint.flow.events import WRITING, LoopQuery
from pitfall_lint.flow.locality import FAR, NEAR, OWN, Reach, given_back, query_node, root_of
from pitfall_lint.flow.values import Site
from pitfall_lint.project.prelude import in_prelude
from pitfall_lint.project.symbols import ExternalSymbol

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model

FETCHING = frozenset({"get", "iterate", "index", "bool", "len", "contains", "in_bulk"})
ANSWERING = frozenset({"count", "exists", "aggregate", "first", "last", "latest", "earliest"})
SERVED = frozenset({"iterate", "len", "bool", "contains", "index", "count", "exists"})
MOST_CALLS = 2  # on the way from the loop: further on, nothing is known of its rows
SHOWN = "shown by `"  # a step into a declared shape: its fields are read of every row, whatever else is the case
FORM = frozenset({"POST", "GET", "FILES", "cleaned_data", "fields"})  # what a form holds, a few of each
MOST_STEPS = 12
ONE_OFF = ("/management/commands/", "/migrations/", "/scripts/", "/fixtures/", "/seeds/")
ONE_OFF_WORDS = re.compile(
    r"(?:^|[_/.])(?:scripts?|populate|seeds?|import(?:s|ers?|ing)?|migrat\w*|fixtures?|dummy|loadtest|anonymi\w*|sanitiz\w*"
    r"|sync\w*)(?=[_/.]|$)"
)
PLAIN_BASES = frozenset({"django", "builtins", "typing", "abc"})
MADE_UP = re.compile(
    r"(?:^|[_.-])(?:seed(?:s|er|ing)?|dummy|fakes?|demo|populate|fix|repair|samples?|generate[_-]\w*data|test_?data|loadtest)"
    r"(?=[_.-]|$)"
)
CHANGING = ("calls `save`", "calls `delete`", "calls `clean`")


@dataclass(frozen=True, slots=True)
class Repeated:
    """One query that runs on each turn of a loop. `event` is its surest run, `loop` the loop there (a `For`, a
    `Comprehension`'s clause, or None where a library loops), `local`: loop and query stand in one function. `reach`
    says how what is prepared before the loop comes to the query (`locality.py`)."""

    site: Site
    model: Model
    event: LoopQuery
    loop: Any
    local: bool
    confidence: Confidence
    reach: str = NEAR

    @property
    def over(self) -> str:
        """What the loop goes through, in words; empty where a library loops."""
        steps = [step.message for step in self.event.trace if step.message.startswith("for each of ")]
        return steps[-1].removeprefix("for each of ") if steps else ""

    @property
    def relations(self) -> tuple[str, ...]:
        """The relation that it goes through: from the rows of the loop where that stands in the same function, else as
        far as the query's own expression says it, whoever calls."""
        parts = self.event.path.split("__") if self.event.path else []
        while not self.local and len(parts) > 1 and "." + ".".join(parts) not in self.site.source:
            del parts[0]
        return ("__".join(parts),) if parts else ()

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way from the loop to where the query runs."""
        return (*self.event.trace[:MOST_STEPS], Step(self.event.access, "runs here, on each turn"))


def repeated(project: Project, kinds: frozenset[str], prefetched: bool = False) -> list[Repeated]:
    """The queries of these kinds that run on each turn of a loop, one a site, in the order of their places."""
    iterated = frozenset(event.access for event in project.flow.evaluations if event.how == "iterate")
    busy = frozenset(
        step.place
        for event in project.flow.loop_queries
        if event.how in WRITING
        for step in event.trace
        if is_loop(step)
    )
    got = {event.site for event in project.flow.loop_queries if event.how in ("get", *ANSWERING)}
    asked = {(lack.site, lack.path) for lack in project.flow.lazy_loads if lack.confidence is not Confidence.LOW}
    reach = Reach(project)
    found: dict[Place, Repeated] = {}
    for event in project.flow.loop_queries:
        if event.how not in kinds or event.prefetched is not prefetched or event.model.dialect != "django":
            continue
        if (event.outer, event.path) in asked and is_whole(project, event):
            continue  # the prefetch that the rows' query is asked for serves this as well
        if event.outer is not None and event.outer in got and event.outer != event.site:
            continue  # its row was got on the same turn: that query is the one to mend
        made = judged(project, event, iterated, busy, reach)
        if made is None:
            continue
        held = found.get(made.site.place)
        if held is None or (rank(made), len(made.event.trace)) < (rank(held), len(held.event.trace)):
            found[made.site.place] = made
    return [found[place] for place in sorted(found)]


def written_one_by_one(project: Project, kinds: frozenset[str]) -> list[Repeated]:
    """The statements that write a row on each turn of the loop that they stand in, where one statement could write
    all rows: not those whose row is used further on, nor those whose failure is handled."""
    iterated = frozenset(event.access for event in project.flow.evaluations if event.how == "iterate")
    found: dict[Place, Repeated] = {}
    for event in project.flow.loop_queries:
        loops = [step for step in event.trace if is_loop(step)]
        if event.how not in kinds or len(loops) != 1 or len(event.trace) != 1 or event.model.dialect != "django":
            continue
        nodes = around(project, event.access)
        loop = loop_at(project, loops[0].place)
        if not isinstance(loop, l.For) or not any(node is loop for node in nodes) or is_one_off(event, loops):
            continue
        inner = nodes[next(index for index, node in enumerate(nodes) if node is loop) + 1 :]
        if any(isinstance(node, (l.Try, l.With, l.Handler)) for node in inner):
            continue
        if len(inner) < 2 or not isinstance(inner[-2], l.Do) or surroundings.is_kept(nodes):
            continue
        if event.how != "create" and receiver_of(inner[-2].value) not in targets(loop):
            continue
        if event.how == "delete" and is_rest(loop.iter):
            continue  # what is over a limit, trimmed each time that one is added
        rows = event.rows or loops[0].place in iterated
        if not rows and (event.how != "create" or not is_open(loop)):
            continue
        if event.how == "create" and any(not parent.abstract for parent in event.model.parents):
            continue  # bulk_create refuses it
        if event.how == "save" and any(isinstance(part, (l.Try,)) for part in l.walk(loop.body)):
            continue
        if does_more(event.model, "delete" if event.how == "delete" else "save"):
            continue
        made = Repeated(event.site, event.model, event, loop, True, Confidence.MEDIUM)
        found.setdefault(event.access, made)
    return [found[place] for place in sorted(found)]


def does_more(model: Model, method: str) -> bool:
    """Whether a class that the model inherits from has a `save()` or `delete()` of its own, which no statement for many
    rows calls; another package's class may have one.

    https://docs.djangoproject.com/en/stable/topics/db/models/#overriding-predefined-model-methods
    """
    if model.symbol is None:
        return False
    own = model.symbol.member(method)
    others = {base.dotted.partition(".")[0] for base in model.symbol.mro if isinstance(base, ExternalSymbol)}
    return (own is not None and not in_prelude(own.owner.module.path)) or not others <= PLAIN_BASES


def is_rest(node: Any) -> bool:
    """`rows[limit:]`."""
    return (
        isinstance(node, l.Subscript)
        and isinstance(node.index, l.Slice)
        and node.index.lower is not None
        and node.index.upper is None
    )


def receiver_of(node: Any) -> str | None:
    """The name of the row that a method is called on."""
    if isinstance(node, l.Call) and isinstance(node.func, l.Attr) and isinstance(node.func.object, l.Name):
        return node.func.object.id
    return None


def rank(made: Repeated) -> int:
    """The surest first."""
    return (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW).index(made.confidence)


def judged(
    project: Project, event: LoopQuery, iterated: frozenset[Place], busy: frozenset[Place], reach: Reach
) -> Repeated | None:
    """The event with how sure it is, None where the query has its reasons."""
    if in_prelude(event.site.place.path) or in_prelude(event.access.path):
        return None
    loops = [step for step in event.trace if is_loop(step)]
    if not loops and not event.rows:
        return None
    nodes = around(project, event.access)
    written = [loop_at(project, step.place) for step in loops]
    calls = [around(project, step.place) for step in event.trace if not is_loop(step)]
    if any(surroundings.is_kept(held, tuple(written)) for held in (nodes, *calls)):
        return None
    innermost = loops[-1].place if loops else None
    if written and all(isinstance(node, l.While) for node in written):
        return None
    over_rows = event.rows or any(step.place in iterated for step in loops)
    if not over_rows and written and not any(is_open(node) for node in written):
        return None
    local = innermost is not None and any(node is written[-1] for node in nodes)
    if local and root_of(surroundings.node_at(project, event.access)) in targets(written[-1]):
        over_rows = over_rows and event.outer is not None
        if not over_rows:
            return None  # another model on each turn
    last = written[-1] if written else None  # None where a library goes through the rows of a query
    few = last is not None and not isinstance(last, l.While) and not is_open(last)
    if is_one_off(event, loops) or any(step.place in busy for step in loops) or (few and not event.outer):
        sure = Confidence.LOW
    elif not over_rows:
        direct = local and not calls and event.how == "get" and is_open(written[-1])
        sure = Confidence.MEDIUM if direct else Confidence.LOW
    else:
        guarded = [step for step in event.trace if not is_loop(step) and not step.message.startswith(SHOWN)]
        sure = Confidence.LOW if len(guarded) > MOST_CALLS else Confidence.HIGH
    loop = written[-1] if written else None
    far = NEAR if event.prefetched else reach.of(event, local)
    if not event.prefetched and sure is not Confidence.LOW:
        open_to_all = event.how in FETCHING and reach.is_transparent(
            event, query_node(project, event) or given_back(project, event.site.place)
        )
        asked_of_row = far == OWN and event.how in ("count", "exists")
        if (far in (OWN, FAR) and not (open_to_all or asked_of_row)) or reach.has_reasons(event, loop, local):
            sure = Confidence.LOW
    return Repeated(event.site, event.model, event, loop, local, sure, far)


def is_whole(project: Project, event: LoopQuery) -> bool:
    """Whether the query asks the whole set of a relation for what a prefetch knows: `.all()[:3]`, `.count()`."""
    if event.relation is None or event.how not in SERVED:
        return False
    names = [name for name, _ in links(surroundings.node_at(project, event.site.place))]
    if event.relation.name not in names:
        return False
    return set(names[names.index(event.relation.name) + 1 :]) <= {"all", event.how}


def is_loop(step: Step) -> bool:
    """Whether a step of a trace is a loop."""
    return step.message.startswith("for each of ")


def is_one_off(event: LoopQuery, loops: list[Step]) -> bool:
    """Whether it runs by hand, now and then: a command, a script, an import."""
    paths = {event.access.path, *(step.place.path for step in event.trace)}
    if any(part in f"/{path}" for path in paths for part in ONE_OFF):
        return True
    if any(step.message in CHANGING for step in event.trace):
        return True
    return any(ONE_OFF_WORDS.search(text.lower()) for text in (*paths, event.scope))


def makes_up_rows(path: str) -> bool:
    """Whether a file is a command or script that fills a database with what is made up: a developer runs it, now and
    then, and what it writes costs more than what it reads."""
    return any(part in f"/{path}" for part in ONE_OFF) and bool(MADE_UP.search(path.rpartition("/")[2].lower()))


def loop_at(project: Project, place: Place) -> Any:
    """The loop that goes through what stands at `place`."""
    for node in reversed(around(project, place)):
        if isinstance(node, (l.For, l.While)):
            return node
        if isinstance(node, l.Comprehension):
            return node
    return None


def is_open(loop: Any) -> bool:
    """Whether what a loop goes through is not written out: neither a display, nor a range, nor a constant."""
    if isinstance(loop, l.Comprehension):
        over = loop.clauses[0].iter
    elif isinstance(loop, l.For):
        over = loop.iter
    else:
        return False
    if isinstance(over, l.Call) and isinstance(over.func, l.Name) and over.func.id in ("range", "enumerate", "zip"):
        return over.func.id != "range" and bool(over.args) and not isinstance(over.args[0], l.Collection)
    if isinstance(over, l.Call) and isinstance(over.func, l.Attr) and over.func.name in ("items", "keys", "values"):
        over = over.func.object
    if isinstance(over, l.Attr) and over.name in FORM:
        return False
    return (
        not isinstance(over, (l.Collection, l.Mapping, l.Const))
        and not (l.dotted(over) or "a").split(".")[-1].isupper()
    )


def targets(loop: Any) -> frozenset[str]:
    """The names that a loop gives a new value on each turn."""
    if isinstance(loop, l.Comprehension):
        held: tuple[Any, ...] = tuple(clause.target for clause in loop.clauses)
    elif isinstance(loop, l.For):
        held = (loop.target,)
    else:
        return frozenset()
    return frozenset(part.id for part in l.walk(held) if isinstance(part, l.Name))


__all__ = ["ANSWERING", "FETCHING", "WRITING", "Repeated", "repeated", "targets", "written_one_by_one"]
