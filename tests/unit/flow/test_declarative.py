"""Libraries whose classes say in attributes and strings what is read of each row: tables, filters, exports, documents, sitemaps, feeds."""

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

    def __str__(self):
        return self.country.name

class Tag(models.Model):
    word = models.CharField(max_length=50)

class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/{self.author.name}/"
"""
TABLE = "import django_tables2 as tables\nfrom shop.models import Author, Book\n\nclass T(tables.Table):\n"
USE = "\n\ndef view(request):\n    return T(Book.objects.all())\n"


def loads(code: str, templates: dict[str, str] | None = None) -> set[tuple[str, str]]:
    """The queries of `code` that lack something, as they stand there, and what each lacks."""
    files = {"shop/models.py": MODELS, "requirements.txt": "Django==5.2\n", "shop/code.py": code}
    files |= {f"shop/templates/shop/{name}": text for name, text in (templates or {}).items()}
    return {(event.site.source, event.path) for event in Flow(shop(files)).lazy_loads}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("    title = tables.Column()\n", set()),
        ("    who = tables.Column(accessor='author__country__name')\n", {"author", "author__country"}),
        ("    who = tables.Column(accessor='author.name')\n", {"author"}),
        ("    who = tables.Column(accessor='author_id')\n", set()),
        ("    who = tables.DateColumn(accessor='author.country.born')\n", {"author", "author__country"}),
        ("    author = tables.Column()\n", {"author", "author__country"}),
        ("    author = tables.Column(visible=False)\n", set()),
        ("    title = tables.Column(linkify=True)\n", {"author"}),
        ("    title = tables.Column(linkify=('book', {'pk': tables.A('author__name')}))\n", {"author"}),
        ("    title = tables.LinkColumn('book', args=[tables.A('author.name')])\n", {"author"}),
        ("    tags = tables.ManyToManyColumn(transform=lambda tag: tag.word)\n", {"tags"}),
        ("    who = tables.TemplateColumn('{{ record.author.name }}')\n", {"author"}),
        ("    who = tables.TemplateColumn(template_name='shop/cell.html')\n", {"author"}),
        (
            "    title = tables.Column()\n\n    def render_title(self, record, value):\n        return record.author.name\n",
            {"author"},
        ),
        (
            "    class Meta:\n        model = Book\n        fields = ('title', 'author')\n",
            {"author", "author__country"},
        ),
        ("    class Meta:\n        model = Book\n        fields = ('title',)\n", set()),
        ("    class Meta:\n        model = Book\n        exclude = ('author',)\n", set()),
        (
            "    author = tables.Column()\n\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
            "        self.columns.hide('author')\n",
            set(),
        ),
    ],
)
def test_columns_of_a_table(body: str, paths: set[str]) -> None:
    found = loads(TABLE + body + USE, {"cell.html": "{{ record.author.name }}"})
    assert found == {("Book.objects.all()", path) for path in paths}


def test_table_of_a_view() -> None:
    code = (
        TABLE
        + "    author = tables.Column()\n\nclass V(tables.SingleTableView):\n    model = Book\n    table_class = T\n"
    )
    assert loads(code) == {("model = Book", "author"), ("model = Book", "author__country")}


def test_filter_set_hands_its_queryset_on() -> None:
    code = """
import django_filters
from django_filters.views import FilterView
from shop.models import Author, Book

class F(django_filters.FilterSet):
    author = django_filters.ModelChoiceFilter(queryset=Author.objects.all())

    class Meta:
        model = Book

class V(FilterView):
    filterset_class = F
    queryset = Book.objects.order_by("title")
    template_name = "shop/list.html"

def view(request):
    made = F(request.GET, queryset=Book.objects.exclude(title=""))
    if made.form.is_valid():
        return [book.author.name for book in made.qs]
"""
    rows = "{% for book in object_list %}{{ book.author.name }}{% endfor %}"
    said = {("Book.objects.order_by('title')", "author"), ("Book.objects.exclude(title='')", "author")}
    assert loads(code, {"list.html": rows}) == said
    assert loads(code, {"list.html": rows + "{{ filter.form.as_p }}"}) == said | {("Author.objects.all()", "country")}


EXPORT = """
from import_export import fields, resources
from import_export.admin import ImportExportModelAdmin
from django.contrib import admin
from shop.models import Book

class R(resources.ModelResource):
    origin = fields.Field(attribute="author__country__name")
    words = fields.Field()

    class Meta:
        model = Book
        fields = ("title", "author", "author__name")

    def dehydrate_words(self, book):
        return [tag.word for tag in book.tags.all()]
"""


def test_export_of_what_the_program_names() -> None:
    code = EXPORT + "\ndef dump():\n    return R().export(Book.objects.all())\n"
    assert loads(code) == {("Book.objects.all()", path) for path in ("author", "author__country", "tags")}


def test_export_of_the_changelist_has_its_joins() -> None:
    page = "\n@admin.register(Book)\nclass BookAdmin(ImportExportModelAdmin):\n    resource_classes = [R]\n"
    assert loads(EXPORT + page + "    list_display = ['title', 'author']\n") == {("class BookAdmin", "tags")}
    assert {path for _, path in loads(EXPORT + page)} == {"author", "author__country", "tags"}


def test_search_document() -> None:
    code = """
from django_elasticsearch_dsl import Document, fields
from shop.models import Book

class D(Document):
    title = fields.TextField()
    origin = fields.KeywordField(attr="author.country.name")
    words = fields.TextField()

    class Django:
        model = Book

    def prepare_words(self, book):
        return [tag.word for tag in book.tags.all()]

    def get_queryset(self):
        return super().get_queryset().exclude(title="")
"""
    site = "super().get_queryset().exclude(title='')"
    assert loads(code) == {(site, path) for path in ("author", "author__country", "tags")}


def test_tastypie_resources() -> None:
    code = """
from tastypie import fields
from tastypie.resources import ModelResource
from shop.models import Author, Book

class AuthorResource(ModelResource):
    country = fields.ForeignKey("x.CountryResource", "country")

class BookResource(ModelResource):
    author = fields.ToOneField(AuthorResource, "author", full=True)
    words = fields.ListField()

    class Meta:
        queryset = Book.objects.all()

    def dehydrate_words(self, bundle):
        return [tag.word for tag in bundle.obj.tags.all()]
"""
    assert loads(code) == {("Book.objects.all()", path) for path in ("author", "author__country", "tags")}


def test_sitemap() -> None:
    code = """
from django.contrib.sitemaps import Sitemap
from shop.models import Book

class Books(Sitemap):
    def items(self):
        return Book.objects.all()

    def lastmod(self, book):
        return book.author.country.name

class Joined(Sitemap):
    def items(self):
        return Book.objects.select_related("author")
"""
    assert loads(code) == {("Book.objects.all()", "author"), ("Book.objects.all()", "author__country")}


def test_feed() -> None:
    code = """
from django.contrib.syndication.views import Feed
from shop.models import Author, Book

class Latest(Feed):
    def items(self):
        return Book.objects.all()[:10]

    def item_link(self, book):
        return "/"

    def item_author_name(self, book):
        return book.author.name

class OfAuthor(Feed):
    def get_object(self, request, pk):
        return Author.objects.get(pk=pk)

    def items(self, author):
        return author.books.all()
"""
    assert loads(code) == {("Book.objects.all()", "author")}
