"""The formats for other tools (GitLab, SARIF, JUnit, HTML) and the statistics."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import msgspec
from report_samples import change

from pitfall_lint.finding import Edits, Finding
from pitfall_lint.report import Expansion, Report, render, statistics
from pitfall_lint.report.html import marked_up


def text(name: str, report: Report, **changes: object) -> str:
    """The report in one format."""
    return "".join(render(name, change(report, **changes)))


def expand(finding: Finding) -> Expansion:
    """Expands what needs no codemod."""
    recipe = finding.fix.recipe
    return (recipe.edits, recipe.moves) if isinstance(recipe, Edits) else ((), ())


def twice(report: Report) -> Report:
    """The report with its last finding met again."""
    part = report.parts[0]
    return change(report, findings=(*part.findings, part.findings[-1]))


def test_gitlab(report: Report) -> None:
    """The required keys, and no fingerprint twice."""
    rows = json.loads("".join(render("gitlab", twice(report))))
    assert rows[2] == {
        "check_name": "DJG101 (n-plus-one-to-one)",
        "description": "DJG101: `Book.objects.filter(...)` leaves `author` to one query per book: load it",
        "fingerprint": report.parts[0].findings[2].fingerprint,
        "severity": "critical",
        "location": {"path": "shop/views.py", "lines": {"begin": 6, "end": 7}},
    }
    assert rows[1]["location"]["lines"] == {"begin": 1, "end": 1}
    assert [row["severity"] for row in rows] == ["major", "minor", "critical", "critical"]
    assert len({row["fingerprint"] for row in rows}) == 4
    assert text("gitlab", report, findings=()) == "[]\n"


def test_sarif(report: Report) -> None:
    """Rules, places, the path as a code flow, the edits as a fix."""
    log = json.loads(text("sarif", twice(report), expand=expand))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["DJG101", "FLK203", "PFL001"]
    assert "helpUri" not in rules[2]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    secret, gone, lazy, _ = run["results"]
    assert secret["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "shop/app.py", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 4, "startColumn": 18, "endLine": 4, "endColumn": 23},
    }
    assert secret["fixes"][0]["artifactChanges"][0]["replacements"] == [
        {
            "deletedRegion": {"startLine": 4, "startColumn": 18, "endLine": 4, "endColumn": 23},
            "insertedContent": {"text": 'os.environ["SECRET_KEY"]'},
        }
    ]
    assert gone["level"] == "note"
    assert "codeFlows" not in gone
    flow = lazy["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [step["location"]["message"]["text"] for step in flow][1:] == [
        "called here",
        "the loop over `books`",
        "each turn reads `book.author`",
    ]
    odd = msgspec.structs.replace(
        report.parts[0].findings[0], place=msgspec.structs.replace(report.parts[0].findings[0].place, path="a b%.py")
    )
    assert '"uri": "a%20b%25.py"' in text("sarif", report, findings=(odd,))
    assert json.loads(text("sarif", report, findings=()))["runs"][0]["results"] == []


def test_junit(report: Report) -> None:
    """A suite a file, a failure a finding, and one case that passes where there is none."""
    suites = ElementTree.fromstring(text("junit", report))
    assert suites.attrib == {"name": "pitfall-lint", "tests": "3", "failures": "3", "errors": "0"}
    assert [suite.get("name") for suite in suites] == ["shop/app.py", "shop/gone.py", "shop/views.py"]
    failure = suites[2][0][0]
    assert failure.get("message") == "`Book.objects.filter(...)` leaves `author` to one query per book: load it"
    assert "(3) shop/index.html:2:8 each turn reads `book.author`" in (failure.text or "")
    odd = msgspec.structs.replace(report.parts[0].findings[0], message='<&"\x00\x1b]]>')
    ElementTree.fromstring(text("junit", report, findings=(odd,)))
    assert ElementTree.fromstring(text("junit", report, findings=()))[0][0].tag == "testcase"


class Balance(HTMLParser):
    """Counts how far `span` and `pre` are nested."""

    depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """One deeper."""
        self.depth += tag in ("span", "pre")

    def handle_endtag(self, tag: str) -> None:
        """One less deep."""
        self.depth -= tag in ("span", "pre")
        assert self.depth >= 0


def test_html(report: Report) -> None:
    """One page, balanced, escaped, without any other resource."""
    odd = msgspec.structs.replace(report.parts[0].findings[0], message="<script>alert(1)</script> \x1b[1m")
    page = text("html", report, findings=(odd, *report.parts[0].findings))
    parser = Balance()
    parser.feed(page)
    assert parser.depth == 0
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ␛[1m" in page
    assert "http" not in page
    assert "\x1b" not in page
    assert "<tr><td>2<td>FLK203<td>hard-coded-secret-key\n" in page
    assert '<pre><span class="error">error</span> <span class="bold">DJG101</span>[n-plus-one-to-one]: ' in page
    assert "no pitfalls found" in text("html", report, findings=())


def test_codes_become_spans() -> None:
    """Those that are known; the rest of the text is escaped."""
    assert marked_up("\x1b[1;31ma<b\x1b[0m & c") == '<span class="error">a&lt;b</span> &amp; c'


def test_statistics(report: Report) -> None:
    """A table for people, a list for JSON."""
    assert "".join(statistics.render(twice(report), "full")) == (
        "2  DJG101  [*]  n-plus-one-to-one\n"
        "1  FLK203       hard-coded-secret-key\n"
        "1  PFL001       unreadable-file\n"
        "\n"
        "Found 4 findings in 3 files: 2 errors, 1 warning, 1 info.\n"
        "[*] 2 fixable with `--fix` (1 more with `--unsafe-fixes`).\n"
    )
    quiet = dataclasses.replace(change(report, findings=report.parts[0].findings[1:2]), summary=False)
    assert "".join(statistics.render(quiet, "concise")) == "1  PFL001  unreadable-file\n"
    assert json.loads("".join(statistics.render(twice(report), "json")))[0] == {
        "code": "DJG101",
        "name": "n-plus-one-to-one",
        "count": 2,
        "fixable": True,
        "fixable_count": 2,
    }
    assert len("".join(statistics.render(report, "json-lines")).splitlines()) == 3


def test_each_format_is_a_module() -> None:
    """And no format is forgotten in the list."""
    from pitfall_lint import report as package

    folder = Path(package.__file__).parent
    shared = {"__init__", "frames", "style", "statistics"}
    modules = {path.stem for path in folder.glob("*.py")} - shared
    assert modules == {name.replace("-", "_") for name in package.FORMATS}
