"""The objects of the `json` format, one a line, so that a reader need not wait for the end."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from pitfall_lint.report import Report
from pitfall_lint.report.json import entry


def render(report: Report) -> Iterator[str]:
    """A line a finding."""
    for part, finding in report.entries():
        yield msgspec.json.encode(entry(part, finding)).decode() + "\n"
