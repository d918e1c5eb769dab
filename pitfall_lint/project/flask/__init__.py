"""Flask's view of a project: applications, blueprints, routes, what is registered and bound where, and what runs
around each request.

Everything is linked together, once, when the first of these is asked for; a project that imports no Flask pays for a
look at its imports. Records are in `records`, what expressions stand for in `values`, the walk over statements in
`linker`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project.flask.records import (
    Blueprint,
    Extension,
    FlaskApp,
    Folders,
    Hook,
    Registration,
    Route,
    RunCall,
    Target,
)

if TYPE_CHECKING:
    from pitfall_lint.facts.records import PythonFacts
    from pitfall_lint.project import Project
    from pitfall_lint.project.flask.linker import Linker
    from pitfall_lint.project.flask.settings import Settings
    from pitfall_lint.project.symbols import Module

__all__ = ["Blueprint", "Extension", "Flask", "FlaskApp", "Folders", "Hook", "Registration", "Route", "RunCall"]

_FAMILY = ("flask", "quart", "connexion", "apiflask")
_RESPONSE_HOOKS = frozenset({"after_request", "after_app_request", "middleware"})
_RESPONSE_METHODS = (
    "process_response",
    "finalize_request",
    "make_response",
    "full_dispatch_request",
    "wsgi_app",
    "__call__",
)


class Flask:
    """Answers questions about the Flask side of a project."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def present(self) -> bool:
        """Does any module that is no test import Flask, Quart, connexion or an extension of theirs?"""
        real = [facts for facts in self.project.python.values() if not facts.shallow]
        return any(map(_imports_family, real)) or any(map(_builds_within, real))

    @cached_property
    def _linker(self) -> Linker | None:
        if not self.present:
            return None
        from pitfall_lint.project.flask.linker import Linker

        linker = Linker(self.project)
        linker.link(self.modules)
        return linker

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """The modules of the project that are neither tests nor migrations, in path order."""
        found = (
            self.project.symbols.module_at(path)
            for path, facts in sorted(self.project.python.items())
            if not facts.shallow
        )
        return tuple(module for module in found if module is not None)

    # -------------------------------------------------------------- records

    @cached_property
    def apps(self) -> tuple[FlaskApp, ...]:
        """Every application object made outside tests, helpers' and examples' included."""
        return tuple(sorted(self._linker.makers.apps.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def blueprints(self) -> tuple[Blueprint, ...]:
        """Every blueprint and namespace, registered or not."""
        return tuple(sorted(self._linker.makers.blueprints.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every route, in file order."""
        return tuple(sorted(self._linker.table.routes.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def registrations(self) -> tuple[Registration, ...]:
        """Every registration of a blueprint or namespace."""
        return tuple(sorted(self._linker.registrations.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def extensions(self) -> tuple[Extension, ...]:
        """Every extension that is bound to an application."""
        return tuple(sorted(self._linker.extensions.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def hooks(self) -> tuple[Hook, ...]:
        """Every function that runs around requests."""
        return tuple(sorted(self._linker.hooks.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def runs(self) -> tuple[RunCall, ...]:
        """Every `app.run(...)`."""
        return tuple(sorted(self._linker.runs.values(), key=_by_place)) if self._linker else ()

    @cached_property
    def settings(self) -> Settings | None:
        """What configuration keys may hold; None without Flask."""
        if self._linker is None:
            return None
        from pitfall_lint.project.flask.settings import Settings

        return Settings(self._linker.evaluator, self.modules)

    # ------------------------------------------------------------ questions

    @cached_property
    def template_folders(self) -> tuple[str, ...]:
        """Where Flask looks for templates: the applications' folders, then the blueprints', root-relative."""
        return _unique(folders.template for folders in self._folders)

    @cached_property
    def static_folders(self) -> tuple[str, ...]:
        """Where Flask serves static files from, root-relative."""
        return _unique(folders.static for folders in self._folders)

    @property
    def _folders(self) -> Iterator[Folders]:
        for app in self.apps:
            yield app.folders
        for blueprint in self.blueprints:
            yield blueprint.folders

    @cached_property
    def _by_target(self) -> Mapping[int, tuple[Route, ...]]:
        table: dict[int, list[Route]] = {}
        for route in self.routes:
            table.setdefault(id(route.target), []).append(route)
        return {key: tuple(found) for key, found in table.items()}

    def routes_on(self, target: Target) -> tuple[Route, ...]:
        """The routes bound to this very object."""
        return self._by_target.get(id(target), ())

    def registered_on(self, target: Target) -> tuple[Blueprint, ...]:
        """The blueprints registered on an application or blueprint, and those registered on these, each once."""
        found: dict[int, Blueprint] = {}
        waiting: list[Target] = [target]
        while waiting:
            current = waiting.pop()
            for registration in self.registrations:
                if (
                    registration.target is current
                    and registration.blueprint is not None
                    and id(registration.blueprint) not in found
                ):
                    found[id(registration.blueprint)] = registration.blueprint
                    waiting.append(registration.blueprint)
        return tuple(found.values())

    def routes_of(self, app: FlaskApp) -> tuple[Route, ...]:
        """The routes that an application serves: its own, its blueprints', and, where it is the only application,
        those whose owner is unknown.
        """
        found = list(self.routes_on(app))
        for blueprint in self.registered_on(app):
            found.extend(self.routes_on(blueprint))
        if len(self.apps) == 1:
            taken = {id(route) for route in found}
            found.extend(route for route in self.routes if id(route) not in taken)
        return tuple(found)

    def endpoints(self, route: Route) -> tuple[str, ...]:
        """The names that `url_for` knows a route by, one for each registration of its blueprint; empty where
        unknown.
        """
        if route.endpoint is None:
            return ()
        return tuple(prefix + route.endpoint for prefix in self._prefixes(route.target, 0))

    def _prefixes(self, target: Target | None, depth: int) -> tuple[str, ...]:
        if target is None or depth > 8:
            return ()
        if isinstance(target, FlaskApp):
            return ("",)
        found: list[str] = []
        for registration in self.registrations:
            if registration.blueprint is target:
                name = registration.name or target.name
                if name is not None:
                    own = "" if target.kind == "namespace" else f"{name}."
                    found.extend(prefix + own for prefix in self._prefixes(registration.target, depth + 1))
        return tuple(dict.fromkeys(found))

    def security_headers(self, app: FlaskApp) -> frozenset[str]:
        """The security headers (CSP, HSTS, X-Frame-Options, nosniff) that the application's own code adds to every
        response; `computed` among them where it adds what a configuration names that is no code.
        """
        linker = self._linker
        if linker is None or self.settings is None:
            return frozenset()
        from pitfall_lint.project.flask.headers import headers_set
        from pitfall_lint.project.symbols import ClassSymbol

        found: frozenset[str] = frozenset()
        registered = {id(item) for item in self.registered_on(app)}
        for hook in self.hooks:
            if hook.kind not in _RESPONSE_HOOKS or not hook.app_wide:
                continue
            if hook.target is app or hook.target is None or id(hook.target) in registered or len(self.apps) == 1:
                found |= headers_set(hook.function, linker.scope_of(hook), linker.evaluator, self.settings)
        if any(item.cls.startswith("flask_sslify.") and item.app in (app, None) for item in self.extensions):
            found |= {"HSTS"}
        cls = self.project.symbols.lookup(app.cls)
        if isinstance(cls, ClassSymbol):
            for name in _RESPONSE_METHODS:
                member = cls.member(name)
                if member is not None and isinstance(member.node, lang.Function):
                    found |= headers_set(
                        member.node, linker.evaluator.top(member.owner.module), linker.evaluator, self.settings
                    )
        return found

    def imports_of(self, *packages: str) -> tuple[Place, ...]:
        """Where modules that are no tests import one of these top-level packages, within functions too."""
        return tuple(
            Place(path, start, end) for path, start, end in self._imports if self._imports[path, start, end] in packages
        )

    @cached_property
    def _imports(self) -> Mapping[tuple[str, int, int], str]:
        from pitfall_lint.project.flask.syntax import functions, statements

        found: dict[tuple[str, int, int], str] = {}
        for module in self.modules:
            bodies = [module.facts.body]
            bodies.extend(
                function.body
                for function in functions(module.facts.body)
                if b"flask" in bytes(function.encoded) or b"secure" in bytes(function.encoded)
            )
            for body in bodies:
                for item in statements(body):
                    if isinstance(item, lang.Import) and not item.level:
                        found[module.path, item.start, item.end] = item.module.partition(".")[0]
        return found


def _imports_family(facts: PythonFacts) -> bool:
    return any(_is_family(item) for item in _top_imports(facts.body))


def _builds_within(facts: PythonFacts) -> bool:
    """Does a function name the class of an application that it must have imported itself?"""
    return any(
        isinstance(item, lang.Function) and ("Flask" in item.names or "Quart" in item.names) for item in facts.body
    )


def _top_imports(body: lang.Body) -> Iterator[lang.Import]:
    for statement in body:
        if isinstance(statement, lang.Import):
            yield statement
        elif isinstance(statement, lang.If):
            yield from _top_imports(statement.body)
            yield from _top_imports(statement.orelse)
        elif isinstance(statement, lang.Try):
            yield from _top_imports(statement.body)


def _is_family(item: lang.Import) -> bool:
    top = item.module.partition(".")[0]
    return not item.level and (top in _FAMILY or top.startswith(("flask_", "quart_")))


def _by_place(item: FlaskApp | Blueprint | Route | Registration | Extension | Hook | RunCall) -> tuple[str, int, int]:
    return (item.place.path, item.place.start, item.place.end)


def _unique(folders: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(folder for folder in folders if folder is not None))
