"""Python files as facts: the standard library's `ast`, lowered to the small language.

Here are parsing, what can go wrong with it, and the statements; `python_expressions.py` has the expressions.
`python_cst.py` writes the same trees (see `trees.py`) for files whose syntax the running interpreter refuses.
"""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from typing import Any

from pitfall_lint.facts import comments
from pitfall_lint.facts.places import count_in_characters, source_lines
from pitfall_lint.facts.python_expressions import EXPR, OPERATOR, keyword_arguments, optional, params
from pitfall_lint.facts.records import Problem
from pitfall_lint.facts.trees import (
    YIELDS,
    Add,
    Append,
    Case,
    Scope,
    Tree,
    assertion,
    encode,
    function,
    match,
    name_end,
)
from pitfall_lint.language import COLUMN_MASK, pack

# -------------------------------------------------------------------- reading


def read(path: str, data: bytes, shallow: bool = False) -> bytes:
    """The encoded `PythonFacts` of a file; never raises.

    Where `shallow`, only its headers are read. A file that cannot be read has an empty body and a problem.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the code that is read, not ours
        return _read_or_explain(path, data, shallow)


def _read_or_explain(path: str, data: bytes, shallow: bool) -> bytes:
    text = _decoded(data)
    try:
        try:
            return _read(path, data, text, shallow)
        except SyntaxError as error:
            problem = _problem(error)
            encoded = _read_newer(path, text, shallow) if _decodable(data) else None
            if encoded is not None:
                return encoded
    except RecursionError:
        problem = Problem("nested too deeply to be read", pack(1, 0))
    except MemoryError:
        problem = Problem("too large or nested too deeply to be read", pack(1, 0))
    except ValueError as error:  # null bytes, before Python 3.12
        problem = Problem(_printable(str(error)), pack(1, 0))
    return encode((1, path, _count(text), shallow, (), (), comments.in_python(text), problem))


def _read(path: str, data: bytes, text: str, shallow: bool) -> bytes:
    return _lowered(path, compile(data, "", "exec", ast.PyCF_ONLY_AST, dont_inherit=True), text, shallow)


def _lowered(path: str, tree: Any, text: str, shallow: bool) -> bytes:
    lines = text.split("\n")
    if not text.isascii() or len(text) > COLUMN_MASK:
        count_in_characters(tree, lines)
    source_lines.set(lines)
    suppressions = comments.in_python(text)
    lower = _headers if shallow else _body
    for attempt in (1, 2):
        words: set[Any] = set()
        scope = Scope("", lines, None, shallow)
        try:
            body = lower(_without_docstring(tree.body), words.add, scope)
            words.discard(YIELDS)
            return encode((1, path, _count(text), shallow, body, sorted(words), suppressions, None))
        except UnicodeEncodeError:  # lone surrogates cannot be written as UTF-8
            if attempt == 2:
                raise
            _spell_surrogates(tree)
    raise AssertionError("unreachable")


def _read_newer(path: str, text: str, shallow: bool) -> bytes | None:
    """The encoded facts of a file whose syntax the interpreter refuses; None where it is no Python to anybody."""
    from pitfall_lint.facts import newer_syntax

    tree = newer_syntax.parse(text)
    return _read_with_libcst(path, text, shallow) if tree is None else _lowered(path, tree, text, shallow)


def _read_with_libcst(path: str, text: str, shallow: bool) -> bytes | None:
    from pitfall_lint.facts import python_cst  # takes a third of a second to import

    try:
        lowered = python_cst.lower(text, text.split("\n"), shallow)
        if lowered is None:
            return None
        body, words = lowered
        return encode((1, path, _count(text), shallow, body, sorted(words), comments.in_python(text), None))
    except (RecursionError, MemoryError, UnicodeEncodeError, SyntaxError, ValueError):
        return None


def _decoded(data: bytes) -> str:
    """The text with `\\n` ending each line; what cannot be decoded is replaced, for the parser judges that."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        try:
            text = data.decode(_encoding(data))
        except (SyntaxError, UnicodeDecodeError):
            text = data.decode("utf-8", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text


def _decodable(data: bytes) -> bool:
    try:
        data.decode(_encoding(data))
    except (SyntaxError, UnicodeDecodeError):
        return False
    return True


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _printable(message: str) -> str:
    return message.encode("utf-8", "backslashreplace").decode()


def _problem(error: SyntaxError) -> Problem:
    place = pack(max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0))
    return Problem(_printable(error.msg or "invalid syntax"), place)


