"""The roots of a large project, interpreted by several processes at once.

A forked process has the linked project as it is; it hands back its events, in which models, relations and classes are
told by their identity, which both processes share. Each event is that of the first root that leads to it, so the
outcome is the same however the roots are shared out.
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

from pitfall_lint.flow.interpreter import Interpreter
from pitfall_lint.flow.roots import Start

QUIET, LOUD = 4, 8  # classes for which an inherited method may lead to nothing, at first and after it led to something
FEW = 400  # so many roots are interpreted sooner than a process is made
EVENTS = ("lazy_loads", "key_reads", "loop_queries", "deferred_reads", "evaluations", "bare_joins")
SETS = ("assigned", "combined", "loaded", "prefetched", "saved")
SETS_BY_SITE = ("afterwards", "brought", "built", "plain_sets", "served", "within")
Roots = Sequence[tuple[int, str, Start]]


@dataclass(slots=True)
class Share:
    """What one process found: events with the number of the root that led to them, by kind; sets; roots that were left.
    """

    events: dict[str, list[tuple[int, Any, Any]]] = field(default_factory=dict)
    others: dict[str, list[tuple[int, Any, Any]]] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    exhausted: list[tuple[int, str]] = field(default_factory=list)


def interpret(interpreter: Interpreter, roots: Sequence[tuple[str, Start]], workers: int) -> None:
    """Interpret the roots; the interpreter holds the events of all of them afterwards."""
    numbered = [(number, name, start) for number, (name, start) in enumerate(roots)]
    if workers < 2 or len(numbered) < FEW or not can_fork():
        for _, _, _ in interpreted(interpreter, numbered):
            pass
        return
    parts = parted(interpreter, numbered, workers)
    context = multiprocessing.get_context("fork")
    known = shared_objects(interpreter)
    waiting: list[tuple[Any, Connection, list[tuple[int, str, Start]]]] = []
    for index in range(1, workers):
        part = parts[index]
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(interpreter, part, sender, known), daemon=True)
        process.start()
        sender.close()
        waiting.append((process, receiver, part))
    shares = [run(interpreter, parts[0])]
    for process, receiver, part in waiting:
        share = received(receiver, known)
        process.join()
        shares.append(share if share is not None else run(interpreter, part))
    merge(interpreter, shares)


def can_fork() -> bool:
    """Whether a copy of this process can be made safely: on Linux, with no other thread."""
    return sys.platform == "linux" and threading.active_count() == 1


def parted(interpreter: Interpreter, roots: Roots, workers: int) -> list[list[tuple[int, str, Start]]]:
    """The roots dealt out: those of one file to one process, for they call the same functions, and those at one
    inherited method, for which `interpreted` counts."""
    groups: dict[int | str, list[tuple[int, str, Start]]] = {}
    for root in roots:
        group = interpreter.inherited.get(id(root[2]), root[1].partition(":")[0])
        groups.setdefault(group, []).append(root)
    parts: list[list[tuple[int, str, Start]]] = [[] for _ in range(workers)]
    for held in sorted(groups.values(), key=len, reverse=True):
        min(parts, key=len).extend(held)
    return [sorted(part, key=lambda root: root[0]) for part in parts]


def interpreted(interpreter: Interpreter, roots: Roots) -> Iterator[tuple[int, str, int]]:
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


def run(interpreter: Interpreter, roots: Roots) -> Share:
    """Interpret some roots and tell which of them led to each event first."""
    share = Share()
    seen: dict[str, int] = {name: len(getattr(interpreter, name)) for name in EVENTS}
    seen_others: dict[str, int] = {kind: len(held) for kind, held in interpreter.others.items()}
    for number, name, left in interpreted(interpreter, roots):
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


def _work(interpreter: Interpreter, roots: Roots, sender: Connection, known: dict[int, Any]) -> None:
    """The life of a forked process. One that fails says nothing: the parent then does its share, and fails in the open.
    """
    share = run(interpreter, roots)
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
