"""Python's builtins and the parts of the standard library that rows and querysets are passed through."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import attributes, collections, iteration, querysets
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    ClassValue,
    Constant,
    Dict,
    FunctionValue,
    Items,
    Object,
    Query,
    Row,
    Value,
    clone_of,
    join,
    join_all,
    options,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter


def first_of(arguments: Arguments) -> Value:
    """The first argument."""
    return arguments.args[0] if arguments.args else arguments.star if arguments.star is not None else UNKNOWN


def element(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """One item of an iterable that is gone through here."""
    return iteration.iterate(it, frame, value, node)


def make_list(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`list(x)`, `tuple(x)`, `set(x)`, `iter(x)`, `reversed(x)`."""
    if not arguments.args:
        return Items("list", [])
    return collections.listed(it, frame, first_of(arguments), node)


def sort(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`sorted(x, key=)`."""
    made = collections.listed(it, frame, first_of(arguments), node)
    key = arguments.keywords.get("key")
    if key is not None and isinstance(made, Items):
        collections.apply(it, frame, key, made.element, node)
    return made


def enumerated(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`enumerate(x)`."""
    return Items("iterator", None, Items("tuple", [UNKNOWN, element(it, frame, first_of(arguments), node)]))


def zipped(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`zip(a, b)`."""
    return Items("iterator", None, Items("tuple", [element(it, frame, value, node) for value in arguments.args]))


def chained(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`itertools.chain(a, b)`."""
    found = [element(it, frame, value, node) for value in arguments.args]
    if arguments.star is not None:
        found.append(element(it, frame, arguments.star, node))
    return Items("iterator", None, join_all(found))


def chained_from(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`itertools.chain.from_iterable(x)`."""
    return Items("iterator", None, element(it, frame, element(it, frame, first_of(arguments), node), node))


def mapped(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`map(f, x)`."""
    if len(arguments.args) < 2:
        return UNKNOWN
    one = element(it, frame, arguments.args[1], node)
    return Items("iterator", None, collections.apply(it, frame, arguments.args[0], one, node))


def filtered(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`filter(f, x)`."""
    if len(arguments.args) < 2:
        return UNKNOWN
    one = element(it, frame, arguments.args[1], node)
    if arguments.args[0] != NONE:
        collections.apply(it, frame, arguments.args[0], one, node)
    return Items("iterator", None, one)


def grouped(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`itertools.groupby(x, key)`."""
    one = element(it, frame, first_of(arguments), node)
    key = arguments.get(1, "key")
    group = collections.apply(it, frame, key, one, node) if key is not None else one
    return Items("iterator", None, Items("tuple", [group, Items("iterator", None, one)]))


def same_items(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`itertools.islice(x, n)` and the like: the same items, fewer."""
    return Items("iterator", None, element(it, frame, first_of(arguments), node))


def one_item(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`next(x)`, `max(x, key=)`, `min(x)`: one of the items."""
    if (
        len(arguments.args) > 1
        and "key" not in arguments.keywords
        and not isinstance(first_of(arguments), (Items, Query))
    ):
        return join_all(arguments.args)
    found = element(it, frame, first_of(arguments), node)
    key = arguments.keywords.get("key")
    if key is not None:
        collections.apply(it, frame, key, found, node)
    return found if frame.varies(node) else iteration.one(found)


def gone_through(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`sum(x)`: every item is taken."""
    element(it, frame, first_of(arguments), node)
    return UNKNOWN


def of_each(it: Interpreter, frame: Frame, arguments: Arguments, node: Any, whole: bool) -> Value:
    """`all(values)`, `any(values)`: known where each of them is true, or none is."""
    one = element(it, frame, first_of(arguments), node)
    return Constant(whole) if isinstance(one, Constant) and bool(one.value) is whole else UNKNOWN


def length(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`len(x)`: a queryset is evaluated."""
    for option in options(first_of(arguments)):
        if isinstance(option, Query):
            querysets.evaluated(it, frame, option, node, "len")
        elif isinstance(option, Items) and option.items is not None:
            return Constant(len(option.items))
    return UNKNOWN


def boolean(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`bool(x)`: a queryset is evaluated."""
    for option in options(first_of(arguments)):
        if isinstance(option, Query):
            querysets.evaluated(it, frame, option, node, "bool")
    return UNKNOWN


def text(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`str(x)`, `print(x)`, `force_str(x)`: `__str__` runs."""
    from pitfall_lint.flow import calls

    for value in arguments.args:
        if isinstance(value, Constant) and isinstance(value.value, str) and len(arguments.args) == 1:
            return value
        for option in options(value):
            calls.as_text(it, frame, option, node)
    return UNKNOWN


def get_attribute(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`getattr(x, "name", default)`."""
    name = arguments.args[1] if len(arguments.args) > 1 else UNKNOWN
    if isinstance(name, Constant) and isinstance(name.value, str) and name.value.isidentifier():
        found = attributes.read(it, frame, arguments.args[0], name.value, node)
        certain = isinstance(arguments.args[0], (ClassValue, Object)) and found is not UNKNOWN
        if len(arguments.args) < 3 or certain or all(may_hold(row, name.value) for row in options(arguments.args[0])):
            return found
        return join(found, arguments.args[2])
    return UNKNOWN


def may_hold(value: Value, name: str) -> bool:
    """Whether a row may hold a plain attribute `name` that its model does not know: its query prefetches to it or
    annotates it, or nobody sees where the row comes from. The default of a `getattr` is then not what is read.
    """
    if not isinstance(value, Row) or any(held == name for held, _ in value.overlay):
        return False
    query = value.query
    if query is None:
        model = value.model
        return model.relation(name) is None and model.field(name) is None and name not in model.attnames
    return name in query.annotated or any(entry.to_attr == name for entry in query.prefetches)


def has_attribute(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`hasattr(x, "name")`: reading a reverse one-to-one is a query."""
    get_attribute(it, frame, arguments, node)
    if len(arguments.args) == 2 and isinstance(arguments.args[1], Constant):
        name = arguments.args[1].value
        if name in attributes.CACHES and all(isinstance(option, Row) for option in options(arguments.args[0])):
            return Constant(True)  # what is in it, if anything, tells
        rows = [option for option in options(arguments.args[0]) if isinstance(option, Row) and option.query is not None]
        if rows and all(not row.path and row.query is not None and name in row.query.annotated for row in rows):
            return Constant(True)
    return UNKNOWN


def set_attribute(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`setattr(x, name, value)`: a name not known may be any relation."""
    if len(arguments.args) == 3:
        name = arguments.args[1]
        for option in options(arguments.args[0]):
            if isinstance(name, Constant) and isinstance(name.value, str):
                attributes.store(it, option, name.value, arguments.args[2])
            elif isinstance(option, Row) and option.query is not None:
                it.assigned.add((option.query.site, "*"))
            elif isinstance(option, Object):
                it.touch(option)
    return UNKNOWN


def make_dict(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`dict(a=b)`, `dict(pairs)`, `OrderedDict`."""
    made = Dict()
    for option in options(first_of(arguments)):
        if isinstance(option, Dict):
            made.entries.update(option.entries)
            made.rest, made.keys = option.rest, option.keys
        elif isinstance(option, (Items, Query)):
            pair = element(it, frame, option, node)
            if isinstance(pair, Items) and pair.items is not None and len(pair.items) == 2:
                made.set(pair.items[0], pair.items[1])
        elif arguments.args:
            made.rest = UNKNOWN
    made.entries.update(arguments.keywords)
    if arguments.more is not None and made.rest is None:
        made.rest = arguments.more
    return made


def default_dict(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`collections.defaultdict(list)`: each missing key makes a value of its own; one stands for all."""
    from pitfall_lint.flow import calls

    made = Dict()
    if arguments.args and arguments.args[0] != NONE:
        made.rest = join_all(
            [calls.call_value(it, frame, option, Arguments(), node) for option in options(arguments.args[0])]
        )
    return made


def numbers(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`range(n)`."""
    return Items("iterator", None, UNKNOWN)


def same(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """What hands its first argument back."""
    return first_of(arguments)


def copied(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`copy.copy(x)`."""
    return clone_of(first_of(arguments))


def type_of(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`type(x)`."""
    value = first_of(arguments)
    return attributes.read(it, frame, value, "__class__", node) if isinstance(value, (Row, Object)) else UNKNOWN


def partial(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`functools.partial(f)` without arguments is `f`; with some it is not known."""
    return (
        first_of(arguments)
        if len(arguments.args) == 1 and isinstance(first_of(arguments), (FunctionValue, Bound))
        else UNKNOWN
    )


TABLE = {
    "builtins.list": make_list,
    "builtins.tuple": make_list,
    "builtins.set": make_list,
    "builtins.frozenset": make_list,
    "builtins.iter": make_list,
    "builtins.reversed": make_list,
    "builtins.sorted": sort,
    "builtins.enumerate": enumerated,
    "builtins.zip": zipped,
    "itertools.zip_longest": zipped,
    "itertools.chain": chained,
    "itertools.chain.from_iterable": chained_from,
    "builtins.map": mapped,
    "builtins.filter": filtered,
    "itertools.groupby": grouped,
    "itertools.islice": same_items,
    "itertools.cycle": same_items,
    "random.sample": same_items,
    "builtins.next": one_item,
    "random.choice": one_item,
    "builtins.max": one_item,
    "builtins.min": one_item,
    "builtins.sum": gone_through,
    "builtins.any": lambda it, frame, arguments, node: of_each(it, frame, arguments, node, False),
    "builtins.all": lambda it, frame, arguments, node: of_each(it, frame, arguments, node, True),
    "builtins.len": length,
    "builtins.bool": boolean,
    "builtins.str": text,
    "builtins.repr": text,
    "builtins.format": text,
    "builtins.print": text,
    "django.utils.encoding.force_str": text,
    "django.utils.encoding.smart_str": text,
    "django.utils.html.escape": text,
    "django.utils.html.format_html": text,
    "django.utils.html.conditional_escape": text,
    "markupsafe.escape": text,
    "builtins.getattr": get_attribute,
    "builtins.hasattr": has_attribute,
    "builtins.setattr": set_attribute,
    "builtins.dict": make_dict,
    "collections.OrderedDict": make_dict,
    "collections.defaultdict": default_dict,
    "collections.deque": make_list,
    "builtins.range": numbers,
    "typing.cast": lambda it, frame, arguments, node: arguments.args[1] if len(arguments.args) > 1 else UNKNOWN,
    "copy.copy": copied,
    "copy.deepcopy": copied,
    "builtins.type": type_of,
    "functools.partial": partial,
    "asgiref.sync.sync_to_async": same,
    "asgiref.sync.async_to_sync": same,
}
