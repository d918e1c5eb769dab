"""Comments that silence findings: `# noqa`, `# noqa: A,B`, `# pitfall: ignore[A,B] reason`, the last in templates too.

Python has a small scanner here: what `tokenize` accepts differs between interpreters (f-strings since 3.12), and it is
slow. Which rule a comment names, and whether it silences anything, is for `suppress.py` to decide.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from pitfall_lint.facts.records import Suppression
from pitfall_lint.facts.strings import string_end
from pitfall_lint.language import line_of, pack

# A code (DJG101) or the kebab-case name of a rule.
_ITEM = r"(?:[A-Za-z]+[0-9]+|[a-z][a-z0-9]*(?:-[a-z0-9]+)+)(?![\w-])"
_NOQA = re.compile(
    rf"#\s*noqa(?![\w-])(?:\s*:\s*(?P<codes>{_ITEM}(?:(?:\s*,\s*|\s+){_ITEM})*)|(?P<colon>\s*:))?", re.IGNORECASE
)
_IGNORE = re.compile(r"pitfall:\s*ignore(?![\w-])(?:\s*\[(?P<codes>[\w\s,-]*)\]|(?P<open>\s*\[))?")
_CODE = re.compile(r"[A-Za-z]+[0-9]+\Z")
_SEPARATORS = re.compile(r"[\s,]+")
_PART = re.compile(r"#\s*(?:(?i:noqa)|pitfall:)")
_DASHES = " \t:-\u2013\u2014"

_TOKEN = re.compile(r"#[^\n]*|\"\"\"|'''|\"|'|[()\[\]{}]|\\\n|\n")


class Comment(NamedTuple):
    """A comment of a Python file: its line, its column, its words, and whether nothing else stands on its line."""

    row: int
    column: int
    words: str
    alone: bool


class Lines(NamedTuple):
    """The first and last line of a simple statement, or of the header (with its decorators) of a compound one."""

    first: int
    last: int


class Scan(NamedTuple):
    """What `scan` found; `starts` is where in the text the logical lines begin, those of decorators included."""

    comments: list[Comment]
    statements: list[Lines]
    starts: list[int]


def in_python(text: str) -> tuple[Suppression, ...]:
    """The suppressions of a Python file whose lines end in `\\n`."""
    if "noqa" not in text and "pitfall:" not in text and "NOQA" not in text and "NoQA" not in text:
        return ()
    found: list[Suppression] = []
    comments, statements, _ = scan(text)
    firsts = [s.first for s in statements]
    for comment in comments:
        if not _PART.search(comment.words):
            continue
        at = bisect_right(firsts, comment.row) - 1
        if at >= 0 and comment.row <= statements[at].last:
            first, last = statements[at]
        elif comment.alone and at + 1 < len(statements):
            first, last = statements[at + 1]
        else:
            first = last = comment.row
        found += in_comment(comment.words, pack(comment.row, comment.column), first, last)
    return tuple(found)


def in_comment(words: str, start: int, first: int, last: int) -> list[Suppression]:
    """The suppressions within a comment that begins at the packed position `start` and speaks of lines `first`..`last`.

    `words` is the comment with its delimiters: `#...`, or `{#...#}` in a template. It lies on one line.
    """
    found: list[Suppression] = []
    marks = [m.start() for m in _PART.finditer(words)]
    for mark, end in zip(marks, [*marks[1:], len(words)], strict=True):
        part = words[mark:end].removesuffix("#}").rstrip()
        match = _NOQA.match(part)
        style = "noqa"
        if match is None:
            match = _IGNORE.search(part)
            style = "pitfall"
            if match is None or match["open"]:
                continue
        elif match["colon"]:
            continue  # prose where codes should stand is a mistake; to take it for a blanket would hide findings
        codes = tuple(
            code.upper() if _CODE.match(code) else code for code in _SEPARATORS.split(match["codes"] or "") if code
        )
        if style == "pitfall" and match["codes"] is not None and not codes:
            continue  # `ignore[]` names nothing
        reason = part[match.end() :].strip(_DASHES)
        row = line_of(start)
        found.append(Suppression(style, codes, reason, row, first, last, start + mark, start + mark + len(part)))
    return found


def scan(text: str) -> Scan:
    """All comments of a Python file, and the lines of its statements. Never fails: what is broken is passed over."""
    comments: list[Comment] = []
    statements: list[Lines] = []
    starts: list[int] = []
    search = _TOKEN.search
    row = 1
    line_start = 0
    seen = 0  # up to here, this line is looked through
    depth = 0  # of brackets
    first = 0  # the row at which the current statement began, 0 outside of any
    begin = 0  # where in the text it did
    header = 0  # the row of the first of its decorators
    match = search(text)
    while match is not None:
        at, position = match.span()
        kind = text[at]
        if not first and (kind in "()[]{}\"'" or not _blank(text, seen, at)):
            first = row
            begin = line_start
        if kind == "\n":
            if first and not depth:
                starts.append(begin)
                if text[begin:at].lstrip(" \t\f").startswith("@"):
                    header = header or first
                else:
                    statements.append(Lines(header or first, row))
                    header = 0
                first = 0
            row += 1
            line_start = position
        elif kind == "\\":
            row += 1
            line_start = position
        elif kind == "#":
            comments.append(Comment(row, at - line_start, match.group(), _blank(text, line_start, at)))
        elif kind in "([{":
            depth += 1
        elif kind in ")]}":
            depth = max(depth - 1, 0)
        else:
            position = string_end(text, at, match.group())
            row += text.count("\n", at, position)
            line_start = max(line_start, text.rfind("\n", at, position) + 1)
        seen = position
        match = search(text, position)
    if not first and not _blank(text, seen, len(text)):
        first = row
    if first or header:
        statements.append(Lines(header or first, row))
    return Scan(comments, statements, starts)


def _blank(text: str, start: int, end: int) -> bool:
    return not text[start:end].strip(" \t\f\ufeff")
