"""Expressions and patterns of libcst, lowered to the trees that `python_expressions.py` makes of `ast`."""

from __future__ import annotations

import ast
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import libcst as cst

from pitfall_lint.facts.trees import YIELDS, Add, Tree, chained, constant, converted, text
from pitfall_lint.language import COLUMN_BITS, COLUMN_MASK, pack

_SINGLETONS = {"True": True, "False": False, "None": None}
_UNFINISHED_NAME = re.compile(r"(?:^|[^\\])(?:\\\\)*\\N\Z")  # libcst takes the braces of `\N{DASH}` for a field


def identifier(name: str) -> str:
    """The name as Python knows it."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


class Expressions:
    """Lowers expressions, given where libcst saw each node and the lines of the file."""

    OPERATORS: Mapping[str, str] = {
        "And": "and", "Or": "or", "Not": "not", "BitInvert": "~", "Plus": "u+", "Minus": "u-",
        "Add": "+", "Subtract": "-", "Multiply": "*", "Divide": "/", "FloorDivide": "//", "Modulo": "%", "Power": "**",
        "MatrixMultiply": "@", "BitAnd": "&", "BitOr": "|", "BitXor": "^", "LeftShift": "<<", "RightShift": ">>",
        "Equal": "==", "NotEqual": "!=", "LessThan": "<", "LessThanEqual": "<=", "GreaterThan": ">",
        "GreaterThanEqual": ">=", "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in",
    }  # fmt: skip

    def __init__(self, positions: Mapping[Any, Any], lines: list[str]) -> None:
        self._positions = positions
        self._lines = lines

    # Places

    def span(self, n: Any) -> tuple[int, int]:
        """From the first to the last token of a node, without its own parentheses."""
        place = self._positions[n]
        return pack(place.start.line, place.start.column), pack(place.end.line, place.end.column)

    def outer(self, n: Any) -> tuple[int, int]:
        """The same with its parentheses."""
        start, end = self.span(n)
        if n.lpar:
            start = self.span(n.lpar[0])[0]
            end = self.span(n.rpar[-1])[1]
        return start, end

    def _inner(self, n: Any) -> tuple[int, int]:
        """The span of a node to which its innermost parentheses belong."""
        start, end = self.span(n)
        if n.lpar:
            start = self.span(n.lpar[-1])[0]
            end = self.span(n.rpar[0])[1]
        return start, end

    def find(self, position: int, token: str) -> int:
        """Where the next `token` stands from `position` on, comments and line breaks skipped."""
        line = position >> COLUMN_BITS
        column = position & COLUMN_MASK
        while line <= len(self._lines):
            words = self._lines[line - 1]
            at = words.find(token, column)
            comment = words.find("#", column)
            if at >= 0 and (comment < 0 or at < comment):
                return pack(line, at)
            line += 1
            column = 0
        return position

    def between(self, start: int, end: int) -> str:
        """The text from one position to another."""
        first, last = start >> COLUMN_BITS, end >> COLUMN_BITS
        if first == last:
            return self._lines[first - 1][start & COLUMN_MASK : end & COLUMN_MASK]
        middle = self._lines[first : last - 1]
        return "\n".join(
            [self._lines[first - 1][start & COLUMN_MASK :], *middle, self._lines[last - 1][: end & COLUMN_MASK]]
        )

    # Expressions

    def expr(self, n: Any, add: Add) -> Tree:
        """Any expression."""
        return _EXPRESSIONS[type(n)](self, n, add)  # type: ignore[no-any-return]

    def optional(self, n: Any, add: Add) -> Tree | None:
        """An expression that may be missing."""
        return None if n is None else self.expr(n, add)

    def _name(self, n: cst.Name, add: Add) -> Tree:
        if n.value in _SINGLETONS:
            return constant(*self.span(n), _SINGLETONS[n.value])
        name = identifier(n.value)
        add(name)
        return (1, *self.span(n), name)

    def _literal(self, n: Any, add: Add) -> Tree:
        return constant(*self.span(n), ast.literal_eval(n.value))

    def _ellipsis(self, n: cst.Ellipsis, add: Add) -> Tree:
        return constant(*self.span(n), ...)

    def _attribute(self, n: cst.Attribute, add: Add) -> Tree:
        name = identifier(n.attr.value)
        add(name)
        return (3, *self.span(n), self.expr(n.value, add), name)

    def _call(self, n: cst.Call, add: Add) -> Tree:
        func = self.expr(n.func, add)
        args, keywords = self.arguments(n.args, add)
        if len(n.args) == 1 and isinstance(n.args[0].value, cst.GeneratorExp) and not n.args[0].value.lpar:
            generator = args[0]  # the call's parentheses are the generator's, too
            start = self.find(self.outer(n.func)[1], "(")
            args = [(13, start, self.span(n)[1], *generator[3:])]
        return (6, *self.span(n), func, args, keywords)

    def arguments(self, args: Iterable[cst.Arg], add: Add) -> tuple[list[Tree], list[Tree]]:
        """Positional and keyword arguments."""
        plain: list[Tree] = []
        keywords: list[Tree] = []
        for a in args:
            value = self.expr(a.value, add)
            start, end = self.span(a)
            if a.keyword is not None:
                keywords.append((5, start, end, identifier(a.keyword.value), value))
            elif a.star == "**":
                keywords.append((5, start, end, None, value))
            elif a.star == "*":
                plain.append((11, start, end, value))
            else:
                plain.append(value)
        return plain, keywords

    def _subscript(self, n: cst.Subscript, add: Add) -> Tree:
        items = [self._item(e, add) for e in n.slice]
        last = n.slice[-1]
        index = items[0]
        trailing = isinstance(last.comma, cst.Comma)
        if len(items) > 1 or trailing or items[0][0] == 11:
            end = self.span(last)[1]
            index = (9, self.span(n.slice[0])[0], self.find(end, ",") + 1 if trailing else end, "tuple", items)
        return (7, *self.span(n), self.expr(n.value, add), index)

    def _item(self, element: cst.SubscriptElement, add: Add) -> Tree:
        n: Any = element.slice
        if isinstance(n, cst.Slice):
            lower, upper, step = self.optional(n.lower, add), self.optional(n.upper, add), self.optional(n.step, add)
            last: Any = n.second_colon if isinstance(n.second_colon, cst.Colon) else n.upper or n.first_colon
            end = self.outer(n.step)[1] if n.step is not None else self._end_of_part(last)
            return (8, self.span(n)[0], end, lower, upper, step)
        value = self.expr(n.value, add)
        return (11, *self.span(n), value) if n.star else value

    def _end_of_part(self, n: Any) -> int:
        return self.span(n)[1] if isinstance(n, cst.Colon) else self.outer(n)[1]

    def _display(self, n: Any, add: Add) -> Tree:
        start, end = self.span(n)
        if isinstance(n, cst.Tuple):
            if n.lpar:
                start, end = self._inner(n)
            elif n.elements and isinstance(n.elements[-1].comma, cst.Comma):
                end = self.find(self.span(n.elements[-1])[1], ",") + 1
        return (9, start, end, type(n).__name__.lower(), [self._element(e, add) for e in n.elements])

    def _element(self, e: Any, add: Add) -> Tree:
        value = self.expr(e.value, add)
        if not isinstance(e, cst.StarredElement):
            return value
        return (11, self.span(e)[0], self.outer(e.value)[1], value)

    def _dict(self, n: cst.Dict, add: Add) -> Tree:
        keys = [self.expr(e.key, add) if isinstance(e, cst.DictElement) else None for e in n.elements]
        return (10, *self.span(n), keys, [self.expr(e.value, add) for e in n.elements])

    def _comprehension(self, n: Any, add: Add) -> Tree:
        kind = {"ListComp": "list", "SetComp": "set", "GeneratorExp": "generator", "DictComp": "dict"}[type(n).__name__]
        start, end = self._inner(n) if kind == "generator" else self.span(n)
        key = self.expr(n.key, add) if kind == "dict" else None
        element = self.expr(n.value if kind == "dict" else n.elt, add)
        clauses: list[Tree] = []
        c: Any = n.for_in
        while c is not None:
            target = self.expr(c.target, add)
            source = self.expr(c.iter, add)
            tests = [self.expr(i.test, add) for i in c.ifs]
            clauses.append((12, target[1], (tests[-1] if tests else source)[2], target, source, tests))
            c = c.inner_for_in
        return (13, start, end, kind, key, element, clauses)

    def _if_else(self, n: cst.IfExp, add: Add) -> Tree:
        test = self.expr(n.test, add)
        return (14, *self.span(n), "if", test, (self.expr(n.body, add), self.expr(n.orelse, add)))

    def _and_or(self, n: cst.BooleanOperation, add: Add) -> Tree:
        operator = type(n.operator)
        options: list[Tree] = []
        left: Any = n
        while (
            isinstance(left, cst.BooleanOperation)
            and type(left.operator) is operator
            and (left is n or not left.lpar)
        ):
            options.append(self.expr(left.right, add))
            left = left.left
        options.append(self.expr(left, add))
        return (14, *self.span(n), self.OPERATORS[operator.__name__], None, options[::-1])

    def _binary(self, n: cst.BinaryOperation, add: Add) -> Tree:
        links: list[tuple[int, int, str, Tree]] = []
        left: Any = n
        while isinstance(left, cst.BinaryOperation):
            operator = self.OPERATORS[type(left.operator).__name__]
            links.append((*self.span(left), operator, self.expr(left.right, add)))
            left = left.left
        return chained(self.expr(left, add), links)

    def _unary(self, n: cst.UnaryOperation, add: Add) -> Tree:
        return (15, *self.span(n), self.OPERATORS[type(n.operator).__name__], (self.expr(n.expression, add),))

    def _compare(self, n: cst.Comparison, add: Add) -> Tree:
        operator = " ".join(self.OPERATORS[type(c.operator).__name__] for c in n.comparisons)
        operands = [self.expr(n.left, add), *(self.expr(c.comparator, add) for c in n.comparisons)]
        return (15, *self.span(n), operator, operands)

    def _lambda(self, n: cst.Lambda, add: Add) -> Tree:
        parameters = self.params(n.params, add)
        names: set[Any] = set()
        body = self.expr(n.body, names.add)
        for name in names - {YIELDS}:
            add(name)
        return (17, *self.span(n), parameters, body)

    def params(self, n: cst.Parameters, add: Add) -> list[Tree]:
        """The parameters of a function or lambda."""
        found = [self._param(p, "positional", add) for p in n.posonly_params]
        found += [self._param(p, "normal", add) for p in n.params]
        if isinstance(n.star_arg, cst.Param):
            found.append(self._param(n.star_arg, "args", add))
        found += [self._param(p, "keyword", add) for p in n.kwonly_params]
        if n.star_kwarg is not None:
            found.append(self._param(n.star_kwarg, "kwargs", add))
        return found

    def _param(self, p: cst.Param, kind: str, add: Add) -> Tree:
        start, end = self.span(p.name)
        default = self.optional(p.default, add)
        annotation = None
        if p.annotation is not None:
            written: Any = p.annotation.annotation
            annotation = self.expr(written, add)
            end = self.outer(written)[1]
        return (46, start, end, identifier(p.name.value), kind, default, annotation)

    def _starred(self, n: cst.StarredElement, add: Add) -> Tree:
        return self._element(n, add)

    def _bind(self, n: cst.NamedExpr, add: Add) -> Tree:
        return (18, *self.span(n), self.expr(n.target, add), self.expr(n.value, add))

    def _yield(self, n: cst.Yield, add: Add) -> Tree:
        add(YIELDS)
        if isinstance(n.value, cst.From):
            return (19, *self.span(n), self.expr(n.value.item, add), True)
        return (19, *self.span(n), self.optional(n.value, add), False)

    def _await(self, n: cst.Await, add: Add) -> Tree:
        return self.expr(n.expression, add)

    # Strings

    def _concatenated(self, n: Any, add: Add) -> Tree:
        parts: list[Tree | str] = []
        pieces = _pieces(n)
        if all(isinstance(piece, cst.SimpleString) for piece in pieces):
            values = [ast.literal_eval(piece.value) for piece in pieces]
            return constant(*self.span(n), values[0][:0].join(values))
        for piece in pieces:
            if isinstance(piece, cst.SimpleString):
                parts.append(ast.literal_eval(piece.value))
            else:
                self._parts(piece.parts, piece, parts, add)
        return text(*self.span(n), parts)

    def _parts(self, values: Any, string: Any, parts: list[Tree | str], add: Add) -> None:
        named = ""  # the beginning of `\N{DASH}`
        for v in values:
            if isinstance(v, (cst.FormattedStringText, cst.TemplatedStringText)):
                raw = v.value
                if "r" not in string.prefix.lower() and _UNFINISHED_NAME.search(raw):
                    raw, named = raw[:-2], raw[-2:]
                parts.append(_unescaped(raw, string))
                continue
            start, end = self.span(v)
            if named:
                parts.append(_unescaped(named + self.between(start, end), string))
                named = ""
                continue
            value = self.expr(v.expression, add)
            conversion = v.conversion
            if v.equal is not None:
                stop = self.find(self.outer(v.expression)[1], "=") + 1
                parts.append(self.between(start + 1, stop) + v.equal.whitespace_after.value)
                if conversion is None and v.format_spec is None:
                    conversion = "r"
            parts.append(value if conversion is None else converted(value, conversion))
            if v.format_spec is not None:
                spec: list[Tree | str] = []
                self._parts(v.format_spec, string, spec, add)
                parts.extend(p for p in spec if not isinstance(p, str))

    # Patterns

    def pattern_span(self, p: Any) -> tuple[int, int]:
        """Where a pattern stands, to which the brackets of a sequence belong."""
        start, end = self.span(p)
        if isinstance(p, cst.MatchTuple):
            return self._inner(p)
        if isinstance(p, cst.MatchValue):
            return self.span(p.value)
        if isinstance(p, cst.MatchList) and p.lbracket is None:
            last = p.patterns[-1]
            if isinstance(last.comma, cst.Comma):
                end = self.find(self.span(last)[1], ",") + 1
        return start, end

    def pattern(
        self, p: Any, whole: bool, values: list[Tree], captures: list[tuple[str, int, int, bool]], add: Add
    ) -> None:
        """Notes what a pattern evaluates and what it binds; `whole` while it stands for the subject itself."""
        name: cst.Name | None = None
        place = self.pattern_span(p)
        if isinstance(p, cst.MatchValue):
            values.append(self.expr(p.value, add))
        elif isinstance(p, cst.MatchAs):
            if p.pattern is not None:
                self.pattern(p.pattern, whole, values, captures, add)
            name = p.name
        elif isinstance(p, cst.MatchStar):
            name = p.name
        elif isinstance(p, cst.MatchMapping):
            for e in p.elements:
                values.append(self.expr(e.key, add))
                self.pattern(e.pattern, False, values, captures, add)
            name = p.rest
        elif isinstance(p, cst.MatchClass):
            values.append(self.expr(p.cls, add))
            for argument in p.patterns:
                self.pattern(argument.value, False, values, captures, add)
            for k in p.kwds:
                add(identifier(k.key.value))
                self.pattern(k.pattern, False, values, captures, add)
        elif isinstance(p, cst.MatchOr):
            for o in p.patterns:
                self.pattern(o.pattern, whole, values, captures, add)
        elif isinstance(p, cst.MatchSequence):
            for item in p.patterns:
                inner: Any = item if isinstance(item, cst.MatchStar) else item.value
                self.pattern(inner, False, values, captures, add)
        if name is not None:
            add(identifier(name.value))
            captures.append((identifier(name.value), *place, whole and isinstance(p, cst.MatchAs)))


def _pieces(n: Any) -> list[Any]:
    pieces: list[Any] = []
    while isinstance(n, cst.ConcatenatedString):
        pieces.append(n.left)
        n = n.right
    pieces.append(n)
    return pieces


def _unescaped(raw: str, string: Any) -> str:
    """The text of a piece of an f-string."""
    raw = raw.replace("{{", "{").replace("}}", "}") if not raw.startswith("\\N{") else raw
    prefix = "r" if "r" in string.prefix.lower() else ""
    if "\\" not in raw or prefix:
        return raw
    quote = string.start.lstrip(string.prefix)
    try:
        return str(ast.literal_eval(quote + raw + quote))
    except (SyntaxError, ValueError):
        return raw


_E: Any = Expressions
_EXPRESSIONS: dict[type, Any] = {
    cst.Name: _E._name, cst.Integer: _E._literal, cst.Float: _E._literal, cst.Imaginary: _E._literal,
    cst.SimpleString: _E._literal, cst.ConcatenatedString: _E._concatenated, cst.FormattedString: _E._concatenated,
    cst.Ellipsis: _E._ellipsis, cst.Attribute: _E._attribute, cst.Call: _E._call, cst.Subscript: _E._subscript,
    cst.List: _E._display, cst.Tuple: _E._display, cst.Set: _E._display, cst.Dict: _E._dict,
    cst.ListComp: _E._comprehension, cst.SetComp: _E._comprehension, cst.GeneratorExp: _E._comprehension,
    cst.DictComp: _E._comprehension, cst.IfExp: _E._if_else, cst.BooleanOperation: _E._and_or,
    cst.BinaryOperation: _E._binary, cst.UnaryOperation: _E._unary, cst.Comparison: _E._compare,
    cst.Lambda: _E._lambda, cst.StarredElement: _E._starred, cst.NamedExpr: _E._bind, cst.Yield: _E._yield,
    cst.Await: _E._await,
}  # fmt: skip
if hasattr(cst, "TemplatedString"):
    _EXPRESSIONS[cst.TemplatedString] = _E._concatenated
