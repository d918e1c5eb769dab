"""Relationships linked: their targets found, their direction told from the foreign keys, backrefs added to the other
side.

Where the direction cannot be told the relationship is left out, and nothing is said of it.
https://docs.sqlalchemy.org/en/20/orm/basic_relationships.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Place
from pitfall_lint.language import Attr, Call, Const, Expr, Lambda, Let, Name, dotted, walk
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.sqlalchemy.declared import (
    Declared,
    DeclaredRelationship,
    ForeignKey,
    Reader,
    keyword,
    lazy_of,
    named_in,
    text,
)
from pitfall_lint.project.sqlalchemy.models import MappedModel, Relationship

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

INVERSE = {"fk": "reverse_fk", "reverse_fk": "fk", "m2m": "m2m", "o2o": "reverse_o2o", "reverse_o2o": "o2o"}


class Linker:
    """Makes the models of one project."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self.reader = Reader(symbols)
        self.declared: dict[int, Declared] = {}
        self.models: dict[int, MappedModel] = {}
        self._by_name: dict[str, list[MappedModel]] = {}

    def link(self) -> Mapping[int, MappedModel]:
        """The mapped classes by the identity of their symbols."""
        for symbol in self.symbols.classes():
            if symbol.node.bases and self.reader.is_mapped(symbol):
                made = self.reader.read(symbol)
                self.declared[id(symbol)] = made
                model = MappedModel(symbol, made.abstract, made.table)
                model.columns = frozenset(made.columns)
                model.place = Place(symbol.module.path, symbol.node.start, symbol.node.end)
                self._queries(model)
                self.models[id(symbol)] = model
                if not made.abstract:
                    self._by_name.setdefault(symbol.name, []).append(model)
        backrefs: list[tuple[MappedModel, Relationship, DeclaredRelationship]] = []
        for key, made in self.declared.items():
            model = self.models[key]
            relations: dict[str, Relationship] = {}
            for name, given in made.relationships.items():
                relation = self._relation(model, made, given)
                if relation is not None:
                    relations[name] = relation
                    if given.option("backref") is not None:
                        backrefs.append((model, relation, given))
            model.relations = relations
        for model, relation, given in backrefs:
            self._backref(model, relation, given)
        self._inherit()
        return self.models

    def _queries(self, model: MappedModel) -> None:
        """Under what name the class offers its query, and of which class that is."""
        symbol = model.symbol
        assert symbol is not None
        member = symbol.member("query")
        if member is None:
            model.query_name = "query" if self._of_extension(symbol) else None
        elif isinstance(member.node, Let) and isinstance(member.node.value, Call):
            made_by = dotted(member.node.value.func) or ""
            model.query_name = "query" if made_by.endswith("query_property") else None
        given = symbol.member("query_class")
        if given is not None and isinstance(given.node, Let) and given.node.value is not None:
            found = self.symbols.resolve_expr(given.owner.module, given.node.value)
            model.query_class = found if isinstance(found, ClassSymbol) else None
            return
        for cls in symbol.mro:
            for base in cls.node.bases if isinstance(cls, ClassSymbol) else ():
                call = (
                    self.reader.extension(cls.module, base.object)
                    if isinstance(cls, ClassSymbol) and isinstance(base, Attr)
                    else None
                )
                expr = keyword(call, "query_class") if call is not None else None
                if expr is not None and isinstance(cls, ClassSymbol):
                    module = self._module_of(cls, base)
                    found = self.symbols.resolve_expr(module, expr) if module is not None else None
                    model.query_class = found if isinstance(found, ClassSymbol) else None

    def _module_of(self, cls: ClassSymbol, base: Any) -> Any:
        symbol = self.symbols.resolve_expr(cls.module, base.object)
        return getattr(symbol, "module", None)

    def _of_extension(self, symbol: ClassSymbol) -> bool:
        """Whether the class has Flask-SQLAlchemy's `query`: it inherits from `db.Model`."""
        for cls in symbol.mro:
            if isinstance(cls, ClassSymbol):
                for base in cls.node.bases:
                    if (
                        isinstance(base, Attr)
                        and base.name == "Model"
                        and self.reader.is_extension(cls.module, base.object)
                    ):
                        return True
                    held = self.symbols.resolve_expr(cls.module, base)
                    value = getattr(held, "value", None)
                    if isinstance(value, Attr) and value.name == "Model":
                        return True
        return False

    # -------------------------------------------------------------- relations

    def _relation(self, model: MappedModel, made: Declared, given: DeclaredRelationship) -> Relationship | None:
        target = self._target(model, given)
        if target is None:
            return None
        kind, keys = self._direction(model, made, target, given)
        if kind is None:
            return None
        inverse = text(given.option("back_populates")) or backref_name(given)
        node = given.node if isinstance(given.node, Let) else None
        place = Place(given.module.path, given.node.start, given.node.end)
        attname = next(iter(keys)) if kind == "fk" and len(keys) == 1 else None
        return Relationship(
            given.name, model, target, kind, True, inverse, attname, given.name, node, place, lazy=given.lazy, keys=keys
        )

    def _target(self, model: MappedModel, given: DeclaredRelationship) -> MappedModel | None:
        expr = given.target
        if isinstance(expr, Lambda):
            expr = expr.body
        if isinstance(expr, Call) and not expr.args and not isinstance(expr.func, Attr):
            expr = expr.func
        if isinstance(expr, (Name, Attr)):
            symbol = self.symbols.resolve_expr(given.module, expr)
            found = self.models.get(id(symbol)) if isinstance(symbol, ClassSymbol) else None
            if found is not None or symbol is not None:
                return found
        name = named_in(expr)
        return self._named(model, name) if name else None

    def _named(self, model: MappedModel, name: str) -> MappedModel | None:
        found = self._by_name.get(name.rpartition(".")[2], [])
        if len(found) > 1:
            near = [other for other in found if other.dotted.endswith(name) and "." in name]
            assert model.symbol is not None
            near = near or [
                other for other in found if other.symbol is not None and other.symbol.module is model.symbol.module
            ]
            found = near
        return found[0] if len(found) == 1 else None

    def _direction(
        self, model: MappedModel, made: Declared, target: MappedModel, given: DeclaredRelationship
    ) -> tuple[str | None, frozenset[str]]:
        """The kind of the relationship, and the attributes of the foreign key's holder that make it up."""
        uselist = given.option("uselist")
        many = given.many
        if isinstance(uselist, Const) and isinstance(uselist.value, bool):
            many = uselist.value
        if given.option("secondary") is not None:
            return ("m2m" if many is not False else "reverse_o2o"), frozenset()
        other = self.declared[id(target.symbol)]
        mine = self._keys_to(made, target)
        theirs = self._keys_to(other, model)
        named = self._mentioned(given)
        if many:
            return "reverse_fk", chosen(theirs, named)
        if mine and theirs:
            if given.option("remote_side") is not None:
                return "fk", chosen(mine, named)
            if target is model or target.symbol is model.symbol:
                return ("reverse_fk" if many is not False else None), chosen(theirs, named)
            here = {key.attribute for key in mine} & named["self"]
            there = {key.attribute for key in theirs} & named["other"]
            if bool(here) == bool(there):
                if many is False and not given.option("foreign_keys"):
                    return None, frozenset()
                return None, frozenset()
            return (
                ("fk", frozenset(here))
                if here
                else ("reverse_fk" if many is not False else "reverse_o2o", frozenset(there))
            )
        if mine:
            return "fk", chosen(mine, named)
        if theirs:
            return ("reverse_o2o" if many is False else "reverse_fk"), chosen(theirs, named)
        if given.option("primaryjoin") is not None or given.option("foreign_keys") is not None:
            return (None if many is None else "fk"), frozenset()
        return None, frozenset()

    def _keys_to(self, made: Declared, target: MappedModel) -> list[ForeignKey]:
        tables = {target.table}
        symbols: set[int] = {id(target.symbol)}
        if target.symbol is not None:
            for base in target.symbol.mro:
                parent = self.declared.get(id(base))
                if parent is not None and not parent.abstract:
                    tables.add(parent.table)
                    symbols.add(id(base))
        return [
            key
            for key in made.keys
            if (key.table is not None and key.table in tables) or (key.cls is not None and id(key.cls) in symbols)
        ]

    def _mentioned(self, given: DeclaredRelationship) -> dict[str, set[str]]:
        """The attributes that `foreign_keys` and `primaryjoin` mention: of the class itself, and of others."""
        found: dict[str, set[str]] = {"self": set(), "other": set()}
        for option in ("foreign_keys", "primaryjoin"):
            expr = given.option(option)
            if expr is None:
                continue
            for part in walk(expr):
                if isinstance(part, Name):
                    found["self"].add(part.id)
                elif isinstance(part, Attr):
                    head = (dotted(part.object) or "").rpartition(".")[2]
                    found["self" if head == given.owner.name else "other"].add(part.name)
                elif isinstance(part, Const) and isinstance(part.value, str):
                    for word in (
                        part.value.replace("==", " ")
                        .replace(",", " ")
                        .replace("(", " ")
                        .replace(")", " ")
                        .replace("[", " ")
                        .replace("]", " ")
                        .split()
                    ):
                        head, _, name = word.rpartition(".")
                        found["self" if head.rpartition(".")[2] in ("", given.owner.name) else "other"].add(name)
        return found

    # --------------------------------------------------------------- backrefs

    def _backref(self, model: MappedModel, relation: Relationship, given: DeclaredRelationship) -> None:
        name = backref_name(given)
        target = relation.target
        if name is None or not isinstance(target, MappedModel) or name in target.relations:
            return
        option = given.option("backref")
        call = option if isinstance(option, Call) else None
        kind = INVERSE[relation.kind]
        uselist = keyword(call, "uselist") if call is not None else None
        if isinstance(uselist, Const) and uselist.value is False and kind == "reverse_fk":
            kind = "reverse_o2o"
        lazy = (lazy_of(call) if call is not None else None) or "select"
        attname = next(iter(relation.keys)) if kind == "fk" and len(relation.keys) == 1 else None
        made = Relationship(
            name,
            target,
            model,
            kind,
            True,
            relation.name,
            attname,
            name,
            None,
            relation.place,
            lazy=lazy,
            keys=relation.keys,
        )
        target.relations = {**target.relations, name: made}

    def _inherit(self) -> None:
        """A backref that was added to a class is there in what inherits from it."""
        for model in self.models.values():
            assert model.symbol is not None
            relations = dict(model.relations)
            for base in model.symbol.mro[1:]:
                parent = self.models.get(id(base))
                for name, relation in parent.relations.items() if parent is not None else ():
                    relations.setdefault(name, relation)
            model.relations = relations
            model.parents = tuple(self.models[id(base)] for base in model.symbol.bases if id(base) in self.models)


def chosen(keys: list[ForeignKey], named: dict[str, set[str]]) -> frozenset[str]:
    """The attributes of the keys: those that the relationship mentions, where it mentions any."""
    every = frozenset(key.attribute for key in keys)
    said = every & (named["self"] | named["other"])
    return said or every


def backref_name(given: DeclaredRelationship) -> str | None:
    """The name that `backref=` gives."""
    option: Expr | None = given.option("backref")
    if isinstance(option, Call):
        return text(option.args[0]) if option.args else None
    return text(option)
