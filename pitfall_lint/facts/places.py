"""Puts right where `ast` says that nodes stand: columns counted in bytes, and within f-strings before Python 3.12."""

from __future__ import annotations

import ast
from bisect import bisect_left
from contextvars import ContextVar
from typing import Any

from pitfall_lint.facts.strings import fields
from pitfall_lint.language import COLUMN_MASK

_FOLLOWING = frozenset("}:!=")

# The lines of the file that is being lowered, for `place_fields`.
source_lines: ContextVar[list[str]] = ContextVar("source_lines")


def count_in_characters(tree: ast.AST, lines: list[str]) -> None:
    """Rewrite columns, which `ast` counts in bytes of UTF-8, on the lines where that differs."""
    odd = {
        i: line.encode("utf-8", "replace")
        for i, line in enumerate(lines, 1)
        if not line.isascii() or len(line) > COLUMN_MASK
    }
    if not odd:
        return
    rows = sorted(odd)
    todo: list[Any] = [tree]
    while todo:
        n = todo.pop()
        fields = n.__dict__
        line = fields.get("lineno")
        if line is not None:
            last = fields["end_lineno"]
            if isinstance(n, ast.stmt):
                first = line
                for decorator in fields.get("decorator_list", ()):
                    first = min(first, decorator.lineno)
                at = bisect_left(rows, first)
                if at == len(rows) or rows[at] > last:
                    continue
            if line in odd:
                n.col_offset = _characters(odd[line], n.col_offset)
            if last in odd:
                n.end_col_offset = _characters(odd[last], n.end_col_offset)
        for value in fields.values():
            if value.__class__ is list:
                todo.extend(v for v in value if isinstance(v, ast.AST))
            elif isinstance(value, ast.AST):
                todo.append(value)


def _characters(line: bytes, column: int) -> int:
    return min(len(line[:column].decode("utf-8", "ignore")), COLUMN_MASK)


def place_fields(string: ast.JoinedStr) -> None:
    """Put the expressions of an f-string where they stand: before 3.12 `ast` may err, depending on the version.

    Where it seems to, each is parsed again by itself. Where the source cannot be made out, expressions get the span of
    the whole.
    """
    holders: list[ast.FormattedValue] = []
    _holders(string.values, holders)
    lines = source_lines.get()
    if _plausible(string, holders, lines):
        return
    line = string.lineno
    last: int = string.end_lineno  # type: ignore[assignment]
    lines = lines[line - 1 : last]
    text = "\n".join(lines)
    end: int = len(text) - len(lines[-1]) + string.end_col_offset  # type: ignore[operator]
    spans = fields(text, string.col_offset, end)
    try:
        parsed = [_parsed(text, start, stop, line - 1) for start, stop in spans]
    except (SyntaxError, ValueError):
        parsed = []
    if len(parsed) != len(holders):
        for holder in holders:
            for n in ast.walk(holder.value):
                ast.copy_location(n, string)
        return
    for holder, value in zip(holders, parsed, strict=True):
        holder.value = value


def _plausible(string: ast.JoinedStr, holders: list[ast.FormattedValue], lines: list[str]) -> bool:
    """Whether `ast` has each expression right behind a brace, right before what may follow, and in order."""
    line = string.lineno
    column = string.col_offset
    last: Any = string.end_lineno
    for holder in holders:
        value: Any = holder.value
        start = value.col_offset
        if value.lineno != line:
            if not line < value.lineno <= last:
                return False
            line = value.lineno
            column = 0
        text = lines[line - 1]
        if (
            value.end_lineno != line
            or start <= column
            or text[start - 1 : start] != "{"
            or text[start - 2 : start - 1] == "{"
            or text[value.end_col_offset : value.end_col_offset + 1] not in _FOLLOWING
            or (value.__class__ is ast.Name and value.id != text[start : value.end_col_offset])
        ):
            return False
        column = value.end_col_offset
    return True


def _parsed(text: str, start: int, stop: int, above: int) -> ast.expr:
    """The expression that stands at `start`..`stop` in a text with so many lines above it."""
    source = text[start:stop]
    tree: Any = compile(f"({source})", "", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    if not source.isascii():
        count_in_characters(tree, f"({source})".split("\n"))
    value: Any = tree.body
    if value.col_offset == 0 and value.lineno == 1 and value.__class__ in (ast.Tuple, ast.GeneratorExp):
        _unwrap(value, source)
    _shift(value, above + text.count("\n", 0, start), start - text.rfind("\n", 0, start) - 2)
    return value  # type: ignore[no-any-return]


def _holders(values: Any, found: list[ast.FormattedValue]) -> None:
    for v in values:
        if v.__class__ is ast.FormattedValue:
            found.append(v)
            spec: Any = v.format_spec
            if spec is not None:
                _holders(spec.values, found)
        elif v.__class__ is ast.JoinedStr:
            _holders(v.values, found)


def _unwrap(value: Any, source: str) -> None:
    """Give a tuple without parentheses its own span, instead of that of the parentheses that it was parsed in."""
    before = source[: len(source) - len(source.lstrip())]
    upto = source.rstrip()
    value.lineno = 1 + before.count("\n")
    value.col_offset = len(before) - before.rfind("\n") - 1 + (value.lineno == 1)
    value.end_lineno = 1 + upto.count("\n")
    value.end_col_offset = len(upto) - upto.rfind("\n") - 1 + (value.end_lineno == 1)


def _shift(tree: ast.AST, lines: int, columns: int) -> None:
    """Move nodes; only those of the first line move sideways."""
    todo: list[Any] = [tree]
    while todo:
        places = todo.pop().__dict__
        if "lineno" in places:
            if places["lineno"] == 1:
                places["col_offset"] += columns
            if places["end_lineno"] == 1:
                places["end_col_offset"] += columns
            places["lineno"] += lines
            places["end_lineno"] += lines
        for value in places.values():
            if value.__class__ is list:
                todo.extend(v for v in value if isinstance(v, ast.AST))
            elif isinstance(value, ast.AST):
                todo.append(value)
