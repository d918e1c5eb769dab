"""Lazy loads gathered by the query that lacks them: one finding names every relation, one fix mends them all."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Confidence, EagerLoad, Fix, Step
from pitfall_lint.flow.afterwards import hindrance
from pitfall_lint.flow.events import LazyLoad
from pitfall_lint.flow.values import Site

if TYPE_CHECKING:
    from pitfall_lint.project.django.models import Model

MOST_STEPS = 12
MOST_CALLS = 4  # on the way to a read that is reported with the relation above it


@dataclass(frozen=True, slots=True)
class Missing:
    """The relations that one query lacks. `joined` are the lookup paths for select_related, `prefetched` those for
    prefetch_related;
    `to_one` the prefixes of the latter that end in a to-one relation.
    """

    site: Site
    model: Model
    events: tuple[LazyLoad, ...]
    joined: tuple[str, ...]
    prefetched: tuple[str, ...]
    to_one: tuple[str, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Every relation that is read and not loaded, sorted."""
        return tuple(sorted({event.path for event in self.events}))

    @property
    def confidence(self) -> Confidence:
        """That of the surest event."""
        order = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
        return min((event.confidence for event in self.events), key=order.index)

    @property
    def brought(self) -> str:
        """The relation whose set this is, where a prefetch brings it elsewhere."""
        return self.events[0].brought

    @property
    def single(self) -> bool:
        """Whether the query gives one row, on each turn of a loop."""
        return all(event.single for event in self.events)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way from the query to the reads: the way to the first of each relation, then the read itself."""
        steps: list[Step] = []
        for path in self.paths:
            event = next(event for event in self.events if event.path == path)
            for step in event.trace:
                if step not in steps:
                    steps.append(step)
            words = "goes through" if event.to_many else "reads"
            steps.append(Step(event.access, f"{words} `{event.source}`: a query per row for `{path}`"))
        return tuple(steps[:MOST_STEPS])

    @property
    def calls(self) -> str:
        """The calls that load what is missing, as they are to be written."""
        parts = []
        if self.joined:
            parts.append(f"select_related({', '.join(f'{path!r}'.replace(chr(39), chr(34)) for path in self.joined)})")
        if self.prefetched:
            parts.append(
                f"prefetch_related({', '.join(f'{path!r}'.replace(chr(39), chr(34)) for path in self.prefetched)})"
            )
        return ".".join(parts)

    @property
    def hints(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """What is missing by the way in which it is loaded. Of what is prefetched each step is named: strawberry-django
        puts its own `Prefetch` of a field in the place of the step of that name, but not behind a longer one."""
        parts = [path.split("__") for path in self.prefetched]
        steps = ("__".join(path[: end + 1]) for path in parts for end in range(len(path)))
        return ("select_related", self.joined), ("prefetch_related", tuple(dict.fromkeys(steps)))

    @property
    def admin_words(self) -> str:
        """What an admin class says to load what is missing."""
        joined, prefetched = (", ".join(f'"{path}"' for path in paths) for paths in (self.joined, self.prefetched))
        parts = [f"`list_select_related = ({joined}{',' if len(self.joined) == 1 else ''})`"] if joined else []
        if prefetched:
            parts.append(f"a `get_queryset()` with `prefetch_related({prefetched})`")
        return " and ".join(parts)

    @property
    def fix(self) -> Fix:
        """The rewriting of the query; a suggestion where the query stands in a template, which cannot say it."""
        if self.site.kind == "template":
            return Fix(
                Applicability.MANUAL,
                f"A template cannot load relations ahead: build this queryset in Python, with `.{self.calls}`, "
                f"and hand it to the template.",
            )
        if self.events[0].heirs:
            base, _, method = self.site.scope.rpartition(".")
            return Fix(
                Applicability.MANUAL,
                f"Let {' and '.join(f'`{name}`' for name in self.events[0].heirs)} override `{method}()` and add "
                f"`.{self.calls}` to what `super()` gives: `{base}` asks for the rows of other models as well",
            )
        if self.brought:
            paths = ", ".join(f'"{self.brought}__{path}"' for path in (*self.joined, *self.prefetched))
            return Fix(
                Applicability.MANUAL,
                f"Let the query that the row of `{self.site.source}` comes from `prefetch_related({paths})`; here, "
                f"`.{self.calls}` would pass by the prefetch that brings this set to other rows",
            )
        call = hindrance(self.events[0].afterwards, self.joined, self.prefetched, self.to_one)
        if call is not None:
            return Fix(
                Applicability.MANUAL,
                f"Load them where the rows are read, not where the query is built: `{call.how}()` at {call.place.path}:"
                f"{call.place.row} "
                + (
                    f"may name columns that `.{self.calls}` makes ambiguous"
                    if call.how == "extra"
                    else f"would not work on it with `.{self.calls}`"
                ),
            )
        if self.site.kind == "field":
            return Fix(
                Applicability.MANUAL,
                "The serializer's field fetches these rows: prefetch them with the rows that it is shown for, "
                f"as `Prefetch(..., queryset={self.model.name}.objects.{self.calls})`",
            )
        if self.site.kind == "graphql-field":
            hints = [f"{name}={list(paths)!r}".replace("'", '"') for name, paths in self.hints if paths]
            return Fix(Applicability.MANUAL, f"Say so to the optimizer: `strawberry_django.field({', '.join(hints)})`")
        if self.site.kind == "class":
            return Fix(Applicability.MANUAL, f"Give it a queryset: `{self.model.name}.objects.{self.calls}`")
        if self.site.kind == "view-model":
            recipe = EagerLoad(self.site.place, self.joined, self.prefetched, form="view-model", to_one=self.to_one)
            return Fix(
                Applicability.SAFE, f"Add `queryset = {self.model.name}.objects.{self.calls}` to the class", recipe
            )
        if self.site.kind == "admin-class":
            recipe = EagerLoad(self.site.place, self.joined, self.prefetched, form="admin-class", to_one=self.to_one)
            return Fix(Applicability.SAFE, f"Give `{self.site.scope}` {self.admin_words}", recipe)
        if self.site.kind == "admin-queryset":
            recipe = EagerLoad(self.site.place, self.joined, self.prefetched, form="admin-queryset", to_one=self.to_one)
            words = f"Give `{self.site.scope}` a `get_queryset()` with `{self.calls}`"
            return Fix(Applicability.SAFE, words, recipe)
        if self.site.kind == "admin-register":
            words = f"Register `{self.model.name}` with a ModelAdmin class that has {self.admin_words}"
            return Fix(Applicability.MANUAL, words)
        if self.site.kind == "inline-class":
            words = f"Let its `get_queryset(self, request)` return `super().get_queryset(request).{self.calls}`"
            return Fix(Applicability.MANUAL, words)
        recipe = EagerLoad(self.site.place, self.joined, self.prefetched, to_one=self.to_one)
        return Fix(Applicability.SAFE, f"Add `{self.calls}` to `{self.site.source}`", recipe)


def missing(events: Iterable[LazyLoad]) -> Iterator[Missing]:
    """One `Missing` a query, in the order of the queries."""
    ordered = sorted(events, key=lambda event: (event.site.place, event.path, event.access))
    for site, group in itertools.groupby(ordered, key=lambda event: event.site):
        held = tuple(group)
        sure = tuple(event for event in held if event.confidence is not Confidence.LOW)
        named = {event.path for event in sure}
        below = tuple(
            event
            for event in held
            if event.confidence is Confidence.LOW and event.path.rpartition("__")[0] in named and is_near(event)
        )
        held = (*sure, *below) if sure else held  # what is not sure does not hang on to what is
        prefetched = {
            event.path for event in held if event.to_many or event.through_many or event.relation.kind == "generic_fk"
        }
        # A relation below one that has to be prefetched goes the same way.
        prefetched |= {event.path for event in held if any(event.path.startswith(path + "__") for path in prefetched)}
        joined = {event.path for event in held} - prefetched
        to_one = {event.path for event in held if not event.to_many and event.path in prefetched}
        implied = {path for event in held for path in event.implied} if joined else set()
        paths = longest(joined | implied), longest(prefetched)
        yield Missing(site, held[0].model, held, *paths, tuple(sorted(to_one)))


def is_near(event: LazyLoad) -> bool:
    """Whether nothing but the length of its path makes the read unsure: few calls lead there, for rows of many."""
    return not event.single and sum(not step.message.startswith("for each of ") for step in event.trace) <= MOST_CALLS


def longest(paths: set[str]) -> tuple[str, ...]:
    """The paths without those that a longer one loads on its way."""
    return tuple(sorted(path for path in paths if not any(other.startswith(path + "__") for other in paths)))
