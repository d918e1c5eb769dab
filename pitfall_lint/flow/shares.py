"""The roots of a large project, interpreted by several processes at once.

A forked process has the linked project as it is; it hands back its events, in which models, relations and classes are
told by their identity, which both processes share. Each event is that of the first root that leads to it, so the
outcome is the same however the roots are shared out.
"""

from __future__ import annotations

import io
import itertools
import multiprocessing
import os
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from pitfall_lint.flow.interpreter import Interpreter
from pitfall_lint.flow.roots import Start

QUIET, LOUD = 4, 8  # classes for which an inherited method may lead to nothing, at first and after it led to something
FEW = 400  # so many roots are interpreted sooner than a process is made
EVENTS = ("lazy_loads", "key_reads", "loop_queries", "deferred_reads", "evaluations", "bare_joins")
SETS = ("assigned", "combined", "loaded", "prefetched", "saved", "sent")
SETS_BY_SITE = ("afterwards", "brought", "built", "plain_sets", "served", "within")
Root = tuple[int, str, Start]
MOST_GROUPS = 4_000  # as many numbers as a pipe holds on any Linux
WIDTH = 4  # bytes of a number


@dataclass(slots=True)
class Share:
    """What one process found: events with the number of the root that led to them, by kind; sets; roots that were left.
    """

    taken: list[int] = field(default_factory=list)  # the groups
    events: dict[str, list[tuple[int, Any, Any]]] = field(default_factory=dict)
    others: dict[str, list[tuple[int, Any, Any]]] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    exhausted: list[tuple[int, str]] = field(default_factory=list)


def interpret(interpreter: Interpreter, roots: Sequence[tuple[str, Start]], workers: int) -> None:
    """Interpret the roots; the interpreter holds the events of all of them afterwards."""
    groups = grouped(interpreter, roots)
    if workers < 2 or len(roots) < FEW or not can_fork():
        for _, _, _ in interpreted(interpreter, (root for group in groups for root in group)):
            pass
        return
    context = multiprocessing.get_context("fork")
    known = shared_objects(interpreter)
    desk = Desk(len(groups))
    waiting: list[tuple[Any, Connection]] = []
    for _ in range(1, workers):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(interpreter, groups, desk, sender, known), daemon=True)
        process.start()
        sender.close()
        waiting.append((process, receiver))
    shares = [run(interpreter, groups, desk)]
    for process, receiver in waiting:
        share = received(receiver, known)
        process.join()
        if share is not None:
            shares.append(share)
    desk.close()
    left = set(range(len(groups))).difference(*(share.taken for share in shares))
    if left:  # a process ended without saying what it found
        shares.append(run(interpreter, groups, sorted(left)))
    merge(interpreter, shares)


class Desk:
    """Where processes take the next group that nobody has taken yet: a pipe that holds the number of each."""

    def __init__(self, count: int) -> None:
        self.reader, writer = os.pipe()
        os.write(writer, b"".join(number.to_bytes(WIDTH, "big") for number in range(count)))
        os.close(writer)

    def __iter__(self) -> Iterator[int]:
        while number := os.read(self.reader, WIDTH):
            yield int.from_bytes(number, "big")

    def close(self) -> None:
        """Nothing is left to take."""
        os.close(self.reader)


def can_fork() -> bool:
    """Whether a copy of this process can be made safely: on Linux, with no other thread."""
    return sys.platform == "linux" and threading.active_count() == 1


