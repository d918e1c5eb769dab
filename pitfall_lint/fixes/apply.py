"""The engine of fixes: choose, refuse overlaps, edit in memory, lint again, until settled. Nothing here writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pitfall_lint.finding import Finding, Move
from pitfall_lint.source import Source


class Refused(NamedTuple):
    """A finding whose fix was not applied, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What the fixes come to. `before` holds the former contents by the former path (None for a created file)."""

    changed: Mapping[str, bytes] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    fixed: tuple[Finding, ...] = ()
    refused: tuple[Refused, ...] = ()
    passes: int = 0
    remaining: tuple[Finding, ...] = ()
    before: Mapping[str, bytes | None] = field(default_factory=dict)
    together: tuple[tuple[str, ...], ...] = ()  # paths that must be written all or none


def apply(
    findings: Sequence[Finding],
    source: Source,
    *,
    unsafe: bool = False,
    lint_again: Callable[[Source], Sequence[Finding]] | None = None,
    unchanged: Callable[[str, bytes], bool] | None = None,
    passes: int = 10,
) -> Applied:
    """Apply the safe fixes (with `unsafe` those too) of the findings, in memory."""
    raise NotImplementedError
