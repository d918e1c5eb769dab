"""FLK101: too many routes bound to the application object in one module.

Routes that several modules bind to a global application are FLK102's matter, one blueprint that holds everything
FLK110's.
"""

from __future__ import annotations

import keyword
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pitfall_lint.finding import Applicability, Finding, Fix, Severity, Step
from pitfall_lint.language import Function
from pitfall_lint.project import Project
from pitfall_lint.project.flask.records import FlaskApp, Route
from pitfall_lint.project.flask.traits import in_folder_named
from pitfall_lint.project.symbols import Module
from pitfall_lint.rule import Rule

_VERSION = re.compile(r"v\d+(?:\.\d+)*\Z|api\Z|rest\Z")
SHOWN = 6  # routes named of each blueprint
MAIN = "main"


class SingleFileApp(Rule):
    """One module binds so many routes to the application object that it is the whole application.

    What it finds
    A module whose own views are bound to one application object, by `@app.route` and its kin or by
    `add_url_rule`: a warning from 20 routes on, or from 12 in a module of at least 500 lines; info from 11 routes on,
    or for fewer in a module of at least 800 lines. Blueprints elsewhere do not clear it: what counts is what is bound
    to the application object here.

    Why it matters
    Every change meets in one file, nothing can be mounted, tested or named apart, and the views import
    the application that they are part of. Blueprints give each part its file, its URL prefix and its templates, and a
    factory can register them.

    Example

        # app.py
        from flask import Flask

        app = Flask(__name__)

        @app.get("/books/")
        def list_books(): return []

        @app.post("/books/")
        def add_book(): return {}

        @app.get("/books/<int:key>")
        def show_book(key): return {}

        @app.put("/books/<int:key>")
        def change_book(key): return {}

        @app.delete("/books/<int:key>")
        def remove_book(key): return {}

        @app.get("/members/")
        def list_members(): return []

        @app.post("/members/")
        def add_member(): return {}

        @app.get("/members/<int:key>")
        def show_member(key): return {}

        @app.put("/members/<int:key>")
        def change_member(key): return {}

        @app.delete("/members/<int:key>")
        def remove_member(key): return {}

        @app.get("/")
        def home(): return "Books and members"

    Better

        # app.py
        from flask import Flask

        from books import bp as books
        from members import bp as members

        app = Flask(__name__)
        app.register_blueprint(books)
        app.register_blueprint(members)

        @app.get("/")
        def home(): return "Books and members"

        # books.py
        from flask import Blueprint

        bp = Blueprint("books", __name__, url_prefix="/books")

        @bp.get("/")
        def list_books(): return []

        # members.py
        from flask import Blueprint

        bp = Blueprint("members", __name__, url_prefix="/members")

        @bp.get("/")
        def list_members(): return []

    Fix
    Manual: the finding names the blueprint modules, by URL prefix, and says which views go into each, with the
    code that declares and registers them. Endpoints then carry the blueprint's name, so every `url_for("view")`
    becomes `url_for("blueprint.view")`.

    Limits
    Routes whose views lie in other modules (a table of URLs, REST resources) do not count; neither do tests
    and folders of examples.

    Options
    - `warn_routes` (default 20): a warning from so many routes on
    - `long_routes` (default 12), `long_lines` (default 500): a warning from so many routes in so many lines on
    - `info_routes` (default 11): info from so many routes on
    - `huge_lines` (default 800), `huge_routes` (default 3): info from so many lines on, where there are at least so
      many routes
    - `example_folders` (default example, examples, sample, samples, demo, demos, doc, docs, tutorial, tutorials):
      applications in folders of these names are not reported

    References
    - https://flask.palletsprojects.com/en/stable/blueprints/
    - https://flask.palletsprojects.com/en/stable/patterns/appfactories/
    """

    code, name, severity = "FLK101", "single-file-app", Severity.WARNING
    fixable = Applicability.MANUAL
    options: ClassVar[dict[str, Any]] = {
        "warn_routes": 20,
        "long_routes": 12,
        "long_lines": 500,
        "info_routes": 11,
        "huge_lines": 800,
        "huge_routes": 3,
        "example_folders": [
            "example",
            "examples",
            "sample",
            "samples",
            "demo",
            "demos",
            "doc",
            "docs",
            "tutorial",
            "tutorials",
        ],
    }

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding for each module that binds too much to one application."""
        examples = frozenset(self.settings["example_folders"])
        for app in project.flask.apps:
            if in_folder_named(app.path, examples):
                continue
            by_module: dict[str, list[Route]] = {}
            for route in project.flask.routes_on(app):
                if route.view is not None and route.view_module is route.module and route.how != "openapi":
                    by_module.setdefault(route.path, []).append(route)
            for routes in by_module.values():
                severity = self._severity(len(_views(routes)), routes[0].module.facts.lines)
                if severity is not None:
                    yield self._finding(project, app, routes, severity)

    def _severity(self, routes: int, lines: int) -> Severity | None:
        options = self.settings
        if routes >= options["warn_routes"] or (routes >= options["long_routes"] and lines >= options["long_lines"]):
            return self.severity
        if routes >= options["info_routes"] or (routes >= options["huge_routes"] and lines >= options["huge_lines"]):
            return Severity.INFO
        return None

    def _finding(self, project: Project, app: FlaskApp, routes: list[Route], severity: Severity) -> Finding:
        module = routes[0].module
        lines = module.facts.lines
        count = len(_views(routes))
        name = app.variable or "the application"
        plan = _plan(project, module, routes)
        groups = ", ".join(f"`{group}` ({len(_views(found))})" for group, found in plan.items())
        where = f"{posixpath.basename(module.path)} binds {count} routes ({lines:,} lines) to `{name}`"
        return self.found(
            app.place,
            f"{where}; move them into blueprints: {groups}",
            fix=Fix(Applicability.MANUAL, _suggestion(app, module, plan)),
            severity=severity,
            scope=app.scope,
            steps=[Step(routes[0].place, "the first route"), Step(routes[-1].place, "the last")],
            data={
                "routes": count,
                "lines": lines,
                "module": module.path,
                "blueprints": [f"{group}: {', '.join(_views(found))}" for group, found in plan.items()],
            },
        )


def _views(routes: Sequence[Route]) -> list[str]:
    """The views that routes lead to, each once: two rules on one view are one thing to move."""
    return list(
        dict.fromkeys(route.endpoint or (route.view.name if route.view is not None else "") for route in routes)
    )


# ------------------------------------------------------------------- the plan


def _plan(project: Project, module: Module, routes: Sequence[Route]) -> dict[str, list[Route]]:
    """Blueprint names and the routes that go into each: one for each first part of the URL that several views share,
    the rest in `main`.
    """
    first: dict[str, list[Route]] = {}  # by view, since a view moves as a whole
    for route in routes:
        first.setdefault(_views([route])[0], []).append(route)
    heads = {view: _head(found) for view, found in first.items()}
    counts = Counter(head for head in heads.values() if head)
    taken = {item.name.rpartition(".")[2] for item in project.symbols.modules.values() if item.path} | {"flask"}
    names: dict[str, str] = {}
    for head, count in counts.items():
        if count > 1:
            name = head
            while name in taken or name in names.values() or name == MAIN:
                name += "_views"
            names[head] = name
    plan: dict[str, list[Route]] = {}
    for view, found in first.items():
        plan.setdefault(names.get(heads[view], MAIN), []).extend(found)
    if list(plan) == [MAIN]:
        return plan
    return {name: plan[name] for name in sorted(plan, key=lambda name: (name == MAIN, -len(plan[name]), name))}


def _head(routes: Sequence[Route]) -> str:
    """The first telling part of a view's URL, as a module may be called; "" where there is none."""
    for route in routes:
        for part in (route.rule or "").strip("/").split("/"):
            if not part or "<" in part:
                break
            if not _VERSION.match(part):
                name = re.sub(r"\W+", "_", part.lower()).strip("_")
                return f"{name}_" if keyword.iskeyword(name) else name if name.isidentifier() else ""
    return ""


