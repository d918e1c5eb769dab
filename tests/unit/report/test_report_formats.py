"""The formats of one line a finding and those for machines, to the letter."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import msgspec
import pytest
from report_samples import change, sample

from pitfall_lint.finding import Edits, Finding
from pitfall_lint.report import FORMATS, Expansion, Report, relative, render
from pitfall_lint.source import MemorySource


def text(name: str, report: Report, **changes: object) -> str:
    """The report in one format."""
    return "".join(render(name, change(report, **changes)))


def expand(finding: Finding) -> Expansion:
    """Expands what needs no codemod."""
    recipe = finding.fix.recipe
    return (recipe.edits, recipe.moves) if isinstance(recipe, Edits) else ((), ())


def test_concise(report: Report) -> None:
    """`path:row:column: CODE severity message [*]`."""
    assert text("concise", report) == (
        "shop/app.py:4:18: FLK203 warning `app.secret_key` is written in the source: read it from the environment\n"
        "shop/gone.py: PFL001 info the file is gone, or was never there: 100%\n"
        "shop/views.py:6:9: DJG101 error `Book.objects.filter(...)` leaves `author` to one query per book: "
        "load it [*]\n"
        "Found 3 findings in 3 files: 1 error, 1 warning, 1 info.\n"
        "[*] 1 fixable with `--fix` (1 more with `--unsafe-fixes`).\n"
    )
    assert "environment [*]\n" in text("concise", report, unsafe=True)
    assert "\x1b[1;33mwarning\x1b[0m" in text("concise", report, colour=True)


def test_grouped(report: Report) -> None:
    """A paragraph a file, in columns."""
    first = msgspec.structs.replace(report.parts[0].findings[0], code="FLK202", message="debug")
    late = msgspec.structs.replace(
        report.parts[0].findings[0],
        place=msgspec.structs.replace(report.parts[0].findings[2].place, path="shop/app.py"),
        severity=report.parts[0].findings[2].severity,
    )
    assert text("grouped", report, findings=(first, late, report.parts[0].findings[1]), summary=False) == (
        "shop/app.py\n"
        "  4:18  warning  FLK202  debug\n"
        "   6:9  error    FLK203  `app.secret_key` is written in the source: read it from the environment\n"
        "\n"
        "shop/gone.py\n"
        "  0:1  info  PFL001  the file is gone, or was never there: 100%\n"
        "\n"
    )


def test_json(report: Report) -> None:
    """Every key, in ruff's order, then ours."""
    printed = text("json", report, expand=expand, cwd=Path("/project/shop"))
    secret, gone, lazy = json.loads(printed)
    assert secret == {
        "code": "FLK203",
        "name": "hard-coded-secret-key",
        "message": "`app.secret_key` is written in the source: read it from the environment",
        "filename": "app.py",
        "location": {"row": 4, "column": 18},
        "end_location": {"row": 4, "column": 23},
        "severity": "warning",
        "confidence": "medium",
        "fingerprint": report.parts[0].findings[0].fingerprint,
        "url": "https://flask.palletsprojects.com/en/stable/config/#SECRET_KEY",
        "noqa_row": 4,
        "fix": {
            "applicability": "unsafe",
            "message": "read it from the environment",
            "edits": [
                {
                    "content": 'os.environ["SECRET_KEY"]',
                    "filename": "app.py",
                    "location": {"row": 4, "column": 18},
                    "end_location": {"row": 4, "column": 23},
                }
            ],
            "moves": [{"from": "a.html", "to": "b.html"}],
        },
        "related": [],
        "data": {},
    }
    assert list(secret)[:6] == ["code", "name", "message", "filename", "location", "end_location"]
    assert gone["location"] == {"row": 1, "column": 1}
    assert lazy["data"] == {"model": "books.Book", "relations": ["author"]}
    assert lazy["related"][1] == {
        "filename": "index.html",
        "location": {"row": 1, "column": 4},
        "end_location": {"row": 1, "column": 21},
        "message": "the loop over `books`",
    }
    assert printed.startswith('[\n  {\n    "code": "FLK203",\n')
    assert printed.endswith("\n  }\n]\n")
    assert text("json", report, findings=()) == "[]\n"


def test_json_lines(report: Report) -> None:
    """The same objects, one a line."""
    lines = text("json-lines", report, expand=expand).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(text("json", report, expand=expand))
    assert text("json-lines", report, findings=()) == ""


def test_github(report: Report) -> None:
    """Escaped as workflow commands want it."""
    assert text("github", report).splitlines() == [
        "::warning file=shop/app.py,line=4,col=18,endLine=4,endColumn=23,title=FLK203 hard-coded-secret-key::"
        "`app.secret_key` is written in the source: read it from the environment%0A"
        "fix (unsafe): read it from the environment",
        "::notice file=shop/gone.py,line=1,title=PFL001 unreadable-file::"
        "the file is gone,%0Aor was never there: 100%25%0Afix (manual): write it:%0A%0A    x = 1",
        "::error file=shop/views.py,line=6,endLine=7,title=DJG101 n-plus-one-to-one::"
        "`Book.objects.filter(...)` leaves `author` to one query per book: load it%0A"
        "1. shop/views.py:12:13 called here%0A"
        "2. shop/index.html:1:4 the loop over `books`%0A"
        "3. shop/index.html:2:8 each turn reads `book.author`%0A"
        'fix (safe): add `.select_related("author")` to the query',
    ]
    odd = msgspec.structs.replace(
        report.parts[0].findings[0], place=msgspec.structs.replace(report.parts[0].findings[0].place, path="a,b:c%.py")
    )
    assert text("github", report, findings=(odd,)).startswith("::warning file=a%2Cb%3Ac%25.py,line=4,")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_stands_an_empty_report(report: Report, name: str) -> None:
    """And one whose files are all gone."""
    text(name, report, findings=())
    text(name, report, source=MemorySource({}))


def test_several_projects_in_one_report(report: Report) -> None:
    """Each finding is shown under its own root."""
    other = dataclasses.replace(sample().parts[0], root=Path("/other"))
    both = dataclasses.replace(report, parts=(*report.parts, other))
    lines = "".join(render("concise", both)).splitlines()
    assert lines[0].startswith("shop/app.py:4:18: ")
    assert lines[3].startswith("../other/shop/app.py:4:18: ")
    assert lines[-2] == "Found 6 findings in 6 files: 2 errors, 2 warnings, 2 info."
    assert "../other/shop/app.py\n  4:18" in "".join(render("grouped", both))
    printed = json.loads("".join(render("json", both)))
    assert printed[3]["filename"] == "../other/shop/app.py"
    assert printed[0]["fingerprint"] == printed[3]["fingerprint"]


def test_an_unknown_format_is_refused(report: Report) -> None:
    """Also one that names a module of ours."""
    with pytest.raises(KeyError):
        render("style", report)


def test_relative() -> None:
    """Forward slashes, upwards too."""
    assert relative(Path("/a/b/c.py"), Path("/a")) == "b/c.py"
    assert relative(Path("/a/c.py"), Path("/a/b")) == "../c.py"
