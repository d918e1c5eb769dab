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
        """One finding for each relation that a function, or a template, follows: as long as one of the reads is left,
        so is the query."""
        loaded = {(event.site, event.path) for event in project.flow.lazy_loads}
        groups: dict[tuple[str, str, str], list[KeyRead]] = {}
        seen: set[Place] = set()
        for event in project.flow.key_reads:
            if (event.site, event.path) in loaded or event.access in seen:
                continue
            seen.add(event.access)
            groups.setdefault((event.access.path, event.scope, event.path), []).append(event)
        for events in groups.values():
            first = events[0]
            attname = first.relation.attname
            others = f", and {len(events) - 1} more of the like do" if len(events) > 1 else ""
            yield self.found(
                first.access,
                f"`{first.source}` runs a query for each row of `{first.site.source}`{others}; the key is on the row: "
                f"use `{attname}`",
                fix=fix_of_all(events),
                confidence=first.confidence,
                scope=first.scope,
                steps=(
                    Step(first.site.place, "the query"),
                    *first.trace,
                    *(Step(event.access, f"reads `{event.source}`") for event in events[1:]),
                ),
                relations=(first.path,),
                data={"model": first.model.label},
            )


def fix_of_all(events: list[KeyRead]) -> Fix:
    """The fix of the first, with the edits of all; words alone where one of them has no edits."""
    fixes = [fix_of(event) for event in events]
    edits = [edit for fix in fixes if isinstance(fix.recipe, Edits) for edit in fix.recipe.edits]
    if any(not isinstance(fix.recipe, Edits) for fix in fixes):
        return Fix(Applicability.MANUAL, next(fix.message for fix in fixes if fix.recipe is None))
    unsafe = next((fix for fix in fixes if fix.applicability is Applicability.UNSAFE), fixes[0])
    message = unsafe.message + (f", here and in {len(events) - 1} more places" if len(events) > 1 else "")
    return Fix(unsafe.applicability, message, Edits(tuple(dict.fromkeys(edits))))


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
