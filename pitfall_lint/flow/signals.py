"""Which model's rows a receiver of signals is handed: `@receiver(post_save, sender=Book)`, and
`post_save.connect(on_save, sender=Book)` in a module or in an app's `ready`.

https://docs.djangoproject.com/en/stable/topics/signals/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.values import Row, Value
from pitfall_lint.project.classes import ExternalSymbol, FunctionSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.modules import Module

HOME = "django.db.models.signals"
SAVING = frozenset(f"{HOME}.{name}" for name in ("pre_init", "post_init", "pre_save", "post_save", "pre_delete"))
SIGNALS = SAVING | {f"{HOME}.post_delete"}
RECEIVER = "django.dispatch.receiver"


def instances(it: Interpreter, symbol: FunctionSymbol) -> dict[str, Value]:
    """What a receiver's `instance` is: a row of its sender, where all of its senders are one model."""
    if not it.django.present or not any(param.name == "instance" for param in symbol.node.params):
        return {}
    models = set(senders(it, symbol))
    model = models.pop() if len(models) == 1 else None
    return {"instance": Row(model)} if model is not None else {}


def senders(it: Interpreter, symbol: FunctionSymbol) -> Iterator[Model | None]:
    """The models whose signals the function receives."""
    for decorator in symbol.node.decorators:
        if isinstance(decorator, l.Call) and is_named(it, symbol.module, decorator.func, frozenset([RECEIVER])):
            given = decorator.args[0] if decorator.args else None
            signals = given.items if isinstance(given, l.Collection) else (given,)
            if all(is_named(it, symbol.module, signal, SIGNALS) for signal in signals):
                yield from sender_of(it, symbol.module, decorator)
    for module, call, scope in connections(it).get(id(symbol.node), ()):
        yield from sender_of(it, module, call, scope)


def is_named(it: Interpreter, module: Module, node: Any, wanted: frozenset[str], scope: Any = None) -> bool:
    """Whether the expression names one of these."""
    named = it.symbols.resolve_expr(module, node, scope) if node is not None else None
    return isinstance(named, ExternalSymbol) and named.dotted in wanted


def sender_of(it: Interpreter, module: Module, call: l.Call, scope: Any = None) -> Iterator[Model | None]:
    """The model in `sender=Book`; None where it cannot be told, as where any sender's signals are received."""
    given = next((word.value for word in call.keywords if word.name == "sender"), None)
    model = None
    if isinstance(given, l.Const) and isinstance(given.value, str):
        model = it.django.model_named(given.value)
    elif (l.dotted(given) or "").endswith("AUTH_USER_MODEL"):
        model = it.django.user_model
    elif given is not None:
        named = it.symbols.resolve_expr(module, given, scope)
        model = it.django.model_of(named) if named is not None else None
    yield model if model is not None and not model.abstract else None


def connections(it: Interpreter) -> dict[int, list[tuple[Module, l.Call, Any]]]:
    """The calls of `connect` on signals of models, each with the function that it stands in, by the function that they
    connect."""
    if "connected receivers" not in it.plans:
        found: dict[int, list[tuple[Module, l.Call, Any]]] = {}
        for module, call, scope in calls_of_connect(it):
            target = it.symbols.resolve_expr(module, call.args[0], scope) if call.args else None
            signal = call.func.object if isinstance(call.func, l.Attr) else None
            if isinstance(target, FunctionSymbol) and is_named(it, module, signal, SIGNALS, scope):
                found.setdefault(id(target.node), []).append((module, call, scope))
        it.plans["connected receivers"] = found
    held: dict[int, list[tuple[Module, l.Call, Any]]] = it.plans["connected receivers"]
    return held


def calls_of_connect(it: Interpreter) -> Iterator[tuple[Module, l.Call, Any]]:
    """`signal.connect(...)` at the top of modules, and in functions, with the function."""
    places: list[tuple[Module, Any, Any]] = []
    for path, facts in it.project.python.items():
        module = it.symbols.module_at(path)
        if module is not None and not facts.shallow and "connect" in facts.words:
            places += [(module, node, None) for node in facts.body if isinstance(node, (l.Do, l.For, l.If, l.Try))]
    places += [
        (symbol.module, symbol.node.body, symbol.node)
        for symbol in it.symbols.functions()
        if "connect" in symbol.node.names
    ]
    for module, body, scope in places:
        for part in l.walk(body):
            if isinstance(part, l.Call) and isinstance(part.func, l.Attr) and part.func.name == "connect":
                yield module, part, scope
