"""The project's own exceptions: few, typed, each carrying the path it is about."""

from __future__ import annotations


class PitfallLintError(Exception):
    """Anything that ends a run with exit code 2; `path` (and `row`, from 1) say where, where there is a where."""

    def __init__(self, message: str, path: str | None = None, row: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.row = row

    def __str__(self) -> str:
        where = f"{self.path}:{self.row}: " if self.path and self.row else f"{self.path}: " if self.path else ""
        return where + self.message


class ConfigError(PitfallLintError):
    """The configuration or the command line is wrong."""


class InternalError(PitfallLintError):
    """The linter itself is at fault."""


class CannotFix(PitfallLintError):
    """A recipe cannot be turned into edits safely at this place; the finding's fix is then shown as a manual one."""
