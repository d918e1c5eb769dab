"""Code that a framework calls, and templates that fetch rows by themselves: tasks, receivers, commands, parts of templates, tags and globals."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import shop
from tests.unit.flow.test_ninja import MODELS

IMPORT = "from shop.models import Author, Book\n"
BODY = "    return [book.author.name for book in Book.objects.all()]\n"


def loads(files: dict[str, str]) -> set[tuple[str, str]]:
    """What lacks something in a project with these files, and what."""
    flow = Flow(shop({"shop/models.py": MODELS, "requirements.txt": "Django==6.0\ncelery\n", **files}))
    assert flow.lazy_loads is not None
    assert not flow.exhausted
    return {(event.site.source, event.path) for event in flow.lazy_loads}


@pytest.mark.parametrize(
    "code",
    [
        "from celery import shared_task\n\n@shared_task\ndef task():\n" + BODY,
        "from celery import Celery\n\napp = Celery()\n\n@app.task(bind=True)\ndef task(self, key):\n" + BODY,
        "from celery import Task\n\nclass Shown(Task):\n    def run(self):\n    " + BODY,
        "from django.tasks import task\n\n@task()\ndef show():\n" + BODY,
        "from django.core.management.base import BaseCommand\n\nclass Command(BaseCommand):\n    def handle(self, *args, **options):\n    "
        + BODY,
    ],
)
def test_tasks_and_commands(code: str) -> None:
    assert loads({"shop/tasks.py": IMPORT + code}) == {("Book.objects.all()", "author")}


HEAD = (
    "from django.conf import settings\nfrom django.db.models.signals import m2m_changed, post_save\nfrom django.dispatch import receiver\n"
    + IMPORT
)
RECEIVES = "def receive(sender, instance, **kwargs):\n    for book in instance.books.all():\n        for tag in book.tags.all():\n            print(tag)\n"
LACKS = {("instance.books.all()", "tags")}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("\n@receiver(post_save, sender=Author)\n" + RECEIVES, LACKS),
        ("\n@receiver([post_save], sender='shop.Author')\n" + RECEIVES, LACKS),
        ("\n" + RECEIVES + "\npost_save.connect(receive, sender=Author)\n", LACKS),
        ("\n@receiver(post_save)\n" + RECEIVES, set()),
        ("\n@receiver(post_save, sender=Book)\n@receiver(post_save, sender=Author)\n" + RECEIVES, set()),
        ("\n@receiver(post_save, sender=settings.AUTH_USER_MODEL)\n" + RECEIVES, set()),
        ("\n@receiver(m2m_changed, sender=Book.tags.through)\n" + RECEIVES, set()),
        (
            "\n@receiver(post_save, sender=Author)\n"
            + RECEIVES.replace("books.all()", "books.prefetch_related('tags')"),
            set(),
        ),
        (
            "\n@receiver(post_save, sender=Author)\ndef receive(sender, instance, **kwargs):\n    print(instance.country.name)\n",
            set(),
        ),
    ],
)
def test_receivers(code: str, found: set[tuple[str, str]]) -> None:
    assert loads({"shop/signals.py": HEAD + code}) == found


def test_receiver_that_an_app_connects() -> None:
    ready = "from django.apps import AppConfig\nfrom django.db.models.signals import post_save\n\nclass ShopConfig(AppConfig):\n    def ready(self):\n        from shop.models import Author\n        from shop.signals import receive\n\n        post_save.connect(receive, sender=Author)\n"
    assert loads({"shop/apps.py": ready, "shop/signals.py": IMPORT + RECEIVES}) == LACKS


VIEW = (
    "from django.shortcuts import render\n"
    + IMPORT
    + "\ndef view(request):\n    return render(request, '{name}', {{'books': Book.objects.all()}})\n"
)
LOOP = "{% for book in books %}{{ book.author.name }}{% endfor %}"
AUTHOR = {("Book.objects.all()", "author")}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "shop/a.html",
            "{% partialdef row %}{{ book.author.name }}{% endpartialdef %}{% for book in books %}{% partial row %}{% endfor %}",
            AUTHOR,
        ),
        (
            "shop/a.html",
            "{% for book in books %}{% partialdef row inline %}{{ book.author.name }}{% endpartialdef row %}{% endfor %}",
            AUTHOR,
        ),
        ("shop/a.html", "{% partialdef rows %}" + LOOP + "{% endpartialdef %}", set()),
        ("shop/a.html#rows", "{% partialdef rows %}" + LOOP + "{% endpartialdef %}", AUTHOR),
        ("shop/a.html#rows", LOOP + "{% partialdef rows %}{{ books.count }}{% endpartialdef %}", set()),
        ("shop/a.html#other", LOOP, set()),
        ("shop/b.html", "{% partialdef row %}{{ book.author.name }}{% endpartialdef %}", AUTHOR),
        (
            "shop/a.html",
            "{% partialdef outer %}{% partial inner %}{% endpartialdef %}{% partialdef inner %}"
            + LOOP
            + "{% endpartialdef %}{% partial outer %}",
            AUTHOR,
        ),
    ],
)
def test_parts_of_templates(name: str, text: str, found: set[tuple[str, str]]) -> None:
    files = {
        "shop/views.py": VIEW.format(name=name),
        "shop/templates/shop/a.html": text,
        "shop/templates/shop/b.html": "{% for book in books %}{% include 'shop/a.html#row' %}{% endfor %}",
    }
    assert loads(files) == found


TAGS = (
    "from django import template\n"
    + IMPORT
    + "\nregister = template.Library()\n\n@register.{kind}\ndef newest():\n    return {value}\n"
)
PLAIN = "from django.shortcuts import render\n\ndef view(request):\n    return render(request, 'shop/page.html', {'title': 'Books'})\n"


@pytest.mark.parametrize(
    ("kind", "value", "text", "found"),
    [
        ("simple_tag", "Book.objects.all()", "{% load shelf %}{% newest as books %}" + LOOP, AUTHOR),
        ("simple_tag", "Book.objects.select_related('author')", "{% load shelf %}{% newest as books %}" + LOOP, set()),
        ("simple_tag", "Book.objects.all()", "{% load shelf %}{% newest as others %}" + LOOP, set()),
        ("inclusion_tag('shop/list.html')", "{'books': Book.objects.all()}", "{% load shelf %}{% newest %}", AUTHOR),
    ],
)
def test_tags_that_fetch_rows(kind: str, value: str, text: str, found: set[tuple[str, str]]) -> None:
    files = {
        "shop/templatetags/__init__.py": "",
        "shop/templatetags/shelf.py": TAGS.format(kind=kind, value=value),
        "shop/views.py": PLAIN,
        "shop/templates/shop/list.html": LOOP,
        "shop/templates/shop/page.html": "{% extends 'shop/base.html' %}",
        "shop/templates/shop/base.html": "<ul>{% include 'shop/menu.html' %}</ul>",
        "shop/templates/shop/menu.html": text,
    }
    assert loads(files) == found


def test_globals_of_jinja_that_fetch_rows() -> None:
    settings = """
INSTALLED_APPS = ["shop"]
TEMPLATES = [{"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True, "OPTIONS": {"environment": "shop.jinja.environment"}}]
"""
    environment = (
        "from jinja2 import Environment\n"
        + IMPORT
        + (
            "\ndef newest():\n    return Book.objects.all()\n\ndef environment(**options):\n    env = Environment(**options)\n"
            "    env.globals.update({'newest': newest})\n    return env\n"
        )
    )
    page = "{% for book in newest() %}{{ book.author.name }}{% endfor %}"
    files = {
        "site_settings.py": settings,
        "shop/jinja.py": environment,
        "shop/views.py": PLAIN,
        "shop/jinja2/shop/page.html": page,
    }
    assert loads(files) == AUTHOR
    assert loads({**files, "shop/jinja2/shop/page.html": page.replace("newest()", "oldest()")}) == set()
