"""What each statement does to the variables of an activation. A handler says whether control goes on after the
statement.

Both branches of a condition that cannot be told are run on copies of the variables, which are then joined; a
loop's body is run twice where the
first turn changed what the second would see.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.finding import Confidence
from pitfall_lint.flow import attributes, expressions, guards, iteration, templates
from pitfall_lint.flow.frames import Arguments
from pitfall_lint.flow.values import (
    UNKNOWN,
    ClassValue,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    Object,
    Query,
    Scope,
    Union,
    Value,
    join,
    join_all,
    options,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter


SHORT_BODY, MOST_NAMES = 2, 150  # a body of so few statements takes so many constants one by one
MOST_UNROLLED = 40  # a loop over a display of at most so many items takes them one by one


def let(it: Interpreter, frame: Frame, node: l.Let) -> bool:
    """Assign."""
    if node.value is None:
        if isinstance(node.target, l.Name) and node.annotation is not None:
            declared = expressions.annotated(it, frame, node.annotation)
            if declared is not UNKNOWN:
                frame.scope.variables[node.target.id] = declared
        return True
    value = it.evaluate(frame, node.value)
    if node.op is not None:
        value = augmented(it, frame, node, value)
    elif value is UNKNOWN and node.annotation is not None:
        value = expressions.annotated(it, frame, node.annotation)
    if (frame.varying or frame.loops) and frame.varies(node.value):
        frame.varying.update(
            part.id
            for part in l.walk(node.target)
            if isinstance(part, l.Name) and isinstance(node.target, (l.Name, l.Collection))
        )
    assign(it, frame, node.target, value)
    return True


def augmented(it: Interpreter, frame: Frame, node: l.Let, value: Value) -> Value:
    """The value of `target op= value`."""
    current = it.evaluate(frame, node.target) if isinstance(node.target, (l.Name, l.Attr, l.Subscript)) else UNKNOWN
    for option in options(current):
        if isinstance(option, Items) and node.op == "+=":
            it.touch(option)
            option.add(iteration.iterate(it, frame, value, node.value))
            return current
        if isinstance(option, Dict) and node.op == "|=" and isinstance(value, Dict):
            it.touch(option)
            option.entries.update(value.entries)
            return current
        if isinstance(option, Query):
            return join(current, value)
    return UNKNOWN


def assign(it: Interpreter, frame: Frame, target: Any, value: Value) -> None:
    """Bind a target."""
    if isinstance(target, l.Name):
        scope = frame.scope
        if scope.outer is not None and target.id in scope.outer:
            around = scope.parent
            while around is not None:
                if target.id in around.variables:
                    around.variables[target.id] = join(around.variables[target.id], value)
                    return
                around = around.parent
            return
        scope.variables[target.id] = value
    elif isinstance(target, l.Collection):
        unpack(it, frame, target.items, value)
    elif isinstance(target, l.Star):
        assign(it, frame, target.value, value if isinstance(value, Items) else UNKNOWN)
    elif isinstance(target, l.Attr):
        holder = it.evaluate(frame, target.object)
        changed = [attributes.store(it, option, target.name, value) for option in options(holder)]
        if isinstance(target.object, l.Name) and any(
            new is not old for new, old in zip(changed, options(holder), strict=True)
        ):
            frame.scope.variables[target.object.id] = changed[0] if len(changed) == 1 else Union(tuple(changed))
    elif isinstance(target, l.Subscript):
        holder = it.evaluate(frame, target.object)
        index = it.evaluate(frame, target.index)
        for option in options(holder):
            if isinstance(option, Dict):
                it.touch(option)
                option.set(index, value)
            elif isinstance(option, Items):
                it.touch(option)
                option.add(value)


def unpack(it: Interpreter, frame: Frame, targets: tuple[Any, ...], value: Value) -> None:
    """Bind several targets to the items of a value."""
    for position, target in enumerate(targets):
        found: list[Value] = []
        for option in options(value):
            if isinstance(option, Items):
                if option.items is not None and not any(isinstance(other, l.Star) for other in targets):
                    found.append(option.items[position] if position < len(option.items) else UNKNOWN)
                elif isinstance(target, l.Star):
                    found.append(Items("list", None, option.element))
                else:
                    each = option.items is not None or bool(frame.loops)
                    found.append(option.element if each else iteration.one(option.element))
            elif isinstance(option, Query):
                element = iteration.element_of(it, frame, option, target)
                star = isinstance(target, l.Star)
                found.append(Items("list", None, element) if star else iteration.one(element))
        assign(it, frame, target, join_all(found))


def do(it: Interpreter, frame: Frame, node: l.Do) -> bool:
    """Evaluate for effect."""
    it.evaluate(frame, node.value)
    return True


def branch(it: Interpreter, frame: Frame, node: l.If) -> bool:
    """Run the branch that is taken, or both and join."""
    known = expressions.test(it, frame, node.test)
    if known is not None:
        return it.execute(frame, node.body if known else node.orelse)
    if guards.fills_in(it, frame, node):
        return it.execute(frame, node.orelse)
    before = frame.scope.variables
    it.step(1 + len(before) // 40)
    frame.scope.variables = dict(before)
    expressions.narrow(it, frame, node.test, True)
    gates = frame.gates
    with it.perhaps(), it.guarded(frame, node.test):
        first = it.execute(frame, node.body)
        after_first = frame.scope.variables
        frame.gates, frame.scope.variables = gates, dict(before)
        expressions.narrow(it, frame, node.test, False)
        second = it.execute(frame, node.orelse)
    frame.gates = gates + (first is not second)
    if first and second:
        frame.scope.variables = merge(after_first, frame.scope.variables)
    elif first:
        frame.scope.variables = after_first
    return first or second


def merge(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    """The variables after either of two paths."""
    result = dict(first)
    for name, value in second.items():
        other = result.get(name)
        if other is None:
            result[name] = value
        elif other is not value:
            result[name] = join(other, value)
    return result


def loop(it: Interpreter, frame: Frame, node: l.For) -> bool:
    """Iterate."""
    iterable = it.evaluate(frame, node.iter)
    element = iteration.iterate(it, frame, iterable, node.iter)
    before = frame.scope.variables
    if isinstance(iterable, Items) and iterable.items == []:
        return it.execute(frame, node.orelse)
    frame.scope.variables = dict(before)
    outer_exits, frame.exits = frame.exits, []
    apart = not frame.loops and not frame.varying
    single = ends_at_once(node.body)
    if single:
        element = iteration.one(element)
    else:
        frame.loops.append(iteration.loop_over(frame, node, element, loop_names(node), iterable))
    told_apart = iterable.items if isinstance(iterable, Items) and not single else None
    short = len(node.body) <= SHORT_BODY and told_apart and all(isinstance(item, Constant) for item in told_apart)
    if told_apart is not None and not 1 < len(told_apart) <= (MOST_NAMES if short else MOST_UNROLLED):
        told_apart = None
    try:
        for turn, one in enumerate(told_apart or (element, element)):
            start = dict(frame.scope.variables)
            assign(it, frame, node.target, one)
            with it.perhaps():
                alive = it.execute(frame, node.body)
            frame.scope.variables = merge(start, frame.scope.variables) if alive else start
            for left in frame.exits:
                frame.scope.variables = merge(frame.scope.variables, left)
            frame.exits = []
            if told_apart is None and turn == 0 and (len(frame.loops) > 2 or not changed(start, frame.scope.variables)):
                break
    finally:
        if not single:
            frame.loops.pop()
        if apart:
            frame.varying.clear()  # behind the loop nothing changes with its turns
        frame.exits = outer_exits
    frame.scope.variables = merge(before, frame.scope.variables)
    return it.execute(frame, node.orelse)


def changed(before: dict[str, Value], after: dict[str, Value]) -> bool:
    """Whether a variable that was there before a turn holds something else after it."""
    return any(after.get(name) is not value and after.get(name) != value for name, value in before.items())


def ends_at_once(body: tuple[Any, ...]) -> bool:
    """Whether a loop's body always leaves the loop in its first turn."""
    last = body[-1] if body else None
    if isinstance(last, (l.Return, l.Raise)) or (isinstance(last, l.Jump) and last.kind == "break"):
        return not any(isinstance(part, l.Jump) and part.kind == "continue" for part in l.walk(body))
    return False


