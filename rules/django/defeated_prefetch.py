"""DJG104: a related set was prefetched, and each row asks it in a way that the prefetch cannot answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Fix, Severity, Step
from pitfall_lint.flow import suggestions as suggest
from pitfall_lint.flow.loops import ANSWERING, FETCHING, Repeated, repeated
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project

LOADING = frozenset({"all", "select_related", "prefetch_related", "only", "defer"})


class DefeatedPrefetch(Rule):
    """A related set was prefetched, but each row asks it in a way that the prefetch cannot answer: a query per row.

    What it finds
    A query with `prefetch_related("tags")` whose rows are gone through, where each row calls `tags.filter()`,
    `exclude()`, `order_by()`, `first()`, `last()`, `get()`, `values_list()` or the like. Only `all()`, `count()`,
    `exists()`, `len()`, `in`, and the index or slice of `all()` are answered from what was prefetched.

    Why it matters
    The prefetch is paid for, and then there is a query per row all the same.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]

        # books/models.py
        from django.db import models


        class Tag(models.Model):
            word = models.CharField(max_length=100)
            public = models.BooleanField(default=True)


        class Book(models.Model):
            title = models.CharField(max_length=100)
            tags = models.ManyToManyField(Tag)

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.prefetch_related("tags")
            return JsonResponse({book.title: [tag.word for tag in book.tags.filter(public=True)] for book in books})

    Better

        # books/views.py
        from django.db.models import Prefetch
        from django.http import JsonResponse

        from books.models import Book, Tag


        def index(request):
            public = Prefetch("tags", queryset=Tag.objects.filter(public=True), to_attr="public_tags")
            books = Book.objects.prefetch_related(public)
            return JsonResponse({book.title: [tag.word for tag in book.public_tags] for book in books})

    Fix
    Manual: a `Prefetch` with the refined queryset and a `to_attr`, or the choice made in Python over `.all()`.

    Limits
    Silent where what the query loads cannot be told, and for `.first()` of a set that its model's `ordering` or a
    `Prefetch` with a queryset puts in order, which the prefetch serves.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-objects
    """

    code = "DJG104"
    name = "defeated-prefetch"
    severity = Severity.WARNING
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a refined set."""
        for query in repeated(project, FETCHING | ANSWERING, prefetched=True):
            outer = query.event.outer
            steps = query.steps if outer is None else (Step(outer.place, "prefetched here"), *query.steps)
            yield self.found(
                query.site.place,
                f"`{query.site.source}` passes by the prefetched `{query.event.path}` and runs a query for each row; "
                f"only `.all()` is served by the prefetch",
                fix=fix_of(project, query),
                confidence=query.confidence,
                scope=query.site.scope,
                steps=steps,
                relations=(query.event.path,),
                data={"model": query.model.label},
            )


def fix_of(project: Project, query: Repeated) -> Fix:
    """The worked suggestion."""
    name = query.event.relation.name if query.event.relation is not None else query.event.path
    read = query.event.path.replace("__", ".") or name
    if query.site.kind == "template" and query.event.how in ("first", "last"):
        words = (
            f"Take it from what was prefetched: `{name}.all.0` instead of `{name}.{query.event.how}` (with the order "
            f'given in `Prefetch("{query.event.path}", queryset={query.model.name}.objects.order_by(...))`)'
        )
    elif query.event.how in ("first", "last", "earliest", "latest"):
        words = (
            f"Take it from what was prefetched: `next(iter(row.{read}.all()), None)` (with the order given in "
            f'`Prefetch("{query.event.path}", queryset={query.model.name}.objects.order_by(...))`)'
        )
    elif query.event.how in ("exists", "count", "aggregate"):
        words = (
            f"Answer it from what was prefetched, in Python over `row.{read}.all()` (`any(...)`, `sum(...)`), or let "
            f"the query say it: " + suggest.for_answer(project, query).words
        )
    elif set(suggest.called(project, query) or [""]) <= LOADING:
        asked = ".".join(suggest.called(project, query))
        words = (
            f"Go through `row.{read}.all()`; what `{asked}()` loads belongs into the prefetch: "
            f'`Prefetch("{query.event.path}", queryset={query.model.name}.objects.select_related(...))`'
        )
    else:
        words = suggest.for_rows(project, query).words + f"; or choose in Python over `row.{read}.all()`"
    return Fix(Applicability.MANUAL, words)
