"""What a program has loaded, or does not ask for after all: where the flow is silent, and where it is not."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Confidence
from pitfall_lint.flow import Flow
from pitfall_lint.flow.loops import FETCHING, repeated
from pitfall_lint.flow.missing import missing
from pitfall_lint.project import Project
from tests.unit.flow.test_flow import MODELS, SETTINGS, paths, shop
from tests.unit.flow.test_what_a_fix_may_do import findings

HEAD = (
    "from django.db.models import Prefetch, prefetch_related_objects\nfrom shop.models import Author, Book, Country\n\n"
)


def views(code: str) -> dict[str, str]:
    """A module of views, after its imports."""
    return {"shop/views.py": HEAD + code}


def found(code: str) -> list[str]:
    """The relations that rows lack in views of that code."""
    return [path for _, _, path in paths(views(code))]


def test_a_long_lookup_loads_each_prefix_of_itself() -> None:
    head = "LOADED = ['books__author__country']\n\ndef show(country):\n    for author in country.author_set.all():\n"
    body = "        for book in author.books.all():\n            print(book.author.country.name)\n"
    assert "books" in found(head + body)
    assert found(head + "        prefetch_related_objects([author], *LOADED)\n" + body) == []


def test_rows_of_an_origin_not_known_that_a_program_prefetches_for() -> None:
    code = "def show(author: Author):\n{0}    for book in author.books.all():\n        print(book.author_id, book.author.country.name)\n"
    loaded = "    prefetch_related_objects([author], 'books__author__country')\n"
    assert found(code.format(loaded)) == []


def test_the_default_of_getattr_is_not_read_where_a_prefetch_sets_the_attribute() -> None:
    helper = (
        "def names(author):\n    held = getattr(author, 'chosen', author.books.all())\n"
        "    return [book.title for book in held]\n\n"
    )
    loop = "def show():\n    for author in Author.objects.{0}:\n        names(author)\n"
    loaded = "prefetch_related(Prefetch('books', queryset=Book.objects.all(), to_attr='chosen'))"
    assert found(helper + loop.format("all()")) == ["books"]
    assert found(helper + loop.format(loaded)) == []


def test_rows_prefetched_to_an_attribute_know_their_parent() -> None:
    code = (
        "def show():\n    books = Book.objects.select_related('author')\n"
        "    for author in Author.objects.prefetch_related(Prefetch('books', queryset=Book.objects.all(), to_attr='own')):\n"
        "        for book in author.own:\n            print(book.author.name)\n"
    )
    assert found(code) == []


def flowing(code: str) -> Project:
    """A project with views of that code, and its flow."""
    project = shop(views(code))
    return Project(project.source, project.config, project.files, project.facts, Flow)


PROBE = """
def is_prefetched(row, name):
    if name in row._state.fields_cache:
        return True
    return hasattr(row, "_prefetched_objects_cache") and name in row._prefetched_objects_cache

def titles(author):
    if is_prefetched(author, "books"):
        return [book.author.country.name for book in author.books.all()]
    return author.books.exclude(title="").exists()

