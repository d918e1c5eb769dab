"""Where the interpreter starts: every function that could build a query. Framework conventions that call code of
their own (views that are classes,
admin pages, serializers) add a provider here: a function from the interpreter to named starts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pitfall_lint import language as l
from pitfall_lint.flow import admin, importing, libraries, querysets, signals, templates
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.interpreter import Interpreter
from pitfall_lint.flow.reach import Reach, reach_of
from pitfall_lint.flow.values import ClassValue, Constant, External, FunctionValue, Object, Row, Value
from pitfall_lint.project.classes import ClassSymbol, FunctionSymbol
from pitfall_lint.project.prelude import StandIn, in_prelude, is_lent

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Member

Start = Callable[[], object]
SOURCES = frozenset(
    {
        "objects",
        "get_list_or_404",
        "get_object_or_404",
        "_default_manager",
        "_base_manager",
        "get_queryset",
        "queryset",
        "select_related",
        "prefetch_related",
    }
)
MAPPED_SOURCES = frozenset({"query", "session", "select", "scalars", "execute", "get_or_404", "paginate"})
MOST_HEIRS = 6  # that inherit a method of a base which is nothing else: beyond them it is started at as itself
MOST_DEFINITIONS = 6  # a method name that more functions share says nothing about which one is called


def functions(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """Every function and method that mentions where rows come from, or calls one that does."""
    every = list(it.symbols.functions())
    chosen = relevant(it, every)
    it.relevant = {id(symbol.node) for symbol in chosen}
    mentioned = {name for symbol in every for name in symbol.node.names}
    reach = reach_of(it)
    for symbol in chosen:
        if is_helper(it, symbol, mentioned) or not reach.is_listed(symbol.module) or not reach.is_called(symbol):
            continue
        for start in starts_of(it, reach, symbol):
            yield f"{symbol.module.path}:{symbol.node.qualname}", start


def relevant(it: Interpreter, every: list[FunctionSymbol]) -> list[FunctionSymbol]:
    """The functions that mention a source of rows, and, name by name, those that mention such a function."""
    mentions: dict[str, list[int]] = {}
    defined: Counter[str] = Counter()
    for index, symbol in enumerate(every):
        defined[symbol.node.name] += 1
        for name in symbol.node.names:
            mentions.setdefault(name, []).append(index)
    chosen: set[int] = set()
    pending = sources(it)
    done: set[str] = set()
    while pending:
        name = pending.pop()
        done.add(name)
        for index in mentions.get(name, ()):
            if index not in chosen:
                chosen.add(index)
                called = every[index].node.name
                if called not in done and defined[called] <= MOST_DEFINITIONS:
                    pending.add(called)
    return [every[index] for index in sorted(chosen)]


def sources(it: Interpreter) -> set[str]:
    """The names that say where rows come from: managers, relations to many, what Django's shortcuts are called."""
    names: set[str] = set(SOURCES)
    if it.mapped.present:
        names.update(MAPPED_SOURCES)
    for model in (*it.django_models, *it.mapped_models):
        names.update(model.managers)
        names.update(relation.name for relation in model.relations.values() if relation.to_many)
    return names


def starts_of(it: Interpreter, reach: Reach, symbol: FunctionSymbol) -> list[Start]:
    """How to start at this function. A method of a class that is nothing but a base belongs to those that inherit from
    it and do not override it; those that do are started at by themselves."""
    owner = symbol.owner
    if owner is not None and reach.is_only_base(owner):
        heirs = [heir for heir in it.symbols.heirs(owner) if heir is not owner and not reach.is_only_base(heir)]
        own = [heir for heir in heirs if holds(heir, symbol)]
        if len(own) <= MOST_HEIRS:
            own.sort(key=lambda heir: (heir.module.path, heir.node.start))
            return [start for heir in own if (start := start_as(it, symbol, heir)) is not None]
    start = start_of(it, symbol)
    return [] if start is None else [start]


def holds(heir: ClassSymbol, symbol: FunctionSymbol) -> bool:
    """Whether the class has that very method, inherited."""
    member = heir.member(symbol.name)
    return member is not None and member.node is symbol.node


def start_of(it: Interpreter, symbol: FunctionSymbol) -> Start | None:
    """How to start at this function: with its receiver, and arguments that are not known, but for those whose name
    and use tell a model."""
    return start_as(it, symbol, symbol.owner)


def start_as(it: Interpreter, symbol: FunctionSymbol, owner: ClassSymbol | None) -> Start | None:
    """The same, on an instance of a class that has the method."""
    function = FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
    given = Arguments(keywords={**told_by_name(it, symbol), **signals.instances(it, symbol)})
    if owner is None:
        return lambda: it.call(function, None, given, None)
    receiver = receiver_of(it, symbol, owner)
    return None if receiver is None else lambda: it.call(function, receiver, given, None)


def told_by_name(it: Interpreter, symbol: FunctionSymbol) -> dict[str, Value]:
    """Parameters that hold a row of a model: called as the project's one model of that name, of which the body
    reads a relation."""
    found: dict[str, Value] = {}
    for param in symbol.node.params:
        if (
            param.annotation is not None
            or param.default is not None
            or param.kind not in ("positional", "normal", "keyword")
        ):
            continue
        model = it.models_by_word.get(param.name)
        if model is not None and not model.relations.keys().isdisjoint(symbol.node.names):
            found[param.name] = Row(model)
    return found


