"""Which loader function fits a relationship: one join is the cheapest way to a single row, as long as the join reaches
it and brings nothing else along.

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#what-kind-of-loading-to-use
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pitfall_lint.project.sqlalchemy.models import MappedModel


def function_for(relation: Any, models: Iterable[MappedModel]) -> str:
    """The loader function for one step: `joinedload` to one row, `selectinload` to many, and where a join misses or
    multiplies rows."""
    if relation.to_many or multiplies(relation.target, relation) or is_redefined(relation, models):
        return "selectinload"
    return "joinedload"


def multiplies(model: Any, came_by: Any, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a row that is joined brings a collection of its own into the same join, which gives the outer row once
    for each member: a relationship declared with `lazy="joined"`. The one that leads back is not joined again.

    https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#configuring-loader-strategies-at-mapping-time
    """
    if model is None or model.dotted in seen:
        return False
    for relation in model.relations.values():
        if getattr(relation, "lazy", "") != "joined" or is_way_back(relation, came_by):
            continue
        if relation.to_many or multiplies(relation.target, relation, seen | {model.dotted}):
            return True
    return False


def is_way_back(relation: Any, other: Any) -> bool:
    """Whether one relationship is the other's opposite."""
    return relation.target is other.owner and bool(relation.keys) and relation.keys == other.keys


def is_redefined(relation: Any, models: Iterable[MappedModel]) -> bool:
    """Whether a mapped subclass declares the relationship anew: `joinedload(Base.name)` does not reach rows of the
    subclass then, which a query for the base gives too; `selectinload(Base.name)` does.

    https://docs.sqlalchemy.org/en/20/orm/queryguide/inheritance.html#eager-loading-of-sub-types
    """
    for model in models:
        if model is relation.owner or model.abstract or not model.inherits_from(relation.owner):
            continue
        own = model.relations.get(relation.name)
        if own is not None and own.place != relation.place:
            return True
    return False


def steps_of(model: Any, path: str) -> list[str]:
    """The relations that a path goes through, one by one: a name may begin or end with underscores of its own."""
    return found if (found := _steps(model, path)) is not None else path.split("__")


def _steps(model: Any, path: str) -> list[str] | None:
    for name, relation in model.relations.items() if model is not None else ():
        if path == name:
            return [name]
        if path.startswith(f"{name}__"):
            rest = _steps(relation.target, path[len(name) + 2 :])
            if rest is not None:
                return [name, *rest]
    return None
