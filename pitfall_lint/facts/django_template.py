"""A Django template lowered to the small language: one pass over its tags, never an exception, whatever stands in it.

Builtin tags become statements; an unknown tag becomes a call of `tag:NAME`, whose body (where a later `{% endNAME %}`
shows that it has one) follows the call. `{% partial x %}` is an include of `#x`; `reversed` of `{% for %}` is a call of
`tag:reversed`; `{% regroup %}` is a comprehension of mappings. What a name or tag stands for is left to `project/` and
`flow/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from pitfall_lint.facts.records import Problem, TemplateFacts
from pitfall_lint.facts.template_lexer import KEYWORD, MAX_DEPTH, TOKEN, Expressions, Word, suppressions
from pitfall_lint.language import (
    COLUMN_BITS,
    COLUMN_MASK,
    Block,
    Body,
    Call,
    Choice,
    Clause,
    Collection,
    Comprehension,
    Const,
    Do,
    Expr,
    For,
    If,
    Include,
    Keyword,
    Let,
    Mapping,
    Name,
    Operation,
    Other,
    Stmt,
    Text,
    With,
    line_of,
)

_BUILTIN_BLOCKS = frozenset(
    {
        "autoescape",
        "block",
        "blocktrans",
        "blocktranslate",
        "cache",
        "comment",
        "filter",
        "for",
        "if",
        "ifchanged",
        "ifequal",
        "ifnotequal",
        "language",
        "localize",
        "localtime",
        "partialdef",
        "spaceless",
        "timezone",
        "verbatim",
        "with",
    }
)
_SURE_BLOCKS = frozenset(
    {"autoescape", "block", "comment", "filter", "for", "if", "ifchanged", "spaceless", "verbatim", "with"}
)
_SILENT = frozenset({"csrf_token", "debug", "lorem", "resetcycle", "templatetag"})
_MAX_ELIFS = 100


def read(path: str, text: str) -> TemplateFacts:
    """The facts of one Django template."""
    reader = _Reader(text)
    body = reader.read()
    return TemplateFacts(
        path=path,
        lines=text.count("\n") + (not text.endswith("\n") and text != ""),
        engine="django",
        extends=reader.extends,
        libraries=tuple(dict.fromkeys(reader.libraries)),
        blocks=tuple(dict.fromkeys(reader.blocks)),
        names=tuple(sorted(reader.names)),
        body=body,
        suppressions=suppressions(text),
        problem=reader.problem,
    )


_Close: TypeAlias = Callable[["_Frame", int], list[Stmt]]


class _Frame:
    """A block tag that is still open. `body` is where statements go now; `close` makes what the parent's body gains."""

    __slots__ = ("bodies", "body", "close", "marks", "start", "tag")

    def __init__(self, tag: str, start: int, body: list[Stmt], close: _Close | None) -> None:
        self.tag = tag
        self.start = start
        self.body = body
        self.close = close
        self.bodies: list[list[Stmt]] = [body]
        self.marks: list[tuple[int, Expr | None]] = []  # of if: start and test of each branch (None: else)


