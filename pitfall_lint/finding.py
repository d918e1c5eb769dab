"""What a rule reports: a finding, the path that leads to it, and the fix.

A fix holds a *recipe* (what to do, at which places); `fixes/` expands recipes into edits only when somebody wants
them, because rewriting
Python costs a libcst parse. Everything here serialises with msgspec, so that a whole run's findings can be cached.
"""

from __future__ import annotations

import enum
import hashlib
from typing import Any, TypeAlias, Union

import msgspec

from pitfall_lint.language import column_of, line_of


class Severity(str, enum.Enum):
    """How loud; belongs to the rule and the configuration."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Confidence(str, enum.Enum):
    """How sure; belongs to the finding."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Applicability(str, enum.Enum):
    """safe: `--fix`; unsafe: `--unsafe-fixes`; manual: a worked suggestion in words and code."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"


class Place(msgspec.Struct, frozen=True, order=True):
    """A span in a file: root-relative posix path, packed positions (language.py), end exclusive."""

    path: str
    start: int
    end: int

    @property
    def row(self) -> int:
        """The first line, from 1."""
        return line_of(self.start)

    @property
    def column(self) -> int:
        """The first column, from 1, in characters."""
        return column_of(self.start) + 1

    @property
    def end_row(self) -> int:
        """The last line, from 1."""
        return line_of(self.end)

    @property
    def end_column(self) -> int:
        """The column after the last, from 1."""
        return column_of(self.end) + 1


class Step(msgspec.Struct, frozen=True):
    """A related place on the way to the finding, with a few words."""

    place: Place
    message: str


class Edit(msgspec.Struct, frozen=True, order=True):
    """Replace what `place` spans by `content`; an empty span inserts."""

    place: Place
    content: str


class Move(msgspec.Struct, frozen=True, order=True):
    """Move a file; both root-relative."""

    source: str
    target: str


# -------------------------------------------------------------------- recipes


class Edits(msgspec.Struct, frozen=True, tag="edits"):
    """Edits and moves that the rule could write down itself."""

    edits: tuple[Edit, ...]
    moves: tuple[Move, ...] = ()


class EagerLoad(msgspec.Struct, frozen=True, tag="eager-load"):
    """Load relations with the query whose expression is `query`: merge `joined` into its select_related, `prefetched`
    into its prefetch_related (lookup paths with `__`). What `query` spans depends on `form`:

    - `expression`: the whole chain that yields the queryset, or a bare manager, or the model class that is the first
      argument of `get_object_or_404`/`get_list_or_404`; never a slice or a terminal call (`.get()`, `.first()`);
    - `model`: a model class standing where a queryset may stand; `manager` is put between it and the new call;
    - `view-model`: the statement `model = Book` of a view class that names no queryset; one is added after it;
    - `admin-class`: the name (or the whole) of a ModelAdmin class. `joined` goes into `list_select_related`, which
      switches off the joins that Django makes by itself, so it must name every foreign key in `list_display` as well;
      `prefetched` gets a `get_queryset`;
    - `admin-queryset`: the same where the manager joins already, so that Django ignores `list_select_related`: both go
      into a `get_queryset`.

    `to_one` names the paths that are prefixes of a `prefetched` path (or the path itself) and end in a to-one relation:
    below a `Prefetch(queryset=...)` these are joined rather than prefetched.
    """

    query: Place
    joined: tuple[str, ...] = ()
    prefetched: tuple[str, ...] = ()
    form: str = "expression"
    manager: str = "objects"
    to_one: tuple[str, ...] = ()


class BindExtension(msgspec.Struct, frozen=True, tag="bind-extension"):
    """Bind a Flask extension: import `extension` from `module`, call it on the app after the statement at `app` (the
    assignment that makes the app) with `arguments` (Python source), and add `requirement` to the manifest at `manifest`
    (None where there is none). `variable` is the app's name there. In a factory the statement lies inside the function,
    and the call follows it there.

    `after` is the statement that the call follows where that is another one (the last of the app's other extensions).
    Where `instance` is named, the extension is made without an app, after the statement at `instance_after`, and
    bound by
    `instance.init_app(variable)`; if that statement lies in another file than the call, `import_from` is the module, as
    the calling file names it, that `instance` is imported from.
    """

    app: Place
    variable: str
    module: str
    extension: str
    arguments: str
    requirement: str
    manifest: str | None
    after: Place | None = None
    instance: str = ""
    instance_after: Place | None = None
    import_from: str = ""


class LoaderOption(msgspec.Struct, frozen=True, tag="loader-option"):
    """Add SQLAlchemy's loader options (Python source) to the query whose expression is `query`, a chain that yields a
    query or a `select()`: to its last `.options(...)`, or as one. `names` are imported from `sqlalchemy.orm`, `imports`
    are classes (module, name).
    """

    query: Place
    options: tuple[str, ...]
    names: tuple[str, ...] = ()
    imports: tuple[tuple[str, str], ...] = ()


class DropLoad(msgspec.Struct, frozen=True, tag="drop-load"):
    """Take relations out of a call of `select_related` or `prefetch_related`. `query` spans the chain up to and with
    that call; each of `paths`, as the call writes it, becomes the `shorter` one at the same place, or goes where that
    is empty. The call goes with its last argument.
    """

    query: Place
    paths: tuple[str, ...]
    shorter: tuple[str, ...]


Recipe: TypeAlias = Union[Edits, EagerLoad, BindExtension, LoaderOption, DropLoad]  # noqa: UP007


class Fix(msgspec.Struct, frozen=True):
    """How to mend a finding. `message` says what to do (imperative, in the user's own symbols); for a manual fix
    it is the worked suggestion, code included,
    and `recipe` is None.
    """

    applicability: Applicability
    message: str
    recipe: Recipe | None = None


class Finding(msgspec.Struct, frozen=True):
    """One finding of one rule. `scope` is the qualified name of the enclosing function or class ("" at module
    level or in a template);
    `relations` are lookup paths (`author__profile`) for ORM findings; `data` what else the JSON shows (strings,
    numbers, lists). `subject` is what it is about where the message quotes more, such as a query that a fix elsewhere
    lengthens.
    """

    code: str
    name: str
    message: str
    place: Place
    severity: Severity
    confidence: Confidence
    fix: Fix
    scope: str = ""
    related: tuple[Step, ...] = ()
    relations: tuple[str, ...] = ()
    url: str = ""
    data: dict[str, Any] = msgspec.field(default_factory=dict)
    subject: str = ""

    @property
    def fingerprint(self) -> str:
        """Survives edits elsewhere in the file: code, path, scope, model, relations and subject, where there is neither
        the message; no line numbers."""
        subject = "\0".join(filter(None, (*self.relations, self.subject))) or self.message
        parts = (self.code, self.place.path, self.scope, str(self.data.get("model", "")), subject)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def sort_key(self) -> tuple[Any, ...]:
        """Path, position, code: the order in which findings are printed."""
        return (self.place.path, self.place.start, self.place.end, self.code, self.message)
