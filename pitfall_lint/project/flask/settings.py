"""What Flask's configuration may hold, by key: constants of configuration modules and classes, `app.config["KEY"] =
...`, `config.update(KEY=...)`.

No order of loading is kept: every place that gives a key a value is an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from pitfall_lint import language as lang
from pitfall_lint.project.flask.objects import Thunk
from pitfall_lint.project.flask.syntax import functions, statements
from pitfall_lint.project.flask.values import Evaluator
from pitfall_lint.project.symbols import Module

_SETTERS = frozenset({"update", "from_mapping", "setdefault"})


class Settings:
    """Keys and the expressions that give them values."""

    def __init__(self, evaluator: Evaluator, modules: Iterable[Module]) -> None:
        self.evaluator = evaluator
        self.modules = tuple(modules)

    def named(self, key: str) -> tuple[Thunk, ...]:
        """The values that the project gives to a key."""
        return self._table.get(key, ())

    @cached_property
    def _table(self) -> Mapping[str, tuple[Thunk, ...]]:
        table: dict[str, list[Thunk]] = {}
        for module in self.modules:
            scope = self.evaluator.top(module)
            for body in self._bodies(module):
                for statement in statements(body):
                    for key, value in _given(statement):
                        table.setdefault(key, []).append(Thunk(value, scope))
        return {key: tuple(values) for key, values in table.items()}

    def _bodies(self, module: Module) -> Iterable[lang.Body]:
        yield module.facts.body
        for statement in statements(module.facts.body):
            if isinstance(statement, lang.Class):
                yield statement.body
        for function in functions(module.facts.body):
            if "config" in function.names:
                yield function.body


def _given(statement: lang.Stmt) -> Iterable[tuple[str, lang.Expr]]:
    if isinstance(statement, lang.Let) and statement.value is not None:
        target = statement.target
        if isinstance(target, lang.Name) and target.id.isupper():
            yield target.id, statement.value
        elif isinstance(target, lang.Subscript) and _is_config(target.object) and isinstance(target.index, lang.Const):
            yield str(target.index.value), statement.value
    elif isinstance(statement, lang.Do) and isinstance(statement.value, lang.Call):
        call = statement.value
        if isinstance(call.func, lang.Attr) and call.func.name in _SETTERS and _is_config(call.func.object):
            for keyword in call.keywords:
                if keyword.name is not None:
                    yield keyword.name, keyword.value
            for argument in call.args:
                if isinstance(argument, lang.Mapping):
                    for key, value in zip(argument.keys, argument.values, strict=True):
                        if isinstance(key, lang.Const):
                            yield str(key.value), value
            if call.func.name == "setdefault" and len(call.args) == 2 and isinstance(call.args[0], lang.Const):
                yield str(call.args[0].value), call.args[1]


def _is_config(expr: lang.Expr) -> bool:
    name = expr.name if isinstance(expr, lang.Attr) else expr.id if isinstance(expr, lang.Name) else ""
    return name == "config"
