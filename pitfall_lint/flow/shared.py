"""Queries whose rows several parts of a program go through: what only one of them reads, a prefetch where the query is
built would load for all. Where the interpreter cannot see what a part does with the rows, it counts by its mention of
the function that hands them out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l

if TYPE_CHECKING:
    from pitfall_lint.finding import Place
    from pitfall_lint.flow.events import Evaluation, LazyLoad
    from pitfall_lint.flow.values import Site
    from pitfall_lint.project import Project

MANY = 3  # so many parts that go through the rows of a query for each that reads a set of them
ANSWERED = frozenset(
    """count exists aggregate values values_list update delete in_bulk contains acount aexists aaggregate adelete
    aupdate""".split()  # noqa: SIM905
)  # what a prefetch costs nothing


class Shared:
    """Who uses the queries that functions of one project hand out."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.symbols = project.symbols
        self._counted: dict[str, int] = {}

    def seldom_asked(self, events: list[LazyLoad], evaluations: Iterable[Evaluation]) -> set[Site]:
        """The queries whose rows many parts of the program go through, of which few ask for any set of them."""
        places: dict[Site, set[Place]] = {}
        for evaluation in evaluations:
            if evaluation.how == "iterate":
                places.setdefault(evaluation.site, set()).add(evaluation.access)
        reading: dict[Site, set[Place]] = {}
        asking: dict[Site, list[LazyLoad]] = {}
        for event in events:
            if event.to_many or event.through_many:
                first = next((step.place for step in event.trace if step.message.startswith("for each of ")), None)
                reading.setdefault(event.site, set()).add(first or event.access)
                asking.setdefault(event.site, []).append(event)
        return {
            site
            for site, held in reading.items()
            if max(len(places.get(site, ())), self.users(site)) >= MANY * len(held)
            or (all(event.alone for event in asking[site]) and (site in places or self.is_listed(site)))
        }

    def is_listed(self, site: Site) -> bool:
        """Whether the query is the `get_queryset()` of a view that also lists its rows, by a `list` of its own or by
        Django REST framework's.

        https://www.django-rest-framework.org/api-guide/viewsets/#viewset-actions
        """
        around, _, name = site.scope.rpartition(".")
        module = self.symbols.module_at(site.place.path) if name == "get_queryset" else None
        return module is not None and any(
            symbol.node.qualname == around and symbol.is_lent and symbol.member("list") is not None
            for symbol in self.symbols.classes_of(module)
        )

    def users(self, site: Site) -> int:
        """How often the program mentions the function that builds a query, but to count the rows or to ask whether
        there are any; 0 where other functions have the same name."""
        name = site.scope.rpartition(".")[2]
        if self._defined[name] != 1:
            return 0
        if name not in self._counted:
            self._counted[name] = sum(1 for _ in self._mentions(name))
        return self._counted[name]

    @cached_property
    def _defined(self) -> Counter[str]:
        """The names that may be meant: not methods which a library calls (columns of an admin page), but relations."""
        every = self.symbols.functions()
        found = Counter(one.node.name for one in every if one.owner is None or not one.owner.is_lent)
        found.update(name for model in self.project.django.models.values() for name in model.relations)
        return found

    def _mentions(self, name: str) -> Iterator[Any]:
        for function in self.symbols.functions():
            if name in function.node.names and function.node.name != name:
                yield from mentions(function.node.body, name)
        for template in self.project.template_files.values():
            if name in template.names:
                yield from mentions(template.body, name)


def mentions(body: l.Body, name: str) -> Iterator[Any]:
    """The attributes and calls of that name, but those whose rows are only counted."""
    answered: set[int] = set()
    for node in l.walk(body):
        if isinstance(node, (l.Attr, l.Lookup)) and node.name in ANSWERED:
            below: Any = node.object
            while isinstance(below, (l.Attr, l.Lookup, l.Call)):
                answered.add(id(below))
                below = below.func if isinstance(below, l.Call) else below.object
        elif isinstance(node, (l.Attr, l.Lookup)) and node.name == name and id(node) not in answered:
            yield node
        elif isinstance(node, l.Call) and isinstance(node.func, l.Name) and node.func.id == name:
            yield from () if id(node) in answered else (node,)
