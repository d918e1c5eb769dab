"""Edits and moves of many findings put together: what overlaps, what must not be, and the files that come of it.

A `State` is what the project would look like after the passes so far; a `Batch` collects one more pass over it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Edit, Move
from pitfall_lint.fixes.expand import Expansion
from pitfall_lint.fixes.text import Text, soundness
from pitfall_lint.language import pack
from pitfall_lint.source import Overlay, Source

_BEGINNING = pack(1, 0)


class State:
    """The project with fixes laid over it. `contents`, `origins` (present name -> former name) and `created` go by
    present names; `renamed` holds the moves of the latest pass.
    """

    def __init__(
        self,
        source: Source,
        contents: Mapping[str, bytes] | None = None,
        origins: Mapping[str, str] | None = None,
        created: frozenset[str] = frozenset(),
        renamed: Mapping[str, str] | None = None,
        originals: dict[str, bytes] | None = None,
    ) -> None:
        self.source = source
        self.contents = dict(contents or {})
        self.origins = dict(origins or {})
        self.created = created
        self.renamed = dict(renamed or {})
        self.originals = {} if originals is None else originals  # as first read; shared by all states of a run
        self.texts: dict[str, Text] = {}

    def overlay(self) -> Overlay:
        """The source to lint again."""
        return Overlay(self.source, self.contents, self.origins, self.created)

    def original(self, path: str) -> bytes:
        """What the source holds under a former name; OSError where it holds nothing."""
        if path not in self.originals:
            self.originals[path] = self.source.read(path)
        return self.originals[path]

    def untouched(self, path: str) -> bytes | None:
        """The file's bytes where no pass has changed it yet."""
        if path in self.contents or path in self.created:
            return None
        return self.read(path)

    def read(self, path: str) -> bytes | None:
        """The file's present bytes; None where there is no such file."""
        if path in self.contents:
            return self.contents[path]
        if path not in self.origins and path in self.origins.values():
            return None
        try:
            return self.original(self.origins.get(path, path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CannotFix(f"the file cannot be read: {error.strerror or error}", path) from error

    def text(self, path: str) -> Text | None:
        """The file, decoded; None where there is no such file."""
        if path not in self.texts:
            data = self.read(path)
            if data is None:
                return None
            self.texts[path] = Text(path, data)
        return self.texts[path]

    def final(self, path: str) -> str:
        """What a file is called after the latest pass that was called `path` before it."""
        return self.renamed.get(path, path)

    def changed(self) -> dict[str, bytes]:
        """New contents by present name."""
        return {
            path: data
            for path, data in sorted(self.contents.items())
            if path in self.created or data != self.original(self.origins.get(path, path))
        }

    def moves(self) -> tuple[Move, ...]:
        """The moves from former to present names."""
        return tuple(sorted(Move(former, present) for present, former in self.origins.items() if former != present))

    def before(self) -> dict[str, bytes | None]:
        """What changed and moved files held, by former name; None for those that are new."""
        former = {self.origins.get(path, path): path in self.created for path in self.changed()}
        former |= dict.fromkeys(self.origins.values(), False)
        return {path: None if new else self.original(path) for path, new in sorted(former.items())}


class Batch:
    """Edits and moves that fit together, over one state."""

    def __init__(self, state: State) -> None:
        self.before = state
        self.edits: dict[str, list[tuple[int, int, Edit]]] = {}
        self.created: dict[str, Edit] = {}
        self.moves: dict[str, str] = {}

    def add(self, expansion: Expansion) -> bool:
        """Take an expansion in, whole; False where it overlaps with what is there, CannotFix where it is impossible."""
        moves = {move.source: move.target for move in expansion.moves}
        self.check_moves(expansion.moves)
        names = {target: source for source, target in moves.items()}
        edits: dict[str, list[tuple[int, int, Edit]]] = {}
        created: dict[str, Edit] = {}
        for edit in dict.fromkeys(expansion.edits):
            path = names.get(edit.place.path, edit.place.path)
            _check_path(path)
            text = self.before.text(path)
            if text is None:
                if edit.place.start != _BEGINNING or edit.place.end != _BEGINNING or path in created:
                    raise CannotFix("there is no such file", path)
                created[path] = edit
                continue
            span = (text.offset(edit.place.start), text.offset(edit.place.end), edit)
            if span[1] < span[0] or any(_overlap(span, other) for other in edits.get(path, ())):
                raise CannotFix("its own edits overlap", path)
            edits.setdefault(path, []).append(span)
        if not self.fits(edits, created, moves):
            return False
        for path, spans in edits.items():
            there = self.edits.setdefault(path, [])
            there += [span for span in spans if not any(_same(span, other) for other in there)]
        self.created |= created
        self.moves |= moves
        return True

    def check_moves(self, moves: Sequence[Move]) -> None:
        """CannotFix for moves that can never be done."""
        if len({move.source for move in moves}) < len(moves) or len({move.target for move in moves}) < len(moves):
            raise CannotFix("its own moves contradict each other")
        for move in moves:
            _check_path(move.source)
            _check_path(move.target)
            if self.before.read(move.source) is None:
                raise CannotFix("there is no such file", move.source)
            if self.exists(move.target):
                raise CannotFix(f"{move.target} exists already", move.source)

    def exists(self, path: str) -> bool:
        """Whether something, a folder perhaps, bears the name."""
        try:
            return self.before.read(path) is not None
        except CannotFix:
            return True

    def fits(
        self,
        edits: Mapping[str, Sequence[tuple[int, int, Edit]]],
        created: Mapping[str, Edit],
        moves: Mapping[str, str],
    ) -> bool:
        """Whether all of it leaves alone what was taken in before."""
        for path, spans in edits.items():
            for span in spans:
                if any(_touch(span, other) and not _same(span, other) for other in self.edits.get(path, ())):
                    return False
        targets = {target: source for source, target in self.moves.items()}
        for source, target in moves.items():
            if self.moves.get(source, target) != target or targets.get(target, source) != source:
                return False
        taken = {*targets, *moves.values()}
        return not any(
            path in taken or (path in self.created and self.created[path].content != edit.content)
            for path, edit in created.items()
        ) and not any(target in self.created for target in moves.values())

    def state(self) -> State:
        """The state after all of it; CannotFix where a file's syntax would suffer."""
        before = self.before
        contents = dict(before.contents)
        for path, spans in self.edits.items():
            text = before.text(path)
            assert text is not None
            contents[path] = text.edited([edit for _, _, edit in spans])
            name = self.moves.get(path, path)
            if soundness(name, contents[path]) < max(1, soundness(path, text.data)):
                raise CannotFix("the file would no longer parse", path)
        for path, edit in self.created.items():
            contents[path] = edit.content.encode()
            if not soundness(path, contents[path]):
                raise CannotFix("the file would not parse", path)
        origins = dict(before.origins)
        formers = {source: origins.pop(source, source) for source in self.moves}
        origins |= {target: formers[source] for source, target in self.moves.items()}
        created = before.created | frozenset(self.created)
        for source, target in self.moves.items():
            if source in contents:
                contents[target] = contents.pop(source)
            if source in created:
                created = created - {source} | {target}
                del origins[target]
        origins = {present: former for present, former in origins.items() if present != former}
        return State(before.source, contents, origins, created, self.moves, before.originals)


def _same(one: tuple[int, int, Edit], other: tuple[int, int, Edit]) -> bool:
    return one[:2] == other[:2] and one[2].content == other[2].content


def _overlap(one: tuple[int, int, Edit], other: tuple[int, int, Edit]) -> bool:
    """Whether two edits of one finding contradict each other."""
    return one[0] < other[1] and other[0] < one[1]


def _touch(one: tuple[int, int, Edit], other: tuple[int, int, Edit]) -> bool:
    """Whether edits of two findings are too near: they overlap, or one inserts at the edge of what the other replaces.

    Two insertions at one point are fine, and stand in the order in which they came; two imports from one module are
    rather made one.
    """
    if one[0] == one[1] and other[0] == other[1]:
        return one[0] == other[0] and one[2].content != other[2].content and _imports_alike(one[2], other[2])
    if one[0] == one[1] or other[0] == other[1]:
        return one[0] <= other[1] and other[0] <= one[1]
    return one[0] < other[1] and other[0] < one[1]


def _imports_alike(one: Edit, other: Edit) -> bool:
    """Whether both import something from the same module."""
    heads = [edit.content.strip().partition(" import ") for edit in (one, other)]
    return heads[0][0] == heads[1][0] and all(head.startswith("from ") and names for head, _, names in heads)


def _check_path(path: str) -> None:
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\\" in path or "\0" in path:
        raise CannotFix("the path leads out of the project", path)
