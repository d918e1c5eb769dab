"""The recording of events: reads and queries that run row by row, with the way that leads to them and how sure it is
that they run for every row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Confidence, Place, Step
from pitfall_lint.flow.events import LEVELS, BareJoin, DeferredRead, Evaluation, KeyRead, LazyLoad, LoopQuery
from pitfall_lint.flow.frames import Frame
from pitfall_lint.flow.values import Query, Row, Site
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.prelude import in_prelude

if TYPE_CHECKING:
    from pitfall_lint.project.django.models import Model, Relation

MOST_GATES = 2  # early returns before the read
SURE_CALLS = 4  # calls between the loop and the read
SURE_LENGTH = 3  # relations between the query's row and what is read


class Recorder(ABC):
    """What is active, and the events that were recorded of it."""

    def __init__(self) -> None:
        self.stack: list[Frame] = []
        self.lazy_loads: dict[Any, LazyLoad] = {}
        self.key_reads: dict[Any, KeyRead] = {}
        self.loop_queries: dict[Any, LoopQuery] = {}
        self.deferred_reads: dict[Any, DeferredRead] = {}
        self.evaluations: dict[Any, Evaluation] = {}
        self.bare_joins: dict[Any, BareJoin] = {}
        self.kept: set[Site] = set()  # of querysets that a function keeps for those who ask again
        self.surest = Confidence.HIGH  # what is recorded now is no surer than this
        self.noted = 0  # reads and queries that were worth recording, the same ones again included

    @abstractmethod
    def place(self, frame: Frame, node: Any) -> Place:
        """Where the expression stands, as events say it."""

    @contextmanager
    def doubting(self, confidence: Confidence) -> Iterator[None]:
        """What is recorded meanwhile is no surer than this."""
        before = self.surest
        self.surest = max(before, confidence, key=LEVELS.index)
        try:
            yield
        finally:
            self.surest = before

    def trace(self, site: Site | None) -> tuple[Step, ...]:
        """The loop over the site's rows and every call, render and include from there down."""
        start, first = len(self.stack) - 1, 0
        found = False
        for index, frame in enumerate(self.stack):
            for number, loop in enumerate(frame.loops):
                if site is None or site in loop.sites:
                    start, first, found = index, number, True
                    break
            if found:
                break
        else:
            for index in range(len(self.stack) - 1, -1, -1):
                if self.stack[index].loops or self.stack[index].varying:
                    start = index
                    if not self.stack[index].varying:
                        break
        steps: list[Step] = []
        for index in range(max(start, 0), len(self.stack)):
            frame = self.stack[index]
            if index > start and frame.call is not None:
                steps.append(Step(frame.call, frame.label if " " in frame.label else f"calls `{frame.label}`"))
            for number, loop in enumerate(frame.loops):
                if index > start or number >= first:
                    steps.append(Step(loop.place, f"for each of `{loop.source}`"))
        return tuple(step for step in steps if not in_prelude(step.place.path))

    def lazy_load(self, row: Row, relation: Relation, frame: Frame, node: Any) -> None:
        """Record that the relation is read on each of many rows that did not load it."""
        query = row.query
        if query is None or query.opaque or not row.many:
            return
        self.noted += 1
        path, access = row.lookup(relation.name), self.place(frame, node)
        found = (query.site, path, access, query.model, self.surest)
        if found not in self.lazy_loads:
            trace = self.trace(query.site)
            sure = max(self.surest, confidence_of(row, relation, trace), key=LEVELS.index)
            if row.fresh and not any(frame.loops for frame in self.builders(query.site)):
                sure = Confidence.LOW  # a helper's query for one row: the loop is its caller's affair
            if query.few and not any(query.site not in loop.sites for active in self.stack for loop in active.loops):
                sure = Confidence.LOW
            below = through_many(row) or any(
                query.prefetch("__".join(row.path[: end + 1])) is not None for end in range(len(row.path))
            )
            guards, gates = self.guards(query.site)
            if gates > MOST_GATES or (guards and (relation.to_many or below)):
                sure = Confidence.LOW  # a prefetch is a query of its own, whether or not the condition holds for a row
            if row.fresh and (below or relation.kind == "generic_fk"):
                return  # of a single row a prefetch fetches the same with the same number of queries
            self.lazy_loads[found] = LazyLoad(
                query.site,
                query.model,
                path,
                relation,
                below,
                access,
                source_of(node),
                trace,
                sure,
                single=row.fresh,
                returned=next(self.builders(query.site), None) is None,
                alone=not row.first.many,
            )

    def guards(self, site: Site) -> tuple[int, int]:
        """In the functions and templates that the loop over the site's rows calls: how many conditions that cannot be
        told stand around what runs now, and how many have let it go on."""
        guards = gates = 0
        nearest: tuple[int, int] | None = None  # where no loop goes through rows, but fetches one on each turn
        for frame in reversed(self.stack):
            if any(site in loop.sites for loop in frame.loops):
                return guards, gates
            if nearest is None and frame.loops:
                nearest = guards, gates
            guards += frame.guards
            gates += frame.gates
        return nearest or (guards, gates)

    def builders(self, site: Site) -> Iterator[Frame]:
        """The activations of the very function that builds the query."""
        return (frame for frame in self.stack if frame.path == site.place.path and frame.qualname == site.scope)

    def key_read(
        self,
        row: Row,
        relation: Relation,
        frame: Frame,
        node: Any,
        read: Place,
        other: Place | None,
        alike: bool = True,
    ) -> None:
        """Record that a relation is read for its key only."""
        query = row.query
        if query is None or query.opaque or not row.many:
            return
        self.noted += 1
        path, access = row.lookup(relation.name), self.place(frame, node)
        found = (query.site, path, access)
        if found not in self.key_reads:
            self.key_reads[found] = KeyRead(
                query.site,
                query.model,
                path,
                relation,
                access,
                read,
                other,
                source_of(node),
                self.trace(query.site),
                frame.qualname,
                through_many(row),
                alike=alike,
            )

    def loop_query(
        self,
        site: Site,
        model: Model,
        how: str,
        access: Place,
        row: Row | None = None,
        relation: Relation | None = None,
        prefetched: bool = False,
    ) -> None:
        """Record a query that runs on each turn of a loop."""
        if site in self.kept or self.surest is not Confidence.HIGH:
            return
        self.noted += 1
        outer = row.query.site if row is not None and row.query is not None else None
        few = row is not None and row.query is not None and row.query.few
        if few and sum(len(frame.loops) for frame in self.stack) < 2:
            return  # a handful of rows
        rows = outer is not None or any(loop.sites for frame in self.stack for loop in frame.loops)
        path = row.lookup(relation.name) if row is not None and relation is not None else ""
        found = (site, how, access, prefetched, rows, path)
        if found not in self.loop_queries:
            scope = self.stack[-1].qualname if self.stack else ""
            self.loop_queries[found] = LoopQuery(
                site, model, how, access, self.trace(outer), path, outer, relation, prefetched, rows=rows, scope=scope
            )

    def evaluation(self, query: Query, frame: Frame, node: Any, how: str) -> None:
        """Record that a queryset is evaluated; one that a library evaluates is none of the program's doing."""
        if in_prelude(frame.path) or query.opaque:
            return
        access = frame.place(node)
        importing = self.is_importing
        found = (query.site, how, access, importing)
        if found in self.evaluations:
            return
        prefetching = tuple(entry.path for entry in query.prefetches)
        calls = [active.call for active in self.stack if active.call is not None] if importing else []
        self.evaluations[found] = Evaluation(
            query.site,
            query.model,
            how,
            access,
            frame.qualname,
            source_of(node),
            query.row is not None,
            prefetching,
            importing,
            tuple(Step(place, "calls") for place in calls),
            query.single,
        )

    def bare_join(self, query: Query, frame: Frame, node: Any) -> None:
        """Record a `select_related()` that names nothing."""
        if not in_prelude(frame.path):
            access = frame.place(node)
            self.bare_joins[access] = BareJoin(query.site, query.model, access, frame.qualname, query.known)

    @property
    def is_importing(self) -> bool:
        """Whether what runs now runs while modules are imported: nothing is active, or what is was called by a
        module's or class's own statement."""
        return not self.stack or (self.stack[0].call is not None and self.stack[0].module is not None)

    def deferred_read(self, row: Row, name: str, access: Place) -> None:
        """Record that a deferred column is read on each of many rows."""
        query = row.query
        if query is None or query.opaque or not row.many or row.path:
            return
        found = (query.site, name, access)
        if found not in self.deferred_reads:
            self.deferred_reads[found] = DeferredRead(query.site, query.model, name, access, self.trace(query.site))


def confidence_of(row: Row, relation: Relation, trace: tuple[Step, ...]) -> Confidence:
    """How sure it is that the read runs for the rows: each call on the way may be guarded by what the interpreter
    does not see, and
    a path over several sets of rows is rarely what the page is about.
    """
    calls = sum(not step.message.startswith("for each") for step in trace)
    sets = int(relation.to_many)
    current: Row | None = row
    while current is not None and current.path:
        sets += current.via is not None and current.via.to_many
        current = current.parent
    length = len(row.path) + 1
    if calls > SURE_CALLS + 2 or length > SURE_LENGTH + 1 or sets > 2:
        return Confidence.LOW
    return Confidence.MEDIUM if calls > SURE_CALLS or length > SURE_LENGTH or sets > 1 else Confidence.HIGH


def through_many(row: Row) -> bool:
    """Whether a to-many step lies between the query's row and this one, or the step from a child to its parent's row,
    which a join does not fill.
    """
    current: Row | None = row
    while current is not None and current.path:
        if current.via is not None and (current.via.to_many or (current.via.parent_link and current.via.kind == "o2o")):
            return True
        current = current.parent
    return False
