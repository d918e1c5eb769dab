"""Values that only SQLAlchemy has: mapped attributes and loader options; and the events that rest on them.

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from pitfall_lint.finding import Confidence, Place, Step
from pitfall_lint.flow.values import Site, Value, replace

if TYPE_CHECKING:
    from pitfall_lint.project.sqlalchemy.models import MappedModel


COUNTING = frozenset({"count", "exists", "aggregate"})  # what a query does that gives no rows


class Attribute(Value, msgspec.Struct, frozen=True, gc=False):
    """`Book.author`, `Book.title`; within `func.count(...)` with the aggregate's name."""

    model: MappedModel
    name: str
    aggregate: str = ""


class Aggregate(Value, msgspec.Struct, frozen=True, gc=False):
    """`func.count()` of nothing that names a model, or a `select` of it: whose rows it counts is said later."""

    name: str


class Loader(Value, msgspec.Struct, frozen=True, gc=False):
    """`joinedload(Book.author).selectinload(Author.books)`: the paths from `root` (None: the query's own class) that
    are loaded, those that
    are explicitly not, and where the chain stands. `opaque`: what it does cannot be told.
    """

    root: MappedModel | None = None
    loaded: frozenset[str] = frozenset()
    lazy: frozenset[str] = frozenset()
    at: tuple[str, ...] = ()
    opaque: bool = False

    def then(self, names: tuple[str, ...], loads: bool, kind: str) -> Loader:
        """The chain one or more steps further."""
        at, loaded, lazy = self.at, set(self.loaded), set(self.lazy)
        for index, name in enumerate(names):
            at = (*at, name)
            path = "__".join(at)
            if kind == "lazyload":
                lazy.add(path)
            elif loads and (kind != "defaultload" or index < 0):
                loaded.add(path)
        return replace(self, at=at, loaded=frozenset(loaded), lazy=frozenset(lazy))


@dataclass(frozen=True, slots=True)
class RowQuery:
    """A query that runs on each turn of a loop. `over_rows`: the loop goes through rows of a query; `writes`: it also
    changes the database;
    `relation`: it is the query of a dynamic relationship, or says which key it goes by. `matching`: it looks for
    something within a column, which no list of keys replaces.
    """

    site: Site
    model: MappedModel
    how: str
    access: Place
    source: str
    scope: str
    trace: tuple[Step, ...]
    loop: Place
    loop_source: str
    over_rows: bool
    writes: bool
    relation: str = ""
    confidence: Confidence = Confidence.HIGH
    matching: bool = False


@dataclass(frozen=True, slots=True)
class LoopCommit:
    """`session.commit()` on each turn of a loop. `task`: a worker runs it."""

    access: Place
    source: str
    scope: str
    trace: tuple[Step, ...]
    loop: Place
    loop_source: str
    task: bool = False


@dataclass(frozen=True, slots=True)
class TemplateQuery:
    """A query that a template builds and runs itself."""

    site: Site
    model: MappedModel
    how: str
    access: Place
    source: str
    trace: tuple[Step, ...]


def label(value: Any) -> str:
    """A model's own name."""
    return str(value.label)
