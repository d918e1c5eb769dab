"""The baseline: written, read, compared; what is no baseline is refused."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from pitfall_lint import baseline
from pitfall_lint.errors import ConfigError
from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity
from pitfall_lint.language import pack


def finding(row: int, code: str = "DJG101", path: str = "a.py", message: str = "m") -> Finding:
    place = Place(path, pack(row, 0), pack(row, 1))
    fix = Fix(Applicability.MANUAL, "Do it.")
    return Finding(code, code.lower(), message, place, Severity.WARNING, Confidence.HIGH, fix)


def test_what_is_written_is_known(tmp_path: Path) -> None:
    findings = (finding(3), finding(9), finding(1, "FLK101", "b.py"), finding(1, "PFL003"))
    assert baseline.write(tmp_path / "b.json", findings) == 2
    known = baseline.load(tmp_path / "b.json")
    assert [(entry.code, entry.path, entry.count) for entry in known] == [("DJG101", "a.py", 2), ("FLK101", "b.py", 1)]
    comparison = baseline.compare(findings, known)
    assert [found.code for found in comparison.new] == ["PFL003"]
    assert (comparison.known, comparison.stale) == (3, ())


def test_moved_lines_are_known_and_more_of_them_are_new(tmp_path: Path) -> None:
    baseline.write(tmp_path / "b.json", [finding(3)])
    comparison = baseline.compare((finding(30), finding(31)), baseline.load(tmp_path / "b.json"))
    assert [found.place.row for found in comparison.new] == [31]
    assert comparison.known == 1


def test_stale_entries_are_counted(tmp_path: Path) -> None:
    baseline.write(tmp_path / "b.json", [finding(3), finding(4), finding(1, message="other")])
    comparison = baseline.compare((finding(3),), baseline.load(tmp_path / "b.json"))
    assert [entry.message for entry in comparison.stale] == ["m", "other"]


def test_order_of_findings_does_not_matter(tmp_path: Path) -> None:
    findings = [finding(3), finding(1, "FLK101", "b.py"), finding(2, message="x")]
    baseline.write(tmp_path / "one.json", findings)
    baseline.write(tmp_path / "two.json", findings[::-1])
    text = (tmp_path / "one.json").read_text()
    assert text == (tmp_path / "two.json").read_text()
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a baseline"),
        ("[]", "is not a baseline"),
        ('{"version": 1}', "is not a baseline"),
        ('{"version": 2, "findings": []}', "is a baseline of version 2; this pitfall-lint reads version 1"),
    ],
)
def test_refusals(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        baseline.load(tmp_path / "b.json")
    assert caught.value.path == str(tmp_path / "b.json")


def test_missing_and_unwritable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the baseline cannot be read: No such file"):
        baseline.load(tmp_path / "none.json")
    with pytest.raises(ConfigError, match="the baseline cannot be written"):
        baseline.write(tmp_path / "none/b.json", [])


def test_what_is_asked_tells_two_queries_of_one_relation_apart() -> None:
    asked = [
        msgspec.structs.replace(finding(row), relations=("books",), subject=how)
        for row, how in enumerate(("count", "first"), 1)
    ]
    same = msgspec.structs.replace(asked[0], place=asked[1].place)
    assert asked[0].fingerprint != asked[1].fingerprint
    assert asked[0].fingerprint == same.fingerprint
