"""What the fields of Graphene's types read of each row; each count was measured with the libraries themselves."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Confidence
from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import shop
from tests.unit.flow.test_ninja import MODELS

HEAD = """
import graphene
import graphene_django_optimizer as gql_optimizer
from graphene import relay
from graphene_django import DjangoConnectionField, DjangoListField, DjangoObjectType
from graphene_django.filter import DjangoFilterConnectionField
from shop.loaders import tag_loader
from shop.models import Author, Book, Country, Tag

class CountryType(DjangoObjectType):
    class Meta:
        model = Country
        fields = ("name",)

class AuthorType(DjangoObjectType):
    label = graphene.String()

    class Meta:
        model = Author
        fields = ("name", "country")

    def resolve_label(self, info):
        return self.name

class TagType(DjangoObjectType):
    class Meta:
        model = Tag
        fields = ("word",)
"""
QUERY = """
class Query(graphene.ObjectType):
    books = graphene.List(BookType)

    def resolve_books(root, info):
        return Book.objects.all()

schema = graphene.Schema(query=Query)
"""


def flow_of(code: str) -> Flow:
    """The flow of a project whose schema is `code`."""
    flow = Flow(shop({"shop/models.py": MODELS, "requirements.txt": "Django==5.2\n", "shop/schema.py": HEAD + code}))
    assert flow.lazy_loads is not None
    assert not flow.exhausted
    return flow


def loads(code: str) -> set[tuple[str, str]]:
    """The queries of `code` that surely lack something, as they stand there, and what each lacks."""
    sure = [event for event in flow_of(code).lazy_loads if event.confidence is not Confidence.LOW]
    return {(event.site.source, event.path) for event in sure}


@pytest.mark.parametrize(
    ("meta", "paths"),
    [
        ("fields = ('id', 'title')", set()),
        ("fields = ('id', 'title', 'author')", {"author"}),
        ("fields = ('title', 'tags')", {"tags"}),
        ("only_fields = ('title', 'author')", {"author"}),
        ("fields = '__all__'", set()),
        ("exclude = ('title',)", set()),
        ("exclude = ('author', 'tags')", set()),
    ],
)
def test_relations_that_a_type_exposes(meta: str, paths: set[str]) -> None:
    code = f"class BookType(DjangoObjectType):\n    class Meta:\n        model = Book\n        {meta}\n" + QUERY
    assert loads(code) == {("Book.objects.all()", path) for path in paths}


def test_confidence_of_what_a_client_may_ask_for() -> None:
    listed = "class BookType(DjangoObjectType):\n    class Meta:\n        model = Book\n        fields = ('author',)\n"
    whole = listed.replace("('author',)", "'__all__'")
    sure, unsure = Confidence.MEDIUM, Confidence.LOW
    assert {event.path: event.confidence for event in flow_of(listed + QUERY).lazy_loads} == {
        "author": sure,
        "author__country": unsure,
    }
    assert {event.path: event.confidence for event in flow_of(whole + QUERY).lazy_loads} == {
        "author": unsure,
        "author__country": unsure,
        "tags": unsure,
    }


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (
            "author_name = graphene.String()\n\n    def resolve_author_name(self, info):\n        return self.author.name",
            {"author"},
        ),
        (
            "author_name = graphene.String()\n\n    @staticmethod\n    def resolve_author_name(root, info):\n        return root.author.name",
            {"author"},
        ),
        ("shout = graphene.String()\n\n    def resolve_shout(self, info):\n        return self.title.upper()", set()),
        ("author_id = graphene.Int()", set()),
        ("byline = graphene.String()", {"author"}),
        ("who = graphene.String(source='byline')", {"author"}),
        ("author = graphene.Field(AuthorType)", {"author"}),
        ("author = graphene.Field(lambda: AuthorType)", {"author"}),
        ("author = graphene.Field('shop.schema.AuthorType')", {"author"}),
        (
            "writer = graphene.Field(AuthorType)\n\n    def resolve_writer(self, info):\n        return self.author",
            {"author"},
        ),
        (
            "labels = graphene.List(graphene.NonNull(TagType))\n\n    def resolve_labels(self, info):\n        return self.tags.all()",
            {"tags"},
        ),
        (
            "labels = graphene.List(TagType)\n\n    def resolve_labels(self, info):\n        return tag_loader.load(self.id)",
            set(),
        ),
        (
            "words = graphene.List(graphene.String)\n\n    def resolve_words(self, info):\n        return [tag.word for tag in self.tags.all()]",
            {"tags"},
        ),
    ],
)
@pytest.mark.parametrize("base", ["DjangoObjectType", "graphene.ObjectType"])
def test_declared_fields(base: str, body: str, paths: set[str]) -> None:
    meta = "    class Meta:\n        model = Book\n        fields = ('title',)\n" if "Django" in base else ""
    assert loads(f"class BookType({base}):\n    {body}\n\n{meta}" + QUERY) == {
        ("Book.objects.all()", path) for path in paths
    }


BOTH = """
class BookType(DjangoObjectType):
    class Meta:
        model = Book
        fields = ("title", "author", "tags")
