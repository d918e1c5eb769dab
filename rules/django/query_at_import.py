"""DJG113: a query runs while modules are imported, and its answer stays for as long as the process does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Fix, Place, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class QueryAtImport(Rule):
    """A query runs while modules are imported: before the tables may be there, and its answer never changes again.

    What it finds
    A queryset that is evaluated (gone through, counted, tested, or asked for a row) by a statement of a module or of
    a class body, or in a parameter's default: choices of a form field built from rows, a constant read from a table.
    Functions that such a statement calls are followed.

    Why it matters
    On an empty database `migrate` itself fails, because it imports the module. What was read stays until the process
    is started anew: a new row never shows up in the form. Tests read the wrong database.

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

        # books/forms.py
        from django import forms

        from books.models import Author


        class BookForm(forms.Form):
            author = forms.ChoiceField(choices=[(author.pk, author.name) for author in Author.objects.all()])

    Better

        # books/forms.py
        from django import forms

        from books.models import Author


        class BookForm(forms.Form):
            author = forms.ModelChoiceField(queryset=Author.objects.all())

    Fix
    Manual: `ModelChoiceField`, a callable (`choices=` and `default=` take one), or a function that asks when it is
    called.

    Limits
    A queryset that is only built runs no query and is no finding. Left out are scripts that set Django up themselves,
    what runs under `if __name__ == "__main__"`, and what is guarded by `try`.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/queries/#querysets-are-lazy
    - https://docs.djangoproject.com/en/stable/ref/forms/fields/#django.forms.ChoiceField.choices
    """

    code = "DJG113"
    name = "query-at-import"
    severity = Severity.WARNING
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding an evaluation."""
        seen: set[Place] = set()
        for event in project.flow.evaluations:
            if not event.importing or event.how == "iterator" or event.model.dialect != "django":
                continue
            place = event.trace[0].place if event.trace else event.access
            if place in seen:
                continue
            seen.add(place)
            yield self.found(
                place,
                f"`{event.site.source}` runs when the module is imported; ask when the answer is needed",
                fix=Fix(
                    Applicability.MANUAL,
                    f"Ask for `{event.model.name}` rows later: in a function, by a callable (`choices=` and `default=` "
                    f"take one), or with `ModelChoiceField(queryset={event.model.name}.objects.all())`",
                ),
                scope=event.scope,
                steps=event.trace[1:],
                data={"model": event.model.label},
                subject=event.how,
            )
