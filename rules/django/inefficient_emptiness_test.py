"""DJG115: rows are fetched, or counted, only to learn whether there are any."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place, Severity
from pitfall_lint.flow.around import around, text_at
from pitfall_lint.flow.words import source_of
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.flow.events import Evaluation
    from pitfall_lint.project import Project

# Calls that make a queryset anew each time, so that nobody else holds its rows.
FRESH = frozenset({"filter", "exclude", "order_by", "distinct", "annotate", "select_related", "prefetch_related"})
# How a count is compared, with the count on the left: whether that asks for some row (True) or for none (False).
ASKS = {
    (">", 0): True,
    ("!=", 0): True,
    (">=", 1): True,
    ("==", 0): False,
    ("<", 1): False,
    ("<=", 0): False,
}
_COMPARED = re.compile(r"\s*(?:>|!=|>=|==|<|<=)\s*[01]")


class InefficientEmptinessTest(Rule):
    """Rows are fetched, or counted, only to learn whether there are any; `exists()` asks just that.

    What it finds
    `if Book.objects.filter(...):`, `bool(...)` and `not ...` of a queryset that is built on the spot, so that nobody
    uses the rows; `.count()` of such a queryset, or `len()` of it, compared with 0 or 1 to the same end.

    Why it matters
    A queryset's truth fetches every row of it, and a count visits every row. `exists()` stops at the first.

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
        from django.http import HttpResponse

        from books.models import Book


        def is_known(request):
            if Book.objects.filter(title=request.GET["title"]).count() > 0:
                return HttpResponse("known")
            return HttpResponse("unknown")

    Better

        # books/views.py
        from django.http import HttpResponse

        from books.models import Book


        def is_known(request):
            if Book.objects.filter(title=request.GET["title"]).exists():
                return HttpResponse("known")
            return HttpResponse("unknown")

    Fix
    Safe: the test becomes `.exists()`, or `not ... .exists()`.

    Limits
    Silent for querysets in variables, whose rows may be used elsewhere, for plain `.all()` of related sets, which a
    prefetch may have filled, for queries of one row at most (`filter(pk=key)`), and in templates.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#exists
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-overuse-contains-count-and-exists
    """

    code = "DJG115"
    name = "inefficient-emptiness-test"
    severity = Severity.INFO
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a test."""
        seen: set[Place] = set()
        for event in project.flow.evaluations:
            if event.how not in ("bool", "count", "len") or not event.access.path.endswith(".py") or event.single:
                continue  # of one row at most, there is little to save
            if event.access in seen or event.model.dialect != "django":
                continue
            seen.add(event.access)
            found = mended(project, event)
            if found is None:
                continue
            place, fix = found
            source = event.source.removesuffix(".count()")
            verb = {"bool": "fetches every row", "len": "fetches every row", "count": "counts every row"}[event.how]
            yield self.found(
                place,
                f"This {verb} of `{source}` only to learn whether there is one; ask `exists()`",
                fix=fix,
                scope=event.scope,
                data={"model": event.model.label},
                subject=event.how,
            )


def mended(project: Project, event: Evaluation) -> tuple[Place, Fix] | None:
    """The test and its better form; None where the rows, or their number, are used."""
    nodes = around(project, event.access)
    index = next(
        (
            number
            for number, node in enumerate(nodes)
            if (node.start, node.end) == (event.access.start, event.access.end) and isinstance(node, l.Call)
        ),
        None,
    )
    if not index:
        return None
    node, parents = nodes[index], nodes[:index]
    if event.how == "bool":
        if isinstance(node.func, l.Name) and node.func.id == "bool" and len(node.args) == 1 and is_fresh(node.args[0]):
            inner = node.args[0]
            edits = (
                Edit(Place(event.access.path, node.start, inner.start), ""),
                Edit(Place(event.access.path, inner.end, node.end), ".exists()"),
            )
            plain = text_at(project, Place(event.access.path, inner.end, node.end)) == ")"
            return fixed(event.access, source_of(inner), edits if plain else ())
        if is_fresh(node) and only_tested(parents, node):
            edit = Edit(Place(event.access.path, node.end, node.end), ".exists()")
            return fixed(event.access, source_of(node), (edit,))
        return None
    return compared(project, event, node, parents[-1])


def compared(project: Project, event: Evaluation, node: l.Call, parent: Any) -> tuple[Place, Fix] | None:
    """`queryset.count() > 0`, `len(queryset) == 0`."""
    if event.how == "count":
        query = node.func.object if isinstance(node.func, l.Attr) and not node.args else None
    else:
        query = node.args[0] if len(node.args) == 1 else None
    if query is None or not is_fresh(query):
        return None
    if not isinstance(parent, l.Operation) or len(parent.operands) != 2 or parent.operands[0] is not node:
        return None
    bound = parent.operands[1]
    asks = ASKS.get((parent.op, bound.value)) if isinstance(bound, l.Const) and isinstance(bound.value, int) else None
    if asks is None:
        return None
    path = event.access.path
    place = Place(path, parent.start, parent.end)
    edits: tuple[Edit, ...] = ()
    if _COMPARED.fullmatch(text_at(project, Place(path, node.end, parent.end))):
        negation = () if asks else (Edit(Place(path, parent.start, parent.start), "not "),)
        if event.how == "count" and text_at(project, event.access).endswith(".count()"):
            at = node.end - len("count()")
            edits = (*negation, Edit(Place(path, at, parent.end), "exists()"))
        elif event.how == "len" and text_at(project, Place(path, query.end, node.end)) == ")" and asks:
            edits = (
                Edit(Place(path, node.start, query.start), ""),
                Edit(Place(path, query.end, parent.end), ".exists()"),
            )
    return fixed(place, source_of(query), edits, "" if asks else "not ")


def fixed(place: Place, source: str, edits: tuple[Edit, ...], negation: str = "") -> tuple[Place, Fix]:
    """The fix, in words only where the test is written in an unusual way."""
    words = f"Ask `{negation}{source}.exists()`"
    if edits:
        return place, Fix(Applicability.SAFE, words, Edits(edits))
    return place, Fix(Applicability.MANUAL, words)


def is_fresh(node: Any) -> bool:
    """Whether the expression builds a queryset of its own: its last call refines one."""
    return isinstance(node, l.Call) and isinstance(node.func, l.Attr) and node.func.name in FRESH


def only_tested(parents: tuple[Any, ...], node: Any) -> bool:
    """Whether nothing but the truth of the expression is asked."""
    below = node
    for parent in reversed(parents):
        if isinstance(parent, l.Operation) and parent.op == "not":
            return True
        if isinstance(parent, (l.If, l.While)):
            return below is parent.test
        if isinstance(parent, l.Choice) and parent.kind == "if":
            return below is parent.test
        if not (isinstance(parent, l.Choice) and parent.kind in ("and", "or")):
            return isinstance(parent, l.Clause) and below in parent.tests
        below = parent
    return False
