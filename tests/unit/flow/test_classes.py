"""Classes as values: what a class knows of its subclasses, what one expression builds for several models, what a view
is given by its URL; and what is remembered around a loop."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from pitfall_lint.flow.loops import ANSWERING, FETCHING, repeated
from tests.unit.flow.test_flow import paths, shop

KINDS = """
from django.db import models

class Shelf(models.Model):
    name = models.CharField(max_length=50)

class Medium(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)

    class Meta:
        abstract = True

class Disc(Medium):
    title = models.CharField(max_length=50)

class Tape(Medium):
    title = models.CharField(max_length=50)
    owner = models.ForeignKey(Shelf, on_delete=models.CASCADE, related_name="owned")
"""


def test_every_subclass_of_a_class() -> None:
    files = {
        "shop/models.py": KINDS,
        "shop/a.py": "from shop.models import Medium\n\ndef media():\n    found = []\n    for kind in Medium.__subclasses__():\n"
        "        found.extend(kind.objects.all())\n    return [one.shelf.name for one in found]\n",
    }
    assert set(paths(files)) == {("shop/a.py", 6, "shelf")}


def test_one_expression_for_several_models_lacks_what_each_of_them_lacks() -> None:
    helper = "from shop.models import Disc, Tape\n\ndef every(kind):\n    return kind.objects.all()\n\n"
    files = {"shop/models.py": KINDS}
    discs = "def discs():\n    return [one.shelf.name for one in every(Disc)]\n\n"
    tapes = "def tapes():\n    return [one.shelf.name for one in every(Tape)]\n"
    owners = "def owners():\n    return [one.owner.name for one in every(Tape)]\n"
    titles = "def titles():\n    return [one.title for one in every(Tape)]\n"
    assert set(paths({**files, "shop/a.py": helper + discs + tapes})) == {("shop/a.py", 4, "shelf")}
    assert paths({**files, "shop/a.py": helper + discs + titles}) == []
    assert set(paths({**files, "shop/a.py": helper + discs + tapes + "\n" + owners})) == {("shop/a.py", 4, "shelf")}


def test_a_url_may_give_a_view_what_it_asks_for() -> None:
    files = {
        "shop/views.py": "from django.views.generic import DetailView\nfrom shop.models import Author\n\nclass Page(DetailView):\n"
        "    model = Author\n    template_name = 'shop/author.html'\n\n    def get_object(self, queryset=None):\n"
        "        if self.kwargs.get('slug', None) is None:\n            return self.request.author\n"
        "        return super().get_object(queryset)\n\n"
        "    def get_context_data(self, **kwargs):\n        context = super().get_context_data(**kwargs)\n"
        "        context['books'] = self.object.books.order_by('title')\n        return context\n",
        "shop/models.py": KINDS
        + "\nclass Author(models.Model):\n    name = models.CharField(max_length=9)\n\n"
        + "class Book(models.Model):\n    title = models.CharField(max_length=9)\n"
        + "    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)\n"
        + "    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name='books')\n",
        "shop/templates/shop/author.html": "{% for book in books %}{{ book.shelf.name }}{% endfor %}",
    }
    assert paths(files) == [("shop/views.py", 15, "shelf")]


def asked(body: str) -> list[tuple[str, int]]:
    """The answers that are asked for on each turn of a loop of `shop/a.py`."""
    files = {"shop/a.py": "from django.core.cache import cache\nfrom shop.models import Author\n\n" + body}
    project = shop(files)
    project.flow = Flow(project)
    return [(query.event.how, query.event.access.row) for query in repeated(project, ANSWERING)]


def test_what_is_remembered_between_turns_is_asked_once() -> None:
    assert (
        asked(
            "def counts():\n    held = {}\n    for author in Author.objects.all():\n        if author.name not in held:\n"
            "            held[author.name] = author.books.filter(title='').count()\n    return held\n"
        )
        == []
    )


def test_a_loop_that_runs_only_when_nothing_is_remembered_still_runs() -> None:
    assert asked(
        "def counts():\n    found = cache.get('counts')\n    if found is None:\n        found = []\n"
        "        for author in Author.objects.all():\n            found.append(author.books.filter(title='').count())\n"
        "    return found\n"
    ) == [("count", 9)]


FRONT = """
from django.conf import settings
from django.db import models
from django.utils.module_loading import import_string

def chosen(front, usual=None):
    path = getattr(settings, "REPLACED", {}).get(front.__name__)
    return import_string(path) if path is not None else usual

class FrontType(type):
    def __getattr__(cls, name):
        return getattr(chosen(cls, cls.usual), name)

class Front(metaclass=FrontType):
    usual = None

    def __new__(cls, *args, **kwargs):
        return chosen(cls, cls.usual)(*args, **kwargs)

class ShelvedBase(models.QuerySet):
    def shelved(self):
        return self.exclude(title="")

class Shelved(Front):
    usual = ShelvedBase

class ShelvesBase(models.Manager):
    def cheap(self):
        return self.shelved()

class Shelves(Front):
    usual = ShelvesBase

class RulesBase:
    @classmethod
    def seen(cls, books):
        return [book.author.name for book in books]

    def shown(self, books):
        return [book.author.country_id for book in books]

class Rules(Front):
    usual = RulesBase
