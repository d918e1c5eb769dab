"""SQLAlchemy's view of a project: mapped classes and their relationships, with Flask-SQLAlchemy or without."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.sqlalchemy.models import MappedModel, Relationship

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.symbols import Symbol

__all__ = ["MappedModel", "Relationship", "Sqlalchemy"]

_PACKAGES = ("sqlalchemy", "flask_sqlalchemy", "flask_sqlalchemy_lite", "sqlmodel")


class Sqlalchemy:
    """What SQLAlchemy would make of the project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def present(self) -> bool:
        """Whether the project imports SQLAlchemy and maps classes with it."""
        from pitfall_lint.language import Import
        from pitfall_lint.project.modules import statements

        imported = any(
            isinstance(node, Import) and node.level == 0 and node.module.partition(".")[0] in _PACKAGES
            for facts in self.project.python.values()
            for node in statements(facts.body)
        )
        return imported and bool(self.models)

    @cached_property
    def _linked(self) -> Mapping[int, MappedModel]:
        from pitfall_lint.project.sqlalchemy.linking import Linker

        return Linker(self.project.symbols).link()

    @cached_property
    def models(self) -> Mapping[str, MappedModel]:
        """The mapped classes by dotted name, abstract ones too."""
        return {model.dotted: model for model in self._linked.values()}

    def model_of(self, symbol: Symbol | None) -> MappedModel | None:
        """The mapped class that a class symbol is."""
        return self._linked.get(id(symbol)) if isinstance(symbol, ClassSymbol) else None

    @cached_property
    def user_model(self) -> MappedModel | None:
        """The class whose row Flask-Login's `current_user` is: the one that has its `UserMixin`."""
        found = [
            model
            for model in self._linked.values()
            if not model.abstract and model.symbol is not None and model.symbol.is_subclass_of("flask_login.UserMixin")
        ]
        return found[0] if len(found) == 1 else None
