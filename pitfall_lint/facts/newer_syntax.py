"""Syntax newer than the interpreter's that can be spelled in older syntax of the same width, so that the fast
reader serves.

That is `except A, B:` (3.14), type parameters, `type X = ...` and f-strings that hold their own quotes (3.12), and
`except*` (3.11): most of what an older `ast` refuses in practice. libcst, which `python_cst.py` uses for the rest,
takes about fifteen times as long.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from pitfall_lint.facts.comments import scan
from pitfall_lint.facts.strings import Spans, string_end

_STATEMENT = re.compile(
    r"[ \t\f]*(?:(?P<handler>except\b[ \t]*(?P<star>\*)?)|(?P<alias>type) \w+[ \t]*(?=[\[=])"
    r"|(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*(?=\[))"
)
_LITERAL = re.compile(r"#[^\n]*|\"\"\"|'''|\"|'")
_PREFIXES = frozenset("fFtTrRbBuU")
_TOKEN = re.compile(r"\"\"\"|'''|\"|'|[()\[\]{}]|[,:#\n]")


class Rewriting(NamedTuple):
    """A text of the same width; how many commas of handlers became `|`, by row; in which rows `type X` became
    `type.X`."""

    text: str
    commas: dict[int, int]
    aliases: set[int]


def parse(text: str) -> ast.Module | None:
    """The module, as an interpreter that knows the syntax would have it; None where this is not enough."""
    rewriting = _rewritten(text)
    if rewriting is None:
        return None
    try:
        tree: Any = compile(rewriting.text, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return tree if _restored(tree, rewriting) else None


def _rewritten(text: str) -> Rewriting | None:
    characters: list[str] = []  # empty until there is something to rewrite
    commas: dict[int, int] = {}
    aliases: set[int] = set()
    row = 1
    counted = 0
    for start in scan(text).starts:
        match = _STATEMENT.match(text, start)
        if match is None:
            continue
        row += text.count("\n", counted, start)
        counted = start
        edits: list[tuple[int, str]] = []
        if match["handler"]:
            if match["star"]:
                edits.append((match.start("star"), " "))
            found = _header_commas(text, match.end())
            if found:
                commas[row] = len(found)
                edits += [(at, "|") for at in found]
        else:
            if match["alias"]:
                aliases.add(row)
                edits.append((match.end("alias"), "."))
            if text.startswith("[", match.end()):
                end = _closing(text, match.end())
                if end is None:
                    return None
                edits += [(at, " ") for at in range(match.end(), end)]
        if edits and not characters:
            characters = list(text)
        for at, character in edits:
            characters[at] = character
    for at, character in _held_quotes(text):
        characters = characters or list(text)
        characters[at] = character
    return Rewriting("".join(characters), commas, aliases) if characters else None


def _held_quotes(text: str) -> Iterator[tuple[int, str]]:
    """The quotes of plain strings that stand in an f-string with the same quotes, each with the other kind of quote."""
    position = 0
    while (match := _LITERAL.search(text, position)) is not None:
        token = match.group()
        if token[0] == "#":
            position = match.end()
            continue
        found: Spans = []
        position = string_end(text, match.start(), token, found)
        other = "'" if token == '"' else '"'
        for start, end in found if len(token) == 1 else ():
            while start < end and (inner := _LITERAL.search(text, start, end)) is not None:
                opening, start = inner.start(), string_end(text, inner.start(), inner.group())
                plain = inner.group() == token and text[opening - 1] not in _PREFIXES
                if plain and not {other, "\\", "\n"} & set(text[opening + 1 : start - 1]):
                    yield opening, other
                    yield start - 1, other


def _header_commas(text: str, position: int) -> list[int]:
    """The commas between a handler's `except` and its colon that stand in no brackets."""
    commas: list[int] = []
    depth = 0
    while (match := _TOKEN.search(text, position)) is not None:
        token = match.group()
        position = match.end()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif token in ",:\n#":
            if depth:
                continue
            if token != ",":
                return commas
            commas.append(match.start())
        else:
            position = string_end(text, match.start(), token)
    return commas


def _closing(text: str, position: int) -> int | None:
    """The end of the brackets that open here, if they close on their line."""
    depth = 0
    while (match := _TOKEN.search(text, position)) is not None:
        token = match.group()
        position = match.end()
        if token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
            if not depth:
                return position
        elif token in "#\n":
            return None
        elif token not in ",:":
            position = string_end(text, match.start(), token)
    return None


def _restored(tree: ast.Module, rewriting: Rewriting) -> bool:
    """Whether everything that was rewritten was found in the tree, and put back."""
    commas = dict(rewriting.commas)
    aliases = set(rewriting.aliases)
    todo: list[Any] = [tree]
    while todo:
        n = todo.pop()
        if n.__class__ is ast.ExceptHandler and n.lineno in commas:
            n.type = _tuple(n.type, commas.pop(n.lineno))
            if n.type is None:
                return False
        elif n.__class__ is ast.Assign and n.lineno in aliases:
            target: Any = n.targets[0]
            if target.__class__ is not ast.Attribute:
                return False
            aliases.discard(n.lineno)
            n.targets = [
                ast.Name(
                    id=target.attr,
                    lineno=n.lineno,
                    col_offset=target.col_offset + len("type."),
                    end_lineno=n.lineno,
                    end_col_offset=target.end_col_offset,
                )
            ]
        for part in ("body", "handlers", "orelse", "finalbody", "cases"):
            todo += getattr(n, part, ())
    return not commas and not aliases


def _tuple(joined: Any, commas: int) -> ast.Tuple | None:
    """`A | B` back as `A, B`."""
    items: list[ast.expr] = []
    rest = joined
    for _ in range(commas):
        if rest.__class__ is not ast.BinOp or rest.op.__class__ is not ast.BitOr:
            return None
        items.append(rest.right)
        rest = rest.left
    if rest.__class__ is ast.BinOp and rest.op.__class__ is ast.BitOr:
        return None  # which bars were commas?
    items.append(rest)
    return ast.copy_location(ast.Tuple(elts=items[::-1], ctx=ast.Load()), joined)
