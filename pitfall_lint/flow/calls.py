"""Calls: of the project's functions and classes, of methods the interpreter knows, and of what libraries offer (by
dotted name, from tables)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Place
from pitfall_lint.flow import (
    admin,
    attributes,
    builtins,
    collections,
    declarative,
    dialects,
    forms,
    guards,
    implicit,
    iteration,
    leaving,
    libraries,
    library,
    querysets,
    serializers,
    sqlalchemy,
    templates,
)
from pitfall_lint.flow.around import keeps_answer
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.memory import keeps_by_key
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    ClassValue,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    ManagerValue,
    Method,
    ModelValue,
    Object,
    Query,
    Row,
    Site,
    Super,
    Union,
    Value,
    is_tracked,
    join_all,
    options,
    replace,
)
from pitfall_lint.project.prelude import in_prelude
from pitfall_lint.project.proxies import behind

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter
    from pitfall_lint.project.classes import ClassSymbol

Handler = Callable[["Interpreter", "Frame", "Arguments", Any], Value]
TABLE: dict[str, Handler] = {
    **builtins.TABLE,
    **library.TABLE,
    **implicit.TABLE,
    **admin.TABLE,
    **forms.TABLE,
    **declarative.TABLE,
    **serializers.TABLE,
    **libraries.TABLE,
    **sqlalchemy.TABLE,
}

# What instances of a project's class that inherits from one of these are.
CLASSES: dict[str, Handler] = {
    "django.core.paginator.Paginator": library.paginator,
    "django.db.models.Prefetch": library.prefetch,
    **sqlalchemy.CLASSES,
}


def call(it: Interpreter, frame: Frame, node: l.Call) -> Value:
    """A call expression."""
    func = node.func
    if isinstance(func, l.Name) and func.id == "super" and frame.scope.find("super") is None:
        return super_of(frame, it, node)
    if isinstance(func, l.Name) and ":" in func.id:
        return templates.call_named(it, frame, func.id, node)
    callee = it.evaluate(frame, func)
    arguments = evaluate_arguments(it, frame, node)
    it.step()
    if not isinstance(callee, (Bound, FunctionValue)):
        leaving.note(it, node, arguments)
    if type(callee) is Union:
        return join_all([result_of(it, frame, option, arguments, node) for option in callee.options])
    return result_of(it, frame, callee, arguments, node)


def evaluate_arguments(it: Interpreter, frame: Frame, node: l.Call) -> Arguments:
    """The call's arguments as values."""

    made = Arguments(node=node)
    looping = bool(frame.loops or frame.varying)
    varying: set[int | str] = set()
    for arg in node.args:
        if isinstance(arg, l.Star):
            value = it.evaluate(frame, arg.value)
            known = value.items if isinstance(value, Items) else None
            if known is not None and made.star is None:
                made.args.extend(known)
            else:
                made.star = iteration.iterate(it, frame, value, arg.value)
        elif made.star is not None:
            made.star = join_all([made.star, it.evaluate(frame, arg)])
        else:
            if looping and frame.varies(arg):
                varying.add(len(made.args))
            made.args.append(it.evaluate(frame, arg))
    for word in node.keywords:
        value = it.evaluate(frame, word.value)
        if word.name is not None:
            made.keywords[word.name] = value
            if looping and frame.varies(word.value):
                varying.add(word.name)
        elif isinstance(value, Dict):
            made.keywords.update({name: item for name, item in value.entries.items() if isinstance(name, str)})
            if value.rest is not None:
                made.more = value.rest
        else:
            made.more = UNKNOWN
    made.varying = frozenset(varying)
    return made


def result_of(it: Interpreter, frame: Frame, callee: Value, arguments: Arguments, node: Any) -> Value:
    """What calling one alternative gives. A queryset that the called function keeps is asked for once, and built in
    that function: any call on it makes a copy, which asks again."""
    result = call_value(it, frame, callee, arguments, node)
    if isinstance(result, Query) and isinstance(callee, (Bound, FunctionValue)) and is_kept(callee):
        it.kept.add(result.site)
        return result
    result = sited(it, frame, callee, result, node)
    if isinstance(callee, (Bound, FunctionValue)) and is_tracked(result) and keeps_by_key(function_of(callee)):
        return once(result)
    return result


