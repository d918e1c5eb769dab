"""Which paths the .gitignore files and the `exclude` patterns leave out.

The patterns are judged by pathspec's GitIgnoreSpec. Because thousands of paths have to be asked about in
milliseconds, a screen of sets, suffixes and one regular expression stands in front of it: it may say "perhaps" too
often but never "no" wrongly, and pathspec is only imported once it said "perhaps".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_WILDCARD = re.compile(r"[*?\[\\]")
_CHARACTER_CLASS = re.compile(r"\[([A-Za-z0-9_]{1,8})\]")


class Patterns:
    """The lines of one .gitignore. `base` is the folder they are relative to, as a prefix of root-relative paths (""
    or "app/"); for a file above the root, `above` is the way from its folder down to the root ("" or "backend/").
    """

    def __init__(self, lines: Iterable[str], base: str = "", above: str = "") -> None:
        self.lines = [line for line in lines if line.strip() and not line.startswith("#")]
        self.base = base
        self.above = above
        self._spec: GitIgnoreSpec | None = None

    def verdict(self, path: str) -> bool | None:
        """True: left out; False: kept by a `!` pattern; None: not spoken of. The path is root-relative, a folder's
        ends in `/`.
        """
        if self._spec is None:
            from pathspec import GitIgnoreSpec

            self._spec = GitIgnoreSpec.from_lines(self._readable(GitIgnoreSpec))
        return self._spec.check_file(self.above + path[len(self.base) :]).include

    def _readable(self, spec: type[GitIgnoreSpec]) -> list[str]:
        """The lines that pathspec accepts: git passes over the others, too."""
        readable = []
        for line in self.lines:
            try:
                spec.from_lines([line])
            except ValueError:
                continue
            readable.append(line)
        return readable


class Ignored:
    """Several `Patterns`, from the outermost folder to the innermost: the innermost that speaks of a path decides."""

    def __init__(self, layers: tuple[Patterns, ...] = ()) -> None:
        self.layers = layers
        self._names: set[str] = set()
        self._paths: set[str] = set()
        self._suffixes: tuple[str, ...] = ()
        self._prefixes: tuple[str, ...] = ()
        self._name_pattern: re.Pattern[str] | None = None
        self._path_pattern: re.Pattern[str] | None = None
        self._screen()

    def inside(self, patterns: Patterns) -> Ignored:
        """These, and a .gitignore further in."""
        return Ignored((*self.layers, patterns)) if patterns.lines else self

    def covers(self, prefix: str, name: str, *, folder: bool = False) -> bool:
        """Whether the entry `name` of the folder `prefix` ("" or "app/") is left out."""
        if not (
            name in self._names
            or (self._suffixes and name.endswith(self._suffixes))
            or (self._prefixes and name.startswith(self._prefixes))
            or (self._paths and prefix + name in self._paths)
            or (self._name_pattern is not None and self._name_pattern.match(name))
            or (self._path_pattern is not None and self._path_pattern.match(prefix + name))
        ):
            return False
        path = f"{prefix}{name}/" if folder else prefix + name
        for layer in reversed(self.layers):
            verdict = layer.verdict(path)
            if verdict is not None:
                return verdict
        return False

    def _screen(self) -> None:
        suffixes: set[str] = set()
        prefixes: set[str] = set()
        names: list[str] = []
        paths: list[str] = []
        for layer in self.layers:
            for line in layer.lines:
                pattern = line.strip().lstrip("!").rstrip("/")
                if line.startswith("!"):
                    continue  # it only takes back what another line leaves out
                if "/" not in pattern:
                    self._screen_name(pattern, suffixes, prefixes, names)
                elif layer.above or _WILDCARD.search(pattern):
                    paths.append(_loose(layer, pattern))
                else:
                    self._paths.add(layer.base + pattern.lstrip("/"))
        self._suffixes, self._prefixes = tuple(sorted(suffixes)), tuple(sorted(prefixes))
        self._name_pattern = re.compile("|".join(names)) if names else None
        self._path_pattern = re.compile("|".join(paths), re.DOTALL) if paths else None

    def _screen_name(self, pattern: str, suffixes: set[str], prefixes: set[str], names: list[str]) -> None:
        for plain in _without_classes(pattern):
            if not _WILDCARD.search(plain):
                self._names.add(plain)
            elif plain.startswith("*") and not _WILDCARD.search(plain[1:]) and plain[1:]:
                suffixes.add(plain[1:])
            elif plain.endswith("*") and not _WILDCARD.search(plain[:-1]) and plain[:-1]:
                prefixes.add(plain[:-1])
            else:
                names.append(_looser(plain) + r"\Z")


def _without_classes(pattern: str) -> list[str]:
    """`*.py[cod]` as `*.pyc`, `*.pyo`, `*.pyd`."""
    pieces = _CHARACTER_CLASS.split(pattern)
    if len(pieces) == 1 or len(pieces) > 5:
        return [pattern]
    return ["".join(choice) for choice in product(*(piece if at % 2 else [piece] for at, piece in enumerate(pieces)))]


def _looser(pattern: str) -> str:
    """A regular expression that matches at least what the pattern does."""
    return r"(?s:.*)".join(re.escape(piece) for piece in re.split(r"(?:[*?]|\[.*\]|\\.?)+", pattern))


def _loose(layer: Patterns, pattern: str) -> str:
    if layer.above:  # anchored somewhere above the root: its last part must match the end, or it may name a folder
        return _looser("*/" + pattern.rpartition("/")[2]).replace(r"(?s:.*)/", r"(?:.*/)?", 1) + r"\Z"
    return re.escape(layer.base) + _looser(pattern.lstrip("/").replace("**/", "*")) + r"\Z"