class _Reader(Expressions):
    __slots__ = ("blocks", "body", "ends", "extends", "libraries", "odd", "problem", "stack", "start", "stop", "top")

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.top: list[Stmt] = []
        self.body = self.top
        self.stack: list[_Frame] = []
        self.extends: Expr | None = None
        self.libraries: list[str] = []
        self.blocks: list[str] = []
        self.problem: Problem | None = None
        self.odd = False  # a tag that is not Django's own was seen to have a body: nothing is certain any more
        self.start = self.stop = 0  # packed span of the token at hand
        self.ends: dict[str, int] = {}  # where the last {% endX %} of each X lies

    # ------------------------------------------------------------ the pass

    def read(self) -> Body:
        text = self.text
        tokens = [match.span() for match in TOKEN.finditer(text)]
        for start, end in tokens:
            word = text[start + 2 : end - 2].split(None, 1) if text[start + 1] == "%" else None
            if word and word[0].startswith("end"):
                self.ends[word[0][3:]] = start
        line, line_start, last = 1, 0, 0
        skip = ""
        for start, end in tokens:
            if newlines := text.count("\n", last, start):
                line += newlines
                line_start = text.rfind("\n", last, start) + 1
            last = start
            kind = text[start + 1]
            if kind == "#":
                continue
            if skip:
                if kind == "%" and text[start + 2 : end - 2].strip() == skip:
                    skip = ""
                continue
            if end - line_start > COLUMN_MASK:
                continue
            self.delta = delta = (line << COLUMN_BITS) - line_start
            self.start, self.stop = delta + start, delta + end
            if kind == "{":
                self._output(start + 2, end - 2)
            else:
                skip = self._tag(start + 2, end - 2)
        if skip and not self.odd:
            self.problem = Problem(f"`{{% {skip} %}}` is missing", self.start)
        while self.stack:
            self._close_top(self.stop, lost=True)
        return tuple(self.top)

    def _output(self, start: int, end: int) -> None:
        text = self.text
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        value = self.expression(start, end) if end > start else None
        if value is not None:
            self._show(value)

    def _show(self, value: Expr) -> None:
        if not isinstance(value, Const):
            self.body.append(Do(self.start, self.stop, Text(self.start, self.stop, (value,))))

    def _tag(self, start: int, end: int) -> str:
        """Lowers one tag; gives the tag at which reading resumes where the rest is not template code."""
        words = self.words(start, end)
        if not words:
            return ""
        name = words[0].text
        if name == "comment" or name == "verbatim":
            return "endcomment" if name == "comment" else "end" + self.text[start:end].strip()
        handler = _TAGS.get(name)
        if handler is not None:
            handler(self, words)
        elif name.startswith("end"):
            self._end(name[3:])
        elif name not in _SILENT:
            self._unknown(words)
        return ""

    # -------------------------------------------------------------- blocks

    def _open(self, tag: str, close: _Close | None) -> _Frame:
        if len(self.stack) >= MAX_DEPTH:
            close = None
        frame = _Frame(tag, self.start, [] if close is not None else self.body, close)
        self.stack.append(frame)
        self.body = frame.body
        return frame

    def _end(self, tag: str) -> None:
        if tag not in _BUILTIN_BLOCKS:
            self.odd = True
        if not any(frame.tag == tag for frame in self.stack):
            return
        while self.stack[-1].tag != tag:
            self._close_top(self.start, lost=True)
        self._close_top(self.stop, lost=False)

    def _close_top(self, end: int, *, lost: bool) -> None:
        frame = self.stack.pop()
        parent = self.stack[-1].body if self.stack else self.top
        if lost and not self.odd and frame.tag in _SURE_BLOCKS:
            self.problem = Problem(f"`{{% {frame.tag} %}}` on line {line_of(frame.start)} is never closed", frame.start)
        self.body = parent
        if frame.close is not None:
            parent.extend(frame.close(frame, end))

    def _branch(self, test: Expr | None) -> None:
        """`{% elif %}` or `{% else %}` of the innermost open block."""
        frame = self.stack[-1] if self.stack else None
        if frame is None or frame.close is None or not frame.marks or len(frame.marks) > _MAX_ELIFS:
            return
        frame.marks.append((self.start, test))
        frame.body = self.body = []
        frame.bodies.append(frame.body)

    def _else(self, words: list[Word]) -> None:
        self._branch(None)

    def _elif(self, words: list[Word]) -> None:
        self._branch(self.condition(words[1:], self.start, self.stop))

    def _open_if(self, tag: str, test: Expr) -> None:
        self._open(tag, _close_if).marks.append((self.start, test))

    def _if(self, words: list[Word]) -> None:
        self._open_if("if", self.condition(words[1:], self.start, self.stop))

    def _ifequal(self, words: list[Word]) -> None:
        operands = tuple(self.operand(word) for word in words[1:3])
        operator = "==" if words[0].text == "ifequal" else "!="
        if len(operands) == 2:
            self._open_if(words[0].text, Operation(self.start, self.stop, operator, operands))
        else:
            self._open_if(words[0].text, Other(self.start, self.stop, operands))

    def _ifchanged(self, words: list[Word]) -> None:
        self._open_if("ifchanged", Other(self.start, self.stop, tuple(self.operand(word) for word in words[1:])))

    def _for(self, words: list[Word]) -> None:
        where = next((index for index, word in enumerate(words) if word.text == "in" and index > 1), 0)
        rest = words[where + 1 :]
        backwards = len(rest) > 1 and rest[-1].text == "reversed"
        if backwards:
            rest = rest[:-1]
        if not where or not rest:
            self._open("for", None)
            return
        value = self.expression(rest[0].start, rest[-1].end) or self._unreadable(rest)
        if backwards:
            value = Call(value.start, value.end, self._tag_name("reversed", words[-1]), (value,), ())
        target = self._targets(words[1].start, words[where - 1].end)
        self._open("for", lambda frame, end: _close_for(frame, end, target, value))

    def _targets(self, start: int, end: int) -> Expr:
        names: list[Expr] = []
        at = start
        for part in self.text[start:end].split(","):
            stripped = part.strip()
            begin = self.delta + at + len(part) - len(part.lstrip())
            at += len(part) + 1
            if stripped:
                self.names.add(stripped)
                names.append(Name(begin, begin + len(stripped), stripped))
        if len(names) == 1:
            return names[0]
        return Collection(self.delta + start, self.delta + end, "tuple", tuple(names))

    def _empty(self, words: list[Word]) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.tag == "for" and frame.close is not None and len(frame.bodies) == 1:
            frame.body = self.body = []
            frame.bodies.append(frame.body)

    def _with(self, words: list[Word]) -> None:
        items = self._bindings(words[1:])
        self._open("with", lambda frame, end: [With(frame.start, end, items, tuple(frame.body))])

    def _bindings(self, words: list[Word]) -> tuple[tuple[Expr, Expr | None], ...]:
        """`a=b c=d`, or the older `b as a and d as c`."""
        items: list[tuple[Expr, Expr | None]] = []
        index = 0
        while index < len(words):
            word = words[index]
            if keyword := self._keyword(word):
                target = self._bound(word.start, word.start + len(keyword.name or ""))
                items.append((keyword.value, target))
                index += 1
            elif index + 2 < len(words) and words[index + 1].text == "as":
                items.append((self.operand(word), self._bound(words[index + 2].start, words[index + 2].end)))
                index += 3
            else:
                index += 1
        return tuple(items)

    def _bound(self, start: int, end: int) -> Name:
        name = self.text[start:end]
        self.names.add(name)
        return Name(self.delta + start, self.delta + end, name)

    def _keyword(self, word: Word) -> Keyword | None:
        match = KEYWORD.match(word.text)
        if match is None or match.end() == len(word.text):
            return None
        start = word.start + match.end()
        value = self.expression(start, word.end) or Other(self.delta + start, self.delta + word.end, ())
        return Keyword(self.delta + word.start, self.delta + word.end, match.group(1), value)

    def _unreadable(self, words: list[Word]) -> Expr:
        operands = tuple(self.operand(word) for word in words)
        return Other(self.delta + words[0].start, self.delta + words[-1].end, operands)

    def _block(self, words: list[Word]) -> None:
        if len(words) < 2:
            self._open("block", None)
            return
        name = words[1].text
        self.blocks.append(name)
        self._open("block", lambda frame, end: [Block(frame.start, end, name, tuple(frame.body), False)])

    def _partialdef(self, words: list[Word]) -> None:
        if len(words) < 2:
            self._open("partialdef", None)
            return
        name, start, stop = words[1].text, self.start, self.stop
        inline = words[-1].text == "inline" and len(words) > 2

        def close(frame: _Frame, end: int) -> list[Stmt]:
            made: list[Stmt] = [Block(frame.start, end, name, tuple(frame.body), True)]
            if inline:
                made.append(Include(start, stop, Const(start, stop, "#" + name, "str"), (), False))
            return made

        self._open("partialdef", close)

    def _blocktrans(self, words: list[Word]) -> None:
        rest = [word for word in words[1:] if word.text not in ("with", "count", "and", "trimmed")]
        result = next((index for index, word in enumerate(rest[:-1]) if word.text == "asvar"), -1)
        target = self._bound(rest[result + 1].start, rest[result + 1].end) if result >= 0 else None
        items = self._bindings(rest)

        def close(frame: _Frame, end: int) -> list[Stmt]:
            body: list[Stmt] = [With(frame.start, end, items, tuple(frame.body))] if items else list(frame.body)
            if target is not None:
                body.append(Let(frame.start, end, target, Other(frame.start, end, ()), None, None))
            return body

        self._open(words[0].text, close)

    def _around(self, words: list[Word]) -> None:
        """A builtin block that changes only how its body is shown; its arguments are read."""
        tag = words[0].text
        rest: list[Expr] = []
        if tag in ("language", "timezone") and len(words) > 1:
            rest = [self.operand(words[1])]
        elif tag == "filter" and len(words) > 1:
            blank = Const(self.delta + words[1].start, self.delta + words[1].start, "", "str")
            value = self.filters(blank, words[0].end, words[0].end)
            for word in words[1:]:
                value = self._filtered(value, word)
            rest = [value] if value is not None else []
        elif tag == "cache":
            self._cached(words)
            return
        if any(not isinstance(value, Const) for value in rest):
            self.body.append(Do(self.start, self.stop, Other(self.start, self.stop, tuple(rest))))
        self._open(tag, None)

    def _cached(self, words: list[Word]) -> None:
        """`{% cache timeout name *keys %}`: what its body shows is kept."""
        arguments = [word for index, word in enumerate(words[1:]) if index != 1]
        keys = tuple(keyword.value if (keyword := self._keyword(word)) else self.operand(word) for word in arguments)
        start, stop = self.start, self.stop
        kept = Call(start, stop, Name(start, start, "tag:cache"), keys, ())

        def close(frame: _Frame, end: int) -> list[Stmt]:
            return [With(frame.start, end, ((kept, None),), tuple(frame.body))]

        self._open("cache", close)

    def _filtered(self, value: Expr | None, word: Word) -> Expr | None:
        """`{% filter a|b:x %}`: the first filter has no bar before it."""
        if value is None:
            return None
        bar = word.text.find("|")
        first_end = word.end if bar < 0 else word.start + bar
        name = self.text[word.start : first_end].partition(":")[0]
        self.names.add("filter:" + name)
        function = Name(self.delta + word.start, self.delta + word.start + len(name), "filter:" + name)
        begin = word.start + len(name) + 1
        argument = self.expression(begin, first_end) if begin < first_end else None
        args = (value,) if argument is None else (value, argument)
        return self.filters(Call(value.start, self.delta + first_end, function, args, ()), first_end, word.end)

    # -------------------------------------------------------- single tags

    def _extends(self, words: list[Word]) -> None:
        if len(words) > 1 and self.extends is None:
            self.extends = self.operand(words[1])

    def _include(self, words: list[Word]) -> None:
        if len(words) < 2:
            return
        only = any(word.text == "only" for word in words[2:])
        bindings = tuple(keyword for word in words[2:] if (keyword := self._keyword(word)) is not None)
        self.names.update(keyword.name for keyword in bindings if keyword.name)
        self.body.append(Include(self.start, self.stop, self.operand(words[1]), bindings, only))

    def _partial(self, words: list[Word]) -> None:
        if len(words) > 1:
            start, end = self.delta + words[1].start, self.delta + words[1].end
            name = Const(start, end, "#" + words[1].text.strip("\"'"), "str")
            self.body.append(Include(self.start, self.stop, name, (), False))

    def _load(self, words: list[Word]) -> None:
        if len(words) > 3 and words[-2].text == "from":
            self.libraries.append(words[-1].text)
        else:
            self.libraries.extend(word.text for word in words[1:])

    def _regroup(self, words: list[Word]) -> None:
        if len(words) != 6 or words[2].text != "by" or words[4].text != "as":
            return
        rows, by = self.operand(words[1]), words[3]
        item = words[5].text + ":item"
        start, end = self.delta + by.start, self.delta + by.end
        path, bar, _ = by.text.partition("|")
        parts = path.strip(".").split(".")
        self.names.update(parts)
        grouper: Expr | None = self.lookups(Name(start - 1, start - 1, item), parts)
        if bar and grouper is not None:
            grouper = self.filters(grouper, by.start + len(path), by.end)
        if grouper is None or "" in parts:
            grouper = Other(start, end, ())
        keys = (Const(start, start, "grouper", "str"), Const(start, start, "list", "str"))
        members = Collection(start, start, "list", (Name(start, start, item),))
        group = Mapping(start, end, keys, (grouper, members))
        clause = Clause(rows.start, rows.end, Name(start, start, item), rows, ())
        value = Comprehension(self.start, self.stop, "list", None, group, (clause,))
        self._let(self._bound(words[5].start, words[5].end), value)

    def _let(self, target: Name, value: Expr) -> None:
        self.body.append(Let(self.start, self.stop, target, value, None, None))

    def _named(self, words: list[Word]) -> tuple[list[Word], Name | None]:
        """The words without a trailing `as name` (and `silent`), and that name."""
        if words[-1].text == "silent" and len(words) > 2:
            words = words[:-1]
        if len(words) > 2 and words[-2].text == "as":
            return words[:-2], self._bound(words[-1].start, words[-1].end)
        return words, None

    def _cycle(self, words: list[Word]) -> None:
        words, target = self._named(words)
        options = tuple(self.operand(word) for word in words[1:])
        if target is not None:
            self._let(target, Other(self.start, self.stop, options))
        elif len(words) > 2:
            self.body.append(Do(self.start, self.stop, Text(self.start, self.stop, options)))

    def _firstof(self, words: list[Word]) -> None:
        words, target = self._named(words)
        options = tuple(self.operand(word) for word in words[1:])
        if not options:
            return
        value: Expr = options[0]
        if len(options) > 1:
            value = Choice(options[0].start, options[-1].end, "or", None, options)
        if target is not None:
            self._let(target, value)
        else:
            self._show(value)

    def _trans(self, words: list[Word]) -> None:
        words, target = self._named(words)
        if len(words) < 2:
            return
        if target is not None:
            self._let(target, Other(self.start, self.stop, (self.operand(words[1]),)))
        else:
            self._show(self.operand(words[1]))

    def _now(self, words: list[Word]) -> None:
        _, target = self._named(words)
        if target is not None:
            self._let(target, Other(self.start, self.stop, ()))

    def _tag_name(self, name: str, word: Word) -> Name:
        self.names.add("tag:" + name)
        return Name(self.delta + word.start, self.delta + word.end, "tag:" + name)

    def _unknown(self, words: list[Word]) -> None:
        """Any other tag: a call, bound where `as name` follows; it opens a block where a matching end lies ahead."""
        name = words[0].text
        rest, target = self._named(words)
        args: list[Expr] = []
        keywords: list[Keyword] = []
        for word in rest[1:]:
            keyword = self._keyword(word)
            if keyword is not None:
                keywords.append(keyword)
            else:
                args.append(self.operand(word))
        call = Call(self.start, self.stop, self._tag_name(name, words[0]), tuple(args), tuple(keywords))
        if target is not None:
            self._let(target, call)
        else:
            self._show(call)
        if self.delta + self.ends.get(name, -1) > self.start:
            self.odd = True
            self._open(name, None)

    def _nothing(self, words: list[Word]) -> None:
        """A tag that only divides or prepares."""


