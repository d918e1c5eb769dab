"""The rewritten queries run in Django on SQLite: the same rows as before, and no query per row any more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pitfall_lint.finding import EagerLoad, Place
from pitfall_lint.fixes import Expander
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import MemorySource

pytest.importorskip("django")

MODELS = """
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=9)


class Author(models.Model):
    name = models.CharField(max_length=9)
    bio = models.CharField(max_length=9)
    country = models.ForeignKey(Country, models.CASCADE)


class Tag(models.Model):
    name = models.CharField(max_length=9)


class Live(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(pages__gt=0)


class Book(models.Model):
    title = models.CharField(max_length=9)
    pages = models.IntegerField(default=1)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="edited")
    tags = models.ManyToManyField(Tag)
    objects = models.Manager()
    live = Live()


class Cover(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, related_name="cover")
    colour = models.CharField(max_length=9)
"""

SCRIPT = """
import json
import sys

import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.admin", "shop"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from django.contrib import admin
from django.db import connection, models
from django.db.models import Count, Prefetch
from django.shortcuts import get_list_or_404, get_object_or_404
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.generic import ListView
from shop.models import Author, Book, Country, Cover, Tag

with connection.schema_editor() as editor:
    for model in (Country, Author, Tag, Book, Cover):
        editor.create_model(model)
for number in range(4):
    country = Country.objects.create(name=f"c{number}")
    author = Author.objects.create(name=f"a{number}", bio="x", country=country)
    for each in "xy":
        editor = author if each == "x" else None
        book = Book.objects.create(title=f"{each}{number}", author=author, editor=editor, pages=number)
        book.tags.add(Tag.objects.create(name=f"t{number}{each}"))
        Cover.objects.create(book=book, colour=f"red{number}")


def run(source, read):
    scope = dict(globals())
    with CaptureQueriesContext(connection) as queries:
        exec(source, scope)
        rows = scope["rows"]
        rows = [rows] if isinstance(rows, models.Model) else rows
        read = eval(f"lambda b: {read}", scope)
        values = [repr(read(row)) for row in rows]
    return values, len(queries)


answers = []
for before, after, read in json.load(sys.stdin):
    answers.append([run(before, read), run(after, read)])
json.dump(answers, sys.stdout)
"""

AUTHOR = "(b.title, b.author.name, b.author.bio)"
COUNTRY = "(b.title, b.author.country.name)"
COVER = "(b.title, b.cover.colour)"
TAGS = "(b.title, [tag.name for tag in b.tags.all()])"
BOOKS = "(b.name, [(book.title, book.author.country.name) for book in b.books.all()])"
BOOK_TAGS = "(b.name, [(book.title, [tag.name for tag in book.tags.all()]) for book in b.books.all()])"

# (marked source, joined, prefetched, what each row is asked, queries afterwards)
CASES: list[tuple[str, str, str, str, int]] = [
    ("rows = «Book.objects»\nrows = rows.all()", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.all()»", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.filter(pages__gt=1).order_by('-title')»[1:3]", "author__country", "", COUNTRY, 1),
    ("rows = «Book.live.all()»", "author cover", "tags", "(b.author.name, b.cover.colour, " + TAGS + ")", 2),
    ("rows = «Book.objects.all()[:3]»", "author", "tags", "(b.author.name, " + TAGS + ")", 2),
    ("rows = «Book.objects.all()»", "editor", "", "(b.title, b.editor and b.editor.name)", 1),
    ("rows = «Book.objects.order_by('pk').first()»", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.get(pk=1)»", "author__country", "", COUNTRY, 1),
    ("rows = «Book.objects.all()».iterator()", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.all()».iterator(chunk_size=99)", "", "tags", TAGS, 2),
    ("rows = «Book.objects.in_bulk([1, 2])»\nrows = rows.values()", "author", "", AUTHOR, 1),
    ("rows = «Author.objects.get(pk=1).books.all()»", "cover", "", COVER, 2),
    (
        "rows = «Book.objects.annotate(n=Count('tags')).order_by('pk').distinct()»",
        "author",
        "",
        "(b.n, b.author.name)",
        1,
    ),
    ("rows = «Book.objects.select_related('cover')»", "author", "", "(b.cover.colour, b.author.name)", 1),
    ("rows = «Book.objects.select_related('author')»", "author__country", "", COUNTRY, 1),
    ("rows = «Book.objects.select_related('author').select_related(None)»", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.select_related(*['cover'])»", "author", "", "(b.cover.colour, b.author.name)", 1),
    ("rows = «Book.objects.only('title')»", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.only('title')»", "author__country", "", COUNTRY, 1),
    ("rows = «Book.objects.only('title', 'author__name', 'author__bio')»", "author__country", "", COUNTRY, 1),
    ("rows = «Book.objects.only('title', 'author_id')»", "author__country", "", COUNTRY, 1),
    ("rows = «Book.objects.only('title')»", "cover", "", COVER, 1),
    ("rows = «Book.objects.only('title')»", "", "tags", TAGS, 2),
    ("rows = «Book.objects.defer('pages')»", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.select_for_update(of=('self',))»", "author", "", AUTHOR, 1),
    ("rows = get_object_or_404(«Book», pk=1)", "author", "", AUTHOR, 1),
    ("rows = get_list_or_404(«Book», pages__gt=1)", "author", "tags", "(b.author.name, " + TAGS + ")", 2),
    ("rows = get_list_or_404(«Book.live», pages__gt=1)", "author", "", AUTHOR, 1),
    ("rows = «(Book.objects.filter(pages=1) | Book.objects.filter(pages=2)).distinct()»", "author", "", AUTHOR, 1),
    ("rows = (\n    «Book.objects\n    .filter(pages__gt=1)»  # long\n    .distinct()\n)", "author", "", AUTHOR, 1),
    ("rows = «Book.objects.\\\n    all()»", "author", "tags", "(b.author.name, " + TAGS + ")", 2),
    ("rows = «Author.objects.all()»", "", "books__author__country", BOOKS, 3),
    ("rows = «Author.objects.prefetch_related('books')»", "", "books__tags", BOOK_TAGS, 3),
    (
        "rows = «Author.objects.prefetch_related(Prefetch('books', queryset=Book.objects.filter(pages__gt=1)))»",
        "",
        "books__tags",
        BOOK_TAGS,
        3,
    ),
    (
        "rows = «Author.objects.prefetch_related(Prefetch('books', queryset=Book.objects.only('title', 'author')))»",
        "",
        "books__cover",
        "[book.cover.colour for book in b.books.all()]",
        2,
    ),
    (
        "rows = «Author.objects.prefetch_related(Prefetch('books', Book.objects.all(), to_attr='mine'))»",
        "",
        "mine__tags",
        "[[tag.name for tag in book.tags.all()] for book in b.mine]",
        3,
    ),
    (
        "rows = «Author.objects.prefetch_related(Prefetch('books', Book.objects.order_by('-pk')[:3], 'new'))»",
        "",
        "new__cover",
        "[book.cover.colour for book in b.new]",
        2,
    ),
    (
        "rows = «Book.objects.filter(pages=1).union(Book.objects.filter(pages=2)).order_by('title')[:3]»",
        "",
        "author__country tags",
        "(b.author.country.name, " + TAGS + ")",
        4,
    ),
    (
        "some = «Book.objects.filter(pages=1)»\nrows = some.difference(Book.objects.filter(title='x1'))",
        "",
        "author",
        AUTHOR,
        2,
    ),
    (
        "rows = «Author.objects.prefetch_related(Prefetch('books', Book.objects.filter(pages=1) & Book.live.all()))»",
        "",
        "books__tags",
        BOOK_TAGS,
        3,
    ),
]

TO_ONE = ("books__cover", "new__cover")

VIEW = """
class View(ListView):
    «model = Book»
    ordering = "-title"

