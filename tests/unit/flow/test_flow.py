"""The interpreter's way, bounds and precision, on small projects; what Django does with queries is held by the
executed fixtures."""

from __future__ import annotations

import time

import pytest

from pitfall_lint.flow import Flow
from pitfall_lint.project import Project
from tests.unit.support import project_of

MODELS = """
from django.db import models

class Country(models.Model):
    name = models.CharField(max_length=50)

class Author(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.CASCADE)

class Book(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
"""
SETTINGS = """
INSTALLED_APPS = ["shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""


def shop(files: dict[str, str]) -> Project:
    """A Django project with the app `shop`; `files` are added."""
    return project_of(
        {
            "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
            "site_settings.py": SETTINGS,
            "shop/__init__.py": "",
            "shop/models.py": MODELS,
            **files,
        }
    )


def paths(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """The lazy loads: file and row of the query, relation."""
    return [(event.site.place.path, event.site.place.row, event.path) for event in Flow(shop(files)).lazy_loads]


def test_context_processors_and_filters_of_templates() -> None:
    files = {
        "site_settings.py": SETTINGS.replace(
            "True}]", "True, 'OPTIONS': {'context_processors': ['shop.context.shelf']}}]"
        ),
        "shop/context.py": "from shop.models import Author, Book\n\ndef shelf(request):\n"
        "    return {'books': Book.objects.all(), 'authors': Author.objects.all()}\n",
        "shop/views.py": "from django.shortcuts import render\nfrom django.template.loader import render_to_string\n"
        "from shop.models import Book\n\ndef index(request):\n"
        "    return render(request, 'shop/index.html', {'authors': Book.objects.count()})\n\ndef mail(request):\n"
        "    return render_to_string('shop/mail.html', {'count': Book.objects.count()})\n",
        "shop/templates/shop/index.html": "{% for b in books|dictsort:'author.name' %}{{ b.title }}{% endfor %}"
        "{% for a in authors %}{{ a.country.name }}{% endfor %}",
        "shop/templates/shop/mail.html": "{% for a in authors %}{{ a.country.name }}{% endfor %}",
    }
    assert paths(files) == [("shop/context.py", 4, "author")]  # the view's own `authors` wins; a mail asks no processor


def test_way_through_view_include_and_block() -> None:
    files = {
        "shop/views.py": "from django.shortcuts import render\nfrom shop.models import Book\n\ndef index(request):\n"
        "    books = Book.objects.all()\n    return render(request, 'shop/index.html', {'books': books})\n",
        "shop/templates/shop/base.html": "<body>{% block main %}{% endblock %}</body>",
        "shop/templates/shop/index.html": "{% extends 'shop/base.html' %}{% block main %}{% for b in books %}\n"
        "{% include 'shop/row.html' with item=b only %}{% endfor %}{% endblock %}",
        "shop/templates/shop/row.html": "<li>{{ item.author.name }}</li>",
    }
    (event,) = Flow(shop(files)).lazy_loads
    assert (event.site.place.path, event.site.place.row, event.path) == ("shop/views.py", 5, "author")
    assert (event.access.path, event.access.row) == ("shop/templates/shop/row.html", 1)
    assert [step.place.path for step in event.trace] == [
        "shop/templates/shop/index.html",
        "shop/templates/shop/index.html",
    ]
    assert "includes `shop/templates/shop/row.html`" in [step.message for step in event.trace]


def test_generic_list_view_without_a_query_of_its_own() -> None:
    files = {
        "shop/views.py": "from django.views.generic import ListView\nfrom shop.models import Book\n\nclass BookList(ListView):\n    model = Book\n",
        "shop/templates/shop/book_list.html": "{% for book in object_list %}{{ book.author.name }}{% endfor %}",
    }
    (event,) = Flow(shop(files)).lazy_loads
    assert (event.site.kind, event.site.place.row, event.site.scope) == ("view-model", 5, "BookList")


@pytest.mark.parametrize("name", ["object_list", "book_list"])
def test_generic_list_view_with_queryset_and_pages(name: str) -> None:
    files = {
        "shop/views.py": "from django.views.generic import ListView\nfrom shop.models import Book\n\nclass BookList(ListView):\n"
        "    paginate_by = 20\n    template_name = 'shop/list.html'\n\n    def get_queryset(self):\n        return Book.objects.exclude(title='')\n",
        "shop/templates/shop/list.html": "{% for book in " + name + " %}{{ book.author.name }}{% endfor %}",
    }
    assert paths(files) == [("shop/views.py", 9, "author")]


def test_super_get_queryset_is_mended_where_it_is_called() -> None:
    files = {
        "shop/views.py": "from django.views.generic import ListView\nfrom shop.models import Book\n\nclass BookList(ListView):\n"
        "    model = Book\n\n    def get_queryset(self):\n        return super().get_queryset().order_by('title')\n",
        "shop/templates/shop/book_list.html": "{% for book in object_list %}{{ book.author.name }}{% endfor %}",
    }
    (event,) = Flow(shop(files)).lazy_loads
    assert (event.site.place.row, event.site.kind) == (8, "expression")
    assert event.site.source == "super().get_queryset().order_by('title')"


def test_unknown_arguments_of_select_related_silence() -> None:
    files = {
        "shop/a.py": "from shop.models import Book\n\ndef f(names):\n    return [b.author.name for b in Book.objects.select_related(*names)]\n"
    }
    assert paths(files) == []


@pytest.mark.parametrize("terms", [" + ".join(["1"] * 150), " + ".join(["'a'"] * 150), " + ".join(["[1]"] * 150)])
def test_a_long_sum_is_added_up(terms: str) -> None:
    body = f"from shop.models import Book\n\ndef f():\n    total = {terms}\n    return [b.author.name for b in Book.objects.all()]\n"
    assert paths({"shop/a.py": body}) == [("shop/a.py", 5, "author")]


def test_recursion_ends() -> None:
    files = {
        "shop/a.py": "from shop.models import Book\n\ndef f(rows):\n    for b in rows:\n        b.author.name\n        g(rows)\n\n"
        "def g(rows):\n    f(rows)\n    f(list(rows))\n\ndef h():\n    g(Book.objects.all())\n",
    }
    assert {path for _, _, path in paths(files)} == {"author"}


def test_bounds_that_are_reached_are_stated() -> None:
    endless = "".join(f"    x = x or {n}\n    y = {n}\n" for n in range(8_000))
    calls = "".join(f"    g(rows, {n})\n" for n in range(20))
    deep = "".join(f"def d{n}(rows):\n    d{n + 1}(rows)\n\n" for n in range(40))
    flow = Flow(
        shop(
            {
                "shop/a.py": f"from shop.models import Book\n\ndef f(x):\n    Book.objects.all()\n{endless}\n\n"
                f"def g(rows, n):\n    for b in rows:\n        print(b, n)\n    g(rows, n)\n\n"
                f"def h():\n    rows = Book.objects.all()\n{calls}\n{deep}"
                "def start():\n    d0(Book.objects.all())\n"
            }
        )
    )
    assert flow.reached == ()  # nothing has been asked for yet
    assert flow.lazy_loads == ()
    left, *others = flow.reached
    assert left == "shop/a.py:f: left after 15,000 steps"
    assert [said.partition(" ")[2] for said in others] == [
        "calls more than 24 deep were not followed",
        "calls of what was running already were not followed",
        "calls of what one start calls in over 12 ways were not followed",
    ]


def test_a_function_of_twenty_thousand_lines_takes_linear_time() -> None:
    def seconds(lines: int) -> float:
        body = "".join(
            f"    for b{n} in Book.objects.filter(pk={n}):\n        x{n} = b{n}.title\n    if x:\n        y = 1\n"
            for n in range(lines // 4)
        )
        flow = Flow(shop({"shop/a.py": f"from shop.models import Book\n\ndef f(x):\n{body}"}))
        started = time.perf_counter()
        assert flow.lazy_loads == ()
        return time.perf_counter() - started

    seconds(400)
    short, long = seconds(2_000), seconds(20_000)
    assert long < 40 * short + 1


def test_a_thousand_subclasses() -> None:
    classes = "".join(
        f"class View{n}(Base):\n    def extra(self):\n        return [b.title for b in self.get_queryset()]\n\n"
        for n in range(1000)
    )
    source = (
        "from django.views.generic import ListView\nfrom shop.models import Book\n\nclass Base(ListView):\n    model = Book\n\n"
        + classes
    )
    started = time.perf_counter()
    assert paths({"shop/views.py": source}) == []
    assert time.perf_counter() - started < 20


def test_roots_shared_out_to_processes_lead_to_the_same_events(monkeypatch: pytest.MonkeyPatch) -> None:
    from pitfall_lint.flow import shares

    body = "".join(
        f"def f{n}():\n    return [b.author.country.name for b in books()]\n\ndef g{n}(key):\n    return [a.books.all()[0] for a in Author.objects.all()]\n\n"
        for n in range(30)
    )
    source = f"from shop.models import Author, Book\n\ndef books():\n    return Book.objects.all()\n\n{body}"
    project = shop({"shop/a.py": source})
    monkeypatch.setattr(shares, "FEW", 10)
    monkeypatch.setattr(shares, "can_fork", lambda: True)
    alone, together = Flow(project, 1), Flow(project, 3)
    assert len(alone.lazy_loads) > 30
    assert together.lazy_loads == alone.lazy_loads
    assert together.loop_queries == alone.loop_queries
