"""Where the engine takes file contents from: the disk, or a buffer that stands for a file (an editor's, standard
input)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol


class Source(Protocol):
    """Reads files of one project by root-relative posix path."""

    root: Path

    def read(self, path: str) -> bytes:
        """The file's bytes; OSError where it cannot be read."""
        ...


class DiskSource:
    """Files as they lie on disk, except those that `buffers` holds (root-relative path -> bytes)."""

    def __init__(self, root: Path, buffers: Mapping[str, bytes] | None = None) -> None:
        self.root = root
        self.buffers = dict(buffers or {})

    def read(self, path: str) -> bytes:
        """The buffer, or the file's bytes; OSError where it cannot be read."""
        if path in self.buffers:
            return self.buffers[path]
        return (self.root / path).read_bytes()


class MemorySource:
    """Files that exist only here: for tests."""

    def __init__(self, files: Mapping[str, str | bytes], root: Path = Path("/")) -> None:
        self.root = root
        self.files = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}

    def read(self, path: str) -> bytes:
        """The bytes; FileNotFoundError for an unknown path."""
        try:
            return self.files[path]
        except KeyError:
            raise FileNotFoundError(path) from None


class Overlay:
    """Another source with changes laid over it that nobody wrote yet: what the fixes of a dry run lint again.

    `changed` holds new contents by path, `moved` the old path of each moved file by its new one. Whoever lists the
    files of a project drops those in `gone` and takes up those in `added`.
    """

    def __init__(
        self, base: Source, changed: Mapping[str, bytes], moved: Mapping[str, str], created: Iterable[str] = ()
    ) -> None:
        self.root = base.root
        self.base = base
        self.buffers = dict(changed)
        self.moved = dict(moved)
        self.added = frozenset(self.moved) | frozenset(created)
        self.gone = frozenset(self.moved.values()) - self.added

    def read(self, path: str) -> bytes:
        """The changed bytes, or those of the base; FileNotFoundError for what was moved away."""
        if path in self.buffers:
            return self.buffers[path]
        if path in self.moved:
            return self.base.read(self.moved[path])
        if path in self.gone:
            raise FileNotFoundError(path)
        return self.base.read(path)
