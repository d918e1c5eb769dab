"""Rows and querysets that outlive the place where they are made: kept by a function, handed to a queue or a cache."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Confidence
from tests.unit.flow.test_flow import MODELS, paths
from tests.unit.flow.test_loaded import found, views
from tests.unit.flow.test_what_a_fix_may_do import findings

KEEPING = MODELS.replace(
    "class Book(",
    "class Shelf(models.Manager):\n    def of(self, author):\n        held = cache.get(author.pk)\n"
    "        if held is not None:\n            return held\n        found = self.filter(author=author)\n"
    "        {kept}\n        return found\n\nclass Book(",
).replace(
    'related_name="books")',
    'related_name="books")\n    editor = models.ForeignKey(Country, on_delete=models.CASCADE)\n    objects = Shelf()',
)


@pytest.mark.parametrize(
    ("kept", "place"),
    [
        ("cache[author.pk] = found", ("shop/models.py", 16)),
        ("cache.set(author.pk, found)", ("shop/models.py", 16)),
        ("other.set(author.pk, found)", ("shop/views.py", 5)),
        ("cache[author.pk] = True", ("shop/views.py", 5)),
    ],
)
def test_a_queryset_that_is_kept_is_mended_where_it_is_built(kept: str, place: tuple[str, int]) -> None:
    """A call on a queryset whose rows are there already makes one that asks again."""
    code = "def show(author: Author):\n    return [book.editor.name for book in Book.objects.of(author)]\n"
    assert paths({"shop/models.py": KEEPING.replace("{kept}", kept), **views(code)}) == [(*place, "editor")]


@pytest.mark.parametrize(
    ("sent", "silent"),
    [
        ("mail.delay(book)", True),
        ("mail.apply_async(args=[book])", True),
        ("queue.enqueue('mail', **{'book': book, 'title': book.title})", True),
        ("cache.set(book.pk, book)", True),
        ("caches['long'].set(book.pk, {'book': book})", True),
        ("pickle.dumps([book])", True),
        ("mail.delay(book.pk)", False),
        ("mail.delay(book.title, author=book.author_id)", False),
        ("mail.delay(book.author)", False),
        ("shown.add(book)", False),
    ],
)
def test_rows_that_leave_the_process_bring_no_more_than_they_must(sent: str, silent: bool) -> None:
    code = (
        "import pickle\nfrom django.core.cache import cache, caches\nfrom tasks import mail, queue\n\ndef show():\n"
        f"    shown = set()\n    for book in Book.objects.all():\n        {sent}\n        print(book.author.name)\n"
    )
    assert set(found(code)) == (set() if silent else {"author"})


def test_a_list_that_is_cached_is_gone_through_at_each_hit() -> None:
    code = (
        "from django.core.cache import cache\n\ndef show():\n    books = Book.objects.all()\n"
        "    cache.{0}\n    for book in books:\n        print(book.author.name)\n"
    )
    assert found(code.format("set('books', books)")) == ["author"]
    assert found(code.format("set('books', list(books))")) == ["author"]


def test_a_row_that_leaves_the_process_takes_along_what_is_below_it() -> None:
    code = (
        "from tasks import mail\n\ndef show():\n    for book in Book.objects.select_related('author'):\n"
        "        {0}\n        print(book.author.country.name)\n"
    )
    assert found(code.format("mail.delay(book.author)")) == []
    assert found(code.format("mail.delay(book.author.pk)")) == ["author__country"]


NOTES = MODELS.replace(
    "from django.db import models",
    "from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation\n"
    "from django.contrib.contenttypes.models import ContentType\nfrom django.db import models\n\n"
    "class Note(models.Model):\n    kind = models.ForeignKey(ContentType, on_delete=models.CASCADE)\n"
    "    key = models.IntegerField()\n    about = GenericForeignKey('kind', 'key')\n",
).replace("class Author(models.Model):", "class Author(models.Model):\n    notes = GenericRelation(Note, 'key', 'kind')")


@pytest.mark.parametrize(
    ("rows", "read"),
    [("author.notes.all()", True), ("author.notes.filter(key=1)", True), ("author.books.all()", False)],
)
def test_rows_of_a_generic_set_do_not_know_their_parent(rows: str, read: bool) -> None:
    """A related manager sets the parent of its rows by foreign key only, as Django 5.2 and 6.1 do."""
    code = f"def show(author: Author):\n    for row in {rows}:\n        print({'row.about' if read else 'row.author'}.name)\n"
    assert [path for _, _, path in paths({"shop/models.py": NOTES, **views(code)})] == (["about"] if read else [])


METHOD_FIELD = """
from rest_framework import generics, serializers
from shop.models import Author, Book

class {inner}Serializer(serializers.ModelSerializer):
    written = serializers.SerializerMethodField()

    class Meta:
        model = Author
        fields = ["name", "written"]

    def get_written(self, author):
        return Book.objects.filter(author=author).count()

class BookSerializer(serializers.ModelSerializer):
    author = {inner}Serializer()

    class Meta:
        model = Book
        fields = ["title", "author"]

class Listed(generics.{view}):
    queryset = {rows}
    serializer_class = {shown}Serializer
"""


@pytest.mark.parametrize(
    ("view", "shown", "count"),
    [("ListAPIView", "Author", 1), ("ListAPIView", "Book", 1), ("RetrieveAPIView", "Author", 0)],
)
def test_a_loop_that_a_library_makes_is_no_list_that_is_written_out(view: str, shown: str, count: int) -> None:
    """A serializer's own method asks for each row that the view lists, however deep its serializer is nested."""
    rows = "Author.objects.all()" if shown == "Author" else "Book.objects.select_related('author')"
    code = METHOD_FIELD.format(inner="Author", view=view, rows=rows, shown=shown)
    urls = "from django.urls import path\nfrom shop.api import Listed\nurlpatterns = [path('listed/', Listed.as_view())]\n"
    found = findings("DJG105", {"shop/api.py": code, "shop/urls.py": urls})
    assert [finding.confidence for finding in found] == [Confidence.HIGH] * count
