"""DJG102: a to-many relation is gone through on each row of a query that did not prefetch it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.flow.missing import missing
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class NPlusOneToMany(Rule):
    """A to-many relation is gone through on each row of a query that did not prefetch it: a query per row.

    What it finds
    A queryset whose rows are gone through where each row's `.all()` of a many-to-many, a reverse foreign key or a
    generic relation is evaluated
    (iterated, `len`, `in`, `bool`) and no `prefetch_related` loaded it. Rows are followed as for DJG101.

    Why it matters
    One query for the list and one more for each of its rows. `prefetch_related` makes it two in all, however long
    the list.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

        # books/models.py
        from django.db import models


        class Tag(models.Model):
            word = models.CharField(max_length=100)


        class Book(models.Model):
            title = models.CharField(max_length=100)
            tags = models.ManyToManyField(Tag)

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.all()
            return JsonResponse({book.title: [tag.word for tag in book.tags.all()] for book in books})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.prefetch_related("tags")
            return JsonResponse({book.title: [tag.word for tag in book.tags.all()] for book in books})

    Fix
    Safe. The relation is added to the query's `prefetch_related`, merged into one that is there.

    Limits
    A related set that is refined per row (`.filter()`, `.order_by()`, `.count()`, `.first()`) is not served by a
    plain prefetch and is no finding of this rule.
    Silent where what the query loads cannot be told, and where the loop writes rows of the kind that a prefetch would
    have fetched before it. A set that few of many loops over a shared query read has low confidence, which is not
    shown by default.
    Of GraphQL types, a relation that `Meta.fields` or an annotation names is taken to be asked for, with medium
    confidence; one that only comes with all the others, or below such a relation, has low confidence.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#prefetch-related
    """

    code = "DJG102"
    name = "n-plus-one-to-many"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, naming every to-many relation that its rows lack."""
        for lack in missing(event for event in project.flow.lazy_loads if event.to_many):
            paths = ", ".join(f"`{path}`" for path in lack.paths)
            cost = len(lack.paths)
            yield self.found(
                lack.site.place,
                f"`{lack.site.source}` does not prefetch {paths}, which each row goes through: 1 + {cost} per "
                f"row; add `{lack.calls}`",
                fix=lack.fix,
                confidence=lack.confidence,
                scope=lack.site.scope,
                steps=lack.steps,
                relations=lack.paths,
                data={"model": lack.model.label},
            )
