"""What fixes changed, shown as a unified diff or written to the disk.

Writing is atomic, all or none for what belongs together, and only over files that nobody else touched meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pitfall_lint.finding import Move
from pitfall_lint.fixes.apply import Applied
from pitfall_lint.source import Source


def diff(changed: Mapping[str, bytes], moves: Sequence[Move], source: Source) -> str:
    """A unified diff against `source`, with git's rename and new-file headers."""
    raise NotImplementedError


def write(applied: Applied, source: Source) -> Applied:
    """Write to the disk below `source.root`; what could not be written is among `refused` of the result."""
    raise NotImplementedError
