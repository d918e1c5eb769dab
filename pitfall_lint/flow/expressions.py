"""What each expression evaluates to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.flow import attributes, calls, guards, iteration, querysets, templates
from pitfall_lint.flow.attributes import symbol_value
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    Bound,
    Constant,
    Dict,
    External,
    FunctionValue,
    Items,
    ManagerValue,
    Method,
    Object,
    Query,
    Row,
    Scope,
    Site,
    Union,
    Value,
    constants,
    join,
    join_all,
    options,
    truth,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Frame
    from pitfall_lint.flow.interpreter import Interpreter

TRUE, FALSE, EMPTY_TEXT = Constant(True), Constant(False), Constant("")


def constant(node: l.Const) -> Value:
    """A literal."""
    if node.kind in ("str", "int", "float", "bool", "none"):
        return Constant(node.value)
    return UNKNOWN


def const(it: Interpreter, frame: Frame, node: l.Const) -> Value:
    """A literal."""
    return constant(node)


def name(it: Interpreter, frame: Frame, node: l.Name) -> Value:
    """A variable: local, of a scope around, global, builtin; in a template, of the context."""
    found = frame.scope.find(node.id)
    if found is not None:
        return found
    if frame.module is None:
        return template_name(it, frame, node)
    if node.id == "super":
        return External("builtins.super")
    memo_key = (frame.module.name, node.id)
    held = it.globals.get(memo_key)
    if held is None:
        symbol = it.symbols.resolve(frame.module, node.id)
        held = UNKNOWN if symbol is None else symbol_value(it, symbol)
        it.globals[memo_key] = held
    return held


def template_name(it: Interpreter, frame: Frame, node: l.Name) -> Value:
    """A name that the context does not hold: a context processor's, or a macro's."""
    if node.id in ("True", "False", "None", "true", "false", "none"):
        return {"t": TRUE, "f": FALSE, "n": NONE}[node.id[0].lower()]
    if node.id == "request":
        return External("django.http.HttpRequest")
    if node.id == "user" and it.django.present:
        return attributes.request_user(it)
    if ":" in node.id:
        return External(node.id)
    if node.id == "current_user":
        return it.outside.get("flask_login.current_user", UNKNOWN)
    if frame.template is not None and frame.template.engine == "jinja":
        made = it.project.templates.functions.jinja_global(node.id)
        if made is not None:
            return symbol_value(it, made.function)
    if frame.complete and templates.is_undefined(it, frame.template, node.id):
        return NONE
    return UNKNOWN


def annotated(it: Interpreter, frame: Frame, node: Any) -> Value:
    """What an annotation promises: a row of a project's model, a list of rows."""
    if isinstance(node, l.Const) or frame.module is None:
        return UNKNOWN
    symbol = it.symbols.resolve_expr(frame.module, node)
    model = it.model_of(symbol) if symbol is not None else None
    if model is not None:
        return Row(model)
    return UNKNOWN


def attribute(it: Interpreter, frame: Frame, node: l.Attr) -> Value:
    """`object.name`; a relation that is read for its key only is told apart."""
    inner = node.object
    if isinstance(inner, (l.Attr, l.Lookup)):
        keyed = attributes.key_of_relation(it, frame, node, inner)
        if keyed is not None:
            return keyed
    return attributes.read(it, frame, it.evaluate(frame, inner), node.name, node)


def lookup(it: Interpreter, frame: Frame, node: l.Lookup) -> Value:
    """`object.name` in a Django template: item, attribute or index, called where it can be."""
    inner = node.object
    if isinstance(inner, l.Lookup):
        keyed = attributes.key_of_relation(it, frame, node, inner)
        if keyed is not None:
            return keyed
    value = it.evaluate(frame, inner)
    found: list[Value] = []
    for option in options(value):
        if isinstance(option, Dict) and node.name in option.entries:
            result = option.entries[node.name]
        elif (isinstance(option, Items) and node.name.isdigit()) or (isinstance(option, Query) and node.name.isdigit()):
            result = calls.item(it, frame, option, Constant(int(node.name)), node)
        else:
            result = attributes.read(it, frame, option, node.name, node)
            if isinstance(option, Dict) and result is UNKNOWN:
                result = option.rest if option.rest is not None else UNKNOWN
        found.append(join_all([calls.call_in_template(it, frame, one, node) for one in options(result)]))
    return join_all(found)


