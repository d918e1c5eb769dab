"""Template lookup, and the functions that templates call."""

from __future__ import annotations

from pitfall_lint.project import Project
from pitfall_lint.project.template_places import TemplatePlaces
from pitfall_lint.project.template_references import references
from tests.unit.support import project_of

MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
SETTINGS = """\
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = ["django.contrib.admin", "books", "loans"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["books.always"],
            "libraries": {"extra": "books.more"},
            "context_processors": ["books.processors.shelf", "django.template.context_processors.request"],
        },
    },
    {"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True},
]
"""


def django(files: dict[str, str], settings: str = SETTINGS) -> Project:
    made = {"manage.py": MANAGE, "config/__init__.py": "", "config/settings.py": settings}
    made |= {"books/__init__.py": "from django.db import models\n", "loans/__init__.py": ""}
    return project_of({**made, **files})


def test_the_first_that_a_loader_finds() -> None:
    files = {
        "books/templates/a.html": "",
        "loans/templates/a.html": "",
        "templates/a.html": "{% extends 'a.html' %}",
        "books/jinja2/b.html": "",
        "books/template/c.html": "",
    }
    templates = django(files).templates
    assert templates.certain
    assert templates.apps_certain
    assert [each.path for each in templates.candidates("a.html")] == [
        "templates/a.html",
        "books/templates/a.html",
        "loans/templates/a.html",
    ]
    found = templates.find("a.html")
    assert found is not None
    assert (found.path, templates.name_of(found.path)) == ("templates/a.html", "a.html")
    parent = templates.parent(found)
    assert parent is not None
    assert parent.path == "books/templates/a.html"
    assert templates.all["books/jinja2/b.html"].engine == "jinja"
    assert templates.name_of("books/template/c.html") is None
    assert not templates.exists("c.html")


def test_relative_names_and_parts() -> None:
    files = {"templates/a/b.html": "", "templates/a/c.html": "", "templates/d.html": ""}
    templates = django(files).templates
    near = templates.all["templates/a/b.html"]
    found = [templates.find(name, near) for name in ("./c.html", "../d.html", "#part", "d.html#part", "./none.html")]
    assert [each.path if each else None for each in found] == [
        "templates/a/c.html",
        "templates/d.html",
        "templates/a/b.html",
        "templates/d.html",
        None,
    ]


def test_where_settings_cannot_be_followed_the_usual_folders_answer() -> None:
    settings = SETTINGS.replace('[BASE_DIR / "templates"]', "find_dirs()")
    templates = django({"themes/templates/a.html": ""}, settings).templates
    assert not templates.certain
    assert templates.find("a.html") is not None
    assert templates.name_of("themes/templates/a.html") is None


def test_an_undecided_template_is_read_for_its_engine() -> None:
    files = {
        "app/__init__.py": "from flask import Flask\napp = Flask(__name__)\n",
        "app/templates/a.html": "{{ b.c }}",
    }
    templates = project_of(files).templates
    assert [engine.folders for engine in templates.engines] == [("app/templates",)]
    assert templates.all["app/templates/a.html"].engine == "jinja"
    found = templates.find("/a.html")
    assert found is not None
    assert found.path == "app/templates/a.html"


TAGS = """\
from django import template

register = template.Library()


@register.simple_tag
def plain(a):
    return a


@register.simple_tag(takes_context=True, name="renamed")
def other(context, a):
    return a


@register.inclusion_tag("books/row.html", takes_context=True)
def row(context, book):
    return {"book": book}


@register.filter("initials")
def first_letters(name):
    return name


def shout(text):
    return text


register.filter("loud", shout)
register.filter(shout)
register.inclusion_tag("books/cell.html")(shout)


@register.tag
def compiled(parser, token):
    return None
"""


def test_custom_tags_and_filters() -> None:
    files = {
        "books/templatetags/__init__.py": "",
        "books/templatetags/shelf.py": TAGS,
        "books/always.py": TAGS.replace("plain", "everywhere"),
        "books/more.py": TAGS.replace("plain", "configured"),
        "templates/a.html": "{% load shelf %}",
        "templates/b.html": "{% load extra %}",
    }
    templates = django(files).templates
    a, b = templates.all["templates/a.html"], templates.all["templates/b.html"]
    tags = {
        name: templates.tag(a, name)
        for name in ("plain", "renamed", "other", "row", "compiled", "everywhere", "configured")
    }
    assert {name: function.name for name, function in tags.items() if function} == {
        "plain": "plain",
        "renamed": "other",
        "row": "row",
        "everywhere": "everywhere",
    }
    row = templates.tag_kind(tags["row"]) if tags["row"] else None
    assert row is not None
    assert (row.kind, row.template, row.takes_context) == ("inclusion_tag", "books/row.html", True)
    assert [bool(templates.filter(a, name)) for name in ("initials", "loud", "shout", "first_letters")] == [
        True,
        True,
        True,
        False,
    ]
    assert templates.tag(b, "configured") is not None
    assert templates.tag(b, "plain") is None


