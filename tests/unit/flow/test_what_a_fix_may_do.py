"""Which fixes keep a program's behaviour: a query that is better left alone, or that another form would change, gets
words instead."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Applicability, EagerLoad, Finding
from pitfall_lint.flow import Flow
from pitfall_lint.project import Project
from pitfall_lint.registry import find
from tests.unit.flow.test_flow import MODELS, paths, shop

VIEWS = "shop/views.py"


def findings(code: str, files: dict[str, str]) -> list[Finding]:
    """What one rule finds in a shop."""
    rule = find(code)
    assert rule is not None
    held = shop(files)
    project = Project(held.source, held.config, held.files, held.facts, Flow)
    return list(rule().check(project))


RENDERED = {
    "shop/templates/shop/index.html": "{% for a in authors %}{% for b in a.listed %}{{ b.title }}{% endfor %}{% endfor %}",
    "shop/templates/shop/author.html": "{% for b in author.listed %}{{ b.editor.name }}{% endfor %}",
}
LISTED = MODELS.replace(
    "class Book(",
    "    def listed(self):\n        return self.books.all()\n\nclass Book(",
).replace(
    'related_name="books")', 'related_name="books")\n    editor = models.ForeignKey(Country, on_delete=models.CASCADE)'
)


@pytest.mark.parametrize("loaded", ["", ".prefetch_related('books')"])
def test_a_set_that_a_prefetch_brings_elsewhere_is_not_given_joins(loaded: str) -> None:
    views = (
        "from django.shortcuts import get_object_or_404, render\nfrom shop.models import Author\n\n"
        f"def index(request):\n    return render(request, 'shop/index.html', {{'authors': Author.objects.all(){loaded}}})\n\n"
        "def author(request, pk):\n    return render(request, 'shop/author.html', {'author': get_object_or_404(Author, pk=pk)})\n"
    )
    (finding,) = findings("DJG101", {"shop/models.py": LISTED, VIEWS: views, **RENDERED})
    assert finding.place.path == "shop/models.py"
    assert finding.fix.applicability is Applicability.MANUAL
    assert '`prefetch_related("books__editor")`' in finding.fix.message
    assert '`.select_related("editor")`' in finding.fix.message


def test_a_set_that_no_prefetch_brings_is_given_joins() -> None:
    views = (
        "from django.shortcuts import get_object_or_404, render\nfrom shop.models import Author\n\n"
        "def author(request, pk):\n    return render(request, 'shop/author.html', {'author': get_object_or_404(Author, pk=pk)})\n"
    )
    (finding,) = findings("DJG101", {"shop/models.py": LISTED, VIEWS: views, **RENDERED})
    assert isinstance(finding.fix.recipe, EagerLoad)
    assert finding.fix.applicability is Applicability.SAFE


@pytest.mark.parametrize(
    ("null", "signature", "other", "applicability"),
    [
        ("", "request", "request.user", Applicability.SAFE),
        ("", "user: User", "user", Applicability.SAFE),
        ("", "user: User = None", "user", Applicability.UNSAFE),
        ("null=True, ", "request", "request.user", Applicability.UNSAFE),
    ],
)
def test_keys_are_compared_where_none_cannot_meet_none(
    null: str, signature: str, other: str, applicability: Applicability
) -> None:
    models = MODELS.replace(
        "from django.db import models", "from django.contrib.auth.models import User\nfrom django.db import models"
    )
    models += f"    owner = models.ForeignKey(User, {null}on_delete=models.CASCADE)\n"
    views = (
        "from django.contrib.auth.models import User\nfrom shop.models import Book\n\n"
        f"def mine({signature}):\n    return [b for b in Book.objects.all() if b.owner == {other}]\n\n"
        f"def index(request):\n    return mine({'request' if signature == 'request' else 'request.user'})\n"
    )
    (finding,) = findings("DJG109", {"shop/models.py": models, VIEWS: views})
    assert finding.fix.applicability is applicability


def test_keys_of_stored_rows_are_compared() -> None:
    models = MODELS.replace("ForeignKey(Author, ", "ForeignKey(Author, null=True, ")
    views = (
        "from shop.models import Author, Book\n\n"
        "def mine(request, pk):\n    author = Author.objects.get(pk=pk)\n"
        "    return [b for b in Book.objects.all() if b.author == author]\n"
    )
    (finding,) = findings("DJG109", {"shop/models.py": models, VIEWS: views})
    assert finding.fix.applicability is Applicability.SAFE


@pytest.mark.parametrize(
    "body",
    [
        "    for b in Book.objects.filter(title='a').union(Book.objects.filter(title='b')):\n        b.author.name\n",
        "    first, second = Book.objects.filter(title='a'), Book.objects.filter(title='b')\n"
        "    for b in first.union(second):\n        b.author.name\n",
        "    first = Book.objects.filter(title='a')\n    Book.objects.union(first)\n"
        "    for b in first:\n        b.author.name\n",
    ],
)
def test_queries_that_are_put_together_are_given_no_joins(body: str) -> None:
    (finding,) = findings("DJG101", {VIEWS: f"from shop.models import Book\n\ndef f():\n{body}"})
    recipe = finding.fix.recipe
    assert isinstance(recipe, EagerLoad)
    assert (recipe.joined, recipe.prefetched) == ((), ("author",))


@pytest.mark.parametrize(
    ("call", "lacking", "applicability"),
    [
        ("only('title')", "author", Applicability.MANUAL),
        ("only(*names)", "author", Applicability.MANUAL),
        ("only('title', 'author')", "author", Applicability.SAFE),
        ("only('title', 'author_id')", "author", Applicability.SAFE),
        ("only('title', 'author__country')", "author", Applicability.SAFE),
        ("only('title', 'author__name')", "author.country", Applicability.MANUAL),
        ("defer('author')", "author", Applicability.MANUAL),
        ("defer('title')", "author", Applicability.SAFE),
        ("defer(None)", "author", Applicability.SAFE),
        ("select_for_update()", "author", Applicability.MANUAL),
        ("select_for_update(of=('self',))", "author", Applicability.SAFE),
        ("extra(where=['id = 1'])", "author", Applicability.MANUAL),
        ("iterator()", "author", Applicability.SAFE),
        ("iterator()", "sold_in.all()", Applicability.MANUAL),
        ("iterator(chunk_size=9)", "sold_in.all()", Applicability.SAFE),
        ("only('title')", "sold_in.all()", Applicability.SAFE),
    ],
)
def test_what_is_done_with_a_query_elsewhere_is_not_broken(
    call: str, lacking: str, applicability: Applicability
) -> None:
    models = (
        MODELS
        + "    sold_in = models.ManyToManyField(Country)\n\ndef listed():\n    return Book.objects.filter(title='a')\n"
    )
    views = (
        "from shop.models import listed\n\n"
        f"def f():\n    return [list(b.{lacking}) for b in listed()]\n\n"
        f"def g(names):\n    for b in listed().{call}:\n        b.title\n"
    )
    (finding,) = findings("DJG102" if "all" in lacking else "DJG101", {"shop/models.py": models, VIEWS: views})
    assert finding.fix.applicability is applicability
    if applicability is Applicability.MANUAL:
        assert f"`{call.partition('(')[0]}()` at shop/views.py:7" in finding.fix.message


@pytest.mark.parametrize(
    ("decorator", "applicability"), [("", Applicability.SAFE), ("    @property\n", Applicability.MANUAL)]
)
def test_an_attribute_of_that_name_is_not_the_function(decorator: str, applicability: Applicability) -> None:
    models = (
        MODELS + f"\nclass Shelf:\n{decorator}    def listed(self):\n        return Book.objects.filter(title='a')\n"
    )
    shown = "shelf.listed" if decorator else "shelf.listed()"
    views = (
        "from shop.models import Shelf\n\n"
        f"def f():\n    shelf = Shelf()\n    return [b.author.name for b in {shown}]\n\n"
        "def g(request):\n    for b in request.listed.books().only('title'):\n        b.title\n"
    )
    (finding,) = findings("DJG101", {"shop/models.py": models, VIEWS: views})
    assert finding.fix.applicability is applicability


@pytest.mark.parametrize(
    ("models", "applicability"),
    [
        (MODELS, Applicability.MANUAL),
        (MODELS + "\ndef listed(self):\n    return []\n", Applicability.SAFE),  # which of the two is meant is not known
    ],
)
@pytest.mark.parametrize(
    "written",
    ["owner.listed().filter(title='a').only('title')", "rows.only('title')", "rows.order_by('pk').only('title')"],
)
def test_what_is_done_with_the_set_of_a_row_not_known_is_not_broken(
    models: str, written: str, applicability: Applicability
) -> None:
    models = models.replace(
        "class Book(", "    def listed(self):\n        return Book.objects.filter(title='a')\n\nclass Book("
    )
    views = (
        "from shop.models import Author\n\n"
        "def f(pk):\n    return [b.author.name for b in Author.objects.get(pk=pk).listed()]\n\n"
        f"def g(request):\n    owner = request.state.owner\n    rows = owner.listed()\n    return {written}\n"
    )
    (finding,) = findings("DJG101", {"shop/models.py": models, VIEWS: views})
    assert finding.fix.applicability is applicability


@pytest.mark.parametrize("call", ["select_for_update()", "extra(where=['id = 1'])"])
def test_a_query_that_cannot_be_joined_is_given_words(call: str) -> None:
    views = f"from shop.models import Book\n\ndef f():\n    return [b.author.name for b in Book.objects.{call}]\n"
    (finding,) = findings("DJG101", {VIEWS: views})
    assert finding.fix.applicability is Applicability.MANUAL


TAGGED = (
    MODELS
    + """