def _close_if(frame: _Frame, end: int) -> list[Stmt]:
    orelse: Body = ()
    for (start, test), body in zip(reversed(frame.marks), reversed(frame.bodies), strict=True):
        orelse = (If(start, end, test, tuple(body), orelse),) if test is not None else (*body, *orelse)
    return list(orelse)


def _close_for(frame: _Frame, end: int, target: Expr, value: Expr) -> list[Stmt]:
    orelse = tuple(frame.bodies[1]) if len(frame.bodies) > 1 else ()
    return [For(frame.start, end, target, value, tuple(frame.bodies[0]), orelse)]


_TAGS: dict[str, Callable[[_Reader, list[Word]], None]] = {
    "if": _Reader._if,
    "elif": _Reader._elif,
    "else": _Reader._else,
    "ifequal": _Reader._ifequal,
    "ifnotequal": _Reader._ifequal,
    "ifchanged": _Reader._ifchanged,
    "for": _Reader._for,
    "empty": _Reader._empty,
    "with": _Reader._with,
    "block": _Reader._block,
    "partialdef": _Reader._partialdef,
    "partial": _Reader._partial,
    "blocktrans": _Reader._blocktrans,
    "blocktranslate": _Reader._blocktrans,
    "plural": _Reader._nothing,
    "trans": _Reader._trans,
    "translate": _Reader._trans,
    "extends": _Reader._extends,
    "include": _Reader._include,
    "load": _Reader._load,
    "regroup": _Reader._regroup,
    "cycle": _Reader._cycle,
    "firstof": _Reader._firstof,
    "now": _Reader._now,
    **dict.fromkeys(
        ("autoescape", "spaceless", "localize", "localtime", "timezone", "language", "filter", "cache"), _Reader._around
    ),
}
