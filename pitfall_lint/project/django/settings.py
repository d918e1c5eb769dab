"""Which modules are Django settings, which of them is the main one, and what they say.

The main one is what wsgi.py or asgi.py names, then manage.py; of several the one that is not for development. Modules
that only look like
settings come last. How their values are found is in `evaluation`.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Place
from pitfall_lint.language import Call, Class, Const, Import, Let, Subscript, walk
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.django.evaluation import Evaluation, Evaluations
from pitfall_lint.project.django.expressions import Setting, relative
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project

_VARIABLE = "DJANGO_SETTINGS_MODULE"
# Files that name the settings module, the most telling first.
_NAMERS = (
    "wsgi.py",
    "asgi.py",
    "manage.py",
    "celery.py",
    "celery_app.py",
    "conftest.py",
    "main.py",
    "__main__.py",
    "__init__.py",
    "app.py",
)
_TEXT_NAMERS = ("pyproject.toml", "setup.cfg", "pytest.ini", "tox.ini", "Dockerfile", "Procfile")
_IN_TEXT = re.compile(r"""DJANGO_SETTINGS_MODULE["']?\s*[=:]\s*["']?([A-Za-z_][\w.]*)|--ds[= ]([A-Za-z_][\w.]*)""")
_DEVELOPMENT = re.compile(
    r"(^|_)(dev|devel|development|local|locals|test|tests|testing|ci|debug|docs|example|sample|template|travis|e2e"
    r"|cypress|playground)(_|$|\d)"
)
_PRODUCTION = re.compile(r"(^|_)(prod|production|deploy|deployment|live|heroku|server|release)(_|$)")
_MOST_GUESSES = 60


@dataclass(frozen=True, slots=True)
class TemplateEngine:
    """One entry of TEMPLATES (or the old TEMPLATE_ settings). `dirs` are root-relative, None where not known;
    `loaders` the dotted classes, nested
    ones flattened, None where not set; `certain` false where an unknown value took part.
    """

    backend: str
    dirs: tuple[str | None, ...]
    app_dirs: bool
    loaders: tuple[str, ...] | None
    options: Mapping[str, Any]
    certain: bool
    place: Place | None = None


class Settings:
    """One settings module. `named_by` are the files that name it; none where it only looks like one."""

    def __init__(self, module: Module, evaluation: Evaluation, named_by: tuple[str, ...]) -> None:
        self.module = module
        self.named_by = named_by
        self._evaluation = evaluation

    def __repr__(self) -> str:
        return f"Settings({self.module.name!r})"

    @property
    def path(self) -> str:
        """The file, root-relative."""
        return self.module.path

    @property
    def names(self) -> Mapping[str, Setting]:
        """All names of the module, settings or not."""
        return self._evaluation.names

    @property
    def modules(self) -> tuple[Module, ...]:
        """This module and those whose names it takes over."""
        return tuple(self._evaluation.modules)

    @property
    def is_open(self) -> bool:
        """Whether something outside the repository may change it, such as a local settings file."""
        return self._evaluation.is_open

    @property
    def is_development(self) -> bool:
        """Whether its name says that it is for development, tests or an example."""
        return bool(_DEVELOPMENT.search(_short(self.module.name)))

    @property
    def is_production(self) -> bool:
        """Whether its name says that it is for production."""
        return bool(_PRODUCTION.search(_short(self.module.name)))

    def get(self, name: str) -> Setting | None:
        """The setting, with its place and whether it is certain; None where the project does not set it."""
        return self._evaluation.names.get(name)

    def value(self, name: str) -> Any:
        """The folded value; NOTHING where it is not set or not certain. A list or dict may hold NOTHING for what is
        not known in it.
        """
        setting = self.get(name)
        return setting.value if setting is not None else NOTHING

    def paths(self, name: str) -> tuple[str | None, ...]:
        """The root-relative paths that a setting holds (one, or a list; of a pair `(prefix, path)` the path)."""
        value = self.value(name)
        if isinstance(value, str):
            return (relative(value, self.module.root),)
        if not isinstance(value, (list, tuple, set)):
            return () if value is NOTHING and self.get(name) is None else (None,)
        items = [item[1] if isinstance(item, (tuple, list)) and len(item) == 2 else item for item in value]
        return tuple(relative(item, self.module.root) for item in items)

    @cached_property
    def installed_apps(self) -> tuple[str, ...]:
        """The known entries of INSTALLED_APPS."""
        value = self.value("INSTALLED_APPS")
        return (
            tuple(dict.fromkeys(item for item in value if isinstance(item, str)))
            if isinstance(value, (list, tuple))
            else ()
        )

    @property
    def installed_apps_known(self) -> bool:
        """Whether INSTALLED_APPS is known in full."""
        setting = self.get("INSTALLED_APPS")
        return setting is not None and isinstance(setting.value, (list, tuple)) and NOTHING not in setting.value

    @cached_property
    def templates(self) -> tuple[TemplateEngine, ...]:
        """The template engines."""
        setting = self.get("TEMPLATES")
        if setting is None:
            return self._old_templates()
        if not isinstance(setting.value, (list, tuple)):
            return ()
        return tuple(self._engine(item, setting) for item in setting.value if isinstance(item, dict))

    def _engine(self, item: Mapping[Any, Any], setting: Setting) -> TemplateEngine:
        backend = item.get("BACKEND", "django.template.backends.django.DjangoTemplates")
        dirs = item.get("DIRS", ())
        options = item.get("OPTIONS", {})
        options = options if isinstance(options, dict) else {}
        loaders = options.get("loaders")
        folders: tuple[str | None, ...] = (None,)
        if isinstance(dirs, (list, tuple, set)):
            folders = tuple(relative(folder, self.module.root) for folder in dirs)
        elif isinstance(dirs, str):
            folders = (relative(dirs, self.module.root),)
        return TemplateEngine(
            backend if isinstance(backend, str) else "",
            folders,
            item.get("APP_DIRS") is True,
            _flat(loaders) if loaders is not None and loaders is not NOTHING else None,
            options,
            setting.certain,
            setting.place,
        )

    def _old_templates(self) -> tuple[TemplateEngine, ...]:
        """Before Django 1.8: TEMPLATE_DIRS, TEMPLATE_LOADERS (by default the folders and the apps)."""
        if not any(name in self.names for name in ("TEMPLATE_DIRS", "TEMPLATE_LOADERS", "TEMPLATE_CONTEXT_PROCESSORS")):
            return ()
        setting = self.get("TEMPLATE_DIRS")
        value = self.value("TEMPLATE_LOADERS")
        loaders = _flat(value) if isinstance(value, (list, tuple)) else None
        app_dirs = loaders is None or any("app_directories" in loader for loader in loaders)
        certain = setting is None or setting.certain
        return (
            TemplateEngine(
                "django.template.backends.django.DjangoTemplates",
                self.paths("TEMPLATE_DIRS"),
                app_dirs,
                loaders,
                {},
                certain,
                setting.place if setting is not None else None,
            ),
        )


def _flat(loaders: Any) -> tuple[str, ...]:
    """The loaders' names; those that a cached loader wraps stand after it."""
    if isinstance(loaders, str):
        return (loaders,)
    if isinstance(loaders, (list, tuple)):
        return tuple(name for loader in loaders for name in _flat(loader))
    return ()


def _short(dotted: str) -> str:
    return dotted.rpartition(".")[2].lower()


def find_settings(project: Project) -> tuple[Settings, ...]:
    """The settings modules of the project, the main one first."""
    symbols = project.symbols
    evaluations = Evaluations(symbols)
    named: dict[str, list[str]] = {}
    for path, dotted in _named(project):
        near = symbols.module_at(path)
        module = symbols.find_module(dotted, near)
        if module is None and near is None:
            folder = posixpath.dirname(path)
            module = next(
                (found for found in symbols.modules.values() if found.name == dotted and found.path.startswith(folder)),
                None,
            )
        if module is not None and not module.facts.shallow:
            named.setdefault(module.path, []).append(path)
    found: list[tuple[int, int, Settings]] = []
    for order, (path, namers) in enumerate(named.items()):
        module = symbols.module_at(path)
        evaluation = evaluations.of(module) if module is not None else None
        if module is not None and evaluation is not None:
            _run_configuration(project, module, evaluation, namers)
            settings = Settings(module, evaluation, tuple(namers))
            rank = 20 if settings.is_development else 0
            text_only = all(posixpath.basename(namer) in _TEXT_NAMERS or not namer.endswith(".py") for namer in namers)
            found.append((rank + (25 if text_only else 0), order, settings))
    guesses = 0
    for module in list(symbols.modules.values()):
        if module.path in named or not _looks_like_settings(module) or guesses >= _MOST_GUESSES:
            continue
        guesses += 1
        evaluation = evaluations.of(module)
        if evaluation is None:
            continue
        _run_configuration(project, module, evaluation, [])
        if "INSTALLED_APPS" in evaluation.names or "ROOT_URLCONF" in evaluation.names:
            settings = Settings(module, evaluation, ())
            used = any(module in other.modules for _, _, other in found)
            rank = 10 if settings.is_production else 40 if settings.is_development else 35 if used else 30
            found.append((rank, module.path.count("/"), settings))
    found.sort(key=lambda entry: (entry[0], entry[1]))
    return tuple(settings for _, _, settings in found)


def _looks_like_settings(module: Module) -> bool:
    if module.facts.shallow:
        return False
    last = _short(module.name)
    parts = module.name.lower().split(".")
    named = (
        "settings" in last
        or "settings" in parts[-2:-1]
        or ("config" in parts and last in ("base", "common", "production", "local"))
    )
    if not named:
        return False
    return "INSTALLED_APPS" in module.facts.words or any(
        isinstance(node, Import) and node.name == "*" for node in module.facts.body
    )


def _named(project: Project) -> Iterator[tuple[str, str]]:
    """The files that name a settings module, and what they name, the most telling first."""
    by_name: dict[str, list[str]] = {}
    for path in project.python:
        base = posixpath.basename(path)
        if base in _NAMERS:
            by_name.setdefault(base, []).append(path)
    for base in _NAMERS:
        paths = sorted(by_name.get(base, ()), key=lambda path: (path.count("/"), path))
        for path in paths:
            facts = project.python[path]
            if (
                base in ("__init__.py", "app.py", "main.py", "__main__.py", "conftest.py")
                and "environ" not in facts.words
            ):
                continue
            for dotted in _in_module(project, path):
                yield path, dotted
    for path in project.files:
        base = posixpath.basename(path)
        if base in _TEXT_NAMERS and path.count("/") <= 2:
            try:
                text = project.source.read(path).decode("utf-8", "replace")
            except OSError:
                continue
            if _VARIABLE in text or "--ds" in text:
                for match in _IN_TEXT.finditer(text):
                    yield path, match.group(1) or match.group(2)


def _in_module(project: Project, path: str) -> Iterator[str]:
    module = project.symbols.module_at(path)
    if module is None:
        return
    for node in walk(module.facts.body):
        value = None
        if isinstance(node, Call) and len(node.args) >= 2 and _is_variable(node.args[0]):
            value = node.args[1]
        elif isinstance(node, Let) and isinstance(node.target, Subscript) and _is_variable(node.target.index):
            value = node.value
        if value is not None:
            folded = project.symbols.constant(module, value)
            if isinstance(folded, str):
                yield folded


def _is_variable(node: Any) -> bool:
    return isinstance(node, Const) and node.value == _VARIABLE


def _run_configuration(project: Project, module: Module, evaluation: Evaluation, namers: list[str]) -> None:
    """django-configurations: the class that DJANGO_CONFIGURATION names, else the one for production, else the last."""
    if "INSTALLED_APPS" in evaluation.names:
        return
    classes = [
        project.symbols.class_symbol(module, node)
        for node in statements(module.facts.body)
        if isinstance(node, Class) and node.bases
    ]
    classes = [
        symbol
        for symbol in classes
        if symbol.is_subclass_of("configurations.Configuration", "configurations.base.Configuration")
    ]
    if not classes:
        return
    chosen: ClassSymbol | None = None
    for path in namers:
        namer = project.symbols.module_at(path)
        for node in walk(namer.facts.body) if namer is not None else ():
            if (
                isinstance(node, Call)
                and len(node.args) == 2
                and isinstance(node.args[0], Const)
                and node.args[0].value == "DJANGO_CONFIGURATION"
            ):
                wanted = node.args[1]
                chosen = next(
                    (symbol for symbol in classes if isinstance(wanted, Const) and symbol.name == wanted.value), chosen
                )
    production = next((symbol for symbol in classes if _PRODUCTION.search(symbol.name.lower())), None)
    evaluation.run_class(production or chosen or classes[-1], evaluation.names)
