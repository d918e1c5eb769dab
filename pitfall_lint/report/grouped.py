"""One line a finding under the name of its file, in columns."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pitfall_lint.report import Report, one_line
from pitfall_lint.report.style import BOLD, DIM, GREEN, SEVERITY, Paint, summary


def render(report: Report) -> Iterator[str]:
    """A paragraph a file, then the summary."""
    paint = Paint(report.colour)
    for path, group in groupby(report.entries(), key=lambda entry: entry[0].path(entry[1].place.path)):
        findings = [finding for _, finding in group]
        places = [f"{finding.place.row}:{finding.place.column}" for finding in findings]
        wide = max(map(len, places))
        loud = max(len(finding.severity.value) for finding in findings)
        yield paint(one_line(path), BOLD) + "\n"
        for finding, place in zip(findings, places, strict=True):
            star = " " + paint("[*]", GREEN) if report.applies(finding.fix) else ""
            severity = paint(finding.severity.value.ljust(loud), SEVERITY[finding.severity])
            message = paint.words(one_line(finding.message))
            yield f"  {paint(place.rjust(wide), DIM)}  {severity}  {paint(finding.code, BOLD)}  {message}{star}\n"
        yield "\n"
    if report.summary:
        yield summary(report)
