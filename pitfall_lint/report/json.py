"""Ruff's JSON, extended: one list of findings with their path, fix and fingerprint. Rows and columns count from 1, file
names are relative to the working directory. `entry` is shared with `json-lines`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from pitfall_lint.finding import Finding, Place
from pitfall_lint.report import Part, Report


def position(row: int, column: int) -> dict[str, int]:
    """A position; what has no row stands at the file's beginning."""
    return {"row": max(row, 1), "column": column}


def span(part: Part, place: Place) -> dict[str, Any]:
    """Where a place is."""
    return {
        "filename": part.path(place.path),
        "location": position(place.row, place.column),
        "end_location": position(place.end_row, place.end_column),
    }


def entry(part: Part, finding: Finding) -> dict[str, Any]:
    """One finding as JSON's types."""
    edits, moves = part.expand(finding)
    data = dict(finding.data)
    if finding.relations:
        data["relations"] = list(finding.relations)
    return {
        "code": finding.code,
        "name": finding.name,
        "message": finding.message,
        **span(part, finding.place),
        "severity": finding.severity.value,
        "confidence": finding.confidence.value,
        "fingerprint": finding.fingerprint,
        "url": finding.url,
        "noqa_row": max(finding.place.row, 1),
        "fix": {
            "applicability": finding.fix.applicability.value,
            "message": finding.fix.message,
            "edits": [{"content": edit.content, **span(part, edit.place)} for edit in edits],
            "moves": [{"from": part.path(move.source), "to": part.path(move.target)} for move in moves],
        },
        "related": [{**span(part, step.place), "message": step.message} for step in finding.related],
        "data": data,
    }


def render(report: Report) -> Iterator[str]:
    """The list, indented, a finding at a time."""
    empty = True
    for part, finding in report.entries():
        text = msgspec.json.format(msgspec.json.encode(entry(part, finding)), indent=2).decode()
        yield ("[\n  " if empty else ",\n  ") + text.replace("\n", "\n  ")
        empty = False
    yield "[]\n" if empty else "\n]\n"
