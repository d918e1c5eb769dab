"""Models as they are declared, one by one: their Meta, their fields and managers, before anything is linked.

A draft stands for a class of the project, for a model of the table in `contrib`, or for an unknown model from
outside, which is taken to be abstract.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint.language import Attr, Call, Class, Const, Do, Expr, Function, Keyword, Let, Name, Return
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol, ValueSymbol
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.django import contrib, fields, managers
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

MODEL = "django.db.models.Model"
RELATION_KINDS = frozenset(
    {"ForeignKey", "OneToOneField", "ManyToManyField", "GenericForeignKey", "GenericRelation", "TaggableManager"}
)
_NO_FUNCTIONS = frozenset({"property", "cached_property"})


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """One field as declared. Of a project's class `module`, `owner` and `call` say where and how; of the table
    `entry`; `parent` is set for
    the key that multi-table inheritance adds.
    """

    name: str
    kind: str
    module: Module | None = None
    owner: ClassSymbol | None = None
    node: Let | None = None
    call: Call | None = None
    cls: ClassSymbol | ExternalSymbol | None = None
    entry: contrib.Entry | None = None
    parent: Draft | None = None

    def expr(self, name: str, position: int | None = None) -> Expr | None:
        """The argument of that name or position."""
        if self.call is None:
            return None
        for keyword in self.call.keywords:
            if keyword.name == name:
                return keyword.value
        if position is not None and position < len(self.call.args):
            return self.call.args[position]
        return None

    def option(self, symbols: Symbols, name: str) -> Any:
        """The folded value of an option; NOTHING where it is not given or not known."""
        if self.entry is not None:
            if name == "null":
                return "null" in self.entry.flags
            if name == "primary_key":
                return "pk" in self.entry.flags
            value = self.entry.option(name)
            return NOTHING if value is None else value
        expr = self.expr(name)
        if expr is None or self.module is None:
            return NOTHING
        if isinstance(expr, Const):
            return expr.value
        return symbols.constant(self.module, expr, owner=self.owner)


@dataclass(slots=True, eq=False)
class Draft:
    """One model as declared. `blocked` are names that the class body binds to something else than a field, which hides
    a base's field.
    """

    dotted: str
    symbol: ClassSymbol | None
    listed: contrib.Listed | None
    app_label: str
    abstract: bool
    proxy: bool
    meta: Mapping[str, Expr]
    parents: tuple[Draft, ...]
    own: dict[str, Declared]
    blocked: frozenset[str]
    managers: tuple[tuple[str, managers.Form, Let | None], ...]
    options: dict[str, Any]

    @property
    def name(self) -> str:
        """The class's name."""
        return self.dotted.rpartition(".")[2]

    @property
    def root(self) -> str | None:
        """The source root that the model's module counts from."""
        return self.symbol.module.root if self.symbol is not None else None

    @property
    def concrete(self) -> Draft:
        """Of a proxy, what it stands for."""
        draft = self
        while draft.proxy:
            parent = next((parent for parent in draft.parents if not parent.abstract), None)
            if parent is None:
                return draft
            draft = parent
        return draft

    def parents_in(self, order: list[Draft] | None = None) -> list[Draft]:
        """This draft and all that it inherits from, in the order of the method resolution (nearest first, no repeats).
        """
        found = order if order is not None else []
        if self not in found:
            found.append(self)
            for parent in self.parents:
                parent.parents_in(found)
        return found


