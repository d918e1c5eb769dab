"""Python files whose syntax the running interpreter does not know, read with libcst into the facts of `python.py`.

libcst brings a parser of its own, which knows newer grammar. Its tree differs from that of `ast` in where nodes begin
and end (parentheses, commas, semicolons) and in a few shapes; here is what makes the two equal. Statements are here,
expressions in `python_cst_expressions.py`.
"""

from __future__ import annotations

import re
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from pitfall_lint.facts.python_cst_expressions import Expressions, identifier
from pitfall_lint.facts.strings import string_end
from pitfall_lint.facts.trees import YIELDS, Add, Case, Scope, Tree, assertion, function, match, name_end

_MAX_DEPTH = 500
_MAX_BRACKETS = 50
_MAX_PATTERN_BRACKETS = 12  # the time that libcst takes doubles with each
_ELIF = re.compile(r"^[ \t]*elif\b", re.MULTILINE)
_NESTING = re.compile(
    r"#[^\n]*|\"\"\"|'''|\"|'|\\\n|[\n,()\[\]{}]|[-+~*/%@&|^<>=.]"
    r"|\b(?:not|and|or|if|lambda|await|yield|for|is|in)\b"
)


def lower(text: str, lines: list[str], shallow: bool) -> tuple[list[Tree], set[Any]] | None:
    """The statements of a module and the words of its module level; None where libcst refuses it, too."""
    if _too_deep(text):
        return None
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        return None
    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    reader = _Statements(positions, lines)
    words: set[Any] = set()
    scope = Scope("", lines, None, shallow)
    statements = _without_docstring(module.body)
    body = reader.headers(statements, words.add, scope) if shallow else reader.body(statements, words.add, scope)
    words.discard(YIELDS)
    return body, words


def _too_deep(text: str) -> bool:
    """Whether expressions may nest so deeply that libcst, which recurses without bounds, would crash or take
    forever."""
    if len(_ELIF.findall(text)) > _MAX_DEPTH:
        return True
    counts = [0]  # for each open bracket, the tokens since the last comma that may nest what comes
    position = 0
    while (match := _NESTING.search(text, position)) is not None:
        token = match.group()
        position = match.end()
        kind = token[0]
        if kind in "\"'":
            end = string_end(text, match.start(), token)
            if sum(counts) + text.count("{", position, end) > _MAX_DEPTH:
                return True
            position = end
        elif kind in ")]}":
            if len(counts) > 1:
                counts.pop()
        elif kind == "," or kind == "\n":
            if kind == "," or len(counts) == 1:
                counts[-1] = 0
        elif kind != "#" and kind != "\\":
            counts[-1] += 1
            if kind in "([{":
                counts.append(0)
            if len(counts) > _MAX_BRACKETS or sum(counts) > _MAX_DEPTH:
                return True
            line = text[text.rfind("\n", 0, position) + 1 : position]
            if len(counts) > _MAX_PATTERN_BRACKETS and line.lstrip().startswith("case"):
                return True
    return False


