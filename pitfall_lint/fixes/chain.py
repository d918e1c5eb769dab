"""A query expression as a chain of links (`.objects`, `.filter(...)`), and how to lengthen it in its own style.

Knows Python's syntax and nothing of Django: what may be added where is the business of `eager_load`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from pitfall_lint.finding import Edit
from pitfall_lint.fixes.text import Text
from pitfall_lint.fixes.tree import Tree, code

_COMMENT = re.compile(r"[ \t]*#[^\r\n]*")
_REST = re.compile(r"(?:[ \t]|\\(?:\r\n|\r|\n)|\r\n|\r|\n|#[^\r\n]*)*")
_NEXT_LINK = re.compile(r"(?P<before>[ \t]*\\?)(?:\r\n|\r|\n)(?P<indent>[ \t]*)\.(?=\w)")


@dataclass(frozen=True, slots=True)
class Link:
    """`.name` or `.name(...)`; `at` is where what stands before it ends, `end` where it ends itself."""

    name: str
    call: cst.Call | None
    at: int
    end: int
    before: str
    after: str
    outer: bool  # no parenthesis stands between it and the end of the chain


@dataclass(frozen=True, slots=True)
class Style:
    """How the chain sets its links: on one line, or each on its own with the dot `leading` or trailing."""

    own_line: bool = False
    leading: bool = True
    backslash: str = ""
    indent: str = ""

    def join(self, calls: Sequence[str], newline: str) -> str:
        """The calls (`name(...)`, without dots) as they are appended."""
        if not self.own_line:
            return "".join(f".{call}" for call in calls)
        gap = f"{self.backslash}{newline}{self.indent}"
        return "".join(f"{gap}.{call}" if self.leading else f".{gap}{call}" for call in calls)


class Chain:
    """The chain that ends at index `end` of the file: `root`, then `links` from the root outwards."""

    def __init__(self, text: Text, tree: Tree, node: cst.BaseExpression, end: int) -> None:
        self.text = text
        self.tree = tree
        self.end = end
        links: list[Link] = []
        outer = True
        close = end
        while True:
            call = node if isinstance(node, cst.Call) else None
            attribute = call.func if call else node
            if not isinstance(attribute, cst.Attribute):
                break
            if call and attribute.lpar:  # `(a.b)(...)` is nobody's queryset
                break
            before, after = code(attribute.dot.whitespace_before), code(attribute.dot.whitespace_after)
            at = tree.start(attribute.dot) - len(before)
            links.append(Link(attribute.attr.value, call, at, close, before, after, outer))
            node, close = attribute.value, at
            outer = outer and not node.lpar
        self.root = node
        self.root_end = close
        self.links = tuple(reversed(links))

    def style(self, upto: int) -> Style:
        """How the links up to index `upto`, or else the one that follows the chain, are set."""
        for link in reversed([link for link in self.links if link.outer and link.end <= upto]):
            for gap, leading in ((link.before, True), (link.after, False)):
                if "\n" in gap or "\r" in gap:
                    head, slash, _ = re.sub(r"#[^\r\n]*", "", gap).partition("\\")
                    return Style(True, leading, head + slash if slash else "", re.split(r"[\r\n]", gap)[-1])
        following = _NEXT_LINK.match(self.text.text, upto)
        if following:
            before = following["before"]
            return Style(True, True, before if "\\" in before else "", following["indent"])
        return Style()

    def append(self, calls: Sequence[str], at: int) -> Edit:
        """Add calls after the link that ends at index `at`."""
        style = self.style(at)
        content = style.join(calls, self.text.newline_at(at))
        if style.own_line and style.leading and not style.backslash:
            comment = _COMMENT.match(self.text.text, at)  # stays with the link that it speaks of
            at = comment.end() if comment else at
        return self.text.edit(at, at, content)

    def quote_of(self, call: cst.Call | None) -> str:
        """The quotation mark that the call, else the chain, else the file prefers."""
        first, last = (self.tree.start(call.args[0]), self.tree.end(call)) if call and call.args else (0, 0)
        for start, end in ((first, last), (self.tree.start(self.root), self.end)):
            quotes = [quote for begin, _, quote in self.text.strings if start <= begin < end and quote]
            if quotes:
                return max(("'", '"'), key=quotes.count) if quotes.count("'") != quotes.count('"') else quotes[-1]
        return self.text.quote

    def append_arguments(self, call: cst.Call, arguments: Sequence[str]) -> list[Edit]:
        """Add arguments (source text) after those of the call: a line each where the last one has its own line."""
        if not call.args:
            opening = self.tree.end(call) - 1 - len(code(call.whitespace_before_args))
            return [self.text.edit(opening, opening, ", ".join(arguments))]
        return append_items(self.text, self.tree.start(call.args[-1]), self.tree.end(call.args[-1]), arguments)


def append_items(text: Text, start: int, end: int, items: Sequence[str]) -> list[Edit]:
    """Add items after the last one, which fills `start..end`, of an argument list or a display."""
    line = text.line_start(start)
    indent = text.text[line:start]
    if indent.strip(" \t"):
        return [text.edit(end, end, "".join(f", {item}" for item in items))]
    gap = text.newline_at(end) + indent
    rest = _REST.match(text.text, end)
    comma = rest.end() if rest else end
    if text.text[comma : comma + 1] == ",":
        comment = _COMMENT.match(text.text, comma + 1)
        at = comment.end() if comment else comma + 1
        return [text.edit(at, at, "".join(f"{gap}{item}," for item in items))]
    added = gap + f",{gap}".join(items)
    comment = _COMMENT.match(text.text, end)
    if comment:
        return [text.edit(end, end, ","), text.edit(comment.end(), comment.end(), added)]
    return [text.edit(end, end, "," + added)]
