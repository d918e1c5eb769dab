"""The interpreter: activations of functions and templates, the memo, the bounds.

It knows the small language only. What a statement does is in `statements`, an expression in `expressions`, an
attribute in `attributes`, a call in `calls`, an event in `recorder`;
what Django's querysets and other libraries do is in modules of their own, reached through tables.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence, Place
from pitfall_lint.flow import expressions, implicit, statements
from pitfall_lint.flow.events import (
    Afterwards,
)
from pitfall_lint.flow.frames import Arguments, Exhausted, Frame, Loop
from pitfall_lint.flow.recorder import Recorder
from pitfall_lint.flow.values import (
    UNKNOWN,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    Object,
    Row,
    Scope,
    Site,
    Value,
    _serial,
    clone_of,
    is_tracked,
    join,
    join_all,
    key,
    replace,
)
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.prelude import in_prelude, is_lent

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model, Relation
    from pitfall_lint.project.symbols import ClassSymbol, Module

DEEPEST = 24  # calls within calls
MOST_STEPS = 15_000  # statements and calls from one root
SHORT = 700  # bytes of an encoded body
MOST_VARIANTS = 12  # different arguments with which one function is interpreted (by each class that a library calls)
MOST_AGAIN, MOST_LIBRARY_AGAIN = 2, 6  # activations of one function within each other


EVALUATE, EXECUTE = expressions.EVALUATE, statements.EXECUTE


class Interpreter(Recorder):
    """Interprets functions of one project and collects their events."""

    def __init__(self, project: Project) -> None:
        super().__init__()
        self.project = project
        self.symbols = project.symbols
        self.django = project.django
        self.active: dict[int, int] = {}  # how many activations there are of a function, by the identity of its node
        self.memo: dict[Any, Value] = {}
        self.variants: dict[tuple[int, ClassSymbol | None, Confidence], int] = {}
        self.globals: dict[Any, Value] = {}
        self.forks: list[int] = []  # when each branch, loop or handler began that may be running or not
        self.made_by: dict[ClassSymbol, Any] = {}  # what makes a class's instances, where that is not its `__init__`
        self.plans: dict[Any, Any] = {}  # what a library's module has worked out of a class
        self.steps = 0
        self.exhausted: list[str] = []
        self.bounds: Counter[str] = Counter()  # how often each other bound was reached
        self.assigned: set[tuple[Site, str]] = set()
        self.loaded: set[tuple[Site, str]] = set()
        self.sent: set[tuple[Site, str]] = set()  # what leaves the process (`leaving`): what is loaded goes with it
        self.afterwards: defaultdict[Site, set[Afterwards]] = defaultdict(set)
        self.combined: set[Site] = set()  # queries put together by `union()` and its kin, which allow no joins
        self.saved: set[tuple[Model, tuple[Place, ...]]] = set()  # models whose rows are written, within which loops
        self.implied: dict[Site, frozenset[str]] = {}  # what a library joins only as long as the program joins nothing
        self.served: defaultdict[Site, set[str]] = defaultdict(set)  # which of that is read
        self.relevant: set[int] = set()
        self.inherited: dict[int, int] = {}  # of a start at an inherited method: which method it is
        self.built: defaultdict[Site, set[Model]] = defaultdict(set)
        self.prefetched: set[Relation] = set()  # the relations that some query of the program prefetches
        self.plain_sets: defaultdict[Site, set[Relation]] = defaultdict(set)  # of a query that is a row's plain set
        self.brought: defaultdict[Site, set[str]] = defaultdict(set)  # related sets that a prefetch brings, or would
        self.within: defaultdict[Site, set[tuple[Site, str, frozenset[str]]]] = defaultdict(set)  # Flow._is_served
        self.mapped = project.sqlalchemy
        self.others: defaultdict[str, dict[Any, Any]] = defaultdict(dict)  # events of one dialect alone, by kind
        self.outside: dict[str, Value] = {}  # what a library's own variables hold, by dotted name
        user = self.mapped.user_model if self.mapped.present else None
        if user is not None:
            self.outside["flask_login.current_user"] = Row(user)
        self.models_by_word = models_by_word([*self.django_models, *self.mapped_models])

    # ----------------------------------------------------------------- models

    @property
    def django_models(self) -> Iterable[Model]:
        """Django's models; none in a project without Django."""
        return self.django.models.values() if self.django.present else ()

    @property
    def mapped_models(self) -> Iterable[Model]:
        """SQLAlchemy's mapped classes; none in a project without."""
        return self.mapped.models.values() if self.mapped.present else ()

    def model_of(self, symbol: Any) -> Model | None:
        """The model that a class is, whoever maps it."""
        found = self.django.model_of(symbol) if self.django.present else None
        return found if found is not None or not self.mapped.present else self.mapped.model_of(symbol)

    # ------------------------------------------------------------------ calls

    def call(
        self,
        function: FunctionValue,
        receiver: Value | None,
        arguments: Arguments,
        place: Place | None,
        label: str = "",
    ) -> Value:
        """What the function returns for these arguments; events are recorded on the way."""
        node = function.node
        again = MOST_LIBRARY_AGAIN if in_prelude(function.path) else MOST_AGAIN
        if len(self.stack) >= DEEPEST:
            self.bounds["deep"] += 1
            return UNKNOWN
        if self.active.get(id(node), 0) >= again:
            self.bounds["recursive"] += 1
            return UNKNOWN
        if self.is_beside_the_point(function, receiver, arguments):
            return UNKNOWN
        scope = Scope({}, function.closure)
        varying = self.bind(function, receiver, arguments, scope)
        variables = scope.variables
        memo_key: Any = None
        if function.closure is None:
            given = tuple((name, key(value)) for name, value in variables.items())
            memo_key = (id(node), given, frozenset(varying), self.surest)
            if memo_key in self.memo:
                return clone_of(self.memo[memo_key])
            lent = receiver.base if isinstance(receiver, Object) and is_lent(receiver.base) else None
            variant = (id(node), lent, self.surest)
            count = self.variants.get(variant, 0)
            if count >= MOST_VARIANTS and not in_prelude(function.path):
                self.bounds["varied"] += 1
                return UNKNOWN
            self.variants[variant] = count + 1
        qualname = node.qualname if isinstance(node, l.Function) else (self.stack[-1].qualname if self.stack else "")
        frame = Frame(function.path, function.module, scope, qualname, function.owner, node)
        frame.receiver = receiver
        frame.call = place
        frame.label = label or (node.name if isinstance(node, l.Function) else "lambda")
        frame.varying = varying
        result = self.activate(frame)
        handed_out = in_prelude(function.path) and isinstance(result, Dict) and result.born < frame.birth
        if memo_key is not None and not frame.impure and not handed_out:  # what is changed there stays changed
            self.memo[memo_key] = clone_of(result)
        return result

    def is_beside_the_point(self, function: FunctionValue, receiver: Value | None, arguments: Arguments) -> bool:
        """Whether a longer function neither mentions a source of rows nor is handed any row: then it leads to no event.
        Short ones are run all the same: they return names of templates and other constants that matter.
        """
        node = function.node
        if function.closure is not None or not isinstance(node, l.Function) or id(node) in self.relevant:
            return False
        if len(bytes(node.encoded)) < SHORT or in_prelude(function.path) or not self.relevant:
            return False
        if isinstance(receiver, Object) and is_lent(receiver.base):
            return False
        given = [*arguments.args, *arguments.keywords.values(), arguments.star, arguments.more, receiver]
        return not any(is_tracked(value) for value in given if value is not None)

    def activate(self, frame: Frame) -> Value:
        """Run the frame's body; the value of its returns (for a generator, an iterator over what it yields)."""
        self.step()
        self.stack.append(frame)
        node = frame.node
        number = id(node)
        self.active[number] = self.active.get(number, 0) + 1
        try:
            if isinstance(node, l.Lambda):
                return self.evaluate(frame, node.body)
            alive = self.execute(frame, node.body)
            if frame.yields or (isinstance(node, l.Function) and node.is_generator):
                made = Items("iterator", None, join_all(frame.yields))
                return made
            if not frame.results:
                return Constant(None) if alive else UNKNOWN
            return join_all(frame.results)
        finally:
            self.stack.pop()
            self.active[number] -= 1

    def bind(self, function: FunctionValue, receiver: Value | None, arguments: Arguments, scope: Scope) -> set[str]:
        """Put the arguments into the function's variables; the names of those that vary."""
        variables = scope.variables
        varying: set[str] = set()
        node = function.node
        values = list(arguments.args)
        offset = 0
        if receiver is not None:
            values.insert(0, receiver)
            offset = 1
        vary_receiver = isinstance(receiver, Row) and receiver.many
        position = 0
        used: set[str] = set()
        for param in node.params:
            if param.kind in ("positional", "normal"):
                if position < len(values):
                    variables[param.name] = values[position]
                    if position - offset in arguments.varying or (offset and position == 0 and vary_receiver):
                        varying.add(param.name)
                elif param.name in arguments.keywords:
                    variables[param.name] = arguments.keywords[param.name]
                    used.add(param.name)
                    if param.name in arguments.varying:
                        varying.add(param.name)
                else:
                    variables[param.name] = self.absent(function, param, arguments)
                position += 1
            elif param.kind == "args":
                rest = values[position:]
                variables[param.name] = (
                    Items("tuple", rest)
                    if arguments.star is None
                    else Items("tuple", None, join_all([*rest, arguments.star]))
                )
                position = len(values)
            elif param.kind == "keyword":
                if param.name in arguments.keywords:
                    variables[param.name] = arguments.keywords[param.name]
                    used.add(param.name)
                    if param.name in arguments.varying:
                        varying.add(param.name)
                else:
                    variables[param.name] = self.absent(function, param, arguments)
            else:
                left = {name: value for name, value in arguments.keywords.items() if name not in used}
                variables[param.name] = Dict(dict(left), arguments.more)
        return varying

    def absent(self, function: FunctionValue, param: l.Param, arguments: Arguments) -> Value:
        """What a parameter holds that no argument was given for."""
        if arguments.star is not None and param.kind != "keyword":
            return arguments.star
        if isinstance(arguments.more, Dict):
            given = arguments.more.entries.get(param.name)
            if given is not None:
                return given
        if param.default is not None:
            if isinstance(param.default, l.Const):
                return expressions.constant(param.default)
            return self.at_module(function, param.default)
        if param.annotation is not None and function.module is not None:
            declared = expressions.annotated(self, Frame(function.path, function.module, Scope({})), param.annotation)
            if declared is not UNKNOWN:
                return declared
        if param.name == "request":
            return External("django.http.HttpRequest")
        return UNKNOWN

    def at_module(self, function: FunctionValue, node: Any) -> Value:
        """An expression evaluated in the scope around the function."""
        frame = Frame(function.path, function.module, function.closure or Scope({}), "", function.owner)
        return self.evaluate(frame, node)

    def global_value(self, module: Module, let: l.Let) -> Value:
        """The value of a module-level or class-level assignment."""
        memo_key = id(let)
        if memo_key not in self.globals:
            self.globals[memo_key] = UNKNOWN
            if let.value is not None:
                stack, self.stack = self.stack, []
                active, self.active = self.active, {}
                try:
                    self.globals[memo_key] = self.evaluate(Frame(module.path, module, Scope({})), let.value)
                finally:
                    self.stack, self.active = stack, active
        return self.globals[memo_key]

    # ------------------------------------------------------------- evaluation

    def evaluate(self, frame: Frame, node: Any) -> Value:
        """The value of an expression."""
        return EVALUATE[type(node)](self, frame, node)

    def execute(self, frame: Frame, body: Sequence[Any]) -> bool:
        """Run statements; whether control reaches the end."""
        run = EXECUTE
        for statement in body:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise Exhausted
            if not run[type(statement)](self, frame, statement):
                return False
        return True

    def step(self, cost: int = 1) -> None:
        """Count work against the root's budget."""
        self.steps += cost
        if self.steps > MOST_STEPS:
            raise Exhausted

    def root(self, name: str, start: Any) -> None:
        """Run `start()` as a root: with a fresh budget, and whatever bound it reaches noted."""
        self.steps = 0
        self.stack = []
        self.variants.clear()
        self.active.clear()
        try:
            start()
        except Exhausted:
            self.exhausted.append(name)
        except RecursionError:
            self.exhausted.append(name)
        self.stack = []

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """What runs within may as well not run: it changes what was there before into one of two things."""
        self.forks.append(next(_serial))
        try:
            yield
        finally:
            self.forks.pop()

    @contextmanager
    def guarded(self, frame: Frame, *tests: Any) -> Iterator[None]:
        """What runs within does so under conditions that cannot be told. Only those count that hold for one row and
        not for another; whether there is a related row, or any, is none that decides on reading it.
        """
        weight = int(any(frame.varies(test) and not self.asks_for_rows(test) for test in tests))
        frame.guards += weight
        try:
            yield
        finally:
            frame.guards -= weight

    def asks_for_rows(self, test: Any) -> bool:
        """Whether a condition asks for the presence of rows: `rows.exists()`, `rows.count() > 1`, `row.author`."""
        while isinstance(test, l.Operation):
            test = test.operands[0]
        name = test.func if isinstance(test, l.Call) else test
        if isinstance(name, l.Name) and name.id == "hasattr" and isinstance(test, l.Call):
            return True
        return isinstance(name, (l.Attr, l.Lookup)) and (
            name.name in ("exists", "all", "count", "first") or name.name in self.relation_names
        )

    @cached_property
    def relation_names(self) -> frozenset[str]:
        """What models call their relations."""
        models = (*self.django_models, *self.mapped_models)
        return frozenset(name for model in models for name in model.relations)

    def touch(self, value: Items | Dict | Object) -> None:
        """Note that `value` is being changed: activations that began after it was made change what they were
        given, and are not memoised."""
        born = value.born
        for frame in reversed(self.stack):
            if frame.birth < born:
                break
            frame.impure = True

    # ----------------------------------------------------------------- places

    def site(self, frame: Frame, node: Any, kind: str = "expression") -> Site:
        """The site of a query that the expression builds; one that a library builds stands where the user's class
        says of what."""
        if in_prelude(frame.path):
            return implicit.site(self, frame)
        if frame.module is None:
            kind = "template"
        if frame.desugared is not None:
            kind = frame.desugared
        return Site(frame.place(node), frame.qualname, source_of(node), kind)

    def place(self, frame: Frame, node: Any) -> Place:
        """Where the expression stands; for one in a library, where the user's code leads there."""
        return implicit.place(self, frame) if in_prelude(frame.path) else frame.place(node)


def models_by_word(models: Iterable[Model]) -> dict[str, Model]:
    """The project's own models by what a variable would be called that holds one (`remote_repository`), where only
    one has that name."""
    found: dict[str, Model | None] = {}
    for model in models:
        if model.symbol is not None and not model.abstract:
            word = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model.name).lower()
            found[word] = model if word not in found else None
    return {word: model for word, model in found.items() if model is not None}


def as_many(row: Row, many: bool) -> Row:
    """The row standing for one, or for each of many."""
    return row if row.many == many else replace(row, many=many)


__all__ = [
    "Arguments",
    "Exhausted",
    "Frame",
    "Interpreter",
    "Loop",
    "as_many",
    "is_tracked",
    "itertools",
    "join",
]
