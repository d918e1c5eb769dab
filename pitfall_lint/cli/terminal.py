"""Where output goes: whether it may be coloured, how wide it is, and what happens when the reader hangs up."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable
from typing import TextIO

PIPED_WIDTH = 120  # where nobody can be asked: the same text everywhere


def may_colour(stream: TextIO) -> bool:
    """NO_COLOR, then FORCE_COLOR, then whether it is a terminal that can: https://no-color.org, https://force-color.org"""
    if os.environ.get("NO_COLOR"):
        return False
    if forced := os.environ.get("FORCE_COLOR"):
        return forced != "0"
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody is looking."""
    return not stream.closed and stream.isatty()


def width(stream: TextIO) -> int:
    """How many columns there are."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns if is_terminal(stream) else PIPED_WIDTH


def prepare() -> None:
    """Let both streams take any character: one that the terminal's encoding lacks is escaped, not an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            with contextlib.suppress(ValueError, OSError):
                reconfigure(errors="backslashreplace")


def emit(pieces: Iterable[str], stream: TextIO | None = None) -> None:
    """Write to standard output (or the stream named); a reader that has hung up wants no more, and that is no error."""
    out = stream or sys.stdout
    try:
        for piece in pieces:
            out.write(piece)
        out.flush()
    except BrokenPipeError:
        hang_up(out)


def emit_bytes(data: bytes) -> None:
    """Write bytes to standard output as they are."""
    out = sys.stdout
    try:
        out.flush()
        out.buffer.write(data)
        out.buffer.flush()
    except BrokenPipeError:
        hang_up(out)


def hang_up(stream: TextIO) -> None:
    """Send what may still be written to nowhere, so that the interpreter's last flush says nothing."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def complain(message: str) -> None:
    """One line on standard error."""
    emit([f"pitfall-lint: error: {message}\n"], sys.stderr)


def note(message: str) -> None:
    """One line on standard error that is no error."""
    emit([f"{message}\n"], sys.stderr)
