"""What schemas of django-ninja read of the rows that a view returns; each count was measured with the library itself."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import shop

MODELS = """
from django.db import models

class Country(models.Model):
    name = models.CharField(max_length=50)

class Author(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.CASCADE)

class Tag(models.Model):
    word = models.CharField(max_length=50)

class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag, related_name="books")

    @property
    def byline(self):
        return self.author.name

    def origin(self):
        return self.author.country.name
"""
SCHEMAS = """
from typing import Annotated, List, Optional, Union
from ninja import Field, ModelSchema, NinjaAPI, Router, Schema
from ninja.pagination import paginate
from shop.models import Author, Book

api = NinjaAPI()

class CountryOut(Schema):
    name: str

class AuthorOut(Schema):
    name: str

class AuthorDeep(AuthorOut):
    country: CountryOut

class TagOut(Schema):
    word: str

class Problem(Schema):
    author: AuthorOut
"""
VIEW = """
@api.get("/books", response=List[BookOut])
def books(request):
    return Book.objects.all()
"""


def loads(code: str) -> set[tuple[str, str]]:
    """The queries of `code` that lack something, as they stand there, and what each lacks."""
    files = {"shop/models.py": MODELS, "requirements.txt": "Django==5.2\n", "shop/api.py": SCHEMAS + code}
    flow = Flow(shop(files))
    assert not flow.exhausted
    return {(event.site.source, event.path) for event in flow.lazy_loads}


FIELDS: list[tuple[str, set[str]]] = [
    ("    title: str\n", set()),
    ("    title: str\n    author_id: int\n", set()),
    ("    author: AuthorOut\n", {"author"}),
    ("    author: Optional[AuthorOut] = None\n", {"author"}),
    ("    author: AuthorOut | None = None\n", {"author"}),
    ("    author: Annotated[AuthorOut, Field(title='x')]\n", {"author"}),
    ("    author: 'AuthorOut'\n", {"author"}),
    ("    author: AuthorDeep\n", {"author", "author__country"}),
    ("    tags: List[TagOut]\n", {"tags"}),
    ("    tags: list['TagOut']\n", {"tags"}),
    ("    byline: str\n", {"author"}),
    ("    author_name: str = Field(None, alias='author.name')\n", {"author"}),
    ("    country: str = Field(..., validation_alias='author.country.name')\n", {"author", "author__country"}),
    ("    writer: AuthorOut = Field(..., alias='author')\n", {"author"}),
    (
        "    name: str\n\n    @staticmethod\n    def resolve_name(obj):\n        return obj.author.name\n",
        {"author"},
    ),
    (
        "    name: str\n\n    @staticmethod\n    def resolve_name(obj, context):\n        return obj.author.name\n",
        {"author"},
    ),
    ("    author: str\n\n    @staticmethod\n    def resolve_author(obj):\n        return obj.title\n", set()),
    (
        "    writer: AuthorDeep\n\n    @staticmethod\n    def resolve_writer(obj):\n        return obj.author\n",
        {"author", "author__country"},
    ),
    ("    _author: AuthorOut\n    title: str\n", set()),
]


@pytest.mark.parametrize(("body", "paths"), FIELDS)
def test_fields_of_a_schema(body: str, paths: set[str]) -> None:
    assert loads("class BookOut(Schema):\n" + body + VIEW) == {("Book.objects.all()", path) for path in paths}


META: list[tuple[str, set[str]]] = [
    ("model = Book\n        fields = ['id', 'title', 'author']", set()),
    ("model = Book\n        fields = ['id', 'tags']", {"tags"}),
    ("model = Book\n        fields = '__all__'", {"tags"}),
    ("model = Book\n        exclude = ['tags']", set()),
    ("model = Book\n        exclude = ['title']", {"tags"}),
]


@pytest.mark.parametrize(("meta", "paths"), META)
def test_model_schema_shows_keys(meta: str, paths: set[str]) -> None:
    code = f"class BookOut(ModelSchema):\n    class Meta:\n        {meta}\n"
    assert loads(code + VIEW) == {("Book.objects.all()", path) for path in paths}


def test_declared_field_of_a_model_schema_and_inherited_ones() -> None:
    code = """
class Base(ModelSchema):
    author: AuthorOut

    class Meta:
        model = Book
        fields = ["title", "author"]

class BookOut(Base):
    pass
