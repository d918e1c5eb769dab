"""One line a finding: `path:row:column: CODE severity message [*]`, where the star says that `--fix` mends it."""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.report import Report, one_line
from pitfall_lint.report.style import BOLD, CYAN, GREEN, SEVERITY, Paint, summary


def render(report: Report) -> Iterator[str]:
    """A line a finding, then the summary."""
    paint = Paint(report.colour)
    for part, finding in report.entries():
        star = " " + paint("[*]", GREEN) if report.applies(finding.fix) else ""
        severity = paint(finding.severity.value, SEVERITY[finding.severity])
        message = paint.words(one_line(finding.message))
        yield f"{paint(part.where(finding.place), CYAN)}: {paint(finding.code, BOLD)} {severity} {message}{star}\n"
    if report.summary:
        yield summary(report)
