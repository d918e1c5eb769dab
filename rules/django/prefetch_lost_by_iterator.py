"""DJG114: `iterator()` without `chunk_size` on a queryset that prefetches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place, Severity, Step
from pitfall_lint.flow.around import text_at
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project

CHUNK = "chunk_size=2000"


class PrefetchLostByIterator(Rule):
    """`iterator()` without `chunk_size` on a queryset that prefetches: an error since Django 5.0, no prefetch before.

    What it finds
    `.iterator()` without `chunk_size` on a queryset with `prefetch_related`, wherever that was added.

    Why it matters
    Django 5.0 and later raise `ValueError`. Django 4.1 and 4.2 warn and leave the prefetch out, and earlier versions
    leave it out silently, so that each row queries for itself.

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


        class Tag(models.Model):
            word = models.CharField(max_length=100)


        class Book(models.Model):
            title = models.CharField(max_length=100)
            author = models.ForeignKey(Author, on_delete=models.CASCADE)
            tags = models.ManyToManyField(Tag)
        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.prefetch_related("tags")
            return JsonResponse({book.title: len(book.tags.all()) for book in books.iterator()})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.prefetch_related("tags")
            return JsonResponse({book.title: len(book.tags.all()) for book in books.iterator(chunk_size=2000)})

    Fix
    Safe: `chunk_size=2000`, which is how many rows `iterator()` takes at a time by itself. The prefetch then runs once
    for each chunk.

    Limits
    Before Django 4.1 `iterator()` cannot prefetch at all; there the finding says to leave one of the two out.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#iterator
    """

    code = "DJG114"
    name = "prefetch-lost-by-iterator"
    severity = Severity.ERROR
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a call."""
        seen: set[Place] = set()
        version = project.django.version
        for event in project.flow.evaluations:
            if event.how != "iterator" or not event.prefetching or event.access in seen:
                continue
            if event.model.dialect != "django":
                continue
            seen.add(event.access)
            paths = ", ".join(f"`{path}`" for path in event.prefetching)
            at = event.access.end - 1
            if version is not None and version < (4, 1):
                fix = Fix(Applicability.MANUAL, "Go through the queryset itself, without `iterator()`")
            elif text_at(project, event.access).endswith("iterator()"):
                edit = Edit(Place(event.access.path, at, at), CHUNK)
                fix = Fix(Applicability.SAFE, f"Give it a chunk size: `iterator({CHUNK})`", Edits((edit,)))
            else:
                fix = Fix(Applicability.MANUAL, f"Give it a chunk size: `iterator({CHUNK})`")
            yield self.found(
                event.access,
                f"`iterator()` without `chunk_size` cannot prefetch {paths}: Django 5.0 and later raise ValueError",
                fix=fix,
                scope=event.scope,
                steps=(Step(event.site.place, "the queryset"),),
                relations=event.prefetching,
                data={"model": event.model.label},
            )