_LOOP_NAMES: dict[int, tuple[Any, frozenset[str]]] = {}


def loop_names(node: l.For | l.While) -> frozenset[str]:
    """The names that a loop binds: its target's, and what its body assigns."""
    held = _LOOP_NAMES.get(id(node))
    if held is not None and held[0] is node:
        return held[1]
    names: set[str] = set()
    targets: list[Any] = [node.target] if isinstance(node, l.For) else []
    for part in shallow_walk(node.body):
        if isinstance(part, (l.Let, l.For)):
            targets.append(part.target)
        elif isinstance(part, l.With):
            targets.extend(target for _, target in part.items if target is not None)
    for target in targets:
        if isinstance(target, (l.Name, l.Collection, l.Star)):
            names.update(part.id for part in l.walk(target) if isinstance(part, l.Name))
    result = frozenset(names)
    _LOOP_NAMES[id(node)] = (node, result)
    return result


def shallow_walk(body: tuple[Any, ...]) -> Any:
    """The statements in `body` and in their branches, functions and classes left out."""
    stack = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (l.Function, l.Class)):
            continue
        yield node
        for name in ("body", "orelse", "final"):
            stack.extend(getattr(node, name, ()))
        for handler in getattr(node, "handlers", ()):
            stack.extend(handler.body)


