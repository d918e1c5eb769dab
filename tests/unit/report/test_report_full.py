"""The `full` format: its text to the letter, its colours, and what it does with hostile or missing text."""

from __future__ import annotations

import re
import time
from pathlib import Path

import msgspec
import pytest
from report_samples import change

from pitfall_lint.finding import Confidence, Finding, Place
from pitfall_lint.language import pack
from pitfall_lint.report import Report, render
from pitfall_lint.source import MemorySource

TEXT = """\
warning FLK203[hard-coded-secret-key]: `app.secret_key` is written in the source: read it from the environment
   --> shop/app.py:4:18
    |
  4 | app.secret_key = "abc"
    |                  ^^^^^
    |
    = fix (unsafe): read it from the environment
      `--fix --unsafe-fixes` applies it
    = confidence: medium

info PFL001[unreadable-file]: the file is gone, or was never there: 100%
   --> shop/gone.py
    |
    = fix (manual): write it:

          x = 1

error DJG101[n-plus-one-to-one]: `Book.objects.filter(...)` leaves `author` to one query per book: load it
   --> shop/views.py:6:9
    |
  6 | /         Book.objects.filter(shop=shop)
  7 | |         .order_by('title')
    | |__________________________^
    |
   (1) shop/views.py:12:13
 12 |     books = published(request.shop)
    |             ----------------------- called here
    |
   (2) shop/index.html:1:4
  1 | {% for book in books %}
    |    ----------------- the loop over `books`
    |
   (3) shop/index.html:2:8
  2 |     漢字 {{ book.author.name }}
    |             ----------- each turn reads `book.author`
    |
    = fix (safe): add `.select_related("author")` to the query
      `--fix` applies it

Found 3 findings in 3 files: 1 error, 1 warning, 1 info.
[*] 1 fixable with `--fix` (1 more with `--unsafe-fixes`).
"""


def text(report: Report, **changes: object) -> str:
    """The report in full."""
    return "".join(render("full", change(report, **changes)))


def one(report: Report, source: str, start: tuple[int, int], end: tuple[int, int], **changes: object) -> list[str]:
    """The frame's lines of one finding over `source`, positions from 1."""
    place = Place("a.py", pack(start[0], start[1] - 1), pack(end[0], end[1] - 1))
    finding = msgspec.structs.replace(report.parts[0].findings[0], place=place, confidence=Confidence.HIGH)
    printed = text(report, findings=(finding,), source=MemorySource({"a.py": source}), summary=False, **changes).split(
        "\n"
    )
    return printed[printed.index("    |") + 1 : printed.index("    |", printed.index("    |") + 1)]


def test_text(report: Report) -> None:
    """Every word and column of it."""
    assert text(report) == TEXT


def test_colours_add_nothing_but_codes(report: Report) -> None:
    """Without its codes the coloured text is the plain one."""
    coloured = text(report, colour=True)
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == TEXT


def test_paths_are_relative_to_the_working_directory(report: Report) -> None:
    """Also above it."""
    assert "--> app.py:4:18" in text(report, cwd=Path("/project/shop"))
    assert "--> ../shop/app.py:4:18" in text(report, cwd=Path("/project/docs"))


def test_tabs_are_expanded(report: Report) -> None:
    """To the next multiple of four, before and within the span."""
    assert one(report, "a\tb = \tcall()\n", (1, 8), (1, 12)) == [
        "  1 | a   b =     call()",
        "    |             ^^^^",
    ]


def test_wide_and_combining_characters(report: Report) -> None:
    """A wide character takes two cells, a combining one none."""
    assert one(report, "漢 = e\u0301 + x\n", (1, 10), (1, 11)) == [
        "  1 | 漢 = e\u0301 + x",
        "    |          ^",
    ]


def test_control_characters_do_not_reach_the_terminal(report: Report) -> None:
    """Escape codes and marks that turn the direction of text are shown as pictures."""
    assert one(report, "x = '\x1b[2J\u202e'\n", (1, 5), (1, 12)) == [
        "  1 | x = '␛[2J\ufffd'",
        "    |     ^^^^^^^",
    ]
    finding = msgspec.structs.replace(report.parts[0].findings[0], message="a\x1b[31mb\r\nc")
    assert "a␛[31mb c" in text(report, findings=(finding,))


def test_an_empty_span_has_one_caret(report: Report) -> None:
    """Where something is to be inserted; also at the very end of a line."""
    assert one(report, "x = 1\n", (1, 1), (1, 1)) == ["  1 | x = 1", "    | ^"]
    assert one(report, "x = 1\n", (1, 6), (1, 6)) == ["  1 | x = 1", "    |      ^"]


