"""Loader options in SQLAlchemy queries of every style, and the imports that they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Applicability, Fix, LoaderOption, Place
from pitfall_lint.fixes import expand
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import MemorySource

OPTION = ("joinedload(Book.author)",)


def fixed(text: str, query: str, recipe: tuple[str, ...] = OPTION, names: tuple[str, ...] = ("joinedload",)) -> str:
    """The file after the fix of the query that stands in it."""
    held = Text("app.py", text.encode())
    start = text.index(query)
    place = Place("app.py", held.position(start), held.position(start + len(query)))
    fix = Fix(Applicability.SAFE, "", LoaderOption(place, recipe, names))
    made = expand(fix, MemorySource({"app.py": text}, Path("/project")))
    return held.edited(made.edits).decode()


@pytest.mark.parametrize(
    ("query", "after"),
    [
        ("Book.query", "Book.query.options(joinedload(Book.author))"),
        (
            "db.session.query(Book).filter_by(a=1)",
            "db.session.query(Book).filter_by(a=1).options(joinedload(Book.author))",
        ),
        ("select(Book)", "select(Book).options(joinedload(Book.author))"),
        (
            "Book.query.options(selectinload(Book.tags)).order_by(Book.id)",
            "Book.query.options(selectinload(Book.tags), joinedload(Book.author)).order_by(Book.id)",
        ),
        ("Book.query.options(*wanted)", "Book.query.options(*wanted).options(joinedload(Book.author))"),
        (
            "(\n    Book.query\n    .filter_by(a=1)\n)",
            "(\n    Book.query\n    .filter_by(a=1)\n    .options(joinedload(Book.author))\n)",
        ),
    ],
)
def test_query_forms(query: str, after: str) -> None:
    text = f"from sqlalchemy.orm import joinedload\nbooks = {query}\n"
    inner = query[1:-1].strip() if query.startswith("(") else query
    assert fixed(text, inner, names=()) == f"from sqlalchemy.orm import joinedload\nbooks = {after}\n"


@pytest.mark.parametrize(
    ("head", "after"),
    [
        ("from models import Book\n", "from models import Book\nfrom sqlalchemy.orm import joinedload\n"),
        ("from sqlalchemy.orm import Session\n", "from sqlalchemy.orm import Session, joinedload\n"),
        ('"""Doc."""\n', '"""Doc."""\nfrom sqlalchemy.orm import joinedload\n'),
        (
            "import os\n\nfrom flask import g\nfrom funcy import project\nfrom werkzeug import exceptions\n",
            "import os\n\nfrom flask import g\nfrom funcy import project\nfrom sqlalchemy.orm import joinedload\n"
            "from werkzeug import exceptions\n",
        ),
        (
            "from sqlalchemy.exc import IntegrityError\nfrom sqlalchemy.orm.exc import NoResultFound\n",
            "from sqlalchemy.exc import IntegrityError\nfrom sqlalchemy.orm import joinedload\n"
            "from sqlalchemy.orm.exc import NoResultFound\n",
        ),
        ("import os\n", "import os\n\nfrom sqlalchemy.orm import joinedload\n"),
        ("from . import models\n", "from sqlalchemy.orm import joinedload\n\nfrom . import models\n"),
    ],
)
def test_imports(head: str, after: str) -> None:
    assert fixed(f"{head}books = Book.query\n", "Book.query").startswith(after)


@pytest.mark.parametrize("query", ["Book.query.all()", "Book.query.first()", "books"])
def test_refused_where_no_query_stands(query: str) -> None:
    with pytest.raises(CannotFix):
        fixed(f"x = {query}\n", query)


def test_refused_where_the_name_is_taken() -> None:
    with pytest.raises(CannotFix, match="taken"):
        fixed("def joinedload(x): ...\nx = Book.query\n", "Book.query")
