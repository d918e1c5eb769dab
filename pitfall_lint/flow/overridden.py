"""Queries that a base class writes for whatever model its heirs name: `self.model.objects.filter(...)`. What the rows
of one heir lack belongs into an override of that heir, because the models of the others have no such relation."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow.around import node_at
from pitfall_lint.project.classes import ClassSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.values import Site
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model


class Overridden:
    """The classes of one project that such queries are written in and for."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.symbols = project.symbols
        self._held: dict[Site, dict[ClassSymbol, Model]] = {}

    @cached_property
    def _heirs(self) -> dict[ClassSymbol, list[ClassSymbol]]:
        found: dict[ClassSymbol, list[ClassSymbol]] = {}
        for symbol in self.symbols.classes():
            for base in symbol.mro:
                if isinstance(base, ClassSymbol):
                    found.setdefault(base, []).append(symbol)
        return found

    def says(self, site: Site) -> dict[ClassSymbol, Model]:
        """The classes that name a model for the query, with that model; none where the class around the query says it
        itself and no other says another."""
        held = self._held.get(site)
        if held is None:
            held = self._held[site] = self._says(site)
        return held

    def _says(self, site: Site) -> dict[ClassSymbol, Model]:
        around = site.scope.rpartition(".")[0]
        if not around or site.kind != "expression":
            return {}
        name = named_by_self(node_at(self.project, site.place))
        module = self.symbols.module_at(site.place.path) if name is not None else None
        owner = (
            next((one for one in self.symbols.classes_of(module) if one.node.qualname == around), None)
            if module
            else None
        )
        if owner is None or name is None:
            return {}
        found: dict[ClassSymbol, Model] = {}
        for heir in self._heirs.get(owner, ()):
            member = heir.member(name)
            model = self._model_in(member.owner, member.node) if member is not None else None
            if member is not None and model is not None:
                found[member.owner] = model
        return found if any(one is not owner and one not in owner.mro for one in found) else {}

    def _model_in(self, owner: ClassSymbol, node: Any) -> Model | None:
        """The model that a class attribute names: `model = Book`, `queryset = Book.objects.all()`."""
        value = node.value if isinstance(node, l.Let) else None
        while value is not None:
            symbol = self.symbols.resolve_expr(owner.module, value) if isinstance(value, (l.Name, l.Attr)) else None
            if isinstance(symbol, ClassSymbol):
                return self.project.django.model_of(symbol)
            value = value.func if isinstance(value, l.Call) else value.object if isinstance(value, l.Attr) else None
        return None

    def classes(self, site: Site, model: Model) -> tuple[str, ...]:
        """The classes whose override a model's relations belong into; none where the query is for that one model."""
        said = self.says(site)
        return tuple(sorted(one.name for one, named in said.items() if named is model)) if said else ()


def named_by_self(node: Any) -> str | None:
    """The attribute that a chain begins with at `self`: `model` in `self.model.objects.all()`."""
    name = None
    while isinstance(node, (l.Call, l.Attr)):
        if isinstance(node, l.Attr):
            name = node.name
            if isinstance(node.object, l.Name):
                return name if node.object.id in ("self", "cls") else None
            node = node.object
        elif isinstance(node.func, l.Attr) and isinstance(node.func.object, l.Name):
            return None
        else:
            node = node.func
    return None
