"""Expressions of the standard library's `ast`, lowered to trees of the small language.

One short function per kind of node, found by the node's class in the table `EXPR`. This and `python.py`, which has the
statements, are the hottest code of a cold run: hence the plainness, and positions packed in place each time.
"""

from __future__ import annotations

import ast
import sys
from typing import Any

from pitfall_lint.facts.places import place_fields
from pitfall_lint.facts.trees import YIELDS, Add, Tree, chained, constant, converted, text

_PLACES_FIELDS = sys.version_info < (3, 12)


def _name(n: Any, add: Add) -> Tree:
    name = n.id
    add(name)
    return (1, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, name)


def _constant(n: Any, add: Add) -> Tree:
    value = n.value
    if value.__class__ is str:
        return (2, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, value, "str")
    return constant(n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, value)


def _attribute(n: Any, add: Add) -> Tree:
    value = n.value
    name = n.attr
    add(name)
    return (
        3,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        EXPR[value.__class__](value, add),
        name,
    )


def _call(n: Any, add: Add) -> Tree:
    func = n.func
    keywords = n.keywords
    return (
        6,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        EXPR[func.__class__](func, add),
        [EXPR[a.__class__](a, add) for a in n.args],
        [
            (
                5,
                k.lineno << 20 | k.col_offset,
                k.end_lineno << 20 | k.end_col_offset,
                k.arg,
                EXPR[k.value.__class__](k.value, add),
            )
            for k in keywords
        ]
        if keywords
        else (),
    )


def keyword_arguments(keywords: list[ast.keyword], add: Add) -> list[Tree]:
    return [
        (
            5,
            k.lineno << 20 | k.col_offset,
            k.end_lineno << 20 | k.end_col_offset,  # type: ignore[operator]
            k.arg,
            EXPR[k.value.__class__](k.value, add),
        )
        for k in keywords
    ]


def _subscript(n: Any, add: Add) -> Tree:
    value = n.value
    index = n.slice
    return (
        7,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        EXPR[value.__class__](value, add),
        EXPR[index.__class__](index, add),
    )


def _slice(n: Any, add: Add) -> Tree:
    return (
        8,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        optional(n.lower, add),
        optional(n.upper, add),
        optional(n.step, add),
    )


def optional(n: Any, add: Add) -> Tree | None:
    return None if n is None else EXPR[n.__class__](n, add)


def _display(n: Any, add: Add) -> Tree:
    return (
        9,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        _DISPLAY[n.__class__],
        [EXPR[e.__class__](e, add) for e in n.elts],
    )


def _dict(n: Any, add: Add) -> Tree:
    return (
        10,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        [None if k is None else EXPR[k.__class__](k, add) for k in n.keys],
        [EXPR[v.__class__](v, add) for v in n.values],
    )


def _star(n: Any, add: Add) -> Tree:
    return (
        11,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        EXPR[n.value.__class__](n.value, add),
    )


def _clauses(generators: list[ast.comprehension], add: Add) -> list[Tree]:
    clauses: list[Tree] = []
    for g in generators:
        target = EXPR[g.target.__class__](g.target, add)
        source = EXPR[g.iter.__class__](g.iter, add)
        tests = [EXPR[t.__class__](t, add) for t in g.ifs]
        clauses.append((12, target[1], (tests[-1] if tests else source)[2], target, source, tests))
    return clauses


def _comprehension(n: Any, add: Add) -> Tree:
    return (
        13,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        _COMPREHENSION[n.__class__],
        None,
        EXPR[n.elt.__class__](n.elt, add),
        _clauses(n.generators, add),
    )


def _dict_comprehension(n: Any, add: Add) -> Tree:
    return (
        13,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        "dict",
        EXPR[n.key.__class__](n.key, add),
        EXPR[n.value.__class__](n.value, add),
        _clauses(n.generators, add),
    )


def _if_else(n: Any, add: Add) -> Tree:
    return (
        14,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        "if",
        EXPR[n.test.__class__](n.test, add),
        (EXPR[n.body.__class__](n.body, add), EXPR[n.orelse.__class__](n.orelse, add)),
    )


def _and_or(n: Any, add: Add) -> Tree:
    return (
        14,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        OPERATOR[n.op.__class__],
        None,
        [EXPR[v.__class__](v, add) for v in n.values],
    )


def _binary(n: Any, add: Add) -> Tree:
    if n.left.__class__ is ast.BinOp:
        return _chain(n, add)
    return (
        15,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        OPERATOR[n.op.__class__],
        (EXPR[n.left.__class__](n.left, add), EXPR[n.right.__class__](n.right, add)),
    )


def _chain(n: Any, add: Add) -> Tree:
    links: list[tuple[int, int, str, Tree]] = []
    kind: Any = ast.BinOp
    while n.__class__ is kind:
        right = EXPR[n.right.__class__](n.right, add)
        end = n.end_lineno << 20 | n.end_col_offset
        links.append((n.lineno << 20 | n.col_offset, end, OPERATOR[n.op.__class__], right))
        n = n.left
    return chained(EXPR[n.__class__](n, add), links)


