"""Django template syntax below the tag: where tokens lie, how a tag's words split, and how an expression lowers.

Positions within a token are reached by adding `delta` to an offset in the text: a Django token never spans lines, so
one addition is all that a span costs. What a tag means is `django_template`'s business.
"""

from __future__ import annotations

import re

import msgspec

from pitfall_lint.facts.comments import in_comment
from pitfall_lint.facts.records import Suppression
from pitfall_lint.language import Call, Choice, Const, Expr, Lookup, Name, Operation, Other, pack

TOKEN = re.compile(r"\{(?:%.*?%|\{.*?\}|#.*?#)\}")
WORD = re.compile(r"""(?:[^\s'"]+|"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')+|\S+""")
KEYWORD = re.compile(r"(\w+)=")
_COMMENT = re.compile(r"\{#\s*(?:(?i:noqa)|pitfall:)[^\n]*?#\}")

_STRING = r""""[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'"""
_ATOM_SOURCE = rf"(_\(\s*)?({_STRING})(?(1)\s*\))|([-+.]?\d[\d.e]*)(?![\w.])|([\w.]+)"
_ATOM = re.compile(_ATOM_SOURCE)
_CHAIN = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_FILTER = re.compile(r"\s*\|\s*(\w+)")
_LITERALS: dict[str, tuple[bool | None, str]] = {
    "True": (True, "bool"),
    "False": (False, "bool"),
    "None": (None, "none"),
}

MAX_DEPTH = 60
"""How deep lookups, filters and the nesting of blocks are followed; what lies beyond is flattened or unknown."""
_MAX_WORDS = 120


class Word(msgspec.Struct, frozen=True, gc=False):
    """One word of a tag: its text and where it lies in the template (offsets)."""

    text: str
    start: int
    end: int


