"""Colour and counting words for the formats that people read: plain strings with ANSI codes, because a report of a
thousand findings should cost less than the import of a library that styles them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from pitfall_lint.finding import Finding, Severity
from pitfall_lint.report import Report

RESET = "\x1b[0m"
BOLD = "\x1b[1m"
DIM = "\x1b[2m"
CYAN = "\x1b[36m"
GREEN = "\x1b[1;32m"
GUTTER = "\x1b[1;34m"
SEVERITY = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.INFO: "\x1b[1;36m"}

PLURALS = (
    (Severity.ERROR, "error", "errors"),
    (Severity.WARNING, "warning", "warnings"),
    (Severity.INFO, "info", "info"),
)

_QUOTED = re.compile(r"`[^`]+`")


class Paint:
    """Wraps text in a colour, or leaves it alone."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def __call__(self, text: str, code: str) -> str:
        return f"{code}{text}{RESET}" if self.colour and text else text

    def words(self, text: str) -> str:
        """A message: what stands between backticks is bold."""
        return _QUOTED.sub(lambda match: f"{BOLD}{match[0]}{RESET}", text) if self.colour else text


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 finding`, `2 findings`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def summary(report: Report) -> str:
    """The last lines of a report: how many, how bad, how many can be fixed."""
    paint = Paint(report.colour)
    findings = [finding for _, finding in report.entries()]
    fixed = f"{count(report.fixed, 'finding')} fixed" if report.fixed else ""
    if not findings:
        found = f"{fixed}, none left" if fixed else "nothing new" if report.known else "no pitfalls found"
        return paint("All clear", GREEN) + f": {found}.\n" + baseline(report)
    files = len({part.path(finding.place.path) for part, finding in report.entries()})
    by_severity = Counter(finding.severity for finding in findings)
    kinds = ", ".join(
        paint(count(by_severity[severity], one, many), SEVERITY[severity])
        for severity, one, many in PLURALS
        if by_severity[severity]
    )
    left = f"{fixed}, {len(findings):,} left" if fixed else f"Found {count(len(findings), 'finding')}"
    text = f"{left} in {count(files, 'file')}: {kinds}.\n"
    return text + fixable(report, findings, paint) + baseline(report)


def baseline(report: Report) -> str:
    """What the baseline held back, and whether it holds too much."""
    text = f"The baseline holds back {count(report.known, 'more finding')}.\n" if report.known else ""
    if report.stale:
        text += f"{count(report.stale, 'entry of it answers', 'entries of it answer')} to nothing: write it anew.\n"
    return text


def fixable(report: Report, findings: Sequence[Finding], paint: Paint) -> str:
    """How many of them a fix can mend, and with which options; empty where none."""
    ready = sum(report.applies(finding.fix) for finding in findings)
    unsafe = sum(finding.fix.recipe is not None for finding in findings) - ready
    mark = paint("[*]", GREEN)
    if ready:
        options = "`--fix --unsafe-fixes`" if report.unsafe else "`--fix`"
        more = f" ({unsafe:,} more with `--unsafe-fixes`)" if unsafe else ""
        return f"{mark} {ready:,} fixable with {options}{more}.\n"
    if unsafe:
        return f"No safe fixes; {unsafe:,} fixable with `--fix --unsafe-fixes`.\n"
    return ""