def _unary(n: Any, add: Add) -> Tree:
    return (
        15,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        OPERATOR[n.op.__class__],
        (EXPR[n.operand.__class__](n.operand, add),),
    )


def _compare(n: Any, add: Add) -> Tree:
    ops = n.ops
    return (
        15,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        OPERATOR[ops[0].__class__] if len(ops) == 1 else " ".join([OPERATOR[o.__class__] for o in ops]),
        [EXPR[n.left.__class__](n.left, add), *[EXPR[c.__class__](c, add) for c in n.comparators]],
    )


def _text(n: Any, add: Add) -> Tree:
    start = n.lineno << 20 | n.col_offset
    end = n.end_lineno << 20 | n.end_col_offset
    if _PLACES_FIELDS:
        place_fields(n)
    parts: list[Tree | str] = []
    _text_parts(n.values, parts, add)
    return text(start, end, parts)


def _text_parts(values: list[Any], parts: list[Tree | str], add: Add) -> None:
    for v in values:
        kind: Any = v.__class__
        if kind is ast.Constant:
            parts.append(v.value)
        elif kind is ast.JoinedStr:
            _text_parts(v.values, parts, add)
        else:
            value = EXPR[v.value.__class__](v.value, add)
            parts.append(value if v.conversion < 0 else converted(value, chr(v.conversion)))
            if v.format_spec is not None:
                spec: list[Tree | str] = []
                _text_parts(v.format_spec.values, spec, add)
                parts.extend(p for p in spec if p.__class__ is tuple)


def _lambda(n: Any, add: Add) -> Tree:
    parameters = params(n.args, add)
    names: set[Any] = set()
    body = EXPR[n.body.__class__](n.body, names.add)
    for name in names:
        if name is not YIELDS:
            add(name)
    return (17, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, parameters, body)


def _param(a: Any, kind: str, default: Any, add: Add) -> Tree:
    annotation = a.annotation
    return (
        46,
        a.lineno << 20 | a.col_offset,
        a.end_lineno << 20 | a.end_col_offset,
        a.arg,
        kind,
        None if default is None else EXPR[default.__class__](default, add),
        None if annotation is None else EXPR[annotation.__class__](annotation, add),
    )


def params(args: Any, add: Add) -> list[Tree]:
    params: list[Tree] = []
    defaults = args.defaults
    plain = args.args
    if args.posonlyargs:
        kinds = ["positional"] * len(args.posonlyargs) + ["normal"] * len(plain)
        plain = args.posonlyargs + plain
        bare = len(plain) - len(defaults)
        for i, a in enumerate(plain):
            params.append(_param(a, kinds[i], defaults[i - bare] if i >= bare else None, add))
    elif defaults:
        bare = len(plain) - len(defaults)
        for i, a in enumerate(plain):
            params.append(_param(a, "normal", defaults[i - bare] if i >= bare else None, add))
    else:
        for a in plain:
            params.append(_param(a, "normal", None, add))
    if args.vararg is not None:
        params.append(_param(args.vararg, "args", None, add))
    if args.kwonlyargs:
        for a, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            params.append(_param(a, "keyword", default, add))
    if args.kwarg is not None:
        params.append(_param(args.kwarg, "kwargs", None, add))
    return params


def _bind(n: Any, add: Add) -> Tree:
    return (
        18,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        _name(n.target, add),
        EXPR[n.value.__class__](n.value, add),
    )


def _yield(n: Any, add: Add) -> Tree:
    add(YIELDS)
    return (
        19,
        n.lineno << 20 | n.col_offset,
        n.end_lineno << 20 | n.end_col_offset,
        optional(n.value, add),
        n.__class__ is ast.YieldFrom,
    )


def _await(n: Any, add: Add) -> Tree:
    return EXPR[n.value.__class__](n.value, add)  # type: ignore[no-any-return]


_DISPLAY = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}
_COMPREHENSION = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}
OPERATOR: dict[Any, str] = {
    ast.And: "and", ast.Or: "or", ast.Not: "not", ast.Invert: "~", ast.UAdd: "u+", ast.USub: "u-",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
EXPR: dict[Any, Any] = {
    ast.Name: _name, ast.Constant: _constant, ast.Attribute: _attribute, ast.Call: _call, ast.Subscript: _subscript,
    ast.Slice: _slice, ast.List: _display, ast.Tuple: _display, ast.Set: _display, ast.Dict: _dict, ast.Starred: _star,
    ast.ListComp: _comprehension, ast.SetComp: _comprehension, ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension, ast.IfExp: _if_else, ast.BoolOp: _and_or, ast.BinOp: _binary,
    ast.UnaryOp: _unary, ast.Compare: _compare, ast.JoinedStr: _text, ast.Lambda: _lambda, ast.NamedExpr: _bind,
    ast.Yield: _yield, ast.YieldFrom: _yield, ast.Await: _await,
}  # fmt: skip
if hasattr(ast, "TemplateStr"):  # 3.14
    EXPR[ast.TemplateStr] = _text
