"""Where the rows of a query go, and whether a relation that it loads is read there: each way out must be seen, else what
is needed would be called unused.
"""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.support import project_of

MODELS = """
from django.db import models

class Named:
    def label(self):
        return f"{self.author.name}"

class Author(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name

class Cover(models.Model):
    book = models.OneToOneField("Book", on_delete=models.CASCADE, related_name="cover")
    maker = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="covers")

class Book(Named, models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField("Tag")

    def __str__(self):
        return f"{self.title} by {self.author}"

    def label(self):
        return super().label()

    def byline(self):
        return self.author.name

    def short(self):
        return self.title[:3]

    def writer(self):
        return self.author.name

    writer_name = property(writer)

class Tag(models.Model):
    word = models.CharField(max_length=50)
"""
SHOP = """
import functools
import itertools
import operator
from collections import namedtuple

from django.core.cache import cache
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string

from shop.models import Author, Book, Tag, Cover

KEPT = []
Pair = namedtuple("Pair", "book count")
BOOKS = Book.objects.select_related("author")

class Line:
    def __init__(self, book):
        self.book = book

    def text(self):
        return self.book.author.name

def named(book):
    return book.author.name

def titled(book):
    return book.title

def each(books, do):
    return [do(book) for book in books]

def wrapped(function):
    def inner(*args):
        return named(args[0])
    return inner

@wrapped
def looked_at(book):
    return book.title

@receiver(post_save, sender=Book)
def told(sender, **kwargs):
    print(len(kwargs["instance"].tags.all()))

def tree(book, depth):
    return tree(book, depth - 1) if depth else named(book)
"""
TAGS = """
from django import template
register = template.Library()

@register.filter
def writer(book):
    return book.author.name

@register.filter
def brief(book):
    return book.title

@register.simple_tag(takes_context=True)
def all_writers(context):
    return [book.author.name for book in context["books"]]
"""


def unused(
    body: str, templates: dict[str, str] | None = None, query: str = 'Book.objects.select_related("author")'
) -> list[str]:
    """The paths that the function of that body loads for nothing; `books` are its query."""
    lines = "".join(f"    {line}\n" for line in body.strip().split("\n"))
    made = project_of(
        {
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
            "site_settings.py": "INSTALLED_APPS = ['shop']\nTEMPLATES = [{'BACKEND': "
            "'django.template.backends.django.DjangoTemplates', 'APP_DIRS': True}]\n",
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            "shop/templatetags/__init__.py": "",
            "shop/templatetags/shop.py": TAGS,
            "shop/views.py": f"{SHOP}\ndef view(request, other=None):\n    books = {query}\n{lines}",
            **{f"shop/templates/shop/{name}": text for name, text in (templates or {}).items()},
        }
    )
    return [path for load in Flow(made).unused_loads for path in load.paths]


