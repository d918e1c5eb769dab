"""SARIF 2.1.0, for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html

The path that leads to a finding is a code flow, the edits of its fix are a SARIF fix; file moves have no word there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from pitfall_lint import __version__
from pitfall_lint.finding import Finding, Place, Severity
from pitfall_lint.report import Part, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


def artifact(part: Part, path: str) -> dict[str, str]:
    """A file's address, relative to the working directory."""
    return {"uri": quote(part.path(path)), "uriBaseId": "%SRCROOT%"}


def region(place: Place) -> dict[str, int]:
    """A span; rows and columns count from 1, the end is exclusive."""
    return {
        "startLine": max(place.row, 1),
        "startColumn": place.column,
        "endLine": max(place.end_row, 1),
        "endColumn": place.end_column,
    }


def location(part: Part, place: Place, words: str = "") -> dict[str, Any]:
    """A place with what there is to say about it."""
    physical = {"artifactLocation": artifact(part, place.path), "region": region(place)}
    return {"physicalLocation": physical, **({"message": {"text": words}} if words else {})}


def result(part: Part, finding: Finding, rule_index: int) -> dict[str, Any]:
    """One finding."""
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location(part, finding.place)],
        "partialFingerprints": {"pitfallLint/v1": finding.fingerprint},
        "properties": {
            "confidence": finding.confidence.value,
            "fix": {"applicability": finding.fix.applicability.value, "message": finding.fix.message},
        },
    }
    if finding.related:
        steps = [location(part, step.place, step.message) for step in finding.related]
        found["relatedLocations"] = steps
        found["codeFlows"] = [
            {
                "threadFlows": [
                    {
                        "locations": [
                            {"location": step} for step in (location(part, finding.place, finding.message), *steps)
                        ]
                    }
                ]
            }
        ]
    edits, _ = part.expand(finding)
    if edits:
        changes: dict[str, list[dict[str, Any]]] = {}
        for edit in edits:
            changes.setdefault(edit.place.path, []).append(
                {"deletedRegion": region(edit.place), "insertedContent": {"text": edit.content}}
            )
        found["fixes"] = [
            {
                "description": {"text": finding.fix.message},
                "artifactChanges": [
                    {"artifactLocation": artifact(part, path), "replacements": replacements}
                    for path, replacements in sorted(changes.items())
                ],
            }
        ]
    return found


def render(report: Report) -> Iterator[str]:
    """One run with every finding."""
    rules = {finding.code: finding for _, finding in reversed(list(report.entries()))}
    order = {code: index for index, code in enumerate(sorted(rules))}
    driver = {
        "name": "pitfall-lint",
        "semanticVersion": __version__,
        "rules": [
            {
                "id": code,
                "name": rules[code].name,
                "shortDescription": {"text": rules[code].name.replace("-", " ")},
                **({"helpUri": rules[code].url} if rules[code].url else {}),
            }
            for code in order
        ],
    }
    log = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "results": [result(part, finding, order[finding.code]) for part, finding in report.entries()],
            }
        ],
    }
    yield msgspec.json.format(msgspec.json.encode(log), indent=2).decode() + "\n"