"""


def test_a_program_that_looks_whether_rows_are_prefetched() -> None:
    flow = Flow(shop(views(PROBE + "def show():\n    for author in Author.objects.all():\n        titles(author)\n")))
    assert flow.lazy_loads == ()
    assert [event.how for event in flow.loop_queries] == ["exists"]
    loaded = "def show():\n    for author in Author.objects.prefetch_related('books'):\n        titles(author)\n"
    flow = Flow(shop(views(PROBE + loaded)))
    assert [(event.path, event.site.place.row) for event in flow.lazy_loads] == [("country", 16)]
    assert flow.loop_queries == ()


def test_a_program_that_looks_whether_each_row_has_it() -> None:
    code = (
        PROBE + "def known(author):\n    if all(is_prefetched(book, 'author') for book in author.books.all()):\n"
        "        return True\n    return author.books.exclude(title='').exists()\n\n"
        "def show():\n    for author in Author.objects.prefetch_related('books__author'):\n        known(author)\n"
    )
    assert Flow(shop(views(code))).loop_queries == ()


def test_behind_a_loop_nothing_changes_with_its_turns() -> None:
    code = (
        "def show(words):\n    books = Book.objects.all()\n    for word in words:\n"
        "        books = books.filter(title__contains=word)\n"
        "    newest = books.order_by('-pk')\n    print(newest.first().author.name)\n"
    )
    assert found(code) == []


def test_a_generic_key_of_one_row_gains_nothing_from_a_prefetch() -> None:
    files = {
        "shop/notes.py": "from django.contrib.contenttypes.fields import GenericForeignKey\n"
        "from django.contrib.contenttypes.models import ContentType\nfrom django.db import models\n\n"
        "class Note(models.Model):\n    kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)\n"
        "    object_id = models.IntegerField()\n    about = GenericForeignKey('kind', 'object_id')\n",
        "shop/views.py": "from shop.notes import Note\n\n"
        "def each(keys):\n    for key in keys:\n        print(Note.objects.get(pk=key).about)\n\n"
        "def every():\n    for note in Note.objects.all():\n        print(note.about)\n",
    }
    assert [(row, path) for _, row, path in paths(files)] == [(8, "about")]


def test_a_helper_that_gets_one_row_is_no_sure_case() -> None:
    code = (
        "def one(key):\n    book = Book.objects.get(pk=key)\n    return book.author.name\n\n"
        "def show(keys):\n    return [one(key) for key in keys]\n\n"
        "def here(keys):\n    for key in keys:\n        print(Book.objects.get(title=key).author.name)\n"
    )
    events = Flow(shop(views(code))).lazy_loads
    assert [(event.site.scope, event.confidence, event.single) for event in events] == [
        ("one", Confidence.LOW, True),
        ("here", Confidence.HIGH, True),
    ]


def test_a_set_that_another_query_brings_is_not_asked_to_bring_more() -> None:
    models = (
        "from django.db import models\nfrom shop.models import Author, Book\n\n"
        "class Shelf(models.Model):\n    name = models.TextField()\n\n"
        "class Place(models.Model):\n    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name='places')\n"
        "    book = models.ForeignKey(Book, models.CASCADE)\n"
    )
    code = (
        "from django.shortcuts import get_object_or_404\nfrom shop.shelves import Shelf\n\n"
        "def titles(shelf):\n    return [place.book.title for place in shelf.places.all()]\n\n"
        "def one(key):\n    return titles(get_object_or_404(Shelf, pk=key))\n\n"
    )
    files = {"shop/shelves.py": models}
    every = "def every():\n    return [titles(shelf) for shelf in Shelf.objects.{0}]\n"
    assert paths({**files, "shop/views.py": code}) == [("shop/views.py", 5, "book")]
    both = paths({**files, "shop/views.py": code + every.format("all()")})
    assert both == [("shop/views.py", 11, "places"), ("shop/views.py", 11, "places__book")]
    assert paths({**files, "shop/views.py": code + every.format("prefetch_related('places__book')")}) == []


@pytest.mark.parametrize(("saved", "silent"), [("book", True), ("author", False)])
def test_what_a_loop_writes_is_not_prefetched_before_it(saved: str, silent: bool) -> None:
    code = (
        "def show():\n    for book in Book.objects.select_related('author'):\n        author = book.author\n"
        f"        {saved}.save()\n        print([other.title for other in author.books.all()])\n"
    )
    assert found(code) == ([] if silent else ["author__books"])


def test_what_an_own_save_writes_is_not_prefetched_either() -> None:
    models = (
        "from django.db import models\nfrom shop.models import Author\n\nclass Note(models.Model):\n"
        "    author = models.ForeignKey(Author, models.CASCADE, related_name='notes')\n"
        "    def save(self, *args, **kwargs):\n        super().save(*args, **kwargs)\n"
    )
    code = (
        "from shop.notes import Note\n\ndef show():\n    for note in Note.objects.select_related('author'):\n"
        "        note.save()\n        print([other.pk for other in note.author.notes.all()])\n"
    )
    assert paths({"shop/notes.py": models, "shop/views.py": code}) == []


def test_rows_that_a_loop_reads_and_writes_one_by_one_are_prefetched() -> None:
    code = (
        "def show():\n    for author in Author.objects.all():\n        for book in author.books.all():\n"
        "            book.title = book.title.strip()\n            book.save()\n"
    )
    assert found(code) == ["books"]


@pytest.mark.parametrize(
    ("decorator", "kept"), [("cache.memoize()", True), ("lru_cache", True), ("atomic", False), ("", False)]
)
def test_a_function_that_remembers_its_answers(decorator: str, kept: bool) -> None:
    code = (
        "from functools import lru_cache\nfrom django.db.transaction import atomic\nfrom shop.caching import cache\n\n"
        + (f"@{decorator}\n" if decorator else "")
        + "def name_of(book):\n    return book.author.name\n\n"
        "def show():\n    return [name_of(book) for book in Book.objects.all()]\n"
    )
    assert found(code) == ([] if kept else ["author"])


def test_a_function_that_remembers_what_its_own_loop_gathers() -> None:
    code = (
        "from functools import lru_cache\n\n@lru_cache\ndef names():\n"
        "    return [book.author.name for book in Book.objects.all()]\n"
    )
    assert found(code) == ["author"]


def test_a_prefetch_that_is_asked_for_serves_slices_and_counts_too() -> None:
    code = (
        "def show():\n    for author in Author.objects.all():\n        print(author.books.all()[:2])\n"
        "        for book in author.books.all()[:2]:\n            print(book)\n{0}"
    )
    alone = repeated(flowing(code.format("")), FETCHING)
    assert [made.event.path for made in alone] == ["books"]
    both = flowing(code.format("        print(len(author.books.all()), author.books.count())\n"))
    assert repeated(both, FETCHING | {"count"}) == []
    assert [event.path for event in both.flow.lazy_loads] == ["books"]


@pytest.mark.parametrize(
    ("test", "read"),
    [
        ("not self.pk", False),
        ("self.pk is None", False),
        ("self._state.adding", False),
        ("not self.id and self.name", False),
        ("self.pk", True),
        ("self.name", True),
    ],
)
def test_rows_of_a_query_are_stored_already(test: str, read: bool) -> None:
    models = (
        "from django.db import models\nfrom shop.models import Author\n\nclass Note(models.Model):\n"
        "    name = models.TextField()\n    author = models.ForeignKey(Author, models.CASCADE)\n"
        f"    def save(self, *args, **kwargs):\n        if {test}:\n            self.name = self.author.name\n"
        "        super().save(*args, **kwargs)\n"
    )
    code = "from shop.notes import Note\n\ndef show():\n    for note in Note.objects.all():\n        note.save()\n"
    held = paths({"shop/notes.py": models, "shop/views.py": code})
    assert [path for _, _, path in held] == (["author"] if read else [])


MESSAGES = """
from django.db import models

