"""Findings made by hand, for the engine of fixes."""

from __future__ import annotations

from collections.abc import Sequence

from pitfall_lint.finding import (
    Applicability,
    Confidence,
    Edit,
    Edits,
    Finding,
    Fix,
    Move,
    Place,
    Recipe,
    Severity,
)
from pitfall_lint.fixes import Applied
from pitfall_lint.language import pack

SAFE, UNSAFE, MANUAL = Applicability.SAFE, Applicability.UNSAFE, Applicability.MANUAL


def edit(path: str, line: int, column: int, end_line: int, end_column: int, content: str) -> Edit:
    return Edit(Place(path, pack(line, column), pack(end_line, end_column)), content)


def insert(path: str, line: int, column: int, content: str) -> Edit:
    return edit(path, line, column, line, column, content)


def finding(
    *edits: Edit,
    moves: Sequence[Move] = (),
    code: str = "XXX101",
    message: str = "",
    applicability: Applicability = SAFE,
    recipe: Recipe | None = None,
    place: Place | None = None,
) -> Finding:
    if recipe is None and applicability is not MANUAL:
        recipe = Edits(edits, tuple(moves))
    where = place or (edits[0].place if edits else Place(moves[0].source if moves else "a.py", pack(1, 0), pack(1, 0)))
    return Finding(
        code=code,
        name="x",
        message=message or repr((edits, moves)),
        place=where,
        severity=Severity.WARNING,
        confidence=Confidence.HIGH,
        fix=Fix(applicability, "mend it", recipe),
    )


def texts(applied: Applied) -> dict[str, str]:
    return {path: data.decode() for path, data in applied.changed.items()}


def reasons(applied: Applied) -> list[str]:
    return [refused.reason for refused in applied.refused]