def once(value: Value) -> Value:
    """What a function gives back that keeps it for other rows as well: it stands for none of them."""
    if isinstance(value, Object):
        return Object(value.base, {name: iteration.one(held) for name, held in value.attributes.items()})
    return join_all([once(option) for option in value.options]) if isinstance(value, Union) else iteration.one(value)


def sited(it: Interpreter, frame: Frame, callee: Value, result: Value, node: Any) -> Value:
    """What a call gave; a query that a chain of calls builds gets the whole chain as its site."""
    if isinstance(callee, (Bound, Method)) and isinstance(callee.receiver, (ManagerValue, Query)):
        return resited(it, frame, callee.receiver, result, node)
    if (
        isinstance(callee, Bound)
        and isinstance(result, Query)
        and result.site.kind in implicit.KINDS
        and in_prelude(callee.function.path)
        and not in_prelude(frame.path)
        and not is_for_many(it, frame, callee.receiver, result.site)
    ):
        return replace(result, site=it.site(frame, node))
    return result


def is_for_many(it: Interpreter, frame: Frame, receiver: Value, site: Site) -> bool:
    """Whether the call stands in a class that several others share (`super().get_queryset()` of a mixin): what one
    of those lacks is mended in that one, which `site` says already."""
    if not isinstance(receiver, Object) or frame.owner is None or frame.owner is receiver.base:
        return False
    own = receiver.base.node.qualname == site.scope and receiver.base.module.path == site.place.path
    return own and len(it.symbols.heirs(frame.owner)) > 1


def is_kept(callee: Bound | FunctionValue) -> bool:
    """Whether the function keeps the queryset that it returns: who asks again is given its rows."""
    node = function_of(callee)
    return isinstance(node, l.Function) and len(node.names) > 0 and keeps_answer(node)


def function_of(callee: Bound | FunctionValue) -> l.Function | l.Lambda:
    """The function that is called."""
    return callee.function.node if isinstance(callee, Bound) else callee.node


def resited(it: Interpreter, frame: Frame, receiver: ManagerValue | Query, result: Value, node: Any) -> Value:
    """A queryset that came from a manager's or queryset's method is mended where the method was called, not in the
    method."""
    if isinstance(result, Query):
        if result.model is not receiver.model:
            return result
        if isinstance(receiver, ManagerValue):
            site = it.site(frame, node)
            return (
                replace(
                    result,
                    site=site,
                    row=receiver.row,
                    relation=receiver.relation,
                    refined=result.refined
                    or (isinstance(node, l.Call) and _method_name(node) not in ("all", "get_queryset")),
                )
                if receiver.row is not None
                else replace(result, site=site)
            )
        return replace(result, site=querysets.moved(it, frame, receiver, node))
    return result


def _method_name(node: l.Call) -> str:
    return node.func.name if isinstance(node.func, (l.Attr, l.Lookup)) else ""


def call_value(it: Interpreter, frame: Frame, callee: Value, arguments: Arguments, node: Any) -> Value:
    """What calling a value gives."""
    if callee is UNKNOWN:
        return UNKNOWN
    place = frame.place(node)
    if isinstance(callee, Bound):
        receiver = callee.receiver
        if (
            isinstance(receiver, ManagerValue)
            and receiver.manager.queryset is not None
            and callee.function.owner is not None
        ):
            cls = receiver.manager.cls
            if (
                cls is None or callee.function.owner not in cls.mro
            ) and callee.function.owner in receiver.manager.queryset.mro:
                made = querysets.base_query(it, frame, receiver, node)
                return join_all([it.call(callee.function, option, arguments, place) for option in options(made)])
        return it.call(callee.function, receiver, arguments, place)
    if isinstance(callee, FunctionValue):
        if it.active.get(id(callee.node)) and not any(is_tracked(value) for value in arguments.args):
            return UNKNOWN
        return it.call(callee, None, arguments, place)
    if isinstance(callee, Method):
        return call_method(it, frame, callee, arguments, node)
    if isinstance(callee, ClassValue):
        return instantiate(it, frame, callee, arguments, node)
    if isinstance(callee, ModelValue):
        return Row(callee.model)
    if isinstance(callee, External):
        handler = TABLE.get(callee.dotted)
        if handler is not None:
            return handler(it, frame, arguments, node)
        return UNKNOWN
    if isinstance(callee, Object):
        member = callee.base.member("__call__")
        function = querysets.member_function(member) if member is not None else None
        if function is not None:
            return it.call(function, callee, arguments, place)
    return UNKNOWN


