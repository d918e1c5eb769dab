"""What the manifests of a project declare, taken together, and which manifest a new requirement belongs in."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pitfall_lint.facts.manifest import normalised
from pitfall_lint.facts.records import ManifestFacts, Requirement

if TYPE_CHECKING:
    from pitfall_lint.project import Project

_PREFERENCE = ("pep621", "poetry", "pipfile", "requirements", "setup.cfg", "setup.py")


class Dependencies:
    """Answers what is declared. Names are compared as PEP 503 writes them: `Flask_Talisman` is `flask-talisman`."""

    def __init__(self, project: Project) -> None:
        self.manifests: Mapping[str, ManifestFacts] = project.manifests

    @cached_property
    def _run_time_files(self) -> frozenset[str]:
        """Requirements files that a run-time requirements file includes: run time too, whatever their name says."""
        found: set[str] = set()
        waiting = [path for path, facts in self.manifests.items() if not _is_grouped(facts)]
        while waiting:
            path = waiting.pop()
            if path in found:
                continue
            found.add(path)
            for name in self.manifests[path].includes:
                included = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
                if included in self.manifests:
                    waiting.append(included)
        return frozenset(found)

    @cached_property
    def run_time(self) -> Mapping[str, tuple[Requirement, str]]:
        """Each run-time requirement by normalised name, with the path of the first manifest that declares it."""
        found: dict[str, tuple[Requirement, str]] = {}
        for path, facts in sorted(self.manifests.items()):
            included = facts.format == "requirements" and path in self._run_time_files
            for requirement in facts.requirements:
                if included or not requirement.group:
                    found.setdefault(requirement.name, (requirement, path))
        return found

    @cached_property
    def known(self) -> bool:
        """Does the project say at all what it needs at run time?"""
        return bool(self.run_time)

    def declares(self, name: str) -> bool:
        """Is it a run-time requirement?"""
        return normalised(name) in self.run_time

    def find(self, name: str) -> tuple[Requirement, str] | None:
        """The run-time requirement of that name, and the path of the manifest that declares it."""
        return self.run_time.get(normalised(name))

    def mentions(self, name: str) -> bool:
        """Is it declared anywhere, for tests or development too?"""
        wanted = normalised(name)
        return any(
            requirement.name == wanted for facts in self.manifests.values() for requirement in facts.requirements
        )

    def manifest_for(self, path: str) -> ManifestFacts | None:
        """The manifest that a new run-time requirement of the module at `path` belongs in: the nearest one above it."""
        folder = posixpath.dirname(path)
        while True:
            beside = [facts for at, facts in sorted(self.manifests.items()) if _serves(at) == folder]
            usable = [facts for facts in beside if facts.insert and facts.problem is None and not _is_grouped(facts)]
            if usable:
                return min(usable, key=_rank)
            if not folder:
                return None
            folder = posixpath.dirname(folder)


def _serves(path: str) -> str:
    """The folder that a manifest speaks for: `requirements/base.txt` speaks for the folder above."""
    folder = posixpath.dirname(path)
    return posixpath.dirname(folder) if posixpath.basename(folder) in ("requirements", "reqs") else folder


def _is_grouped(facts: ManifestFacts) -> bool:
    return facts.format == "requirements" and any(requirement.group for requirement in facts.requirements)


def _rank(facts: ManifestFacts) -> tuple[bool, int, str]:
    empty = not any(not requirement.group for requirement in facts.requirements)
    return empty, _PREFERENCE.index(facts.format), facts.path
