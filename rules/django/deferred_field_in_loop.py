"""DJG107: a column that `only()` or `defer()` left out is read on each row: a query per row for one column."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Confidence, Edit, Edits, Finding, Fix, Place, Severity, Step
from pitfall_lint.flow.around import around, is_kept, links, node_at, text_at
from pitfall_lint.flow.loops import is_loop
from pitfall_lint.project.prelude import in_prelude
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.flow.events import DeferredRead
    from pitfall_lint.flow.values import Site
    from pitfall_lint.project import Project

SURE_CALLS, MOST_CALLS = 1, 3


class DeferredFieldInLoop(Rule):
    """A column that the query left out is read on each of its rows: a query per row for one column.

    What it finds
    A queryset with `only()` or `defer()` whose rows are gone through, where each row's reading of a column, in the
    loop or in what it calls, needs one that the query left out.

    Why it matters
    Django fetches a deferred column when it is read, with a query for that one row. The saving turns into 1,001
    queries.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]
        # books/models.py
        from django.db import models


        class Book(models.Model):
            title = models.CharField(max_length=100)
            isbn = models.CharField(max_length=13)

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            return JsonResponse({book.title: book.isbn for book in Book.objects.only("title")})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            return JsonResponse({book.title: book.isbn for book in Book.objects.only("title", "isbn")})

    Fix
    Safe where `only()` stands in the query's own expression: the column is added to it. Manual for `defer()`, and
    where another function leaves the column out.

    Limits
    Columns of joined rows are not followed, nor is one that is read only where a cache does not hold the answer.
    A column that is read several calls away from the loop has a lower
    confidence.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#only
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#defer
    """

    code = "DJG107"
    name = "deferred-field-in-loop"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, naming every column that it lacks."""
        events = [
            event
            for event in project.flow.deferred_reads
            if event.model.dialect == "django" and not is_kept(around(project, event.access))
        ]
        events.sort(key=lambda event: (event.site.place, event.field, event.access))
        for site, group in itertools.groupby(events, key=lambda event: event.site):
            if in_prelude(site.place.path):
                continue
            held = list(group)
            order = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
            best = min((sure_of(event) for event in held), key=order.index)
            held = [event for event in held if sure_of(event) is not Confidence.LOW] or held
            names = sorted({event.field for event in held})
            listed = ", ".join(f"`{name}`" for name in names)
            steps = [step for event in held for step in event.trace]
            steps += [Step(event.access, f"reads `{event.field}`: a query per row") for event in held]
            yield self.found(
                site.place,
                f"`{site.source}` leaves out {listed}, which each row reads: 1 + {len(names)} per row",
                fix=fix_of(project, site, names),
                confidence=best,
                scope=site.scope,
                steps=tuple(dict.fromkeys(steps)),
                relations=names,
                data={"model": held[0].model.label},
            )


def sure_of(event: DeferredRead) -> Confidence:
    """How sure it is that the read runs for each row: calls on the way may be guarded."""
    calls = sum(not is_loop(step) for step in event.trace)
    if calls > MOST_CALLS:
        return Confidence.LOW
    return Confidence.MEDIUM if calls > SURE_CALLS else Confidence.HIGH


def fix_of(project: Project, site: Site, names: list[str]) -> Fix:
    """The names added to the `only()` of the query, where it stands there."""
    node = node_at(project, site.place)
    calls = [call for name, call in links(node) if name == "only" and call is not None]
    listed = ", ".join(f'"{name}"' for name in names)
    if calls and calls[-1].args and all(isinstance(arg, l.Const) for arg in calls[-1].args):
        last = calls[-1].args[-1]
        place = Place(site.place.path, last.end, last.end)
        quote = text_at(project, Place(site.place.path, last.start, last.end))[:1]
        mark = quote if quote in ("'", '"') else '"'
        content = "".join(f", {mark}{name}{mark}" for name in names)
        return Fix(Applicability.SAFE, f"Add {listed} to `only()`", Edits((Edit(place, content),)))
    them = "it" if len(names) == 1 else "them"
    if not calls and any(name == "defer" for name, _ in links(node)):
        return Fix(
            Applicability.MANUAL, f"Take {listed} out of the `defer()` of this query, or do not read {them} here"
        )
    return Fix(Applicability.MANUAL, f"Add {listed} to the `only()` of this query, or take {them} out of its `defer()`")