def call_method(it: Interpreter, frame: Frame, method: Method, arguments: Arguments, node: Any) -> Value:
    """A method that the interpreter knows."""
    receiver = method.receiver
    if isinstance(receiver, (ManagerValue, Query)):
        return querysets.call_method(it, frame, receiver, method.name, arguments, node)
    if isinstance(receiver, Row):
        whole = arguments.get(1, "fields") is None and arguments.more is None
        if method.name.removeprefix("a") == "refresh_from_db" and whole and receiver.query is not None:
            it.assigned.add((receiver.query.site, "*"))  # it forgets whatever was loaded with it
        if method.name.removeprefix("a") in ("save", "delete"):
            it.saved.add((receiver.model, tuple(loop.place for active in it.stack for loop in active.loops)))
        if method.name in ("save", "delete", "asave", "adelete") and frame.varies(node):
            it.loop_query(it.site(frame, node), receiver.model, method.name.removeprefix("a"), it.place(frame, node))
        return UNKNOWN
    if isinstance(receiver, querysets.Pages):
        return receiver if method.name.removeprefix("a") in ("page", "get_page") else UNKNOWN
    if isinstance(receiver, ClassValue):  # __subclasses__()
        return Items("list", [ClassValue(symbol) for symbol in it.symbols.subclasses(receiver.symbol)])
    caller = dialects.CALLERS.get(type(receiver))
    if caller is not None:
        return caller(it, frame, receiver, method.name, arguments, node)
    if isinstance(receiver, templates.Template):
        return templates.render(it, frame, receiver, arguments.get(0, "context"), node)
    return collections.call_method(it, frame, receiver, method.name, arguments, node)


def super_of(frame: Frame, it: Interpreter, node: l.Call) -> Value:
    """`super()`, `super(Class, self)`."""
    owner, receiver = frame.owner, frame.receiver
    active = frame.scope.parent
    while receiver is None and active is not None:
        receiver = active.variables.get("self")
        active = active.parent
    if len(node.args) >= 2:
        cls = it.evaluate(frame, node.args[0])
        if isinstance(cls, ClassValue):
            owner = cls.symbol
        receiver = it.evaluate(frame, node.args[1])
    if owner is None or receiver is None:
        return UNKNOWN
    return join_all([Super(owner, option) for option in options(receiver)])


def instantiate(it: Interpreter, frame: Frame, callee: ClassValue, arguments: Arguments, node: Any) -> Value:
    """An instance of a project's class; its `__init__` is run."""
    symbol = behind(it.symbols, callee.symbol)
    model = it.model_of(symbol)
    if model is not None:
        overlay = tuple(
            (name, value) for name, value in arguments.keywords.items() if model.relation(name) is not None
        )[:12]
        return Row(model, overlay=overlay)
    handler = handler_of(it, symbol)
    if handler is not None:
        return handler(it, frame, arguments, node)
    made = Object(symbol)
    instead = made_instead(it, frame, ClassValue(symbol), arguments, node)
    if instead is not None:
        return instead
    member = symbol.member("__init__")
    function = querysets.member_function(member) if member is not None else None
    if function is not None:
        it.call(function, made, arguments, frame.place(node), f"makes a `{symbol.name}`")
    elif arguments.keywords or arguments.args:
        fields = [
            let.target.id
            for let in symbol.node.body
            if isinstance(let, l.Let) and isinstance(let.target, l.Name) and let.annotation is not None
        ]
        made.attributes.update(zip(fields, arguments.args, strict=False))
        made.attributes.update({name: value for name, value in arguments.keywords.items() if name in fields})
    return made


def handler_of(it: Interpreter, symbol: ClassSymbol) -> Handler | None:
    """What makes the instances of a class that inherits from one that the interpreter knows."""
    if symbol in it.made_by:
        held: Handler | None = it.made_by[symbol]
        return held
    found = next((handler for base, handler in CLASSES.items() if symbol.is_subclass_of(base)), None)
    it.made_by[symbol] = found
    return found


