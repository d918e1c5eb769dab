"""A bar on standard error while a long run goes on, for somebody who is looking; nothing for a short run or a pipe."""

from __future__ import annotations

import contextlib
import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

from pitfall_lint.cli import terminal

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 0.5  # seconds that nobody minds


class Bar:
    """Told what is done (`bar(phase, done, total)`), it shows a bar once the run has become long."""

    def __init__(self, quiet: bool = False) -> None:
        self.wanted = not quiet and terminal.is_terminal(sys.stderr)
        self.started = time.monotonic()
        self.progress: Progress | None = None

    def __enter__(self) -> Bar:
        return self

    def __call__(self, phase: str, done: int, total: int) -> None:
        """So far."""
        if not self.wanted or (self.progress is None and time.monotonic() - self.started < PATIENCE):
            return
        if self.progress is None:
            self.progress = _progress()
        self.progress.update(self.progress.task_ids[0], description=phase, completed=done, total=total or None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.progress is not None:
            with contextlib.suppress(OSError):
                self.progress.stop()


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        console=Console(file=sys.stderr),
        transient=True,
    )
    progress.add_task("")
    progress.start()
    return progress