def call(it: Interpreter, frame: Frame, node: l.Call) -> Value:
    """A call."""
    return calls.call(it, frame, node)


def subscript(it: Interpreter, frame: Frame, node: l.Subscript) -> Value:
    """`object[index]`."""
    value = it.evaluate(frame, node.object)
    if isinstance(node.index, l.Slice):
        bounds = [
            it.evaluate(frame, part) if part is not None else NONE for part in (node.index.lower, node.index.upper)
        ]
        return join_all([calls.cut(it, frame, option, bounds, node) for option in options(value)])
    index = it.evaluate(frame, node.index)
    return join_all([calls.item(it, frame, option, index, node) for option in options(value)])


def slice_(it: Interpreter, frame: Frame, node: l.Slice) -> Value:
    """A slice that stands outside a subscript's index."""
    for part in (node.lower, node.upper, node.step):
        if part is not None:
            it.evaluate(frame, part)
    return UNKNOWN


def collection(it: Interpreter, frame: Frame, node: l.Collection) -> Value:
    """A list, tuple or set display."""
    if any(isinstance(item, l.Star) for item in node.items):
        made = Items(node.kind, None, None)
        apart: list[Value] | None = []
        for item in node.items:
            value = it.evaluate(frame, item.value if isinstance(item, l.Star) else item)
            made.add(iteration.iterate(it, frame, value, item.value) if isinstance(item, l.Star) else value)
            if isinstance(item, l.Star):
                known = value.items if isinstance(value, Items) else None
                apart = None if apart is None or known is None else [*apart, *known]
            elif apart is not None:
                apart.append(value)
        return made if apart is None else Items(node.kind, apart)
    return Items(node.kind, [it.evaluate(frame, item) for item in node.items])


def mapping(it: Interpreter, frame: Frame, node: l.Mapping) -> Value:
    """A dict display."""
    made = Dict()
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = it.evaluate(frame, value_node)
        if key_node is None:
            for option in options(value):
                if isinstance(option, Dict):
                    made.entries.update(option.entries)
                    made.rest = option.rest if made.rest is None else made.rest
                elif made.rest is None:
                    made.rest = UNKNOWN
        else:
            made.set(it.evaluate(frame, key_node), value)
    return made


def star(it: Interpreter, frame: Frame, node: l.Star) -> Value:
    """`*value` where its place gives it no meaning of its own."""
    return it.evaluate(frame, node.value)


def comprehension(it: Interpreter, frame: Frame, node: l.Comprehension) -> Value:
    """A comprehension: its clauses are loops in a scope of their own."""
    from pitfall_lint.flow import statements

    inner = frame.scope
    frame.scope = Scope(dict(inner.variables), inner.parent)
    pushed = 0
    try:
        for clause in node.clauses:
            value = it.evaluate(frame, clause.iter)
            element = iteration.iterate(it, frame, value, clause.iter)
            if isinstance(value, Items) and value.items == []:
                return Items(node.kind, [])
            names = frozenset(part.id for part in l.walk(clause.target) if isinstance(part, l.Name))
            frame.loops.append(iteration.loop_over(frame, clause, element, names, value))
            pushed += 1
            statements.assign(it, frame, clause.target, element)
            for condition in clause.tests:
                test(it, frame, condition)
                narrow(it, frame, condition, True)
        if node.key is not None:
            made = Dict(rest=None, keys=it.evaluate(frame, node.key))
            made.rest = it.evaluate(frame, node.element)
            return made
        kind = "iterator" if node.kind == "generator" else node.kind
        return Items(kind, None, it.evaluate(frame, node.element))
    finally:
        del frame.loops[len(frame.loops) - pushed :]
        frame.scope = inner


