"""What unit tests share: a project made of texts, read and linked as a run would, without touching the disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pitfall_lint import facts
from pitfall_lint.config import Config
from pitfall_lint.discover import File, Kind, classify
from pitfall_lint.project import Project
from pitfall_lint.source import MemorySource


def project_of(texts: Mapping[str, str], kinds: Mapping[str, Kind] | None = None) -> Project:
    """A project whose files are `texts`, by root-relative path; `kinds` overrides what a path says that its file is."""
    files = {
        path: File(path, (kinds or {}).get(path) or classify(path, len(text)), len(text))
        for path, text in sorted(texts.items())
    }
    read = {path: facts.read(path, file.kind, texts[path].encode()) for path, file in files.items()}
    return Project(MemorySource(texts, Path("/project")), Config(), files, read)
