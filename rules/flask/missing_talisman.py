"""FLK201: an application that is served without security headers and without a redirect to HTTPS.

A Talisman that is imported and does nothing is FLK206's matter; so is how good the headers are that an application
sends.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, ClassVar

from pitfall_lint.finding import Applicability, BindExtension, Finding, Fix, Severity, Step
from pitfall_lint.project import Project
from pitfall_lint.project.flask.binding import binding_site
from pitfall_lint.project.flask.headers import COMPUTED
from pitfall_lint.project.flask.library import HEADER_MODULES, TALISMAN_MODULES
from pitfall_lint.project.flask.records import FlaskApp
from pitfall_lint.project.flask.traits import (
    evidence_of_users,
    in_folder_named,
    is_below,
    is_local_tool,
    proxy_headers,
)
from pitfall_lint.rule import Rule

REQUIREMENT = "flask-talisman"
NOTES = (
    "Talisman redirects HTTP to HTTPS (not under `debug`; behind a proxy, by its `X-Forwarded-Proto`), so test clients "
    "need `base_url=\"https://localhost\"`. Its default Content-Security-Policy, `default-src 'self'`, blocks inline "
    "scripts and styles and other sites' assets: pass `content_security_policy={...}` with what the templates need"
)


class MissingTalisman(Rule):
    """The application sends no security headers and answers over plain HTTP.

    What it finds
    A Flask application in which nothing sets the headers that browsers protect users by: no form of
    Flask-Talisman (bound, by `init_app`, subclassed, wrapped in a module of its own), none of `secure`, flask-csp and
    their like, no application-wide `after_request` (or WSGI middleware, or subclass of Flask) that sets at least two
    of Content-Security-Policy, Strict-Transport-Security, X-Frame-Options and X-Content-Type-Options, and no server
    configuration in the repository that adds two of them. One finding for each application root.

    It is a warning where people log in, keep a session or send forms, and info for an API or a small application: one
    of at most three routes, or of at most ten in a single file of fewer than 200 lines. It is info too where HTTPS is
    seen to (Flask-SSLify, Strict-Transport-Security) and only the other headers are missing.

    Why it matters
    Over plain HTTP anybody on the way reads the session cookie. Without Strict-Transport-Security a
    browser keeps trying HTTP; without a Content-Security-Policy one unescaped value runs as a script; without
    X-Frame-Options the pages can be framed and clicked through.

    Example

        # app.py
        from flask import Flask, redirect, request, session

        app = Flask(__name__)
        app.config.from_prefixed_env()

        @app.post("/login")
        def login():
            session["user"] = request.form["user"]
            return redirect("/")

        # requirements.txt
        flask

    Better

        # app.py
        from flask import Flask, redirect, request, session
        from flask_talisman import Talisman

        app = Flask(__name__)
        app.config.from_prefixed_env()
        Talisman(app)

        @app.post("/login")
        def login():
            session["user"] = request.form["user"]
            return redirect("/")

        # requirements.txt
        flask
        flask-talisman

    Fix
    Unsafe: imports Talisman, binds it where the project binds its other extensions (`init_app` of an instance
    where that is the project's way, `Talisman(app)` otherwise), and adds `flask-talisman` to the manifest. From then
    on HTTP is redirected to HTTPS and the default Content-Security-Policy blocks inline scripts and styles, which is
    why it is unsafe.

    Limits
    Headers that a proxy outside the repository adds are not seen; suppress the finding there. Applications in
    folders of examples and tools that run on the loopback interface only are left alone. Talisman knows no Quart:
    there the finding suggests an `after_request`. A package that is only declared, or only used by tests, does not
    count.

    Options
    - `small_app_routes` (default 3): an application of at most so many routes is info
    - `small_file_routes` (default 10), `small_file_lines` (default 200): so is one that lies, routes and all, in one
      file of at most so many routes and fewer lines
    - `example_folders` (default example, examples, sample, samples, demo, demos, doc, docs, tutorial, tutorials):
      applications in folders of these names are not reported
    - `collection` (default 3): a repository of more application roots than this is a collection, and gets info

    References
    - https://flask.palletsprojects.com/en/stable/web-security/#security-headers
    - https://github.com/wntrblm/flask-talisman
    """

    code, name, severity = "FLK201", "missing-talisman", Severity.WARNING
    fixable = Applicability.UNSAFE
    options: ClassVar[dict[str, Any]] = {
        "small_app_routes": 3,
        "small_file_routes": 10,
        "small_file_lines": 200,
        "collection": 3,
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
        """One finding for each application root whose main application sends no security headers."""
        if not project.flask.apps:
            return
        roots = self._roots(project)
        for folder, apps in roots.items():
            app = max(apps, key=lambda item: _weight(project, item))
            others = [other for other in roots if other != folder and is_below(other, folder)]
            if not self._is_protected(project, app, apps, folder, others):
                yield self._finding(project, app, folder, apps, len(roots) > self.settings["collection"])

    def _roots(self, project: Project) -> dict[str, list[FlaskApp]]:
        """The applications that serve something, by the folder that they are deployed from."""
        examples = frozenset(self.settings["example_folders"])
        flask = project.flask
        found: dict[str, list[FlaskApp]] = {}
        for app in flask.apps:
            serves = flask.routes_of(app) or flask.registered_on(app)
            if serves and not in_folder_named(app.path, examples) and not is_local_tool(project, app):
                found.setdefault(_root_of(project, app.path), []).append(app)
        return found

    def _is_protected(
        self, project: Project, app: FlaskApp, apps: list[FlaskApp], folder: str, others: list[str]
    ) -> bool:
        flask = project.flask
        for place in flask.imports_of(*TALISMAN_MODULES, *HEADER_MODULES):
            if not any(is_below(place.path, other) for other in others) and _shares(project, place.path, folder):
                return True
        sent = [flask.security_headers(one) for one in apps]
        if any(len(headers) >= 2 or COMPUTED in headers for headers in sent):
            return True
        return any(len(headers) >= 2 for path, headers in proxy_headers(project) if _shares(project, path, folder))

    def _finding(self, project: Project, app: FlaskApp, folder: str, apps: list[FlaskApp], many: bool) -> Finding:
        flask = project.flask
        routes = flask.routes_of(app)
        users = evidence_of_users(project, folder)
        lines = app.module.facts.lines
        one_file = not flask.registered_on(app) and all(route.path == app.path for route in routes)
        small = len(routes) <= self.settings["small_app_routes"] or (
            one_file and len(routes) <= self.settings["small_file_routes"] and lines < self.settings["small_file_lines"]
        )
        sent = flask.security_headers(app)
        loud = users is not None and not small and not many and "HSTS" not in sent
        name = app.variable or "the application"
        headers = f"only {next(iter(sent))} of the security headers" if sent else "no security headers"
        https = "" if "HSTS" in sent else " and answers over plain HTTP"
        verb = "takes" if users is not None and users[1] == "forms" else "keeps"
        what = f" although it {verb} {users[1]}" if users is not None else ""
        steps = [Step(users[0], f"here it shows: {users[1]}")] if users is not None else []
        steps += [Step(other.place, "another application of the same root") for other in apps if other is not app]
        return self.found(
            app.place,
            f"`{name}` sends {headers}{https}{what}; bind Flask-Talisman",
            fix=_fix(project, app),
            severity=self.severity if loud else Severity.INFO,
            scope=app.scope,
            steps=steps,
            data={"routes": len(routes), "headers": sorted(sent)},
        )


def _root_of(project: Project, path: str) -> str:
    """The folder that an application is deployed from: the nearest one above it that has a manifest, else the
    project's.
    """
    manifest = project.dependencies.manifest_for(path)
    if manifest is None:
        return ""
    folder = posixpath.dirname(manifest.path)
    return posixpath.dirname(folder) if posixpath.basename(folder) in ("requirements", "reqs") else folder


def _shares(project: Project, path: str, folder: str) -> bool:
    """Is a file part of the application root at `folder`, or of none?"""
    return is_below(path, folder) or not _root_of(project, path)


def _weight(project: Project, app: FlaskApp) -> tuple[int, int]:
    flask = project.flask
    bound = sum(item.app is app for item in flask.extensions)
    return len(flask.routes_of(app)), bound


def _fix(project: Project, app: FlaskApp) -> Fix:
    if app.kind == "quart":
        return Fix(
            Applicability.MANUAL,
            f"Set the headers on every response, as Talisman does not know Quart:\n\n"
            f"    @{app.variable or 'app'}.after_request\n"
            f"    async def add_security_headers(response):\n"
            f'        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"\n'
            f'        response.headers["Content-Security-Policy"] = "default-src \'self\'"\n'
            f'        response.headers["X-Frame-Options"] = "SAMEORIGIN"\n'
            f'        response.headers["X-Content-Type-Options"] = "nosniff"\n'
            f"        return response",
        )
    if not app.variable:
        return Fix(
            Applicability.MANUAL,
            "Give the application a name, and bind Talisman to it before it is returned:\n\n"
            "    from flask_talisman import Talisman\n\n    app = ...\n    Talisman(app)\n    return app\n\n"
            f"Add `{REQUIREMENT}` to the requirements. {NOTES}.",
        )
    site = binding_site(project, app)
    manifest = project.dependencies.manifest_for(app.path)
    recipe = BindExtension(
        app=app.place,
        variable=site.variable,
        module="flask_talisman",
        extension="Talisman",
        arguments="",
        requirement=REQUIREMENT,
        manifest=manifest.path if manifest is not None else None,
        after=site.after,
        instance="talisman" if site.instance_after is not None else "",
        instance_after=site.instance_after,
        import_from=site.import_from,
    )
    call = f"talisman.init_app({site.variable})" if recipe.instance else f"Talisman({site.variable})"
    declare = f", and add `{REQUIREMENT}` to {manifest.path}" if manifest is not None else f"; install `{REQUIREMENT}`"
    return Fix(Applicability.UNSAFE, f"Bind `{call}`{declare}. {NOTES}.", recipe)
