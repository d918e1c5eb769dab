"""DJG105: a count, an existence test, or the first or newest row is asked of the database for each row of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Severity
from pitfall_lint.flow import suggestions as suggest
from pitfall_lint.flow.loops import ANSWERING, FETCHING, repeated
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class AggregateInLoop(Rule):
    """A count, an existence test, an aggregate, or the first or newest row is asked for each row of a loop.

    What it finds
    `.count()`, `.exists()`, `.aggregate()`, `.first()`, `.last()`, `.latest()` and `.earliest()` on each turn of a
    loop over rows: of a related set (`author.books.count()`), or of a query that uses the row. Rows are followed into
    functions, properties, templates and columns of the admin.

    Why it matters
    A query per row for something that the database can say along with the row: an annotation costs no query more.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]

        # books/models.py
        from django.db import models


        class Author(models.Model):
            name = models.CharField(max_length=100)


        class Book(models.Model):
            author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")

        # books/views.py
        from django.http import JsonResponse

        from books.models import Author


        def productivity(request):
            return JsonResponse({author.name: author.books.count() for author in Author.objects.all()})

    Better

        # books/views.py
        from django.db.models import Count
        from django.http import JsonResponse

        from books.models import Author


        def productivity(request):
            authors = Author.objects.annotate(book_count=Count("books"))
            return JsonResponse({author.name: author.book_count for author in authors})

    Fix
    Manual: the annotation (`Count`, `Exists`, `Subquery`) is written out for the query at hand.

    Limits
    Nothing where a prefetch serves it (`.count()` and `.exists()` of a prefetched `.all()`). A prefetch that is passed
    by is DJG104. Low confidence, which is not shown by default, have: queries in a helper or another row's method,
    which the annotation does not come to; loops that end with an answer; commands, scripts, imports, and loops that
    write as they go.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/aggregation/#generating-aggregates-for-each-item-in-a-queryset
    - https://docs.djangoproject.com/en/stable/ref/models/expressions/#subquery-expressions
    """

    code = "DJG105"
    name = "aggregate-in-loop"
    severity = Severity.WARNING
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, unless another rule has it: DJG103 where its rows are fetched as well, DJG104."""
        others = repeated(project, FETCHING) + repeated(project, FETCHING | ANSWERING, prefetched=True)
        fetched = {query.site.place for query in others}
        asked_for = [query for query in repeated(project, ANSWERING) if query.site.place not in fetched]
        for query, also in zip(asked_for, suggest.names_apart(project, asked_for), strict=True):
            advice = suggest.for_answer(project, query, also)
            over = f" of {query.over}" if query.over else ""
            asked = query.event.how
            row = suggest.guarded(project, query)
            if row is not None:
                advice = suggest.Advice(f"Ask once: keep `{row}` in a variable and test that for None")
            yield self.found(
                query.site.place,
                f"`{query.site.source}` is asked for its {WORDS[asked]} once for each turn{over}; "
                + (
                    "its row is fetched anyway"
                    if row is not None
                    else "let the query of the rows bring the answer along"
                ),
                fix=Fix(Applicability.MANUAL, advice.words),
                confidence=query.confidence if advice.sure else Confidence.LOW,
                scope=query.site.scope,
                steps=query.steps,
                relations=query.relations,
                data={"model": query.model.label},
                subject=ALIKE.get(asked, asked),
            )


WORDS = {
    "count": "count",
    "exists": "existence",
    "aggregate": "aggregate",
    "first": "first row",
    "last": "last row",
    "latest": "latest row",
    "earliest": "earliest row",
}
ALIKE = {"exists": "count"}  # what DJG115 makes of `count() > 0` is the same finding still