"""
    assert loads(code + VIEW) == {("Book.objects.all()", "author")}


OUT = "class BookOut(Schema):\n    title: str\n    author: AuthorOut\n    tags: List[TagOut]\n"


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (
            "@api.get('/', response=List[BookOut])\ndef v(request):\n    return Book.objects.select_related('author').prefetch_related('tags')\n",
            set(),
        ),
        (
            "@api.get('/', response=list[BookOut])\ndef v(request):\n    return Book.objects.select_related('author')\n",
            {("Book.objects.select_related('author')", "tags")},
        ),
        ("@api.get('/', response=BookOut)\ndef v(request, key: int):\n    return Book.objects.get(pk=key)\n", set()),
        ("@api.get('/')\ndef v(request):\n    return Book.objects.all()\n", set()),
        ("@api.get('/', response=List[AuthorOut])\ndef v(request):\n    return Author.objects.all()\n", set()),
        (
            "@api.get('/', response={200: List[AuthorOut], 404: Problem})\ndef v(request):\n    return Author.objects.all()\n",
            set(),
        ),
        (
            "@api.post('/', response={201: BookOut})\ndef v(request):\n    return 201, Book.objects.create(title='')\n",
            set(),
        ),
        ("@api.get('/', response=dict)\ndef v(request):\n    return {'books': Book.objects.all()}\n", set()),
        (
            "@api.get('/', response={200: List[BookOut], 404: Problem})\ndef v(request):\n    return 200, Book.objects.order_by('title')\n",
            {("Book.objects.order_by('title')", "author"), ("Book.objects.order_by('title')", "tags")},
        ),
        (
            "@Router().get('/', response=List[BookOut])\n@paginate\nasync def v(request):\n    return [book for book in Book.objects.filter(title='')]\n",
            {("Book.objects.filter(title='')", "author"), ("Book.objects.filter(title='')", "tags")},
        ),
        (
            "class Page(Schema):\n    items: List[BookOut]\n\n@api.get('/', response=Page)\ndef v(request):\n    return {'items': Book.objects.all(), 'count': 3}\n",
            {("Book.objects.all()", "author"), ("Book.objects.all()", "tags")},
        ),
        (
            "def v(request):\n    return [BookOut.from_orm(book) for book in Book.objects.all()]\n",
            {("Book.objects.all()", "author"), ("Book.objects.all()", "tags")},
        ),
        ("def v(request, key):\n    return BookOut.model_validate(Book.objects.get(pk=key))\n", set()),
    ],
)
def test_answers_of_a_view(view: str, found: set[tuple[str, str]]) -> None:
    assert loads(OUT + view) == found


def test_schemas_that_hold_each_other_end() -> None:
    code = """
class BookOut(Schema):
    author: "WriterOut"

class WriterOut(Schema):
    books: List[BookOut]
    country: CountryOut
"""
    assert {path for _, path in loads(code + VIEW)} == {"author", "author__books", "author__country"}


def test_place_of_a_read_is_the_field() -> None:
    flow = Flow(shop({"shop/models.py": MODELS, "shop/api.py": SCHEMAS + OUT + VIEW}))
    event = next(event for event in flow.lazy_loads if event.path == "author")
    rows = (SCHEMAS + OUT + VIEW).split("\n")
    assert rows[event.access.row - 1] == "    author: AuthorOut"
    assert event.source == "row.author"
    assert [step.message for step in event.trace] == ["for each of `list[BookOut]`", "shown by `BookOut`"]


@pytest.mark.parametrize(
    ("value", "queries"),
    [
        ("Tag.objects.filter(books=obj)", ["iterate"]),
        ("list(Tag.objects.filter(books=obj))", ["iterate"]),
        ("shelf(obj)", []),  # told where it is built
        ("obj.tags.all()", []),  # a relation, which a prefetch brings
        ("[]", []),
    ],
)
def test_query_that_a_resolver_leaves_to_be_gone_through(value: str, queries: list[str]) -> None:
    code = f"""
from shop.models import Tag

def shelf(book):
    return []

class BookOut(Schema):
    found: List[TagOut]

    @staticmethod
    def resolve_found(obj):
        return {value}
"""
    flow = Flow(shop({"shop/models.py": MODELS, "shop/api.py": SCHEMAS + code + VIEW}))
    assert [event.how for event in flow.loop_queries] == queries
