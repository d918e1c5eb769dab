"""Where the engine takes file contents from: the disk, or a buffer that stands for a file (an editor's, standard input)."""

from __future__ import annotations

from collections.abc import Mapping
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
