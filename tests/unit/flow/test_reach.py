"""Code that nothing can come by: each of these is silent, and speaks as soon as something may call it."""

from __future__ import annotations

import pytest

from tests.unit.flow.test_flow import MODELS, SETTINGS, paths

LISTED = MODELS.replace(
    "class Book(",
    "    def titles_told(self):\n        return [(b, b.editor.name) for b in self.books.all()]\n\nclass Book(",
).replace(
    'related_name="books")', 'related_name="books")\n    editor = models.ForeignKey(Country, on_delete=models.CASCADE)'
)
URLS = "from django.urls import path\nfrom shop import views\n\nurlpatterns = [path('', views.index)]\n"
SERVED = {
    "site_settings.py": SETTINGS + "ROOT_URLCONF = 'site_urls'\n",
    "site_urls.py": URLS,
    "shop/models.py": LISTED,
    "shop/views.py": "from django.shortcuts import render\n\ndef index(request):\n    return render(request, 'shop/i.html')\n",
}
ROW = LISTED[: LISTED.index("b.editor")].count("\n") + 1


def test_a_method_that_an_application_never_mentions() -> None:
    assert paths(SERVED) == []


@pytest.mark.parametrize(
    "more",
    [
        {"shop/other.py": "def told(author):\n    return author.titles_told()\n"},
        {"shop/other.py": "def told(author, kind):\n    return getattr(author, f'titles_{kind}')()\n"},
        {"shop/other.py": "COLUMNS = ['name', 'author.titles_told']\n"},
        {"shop/other.py": "class Shape:\n    titles_told = object()\n"},
        {"shop/templates/shop/i.html": "{{ author.titles_told|length }}"},
        {"site_settings.py": SETTINGS},  # no pages of its own: a library, which others call
        {
            "shop/models.py": LISTED.replace("class Country(", "class Told:\n    def titles_told(self): ...\n\nclass Country(")
            .replace("class Author(models.Model", "class Author(Told, models.Model")
        },
        {"shop/models.py": LISTED.replace("    def titles_told", "    @kept\n    def titles_told")},
        {"shop/models.py": LISTED.replace("def titles_told", "def get_absolute_url")},
        {"shop/models.py": LISTED.replace("\nclass Book(", "    titles = property(titles_told)\n\nclass Book(")},
        {"shop/models.py": LISTED.replace("class Author(models.Model", "class Author(Told, models.Model").replace(
            "import models", "import models\nfrom elsewhere import Told")},
    ],
)  # fmt: skip
def test_a_method_that_something_may_call(more: dict[str, str]) -> None:
    assert [path for _, _, path in paths({**SERVED, **more})] == ["editor"]


@pytest.mark.parametrize(
    ("name", "more", "found"),
    [
        ("tell", {}, 1),
        ("_tell", {}, 0),
        ("_tell", {"shop/management/commands/tell.py": "from ._tell import Command\n"}, 1),
    ],
)
def test_django_lists_no_command_with_an_underscore(name: str, more: dict[str, str], found: int) -> None:
    command = (
        "from django.core.management.base import BaseCommand\nfrom shop.models import Book\n\n"
        "class Command(BaseCommand):\n    def handle(self, *args, **options):\n"
        "        for book in Book.objects.all():\n            print(book.author.name)\n"
    )
    assert len(paths({f"shop/management/commands/{name}.py": command, **more})) == found


FEEDS = """
from django.contrib.syndication.views import Feed
from shop.models import Book

class BookFeed(Feed):
    def items(self):
        return Book.objects.order_by("title")

    def item_title(self, item):
        return item.author.name

class LatestFeed(BookFeed):
    def items(self):
        return super().items().select_related("author")
"""


def test_a_class_that_is_only_inherited_from_is_never_served() -> None:
    assert paths({"shop/feeds.py": FEEDS}) == []
    served = {"shop/urls.py": "from shop.feeds import BookFeed\n\nfeed = BookFeed()\n"}
    assert paths({"shop/feeds.py": FEEDS, **served}) == [("shop/feeds.py", 7, "author")]
    inherited = FEEDS[: FEEDS.index("    def items(self):\n        return super()")] + "    title = ''\n"
    assert paths({"shop/feeds.py": inherited}) == [("shop/feeds.py", 7, "author")]


def test_a_plain_base_is_read_as_those_that_inherit_from_it() -> None:
    shelf = (
        "from shop.models import Book\n\nclass Shelf:\n    def books(self):\n        return Book.objects.all()\n\n"
        "    def authors(self):\n        return [book.author.name for book in self.books()]\n\n"
    )
    full = "class Full(Shelf):\n    def books(self):\n        return super().books().select_related('author')\n"
    assert paths({"shop/shelf.py": shelf + full}) == []
    assert paths({"shop/shelf.py": shelf + full + "\nclass Plain(Shelf):\n    pass\n"}) == [
        ("shop/shelf.py", 5, "author")
    ]
