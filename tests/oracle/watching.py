"""What the counters of all frameworks share: the lines of a project that are on the stack when a statement is sent, in
templates too, the lines that ran, and the functions that are scenarios.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

ROWS = (3, 6)
Line = tuple[str, int]
Scenario = tuple[str, Callable[[], str]]


class Watch:
    """The statements that are sent, each with the project's lines on the stack (innermost first), and the lines that
    ran.
    """

    def __init__(self, root: Path) -> None:
        self.prefix = f"{root}{os.sep}"
        self.ran: set[Line] = set()
        self.sent: list[tuple[str, list[Line]]] = []

    def class_lines(self, frame: FrameType) -> Iterator[Line]:
        """The headers of the project's classes for whose objects a library's frame runs."""
        return iter(())

    def line_of(self, frame: FrameType) -> Line | None:
        """The line of the project that a frame is at, if it is at one."""
        code = frame.f_code
        if not code.co_filename.startswith(self.prefix):
            return None
        template = frame.f_globals.get("__jinja_template__")
        row = frame.f_lineno if template is None else template.get_corresponding_lineno(frame.f_lineno)
        return code.co_filename.removeprefix(self.prefix), row

    def note(self, sql: str, frame: FrameType | None) -> None:
        """A statement is sent from `frame`."""
        stack: list[Line] = []
        while frame is not None:
            line = self.line_of(frame)
            for found in (line,) if line is not None else self.class_lines(frame):
                if found not in stack:
                    stack.append(found)
            frame = frame.f_back
        self.sent.append((sql, stack))

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        """For `sys.settrace`: which lines run."""
        if frame.f_code.co_filename.startswith(self.prefix):
            return self.trace_line
        self.ran.update(self.class_lines(frame))
        return None

    def trace_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        """A line of the project's own."""
        line = self.line_of(frame)
        if line is not None:
            self.ran.add(line)
        return self.trace_line


def reports(root: Path) -> Iterator[Scenario]:
    """Every public function without parameters in a module called `reports_*`."""
    for path in sorted(root.rglob("reports_*.py")):
        module = importlib.import_module(path.relative_to(root).with_suffix("").as_posix().replace("/", "."))
        for name, function in list(vars(module).items()):
            if (
                inspect.isfunction(function)
                and function.__module__ == module.__name__
                and not name.startswith("_")
                and not inspect.signature(function).parameters
            ):
                yield f"{module.__name__}.{name}", lambda function=function: repr(function())
