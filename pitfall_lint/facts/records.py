"""What later stages need from one file, computed from its bytes (and kind) alone: frozen, serialisable, cached by
content hash."""

from __future__ import annotations

from typing import TypeAlias, Union

import msgspec

from pitfall_lint.language import Body, Expr


class Suppression(msgspec.Struct, frozen=True, array_like=True):
    """A comment that silences findings. `style` is noqa or pitfall; `codes` empty means all. `row` is the
    comment's line, `first`..`last` the lines
    it speaks of (a comment alone on its line speaks of the next statement; one within a multi-line statement of
    the whole statement).
    `start`, `end` are the comment's own span (packed positions).
    """

    style: str
    codes: tuple[str, ...]
    reason: str
    row: int
    first: int
    last: int
    start: int
    end: int


class Problem(msgspec.Struct, frozen=True, array_like=True):
    """Why a file could not be read whole: reason in words, and the packed position."""

    message: str
    position: int


class PythonFacts(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A Python file. `shallow` modules (tests, migrations) have headers only: imports, classes, functions without
    bodies.
    `words` are the distinct identifiers and attribute names of the module level (functions carry their own).
    """

    path: str
    lines: int
    shallow: bool
    body: Body
    words: tuple[str, ...]
    suppressions: tuple[Suppression, ...]
    problem: Problem | None = None


class TemplateFacts(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A Django or Jinja template (`engine` is django or jinja), lowered to statements; its parameters are its context.
    `extends` holds the expression of `{% extends %}`; `libraries` what `{% load %}` names; `blocks` the names of
    its blocks;
    `names` every variable, attribute, tag and filter name that it mentions, sorted.
    """

    path: str
    lines: int
    engine: str
    extends: Expr | None
    libraries: tuple[str, ...]
    blocks: tuple[str, ...]
    names: tuple[str, ...]
    body: Body
    suppressions: tuple[Suppression, ...]
    problem: Problem | None = None


class Requirement(msgspec.Struct, frozen=True, array_like=True):
    """One declared dependency: normalised name (PEP 503), specifier as written, group ("" for run time, else test,
    dev, docs, ...), span."""

    name: str
    specifier: str
    group: str
    start: int
    end: int


class ManifestFacts(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """requirements*.txt, pyproject.toml, Pipfile, setup.cfg, setup.py (install_requires literals). `format` is
    requirements, pep621, poetry, pipfile,
    setup.cfg or setup.py. `insert` is the packed position where a new run-time requirement's line goes (0 where
    none can).
    """

    path: str
    lines: int
    format: str
    requirements: tuple[Requirement, ...]
    includes: tuple[str, ...]
    insert: int
    problem: Problem | None = None


class OtherFacts(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """A file known by its path only (static files), or, for the kinds whose text rules read (Procfile, Dockerfile,
    nginx.conf, YAML), with its text."""

    path: str
    lines: int
    text: str
    problem: Problem | None = None


Facts: TypeAlias = Union[PythonFacts, TemplateFacts, ManifestFacts, OtherFacts]  # noqa: UP007
