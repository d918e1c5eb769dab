"""Files read into facts: here, or in worker processes where there are enough of them to pay for it.

The functions that a worker runs live in this module, so that it can import them however it was started. A reader that
fails, or a worker that dies, costs one file: its facts say that it could not be read, and its `Reading` names what
happened.
"""

from __future__ import annotations

import gc
import os
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import NamedTuple

from pitfall_lint import facts
from pitfall_lint.cache import digest_of
from pitfall_lint.discover import PYTHON_KINDS, File, Kind
from pitfall_lint.facts.records import Facts, ManifestFacts, OtherFacts, Problem, PythonFacts, TemplateFacts
from pitfall_lint.language import pack
from pitfall_lint.source import Source

FEW = 40  # below this many files, starting workers costs more than it saves
SMALL = 300_000  # likewise below this many bytes
MARGIN = 200  # frames that may be on the stack when facts are decoded
_CHUNK = 250_000  # bytes that a worker is given at once


class Reading(NamedTuple):
    """What came of one file: the digest of its bytes (empty where they could not be read), its encoded facts, and,
    where the linter itself is at fault, what went wrong.
    """

    path: str
    digest: bytes
    facts: bytes
    failure: str = ""
    trace: str = ""


def reading(path: str, kind: Kind, data: bytes) -> Reading:
    """The facts of one file's bytes; never raises."""
    digest = digest_of(data)
    try:
        return Reading(path, digest, _read_below(MARGIN, path, kind, data))
    except RecursionError:
        return Reading(path, digest, unreadable(path, kind, "nested too deeply to be read"))
    except Exception as error:
        failure = f"{type(error).__name__}: {error}".rstrip(": ")
        return Reading(path, digest, unreadable(path, kind, "the linter failed on it"), failure, traceback.format_exc())


def _read_below(frames: int, path: str, kind: Kind, data: bytes) -> bytes:
    """The encoded facts, read with so many frames more on the stack. Up to Python 3.11 the recursion limit counts them
    together with the nesting of what is decoded: whoever looks at the facts later, from further down, can decode them.
    """
    return _read_below(frames - 1, path, kind, data) if frames else facts.read_encoded(path, kind, data)


def read_file(root: str, path: str, kind: Kind) -> Reading:
    """The facts of one file on disk; never raises."""
    try:
        data = Path(root, path).read_bytes()
    except OSError as error:
        return Reading(path, b"", unreadable(path, kind, f"cannot be read: {error.strerror or error}"))
    return reading(path, kind, data)


def read_chunk(root: str, chunk: Sequence[tuple[str, str]]) -> list[Reading]:
    """Several files, by path and kind: what a worker is asked for."""
    return [read_file(root, path, Kind(kind)) for path, kind in chunk]


def unreadable(path: str, kind: Kind, message: str) -> bytes:
    """The encoded facts of a file that could not be read."""
    problem = Problem(message, pack(1, 0))
    found: Facts
    if kind in PYTHON_KINDS:
        found = PythonFacts(path, 0, kind is not Kind.PYTHON, (), (), (), problem)
    elif kind in (Kind.TEMPLATE, Kind.DJANGO_TEMPLATE, Kind.JINJA_TEMPLATE):
        engine = "jinja" if kind is Kind.JINJA_TEMPLATE else "django"
        found = TemplateFacts(path, 0, engine, None, (), (), (), (), (), problem)
    elif kind is Kind.MANIFEST:
        found = ManifestFacts(path, 0, "", (), (), 0, problem)
    else:
        found = OtherFacts(path, 0, "", problem)
    return facts.encode(found)


# --------------------------------------------------------------- many at once


def read_here(source: Source, files: Sequence[File]) -> Iterator[Reading]:
    """The files, read in this process from any source."""
    for file in files:
        try:
            data = source.read(file.path)
        except OSError as error:
            yield Reading(
                file.path, b"", unreadable(file.path, file.kind, f"cannot be read: {error.strerror or error}")
            )
        else:
            yield reading(file.path, file.kind, data)


def worker_count() -> int:
    """How many workers pay: one a core that this process may use, and at most eight."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, min(cores, 8))


class Readers:
    """Worker processes that read files from disk; they begin at once, whatever this process does meanwhile."""

    def __init__(self, root: str, files: Sequence[File], workers: int) -> None:
        from pitfall_lint.facts import python  # noqa: F401  (forked workers find it imported)

        self.root = root
        self.files = files
        chunks = _chunks(files, workers)
        self._pool = ProcessPoolExecutor(max(1, min(workers, len(chunks))), initializer=gc.disable)
        self._waiting: list[Future[list[Reading]]] = [self._pool.submit(read_chunk, root, chunk) for chunk in chunks]

    def readings(self) -> Iterator[Reading]:
        """The files, as they come."""
        done: set[str] = set()
        try:
            for future in as_completed(self._waiting):
                for item in future.result():
                    done.add(item.path)
                    yield item
        except BrokenProcessPool:
            pass
        finally:
            self.stop()
        left = [file for file in self.files if file.path not in done]
        if left:
            yield from _one_by_one(self.root, left)

    def stop(self) -> None:
        """End the processes; what was not read is not read any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _one_by_one(root: str, files: Sequence[File]) -> Iterator[Reading]:
    """The files that were left when a worker died, each on its own, so that the one to blame is known."""
    pool = ProcessPoolExecutor(1, initializer=gc.disable)
    try:
        for file in files:
            try:
                yield from pool.submit(read_chunk, root, [(file.path, file.kind.value)]).result()
            except BrokenProcessPool:
                facts_of = unreadable(file.path, file.kind, "the linter failed on it")
                yield Reading(file.path, b"", facts_of, "the worker process that read it died", "")
                pool = ProcessPoolExecutor(1, initializer=gc.disable)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _chunks(files: Sequence[File], workers: int) -> list[list[tuple[str, str]]]:
    """The files in portions of like size, the largest files first, so that no worker is left with a long last one."""
    total = sum(file.size for file in files)
    portion = min(_CHUNK, max(20_000, total // (workers * 4)))
    chunks: list[list[tuple[str, str]]] = []
    size = portion
    for file in sorted(files, key=lambda file: (-file.size, file.path)):
        if size >= portion:
            chunks.append([])
            size = 0
        chunks[-1].append((file.path, file.kind.value))
        size += file.size + 500
    return chunks