class Kind(models.TextChoices):
    SENT = "sent", "was sent"
    DRAFTED = "drafted", "was drafted"
    LOST = "lost", "was lost"
"""


@pytest.mark.parametrize(
    ("kind", "relations"), [("SENT", ["author"]), ("DRAFTED", ["author", "author__country"]), ("LOST", [])]
)
def test_a_choice_decides_a_branch_by_its_value(kind: str, relations: list[str]) -> None:
    code = (
        "from shop.kinds import Kind\n\ndef tell(book, kind):\n    if kind == Kind.SENT:\n"
        "        return book.author.name\n    if kind in {Kind.DRAFTED}:\n        return book.author.country.name\n\n"
        f"def show():\n    for book in Book.objects.all():\n        tell(book, Kind.{kind})\n"
    )
    assert [path for _, _, path in paths({**views(code), "shop/kinds.py": MESSAGES})] == relations


def test_the_sets_below_a_set_are_named_with_it() -> None:
    code = (
        "def show():\n    for country in Country.objects.all():\n        for author in country.author_set.all():\n"
        "            for book in author.books.all():\n                for mark in book.marks.all():\n"
        "                    print(mark)\n"
    )
    models = (
        "from django.db import models\nfrom shop.models import Book\n\nclass Mark(models.Model):\n"
        "    book = models.ForeignKey(Book, models.CASCADE, related_name='marks')\n"
    )
    flow = Flow(shop({**views(code), "shop/marks.py": models}))
    assert [(event.path, event.confidence) for event in flow.lazy_loads][-1] == (
        "author_set__books__marks",
        Confidence.LOW,
    )
    (lack,) = missing(event for event in flow.lazy_loads if event.to_many)
    assert lack.paths == ("author_set", "author_set__books", "author_set__books__marks")


def test_what_one_row_of_each_turn_costs_is_said() -> None:
    code = "def show(titles):\n    for title in titles:\n        print(Book.objects.get(title=title).author.country.name)\n"
    (finding,) = findings("DJG101", views(code))
    assert finding.message == (
        "`Book.objects.get(title=title)` runs on each turn of a loop and does not load `author`, `author__country`, "
        'which are read then: 2 more each time; add `select_related("author__country")`'
    )


def test_one_row_at_most_is_soon_counted() -> None:
    code = (
        "def show(key, title):\n    if Book.objects.filter(title=title).count() > 0:\n        return 1\n"
        "    return Book.objects.filter(pk=key).count() == 0\n"
    )
    assert [finding.place.row for finding in findings("DJG115", views(code))] == [5]


def test_a_query_for_any_model_does_not_bring_the_sets_of_one() -> None:
    code = (
        "def listed(model):\n    for row in model.objects.all():\n        print(list(row.books.filter(title='')))\n\n"
        "def show():\n    listed(Author)\n"
    )
    assert [event.path for event in Flow(shop(views(code))).loop_queries] == ["books"]
    assert Flow(shop(views(code + "    listed(Country)\n"))).loop_queries == ()


def test_the_item_of_a_query_is_one_row_of_each_turn() -> None:
    code = (
        "def newest(word):\n    return Book.objects.filter(title=word)[0].author.name\n\n"
        "def show(words):\n    return [newest(word) for word in words]\n"
    )
    (event,) = Flow(shop(views(code))).lazy_loads
    assert (event.single, event.confidence) == (True, Confidence.LOW)


def test_a_variable_that_only_other_pages_set_is_undefined_here() -> None:
    pages = (
        "from django.shortcuts import render\nfrom shop.models import Book\n\ndef index(request):\n"
        "    return render(request, 'shop/list.html', {0})\n\n"
        "def whole(request):\n    return render(request, 'shop/other.html', {{'full': True}})\n"
    )
    template = "{% for book in books %}{% if NAME %}{{ book.author.name }}{% endif %}{{ book.title }}{% endfor %}"

    def read(context: str, name: str, processor: str = "django.template.context_processors.debug") -> list[str]:
        added = f"True, 'OPTIONS': {{'context_processors': ['{processor}']}}}}]"
        files = {
            "site_settings.py": SETTINGS.replace("True}]", added),
            "shop/views.py": pages.format(context),
            "shop/templates/shop/list.html": template.replace("NAME", name),
            "shop/templates/shop/other.html": "",
        }
        return [path for _, _, path in paths(files)]

    assert read("{'books': Book.objects.all()}", "full") == []
    assert read("{'books': Book.objects.all()}", "not full") == ["author"]
    assert read("{'books': Book.objects.all(), 'full': request.GET}", "full") == ["author"]
    assert read("{'books': Book.objects.all(), **request.GET}", "full") == ["author"]
    foreign = "theirs.context_processors.extras"
    assert read("{'books': Book.objects.all()}", "full", foreign) == []
    assert read("{'books': Book.objects.all()}", "set_nowhere") == []
    assert read("{'books': Book.objects.all()}", "set_nowhere", foreign) == ["author"]
    assert read("{'books': Book.objects.all()}", "debug") == ["author"]


def test_a_cached_property_that_the_program_fills_itself() -> None:
    models = (
        MODELS + "    @cached_property\n    def home(self):\n        return self.author.country\n\n"
        "    @cached_property\n    def shelf(self):\n        self.home = 1\n        return self.author.name\n"
    )
    code = (
        HEAD + "def show():\n    books = list(Book.objects.all())\n    names = {}\n    for book in books:\n"
        "        book.home = names.get(book.author_id)\n    return [READ for book in books]\n"
    )

    def read(attribute: str) -> list[str]:
        files = {
            "shop/models.py": "from django.utils.functional import cached_property\n" + models,
            "shop/views.py": code.replace("READ", attribute),
        }
        return [path for _, _, path in paths(files)]

    assert read("book.home") == []
    assert read("book.shelf") == ["author"]


@pytest.mark.parametrize(
    ("query", "test", "read"),
    [
        ("filter(title='new')", "book.title == 'old'", []),
        ("filter(title='new')", "book.title == 'new'", ["author"]),
        ("filter(title=NEW)", "book.title != NEW", []),
        ("filter(title__in=(NEW, 'newer'))", "book.title == 'old'", []),
        ("filter(title__in=(NEW, 'newer'))", "book.title == NEW", ["author"]),
        ("filter(title__in=(NEW, 'newer'))", "book.title not in [NEW, 'newer', 'newest']", []),
        ("filter(title__in=(NEW, 'newer'))", "book.title in ['newer']", ["author"]),
        ("filter(title__startswith='new')", "book.title == 'old'", ["author"]),
        ("exclude(title='new')", "book.title == 'old'", ["author"]),
        ("filter(title=key)", "book.title == 'old'", ["author"]),
        ("filter(title='new').order_by('pk')", "book.title == 'old'", []),
    ],
)
def test_what_a_condition_of_the_query_says_of_its_rows(query: str, test: str, read: list[str]) -> None:
    code = f"NEW = 'new'\n\ndef show(key):\n    for book in Book.objects.{query}:\n        if {test}:\n            print(book.author.name)\n"
    assert found(code) == read


def test_a_row_that_is_changed_no_longer_holds_what_the_query_asked_for() -> None:
    code = (
        "def show():\n    for book in Book.objects.filter(title='new'):\n        book.title = 'old'\n"
        "        if book.title == 'old':\n            print(book.author.name)\n"
    )
    assert found(code) == ["author"]


def test_alternatives_of_a_query_hold_what_all_of_them_ask_for() -> None:
    code = (
        "def show(old):\n    books = Book.objects.filter(title='old') if old else Book.objects.filter(title='new')\n"
        "    for book in books:\n        if book.title == 'old':\n            print(book.author.name)\n"
    )
    assert set(found(code)) == {"author"}


def test_an_operand_that_is_not_known_leaves_a_conjunction_open() -> None:
    code = (
        "def show(key):\n    for book in Book.objects.filter(title='new'):\n"
        "        if key and book.title == 'new':\n            continue\n        print(book.author.name)\n"
    )
    assert found(code) == ["author"]


def test_what_a_template_keeps_is_seldom_read() -> None:
    head = "{% load cache %}{% for book in books %}"
    page = {
        "shop/views.py": "from django.shortcuts import render\nfrom shop.models import Book\n\ndef index(request):\n"
        "    return render(request, 'shop/list.html', {'books': Book.objects.all()})\n"
    }

    def sure(template: str) -> list[Confidence]:
        files = page | {"shop/templates/shop/list.html": head + template + "{% endfor %}"}
        return [event.confidence for event in Flow(shop(files)).lazy_loads]

    kept = "{% cache 500 name book.pk %}{{ book.author.name }}{% endcache %}"
    assert sure(kept) == [Confidence.LOW]
    assert sure("{% cache 500 name book.author.name %}{{ book.title }}{% endcache %}") == [Confidence.HIGH]
    assert set(sure(kept + "{{ book.author.name }}")) == {Confidence.LOW, Confidence.HIGH}


@pytest.mark.parametrize(
    ("body", "sure"),
    [
        ("print(list(author.books.all()))", Confidence.HIGH),
        ("if author.name == key:\n            print(list(author.books.all()))", Confidence.HIGH),
        ("titles(author, 'author.name == key')", Confidence.LOW),
        ("titles(author, 'not author.name')", Confidence.LOW),
        ("titles(author, 'key')", Confidence.HIGH),
        ("titles(author, 'author.books.exists()')", Confidence.HIGH),
        ("either(author)", Confidence.LOW),
        ("if author.books.exists():\n            print(list(author.books.all()))", Confidence.HIGH),
        ("if not author.books.all():\n            continue\n        print(list(author.books.all()))", Confidence.HIGH),
        ("for word in author.name:\n            if word:\n                pass\n        print(list(author.books.all()))", Confidence.HIGH),
    ],
)
def test_a_set_that_only_some_rows_are_asked_for_is_not_worth_a_query_for_all(body: str, sure: Confidence) -> None:
    test = body.partition("'")[2].partition("'")[0] or "key"
    body = body.replace(f"'{test}'", "key")
    helper = (
        f"def titles(author, key):\n    if {test}:\n        return list(author.books.all())\n    return None\n\n"
        "def either(author):\n    return author.name != '' and list(author.books.all())\n\n"
    )
    code = helper + f"def show(key):\n    if key:\n        return\n    for author in Author.objects.all():\n        {body}\n"
    assert {event.confidence for event in Flow(shop(views(code))).lazy_loads if event.path == "books"} == {sure}


def test_what_is_joined_costs_no_query_of_its_own() -> None:
    code = "def show(key):\n    for book in Book.objects.all():\n        if book.title == key:\n            print(book.author.name)\n"
    assert [event.confidence for event in Flow(shop(views(code))).lazy_loads] == [Confidence.HIGH]


def test_a_key_that_is_set_makes_the_row_forget_what_was_joined() -> None:
    loop = "def show(keys):\n    for book in Book.objects.all():\n        {0}print(book.author.name)\n"
    assert found(loop.format("")) == ["author"]
    assert found(loop.format("book.author_id = keys[book.pk]\n        ")) == []


def test_behind_many_early_returns_few_rows_are_left() -> None:
    returns = "    if book.title == key.{0}:\n        return None\n"
    loop = "def show(key):\n    for book in Book.objects.all():\n        maker(book, key)\n"

    def sure(*names: str) -> list[Confidence]:
        helper = "def maker(book, key):\n" + "".join(map(returns.format, names)) + "    return book.author.name\n\n"
        return [event.confidence for event in Flow(shop(views(helper + loop))).lazy_loads]

    assert sure("a", "b") == [Confidence.HIGH]
    assert sure("a", "b", "c") == [Confidence.LOW]
    before = "def show(keys):\n" + returns.replace("book.title", "keys").format("a") * 3
    each = before + "    for key in keys:\n        print(Book.objects.get(pk=key).author.name)\n"
    assert [event.confidence for event in Flow(shop(views(each))).lazy_loads] == [Confidence.HIGH]


def test_a_row_that_is_refreshed_forgets_what_was_loaded_with_it() -> None:
    loop = "def show():\n    for book in Book.objects.all():\n        {0}print(book.author.name)\n"
    assert found(loop.format("book.refresh_from_db()\n        ")) == []
    assert found(loop.format("book.refresh_from_db(fields=['title'])\n        ")) == ["author"]
