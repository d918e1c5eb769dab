"""Which loop makes a query run again and again, and what else that loop does.

Loops over a display of few known items, and `while` loops that look for a free name or work through a queue, are no
pitfall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow.sqlalchemy import turns
from pitfall_lint.flow.sqlalchemy.values import LoopCommit, RowQuery, TemplateQuery
from pitfall_lint.flow.values import Query
from pitfall_lint.flow.words import source_of

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame, Loop
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.sqlalchemy.models import MappedModel

WRITES = frozenset(
    [
        "add",
        "add_all",
        "commit",
        "flush",
        "merge",
        "save",
        "bulk_save_objects",
        "bulk_insert_mappings",
        "create",
        "delete",
        "insert",
    ]
)


COMMON = frozenset(
    [
        "get",
        "add",
        "update",
        "pop",
        "append",
        "extend",
        "items",
        "values",
        "keys",
        "insert",
        "remove",
        "delete",
        "post",
        "put",
        "patch",
    ]
)


def turning(it: Interpreter, frame: Frame, node: Any) -> tuple[Loop, Frame] | None:
    """The innermost loop that changes what the expression mentions, and the activation that it runs in."""
    names = {part.id for part in l.walk(node) if isinstance(part, l.Name)}
    for loop in reversed(frame.loops):
        if not names.isdisjoint(loop.names):
            return loop, frame
    if names.isdisjoint(frame.varying):
        return None
    return around(it, frame)


def around(it: Interpreter, frame: Frame) -> tuple[Loop, Frame] | None:
    """The innermost loop around the call of this activation."""
    for active in reversed(it.stack):
        if active is not frame and active.loops:
            return active.loops[-1], active
    return None


def record(it: Interpreter, frame: Frame, query: Query, node: Any, how: str) -> None:
    """Note a query that runs here, where a loop or a template makes that a pitfall."""
    row = query.row
    found = turning(it, frame, node)
    if found is None and row is not None and row.many and row.query is not None:
        found = (frame.loops[-1], frame) if frame.loops else around(it, frame)
    it.built[query.site].add(query.model)
    if found is None:
        if frame.module is None and query.site.kind == "template" and not frame.loops:
            key = (query.site, how)
            held = it.others["template queries"]
            if key not in held:
                held[key] = TemplateQuery(
                    query.site, model_of(query), how, it.place(frame, node), source_of(node), it.trace(None)
                )
        return
    if row is not None and row.query is None and not found[0].sites:
        return
    note(it, frame, query, node, how, found, query.relation.name if query.relation is not None else "")


def note(
    it: Interpreter, frame: Frame, query: Query, node: Any, how: str, found: tuple[Loop, Frame], relation: str = ""
) -> None:
    """Note a query of each turn of that loop."""
    loop, home = found
    if loop.kind in ("while", "few"):
        return
    access = it.place(frame, node)
    held = it.others["row queries"]
    if (access, how) in held:
        return
    note_calls(it)
    over_rows = bool(loop.sites)
    if not over_rows and home is not frame:
        return  # what the loop goes through is not known, nor what the call is for
    writes = loop_writes(home, loop)
    confidence = Confidence.HIGH if over_rows and not writes else Confidence.MEDIUM
    matching = "matching" in query.notes
    held[(access, how)] = RowQuery(
        query.site,
        model_of(query),
        how,
        access,
        source_of(node),
        frame.qualname,
        it.trace(next(iter(loop.sites), None)),
        loop.place,
        loop.source,
        over_rows,
        writes,
        relation,
        Confidence.LOW if matching else confidence,
        matching,
    )


def model_of(query: Query) -> MappedModel:
    """The query's model, which is a mapped class."""
    from pitfall_lint.project.sqlalchemy.models import MappedModel

    assert isinstance(query.model, MappedModel)
    return query.model


def body_of(home: Frame, loop: Loop) -> tuple[Any, ...]:
    """The statements of a `for` statement, found by its place; nothing for a comprehension."""
    body = getattr(home.node, "body", None)
    if not isinstance(body, tuple):
        return ()
    for part in l.walk(body):
        if isinstance(part, l.For) and home.place(part.iter) == loop.place:
            return part.body
    return ()


def loop_writes(home: Frame, loop: Loop) -> bool:
    """Whether the loop's body itself adds, deletes or commits."""
    return any(
        isinstance(part, l.Call) and isinstance(part.func, l.Attr) and part.func.name in WRITES
        for part in l.walk(body_of(home, loop))
    )


def mark(it: Interpreter, kind: str) -> None:
    """Note of every loop that is running that it does this on its turns, and of every function that it does so."""
    for active in it.stack:
        if isinstance(active.node, l.Function):
            it.others[kind][active.node.name] = True
        for loop in active.loops:
            it.others[kind][loop.place] = True


