"""What both readers of Python write: trees, nodes of the small language as the plain tuples they are when encoded.

A tuple costs a third of a record, and the records come into being when the encoding is read back. A tree is
`(tag, start, end, fields...)`; tags and fields are those of `language.py`, and a list does for a tuple.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from pitfall_lint.language import COLUMN_BITS, COLUMN_MASK, pack

Tree = tuple[Any, ...]
Add = Callable[[Any], None]  # notes a name that the current function (or the module level) mentions
Append = Callable[[Tree], None]  # adds a statement to the current body

YIELDS = 0  # stands among the names of a function that yields, until the function is written
LONG_CHAIN = 100
EMPTY = msgspec.Raw(b"\x90")  # the encoding of a body without statements

encode = msgspec.msgpack.Encoder().encode
_WORD = re.compile(r"\w")
_HEADER = re.compile(r"(?:async(?:[ \t\f]|\\\n)+)?(?:def|class)(?:[ \t\f]|\\\n)+(\w+)")


class Scope:
    """Where a statement stands: how its qualified name begins, the file's lines, the names of a function around it."""

    __slots__ = ("lines", "names", "prefix", "shallow")

    def __init__(self, prefix: str, lines: list[str], names: set[Any] | None, shallow: bool = False) -> None:
        self.prefix = prefix
        self.lines = lines
        self.names = names
        self.shallow = shallow


def constant(start: int, end: int, value: Any) -> Tree:
    """A `Const` for a literal's value; an `Other` for a complex number."""
    kind = value.__class__
    if kind is str:
        return (2, start, end, value, "str")
    if kind is int:
        return (2, start, end, value if value < 1 << 63 else _digits(value), "int")
    if value is None:
        return (2, start, end, None, "none")
    if kind is bool:
        return (2, start, end, value, "bool")
    if kind is float:
        return (2, start, end, value, "float")
    if kind is bytes:
        return (2, start, end, value.decode("latin-1"), "bytes")
    if value is Ellipsis:
        return (2, start, end, None, "ellipsis")
    return (20, start, end, ())


def _digits(value: int) -> str:
    try:
        return str(value)
    except ValueError:  # past sys.get_int_max_str_digits()
        return hex(value)


def chained(first: Tree, links: list[tuple[int, int, str, Tree]]) -> Tree:
    """`first op a op b`, whose links (span, operator, right operand) come from the last to the first.

    A chain of hundreds, as in a long text put together with `+`, becomes one operation, so that none recurses so deep.
    """
    start, end, operator, _ = links[0]
    if len(links) > LONG_CHAIN:
        operands = [first, *[link[3] for link in reversed(links)]]
        if all(link[2] == operator for link in links):
            return (15, start, end, operator, operands)
        return (20, start, end, operands)
    for start, end, operator, right in reversed(links):
        first = (15, start, end, operator, (first, right))
    return first


def converted(value: Tree, conversion: str) -> Tree:
    """What `!s`, `!r` and `!a` in an f-string make of a value."""
    if conversion == "s":
        return value
    start, end = value[1], value[2]
    return (6, start, end, (1, start, end, "repr" if conversion == "r" else "ascii"), (value,), ())


def text(start: int, end: int, parts: list[Tree | str]) -> Tree:
    """A `Text`. Strings that adjoin become one, with the span of the whole: about theirs interpreters disagree."""
    merged: list[Tree] = []
    literal = ""
    for part in parts:
        if isinstance(part, str):
            literal += part
            continue
        if literal:
            merged.append((2, start, end, literal, "str"))
            literal = ""
        merged.append(part)
    if literal:
        merged.append((2, start, end, literal, "str"))
    return (16, start, end, merged)


def assertion(start: int, end: int, test: Tree, message: Tree | None) -> Tree:
    """`assert test, message` as `if not test: raise`."""
    failed = (15, test[1], test[2], "not", (test,))
    error = None if message is None else (20, message[1], message[2], (message,))
    return (36, start, end, failed, ((41, start, end, error),), ())


def function(
    start: int,
    end: int,
    scope: Scope,
    name: str,
    params: list[Tree],
    decorators: list[Tree],
    returns: Tree | None,
    is_async: bool,
    names: set[Any],
    body: list[Tree],
) -> Tree:
    """A `Function` whose body is encoded apart; its names are counted among those of the function around it."""
    is_generator = YIELDS in names
    names.discard(YIELDS)
    if scope.names is not None:
        scope.names |= names
    return (
        47,
        start,
        end,
        name,
        scope.prefix + name,
        params,
        decorators,
        returns,
        is_async,
        is_generator,
        name_end(scope.lines, start, "async def " if is_async else "def ", name),
        sorted(names),
        msgspec.Raw(encode(body)) if body else EMPTY,
        None,
    )


class Case(NamedTuple):
    """One `case` of a `match`: what its pattern evaluates, what it binds (name, span, whether to the whole subject)."""

    start: int
    end: int
    values: list[Tree]
    captures: list[tuple[str, int, int, bool]]
    guard: Tree | None
    body: list[Tree]
    wildcard: bool


def match(subject: Tree, cases: list[Case]) -> list[Tree]:
    """The cases as a chain of `If`, the first of which evaluates the subject; a last `case _` is the chain's `else`."""
    chain: list[Tree] = []
    for i in range(len(cases) - 1, -1, -1):
        case = cases[i]
        body: list[Tree] = []
        for name, start, end, whole in case.captures:
            value = subject if whole and subject[0] == 1 else (20, start, end, ())
            body.append((32, start, end, (1, start, end, name), value, None, None))
        body += case.body
        if case.wildcard and case.guard is None and i == len(cases) - 1 and i > 0:
            chain = body
            continue
        parts = [subject] if i == 0 else []
        parts += case.values
        if case.guard is not None:
            parts.append(case.guard)
        chain = [(36, case.start, case.end, (20, case.start, case.end, parts), body, chain)]
    return chain


def name_end(lines: list[str], start: int, keyword: str, name: str) -> int:
    """Where the name ends in the header of a `def` or `class` that begins at `start`."""
    line = start >> COLUMN_BITS
    column = start & COLUMN_MASK
    text = lines[line - 1]
    end = column + len(keyword) + len(name)
    if text.startswith(keyword, column) and text.startswith(name, end - len(name)) and not _WORD.match(text, end):
        return pack(line, end)
    text = "\n".join(lines[line - 1 : line + 9])
    match = _HEADER.match(text, column)
    if match is None:
        return pack(line, end)
    breaks = text.count("\n", 0, match.end())
    return pack(line + breaks, match.end() - (text.rfind("\n", 0, match.end()) + 1))
