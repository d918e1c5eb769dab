"""DJG109: a relation is read on each row for nothing but the key that the row holds itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place, Severity, Step
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.flow.events import KeyRead
    from pitfall_lint.project import Project


class KeyThroughRelation(Rule):
    """A foreign key is followed on each row for nothing but the key: a query per row for a value that the row holds.

    What it finds
    `row.author.pk`, `row.author.id` and `row.author == other` on each row of a query that did not load `author`;
    `row.author is None` and `if row.author`, where the key may be null and nothing else is asked of the author. The row
    has the key in `author_id`, so the query brings nothing new.

    Why it matters
    A query per row that no `select_related` is needed to save.

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
            title = models.CharField(max_length=100)
            author = models.ForeignKey(Author, on_delete=models.CASCADE)

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            return JsonResponse({book.title: book.author.pk for book in Book.objects.all()})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            return JsonResponse({book.title: book.author_id for book in Book.objects.all()})

    Fix
    Safe. `row.author.pk` and `row.author` become `row.author_id`; `row.author == other` becomes
    `row.author_id == other.pk`. Unsafe where the key may be null and the other side may be a row that is not stored (an
    anonymous user): None equals None.

    Limits
    Silent for keys with `to_field`, and where the same rows' relation is read for more than its key: then DJG101
    loads it, and the key is free.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#use-foreign-key-values-directly
    """

    code = "DJG109"
    name = "key-through-relation"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a place that reads the key."""
        loaded = {(event.site, event.path) for event in project.flow.lazy_loads}
        seen: set[Place] = set()
        for event in project.flow.key_reads:
            if (event.site, event.path) in loaded or event.access in seen:
                continue
            seen.add(event.access)
            attname = event.relation.attname
            yield self.found(
                event.access,
                f"`{event.source}` runs a query for each row of `{event.site.source}`; the key is on the row: "
                f"use `{attname}`",
                fix=fix_of(event),
                confidence=event.confidence,
                scope=event.scope,
                steps=(Step(event.site.place, "the query"), *event.trace),
                relations=(event.path,),
                data={"model": event.model.label},
            )


def fix_of(event: KeyRead) -> Fix:
    """The edits where the spans are exact; a template's spans that are not get words."""
    attname = event.relation.attname or ""
    name = event.relation.name
    start = event.read.end - len(name)
    if event.access.start == event.access.end or event.read.start == event.read.end:
        return Fix(Applicability.MANUAL, f"Use `{attname}`, which the row holds, instead of following `{name}`")
    relation = Edit(Place(event.access.path, start, event.read.end), attname)
    if event.other is None and event.access == event.read:
        return Fix(Applicability.SAFE, f"Replace `{event.source}` by `{attname}` of the row", Edits((relation,)))
    if event.other is None:
        rest = Edit(Place(event.access.path, event.read.end, event.access.end), "")
        return Fix(Applicability.SAFE, f"Replace `{event.source}` by `{attname}` of the row", Edits((relation, rest)))
    other = Edit(Place(event.access.path, event.other.end, event.other.end), ".pk")
    if not event.alike:
        words = f"Compare `{attname}` with the other side's key, unless both can be missing: None equals None"
        return Fix(Applicability.UNSAFE, words, Edits((relation, other)))
    return Fix(Applicability.SAFE, f"Compare `{attname}` with the other side's key", Edits((relation, other)))
