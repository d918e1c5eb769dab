"""DJG108: a query loads a relation that nothing reads of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pitfall_lint.finding import Applicability, DropLoad, Finding, Fix, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class UnusedEagerLoad(Rule):
    """A relation is joined or prefetched, and none of the rows is ever read for it.

    What it finds
    A `select_related` or `prefetch_related` in a function whose rows are followed to the last place that they come
    to (variables, lists and dicts, helpers, model methods, templates with what they include), where the relation,
    or the end of its path, is read nowhere.

    Why it matters
    A join reads and builds a row more for each row, a prefetch asks another query and builds its rows, all for
    nothing. It also tells the next reader that the relation is needed here.

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
            return render(request, "books/index.html", {"books": Book.objects.select_related("author")})

        {# books/templates/books/index.html #}
        {% for book in books %}<li>{{ book.title }} ({{ book.author_id }})</li>{% endfor %}

    Better

        # books/views.py
        from django.shortcuts import render

        from books.models import Book


        def index(request):
            return render(request, "books/index.html", {"books": Book.objects.all()})

    Fix
    Unsafe. The relation is taken out of the call, a path shortened to what is read of it, and the call itself goes
    with its last argument. What reads the rows in a way that no code shows would ask for the relation row by row.

    Limits
    Silent unless every use is seen: not where rows are returned, kept on an object or in a global, cached, handed
    to a form, a serializer, a table or any code outside the project, rendered by a template whose name is
    computed, or read by computed names; so most querysets of class-based views are left alone. Silent beside
    `only()`, `defer()` and `select_for_update()`, for `Prefetch` objects, and for generic relations.

    Options
    - `partly` (default true): also paths of which the beginning is read, such as `author__country` where only the
      author is.

    References
    - https://docs.djangoproject.com/en/stable/topics/db/optimization/#don-t-retrieve-things-you-don-t-need
    - https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related
    """

    code = "DJG108"
    name = "unused-eager-load"
    severity = Severity.INFO
    fixable = Applicability.UNSAFE
    options: ClassVar[dict[str, Any]] = {"partly": True}

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a call."""
        for load in project.flow.unused_loads:
            pairs = [
                pair for pair in zip(load.paths, load.shorter, strict=True) if self.settings["partly"] or not pair[1]
            ]
            if not pairs:
                continue
            paths, shorter = zip(*pairs, strict=True)
            named = ", ".join(f"`{path}`" for path in paths)
            yield self.found(
                load.call,
                f"`{load.method}` loads {named}, which nothing reads of these `{load.model.name}` rows; "
                f"{'shorten' if all(shorter) else 'drop'} it",
                fix=Fix(
                    Applicability.UNSAFE,
                    f"Take {named} out of `{load.source}`{self.instead(shorter)}",
                    DropLoad(load.call, paths, shorter),
                ),
                scope=load.scope,
                relations=paths,
                data={"model": load.model.label},
            )

    def instead(self, shorter: tuple[str, ...]) -> str:
        """What is left of the paths."""
        left = sorted({path for path in shorter if path})
        return f", and leave {', '.join(f'`{path}`' for path in left)}" if left else ""
