"""What is said of rules that crashed: which they are, what happened, and, where it can be told, at which file of the
project.

Rules share what `project` and `flow` link, so one mistake there makes many rules fail alike: such crashes are told as
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from pitfall_lint.project import Project

_NAMED = 3  # rules that a message names before it counts them


class Failure(msgspec.Struct, frozen=True):
    """Something that the linter itself got wrong: the run ends with exit code 2. `codes` are the rules that did not
    finish, `path` the file they were at, where that is known.
    """

    message: str
    codes: tuple[str, ...] = ()
    path: str | None = None
    trace: str = ""


class Crash(NamedTuple):
    """A rule and what it raised."""

    code: str
    error: Exception


def failures(crashes: Iterable[Crash], project: Project) -> Iterator[Failure]:
    """The crashes, those of one origin together."""
    import traceback

    alike: dict[tuple[str, str], list[Crash]] = {}
    for crash in crashes:
        alike.setdefault((_said(crash.error), _origin(crash.error)), []).append(crash)
    for (said, _), group in alike.items():
        codes = tuple(crash.code for crash in group)
        error = group[0].error
        path = getattr(error, "path", None)
        known = path if isinstance(path, str) and path in project.files else _file_at(error.__traceback__, project)
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        yield Failure(f"{_rules(codes)} crashed: {said}", codes, known, trace)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ").replace("\n", " ")[:300]


def _origin(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""


def _rules(codes: Sequence[str]) -> str:
    if len(codes) == 1:
        return f"rule {codes[0]}"
    if len(codes) <= _NAMED:
        return f"rules {', '.join(codes[:-1])} and {codes[-1]}"
    return f"rules {', '.join(codes[:_NAMED])} and {len(codes) - _NAMED} more"


def _file_at(trace: TracebackType | None, project: Project) -> str | None:
    """The file that the innermost frame which knows one was at."""
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    for frame in reversed(frames):
        for value in frame.f_locals.values():
            path = _path_of(value)
            if path is not None and path in project.files:
                return path
    return None


def _path_of(value: Any) -> str | None:
    """The path of what is a fact, a module, a place or has one; never runs a property that computes."""
    if isinstance(value, str):
        return value if "/" in value or value.endswith(".py") else None
    for name in ("path", "module", "place"):
        found = _plain(value, name)
        if isinstance(found, str):
            return found
        inner = _plain(found, "path")
        if isinstance(inner, str):
            return inner
    return None


def _plain(value: Any, name: str) -> Any:
    if name in getattr(value, "__struct_fields__", ()) or name in getattr(type(value), "__slots__", ()):
        return getattr(value, name, None)
    return getattr(value, "__dict__", {}).get(name) if not isinstance(value, type) else None
