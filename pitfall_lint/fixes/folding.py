"""Long lines: a query that has outgrown the line is set with a link a line, and a call with an argument a line, much as
Black sets them. Where the code around does not allow it, the line stays long.
"""

from __future__ import annotations

import configparser
import itertools
import re
import sys
from collections.abc import Sequence
from typing import Any

import libcst as cst

from pitfall_lint.finding import Edit
from pitfall_lint.fixes.chain import Chain
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree, code
from pitfall_lint.source import Source

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

USUAL, UNSAID = 88, 150  # what the formatters take where they are told nothing; what is too long for anybody
_INDENT = "    "
_STATEMENT = re.compile(
    r"[ \t]*(?:return |yield |(?:async )?for [^()\[\]{}]+ in |[^()=]*[^()=<>!] [+|]?= |[^()=]* = )\Z"
)
_NOTHING_MORE = re.compile(r"[\])},:]*(?:[ \t]*#.*)?")
_LOADING = frozenset({"select_related", "prefetch_related", "options"})


def folded(edits: Sequence[Edit], text: Text, start: int, end: int, limit: int) -> tuple[Edit, ...]:
    """The edits of the query at `start..end`, or one edit in their place that keeps the lines within the limit."""
    spans = [(text.offset(edit.place.start), text.offset(edit.place.end), edit.content) for edit in edits]
    within = [span for span in spans if start <= span[0] and span[1] <= end]
    if len(within) < len(spans) or not within or "\\\n" in text.text[start:end]:
        return tuple(edits)
    new = text.text[start:end]
    for first, last, content in sorted(within, key=lambda span: span[:2], reverse=True):
        new = new[: first - start] + content + new[last - start :]
    new = new.replace("\r\n", "\n").replace("\r", "\n")
    head = text.text[text.line_start(start) : start]
    tail = text.text[end : text.line_end(end)]
    if not _too_long(head + new + tail, limit):
        return tuple(edits)
    made = _set(head, new, tail, limit)
    return tuple(edits) if made is None else (text.edit(start, end, made),)


def _too_long(lines: str, limit: int) -> bool:
    return any(len(line) > limit for line in lines.split("\n"))


def _set(head: str, query: str, tail: str, limit: int) -> str | None:
    """The query as it is to stand; None where it stays as it is."""
    indent = head[: len(head) - len(head.lstrip(" \t"))]
    if "\n" in query:
        return _arguments_apart(query, len(head), indent, tail, limit)
    segments = _segments(query)
    if len(segments) < 2:
        return _arguments_apart(query, len(head), indent, tail, limit)
    if not head.strip() and tail.strip() in ("", ")"):
        return ("\n" + indent).join(_each(segments, indent, limit))
    alone = head.endswith("(") and tail.startswith(")")
    if alone or (_STATEMENT.fullmatch(head) and "#" not in head):
        inner = indent + _INDENT
        lines = ("\n" + inner).join(_each(segments, inner, limit))
        bare = f"\n{inner}{lines}\n{indent}"
        return bare if alone else f"({bare})"
    return None


def _each(segments: Sequence[str], indent: str, limit: int) -> list[str]:
    """The segments, those that are too long with an argument a line."""
    return [segment if len(indent + segment) <= limit else _apart(segment, indent) or segment for segment in segments]


def _chain(query: str) -> tuple[Chain, Text] | None:
    text = Text("query.py", query.encode())
    try:
        tree, node = Tree.of_expression(query, 0, len(query))
    except (cst.ParserSyntaxError, ValueError, RecursionError):
        return None
    return Chain(text, tree, node, len(query)), text


def _segments(query: str) -> list[str]:
    """A query on one line cut before each call but the first: `Book.objects.filter(...)`, `.order_by(...)`."""
    made = _chain(query)
    if made is None or any(not link.outer for link in made[0].links):
        return [query]
    calls = [link for link in made[0].links if link.call is not None]
    cuts: list[int] = []
    for before, link in itertools.pairwise(calls):
        cuts.append(min(other.at for other in made[0].links if before.end <= other.at <= link.at))
    ends = [*cuts, len(query)]
    return [query[first:last] for first, last in zip([0, *cuts], ends, strict=True)]


def _apart(segment: str, indent: str) -> str | None:
    """`.prefetch_related("a", "b")` with an argument a line."""
    prefix = "" if segment[0] != "." else "x"
    made = _chain(prefix + segment)
    if made is None or not made[0].links:
        return None
    link = made[0].links[-1]
    if link.call is None or link.name not in _LOADING or not link.call.args:
        return None
    opening = segment[: segment.index("(", link.at - len(prefix) + 1) + 1]
    arguments = [code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip() for argument in link.call.args]
    inner = f"\n{indent}{_INDENT}"
    return f"{opening}{inner}{f',{inner}'.join(arguments)},\n{indent})"


def _arguments_apart(query: str, column: int, indent: str, tail: str, limit: int) -> str | None:
    """The last call that loads relations and stands on a line that is too long, with an argument a line."""
    made = _chain(query)
    if made is None or not _NOTHING_MORE.fullmatch(tail):
        return None
    done = query
    for link in reversed(made[0].links):
        if link.call is None or link.name not in _LOADING or not link.outer:
            continue
        begin = query.rfind("\n", 0, link.end - 1) + 1
        line_end = query.find("\n", link.at + 1 if query[link.at : link.at + 1] == "\n" else link.at)
        call = query[link.at : link.end]
        stands = call.lstrip()
        if "\n" in stands or (begin > link.at and stands == call):
            continue
        line = (" " * column if begin == 0 else "") + query[begin : line_end if line_end >= 0 else len(query)]
        if len(line + (tail if line_end < 0 else "")) <= limit:
            continue
        own = query[begin : len(query)]
        level = indent if begin == 0 else own[: len(own) - len(own.lstrip(" \t"))]
        apart = _apart(stands, level)
        if apart is not None:
            done = done[: link.end - len(stands)] + apart + done[link.end :]
            break
    return done if done != query else None


# ---------------------------------------------------------------------------- limit


def limit_of(path: str, text: Text, source: Source) -> int:
    """How long the lines of a file may be: as the nearest configuration of a formatter says, else as the longest is."""
    folder = path.rpartition("/")[0]
    while True:
        for name in ("ruff.toml", ".ruff.toml", "pyproject.toml", "setup.cfg", "tox.ini", ".flake8"):
            found = _said(source, f"{folder}/{name}" if folder else name)
            if found:
                return found
        if not folder:
            return max(UNSAID, max(map(len, text.text.splitlines()), default=0))
        folder = folder.rpartition("/")[0]


def _said(source: Source, path: str) -> int:
    try:
        data = source.read(path).decode("utf-8", "replace")
    except OSError:
        return 0
    if path.endswith(".toml"):
        return _said_in_toml(data, path.endswith("pyproject.toml"))
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(data)
    except configparser.Error:
        return 0
    for section, key in (("flake8", "max-line-length"), ("pycodestyle", "max-line-length"), ("isort", "line_length")):
        value = parser.get(section, key, fallback="").split("#")[0].strip()
        if value.isdigit():
            return int(value)
    return 0


def _said_in_toml(data: str, tools: bool) -> int:
    try:
        table: Any = tomllib.loads(data)
    except ValueError:
        return 0
    entries = [table.get("tool", {}).get(name) for name in ("ruff", "black")] if tools else [table]
    for entry in entries:
        if isinstance(entry, dict):
            value = entry.get("line-length", USUAL)
            return value if isinstance(value, int) else USUAL
    return 0
