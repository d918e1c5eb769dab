"""Apps: what INSTALLED_APPS names, which folders of the project that is, and which label each has.

A folder of the project that holds models or an AppConfig is an app, too, installed or not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.discover import is_test_path
from pitfall_lint.facts.records import PythonFacts
from pitfall_lint.language import Class, Import
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.settings import Settings

_OUTSIDE = "\0outside"  # the folder of an app that lies outside the project
_CONFIG = "django.apps.AppConfig"
_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class App:
    """One app of the project. `folder` is root-relative; `dotted` its name; `config` its AppConfig where the project
    has one.
    """

    label: str
    dotted: str
    folder: str
    installed: bool
    config: ClassSymbol | None = None


class Apps:
    """All apps, and the labels of modules."""

    def __init__(self, project: Project, settings: Sequence[Settings]) -> None:
        self.project = project
        self._symbols = project.symbols
        self._labels: dict[str, str] = {}
        self._configs: dict[str, list[ClassSymbol]] = {}
        self._collect_configs()
        apps: dict[str, App] = {}
        for entry in dict.fromkeys(name for one in settings[:1] for name in one.installed_apps):
            app = self._installed(entry)
            apps.setdefault(app.dotted, app)
        main = settings[0] if settings else None
        for one in settings[1:]:
            for entry in one.installed_apps:
                # Another project in the repository, or what development adds.
                app = self._installed(entry)
                if app.folder != _OUTSIDE and (main is None or one.module.root != main.module.root):
                    apps.setdefault(app.dotted, app)
        for app in self._local(apps):
            apps.setdefault(app.dotted, app)
        self._by_name = apps
        self.local: tuple[App, ...] = tuple(app for app in apps.values() if app.folder != _OUTSIDE)
        self.installed: tuple[str, ...] = tuple(app.dotted for app in apps.values() if app.installed)
        self._by_module: dict[str, str] = {}

    # ---------------------------------------------------------------- finding

    def _collect_configs(self) -> None:
        """The AppConfig classes of the project, by the name of the app that they speak of."""
        for path in self.project.python:
            base = posixpath.basename(path)
            if base not in ("apps.py", "__init__.py", "app.py", "config.py", "appconfig.py"):
                continue
            module = self._symbols.module_at(path)
            if module is None or module.facts.shallow:
                continue
            for node in statements(module.facts.body):
                if isinstance(node, Class) and node.bases:
                    symbol = self._symbols.class_symbol(module, node)
                    if symbol.is_subclass_of(_CONFIG) or any(
                        base.dotted.endswith("AppConfig") for base in symbol.bases
                    ):
                        name = self._text(symbol, "name") or module.package
                        self._configs.setdefault(name, []).append(symbol)

    def _text(self, symbol: ClassSymbol, name: str) -> str | None:
        from pitfall_lint.project.constants import Folder

        value = Folder(self._symbols, symbol.module).of_class(symbol, name)
        return value if isinstance(value, str) else None

    def _app(self, dotted: str, installed: bool, config: ClassSymbol | None) -> App:
        if config is None:
            configs = self._configs.get(dotted, [])
            if len(configs) > 1:  # the one that is marked, else the one in apps.py
                configs = [found for found in configs if "default" in found.members] or configs
            config = configs[0] if configs else None
        label = self._text(config, "label") if config is not None else None
        symbol = self._symbols.module_symbol(dotted)
        folder = _OUTSIDE
        if symbol is not None:
            path = symbol.module.path
            folder = posixpath.dirname(path) if path else self._namespace_folder(dotted)
        return App(label or dotted.rpartition(".")[2], dotted, folder, installed, config)

    def _namespace_folder(self, dotted: str) -> str:
        inside = dotted.replace(".", "/")
        for root in self._symbols.roots:
            folder = posixpath.join(root, inside)
            if any(path.startswith(folder + "/") for path in self.project.python):
                return folder
        return _OUTSIDE

    def _installed(self, entry: str) -> App:
        """The app of an entry: a package, or the dotted path of an AppConfig."""
        symbol = self._symbols.lookup(entry)
        if isinstance(symbol, ClassSymbol):
            name = self._text(symbol, "name") or symbol.module.package
            return self._app(name, True, symbol)
        last = entry.rpartition(".")[2]
        if symbol is None or (last[:1].isupper() and "." in entry):
            # An AppConfig from outside: `django.contrib.admin.apps.AdminConfig`
            module = entry.rpartition(".")[0]
            return self._app(module.removesuffix(".apps").removesuffix(".app").removesuffix(".config"), True, None)
        return self._app(entry, True, None)

    def _local(self, known: dict[str, App]) -> list[App]:
        """Packages of the project that are made as apps are: with an AppConfig, models or migrations."""
        found: dict[str, App] = {}
        for name in self._configs:
            if name not in known and self._symbols.module_symbol(name) is not None:
                found[name] = self._app(name, False, None)
        for path, facts in self.project.python.items():
            folder, _, base = path.rpartition("/")
            inner = folder.rpartition("/")[2]
            module = self._symbols.module_at(path)
            package = None
            if module is None or is_test_path(path):
                continue
            if inner == "migrations" and base[:4].isdigit():
                package = module.name.rpartition(".")[0].rpartition(".")[0]
            elif inner == "models" and base == "__init__.py":
                package = module.name.rpartition(".")[0]
            elif base == "models.py" and f"{folder}/__init__.py" in self.project.python and inner != "models":
                package = module.package if _imports_models(facts) else None
            if package and package not in known and package not in found:
                found[package] = self._app(package, False, None)
        return list(found.values())

    # ----------------------------------------------------------------- labels

    def of_module(self, module: Module) -> App | None:
        """The app that holds the module: the one with the longest name that the module's begins with."""
        name = module.name
        while name:
            app = self._by_name.get(name)
            if app is not None:
                return app
            name = name.rpartition(".")[0]
        return None

    def label_of(self, module: Module) -> str:
        """The label of models of the module: of the installed app that holds it, else of the package that holds
        `models`.
        """
        label = self._by_module.get(module.path)
        if label is None:
            label = self._by_module[module.path] = self._label(module)
        return label

    def _label(self, module: Module) -> str:
        name = module.name
        while name:
            app = self._by_name.get(name)
            if app is not None and app.installed:
                return app.label
            name = name.rpartition(".")[0]
        app = self.of_module(module)
        if app is not None:
            return app.label
        parts = module.name.split(".")
        if "models" in parts[1:]:
            return parts[parts.index("models", 1) - 1]
        if len(parts) > 1:
            return parts[-1] if module.is_package else parts[-2]
        return posixpath.basename(posixpath.dirname(module.path)) or parts[0]

    # ---------------------------------------------------------------- version

    def declared_version(self) -> tuple[int, int] | None:
        """The lowest Django version that a manifest asks for."""
        found: tuple[int, int] | None = None
        for manifest in self.project.manifests.values():
            for requirement in manifest.requirements:
                if requirement.name == "django" and requirement.specifier:
                    version = _lowest(requirement.specifier)
                    if version is not None and (found is None or version < found):
                        found = version
        return found


def _imports_models(facts: PythonFacts) -> bool:
    return any(isinstance(node, Import) and (node.name == "models" or "models" in node.module) for node in facts.body)


def _lowest(specifier: str) -> tuple[int, int] | None:
    found: tuple[int, int] | None = None
    for part in specifier.split(","):
        part = part.strip()
        if part.startswith(("<", "!")):
            continue
        match = _VERSION.search(part)
        if match:
            version = (int(match.group(1)), int(match.group(2) or 0))
            found = version if found is None or version > found else found
    return found