"""


def test_a_class_in_front_of_another_makes_the_other() -> None:
    models = (
        "from django.db import models\nfrom shop.front import Shelved, Shelves\n\n"
        "class Author(models.Model):\n    country_id = models.IntegerField()\n\n"
        "class Book(models.Model):\n    title = models.CharField(max_length=9)\n"
        "    author = models.ForeignKey(Author, on_delete=models.CASCADE)\n"
        "    objects = Shelved.as_manager()\n    others = Shelves.from_queryset(Shelved)()\n"
    )
    views = (
        "from shop.front import Rules\nfrom shop.models import Book\n\n"
        "def one():\n    return [book.author.country_id for book in Book.objects.shelved()]\n\n"
        "def two():\n    return [book.author.country_id for book in Book.others.cheap()]\n\n"
        "def three():\n    return Rules.seen(Book.objects.order_by('title'))\n\n"
        "def four():\n    return Rules().shown(Book.objects.order_by('pk'))\n"
    )
    found = paths({"shop/front.py": FRONT, "shop/models.py": models, "shop/views.py": views})
    assert found == [("shop/views.py", row, "author") for row in (5, 8, 11, 14)]


def test_a_class_that_makes_its_own_instances_is_itself() -> None:
    front = (
        "class Rules:\n    made = None\n    kind = dict\n\n    def __new__(cls, *args):\n        if cls.made is None:\n"
        "            cls.made = super().__new__(cls)\n        return cls.made\n\n"
        "    def shown(self, books):\n        return [book.author.name for book in books]\n"
    )
    views = "from shop.front import Rules\nfrom shop.models import Book\n\ndef one():\n    return Rules().shown(Book.objects.order_by('pk'))\n"
    assert paths({"shop/front.py": front, "shop/views.py": views}) == [("shop/views.py", 5, "author")]


def test_querysets_gathered_in_a_list_run_for_each_row() -> None:
    project = shop(
        {
            "shop/a.py": "import itertools\nfrom shop.models import Author\n\ndef titles():\n"
            "    found = [author.books.exclude(title='') for author in Author.objects.all()]\n"
            "    return [book.title for book in itertools.chain(*found)]\n"
        }
    )
    project.flow = Flow(project)
    assert [(query.event.path, query.site.place.row) for query in repeated(project, FETCHING)] == [("books", 5)]


def test_what_is_called_when_it_is_first_used_is_called() -> None:
    code = (
        "from django.utils.functional import SimpleLazyObject\nfrom shop.models import Book\n\ndef f():\n"
        "    return [(lambda b: SimpleLazyObject(lambda: b.author))(book) for book in Book.objects.all()]\n"
    )
    assert paths({"shop/a.py": code}) == [("shop/a.py", 5, "author")]


@pytest.mark.parametrize(
    ("loop", "relations"),
    [
        ("    return [book.author.books.exclude(title='').first() for book in rows]\n", ("author__books",)),
        ("    return [first(book.author) for book in rows]\n", ("books",)),
        ("    return [second(book) for book in rows]\n", ("author__books",)),
    ],
)
def test_relation_of_a_query_in_a_loop(loop: str, relations: tuple[str, ...]) -> None:
    """From the loop's rows, or as the function that the loop calls says it."""
    project = shop(
        {
            "shop/a.py": "from shop.models import Book\n\ndef first(author):\n    return author.books.exclude(title='').first()\n\n"
            "def second(book):\n    return book.author.books.exclude(title='').first()\n\n"
            f"def f():\n    rows = Book.objects.select_related('author')\n{loop}"
        }
    )
    project.flow = Flow(project)
    assert {query.relations for query in repeated(project, ANSWERING)} == {relations}


@pytest.mark.parametrize(
    ("only", "fields"),
    [("'title'", ["author_id"]), ("'author'", []), ("'author__name'", []), ("'title', 'author_id'", [])],
)
def test_key_that_only_leaves_out(only: str, fields: list[str]) -> None:
    code = (
        f"from shop.models import Book\n\ndef f():\n    return [book.author_id for book in Book.objects.only({only})]\n"
    )
    assert [event.field for event in Flow(shop({"shop/a.py": code})).deferred_reads] == fields


ADMIN = """
from django.contrib import admin
from shop.models import Author, Book

class Quiet:
    def get_queryset(self, request):
        return super().get_queryset(request).order_by("pk")

@admin.register(Book)
class BookAdmin(Quiet, admin.ModelAdmin):
    list_display = ["title", "who"]

    def who(self, book):
        return book.author.name
"""
SECOND = """
@admin.register(Author)
class AuthorAdmin(Quiet, admin.ModelAdmin):
    list_display = ["name"]
"""


def test_queryset_of_a_mixin_is_mended_in_the_class_where_several_share_it() -> None:
    (alone,) = Flow(shop({"shop/admin.py": ADMIN})).lazy_loads
    assert (alone.site.scope, alone.site.kind, alone.path) == ("Quiet.get_queryset", "expression", "author")
    (shared,) = Flow(shop({"shop/admin.py": ADMIN + SECOND})).lazy_loads
    assert (shared.site.scope, shared.site.kind, shared.path) == ("BookAdmin", "admin-class", "author")


def test_a_set_that_each_of_several_models_has_is_asked_for_each_row() -> None:
    models = KINDS + (
        "\nclass Loan(models.Model):\n    disc = models.ForeignKey(Disc, on_delete=models.CASCADE, related_name='loans')\n"
        "\nclass Lease(models.Model):\n    tape = models.ForeignKey(Tape, on_delete=models.CASCADE, related_name='NAME')\n"
    )
    code = (
        "from shop.models import Medium\n\ndef media():\n    found = []\n    for kind in Medium.__subclasses__():\n"
        "        found.extend(kind.objects.all())\n    return [one.loans.exclude(pk=1).count() for one in found]\n"
    )
    for name, expected in (("loans", {"loans"}), ("leases", set())):
        project = shop({"shop/models.py": models.replace("NAME", name), "shop/a.py": code})
        project.flow = Flow(project)
        assert {query.event.path for query in repeated(project, ANSWERING)} == expected
