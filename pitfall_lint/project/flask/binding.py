"""Where a further extension would be bound, in the way that the project binds those it has.

Beside the last of the other extensions where there are some, whether that is below the app, in a helper that is given
the app, or by `init_app` of an instance that a module of extensions makes; after the app's configuration otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pitfall_lint import language as lang
from pitfall_lint.finding import Place
from pitfall_lint.project import Project
from pitfall_lint.project.flask.records import Extension, FlaskApp
from pitfall_lint.project.flask.syntax import blocks, statements
from pitfall_lint.project.symbols import Module


@dataclass(frozen=True, slots=True)
class Site:
    """The statement that a binding call follows, and the app's name there. With `instance_after`, extensions are made
    there, without an app, and bound by `init_app`; `import_from` is the module they are then imported from ("" in the
    same file).
    """

    after: Place
    variable: str
    instance_after: Place | None = None
    import_from: str = ""


def binding_site(project: Project, app: FlaskApp) -> Site:
    """Where to bind one more extension to `app`, which has a name."""
    extensions = [item for item in project.flask.extensions if item.app is app and item.how != "call"]
    here = [item for item in extensions if item.place.path == app.path and item.function is app.function]
    if not here:
        elsewhere = _helper(extensions)
        if elsewhere is not None:
            found = _in_helper(project, elsewhere)
            if found is not None:
                return found
    after, beside = _below_app(app, here)
    if not beside:
        return Site(after, app.inner)
    made, import_from = _instances(project, app.module, app.function, here, after)
    return Site(after, app.inner, made, import_from)


def _helper(extensions: Sequence[Extension]) -> list[Extension] | None:
    """The extensions of the function that binds most of them by `init_app`."""
    groups: dict[tuple[str, int], list[Extension]] = {}
    for item in extensions:
        if item.function is not None and item.how == "init_app":
            groups.setdefault((item.place.path, item.function.start), []).append(item)
    best = max(groups.items(), key=lambda pair: (len(pair[1]), pair[0]), default=None)
    return best[1] if best is not None and len(best[1]) > 1 else None


def _in_helper(project: Project, group: list[Extension]) -> Site | None:
    last = max(group, key=lambda item: item.place.start)
    assert last.function is not None
    variable = lang.dotted(last.call.args[0]) if last.call.args else None
    if variable is None or variable not in {item.name for item in last.function.params}:
        return None
    statement = _covering(last.function.body, last.place)
    if statement is None or not isinstance(statement, (lang.Do, lang.Let)):
        return None
    after = Place(last.place.path, statement.start, statement.end)
    made, import_from = _instances(project, last.module, last.function, group, after)
    return Site(after, variable, made, import_from)


def _covering(body: lang.Body, place: Place) -> lang.Stmt | None:
    return next((item for item in body if item.start <= place.start and place.end <= item.end), None)


def _below_app(app: FlaskApp, extensions: Sequence[Extension]) -> tuple[Place, bool]:
    """The last statement of the app's own set-up, its configuration and the extensions beside it, and whether there are
    such extensions.
    """
    beside = False
    block = _block_of(app)
    if block is None:
        return app.place, beside
    statement = next(item for item in block if item.start <= app.place.start and app.place.end <= item.end)
    after = statement
    for item in block[block.index(statement) + 1 :]:
        if not isinstance(item, (lang.Do, lang.Let, lang.Import)):
            break
        if isinstance(item, lang.Let) and lang.dotted(item.target) == app.variable:
            break  # wrapped in something that is no Flask
        binds = any(item.start <= one.place.start and one.place.end <= item.end for one in extensions)
        beside = beside or binds
        if binds or _configures(item, app.inner):
            after = item
    return Place(app.path, after.start, after.end), beside


def _block_of(app: FlaskApp) -> tuple[lang.Stmt, ...] | None:
    """The block that makes the app; the one around an `if` each of whose branches makes it."""
    body = app.function.body if app.function is not None else app.module.facts.body
    best: lang.Body | None = None
    for block in _every_block(body):
        if any(item.start <= app.place.start and app.place.end <= item.end for item in block):
            statement = _covering(block, app.place)
            best = block
            if isinstance(statement, lang.If) and _both(statement, app.variable):
                break
    return best


def _every_block(body: lang.Body) -> Iterator[lang.Body]:
    """A body and the blocks below it, outer ones first."""
    yield body
    for statement in body:
        for block in blocks(statement):
            yield from _every_block(block)
        if isinstance(statement, lang.Class):
            yield from _every_block(statement.body)


def _both(statement: lang.If, variable: str) -> bool:
    def binds(body: lang.Body) -> bool:
        return any(isinstance(item, lang.Let) and lang.dotted(item.target) == variable for item in statements(body))

    return binds(statement.body) and binds(statement.orelse)


def _configures(statement: lang.Do | lang.Let | lang.Import, app: str) -> bool:
    """`app.config...`, `app.secret_key = ...`."""
    target: lang.Expr | None = None
    if isinstance(statement, lang.Let):
        target = statement.target
        if isinstance(target, lang.Attr):
            return lang.dotted(target.object) == app
        if isinstance(target, lang.Subscript):
            target = target.object
    elif isinstance(statement, lang.Do) and isinstance(statement.value, lang.Call):
        target = statement.value.func
    name = lang.dotted(target) if target is not None else None
    return name is not None and name.startswith(f"{app}.config")


def _instances(
    project: Project,
    module: Module,
    function: lang.Function | None,
    extensions: Sequence[Extension],
    before: Place,
) -> tuple[Place | None, str]:
    """The last statement that makes an extension without an app, in the module that makes most of those bound here.
    Another module counts where it makes several, or is named for extensions, and its names are imported above.
    """
    made: dict[str, list[Place]] = {}
    for item in extensions:
        if item.how == "init_app" and item.made is not None:
            made.setdefault(item.made.path, []).append(item.made)
    if 2 * sum(map(len, made.values())) <= len(extensions):
        return None, ""
    path, places = max(made.items(), key=lambda pair: (len(pair[1]), pair[0]))
    maker = project.symbols.module_at(path)
    if maker is None:
        return None, ""
    several = len({place.start for place in places}) > 1 or "ext" in maker.name.rpartition(".")[2]
    if maker is not module and not several:
        return None, ""
    last: lang.Stmt | None = None
    for statement in maker.facts.body:
        if isinstance(statement, lang.Let) and any(
            statement.start <= place.start and place.end <= statement.end for place in places
        ):
            last = statement
    if last is None:
        return None, ""
    import_from = "" if maker is module else _imported_from(project, module, function, maker, before)
    if maker is not module and not import_from:
        return None, ""
    return Place(path, last.start, last.end), import_from


def _imported_from(
    project: Project, module: Module, function: lang.Function | None, maker: Module, before: Place
) -> str:
    """How a module names another that it imports names from: at its top, or in the function above the call."""
    own = function.body if function is not None else ()
    for item in (*module.facts.body, *own):
        if isinstance(item, lang.Import) and item.name not in (None, "*") and item.start < before.start:
            dotted = project.symbols.absolute(module, item)
            if dotted and project.symbols.find_module(dotted, module) is maker:
                return "." * item.level + item.module
    return ""
