"""What earlier runs found out, kept in `.pitfall_lint_cache`: the digests of files by size and times, their facts,
whole runs.

Everything is addressed by content: facts by the file's bytes and the readers' own source, a run by all files' bytes,
the configuration and the linter's own source, so nothing here can be out of date, only useless. Each file is written
beside its place and moved into it, and begins with a stamp and a checksum: runs at the same time take turns at losing
entries and harm nothing, and what is damaged, cut short or somebody else's is as good as absent. A folder that cannot
be written is no cache.
"""

from __future__ import annotations

import os
import sys
import time
import zlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache as once
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from pitfall_lint import __path__ as _package_path
from pitfall_lint import __version__
from pitfall_lint.discover import File

FOLDER = ".pitfall_lint_cache"
_MAGIC = b"pitfall-lint cache, format 1\n"
_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache: it may be deleted at any time.\n"
_SHARDS = 16
_RUNS_KEPT = 16
_SETTLED_NS = 2_000_000_000  # a file changed just before it was looked at may change again within one tick of its clock
_NO_FINDINGS = (
    "cli",
    "report",
    "fixes",
    "testing.py",
    "catalogue.py",
)  # parts of the package that no finding depends on


class Seen(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file as it was when its digest was taken; not `settled` where it had only just changed."""

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    digest: bytes
    settled: bool


class _Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    path: str
    kind: str
    digest: bytes
    offset: int
    length: int


_encode = msgspec.msgpack.Encoder().encode
_decode_seen = msgspec.msgpack.Decoder(list[Seen]).decode
_decode_entries = msgspec.msgpack.Decoder(list[_Entry]).decode


def digest_of(data: bytes) -> bytes:
    """What stands for a file's contents."""
    return blake2b(data, digest_size=16).digest()


class Cache:
    """One project's cache. Reading never fails, and writing may fail silently."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: dict[str, Seen] | None = None
        self._shards: dict[int, _Shard] = {}
        self._started = time.time_ns()

    # ------------------------------------------------------------ digests

    def digest(self, file: File) -> bytes | None:
        """The digest of a file that has not changed since it was taken; None where it has to be taken (again)."""
        if self._seen is None:
            body = self._load("files", _stamp_of_data())
            try:
                self._seen = {seen.path: seen for seen in _decode_seen(body)} if body else {}
            except msgspec.MsgspecError:
                self._seen = {}
        seen = self._seen.get(file.path)
        if (
            seen is not None
            and seen.settled
            and seen.size == file.size
            and seen.mtime_ns == file.mtime_ns
            and seen.ctime_ns == file.ctime_ns
        ):
            return seen.digest
        return None

    def keep_digests(self, files: Iterable[File], digests: Mapping[str, bytes]) -> None:
        """Remember the digests of `files` for the next run."""
        edge = self._started - _SETTLED_NS
        seen = [
            Seen(file.path, file.size, file.mtime_ns, file.ctime_ns, digest, max(file.mtime_ns, file.ctime_ns) < edge)
            for file in files
            if (digest := digests.get(file.path))
        ]
        self._store("files", _stamp_of_data(), _encode(seen))

    @property
    def is_new(self) -> bool:
        """Whether no earlier run left anything: then no digest need be taken to look for one."""
        return not (self.folder / "files").exists()

    # -------------------------------------------------------------- facts

    def facts(self, file: File, digest: bytes) -> memoryview | None:
        """The encoded facts of a file with those contents."""
        return self._shard(file.path).get(file, digest)

    def keep_facts(self, files: Collection[File], digests: Mapping[str, bytes], encoded: Mapping[str, bytes]) -> None:
        """Remember new facts, and forget those of files that are no longer among `files`."""
        numbers = {_shard_number(path) for path in encoded}
        portions: dict[int, list[File]] = {number: [] for number in numbers}
        for file in files:
            number = _shard_number(file.path)
            if number in numbers:
                portions[number].append(file)
        for number, portion in portions.items():
            self._store(f"facts-{number:x}", stamp_of_readers(), self._packed(portion, digests, encoded))

    def _packed(self, files: Iterable[File], digests: Mapping[str, bytes], encoded: Mapping[str, bytes]) -> bytes:
        entries: list[_Entry] = []
        pieces: list[bytes | memoryview] = []
        offset = 0
        for file in files:
            digest = digests.get(file.path)
            if not digest:
                continue
            piece = encoded.get(file.path) or self.facts(file, digest)
            if piece is not None:
                entries.append(_Entry(file.path, file.kind.value, digest, offset, len(piece)))
                pieces.append(piece)
                offset += len(piece)
        index = _encode(entries)
        return b"".join((len(index).to_bytes(4, "big"), index, *pieces))

    def _shard(self, path: str) -> _Shard:
        number = _shard_number(path)
        if number not in self._shards:
            self._shards[number] = _Shard(self._load(f"facts-{number:x}", stamp_of_readers()))
        return self._shards[number]

    # --------------------------------------------------------------- runs

    def run(self, key: str) -> memoryview | None:
        """What `keep_run` was given under that key."""
        return self._load(f"run-{key}", _stamp_of_data())

    def keep_run(self, key: str, body: bytes) -> None:
        """Remember a whole run, and forget those long past."""
        self._store(f"run-{key}", _stamp_of_data(), body)
        self._prune()

    def _prune(self) -> None:
        dated: list[tuple[float, str]] = []
        now = time.time()
        try:
            with os.scandir(self.folder) as scan:
                for entry in scan:
                    changed = entry.stat().st_mtime
                    if entry.name.startswith("run-"):
                        dated.append((changed, entry.path))
                    elif entry.name.endswith(".new") and changed < now - 3600:  # left by a run that was killed
                        os.unlink(entry.path)
            for _, path in sorted(dated, reverse=True)[_RUNS_KEPT:]:
                os.unlink(path)
        except OSError:
            return

    # -------------------------------------------------------------- files

    def _load(self, name: str, stamp: bytes) -> memoryview | None:
        try:
            with open(self.folder / name, "rb") as stream:
                data = stream.read()
        except OSError:
            return None
        head = _MAGIC + stamp
        start = len(head) + 4
        body = memoryview(data)[start:]
        if len(data) < start or data[: len(head)] != head or data[len(head) : start] != _checksum(body):
            return None
        return body

    def _store(self, name: str, stamp: bytes, body: bytes) -> None:
        place = self.folder / name
        beside = self.folder / f"{name}.{os.getpid()}.{time.monotonic_ns():x}.new"
        try:
            if not place.parent.is_dir():
                self._make_folder()
            with open(beside, "wb") as stream:
                stream.write(_MAGIC + stamp + _checksum(body))
                stream.write(body)
            os.replace(beside, place)
        except OSError:
            try:
                beside.unlink(missing_ok=True)
            except OSError:
                return

    def _make_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "CACHEDIR.TAG").write_text(_TAG, encoding="ascii")
        (self.folder / ".gitignore").write_text("*\n", encoding="ascii")


class _Shard:
    """The facts of a sixteenth of the files."""

    def __init__(self, body: memoryview | None) -> None:
        self._entries: dict[str, _Entry] = {}
        self._pieces = memoryview(b"")
        if body is None:
            return
        length = int.from_bytes(body[:4], "big")
        try:
            self._entries = {entry.path: entry for entry in _decode_entries(body[4 : 4 + length])}
        except msgspec.MsgspecError:
            return
        self._pieces = body[4 + length :]

    def get(self, file: File, digest: bytes) -> memoryview | None:
        entry = self._entries.get(file.path)
        if entry is None or entry.digest != digest or entry.kind != file.kind.value:
            return None
        return self._pieces[entry.offset : entry.offset + entry.length]


def _shard_number(path: str) -> int:
    return zlib.crc32(path.encode()) % _SHARDS


def _checksum(body: bytes | memoryview) -> bytes:
    return zlib.crc32(body).to_bytes(4, "big")


# -------------------------------------------------------------------- stamps


def run_key(files: Iterable[File], digests: Mapping[str, bytes], told: Any) -> str:
    """What a run is kept under: the files (those known by path only by their paths), and `told`, whatever else its
    findings depend on.
    """
    missing = b""
    lines = [f"{file.path}\0{file.kind.value}\0".encode() + digests.get(file.path, missing) for file in files]
    digest = blake2b(stamp_of_linter(), digest_size=16)
    digest.update(_encode(told))
    digest.update(b"\n".join(lines))
    return digest.hexdigest()


def _stamp_of_data() -> bytes:
    """Digests and runs carry in their keys what they depend on."""
    return b"\0" * 16


@once
def stamp_of_readers() -> bytes:
    """Changes whenever the facts of the same bytes may change: with the readers' source, Python's own version, and
    libcst's.
    """
    return _stamp(("facts", "language.py"), ())


@once
def stamp_of_linter() -> bytes:
    """Changes whenever the findings in the same files may change: with the package's source and Python's version."""
    return _stamp((), _NO_FINDINGS)


def _stamp(only: Collection[str], without: Collection[str]) -> bytes:
    digest = blake2b(f"{__version__} {sys.version} {sys.platform} {_libcst_version()}".encode(), digest_size=16)
    home = Path(_package_path[0])
    for folder, names in (
        (home, only or None),
        *(((Path(path) / "rules", None)) for path in _package_path[1:] if not only),
    ):
        for path in _sources(folder, names, without):
            try:
                with open(path, "rb") as stream:
                    data = stream.read()
            except OSError:
                continue
            digest.update(f"{path.rpartition(os.sep)[2]} {len(data)}\n".encode())
            digest.update(data)
    return digest.digest()


def _sources(folder: Path, only: Collection[str] | None, without: Collection[str]) -> list[str]:
    found: list[str] = []
    waiting = [str(folder)]
    while waiting:
        current = waiting.pop()
        try:
            with os.scandir(current) as scan:
                entries = list(scan)
        except OSError:  # not a plain folder (a zip): the version has to do
            continue
        for entry in entries:
            if current == str(folder) and (entry.name in without or (only is not None and entry.name not in only)):
                continue
            if entry.name.endswith(".py"):
                found.append(entry.path)
            elif entry.is_dir() and entry.name != "__pycache__":
                waiting.append(entry.path)
    return sorted(found)


def _libcst_version() -> str:
    """Read, not imported: libcst takes longer to import than an unchanged run may."""
    from importlib.util import find_spec

    spec = find_spec("libcst")
    if spec is None or spec.origin is None:
        return ""
    try:
        return Path(spec.origin).with_name("_version.py").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
