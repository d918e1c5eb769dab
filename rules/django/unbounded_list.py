"""DJG112: a view or an API endpoint lists every row of a table that grows, in one answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.listings import Listing


class UnboundedList(Rule):
    """A list view, or an API endpoint that lists, hands out every row of a table that grows with use.

    What it finds
    A `ListView` without `paginate_by`, and a REST framework view that lists without a pagination class (neither
    its own, nor `DEFAULT_PAGINATION_CLASS`, or a default one without `PAGE_SIZE`, which cuts nothing), whose
    queryset is the whole table or what a fixed condition leaves of it (`published=True`), and whose rows the
    program itself makes: a form, a create view, an API or `objects.create()` adds to them as it is used.

    Why it matters
    The page that answers at once with fifty rows takes seconds with five thousand, and memory for all of them; any
    visitor can ask for it. What is paged from the start stays as quick as it was, and clients of an API need no
    change later.

    Example

        # manage.py
        import os

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

        # shop/settings.py
        INSTALLED_APPS = ["books"]
        TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]

        # books/models.py
        from django.db import models


        class Review(models.Model):
            text = models.TextField()
            visible = models.BooleanField(default=True)

        # books/views.py
        from django.views.generic import CreateView, ListView

        from books.models import Review


        class ReviewCreate(CreateView):
            model = Review
            fields = ["text"]


        class ReviewList(ListView):
            queryset = Review.objects.filter(visible=True).order_by("-pk")

    Better

        # books/views.py
        from django.views.generic import CreateView, ListView

        from books.models import Review


        class ReviewCreate(CreateView):
            model = Review
            fields = ["text"]


        class ReviewList(ListView):
            queryset = Review.objects.filter(visible=True).order_by("-pk")
            paginate_by = 50

    Fix
    Manual: the page needs its links to the other pages, and an API's clients have to follow them.

    Limits
    Silent where the queryset depends on who asks, on the address or on today, is sliced, or cannot be told; where a
    base class of the view is not known; where the view pages, streams or answers in its own way; where its template
    is no HTML page. Function views are not looked at.

    Options
    - `growing_only` (default true): only tables to which the program itself adds rows; false also names those that
      only the admin, a command or a migration fills.
    - `deliberate` (default false): also where the view says itself `paginate_by = None` or `pagination_class = None`.
    - `page_size` (default 50): the size that is suggested.

    References
    - https://docs.djangoproject.com/en/stable/topics/pagination/#paginating-a-listview
    - https://www.django-rest-framework.org/api-guide/pagination/
    """

    code = "DJG112"
    name = "unbounded-list"
    severity = Severity.INFO
    fixable = Applicability.MANUAL
    options: ClassVar[dict[str, Any]] = {"growing_only": True, "deliberate": False, "page_size": 50}

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a view."""
        if not project.django.present:
            return
        listings = project.django.listings
        for listing in listings.unbounded:
            if listing.deliberate and not self.settings["deliberate"]:
                continue
            grows = listings.makes(listing.model)
            if not grows and self.settings["growing_only"]:
                continue
            name, model = listing.symbol.name, listing.model.name
            yield self.found(
                listing.place,
                f"`{name}` lists every `{model}` in one answer: {self.why(listing)}; "
                f"{'add `paginate_by`' if listing.kind == 'page' else 'give it a pagination class'}",
                fix=Fix(Applicability.MANUAL, self.advice(listing)),
                confidence=Confidence.HIGH if grows else Confidence.MEDIUM,
                scope=listing.symbol.node.qualname,
                data={"model": listing.model.label, "kind": listing.kind},
            )

    def why(self, listing: Listing) -> str:
        """What leaves the list as long as the table."""
        if listing.deliberate:
            return "it says so itself"
        if listing.kind == "page":
            return "it has no `paginate_by`"
        if listing.size_missing:
            return "`REST_FRAMEWORK` names a pagination class and no `PAGE_SIZE`, so nothing is cut"
        return "neither it nor `REST_FRAMEWORK` names a pagination class"

    def advice(self, listing: Listing) -> str:
        """What to write, and where."""
        size = self.settings["page_size"]
        name = listing.symbol.name
        if listing.kind == "page":
            return (
                f"Add `paginate_by = {size}` to `{name}`, order its queryset, and let its template link to "
                "`page_obj.previous_page_number` and `page_obj.next_page_number`"
            )
        if listing.size_missing:
            return f'Add `"PAGE_SIZE": {size}` to `REST_FRAMEWORK`'
        return (
            f"Give `{name}` a `pagination_class`, or all of them: "
            '`"DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination"` and '
            f'`"PAGE_SIZE": {size}` in `REST_FRAMEWORK`'
        )
