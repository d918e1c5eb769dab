"""Where the interpreter starts: every function that could build a query. Framework conventions that call code of their own (views that are classes,
admin pages, serializers) add a provider here: a function from the interpreter to named starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pitfall_lint import language as l
from pitfall_lint.flow.interpreter import Arguments, Interpreter
from pitfall_lint.flow.values import ClassValue, FunctionValue, Object, Row, Value

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import FunctionSymbol

Start = Callable[[], object]
SOURCES = frozenset({"objects", "get_list_or_404", "get_object_or_404", "_default_manager", "_base_manager", "get_queryset", "queryset", "select_related", "prefetch_related"})
MOST_DEFINITIONS = 6  # a method name that more functions share says nothing about which one is called


def functions(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """Every function and method that mentions where rows come from, or calls one that does."""
    every = list(it.symbols.functions())
    relevant = matters(it, every)
    for symbol in every:
        if symbol.node.name in relevant or not relevant.isdisjoint(symbol.node.names):
            start = start_of(it, symbol)
            if start is not None:
                yield f"{symbol.module.path}:{symbol.node.qualname}", start


def matters(it: Interpreter, every: list[FunctionSymbol]) -> set[str]:
    """The names whose mention makes a function worth interpreting: managers, relations to many, and functions that mention those."""
    names: set[str] = set(SOURCES)
    for model in it.django.models.values():
        names.update(model.managers)
        names.update(relation.name for relation in model.relations.values() if relation.to_many)
    return names


def start_of(it: Interpreter, symbol: FunctionSymbol) -> Start | None:
    """How to start at this function: with its receiver, and arguments that are not known."""
    function = FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
    if symbol.owner is None:
        return lambda: it.call(function, None, Arguments(), None)
    receiver = receiver_of(it, symbol)
    return None if receiver is None else lambda: it.call(function, receiver, Arguments(), None)


def receiver_of(it: Interpreter, symbol: FunctionSymbol) -> Value | None:
    """What `self` or `cls` is when nothing is known but the class; None where that would say too little."""
    owner = symbol.owner
    assert owner is not None
    decorators = {l.dotted(decorator) for decorator in symbol.node.decorators}
    if "staticmethod" in decorators:
        return None
    if "classmethod" in decorators:
        return ClassValue(owner)
    model = it.django.model_of(owner)
    if model is not None:
        return Row(model)
    if owner.is_subclass_of("django.db.models.Manager", "django.db.models.QuerySet"):
        return None
    return Object(owner)


PROVIDERS: list[Callable[[Interpreter], Iterator[tuple[str, Start]]]] = [functions]
