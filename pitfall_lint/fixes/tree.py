"""A libcst tree over a stretch of a file whose nodes know where they stand in that file.

A lone expression is parsed apart from its file, which costs a millisecond instead of the whole module's parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

_NEWLINE = re.compile(r"\r\n|\r|\n")
_BLANK = cst.Module([])


class Tree:
    """The parsed `source`, which stands at index `shift` of its file."""

    def __init__(self, source: str, shift: int) -> None:
        wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
        self.module = wrapper.module
        self.shift = shift
        self.ranges = cast(Mapping[cst.CSTNode, CodeRange], wrapper.resolve(PositionProvider))
        self.starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]

    @classmethod
    def of_expression(cls, text: str, start: int, end: int) -> tuple[Tree, cst.BaseExpression]:
        """The expression that fills `text[start:end]`; libcst.ParserSyntaxError where none does."""
        tree = cls(f"({text[start:end]})", start - 1)
        body = tree.module.body
        small = body[0].body if len(body) == 1 and isinstance(body[0], cst.SimpleStatementLine) else ()
        if len(small) == 1 and isinstance(statement := small[0], cst.Expr):
            return tree, statement.value
        raise ValueError("not one expression")

    def start(self, node: cst.CSTNode) -> int:
        """The index in the file where the node begins; parentheses around it are not counted."""
        place = self.ranges[node].start
        return self.shift + self.starts[place.line - 1] + place.column

    def end(self, node: cst.CSTNode) -> int:
        """The index in the file after the node."""
        place = self.ranges[node].end
        return self.shift + self.starts[place.line - 1] + place.column


def code(node: cst.CSTNode) -> str:
    """The node as it was written."""
    return _BLANK.code_for_node(node)


def classes(body: Sequence[cst.CSTNode]) -> Iterator[cst.ClassDef]:
    """Every class below these statements, in order, nested ones too."""
    for statement in body:
        if isinstance(statement, cst.ClassDef):
            yield statement
        if isinstance(
            statement, cst.BaseCompoundStatement | cst.BaseSuite | cst.Else | cst.Finally | cst.ExceptHandler
        ):
            yield from classes(statement.children)
