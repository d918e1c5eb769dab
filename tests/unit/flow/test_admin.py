"""Admin pages: what the linter says of each admin class is held to what Django sends when its pages are opened with 3 and with 6 rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import django
import pytest

from pitfall_lint.flow import Flow
from pitfall_lint.project import Project
from tests.unit.support import project_of

MODELS = """
from django.db import models


class Country(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Author(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.CASCADE)

    def __str__(self):
        return f"{self.name} ({self.country})"


class Publisher(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Tag(models.Model):
    word = models.CharField(max_length=50)

    def __str__(self):
        return self.word


class BookBase(models.Model):
    title = models.CharField(max_length=50)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="+")
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, null=True, related_name="+")
    tags = models.ManyToManyField(Tag, related_name="+")

    class Meta:
        abstract = True

    @property
    def origin(self):
        return self.author.country.name

    def label(self):
        return f"{self.title}, {self.publisher}"


class Plain(BookBase):
    def __str__(self):
        return self.title


class Spoken(BookBase):
    def __str__(self):
        return f"{self.title} of {self.author.name}"


class Review(models.Model):
    book = models.ForeignKey(Plain, on_delete=models.CASCADE)
    critic = models.ForeignKey(Author, on_delete=models.CASCADE)

    def __str__(self):
        return f"{self.critic.name} on {self.book.title}"
"""

HEAD = "from django.contrib import admin\nfrom django.utils.html import format_html\n\nfrom shop.models import Plain, Review, Spoken\n\n\n"

# Each: the model, the body of its admin class, and what is loaded once per row (None: nothing).
PAGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "nothing said": ("Plain", "    pass\n", ()),
    "text of the row reads a key": ("Spoken", "    pass\n", ("author",)),
    "columns only": ("Plain", '    list_display = ("title", "author_id")\n', ()),
    "key in the list": ("Plain", '    list_display = ("title", "author")\n', ()),
    "nullable key in the list": ("Plain", '    list_display = ("title", "publisher")\n', ("publisher",)),
    "method": (
        "Plain",
        '    list_display = ("title", "writer")\n\n    def writer(self, obj):\n        return obj.author.name\n',
        ("author",),
    ),
    "method beside a key of the list": (
        "Plain",
        '    list_display = ("author", "house")\n\n    def house(self, obj):\n        return obj.publisher.name\n',
        ("publisher",),
    ),
    "method that reads only a column": (
        "Plain",
        '    list_display = ("title", "writer")\n\n    @admin.display(description="key")\n    def writer(self, obj):\n        return obj.author_id\n',
        (),
    ),
    "property of the model": ("Plain", '    list_display = ("title", "origin")\n', ("author", "author__country")),
    "method of the model": ("Plain", '    list_display = ("label",)\n', ("publisher",)),
    "lookup": ("Plain", '    list_display = ("title", "author__name")\n', ("author",)),
    "function": ("Plain", '    list_display = ("title", lambda obj: obj.publisher.name)\n', ("publisher",)),
    "to many": (
        "Plain",
        '    list_display = ("title", "words")\n\n    def words(self, obj):\n        return ", ".join(tag.word for tag in obj.tags.all())\n',
        ("tags",),
    ),
    "list_select_related": (
        "Plain",
        '    list_display = ("title", "origin")\n    list_select_related = ("author__country",)\n',
        (),
    ),
    "list_select_related, not enough": (
        "Plain",
        '    list_display = ("title", "origin")\n    list_select_related = ["author"]\n',
        ("author__country",),
    ),
    "list_select_related is True": (
        "Plain",
        '    list_display = ("title", "origin", "label")\n    list_select_related = True\n',
        ("publisher",),
    ),
    "list_select_related is empty": (
        "Plain",
        '    list_display = ("title", "author")\n    list_select_related = ()\n',
        ("author", "author__country"),
    ),
    "get_list_select_related": (
        "Plain",
        '    list_display = ("title", "origin")\n\n    def get_list_select_related(self, request):\n        return ("author__country",)\n',
        (),
    ),
    "get_queryset joins": (
        "Plain",
        '    list_display = ("title", "origin")\n\n    def get_queryset(self, request):\n'
        '        return super().get_queryset(request).select_related("author__country")\n',
        (),
    ),
    "get_queryset that joins switches off the rest": (
        "Plain",
        '    list_display = ("title", "publisher", "author")\n\n    def get_queryset(self, request):\n'
        '        return super().get_queryset(request).select_related("publisher")\n',
        ("author", "author__country"),
    ),
    "get_queryset orders": (
        "Plain",
        '    list_display = ("title", "origin")\n\n    def get_queryset(self, request):\n'
        '        queryset = super().get_queryset(request)\n        return queryset.order_by("title")\n',
        ("author", "author__country"),
    ),
    "get_list_display": (
        "Plain",
        '    def get_list_display(self, request):\n        return ("title", "origin")\n',
        ("author", "author__country"),
    ),
    "no actions, no labels": ("Spoken", '    list_display = ("title",)\n    actions = None\n', ()),
    "label of the checkbox": ("Spoken", '    list_display = ("title",)\n', ("author",)),
}
INLINES = {
    "text of an inline's row": ('    model = Review\n    exclude = ("critic",)\n', ("book", "critic")),
    "joined": (
        '    model = Review\n    exclude = ("critic",)\n\n    def get_queryset(self, request):\n'
        '        return super().get_queryset(request).select_related("book", "critic")\n',
        (),
    ),
    "column of an inline": (
        '    model = Review\n    fields = readonly_fields = ("origin",)\n\n    def origin(self, obj):\n'
        "        return obj.critic.country.name\n",
        ("book", "critic", "critic__country"),
    ),
}
SETTINGS = """
SECRET_KEY = "for this test only"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "shop",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_MODULES = {"shop": None}
ROOT_URLCONF = "urls"
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
"""
DRIVER = """
import json, os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "site_settings"
sys.path.insert(0, os.getcwd())
import django
django.setup()
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from shop import admin as pages, models