"""
PATHS = {"author", "tags"}


@pytest.mark.parametrize(
    ("field", "resolver", "paths"),
    [
        ("graphene.List(BookType)", "Book.objects.select_related('author__country').prefetch_related('tags')", set()),
        ("graphene.List(BookType)", "gql_optimizer.query(Book.objects.all(), info)", set()),
        ("graphene.Field(BookType)", "Book.objects.get(pk=1)", set()),
        ("graphene.Field(BookType)", "Book.objects.first()", set()),
        ("graphene.List(graphene.String)", "[book.title for book in Book.objects.all()]", set()),
        ("graphene.List(AuthorType)", "[]", set()),
        ("graphene.NonNull(graphene.List(BookType))", "Book.objects.select_related('author')", {"tags"}),
        ("graphene.List(lambda: BookType)", "Book.objects.filter(title='')", PATHS),
        ("graphene.Field(graphene.List(BookType))", "list(Book.objects.all())", PATHS),
        ("relay.ConnectionField(BookConnection)", "Book.objects.all()", PATHS),
        ("DjangoListField(BookType)", None, PATHS),
        ("DjangoConnectionField(BookType)", None, PATHS),
        ("DjangoFilterConnectionField(BookType)", None, PATHS),
        (
            "DjangoFilterConnectionField(BookType)",
            "Book.objects.select_related('author').prefetch_related('tags')",
            set(),
        ),
        ("DjangoListField(PreparedType)", None, {"tags"}),
    ],
)
def test_fields_of_the_query(field: str, resolver: str | None, paths: set[str]) -> None:
    code = (
        BOTH
        + f"""
class BookConnection(relay.Connection):
    class Meta:
        node = BookType

class PreparedType(BookType):
    class Meta:
        model = Book
        fields = ("title", "author", "tags")

    @classmethod
    def get_queryset(cls, queryset, info):
        return queryset.select_related("author")

class Query(graphene.ObjectType):
    found = {field}
"""
    )
    code += f"\n    def resolve_found(self, info, **kwargs):\n        return {resolver}\n" if resolver else ""
    assert {path for _, path in loads(code)} == paths


def test_relation_to_nodes_is_filtered_anew_for_each_row() -> None:
    code = """
class TagNode(DjangoObjectType):
    class Meta:
        model = Tag
        interfaces = (relay.Node,)
        fields = ("word",)
"""
    code = (
        HEAD.replace(
            'class TagType(DjangoObjectType):\n    class Meta:\n        model = Tag\n        fields = ("word",)\n', code
        )
        + BOTH
        + QUERY
    )
    flow = Flow(shop({"shop/models.py": MODELS, "shop/schema.py": code}))
    assert {event.path for event in flow.lazy_loads if event.confidence is not Confidence.LOW} == {"author"}


def test_type_with_a_queryset_of_its_own_is_asked_for_each_row() -> None:
    own = "\n    @classmethod\n    def get_queryset(cls, queryset, info):\n        return queryset.filter(name='')\n"
    code = HEAD.replace("    def resolve_label", own.lstrip("\n") + "\n    def resolve_label") + BOTH + QUERY
    flow = Flow(shop({"shop/models.py": MODELS, "shop/schema.py": code}))
    assert {event.path for event in flow.lazy_loads if event.confidence is not Confidence.LOW} == {"tags"}


def test_queries_that_mixins_put_together() -> None:
    code = (
        BOTH
        + """
class BookQuery:
    books = graphene.List(BookType)

    def resolve_books(self, info):
        return Book.objects.all()

class Query(BookQuery, graphene.ObjectType):
    pass
"""
    )
    assert {path for _, path in loads(code)} == PATHS


def test_types_that_expose_each_other_end() -> None:
    code = """
class WriterType(DjangoObjectType):
    class Meta:
        model = Author
        fields = ("books", "country")

class BookType(DjangoObjectType):
    writer = graphene.Field(WriterType, source="author")

    class Meta:
        model = Book
        fields = ("author", "tags")

class LabelType(DjangoObjectType):
    books = graphene.List(BookType)

    class Meta:
        model = Tag
        fields = ("books",)
"""
    assert {path for _, path in loads(code + QUERY)} == PATHS


def test_resolver_below_an_exposed_relation_is_less_sure() -> None:
    code = HEAD.replace("return self.name", "return self.country.name") + BOTH + QUERY
    flow = Flow(shop({"shop/models.py": MODELS, "shop/schema.py": code}))
    found = {(event.path, event.confidence) for event in flow.lazy_loads}
    assert ("author__country", Confidence.MEDIUM) in found