@pytest.mark.parametrize(
    "body",
    [
        "print([book.title for book in books])",
        "for book in books:\n    print(book.author_id, book.pk, book.short())",
        "found = {book.pk: book for book in books}\nprint([book.title for book in found.values()])",
        "found = []\nfor book in books:\n    found.append(book)\nprint(len(found), found[0].title)",
        "print(sorted(books, key=lambda book: book.title)[0].pk)",
        "print(list(map(titled, books)), max(books, key=titled).pk)",
        "print(each(books, titled)) if False else print(titled(books[0]))\nprint(books.count())",
        "print(books.filter(title='x').first().title)",
        "first, *rest = books\nprint(first.title, rest[-1].title)",
        "print(Tag.objects.filter(book=books.first()).count())",
        "for book in books:\n    book.title = 'x'\n    book.save()",
        "print(*[book.title for book in books])",
        "def inner(book):\n    return book.title\nprint([inner(book) for book in books])",
    ],
)
def test_never_read(body: str) -> None:
    expected = ["author"] if "each" not in body else []  # which function is called there is not followed
    assert unused(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "print([book.author for book in books])",
        "print([book.label() for book in books])",  # through `super()`
        "print([book.byline() for book in books])",
        "print([book.writer_name for book in books])",
        "print([f'{book}' for book in books])",
        "print('%s' % books[0])",
        "print('{}'.format(books[0]))",
        "print('{0.author}'.format(books[0]))",
        "print(books[0])",
        "print([named(book) for book in books])",
        "print(each(books, named))",
        "print(each(books, lambda book: book.author))",
        "print(list(map(named, books)), list(map(Book.byline, books)))",
        "print(Book.byline(books[0]))",
        "print(sorted(books, key=named)[0].pk)",
        "print(sorted(books, key=operator.attrgetter('author.name'))[0].pk)",
        "books = list(books)\nbooks.sort(key=lambda book: book.author.name)",
        "print(getattr(books[0], 'author'))",
        "print(getattr(books[0], other))",
        "print(looked_at(books[0]))",
        "print(tree(books[0], 3))",
        "print(functools.partial(named, books[0])())",
        "print([pair[1].author for pair in enumerate(books)])",
        "print([book.author for key, group in itertools.groupby(books, titled) for book in group])",
        "print([book.author for book in itertools.chain(books, [])])",
        "print([book.author for pair in zip(books, [1]) for book in pair])",
        "found = {}\nfor book in books:\n    found.setdefault(book.pk, []).append(book)\nprint([b.author for f in found.values() for b in f])",
        "found = {}\nfor book in books:\n    found[book] = 1\nprint([book.author for book in found])",
        "found = []\nfound += list(books)\nprint(found[0].author)",
        "found = dict(all=books)\nprint(found['all'][0].author)",
        "books[0].best = books[1]\nfor book in books:\n    print(book.best.author)",
        "def inner():\n    return books[0].author\nprint(inner())",
        "if (book := books.first()):\n    print(book.author)",
        "try:\n    book = books.get()\nexcept Book.DoesNotExist:\n    book = None\nelse:\n    print(book.author)",
        "with open(other) as file:\n    file.write(str(books[0]))",
        "match other:\n    case 1:\n        print(books[0].author)",
        "assert books[0].author",
        "return books",
        "return {'books': books}",
        "yield from books",
        "KEPT.append(books)",
        "global KEPT\nKEPT = books",
        "request.books = books",
        "cache.set('books', books)",
        "print(Pair(books[0], 1).book.author)",
        "print(Line(books[0]).text())",
        "print(other(books))",
        "other.show(books)",
        "other(**{'books': books})",
        "print(pickle(books))",
        "raise ValueError(books)",
        "for book in books.select_for_update():\n    print(book.title)",
        "print([book.__dict__ for book in books])",
        "class Inner:\n    kept = books",
    ],
)
def test_silent(body: str) -> None:
    assert unused(body) == []


def test_what_makes_no_rows_loads_nothing() -> None:
    assert unused("keys = list(books.values_list('pk', flat=True))\nbooks.update(title='')\nprint(keys)") == []
    assert unused("print(books.count())\nprint(books.exists())") == []


def test_a_function_within_the_function_that_calls_itself() -> None:
    assert unused("def walk(rows):\n    if walk(rows):\n        return rows\n    return walk(rows)\nprint(walk(books))") == []


def test_a_one_to_one_leads_back_to_the_row() -> None:
    query = 'Cover.objects.select_related("book", "maker")'
    assert unused("print([cover.book.title for cover in books])", query=query) == ["maker"]
    assert unused("print([cover.book.cover.maker.name for cover in books])", query=query) == []


PAGE = "return render(request, 'shop/page.html', {'books': books})"


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (PAGE, "{% for book in books %}{{ book.title }}{{ book.author_id }}{{ book.short }}{% endfor %}"),
        (PAGE, "{% load shop %}{% for book in books %}{{ book|brief }}{% endfor %}{{ books|length }}"),
        (PAGE, "{% for book in books %}{% include 'shop/row.html' with item=book only %}{% endfor %}"),
        (PAGE, "{% extends 'shop/base.html' %}{% block main %}{{ books.0.title }}{% endblock %}"),
        (
            "context = {}\ncontext['found'] = books\nreturn render(request, 'shop/page.html', context)",
            "{{ found.0.pk }}",
        ),
        ("name = 'shop/page.html'\nprint(render_to_string(name, {'books': books}))", "{{ books.first.title }}"),
    ],
)
def test_never_read_in_a_page(body: str, page: str) -> None:
    base = "{% block main %}{% endblock %}{% for author in authors %}{{ author }}{% endfor %}"
    assert unused(body, {"page.html": page, "row.html": "{{ item.title }}", "base.html": base}) == ["author"]


