"""Drafts made models: inheritance in its three forms, relations from both ends, managers.

This follows django.db.models.base.ModelBase and the `contribute_to_class` of the relation fields; a test holds it to
what Django itself says of
a broad set of models (https://docs.djangoproject.com/en/stable/topics/db/models/#model-inheritance).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.finding import Place
from pitfall_lint.language import Const, Expr, Let
from pitfall_lint.project.django import contrib, managers
from pitfall_lint.project.django.drafts import RELATION_KINDS, Declared, Draft, Drafts
from pitfall_lint.project.django.managers import Manager
from pitfall_lint.project.django.models import Field, Model, Relation
from pitfall_lint.project.django.targets import Targets

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

_KINDS = {"ForeignKey": "fk", "OneToOneField": "o2o", "ManyToManyField": "m2m", "TaggableManager": "m2m"}
_REVERSED = {"fk": "reverse_fk", "o2o": "reverse_o2o", "m2m": "reverse_m2m"}
_NO_COLUMN = frozenset({"GenericForeignKey", "GenericRelation", "TaggableManager"})


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A relation whose target is not known, for reports about the linter itself. `local`: it should have been found in
    the project.
    """

    relation: Relation
    reason: str
    local: bool


class Linker:
    """Links the drafts; afterwards `models` holds everything, in order."""

    def __init__(self, symbols: Symbols, drafts: Drafts, targets: Targets) -> None:
        self.symbols = symbols
        self.drafts = drafts
        self.targets = targets
        self.models: list[Model] = []
        self.unresolved: list[Unresolved] = []
        self._model: dict[int, Model] = {}
        self._queue: list[Draft] = []
        self._effective: dict[int, dict[str, Declared]] = {}
        self._forward: dict[int, dict[str, Relation]] = {}
        self._backward: dict[int, list[Relation]] = {}
        self._merged: set[int] = set()

    def model(self, draft: Draft) -> Model:
        """The model of a draft, made (not yet filled) when it is first asked for."""
        found = self._model.get(id(draft))
        if found is None:
            found = self._model[id(draft)] = Model(
                draft.symbol, draft.dotted, draft.app_label, draft.abstract, draft.proxy
            )
            if draft.symbol is not None:
                node = draft.symbol.node
                found.place = Place(draft.symbol.module.path, node.start, node.name_end)
            found.meta = draft.meta
            found.managed = draft.options.get("managed") is not False
            self.models.append(found)
            self._queue.append(draft)
            found.parents = tuple(self.model(parent) for parent in draft.parents)
        return found

    def link(self, drafts: Iterable[Draft]) -> None:
        """Link these and what they lead to."""
        for draft in drafts:
            self.model(draft)
        done: list[Draft] = []
        while self._queue:
            draft = self._queue.pop(0)
            done.append(draft)
            self._declare(draft)
        for draft in done:
            self._merge(draft)
        for draft in done:
            self._generic(self.model(draft))
            self._add_managers(draft)

    # ------------------------------------------------------------ inheritance

    def effective(self, draft: Draft) -> Mapping[str, Declared]:
        """What the model's own table (or, of an abstract one, that of its children) holds: own fields, those of
        abstract bases, and links to
        concrete parents.
        """
        key = id(draft)
        found = self._effective.get(key)
        if found is not None:
            return found
        found = self._effective[key] = dict(draft.own)
        links = [
            declared
            for declared in self._inheritable(draft)
            if declared.kind == "OneToOneField" and self._is_link(declared)
        ]
        for parent in draft.parents:
            if parent.abstract:
                for name, declared in self.effective(parent).items():
                    if name not in found and name not in draft.blocked:
                        found[name] = declared
            else:
                for name, declared in self.effective(parent.concrete).items():
                    if (
                        declared.kind in ("GenericForeignKey", "GenericRelation")
                        and name not in found
                        and name not in draft.blocked
                    ):
                        found[name] = declared
                if not draft.proxy:
                    base = parent.concrete
                    if not any(self.targets.resolve(declared, draft).draft is base for declared in links):
                        name = f"{base.name.lower()}_ptr"
                        if name not in found:
                            found[name] = Declared(name, "OneToOneField", parent=base)
        return found

    def _inheritable(self, draft: Draft) -> Iterable[Declared]:
        yield from draft.own.values()
        for parent in draft.parents:
            if parent.abstract:
                yield from self.effective(parent).values()

    def _is_link(self, declared: Declared) -> bool:
        return declared.parent is not None or declared.option(self.symbols, "parent_link") is True

    # ---------------------------------------------------------------- forward

    def _declare(self, draft: Draft) -> None:
        """Make the forward relations of a draft and note their other ends."""
        model = self.model(draft)
        forward = self._forward[id(model)] = {}
        if draft.proxy:
            local = {
                name: declared
                for name, declared in self.effective(draft).items()
                if declared.kind in ("GenericForeignKey", "GenericRelation")
            }
        else:
            local = dict(self.effective(draft))
        fields: dict[str, Field] = {}
        key: str | None = None
        for name, declared in local.items():
            if declared.kind == "CompositePrimaryKey":  # has no column of its own
                key = name
            elif declared.kind not in _NO_COLUMN:
                fields[name] = self._field(model, declared)
                if declared.option(self.symbols, "primary_key") is True:
                    key = key or name
            if declared.kind in RELATION_KINDS:
                forward[name] = self._relate(draft, model, declared)
        link = next((declared for declared in local.values() if declared.parent is not None), None)
        if link is None and not draft.proxy:
            link = next(
                (
                    declared
                    for declared in local.values()
                    if declared.kind == "OneToOneField" and self._is_link(declared)
                ),
                None,
            )
        if key is None and link is not None:
            key = link.name
        if key is None and not draft.proxy:
            key = "id"
            if not draft.abstract:
                fields = {"id": Field("id", "AutoField", model, None, {}), **fields}
        model.pk_name = key or ""
        model.fields = fields

    def _field(self, model: Model, declared: Declared) -> Field:
        call = declared.call
        place = None
        if declared.node is not None and declared.module is not None:
            owner = declared.owner.module if declared.owner is not None else declared.module
            place = Place(owner.path, declared.node.start, declared.node.end)
        options: dict[str, Expr] = {}
        if call is not None:
            options = {keyword.name: keyword.value for keyword in call.keywords if keyword.name is not None}
        cls = declared.cls
        return Field(declared.name, declared.kind, model, declared.node, options, call.args if call else (), place, cls)

    def _relate(self, draft: Draft, model: Model, declared: Declared) -> Relation:
        place = None
        if declared.node is not None and declared.module is not None:
            owner = declared.owner.module if declared.owner is not None else declared.module
            place = Place(owner.path, declared.node.start, declared.node.end)
        name, node = declared.name, declared.node
        if declared.kind == "GenericForeignKey":
            types = self._text(declared, "ct_field", 0) or "content_type"
            ids = self._text(declared, "fk_field", 1) or "object_id"
            holder = self.effective(draft).get(types)
            nullable = holder is not None and holder.option(self.symbols, "null") is True
            return Relation(
                name, model, None, "generic_fk", nullable, None, None, name, node, place, "", False, None, types, ids
            )
        found = self.targets.resolve(declared, draft)
        target = self.model(found.draft) if found.draft is not None else None
        if declared.kind == "GenericRelation":
            types = self._text(declared, "content_type_field") or "content_type"
            ids = self._text(declared, "object_id_field") or "object_id"
            relation = Relation(
                name,
                model,
                target,
                "generic_relation",
                False,
                None,
                None,
                name,
                node,
                place,
                "",
                False,
                None,
                types,
                ids,
            )
        else:
            relation = self._keyed(draft, model, declared, target, found.draft, place)
        if target is None:
            self.unresolved.append(Unresolved(relation, found.reason, found.local))
        return relation

    def _keyed(
        self,
        draft: Draft,
        model: Model,
        declared: Declared,
        target: Model | None,
        other: Draft | None,
        place: Place | None,
    ) -> Relation:
        kind = _KINDS[declared.kind]
        link = self._is_link(declared)
        accessor, query = self._names(draft, declared, kind, other)
        nullable = declared.option(self.symbols, "null") is True and kind != "m2m"
        attname = f"{declared.name}_id" if kind != "m2m" else None
        through = None
        if kind == "m2m":
            expr = declared.expr("through", 3)
            if expr is not None and declared.kind == "ManyToManyField":
                way = self.targets.of_expr(expr, declared, draft)
                through = self.model(way.draft) if way.draft is not None else None
        relation = Relation(
            declared.name,
            model,
            target,
            kind,
            nullable,
            accessor,
            attname,
            declared.name,
            declared.node,
            place,
            declared.name,
            link,
            through,
        )
        if target is not None and other is not None and not draft.abstract and accessor is not None:
            concrete = self.model(other.concrete)
            back = Relation(
                accessor,
                concrete,
                model,
                _REVERSED[kind],
                kind == "o2o",
                declared.name,
                None,
                query,
                declared.node,
                place,
                declared.name,
                link,
                through,
            )
            self._backward.setdefault(id(concrete), []).append(back)
        return relation

    def _names(self, draft: Draft, declared: Declared, kind: str, other: Draft | None) -> tuple[str | None, str]:
        """The accessor on the target (None where it is hidden) and the name in lookups from there."""
        symbols = self.symbols
        if declared.kind == "TaggableManager":
            related = declared.option(symbols, "related_name")
            return (related, related) if isinstance(related, str) and not related.endswith("+") else (None, "")
        if kind == "m2m" and other is draft:
            given = declared.option(symbols, "symmetrical")
            target = declared.expr("to", 0)
            literal = isinstance(target, Const) and target.value == "self"
            if given is True or (literal and given is not False):
                return None, ""
        name = draft.name.lower()
        related = declared.option(symbols, "related_name")
        if not isinstance(related, str) or not related:
            expr = declared.expr("related_name")
            if expr is not None and related is not None and related != "":
                return None, ""  # given, but not known
            related = self._default_related_name(draft)
        query = declared.option(symbols, "related_query_name")
        names = {"class": name, "model_name": name, "app_label": draft.app_label.lower()}
        if isinstance(related, str):
            related = _format(related, names)
            if related.endswith("+"):
                return None, ""
        query = _format(query, names) if isinstance(query, str) and query else None
        accessor = related if isinstance(related, str) else name if kind == "o2o" else f"{name}_set"
        return accessor, query or (related if isinstance(related, str) else name)

    def _default_related_name(self, draft: Draft) -> str | None:
        value = draft.options.get("default_related_name")
        return value if isinstance(value, str) else None

    def _text(self, declared: Declared, name: str, position: int | None = None) -> str | None:
        value = declared.option(self.symbols, name)
        if isinstance(value, str):
            return value
        if (
            position is not None
            and declared.call is not None
            and declared.module is not None
            and position < len(declared.call.args)
        ):
            value = self.symbols.constant(declared.module, declared.call.args[position], owner=declared.owner)
            return value if isinstance(value, str) else None
        return None

    # --------------------------------------------------------------- backward

    def _merge(self, draft: Draft) -> None:
        """Put together what is read on the model's rows: own relations, those that other models declare, and what is
        inherited.
        """
        model = self.model(draft)
        if id(model) in self._merged:
            return
        self._merged.add(id(model))
        relations = dict(self._forward.get(id(model), {}))
        for relation in self._backward.get(id(model), ()):
            relations.setdefault(relation.name, relation)
        fields = dict(model.fields)
        for parent in draft.parents:
            if parent.abstract and not self._has_concrete(parent):
                continue
            self._merge(parent)
            above = self.model(parent)
            for name, relation in above.relations.items():
                if relation.parent_link and relation.reverse and not draft.proxy:
                    continue
                if parent.abstract and relation.owner is above:
                    continue
                if name not in draft.blocked:
                    relations.setdefault(name, relation)
            for name, field in above.fields.items():
                if not (parent.abstract and field.model is above):
                    fields.setdefault(name, field)
            if not model.pk_name and not parent.abstract:
                model.pk_name = above.pk_name
        model.relations = relations
        model.fields = fields

    def _has_concrete(self, draft: Draft) -> bool:
        return any(not parent.abstract or self._has_concrete(parent) for parent in draft.parents)

    def _generic(self, model: Model) -> None:
        """Tell generic relations which generic foreign key leads back."""
        for name, relation in model.relations.items():
            if relation.kind == "generic_relation" and relation.inverse is None and relation.target is not None:
                for other in relation.target.relations.values():
                    if other.kind == "generic_fk" and (other.content_type, other.object_id) == (
                        relation.content_type,
                        relation.object_id,
                    ):
                        assert isinstance(model.relations, dict)
                        model.relations[name] = _with_inverse(relation, other.name)

    # --------------------------------------------------------------- managers

    def _add_managers(self, draft: Draft) -> None:
        model = self.model(draft)
        found: dict[str, Manager] = {}
        first: Manager | None = None
        for base in draft.parents_in():
            for name, form, node in self._local_managers(base):
                if name not in found:
                    if base is not draft and name in draft.blocked and name not in {own[0] for own in draft.managers}:
                        continue
                    found[name] = Manager(self.symbols, name, model, form, node)
                    first = first or found[name]
        model.managers = found
        chosen = self._default_manager_name(draft)
        default = found.get(chosen) if chosen is not None else None
        model.default_manager = default or first or Manager(self.symbols, "objects", model, managers.PLAIN, None)

    def _local_managers(self, draft: Draft) -> Iterable[tuple[str, managers.Form, Let | None]]:
        if draft.managers or draft.abstract:
            return draft.managers
        if any(base.managers or (base is not draft and not base.abstract) for base in draft.parents_in()):
            return ()
        return (("objects", managers.PLAIN, None),)

    def _default_manager_name(self, draft: Draft) -> str | None:
        for base in draft.parents_in():
            name = base.options.get("default_manager_name")
            if isinstance(name, str):
                return name
            if base.managers:
                return None
        return None


def _format(pattern: str, names: Mapping[str, str]) -> str:
    try:
        return pattern % names
    except (KeyError, ValueError, TypeError):
        return pattern


def _with_inverse(relation: Relation, inverse: str) -> Relation:
    return Relation(
        relation.name,
        relation.owner,
        relation.target,
        relation.kind,
        relation.nullable,
        inverse,
        relation.attname,
        relation.query_name,
        relation.node,
        relation.place,
        relation.column,
        relation.parent_link,
        relation.through,
        relation.content_type,
        relation.object_id,
    )


def listed_of_apps(drafts: Drafts, installed: Iterable[str]) -> list[Draft]:
    """The table's models whose apps are installed."""
    names = set(installed)
    found = []
    for listed in contrib.listed().values():
        if listed.app in names and not listed.abstract:
            draft = drafts.of_name(listed.dotted)
            if draft is not None:
                found.append(draft)
    return found
