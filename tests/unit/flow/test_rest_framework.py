"""What Django REST framework's serializers and views read, held to queries that are counted.

Every case of the table is linted and run: where the count grows with the rows the linter must have found relations, and none else; with the calls that it
proposes the count must grow no more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from pitfall_lint.finding import Confidence
from pitfall_lint.flow import Flow
from pitfall_lint.flow.missing import missing
from tests.unit.support import project_of

pytest.importorskip("rest_framework")

MODELS = """
from django.db import models

class Country(models.Model):
    name = models.CharField(max_length=50)
    slug = models.CharField(max_length=50)

    def __str__(self):
        return self.name

class Author(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.CASCADE)

    def __str__(self):
        return f"{self.name} of {self.country}"

class Tag(models.Model):
    name = models.CharField(max_length=50)
    owner = models.ForeignKey(Author, on_delete=models.CASCADE)

class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag, related_name="books")

    @property
    def byline(self):
        return self.author.name

    def origin(self):
        return self.author.country.name

    def first_tags(self):
        return self.tags.all()

    @property
    def label(self):
        return self.title.upper()

class Cover(models.Model):
    book = models.OneToOneField(Book, on_delete=models.CASCADE)
    painter = models.ForeignKey(Author, on_delete=models.CASCADE)

class Review(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="reviews")
    critic = models.ForeignKey(Author, on_delete=models.CASCADE)
    text = models.CharField(max_length=50)
"""

NESTED = """
class CountrySerializer(serializers.ModelSerializer):
    class Meta:
        model = Country
        fields = ["name", "slug"]

class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name"]

class AuthorCountrySerializer(serializers.ModelSerializer):
    country = CountrySerializer()
    class Meta:
        model = Author
        fields = ["id", "country"]

class TagSerializer(serializers.ModelSerializer):
    owner = serializers.StringRelatedField()
    class Meta:
        model = Tag
        fields = ["name", "owner"]

class ReviewSerializer(serializers.ModelSerializer):
    class Meta:
        model = Review
        fields = ["text", "critic"]

class CriticSerializer(serializers.ModelSerializer):
    critic = AuthorSerializer()
    class Meta:
        model = Review
        fields = ["text", "critic"]
"""


def fields(body: str, names: str, base: str = "ModelSerializer") -> str:
    """A serializer of books."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"class BookSerializer(serializers.{base}):\n{lines}    class Meta:\n        model = Book\n        fields = {names}\n"