class Expressions:
    """Lowers Django's filter expressions and `{% if %}` tests, and collects the names they mention.

    `delta` belongs to the token at hand.
    """

    __slots__ = ("delta", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.delta = 0
        self.names: set[str] = set()

    def words(self, start: int, end: int) -> list[Word]:
        """The words between two offsets; quoted text holds together."""
        return [Word(match.group(), match.start(), match.end()) for match in WORD.finditer(self.text, start, end)]

    def expression(self, start: int, end: int) -> Expr | None:
        """What stands between two offsets (no white space around it); None where Django would not accept it."""
        text = self.text
        match = _CHAIN.match(text, start, end)
        if match is not None and match.end() == end:
            return self.variable(start, match.group())
        match = _ATOM.match(text, start, end)
        if match is None:
            return None
        value = self._atom(match)
        return None if value is None else self.filters(value, match.end(), end)

    def filters(self, value: Expr, position: int, end: int) -> Expr | None:
        """`value` with the filters that stand between two offsets applied to it."""
        text, delta = self.text, self.delta
        for _ in range(MAX_DEPTH):
            if position >= end:
                return value
            match = _FILTER.match(text, position, end)
            if match is None:
                return None
            name = "filter:" + match.group(1)
            self.names.add(name)
            function = Name(delta + match.start(1), delta + match.end(1), name)
            position = match.end()
            args: tuple[Expr, ...] = (value,)
            if position < end and text[position] == ":":
                match = _ATOM.match(text, position + 1, end)
                argument = self._atom(match) if match is not None else None
                if match is None or argument is None:
                    return None
                args = (value, argument)
                position = match.end()
            value = Call(value.start, delta + position, function, args, ())
        return None

    def variable(self, start: int, raw: str) -> Expr | None:
        """`a.b.c` as a chain of lookups."""
        at = self.delta + start
        if "." not in raw:
            if raw in _LITERALS:
                return Const(at, at + len(raw), *_LITERALS[raw])
            self.names.add(raw)
            return Name(at, at + len(raw), raw)
        parts = raw.split(".")
        if "" in parts or len(parts) > MAX_DEPTH:
            return None
        self.names.update(parts)
        return self.lookups(Name(at, at + len(parts[0]), parts[0]), parts[1:])

    def lookups(self, node: Expr, parts: list[str]) -> Expr:
        """`node.part.part`, where each part follows the text before it."""
        at, end = node.start, node.end
        for part in parts:
            end += 1 + len(part)
            node = Lookup(at, end, node, part)
        return node

    def _atom(self, match: re.Match[str]) -> Expr | None:
        start, end = self.delta + match.start(), self.delta + match.end()
        if (string := match.group(2)) is not None:
            quote = string[0]
            value = string[1:-1].replace("\\" + quote, quote).replace("\\\\", "\\") if "\\" in string else string[1:-1]
            return Const(start, end, value, "str")
        if (number := match.group(3)) is not None:
            return _number(start, end, number)
        return self.variable(match.start(), match.group(4))

    def operand(self, word: Word) -> Expr:
        """The expression that is a whole word; unknown where it is none."""
        return self.expression(word.start, word.end) or Other(self.delta + word.start, self.delta + word.end, ())

    def condition(self, words: list[Word], start: int, end: int) -> Expr:
        """The test of an `{% if %}`: operators bind as Django's do; an odd test is unknown, its operands still read."""
        if words and len(words) <= _MAX_WORDS:
            parser = _Condition(self, words)
            test = parser.parse(0)
            if test is not None and parser.position == len(words):
                return test
        operands = [word for word in words[:_MAX_WORDS] if word.text not in _INFIX and word.text != "not"]
        return Other(start, end, tuple(self.operand(word) for word in operands))


_INFIX = {"or": 1, "and": 2, "in": 4, "is": 5, "==": 5, "=": 5, "!=": 5, "<": 5, ">": 5, "<=": 5, ">=": 5}
_NOT = 3


class _Condition:
    """Precedence climbing over the words of an `{% if %}`."""

    __slots__ = ("position", "reader", "words")

    def __init__(self, reader: Expressions, words: list[Word]) -> None:
        self.reader = reader
        self.words = words
        self.position = 0

    def parse(self, binding: int) -> Expr | None:
        if self.position >= len(self.words):
            return None
        word = self.words[self.position]
        self.position += 1
        if word.text == "not":
            value = self.parse(_NOT)
            if value is None:
                return None
            left: Expr | None = Operation(self.reader.delta + word.start, value.end, "not", (value,))
        elif word.text in _INFIX:
            return None
        else:
            left = self.reader.expression(word.start, word.end)
        while left is not None and (found := self._operator()) is not None:
            operator, strength, length = found
            if strength <= binding:
                break
            self.position += length
            right = self.parse(strength)
            if right is None:
                return None
            left = _join(operator, left, right)
        return left

    def _operator(self) -> tuple[str, int, int] | None:
        words, at = self.words, self.position
        if at >= len(words):
            return None
        text = words[at].text
        following = words[at + 1].text if at + 1 < len(words) else ""
        if text == "not" and following == "in":
            return "not in", _INFIX["in"], 2
        if text == "is" and following == "not":
            return "is not", _INFIX["is"], 2
        return (("==" if text == "=" else text), _INFIX[text], 1) if text in _INFIX else None


def _join(operator: str, left: Expr, right: Expr) -> Expr:
    start, end = left.start, right.end
    if operator in ("or", "and"):
        options = left.options if isinstance(left, Choice) and left.kind == operator else (left,)
        return Choice(start, end, operator, None, (*options, right))
    return Operation(start, end, operator, (left, right))


def _number(start: int, end: int, raw: str) -> Expr | None:
    try:
        if "." in raw or "e" in raw:
            return None if raw.endswith(".") else Const(start, end, float(raw), "float")
        value = int(raw)
    except ValueError:
        return None
    return Const(start, end, value if -(2**63) <= value < 2**63 else raw, "int")


def suppressions(text: str) -> tuple[Suppression, ...]:
    """What comments of one line silence; one alone on its line speaks of the next line that is not blank."""
    if "pitfall:" not in text and "noqa" not in text:
        return ()
    found: list[Suppression] = []
    for match in _COMMENT.finditer(text):
        start, end = match.span()
        row, line_start, line_end = text.count("\n", 0, start) + 1, text.rfind("\n", 0, start) + 1, text.find("\n", end)
        line_end = len(text) if line_end < 0 else line_end
        speaks_of = row
        if not text[line_start:start].strip() and not text[end:line_end].strip():
            rest = text[line_end:]
            speaks_of += max(1, rest[: len(rest) - len(rest.lstrip())].count("\n"))
        found += in_comment(match.group(), pack(row, start - line_start), speaks_of, speaks_of)
    return tuple(found)