class Drafts:
    """Makes drafts, each once."""

    def __init__(self, symbols: Symbols, label_of: Any) -> None:
        self.symbols = symbols
        self._label_of = label_of
        self._of_symbol: dict[int, Draft | None] = {}
        self._of_name: dict[str, Draft | None] = {}
        self._kinds: dict[int, str | None] = {}
        self.added: dict[int, list[tuple[Module, str, Call]]] = {}

    def all(self) -> Iterator[Draft]:
        """The drafts of the project's own classes, in file order."""
        modules = [self.symbols.module_at(path) for path in self.symbols.project.python]
        own = [module for module in modules if module is not None and not module.facts.shallow]
        self._collect_added(own)
        for module in own:
            for node in statements(module.facts.body):
                if isinstance(node, Class) and node.bases:
                    draft = self.of_class(self.symbols.class_symbol(module, node))
                    if draft is not None:
                        yield draft

    def _collect_added(self, modules: list[Module]) -> None:
        """`Model.add_to_class("name", field)` at module level."""
        for module in modules:
            if "add_to_class" not in module.facts.words:
                continue
            for node in statements(module.facts.body):
                call = node.value if isinstance(node, Do) else None
                if (
                    isinstance(call, Call)
                    and isinstance(call.func, Attr)
                    and call.func.name == "add_to_class"
                    and len(call.args) == 2
                ):
                    name, field = call.args
                    target = self.symbols.resolve_expr(module, call.func.object)
                    if (
                        isinstance(target, ClassSymbol)
                        and isinstance(name, Const)
                        and isinstance(name.value, str)
                        and isinstance(field, Call)
                    ):
                        self.added.setdefault(id(target), []).append((module, name.value, field))

    # ----------------------------------------------------------------- drafts

    def of_class(self, symbol: ClassSymbol) -> Draft | None:
        """The draft of a class of the project; None where it is no model."""
        key = id(symbol)
        if key not in self._of_symbol:
            self._of_symbol[key] = None
            self._of_symbol[key] = self._draft(symbol) if self._is_model(symbol) else None
        return self._of_symbol[key]

    def of_name(self, dotted: str) -> Draft | None:
        """The draft of a model from outside; None where nothing says that it is one."""
        if dotted not in self._of_name:
            self._of_name[dotted] = None
            listed = contrib.listed().get(dotted)
            if listed is not None:
                self._of_name[dotted] = self._from_table(listed)
            elif dotted != MODEL and ExternalSymbol(dotted).is_subclass_of(MODEL):
                self._of_name[dotted] = self._placeholder(dotted)
        return self._of_name[dotted]

    def _placeholder(self, dotted: str) -> Draft:
        label = dotted.partition(".models")[0].rpartition(".")[2]
        return Draft(dotted, None, None, label, True, False, {}, (), {}, frozenset(), (), {})

    def _from_table(self, listed: contrib.Listed) -> Draft:
        parents = tuple(parent for base in listed.bases if (parent := self.of_name(base)) is not None)
        own = {entry.name: Declared(entry.name, entry.kind, entry=entry) for entry in listed.entries}
        made = tuple((name, managers.listed(self.symbols, cls), None) for name, cls in listed.managers)
        draft = Draft(
            listed.dotted,
            None,
            listed,
            listed.app_label,
            listed.abstract,
            listed.proxy,
            {},
            parents,
            own,
            frozenset(),
            made,
            {},
        )
        return draft

    def _is_model(self, symbol: ClassSymbol) -> bool:
        if MODEL in symbol.ancestors:
            return True
        # A class of an unknown library that is called a model, with fields or a Meta in the body.
        for base in symbol.bases:
            if isinstance(base, ClassSymbol):
                if self.of_class(base) is not None:
                    return True
            elif _is_called_model(base.dotted) and self._has_fields(symbol):
                return True
        return False

    def _has_fields(self, symbol: ClassSymbol) -> bool:
        return any(
            isinstance(member.node, Let)
            and isinstance(member.node.value, Call)
            and self._field(symbol, name, member.node)
            for name, member in symbol.members.items()
        )

    def _draft(self, symbol: ClassSymbol) -> Draft:
        parents: list[Draft] = []
        direct = set(symbol.bases)
        for base in symbol.mro[1:]:
            if base in direct:
                parent = self.of_class(base) if isinstance(base, ClassSymbol) else self.of_name(base.dotted)
                if (
                    parent is None
                    and isinstance(base, ExternalSymbol)
                    and base.dotted != MODEL
                    and _is_called_model(base.dotted)
                ):
                    parent = self._of_name.setdefault(base.dotted, None) or self._placeholder(base.dotted)
                    self._of_name[base.dotted] = parent
                if parent is not None:
                    parents.append(parent)
        meta_symbol, abstract = self._meta(symbol)
        options: dict[str, Any] = {}
        meta: dict[str, Expr] = {}
        if meta_symbol is not None:
            for owner in reversed([cls for cls in meta_symbol.mro if isinstance(cls, ClassSymbol)]):
                for name, member in owner.members.items():
                    if isinstance(member.node, Let) and member.node.value is not None:
                        meta[name] = member.node.value
                        if name in (
                            "app_label",
                            "proxy",
                            "default_manager_name",
                            "base_manager_name",
                            "default_related_name",
                            "managed",
                        ):
                            options[name] = self.symbols.constant(owner.module, member.node.value, owner=owner)
        own: dict[str, Declared] = {}
        blocked: set[str] = set()
        made: list[tuple[str, managers.Form, Let | None]] = []
        for name, member in symbol.members.items():
            node = member.node
            if isinstance(node, Let):
                declared = self._field(symbol, name, node)
                if declared is not None:
                    own[name] = declared
                    continue
                if node.value is None:
                    continue
                form = managers.form_of(self.symbols, symbol.module, node.value, symbol)
                if form is not None:
                    made.append((name, form, node))
            blocked.add(name)
        for module, name, call in self.added.get(id(symbol), ()):
            declared = self._called(module, None, name, None, call)
            if declared is not None:
                own[name] = declared
        label = options.get("app_label")
        if not isinstance(label, str):
            label = self._label_of(symbol.module)
        proxy = options.get("proxy") is True and not abstract
        return Draft(
            symbol.dotted,
            symbol,
            None,
            label,
            abstract,
            proxy,
            meta,
            tuple(parents),
            own,
            frozenset(blocked),
            tuple(made),
            options,
        )

    def _meta(self, symbol: ClassSymbol) -> tuple[ClassSymbol | None, bool]:
        """The Meta that holds for the class, and whether it makes the class abstract: that is never inherited."""
        member = symbol.members.get("Meta")
        if member is not None and isinstance(member.node, Class):
            meta = self.symbols.class_symbol(symbol.module, member.node, symbol)
            own = meta.members.get("abstract")
            value = own.node.value if own is not None and isinstance(own.node, Let) else None
            return meta, value is not None and self.symbols.constant(symbol.module, value) is True
        if member is not None and isinstance(member.node, Let) and isinstance(member.node.value, (Name, Attr)):
            target = self.symbols.resolve_expr(symbol.module, member.node.value, None, symbol)
            if isinstance(target, ClassSymbol) and target.name != symbol.name:
                return target, False
        for base in symbol.mro[1:]:
            if isinstance(base, ClassSymbol) and "Meta" in base.members:
                parent = self.of_class(base)
                if parent is not None and not parent.abstract:
                    continue
                inherited = base.members["Meta"].node
                if isinstance(inherited, Class):
                    return self.symbols.class_symbol(base.module, inherited, base), False
        return None, False

    # ----------------------------------------------------------------- fields

    def _field(self, symbol: ClassSymbol, name: str, node: Let) -> Declared | None:
        call = node.value
        if not isinstance(call, Call):
            return None
        return self._called(symbol.module, symbol, name, node, call)

    def _called(
        self, module: Module, owner: ClassSymbol | None, name: str, node: Let | None, call: Call
    ) -> Declared | None:
        kind, cls = self._kind(module, owner, call.func)
        if kind is None and isinstance(cls, FunctionSymbol):
            made = self._returned(cls)
            if made is not None:
                kind, inner = self._kind(cls.module, None, made.func)
                if kind is not None and not isinstance(inner, FunctionSymbol):
                    filled, home = _filled(cls, made, call, module)
                    return Declared(name, kind, home, owner if home is module else None, node, filled, inner)
        if kind is None or isinstance(cls, FunctionSymbol):
            return None
        return Declared(name, kind, module, owner, node, call, cls)

    def _kind(
        self, module: Module, owner: ClassSymbol | None, func: Expr
    ) -> tuple[str | None, ClassSymbol | ExternalSymbol | FunctionSymbol | None]:
        if not isinstance(func, (Name, Attr)):
            return None, None
        if isinstance(func, Attr) and func.name in ("as_manager", "from_queryset"):
            return None, None
        cls = self.symbols.resolve_expr(module, func, None, owner)
        if isinstance(cls, ValueSymbol):
            return None, None
        if cls is None:
            # A library's field behind an import that leads nowhere: by its name.
            name = func.name if isinstance(func, Attr) else func.id
            kind = fields.kind_of_name(name)
            return (kind if kind in RELATION_KINDS else None), None
        if isinstance(cls, FunctionSymbol):
            return None, cls
        if not isinstance(cls, (ClassSymbol, ExternalSymbol)):
            return None, None
        if isinstance(cls, ExternalSymbol):
            return fields.kind_of_name(cls.dotted), cls
        key = id(cls)
        if key not in self._kinds:
            self._kinds[key] = fields.kind_of(cls)
        return self._kinds[key], cls

    def _returned(self, symbol: FunctionSymbol) -> Call | None:
        """The call that a small function, used in place of a field, returns."""
        if any(isinstance(item, Name) and item.id in _NO_FUNCTIONS for item in symbol.node.decorators):
            return None
        body = symbol.node.body
        last = body[-1] if body else None
        return last.value if isinstance(last, Return) and isinstance(last.value, Call) else None

    def default_target(self, declared: Declared) -> tuple[Module, Expr] | None:
        """The `to` that a project's own field class fills in when it is made: `kwargs["to"] = ...`,
        `super().__init__(to=...)`.
        """
        if not isinstance(declared.cls, ClassSymbol):
            return None
        member = declared.cls.member("__init__")
        if member is None or not isinstance(member.node, Function):
            return None
        return _target_in(member.owner.module, member.node)


