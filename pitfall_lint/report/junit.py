"""JUnit XML: a test suite a file, a failed test case a finding; a clean run is one case that passed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from pitfall_lint.finding import Finding
from pitfall_lint.report import Part, Report, one_line, printable


def words(part: Part, finding: Finding) -> str:
    """The place, the path that leads there, and the fix."""
    lines = [f"{part.where(finding.place)}: {one_line(finding.message)}"]
    lines += [
        f"({number}) {part.where(step.place)} {one_line(step.message)}"
        for number, step in enumerate(finding.related, 1)
    ]
    fix = "\n".join(printable(line.expandtabs(4)) for line in finding.fix.message.split("\n"))
    lines.append(f"fix ({finding.fix.applicability.value}): {fix}")
    return "\n".join(lines)


def render(report: Report) -> Iterator[str]:
    """The suites."""
    total = sum(1 for _ in report.entries())
    yield '<?xml version="1.0" encoding="utf-8"?>\n'
    yield f'<testsuites name="pitfall-lint" tests="{max(total, 1)}" failures="{total}" errors="0">\n'
    if not total:
        yield '  <testsuite name="pitfall-lint" tests="1" failures="0" errors="0">\n'
        yield '    <testcase name="no findings" classname="pitfall-lint"/>\n  </testsuite>\n'
    for path, group in groupby(report.entries(), key=lambda entry: entry[0].path(entry[1].place.path)):
        entries = list(group)
        suite = quoteattr(one_line(path))
        yield f'  <testsuite name={suite} tests="{len(entries)}" failures="{len(entries)}" errors="0">\n'
        for part, finding in entries:
            row = max(finding.place.row, 1)
            name = quoteattr(f"{finding.code} {finding.name} ({row}:{finding.place.column})")
            yield f'    <testcase name={name} classname={suite} file={suite} line="{row}">\n'
            message = quoteattr(one_line(finding.message))
            yield f'      <failure message={message} type="{finding.severity.value}">{escape(words(part, finding))}'
            yield "</failure>\n    </testcase>\n"
        yield "  </testsuite>\n"
    yield "</testsuites>\n"