def choice(it: Interpreter, frame: Frame, node: l.Choice) -> Value:
    """`a if test else b`, `and`, `or`."""
    if node.kind == "if":
        known = test(it, frame, node.test)
        if known is not None:
            return it.evaluate(frame, node.options[0 if known else 1])
        other = guards.fallback_of(it, frame, node)
        with it.guarded(frame, node.test):
            return join_all([guards.perhaps(it, frame, option, at == other) for at, option in enumerate(node.options)])
    found: list[Value] = []
    fallback = False
    for at, option in enumerate(node.options):
        with it.guarded(frame, *node.options[:at]):
            value = guards.perhaps(it, frame, option, fallback)
        fallback = fallback or (node.kind == "or" and guards.has_fallback(it, frame, option))
        known = truth(value)
        last = option is node.options[-1]
        if not last and node.kind == "and" and known is False:
            return value
        if not last and node.kind == "or" and known is True:
            found.append(value)
            break
        if not last and node.kind == "and":
            if known is None:
                found.append(UNKNOWN)
            continue
        if not last and known is False:
            continue
        if not last and isinstance(value, (Query, ManagerValue)):
            querysets.tested(it, frame, value, option)
        found.append(value)
    return join_all(found)


def operation(it: Interpreter, frame: Frame, node: l.Operation) -> Value:
    """An operator: querysets are combined, lists added, text formatted, keys compared."""
    if node.op in ("==", "!="):
        attributes.compare_keys(it, frame, node)
        values = [it.evaluate(frame, operand) for operand in node.operands]
        first, second = constants(values[0]), constants(values[1])
        if first is not None and second is not None and (len(first | second) == 1 or first.isdisjoint(second)):
            return Constant(first.isdisjoint(second) == (node.op == "!="))
        return UNKNOWN
    guards.asked_for(it, frame, node)
    values = [it.evaluate(frame, operand) for operand in node.operands]
    if node.op == "not":
        if isinstance(values[0], (Query, ManagerValue)):
            querysets.tested(it, frame, values[0], node.operands[0])
        known = truth(values[0])
        return UNKNOWN if known is None else Constant(not known)
    if node.op in ("is", "is not") and len(values) == 2 and values[1] == NONE:
        if values[0] is UNKNOWN or isinstance(values[0], (Union, External)):
            return UNKNOWN
        return Constant((values[0] == NONE) == (node.op == "is"))
    if node.op in ("in", "not in") and len(values) == 2:
        for option in options(values[1]):
            if isinstance(option, Query):
                querysets.evaluated(it, frame, option, node.operands[1], "contains")
        answers = {holds(values[1], option) for option in options(values[0])}
        held = answers.pop() if len(answers) == 1 else None
        return UNKNOWN if held is None else Constant(held == (node.op == "in"))
    if node.op == "-":
        return without(values)
    if node.op in ("|", "&", "^"):
        queries = [option for value in values for option in options(value) if isinstance(option, Query)]
        if queries:
            return queries[0] if len(queries) == 1 else querysets.united(queries)
        dicts = [value for value in values if isinstance(value, Dict)]
        if len(dicts) == 2 and node.op == "|":
            return Dict(
                {**dicts[0].entries, **dicts[1].entries}, dicts[1].rest if dicts[1].rest is not None else dicts[0].rest
            )
    if node.op == "+":
        return added(values)
    if node.op == "%" and isinstance(values[0], Constant) and isinstance(values[0].value, str):
        for option in options(values[1]):
            for item in option.items or [] if isinstance(option, Items) else [option]:
                calls.as_text(it, frame, item, node.operands[1])
        return formatted(values[0].value, values[1])
    return UNKNOWN


def formatted(pattern: str, value: Value) -> Value:
    """`pattern % value` where every part of it is known."""
    parts = value.items if isinstance(value, Items) and value.kind == "tuple" else [value]
    if parts is None or not all(isinstance(part, Constant) for part in parts):
        return UNKNOWN
    try:
        return Constant(pattern % tuple(part.value for part in parts if isinstance(part, Constant)))
    except (TypeError, ValueError):
        return UNKNOWN


