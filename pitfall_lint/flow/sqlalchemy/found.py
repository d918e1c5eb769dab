"""What the interpreter found out about SQLAlchemy's queries, for the rules: lazy loads gathered by the query that
lacks them, queries and
commits in loops, queries in templates.

https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Applicability, Confidence, Fix, LoaderOption, Place, Step
from pitfall_lint.flow.around import runs_remembered
from pitfall_lint.flow.events import LazyLoad
from pitfall_lint.flow.missing import longest
from pitfall_lint.flow.sqlalchemy import loops
from pitfall_lint.flow.sqlalchemy.fitting import function_for, steps_of
from pitfall_lint.flow.sqlalchemy.values import LoopCommit, RowQuery, TemplateQuery
from pitfall_lint.flow.values import Site
from pitfall_lint.project.classes import ClassSymbol, ModuleSymbol
from pitfall_lint.project.modules import functions_in
from pitfall_lint.project.sqlalchemy.models import MappedModel, Relationship

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project import Project
    from pitfall_lint.project.modules import Module

MOST_STEPS = 12


@dataclass(frozen=True, slots=True)
class Lacking:
    """The relations that one query does not load, and its rows read. `options` are the loader options that load them,
    as they are to be written
    in the query's file; `names` those of `sqlalchemy.orm` that it has to import for that, `imports` the classes
    (module, name).
    """

    site: Site
    model: MappedModel
    events: tuple[LazyLoad, ...]
    options: tuple[str, ...]
    names: tuple[str, ...]
    imports: tuple[tuple[str, str], ...]
    complete: bool
    told: tuple[str, ...] = ()  # those of the paths that the query itself says shall stay lazy

    @property
    def paths(self) -> tuple[str, ...]:
        """Every relation that is read and not loaded, sorted."""
        return tuple(sorted({event.path for event in self.events}))

    @property
    def words(self) -> str:
        """The relations as a user writes them."""
        return ", ".join(f"`{self.model.name}.{'.'.join(steps_of(self.model, path))}`" for path in self.paths)

    @property
    def confidence(self) -> Confidence:
        """That of the surest event."""
        order = (Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)
        return min((event.confidence for event in self.events), key=order.index)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way from the query to the reads."""
        steps: list[Step] = []
        for path in self.paths:
            event = next(event for event in self.events if event.path == path)
            steps.extend(step for step in event.trace if step not in steps)
            words = ".".join(steps_of(self.model, path))
            steps.append(Step(event.access, f"reads `{event.source}`: a query per row for `{words}`"))
        return tuple(steps[:MOST_STEPS])

    @property
    def call(self) -> str:
        """The call that loads what is missing."""
        return f"options({', '.join(self.options)})"

    @property
    def fix(self) -> Fix:
        """The options added to the query."""
        if self.site.kind != "expression":
            return Fix(
                Applicability.MANUAL, f"Build this query in Python, with `.{self.call}`, and hand it to the template"
            )
        if self.told:
            words = ", ".join(f"`{path.replace('__', '.')}`" for path in self.told)
            return Fix(
                Applicability.MANUAL,
                f"Put `{self.call}` in the place of the option that keeps {words} lazy: one relationship takes one",
            )
        if not self.complete:
            return Fix(Applicability.MANUAL, f"Add `.{self.call}` to `{self.site.source}`, and import what it names")
        recipe = LoaderOption(self.site.place, self.options, self.names, self.imports)
        sure = Applicability.UNSAFE if self.imports else Applicability.SAFE
        return Fix(sure, f"Add `.{self.call}` to `{self.site.source}`", recipe)


