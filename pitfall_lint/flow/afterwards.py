"""What a program does with a queryset after the expression that builds it and that loading more there would break: a
join over a key that `only()` leaves out, a prefetch before a bare `iterator()`.

https://docs.djangoproject.com/en/stable/ref/models/querysets/
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow.around import links
from pitfall_lint.flow.events import Afterwards
from pitfall_lint.flow.values import NONE, Constant, Query, Site

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project import Project

NARROWING = frozenset({"only", "defer"})
JOINLESS = frozenset({"extra", "select_for_update"})
NOTED = NARROWING | JOINLESS | {"iterator"}


def note(it: Interpreter, frame: Frame, query: Query, name: str, arguments: Arguments, node: Any) -> None:
    """Record a call on a queryset that was built elsewhere; one in the expression itself where no fix can heed it."""
    if name not in NOTED:
        return
    if name == "select_for_update" and "of" in arguments.keywords:
        return
    if name == "iterator" and (arguments.get(0, "chunk_size") is not None or arguments.more is not None):
        return
    place = query.site.place
    if place.path == frame.path and place.start == node.start and name not in JOINLESS:
        return
    names: frozenset[str] | None = frozenset()
    if name in NARROWING:
        if arguments.args == [NONE]:
            return
        known = [
            value.value for value in arguments.args if isinstance(value, Constant) and isinstance(value.value, str)
        ]
        whole = len(known) == len(arguments.args) and arguments.star is None
        names = frozenset(known) if whole else None
    it.afterwards[query.site].add(Afterwards(name, names, it.place(frame, node)))


def hindrance(
    calls: Iterable[Afterwards], joined: Iterable[str], prefetched: Iterable[str], to_one: Iterable[str]
) -> Afterwards | None:
    """The first of the calls that Django would refuse, or that would fetch each row again, were these loaded."""
    firsts = {path.partition("__")[0] for path in prefetched} & set(to_one)
    for call in sorted(calls, key=lambda call: (call.place, call.how)):
        if call.how in NARROWING:
            if any(leaves_out(call, path) for path in (*joined, *firsts)):
                return call
        elif call.how in JOINLESS:
            if joined:
                return call
        elif prefetched:
            return call
    return None


def leaves_out(call: Afterwards, path: str) -> bool:
    """Whether a key on the way of the path is not among the columns that are left."""
    if call.names is None:
        return True
    parts = path.split("__")
    named = {name.removesuffix("_id") for name in call.names} | call.names
    if call.how == "defer":
        return any("__".join(parts[: end + 1]) in named for end in range(len(parts)))
    for end in range(len(parts)):
        step = "__".join(parts[: end + 1])
        below = any(name.startswith(step + "__") for name in named)
        if step not in named and not below:
            return True
        if step in named and not below:
            return False  # all of its columns are there
    return False


# ------------------------------------------------------------------ as it is written


def written(project: Project, sites: Iterable[Site]) -> dict[str, set[Afterwards]]:
    """Such calls on what a function returns, by the function's name, wherever the program writes them: a receiver that
    the interpreter cannot tell (`request.profile.checks().only("name")`) may well be the row that has the method. Only
    for names that one function of the project has.
    """
    functions = [function.node for function in project.symbols.functions()]
    known = Counter(node.name for node in functions)
    read = {node.name for node in functions if any(is_property(decorator) for decorator in node.decorators)}
    names = {site.scope.rpartition(".")[2] for site in sites}
    names = {name for name in names if known[name] == 1}
    found: dict[str, set[Afterwards]] = defaultdict(set)
    for function in project.symbols.functions() if names else ():
        mentioned = names.intersection(function.node.names)
        if not mentioned or NOTED.isdisjoint(function.node.names):
            continue
        held = {
            part.target.id: name
            for part in l.walk(function.node.body)
            if isinstance(part, l.Let) and isinstance(part.target, l.Name) and part.value is not None
            for name in mentioned.intersection(asked(part.value, read))
        }
        for part in l.walk(function.node.body):
            if not isinstance(part, l.Call) or not isinstance(part.func, l.Attr) or part.func.name not in NOTED:
                continue
            root = root_of(part.func.object)
            about = mentioned.intersection(asked(part.func.object, read))
            if isinstance(root, l.Name) and root.id in held:
                about |= {held[root.id]}
            place = Place(function.module.path, part.start, part.end)
            for name in about:
                call = call_of(part, place)
                if call is not None:
                    found[name].add(call)
    return found


def asked(node: Any, read: set[str]) -> set[str]:
    """The functions that a chain calls; of those in `read`, which are properties, a mention is enough."""
    return {step for step, call in links(node) if call is not None or step in read}


def is_property(decorator: Any) -> bool:
    """`@property`, `@cached_property`."""
    return (l.dotted(decorator) or "").rpartition(".")[2] in ("property", "cached_property")


def root_of(node: Any) -> Any:
    """What a chain of attributes and calls begins with."""
    while isinstance(node, (l.Call, l.Attr)):
        node = node.func if isinstance(node, l.Call) else node.object
    return node


def call_of(node: l.Call, place: Place) -> Afterwards | None:
    """A call as it is written; None for one that breaks nothing."""
    assert isinstance(node.func, l.Attr)
    how, words = node.func.name, {word.name for word in node.keywords}
    if (how == "select_for_update" and "of" in words) or (how == "iterator" and (node.args or words)):
        return None
    if how not in NARROWING:
        return Afterwards(how, frozenset(), place)
    values = [argument.value if isinstance(argument, l.Const) else ... for argument in node.args]
    if values == [None]:
        return None
    names = frozenset(value for value in values if isinstance(value, str))
    return Afterwards(how, names if len(names) == len(values) else None, place)
