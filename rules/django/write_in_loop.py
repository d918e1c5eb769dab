"""DJG106: rows are written one by one, where one statement could write them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity
from pitfall_lint.flow.around import around
from pitfall_lint.flow.loops import Repeated, written_one_by_one
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.symbols import ClassSymbol
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model

SIGNALS = {
    "save": ("pre_save", "post_save"),
    "create": ("pre_save", "post_save"),
    "delete": (),
}


class WriteInLoop(Rule):
    """Rows are written one by one in a loop, where one statement could write them all.

    What it finds
    `row.save()` and `row.delete()` of the loop's own rows, and `Model.objects.create(...)`, as statements of their own
    in a loop.

    Why it matters
    Each is a statement, and outside a transaction a commit, of its own. `bulk_update`, `bulk_create`, `update()` and
    `delete()` on a queryset write any number of rows with one or a few.

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


        def tidy(request):
            for book in Book.objects.all():
                book.title = book.title.strip()
                book.save()
            return HttpResponse("done")

    Better

        # books/views.py
        from django.http import HttpResponse

        from books.models import Book


        def tidy(request):
            books = list(Book.objects.all())
            for book in books:
                book.title = book.title.strip()
            Book.objects.bulk_update(books, ["title"])
            return HttpResponse("done")

    Fix
    Manual: the statement for all rows is written out. `bulk_create`, `bulk_update` and `update` call no `save()` and
    send no `pre_save` or `post_save`.

    Limits
    Silent where the model overrides the method, where the rest over a limit is deleted (`rows[limit:]`), where the
    written row is used further on, where the loop handles the failure of a single row, and in commands, scripts and
    imports. A model whose signals are listened to gives low confidence, which is not shown by default.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#use-bulk-methods
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#bulk-update
    """

    code = "DJG106"
    name = "write-in-loop"
    severity = Severity.INFO
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a statement."""
        for query in written_one_by_one(project, frozenset(SIGNALS)):
            listeners = listening(project, query.model, SIGNALS[query.event.how])
            told = f" (`{listeners[0]}` listens to its signals and would no longer be called)" if listeners else ""
            yield self.found(
                query.event.access,
                f"`{query.site.source}` writes one `{query.model.name}` on each turn of {query.over}{told}",
                fix=Fix(Applicability.MANUAL, instead(project, query)),
                confidence=Confidence.LOW if listeners else query.confidence,
                scope=query.event.scope,
                steps=query.steps,
                data={"model": query.model.label},
                subject=query.event.how,
            )


def instead(project: Project, query: Repeated) -> str:
    """The statement for all rows."""
    model = query.model.name
    if query.event.how == "create":
        return f"Collect `{model}(...)` in a list and write it after the loop: `{model}.objects.bulk_create(rows)`"
    if query.event.how == "delete":
        return f"Delete with one statement: `{model}.objects.filter(pk__in=[...]).delete()`"
    alike = updated(project, query)
    if alike is not None:
        return alike
    names = assigned_fields(project, query)
    others = other_calls(project, query)
    listed = ", ".join([*(f'"{name}"' for name in names), *(["..."] if others or not names else [])])
    told = f", with what {', '.join(f'`{call}()`' for call in others)} changes" if others else ""
    return (
        f"Keep the rows in a list and write them after the loop: `{model}.objects.bulk_update(rows, [{listed}])`{told}"
    )


