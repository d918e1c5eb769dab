"""Lowered templates as short words, so that a test shows on one line what a template became."""

from __future__ import annotations

from typing import Any

from pitfall_lint import language as lang
from pitfall_lint.language import column_of, line_of


def shown(body: lang.Body) -> str:
    """The statements, `;` between them."""
    return "; ".join(statement(node) for node in body)


def statement(node: Any) -> str:
    """One statement."""
    match node:
        case lang.Do():
            return expr(node.value)
        case lang.Let():
            return f"{expr(node.target)} = {expr(node.value)}"
        case lang.For():
            rest = f" else {{{shown(node.orelse)}}}" if node.orelse else ""
            return f"for {expr(node.target)} in {expr(node.iter)} {{{shown(node.body)}}}{rest}"
        case lang.If():
            rest = f" else {{{shown(node.orelse)}}}" if node.orelse else ""
            return f"if {expr(node.test)} {{{shown(node.body)}}}{rest}"
        case lang.With():
            items = ", ".join(f"{expr(target)} = {expr(value)}" for value, target in node.items)
            return f"with {items} {{{shown(node.body)}}}"
        case lang.Block():
            return f"{'partial' if node.partial else 'block'} {node.name} {{{shown(node.body)}}}"
        case lang.Include():
            bindings = "".join(f" {each.name}={expr(each.value)}" for each in node.bindings)
            return f"include {expr(node.template)}{bindings}{' only' if node.only else ''}"
        case lang.TemplateImport():
            return f"import {expr(node.template)} {node.name or '*'} as {node.alias}"
        case lang.Function():
            params = ", ".join(
                f"{each.name}={expr(each.default)}" if each.default else each.name for each in node.params
            )
            return f"def {node.name}({params}) {{{shown(node.body)}}}"
        case lang.Jump():
            return str(node.kind)
    return type(node).__name__


def expr(node: Any) -> str:
    """One expression: `a.b` is an attribute, `a:b` a lookup, `<...>` text."""
    match node:
        case None:
            return "nothing"
        case lang.Name():
            return str(node.id)
        case lang.Const():
            return repr(node.value)
        case lang.Lookup():
            return f"{expr(node.object)}:{node.name}"
        case lang.Attr():
            return f"{expr(node.object)}.{node.name}"
        case lang.Call():
            items = [expr(arg) for arg in node.args]
            items += [f"{each.name or '**'}={expr(each.value)}" for each in node.keywords]
            return f"{expr(node.func)}({', '.join(items)})"
        case lang.Subscript():
            return f"{expr(node.object)}[{expr(node.index)}]"
        case lang.Slice():
            return ":".join("" if each is None else expr(each) for each in (node.lower, node.upper, node.step))
        case lang.Text():
            return f"<{' '.join(expr(part) for part in node.parts)}>"
        case lang.Choice() if node.kind == "if":
            return f"({expr(node.options[0])} if {expr(node.test)} else {expr(node.options[1])})"
        case lang.Choice():
            return f"({f' {node.kind} '.join(expr(option) for option in node.options)})"
        case lang.Operation() if len(node.operands) == 1:
            return f"({node.op} {expr(node.operands[0])})"
        case lang.Operation():
            return f"({f' {node.op} '.join(expr(operand) for operand in node.operands)})"
        case lang.Collection():
            return f"{node.kind}({', '.join(expr(item) for item in node.items)})"
        case lang.Mapping():
            pairs = zip(node.keys, node.values, strict=True)
            return f"{{{', '.join(f'{expr(key)}: {expr(value)}' for key, value in pairs)}}}"
        case lang.Comprehension():
            clause = node.clauses[0]
            return f"[{expr(node.element)} for {expr(clause.target)} in {expr(clause.iter)}]"
        case lang.Star():
            return f"*{expr(node.value)}"
        case lang.Other():
            return f"?({', '.join(expr(part) for part in node.parts)})"
    return type(node).__name__


def source(text: str, node: Any) -> str:
    """What the text holds where the node says that it stands."""
    lines = text.split("\n")
    starts = [sum(len(line) + 1 for line in lines[:index]) for index in range(len(lines))]
    first = starts[line_of(node.start) - 1] + column_of(node.start)
    return text[first : starts[line_of(node.end) - 1] + column_of(node.end)]
