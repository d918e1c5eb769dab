"""One small project and its findings, for the tests of all formats."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from pitfall_lint.finding import (
    Applicability,
    Confidence,
    EagerLoad,
    Edit,
    Edits,
    Finding,
    Fix,
    Move,
    Place,
    Severity,
    Step,
)
from pitfall_lint.language import pack
from pitfall_lint.report import Part, Report
from pitfall_lint.source import MemorySource

FILES = {
    "shop/app.py": 'from flask import Flask\n\napp = Flask(__name__)\napp.secret_key = "abc"\n',
    "shop/views.py": (
        "from books.models import Book\n\n\ndef published(shop):\n    return (\n"
        "        Book.objects.filter(shop=shop)\n        .order_by('title')\n    )\n\n\n"
        "def index(request):\n    books = published(request.shop)\n"
        "    return render(request, 'index.html', {'books': books})\n"
    ),
    "shop/index.html": "{% for book in books %}\n\t漢字 {{ book.author.name }}\n{% endfor %}\n",
}


def place(path: str, row: int, column: int, end_row: int, end_column: int) -> Place:
    """A place as an editor counts: from 1."""
    return Place(path, pack(row, column - 1), pack(end_row, end_column - 1))


SECRET = Finding(
    code="FLK203",
    name="hard-coded-secret-key",
    message="`app.secret_key` is written in the source: read it from the environment",
    place=place("shop/app.py", 4, 18, 4, 23),
    severity=Severity.WARNING,
    confidence=Confidence.MEDIUM,
    fix=Fix(
        Applicability.UNSAFE,
        "read it from the environment",
        Edits(
            (Edit(place("shop/app.py", 4, 18, 4, 23), 'os.environ["SECRET_KEY"]'),),
            (Move("shop/a.html", "shop/b.html"),),
        ),
    ),
    url="https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY",
)
LAZY = Finding(
    code="DJG101",
    name="n-plus-one-to-one",
    message="`Book.objects.filter(...)` leaves `author` to one query per book: load it",
    place=place("shop/views.py", 6, 9, 7, 27),
    severity=Severity.ERROR,
    confidence=Confidence.HIGH,
    fix=Fix(
        Applicability.SAFE,
        'add `.select_related("author")` to the query',
        EagerLoad(place("shop/views.py", 6, 9, 7, 27), joined=("author",)),
    ),
    scope="published",
    related=(
        Step(place("shop/views.py", 12, 13, 12, 36), "called here"),
        Step(place("shop/index.html", 1, 4, 1, 21), "the loop over `books`"),
        Step(place("shop/index.html", 2, 8, 2, 19), "each turn reads `book.author`"),
    ),
    relations=("author",),
    url="https://docs.djangoproject.com/en/stable/ref/models/querysets/#select-related",
    data={"model": "books.Book"},
)
GONE = Finding(
    code="PFL001",
    name="unreadable-file",
    message="the file is gone,\nor was never there: 100%",
    place=Place("shop/gone.py", 0, 0),
    severity=Severity.INFO,
    confidence=Confidence.HIGH,
    fix=Fix(Applicability.MANUAL, "write it:\n\n    x = 1"),
)


def sample() -> Report:
    """The report of three findings, read from a folder `shop` inside the project."""
    root = Path("/project")
    return Report((Part((SECRET, GONE, LAZY), MemorySource(FILES, root), root, cwd=root),))


def change(report: Report, **changes: Any) -> Report:
    """The report with other fields; those of its part too."""
    ours = {field.name for field in dataclasses.fields(Part)}
    part = dataclasses.replace(
        report.parts[0], paths={}, texts={}, **{name: value for name, value in changes.items() if name in ours}
    )
    others = {name: value for name, value in changes.items() if name not in ours}
    return dataclasses.replace(report, parts=(part,), **others)
