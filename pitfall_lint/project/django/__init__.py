"""Django's view of a project: settings, apps, models and their relations, URLs. Each part is linked when it is first
asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.django import linking
from pitfall_lint.project.django.apps import App, Apps
from pitfall_lint.project.django.drafts import Draft, Drafts
from pitfall_lint.project.django.linking import Unresolved
from pitfall_lint.project.django.managers import Manager
from pitfall_lint.project.django.models import Field, Model, Relation
from pitfall_lint.project.django.settings import Settings, TemplateEngine, find_settings
from pitfall_lint.project.django.targets import Targets
from pitfall_lint.project.django.urls import Pattern, Urls
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.listings import Listings
    from pitfall_lint.project.symbols import Symbol

__all__ = ["App", "Django", "Field", "Manager", "Model", "Pattern", "Relation", "Settings", "TemplateEngine", "Urls"]

_USER = "django.contrib.auth.models.User"


class Django:
    """What Django would make of the project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def present(self) -> bool:
        """Whether the project uses Django: it imports it, or names its settings module."""
        from pitfall_lint.language import Import
        from pitfall_lint.project.modules import statements

        return any(
            isinstance(node, Import)
            and node.level == 0
            and (node.module == "django" or node.module.startswith("django."))
            for facts in self.project.python.values()
            for node in statements(facts.body)
        )

    # --------------------------------------------------------------- settings

    @cached_property
    def settings(self) -> tuple[Settings, ...]:
        """The settings modules, the main one first."""
        return find_settings(self.project)

    def setting(self, name: str) -> Any:
        """The folded value of a setting of the main module; NOTHING where it is not given or not known."""
        return self.settings[0].value(name) if self.settings else NOTHING

    # ------------------------------------------------------------------- apps

    @cached_property
    def _apps(self) -> Apps:
        return Apps(self.project, self.settings)

    @cached_property
    def apps(self) -> tuple[App, ...]:
        """The project's own apps, installed or not."""
        return self._apps.local

    @property
    def installed_apps(self) -> tuple[str, ...]:
        """The names of the installed apps, the project's own and those from outside."""
        return self._apps.installed

    def app_of(self, module: Module) -> App | None:
        """The app that holds the module."""
        return self._apps.of_module(module)

    @cached_property
    def version(self) -> tuple[int, int] | None:
        """The lowest Django that the project declares; None where it says nothing."""
        return self._apps.declared_version()

    # ----------------------------------------------------------------- models

    @cached_property
    def _linker(self) -> linking.Linker:
        symbols = self.project.symbols
        drafts = Drafts(symbols, self._apps.label_of)
        own = list(drafts.all())
        targets = Targets(symbols, drafts, self.setting)
        targets.index(own)
        targets.user = self._user_draft(own, targets)
        linker = linking.Linker(symbols, drafts, targets)
        listed = linking.listed_of_apps(drafts, self.installed_apps)
        # A swapped-out user has no table and no relations.
        linker.link([*own, *(draft for draft in listed if draft is targets.user or draft.dotted != _USER)])
        if targets.user is not None:
            linker.link([targets.user])
        return linker

    def _user_draft(self, own: list[Draft], targets: Targets) -> Draft | None:
        value = self.setting("AUTH_USER_MODEL")
        if isinstance(value, str):
            found = targets.named(value)
            if found is not None:
                return found
        base = "django.contrib.auth.models.AbstractBaseUser"
        users = [draft for draft in own if draft.symbol is not None and not draft.abstract and not draft.proxy]
        users = [draft for draft in users if draft.symbol is not None and base in draft.symbol.ancestors]
        direct = [draft for draft in users if draft.symbol is not None and _USER not in draft.symbol.ancestors]
        if value is NOTHING and len(direct) == 1:
            return direct[0]
        return targets.drafts.of_name(_USER)

    @cached_property
    def models(self) -> Mapping[str, Model]:
        """All models by dotted name: the project's (abstract and proxy ones too), and those from outside that are
        installed or led to. A second
        model of one dotted name (another Django project in the repository) stands under `path:name`.
        """
        found: dict[str, Model] = {}
        for model in self._linker.models:
            if model.dotted not in found:
                found[model.dotted] = model
            elif model.symbol is not None:
                found[f"{model.symbol.module.path}:{model.symbol.node.qualname}"] = model
        return found

    @cached_property
    def _by_symbol(self) -> Mapping[int, Model]:
        return {id(model.symbol): model for model in self._linker.models if model.symbol is not None}

    @property
    def unresolved(self) -> tuple[Unresolved, ...]:
        """The relations whose target is not known, and why."""
        return tuple(self._linker.unresolved)

    def model_of(self, symbol: Symbol | str | None) -> Model | None:
        """The model that a class symbol or dotted name is."""
        if isinstance(symbol, ClassSymbol):
            return self._by_symbol.get(id(symbol))
        if isinstance(symbol, ExternalSymbol):
            symbol = symbol.dotted
        if not isinstance(symbol, str):
            return None
        return self.models.get(symbol) or self._outside(self.project.symbols.canonical(symbol))

    def _outside(self, dotted: str) -> Model | None:
        """A model from outside that nothing in the project leads to."""
        linker = self._linker
        draft = linker.drafts.of_name(dotted)
        if draft is None or draft.listed is None:
            return None
        if dotted not in self.models:
            linker.link([draft])
            assert isinstance(self.models, dict)
            for model in linker.models:
                self.models.setdefault(model.dotted, model)
        return self.models[dotted]

    def model_named(self, label: str, near: Module | None = None) -> Model | None:
        """The model `app.Book`, whatever the case of its name."""
        linker = self._linker
        candidates = [model for model in self._by_label.get(label.lower(), ()) if not model.abstract]
        if near is not None and len(candidates) > 1:
            for model in candidates:
                if model.symbol is not None and model.symbol.module.root == near.root:
                    return model
        if candidates:
            return candidates[0]
        draft = linker.targets.named(label)
        return self._outside(draft.dotted) if draft is not None else None

    @cached_property
    def _by_label(self) -> Mapping[str, list[Model]]:
        found: dict[str, list[Model]] = {}
        for model in self._linker.models:
            found.setdefault(model.label.lower(), []).append(model)
        return found

    @cached_property
    def user_model(self) -> Model | None:
        """The model that `get_user_model()` gives."""
        linker = self._linker
        return linker.model(linker.targets.user) if linker.targets.user is not None else None

    @cached_property
    def user_symbol(self) -> ClassSymbol | ExternalSymbol | None:
        """The class of the user model, found without linking the models, for classes that inherit from
        `get_user_model()`.
        """
        value = self.setting("AUTH_USER_MODEL")
        symbols = self.project.symbols
        if isinstance(value, str) and value.lower() != "auth.user":
            name = value.rpartition(".")[2]
            label = value.partition(".")[0]
            for symbol in symbols.classes():
                if symbol.name == name and self._apps.label_of(symbol.module) == label:
                    return symbol
            return None
        return symbols.external(_USER)

    # ------------------------------------------------------------------ views

    @cached_property
    def listings(self) -> Listings:
        """The views that list rows."""
        from pitfall_lint.project.django.listings import Listings

        return Listings(self.project)

    # ------------------------------------------------------------------- URLs

    @cached_property
    def urls(self) -> Urls:
        """The URL patterns, from ROOT_URLCONF down."""
        return Urls(self.project, self.settings)