def holds(collection: Value, item: Value) -> bool | None:
    """Whether a collection whose items are known constants holds the constant `item`."""
    asked = constants(item)
    if asked is None:
        return None
    items = collection.items if isinstance(collection, Items) else None
    if items is not None and all(isinstance(one, Constant) for one in items):
        there = {one.value for one in items if isinstance(one, Constant)}
        return True if asked <= there else False if asked.isdisjoint(there) else None
    if not isinstance(item, Constant):
        return None
    if isinstance(collection, Dict) and item.value in collection.entries:
        return True
    caches = [option for option in options(collection) if isinstance(option, Method)]
    if (
        caches
        and isinstance(caches[0].receiver, Row)
        and caches[0].name in ("_prefetched_objects_cache", "fields_cache")
    ):
        row, name = caches[0].receiver, str(item.value)
        if row.query is None:
            return False  # what nobody is seen to load
        return None if row.query.opaque else querysets.is_joined(row, name)
    return None


def without(values: list[Value]) -> Value:
    """`a - b` of sets of known constants."""
    first, second = values if len(values) == 2 else (UNKNOWN, UNKNOWN)
    if isinstance(first, Items) and first.items is not None and isinstance(second, Items):
        left = [one for one in first.items if holds(second, one) is False]
        if all(holds(second, one) is not None for one in first.items):
            return Items(first.kind, left)
    return Items(first.kind, None, first.element) if isinstance(first, Items) else UNKNOWN


def added(values: list[Value]) -> Value:
    """`a + b`, and a long chain of it in one."""
    if all(isinstance(value, Constant) and isinstance(value.value, str) for value in values):
        return Constant("".join(str(value.value) for value in values if isinstance(value, Constant)))
    if all(isinstance(value, Constant) and isinstance(value.value, (int, float)) for value in values):
        return Constant(sum(value.value for value in values if isinstance(value, Constant)))  # type: ignore[misc]
    lists = [option for value in values for option in options(value) if isinstance(option, Items)]
    if lists:
        if len(lists) == len(values) and all(one.items is not None for one in lists):
            return Items(lists[0].kind, [item for one in lists for item in one.items or []])
        return Items(lists[0].kind, None, join_all([one.element for one in lists]))
    return UNKNOWN


def text(it: Interpreter, frame: Frame, node: l.Text) -> Value:
    """An f-string or `{{ }}`: whatever stands in it is turned into text."""
    parts: list[str] | None = []
    for part in node.parts:
        value = it.evaluate(frame, part)
        for option in options(value):
            calls.as_text(it, frame, option, part)
        if parts is not None and isinstance(value, Constant) and isinstance(value.value, str):
            parts.append(value.value)
        else:
            parts = None
    return Constant("".join(parts)) if parts is not None else UNKNOWN


def lambda_(it: Interpreter, frame: Frame, node: l.Lambda) -> Value:
    """A lambda closes over the variables around it."""
    return FunctionValue(node, frame.module, frame.path, frame.owner, frame.scope)


def bind(it: Interpreter, frame: Frame, node: l.Bind) -> Value:
    """`(target := value)`."""
    value = it.evaluate(frame, node.value)
    frame.scope.variables[node.target.id] = value
    return value


def yield_(it: Interpreter, frame: Frame, node: l.Yield) -> Value:
    """`yield`: collected for whoever goes through the generator."""
    value = it.evaluate(frame, node.value) if node.value is not None else NONE
    frame.yields.append(iteration.iterate(it, frame, value, node.value) if node.each else value)
    return UNKNOWN


def other(it: Interpreter, frame: Frame, node: l.Other) -> Value:
    """Anything else."""
    for part in node.parts:
        it.evaluate(frame, part)
    return UNKNOWN


def test(it: Interpreter, frame: Frame, node: Any) -> bool | None:
    """Whether a condition holds, None where it cannot be told; a queryset whose truth is asked is evaluated."""
    guards.asked_for(it, frame, node)
    value = it.evaluate(frame, node)
    for option in options(value):
        if isinstance(option, Query):
            querysets.evaluated(it, frame, option, node, "bool")
    known = truth(value)
    return decide(it, frame, node) if known is None else known


