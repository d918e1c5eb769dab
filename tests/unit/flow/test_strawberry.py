"""What the fields of strawberry's types read of each row, with the optimizer and without; each count was measured with the libraries themselves."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Confidence
from pitfall_lint.flow import Flow
from pitfall_lint.flow.missing import missing
from tests.unit.flow.test_flow import shop
from tests.unit.flow.test_ninja import MODELS

HEAD = """
from typing import Annotated, List, Optional
import strawberry
import strawberry_django
from django.db.models import Prefetch
from strawberry_django.optimizer import DjangoOptimizerExtension
from shop.models import Author, Book, Country, Tag

@strawberry_django.type(Country)
class CountryType:
    name: strawberry.auto

@strawberry_django.type(Tag)
class TagType:
    word: strawberry.auto

@strawberry_django.type(Author)
class AuthorType:
    name: strawberry.auto
    country: CountryType
"""
QUERY = """
@strawberry.type
class Query:
    books: List[BookType] = strawberry_django.field()

schema = strawberry.Schema(query=Query, extensions=[{extension}])
"""
OPTIMIZED = QUERY.format(extension="DjangoOptimizerExtension")
PLAIN = QUERY.format(extension="")
TAGGED = """
from taggit.managers import TaggableManager

class Labels(TaggableManager):
    pass

class Shelf(models.Model):
    name = models.CharField(max_length=50)
    labels = Labels()
    topics = TaggableManager()
"""


def loads(code: str, optimized: bool = True) -> set[tuple[str, str]]:
    """The queries of `code` that surely lack something, as they stand there, and what each lacks."""
    head = HEAD if optimized else HEAD.replace("from strawberry_django.optimizer import DjangoOptimizerExtension\n", "")
    flow = Flow(
        shop({"shop/models.py": MODELS + TAGGED, "requirements.txt": "Django==5.2\n", "shop/api.py": head + code})
    )
    assert not flow.exhausted
    return {(event.site.source, event.path) for event in flow.lazy_loads if event.confidence is not Confidence.LOW}


RESOLVER = "@strawberry_django.field{hints}\n    def {name}(self){returns}:\n        return {value}"


def resolver(value: str, hints: str = "", returns: str = " -> str", name: str = "x") -> str:
    return RESOLVER.format(value=value, hints=hints, returns=returns, name=name)


@pytest.mark.parametrize(
    ("body", "optimized", "plain"),
    [
        ("title: strawberry.auto", set(), set()),
        ("author: AuthorType", set(), {"author"}),
        ("author: Annotated['AuthorType', strawberry.lazy('shop.api')]", set(), {"author"}),
        ("author: Optional[AuthorType]", set(), {"author"}),
        ("tags: List[TagType]", set(), {"tags"}),
        ("who: AuthorType = strawberry_django.field(field_name='author')", set(), {"author"}),
        ("byline: str", {"author"}, {"author"}),
        (resolver("self.title"), set(), set()),
        (resolver("self.author.name"), {"author"}, {"author"}),
        (resolver("self.author_id", returns=" -> int"), set(), set()),
        (resolver("self.author.name", "(select_related=['author'])"), set(), {"author"}),
        (resolver("self.author.name", "(prefetch_related='author')"), set(), {"author"}),
        (resolver("self.author.name", "(prefetch_related=lambda info: Prefetch('author'))"), set(), {"author"}),
        (resolver("self.author.name", "(only=['title'])"), {"author"}, {"author"}),
        (resolver("self.author.country.name"), {"author", "author__country"}, {"author", "author__country"}),
        (
            resolver("self.author.country.name", "(select_related=['author__country'])"),
            set(),
            {"author", "author__country"},
        ),
        (resolver("[tag.word for tag in self.tags.all()]", returns=" -> List[str]"), {"tags"}, {"tags"}),
        (
            resolver("[tag.word for tag in self.tags.all()]", "(prefetch_related=['tags'])", " -> List[str]"),
            set(),
            {"tags"},
        ),
        (resolver("self.tags.all()", returns=" -> List[TagType]"), {"tags"}, {"tags"}),
        ("@strawberry.field\n    def x(root: Book) -> str:\n        return root.author.name", {"author"}, {"author"}),
    ],
)
def test_fields_of_a_type(body: str, optimized: set[str], plain: set[str]) -> None:
    code = f"\n@strawberry_django.type(Book)\nclass BookType:\n    {body}\n"
    assert {path for _, path in loads(code + OPTIMIZED)} == optimized
    assert loads(code + PLAIN, optimized=False) == {("BookType", path) for path in plain}


def test_site_is_the_field_and_its_hint_the_fix() -> None:
    code = (
        f"\n@strawberry_django.type(Book)\nclass BookType:\n    {resolver('self.author.name', name='author_name')}\n"
        + OPTIMIZED
    )
    assert loads(code) == {("BookType.author_name", "author")}
    flow = Flow(shop({"shop/models.py": MODELS, "shop/api.py": HEAD + code}))
    (lack,) = missing(flow.lazy_loads)
    assert lack.fix.message == 'Say so to the optimizer: `strawberry_django.field(select_related=["author"])`'
    assert (HEAD + code).split("\n")[lack.site.place.row - 1] == "    def author_name(self) -> str:"


def test_tags_of_taggit_and_fields_that_types_inherit() -> None:
    code = """
