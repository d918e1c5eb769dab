"""DJG103: a query fetches rows on each turn of a loop, where one query before the loop could fetch them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Severity
from pitfall_lint.flow import suggestions as suggest
from pitfall_lint.flow.loops import ANSWERING, FETCHING, repeated
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class QueryInLoop(Rule):
    """A query fetches rows on each turn of a loop, where one query before the loop could fetch them all.

    What it finds
    `.get()`, or a queryset that is gone through, tested or measured, on each turn of a loop whose variable it uses:
    in the loop itself, or in a function, property, method or template tag that the loop calls. So is a related set
    that is refined for each row (`row.tags.filter(...)`), which `prefetch_related("tags")` cannot serve.

    Why it matters
    A thousand rows are a thousand queries. One query for all of them (`in_bulk`, `filter(pk__in=...)` into a dict, a
    `Prefetch` with a queryset of its own) takes about as long as one of those.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]

        # books/models.py
        from django.db import models


        class Price(models.Model):
            isbn = models.CharField(max_length=13, unique=True)
            amount = models.DecimalField(max_digits=8, decimal_places=2)


        class Book(models.Model):
            isbn = models.CharField(max_length=13)

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book, Price


        def prices(request):
            found = {}
            for book in Book.objects.all():
                found[book.isbn] = Price.objects.get(isbn=book.isbn).amount
            return JsonResponse(found)

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book, Price


        def prices(request):
            books = list(Book.objects.all())
            prices = Price.objects.in_bulk([book.isbn for book in books], field_name="isbn")
            return JsonResponse({book.isbn: prices[book.isbn].amount for book in books})

    Fix
    Manual: the finding says which query takes the place of the many, in the names of the code at hand.

    Limits
    Silent for loops over a few names that are written out, for `while`, and for answers that are kept (a dict that is
    asked first, a cached function). Loops that go through something else than rows count only where they `get` by
    what they go through. Low confidence, which is not shown by default, have: queries in a helper, property or method
    of the model, unless a prefetch of the whole set serves each of its callers; those whose conditions no query before
    the loop can know; loops that end with an answer, delete what they ask for or ask for the row that they have; loops
    that write as they go, commands, scripts, imports, and loops over a form's fields. What the prefetch serves that
    DJG102 asks for is left to it.
    Counts, tests and newest rows are DJG105, a prefetch that is passed by is DJG104.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#retrieve-everything-at-once-if-you-know-you-will-need-it
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#in-bulk
    """

    code = "DJG103"
    name = "query-in-loop"
    severity = Severity.WARNING
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query."""
        passed_by = {query.site.place for query in repeated(project, FETCHING | ANSWERING, prefetched=True)}
        for query in repeated(project, FETCHING):
            if query.site.place in passed_by:
                continue  # DJG104
            about = suggest.depends_on(project, query)
            advice = suggest.for_rows(project, query)
            turn = f"turn of {query.over}" if query.over else "row" if query.event.rows else "turn"
            yield self.found(
                query.site.place,
                f"`{query.site.source}` runs once for each {turn}, because it depends on {about}; fetch the "
                f"`{query.model.name}` rows of all turns with one query",
                fix=Fix(Applicability.MANUAL, advice.words),
                confidence=query.confidence if advice.sure else Confidence.LOW,
                scope=query.site.scope,
                steps=query.steps,
                relations=query.relations,
                data={"model": query.model.label},
                subject=query.event.how,
            )
