"""A Jinja template lowered to the small language; one that Jinja refuses has an empty body.

A macro becomes a function (with a parameter `caller`), a call block a function `caller` and a call, `~` a text, an
unknown tag a call of `tag:NAME` with its body after it. Importing this module imports jinja2: do it only when there is
such a template.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from jinja2 import TemplateSyntaxError, nodes

from pitfall_lint.facts.jinja_lexer import PositionedParser
from pitfall_lint.facts.records import Problem, TemplateFacts
from pitfall_lint.facts.template_lexer import suppressions
from pitfall_lint.language import (
    Attr,
    Block,
    Body,
    Call,
    Choice,
    Collection,
    Const,
    Do,
    Expr,
    For,
    Function,
    If,
    Include,
    Jump,
    Keyword,
    Let,
    Mapping,
    Name,
    Operation,
    Other,
    Param,
    Slice,
    Star,
    Stmt,
    Subscript,
    TemplateImport,
    Text,
    With,
    encode,
)

_COMPARE = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}
_UNARY: dict[type[nodes.UnaryExpr], str] = {nodes.Not: "not", nodes.Neg: "u-", nodes.Pos: "u+"}
_BINARY: dict[type[nodes.BinExpr], str] = {
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
    nodes.Pow: "**",
}


def read(path: str, text: str) -> TemplateFacts:
    """The facts of one Jinja template."""
    lines = text.count("\n") + (not text.endswith("\n") and text != "")
    text = text.replace("\r\n", "\n").replace("\r", " ")
    body: Body = ()
    problem: Problem | None = None
    reader: _Reader | None = None
    try:
        parser = PositionedParser(text)
        reader = _Reader(parser)
        body = reader.body(parser.subparse())
    except TemplateSyntaxError as error:
        body = ()
        # A file that is no Jinja template at all (another language with such braces) fails in the lexer.
        if reader is not None and not reader.parser.unknown and reader.known:
            index = min(error.lineno, len(reader.starts) - 1)
            problem = Problem(f"Jinja refuses it: {error.message}", reader.starts[index])
    except RecursionError:
        body = ()
    return TemplateFacts(
        path=path,
        lines=lines,
        engine="jinja",
        extends=reader.extends if reader else None,
        libraries=(),
        blocks=tuple(dict.fromkeys(reader.blocks)) if reader else (),
        names=tuple(sorted(reader.names)) if reader else (),
        body=body,
        suppressions=suppressions(text),
        problem=problem,
    )


class _Reader:
    """Lowers the nodes of one template."""

    def __init__(self, parser: PositionedParser) -> None:
        self.parser = parser
        self.tokens = parser.tokens
        self.starts = parser.tokens.starts
        self.ends = parser.tokens.ends
        self.names: set[str] = set()
        self.blocks: list[str] = []
        self.extends: Expr | None = None
        kinds, values = parser.tokens.kinds, parser.tokens.values
        self.known = any(
            kind == "block_begin" and value in ("block", "extends", "macro", "set", "import")
            for kind, value in zip(kinds, values[1:], strict=False)
        )

    # ---------------------------------------------------------- statements

    def body(self, statements: Iterable[nodes.Node]) -> Body:
        made: list[Stmt] = []
        for statement in statements:
            self._statement(statement, made)
        return tuple(made)

    def _span(self, node: nodes.Node) -> tuple[int, int]:
        first, last = self.parser.spans.get(id(node), (node.lineno, node.lineno))
        return self.starts[first], self.ends[min(last, len(self.ends) - 1)]

    def _statement(self, node: nodes.Node, made: list[Stmt]) -> None:
        start, end = self._span(node)
        if isinstance(node, nodes.Output):
            self._output(node, made)
        elif isinstance(node, nodes.For):
            self._for(node, made, start, end)
        elif isinstance(node, nodes.If):
            made.append(self._if(node, start, end))
        elif isinstance(node, nodes.Macro):
            made.append(self._function(node, node.name, start, end))
        elif isinstance(node, nodes.CallBlock):
            made.append(self._function(node, "caller", start, end))
            call = self.expression(node.call)
            if isinstance(call, Call):
                caller = Keyword(start, start, "caller", Name(start, start, "caller"))
                call = Call(call.start, call.end, call.func, call.args, (*call.keywords, caller))
            made.append(Do(start, end, Text(call.start, call.end, (call,))))
        elif isinstance(node, nodes.FilterBlock):
            made.append(Do(start, end, Other(start, end, (self.expression(node.filter),))))
            made.extend(self.body(node.body))
        elif isinstance(node, nodes.With):
            pairs = zip(node.targets, node.values, strict=False)
            items = tuple((self.expression(value), self.expression(target)) for target, value in pairs)
            made.append(With(start, end, items, self.body(node.body)))
        elif isinstance(node, nodes.Block):
            self.blocks.append(node.name)
            made.append(Block(start, end, node.name, self.body(node.body), False))
        elif isinstance(node, nodes.Extends):
            parent = self.expression(node.template)
            self.extends = self.extends or parent
        elif isinstance(node, nodes.Include):
            made.append(Include(start, end, self.expression(node.template), (), not node.with_context))
        elif isinstance(node, nodes.Import):
            self.names.add(node.target)
            made.append(TemplateImport(start, end, self.expression(node.template), None, node.target))
        elif isinstance(node, nodes.FromImport):
            self._from_import(node, made, start, end)
        elif isinstance(node, nodes.Assign):
            made.append(Let(start, end, self.expression(node.target), self.expression(node.node), None, None))
        elif isinstance(node, nodes.AssignBlock):
            made.extend(self.body(node.body))
            made.append(Let(start, end, self.expression(node.target), Other(start, end, ()), None, None))
        elif isinstance(node, nodes.ExprStmt):
            made.append(Do(start, end, self.expression(node.node)))
        elif isinstance(node, (nodes.Break, nodes.Continue)):
            made.append(Jump(start, end, "break" if isinstance(node, nodes.Break) else "continue"))
        elif isinstance(node, (nodes.Scope, nodes.ScopedEvalContextModifier)):
            if (unknown := self.parser.unknown.get(id(node))) is not None:
                name = "tag:" + unknown[0]
                self.names.add(name)
                tag = Name(self.starts[node.lineno], self.ends[node.lineno], name)
                call = Call(start, end, tag, tuple(map(self.expression, unknown[1])), ())
                made.append(Do(start, end, Text(start, end, (call,))))
            made.extend(self.body(node.body))

    def _output(self, node: nodes.Output, made: list[Stmt]) -> None:
        for part in node.nodes:
            if isinstance(part, (nodes.TemplateData, nodes.Const)):
                continue
            value = self.expression(part)
            made.append(Do(value.start, value.end, Text(value.start, value.end, (value,))))

    def _for(self, node: nodes.For, made: list[Stmt], start: int, end: int) -> None:
        target, value = self.expression(node.target), self.expression(node.iter)
        body = self.body(node.body)
        if node.test is not None:
            test = self.expression(node.test)
            body = (If(test.start, test.end, test, body, ()),)
        made.append(For(start, end, target, value, body, self.body(node.else_)))

    def _if(self, node: nodes.If, start: int, end: int) -> If:
        orelse = self.body(node.else_)
        for other in reversed(node.elif_):
            begin = self.starts[max(other.lineno - 2, 0)]
            orelse = (If(begin, end, self.expression(other.test), self.body(other.body), orelse),)
        return If(start, end, self.expression(node.test), self.body(node.body), orelse)

    def _function(self, node: nodes.Macro | nodes.CallBlock, name: str, start: int, end: int) -> Function:
        outside, self.names = self.names, set()
        params: list[Param] = []
        required = len(node.args) - len(node.defaults)
        for index, arg in enumerate(node.args):
            default = self.expression(node.defaults[index - required]) if index >= required else None
            begin, finish = self.starts[arg.lineno], self.ends[arg.lineno]
            params.append(Param(begin, finish, arg.name, "normal", default, None))
        if isinstance(node, nodes.Macro):
            params.append(Param(start, start, "varargs", "args", None, None))
            params.append(Param(start, start, "caller", "keyword", Const(start, start, None, "none"), None))
            params.append(Param(start, start, "kwargs", "kwargs", None, None))
        body = self.body(node.body)
        names, self.names = self.names, outside | self.names
        return Function(
            start=start,
            end=end,
            name=name,
            qualname=name,
            params=tuple(params),
            decorators=(),
            returns=None,
            is_async=False,
            is_generator=False,
            name_end=self.ends[min(node.lineno + 1, len(self.ends) - 1)],
            names=tuple(sorted(names)),
            encoded=msgspec.Raw(encode(body)),
        )

    def _from_import(self, node: nodes.FromImport, made: list[Stmt], start: int, end: int) -> None:
        template = self.expression(node.template)
        for entry in node.names:
            name, alias = entry if isinstance(entry, tuple) else (entry, entry)
            self.names.update((name, alias))
            made.append(TemplateImport(start, end, template, name, alias))

    # --------------------------------------------------------- expressions

    def expression(self, node: nodes.Node) -> Expr:
        """One expression; names, attributes, filters and calls have exact spans, operators span their operands."""
        at = node.lineno
        if isinstance(node, nodes.Name):
            self.names.add(node.name)
            return Name(self.starts[at], self.ends[at], node.name)
        if isinstance(node, nodes.Getattr):
            inner = self.expression(node.node)
            self.names.add(node.attr)
            return Attr(inner.start, self.ends[at + 1], inner, node.attr)
        if isinstance(node, nodes.Const):
            return self._const(node)
        if isinstance(node, nodes.Call):
            function = self.expression(node.node)
            args, keywords = self._arguments(node)
            return Call(function.start, self._after_bracket(at), function, args, keywords)
        if isinstance(node, nodes.Filter):
            return self._filter(node)
        if isinstance(node, nodes.Test):
            return self._test(node)
        if isinstance(node, nodes.Getitem):
            inner = self.expression(node.node)
            index = self.expression(node.arg)
            return Subscript(inner.start, self._after_bracket(at, index.end), inner, index)
        if isinstance(node, (nodes.And, nodes.Or)):
            return self._choice(node)
        if isinstance(node, nodes.CondExpr):
            test, then = self.expression(node.test), self.expression(node.expr1)
            other = self.expression(node.expr2) if node.expr2 is not None else Const(test.end, test.end, "", "str")
            return Choice(then.start, other.end, "if", test, (then, other))
        if isinstance(node, nodes.Compare):
            operands = (self.expression(node.expr), *(self.expression(operand.expr) for operand in node.ops))
            operator = " ".join(_COMPARE.get(operand.op, operand.op) for operand in node.ops)
            return Operation(operands[0].start, operands[-1].end, operator, operands)
        if isinstance(node, nodes.Concat):
            parts = tuple(self.expression(part) for part in node.nodes)
            return Text(parts[0].start, parts[-1].end, parts)
        if isinstance(node, nodes.BinExpr):
            left, right = self.expression(node.left), self.expression(node.right)
            return Operation(left.start, right.end, _BINARY.get(type(node), "+"), (left, right))
        if isinstance(node, nodes.UnaryExpr):
            value = self.expression(node.node)
            return Operation(min(self.starts[at], value.start), value.end, _UNARY.get(type(node), "not"), (value,))
        if isinstance(node, (nodes.Tuple, nodes.List)):
            return self._collection(node)
        if isinstance(node, nodes.Dict):
            pairs = [(self.expression(pair.key), self.expression(pair.value)) for pair in node.items]
            keys, values = tuple(key for key, _ in pairs), tuple(value for _, value in pairs)
            return Mapping(self.starts[at], self._after_bracket(at), keys, values)
        if isinstance(node, nodes.Slice):
            bounds = [self.expression(part) if part else None for part in (node.start, node.stop, node.step)]
            end = max((bound.end for bound in bounds if bound is not None), default=self.starts[at])
            return Slice(self.starts[at], end, *bounds)
        if isinstance(node, nodes.NSRef):
            self.names.update((node.name, node.attr))
            space = Name(self.starts[at], self.ends[at], node.name)
            return Attr(space.start, self.ends[min(at + 2, len(self.ends) - 1)], space, node.attr)
        return Other(self.starts[at], self.starts[at], tuple(self.expression(part) for part in node.iter_child_nodes()))

    def _after_bracket(self, at: int, otherwise: int | None = None) -> int:
        closing = self.tokens.closing.get(at)
        if closing is not None:
            return self.ends[closing]
        return otherwise if otherwise is not None else self.ends[at]

    def _const(self, node: nodes.Const) -> Const:
        at, value = node.lineno, node.value
        start, end = self.starts[at], self.ends[at]
        while at + 1 < len(self.ends) and self.tokens.kinds[at] == self.tokens.kinds[at + 1] == "string":
            at += 1
            end = self.ends[at]
        if isinstance(value, bool):
            return Const(start, end, value, "bool")
        if value is None:
            return Const(start, end, None, "none")
        if isinstance(value, int):
            return Const(start, end, value if -(2**63) <= value < 2**63 else str(value), "int")
        return Const(start, end, value, "float" if isinstance(value, float) else "str")

    def _arguments(self, node: nodes.Call | nodes.Filter | nodes.Test) -> tuple[tuple[Expr, ...], tuple[Keyword, ...]]:
        args = [self.expression(arg) for arg in node.args]
        keywords: list[Keyword] = []
        for pair in node.kwargs:
            if isinstance(pair, nodes.Keyword):
                value = self.expression(pair.value)
                begin = self.starts[max(pair.lineno - 2, 0)] if self._is_keyword(pair) else value.start
                keywords.append(Keyword(begin, value.end, pair.key, value))
        if node.dyn_args is not None:
            value = self.expression(node.dyn_args)
            args.append(Star(value.start, value.end, value))
        if node.dyn_kwargs is not None:
            value = self.expression(node.dyn_kwargs)
            keywords.append(Keyword(value.start, value.end, None, value))
        return tuple(args), tuple(keywords)

    def _is_keyword(self, pair: nodes.Keyword) -> bool:
        return pair.lineno >= 2 and self.tokens.values[pair.lineno - 2] == pair.key

    def _filter(self, node: nodes.Filter) -> Expr:
        at = node.lineno
        name = "filter:" + node.name
        self.names.add(name)
        last = at + 2 * node.name.count(".")
        function = Name(self.starts[at], self.ends[last], name)
        if node.node is not None:
            value = self.expression(node.node)
        else:
            value = Const(self.starts[at], self.starts[at], "", "str")
        args, keywords = self._arguments(node)
        return Call(value.start, self._after_bracket(last + 1, self.ends[last]), function, (value, *args), keywords)

    def _test(self, node: nodes.Test) -> Expr:
        name = "test:" + node.name
        self.names.add(name)
        at = node.lineno + 1
        if self.tokens.values[at] == "not":
            at += 1
        last = at + 2 * node.name.count(".")
        function = Name(self.starts[at], self.ends[last], name)
        value = self.expression(node.node)
        args, keywords = self._arguments(node)
        end = max([self.ends[last], *(arg.end for arg in args)])
        return Call(value.start, self._after_bracket(last + 1, end), function, (value, *args), keywords)

    def _choice(self, node: nodes.And | nodes.Or) -> Expr:
        kind = "and" if isinstance(node, nodes.And) else "or"
        options: list[Expr] = []
        current: nodes.Expr = node
        while type(current) is type(node) and isinstance(current, nodes.BinExpr):
            options.append(self.expression(current.right))
            current = current.left
        options.append(self.expression(current))
        options.reverse()
        return Choice(options[0].start, options[-1].end, kind, None, tuple(options))

    def _collection(self, node: nodes.Tuple | nodes.List) -> Expr:
        items = tuple(self.expression(item) for item in node.items)
        kind = "tuple" if isinstance(node, nodes.Tuple) else "list"
        if kind == "tuple" and items:
            return Collection(items[0].start, items[-1].end, kind, items)
        return Collection(self.starts[node.lineno], self._after_bracket(node.lineno), kind, items)