def _without_docstring(statements: Any) -> list[Any]:
    """The statements, those that share a line apart, without a leading docstring."""
    found: list[Any] = []
    for s in statements:
        if isinstance(s, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
            found += s.body
        else:
            found.append(s)
    first = found[0] if found else None
    if isinstance(first, cst.Expr) and isinstance(first.value, (cst.SimpleString, cst.ConcatenatedString)):
        value = first.value.evaluated_value if not _has_fields(first.value) else None
        if isinstance(value, str):
            return found[1:]
    return found


def _has_fields(string: Any) -> bool:
    if isinstance(string, cst.ConcatenatedString):
        return _has_fields(string.left) or _has_fields(string.right)
    return not isinstance(string, cst.SimpleString)


class _Statements(Expressions):
    """Lowers statements. Like those of `python.py`, methods take what notes a name, and the scope."""

    def body(self, statements: Any, add: Add, scope: Scope) -> list[Tree]:
        out: list[Tree] = []
        for s in statements:
            if isinstance(s, cst.SimpleStatementLine):
                for small in s.body:
                    out += self._statement(small, add, scope)
            else:
                out += self._statement(s, add, scope)
        return out

    def _suite(self, block: cst.BaseSuite, add: Add, scope: Scope) -> list[Tree]:
        return self.body(block.body, add, scope)

    def _orelse(self, orelse: Any, add: Add, scope: Scope) -> list[Tree]:
        if orelse is None:
            return []
        if isinstance(orelse, cst.If):
            return self._statement(orelse, add, scope)
        return self._suite(orelse.body, add, scope)

    def _statement(self, n: Any, add: Add, scope: Scope) -> list[Tree]:
        return _STATEMENTS[type(n)](self, n, add, scope)  # type: ignore[no-any-return]

    # Where a statement ends: at its last token, which within a compound one may be a semicolon.

    def _end(self, n: Any) -> int:
        for last in (getattr(n, "finalbody", None), getattr(n, "orelse", None), *reversed(getattr(n, "handlers", ()))):
            if last is not None:
                return self._end(last)
        if isinstance(n, cst.Match):
            return self._end(n.cases[-1])
        block = getattr(n, "body", None)
        if isinstance(block, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            last = block.body[-1]
            if isinstance(last, cst.SimpleStatementLine):
                last = last.body[-1]
            return self._end(last)
        semicolon = getattr(n, "semicolon", None)
        if isinstance(semicolon, cst.Semicolon):
            return self.find(self._small(n)[1], ";") + 1
        return self._small(n)[1]

    def _small(self, n: Any) -> tuple[int, int]:
        """The span of a simple statement; libcst counts the semicolon after a type alias to it."""
        return (self.span(n)[0], self.outer(n.value)[1]) if isinstance(n, cst.TypeAlias) else self.span(n)

    def _last(self, block: cst.BaseSuite) -> int:
        """The end of the last statement of a block, without a semicolon of its own."""
        last: Any = block.body[-1]
        if isinstance(last, cst.SimpleStatementLine):
            last = last.body[-1]
        return self._small(last)[1] if isinstance(last, cst.BaseSmallStatement) else self._end(last)

    def _span(self, n: Any) -> tuple[int, int]:
        return self.span(n)[0], self._end(n)

    # Simple statements

    def _do(self, n: cst.Expr, add: Add, scope: Scope) -> list[Tree]:
        return [(33, *self.span(n), self.expr(n.value, add))]

    def _assign(self, n: cst.Assign, add: Add, scope: Scope) -> list[Tree]:
        start, end = self.span(n)
        value = self.expr(n.value, add)
        return [(32, start, end, self.expr(t.target, add), value, None, None) for t in n.targets]

    def _annotated(self, n: cst.AnnAssign, add: Add, scope: Scope) -> list[Tree]:
        target = self.expr(n.target, add)
        value = self.optional(n.value, add)
        return [(32, *self.span(n), target, value, self.expr(n.annotation.annotation, add), None)]

    def _augmented(self, n: cst.AugAssign, add: Add, scope: Scope) -> list[Tree]:
        operator = type(n.operator).__name__.removesuffix("Assign")
        target = self.expr(n.target, add)
        return [(32, *self.span(n), target, self.expr(n.value, add), None, self.OPERATORS[operator])]

    def _type_alias(self, n: cst.TypeAlias, add: Add, scope: Scope) -> list[Tree]:
        return [(32, *self._small(n), self.expr(n.name, add), self.expr(n.value, add), None, None)]

    def _return(self, n: cst.Return, add: Add, scope: Scope) -> list[Tree]:
        return [(40, *self.span(n), self.optional(n.value, add))]

    def _raise(self, n: cst.Raise, add: Add, scope: Scope) -> list[Tree]:
        return [(41, *self.span(n), self.optional(n.exc, add))]

    def _assert(self, n: cst.Assert, add: Add, scope: Scope) -> list[Tree]:
        return [assertion(*self.span(n), self.expr(n.test, add), self.optional(n.msg, add))]

    def _break(self, n: cst.Break, add: Add, scope: Scope) -> list[Tree]:
        return [(42, *self.span(n), "break")]

    def _continue(self, n: cst.Continue, add: Add, scope: Scope) -> list[Tree]:
        return [(42, *self.span(n), "continue")]

    def _delete(self, n: cst.Del, add: Add, scope: Scope) -> list[Tree]:
        if isinstance(n.target, cst.Tuple) and not n.target.lpar:
            targets = [self.expr(e.value, add) for e in n.target.elements]
        else:
            targets = [self.expr(n.target, add)]
        return [(43, *self.span(n), targets)]

    def _outer(self, n: Any, add: Add, scope: Scope) -> list[Tree]:
        return [(44, *self.span(n), [identifier(i.name.value) for i in n.names])]

    def _pass(self, n: cst.Pass, add: Add, scope: Scope) -> list[Tree]:
        return []

    def _import(self, n: cst.Import, add: Add, scope: Scope) -> list[Tree]:
        start, end = self.span(n)
        out: list[Tree] = []
        for a in n.names:
            module = _dotted(a.name)
            alias = identifier(a.asname.name.value) if a.asname is not None else None  # type: ignore[union-attr]
            for part in module.split("."):
                add(part)
            if alias is not None:
                add(alias)
            out.append((45, start, end, module, 0, None, alias))
        return out

    def _import_from(self, n: cst.ImportFrom, add: Add, scope: Scope) -> list[Tree]:
        start, end = self.span(n)
        module = _dotted(n.module) if n.module is not None else ""
        level = len(n.relative)
        for part in module.split("."):
            add(part)
        if isinstance(n.names, cst.ImportStar):
            add("*")
            return [(45, start, end, module, level, "*", None)]
        out: list[Tree] = []
        for a in n.names:
            name = identifier(a.name.value)  # type: ignore[arg-type]
            alias = identifier(a.asname.name.value) if a.asname is not None else None  # type: ignore[union-attr]
            add(name)
            if alias is not None:
                add(alias)
            out.append((45, start, end, module, level, name, alias))
        return out

    # Compound statements

    def _if(self, n: cst.If, add: Add, scope: Scope) -> list[Tree]:
        test = self.expr(n.test, add)
        return [(36, *self._span(n), test, self._suite(n.body, add, scope), self._orelse(n.orelse, add, scope))]

    def _for(self, n: cst.For, add: Add, scope: Scope) -> list[Tree]:
        target = self.expr(n.target, add)
        source = self.expr(n.iter, add)
        body = self._suite(n.body, add, scope)
        return [(34, *self._span(n), target, source, body, self._orelse(n.orelse, add, scope))]

    def _while(self, n: cst.While, add: Add, scope: Scope) -> list[Tree]:
        test = self.expr(n.test, add)
        return [(35, *self._span(n), test, self._suite(n.body, add, scope), self._orelse(n.orelse, add, scope))]

    def _with(self, n: cst.With, add: Add, scope: Scope) -> list[Tree]:
        items = [
            (self.expr(i.item, add), self.expr(i.asname.name, add) if i.asname is not None else None) for i in n.items
        ]
        return [(37, *self._span(n), items, self._suite(n.body, add, scope))]

    def _try(self, n: Any, add: Add, scope: Scope) -> list[Tree]:
        body = self._suite(n.body, add, scope)
        handlers: list[Tree] = []
        for h in n.handlers:
            name = None
            if h.name is not None:
                name = identifier(h.name.name.value)
                add(name)
            caught = self.optional(h.type, add)
            handlers.append((38, *self._span(h), caught, name, self._suite(h.body, add, scope)))
        final = [] if n.finalbody is None else self._suite(n.finalbody.body, add, scope)
        return [(39, *self._span(n), body, handlers, self._orelse(n.orelse, add, scope), final)]

    def _function(self, n: cst.FunctionDef, add: Add, scope: Scope) -> list[Tree]:
        name = identifier(n.name.value)
        add(name)
        decorators = [self.expr(d.decorator, add) for d in n.decorators]
        parameters = self.params(n.params, add)
        returns = self.expr(n.returns.annotation, add) if n.returns is not None else None
        names: set[Any] = set()
        body: list[Tree] = []
        if not scope.shallow:
            inner = Scope(scope.prefix + name + ".<locals>.", scope.lines, names)
            body = self.body(_without_docstring(n.body.body), names.add, inner)
        start, end = self._span(n)
        is_async = n.asynchronous is not None
        return [function(start, end, scope, name, parameters, decorators, returns, is_async, names, body)]

    def _class(self, n: cst.ClassDef, add: Add, scope: Scope) -> list[Tree]:
        name = identifier(n.name.value)
        add(name)
        start, end = self._span(n)
        qualname = scope.prefix + name
        inner = Scope(qualname + ".", scope.lines, scope.names, scope.shallow)
        bases, keywords = self.arguments([*n.bases, *n.keywords], add)
        decorators = [self.expr(d.decorator, add) for d in n.decorators]
        statements = _without_docstring(n.body.body)
        body = self.headers(statements, add, inner) if scope.shallow else self.body(statements, add, inner)
        end_of_name = name_end(scope.lines, start, "class ", name)
        return [(48, start, end, name, qualname, bases, keywords, decorators, body, end_of_name)]

    def _match(self, n: cst.Match, add: Add, scope: Scope) -> list[Tree]:
        subject = self.expr(n.subject, add)
        cases: list[Case] = []
        for c in n.cases:
            values: list[Tree] = []
            captures: list[tuple[str, int, int, bool]] = []
            self.pattern(c.pattern, True, values, captures, add)
            guard = self.optional(c.guard, add)
            body = self._suite(c.body, add, scope)
            wildcard = isinstance(c.pattern, cst.MatchAs) and c.pattern.pattern is None
            start = self.pattern_span(c.pattern)[0]
            cases.append(Case(start, self._last(c.body), values, captures, guard, body, wildcard))
        return match(subject, cases)

    def headers(self, statements: Any, add: Add, scope: Scope) -> list[Tree]:
        """The statements of a shallow module: imports, plain assignments to one name, headers."""
        out: list[Tree] = []
        for n in statements:
            if isinstance(n, cst.SimpleStatementLine):
                out += self.headers(n.body, add, scope)
            elif isinstance(n, (cst.Import, cst.ImportFrom, cst.FunctionDef, cst.ClassDef)):
                out += self._statement(n, add, scope)
            elif isinstance(n, cst.TypeAlias):
                if not scope.prefix:
                    out += self._type_alias(n, add, scope)
            elif isinstance(n, cst.Assign):
                if not scope.prefix and len(n.targets) == 1 and isinstance(n.targets[0].target, cst.Name):
                    out += self._assign(n, add, scope)
            elif isinstance(n, (cst.If, cst.With, cst.Try, cst.TryStar)):
                parts: list[Any] = [n.body, *(h.body for h in getattr(n, "handlers", ()))]
                orelse = getattr(n, "orelse", None)
                parts += [] if orelse is None else [orelse if isinstance(orelse, cst.If) else orelse.body]
                parts += [] if getattr(n, "finalbody", None) is None else [n.finalbody.body]  # type: ignore[union-attr]
                for part in parts:
                    out += self.headers([part] if isinstance(part, cst.If) else part.body, add, scope)
        return out


def _dotted(n: Any) -> str:
    parts: list[str] = []
    while isinstance(n, cst.Attribute):
        parts.append(identifier(n.attr.value))
        n = n.value
    parts.append(identifier(n.value))
    return ".".join(reversed(parts))


_S: Any = _Statements
_STATEMENTS: dict[type, Any] = {
    cst.Expr: _S._do, cst.Assign: _S._assign, cst.AnnAssign: _S._annotated, cst.AugAssign: _S._augmented,
    cst.TypeAlias: _S._type_alias, cst.Return: _S._return, cst.Raise: _S._raise, cst.Assert: _S._assert,
    cst.Break: _S._break, cst.Continue: _S._continue, cst.Del: _S._delete, cst.Global: _S._outer,
    cst.Nonlocal: _S._outer, cst.Pass: _S._pass, cst.Import: _S._import, cst.ImportFrom: _S._import_from,
    cst.If: _S._if, cst.For: _S._for, cst.While: _S._while, cst.With: _S._with, cst.Try: _S._try, cst.TryStar: _S._try,
    cst.FunctionDef: _S._function, cst.ClassDef: _S._class, cst.Match: _S._match,
}  # fmt: skip