def receiver_of(it: Interpreter, symbol: FunctionSymbol, owner: ClassSymbol) -> Value | None:
    """What `self` or `cls` is when nothing is known but the class; None where that would say too little."""
    decorators = {l.dotted(decorator) for decorator in symbol.node.decorators}
    if "staticmethod" in decorators:
        return None
    if "classmethod" in decorators:
        return ClassValue(owner)
    model = it.model_of(owner)
    if model is not None:
        return Row(model)
    if owner.is_subclass_of("django.db.models.Manager", "django.db.models.QuerySet"):
        return None
    return Object(owner)


def entries(it: Interpreter) -> Iterator[tuple[str, Start]]:
    """The classes that inherit from one of the prelude's, at each method by which the library comes in."""
    reach = reach_of(it)
    for symbol in it.symbols.classes():
        model = it.model_of(symbol)
        if (model is not None and model.abstract) or reach.is_only_base(symbol) or not reach.is_listed(symbol.module):
            continue
        for name in sorted(ways_in(it, symbol)):
            member = symbol.member(name)
            function = querysets.member_function(member) if member is not None else None
            if function is not None:
                yield f"{symbol.module.path}:{symbol.node.qualname}.{name}", entry_of(it, symbol, function, name)


def ways_in(it: Interpreter, symbol: ClassSymbol) -> set[str]:
    """The methods of a class by which a library comes in: those that the prelude marks `@entry`, those that it names in
    `@entered("get", ...)`, the class's own of those in `@entered_where_written("post", ...)`, and the project's own
    under a decorator that the prelude marks `@entry`.
    """
    if not is_lent(symbol):
        return set()
    found: set[str] = set()
    for base in symbol.mro:
        if isinstance(base, StandIn):
            found.update(name for name, member in base.members.items() if is_entry(member.node))
            found.update(named_in(base.node.decorators, "entered"))
            found.update(symbol.members.keys() & set(named_in(base.node.decorators, "entered_where_written")))
        elif isinstance(base, ClassSymbol):
            found.update(name for name, member in base.members.items() if is_decorated_entry(it, member))
    return found


def is_entry(node: object) -> bool:
    """Whether a function of the prelude is marked `@entry`."""
    return isinstance(node, l.Function) and any(l.dotted(decorator) == "entry" for decorator in node.decorators)


def named_in(decorators: tuple[l.Expr, ...], wanted: str) -> Iterator[str]:
    """The names in `@entered("get", "post")`."""
    for decorator in decorators:
        if isinstance(decorator, l.Call) and l.dotted(decorator.func) == wanted:
            yield from (str(arg.value) for arg in decorator.args if isinstance(arg, l.Const))


def is_decorated_entry(it: Interpreter, member: Member) -> bool:
    """Whether a method of the project is under a decorator of the prelude's that makes it a way in."""
    return isinstance(member.node, l.Function) and entry_decorator(it, member.owner, member.node) is not None


def entry_decorator(it: Interpreter, owner: ClassSymbol, node: l.Function) -> l.Expr | None:
    """The decorator that makes a method a way in."""
    for decorator in node.decorators:
        written = decorator.func if isinstance(decorator, l.Call) else decorator
        named = it.symbols.resolve_expr(owner.module, written)
        if isinstance(named, FunctionSymbol) and in_prelude(named.module.path) and is_entry(named.node):
            return decorator
    return None


def said_by_decorator(it: Interpreter, function: FunctionValue) -> dict[str, Value]:
    """The keywords of the decorator that makes a method a way in."""
    if function.owner is None or in_prelude(function.path) or not isinstance(function.node, l.Function):
        return {}
    decorator = entry_decorator(it, function.owner, function.node)
    words = decorator.keywords if isinstance(decorator, l.Call) else ()
    return {word.name: it.at_module(function, word.value) for word in words if word.name is not None}


def entry_of(it: Interpreter, symbol: ClassSymbol, function: FunctionValue, name: str) -> Start:
    """A start at a method of a fresh instance, or of a row where the class is a model; the library's
    `_enter(name, ...)`, where there is one, runs before it with what the method's decorator says."""

    def start() -> None:
        model = it.model_of(symbol)
        if model is not None:
            it.call(function, Row(model), Arguments([External("django.http.HttpRequest")]), None)
            return
        receiver = Object(symbol)
        before = symbol.member("_enter")
        lent = before is not None and isinstance(before.owner, StandIn)
        entering = querysets.member_function(before) if lent else None
        if entering is not None:
            it.call(entering, receiver, Arguments([Constant(name)], said_by_decorator(it, function)), None)
        request = receiver.attributes.get("request", External("django.http.HttpRequest"))
        it.call(function, receiver, Arguments([request]), None)

    if function.owner is not symbol and not in_prelude(function.path):
        it.inherited[id(start)] = id(function.node)
    return start


def is_helper(it: Interpreter, symbol: FunctionSymbol, mentioned: set[str]) -> bool:
    """Whether a method belongs to a class that the library enters elsewhere, and is called from there: alone it would
    say less than is known."""
    owner = symbol.owner
    if owner is None or not is_lent(owner) or owner.member("_enter") is None:
        return False
    return symbol.name in mentioned or symbol.name in ways_in(it, owner)


PROVIDERS: list[Callable[[Interpreter], Iterator[tuple[str, Start]]]] = [
    importing.statements,
    functions,
    entries,
    admin.registered_bare,
    libraries.starts,
    templates.starts,
]
