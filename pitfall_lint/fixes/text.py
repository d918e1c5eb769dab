"""A file's text as edits see it: decoded by its own rules, addressed by packed positions, and encoded again as it was.

Keeps byte order mark, PEP 263 encoding and newline style; knows nothing of findings or of the disk.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import sys
import tokenize
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

import libcst

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Edit, Place
from pitfall_lint.fixes.tree import Tree
from pitfall_lint.language import column_of, line_of, pack

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NEWLINE = re.compile(r"\r\n|\r|\n")
_PYTHON = (".py", ".pyi", ".pyw")
_STRING_OR_COMMENT = re.compile(
    r"""[#][^\r\n]*
    |(?P<prefix>(?<!\w)[rbuft]{0,2})
     (?:"{3}(?:[^\\]|\\[\s\S])*?"{3}|'{3}(?:[^\\]|\\[\s\S])*?'{3}
     |(?P<double>"(?:[^"\\\r\n]|\\[\s\S])*")|(?P<single>'(?:[^'\\\r\n]|\\[\s\S])*'))""",
    re.VERBOSE | re.IGNORECASE,
)


def is_python(path: str) -> bool:
    """Whether the file's name says Python."""
    return path.endswith(_PYTHON)


class Text:
    """One file's text. `offset` and `position` translate between packed positions and indices into `text`."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.data = data
        self.bom = data.startswith(codecs.BOM_UTF8)
        self.encoding = _encoding(path, data)
        try:
            self.text = data[len(codecs.BOM_UTF8) if self.bom else 0 :].decode(self.encoding)
        except (UnicodeDecodeError, LookupError) as error:
            raise CannotFix(f"the file cannot be decoded as {self.encoding}", path) from error

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins."""
        return [0, *(match.end() for match in _NEWLINE.finditer(self.text))]

    @cached_property
    def newline(self) -> str:
        """The newline that most lines end with."""
        counts = dict.fromkeys(("\n", "\r\n", "\r"), 0)
        for match in _NEWLINE.finditer(self.text):
            counts[match.group()] += 1
        return max(counts, key=lambda newline: counts[newline])

    @cached_property
    def strings(self) -> tuple[tuple[int, int, str], ...]:
        """The string literals: first index, index after the last, and the quotation mark (nothing for a triple one)."""
        found = []
        for match in _STRING_OR_COMMENT.finditer(self.text):
            if match.group("prefix") is not None:
                quote = '"' if match.group("double") else "'" if match.group("single") else ""
                found.append((match.start(), match.end(), quote))
        return tuple(found)

    @cached_property
    def quote(self) -> str:
        """The quotation mark that most string literals of the file stand in."""
        single = sum(quote == "'" for _, _, quote in self.strings)
        double = sum(quote == '"' for _, _, quote in self.strings)
        return "'" if single > double else '"'

    @cached_property
    def tree(self) -> Tree:
        """The whole file as libcst reads it; libcst.ParserSyntaxError where it cannot."""
        return Tree(self.text, 0)

    def in_string(self, offset: int) -> bool:
        """Whether the index lies within a string literal (as the expressions of an f-string do)."""
        index = bisect_right(self.strings, (offset, sys.maxsize, "")) - 1
        return index >= 0 and self.strings[index][0] < offset < self.strings[index][1]

    def offset(self, position: int) -> int:
        """The index for a packed position; CannotFix where the file has no such place."""
        line, column = line_of(position), column_of(position)
        if not 1 <= line <= len(self.starts):
            raise CannotFix(f"the file has no line {line}", self.path)
        offset = self.starts[line - 1] + column
        if offset > self.line_end(self.starts[line - 1]):
            raise CannotFix(f"line {line} has no column {column + 1}", self.path)
        return offset

    def position(self, offset: int) -> int:
        """The packed position of an index."""
        line = bisect_right(self.starts, offset)
        return pack(line, offset - self.starts[line - 1])

    def line_start(self, offset: int) -> int:
        """Where the line of an index begins."""
        return self.starts[bisect_right(self.starts, offset) - 1]

    def line_end(self, offset: int) -> int:
        """Where the line of an index ends, before its newline."""
        match = _NEWLINE.search(self.text, offset)
        return match.start() if match else len(self.text)

    def newline_at(self, offset: int) -> str:
        """The newline of the line of an index; the file's prevailing one on a last line without."""
        match = _NEWLINE.search(self.text, offset)
        return match.group() if match else self.newline

    def edit(self, start: int, end: int, content: str) -> Edit:
        """An edit that replaces text between two indices."""
        return Edit(Place(self.path, self.position(start), self.position(end)), content)

    def edited(self, edits: Sequence[Edit]) -> bytes:
        """The bytes after the edits; insertions at one point keep the given order. CannotFix where two overlap."""
        spans = sorted(
            ((self.offset(e.place.start), self.offset(e.place.end), e.content) for e in edits),
            key=lambda span: span[:2],
        )
        parts: list[str] = []
        done = 0
        for start, end, content in spans:
            if start < done or end < start:
                raise CannotFix("edits overlap", self.path)
            parts.append(self.text[done:start])
            parts.append(_NEWLINE.sub(lambda _, at=start: self.newline_at(at), content))  # type: ignore[misc]
            done = end
        parts.append(self.text[done:])
        try:
            encoded = "".join(parts).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise CannotFix(f"the new text cannot be written in {self.encoding}", self.path) from error
        return (codecs.BOM_UTF8 if self.bom else b"") + encoded


def _encoding(path: str, data: bytes) -> str:
    if not is_python(path):
        return "utf-8"
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError as error:
        raise CannotFix("the file's encoding is not known", path) from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def soundness(path: str, data: bytes) -> int:
    """How well a file's syntax stands: 0 broken, 1 read by libcst only, 2 read by `ast`, 3 compiled, or not checked."""
    if path.endswith(".toml"):
        try:
            tomllib.loads(data.decode())
        except ValueError:
            return 0
        return 3
    if not is_python(path):
        return 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _read_by_libcst(data)
        try:
            compile(tree, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return 2
    return 3


def _read_by_libcst(data: bytes) -> int:
    try:
        libcst.parse_module(data)
    except (libcst.ParserSyntaxError, ValueError, RecursionError):
        return 0
    return 1
