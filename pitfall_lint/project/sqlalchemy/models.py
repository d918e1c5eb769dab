"""Mapped classes as the rest of the linter sees them: models and relations, shaped like Django's so that the
interpreter takes either.

Everything here is filled once, by `linking`, and not changed afterwards.
https://docs.sqlalchemy.org/en/20/orm/relationship_api.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.django.models import Model, Relation

LAZY = frozenset({"select", "true", "dynamic", "write_only"})
QUERIES = frozenset({"dynamic", "write_only"})


@dataclass(frozen=True, slots=True, eq=False)
class Relationship(Relation):
    """A relationship as it is read on a row. `lazy` is how it loads where the query says nothing: select, joined,
    subquery, selectin,
    immediate, raise, noload, dynamic, write_only. `keys` are the attributes of the class that holds the foreign key
    which make it up.
    """

    lazy: str = "select"
    keys: frozenset[str] = frozenset()

    @property
    def loads_itself(self) -> bool:
        """Whether reading it runs no query of its own: it is loaded with the row, or refuses."""
        return self.lazy not in LAZY

    @property
    def is_query(self) -> bool:
        """Whether reading it gives a query instead of rows."""
        return self.lazy in QUERIES


class MappedModel(Model):
    """A mapped class. `columns` are the attributes that hold columns; `query_class` the project's class of
    `Model.query`."""

    __slots__ = ("columns", "query_class", "query_name", "table")

    dialect = "sqlalchemy"

    def __init__(self, symbol: ClassSymbol, abstract: bool, table: str | None) -> None:
        super().__init__(symbol, symbol.dotted, "", abstract, False)
        self.table = table
        self.columns: frozenset[str] = frozenset()
        self.query_class: ClassSymbol | None = None
        self.query_name: str | None = None

    @property
    def label(self) -> str:
        """The class's name."""
        return self.name

    def relationship(self, name: str) -> Relationship | None:
        """The relationship that is read as `row.name`."""
        found = self.relations.get(name)
        return found if isinstance(found, Relationship) else None

    @property
    def relationships(self) -> Mapping[str, Relationship]:
        """All of them, by name."""
        return {name: relation for name, relation in self.relations.items() if isinstance(relation, Relationship)}


__all__ = ["MappedModel", "Relationship"]
