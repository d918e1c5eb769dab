"""Templates that no loader finds: which they are, why, and where they belong.

A file counts only where it is a template for sure: code or another template asks for it by name in vain, or it holds
Django's syntax and lies beside an app's code, in a `template/` folder, or in the settings package while DIRS points
elsewhere. Nothing is told of a project whose loaders cannot all be followed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from pitfall_lint.discover import is_test_path
from pitfall_lint.facts.records import TemplateFacts
from pitfall_lint.language import Const, Include, walk
from pitfall_lint.project.template_references import Reference, in_template, references
from pitfall_lint.project.templates import Engine

if TYPE_CHECKING:
    from pitfall_lint.project import Project

# Folders whose markup is no template of the project: other tools', generated, examples, documentation.
_OTHERS = frozenset(
    {
        "_templates", "_theme", "assets", "build", "client", "coverage", "cypress", "demo", "dist", "doc", "docs",
        "example", "examples", "fixtures", "frontend", "htmlcov", "management", "node_modules", "public", "spa", "src",
        "static", "storybook", "testdata", "themes", "ui", "webapp",
    }
)  # fmt: skip
_MISNAMED = frozenset({"template", "templats", "tempaltes", "templetes", "temlates"})
_ERROR_PAGES = frozenset({"400.html", "403.html", "403_csrf.html", "404.html", "500.html"})
_DJANGO_TAGS = frozenset({"tag:url", "tag:static", "tag:csrf_token"})


@dataclass(frozen=True, slots=True)
class Stray:
    """A template that no loader finds. `why` is folder (a folder such as `template/`), app (its app is not installed),
    apps-off (the loaders do not look in apps), package (in the settings package, DIRS points elsewhere) or beside
    (among code). `name` is how it is to be found once it lies at `target` (None where no folder can be told); `asked`
    are the references that ask for it in vain, `renamed` those of them that must say `name` instead; `settled` says
    that the move is all that is needed.
    """

    path: str
    why: str
    name: str
    target: str | None
    asked: tuple[Reference, ...]
    renamed: tuple[Reference, ...]
    settled: bool


@dataclass(frozen=True, slots=True)
class Misnamed:
    """A reference whose name would be found without what stands before it, such as `templates/`."""

    reference: Reference
    name: str
    path: str


class TemplatePlaces:
    """Answers which templates lie where no loader looks."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.templates = project.templates

    @cached_property
    def engines(self) -> tuple[Engine, ...]:
        """Django's engines; empty where not all that they search is known."""
        every = self.project.django.settings
        owners = {settings.module.path for settings in every}
        used = {settings.module.path for settings in every if settings.named_by or settings is every[0]}
        found = tuple(engine for engine in self.templates.engines if engine.owner in owners)
        return found if all(engine.certain for engine in found if engine.owner in used) else ()

    @cached_property
    def _packages(self) -> frozenset[str]:
        """Folders that hold Python code."""
        return frozenset(posixpath.dirname(path) for path in self.project.python)

    @cached_property
    def _apart(self) -> frozenset[str]:
        """Folders of front ends, by their package.json (that of the root aside)."""
        found = (posixpath.dirname(path) for path in self.project.files if path.endswith("/package.json"))
        return frozenset(folder for folder in found if folder not in self._packages)

    @cached_property
    def strays(self) -> tuple[str, ...]:
        """The templates that no loader finds, without those that are no templates of the project."""
        return tuple(
            path
            for path in sorted(self.project.template_files)
            if self.templates.name_of(path) is None and self._is_ours(path)
        )

    def _is_ours(self, path: str) -> bool:
        home = max((app for app in self.templates.app_folders if path.startswith(app + "/")), key=len, default="")
        folders = path[len(home) :].lower().split("/")[:-1]
        if is_test_path(path) or not _OTHERS.isdisjoint(folders) or "{" in path:
            return False
        return not any(path.startswith(folder + "/") for folder in self._apart)

    @cached_property
    def _unanswered(self) -> dict[str, list[Reference]]:
        """The names that are asked for in vain, with who asks."""
        found: dict[str, list[Reference]] = {}
        for reference in references(self.project):
            name = reference.name
            if not reference.optional and not name.startswith((".", "/")) and not self._is_answered(name):
                found.setdefault(name, []).append(reference)
        return found

    def _is_answered(self, name: str) -> bool:
        """Does the project have a template of that name, or a package from outside, as far as its folder tells?"""
        if self.templates.exists(name):
            return True
        first, slash, _ = name.partition("/")
        return bool(slash) and first in self._outside

    @cached_property
    def _outside(self) -> frozenset[str]:
        """Where packages from outside keep their templates: their labels, and a few known folders."""
        labels = {app.label for app in self.project.django.apps if app.installed and app.folder is None}
        return frozenset(labels | {"django", "registration", "admin"})

    # -------------------------------------------------------------- answers

    def misnamed(self) -> Iterator[Misnamed]:
        """Names that begin with the folder that the loaders already stand in."""
        if not self.engines:
            return
        for name, asked in sorted(self._unanswered.items()):
            rest = _below_templates(name)
            if rest is None or not self.templates.exists(rest):
                continue
            paths = self.templates.paths_of(rest)
            if paths and (paths[0] == name or paths[0].endswith("/" + name)):
                for reference in asked:
                    yield Misnamed(reference, rest, paths[0])

    def misplaced(self) -> Iterator[Stray]:
        """The templates that lie where no loader looks, in the order of their paths."""
        if not self.engines or not self.strays:
            return
        for path in self.strays:
            asked = self._askers(path)
            stray = self._asked_for(path, asked) if asked else self._unasked(path)
            if stray is not None:
                yield stray

    def _askers(self, path: str) -> dict[str, list[Reference]]:
        """The unanswered names that mean this file and no other, with who asks."""
        found: dict[str, list[Reference]] = {}
        for name, asked in self._unanswered.items():
            tail = _below_templates(name) or name
            if self.templates.exists(tail):
                continue
            meant = [each for each in self.strays if each == tail or each.endswith("/" + tail)]
            if "/" not in tail:
                meant = [each for each in meant if self._is_close(each, asked)]
                if self._may_be_built:
                    meant = [each for each in meant if self.project.template_files[each].body]
            if meant == [path]:
                found[name] = asked
        return found

    @cached_property
    def _may_be_built(self) -> bool:
        """Does a loader look in a folder that has no files yet, as one that a build fills?"""
        folders = {folder for engine in self.engines for folder in engine.folders if folder not in self._app_templates}
        return any(folder and not self._has_files(folder) for folder in folders)

    @cached_property
    def _app_templates(self) -> frozenset[str]:
        folders = self.templates.app_folders
        return frozenset(posixpath.join(folder, name) for folder in folders for name in ("templates", "jinja2"))

    def _has_files(self, folder: str) -> bool:
        return any(path.startswith(folder + "/") for path in self.project.files)

    def _is_close(self, path: str, asked: list[Reference]) -> bool:
        """Does the file lie in a folder of templates, beside a module that asks for it, or, a template, in an app?"""
        folder = posixpath.dirname(path)
        if posixpath.basename(folder) in _MISNAMED | {"templates"}:
            return True
        if folder in self.templates.app_folders and self.project.template_files[path].body:
            return True
        return any(folder == posixpath.dirname(reference.place.path) for reference in asked)

    def _asked_for(self, path: str, asked: dict[str, list[Reference]]) -> Stray | None:
        name = max(asked, key=lambda each: (len(asked[each]), len(each), each))
        who = [reference for references in asked.values() for reference in references]
        tail = _below_templates(name) or name
        base = path[: -len(tail)].rstrip("/")
        why = self._why(path, base)
        if why is None:
            return None
        target = self._target(path, base, tail, why)
        renamed = [reference for reference in who if reference.name != tail]
        settled = not renamed and not self._is_mentioned(path, who) and not self._is_relative(path)
        ordered = tuple(sorted(who, key=lambda reference: reference.place))
        return Stray(path, why, tail, target, ordered, tuple(renamed), settled)

    def _why(self, path: str, base: str) -> str | None:
        """What keeps the loaders from the file, whose name counts from `base`."""
        inner, parent = posixpath.basename(base), posixpath.dirname(base)
        if inner in ("templates", "jinja2"):
            if parent in self.templates.app_folders:
                return "apps-off"
            if parent in self._settings_packages:
                return "package"
            if parent in self._packages and self.templates.apps_certain:
                return "app"
            return None
        return "folder" if inner in _MISNAMED else "beside"

    @cached_property
    def _settings_packages(self) -> frozenset[str]:
        found: set[str] = set()
        for settings in self.project.django.settings:
            folder = posixpath.dirname(settings.module.path)
            found.add(posixpath.dirname(folder) if posixpath.basename(folder) == "settings" else folder)
        return frozenset(found) - {""}

    def _target(self, path: str, base: str, name: str, why: str) -> str | None:
        """Where the file is found under that name: in its app, else in a folder of the project."""
        backend = self.project.template_files[path].engine
        folders = [folder for engine in self._engines_for(backend) if engine.serves(name) for folder in engine.folders]
        if why == "app":
            return None
        homes = [folder for folder in folders if folder in self._app_templates]
        homes = [
            folder for folder in homes if path.startswith(posixpath.dirname(folder) + "/") or folder == "templates"
        ]
        homes.sort(key=len, reverse=True)
        shared = [folder for folder in folders if folder not in self._app_templates]
        shared.sort(key=lambda folder: not self._has_files(folder))
        order = [*shared, *homes] if why == "package" else [*homes, *shared]
        target = posixpath.join(order[0], name) if order else None
        return None if target in self.project.files else target

    def _engines_for(self, backend: str) -> tuple[Engine, ...]:
        return tuple(engine for engine in self.engines if engine.backend == backend) or self.engines

    # ---------------------------------------------------- nobody asks for it

    def _unasked(self, path: str) -> Stray | None:
        """A template that lies where only a mistake puts it, though nobody is seen to ask for it."""
        facts = self.project.template_files[path]
        if not _is_surely_django(facts) or self._is_mentioned(path, ()):
            return None
        *folders, basename = path.split("/")
        here = "/".join(folders)
        name, why = "", ""
        if any(folder in _MISNAMED for folder in folders):
            at = next(index for index, folder in enumerate(folders) if folder in _MISNAMED)
            if "/".join(folders[:at]) in self._homes:
                name, why = "/".join([*folders[at + 1 :], basename]), "folder"
        elif "templates" in folders:
            at = folders.index("templates")
            if "/".join(folders[:at]) in self._settings_packages - set(self.templates.app_folders):
                name, why = "/".join([*folders[at + 1 :], basename]), "package"
        elif here and here in self.templates.app_folders:
            label = next(app.label for app in self.project.django.apps if app.folder == here)
            name, why = basename if basename in _ERROR_PAGES else f"{label}/{basename}", "beside"
        if not name or self.templates.exists(name):
            return None
        base = path[: -len(name)].rstrip("/") if why != "beside" else here
        target = self._target(path, base, name, why)
        return Stray(path, why, name, target, (), (), False) if target is not None else None

    @cached_property
    def _homes(self) -> frozenset[str]:
        """Folders in which `templates/` would be looked into: installed apps, and where DIRS has it."""
        return frozenset(posixpath.dirname(folder) for engine in self.engines for folder in engine.folders)

    @cached_property
    def _code(self) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for path in sorted(self.project.python):
            try:
                found.append((path, self.project.source.read(path).decode("utf-8", "replace")))
            except OSError:
                continue
        return tuple(found)

    def _is_mentioned(self, path: str, known: tuple[Reference, ...] | list[Reference]) -> bool:
        """Does code mention the file by its name elsewhere than where it is known to be asked for?"""
        basename = posixpath.basename(path)
        for module, text in self._code:
            expected = sum(reference.place.path == module for reference in known)
            if text.count(basename) > expected:
                return True
        return False

    def _is_relative(self, path: str) -> bool:
        """Does the template name others relative to itself, so that they are lost when it moves?"""
        return any(each.name.startswith(("./", "../")) for each in in_template(self.project, path))


def _below_templates(name: str) -> str | None:
    """What follows `templates/` in a name that holds it."""
    parts = name.split("/")
    for folder in ("templates", "template"):
        if folder in parts[:-1]:
            return "/".join(parts[parts.index(folder) + 1 :])
    return None


def _is_surely_django(facts: TemplateFacts) -> bool:
    """Does it hold what only a Django template does?"""
    if facts.engine != "django":
        return False
    if facts.libraries or facts.blocks or isinstance(facts.extends, Const) or not _DJANGO_TAGS.isdisjoint(facts.names):
        return True
    return any(isinstance(node, Include) for node in walk(facts.body))
