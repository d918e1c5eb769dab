"""The rows of one query followed to the last place that they come to: through variables, lists, dicts, functions and
methods of the project, and templates. What they are read for is noted; where they go out of sight, the trail ends with
`Left`, and nothing can be said of them.

Unlike the interpreter, which loses what it does not know, this takes every doubt for a way out; and it takes a thing
that holds rows for the rows themselves, so that it notes rather too many reads than too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import trail_pages
from pitfall_lint.flow.trail_frames import NONE, Frame, Known, Left, Path, Taint, names_attributes
from pitfall_lint.flow.trail_words import (
    ABOUT,
    ASKING,
    CACHING,
    DUNDERS,
    FETCHING,
    GIVING,
    KEEPING,
    LOGGING,
    MUTATING,
    PLAIN,
    PURE,
    RENDERING,
    ROW_FUNCTIONS,
    SCOPES,
    TEXT_FUNCTIONS,
    WRITING,
)
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol, Member
from pitfall_lint.project.prelude import StandIn

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.modules import Module

MOST_STEPS = 20_000
DEEPEST = 20
MOST_PASSES = 6


class Trail:
    """The rows that the call `start` gives, in the function that writes it."""

    def __init__(self, project: Project, known: Known, model: Model, start: l.Call) -> None:
        self.project = project
        self.known = known
        self.symbols = project.symbols
        self.templates = project.templates
        self.model = model
        self.start = start
        self.reads: set[Path] = set()
        self.keyed: dict[str, Taint] = {}  # what lies under a key, in whatever dict, and so in a template's context
        self.set: dict[str, Taint] = {}  # what was set on rows, by attribute
        self.memo: dict[Any, Taint | None] = {}
        self.checked: set[Model] = set()
        self.depth = 0
        self.steps = 0
        self.seen = self.touched = False  # whether the call was come by; whether anything was read of a row

    def follow(self, function: FunctionSymbol) -> frozenset[Path]:
        """The paths that are read of the rows; raises Left."""
        for _ in range(MOST_PASSES):
            before = (len(self.reads), dict(self.keyed), dict(self.set))
            self.memo.clear()
            given = self.run(function.node, function.module, function.owner, {})
            self.handed_back(function, given)
            if before == (len(self.reads), self.keyed, self.set):
                break
        else:
            raise Left("no end is found")
        if not self.seen or not self.touched:
            raise Left("never run")  # or never made rows of: `values_list()` and `update()` load nothing ahead
        return frozenset(self.reads)

    def handed_back(self, function: FunctionSymbol, given: Taint) -> None:
        """What the function returns: an inclusion tag's dict is its template's context; else somebody has the rows."""
        registered = self.templates.functions.of(function)
        if registered is not None and registered.kind == "inclusion_tag" and registered.template is not None:
            trail_pages.whole_page(self, registered.template, given)
        elif given:
            raise Left("returned")

    # ----------------------------------------------------------------- models

    def model_at(self, path: Path) -> Model | None:
        """The model of the rows at a path; one that Python asks behind the scenes is not followed."""
        model: Model | None = self.model
        for name in path:
            relation = model.relation(name) if model is not None else None
            model = relation.target if relation is not None else None
        if model is not None and model not in self.checked:
            self.checked.add(model)
            for name in DUNDERS:
                if model.symbol is not None and self.function_of(model.symbol.member(name)) is not None:
                    raise Left(f"`{name}` of {model.name}")
        return model

    def members(self, model: Model, name: str) -> list[FunctionSymbol]:
        """The methods of that name of a row, and of its managers and querysets."""
        holders = [model.symbol] if model.symbol is not None else []
        for manager in model.managers.values():
            holders += [cls for cls in (manager.cls, manager.queryset) if cls is not None]
        found: dict[int, FunctionSymbol] = {}
        for holder in holders:
            function = self.function_of(holder.member(name))
            if function is not None:
                found[id(function.node)] = function
        return list(found.values())

    def function_of(self, member: Member | None) -> FunctionSymbol | None:
        """A member of the project's own that is a function."""
        if member is None or not isinstance(member.node, l.Function) or isinstance(member.owner, StandIn):
            return None
        return self.symbols.function_symbol(member.owner.module, member.node, member.owner)

    # -------------------------------------------------------------- functions

    def run(
        self, node: l.Function, module: Module | None, owner: ClassSymbol | None, given: Mapping[str, Taint]
    ) -> Taint:
        """What a function returns for such parameters."""
        memo_key = (id(node), frozenset((name, taint) for name, taint in given.items() if taint))
        if memo_key in self.memo:
            held = self.memo[memo_key]
            if held is None:
                raise Left("a function that calls itself")
            return held
        if self.depth >= DEEPEST:
            raise Left("too deep")
        self.memo[memo_key] = None
        frame = Frame(module, owner, node)
        frame.variables.update(given)
        self.depth += 1
        try:
            before: Any = None
            while before != (frame.variables, frame.results):
                before = (dict(frame.variables), frame.results)
                self.execute(frame, node.body)
        finally:
            self.depth -= 1
        self.memo[memo_key] = frame.results
        return frame.results

    def apply(
        self,
        function: FunctionSymbol,
        args: list[Taint],
        words: Mapping[str, Taint],
        receiver: Taint = NONE,
        unbound: bool = False,
    ) -> Taint:
        """Call a function of the project; `receiver` is that of a method. `unbound`: it is called by its class."""
        node = function.node
        marks = [l.dotted(getattr(mark, "func", mark)) or "" for mark in node.decorators]
        registered = self.templates.functions.of(function)
        for mark in node.decorators if registered is None else ():
            wrapper = self.symbols.resolve_expr(function.module, getattr(mark, "func", mark))
            if not isinstance(wrapper, ExternalSymbol) or wrapper.dotted.rpartition(".")[2] in CACHING:
                raise Left("wrapped")
        given: dict[str, Taint] = {}
        values = list(args)
        if function.owner is not None and "staticmethod" not in marks and not (unbound and "classmethod" not in marks):
            values.insert(0, receiver)
        every = frozenset().union(*values, *words.values())
        for param in node.params:
            if param.kind in ("positional", "normal"):
                given[param.name] = values.pop(0) if values else words.get(param.name, NONE)
            elif param.kind == "keyword":
                given[param.name] = words.get(param.name, NONE)
            else:
                given[param.name] = every
        return self.run(node, function.module, function.owner, given)

    def apply_value(self, frame: Frame, node: Any, args: list[Taint]) -> Taint:
        """Call what an expression stands for, as `sorted(key=...)` does: a lambda, a function."""
        if isinstance(node, l.Const):
            return NONE
        local = (
            node if isinstance(node, l.Lambda) else frame.functions.get(node.id) if isinstance(node, l.Name) else None
        )
        if local is not None:
            for param, taint in zip(local.params, args, strict=False):
                self.bind(frame, l.Name(0, 0, param.name), taint)
            return self.body_of(frame, local)
        symbol = self.resolve(frame, node)
        if isinstance(symbol, FunctionSymbol):
            return self.apply(symbol, args, {}, unbound=isinstance(node, l.Attr))
        if isinstance(symbol, ExternalSymbol) and symbol.dotted in TEXT_FUNCTIONS | PURE:
            for taint in args:
                self.as_text(taint)
            return NONE
        if isinstance(node, l.Call) and (l.dotted(node.func) or "").rpartition(".")[2] in ("attrgetter", "itemgetter"):
            found: Taint = NONE
            for arg in node.args:
                if not isinstance(arg, l.Const) or not isinstance(arg.value, str):
                    raise Left("attributes by computed names")
                found |= self.read_dotted(frozenset().union(*args), arg.value)
            return found
        raise Left("a function that is not known")

    def body_of(self, frame: Frame, node: l.Function | l.Lambda) -> Taint:
        """What a function within the function gives; it shares the variables."""
        if self.depth >= DEEPEST:
            raise Left("too deep")  # one that calls itself
        self.depth += 1
        try:
            if isinstance(node, l.Lambda):
                return self.evaluate(frame, node.body)
            outside, frame.results = frame.results, NONE
            self.execute(frame, node.body)
            made, frame.results = frame.results, outside
            return made
        finally:
            self.depth -= 1

    def resolve(self, frame: Frame, node: Any) -> Any:
        """The symbol that an expression names; a method of the class itself by `self.name`."""
        if frame.module is None or not isinstance(node, (l.Name, l.Attr)):
            return None
        scope = frame.node if isinstance(frame.node, l.Function) else None
        if isinstance(node, l.Name) and node.id in frame.variables:
            return None
        if isinstance(node, l.Attr) and isinstance(node.object, l.Name) and node.object.id in ("self", "cls"):
            if frame.owner is None:
                return None
            mine = self.function_of(frame.owner.member(node.name))
            overridden = any(node.name in below.members for below in self.symbols.subclasses(frame.owner))
            return None if overridden else mine
        return self.symbols.resolve_expr(frame.module, node, scope)

    # ------------------------------------------------------------- statements

    def execute(self, frame: Frame, body: Iterable[Any]) -> None:
        """Run statements, each way of each branch."""
        for node in body:
            self.statement(frame, node)

    def statement(self, frame: Frame, node: Any) -> None:
        """Run one statement."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Left("too long")
        if isinstance(node, l.Let):
            taint = self.evaluate(frame, node.value) if node.value is not None else NONE
            self.bind(frame, node.target, taint)
        elif isinstance(node, l.Do):
            self.evaluate(frame, node.value)
        elif isinstance(node, l.Return):
            if node.value is not None:
                frame.results |= self.evaluate(frame, node.value)
        elif isinstance(node, l.If):
            self.evaluate(frame, node.test)
            self.execute(frame, node.body)
            self.execute(frame, node.orelse)
        elif isinstance(node, l.For):
            taint = self.evaluate(frame, node.iter)
            before: Any = None
            while before != frame.variables:
                before = dict(frame.variables)
                self.bind(frame, node.target, taint)
                self.execute(frame, node.body)
            self.execute(frame, node.orelse)
        elif isinstance(node, l.While):
            self.evaluate(frame, node.test)
            self.execute(frame, node.body)
            self.execute(frame, node.body)
            self.execute(frame, node.orelse)
        elif isinstance(node, l.With):
            for made, target in node.items:
                taint = self.evaluate(frame, made)
                if target is not None:
                    self.bind(frame, target, taint)
            self.execute(frame, node.body)
        elif isinstance(node, l.Try):
            self.execute(frame, node.body)
            for handler in node.handlers:
                self.execute(frame, handler.body)
            self.execute(frame, node.orelse)
            self.execute(frame, node.final)
        elif isinstance(node, l.Raise):
            if node.value is not None and self.evaluate(frame, node.value):
                raise Left("raised")
        elif isinstance(node, l.Function):
            frame.functions[node.name] = node
            self.body_of(frame, node)
        elif isinstance(node, l.Outer):
            frame.globals.update(node.names)
        elif isinstance(node, l.Block):
            self.execute(frame, node.body)
        elif isinstance(node, l.Include):
            trail_pages.include(self, frame, node)
        elif isinstance(node, (l.Class, l.TemplateImport)):
            raise Left("a class or import within")

    def bind(self, frame: Frame, target: Any, taint: Taint) -> None:
        """Assign: a variable keeps what it ever held."""
        if isinstance(target, l.Name):
            if taint and target.id in frame.globals:
                raise Left("a global")
            held = frame.variables.get(target.id, NONE)
            frame.variables[target.id] = held | taint
        elif isinstance(target, l.Collection):
            for item in target.items:
                self.bind(frame, item, taint)
        elif isinstance(target, l.Star):
            self.bind(frame, target.value, taint)
        elif isinstance(target, l.Attr):
            holder = self.evaluate(frame, target.object)
            if taint and not holder:
                raise Left(f"kept as `{target.name}`")
            if taint:
                self.set[target.name] = self.set.get(target.name, NONE) | taint
        elif isinstance(target, l.Subscript):
            self.key(target.index, taint)
            self.put_into(frame, target.object, taint | self.evaluate(frame, target.index))

    def key(self, node: Any, taint: Taint) -> None:
        """Note what lies under a key that is written down."""
        if taint and isinstance(node, l.Const) and isinstance(node.value, str):
            self.keyed[node.value] = self.keyed.get(node.value, NONE) | taint

    def put_into(self, frame: Frame, holder: Any, taint: Taint) -> None:
        """What is put into a list or dict is found there again."""
        while isinstance(holder, (l.Subscript, l.Call)):
            holder = holder.object if isinstance(holder, l.Subscript) else holder.func
            if isinstance(holder, l.Attr):
                holder = holder.object
        if not taint:
            return
        if isinstance(holder, l.Name) and (frame.own is None or holder.id in frame.own):
            self.bind(frame, holder, taint)
        else:
            raise Left("put away")

    # ------------------------------------------------------------ expressions

    def evaluate(self, frame: Frame, node: Any) -> Taint:
        """Which rows the expression may be or hold."""
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Left("too long")
        if isinstance(node, l.Name):
            if node.id in frame.functions:
                return NONE
            held = frame.variables.get(node.id, NONE)
            return held | self.keyed.get(node.id, NONE) if frame.template is not None else held
        if isinstance(node, (l.Attr, l.Lookup)):
            return self.read(self.evaluate(frame, node.object), node.name)
        if isinstance(node, l.Call):
            found = self.call(frame, node)
            if node is self.start:
                self.seen = True
                return found | {()}
            return found
        if isinstance(node, l.Comprehension):
            for clause in node.clauses:
                self.bind(frame, clause.target, self.evaluate(frame, clause.iter))
                for test in clause.tests:
                    self.evaluate(frame, test)
            found = self.evaluate(frame, node.element)
            return found | self.evaluate(frame, node.key) if node.key is not None else found
        if isinstance(node, l.Mapping):
            found = NONE
            for name, value in zip(node.keys, node.values, strict=True):
                taint = self.evaluate(frame, value)
                found |= taint
                if name is not None:
                    found |= self.evaluate(frame, name)
                    self.key(name, taint)
            return found
        if isinstance(node, l.Subscript):
            self.evaluate(frame, node.index)
            found = self.evaluate(frame, node.object)
            if isinstance(node.index, l.Const) and isinstance(node.index.value, str):
                return found | self.keyed.get(node.index.value, NONE) if found else NONE
            return found
        if isinstance(node, l.Operation):
            each = [self.evaluate(frame, part) for part in node.operands]
            if node.op == "%":
                self.as_text(NONE.union(*each))
            return NONE.union(*each) if node.op in ("+", "|", "&", "-", "%") else NONE
        if isinstance(node, l.Text):
            for part in node.parts:
                self.as_text(self.evaluate(frame, part))
            return NONE
        if isinstance(node, l.Lambda):
            if self.evaluate(frame, node.body):
                raise Left("a lambda")
            return NONE
        if isinstance(node, l.Bind):
            taint = self.evaluate(frame, node.value)
            self.bind(frame, node.target, taint)
            return taint
        if isinstance(node, l.Yield):
            frame.results |= self.evaluate(frame, node.value) if node.value is not None else NONE
            return NONE
        return NONE.union(*(self.evaluate(frame, part) for part in l.children(node))) if node is not None else NONE

    def read(self, taint: Taint, name: str) -> Taint:
        """An attribute of what may be rows, or may hold them."""
        if not taint:
            return NONE
        self.touched = True
        found = self.set.get(name, NONE) | self.keyed.get(name, NONE)
        for path in taint:
            model = self.model_at(path)
            if model is None:
                raise Left("rows of no known model")
            if model.relation(name) is not None:
                self.reads.add((*path, name))
                found |= {(*path, name)}
                if path and self.leads_back(path, name):
                    found |= {path[:-1]}
            elif name in model.attnames or model.field(name) is not None or name in ("pk", "id"):
                continue
            elif functions := self.members(model, name):
                for function in functions:
                    found |= self.apply(function, [], {}, frozenset([path]))
            elif name in ABOUT:
                continue
            elif name.startswith("_") or self.is_made(model, name):
                raise Left(f"`{name}`")
            elif name not in PLAIN and not name.startswith("get_"):
                found |= {path}
        return found

    def leads_back(self, path: Path, name: str) -> bool:
        """Whether the relation leads back to the row that the last step came from: Django gives that very row."""
        before = self.model_at(path[:-1])
        step = before.relation(path[-1]) if before is not None else None
        return step is not None and step.inverse == name

    def is_made(self, model: Model, name: str) -> bool:
        """Whether the class makes the attribute by a call, as `name = property(...)` does."""
        member = model.symbol.member(name) if model.symbol is not None else None
        return (
            member is not None
            and name not in model.managers
            and isinstance(member.node, l.Let)
            and not isinstance(member.node.value, (l.Const, l.Collection, l.Mapping))
        )

    def read_dotted(self, taint: Taint, dotted: str) -> Taint:
        """`author.name` as a template or `attrgetter` reads it."""
        for name in dotted.replace("__", ".").lstrip("-").split("."):
            taint = self.read(taint, name)
        return taint

    def as_text(self, taint: Taint) -> None:
        """`__str__` of each."""
        self.touched = self.touched or bool(taint)
        for path in taint:
            model = self.model_at(path)
            if model is None or model.symbol is None:
                continue
            for name in ("__str__", "__repr__", "__format__"):
                function = self.function_of(model.symbol.member(name))
                if function is not None:
                    self.apply(function, [], {}, frozenset([path]))

    # ------------------------------------------------------------------ calls

    def call(self, frame: Frame, node: l.Call) -> Taint:
        """A call."""
        func = node.func
        if isinstance(func, l.Name) and ":" in func.id:
            return trail_pages.in_template(self, frame, func.id, node)
        symbol = self.resolve(frame, func)
        if isinstance(symbol, ExternalSymbol) and symbol.dotted in RENDERING:
            return trail_pages.render(self, frame, node, *RENDERING[symbol.dotted])
        args = [self.evaluate(frame, arg) for arg in node.args]
        key = next((word.value for word in node.keywords if word.name == "key"), None)
        if not isinstance(symbol, ExternalSymbol) and not isinstance(key, l.Lambda):
            key = None  # `sort(key=lambda ...)`: what is called with rows
        words = {word.name or "**": self.evaluate(frame, word.value) for word in node.keywords if word.value is not key}
        every = NONE.union(*args, *words.values())
        if words.get("**"):
            raise Left("arguments that are spread out")
        for name, taint in words.items():
            self.key(l.Const(0, 0, name, "str"), taint)
        if isinstance(func, l.Name) and func.id in frame.functions:
            return self.apply_value(frame, func, args)
        if isinstance(func, l.Name) and func.id == "super" and isinstance(frame.node, l.Function) and frame.node.params:
            return frame.variables.get(frame.node.params[0].name, NONE)
        receiver = self.evaluate(frame, func.object) if isinstance(func, (l.Attr, l.Lookup)) else NONE
        if not isinstance(func, (l.Name, l.Attr, l.Lookup)) and self.evaluate(frame, func):
            raise Left("handed to what a call gives")
        if key is not None and not isinstance(symbol, ExternalSymbol):
            self.apply_value(frame, key, [receiver])
        if isinstance(func, (l.Attr, l.Lookup)) and receiver:
            self.touched = self.touched or func.name in FETCHING
            return self.method(frame, receiver, func, args, words, every)
        if isinstance(symbol, FunctionSymbol):
            if any(isinstance(arg, l.Star) for arg in node.args) and every:
                raise Left("arguments that are spread out")
            by_class = isinstance(func, l.Attr) and l.dotted(func.object) not in ("self", "cls")
            return self.apply(symbol, args, words, unbound=by_class) if every else NONE
        if isinstance(symbol, ExternalSymbol):
            return self.outside(frame, symbol.dotted, node, args, every, key)
        if not every:
            return NONE
        if isinstance(func, (l.Attr, l.Lookup)):
            if func.name in ASKING and self.is_query(frame, func.object):
                return NONE
            if func.name in self.known.methods:
                raise Left(f"handed to `{func.name}()` of an object that is not known")
            if func.name in MUTATING:
                self.put_into(frame, func.object, every)
                return every
            if func.name in LOGGING and not names_attributes(func.object):
                self.as_text(every)
                return NONE
        raise Left(f"handed to `{l.dotted(func) or '...'}`")

    def is_query(self, frame: Frame, node: Any) -> bool:
        """Whether a chain begins with `Book.objects`."""
        while isinstance(node, l.Call) and isinstance(node.func, l.Attr):
            node = node.func.object
        if not isinstance(node, l.Attr):
            return False
        symbol = self.resolve(frame, node.object)
        model = self.project.django.model_of(symbol) if isinstance(symbol, ClassSymbol) else None
        return model is not None and model.default_manager.is_plain and node.name == model.default_manager.name

    def outside(self, frame: Frame, dotted: str, node: l.Call, args: list[Taint], every: Taint, key: Any) -> Taint:
        """A call of a library's function."""
        name = dotted.rpartition(".")[2]
        if name in SCOPES:
            raise Left(f"`{name}()`")
        if dotted in PURE or name in ("getattr", "hasattr"):
            named = node.args[1] if len(node.args) > 1 else None
            if name in ("getattr", "hasattr") and every:
                if not isinstance(named, l.Const) or not isinstance(named.value, str):
                    raise Left("an attribute by a computed name")
                return self.read(args[0], named.value).union(*args[2:])
            return NONE
        if not every:
            return NONE
        if dotted in ROW_FUNCTIONS:
            if key is not None:
                self.apply_value(frame, key, [every])
            if name in ("map", "filter", "groupby", "reduce") and len(node.args) > 1:
                function, rows = (node.args[1], args[0]) if name == "groupby" else (node.args[0], args[1])
                made = self.apply_value(frame, function, [rows])
                return made if name == "map" else rows | made
            return every
        if dotted in TEXT_FUNCTIONS and not any(names_attributes(arg) for arg in node.args):
            self.as_text(every)
            return NONE
        raise Left(f"handed to `{dotted}`")

    def method(
        self, frame: Frame, receiver: Taint, func: Any, args: list[Taint], words: Mapping[str, Taint], every: Taint
    ) -> Taint:
        """A method of a row, of a queryset, of a list or dict that holds rows."""
        name = func.name
        found: Taint = NONE
        known = False
        above = isinstance(func.object, l.Call) and l.dotted(func.object.func) == "super"
        for path in receiver:
            model = self.model_at(path)
            if above:
                functions = list(self.overridden(frame, name))
                known = True  # else the library's own
            else:
                functions = self.members(model, name) if model is not None else []
            for function in functions:
                known = True
                found |= self.apply(function, args, words, frozenset([path]))
        if name in WRITING:
            for function in self.known.receivers:
                given = {param.name: receiver for param in function.node.params if param.name not in ("self", "sender")}
                self.run(function.node, function.module, function.owner, given)
            return found
        if known:
            return found
        if name in MUTATING:
            self.put_into(frame, func.object, every)
            return receiver | every
        if name in KEEPING:
            return receiver | every
        if name in PLAIN:
            return NONE
        if name in GIVING:
            return receiver
        if name.startswith("get_") and name.endswith("_display"):
            return NONE
        raise Left(f"`.{name}()`")

    def overridden(self, frame: Frame, name: str) -> Iterator[FunctionSymbol]:
        """The methods that `super().name()` may lead to."""
        for base in frame.owner.mro[1:] if frame.owner is not None else ():
            if isinstance(base, ClassSymbol):
                function = self.function_of(base.members.get(name))
                if function is not None:
                    yield function