class Note(models.Model):
    content_type = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
    object_id = models.IntegerField()
    about = GenericForeignKey()
"""
).replace("from django.db", "from django.contrib.contenttypes.fields import GenericForeignKey\nfrom django.db")


@pytest.mark.parametrize(
    ("body", "lacking"),
    [("Note.objects.get(pk=key).about", []), ("[n.about for n in Note.objects.filter(pk__lt=key)]", ["about"])],
)
def test_of_a_single_row_nothing_is_prefetched(body: str, lacking: list[str]) -> None:
    views = f"from shop.models import Note\n\ndef f(keys):\n    for key in keys:\n        {body}\n"
    assert [path for _, _, path in paths({"shop/models.py": TAGGED, VIEWS: views})] == lacking


@pytest.mark.parametrize("given", ["author: Author", "pk"])
def test_rows_that_are_given_their_relations_later_have_them(given: str) -> None:
    fetched = "    author = Author.objects.get(pk=pk)\n" if given == "pk" else ""
    views = (
        "from django.db.models import prefetch_related_objects\nfrom shop.models import Author\n\n"
        "PATHS = ['books__author', 'books__editor']\n\n"
        f"def f({given}):\n{fetched}    prefetch_related_objects([author], *PATHS)\n"
        "    return [b.editor.name for b in author.books.all()]\n"
    )
    assert paths({"shop/models.py": LISTED, VIEWS: views}) == []


def test_a_set_that_a_query_prefetches_out_of_sight_is_not_given_joins() -> None:
    views = (
        "from django.shortcuts import get_object_or_404, render\nfrom shop.models import Author\n\n"
        "def author(request, pk):\n    return render(request, 'shop/author.html', {'author': get_object_or_404(Author, pk=pk)})\n\n"
        "def export(send):\n    send(Author.objects.prefetch_related('books__author'))\n"
    )
    (finding,) = findings("DJG101", {"shop/models.py": LISTED, VIEWS: views, **RENDERED})
    assert finding.fix.applicability is Applicability.MANUAL
    assert '`prefetch_related("books__editor")`' in finding.fix.message


@pytest.mark.parametrize(
    ("body", "applicability", "words"),
    [
        ("return [b.author.country.name for b in {}]", Applicability.UNSAFE, '`select_related("author__country")`'),
        ("return [b.title for b in {}]", Applicability.MANUAL, "Leave it out"),
        ("return {}", Applicability.MANUAL, "leave it out where none is"),
    ],
)
def test_a_bare_join_names_what_is_seen_to_be_read(body: str, applicability: Applicability, words: str) -> None:
    views = "from shop.models import Book\n\ndef show(request):\n    " + body.format("Book.objects.select_related()")
    (finding,) = findings("DJG110", {VIEWS: views + "\n"})
    assert finding.fix.applicability is applicability
    assert words in finding.fix.message


def test_a_bare_join_in_a_template_can_name_nothing() -> None:
    views = (
        "from django.shortcuts import render\nfrom shop.models import Author\n\n"
        "def show(request):\n    return render(request, 'shop/show.html', {'author': Author.objects.first()})\n"
    )
    page = "{% for b in author.books.select_related %}{{ b.title }}{% endfor %}"
    (finding,) = findings("DJG110", {VIEWS: views, "shop/templates/shop/show.html": page})
    assert finding.fix.applicability is Applicability.MANUAL
    assert finding.fix.message.startswith("Leave it out, a template can name no relation")


SHELVES = """
from shop.models import Author, Book

class Listed:
    def get_queryset(self):
        return self.model.objects.order_by("pk")

class Books(Listed):
    model = Book

    def told(self):
        return [book.author.name for book in self.get_queryset()]

class Authors(Listed):
    model = Author
"""


def test_a_query_for_any_model_is_overridden_for_one() -> None:
    (finding,) = findings("DJG101", {VIEWS: SHELVES})
    assert finding.fix.applicability is Applicability.MANUAL
    assert "Let `Books` override `get_queryset()`" in finding.fix.message
    assert finding.confidence.value == "high"


def test_a_query_for_any_model_that_several_classes_read() -> None:
    more = SHELVES.replace("    model = Author", "    model = Book\n\n    def told(self):\n        return 1")
    (finding,) = findings("DJG101", {VIEWS: more})
    assert finding.confidence.value == "low"


def test_a_query_of_a_class_that_names_its_model() -> None:
    own = SHELVES[: SHELVES.index("class Authors")].replace("class Listed:\n", "class Listed:\n    model = Book\n\n")
    own = own.replace("class Books(Listed):\n    model = Book\n", "class Books(Listed):")
    (finding,) = findings("DJG101", {VIEWS: own})
    assert finding.fix.applicability is Applicability.SAFE
