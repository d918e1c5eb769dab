"""DJG101: a to-one relation is read on each row of a query that did not load it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.flow.missing import missing
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class NPlusOneToOne(Rule):
    """A foreign key or one-to-one is read on each row of a query that did not load it: a query per row.

    What it finds
    A queryset whose rows are gone through (in Python, in a comprehension, in a template) where each row's foreign
    key, one-to-one (from either
    side) or generic foreign key is read and nothing loaded it. The rows are followed through helpers, managers,
    properties, model methods, `__str__`,
    `{% include %}` and `{% extends %}`; the finding stands at the query and names every relation it lacks.

    Why it matters
    A page that lists 200 books asks the database 201 times. Each query is quick, so nothing shows in development
    with five rows; together they
    are the most common reason for a slow Django page.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

        # books/models.py
        from django.db import models


        class Author(models.Model):
            name = models.CharField(max_length=100)


        class Book(models.Model):
            title = models.CharField(max_length=100)
            author = models.ForeignKey(Author, on_delete=models.CASCADE)

        # books/views.py
        from django.shortcuts import render

        from books.models import Book


        def index(request):
            return render(request, "books/index.html", {"books": Book.objects.order_by("title")})

        {# books/templates/books/index.html #}
        {% for book in books %}<li>{{ book.title }}, {{ book.author.name }}</li>{% endfor %}

    Better

        # books/views.py
        from django.shortcuts import render

        from books.models import Book


        def index(request):
            return render(request, "books/index.html", {"books":
            Book.objects.order_by("title").select_related("author")})

    Fix
    Safe. The relation is added to the query's `select_related` (merged into one that is there); below a to-many
    relation, and for generic
    foreign keys, to its `prefetch_related`. A suggestion only where the query is a row's plain set (`self.books.all()`)
    that a prefetch brings elsewhere: joins there would pass that prefetch by.

    Limits
    Silent where what the query loads cannot be told (`select_related(*names)` of names not known), where rows come
    from code outside the project, and where the
    program itself fills the relation, asks whether it is prefetched (`_prefetched_objects_cache`), or keeps the answer
    (a cached function). A query that gives one row on each turn of a loop counts where the loop stands in the same
    function; a helper that gets one row has low confidence, which is not shown by default. Queries built in a template
    get a suggestion only.
    Of GraphQL types, a relation that `Meta.fields` or an annotation names is taken to be asked for, with medium
    confidence; one that only comes with all the others, or below such a relation, has low confidence.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#retrieve-everything-at-once-if-you-know-you-will-need-it
    """

    code = "DJG101"
    name = "n-plus-one-to-one"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, naming every to-one relation that its rows lack."""
        for lack in missing(event for event in project.flow.lazy_loads if not event.to_many):
            paths = ", ".join(f"`{path}`" for path in lack.paths)
            cost = len(lack.paths)
            read = f"which are read then: {cost} more each time" if cost > 1 else "which is read then: 1 more each time"
            yield self.found(
                lack.site.place,
                f"`{lack.site.source}` runs on each turn of a loop and does not load {paths}, {read}; add "
                f"`{lack.calls}`"
                if lack.single
                else f"`{lack.site.source}` does not load {paths}, which each row reads: 1 + {cost} per row; add "
                f"`{lack.calls}`",
                fix=lack.fix,
                confidence=lack.confidence,
                scope=lack.site.scope,
                steps=lack.steps,
                relations=lack.paths,
                data={"model": lack.model.label},
            )