S = "serializers."
CASES: dict[str, tuple[str, str, set[str]]] = {
    # name: (the serializer, the queryset, the relations that cost a query per row)
    "columns": (fields("", '["id", "title"]'), "", set()),
    "all": (fields("", '"__all__"'), "", {"tags"}),
    "key": (fields("", '["author"]'), "", set()),
    "key declared": (fields(f"author = {S}PrimaryKeyRelatedField(read_only=True)", '["author"]'), "", set()),
    "key by column": (fields(f"author_id = {S}PrimaryKeyRelatedField(read_only=True)", '["author_id"]'), "", set()),
    "key beyond": (
        fields(f"home = {S}PrimaryKeyRelatedField(source='author.country', read_only=True)", '["home"]'),
        "",
        {"author"},
    ),
    "key of reverse one to one": (fields("", '["cover"]'), "", {"cover"}),
    "keys of many": (fields("", '["tags"]'), "", {"tags"}),
    "keys of reverse set": (fields("", '("reviews",)'), "", {"reviews"}),
    "keys of prefetched": (fields("", '["tags"]'), ".prefetch_related('tags')", set()),
    "key with a query asked for": (
        "class Full(serializers.PrimaryKeyRelatedField):\n    def use_pk_only_optimization(self):\n        return False\n"
        "    def to_representation(self, value):\n        return value.name\n\n"
        + fields("author = Full(read_only=True)", '["author"]'),
        "",
        {"author"},
    ),
    "key field of the project's": (
        "class Wrapped(serializers.PrimaryKeyRelatedField):\n    def to_representation(self, value):\n        return [value.pk]\n\n"
        + fields("author = Wrapped(read_only=True)", '["author"]'),
        "",
        set(),
    ),
    "related fields of the project's": (
        "class Named(serializers.RelatedField):\n    def to_representation(self, value):\n        return value.country.name\n\n"
        + fields("author = Named(read_only=True)", '["author"]'),
        "",
        {"author", "author__country"},
    ),
    "related field of the class": (
        "class Named(serializers.PrimaryKeyRelatedField):\n    def use_pk_only_optimization(self):\n        return False\n\n"
        + fields("serializer_related_field = Named", '["author"]'),
        "",
        {"author"},
    ),
    "text": (fields(f"author = {S}StringRelatedField()", '["author"]'), "", {"author", "author__country"}),
    "text of many": (fields(f"tags = {S}StringRelatedField(many=True)", '["tags"]'), "", {"tags"}),
    "slug": (fields(f"author = {S}SlugRelatedField(slug_field='name', read_only=True)", '["author"]'), "", {"author"}),
    "slug joined": (
        fields(f"author = {S}SlugRelatedField('name', read_only=True)", '["author"]'),
        ".select_related('author')",
        set(),
    ),
    "slug beyond": (
        fields(f"author = {S}SlugRelatedField(slug_field='country__slug', read_only=True)", '["author"]'),
        "",
        {"author", "author__country"},
    ),
    "slugs": (
        fields(f"tags = {S}SlugRelatedField(slug_field='name', many=True, read_only=True)", '["tags"]'),
        "",
        {"tags"},
    ),
    "source": (fields(f"who = {S}CharField(source='author.name')", '["who"]'), "", {"author"}),
    "source key": (fields(f"who = {S}IntegerField(source='author.id')", '["who"]'), "", {"author"}),
    "source column": (fields(f"who = {S}IntegerField(source='author_id')", '["who"]'), "", set()),
    "source three": (
        fields(f"where = {S}CharField(source='author.country.name')", '["where"]'),
        "",
        {"author", "author__country"},
    ),
    "source is text of row": (
        fields(f"who = {S}CharField(source='author')", '["who"]'),
        ".select_related('author')",
        {"author__country"},
    ),
    "source calls": (
        fields(f"where = {S}ReadOnlyField(source='origin')", '["where"]'),
        "",
        {"author", "author__country"},
    ),
    "source reads set": (
        fields("tags = TagSerializer(source='first_tags', many=True)", '["tags"]'),
        ".prefetch_related('tags')",
        {"tags__owner", "tags__owner__country"},
    ),
    "source all": (
        fields(f"tags = {S}ReadOnlyField(source='tags.count')", '["tags"]'),
        ".prefetch_related('tags')",
        set(),
    ),
    "property": (fields("", '["byline"]'), "", {"author"}),
    "property without relation": (fields("", '["label"]'), "", set()),
    "method": (fields("", '["origin"]'), "", {"author", "author__country"}),
    "nested": (fields("author = AuthorSerializer()", '["author"]'), "", {"author"}),
    "nested joined": (fields("author = AuthorSerializer()", '["author"]'), ".select_related('author')", set()),
    "nested twice": (
        fields("author = AuthorCountrySerializer()", '["author"]'),
        ".select_related('author')",
        {"author__country"},
    ),
    "nested by source": (fields("who = AuthorSerializer(source='author')", '["who"]'), "", {"author"}),
    "nested whole row": (
        "class Inner(serializers.Serializer):\n    who = serializers.CharField(source='author.name')\n\n"
        + fields("inner = Inner(source='*')", '["inner"]'),
        "",
        {"author"},
    ),
    "nested set": (fields("reviews = ReviewSerializer(many=True)", '["reviews"]'), "", {"reviews"}),
    "nested set below": (
        fields("reviews = CriticSerializer(many=True)", '["reviews"]'),
        ".prefetch_related('reviews')",
        {"reviews__critic"},
    ),
    "nested set loaded": (
        fields("reviews = CriticSerializer(many=True)", '["reviews"]'),
        ".prefetch_related('reviews__critic')",
        set(),
    ),
    "nested set below, nothing loaded": (
        fields("reviews = CriticSerializer(many=True)", '["reviews"]'),
        "",
        {"reviews", "reviews__critic"},
    ),
    "nested set knows its parent": (
        "class Back(serializers.ModelSerializer):\n    title = serializers.CharField(source='book.title')\n    class Meta:\n        model = Review\n        fields = ['title']\n\n"
        + fields("reviews = Back(many=True)", '["reviews"]'),
        ".prefetch_related('reviews')",
        set(),
    ),
    "list serializer": (
        fields("tags = serializers.ListSerializer(child=TagSerializer())", '["tags"]'),
        ".prefetch_related('tags')",
        {"tags__owner", "tags__owner__country"},
    ),
    "write only": (fields("author = AuthorSerializer(write_only=True)", '["author", "title"]'), "", set()),
    "write only by extra": (
        fields("", '["tags", "title"]\n        extra_kwargs = {"tags": {"write_only": True}}'),
        "",
        set(),
    ),
    "source by extra": (
        fields("", '["who", "title"]\n        extra_kwargs = {"who": {"source": "byline"}}'),
        "",
        {"author"},
    ),
    "excluded": (
        "class BookSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        exclude = ['tags']\n",
        "",
        set(),
    ),
    "excluded other": (
        "class BookSerializer(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        exclude = ['title']\n",
        "",
        {"tags"},
    ),
    "depth": (fields("", '["title", "author"]\n        depth = 1'), "", {"author"}),
    "depth two": (fields("", '["title", "author"]\n        depth = 2'), "", {"author", "author__country"}),
    "depth of set": (fields("", '["title", "tags"]\n        depth = 2'), ".prefetch_related('tags')", {"tags__owner"}),
    "depth below": (fields("", '["cover"]\n        depth = 1'), "", {"cover"}),
    "fields added up": (
        "BASE = ['id', 'title']\nclass Base(serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        fields = BASE + ['author']\n\n"
        "class BookSerializer(Base):\n    class Meta(Base.Meta):\n        fields = [*Base.Meta.fields, 'tags']\n",
        "",
        {"tags"},
    ),
    "inherited field": (
        "class Base(serializers.ModelSerializer):\n    author = AuthorSerializer()\n    class Meta:\n        model = Book\n        fields = ['author']\n\n"
        "class BookSerializer(Base):\n    class Meta(Base.Meta):\n        fields = ['title']\n",
        "",
        set(),
    ),
    "removed field": (
        "class Base(serializers.ModelSerializer):\n    byline = serializers.CharField()\n    class Meta:\n        model = Book\n        fields = ['title', 'byline']\n\n"
        "class BookSerializer(Base):\n    byline = None\n    class Meta(Base.Meta):\n        fields = ['title']\n",
        "",
        set(),
    ),
    "fields that a mixin takes out by name": (
        "class Without:\n    LEFT_OUT = []\n\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n        assert self.fields\n"
        "        for name in self.LEFT_OUT:\n            if name in self.fields:\n                del self.fields[name]\n\n"
        "class Full(serializers.ModelSerializer):\n    tags = serializers.StringRelatedField(many=True)\n"
        "    class Meta:\n        model = Book\n        fields = ['title', 'byline', 'tags']\n\n"
        "class BookSerializer(Without, Full):\n    LEFT_OUT = ['tags', 'other']\n",
        "",
        {"author"},
    ),
    "fields that the class takes out as they are got": (
        fields(
            "def get_fields(self):\n    found = super().get_fields()\n    for name in ('tags', 'byline'):\n"
            "        found.pop(name)\n    return found",
            '["title", "byline", "tags", "origin"]',
        ),
        "",
        {"author", "author__country"},
    ),
    "fields of a plain mixin count not": (
        "class Mixed:\n    author = AuthorSerializer()\n\nclass BookSerializer(Mixed, serializers.ModelSerializer):\n    class Meta:\n        model = Book\n        fields = ['author']\n",
        "",
        set(),
    ),
    "method field": (
        fields(f"who = {S}SerializerMethodField()\ndef get_who(self, obj):\n    return obj.author.name", '["who"]'),
        "",
        {"author"},
    ),
    "method field by name": (
        fields(
            f"who = {S}SerializerMethodField('named')\ndef named(self, obj):\n    return obj.author.name", '["who"]'
        ),
        "",
        {"author"},
    ),
    "method field over a set": (
        fields(
            f"who = {S}SerializerMethodField()\ndef get_who(self, obj):\n    return [tag.name for tag in obj.tags.all()]",
            '["who"]',
        ),
        "",
        {"tags"},
    ),
    "method field with a serializer": (
        fields(
            f"who = {S}SerializerMethodField()\ndef get_who(self, obj):\n    return AuthorCountrySerializer(obj.author, context=self.context).data",
            '["who"]',
        ),
        "",
        {"author", "author__country"},
    ),
    "method field with a list": (
        fields(
            f"who = {S}SerializerMethodField()\ndef get_who(self, obj):\n    return TagSerializer(obj.tags.all(), many=True).data",
            '["who"]',
        ),
        ".prefetch_related('tags')",
        {"tags__owner", "tags__owner__country"},
    ),
    "method field without relation": (
        fields(f"who = {S}SerializerMethodField()\ndef get_who(self, obj):\n    return obj.title", '["who"]'),
        "",
        set(),
    ),
    "representation": (
        fields(
            "def to_representation(self, instance):\n    data = super().to_representation(instance)\n    data['who'] = instance.author.name\n    return data",
            '["title"]',
        ),
        "",
        {"author"},
    ),
    "representation leaves the rest": (
        fields(
            "author = AuthorSerializer()\ndef to_representation(self, instance):\n    return super().to_representation(instance)",
            '["author"]',
        ),
        "",
        {"author"},
    ),
    "representation replaces the rest": (
        fields(
            "author = AuthorSerializer()\ndef to_representation(self, instance):\n    return instance.title",
            '["author"]',
        ),
        "",
        set(),
    ),
    "field of the project's": (
        "class Shout(serializers.Field):\n    def to_representation(self, value):\n        return value.name.upper()\n\n"
        + fields("author = Shout()", '["author"]'),
        "",
        {"author"},
    ),
    "field of the project's by get_attribute": (
        "class Shout(serializers.Field):\n    def get_attribute(self, instance):\n        return instance.author.country\n    def to_representation(self, value):\n        return value.name\n\n"
        + fields("where = Shout()", '["where"]'),
        "",
        {"author", "author__country"},
    ),
    "field of a set": (
        "class Names(serializers.Field):\n    def to_representation(self, value):\n        return [tag.name for tag in value.all()]\n\n"
        + fields("tags = Names()", '["tags"]'),
        "",
        {"tags"},
    ),
    "fields taken away": (
        fields(
            "author = AuthorSerializer()\ndef __init__(self, *args, **kwargs):\n    super().__init__(*args, **kwargs)\n    self.fields.pop('author')",
            '["title", "author"]',
        ),
        "",
        set(),
    ),
    "fields put in": (
        fields(
            "def get_fields(self):\n    fields = super().get_fields()\n    fields['author'] = AuthorSerializer()\n    return fields",
            '["title"]',
        ),
        "",
        {"author"},
    ),
    "fields chosen": (
        fields(
            "author = AuthorSerializer()\ndef __init__(self, *args, **kwargs):\n    chosen = kwargs.pop('fields', ['title'])\n    super().__init__(*args, **kwargs)\n"
            "    for name in set(self.fields) - set(chosen):\n        self.fields.pop(name)",
            '["title", "author", "tags"]',
        ),
        "",
        set(),
    ),
    "hyperlinks by key": (fields("", '["author"]', "HyperlinkedModelSerializer"), "", set()),
    "hyperlinks of many": (fields("", '["tags"]', "HyperlinkedModelSerializer"), "", {"tags"}),
    "hyperlink by slug": (
        fields(
            f"author = {S}HyperlinkedRelatedField(view_name='author-detail', lookup_field='name', lookup_url_kwarg='pk', read_only=True)",
            '["author"]',
        ),
        "",
        {"author"},
    ),
    "hyperlink to itself": (
        fields(f"url = {S}HyperlinkedIdentityField(view_name='book-detail')", '["url"]'),
        "",
        set(),
    ),
    "list serializer of the project's": (
        "class Listed(serializers.ListSerializer):\n    def to_representation(self, data):\n        data = data.select_related('author')\n        return super().to_representation(data)\n\n"
        + fields("author = AuthorSerializer()", '["author"]\n        list_serializer_class = Listed'),
        "",
        set(),
    ),
    "set in a plain list field": (
        fields(f"tags = {S}ListField(child={S}CharField(), source='first_tags')", '["tags"]'),
        "",
        {"tags"},
    ),
}
HEAD = "from rest_framework import serializers\nfrom shop.models import *\n"
RUN = """
import json, sys
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "shop"], ROOT_URLCONF="urls", ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    REST_FRAMEWORK={"DEFAULT_AUTHENTICATION_CLASSES": [], "DEFAULT_PERMISSION_CLASSES": [], "UNAUTHENTICATED_USER": None},
)
django.setup()
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIRequestFactory
from shop.models import *
with connection.schema_editor() as editor:
    for model in (Country, Author, Tag, Book, Cover, Review):
        editor.create_model(model)

def more(start, end):
    for n in range(start, end):
        def author():
            return Author.objects.create(name=f"a{n}", country=Country.objects.create(name=f"c{n}", slug=f"c{n}"))
        book = Book.objects.create(title=f"t{n}", author=author())
        book.tags.add(Tag.objects.create(name=f"x{n}", owner=author()), Tag.objects.create(name=f"y{n}", owner=author()))
        Cover.objects.create(book=book, painter=author())
        Review.objects.create(book=book, critic=author(), text="")

def count(work):
    with CaptureQueriesContext(connection, ) as seen:
        work()
    return len(seen)

def plain(value):
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else str(value)

def work_of(source, query):
    space = {}
    exec(source, space)
    request = APIRequestFactory().get("/")
    return lambda: plain(space["BookSerializer"](eval("Book.objects.all()" + query, space), many=True, context={"request": request}).data)

works = {name: work_of(*case) for name, case in json.load(sys.stdin).items()}
more(0, 3)
first = {name: count(work) for name, work in works.items()}
more(3, 6)
print(json.dumps({name: count(work) - first[name] for name, work in works.items()}))
"""
URLS = """
from django.urls import path
urlpatterns = [path(f"{name}/<pk>/", lambda request, pk: None, name=f"{name}-detail") for name in ("book", "author", "tag")]
"""


