"""A code quality report of GitLab: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from pitfall_lint.finding import Severity
from pitfall_lint.report import Report

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "minor"}


def render(report: Report) -> Iterator[str]:
    """One list. Fingerprints are made unique, as GitLab asks, by counting those that are met again."""
    met: Counter[str] = Counter()
    rows = []
    for part, finding in report.entries():
        path, fingerprint = part.path(finding.place.path), finding.fingerprint
        met[fingerprint] += 1
        if met[fingerprint] > 1:
            fingerprint = f"{fingerprint}-{met[fingerprint]}"
        row = max(finding.place.row, 1)
        rows.append(
            {
                "check_name": f"{finding.code} ({finding.name})",
                "description": f"{finding.code}: {finding.message}",
                "fingerprint": fingerprint,
                "severity": SEVERITIES[finding.severity],
                "location": {"path": path, "lines": {"begin": row, "end": max(finding.place.end_row, row)}},
            }
        )
    yield msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n"