def decide(it: Interpreter, frame: Frame, test: Any) -> bool | None:
    """Whether a test holds, for the tests that abstract values can decide: isinstance, and whether a row is stored."""
    if isinstance(test, l.Operation) and test.op == "not":
        inner = decide(it, frame, test.operands[0])
        return None if inner is None else not inner
    if isinstance(test, l.Operation) and test.op in ("is", "is not", "==", "!=") and len(test.operands) == 2:
        none = isinstance(test.operands[1], l.Const) and test.operands[1].kind == "none"
        asked = test.operands[0]
        held = is_there(it, frame, asked) if none else None
        return None if held is None else held == (test.op in ("is not", "!="))
    if isinstance(test, l.Choice) and test.kind in ("and", "or"):
        decisive = test.kind == "or"
        return decisive if any(decide(it, frame, option) is decisive for option in test.options) else None
    if isinstance(test, (l.Attr, l.Lookup)):
        return is_there(it, frame, test)
    if (
        isinstance(test, l.Call)
        and isinstance(test.func, l.Name)
        and test.func.id == "isinstance"
        and len(test.args) == 2
    ):
        value = it.evaluate(frame, test.args[0])
        wanted = it.evaluate(frame, test.args[1])
        kinds = wanted.items if isinstance(wanted, Items) and wanted.items is not None else [wanted]
        answers = {attributes.is_instance(it, option, kind) for option in options(value) for kind in kinds}
        if answers == {False}:
            return False
        if len(kinds) == 1 and answers == {True}:
            return True
    return None


def is_there(it: Interpreter, frame: Frame, node: Any) -> bool | None:
    """Whether a stored row's key, or related row, is there."""
    held = has_key(it, frame, node)
    return guards.has_related(it, frame, node) if held is None else held


def has_key(it: Interpreter, frame: Frame, node: Any) -> bool | None:
    """`row.pk` of rows that a query gave: they have one, and are not being added (`row._state.adding`)."""
    if not isinstance(node, l.Attr) or node.name not in ("pk", "id", "adding"):
        return None
    adding = node.name == "adding"
    holder = node.object.object if adding and isinstance(node.object, l.Attr) else node.object
    for row in options(it.evaluate(frame, holder)):
        if not isinstance(row, Row) or row.query is None or row.model.dialect != "django":
            return None
        if any(name in ("pk", row.model.pk_name) for name, _ in row.overlay):
            return None
        if not adding and node.name not in ("pk", row.model.pk_name):
            return None
    return not adding


def narrow(it: Interpreter, frame: Frame, test: Any, holds: bool) -> None:
    """Leave out of a variable the alternatives that a test excludes."""
    if isinstance(test, l.Operation) and test.op == "not":
        narrow(it, frame, test.operands[0], not holds)
        return
    if isinstance(test, l.Choice) and test.kind == "and" and holds:
        for option in test.options:
            narrow(it, frame, option, True)
        return
    if (
        isinstance(test, l.Call)
        and isinstance(test.func, l.Name)
        and test.func.id == "isinstance"
        and len(test.args) == 2
        and isinstance(test.args[0], l.Name)
    ):
        variable = test.args[0].id
        value = frame.scope.variables.get(variable)
        if not isinstance(value, Union):
            return
        wanted = it.evaluate(frame, test.args[1])
        kinds = wanted.items if isinstance(wanted, Items) and wanted.items is not None else [wanted]
        kept = [
            option
            for option in value.options
            if (
                any(attributes.is_instance(it, option, kind) is not False for kind in kinds)
                if holds
                else all(attributes.is_instance(it, option, kind) is not True for kind in kinds)
            )
        ]
        frame.scope.variables[variable] = join_all(kept)


EVALUATE: dict[type, Callable[[Any, Any, Any], Value]] = {
    l.Name: name,
    l.Const: const,
    l.Attr: attribute,
    l.Lookup: lookup,
    l.Call: call,
    l.Subscript: subscript,
    l.Slice: slice_,
    l.Collection: collection,
    l.Mapping: mapping,
    l.Star: star,
    l.Comprehension: comprehension,
    l.Choice: choice,
    l.Operation: operation,
    l.Text: text,
    l.Lambda: lambda_,
    l.Bind: bind,
    l.Yield: yield_,
    l.Other: other,
}

__all__ = [
    "EVALUATE",
    "NONE",
    "Bound",
    "Object",
    "Site",
    "annotated",
    "constant",
    "decide",
    "join",
    "narrow",
    "symbol_value",
]