def repeat(it: Interpreter, frame: Frame, node: l.While) -> bool:
    """`while`: the test and the body once, joined with not at all."""
    known = expressions.test(it, frame, node.test)
    if known is False:
        return it.execute(frame, node.orelse)
    before = frame.scope.variables
    frame.scope.variables = dict(before)
    outer_exits, frame.exits = frame.exits, []
    apart = not frame.loops and not frame.varying
    frame.loops.append(iteration.loop_over(frame, node, UNKNOWN, loop_names(node)))
    try:
        with it.perhaps():
            alive = it.execute(frame, node.body)
        after = frame.scope.variables if alive else before
        for left in frame.exits:
            after = merge(after, left)
    finally:
        frame.loops.pop()
        if apart:
            frame.varying.clear()
        frame.exits = outer_exits
    frame.scope.variables = merge(before, after)
    return it.execute(frame, node.orelse)


def with_(it: Interpreter, frame: Frame, node: l.With) -> bool:
    """`with`: a project's own `__enter__`, a generator's yield, or the manager itself. In a template the bindings
    end with the body."""
    scoped: dict[str, Value | None] = {}
    for value_node, target in node.items:
        value = it.evaluate(frame, value_node)
        if frame.module is None:
            if isinstance(target, l.Name):
                scoped.setdefault(target.id, frame.scope.variables.get(target.id))
        else:
            value = entered(it, frame, value, value_node)
        if target is not None:
            assign(it, frame, target, value)
    with it.doubting(Confidence.LOW if is_kept(node) else Confidence.HIGH):
        alive = it.execute(frame, node.body)
    for name, old in scoped.items():
        if old is None:
            frame.scope.variables.pop(name, None)
        else:
            frame.scope.variables[name] = old
    return alive


def is_kept(node: l.With) -> bool:
    """Whether a template's cache keeps what the body shows: it is rendered now and then.

    https://docs.djangoproject.com/en/stable/topics/cache/#template-fragment-caching
    """
    return any(
        isinstance(value, l.Call) and isinstance(value.func, l.Name) and value.func.id == "tag:cache"
        for value, _ in node.items
    )


