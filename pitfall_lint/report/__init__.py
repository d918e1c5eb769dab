"""Reports: findings in, text out. One module a format, each with `render(report)`, which yields pieces of text.

A new format is a new module and its line in `FORMATS`. Reports see findings and the source, never the engine, and
choose no exit code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from pitfall_lint.finding import Applicability, Edit, Finding, Fix, Move, Place
from pitfall_lint.source import Source

FORMATS = {
    "full": "the path that leads to each finding, as code frames",
    "concise": "one line a finding",
    "grouped": "one line a finding, under its file",
    "json": "one list",
    "json-lines": "one object a line",
    "github": "annotations of GitHub Actions",
    "gitlab": "a code quality report of GitLab",
    "sarif": "SARIF 2.1.0, for code scanning",
    "junit": "JUnit XML, a failed test case a finding",
    "html": "one page to hand around",
}
TEXT_FORMATS = frozenset({"full", "concise", "grouped"})  # for people: coloured on a terminal, closed by a summary

Expansion = tuple[Sequence[Edit], Sequence[Move]]

_LINE_END = re.compile(r"\r\n|\r|\n")
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)


def no_expansion(finding: Finding) -> Expansion:
    """What stands for the fixes where nobody can expand recipes: no edits, no moves."""
    return (), ()


@dataclass(frozen=True, slots=True)
class Part:
    """The findings of one project, sorted, and where to read what they speak of. `expand` turns a finding's recipe into
    edits and moves. A run over several projects has several parts; their paths are each relative to their own root.
    """

    findings: tuple[Finding, ...]
    source: Source
    root: Path
    cwd: Path
    expand: Callable[[Finding], Expansion] = no_expansion
    paths: dict[str, str] = field(default_factory=dict)
    texts: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def path(self, path: str) -> str:
        """A root-relative path as the user would type it: relative to the working directory, with forward slashes."""
        known = self.paths.get(path)
        if known is None:
            known = self.paths[path] = relative(self.root / path, self.cwd)
        return known

    def lines(self, path: str) -> tuple[str, ...]:
        """The file's lines without their ends; none where it cannot be read."""
        known = self.texts.get(path)
        if known is None:
            try:
                known = tuple(_LINE_END.split(decode(self.source.read(path))))
            except OSError:
                known = ()
            self.texts[path] = known
        return known

    def where(self, place: Place) -> str:
        """`path:row:column`; the path alone for a place without a row."""
        path = one_line(self.path(place.path))
        return f"{path}:{place.row}:{place.column}" if place.row else path


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a format may show. `fixed` counts the findings that this run has already mended, `known` those
    that the baseline holds back, `stale` the baseline's entries that no finding answers to; `unsafe` says that unsafe
    fixes count as applicable; `summary` that a text for people ends with one.
    """

    parts: tuple[Part, ...]
    fixed: int = 0
    known: int = 0
    stale: int = 0
    unsafe: bool = False
    colour: bool = False
    width: int = 120
    summary: bool = True

    def entries(self) -> Iterator[tuple[Part, Finding]]:
        """Every finding with the part that it belongs to."""
        for part in self.parts:
            for finding in part.findings:
                yield part, finding

    def applies(self, fix: Fix) -> bool:
        """Whether `--fix` would apply it, as the run is set up."""
        if fix.recipe is None:
            return False
        return fix.applicability is Applicability.SAFE or (self.unsafe and fix.applicability is Applicability.UNSAFE)


def relative(path: Path, start: Path) -> str:
    """`path` as seen from `start`, with forward slashes; absolute where there is no way (another drive)."""
    try:
        return os.path.relpath(path, start).replace(os.sep, "/")
    except ValueError:
        return path.as_posix()


def decode(data: bytes) -> str:
    """Text to show: what the file declares, else UTF-8, and never an error."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    declared = _CODING.search(b"\n".join(data.split(b"\n", 2)[:2]))
    try:
        return data.decode(declared[1].decode("ascii") if declared else "utf-8", "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


# Control characters would move the cursor or change the terminal; those that turn the direction of text would make
# code look like other code.
_PICTURES: dict[int, str] = {
    **{code: chr(0x2400 + code) for code in range(32)},
    127: "\u2421",
    **dict.fromkeys((*range(0x80, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd"),
}
_LINE_BREAKS = str.maketrans({"\r": None, "\n": " ", "\t": " "})


def printable(text: str) -> str:
    """The text with each control character replaced by a harmless one; as many characters as before."""
    return text if text.isprintable() else text.translate(_PICTURES)


def one_line(text: str) -> str:
    """The text on one line, without control characters."""
    return text if text.isprintable() else printable(text.translate(_LINE_BREAKS))


def render(name: str, report: Report) -> Iterator[str]:
    """The report in the format `name`, piece by piece. KeyError for a format that `FORMATS` does not list."""
    FORMATS[name]
    module = import_module(f"pitfall_lint.report.{name.replace('-', '_')}")
    pieces: Iterator[str] = module.render(report)
    return pieces