def linted(source: str, query: str) -> tuple[set[str], str]:
    """The relations found for one case, and the calls that would load them."""
    project = project_of(
        {
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
            "site_settings.py": 'INSTALLED_APPS = ["shop"]\n',
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/api.py": f"{source}\ndef books(request):\n    return BookSerializer(Book.objects.all(){query}, many=True, context={{'request': request}}).data\n",
        }
    )
    found = list(missing(Flow(project).lazy_loads))
    assert len(found) <= 1, [(one.site, one.paths) for one in found]
    return ({path for one in found for path in one.paths}, f".{found[0].calls}" if found else "")


def growth(cases: dict[str, tuple[str, str]], folder: Path) -> dict[str, int]:
    """By how many queries each case grows from three rows to six, in one process."""
    (folder / "shop").mkdir(exist_ok=True)
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "models.py").write_text(MODELS)
    (folder / "urls.py").write_text(URLS)
    (folder / "run.py").write_text(RUN)
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=folder, input=json.dumps(cases), text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@cache
def results() -> dict[str, tuple[set[str], str]]:
    """What the linter says of every case."""
    return {name: linted(HEAD + NESTED + source, query) for name, (source, query, _) in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_relations_found(name: str) -> None:
    assert results()[name][0] == CASES[name][2]


def test_counted_queries_agree(tmp_path: Path) -> None:
    written = {name: (HEAD + NESTED + source, query) for name, (source, query, _) in CASES.items()}
    grown = growth(written, tmp_path)
    assert {name for name, more in grown.items() if more} == {
        name for name, (_, _, relations) in CASES.items() if relations
    }
    mended = {name: (source, query + results()[name][1]) for name, (source, query) in written.items()}
    assert {name: more for name, more in growth(mended, tmp_path).items() if more} == {}


VIEWS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    # name: (the views, what is found: the words of the query, the relation)
    "generic list view": (
        "class V(generics.ListAPIView):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "view that creates only": (
        "class V(generics.CreateAPIView):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [],
    ),
    "one row": (
        "class V(generics.RetrieveAPIView):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [],
    ),
    "set of one row": (
        "class V(generics.RetrieveAPIView):\n    queryset = Author.objects.all()\n    serializer_class = ShelfSerializer\n",
        [("Author.objects.all()", "books__tags")],
    ),
    "queryset of the base": (
        "class Base(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n\nclass V(Base):\n    serializer_class = BookSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "model of older viewsets": (
        "class V(viewsets.ModelViewSet):\n    model = Book\n    serializer_class = BookSerializer\n",
        [("model = Book", "author")],
    ),
    "method of the project's mixin": (
        "class Lists:\n    def list(self, request):\n        return Response(self.get_serializer(self.get_queryset(), many=True).data)\n\n"
        "class V(Lists, viewsets.GenericViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "action of the project's mixin": (
        "class Recent:\n    @action(detail=False)\n    def recent(self, request):\n        page = self.paginate_queryset(self.get_queryset())\n"
        "        return Response(self.get_serializer(page, many=True).data)\n\n"
        "class V(Recent, viewsets.GenericViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "serializer of the action": (
        "class V(viewsets.GenericViewSet):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n\n"
        "    @action(detail=False, methods=['POST', 'GET'], serializer_class=TitleSerializer)\n    def titles(self, request):\n"
        "        return Response(self.serializer_class(self.get_queryset(), many=True).data)\n",
        [],
    ),
    "verb of the action": (
        "class V(viewsets.GenericViewSet):\n    queryset = Book.objects.all()\n\n    def get_serializer_class(self):\n"
        "        return TitleSerializer if self.request.method == 'POST' else BookSerializer\n\n"
        "    @action(detail=False, methods=['post'])\n    def titles(self, request):\n"
        "        return Response(self.get_serializer(self.get_queryset(), many=True).data)\n",
        [],
    ),
    "serializer by action": (
        "class V(viewsets.ModelViewSet):\n    queryset = Book.objects.all()\n\n    def get_serializer_class(self):\n"
        "        if self.action in ('list', 'create'):\n            return TitleSerializer\n        return BookSerializer\n",
        [],
    ),
    "queryset by action": (
        "class V(viewsets.ModelViewSet):\n    serializer_class = BookSerializer\n\n    def get_queryset(self):\n        if self.action == 'list':\n"
        "            return Book.objects.select_related('author')\n        return Book.objects.all()\n",
        [],
    ),
    "serializer by method of the request": (
        "class V(generics.ListCreateAPIView):\n    queryset = Book.objects.all()\n\n    def get_serializer_class(self):\n"
        "        return BookSerializer if self.request.method == 'POST' else TitleSerializer\n",
        [],
    ),
    "one of two querysets loads": (
        "class V(generics.ListAPIView):\n    serializer_class = BookSerializer\n\n    def get_queryset(self):\n"
        "        if self.request.query_params.get('full'):\n            return Book.objects.select_related('author')\n        return Book.objects.all()\n",
        [],
    ),
    "none for the schema": (
        "class V(generics.ListAPIView):\n    serializer_class = BookSerializer\n\n    def get_queryset(self):\n"
        "        if getattr(self, 'swagger_fake_view', False):\n            return Book.objects.none()\n        return Book.objects.all()\n",
        [("Book.objects.all()", "author")],
    ),
    "helper": (
        "class V(viewsets.ViewSet):\n    def list(self, request):\n        return self.shown(Book.objects.select_related('author'))\n\n"
        "    def shown(self, books=None):\n        return Response(BookSerializer(books or Book.objects.all(), many=True).data)\n",
        [],
    ),
    "plain view": (
        "class V(APIView):\n    def get(self, request):\n        books = Book.objects.all()\n        return Response(BookSerializer(books, many=True).data)\n",
        [("Book.objects.all()", "author")],
    ),
    "function": (
        "@api_view(['GET'])\ndef v(request):\n    books = Book.objects.all()\n    return Response(BookSerializer(instance=books, many=True).data)\n",
        [("Book.objects.all()", "author")],
    ),
    "paginator": (
        "class V(APIView):\n    def get(self, request):\n        pages = PageNumberPagination()\n        page = pages.paginate_queryset(Book.objects.all(), request)\n"
        "        return pages.get_paginated_response(BookSerializer(page, many=True).data)\n",
        [("Book.objects.all()", "author")],
    ),
    "filter backend of the project's": (
        "class Joined(filters.BaseFilterBackend):\n    def filter_queryset(self, request, queryset, view):\n        return queryset.select_related('author')\n\n"
        "class V(generics.ListAPIView):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n    filter_backends = [DjangoFilterBackend, Joined]\n",
        [],
    ),
    "at most one row": (
        "class V(generics.ListAPIView):\n    serializer_class = BookSerializer\n\n    def get_queryset(self):\n        return Book.objects.filter(pk=self.kwargs['pk'])\n",
        [],
    ),
    "serializer of another package": (
        "from rest_flex_fields import FlexFieldsModelSerializer\n\n"
        "class FlexSerializer(FlexFieldsModelSerializer):\n    who = serializers.CharField(source='author.name')\n"
        "    class Meta:\n        model = Book\n        fields = ['who']\n\n"
        "class V(generics.ListAPIView):\n    queryset = Book.objects.all()\n    serializer_class = FlexSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "queryset that is not known": (
        "from elsewhere import books\n\nclass V(generics.ListAPIView):\n    model = Book\n    queryset = books()\n"
        "    serializer_class = BookSerializer\n",
        [],
    ),
    "key that is null": (
        "class V(generics.ListAPIView):\n    queryset = Book.objects.filter(author__isnull=True)\n    serializer_class = BookSerializer\n",
        [],
    ),
    "prefetches that are worked out": (
        "class Base(viewsets.ReadOnlyModelViewSet):\n    def get_queryset(self):\n        found = super().get_queryset()\n"
        "        if paths := paths_for(self.get_serializer_class()):\n            found = found.prefetch_related(*paths)\n        return found\n\n"
        "def paths_for(serializer_class):\n    paths = []\n    for name in serializer_class.Meta.fields:\n"
        "        if name in serializer_class._declared_fields:\n            paths.append(name)\n    return paths\n\n"
        "class V(Base):\n    queryset = Book.objects.all()\n    serializer_class = BookSerializer\n",
        [],
    ),
    "nested serializer of few fields": (
        "class Brief(serializers.ModelSerializer):\n    def __init__(self, *args, nested=False, **kwargs):\n        self.nested = nested\n"
        "        self._included = []\n        if self.nested:\n            self._included = self.Meta.brief_fields\n        super().__init__(*args, **kwargs)\n\n"
        "    @property\n    def fields(self):\n        fields = super().fields\n        if self._included:\n"
        "            for name in set(fields) - set(self._included):\n                fields.pop(name)\n        return fields\n\n"
        "class BriefAuthorSerializer(Brief):\n    country = serializers.StringRelatedField()\n    class Meta:\n        model = Author\n"
        "        fields = ['name', 'country']\n        brief_fields = ('name',)\n\n"
        "class NestingSerializer(serializers.ModelSerializer):\n    author = BriefAuthorSerializer(nested=True)\n    class Meta:\n        model = Book\n"
        "        fields = ['author']\n\n"
        "class V(generics.ListAPIView):\n    queryset = Book.objects.all()\n    serializer_class = NestingSerializer\n",
        [("Book.objects.all()", "author")],
    ),
    "first of each set": (
        "class CriticSerializer(serializers.ModelSerializer):\n    critic = serializers.StringRelatedField()\n"
        "    class Meta:\n        model = Review\n        fields = ['critic']\n\n"
        "class FirstSerializer(serializers.ModelSerializer):\n    first = serializers.SerializerMethodField()\n"
        "    class Meta:\n        model = Book\n        fields = ['first']\n"
        "    def get_first(self, book):\n        return CriticSerializer(book.reviews.first()).data\n\n"
        "class V(generics.ListAPIView):\n    queryset = Book.objects.all()\n    serializer_class = FirstSerializer\n",
        [("book.reviews.first()", "critic"), ("book.reviews.first()", "critic__country")],
    ),
}
VIEW_HEAD = """
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters, generics, serializers, viewsets
from rest_framework.decorators import action, api_view
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import APIView
from shop.models import *

class BookSerializer(serializers.ModelSerializer):
    author = serializers.SlugRelatedField(slug_field="name", read_only=True)
    class Meta:
        model = Book
        fields = ["title", "author"]

class TitleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]

class HomeSerializer(serializers.ModelSerializer):
    where = serializers.CharField(source="author.country.name")
    class Meta:
        model = Book
        fields = ["where", "tags"]

class ShelfSerializer(serializers.ModelSerializer):
    books = HomeSerializer(many=True)
    class Meta:
        model = Author
        fields = ["books"]

"""