def test_context_processors_of_django() -> None:
    processors = "def shelf(request):\n    return {}\n"
    functions = django({"books/processors.py": processors}).templates.functions
    assert [function.dotted for function in functions.context_processors] == ["books.processors.shelf"]


FLASK = """\
from flask import Flask

from app import tools


def create_app():
    app = Flask(__name__)
    app.jinja_env.filters["money"] = tools.money
    app.jinja_env.globals.update(now=tools.now, later=tools.now)
    app.add_template_filter(tools.short, "brief")

    @app.template_filter("loud")
    def shout(text):
        return text

    @app.context_processor
    def shelf():
        return {}

    return app
"""


def test_filters_and_globals_of_flask() -> None:
    tools = "def money(x):\n    return x\n\n\ndef now():\n    return 1\n\n\ndef short(x):\n    return x\n"
    project = project_of({"app/__init__.py": FLASK, "app/tools.py": tools, "app/templates/a.html": "{{ now() }}"})
    templates = project.templates
    a = templates.all["app/templates/a.html"]
    found = {name: templates.filter(a, name) for name in ("money", "brief", "loud", "short")}
    assert {name: function.name for name, function in found.items() if function} == {
        "money": "money",
        "brief": "short",
        "loud": "shout",
    }
    functions = templates.functions
    assert [bool(functions.jinja_global(name)) for name in ("now", "later", "money")] == [True, True, False]
    assert [function.name for function in functions.context_processors] == ["shelf"]


VIEWS = """\
from django.shortcuts import render as show
from django.template import loader
from django.views.generic import TemplateView


class Shelf(TemplateView):
    template_name = "a.html"
    template_engine = "django"

    def get_template_names(self):
        return ["b.html", self.other]


def page(request, render):
    loader.select_template(["c.html", "d.html"])
    render(request, "not-django.html")
    return show(request, "e.html", {"x": "f.html"})


urlpatterns = [TemplateView.as_view(template_name="g.html")]
"""


def test_where_templates_are_named() -> None:
    found = list(
        references(
            django(
                {
                    "books/views.py": VIEWS,
                    "templates/h.html": "{% extends 'i.html' %}{% include 'j.html' %}{% include k %}",
                }
            )
        )
    )
    assert {(each.name, each.how, each.scope, each.optional) for each in found} == {
        ("a.html", "attribute", "Shelf", False),
        ("b.html", "attribute", "Shelf.get_template_names", True),
        ("c.html", "render", "page", True),
        ("d.html", "render", "page", True),
        ("e.html", "render", "page", False),
        ("g.html", "render", "", False),
        ("i.html", "extends", "", False),
        ("j.html", "include", "", False),
    }


def test_nothing_is_misplaced_where_the_loaders_are_not_all_known() -> None:
    files = {"books/template/books/a.html": "{% load static %}"}
    assert [stray.target for stray in TemplatePlaces(django(files)).misplaced()] == ["books/templates/books/a.html"]
    for line in (
        'TEMPLATES[0]["DIRS"].append("x")\n',
        'TEMPLATES[0]["DIRS"] += ["x"]\n',
        'TEMPLATES[0]["DIRS"] = find()\n',
    ):
        assert list(TemplatePlaces(django(files, SETTINGS + line)).misplaced()) == []


def test_functions_gathered_in_a_dict_that_the_environment_takes_over() -> None:
    project = project_of(
        {
            "site/__init__.py": "",
            "site/registry.py": "globals = {}\nfilters = {}\n\ndef _keep(store, name, function):\n    store[name] = function\n\n"
            "def function(name=None):\n    return lambda f: _keep(globals, name, f)\n\n"
            "def filter(name=None):\n    return lambda f: _keep(filters, name, f)\n\n"
            "def other(f):\n    return f\n",
            "site/extension.py": "from site import registry\n\nclass Extension:\n    def __init__(self, environment):\n"
            "        environment.globals.update(registry.globals)\n        environment.filters.update(registry.filters)\n",
            "site/functions.py": "from site import registry\n\n@registry.function\ndef now():\n    pass\n\n"
            "@registry.function('later')\ndef then():\n    pass\n\n@registry.filter(name='money')\ndef cash(value):\n    pass\n\n"
            "@registry.other\ndef apart():\n    pass\n",
        }
    )
    functions = project.templates.functions
    names = ("now", "later", "then", "money", "apart")
    assert [name for name in names if functions.jinja_global(name)] == ["now", "later"]
    assert ("filter", "money") in functions.jinja
    assert ("filter", "cash") not in functions.jinja
