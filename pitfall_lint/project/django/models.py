"""Django's models as the rest of the linter sees them: models, fields, relations from both ends, managers.

A model stands under its documented or project name, whether it is written in the project or known from a table
(`contrib`). Everything
here is filled once, by `linking`, and not changed afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pitfall_lint.finding import Place
from pitfall_lint.language import Expr, Let
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol
from pitfall_lint.project.django.managers import Manager

__all__ = ["Field", "Manager", "Model", "Relation"]

TO_MANY = frozenset({"m2m", "reverse_fk", "reverse_m2m", "generic_relation"})
REVERSE = frozenset({"reverse_fk", "reverse_o2o", "reverse_m2m"})


@dataclass(frozen=True, slots=True, eq=False)
class Relation:
    """One end of a relation, as it is read on a row of `owner` (or of what inherits from it).

    `kind` is fk, o2o, m2m, reverse_fk, reverse_o2o, reverse_m2m, generic_fk or generic_relation. `target` is None
    where it is not known, and for a
    generic foreign key. `query_name` is its name in lookups and in `select_related`; `inverse` the accessor on the
    target that leads
    back (for a generic relation the generic foreign key). `column` is the name of the field whose column holds the
    key, on whichever end it is.
    """

    name: str
    owner: Model
    target: Model | None
    kind: str
    nullable: bool
    inverse: str | None
    attname: str | None
    query_name: str
    node: Let | None
    place: Place | None
    column: str = ""
    parent_link: bool = False
    through: Model | None = None
    content_type: str | None = None  # generic ones: the names of the two fields that hold the key
    object_id: str | None = None

    @property
    def to_many(self) -> bool:
        """Whether reading it gives a manager instead of a row."""
        return self.kind in TO_MANY

    @property
    def reverse(self) -> bool:
        """Whether the other model declares it."""
        return self.kind in REVERSE

    @property
    def joinable(self) -> bool:
        """Whether `select_related` can load it."""
        return self.kind in ("fk", "o2o", "reverse_o2o")

    def __repr__(self) -> str:
        return f"Relation({self.owner.label}.{self.name} {self.kind} {self.target.label if self.target else None})"


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """One field of a model. `kind` is the class of Django's that it is or inherits from (`CharField`, `ForeignKey`);
    `node` is None for what
    Django adds itself or a table declares. `cls` is the field's own class where the project defines it.
    """

    name: str
    kind: str
    model: Model
    node: Let | None
    options: Mapping[str, Expr]
    args: tuple[Expr, ...] = ()
    place: Place | None = None
    cls: ClassSymbol | ExternalSymbol | None = None

    @property
    def is_relation(self) -> bool:
        """Whether the field leads to other rows."""
        return self.kind in ("ForeignKey", "OneToOneField", "ManyToManyField")


class Model:
    """A model. `symbol` is None for what is only known by table; `parents` are the models it directly inherits from,
    abstract ones too.
    """

    __slots__ = (
        "_attnames",
        "_queries",
        "abstract",
        "app_label",
        "default_manager",
        "dotted",
        "fields",
        "managed",
        "managers",
        "meta",
        "name",
        "parents",
        "pk_name",
        "place",
        "proxy",
        "relations",
        "symbol",
    )

    default_manager: Manager
    dialect = "django"  # whose rows these are: what a query on them means is that library's business

    def __init__(self, symbol: ClassSymbol | None, dotted: str, app_label: str, abstract: bool, proxy: bool) -> None:
        self.symbol = symbol
        self.dotted = dotted
        self.name = dotted.rpartition(".")[2]
        self.app_label = app_label
        self.abstract = abstract
        self.proxy = proxy
        self.managed = True
        self.parents: tuple[Model, ...] = ()
        self.meta: Mapping[str, Expr] = {}
        self.fields: Mapping[str, Field] = {}
        self.relations: Mapping[str, Relation] = {}
        self.managers: Mapping[str, Manager] = {}
        self.pk_name = "id"
        self.place: Place | None = None
        self._attnames: Mapping[str, Relation] | None = None
        self._queries: Mapping[str, Relation] | None = None

    def __repr__(self) -> str:
        return f"Model({self.label!r})"

    @property
    def label(self) -> str:
        """`app.Book`."""
        return f"{self.app_label}.{self.name}"

    @property
    def concrete(self) -> Model:
        """The model that has the table: of a proxy what it stands for, else this one."""
        model = self
        while model.proxy:
            parent = next((parent for parent in model.parents if not parent.abstract), None)
            if parent is None:
                return model
            model = parent
        return model

    def relation(self, name: str) -> Relation | None:
        """The relation that is read as `row.name`."""
        return self.relations.get(name)

    def field(self, name: str) -> Field | None:
        """The field of that name; `pk` is the primary key."""
        return self.fields.get(self.pk_name if name == "pk" else name)

    @property
    def attnames(self) -> Mapping[str, Relation]:
        """The relations by the attribute that holds the key: `author_id`."""
        if self._attnames is None:
            self._attnames = {relation.attname: relation for relation in self.relations.values() if relation.attname}
        return self._attnames

    def by_query_name(self, name: str) -> Relation | None:
        """The relation that a lookup (`filter(name__...)`, `select_related("name")`) means; for `prefetch_related` ask
        `relation`.
        """
        if self._queries is None:
            self._queries = {relation.query_name: relation for relation in reversed(list(self.relations.values()))}
        return self._queries.get(name)

    def inherits_from(self, other: Model) -> bool:
        """Whether this is the other model or inherits from it."""
        return self is other or any(parent.inherits_from(other) for parent in self.parents)