view = View()
view.setup(RequestFactory().get("/"))
rows = view.get_queryset()
"""

ADMIN = """
class «BookAdmin»(admin.ModelAdmin):
    list_display = ["title", "author"]

request = RequestFactory().get("/")
class User:
    def has_perm(self, name):
        return True
request.user = User()
rows = BookAdmin(Book, admin.AdminSite()).get_changelist_instance(request).get_queryset(request)
"""

FORMS = [
    (VIEW, "author", "tags", "(b.author.name, " + TAGS + ")", 2, "view-model"),
    (ADMIN, "author editor", "tags", "(b.author.name, b.editor and b.editor.name, " + TAGS + ")", None, "admin-class"),
]


def rewritten(marked: str, joined: str, prefetched: str, form: str = "expression") -> tuple[str, str]:
    source = marked.replace("«", "").replace("»", "")
    text = Text("a.py", source.encode())
    place = Place("a.py", text.position(marked.index("«")), text.position(marked.index("»") - 1))
    recipe = EagerLoad(place, tuple(joined.split()), tuple(prefetched.split()), form=form, to_one=TO_ONE)
    edits = Expander(MemorySource({"a.py": source})).expand_recipe(recipe).edits
    assert edits
    return source, text.edited(edits).decode()


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """For each case the values and the number of queries, before and after; one Django for all of them."""
    folder: Path = tmp_path_factory.mktemp("django")
    (folder / "shop").mkdir()
    (folder / "shop" / "__init__.py").touch()
    (folder / "shop" / "models.py").write_text(MODELS)
    (folder / "run.py").write_text(SCRIPT)
    work = [(*rewritten(marked, joined, prefetched), read) for marked, joined, prefetched, read, _ in CASES]
    work += [
        (*rewritten(marked, joined, prefetched, form), read) for marked, joined, prefetched, read, _, form in FORMS
    ]
    done = subprocess.run(
        [sys.executable, "run.py"], input=json.dumps(work), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("index", range(len(CASES)))
def test_the_same_rows_with_fewer_queries(index: int, answers: list[Any]) -> None:
    (values_before, queries_before), (values_after, queries_after) = answers[index]
    assert values_after == values_before
    assert values_after
    assert queries_after == CASES[index][-1]
    if len(values_after) > 2:
        assert queries_after < queries_before


@pytest.mark.parametrize("index", range(len(FORMS)), ids=[form[-1] for form in FORMS])
def test_class_bodies(index: int, answers: list[Any]) -> None:
    (values_before, queries_before), (values_after, queries_after) = answers[len(CASES) + index]
    assert sorted(values_after) == sorted(values_before)
    assert len(values_after) == 8
    assert queries_after <= queries_before - 8