def _spell_surrogates(tree: ast.AST) -> None:
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant) and isinstance(n.value, str):
            n.value = _printable(n.value)


# ------------------------------------------------------------------ statements


def _body(statements: list[Any], add: Add, scope: Scope) -> list[Tree]:
    out: list[Tree] = []
    append = out.append
    for s in statements:
        _STMT[s.__class__](s, add, append, scope)
    return out


def _without_docstring(statements: list[Any]) -> list[Any]:
    first = statements[0] if statements else None
    if first.__class__ is ast.Expr and first.value.__class__ is ast.Constant and first.value.value.__class__ is str:
        return statements[1:]
    return statements


def _do(n: Any, add: Add, append: Append, scope: Scope) -> None:
    value = n.value
    append(
        (
            33,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[value.__class__](value, add),
        )
    )


def _assign(n: Any, add: Add, append: Append, scope: Scope) -> None:
    start = n.lineno << 20 | n.col_offset
    end = n.end_lineno << 20 | n.end_col_offset
    value = EXPR[n.value.__class__](n.value, add)
    for t in n.targets:
        append((32, start, end, EXPR[t.__class__](t, add), value, None, None))


def _annotated(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            32,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.target.__class__](n.target, add),
            optional(n.value, add),
            EXPR[n.annotation.__class__](n.annotation, add),
            None,
        )
    )


def _augmented(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            32,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.target.__class__](n.target, add),
            EXPR[n.value.__class__](n.value, add),
            None,
            OPERATOR[n.op.__class__],
        )
    )


def _type_alias(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            32,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.name.__class__](n.name, add),
            EXPR[n.value.__class__](n.value, add),
            None,
            None,
        )
    )


def _for(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            34,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.target.__class__](n.target, add),
            EXPR[n.iter.__class__](n.iter, add),
            _body(n.body, add, scope),
            _body(n.orelse, add, scope),
        )
    )


def _while(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            35,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.test.__class__](n.test, add),
            _body(n.body, add, scope),
            _body(n.orelse, add, scope),
        )
    )


def _if(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            36,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            EXPR[n.test.__class__](n.test, add),
            _body(n.body, add, scope),
            _body(n.orelse, add, scope),
        )
    )


