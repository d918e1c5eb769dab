"""TOML with positions: tables, their keys and the spans of values, which `tomllib` does not give.

`tomllib` decides whether the text is TOML at all; what it accepts is then scanned here for places only.
"""

from __future__ import annotations

import re
import sys

import msgspec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_STRING = re.compile(
    r'"""(?P<d3>(?:[^\\]|\\.)*?"{0,2})"""(?!")|'
    + r"'''(?P<s3>.*?'{0,2})'''(?!')|"
    + r'"(?P<d>[^"\\\n]*(?:\\.[^"\\\n]*)*)"|'
    r"'(?P<s>[^'\n]*)'",
    re.DOTALL,
)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""\s*(?:([A-Za-z0-9_-]+)|"([^"\n]*)"|'([^'\n]*)')[ \t]*""")
_BARE = re.compile(r"[^\s,\]}#]+(?:[ \t]+[0-9:.]+)?")
_WHERE = re.compile(r"\(at line (\d+), column (\d+)\)")


class TomlError(ValueError):
    """The text is no TOML; `offset` says from where on."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Value(msgspec.Struct, frozen=True, gc=False):
    """A value and its span (offsets); `text` of a string, `items` of an array, `key_start` where its key begins."""

    start: int
    end: int
    key_start: int
    text: str | None = None
    items: tuple[Value, ...] = ()


class Table(msgspec.Struct, frozen=True, gc=False):
    """A `[table]`: its dotted name, its keys in order, and where its header stands. Dotted keys keep their parts."""

    name: tuple[str, ...]
    start: int
    end: int
    entries: tuple[tuple[tuple[str, ...], Value], ...]


def tables(text: str) -> tuple[Table, ...]:
    """The tables of a TOML file in order, the one without a header first."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = _WHERE.search(str(error))
        offset = len(text)
        if where is not None:
            lines = text.split("\n")[: int(where.group(1)) - 1]
            offset = sum(len(line) + 1 for line in lines) + int(where.group(2)) - 1
        raise TomlError(_WHERE.sub("", str(error)).strip(), min(offset, len(text))) from error
    except RecursionError as error:
        raise TomlError("nested too deeply", 0) from error
    return _Scanner(text).tables()


class _Scanner:
    """Walks a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def tables(self) -> tuple[Table, ...]:
        made: list[Table] = []
        name: tuple[str, ...] = ()
        entries: list[tuple[tuple[str, ...], Value]] = []
        opened = header = 0
        while self._skip() < len(self.text):
            before = self.at
            if self.text[self.at] == "[":
                made.append(Table(name, opened, header, tuple(entries)))
                opened = self.at
                self.at += 2 if self.text.startswith("[[", self.at) else 1
                name, entries = self._key(), []
                closing = self.text.find("]", self.at)
                self.at = header = closing + (2 if self.text.startswith("]]", closing) else 1)
            else:
                start = self.at
                key = self._key()
                self.at = self.text.find("=", self.at) + 1
                self._skip()
                entries.append((key, self._value(start)))
            if self.at <= before:
                break
        made.append(Table(name, opened, header, tuple(entries)))
        return tuple(made)

    def _skip(self) -> int:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _key(self) -> tuple[str, ...]:
        parts: list[str] = []
        while match := _KEY_PART.match(self.text, self.at):
            parts.append(next(part for part in match.groups() if part is not None))
            self.at = match.end()
            if not self.text.startswith(".", self.at):
                break
            self.at += 1
        return tuple(parts) or ("",)

    def _value(self, key_start: int) -> Value:
        start = self.at
        if match := _STRING.match(self.text, start):
            self.at = match.end()
            return Value(start, self.at, key_start, match.group(match.lastgroup or 0))
        opening = self.text[start : start + 1]
        if opening == "[":
            return self._array(key_start)
        if opening == "{":
            return self._inline_table(key_start)
        bare = _BARE.match(self.text, start)
        self.at = bare.end() if bare else start + 1
        return Value(start, self.at, key_start)

    def _array(self, key_start: int) -> Value:
        start = self.at
        self.at += 1
        items: list[Value] = []
        while self._skip() < len(self.text) and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
            else:
                items.append(self._value(self.at))
        self.at += 1
        return Value(start, self.at, key_start, None, tuple(items))

    def _inline_table(self, key_start: int) -> Value:
        start = self.at
        self.at += 1
        while self._skip() < len(self.text) and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._key()
            self.at = self.text.find("=", self.at) + 1
            self._skip()
            self._value(self.at)
        self.at += 1
        return Value(start, self.at, key_start)
