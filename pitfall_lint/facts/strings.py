"""Where the strings of Python source end, and where the expressions lie within f-strings, found without a tokenizer.

The grammar is that of Python 3.12 and later, in which an f-string may hold its own quotes; earlier f-strings are a part
of it. Nothing here fails: an unfinished string ends with its line or with the text.
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"[A-Za-z]{1,2}\Z")
_STRING_END = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"?', re.DOTALL),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'?", re.DOTALL),
    '"""': re.compile(r'[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:""")?', re.DOTALL),
    "'''": re.compile(r"[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:''')?", re.DOTALL),
}
_FORMAT_TOKEN = {
    quote: re.compile(
        rf"\\N\{{[^}}\n]*\}}|\\[{{}}]|\\.|\{{\{{|\}}\}}|\{{|{quote}" + "|\n" * (len(quote) == 1), re.DOTALL
    )
    for quote in ('"', "'", '"""', "'''")
}
_FIELD_TOKEN = re.compile(r"#[^\n]*|\"\"\"|'''|\"|'|[()\[\]{}]|:|!(?!=)|(?<![=!<>])=(?=[ \t\n]*[!:}])")
_SPEC_TOKEN = re.compile(r"[{}]")
_LITERAL = re.compile(r"#[^\n]*|\"\"\"|'''|\"|'")
_MAX_DEPTH = 50  # of f-strings within f-strings

Spans = list[tuple[int, int]]


def string_end(text: str, at: int, quote: str, found: Spans | None = None) -> int:
    """Where the string whose `quote` opens at `at` ends; `found` gets the spans of an f-string's expressions."""
    return _string_end(text, at, quote, found if found is not None else [], 0)


def fields(text: str, start: int, end: int) -> Spans:
    """Where the expressions lie in an f-string of perhaps several pieces: each before those of its own format."""
    found: Spans = []
    while (match := _LITERAL.search(text, start, end)) is not None:
        start = match.end() if text[match.start()] == "#" else string_end(text, match.start(), match.group(), found)
    return found


def _string_end(text: str, at: int, quote: str, found: Spans, depth: int) -> int:
    prefix = _PREFIX.search(text, max(at - 2, 0), at)
    letters = prefix.group().lower() if prefix is not None else ""
    if letters in _FORMATS:
        return _format_end(text, at + len(quote), quote, "r" in letters, found, depth)
    match = _STRING_END[quote].match(text, at + len(quote))
    return match.end() if match is not None else len(text)


_FORMATS = frozenset({"f", "t", "fr", "rf", "tr", "rt"})


def _format_end(text: str, position: int, quote: str, raw: bool, found: Spans, depth: int) -> int:
    search = _FORMAT_TOKEN[quote].search
    while (match := search(text, position)) is not None:
        token = match.group()
        position = match.end()
        if token == quote:
            return position
        if token == "\n":
            return match.start()
        if token[0] == "\\":
            if raw and len(token) > 2:  # no character by name in a raw string
                position = match.start() + 2
            elif token[1] in "{}":  # such a backslash stands for itself
                position = match.start() + 1
        elif token == "{":
            position = _field_end(text, position, found, depth + 1)
    return len(text)


def _field_end(text: str, position: int, found: Spans, depth: int) -> int:
    brackets = 0
    index = len(found)
    start, end = position, 0
    found.append((start, start))
    while depth < _MAX_DEPTH and (match := _FIELD_TOKEN.search(text, position)) is not None:
        token = match.group()
        position = match.end()
        if token in "([{":
            brackets += 1
        elif token in ")]}":
            if not brackets:
                found[index] = (start, end or match.start())
                return position
            brackets -= 1
        elif token == ":":
            if not brackets:
                found[index] = (start, end or match.start())
                return _spec_end(text, position, found, depth)
        elif token in "!=":
            if not brackets:
                end = end or match.start()
        elif token[0] != "#":
            position = _string_end(text, match.start(), token, [], depth)
    return len(text)


def _spec_end(text: str, position: int, found: Spans, depth: int) -> int:
    while (match := _SPEC_TOKEN.search(text, position)) is not None:
        position = match.end()
        if match.group() == "}":
            return position
        position = _field_end(text, position, found, depth + 1)
    return len(text)