def entered(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """What `as` binds."""
    if isinstance(value, Items) and value.kind == "iterator":
        return value.element
    if isinstance(value, Object):
        return attributes.call_member(it, frame, value, "__enter__", node) or value
    if isinstance(value, External):
        from pitfall_lint.flow import calls

        handler = calls.TABLE.get(f"{value.dotted}.__enter__")
        return handler(it, frame, Arguments(), node) if handler is not None else UNKNOWN
    return UNKNOWN


def attempt(it: Interpreter, frame: Frame, node: l.Try) -> bool:
    """`try`: handlers start from before the body or from after it."""
    before = dict(frame.scope.variables)
    alive = it.execute(frame, node.body)
    after = frame.scope.variables
    ends: list[dict[str, Value]] = []
    if alive and it.execute(frame, node.orelse):
        ends.append(frame.scope.variables)
    for handler in node.handlers:
        frame.scope.variables = merge(before, after)
        if handler.name:
            frame.scope.variables[handler.name] = UNKNOWN
        with it.perhaps():
            through = it.execute(frame, handler.body)
        if through:
            ends.append(frame.scope.variables)
    frame.scope.variables = ends[0] if ends else merge(before, after)
    for end in ends[1:]:
        frame.scope.variables = merge(frame.scope.variables, end)
    through = it.execute(frame, node.final)
    return bool(ends) and through


def give_back(it: Interpreter, frame: Frame, node: l.Return) -> bool:
    """`return`."""
    frame.results.append(it.evaluate(frame, node.value) if node.value is not None else expressions.NONE)
    return False


def fail(it: Interpreter, frame: Frame, node: l.Raise) -> bool:
    """`raise`."""
    if node.value is not None:
        it.evaluate(frame, node.value)
    return False


def jump(it: Interpreter, frame: Frame, node: l.Jump) -> bool:
    """`break`, `continue`: the variables go on after the turn."""
    frame.exits.append(frame.scope.variables)
    frame.scope.variables = dict(frame.scope.variables)
    return False


def delete(it: Interpreter, frame: Frame, node: l.Delete) -> bool:
    """`del`."""
    for target in node.targets:
        if isinstance(target, l.Name):
            frame.scope.variables.pop(target.id, None)
        elif isinstance(target, l.Subscript):
            holder, index = it.evaluate(frame, target.object), it.evaluate(frame, target.index)
            for option in options(holder):
                if isinstance(option, Dict):
                    it.touch(option)
                    option.take(index)
    return True


def outer(it: Interpreter, frame: Frame, node: l.Outer) -> bool:
    """`global`, `nonlocal`."""
    frame.scope.outer = (frame.scope.outer or set()) | set(node.names)
    return True


def import_(it: Interpreter, frame: Frame, node: l.Import) -> bool:
    """An import within a function."""
    if frame.module is None:
        return True
    if node.name is None:
        bound = node.alias or node.module.partition(".")[0]
        symbol = it.symbols.lookup(node.module if node.alias else bound)
    else:
        bound = node.alias or node.name
        symbol = it.symbols.lookup(".".join(filter(None, [absolute(frame, node), node.name])))
    frame.scope.variables[bound] = expressions.symbol_value(it, symbol) if symbol is not None else UNKNOWN
    return True


def absolute(frame: Frame, node: l.Import) -> str:
    """The absolute name of the module that a `from` import names."""
    if not node.level or frame.module is None:
        return node.module
    package = frame.module.name if frame.module.is_package else frame.module.name.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return ".".join(filter(None, [package, node.module]))


def define(it: Interpreter, frame: Frame, node: l.Function) -> bool:
    """A nested function, or a Jinja macro."""
    value: Value = FunctionValue(node, frame.module, frame.path, frame.owner, frame.scope)
    if any((l.dotted(decorator) or "") == "property" for decorator in node.decorators):
        value = UNKNOWN
    frame.scope.variables[node.name] = value
    return True


def define_class(it: Interpreter, frame: Frame, node: l.Class) -> bool:
    """A class within a function: known where the project's symbols know it."""
    symbol = it.symbols.lookup(f"{frame.module.name}.{node.qualname}") if frame.module is not None else None
    value = expressions.symbol_value(it, symbol) if symbol is not None else UNKNOWN
    frame.scope.variables[node.name] = value if isinstance(value, ClassValue) else UNKNOWN
    return True


EXECUTE: dict[type, Callable[[Any, Any, Any], bool]] = {
    l.Let: let,
    l.Do: do,
    l.For: loop,
    l.While: repeat,
    l.If: branch,
    l.With: with_,
    l.Try: attempt,
    l.Return: give_back,
    l.Raise: fail,
    l.Jump: jump,
    l.Delete: delete,
    l.Outer: outer,
    l.Import: import_,
    l.Function: define,
    l.Class: define_class,
    l.Include: templates.include,
    l.Block: templates.block,
    l.TemplateImport: templates.import_macros,
}

__all__ = ["EXECUTE", "External", "Scope", "assign", "merge"]
