"""The baseline: findings that are known and put up with, by their fingerprints, so that a run speaks of new ones only.

A fingerprint holds no line number, so findings alike in one place are told apart by their count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from pitfall_lint.errors import ConfigError
from pitfall_lint.finding import Finding

NEVER = ("PFL003",)  # a crash is not put up with
_VERSION = 1


class Entry(msgspec.Struct, frozen=True):
    """A known finding; code, path and message are for those who read the file."""

    fingerprint: str
    code: str
    path: str
    message: str
    count: int = 1


class _Document(msgspec.Struct, frozen=True):
    version: int
    findings: list[Entry]


class Comparison(msgspec.Struct, frozen=True):
    """Findings against a baseline: those that are new, how many are known, and the entries that nothing answers to."""

    new: tuple[Finding, ...]
    known: int
    stale: tuple[Entry, ...]


def entries(findings: Iterable[Finding]) -> tuple[Entry, ...]:
    """The findings as entries, sorted by path."""
    first: dict[str, Finding] = {}
    counts: Counter[str] = Counter()
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        if finding.code not in NEVER:
            first.setdefault(finding.fingerprint, finding)
            counts[finding.fingerprint] += 1
    made = [
        Entry(print_, found.code, found.place.path, found.message, counts[print_]) for print_, found in first.items()
    ]
    return tuple(sorted(made, key=lambda entry: (entry.path, entry.code, entry.message, entry.fingerprint)))


def write(path: Path, findings: Iterable[Finding]) -> int:
    """Write the findings as the new baseline; how many entries it has. ConfigError where the file cannot be written."""
    known = list(entries(findings))
    text = msgspec.json.format(msgspec.json.encode(_Document(_VERSION, known)), indent=2)
    try:
        path.write_bytes(text + b"\n")
    except OSError as error:
        raise ConfigError(f"the baseline cannot be written: {error.strerror or error}", str(path)) from error
    return len(known)


def load(path: Path) -> tuple[Entry, ...]:
    """The entries of a baseline; ConfigError where it is none."""
    try:
        document = msgspec.json.decode(path.read_bytes(), type=_Document)
    except OSError as error:
        raise ConfigError(f"the baseline cannot be read: {error.strerror or error}", str(path)) from error
    except msgspec.MsgspecError as error:
        raise ConfigError(f"is not a baseline: {error}", str(path)) from error
    if document.version != _VERSION:
        raise ConfigError(
            f"is a baseline of version {document.version}; this pitfall-lint reads version {_VERSION}", str(path)
        )
    return tuple(document.findings)


def compare(findings: Sequence[Finding], known: Iterable[Entry]) -> Comparison:
    """Drop what the baseline knows: as many of a fingerprint as it counted, the first ones first."""
    listed = tuple(known)
    left = Counter({entry.fingerprint: entry.count for entry in listed})
    new: list[Finding] = []
    for finding in findings:
        if finding.code not in NEVER and left[finding.fingerprint] > 0:
            left[finding.fingerprint] -= 1
        else:
            new.append(finding)
    stale = tuple(entry for entry in listed if left[entry.fingerprint] > 0)
    return Comparison(tuple(new), len(findings) - len(new), stale)