def made_instead(it: Interpreter, frame: Frame, callee: ClassValue, arguments: Arguments, node: Any) -> Object | None:
    """What a library's `__new__` makes in place of an instance, None where it makes the instance."""
    member = callee.symbol.member("__new__") if callee.symbol.is_lent else None
    lent = member is not None and in_prelude(member.owner.module.path)
    function = querysets.member_function(member) if lent else None
    made = it.call(function, callee, arguments, frame.place(node)) if function is not None else None
    return made if isinstance(made, Object) else None


# ------------------------------------------------------------ items and slices


def item(it: Interpreter, frame: Frame, value: Value, index: Value, node: Any) -> Value:
    """`value[index]`."""
    if isinstance(value, Query):
        querysets.evaluated(it, frame, value, node, "index")
        made = querysets.row_of(it, value)
        if not frame.varies(node):
            return iteration.one(made)
        own = isinstance(made, Row) and made.query is not None and made.query.site == value.site
        return replace(made, fresh=True) if own and isinstance(made, Row) else made
    if isinstance(value, querysets.Pages):
        return join_all([item(it, frame, option, index, node) for option in options(value.rows)])
    if isinstance(value, Items):
        if value.items is not None and isinstance(index, Constant) and isinstance(index.value, int):
            position = index.value
            return value.items[position] if -len(value.items) <= position < len(value.items) else UNKNOWN
        found = value.element
        return iteration.one(found) if isinstance(index, Constant) else found
    if isinstance(value, Dict):
        return value.get(index)
    return UNKNOWN


def cut(it: Interpreter, frame: Frame, value: Value, bounds: list[Value], node: Any) -> Value:
    """`value[lower:upper]`."""
    if isinstance(value, Query):
        whole = bounds[0] == NONE and bounds[1] == NONE
        single = isinstance(bounds[1], Constant) and bounds[1].value == 1 and bounds[0] in (NONE, Constant(0))
        if (
            value.row is not None
            and not value.refined
            and querysets.loaded_entry(value.row, value.relation.name if value.relation else "") is not None
        ):
            return Items("list", None, querysets.row_of(it, value))
        few = guards.is_handful(bounds)
        made = value if whole else replace(value, sliced=True, few=few or value.few, refined=value.row is not None)
        return Items("list", [iteration.one(querysets.row_of(it, made))]) if single else made
    if isinstance(value, Items):
        return (
            Items(value.kind, None, value.element)
            if value.items is None or bounds[0] != NONE or bounds[1] != NONE
            else Items(value.kind, list(value.items))
        )
    if isinstance(value, querysets.Pages):
        return value
    return UNKNOWN


def as_text(it: Interpreter, frame: Frame, value: Value, node: Any) -> None:
    """The value is turned into text: the project's `__str__` runs; a queryset or list shows each of its rows."""
    if isinstance(value, (Row, Object)):
        symbol = attributes.class_of(value)
        if symbol is None:
            return
        old = it.django.version is None or it.django.version < (2, 0)
        for name in ("__str__", "__html__", *(("__unicode__",) if old else ())):
            if symbol.member(name) is not None:
                attributes.call_member(it, frame, value, name, node)
                return
    elif isinstance(value, Items) and value.kind != "iterator":
        for option in options(value.element):
            if isinstance(option, Row):
                as_text(it, frame, option, node)


def call_in_template(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """A Django template calls what is callable, without arguments, unless it alters data."""

    if isinstance(value, Bound):
        function = value.function.node
        if isinstance(function, l.Function) and needs_arguments(function):
            return UNKNOWN
        return result_of(it, frame, value, Arguments(), node)
    if isinstance(value, FunctionValue):
        return result_of(it, frame, value, Arguments(), node)
    if isinstance(value, Method):
        if value.name in querysets.WRITING or value.name in ("save", "delete"):
            return UNKNOWN
        return result_of(it, frame, value, Arguments(), node)
    return value


def needs_arguments(function: l.Function) -> bool:
    """Whether a method cannot be called with its receiver alone."""
    required = [
        param
        for param in function.params
        if param.kind in ("positional", "normal", "keyword") and param.default is None
    ]
    return len(required) > 1


__all__ = ["Place", "as_text", "call", "call_in_template", "call_value", "cut", "item", "result_of"]