@pytest.mark.parametrize(
    ("body", "page"),
    [
        (PAGE, "{% for book in books %}{{ book.author.name }}{% endfor %}"),
        (PAGE, "{% for book in books %}{{ book }}{% endfor %}"),
        (PAGE, "{% for book in books %}{{ book.byline|upper }}{% endfor %}"),
        (PAGE, "{% for book in books %}{% with writer=book.author %}{{ writer }}{% endwith %}{% endfor %}"),
        (PAGE, "{% for book in books %}{% if book.author %}x{% endif %}{% endfor %}"),
        (PAGE, "{% for book in books|dictsort:'author.name' %}{{ book.title }}{% endfor %}"),
        (PAGE, "{% regroup books by author as groups %}{% for group in groups %}{{ group.list.0.pk }}{% endfor %}"),
        (PAGE, "{% for book in books %}{% ifchanged book.author %}x{% endifchanged %}{% endfor %}"),
        (PAGE, "{% for book in books %}{% firstof book.author 'x' %}{% endfor %}"),
        (PAGE, "{% load i18n %}{% blocktrans with name=books.0.author %}{{ name }}{% endblocktrans %}"),
        (PAGE, "{% load i18n %}{% blocktrans with book=books.0 %}{{ book }}{% endblocktrans %}"),
        (PAGE, "{% load shop %}{% for book in books %}{{ book|writer }}{% endfor %}"),
        (PAGE, "{% load shop %}{% all_writers as found %}"),
        (PAGE, "{% load other %}{% for book in books %}{{ book|unknown }}{% endfor %}"),
        (PAGE, "{% load other %}{% table books %}"),
        (PAGE, "{% for book in books %}{% include 'shop/row.html' with item=book %}{% endfor %}"),
        (PAGE, "{% for book in books %}{% include name %}{% endfor %}"),
        (PAGE, "{% include 'shop/all.html' %}"),
        (PAGE, "{% extends 'shop/base.html' %}"),
        (PAGE, "{% extends other %}"),
        (PAGE, "{% extends 'elsewhere.html' %}"),
        ("return render(request, other, {'books': books})", ""),
        ("return render(request, 'shop/nowhere.html', {'books': books})", ""),
        ("return render(request, 'shop/page.html', locals())", "{{ books.0.author }}"),
        ("return render(request, 'shop/page.html', dict([('books', books)]))", "{{ books.0.author }}"),
        ("return render(request, 'shop/page.html', {'shelf': {'books': books}})", "{{ shelf.books.0.author }}"),
        (
            "context = {'x': 1}\ncontext.update(books=books)\nreturn render(request, 'shop/page.html', context)",
            "{{ books.0.author }}",
        ),
        (
            "context = {'x': 1} | {'books': books}\nreturn render(request, 'shop/page.html', context)",
            "{{ books.0.author }}",
        ),
    ],
)
def test_silent_in_a_page(body: str, page: str) -> None:
    templates = {
        "page.html": page,
        "row.html": "{{ item.author }}",
        "all.html": "{% for book in books %}{{ book.author }}{% endfor %}",
        "base.html": "{% block main %}{% endblock %}{% for book in books %}{{ book.author }}{% endfor %}",
    }
    assert unused(body, templates) == []


def test_what_signals_read() -> None:
    tagged = 'Book.objects.prefetch_related("tags")'
    assert unused("for book in books:\n    book.save()", query=tagged) == []
    assert unused("for book in books:\n    print(book.title)", query=tagged) == ["tags"]


def test_paths() -> None:
    nested = 'Author.objects.prefetch_related("books__tags")'
    assert unused("print([book.title for author in books for book in author.books.all()])", query=nested) == [
        "books__tags"
    ]
    assert unused("print([author.name for author in books])", query=nested) == ["books__tags"]
    assert unused("print([book.tags.all() for author in books for book in author.books.all()])", query=nested) == []
    assert (
        unused("print([book.title for book in books])", query='Book.objects.only("title").select_related("author")')
        == []
    )