def test_a_long_line_is_cut_around_the_span(report: Report) -> None:
    """No line is wider than the report, and the span is seen."""
    source = "x = [" + "1, " * 100 + "call(), " + "2, " * 100 + "]\n"
    line, underline = one(report, source, (1, 306), (1, 312), width=60)
    assert len(line) <= 60
    assert line[underline.index("^") : underline.rindex("^") + 1] == "call()"
    assert line.startswith("  1 | ...")
    assert line.endswith("...")


def test_a_span_longer_than_the_window_is_cut(report: Report) -> None:
    """It loses its end."""
    line, underline = one(report, "x = '" + "漢" * 300 + "'\n", (1, 5), (1, 307), width=60)
    assert line.startswith("  1 | ...'漢")
    assert line.endswith("...")
    assert 40 <= underline.count("^") <= 60


@pytest.mark.parametrize("column", [1, 150, 299, 300, 400])
def test_any_column_of_a_long_line(report: Report, column: int) -> None:
    """Places at and past the end of a line do no harm."""
    line, underline = one(report, "y" * 299 + "\n", (1, column), (1, column + 5), width=80)
    assert len(line) <= 80
    assert "^" in underline


def test_a_tall_span_that_begins_within_its_line(report: Report) -> None:
    """The bracket turns under the span's beginning."""
    assert one(report, "books = Book.objects.filter(\n    a=1,\n)\n", (1, 9), (3, 2)) == [
        "  1 |   books = Book.objects.filter(",
        "    |  _________^",
        "  2 | |     a=1,",
        "  3 | | )",
        "    | |_^",
    ]


def test_a_very_tall_span_is_shortened(report: Report) -> None:
    """Its first three lines and its last are shown."""
    source = "f(\n" + "".join(f"    a{number},\n" for number in range(20)) + ")\n"
    assert one(report, source, (1, 1), (22, 2)) == [
        "  1 | / f(",
        "  2 | |     a0,",
        "  3 | |     a1,",
        " ...   |",
        " 22 | | )",
        "    | |_^",
    ]


def test_a_span_that_ends_where_a_line_begins(report: Report) -> None:
    """It ends with the line before."""
    assert one(report, "x = 1\ny = 2\n", (1, 1), (2, 1)) == ["  1 | x = 1", "    | ^^^^^"]


def test_words_that_do_not_fit_go_below(report: Report) -> None:
    """Rather than past the edge."""
    finding = report.parts[0].findings[2]
    steps = (msgspec.structs.replace(finding.related[0], message="w" * 50),)
    finding = msgspec.structs.replace(finding, related=steps)
    printed = text(report, findings=(finding,), width=70)
    assert "    |             -----------------------\n    |             " + "w" * 50 + "\n" in printed


def test_missing_files_and_rows(report: Report) -> None:
    """What cannot be shown is named."""
    finding: Finding = msgspec.structs.replace(
        report.parts[0].findings[2], place=Place("shop/views.py", pack(99, 0), pack(99, 4))
    )
    printed = text(report, findings=(finding,), source=MemorySource({}))
    assert "--> shop/views.py:99:1\n    |\n   (1) shop/views.py:12:13 called here\n" in printed


def test_declared_encodings_and_line_ends(report: Report) -> None:
    """Lines are counted as Python counts them: not at form feeds, not at U+2028."""
    source = MemorySource({"a.py": "# coding: latin-1\r\n\x0cx = 'é\x85'\ry = 1\n".encode("latin-1")})
    changed = change(report, source=source).parts[0]
    assert changed.lines("a.py") == ("# coding: latin-1", "\x0cx = 'é\x85'", "y = 1", "")


def test_the_summary(report: Report) -> None:
    """It counts what is left and what was fixed, and can be left out."""
    ending = text(report, unsafe=True).rpartition("\n\n")[2]
    assert ending.endswith("[*] 2 fixable with `--fix --unsafe-fixes`.\n")
    assert text(report, summary=False) + ending.replace("2 fixable with `--fix --unsafe-fixes`", "") != TEXT
    assert "Found" not in text(report, summary=False)
    assert "2 findings fixed, 3 left in 3 files: 1 error" in text(report, fixed=2)
    assert text(report, findings=()) == "All clear: no pitfalls found.\n"
    assert text(report, findings=(), fixed=1) == "All clear: 1 finding fixed, none left.\n"
    only_unsafe = text(report, findings=report.parts[0].findings[:1])
    assert only_unsafe.endswith("No safe fixes; 1 fixable with `--fix --unsafe-fixes`.\n")
    assert text(report, findings=report.parts[0].findings[1:2]).endswith("Found 1 finding in 1 file: 1 info.\n")


def test_a_thousand_findings_are_quick(report: Report) -> None:
    """A report must not cost more than the run."""
    start = time.perf_counter()
    text(report, findings=report.parts[0].findings * 334)
    assert time.perf_counter() - start < 1
