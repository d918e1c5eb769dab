"""Querysets and rows followed through the project: the interpreter is run once, every ORM rule is a filter over
its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow.around import runs_remembered
from pitfall_lint.flow.events import (
    LEVELS,
    MEMBERSHIP,
    WRITING,
    BareJoin,
    DeferredRead,
    Evaluation,
    KeyRead,
    LazyLoad,
    LoopQuery,
)
from pitfall_lint.flow.memory import runs_once_a_key

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.flow.sqlalchemy.found import Mapped
    from pitfall_lint.flow.unused import UnusedLoad
    from pitfall_lint.flow.values import Site
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model


class Flow:
    """The events of one project, interpreted when the first rule asks."""

    def __init__(self, project: Project, workers: int = 1) -> None:
        self.project = project
        self.workers = workers

    @property
    def _interpreted(self) -> Interpreter | None:
        """The interpreter, its work done; what it raised is raised for everyone who asks, but not worked for again."""
        outcome, trace = self._outcome
        if isinstance(outcome, Exception):
            raise outcome.with_traceback(trace)
        return outcome

    @cached_property
    def _outcome(self) -> tuple[Interpreter | Exception | None, TracebackType | None]:
        try:
            return self._interpret(), None
        except Exception as error:
            return error, error.__traceback__

    def _interpret(self) -> Interpreter | None:
        if not self.project.django.present and not self.project.sqlalchemy.present:
            return None
        from pitfall_lint.flow import roots, shares
        from pitfall_lint.flow.interpreter import Interpreter

        interpreter = Interpreter(self.project)
        starts = [start for provider in roots.PROVIDERS for start in provider(interpreter)]
        shares.interpret(interpreter, starts, self.workers)
        return interpreter

    @cached_property
    def lazy_loads(self) -> tuple[LazyLoad, ...]:
        """Relations read row by row that their query did not load."""
        run = self._interpreted
        if run is None:
            return ()
        from pitfall_lint.flow import afterwards
        from pitfall_lint.flow.loops import makes_up_rows
        from pitfall_lint.flow.overridden import Overridden
        from pitfall_lint.flow.shared import Shared

        events = surest(run.lazy_loads.values())
        identities = {(read.read, read.site) for read in self.key_reads}
        lacking: dict[tuple[Site, str], set[Model]] = {}
        for event in events:
            lacking.setdefault((event.site, event.path), set()).add(event.model)
        found = [
            event
            for event in events
            if event.model.dialect == "django"
            and not self._set_elsewhere(event.site, event.path)
            and not self._is_sent(event.site, event.path)
            and run.built[event.site] <= lacking[event.site, event.path]  # of each model that it is built for
            and (event.access, event.site) not in identities
            and not runs_remembered(self.project, event.access, event.trace)
            and not (event.to_many and self._goes_stale(event))
        ]
        seldom = Shared(self.project).seldom_asked(found, self.evaluations)
        found = [
            replace(event, confidence=Confidence.LOW)
            if (event.site in seldom and event.returned and (event.to_many or event.through_many))
            or makes_up_rows(event.site.place.path)
            or makes_up_rows(event.access.path)
            or runs_once_a_key(self.project, event.access, event.trace)
            else event
            for event in found
        ]
        asked = {(event.site, event.path) for event in found if event.confidence is not Confidence.LOW}
        found = [event for event in found if not self._is_served(event, asked)]
        overridden = Overridden(self.project)
        written = afterwards.written(self.project, {event.site for event in found})
        found = [
            replace(
                event,
                afterwards=(
                    *run.afterwards.get(event.site, ()),
                    *written.get(event.site.scope.rpartition(".")[2], ()),
                ),
                through_many=event.through_many or event.site in run.combined,
                implied=tuple(sorted(run.served.get(event.site, ()))),
                brought=(brought := self._brought(event.site)),
                heirs=(heirs := overridden.classes(event.site, event.model)),
                confidence=Confidence.LOW if brought or len(heirs) > 1 else event.confidence,
            )
            for event in found
        ]
        return tuple(sorted(found, key=lambda event: (event.site.place, event.path, event.access, event.model.dotted)))

    @cached_property
    def key_reads(self) -> tuple[KeyRead, ...]:
        """Relations read row by row for the key that the row holds itself; not where it is asked whether the row is
        there, to read it then."""
        run = self._interpreted
        if run is None:
            return ()
        read: dict[tuple[Site, str], set[Place]] = {}
        for lack in run.lazy_loads.values():
            read.setdefault((lack.site, lack.path), set()).add(lack.access)
        asked: dict[tuple[Site, str], set[Place]] = {}
        for event in run.key_reads.values():
            asked.setdefault((event.site, event.path), set()).add(event.read)
        found = [
            event
            for event in run.key_reads.values()
            if len(run.built[event.site]) < 2
            and not self._set_elsewhere(event.site, event.path)
            and (
                event.read != event.access or read.get((event.site, event.path), set()) <= asked[event.site, event.path]
            )
        ]
        return tuple(sorted(found, key=lambda event: (event.site.place, event.path, event.access)))

    @cached_property
    def loop_queries(self) -> tuple[LoopQuery, ...]:
        """Queries that run on each turn of a loop; not those that only one of the models knows that the loop's query
        is built for."""
        run = self._interpreted
        if run is None:
            return ()
        found = [
            event
            for event in run.loop_queries.values()
            if event.outer is None
            or event.relation is None
            or len(run.built[event.outer]) < 2
            or all(knows(model, event.path) for model in run.built[event.outer])
        ]
        return tuple(sorted(found, key=lambda event: (event.access, event.how, event.site.place)))

    @cached_property
    def deferred_reads(self) -> tuple[DeferredRead, ...]:
        """Columns that the query left out, read row by row."""
        run = self._interpreted
        return (
            ()
            if run is None
            else tuple(
                sorted(
                    (
                        event
                        for event in run.deferred_reads.values()
                        if not self._set_elsewhere(event.site, event.field) and len(run.built[event.site]) < 2
                    ),
                    key=lambda event: (event.access, event.field, event.site.place),
                )
            )
        )

    @cached_property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Querysets evaluated by the program itself."""
        run = self._interpreted
        if run is None:
            return ()
        return tuple(sorted(run.evaluations.values(), key=lambda event: (event.access, event.how, event.site.place)))

    @cached_property
    def bare_joins(self) -> tuple[BareJoin, ...]:
        """Calls of `select_related()` without arguments."""
        run = self._interpreted
        return () if run is None else tuple(sorted(run.bare_joins.values(), key=lambda event: event.access))

    @cached_property
    def unused_loads(self) -> tuple[UnusedLoad, ...]:
        """Relations that a query loads though nothing that may come by its rows reads them."""
        if not self.project.django.present:
            return ()
        from pitfall_lint.flow.unused import Unused

        return tuple(Unused(self.project).find())

    def reads_of(self, join: BareJoin) -> frozenset[str] | None:
        """The relations to one, as lookup paths, that are read of the rows of a bare join; None where the rows go out
        of sight."""
        from pitfall_lint.flow.unused import Unused

        return Unused(self.project).joins_read(join)

    @cached_property
    def mapped(self) -> Mapped:
        """The same of SQLAlchemy's queries and rows."""
        from pitfall_lint.flow.sqlalchemy.found import Mapped

        return Mapped(self.project, self._interpreted, self._set_elsewhere)

    @property
    def reached(self) -> tuple[str, ...]:
        """The bounds that were reached, in words: what lies beyond them was not looked at."""
        if "_outcome" not in self.__dict__:
            return ()  # nobody has asked
        run = self._interpreted
        if run is None:
            return ()
        from pitfall_lint.flow import interpreter, shares

        words = {
            "deep": f"calls more than {interpreter.DEEPEST} deep were not followed",
            "recursive": "calls of what was running already were not followed",
            "varied": f"calls of what one start calls in over {interpreter.MOST_VARIANTS} ways were not followed",
            "inherited": f"starts were left out, at inherited methods that led to nothing for {shares.QUIET} classes",
        }
        left = [f"{name}: left after {interpreter.MOST_STEPS:,} steps" for name in sorted(set(run.exhausted))]
        return (*left, *(f"{run.bounds[name]:,} {said}" for name, said in words.items() if run.bounds[name]))

    @property
    def exhausted(self) -> tuple[str, ...]:
        """The roots that reached a bound: what they would still have shown is lost."""
        return () if self._interpreted is None else tuple(self._interpreted.exhausted)

    def _brought(self, site: Site) -> str:
        """The relation whose plain set the query is, where a prefetch brings that set, here or on other ways."""
        run = self._interpreted
        if run is None:
            return ""
        brought = set(run.brought.get(site, ()))
        brought.update(relation.name for relation in run.plain_sets.get(site, set()) & run.prefetched)
        return min(brought, default="")

    def _is_served(self, event: LazyLoad, asked: set[tuple[Site, str]]) -> bool:
        """Whether the set comes with the rows of another query, which brings the relation along or is asked to:
        a refined set would pass that prefetch by."""
        within = self._interpreted.within.get(event.site, ()) if self._interpreted is not None else ()
        return any(
            event.path in loaded or (outer != event.site and (outer, f"{path}__{event.path}") in asked)
            for outer, path, loaded in within
        )

    @cached_property
    def _written(self) -> dict[Model, list[tuple[Place, ...]]]:
        """The loops on whose turns rows of a model are written."""
        found: dict[Model, list[tuple[Place, ...]]] = {}
        for model, loops in sorted(self._interpreted.saved, key=repr) if self._interpreted is not None else ():
            found.setdefault(model, []).append(loops)
        for event in self.loop_queries:
            if event.how in WRITING - MEMBERSHIP:
                loops = tuple(step.place for step in event.trace if step.message.startswith("for each of "))
                found.setdefault(event.model, []).append(loops)
        return found

    def _goes_stale(self, event: LazyLoad) -> bool:
        """Whether the loop writes rows of the kind that the relation leads to, others than those it reads there: what
        was prefetched before the loop would not show it."""
        loops = [step.place for step in event.trace if step.message.startswith("for each of ")]
        target = event.relation.target
        if not loops or target is None:
            return False
        return any(
            loops[0] in written and not any(holds(place, event.access) for place in written)
            for written in self._written.get(target, ())
        )

    def _is_sent(self, site: Site, path: str) -> bool:
        """Whether the row that the relation is read of leaves the process somewhere, or one above it."""
        sent = self._interpreted.sent if self._interpreted is not None else ()
        parts = path.split("__")
        return any((site, "__".join((*parts[:index], "*"))) in sent for index in range(len(parts)))

    def _set_elsewhere(self, site: Site, path: str) -> bool:
        """Whether the program itself fills the relation on rows of this query, somewhere."""
        assigned = self._interpreted.assigned if self._interpreted is not None else set()
        if (site, "*") in assigned or (self._interpreted is not None and (site, path) in self._interpreted.loaded):
            return True
        parts = path.split("__")
        return any((site, "__".join(parts[: index + 1])) in assigned for index in range(len(parts)))


def surest(events: Iterable[LazyLoad]) -> list[LazyLoad]:
    """Of the events of one read the surest: what is read in doubt as well as for certain is read for certain."""
    found: dict[tuple[Site, str, Place, Model], LazyLoad] = {}
    for event in events:
        read = (event.site, event.path, event.access, event.model)
        held = found.get(read)
        if held is None or LEVELS.index(event.confidence) < LEVELS.index(held.confidence):
            found[read] = event
    return list(found.values())


def holds(outer: Place, inner: Place) -> bool:
    """Whether one place lies within another."""
    return outer.path == inner.path and outer.start <= inner.start and inner.end <= outer.end


def knows(model: Model, path: str) -> bool:
    """Whether a lookup path leads on from the model."""
    current: Model | None = model
    for name in path.split("__"):
        relation = current.relation(name) if current is not None else None
        if relation is None:
            return False
        current = relation.target
    return True
