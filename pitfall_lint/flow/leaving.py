"""Rows that leave the process: handed to a task queue, a cache or a pickle, each with all that was loaded with it.

What a query would load ahead for such rows is written along with them, and is old by the time that it is read:
https://docs.djangoproject.com/en/stable/ref/models/querysets/#pickling-querysets. So of those rows nothing is advised.
A whole list that is cached is another matter: its rows are gone through at each hit, with whatever they lack.
Celery's and RQ's documents ask to hand over keys instead: https://docs.celeryq.dev/en/stable/userguide/tasks.html#state
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import dialects
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import Dict, Items, Query, Row, Union, Value

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter

QUEUEING = frozenset(
    """delay delay_on_commit apply_async apply_async_on_commit send_task enqueue enqueue_at enqueue_in enqueue_call
    async_task""".split()  # noqa: SIM905
)
CACHING = frozenset(["set", "aset", "add", "aadd", "get_or_set", "aget_or_set", "set_many", "aset_many"])
PICKLING = frozenset(["pickle.dump", "pickle.dumps", "cPickle.dumps", "dill.dumps", "cloudpickle.dumps"])
WHOLE = "*"  # as a path: the row itself and all below it


def note(it: Interpreter, node: l.Call, arguments: Arguments) -> None:
    """Note the rows among the arguments of a call that hands them out of the process, by the words of the call."""
    func = node.func
    name = func.name if isinstance(func, l.Attr) else func.id if isinstance(func, l.Name) else ""
    caching = name in CACHING and isinstance(func, l.Attr) and is_cache(func.object)
    if not caching and name not in QUEUEING and l.dotted(func) not in PICKLING:
        return
    given = [*arguments.args, *arguments.keywords.values(), arguments.star, arguments.more]
    for row in rows_in([value for value in given if value is not None], each=not caching):
        if isinstance(row, Query):
            it.sent.add((row.site, WHOLE))
        elif row.query is not None:
            it.sent.add((row.query.site, "__".join((*row.path, WHOLE))))


def is_cache(node: Any) -> bool:
    """`cache`, `self.cache`, `caches["long"]`."""
    holder = node.object if isinstance(node, l.Subscript) else node
    return (l.dotted(holder) or "").rpartition(".")[2].lower().endswith(("cache", "caches"))


def rows_in(values: list[Any], each: bool, depth: int = 4) -> Iterator[Row | Query]:
    """The rows of Django's within the values; not those of a whole list, unless `each` counts."""
    for value in values:
        if isinstance(value, (Row, Query)):
            if dialects.of(value.model) is None and (isinstance(value, Row) or (each and value.shape == "row")):
                yield value
        elif depth > 0 and (each or not isinstance(value, Items)):
            yield from rows_in(parts_of(value), each, depth - 1)


def parts_of(value: Value) -> list[Value]:
    """What a collection holds."""
    if isinstance(value, Union):
        return list(value.options)
    if isinstance(value, Items):
        return value.items if value.items is not None else [value.element]
    if isinstance(value, Dict):
        return [*value.entries.values(), *([value.rest] if value.rest is not None else [])]
    return []