call_command("migrate", run_syncdb=True, verbosity=0)
client = Client()
client.force_login(get_user_model().objects.create_superuser("root"))

def fill(rows):
    for number in range(rows):
        made = []
        for model in (models.Plain, models.Spoken):
            author = models.Author.objects.create(name="a", country=models.Country.objects.create(name="c"))
            made.append(model.objects.create(title="t", author=author, publisher=models.Publisher.objects.create(name="p")))
            made[-1].tags.add(models.Tag.objects.create(word="w"))
        critic = models.Author.objects.create(name="a", country=models.Country.objects.create(name="c"))
        models.Review.objects.create(book=models.Plain.objects.first(), critic=critic)

def count(url):
    client.get(url)
    with CaptureQueriesContext(connection, ) as caught:
        response = client.get(url)
    assert response.status_code == 200, response.status_code
    return len(caught)

found = {}
for rows in (3, 3):
    fill(rows)
    for name, page in vars(pages).items():
        if isinstance(page, type) and issubclass(page, admin.ModelAdmin):
            model = page.of
            site = next(number for number, site in pages.SITES.items() if type(site._registry.get(model)) is page)
            url = f"/{site}/shop/{model._meta.model_name}/"
            if page.inlines:
                url += f"{models.Plain.objects.first().pk}/change/"
            found.setdefault(name, []).append(count(url))
print(json.dumps(found))
"""


def written() -> tuple[str, dict[str, str]]:
    """The admin module, and which page each of its classes is."""
    parts, names = [HEAD], {}
    for number, (page, (model, body, _)) in enumerate(PAGES.items()):
        names[f"Page{number}"] = page
        parts.append(
            f"@admin.register({model}, site=SITES[{number}])\nclass Page{number}(admin.ModelAdmin):\n    of = {model}\n{body}\n\n"
        )
    for number, (page, (body, _)) in enumerate(INLINES.items()):
        names[f"Inline{number}"] = page
        parts.append(f"class Inline{number}(admin.TabularInline):\n{body}\n\n")
        parts.append(
            f"@admin.register(Plain, site=SITES[{100 + number}])\nclass Owner{number}(admin.ModelAdmin):\n    of = Plain\n    inlines = [Inline{number}]\n"
            f'    fields = ("title",)\n\n\n'
        )
        names[f"Owner{number}"] = page
    parts.insert(1, "SITES = {number: admin.AdminSite(str(number)) for number in range(200)}\n\n\n")
    return "".join(parts), names


def files() -> dict[str, str]:
    """A project whose admin classes are those of the table."""
    return {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_settings')\n",
        "site_settings.py": SETTINGS,
        "urls.py": "from django.urls import path\n\nfrom shop.admin import SITES\n\n"
        "urlpatterns = [path(f'{number}/', site.urls) for number, site in SITES.items()]\n",
        "requirements.txt": f"Django=={django.get_version()}\n",
        "shop/__init__.py": "",
        "shop/models.py": MODELS,
        "shop/admin.py": written()[0],
    }


@pytest.fixture(scope="module")
def project() -> Project:
    return project_of(files())


def said(project: Project) -> dict[str, set[str]]:
    """The relations that the linter names, by admin class."""
    found: dict[str, set[str]] = {}
    for event in Flow(project).lazy_loads:
        found.setdefault(event.site.scope.partition(".")[0], set()).add(event.path)
    return found


@pytest.mark.skipif(django.VERSION < (5, 1), reason="the table is that of 5.1 to 6.0, and of what 6.1 changed")
def test_pages_as_django_counts_them(tmp_path: Path, project: Project) -> None:
    for path, text in files().items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", DRIVER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    counted = json.loads(done.stdout.splitlines()[-1])
    names = written()[1]
    found = said(project)
    wrong = {}
    for page, (few, more) in counted.items():
        told = found.get(page.replace("Owner", "Inline"), set())
        if (more > few) != bool(told) or (more - few) // 3 != len(told):
            wrong[names[page]] = (few, more, told)
    assert wrong == {}


@pytest.mark.skipif(django.VERSION[:2] >= (6, 1), reason="6.1 joins nullable keys of the list")
def test_relations_named(project: Project) -> None:
    names = written()[1]
    found = {names[page]: paths for page, paths in said(project).items()}
    wanted = {page: set(paths) for page, (_, _, paths) in PAGES.items() if paths}
    wanted |= {page: set(paths) for page, (_, paths) in INLINES.items() if paths}
    assert found == wanted
