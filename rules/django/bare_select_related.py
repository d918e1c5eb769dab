"""DJG110: `select_related()` that names no relation joins whatever there is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Confidence, Edit, Edits, Finding, Fix, Place, Severity
from pitfall_lint.flow.around import text_at
from pitfall_lint.project.prelude import in_prelude
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.flow.events import BareJoin
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model


class BareSelectRelated(Rule):
    """`select_related()` names no relation, so Django joins every required foreign key, and theirs, five levels deep.

    What it finds
    `select_related()` without arguments on a queryset of a known model, and `list_select_related = True` in an admin
    class.

    Why it matters
    The query grows with every foreign key that is ever added, here and in the models that it leads to, and joins no
    nullable one, though that may be the one which is read. Django 6.1 deprecates it.

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
            return JsonResponse({book.title: book.author.name for book in Book.objects.select_related()})

    Better

        # books/views.py
        from django.http import JsonResponse

        from books.models import Book


        def index(request):
            return JsonResponse({book.title: book.author.name for book in Book.objects.select_related("author")})

    Fix
    Unsafe: the relations are named that are read of the rows. A suggestion only where the rows go out of sight, where
    none is read (the call can go), in templates, which can name none, and in admin classes.

    Limits
    Silent where the queryset's model is not known.

    References
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    - https://docs.djangoproject.com/en/stable/releases/6.1/
    """

    code = "DJG110"
    name = "bare-select-related"
    severity = Severity.WARNING
    fixable = Applicability.UNSAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a call, one an admin class."""
        for event in project.flow.bare_joins:
            names = [name for name in required(event.model) if name not in event.known]
            if event.model.dialect != "django" or in_prelude(event.access.path):
                continue
            if names:
                told = f"required foreign key of `{event.model.name}` ({listed(names)}) and theirs; name what is read"
                message = f"`select_related()` joins every {told}"
            else:
                other = " other" if event.known else ""
                message = (
                    f"`select_related()` joins nothing of use here: `{event.model.name}` has no{other} required "
                    f"foreign key; name what is read, or leave it out"
                )
            yield self.found(
                event.access,
                message,
                fix=fix_of(project, event, names),
                scope=event.scope,
                data={"model": event.model.label},
            )
        yield from self.in_admin(project)

    def in_admin(self, project: Project) -> Iterator[Finding]:
        """`list_select_related = True`."""
        for symbol in project.symbols.classes():
            member = symbol.members.get("list_select_related")
            if member is None or not isinstance(member.node, l.Let) or not isinstance(member.node.value, l.Const):
                continue
            if member.node.value.value is not True or not symbol.is_subclass_of("django.contrib.admin.ModelAdmin"):
                continue
            yield self.found(
                Place(symbol.module.path, member.node.start, member.node.end),
                "`list_select_related = True` joins every required foreign key and theirs; name what the list reads",
                fix=Fix(
                    Applicability.MANUAL,
                    f'Name the foreign keys that the columns of `{symbol.name}` read: `list_select_related = ["..."]`',
                ),
                confidence=Confidence.HIGH,
                scope=symbol.node.qualname,
            )


def required(model: Model) -> list[str]:
    """The foreign keys that Django follows: those that are never null."""
    return [
        relation.name
        for relation in model.relations.values()
        if relation.kind in ("fk", "o2o") and not relation.nullable
    ]


def listed(names: list[str]) -> str:
    """Names for a message."""
    return ", ".join(f"`{name}`" for name in names)


def fix_of(project: Project, event: BareJoin, names: list[str]) -> Fix:
    """The names between the parentheses, where they are seen to be read or nothing is known; else words."""
    if not event.access.path.endswith(".py"):
        words = "Leave it out, a template can name no relation: build the queryset in Python where its rows read some"
        return Fix(Applicability.MANUAL, words)
    read = project.flow.reads_of(event)
    if read is not None:
        read -= event.known
        names = sorted(path for path in read if not any(other.startswith(f"{path}__") for other in read))
        if not names:
            return Fix(Applicability.MANUAL, "Leave it out: nothing that it could join is read of these rows")
    arguments = ", ".join(f'"{name}"' for name in names)
    if read is None or not text_at(project, event.access).endswith("()"):
        told = f": `select_related({arguments})`, if that is it" if names else ""
        return Fix(
            Applicability.MANUAL, f"Name the relations that are read of its rows{told}; leave it out where none is"
        )
    at = event.access.end - 1
    edit = Edit(Place(event.access.path, at, at), arguments)
    return Fix(Applicability.UNSAFE, f"Name them: `select_related({arguments})`", Edits((edit,)))