class Mapped:
    """The events of SQLAlchemy's queries in one project."""

    def __init__(self, project: Project, run: Interpreter | None, set_elsewhere: Callable[[Site, str], bool]) -> None:
        self.project = project
        self.run = run
        self.set_elsewhere = set_elsewhere

    @cached_property
    def lazy_loads(self) -> tuple[LazyLoad, ...]:
        """Relationships read row by row that their query did not load."""
        if self.run is None:
            return ()
        found = [
            event
            for event in self.run.lazy_loads.values()
            if event.model.dialect == "sqlalchemy"
            and not self.set_elsewhere(event.site, event.path)
            and len(self.run.built[event.site]) < 2
            and not self._does("committing", event.trace)  # a commit forgets what was loaded
            and not runs_remembered(self.project, event.access, event.trace)
        ]
        return tuple(sorted(found, key=lambda event: (event.site.place, event.model.label, event.path, event.access)))

    @cached_property
    def row_queries(self) -> tuple[RowQuery, ...]:
        """Queries that run on each turn of a loop which only reads; one that writes as it goes has its reasons."""
        found = [
            event
            for event in self._events("row queries")
            if not event.writes
            and self.run is not None
            and len(self.run.built[event.site]) < 2  # else a helper for any class, which knows nothing of the loop
            and not self._does("writing", (*event.trace, Step(event.loop, "")))
            and not runs_remembered(self.project, event.access, event.trace)
        ]
        return tuple(sorted(found, key=lambda event: (event.access, event.how)))

    @cached_property
    def commits(self) -> tuple[LoopCommit, ...]:
        """Commits on each turn of a loop."""
        return tuple(sorted(self._events("commits"), key=lambda event: (event.access, event.loop)))

    @cached_property
    def template_queries(self) -> tuple[TemplateQuery, ...]:
        """Queries that a template builds."""
        return tuple(sorted(self._events("template queries"), key=lambda event: (event.access, event.how)))

    def _does(self, kind: str, trace: tuple[Step, ...]) -> bool:
        """Whether a loop on the way commits, or writes."""
        return self.run is not None and any(loops.does(self.run, kind, step.place) for step in trace)

    def _events(self, kind: str) -> list[Any]:
        return list(self.run.others[kind].values()) if self.run is not None else []

    def lacking(self, to_many: bool) -> Iterator[Lacking]:
        """One `Lacking` a query, of the relations to many or to one, in the order of the queries."""
        events = [event for event in self.lazy_loads if event.to_many == to_many]
        for (site, model), group in itertools.groupby(events, key=lambda event: (event.site, event.model)):
            held = tuple(group)
            sure = tuple(event for event in held if event.confidence is not Confidence.LOW)
            assert isinstance(model, MappedModel)
            yield self._lacking(site, model, sure or held)

    def _lacking(self, site: Site, model: MappedModel, events: tuple[LazyLoad, ...]) -> Lacking:
        assert self.run is not None
        loaded = self.run.others["loaded"].get(site, set())
        grouped = site in self.run.others["grouped"]
        module = self.project.symbols.module_at(site.place.path)
        prefix, imported = loader_prefix(module) if module is not None else ("", frozenset())
        names: set[str] = set()
        imports: set[tuple[str, str]] = set()
        written: list[str] = []
        complete = True
        for path in longest({event.path for event in events}):
            current: Any = model
            parts: list[str] = []
            steps = steps_of(model, path)
            for index, name in enumerate(steps):
                relation = current.relation(name)
                before = "__".join(steps[: index + 1])
                known = index < len(steps) - 1 and (
                    before in loaded or (isinstance(relation, Relationship) and relation.loads_itself)
                )
                fitting = "selectinload" if grouped else function_for(relation, self.project.sqlalchemy.models.values())
                function = "defaultload" if known else fitting
                cls, how = self._class_name(module, current, site.place)
                if how is not None:
                    imports.add(how)
                complete = complete and cls is not None
                parts.append(
                    f"{prefix}{function}({cls or current.name}.{name})"
                    if not parts
                    else f"{function}({cls or current.name}.{name})"
                )
                if index == 0 and not prefix:
                    names.add(function)
                current = relation.target
            written.append(".".join(parts))
        needed = tuple(sorted(names - imported))
        told = self.run.others["told lazy"].get(site, set()) & {event.path for event in events}
        return Lacking(
            site, model, events, tuple(written), needed, tuple(sorted(imports)), complete, tuple(sorted(told))
        )

    def _class_name(
        self, module: Module | None, model: MappedModel, place: Place
    ) -> tuple[str | None, tuple[str, str] | None]:
        """How the module calls the class, and the import it needs for that."""
        symbol = model.symbol
        if module is None or symbol is None:
            return None, None
        symbols = self.project.symbols
        function = next(
            (node for node, _ in functions_in(module.facts.body) if node.start <= place.start < node.end), None
        )
        if symbols.resolve(module, symbol.name) is symbol:
            return symbol.name, None
        for node in (*module.facts.body, *(l.walk(function.body) if function is not None else ())):
            if isinstance(node, l.Import) and node.name != "*" and node.start < place.start:
                bound = node.alias or node.name or node.module.partition(".")[0]
                held = symbols.resolve_expr(module, l.Name(0, 0, bound), function)
                if held is symbol:
                    return bound, None
                if isinstance(held, ModuleSymbol) and symbols.attribute(held, symbol.name) is symbol:
                    return f"{bound}.{symbol.name}", None
        free = symbols.resolve(module, symbol.name) is None and symbol.owner is None
        return (symbol.name, (symbol.module.name, symbol.name)) if free else (None, None)


def loader_prefix(module: Module) -> tuple[str, frozenset[str]]:
    """What stands before a loader function in this file (`orm.`), and the functions that it imports by name already."""
    prefix, imported = "", set()
    for node in module.facts.body:
        if not isinstance(node, l.Import) or node.level:
            continue
        if node.module == "sqlalchemy.orm" and node.name is not None and node.alias is None:
            imported.add(node.name)
        elif node.module == "sqlalchemy" and node.name == "orm":
            prefix = f"{node.alias or 'orm'}."
        elif node.module == "sqlalchemy.orm" and node.name is None and node.alias:
            prefix = f"{node.alias}."
    return ("" if imported else prefix), frozenset(imported)


__all__ = ["ClassSymbol", "Lacking", "Mapped"]
