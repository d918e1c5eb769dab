"""What the prelude's forms ask of the interpreter: the fields that a form class declares, and the rows that a field
shows as choices.

https://docs.djangoproject.com/en/stable/ref/forms/models/
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import builtins
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    Dict,
    Items,
    ModelValue,
    Object,
    Query,
    Row,
    Value,
    join_all,
    options,
)
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model

CHOICE = "django.forms.ModelChoiceField"
HIDING = frozenset({"widget", "choices", "iterator"})  # what, once set on a field, says otherwise what it shows
# The widgets that write out each choice; another one may hide them, or ask for them by name.
LISTING = tuple(
    f"django.forms.{name}" for name in ("Select", "SelectMultiple", "RadioSelect", "CheckboxSelectMultiple")
)


def declared_fields(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`declared_fields(self)`: the fields by which rows are chosen, a copy for each form; those that a ModelForm makes
    of its model's keys show rows only once the program gives them a queryset.
    """
    form = builtins.first_of(arguments)
    if not isinstance(form, Object):
        return UNKNOWN
    made, named = Dict(), set[str]()
    for base in reversed(form.base.mro):
        if isinstance(base, ClassSymbol) and not isinstance(base, StandIn):
            named.update(base.members)
            for name in base.members:
                made.entries.pop(name, None)
            for name, field in assignments(base):
                if not makes_plain(it, field):
                    continue
                for option in options(it.global_value(base.module, field.let)):
                    if isinstance(option, Object) and is_plain(option.base):
                        made.entries[name] = Object(option.base, shown_by(it, field, dict(option.attributes)))
    plain = it.symbols.lookup(CHOICE)
    model = meta_model(it, form.base)
    if model is not None and isinstance(plain, ClassSymbol):
        for relation in model.relations.values():
            if not relation.reverse and relation.name not in named:
                widget = _meta_widget(form.base, relation.name)
                made.entries[relation.name] = Object(plain, {"widget": UNKNOWN} if widget else {})
    return made


@dataclass(frozen=True, slots=True)
class Declared:
    """What a class body binds to the result of a call: `name = call(...)`."""

    owner: ClassSymbol
    let: l.Let
    call: l.Call


def assignments(symbol: ClassSymbol) -> Iterator[tuple[str, Declared]]:
    """What the class body itself binds to results of calls."""
    for name, member in symbol.members.items():
        if isinstance(member.node, l.Let) and isinstance(member.node.value, l.Call):
            yield name, Declared(symbol, member.node, member.node.value)


def makes(it: Interpreter, field: Declared, dotted: str) -> bool:
    """Whether the declaration calls that class, or one that inherits from it."""
    symbol = it.symbols.resolve_expr(field.owner.module, field.call.func)
    return isinstance(symbol, ClassSymbol) and symbol.is_subclass_of(dotted)


def makes_plain(it: Interpreter, field: Declared) -> bool:
    """Whether the declaration calls ModelChoiceField, or a class that changes nothing of it but the label of a row."""
    symbol = it.symbols.resolve_expr(field.owner.module, field.call.func)
    if not isinstance(symbol, ClassSymbol):
        return False
    memo_key = ("plain choice field", symbol)
    if memo_key not in it.plans:
        it.plans[memo_key] = symbol.is_subclass_of(CHOICE) and is_plain(symbol)
    return bool(it.plans[memo_key])


