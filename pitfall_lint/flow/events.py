"""What the interpreter records: queries that run row by row, each with the way that leads there. Every ORM rule is
a filter over these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.finding import Confidence, Place, Step
from pitfall_lint.flow.values import Site

if TYPE_CHECKING:
    from pitfall_lint.project.django.models import Model, Relation

LEVELS = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
MEMBERSHIP = frozenset({"add", "remove", "set", "clear"})  # of a set: the rows themselves stay as they are
WRITING = MEMBERSHIP | {
    "create",
    "save",
    "delete",
    "update",
    "get_or_create",
    "update_or_create",
    "bulk_create",
    "bulk_update",
}


@dataclass(frozen=True, slots=True)
class Afterwards:
    """A call on a queryset that was built elsewhere, which some loading there would break: `how` is the method,
    `names` the columns of `only` or `defer`, None where they cannot be told.
    """

    how: str
    names: frozenset[str] | None
    place: Place


@dataclass(frozen=True, slots=True)
class LazyLoad:
    """A relation read on each of many rows whose query did not load it.

    `path` is the lookup path from the query's row, `model` the query's model, `owner` the model of the row that is
    read, `relation` its last step.
    `through_many`: a step before the last is to-many or prefetched, so only prefetch_related reaches it.
    `access` is the place of the read, `source` what stands there, `trace` the loop and the calls on the way,
    outermost first. `implied` are the paths that a library joins by itself, and no longer once the query joins
    anything: the fix must name them as well. `brought` is the relation whose plain set the query is, where a prefetch
    of the rows that it belongs to brings that set elsewhere, or would: a query that loads more would pass it by.
    `single`: the query runs on each turn of a loop and gives one row. `returned`: the function that builds the query
    has handed it back. `alone`: the query's own row was one, of which sets are gone through.
    `afterwards` are calls on the query elsewhere that some loading would break. `heirs` are the classes that name this
    model for a query which their common base writes for whatever model they name.
    """

    site: Site
    model: Model
    path: str
    relation: Relation
    through_many: bool
    access: Place
    source: str
    trace: tuple[Step, ...]
    confidence: Confidence = Confidence.HIGH
    implied: tuple[str, ...] = ()
    brought: str = ""
    single: bool = False
    returned: bool = False
    alone: bool = False
    afterwards: tuple[Afterwards, ...] = ()
    heirs: tuple[str, ...] = ()

    @property
    def to_many(self) -> bool:
        """Whether the relation that was read leads to many rows."""
        return self.relation.to_many


@dataclass(frozen=True, slots=True)
class KeyRead:
    """A to-one relation read for nothing but the other side's key (`row.author.pk`, `row.author == other`), on
    each of many rows whose query did not load it.
    `access` spans the whole expression, `read` the `row.author` in it, `other` the other side of a comparison.
    `alike`: comparing the keys says the same; where both may be null, or the other side None, it does not.
    """

    site: Site
    model: Model
    path: str
    relation: Relation
    access: Place
    read: Place
    other: Place | None
    source: str
    trace: tuple[Step, ...]
    scope: str
    through_many: bool = False
    confidence: Confidence = Confidence.HIGH
    alike: bool = True


@dataclass(frozen=True, slots=True)
class LoopQuery:
    """A query that runs on each turn of a loop: `how` is what it does (iterate get filter count exists first
    aggregate save create delete ...);
    `prefetched`: a prefetch of the relation was there and this query passes it by. `rows`: one of the loops goes
    through rows. `scope` is the function that the query runs in.
    """

    site: Site
    model: Model
    how: str
    access: Place
    trace: tuple[Step, ...]
    path: str = ""
    outer: Site | None = None
    relation: Relation | None = None
    prefetched: bool = False
    confidence: Confidence = Confidence.HIGH
    rows: bool = False
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A queryset that is evaluated at `access`: `how` as in `LoopQuery`, or `iterator`. `source` is the expression
    there, `scope` the function around it.
    `related`: it is a related manager's set. `prefetching`: rows are asked to bring relations by prefetch.
    `importing`: it happens while modules are imported, by the way of `trace`. `single`: it has one row at most.
    """

    site: Site
    model: Model
    how: str
    access: Place
    scope: str
    source: str
    related: bool = False
    prefetching: tuple[str, ...] = ()
    importing: bool = False
    trace: tuple[Step, ...] = ()
    single: bool = False


@dataclass(frozen=True, slots=True)
class BareJoin:
    """`select_related()` without arguments, called at `access`; `known` are the relations that the rows know anyway,
    for they came through them."""

    site: Site
    model: Model
    access: Place
    scope: str
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DeferredRead:
    """A column that `only()` or `defer()` left out, read on each of many rows."""

    site: Site
    model: Model
    field: str
    access: Place
    trace: tuple[Step, ...]
    confidence: Confidence = Confidence.HIGH