def _prefix(routes: Sequence[Route]) -> str:
    """The URL prefix that all rules share, by whole parts that hold no variable."""
    shared: list[str] | None = None
    for route in routes:
        parts = (route.rule or "").split("/")
        known = parts[: next((at for at, part in enumerate(parts) if "<" in part), len(parts))]
        if shared is None:
            shared = known
        else:
            same = next((at for at, pair in enumerate(zip(shared, known, strict=False)) if pair[0] != pair[1]), None)
            shared = shared[: min(len(shared), len(known)) if same is None else same]
    return "/".join(shared or ()).rstrip("/")


def _suggestion(app: FlaskApp, module: Module, plan: dict[str, list[Route]]) -> str:
    name = app.variable or "app"
    package = f"{module.package}." if module.package else ""
    folder = posixpath.dirname(module.path)
    lines = [f"Split {module.path} into blueprints:"]
    for group, routes in plan.items():
        views = _views(routes)
        more = f" and {len(views) - SHOWN} more" if len(views) > SHOWN else ""
        lines.append(f"- {posixpath.join(folder, group)}.py: {', '.join(views[:SHOWN])}{more}")
    group, routes = next(iter(plan.items()))
    prefix = _prefix(routes) if group != MAIN else ""
    route = routes[0]
    given = f', url_prefix="{prefix}"' if prefix else ""
    rule = (route.rule or "/")[len(prefix) :]  # "" below a prefix is the prefix itself, without a slash
    signature = _signature(route)
    verb = f'@bp.route("{rule}", methods={list(route.methods)!r})'.replace("'", '"')
    if len(route.methods) == 1 and route.methods[0] in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        verb = f'@bp.{route.methods[0].lower()}("{rule}")'
    lines += [
        "",
        f"    # {posixpath.join(folder, group)}.py",
        "    from flask import Blueprint",
        "",
        f'    bp = Blueprint("{group}", __name__{given})',
        "",
        f"    {verb}  # was {route.rule or 'computed'} on {name}",
        f"    {signature}",
        "",
        f"    # {app.path}, after {name} is made",
    ]
    lines += [f"    from {package}{one} import bp as {one}_bp" for one in plan]
    lines += [f"    {name}.register_blueprint({one}_bp)" for one in plan]
    old = _views([route])[0]
    lines += [
        "",
        "Endpoints gain the blueprint's name: "
        f'`url_for("{old}")` becomes `url_for("{group}.{old}")`, in templates too.',
    ]
    return "\n".join(lines)


def _signature(route: Route) -> str:
    view = route.view
    if isinstance(view, Function):
        marks = {"args": "*", "kwargs": "**"}
        params = ", ".join(marks.get(param.kind, "") + param.name for param in view.params)
        return f"{'async ' if view.is_async else ''}def {view.name}({params}): ..."
    return f"class {view.name if view is not None else 'View'}: ..."
