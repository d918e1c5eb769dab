"""Managers: which class a model's manager is, and which queryset class it hands out.

Understood are manager classes and their subclasses, `QuerySet.as_manager()`, `Manager.from_queryset(QuerySet)` as a
base, a call or a module's
variable, and `get_queryset` methods that name a queryset class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pitfall_lint.language import Attr, Call, Expr, Function, Let, Name, Return, walk
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, ValueSymbol
from pitfall_lint.project.modules import Module
from pitfall_lint.project.proxies import behind

if TYPE_CHECKING:
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.symbols import Symbols

_MANAGER = "django.db.models.Manager"
_QUERYSET = "django.db.models.QuerySet"
_HOPS = 6


@dataclass(frozen=True, slots=True)
class Form:
    """A manager as an expression makes it: its class (of the project), its queryset class where the expression names
    one, and the
    documented name of the outside class that it is or inherits from.
    """

    cls: ClassSymbol | None
    queryset: ClassSymbol | None
    external: str


class Manager:
    """A manager of a model. `node` is None for the one that Django adds and those of tables; `external` is the
    documented name of the class
    from outside that it is or inherits from.
    """

    __slots__ = ("_queryset", "_symbols", "cls", "external", "model", "name", "node")

    def __init__(self, symbols: Symbols, name: str, model: Model, form: Form, node: Let | None) -> None:
        self._symbols = symbols
        self._queryset: ClassSymbol | bool | None = form.queryset or False
        self.name = name
        self.model = model
        self.cls = form.cls
        self.external = form.external
        self.node = node

    def __repr__(self) -> str:
        return f"Manager({self.model.label}.{self.name})"

    @property
    def is_plain(self) -> bool:
        """Whether it is Django's own manager, whose rows are all rows."""
        return self.cls is None and self.queryset is None and self.external == _MANAGER

    @property
    def queryset(self) -> ClassSymbol | None:
        """The project's queryset class that it hands out; None where that is Django's own or not known."""
        if self._queryset is False:
            self._queryset = queryset_of(self._symbols, self.cls) if self.cls is not None else None
        return self._queryset or None  # type: ignore[return-value]


PLAIN = Form(None, None, _MANAGER)


def listed(symbols: Symbols, dotted: str) -> Form:
    """The manager of a listed model, by its class from outside: what stands in for that, where something does."""
    known = symbols.outside(dotted)
    return Form(known if isinstance(known, ClassSymbol) else None, None, dotted)


def form_of(
    symbols: Symbols, module: Module, expr: Expr, owner: ClassSymbol | None = None, hops: int = 0
) -> Form | None:
    """The manager that an expression makes; None where it makes none."""
    if hops > _HOPS:
        return None
    if isinstance(expr, (Name, Attr)):
        value = symbols.resolve_expr(module, expr, None, owner)
        if isinstance(value, ValueSymbol) and isinstance(value.value, Call):
            return form_of(symbols, value.module, value.value, None, hops + 1)
        return None
    if not isinstance(expr, Call):
        return None
    func = expr.func
    if isinstance(func, Attr) and func.name == "as_manager":
        queryset = symbols.resolve_expr(module, func.object, None, owner)
        if isinstance(queryset, ClassSymbol):
            return Form(None, behind(symbols, queryset), _MANAGER)
        return PLAIN if isinstance(queryset, ExternalSymbol) else None
    if isinstance(func, Call):
        return _made(symbols, module, func, owner)
    cls = symbols.resolve_expr(module, func, None, owner)
    if isinstance(cls, ClassSymbol):
        cls = behind(symbols, cls)
        if cls.is_subclass_of("django.db.models.BaseManager") or _looks_like_manager(cls):
            return Form(cls, None, _external(cls))
    elif isinstance(cls, ExternalSymbol):
        if cls.is_subclass_of("django.db.models.BaseManager") or is_manager_name(cls.dotted):
            return Form(None, None, cls.dotted)
    elif isinstance(cls, ValueSymbol) and isinstance(cls.value, Call):
        return _made(symbols, cls.module, cls.value, None)
    return None


def _made(symbols: Symbols, module: Module, call: Call, owner: ClassSymbol | None) -> Form | None:
    """`Base.from_queryset(QuerySet)`: the class it makes, as a form."""
    func = call.func
    if not isinstance(func, Attr) or func.name != "from_queryset":
        return None
    base = symbols.resolve_expr(module, func.object, None, owner)
    queryset = symbols.resolve_expr(module, call.args[0], None, owner) if call.args else None
    found = behind(symbols, queryset) if isinstance(queryset, ClassSymbol) else None
    if isinstance(base, ClassSymbol):
        base = behind(symbols, base)
        return Form(base, found, _external(base))
    if isinstance(base, ExternalSymbol):
        return Form(None, found, base.dotted)
    return None


def is_manager_name(dotted: str) -> bool:
    """Whether something from outside is called as managers are."""
    name = dotted.rpartition(".")[2]
    return name.endswith("Manager") and not name.endswith("TaggableManager") and ".fields." not in dotted


def _looks_like_manager(cls: ClassSymbol) -> bool:
    return any(isinstance(base, ExternalSymbol) and is_manager_name(base.dotted) for base in cls.mro)


def _external(cls: ClassSymbol) -> str:
    names = [base.dotted for base in cls.mro if isinstance(base, ExternalSymbol)]
    managers = [name for name in names if ExternalSymbol(name).is_subclass_of("django.db.models.BaseManager")]
    return next(iter([*managers, *(name for name in names if is_manager_name(name)), _MANAGER]))


def queryset_of(symbols: Symbols, cls: ClassSymbol) -> ClassSymbol | None:
    """The queryset class that managers of `cls` hand out."""
    for base in cls.mro:
        if not isinstance(base, ClassSymbol):
            continue
        for name in ("get_queryset", "get_query_set"):
            member = base.members.get(name)
            if member is not None and isinstance(member.node, Function):
                found = _returned(symbols, base, member.node)
                if found is not None:
                    return found
        member = base.members.get("_queryset_class")
        if member is not None and isinstance(member.node, Let) and member.node.value is not None:
            value = symbols.resolve_expr(base.module, member.node.value, None, base)
            if isinstance(value, ClassSymbol):
                return value
        for expr in base.node.bases:
            form = _base_form(symbols, base, expr)
            if form is not None and form.queryset is not None:
                return form.queryset
    return None


def _base_form(symbols: Symbols, cls: ClassSymbol, expr: Expr) -> Form | None:
    if isinstance(expr, Call):
        return _made(symbols, cls.module, expr, cls.owner)
    value = symbols.resolve_expr(cls.module, expr, None, cls.owner)
    if isinstance(value, ValueSymbol) and isinstance(value.value, Call):
        return _made(symbols, value.module, value.value, None)
    return None


def _returned(symbols: Symbols, cls: ClassSymbol, function: Function) -> ClassSymbol | None:
    """The queryset class that a method's `return` or a variable before it calls."""
    for node in walk(function.body):
        if not isinstance(node, (Return, Let)) or node.value is None:
            continue
        value: Expr = node.value
        while isinstance(value, Call):
            if isinstance(value.func, Attr) and isinstance(value.func.object, Call):
                value = value.func.object
                continue
            found = symbols.resolve_expr(cls.module, value.func, function)
            if isinstance(found, ClassSymbol) and found.is_subclass_of(_QUERYSET):
                return found
            break
    return None
