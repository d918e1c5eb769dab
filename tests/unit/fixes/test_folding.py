"""Queries that outgrow the line are set as a formatter would set them; where they cannot be, they stay as they are."""

from __future__ import annotations

import ast

import pytest

from pitfall_lint.finding import EagerLoad, Place
from pitfall_lint.fixes import Expander
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import MemorySource

PATH = "shop/views.py"
PYPROJECT = "[tool.black]\nline-length = 60\n"


def fixed(marked: str, joined: str, prefetched: str, **files: str) -> str:
    """The file once the marked query loads what is wanted."""
    source = marked.replace("«", "").replace("»", "")
    text = Text(PATH, source.encode())
    start = marked.index("«")
    place = Place(PATH, text.position(start), text.position(marked.index("»") - 1))
    held = MemorySource({PATH: source, **(files or {"pyproject.toml": PYPROJECT})})
    recipe = EagerLoad(place, tuple(joined.split()), tuple(prefetched.split()))
    return text.edited(Expander(held).expand_recipe(recipe).edits).decode()


CASES = [
    (
        "books = «Book.objects.filter(a=1).order_by('t')»",
        "author",
        "",
        "books = (\n    Book.objects.filter(a=1)\n    .order_by('t')\n    .select_related('author')\n)",
    ),
    (
        "def f():\n    return «self.publisher.books.order_by('title')»[:5]  # new",
        "author",
        "",
        "def f():\n    return (\n        self.publisher.books.order_by('title')\n        .select_related('author')\n    )[:5]  # new",
    ),
    (
        "for book in «Book.objects.filter(title='of many')»:\n    pass",
        "author",
        "",
        "for book in (\n    Book.objects.filter(title='of many')\n    .select_related('author')\n):\n    pass",
    ),
    (
        "books = list(«Book.objects.filter(title='of many')»)",
        "author",
        "",
        "books = list(\n    Book.objects.filter(title='of many')\n    .select_related('author')\n)",
    ),
    (
        "update(\n    «Book.objects.filter(title='of many words')»\n)",
        "author",
        "",
        "update(\n    Book.objects.filter(title='of many words')\n    .select_related('author')\n)",
    ),
    (
        "books = «Book.objects.filter(a=1)»",
        "",
        "author__books__tags author__country publisher__town",
        "books = (\n    Book.objects.filter(a=1)\n    .prefetch_related(\n        'author__books__tags',\n"
        "        'author__country',\n        'publisher__town',\n    )\n)",
    ),
    (
        "books = «Book.objects.filter(\n    a=1\n).distinct()»",
        "author publisher",
        "tags__words translations",
        "books = Book.objects.filter(\n    a=1\n).distinct().select_related('author', 'publisher').prefetch_related(\n"
        "    'tags__words',\n    'translations',\n)",
    ),
    (
        "books = (\n    «Book.objects\n    .prefetch_related('author__books')»\n)",
        "",
        "publisher__town tags",
        "books = (\n    Book.objects\n    .prefetch_related(\n        'author__books',\n        'publisher__town',\n        'tags',\n    )\n)",
    ),
]


@pytest.mark.parametrize(("marked", "joined", "prefetched", "expected"), CASES)
def test_long_queries_are_folded(marked: str, joined: str, prefetched: str, expected: str) -> None:
    made = fixed(marked.replace('"', "'"), joined, prefetched).replace('"', "'")
    assert made == expected
    ast.parse(made)


STAY = [
    "titles = [b.title for b in load(«Book.objects.all()», title='of many')]",
    "titles = [b.t for b in «Book.objects.filter(title='of many')»]",
    "books = load(1, «Book.objects.filter(title='of many words')», 2)",
    "books = load(queryset=«Book.objects.filter(title='of many')»)",
    "books = \\\n    «Book.objects.filter(title='of many words, and more')».x()",
    "books = «Book.objects.filter(title='of many words').order_by( # why\n  't')»",
]


@pytest.mark.parametrize("marked", STAY)
def test_what_cannot_be_folded_stays_on_its_line(marked: str) -> None:
    made = fixed(marked, "author", "")
    assert ".select_related('author')" in made
    assert made.replace(".select_related('author')", "") == marked.replace("«", "").replace("»", "")
    ast.parse(made)


def test_short_queries_are_left_on_their_line() -> None:
    assert fixed("books = «Book.objects.all()»", "author", "") == 'books = Book.objects.all().select_related("author")'


@pytest.mark.parametrize(
    ("files", "folds"),
    [
        ({"pyproject.toml": "[tool.black]\n"}, False),
        ({"pyproject.toml": "[tool.ruff]\nline-length = 60\n[tool.black]\nline-length = 100\n"}, True),
        ({"shop/ruff.toml": "line-length = 60", "pyproject.toml": "[tool.black]\nline-length = 100\n"}, True),
        ({"setup.cfg": "[flake8]\nmax-line-length = 60  # short\n"}, True),
        ({".flake8": "[flake8]\nmax-line-length = 100\n"}, False),
        ({"pyproject.toml": "broken", "setup.cfg": "broken"}, False),
        ({"other.txt": ""}, False),
    ],
)
def test_how_long_lines_may_be(files: dict[str, str], folds: bool) -> None:
    made = fixed("books = «Book.objects.filter(a=1).order_by('title')»", "author", "", **files)
    assert ("\n" in made) is folds


@pytest.mark.parametrize(("longest", "folds"), [(100, True), (160, False)])
def test_lines_may_be_as_long_as_others_of_the_file(longest: int, folds: bool) -> None:
    marked = f"# {'-' * (longest - 2)}\nbooks = «Book.objects.filter(title='{'a' * 80}').order_by('title')»\n"
    assert (fixed(marked, "author", "", other="").count("\n") > 2) is folds