def chooses_rows(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`chooses_rows(self)`: whether the form has a field by which rows are chosen, or speaks of one in its methods."""
    form = builtins.first_of(arguments)
    if not isinstance(form, Object):
        return Constant(False)
    fields = form.attributes.get("fields")
    if isinstance(fields, Dict) and fields.entries:
        return Constant(True)
    members = (
        member
        for base in form.base.mro
        if isinstance(base, ClassSymbol) and not isinstance(base, StandIn)
        for member in base.members.values()
    )
    return Constant(any(isinstance(member.node, l.Function) and speaks_of_choices(member.node) for member in members))


def speaks_of_choices(function: l.Function) -> bool:
    """Whether a method mentions a field by which rows are chosen."""
    return any(name.endswith(("ChoiceField", "_formfield", "formfield")) for name in function.names)


def is_plain(symbol: ClassSymbol) -> bool:
    """Whether a field of the user's own changes nothing but the label of a row."""
    return all(
        name in ("label_from_instance", "__doc__")
        for base in symbol.mro
        if isinstance(base, ClassSymbol) and not isinstance(base, StandIn)
        for name in base.members
    ) and not any(isinstance(base, ExternalSymbol) and base.dotted != "builtins.object" for base in symbol.mro)


def shown_by(it: Interpreter, field: Declared, attributes: dict[str, Value]) -> dict[str, Value]:
    """The attributes of a field, with a mark (`widget`) on one whose widget does not list its choices."""
    given = next((word.value for word in field.call.keywords if word.name == "widget"), None)
    if given is not None:
        named = it.symbols.resolve_expr(field.owner.module, given.func if isinstance(given, l.Call) else given)
        if not isinstance(named, (ClassSymbol, ExternalSymbol)) or not named.is_subclass_of(*LISTING):
            attributes["widget"] = UNKNOWN
    return attributes


def meta(symbol: ClassSymbol) -> l.Class | None:
    """The `Meta` of the class."""
    member = symbol.member("Meta")
    return member.node if member is not None and isinstance(member.node, l.Class) else None


def meta_class(it: Interpreter, symbol: ClassSymbol, name: str = "Meta") -> ClassSymbol | None:
    """The `Meta` of the class, as a class."""
    member = symbol.member(name)
    if member is None or not isinstance(member.node, l.Class) or in_prelude(member.owner.module.path):
        return None
    return it.symbols.class_symbol(member.owner.module, member.node, member.owner)


def meta_value(it: Interpreter, symbol: ClassSymbol, name: str, of: str = "Meta") -> Value:
    """What the class's `Meta` says of `name`; unknown where it says nothing."""
    found = meta_class(it, symbol, of)
    member = found.member(name) if found is not None else None
    if member is None or not isinstance(member.node, l.Let):
        return UNKNOWN
    return it.global_value(member.owner.module, member.node)


def meta_model(it: Interpreter, symbol: ClassSymbol, of: str = "Meta") -> Model | None:
    """The model that `Meta` names."""
    for option in options(meta_value(it, symbol, "model", of)):
        if isinstance(option, ModelValue):
            return option.model
        if isinstance(option, ClassValue):
            return it.django.model_of(option.symbol)
    return None


def _meta_widget(symbol: ClassSymbol, name: str) -> bool:
    found = meta(symbol)
    for node in found.body if found is not None else ():
        if isinstance(node, l.Let) and isinstance(node.target, l.Name) and node.target.id == "widgets":
            return any(isinstance(part, l.Const) and part.value == name for part in l.walk(node.value))
    return False


def list_of_fields(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`list_of_fields(self)`: the form's fields, told apart."""
    form = builtins.first_of(arguments)
    fields = form.attributes.get("fields") if isinstance(form, Object) else None
    for option in options(fields) if fields is not None else ():
        if isinstance(option, Dict):
            return Items("list", [value for value in option.entries.values() if isinstance(value, Object)])
    return Items("list", [])


def choice_rows(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`choice_rows(self)`: the queryset that the program set last, else the declared one."""
    field = builtins.first_of(arguments)
    if not isinstance(field, Object) or not HIDING.isdisjoint(field.attributes):
        return UNKNOWN
    given = field.attributes.get("queryset", field.attributes.get("declared", UNKNOWN))
    return join_all([option for option in options(given) if isinstance(option, Query)])


def form_row(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`form_row(self, instance)`: the row that a ModelForm is about, a new one where it is given none."""
    form, instance = arguments.args
    given = [option for option in options(instance) if isinstance(option, Row)]
    model = meta_model(it, form.base) if isinstance(form, Object) else None
    return join_all(given) if given or model is None else Row(model)


TABLE = {
    "pitfall_lint.prelude.form_row": form_row,
    "pitfall_lint.prelude.declared_fields": declared_fields,
    "pitfall_lint.prelude.list_of_fields": list_of_fields,
    "pitfall_lint.prelude.choice_rows": choice_rows,
    "pitfall_lint.prelude.chooses_rows": chooses_rows,
}
