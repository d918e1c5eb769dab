"""Which projects a run is about: the paths of the command line, each given to the project that it belongs to."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pitfall_lint.discover import find_root
from pitfall_lint.errors import ConfigError

UNNAMED = "stdin.py"  # what `-` stands for where no --stdin-filename says otherwise


@dataclass(frozen=True, slots=True)
class Target:
    """One project, and the root-relative paths that are reported on: files and folders, or everything (None).
    `files` are those that were named one by one; `buffer` is the file that standard input stands for.
    """

    root: Path
    paths: tuple[str, ...] | None
    files: tuple[str, ...] = ()
    buffer: str | None = None


def targets(paths: Sequence[str], stdin_filename: str | None, cwd: Path) -> tuple[Target, ...]:
    """The projects, sorted by root. ConfigError for a path that does not exist."""
    if stdin_filename is not None or "-" in paths:
        return (_buffer(paths, stdin_filename, cwd),)
    found: dict[Path, list[str]] = {}
    files: dict[Path, list[str]] = {}
    for path in paths or (".",):
        absolute = _real(cwd, path)
        if not absolute.exists():
            raise ConfigError("no such file or folder", path)
        root = find_root(absolute)
        found.setdefault(root, []).append(_within(absolute, root))
        if absolute.is_file():
            files.setdefault(root, []).append(_within(absolute, root))
    return tuple(
        Target(root, None if "." in known else tuple(known), tuple(files.get(root, ())))
        for root, known in sorted(found.items())
    )


def _buffer(paths: Sequence[str], stdin_filename: str | None, cwd: Path) -> Target:
    if [path for path in paths if path != "-"]:
        raise ConfigError("standard input stands for one file; name no other paths beside it")
    absolute = _real(cwd, stdin_filename or UNNAMED)
    root = find_root(absolute)
    path = _within(absolute, root)
    return Target(root, (path,), (path,), path)


def _real(cwd: Path, path: str) -> Path:
    """Absolute, with links followed: roots are real paths too."""
    return Path(os.path.realpath(cwd / path))


def _within(absolute: Path, root: Path) -> str:
    return os.path.relpath(absolute, root).replace(os.sep, "/")


def read_stdin() -> bytes:
    """The buffer."""
    return sys.stdin.buffer.read()
