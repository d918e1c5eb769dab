"""Lookup paths (`author__country`): which ones cover which, and how `only()` must grow with the joined ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SEPARATOR = "__"


def covers(path: str, wanted: str) -> bool:
    """Whether loading `path` loads `wanted` on the way."""
    return path == wanted or path.startswith(wanted + SEPARATOR)


def longest(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths in order, each once, without those that another one covers."""
    unique = tuple(dict.fromkeys(paths))
    return tuple(path for path in unique if not any(other != path and covers(other, path) for other in unique))


def prefixes(path: str) -> tuple[str, ...]:
    """`a`, `a__b`, `a__b__c` for `a__b__c`."""
    parts = path.split(SEPARATOR)
    return tuple(SEPARATOR.join(parts[: index + 1]) for index in range(len(parts)))


def keys_missing(only: Sequence[str], joined: Iterable[str]) -> tuple[str, ...]:
    """What `only(*only)` must name besides so that `joined` can be joined: Django refuses to join over a deferred key.

    A name without anything below it is loaded whole; one with names below it is cut down to these.
    https://docs.djangoproject.com/en/stable/ref/models/querysets/#only
    """
    named = [name.removesuffix("_id") if name.endswith("_id") else name for name in only]
    missing: list[str] = []
    for path in joined:
        whole = False
        for step in prefixes(path):
            names = [*named, *only, *missing]
            if not whole and not any(covers(name, step) for name in names):
                missing.append(step)
                whole = True
            whole = whole or (step in names and not any(covers(name, step) and name != step for name in names))
    return tuple(missing)
