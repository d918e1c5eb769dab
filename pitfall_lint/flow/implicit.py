"""Where a query that no expression of the user's builds stands: a view's `model = Book`, or the class itself; and
what the prelude asks of the
interpreter (`pitfall_lint.prelude`): default template names, names in the context.

https://docs.djangoproject.com/en/stable/ref/class-based-views/mixins-multiple-object/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import builtins
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Constant,
    Items,
    ManagerValue,
    ModelValue,
    Object,
    Query,
    Row,
    Site,
    Value,
    options,
)
from pitfall_lint.flow.words import source_of
from pitfall_lint.project.prelude import StandIn, in_prelude

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.django.models import Model
    from pitfall_lint.project.symbols import ClassSymbol

KINDS = frozenset({"view-model", "class", "admin-class", "inline-class"})
SAYS_MODEL = ("queryset", "model")


def user_class(it: Interpreter, frame: Frame) -> ClassSymbol | None:
    """The innermost class of the user's whose inherited code is running."""
    for active in (frame, *reversed(it.stack)):
        for option in options(active.receiver) if active.receiver is not None else ():
            if isinstance(option, Object) and not isinstance(option.base, StandIn):
                return option.base
    return None


def site(it: Interpreter, frame: Frame) -> Site:
    """The site of a query that a library builds for a class of the user's."""
    symbol = user_class(it, frame)
    if symbol is None:
        return Site(Place(frame.path, 0, 0), "", "", "class")
    kind = symbol.member("site_kind")
    if kind is not None and in_prelude(kind.owner.module.path) and isinstance(kind.node, l.Let):
        said = kind.node.value.value if isinstance(kind.node.value, l.Const) else "class"
        return Site(header(symbol), symbol.node.qualname, f"class {symbol.name}", str(said))
    for name in SAYS_MODEL:
        member = symbol.member(name)
        if (
            member is not None
            and isinstance(member.node, l.Let)
            and not in_prelude(member.owner.module.path)
            and member.node.value is not None
        ):
            node = member.node
            place = Place(member.owner.module.path, node.start, node.end)
            return Site(
                place,
                member.owner.node.qualname,
                f"{name} = {source_of(node.value)}",
                "view-model" if name == "model" else "class",
            )
    return Site(header(symbol), symbol.node.qualname, f"class {symbol.name}", "class")


def header(symbol: ClassSymbol) -> Place:
    """`class Name`."""
    return Place(symbol.module.path, symbol.node.start, symbol.node.name_end)


def place(it: Interpreter, frame: Frame) -> Place:
    """The place in the user's code that leads to where the interpreter is in a library's."""
    for active in (frame, *reversed(it.stack)):
        if active.call is not None and not in_prelude(active.call.path):
            return active.call
    return site(it, frame).place


# ----------------------------------------------------------------- intrinsics


def model_of(it: Interpreter, view: Object, frame: Frame) -> Model | None:
    """The model that a view is about: of its object list, its object, its `model`, its `queryset`."""
    from pitfall_lint.flow import attributes

    for name in ("object_list", "object", "model", "queryset"):
        for option in options(attributes.read(it, frame, view, name, None)):
            if isinstance(option, (Query, Row, ModelValue, ManagerValue)):
                return option.model
            if isinstance(option, ClassValue):
                return it.django.model_of(option.symbol)
    return None


def template_names(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`template_names(view, suffix)`: `app/model_list.html`."""
    view = builtins.first_of(arguments)
    suffix = arguments.get(1)
    model = model_of(it, view, frame) if isinstance(view, Object) else None
    if model is None or not isinstance(suffix, Constant):
        return UNKNOWN
    given = [option.value for option in options(suffix) if isinstance(option, Constant)]
    return Items("list", [Constant(f"{model.app_label}/{model.name.lower()}{part}.html") for part in given])


def context_name(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`context_name(view, suffix)`: `model_list` or `model`."""
    view = builtins.first_of(arguments)
    suffix = arguments.get(1)
    model = model_of(it, view, frame) if isinstance(view, Object) else None
    if model is None or not isinstance(suffix, Constant):
        return UNKNOWN
    return Constant(re.sub(r"\W", "", model.name.lower()) + str(suffix.value or ""))


def page_template(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`page_template(page)`: `app/snake_case_of_the_model.html`, as Wagtail names it."""
    page = builtins.first_of(arguments)
    if not isinstance(page, Row):
        return UNKNOWN
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<!^)(?=[A-Z](?![A-Z]|$))", "_", page.model.name)
    return Constant(f"{page.model.app_label}/{words.lower()}.html")


def is_none(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`is_none(value)`: whether it is None for certain; what is not known is taken to be something."""
    return Constant(builtins.first_of(arguments) == NONE)


TABLE = {
    "pitfall_lint.prelude.is_none": is_none,
    "pitfall_lint.prelude.template_names": template_names,
    "pitfall_lint.prelude.context_name": context_name,
    "pitfall_lint.prelude.page_template": page_template,
}