def updated(project: Project, query: Repeated) -> str | None:
    """The `update()` of a loop that gives each of its rows the same values, and does nothing else.

    https://docs.djangoproject.com/en/stable/topics/db/queries/#updating-multiple-objects-at-once
    """
    loop = query.loop
    if not isinstance(loop, l.For) or not isinstance(loop.target, l.Name):
        return None
    over = Place(query.event.access.path, loop.iter.start, loop.iter.end)
    if not any(event.access == over and event.how == "iterate" for event in project.flow.evaluations):
        return None
    values: dict[str, str] = {}
    for node in loop.body:
        target = node.target if isinstance(node, l.Let) and node.op is None else None
        if isinstance(node, l.Let) and isinstance(target, l.Attr) and is_row(target.object, loop.target.id):
            if query.model.field(target.name) is None or not is_same(node.value, loop.target.id):
                return None
            values[target.name] = source_of(node.value)
        elif not is_save(node, loop.target.id):
            return None
    if not values or any(isinstance(part, l.Slice) for part in l.walk(loop.iter)):
        return None
    kept = [field.name for field in query.model.fields.values() if "auto_now" in field.options]
    stamped = f", and {' and '.join(f'`{name}`' for name in kept)}, which only `save()` sets" if kept else ""
    base: Any = loop.iter
    while isinstance(base, l.Call) and isinstance(base.func, l.Attr) and base.func.name in ("iterator", "all"):
        base = base.func.object
    given = ", ".join(f"{name}={value}" for name, value in values.items())
    return f"Write them with one statement in the place of the loop: `{source_of(base)}.update({given})`{stamped}"


def is_row(node: Any, name: str) -> bool:
    """Whether it is the loop's variable."""
    return isinstance(node, l.Name) and node.id == name


def is_same(node: Any, row: str) -> bool:
    """Whether an expression gives the same on each turn: a constant, or a name or attribute of anything but the row."""
    if isinstance(node, l.Const):
        return True
    dotted = l.dotted(node)
    return dotted is not None and dotted.partition(".")[0] != row


def is_save(node: Any, row: str) -> bool:
    """`row.save()`."""
    call = node.value if isinstance(node, l.Do) else None
    return (
        isinstance(call, l.Call)
        and isinstance(call.func, l.Attr)
        and call.func.name == "save"
        and is_row(call.func.object, row)
    )


def other_calls(project: Project, query: Repeated) -> list[str]:
    """The methods of the row that the loop calls beside, which may change fields as well."""
    nodes = around(project, query.event.access)
    call = next((node for node in reversed(nodes) if isinstance(node, l.Call)), None)
    held = source_of(call.func.object) if call is not None and isinstance(call.func, l.Attr) else ""
    body: Any = query.loop.body if isinstance(query.loop, l.For) else ()
    return sorted(
        {
            source_of(part.value.func)
            for part in l.walk(body)
            if isinstance(part, l.Do)
            and isinstance(part.value, l.Call)
            and isinstance(part.value.func, l.Attr)
            and part.value.func.name != query.event.how
            and source_of(part.value.func.object) == held
        }
    )


def assigned_fields(project: Project, query: Repeated) -> list[str]:
    """The fields of the row that the loop assigns."""
    nodes = around(project, query.event.access)
    call = next((node for node in reversed(nodes) if isinstance(node, l.Call)), None)
    held = source_of(call.func.object) if call is not None and isinstance(call.func, l.Attr) else ""
    body: Any = query.loop.body if isinstance(query.loop, l.For) else ()
    return sorted(
        {
            part.target.name
            for part in l.walk(body)
            if isinstance(part, l.Let)
            and isinstance(part.target, l.Attr)
            and source_of(part.target.object) == held
            and query.model.field(part.target.name) is not None
        }
    )


def listening(project: Project, model: Model, signals: tuple[str, ...]) -> list[str]:
    """The functions that are called when a row of the model is written."""
    found: list[str] = []
    if not signals:
        return found
    for symbol in project.symbols.functions():
        for decorator in symbol.node.decorators:
            if not isinstance(decorator, l.Call) or (l.dotted(decorator.func) or "").rpartition(".")[2] != "receiver":
                continue
            named = {(l.dotted(part) or "").rpartition(".")[2] for part in l.walk(decorator.args)}
            sender = next((word.value for word in decorator.keywords if word.name == "sender"), None)
            sent_by = project.symbols.resolve_expr(symbol.module, sender) if sender is not None else None
            if named & set(signals) and (
                sender is None or not isinstance(sent_by, ClassSymbol) or sent_by == model.symbol
            ):
                found.append(symbol.node.name)
    return found
