"""DJG111: a queryset is asked whether it holds rows, and then fetched: two queries where the second answers both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place, Severity, Step
from pitfall_lint.flow.around import around, function_around, text_at
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.flow.events import Evaluation
    from pitfall_lint.project import Project

ASKED = ".exists()"


class RepeatedEvaluation(Rule):
    """A queryset is asked whether it holds rows, and then fetched: two queries where the second answers both.

    What it finds
    `if books.exists():` with a loop over all of `books` in that branch, and `if not books.exists(): return` before
    such a loop, where `books` is a variable of the function.

    Why it matters
    `exists()` is a query of its own. The truth of a queryset fetches its rows and keeps them, so that the loop runs
    no query any more.

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

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.filter(title__startswith="A")
            if not books.exists():
                return JsonResponse({})
            return JsonResponse({book.pk: book.title for book in books})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            books = Book.objects.filter(title__startswith="A")
            if not books:
                return JsonResponse({})
            return JsonResponse({book.pk: book.title for book in books})

    Fix
    Unsafe: `.exists()` goes, so that the rows are fetched at the test. Where the loop does not always come, that may
    be more than was asked.

    Limits
    Silent where the variable is given another value, where only a part of the rows is gone through, and in templates.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
    """

    code = "DJG111"
    name = "repeated-evaluation"
    severity = Severity.INFO
    fixable = Applicability.UNSAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a test."""
        events = [event for event in project.flow.evaluations if event.model.dialect == "django"]
        seen: set[Place] = set()
        for event in events:
            if event.how != "exists" or event.access in seen or not event.access.path.endswith(".py"):
                continue
            seen.add(event.access)
            again = fetched_after(project, event, events)
            if again is None:
                continue
            name = event.source.removesuffix(ASKED)
            at = event.access.end - len(ASKED)
            edits = Edits((Edit(Place(event.access.path, at, event.access.end), ""),))
            plain = text_at(project, event.access) == f"{name}{ASKED}"
            words = f"Ask `{name}` itself, which keeps the rows that are gone through afterwards"
            yield self.found(
                event.access,
                f"`{event.source}` is a query of its own, and `{name}` is fetched afterwards; test `{name}` itself",
                fix=Fix(Applicability.UNSAFE, words, edits) if plain else Fix(Applicability.MANUAL, words),
                scope=event.scope,
                steps=(Step(event.site.place, "the queryset"), Step(again, "all of it is gone through here")),
                data={"model": event.model.label},
            )


def fetched_after(project: Project, event: Evaluation, events: list[Evaluation]) -> Place | None:
    """Where all rows of the same variable are gone through once the test has found some; None where they are not."""
    nodes = around(project, event.access)
    function = function_around(nodes)
    call = next((node for node in reversed(nodes) if isinstance(node, l.Call)), None)
    if (
        function is None
        or call is None
        or not isinstance(call.func, l.Attr)
        or not isinstance(call.func.object, l.Name)
    ):
        return None
    name = call.func.object.id
    branch, negated = tested_by(nodes, call)
    if branch is None or bindings(function, name) != 1:
        return None
    if negated and not (branch.body and isinstance(branch.body[-1], (l.Return, l.Raise)) and not branch.orelse):
        return None
    for other in events:
        if other.how != "iterate" or other.source != name or other.site != event.site:
            continue
        if other.access.path != event.access.path or other.scope != event.scope:
            continue
        start, end = other.access.start, other.access.end
        if negated and branch.end <= start and end <= function.end:
            return other.access
        if not negated and any(node.start <= start and end <= node.end for node in branch.body):
            return other.access
    return None


def tested_by(nodes: tuple[Any, ...], call: l.Call) -> tuple[l.If | None, bool]:
    """The `if` whose whole test the call is, and whether it is negated."""
    index = nodes.index(call)
    parents = nodes[:index][::-1]
    if not parents:
        return None, False
    first = parents[0]
    if isinstance(first, l.If) and first.test is call:
        return first, False
    if len(parents) > 1 and isinstance(first, l.Operation) and first.op == "not":
        second = parents[1]
        if isinstance(second, l.If) and second.test is first:
            return second, True
    return None, False


def bindings(function: l.Function, name: str) -> int:
    """How often a variable gets a value in a function."""
    count = 0
    for part in l.walk(function.body):
        if isinstance(part, (l.Let, l.For, l.Clause)):
            count += sum(isinstance(inner, l.Name) and inner.id == name for inner in l.walk(part.target))
        elif isinstance(part, l.Bind):
            count += part.target.id == name
    return count
