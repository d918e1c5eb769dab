"""Comments that silence findings, those that silence nothing, and comments that `--add-noqa` writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pitfall_lint import facts, registry, suppress
from pitfall_lint.discover import classify
from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place
from pitfall_lint.language import column_of, line_of, pack
from pitfall_lint.rule import Rule
from pitfall_lint.source import MemorySource

FIX = Fix(Applicability.MANUAL, "Do it.")


class One(Rule):
    """One."""

    code, name = "DJG101", "one-thing"


class Two(Rule):
    """Two."""

    code, name = "DJG102", "two-things"


class Unused(Rule):
    """Unused."""

    code, name = "PFL002", "unused-suppression"


ALL = (One, Two, Unused)


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "rules", lambda: ALL)


def at(row: int, rule: type[Rule] = One, path: str = "app.py") -> Finding:
    return rule().found(Place(path, pack(row, 0), pack(row, 3)), f"{rule.code} in row {row}", fix=FIX)


def applied(
    text: str, *findings: Finding, rules: Sequence[type[Rule]] = ALL, path: str = "app.py"
) -> tuple[suppress.Outcome, list[Finding]]:
    source = MemorySource({path: text}, Path("/p"))
    read = {path: facts.read(path, classify(path), text.encode())}
    outcome = suppress.apply(findings, read, [rule() for rule in rules], source)
    return outcome, [finding for finding in outcome.findings if finding.code == "PFL002"]


def edited(text: str, edits: Sequence[Edit]) -> str:
    lines = text.split("\n")
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line) + 1)
    for edit in sorted(edits, reverse=True):
        start, end = (offsets[line_of(spot) - 1] + column_of(spot) for spot in (edit.place.start, edit.place.end))
        text = text[:start] + edit.content + text[end:]
    return text


def mended(text: str, unused: Sequence[Finding]) -> str:
    edits = []
    for finding in unused:
        assert finding.fix.applicability is Applicability.SAFE
        assert isinstance(finding.fix.recipe, Edits)
        edits += finding.fix.recipe.edits
    return edited(text, edits)


# -------------------------------------------------------------------- silencing


@pytest.mark.parametrize(
    "line",
    [
        "x = 1  # noqa",
        "x = 1  # noqa: DJG101",
        "x = 1  # NOQA:djg101",
        "x = 1  # noqa: E501,DJG101",
        "x = 1  # noqa: DJG1",
        "x = 1  # pitfall: ignore",
        "x = 1  # pitfall: ignore[DJG101] for a reason",
        "x = 1  # pitfall: ignore[one-thing]",
        "x = 1  # pitfall: ignore[DJG102, one-thing]",
        "x = 1  # why  # noqa: DJG101",
    ],
)
def test_silences(line: str) -> None:
    outcome, _ = applied(f"{line}\n", at(1))
    assert [finding.code for finding in outcome.suppressed] == ["DJG101"]
    assert [finding.code for finding in outcome.findings if finding.code != "PFL002"] == []


@pytest.mark.parametrize(
    "line",
    [
        "x = 1",
        "x = 1  # noqa: E501",
        "x = 1  # noqa: DJG102",
        "x = '# noqa'",
        "x = 1  # pitfall: ignore[DJG102]",
        "x = 1  # no qa",
    ],
)
def test_does_not_silence(line: str) -> None:
    outcome, _ = applied(f"{line}\n", at(1))
    assert [finding.code for finding in outcome.findings if finding.code != "PFL002"] == ["DJG101"]
    assert outcome.suppressed == ()


def test_rows() -> None:
    text = "call(\n    a,\n    b,  # noqa: DJG101\n)\n# pitfall: ignore[DJG101]\ny = [\n    1,\n]\nz = 1\n"
    outcome, unused = applied(text, at(1), at(2), at(6), at(7), at(9))
    assert [finding.place.row for finding in outcome.suppressed] == [1, 2, 6, 7]
    assert [finding.place.row for finding in outcome.findings] == [9]
    assert unused == []


def test_other_files_are_not_touched() -> None:
    outcome, _ = applied("x = 1  # noqa\n", at(1, path="other.py"))
    assert len(outcome.findings) == 1


def test_template() -> None:
    text = "{{ a }} {# pitfall: ignore[DJG101] #}\n{# pitfall: ignore[one-thing] #}\n{{ b }}\n{{ c }}\n"
    outcome, unused = applied(text, *(at(row, path="templates/a.html") for row in (1, 3, 4)), path="templates/a.html")
    assert [finding.place.row for finding in outcome.suppressed] == [1, 3]
    assert [finding.place.row for finding in outcome.findings] == [4]
    assert unused == []


# ----------------------------------------------------------------------- unused


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1  # noqa: DJG101\n", "x = 1\n"),
        ("x = 1  # noqa:DJG101,DJG102\n", "x = 1\n"),
        ("x = 1  # noqa: E501, DJG101\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa: DJG101, E501, DJG102\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # noqa:E501,DJG101,W291\n", "x = 1  # noqa:E501,W291\n"),
        ("x = 1  # noqa: E501 DJG101 W291\n", "x = 1  # noqa: E501 W291\n"),
        ("x = 1  # pitfall: ignore[DJG101]\n", "x = 1\n"),
        ("x = 1  # pitfall: ignore[one-thing] for a reason\n", "x = 1\n"),
        ("x = 1  # pitfall: ignore[ DJG101 , nothing-such ]\n", "x = 1\n"),
        ("x = 1  # why  # pitfall: ignore[DJG101]\n", "x = 1  # why\n"),
        ("x = 1  # pitfall: ignore[DJG101] # noqa: E501\n", "x = 1  # noqa: E501\n"),
        ("x = 1  # pitfall: ignore\n", "x = 1\n"),
        ("x = 1  # pitfall: ignore[DJG101] see #12  # type: ignore\n", "x = 1  # type: ignore\n"),
        ("x = 1  # noqa: DJG101 # pragma: no cover\n", "x = 1  # pragma: no cover\n"),
        ("# pitfall: ignore[DJG101]\nx = 1\n", "x = 1\n"),
        ("def f():\n    # noqa: DJG101\n    x = 1\n", "def f():\n    x = 1\n"),
        ("x = 1\n# pitfall: ignore[DJG101]", "x = 1\n"),
        ("größe = 'ä'  # noqa: DJG101\n", "größe = 'ä'\n"),
    ],
)
def test_unused_is_taken_away(before: str, after: str) -> None:
    _, unused = applied(before)
    assert mended(before, unused) == after
    assert applied(after)[1] == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>{{ a }} {# pitfall: ignore[DJG101] #}</p>\n", "<p>{{ a }} </p>\n"),
        ("<p>{{ a }}</p>  {# pitfall: ignore[DJG101] #}\n", "<p>{{ a }}</p>\n"),
        ("<p>\n  {# pitfall: ignore[DJG101, DJG102] why #}\n{{ a }}</p>\n", "<p>\n{{ a }}</p>\n"),
    ],
)
def test_unused_in_a_template(before: str, after: str) -> None:
    _, unused = applied(before, path="templates/a.html")
    assert mended(before, unused) == after


def test_part_of_a_template_comment() -> None:
    text = "{{ a }} {# pitfall: ignore[DJG101, DJG102] why #}\n"
    _, unused = applied(text, at(1, path="templates/a.html"), path="templates/a.html")
    assert mended(text, unused) == "{{ a }} {# pitfall: ignore[DJG101] why #}\n"


def test_only_the_unused_code_goes() -> None:
    text = "x = 1  # pitfall: ignore[DJG101, two-things] for a reason\n"
    outcome, unused = applied(text, at(1))
    assert mended(text, unused) == "x = 1  # pitfall: ignore[DJG101] for a reason\n"
    assert [finding.message for finding in unused] == ["This comment silences no `two-things` here; remove it."]
    assert unused[0].fix.message == "Remove `two-things` from the comment."
    assert len(outcome.suppressed) == 1


@pytest.mark.parametrize(
    "line", ["x = 1  # noqa", "x = 1  # noqa: E501", "x = 1  # noqa: nothing-such", "x = 'noqa: DJG101'"]
)
def test_never_called_unused(line: str) -> None:
    assert applied(f"{line}\n")[1] == []


def test_unknown_names_are_told() -> None:
    _, unused = applied("x = 1  # pitfall: ignore[one-think]\ny = 1  # pitfall: ignore[XYZ999]\n")
    assert [finding.message for finding in unused] == [
        "There is no rule `one-think`; did you mean `one-thing`?",
        "There is no rule `XYZ999`; remove it from this comment.",
    ]


def test_rules_that_did_not_run_are_not_spoken_of() -> None:
    text = "x = 1  # noqa: DJG101\ny = 1  # pitfall: ignore[DJG101, DJG102]\nz = 1  # pitfall: ignore\n"
    _, unused = applied(text, rules=(Two, Unused))
    assert [(finding.place.row, finding.data["codes"]) for finding in unused] == [(2, ["DJG102"])]
    assert applied(text, rules=(One, Two))[1] == []


def test_files_that_cannot_be_parsed_are_not_spoken_of() -> None:
    assert applied("x = (  # noqa: DJG101\n")[1] == []


def test_a_finding_about_a_comment_can_be_silenced() -> None:
    text = "x = 1  # noqa: DJG101  # pitfall: ignore[PFL002] kept on purpose\n"
    outcome, unused = applied(text)
    assert unused == []
    assert [finding.code for finding in outcome.suppressed] == ["PFL002"]


def test_a_comment_does_not_silence_what_is_said_of_itself() -> None:
    _, unused = applied("x = 1  # pitfall: ignore[DJG101, PFL002]\n")
    assert [finding.data["codes"] for finding in unused] == [["DJG101"], ["PFL002"]]


# ----------------------------------------------------------------------- adding


def added(text: str, *findings: Finding, path: str = "app.py") -> str:
    result = edited(text, suppress.add_noqa(findings, MemorySource({path: text}, Path("/p"))))
    outcome, unused = applied(result, *findings, path=path)
    moved = any(finding.place.row not in range(1, text.count("\n") + 1) for finding in findings)
    if not moved and "\n{# pitfall" not in f"\n{result}":
        assert [finding for finding in outcome.findings if finding.code != "PFL002"] == []
    assert unused == [] or path.endswith(".html")
    return result


@pytest.mark.parametrize(
    ("before", "rows", "after"),
    [
        ("x = 1\n", [1], "x = 1  # noqa: DJG101\n"),
        ("x = 1   \n", [1], "x = 1  # noqa: DJG101\n"),
        ("x = 1  # why\n", [1], "x = 1  # why  # noqa: DJG101\n"),
        ("x = 1  # noqa: E501\n", [1], "x = 1  # noqa: E501, DJG101\n"),
        ("x = 1  # noqa: E501,W291 because\n", [1], "x = 1  # noqa: E501,W291, DJG101 because\n"),
        ("x = call(\n    1,\n)\n", [1, 2], "x = call(\n    1,\n)  # noqa: DJG101\n"),
        ('x = """\na\n"""\n', [2], 'x = """\na\n"""  # noqa: DJG101\n'),
        ("x = 1 + \\\n    2\n", [1], "x = 1 + \\\n    2  # noqa: DJG101\n"),
        ("if x:\n    y = 1\n", [1], "if x:  # noqa: DJG101\n    y = 1\n"),
        ("@a\ndef f():\n    pass\n", [2], "@a\ndef f():  # noqa: DJG101\n    pass\n"),
        ("x = 1\ny = 2", [2], "x = 1\ny = 2  # noqa: DJG101"),
    ],
)
def test_add_noqa(before: str, rows: list[int], after: str) -> None:
    assert added(before, *map(at, rows)) == after


def test_add_noqa_joins_codes() -> None:
    assert added("x = 1\n", at(1, Two), at(1), at(1)) == "x = 1  # noqa: DJG101, DJG102\n"
    assert added("x = 1  # noqa: E501\n", at(1, Two), at(1)) == "x = 1  # noqa: E501, DJG101, DJG102\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{{ a }}\n", "{{ a }} {# pitfall: ignore[DJG101] #}\n"),
        ("{{ a }}{% if\n b %}{% endif %}\n", "{# pitfall: ignore[DJG101] #}\n{{ a }}{% if\n b %}{% endif %}\n"),
    ],
)
def test_add_noqa_to_a_template(before: str, after: str) -> None:
    assert added(before, at(1, path="templates/a.html"), path="templates/a.html") == after


def test_add_noqa_where_there_is_no_comment() -> None:
    text = "[project]\n"
    source = MemorySource({"pyproject.toml": text}, Path("/p"))
    assert suppress.add_noqa([at(1, path="pyproject.toml"), at(1, path="gone.py")], source) == ()
