"""What fixes changed, shown as a unified diff or written to the disk.

Writing is atomic, all or none for what belongs together, and only over files that nobody else touched meanwhile.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Finding, Move
from pitfall_lint.fixes.apply import Applied, Refused
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import Source

# ---------------------------------------------------------------------------- showing


def diff(changed: Mapping[str, bytes], moves: Sequence[Move], source: Source) -> str:
    """A unified diff against `source`, with git's rename and new-file headers; `git apply` takes it."""
    former = {move.target: move.source for move in moves}
    parts: list[str] = []
    for path in sorted({*changed, *former}):
        old = former.get(path, path)
        try:
            before: bytes | None = source.read(old) if path in changed else b""
        except OSError:
            before = None
        parts.append(f"diff --git a/{old} b/{path}\n")
        if before is None:
            parts.append("new file mode 100644\n")
        elif old != path:
            similarity = "similarity index 100%\n" if path not in changed else ""
            parts.append(f"{similarity}rename from {old}\nrename to {path}\n")
        if path in changed and changed[path] != (before or b""):
            parts += _hunks(old, path, before, changed[path])
    return "".join(parts)


def _hunks(old: str, new: str, before: bytes | None, after: bytes) -> Iterator[str]:
    old_name = "/dev/null" if before is None else f"a/{old}"
    lines = difflib.unified_diff(
        _lines(old, before or b""), _lines(new, after), _header(old_name), _header(f"b/{new}"), lineterm="\n"
    )
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _header(name: str) -> str:
    return f"{name}\t" if " " in name else name


def _lines(path: str, data: bytes) -> list[str]:
    """Lines that end with a line feed; a carriage return stays where it is."""
    try:
        text = data.decode(Text(path, data).encoding)
    except (CannotFix, UnicodeDecodeError):
        text = data.decode("utf-8", "surrogateescape")
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


# ---------------------------------------------------------------------------- writing


def write(applied: Applied, source: Source) -> Applied:
    """Write to the disk below `source.root`; what could not be written is among `refused` of the result."""
    changed = dict(applied.changed)
    moves = {move.target: move for move in applied.moves}
    refused: list[Refused] = []
    written: dict[str, bytes] = {}
    for findings, paths in _together(applied):
        try:
            _Writing(source.root, applied, written).write(paths)
        except CannotFix as error:
            refused += [Refused(finding, error.message) for finding in findings]
            for path in paths:
                changed.pop(path, None)
                moves.pop(path, None)
    failed = {id(each.finding) for each in refused}
    return replace(
        applied,
        changed=changed,
        moves=tuple(sorted(moves.values())),
        fixed=tuple(finding for finding in applied.fixed if id(finding) not in failed),
        refused=tuple(sorted([*applied.refused, *refused], key=lambda each: each.finding.sort_key)),
        remaining=tuple(sorted([*applied.remaining, *(each.finding for each in refused)], key=lambda f: f.sort_key)),
        together=tuple((finding, paths) for finding, paths in applied.together if id(finding) not in failed),
    )


def _together(applied: Applied) -> list[tuple[list[Finding], list[str]]]:
    """The files to be written, grouped so that no finding has files in two groups."""
    groups: list[tuple[list[Finding], set[str]]] = []
    everything = {*applied.changed, *(move.target for move in applied.moves)}
    loose = everything - {path for _, paths in applied.together for path in paths}
    for finding, paths in [*applied.together, *((None, (path,)) for path in sorted(loose))]:
        joined: tuple[list[Finding], set[str]] = ([finding] if finding else [], set(paths) & everything)
        apart = []
        for group in groups:
            if group[1] & joined[1]:
                joined = (group[0] + joined[0], group[1] | joined[1])
            else:
                apart.append(group)
        groups = [*apart, joined]
    return [(findings, sorted(paths)) for findings, paths in groups if paths]


class _Writing:
    """The writing of one group; `written` remembers the real files of all groups, as two names may lead to one."""

    def __init__(self, root: Path, applied: Applied, written: dict[str, bytes]) -> None:
        self.root = root
        self.changed = applied.changed
        self.before = applied.before
        self.former = {move.target: move.source for move in applied.moves}
        self.written = written
        self.undo: list[Callable[[], object]] = []

    def write(self, paths: Sequence[str]) -> None:
        """Check all, then write all; CannotFix, with everything as it was, where something fails."""
        for path in paths:
            self.check(path)
        try:
            for path in paths:
                self.write_one(path)
        except OSError as error:
            for step in reversed(self.undo):
                with contextlib.suppress(OSError):
                    step()
            for path in paths:
                self.written.pop(os.path.realpath(self.root / path), None)
            raise CannotFix(f"the file cannot be written: {error.strerror or error}", error.filename) from error

    def check(self, path: str) -> None:
        """CannotFix where the disk is not what `apply` saw."""
        former = self.former.get(path, path)
        target, present = self.root / path, self.root / former
        before = self.before.get(former)
        if (former != path or before is None) and os.path.lexists(target):
            raise CannotFix(f"{path} exists already", former)
        if before is None:
            return
        if former != path and present.is_symlink():
            raise CannotFix("it is a symbolic link, which is not moved", former)
        real = os.path.realpath(present)
        if self.written.get(real, b"") and self.written[real] == self.changed.get(path):
            return
        try:
            data = present.read_bytes()
        except OSError as error:
            raise CannotFix(f"the file cannot be read: {error.strerror or error}", former) from error
        if data != before:
            raise CannotFix("the file changed since it was read", former)
        if not os.access(real, os.W_OK):
            raise CannotFix("the file is read-only", former)

    def write_one(self, path: str) -> None:
        """Move, create or replace one file, and note how to undo it."""
        former = self.former.get(path, path)
        target = self.root / path
        before = self.before.get(former)
        if former != path or before is None:
            self.make_folder(target.parent)
        if former != path:
            os.replace(self.root / former, target)
            self.undo.append(lambda: os.replace(target, self.root / former))
        if path not in self.changed:
            return
        data = self.changed[path]
        if before is None:
            with open(target, "xb") as stream:
                self.undo.append(lambda: os.unlink(target))
                stream.write(data)
            return
        _replace(target, data)
        self.undo.append(lambda: _replace(target, before))
        self.written[os.path.realpath(target)] = data

    def make_folder(self, folder: Path) -> None:
        """The folder and those above it, where they are missing."""
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for each in reversed(missing):
            each.mkdir()
            self.undo.append(each.rmdir)


def _replace(path: Path, data: bytes) -> None:
    """Put new contents in a file's place in one step, through a symbolic link, with the mode that it has."""
    real = os.path.realpath(path)
    status = os.stat(real)
    handle, temporary = tempfile.mkstemp(prefix=".pitfall-lint-", dir=os.path.dirname(real))
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown") and (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
            with contextlib.suppress(OSError):
                os.chown(temporary, status.st_uid, status.st_gid)
        os.replace(temporary, real)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
