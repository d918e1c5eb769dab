"""What kind of application a Flask project is: does it keep sessions and logins, take forms, and is it meant to be
served to others?

Evidence is a place, so that a finding can show it; examples and tests never give any.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.records import FlaskApp
from pitfall_lint.project.flask.syntax import functions, keyword
from pitfall_lint.project.symbols import ExternalSymbol

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.symbols import Module

_SERVERS = ("gunicorn", "uwsgi", "waitress", "hypercorn", "gevent", "mod-wsgi", "uvicorn", "zappa", "bjoern", "cheroot")
_SERVED = re.compile(r"\b(?:gunicorn|uwsgi|waitress|hypercorn|uvicorn|mod_wsgi|proxy_pass|fastcgi_pass)\b|\bEXPOSE\b")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_WORDS = {
    **library.SECURITY_HEADERS,
    "stsseconds": "HSTS",  # Traefik's own words
    "framedeny": "X-Frame-Options",
    "customframeoptionsvalue": "X-Frame-Options",
    "contenttypenosniff": "nosniff",
    "contentsecuritypolicy": "CSP",
}
_WORD = re.compile(r"[a-z][a-z-]+")


def evidence_of_users(project: Project, folder: str) -> tuple[Place, str] | None:
    """Where the code below `folder` shows that people log in, keep a session or send forms, and which of these it
    is.
    """
    flask = project.flask
    for packages, what in ((library.LOGIN_MODULES, "logins"), (library.FORM_MODULES, "forms")):
        for place in flask.imports_of(*packages):
            if is_below(place.path, folder):
                return place, what
    modules = [module for module in flask.modules if is_below(module.path, folder)]
    for search, what in ((_session, "sessions"), (_form, "forms")):
        for module in modules:
            found = search(project, module)
            if found is not None:
                return found, what
    return None


def _session(project: Project, module: Module) -> Place | None:
    """The first statement that writes to the session."""
    if not _imports(project, module, "session"):
        return None
    for function in functions(module.facts.body):
        if "session" in function.names:
            for node in lang.walk(function.body):
                if (
                    isinstance(node, lang.Let)
                    and isinstance(node.target, lang.Subscript)
                    and _is(project, module, node.target.object, function, "flask.session")
                ):
                    return Place(module.path, node.start, node.end)
    return None


def _form(project: Project, module: Module) -> Place | None:
    """The first expression that reads a named field of a form."""
    if not _imports(project, module, "request"):
        return None
    for function in functions(module.facts.body):
        if "form" in function.names:
            for node in lang.walk(function.body):
                base = node.object if isinstance(node, lang.Subscript) else _getter(node)
                if (
                    isinstance(base, lang.Attr)
                    and base.name == "form"
                    and _is(project, module, base.object, function, "flask.request")
                ):
                    return Place(module.path, node.start, node.end)
    return None


def _imports(project: Project, module: Module, name: str) -> bool:
    """Does a module know a proxy of Flask's by its name, or Flask itself?"""
    for known in (name, "flask", "quart"):
        symbol = project.symbols.resolve(module, known)
        if isinstance(symbol, ExternalSymbol) and symbol.dotted.partition(".")[0] in ("flask", "quart"):
            return True
    return False


def _getter(call: object) -> lang.Expr | None:
    """`request.form` of `request.form.get("name")`."""
    if (
        isinstance(call, lang.Call)
        and isinstance(call.func, lang.Attr)
        and call.func.name in ("get", "getlist")
        and call.args
    ):
        return call.func.object if isinstance(call.args[0], lang.Const) else None
    return None


def _is(project: Project, module: Module, expr: lang.Expr, function: lang.Function, dotted: str) -> bool:
    symbol = project.symbols.resolve_expr(module, expr, function)
    return isinstance(symbol, ExternalSymbol) and symbol.dotted in (dotted, dotted.replace("flask.", "quart."))


def is_local_tool(project: Project, app: FlaskApp) -> bool:
    """Is the app only ever run on the loopback interface, or in a window of its own, with nothing that would serve it
    to others?
    """
    if project.flask.imports_of(*library.DESKTOP_MODULES):
        return True
    runs = [run for run in project.flask.runs if run.app is app]
    hosts = [keyword(run.call, "host") or (run.call.args[0] if run.call.args else None) for run in runs]
    local = [isinstance(host, lang.Const) and host.value in _LOOPBACK for host in hosts]
    return bool(local) and all(local) and not is_served(project)


def is_served(project: Project) -> bool:
    """Does anything in the repository say how the application is served: a WSGI server, a container, a proxy?"""
    if any(project.dependencies.mentions(name) for name in _SERVERS):
        return True
    if any(posixpath.basename(path) in ("wsgi.py", "asgi.py") for path in project.python):
        return True
    return any(_SERVED.search(facts.text) for facts in project.texts.values())


def proxy_headers(project: Project) -> Iterator[tuple[str, frozenset[str]]]:
    """The files of the repository that configure a server to add security headers, with what they add."""
    for path, facts in sorted(project.texts.items()):
        if path.startswith((".github/", ".circleci/")):
            continue
        found: set[str] = set()
        for line in facts.text.splitlines():
            text = line.strip().lower()
            if not text.startswith(("#", "//", ";")) and "hide_header" not in text and "unset" not in text:
                found.update(_WORDS[word] for word in _WORD.findall(text) if word in _WORDS)
        if found:
            yield path, frozenset(found)


def is_below(path: str, folder: str) -> bool:
    """Does a file lie in a folder ("" is the root)?"""
    return not folder or path.startswith(folder + "/")


def in_folder_named(path: str, names: frozenset[str]) -> bool:
    """Does one of the folders on the way to a file bear one of these names?"""
    return not names.isdisjoint(part.lower() for part in path.split("/")[:-1])
