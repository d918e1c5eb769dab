"""Colour, width, hung-up readers, and the bar."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from pitfall_lint.cli import progress, terminal


class Stream(io.StringIO):
    """A stream that says whether it is a terminal."""

    def __init__(self, tty: bool) -> None:
        super().__init__()
        self.tty = tty

    def isatty(self) -> bool:
        """As it was told."""
        return self.tty


@pytest.mark.parametrize(
    ("environment", "tty", "expected"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tty: bool, expected: bool) -> None:
    """NO_COLOR is stronger than FORCE_COLOR, and both than what the stream is."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.may_colour(Stream(tty)) is expected


def test_a_pipe_has_one_width_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS is for terminals."""
    monkeypatch.setenv("COLUMNS", "70")
    assert terminal.width(Stream(False)) == terminal.PIPED_WIDTH
    assert terminal.width(Stream(True)) == 70


def test_a_reader_that_hangs_up_is_no_error() -> None:
    """Nothing is said, not even at the interpreter's end."""
    code = (
        "from pitfall_lint.cli import terminal\nterminal.emit('x' * 1000 + '\\n' for _ in range(10_000))\nprint('more')"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.read(10)
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 0


@pytest.mark.parametrize("text", ["漢字 →", "é"])
def test_an_encoding_that_lacks_a_character(text: str) -> None:
    """The character is escaped."""
    code = f"from pitfall_lint.cli import terminal\nterminal.prepare()\nterminal.emit([{text!r}])"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert (run.returncode, run.stdout) == (0, text.encode("ascii", "backslashreplace"))


def test_the_bar_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A short run shows nothing, a long one a bar, a pipe never."""
    stream = Stream(True)
    monkeypatch.setattr(sys, "stderr", stream)
    with progress.Bar() as bar:
        bar("reading", 1, 2)
        assert bar.progress is None
        bar.started -= 1
        bar("reading", 2, 2)
        bar("rules", 0, 0)
        assert bar.progress is not None
    stream.tty = False
    with progress.Bar() as bar:
        bar.started -= 1
        bar("reading", 1, 2)
        assert bar.progress is None
    stream.tty = True
    assert not progress.Bar(quiet=True).wanted
