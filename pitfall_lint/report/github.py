"""Annotations of GitHub Actions: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands"""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.finding import Finding, Severity
from pitfall_lint.report import Part, Report

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def escaped(text: str) -> str:
    """Text as the data of a workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_value(text: str) -> str:
    """Text as the value of a workflow command's property."""
    return escaped(text).replace(":", "%3A").replace(",", "%2C")


def words(part: Part, finding: Finding) -> str:
    """The message, the path that leads there, and the fix."""
    lines = [finding.message]
    lines += [f"{number}. {part.where(step.place)} {step.message}" for number, step in enumerate(finding.related, 1)]
    lines.append(f"fix ({finding.fix.applicability.value}): {finding.fix.message}")
    return "\n".join(lines)


def render(report: Report) -> Iterator[str]:
    """A workflow command a finding. Columns are given within one row only, as GitHub asks."""
    for part, finding in report.entries():
        place = finding.place
        where = f"file={property_value(part.path(place.path))},line={max(place.row, 1)}"
        if place.row and place.row == place.end_row:
            where += f",col={place.column},endLine={place.end_row},endColumn={place.end_column}"
        elif place.row:
            where += f",endLine={place.end_row}"
        title = property_value(f"{finding.code} {finding.name}")
        yield f"::{LEVELS[finding.severity]} {where},title={title}::{escaped(words(part, finding))}\n"