from shop.models import Shelf

@strawberry.type
class LabelsMixin:
    labels: List[TagType]

    @strawberry_django.field
    def display(self) -> str:
        return self.author.name if hasattr(self, "author") else ""

@strawberry_django.type(Shelf)
class ShelfType(LabelsMixin):
    topics: List[TagType] = strawberry_django.field(prefetch_related=["topics"])

@strawberry.type
class Query:
    shelves: List[ShelfType] = strawberry_django.field()
    books: List["BookType"] = strawberry_django.field()

@strawberry_django.type(Book)
class BookType(LabelsMixin):
    title: strawberry.auto
"""
    one = code.replace("class BookType(LabelsMixin)", "class BookType")
    assert loads(one) == {("LabelsMixin.labels", "labels")}
    assert loads(code) == set()  # a hint at the mixin would have to hold for books too


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("author: AuthorType = strawberry_django.field()\n    book: 'BookType' = strawberry_django.field()", set()),
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return Book.objects.all()",
            set(),
        ),
        (
            "@strawberry.field\n    def books(self) -> List['BookType']:\n        return list(Book.objects.all())",
            {("Book.objects.all()", "author")},
        ),
        (
            "@strawberry.field\n    def books(self) -> List['BookType']:\n        return list(Book.objects.select_related('author'))",
            set(),
        ),
    ],
)
def test_answers_beside_the_optimizer(query: str, found: set[tuple[str, str]]) -> None:
    code = f"\n@strawberry_django.type(Book)\nclass BookType:\n    author: AuthorType\n\n@strawberry.type\nclass Query:\n    {query}\n"
    assert loads(code) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return Book.objects.all()",
            {("Book.objects.all()", "author")},
        ),
        (
            "@strawberry.field\n    def books(self) -> List['BookType']:\n        return Book.objects.select_related('author')",
            set(),
        ),
        (
            "books: List['BookType'] = strawberry.field(resolver=get_books)",
            {("Book.objects.order_by('title')", "author")},
        ),
        ("books = strawberry.field(get_books)", {("Book.objects.order_by('title')", "author")}),
        ("@strawberry.field\n    def book(self) -> 'BookType':\n        return Book.objects.get(pk=1)", set()),
        (
            "@strawberry.field\n    def titles(self) -> List[str]:\n        return [book.title for book in Book.objects.all()]",
            set(),
        ),
        (
            "books: strawberry_django.relay.DjangoListConnection['BookType'] = strawberry_django.connection()",
            {("BookType", "author")},
        ),
    ],
)
def test_answers_without_optimizer(query: str, found: set[tuple[str, str]]) -> None:
    code = (
        "\n@strawberry_django.type(Book)\nclass BookType:\n    author: AuthorType\n"
        "\ndef get_books() -> List[BookType]:\n    return Book.objects.order_by('title')\n"
        f"\n@strawberry.type\nclass Query:\n    {query}\n"
    )
    assert loads(code, optimized=False) == found


def test_queryset_of_a_type_loads() -> None:
    code = """