def _with(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append(
        (
            37,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            [
                (EXPR[i.context_expr.__class__](i.context_expr, add), optional(i.optional_vars, add))
                for i in n.items
            ],
            _body(n.body, add, scope),
        )
    )


def _try(n: Any, add: Add, append: Append, scope: Scope) -> None:
    body = _body(n.body, add, scope)
    handlers: list[Tree] = []
    for h in n.handlers:
        if h.name is not None:
            add(h.name)
        handlers.append(
            (
                38,
                h.lineno << 20 | h.col_offset,
                h.end_lineno << 20 | h.end_col_offset,
                optional(h.type, add),
                h.name,
                _body(h.body, add, scope),
            )
        )
    append(
        (
            39,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            body,
            handlers,
            _body(n.orelse, add, scope),
            _body(n.finalbody, add, scope),
        )
    )


def _return(n: Any, add: Add, append: Append, scope: Scope) -> None:
    value = n.value
    append(
        (
            40,
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            None if value is None else EXPR[value.__class__](value, add),
        )
    )


def _raise(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append((41, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, optional(n.exc, add)))


def _assert(n: Any, add: Add, append: Append, scope: Scope) -> None:
    start = n.lineno << 20 | n.col_offset
    end = n.end_lineno << 20 | n.end_col_offset
    append(assertion(start, end, EXPR[n.test.__class__](n.test, add), optional(n.msg, add)))


def _jump(n: Any, add: Add, append: Append, scope: Scope) -> None:
    kind = "break" if n.__class__ is ast.Break else "continue"
    append((42, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, kind))


def _delete(n: Any, add: Add, append: Append, scope: Scope) -> None:
    targets = [EXPR[t.__class__](t, add) for t in n.targets]
    append((43, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, targets))


def _outer(n: Any, add: Add, append: Append, scope: Scope) -> None:
    append((44, n.lineno << 20 | n.col_offset, n.end_lineno << 20 | n.end_col_offset, n.names))


def _pass(n: Any, add: Add, append: Append, scope: Scope) -> None:
    pass


def _import(n: Any, add: Add, append: Append, scope: Scope) -> None:
    start = n.lineno << 20 | n.col_offset
    end = n.end_lineno << 20 | n.end_col_offset
    for a in n.names:
        for part in a.name.split("."):
            add(part)
        if a.asname is not None:
            add(a.asname)
        append((45, start, end, a.name, 0, None, a.asname))


def _import_from(n: Any, add: Add, append: Append, scope: Scope) -> None:
    start = n.lineno << 20 | n.col_offset
    end = n.end_lineno << 20 | n.end_col_offset
    module = n.module or ""
    level = n.level or 0
    for part in module.split("."):
        add(part)
    for a in n.names:
        name = a.name
        add(name)
        if a.asname is not None:
            add(a.asname)
        append((45, start, end, module, level, name, a.asname))


def _function(n: Any, add: Add, append: Append, scope: Scope) -> None:
    name = n.name
    add(name)
    decorators = [EXPR[d.__class__](d, add) for d in n.decorator_list]
    parameters = params(n.args, add)
    returns = optional(n.returns, add)
    names: set[Any] = set()
    body: list[Tree] = []
    if not scope.shallow:
        inner = Scope(scope.prefix + name + ".<locals>.", scope.lines, names)
        body = _body(_without_docstring(n.body), names.add, inner)
    append(
        function(
            n.lineno << 20 | n.col_offset,
            n.end_lineno << 20 | n.end_col_offset,
            scope,
            name,
            parameters,
            decorators,
            returns,
            n.__class__ is ast.AsyncFunctionDef,
            names,
            body,
        )
    )


def _class(n: Any, add: Add, append: Append, scope: Scope) -> None:
    name = n.name
    add(name)
    start = n.lineno << 20 | n.col_offset
    qualname = scope.prefix + name
    inner = Scope(qualname + ".", scope.lines, scope.names, scope.shallow)
    append(
        (
            48,
            start,
            n.end_lineno << 20 | n.end_col_offset,
            name,
            qualname,
            [EXPR[b.__class__](b, add) for b in n.bases],
            keyword_arguments(n.keywords, add),
            [EXPR[d.__class__](d, add) for d in n.decorator_list],
            (_headers if scope.shallow else _body)(_without_docstring(n.body), add, inner),
            name_end(scope.lines, start, "class ", name),
        )
    )


def _match(n: Any, add: Add, append: Append, scope: Scope) -> None:
    subject = EXPR[n.subject.__class__](n.subject, add)
    cases: list[Case] = []
    for c in n.cases:
        values: list[Tree] = []
        captures: list[tuple[str, int, int, bool]] = []
        _pattern(c.pattern, True, values, captures, add)
        cases.append(
            Case(
                c.pattern.lineno << 20 | c.pattern.col_offset,
                c.body[-1].end_lineno << 20 | c.body[-1].end_col_offset,
                values,
                captures,
                optional(c.guard, add),
                _body(c.body, add, scope),
                c.pattern.__class__ is ast.MatchAs and c.pattern.pattern is None,
            )
        )
    for statement in match(subject, cases):
        append(statement)


def _pattern(p: Any, whole: bool, values: list[Tree], captures: list[tuple[str, int, int, bool]], add: Add) -> None:
    kind = p.__class__
    name = None
    if kind is ast.MatchValue:
        values.append(EXPR[p.value.__class__](p.value, add))
    elif kind is ast.MatchAs:
        if p.pattern is not None:
            _pattern(p.pattern, whole, values, captures, add)
        name = p.name
    elif kind is ast.MatchStar:
        name = p.name
    elif kind is ast.MatchMapping:
        for key, inner in zip(p.keys, p.patterns, strict=True):
            values.append(EXPR[key.__class__](key, add))
            _pattern(inner, False, values, captures, add)
        name = p.rest
        whole = False
    elif kind is ast.MatchClass:
        values.append(EXPR[p.cls.__class__](p.cls, add))
        for inner in p.patterns:
            _pattern(inner, False, values, captures, add)
        for attribute, inner in zip(p.kwd_attrs, p.kwd_patterns, strict=True):
            add(attribute)
            _pattern(inner, False, values, captures, add)
    elif kind is not ast.MatchSingleton:
        for inner in p.patterns:
            _pattern(inner, whole and kind is ast.MatchOr, values, captures, add)
    if name is not None:
        add(name)
        start = p.lineno << 20 | p.col_offset
        captures.append((name, start, p.end_lineno << 20 | p.end_col_offset, whole and kind is ast.MatchAs))


_TYPE_ALIAS: Any = getattr(ast, "TypeAlias", None)  # 3.12
_TRIES: frozenset[Any] = frozenset({ast.Try, getattr(ast, "TryStar", None)})  # 3.11
_HEADERS: frozenset[Any] = frozenset(
    {ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, _TYPE_ALIAS}
)


def _headers(statements: list[Any], add: Add, scope: Scope) -> list[Tree]:
    """The statements of a shallow module: imports, plain assignments to one name, headers."""
    out: list[Tree] = []
    for n in statements:
        kind = n.__class__
        if kind in _HEADERS and (kind is not _TYPE_ALIAS or not scope.prefix):
            _STMT[kind](n, add, out.append, scope)
        elif kind is ast.Assign:
            if not scope.prefix and len(n.targets) == 1 and n.targets[0].__class__ is ast.Name:
                _assign(n, add, out.append, scope)
        elif kind is ast.If or kind is ast.With:
            out += _headers(n.body, add, scope)
            out += _headers(getattr(n, "orelse", []), add, scope)
        elif kind in _TRIES:
            for part in (n.body, *[h.body for h in n.handlers], n.orelse, n.finalbody):
                out += _headers(part, add, scope)
    return out


_STMT: dict[Any, Any] = {
    ast.Expr: _do, ast.Assign: _assign, ast.AnnAssign: _annotated, ast.AugAssign: _augmented, ast.For: _for,
    ast.AsyncFor: _for, ast.While: _while, ast.If: _if, ast.With: _with, ast.AsyncWith: _with, ast.Try: _try,
    ast.Return: _return, ast.Raise: _raise, ast.Assert: _assert, ast.Break: _jump, ast.Continue: _jump,
    ast.Delete: _delete, ast.Global: _outer, ast.Nonlocal: _outer, ast.Pass: _pass, ast.Import: _import,
    ast.ImportFrom: _import_from, ast.FunctionDef: _function, ast.AsyncFunctionDef: _function, ast.ClassDef: _class,
    ast.Match: _match,
}  # fmt: skip
if hasattr(ast, "TryStar"):  # 3.11
    _STMT[ast.TryStar] = _try
if hasattr(ast, "TypeAlias"):  # 3.12
    _STMT[ast.TypeAlias] = _type_alias
