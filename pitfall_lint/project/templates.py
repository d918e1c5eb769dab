"""Template lookup: which folders the loaders search, which file a name stands for, by which name a file is found.

A name that no known loader finds is looked for in the folders that are templates' by convention (`templates/`,
`jinja2/`), because settings and themes cannot always be followed; `name_of` and `exists` speak of known loaders only.
Custom tags, filters and globals are in `template_functions`.
"""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint.facts import text_of
from pitfall_lint.facts.records import TemplateFacts
from pitfall_lint.language import Attr, Call, Const, Do, Expr, Let, Name, Subscript
from pitfall_lint.project.classes import ClassSymbol, ModuleSymbol
from pitfall_lint.project.modules import statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.classes import FunctionSymbol
    from pitfall_lint.project.django.settings import Settings, TemplateEngine
    from pitfall_lint.project.flask import Blueprint, FlaskApp
    from pitfall_lint.project.template_functions import Functions, Registered

_CONVENTIONAL = ("templates", "jinja2")
_FILESYSTEM = "django.template.loaders.filesystem.Loader"
_APP_DIRECTORIES = "django.template.loaders.app_directories.Loader"
_CACHED = "django.template.loaders.cached.Loader"
# Loaders that only wrap others, or add names of their own to the same folders.
_HARMLESS_LOADERS = (_CACHED, "django.template.loaders.locmem", "django_cotton.", "template_partials.")


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine of the project: its backend (`django` or `jinja`), the root-relative folders that it searches, in
    order, and whether these are all. `owner` is the file that configures it; `suffix` and `pattern` choose names
    (django-jinja).
    """

    backend: str
    folders: tuple[str, ...]
    certain: bool
    owner: str
    suffix: str = ""
    pattern: str = ""

    def serves(self, name: str) -> bool:
        """Is a template of that name for this engine (django-jinja chooses by name)?"""
        if self.pattern:
            try:
                return re.match(self.pattern, name) is not None
            except re.error:
                return False
        return name.endswith(self.suffix)


class Templates:
    """Answers questions about the templates of one project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.all: Mapping[str, TemplateFacts] = _Read(self)
        self._found: dict[str, tuple[str, ...]] = {}

    # -------------------------------------------------------------- engines

    @cached_property
    def engines(self) -> tuple[Engine, ...]:
        """The engines of Django's settings (the main module's first), then Flask's applications and blueprints."""
        found: list[Engine] = []
        if self.project.django.present:
            for settings in self.project.django.settings:
                path = settings.module.path
                whole = not _is_changed_later(settings)
                found += [self._django_engine(engine, path, whole) for engine in settings.templates]
                told = settings.templates or settings.get("TEMPLATES") is not None
                if not told and settings.installed_apps:
                    # Before TEMPLATES came, the templates of apps were found without being asked for.
                    found.append(Engine("django", self._in_apps("templates"), False, path))
        if self.project.flask.present:
            owners: tuple[FlaskApp | Blueprint, ...] = (*self.project.flask.apps, *self.project.flask.blueprints)
            for owner in owners:
                folders = owner.folders
                known = (folders.template,) if folders.template is not None else ()
                found.append(Engine("jinja", known, folders.known, owner.path))
        return tuple(dict.fromkeys(found))

    def _django_engine(self, engine: TemplateEngine, owner: str, whole: bool) -> Engine:
        backend = "jinja" if "jinja" in engine.backend.lower() else "django"
        folders = [_clean(folder) for folder in engine.dirs if folder is not None]
        app_dirs, loaders = engine.app_dirs, engine.loaders or ()
        certain = whole and None not in engine.dirs and (engine.certain or app_dirs or bool(loaders))
        if loaders:
            app_dirs = _APP_DIRECTORIES in loaders
            if _FILESYSTEM not in loaders:
                folders = []
            usual = (_FILESYSTEM, _APP_DIRECTORIES)
            certain = certain and all(name in usual or name.startswith(_HARMLESS_LOADERS) for name in loaders)
        elif engine.options.get("loaders") is not None:
            certain = False
        suffix, pattern, name = "", "", "templates"
        if "django_jinja" in engine.backend:
            suffix = _text(engine.options.get("match_extension", ".jinja"))
            pattern = _text(engine.options.get("match_regex"))
            name = _text(engine.options.get("app_dirname")) or "templates"
        elif backend == "jinja":
            name = "jinja2"
        if app_dirs:
            folders += self._in_apps(name)
        return Engine(backend, tuple(dict.fromkeys(folders)), certain, owner, "" if pattern else suffix, pattern)

    def _in_apps(self, name: str) -> tuple[str, ...]:
        return tuple(posixpath.join(folder, name) for folder in self.app_folders)

    @cached_property
    def app_folders(self) -> tuple[str, ...]:
        """The folders of installed apps that lie in the project; those that only some settings install come last."""
        found = {app.folder: None for app in self.project.django.apps if app.installed and app.folder is not None}
        for settings in self.project.django.settings:
            for entry in settings.installed_apps:
                symbol = self.project.symbols.lookup(entry, settings.module)
                if isinstance(symbol, (ModuleSymbol, ClassSymbol)) and symbol.module.path:
                    found.setdefault(posixpath.dirname(symbol.module.path))
        return tuple(found)

    @cached_property
    def apps_certain(self) -> bool:
        """Is every INSTALLED_APPS known in full, with nothing outside the repository that may add to it?"""
        return all(
            settings.installed_apps_known and not settings.is_open
            for settings in self.project.django.settings
            if settings.named_by or settings is self.project.django.settings[0]
        )

    @cached_property
    def certain(self) -> bool:
        """Are all folders known that any loader searches?"""
        return bool(self.engines) and all(engine.certain for engine in self.engines)

    @cached_property
    def folders(self) -> tuple[str, ...]:
        """Every folder that a loader searches, in order."""
        return tuple(dict.fromkeys(folder for engine in self.engines for folder in engine.folders))

    @cached_property
    def conventional_folders(self) -> tuple[str, ...]:
        """Folders of templates by their name alone, outermost first."""
        found: dict[str, None] = {}
        for path in self.project.template_files:
            parts = path.split("/")[:-1]
            for index, part in enumerate(parts):
                if part in _CONVENTIONAL:
                    found["/".join(parts[: index + 1])] = None
                    break
        return tuple(sorted(found))

    # --------------------------------------------------------------- lookup

    @cached_property
    def _paths(self) -> list[str]:
        return sorted(self.project.template_files)

    def under(self, folder: str) -> Iterator[str]:
        """The paths of the templates below a folder."""
        if not folder:
            yield from self._paths
            return
        at = bisect_left(self._paths, folder + "/")
        while at < len(self._paths) and self._paths[at].startswith(folder + "/"):
            yield self._paths[at]
            at += 1

    @cached_property
    def _names(self) -> Mapping[str, tuple[str, ...]]:
        """The paths that loaders find under each name, the first found first."""
        found: dict[str, dict[str, None]] = {}
        for engine in self.engines:
            for folder in engine.folders:
                for path in self.under(folder):
                    name = path[len(folder) + 1 :] if folder else path
                    if engine.serves(name):
                        found.setdefault(name, {})[path] = None
        return {name: tuple(paths) for name, paths in found.items()}

    @cached_property
    def _name_of(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, paths in self._names.items():
            for path in paths:
                if path not in found or len(name) < len(found[path]):
                    found[path] = name
        return found

    @cached_property
    def _conventional(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for folder in self.conventional_folders:
            for path in self.under(folder):
                found.setdefault(path[len(folder) + 1 :], []).append(path)
        return {name: tuple(paths) for name, paths in found.items()}

    def paths_of(self, name: str) -> tuple[str, ...]:
        """The files that a name may stand for, first the one that is taken.

        Folders that are templates' by convention alone count only where no loader is known to find the name.
        """
        name = name.partition("#")[0]
        if name.startswith("/") and any(engine.backend == "jinja" for engine in self.engines):
            name = name.lstrip("/")  # Jinja drops it
        return self._names.get(name) or self._conventional.get(name, ())

    def candidates(self, name: str) -> tuple[TemplateFacts, ...]:
        """The templates that a name may stand for, the one that is taken first."""
        return tuple(self.all[path] for path in self.paths_of(name))

    def find(self, name: str, near: TemplateFacts | None = None) -> TemplateFacts | None:
        """The template that a name stands for; `near` is the one that names it (`./x.html`, `#part` of its own)."""
        if near is not None:
            if name.startswith("#"):
                return near
            if name.startswith(("./", "../")):
                own = self.name_of(near.path) or self._conventional_name(near.path)
                if own is None:
                    return None
                name = posixpath.normpath(posixpath.join(posixpath.dirname(own), name))
        paths = self.paths_of(name)
        return self.all[paths[0]] if paths else None

    def parent(self, template: TemplateFacts) -> TemplateFacts | None:
        """The template that this one extends; one that extends its own name extends the next file of that name."""
        name = text_in(template.extends)
        if name is None:
            return None
        paths = self.paths_of(name)
        if template.path in paths:
            paths = paths[paths.index(template.path) + 1 :]
            return self.all[paths[0]] if paths else None
        return self.find(name, template)

    def exists(self, name: str) -> bool:
        """Does a loader find any file of that name, be it a template or a script?"""
        if name.partition("#")[0] in self._names:
            return True
        folders = self.folders if self.certain else (*self.folders, *self.conventional_folders)
        return any(_clean(posixpath.join(folder, name)) in self.project.files for folder in folders)

    def name_of(self, path: str) -> str | None:
        """The name under which a loader finds the file; None where none is known to."""
        return self._name_of.get(path)

    def _conventional_name(self, path: str) -> str | None:
        folder = next((each for each in self.conventional_folders if path.startswith(each + "/")), None)
        return path[len(folder) + 1 :] if folder is not None else None

    def engine_of(self, path: str) -> str | None:
        """The one backend whose loaders find the file; None where none or both do."""
        name = self.name_of(path)
        backends = {
            engine.backend
            for engine in self.engines
            if name is not None and any(_serves(engine, folder, path) for folder in engine.folders)
        }
        if not backends and not self.project.django.present and self.project.flask.present:
            return "jinja"
        return backends.pop() if len(backends) == 1 else None

    # ------------------------------------------- custom tags and functions

    @cached_property
    def functions(self) -> Functions:
        """Custom tags, filters, and the globals of Jinja."""
        from pitfall_lint.project.template_functions import Functions

        return Functions(self.project)

    def tag(self, template: TemplateFacts, name: str) -> FunctionSymbol | None:
        """The function of a custom tag as that template sees it: simple, inclusion or simple block tag."""
        found = self.functions.tag(template, name)
        return found.function if found is not None else None

    def filter(self, template: TemplateFacts, name: str) -> FunctionSymbol | None:
        """The function of a custom filter as that template sees it."""
        found = self.functions.filter(template, name)
        return found.function if found is not None else None

    def tag_kind(self, function: FunctionSymbol) -> Registered | None:
        """How a function is registered (kind, inclusion template, takes_context); None for one that is not."""
        return self.functions.of(function)


class _Read(Mapping[str, TemplateFacts]):
    """The templates by path. One that was read for another engine than finds it is read again, once somebody asks."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._files = templates.project.template_files
        self._read: dict[str, TemplateFacts] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, path: str) -> TemplateFacts:
        known = self._read.get(path)
        if known is None:
            facts = self._files[path]
            wanted = self._templates.engine_of(path)
            known = facts if wanted in (None, facts.engine) else self._again(facts, str(wanted))
            self._read[path] = known
        return known

    def _again(self, facts: TemplateFacts, engine: str) -> TemplateFacts:
        try:
            text = text_of(self._templates.project.source.read(facts.path))
        except OSError:
            return facts
        if engine == "jinja":
            from pitfall_lint.facts import jinja_template

            return jinja_template.read(facts.path, text)
        from pitfall_lint.facts import django_template

        return django_template.read(facts.path, text)


def text_in(expr: Expr | None) -> str | None:
    """The text of a string constant."""
    return expr.value if isinstance(expr, Const) and isinstance(expr.value, str) else None


def _is_changed_later(settings: Settings) -> bool:
    """Is what TEMPLATES holds changed in place (`TEMPLATES[0]["DIRS"].append(...)`), which is not followed?"""
    for module in settings.modules:
        for node in statements(module.facts.body):
            changed: Expr | None = None
            if isinstance(node, Do) and isinstance(node.value, Call) and isinstance(node.value.func, Attr):
                changed = node.value.func.object
            elif isinstance(node, Let) and node.op is not None:
                changed = node.target
            if isinstance(changed, Subscript):
                while isinstance(changed, (Subscript, Attr)):
                    changed = changed.object
                if isinstance(changed, Name) and changed.id == "TEMPLATES":
                    return True
    return False


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _clean(folder: str) -> str:
    cleaned = posixpath.normpath(folder) if folder else ""
    return "" if cleaned == "." else cleaned


def _serves(engine: Engine, folder: str, path: str) -> bool:
    if not folder:
        return engine.serves(path)
    return path.startswith(folder + "/") and engine.serves(path[len(folder) + 1 :])