def note_calls(it: Interpreter) -> None:
    """Note what the running loops call: a function that commits may have been run before, and is not run again."""
    for active in it.stack:
        for loop in active.loops:
            if loop.place not in it.others["calls"]:
                it.others["calls"][loop.place] = frozenset(
                    part.func.name if isinstance(part.func, l.Attr) else part.func.id
                    for part in l.walk(body_of(active, loop))
                    if isinstance(part, l.Call) and isinstance(part.func, (l.Attr, l.Name))
                )


def does(it: Interpreter, kind: str, loop: Place) -> bool:
    """Whether the loop commits (or writes) on its turns, itself or through what it calls."""
    marked = it.others[kind]
    return loop in marked or any(name in marked and name not in COMMON for name in it.others["calls"].get(loop, ()))


def commit(it: Interpreter, frame: Frame, node: Any) -> None:
    """`session.commit()`: in a loop it ends a transaction, and forgets every row, on each turn."""
    mark(it, "committing")
    mark(it, "writing")
    inner = frame.loops[-1] if frame.loops else None
    if inner is not None:
        loop, home, at = inner, frame, node
    else:
        found = around(it, frame) if frame.varying else None
        if found is None or frame.call is None:
            return
        loop, home = found
        at = call_in(home, it, frame)
        if at is None or is_guarded(getattr(frame.node, "body", ()), node):
            return
    if loop.kind != "for" or any(other.kind == "while" for other in home.loops):
        return
    body = body_of(home, loop)
    if not body or is_guarded(body, at) or waits(body) or turns.is_own_transaction(body):
        return
    if home is frame and not loop.sites and not turns.takes_part(it, home, body):
        return
    access = it.place(frame, node)
    held = it.others["commits"]
    if (access, loop.place) not in held:
        held[(access, loop.place)] = LoopCommit(
            access,
            source_of(node),
            frame.qualname,
            it.trace(next(iter(loop.sites), None)),
            loop.place,
            loop.source,
            any(turns.is_task(active) for active in it.stack),
        )


def call_in(home: Frame, it: Interpreter, frame: Frame) -> Any:
    """The call within `home` that leads to `frame`; None where another activation stands between that this cannot see
    through."""
    index = next((number for number, active in enumerate(it.stack) if active is home), None)
    if index is None or index + 1 >= len(it.stack):
        return None
    place = it.stack[index + 1].call
    if place is None:
        return None
    for part in l.walk(getattr(home.node, "body", ())):
        if isinstance(part, l.Call) and home.place(part) == place:
            return part
    return None


def is_guarded(body: tuple[Any, ...], node: Any, within_if: bool = False) -> bool:
    """Whether the way to the node, from the statements given, says that this is meant: a counter's `if`, a `try` that
    goes on after a failure, a
    turn that is the last one.
    """
    for index, statement in enumerate(body):
        if not statement.start <= node.start < statement.end:
            continue
        rest = body[index:]
        if any(
            isinstance(part, (l.Return, l.Raise)) or (isinstance(part, l.Jump) and part.kind == "break")
            for part in rest
        ):
            return True
        if within_if and any(works(part) for part in rest[1:]):
            return True  # done for what follows in the same turn
        if isinstance(statement, l.If):
            if any(isinstance(part, l.Operation) and part.op == "%" for part in l.walk(statement.test)) or counts(
                statement.test
            ):
                return True
            return is_guarded(statement.body, node, True) or is_guarded(statement.orelse, node, True)
        if isinstance(statement, l.Try):
            return bool(statement.handlers) or is_guarded(statement.final, node, within_if)
        if isinstance(statement, (l.With, l.For, l.While)):
            return is_guarded(statement.body, node, within_if)
    return False


def works(statement: Any) -> bool:
    """Whether a statement calls anything but loggers and the session."""
    for part in l.walk(statement):
        if isinstance(part, l.Call):
            head, _, name = (l.dotted(part.func) or "").rpartition(".")
            if name not in ("print", "append", "flash", "commit", "add", "flush") and "log" not in head:
                return True
    return False


def waits(body: tuple[Any, ...]) -> bool:
    """Whether a turn sleeps: it is meant to take its time, and to be seen by others as it goes."""
    return any(
        isinstance(part, l.Call) and (l.dotted(part.func) or "").rpartition(".")[2] == "sleep" for part in l.walk(body)
    )


def counts(test: Any) -> bool:
    """Whether a condition compares a size or a counter with a number: a batch is full."""
    return any(
        isinstance(part, l.Operation)
        and part.op in (">", ">=", "==")
        and any(isinstance(side, l.Const) and side.kind == "int" for side in part.operands)
        for part in l.walk(test)
    )
