"""Small questions about the language's nodes that Flask linking asks: arguments, statements of a body, what a body
binds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pitfall_lint import language as lang


def keyword(call: lang.Call, name: str) -> lang.Expr | None:
    """The value of a keyword argument."""
    return next((item.value for item in call.keywords if item.name == name), None)


def argument(call: lang.Call, position: int, name: str | None = None) -> lang.Expr | None:
    """The argument at `position`, or the one named `name`."""
    if position < len(call.args) and not any(isinstance(item, lang.Star) for item in call.args[: position + 1]):
        return call.args[position]
    return keyword(call, name) if name is not None else None


def statements(body: lang.Body) -> Iterator[lang.Stmt]:
    """Every statement of a body, nested blocks included, nested functions' and classes' own bodies left out."""
    for statement in body:
        yield statement
        if type(statement) in _COMPOUND:
            for block in blocks(statement):
                yield from statements(block)


_COMPOUND = frozenset({lang.For, lang.While, lang.If, lang.With, lang.Block, lang.Try})


def blocks(statement: lang.Stmt) -> tuple[lang.Body, ...]:
    """The blocks within a compound statement."""
    if isinstance(statement, (lang.For, lang.While, lang.If)):
        return statement.body, statement.orelse
    if isinstance(statement, (lang.With, lang.Block)):
        return (statement.body,)
    if isinstance(statement, lang.Try):
        handlers = (handler.body for handler in statement.handlers)
        return statement.body, *handlers, statement.orelse, statement.final
    return ()


def assignments(body: lang.Body) -> Mapping[str, tuple[lang.Expr | lang.Function | lang.Class, ...]]:
    """What each name of a body is bound to: values, functions, classes, in order."""
    table: dict[str, list[lang.Expr | lang.Function | lang.Class]] = {}
    for statement in statements(body):
        if isinstance(statement, lang.Let):
            if statement.value is not None and statement.op is None:
                _assign(statement.target, statement.value, table)
        elif isinstance(statement, (lang.Function, lang.Class)):
            table.setdefault(statement.name, []).append(statement)
        elif isinstance(statement, lang.With):
            for value, target in statement.items:
                if target is not None:
                    _assign(target, value, table)
    return {name: tuple(found) for name, found in table.items()}


def _assign(
    target: lang.Expr, value: lang.Expr, table: dict[str, list[lang.Expr | lang.Function | lang.Class]]
) -> None:
    if isinstance(target, lang.Name):
        table.setdefault(target.id, []).append(value)
    elif (
        isinstance(target, lang.Collection)
        and isinstance(value, lang.Collection)
        and len(target.items) == len(value.items)
    ):
        for one, item in zip(target.items, value.items, strict=True):
            _assign(one, item, table)


def functions(body: lang.Body) -> Iterator[lang.Function]:
    """Every function of a body: nested ones and methods too."""
    for statement in statements(body):
        if isinstance(statement, lang.Function):
            yield statement
            yield from functions(statement.body)
        elif isinstance(statement, lang.Class):
            yield from functions(statement.body)