def views_project(views: str) -> Flow:
    """The flow of a project with these views."""
    return Flow(
        project_of(
            {
                "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
                "site_settings.py": 'INSTALLED_APPS = ["shop"]\n',
                "shop/__init__.py": "",
                "shop/models.py": MODELS,
                "shop/api.py": VIEW_HEAD + views,
            }
        )
    )


@pytest.mark.parametrize("name", VIEWS)
def test_views(name: str) -> None:
    views, expected = VIEWS[name]
    found = {(event.site.source, event.path) for event in views_project(views).lazy_loads}
    assert sorted(found) == sorted(expected)


def test_the_way_leads_from_the_view_over_the_serializer_to_the_field() -> None:
    (event,) = views_project(VIEWS["generic list view"][0]).lazy_loads
    lines = (VIEW_HEAD + VIEWS["generic list view"][0]).splitlines()
    assert lines[event.site.place.row - 1].strip() == "queryset = Book.objects.all()"
    assert lines[event.access.row - 1].strip().startswith("author = serializers.SlugRelatedField")
    assert event.source == "row.author"
    assert [lines[step.place.row - 1].strip() for step in event.trace] == ["serializer_class = BookSerializer"] * 2
    assert [step.message for step in event.trace] == [
        "for each of `BookSerializer(many=True)`",
        "shown by `BookSerializer`",
    ]


CHOSEN = """
class Chosen(serializers.ModelSerializer):
    def __init__(self, *args, **kwargs):
        wanted = kwargs.pop("wanted", None)
        super().__init__(*args, **kwargs)
        if wanted is not None:
            for name in set(self.fields) - set(wanted):
                self.fields.pop(name)

class BookSerializer(Chosen):
    class Meta:
        model = Book
        fields = ["title", "byline"]

def titles(request):
    books = Book.objects.all()
    return JsonResponse(BookSerializer(books, many=True{0}).data, safe=False)
"""


@pytest.mark.parametrize(
    ("given", "confidence"), [(", wanted=request.GET.getlist('f')", Confidence.MEDIUM), ("", Confidence.HIGH)]
)
def test_fields_that_a_caller_chooses_are_unsure(given: str, confidence: Confidence) -> None:
    """https://www.django-rest-framework.org/api-guide/serializers/#dynamically-modifying-fields"""
    code = HEAD + "from django.http import JsonResponse\n" + CHOSEN.format(given)
    project = project_of({"shop/models.py": MODELS, "shop/views.py": code, "manage.py": ""})
    assert {event.path: event.confidence for event in Flow(project).lazy_loads} == {"author": confidence}
