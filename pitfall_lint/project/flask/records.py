"""What Flask linking finds, as frozen records: applications, blueprints, registrations, routes, extensions, request
hooks and `run` calls.

Records are compared by identity: two applications made at one place are one record, made once by the linker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pitfall_lint.finding import Place
from pitfall_lint.language import Call, Class, Function

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Module


@dataclass(frozen=True, slots=True, eq=False)
class Folders:
    """Where an application or a blueprint looks for files: root-relative folders; `known` is false where the code
    computes one that could not be followed, or sets its own template loader.
    """

    root: str
    template: str | None
    static: str | None
    static_url: str | None
    known: bool


@dataclass(frozen=True, slots=True, eq=False)
class FlaskApp:
    """One application object. `place` spans the statement that makes it and `call` the call within; `variable` is
    what that statement binds (dotted for `self.app`, "" where it binds nothing), `function` the factory (None at
    module level or in a class body). `kind` is flask, quart or connexion; `inner` is how to reach the Flask object
    from there (`app`, but `app.app` for connexion).
    """

    module: Module
    place: Place
    call: Call
    variable: str
    inner: str
    function: Function | None
    scope: str
    cls: str
    kind: str
    folders: Folders

    @property
    def path(self) -> str:
        """The file that makes it."""
        return self.place.path


@dataclass(frozen=True, slots=True, eq=False)
class Blueprint:
    """One blueprint: `flask.Blueprint`, a subclass, or a flask-restx namespace (`kind` namespace). `name` is None
    where it is computed.
    """

    module: Module
    place: Place
    call: Call
    variable: str
    function: Function | None
    cls: str
    kind: str
    name: str | None
    url_prefix: str | None
    folders: Folders

    @property
    def path(self) -> str:
        """The file that makes it."""
        return self.place.path


Target: TypeAlias = "FlaskApp | Blueprint"


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """`target.register_blueprint(blueprint)`, or `api.add_namespace`. `blueprint` is None where the argument could
    not be followed; `name` and `url_prefix` are what this registration overrides (None where it does not).
    """

    target: Target | None
    blueprint: Blueprint | None
    url_prefix: str | None
    name: str | None
    module: Module
    place: Place


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One rule bound to an application or a blueprint (`target` None: the receiver could not be followed, so the
    route exists but its owner is unknown). `how` is decorator, add_url_rule, add_resource or openapi. `rule` and
    `endpoint` are None where they are computed; `endpoint` is relative to its blueprint. `view` is the function, or
    the class of a class-based view, where it lies in the project. `place` spans the rule's own code.
    """

    rule: str | None
    methods: tuple[str, ...]
    endpoint: str | None
    target: Target | None
    view: Function | Class | None
    view_module: Module | None
    how: str
    module: Module
    place: Place

    @property
    def function(self) -> Function | None:
        """The view, where it is a function."""
        return self.view if isinstance(self.view, Function) else None

    @property
    def path(self) -> str:
        """The file that binds it."""
        return self.place.path


@dataclass(frozen=True, slots=True, eq=False)
class Extension:
    """An extension bound to an application. `cls` is the dotted class (or function) as its library documents it,
    `own` the project's subclass of it ("" where there is none); `how` is constructor, init_app or call. `app` is None
    where the application could not be followed. `made` is where the instance is made, for init_app.
    """

    cls: str
    own: str
    app: FlaskApp | None
    how: str
    call: Call
    module: Module
    place: Place
    function: Function | None
    made: Place | None


@dataclass(frozen=True, slots=True, eq=False)
class Hook:
    """A function that runs around requests. `kind` is the name of the method that registered it (`after_request`,
    `before_app_request`, `middleware`, ...); `app_wide` is false for a blueprint's own. `target` is None where the
    receiver could not be followed.
    """

    kind: str
    target: Target | None
    function: Function
    module: Module
    place: Place

    @property
    def app_wide(self) -> bool:
        """Does it run for each request of the application?"""
        return "_app_" in self.kind or not isinstance(self.target, Blueprint)


@dataclass(frozen=True, slots=True, eq=False)
class RunCall:
    """`app.run(...)`; `guarded` within `if __name__ == "__main__":`."""

    app: FlaskApp | None
    call: Call
    module: Module
    place: Place
    function: Function | None
    guarded: bool