def _filled(symbol: FunctionSymbol, made: Call, call: Call, module: Module) -> tuple[Call, Module]:
    """The call that a small function returns, its parameters replaced by the arguments, and the module that the target
    counts from.
    """
    given: dict[str, Expr] = {keyword.name: keyword.value for keyword in call.keywords if keyword.name is not None}
    positional = [param.name for param in symbol.node.params if param.kind in ("positional", "normal")]
    given.update(zip(positional, call.args, strict=False))
    home = symbol.module

    def fill(expr: Expr) -> Expr:
        nonlocal home
        if isinstance(expr, Name) and expr.id in given:
            home = module
            return given[expr.id]
        return expr

    args = tuple(fill(arg) for arg in made.args)
    keywords = [Keyword(one.start, one.end, one.name, fill(one.value)) for one in made.keywords if one.name is not None]
    if any(one.name is None for one in made.keywords):
        named = {param.name for param in symbol.node.params}
        keywords += [one for one in call.keywords if one.name is not None and one.name not in named]
    return Call(made.start, made.end, made.func, args, tuple(keywords)), home


def _target_in(module: Module, function: Function) -> tuple[Module, Expr] | None:
    from pitfall_lint.language import Subscript, walk

    for node in walk(function.body):
        if isinstance(node, Let) and isinstance(node.target, Subscript) and node.value is not None:
            index = node.target.index
            if isinstance(index, Const) and index.value == "to":
                return module, node.value
        elif isinstance(node, Call) and isinstance(node.func, Attr):
            if node.func.name == "setdefault" and len(node.args) == 2:
                key = node.args[0]
                if isinstance(key, Const) and key.value == "to":
                    return module, node.args[1]
            elif node.func.name == "__init__":
                for keyword in node.keywords:
                    if keyword.name == "to" and not isinstance(keyword.value, Name):
                        return module, keyword.value
    for param in function.params:
        if param.name == "to" and param.default is not None:
            return module, param.default
    return None


def _is_called_model(dotted: str) -> bool:
    """Whether something unknown from outside is named as models are."""
    module, _, name = dotted.rpartition(".")
    if name.endswith(
        ("Form", "Serializer", "Admin", "Manager", "QuerySet", "Field", "Choices", "Enum", "View", "Mixin")
    ):
        return False
    parts = module.split(".")
    if parts[0] in (
        "pydantic",
        "sqlalchemy",
        "flask_sqlalchemy",
        "sqlmodel",
        "peewee",
        "mongoengine",
        "rest_framework",
        "odoo",
        "builtins",
    ):
        return False
    return "models" in parts or "abstract_models" in parts or name.endswith("Model")