@strawberry_django.type(Book)
class BookType:
    @classmethod
    def get_queryset(cls, queryset, info, **kwargs):
        return queryset.select_related("author")

    @strawberry_django.field
    def author_name(self) -> str:
        return self.author.name
"""
    assert loads(code + OPTIMIZED) == set()
    assert loads(code + PLAIN, optimized=False) == set()


def test_types_that_hold_each_other_end() -> None:
    code = """
@strawberry_django.type(Author)
class WriterType:
    books: List["BookType"]
    country: CountryType

@strawberry_django.type(Book)
class BookType:
    author: WriterType
    tags: List["LabelType"]

@strawberry_django.type(Tag)
class LabelType:
    books: List[BookType]
"""
    flow = Flow(
        shop(
            {
                "shop/models.py": MODELS,
                "shop/api.py": HEAD.replace("optimizer import", "other import").replace(
                    "DjangoOptimizerExtension", "Other"
                )
                + code
                + PLAIN,
            }
        )
    )
    sure = {event.path for event in flow.lazy_loads if event.confidence is not Confidence.LOW}
    assert sure == {"author", "tags"}
    assert {event.path for event in flow.lazy_loads} == {
        "author",
        "tags",
        "author__books",
        "author__country",
        "tags__books",
    }


KEPT = """
cache = {}

def tags_for(kind):
    held = cache.get(kind)
    if held is not None:
        return held
    found = Tag.objects.filter(word=kind)
    cache[kind] = found
    return found
"""


@pytest.mark.parametrize(("keeps", "queries"), [(True, 0), (False, 1)])
def test_queryset_that_a_function_keeps_runs_once(keeps: bool, queries: int) -> None:
    kept = KEPT if keeps else KEPT.replace("    cache[kind] = found\n", "")
    code = (
        f"{kept}\ndef view():\n    return [[tag.word for tag in tags_for(book.title)] for book in Book.objects.all()]\n"
    )
    flow = Flow(shop({"shop/models.py": MODELS, "shop/api.py": HEAD + code}))
    assert len(flow.loop_queries) == queries


def test_query_of_a_field_that_nobody_may_ask_for_is_not_recorded() -> None:
    body = "    @property\n    def count(self):\n        return self.tags.count()\n"
    code = "\n@strawberry_django.type(Book)\nclass BookType:\n    {}\n" + OPTIMIZED
    models = MODELS.replace("    def origin", body + "\n    def origin")
    flow = Flow(shop({"shop/models.py": models, "shop/api.py": HEAD + code.format("count: int")}))
    assert not flow.loop_queries
    flow = Flow(
        shop({"shop/models.py": models, "shop/api.py": HEAD + code.format(resolver("self.count", returns=" -> int"))})
    )
    assert [event.how for event in flow.loop_queries] == ["count"]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("books: List['BookType']", set()),  # the rows of a reverse key know what they were reached from
        (
            "books: List['BookType']\n    author: str\n\n@strawberry.type\nclass Root:\n    all: List['BookType'] = strawberry_django.field()",
            {"author", "author__country"},
        ),
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return self.books.filter(title='')",
            set(),
        ),
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return Book.objects.select_related('author__country')",
            set(),
        ),
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return Book.objects.select_related('author')",
            {"author__country"},
        ),
        ("@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return [self]", set()),
        (
            "@strawberry_django.field\n    def books(self) -> List['BookType']:\n        return Book.objects.exclude(author=self)",
            {"author", "author__country"},
        ),
    ],
)
def test_rows_know_what_the_fields_that_list_them_load(field: str, found: set[str]) -> None:
    code = f"""
@strawberry_django.type(Book)
class BookType:
    @strawberry_django.field
    def origin(self) -> str:
        return self.author.country.name

@strawberry_django.type(Author)
class WriterType:
    {field}
"""
    assert {path for _, path in loads(code)} == found
