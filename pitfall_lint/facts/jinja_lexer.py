"""Jinja's own lexer and parser, made to keep exact positions and to pass over tags that only an extension knows.

Jinja's nodes carry a line number alone. Here each token's number is its index instead, so that a node leads back to its
tokens and their spans. Lowering the nodes is the business of `jinja_template`.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

from pitfall_lint.language import pack

_IGNORED = frozenset(
    {
        "whitespace",
        "comment_begin",
        "comment",
        "comment_end",
        "raw_begin",
        "raw_end",
        "linecomment_begin",
        "linecomment",
        "linecomment_end",
    }
)
_OPENING = {"(": ")", "[": "]", "{": "}"}
_KNOWN = frozenset(
    {
        "for",
        "if",
        "block",
        "extends",
        "print",
        "macro",
        "include",
        "from",
        "import",
        "set",
        "with",
        "autoescape",
        "call",
        "filter",
        "do",
        "break",
        "continue",
        "debug",
    }
)


class Tokens:
    """The tokens of one template: spans, values and, for each bracket that opens, the index of its counterpart."""

    __slots__ = ("closing", "ends", "kinds", "starts", "values")

    def __init__(self, environment: Environment, text: str) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.kinds: list[str] = []
        self.values: list[str] = []
        self.closing: dict[int, int] = {}
        position, line, line_start, last = 0, 1, 0, 0
        open_brackets: list[int] = []
        for _, kind, value in environment.lexer.tokeniter(text, None):
            if not text.startswith(value, position):
                position = max(text.find(value, position), position)
            start, position = position, position + len(value)
            if kind in _IGNORED:
                continue
            if newlines := text.count("\n", last, start):
                line += newlines
                line_start = text.rfind("\n", last, start) + 1
            last = start
            index = len(self.starts)
            shown = value.strip() if kind in ("block_end", "variable_end") else value
            self.starts.append(pack(line, start - line_start))
            if (inner := shown.count("\n")) and kind != "data":
                self.ends.append(pack(line + inner, len(shown) - shown.rfind("\n") - 1))
            else:
                self.ends.append(pack(line, start - line_start + len(shown)))
            self.kinds.append(kind)
            self.values.append(value)
            if kind == "operator":
                if value in _OPENING:
                    open_brackets.append(index)
                elif value in (")", "]", "}") and open_brackets:
                    self.closing[open_brackets.pop()] = index

    def __iter__(self) -> Iterator[tuple[int, str, str]]:
        return iter(zip(range(len(self.kinds)), self.kinds, self.values, strict=True))


class _Environment(Environment):
    """An environment whose token streams count tokens instead of lines."""

    tokens: Tokens

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        self.tokens = Tokens(self, source)
        return TokenStream(self.lexer.wrap(iter(self.tokens)), name, filename)


_ENVIRONMENT = _Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"], keep_trailing_newline=True)


class PositionedParser(Parser):
    """Jinja's parser; `spans` holds the indices of each statement's first and last token, by the node's identity."""

    def __init__(self, text: str) -> None:
        super().__init__(_ENVIRONMENT, text)
        self.tokens = _ENVIRONMENT.tokens
        self.spans: dict[int, tuple[int, int]] = {}
        # Tags that only an extension knows: a scope stands for each (jinja2 refuses new kinds of node); the tag's name
        # and arguments by its identity.
        self.unknown: dict[int, tuple[str, list[nodes.Expr]]] = {}
        kinds, values = self.tokens.kinds, self.tokens.values
        tags = [(values[index + 1], index) for index in range(len(kinds) - 1) if kinds[index] == "block_begin"]
        self._ends = {tag: index for tag, index in tags if tag.startswith("end")}

    def parse_statement(self) -> nodes.Node | list[nodes.Node]:
        """One statement, its span noted; an unknown one is noted in `unknown`, `{% trans %}` is a `With`."""
        first = self.stream.current.lineno - 1
        value = self.stream.current.value
        node: nodes.Node | list[nodes.Node]
        if value == "trans":
            node = self._trans()
        elif value in _KNOWN or self.stream.current.type != "name":
            node = super().parse_statement()
        else:
            node = self._unknown(value, first)
        last = self.stream.current.lineno
        for each in node if isinstance(node, list) else [node]:
            self.spans[id(each)] = (first, last)
        return node

    def _unknown(self, name: str, first: int) -> nodes.Node:
        start = next(self.stream).lineno
        args: list[nodes.Expr] = []
        try:
            while self.stream.current.type != "block_end":
                if not self.stream.skip_if("comma"):
                    if self.stream.current.type == "name" and self.stream.look().type == "assign":
                        self.stream.skip(2)
                    args.append(self.parse_expression())
        except TemplateSyntaxError:
            while self.stream.current.type not in ("block_end", "eof"):
                next(self.stream)
        body: list[nodes.Node] = []
        end = "end" + name
        if self._ends.get(end, -1) > first:
            body = self.parse_statements(("name:" + end, "name:else"))
            while self.stream.current.value == "else":
                next(self.stream)
                body += self.parse_statements(("name:" + end, "name:else"))
            next(self.stream)
            while self.stream.current.type not in ("block_end", "eof"):
                next(self.stream)
        node = nodes.Scope(body, lineno=start)
        self.unknown[id(node)] = (name, args)
        return node

    def _trans(self) -> nodes.Node:
        start = next(self.stream).lineno
        targets: list[nodes.Expr] = []
        values: list[nodes.Expr] = []
        while self.stream.current.type != "block_end":
            if self.stream.skip_if("comma") or self.stream.skip_if("colon") or self.stream.skip_if("string"):
                continue
            token = self.stream.expect("name")
            if self.stream.skip_if("assign"):
                targets.append(nodes.Name(token.value, "store", lineno=token.lineno))
                values.append(self.parse_expression())
        body = self.parse_statements(("name:pluralize", "name:endtrans"))
        if self.stream.current.value == "pluralize":
            while self.stream.current.type != "block_end":
                next(self.stream)
            body += self.parse_statements(("name:endtrans",))
        next(self.stream)
        return nodes.With(targets, values, body, lineno=start)