def grouped(interpreter: Interpreter, roots: Sequence[tuple[str, Start]]) -> list[list[Root]]:
    """The roots in groups that one process takes as a whole: those of one file, for they call the same functions, and
    those at one inherited method, for which `interpreted` counts. They are numbered in this order.
    """
    found: dict[int | str, list[tuple[str, Start]]] = {}
    for name, start in roots:
        found.setdefault(interpreter.inherited.get(id(start), name.partition(":")[0]), []).append((name, start))
    held = list(found.values())
    size = -(-len(held) // MOST_GROUPS)
    together = [list(itertools.chain(*held[at : at + size])) for at in range(0, len(held), size or 1)]
    numbers = itertools.count()
    return [[(next(numbers), name, start) for name, start in group] for group in together]


def interpreted(interpreter: Interpreter, roots: Iterable[Root]) -> Iterator[tuple[int, str, int]]:
    """Interpret the roots one after the other: number, name, and how many had been left before. A method that many
    classes inherit, and that for the first of them led to nothing worth recording, is left for the others.
    """
    quiet: Counter[int] = Counter()
    for number, name, start in roots:
        group = interpreter.inherited.get(id(start))
        if group is not None and quiet[group] >= QUIET:
            interpreter.bounds["inherited"] += 1
            continue
        left, noted = len(interpreter.exhausted), interpreter.noted
        interpreter.root(name, start)
        if group is not None:
            quiet[group] = quiet[group] + 1 if interpreter.noted == noted else -LOUD
        yield number, name, left


def run(interpreter: Interpreter, groups: Sequence[Sequence[Root]], desk: Iterable[int]) -> Share:
    """Interpret the groups that the desk gives, and tell which root led to each event first."""
    share = Share()
    taken = share.taken

    def roots() -> Iterator[Root]:
        for number in desk:
            taken.append(number)
            yield from groups[number]

    seen: dict[str, int] = {name: len(getattr(interpreter, name)) for name in EVENTS}
    seen_others: dict[str, int] = {kind: len(held) for kind, held in interpreter.others.items()}
    for number, name, left in interpreted(interpreter, roots()):
        share.exhausted += [(number, name) for _ in interpreter.exhausted[left:]]
        for kind in EVENTS:
            _take(share.events.setdefault(kind, []), getattr(interpreter, kind), seen, kind, number)
        for kind, held in interpreter.others.items():
            _take(share.others.setdefault(kind, []), held, seen_others, kind, number)
    share.sets = {name: getattr(interpreter, name) for name in (*SETS, *SETS_BY_SITE)}
    share.sets["implied"] = interpreter.implied
    share.sets["bounds"] = interpreter.bounds
    return share


def _take(rows: list[tuple[int, Any, Any]], held: dict[Any, Any], seen: dict[str, int], kind: str, number: int) -> None:
    """Note the entries that a dict has gained."""
    before = seen.get(kind, 0)
    if len(held) > before:
        for key in list(held)[before:]:
            rows.append((number, key, held[key]))
        seen[kind] = len(held)


def merge(interpreter: Interpreter, shares: list[Share]) -> None:
    """Put together what the processes found: of each event the one of the first root."""
    for kind in EVENTS:
        setattr(interpreter, kind, first_of(row for share in shares for row in share.events.get(kind, ())))
    for kind in {kind for share in shares for kind in share.others}:
        interpreter.others[kind] = first_of(row for share in shares for row in share.others.get(kind, ()))
    for share in shares:
        for name in SETS:
            getattr(interpreter, name).update(share.sets[name])
        for name in SETS_BY_SITE:
            for site, members in share.sets[name].items():
                getattr(interpreter, name)[site] |= members
        interpreter.implied.update(share.sets["implied"])
    interpreter.bounds = sum((share.sets["bounds"] for share in shares), Counter())
    interpreter.exhausted = [name for _, name in sorted({row for share in shares for row in share.exhausted})]


def first_of(rows: Any) -> dict[Any, Any]:
    """Of the rows of each key the one with the lowest number."""
    found: dict[Any, Any] = {}
    for _, key, event in sorted(rows, key=lambda row: row[0]):
        found.setdefault(key, event)
    return found


# ------------------------------------------------------------ between processes


def shared_objects(interpreter: Interpreter) -> dict[int, Any]:
    """The objects that every process has, by identity: models, relations, classes."""
    known: dict[int, Any] = {}
    project = interpreter.project
    models: list[Any] = []
    if project.django.present:
        models += project.django.models.values()
    if project.sqlalchemy.present:
        models += project.sqlalchemy.models.values()
    while models:
        model = models.pop()
        if id(model) in known:
            continue
        known[id(model)] = model
        if model.symbol is not None:
            known[id(model.symbol)] = model.symbol
        for relation in model.relations.values():
            known[id(relation)] = relation
            models += [other for other in (relation.target, relation.owner) if other is not None]
        for manager in getattr(model, "managers", {}).values():
            known[id(manager)] = manager
    return known


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, known: dict[int, Any]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.known = known

    def persistent_id(self, value: Any) -> int | None:
        return id(value) if id(value) in self.known else None


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, known: dict[int, Any]) -> None:
        super().__init__(file)
        self.known = known

    def persistent_load(self, name: Any) -> Any:
        return self.known[name]


def _work(
    interpreter: Interpreter, groups: Sequence[Sequence[Root]], desk: Desk, sender: Connection, known: dict[int, Any]
) -> None:
    """The life of a forked process. One that fails says nothing: the parent then does its share, and fails in the open.
    """
    share = run(interpreter, groups, desk)
    file = io.BytesIO()
    _Pickler(file, known).dump(share)
    sender.send_bytes(file.getvalue())
    sender.close()


def received(receiver: Connection, known: dict[int, Any]) -> Share | None:
    """What a process sent; None where it ended without."""
    try:
        data = receiver.recv_bytes()
    except EOFError:
        return None
    share: Share = _Unpickler(io.BytesIO(data), known).load()
    return share
