"""The sites of a project: the lines that a comment marks as costing a query per row, or none.

    book.author.name  # query: grows "author"
    {{ book.author_id }}  {# query: flat #}
    book.author.name  # query: grows "author" known-miss "why the linter cannot see it"
    book.author.name  # query: grows "author" refused "why the fix must not be applied here"

The word in quotes must occur in the finding's message or relations. A site keeps its number within its file when a fix
moves it to another line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"#\s*query:\s*(?P<rest>.*?)\s*(?:#\}|$)")
_REST = re.compile(
    r"(?P<what>grows|flat)(?P<words>(?:\s+\"[^\"]*\")*)(?:\s+(?P<about>known-miss|awaits|refused)\s+\"(?P<reason>[^\"]*)\")?\Z"
)
SUFFIXES = (".py", ".html", ".jinja", ".txt")


@dataclass(frozen=True, slots=True, order=True)
class Site:
    """One marked line. `known_miss` says why the linter does not see it, `awaits` which rule is to, `refused` why the
    fix, though safe elsewhere, is not applied.
    """

    path: str
    number: int
    row: int
    grows: bool
    words: tuple[str, ...] = ()
    known_miss: str = ""
    awaits: str = ""
    refused: str = ""

    @property
    def identity(self) -> tuple[str, int]:
        """The same before and after a fix."""
        return self.path, self.number

    def __str__(self) -> str:
        return f"{self.path}:{self.row}"


class MarkError(Exception):
    """A comment that is not written as marks are."""


def sites(root: Path) -> tuple[Site, ...]:
    """Every marked line of the project at `root`."""
    return tuple(
        site
        for path in sorted(root.rglob("*"))
        if path.suffix in SUFFIXES and path.is_file()
        for site in _sites_of(path, path.relative_to(root).as_posix())
    )


def _sites_of(path: Path, shown: str) -> list[Site]:
    found: list[Site] = []
    for row, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark = _MARK.search(line)
        if mark is None:
            continue
        rest = _REST.match(mark["rest"])
        if rest is None:
            raise MarkError(f'{shown}:{row}: not of the form `query: grows|flat "word"`: {mark["rest"]}')
        words = tuple(re.findall(r'"([^"]*)"', rest["words"]))
        about, reason = rest["about"], rest["reason"] or ""
        found.append(
            Site(
                shown,
                len(found),
                row,
                rest["what"] == "grows",
                words,
                reason if about == "known-miss" else "",
                reason if about == "awaits" else "",
                reason if about == "refused" else "",
            )
        )
    return found
