"""Comments that silence findings: what they name, which lines they speak of, and what is no comment at all."""

from __future__ import annotations

import io
import tokenize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitfall_lint.facts import comments
from pitfall_lint.facts.records import Suppression
from pitfall_lint.language import pack


def only(source: str) -> Suppression:
    (found,) = comments.in_python(source)
    return found


@pytest.mark.parametrize(
    ("comment", "style", "codes", "reason"),
    [
        ("# noqa", "noqa", (), ""),
        ("#noqa", "noqa", (), ""),
        ("# NOQA", "noqa", (), ""),
        ("# noqa: DJG101", "noqa", ("DJG101",), ""),
        ("# noqa:DJG101,E501", "noqa", ("DJG101", "E501"), ""),
        ("# noqa : djg101, n-plus-one-to-one", "noqa", ("DJG101", "n-plus-one-to-one"), ""),
        ("# noqa: DJG101 E501 because of tests", "noqa", ("DJG101", "E501"), "because of tests"),
        ("# noqa - because", "noqa", (), "because"),
        ("# type: ignore  # noqa: F401", "noqa", ("F401",), ""),
        ("# pitfall: ignore", "pitfall", (), ""),
        ("# pitfall: ignore[DJG101]", "pitfall", ("DJG101",), ""),
        ("#pitfall:ignore[djg101, query-in-loop]: few", "pitfall", ("DJG101", "query-in-loop"), "few"),
        ("# pitfall: ignore [DJG101] - cached", "pitfall", ("DJG101",), "cached"),
        ("# pitfall: ignore - cached", "pitfall", (), "cached"),
    ],
)  # fmt: skip
def test_what_a_comment_says(comment: str, style: str, codes: tuple[str, ...], reason: str) -> None:
    found = only(f"x = 1  {comment}\n")
    assert (found.style, found.codes, found.reason) == (style, codes, reason)
    assert (found.row, found.first, found.last) == (1, 1, 1)
    assert found.end == pack(1, len("x = 1  ") + len(comment))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqaer", "# noqa-not", "# about noqa", "# flake8: noqa", "# ruff: noqa", "# noqa: prose", "# noqa:",
        "# pitfall: ignore[DJG101", "# pitfall: ignore[]", "# pitfall: ignored", "# pitfall: look",
        "# pitfalls: ignore",
    ],
)  # fmt: skip
def test_what_silences_nothing(comment: str) -> None:
    assert comments.in_python(f"x = 1  {comment}\n") == ()


def test_two_in_one_comment() -> None:
    first, second = comments.in_python("x = 1  # noqa: A1  # pitfall: ignore[B2] why\n")
    assert (first.codes, second.codes, second.reason) == (("A1",), ("B2",), "why")
    assert (first.start, first.end) == (pack(1, 7), pack(1, 17))
    assert (second.start, second.end) == (pack(1, 19), pack(1, 44))


@pytest.mark.parametrize(
    ("source", "row", "lines"),
    [
        ("x = f(  # noqa\n    1,\n)\ny\n", 1, (1, 3)),
        ("x = f(\n    1,  # noqa\n)\ny\n", 2, (1, 3)),
        ("x = f(\n    # noqa\n    1,\n)\ny\n", 2, (1, 4)),
        ("x = f(\n    1,\n)  # noqa\ny\n", 3, (1, 3)),
        ('x = """\na\n"""  # noqa\ny\n', 3, (1, 3)),
        ("x = 1 + \\\n    2  # noqa\ny\n", 2, (1, 2)),
        ("# noqa\n\n# other\nx = f(\n    1)\ny\n", 1, (4, 5)),
        ("if a:\n    # noqa\n    b(\n    )\nc\n", 2, (3, 4)),
        ("for a in f(\n    b,  # noqa\n):\n    c\n", 2, (1, 3)),
        ("def f(\n    a,\n):  # noqa\n    c\n", 3, (1, 3)),
        ("@a(\n    1\n)\n@b\ndef f(x,\n      y):  # noqa\n    c\n", 6, (1, 6)),
        ("# noqa\n@a\n\n# between\n@b\nclass A:\n    c\n", 1, (2, 6)),
        ("@a  # noqa\nclass A:\n    c\n", 1, (1, 2)),
        ("x\n# noqa", 2, (2, 2)),
        ("x  # noqa", 1, (1, 1)),
        ("x = (1,  # noqa", 1, (1, 1)),
        ("a; b = (\n1); c  # noqa\nd\n", 2, (1, 2)),
    ],
)
def test_the_lines_it_speaks_of(source: str, row: int, lines: tuple[int, int]) -> None:
    found = only(source)
    assert (found.row, (found.first, found.last)) == (row, lines)


@pytest.mark.parametrize(
    "source",
    [
        "x = '# noqa'\n",
        'x = """\n# noqa\n"""\n',
        "x = r'\\'  # noqa'\n",
        "x = rb'''\n'\\''' # noqa\n'''\n",
        "x = f'{a}# noqa'\n",
        "x = f'{a:# noqa}'\n",
        "x = f'''{a['# noqa']}\n# noqa {{\n'''\n",
        'x = f"{a["# noqa"]}"\n',
        "x = f'{f'{f'# noqa'}'}'\n",
        "x = f'\\N{BULLET} # noqa'\n",
        "x = f'{{# noqa'\n",
        "x = rf'\\{a}# noqa'\n",
        "x = f'{a!r:{b}} # noqa'\n",
    ],
)
def test_text_within_strings_is_no_comment(source: str) -> None:
    assert comments.in_python(source) == ()
    assert only(source + "y  # noqa\n").row == source.count("\n") + 1


def test_columns_count_characters() -> None:
    assert only("é = 'ñ'  # noqa\n").start == pack(1, 9)


def test_a_template_comment() -> None:
    (found,) = comments.in_comment("{# pitfall: ignore[DJG101] few rows #}", pack(3, 4), 5, 6)
    assert (found.style, found.codes, found.reason) == ("pitfall", ("DJG101",), "few rows")
    assert (found.row, found.first, found.last, found.start) == (3, 5, 6, pack(3, 5))


PIECES = [
    "x", "'", '"', '"""', "'''", "f'", 'rf"', "b'", "{", "}", "(", ")", "[", "]", "\\", "\n", " ", "# noqa", "#", ":", "!r",
    "=",     "@", ",", "\\N{", "é", "def f():", "pitfall: ignore[A1]",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_the_scanner_never_fails_and_tokenize_agrees_where_it_can(source: str) -> None:
    found, statements, _ = comments.scan(source)
    assert all(s.first <= s.last for s in statements)
    comments.in_python(source)
    try:
        compile(source, "", "exec", dont_inherit=True)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return
    expected = [(t.start[0], t.start[1], t.string) for t in tokens if t.type == tokenize.COMMENT]
    scanned = [(c.row, c.column, c.words) for c in found]
    if any(tokenize.tok_name[t.type] == "FSTRING_START" for t in tokens):
        assert set(scanned) <= set(expected)  # comments within the fields of f-strings are passed over
    else:
        assert scanned == expected
