"""Whether a loop's commits are a pitfall at all: the session has to take part in what a turn does, and nothing may say
that each turn is meant to be a transaction of its own.

https://docs.sqlalchemy.org/en/20/orm/session_transaction.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.values import Bound, ClassValue, External, FunctionValue, Query, Row, options

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter

TASKS = frozenset(
    "task shared_task periodic_task db_task db_periodic_task job scheduled_job on_schedule cron actor".split()  # noqa: SIM905
)
SESSION = frozenset({"session", "query", "save", "add", "add_all", "delete", "merge"})


def is_own_transaction(body: tuple[Any, ...]) -> bool:
    """Whether a turn that fails is undone by itself: it rolls back."""
    return any(
        isinstance(part, l.Call) and (l.dotted(part.func) or "").rpartition(".")[2] == "rollback"
        for part in l.walk(body)
    )


def is_task(frame: Frame) -> bool:
    """Whether the function is run by a worker (Celery, RQ, Huey, APScheduler, Dramatiq): a commit after each piece of
    work keeps what is done when the worker is stopped, and holds no locks for long.

    https://docs.celeryq.dev/en/stable/userguide/tasks.html
    """
    for decorator in getattr(frame.node, "decorators", ()):
        called = decorator.func if isinstance(decorator, l.Call) else decorator
        if (l.dotted(called) or "").rpartition(".")[2] in TASKS:
            return True
    return False


def takes_part(it: Interpreter, home: Frame, body: tuple[Any, ...]) -> bool:
    """Whether a turn does anything that the session could hear of: it changes an attribute, names a mapped class, asks
    or fills the session, or calls a function of the project that does.
    """
    for part in l.walk(body):
        if isinstance(part, l.Let) and isinstance(part.target, l.Attr):
            return True
        if not isinstance(part, l.Call):
            continue
        head, _, name = (l.dotted(part.func) or "").rpartition(".")
        if name in ("commit", "close", "remove") and head.rpartition(".")[2] == "session":
            continue
        if "session" in head or name == "setattr":
            return True
        named = [part.func, *part.args]
        if isinstance(part.func, l.Attr):
            named.append(part.func.object)
        values = [it.evaluate(home, node) for node in named if l.dotted(node) is not None]
        if any(is_mapped(it, option) for value in values for option in options(value)):
            return True
    return False


def is_mapped(it: Interpreter, value: Any) -> bool:
    """Whether the value has to do with mapped classes, or is a function of the project that mentions them."""
    if isinstance(value, (Row, Query)):
        return True
    if isinstance(value, ClassValue):
        return it.model_of(value.symbol) is not None
    if isinstance(value, External):
        return value.dotted.endswith("session")
    function = value.function if isinstance(value, Bound) else value
    if not isinstance(function, FunctionValue):
        return False
    names = getattr(function.node, "names", ())
    return isinstance(function.node, l.Lambda) or any(
        name in SESSION or name in {model.name for model in it.mapped_models} for name in names
    )
