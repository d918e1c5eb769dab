"""Rendering: a template is run with its context, what it extends and includes with it; filters and tags are calls.

A template is run once for each different context, and only with that part of the context which it can mention and
which holds a query or a row.
https://docs.djangoproject.com/en/stable/ref/templates/language/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from pitfall_lint import language as l
from pitfall_lint.facts.records import TemplateFacts
from pitfall_lint.flow import querysets, template_filters
from pitfall_lint.flow.frames import Frame
from pitfall_lint.flow.values import (
    UNKNOWN,
    Constant,
    Dict,
    FunctionValue,
    Items,
    Query,
    Scope,
    Value,
    is_tracked,
    join_all,
    key,
    options,
)
from pitfall_lint.project.classes import FunctionSymbol, ValueSymbol

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter

DEEPEST_EXTENDS = 12
# https://docs.djangoproject.com/en/stable/ref/templates/api/#built-in-template-context-processors
ADDED = frozenset(
    """block csrf_token debug DEFAULT_MESSAGE_LEVELS forloop LANGUAGE_BIDI LANGUAGE_CODE LANGUAGES loop MEDIA_URL
    messages perms request self site sql_queries STATIC_URL TIME_ZONE user view""".split()  # noqa: SIM905
)


class Template(Value, msgspec.Struct, frozen=True, gc=False):
    """A template object; its `render` renders."""

    name: Value


@dataclass(slots=True)
class Blocks:
    """The blocks of a template and of those it extends: for each name the bodies from the most derived on, with
    the template each stands in."""

    bodies: dict[str, list[tuple[TemplateFacts, l.Block]]]


# ------------------------------------------------------------------ rendering


def named(it: Interpreter, name: Value | None, near: TemplateFacts | None = None) -> list[TemplateFacts]:
    """The templates that a name (or the first of several that is there) stands for, named in `near`."""
    found: list[TemplateFacts] = []
    for option in options(name) if name is not None else ():
        if isinstance(option, Items) and option.items is not None:
            first = next((template for item in option.items for template in named(it, item, near)), None)
            if first is not None:
                found.append(first)
        elif isinstance(option, Constant) and isinstance(option.value, str):
            template = it.project.templates.find(option.value, near)
            part = option.value.partition("#")[2]
            if template is not None and part:
                template = part_of(it, template, part)
            if template is not None:
                found.append(template)
        elif isinstance(option, Template):
            found.extend(named(it, option.name, near))
    return found


def part_of(it: Interpreter, template: TemplateFacts, name: str) -> TemplateFacts | None:
    """A part of a template as a template of its own: `{% partialdef name %}`.

    https://docs.djangoproject.com/en/stable/ref/templates/language/#template-partials
    """
    memo_key = ("part of a template", template.path, name)
    if memo_key not in it.plans:
        whole = it.project.templates.all.get(template.path, template)
        parts = [node for node in l.walk(whole.body) if isinstance(node, l.Block) and node.partial]
        bodies = [node.body for node in parts if node.name == name]
        it.plans[memo_key] = msgspec.structs.replace(whole, body=bodies[0], extends=None) if bodies else None
    found: TemplateFacts | None = it.plans[memo_key]
    return found


def render(
    it: Interpreter, frame: Frame, name: Value | None, context: Value | None, node: Any, answers: bool = False
) -> Value:
    """Render the template(s) of that name with that context. `answers`: it answers a request, so that what context
    processors give is there as well.
    """
    given = list(options(context)) if context is not None else [Dict()] if answers else []
    found = named(it, name)
    around = processed(it, frame, node) if answers and found else {}
    for template in found:
        for option in given:
            if isinstance(option, Dict):
                variables = {key: value for key, value in option.entries.items() if isinstance(key, str)}
                label = f"renders `{template.path}`"
                run(it, frame, template, {**around, **variables}, node, label, option.rest is None)
    return UNKNOWN


def processed(it: Interpreter, frame: Frame, node: Any) -> dict[str, Value]:
    """What the project's context processors give the pages of the code that runs; what the view says itself wins.

    https://docs.djangoproject.com/en/stable/ref/templates/api/#writing-your-own-context-processors
    https://flask.palletsprojects.com/en/stable/templating/#context-processors
    """
    from pitfall_lint.flow.frames import Arguments

    found: dict[str, Value] = {}
    for symbol in it.project.templates.functions.context_processors:
        if not serves(it, symbol):
            continue
        function = FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
        given = it.call(function, None, Arguments(), frame.place(node), f"asks `{symbol.node.name}` for context")
        for option in options(given):
            if isinstance(option, Dict):
                found.update({name: value for name, value in option.entries.items() if isinstance(name, str)})
    return found


def serves(it: Interpreter, processor: FunctionSymbol) -> bool:
    """Whether a context processor is asked for the pages of the code that runs: a blueprint's own serves its views,
    which are taken to lie in its folder.
    """
    for decorator in processor.node.decorators:
        if isinstance(decorator, l.Attr) and decorator.name == "context_processor":
            made = it.symbols.resolve_expr(processor.module, decorator.object)
            if any(
                isinstance(made, ValueSymbol) and blueprint.module is made.module and blueprint.variable == made.name
                for blueprint in it.project.flask.blueprints
            ):
                folder = processor.module.path.rpartition("/")[0]
                return any(active.path.rpartition("/")[0] == folder for active in it.stack)
    return True


def run(
    it: Interpreter,
    frame: Frame,
    template: TemplateFacts,
    variables: dict[str, Value],
    node: Any,
    label: str,
    complete: bool = False,
) -> None:
    """Run a template, unless nothing that it mentions holds a query or a row, or makes one. `complete`: the view sets
    no other variables than these.
    """
    mentioned = names_of(it, template)
    seen = {
        name: value if is_tracked(value) or isinstance(value, (Constant, FunctionValue)) else UNKNOWN
        for name, value in variables.items()
        if mentioned is None or name in mentioned
    }
    if not any(is_tracked(value) for value in seen.values()) and not asks_itself(it, template):
        return
    memo_key = (
        template.path,
        id(template),  # the whole, or a part
        frozenset((name, key(value)) for name, value in seen.items()),
        complete,
        frozenset(frame.varying) if frame.loops else frozenset(),
        it.surest,
    )
    if memo_key in it.memo or len(it.stack) >= 24 or any(active.template is template for active in it.stack):
        return
    it.memo[memo_key] = UNKNOWN
    inner = frame_of(it, template, dict(seen))
    inner.call = frame.place(node)
    inner.label = label
    inner.complete = complete
    inner.varying = {
        name
        for name in seen
        if frame.module is None and (name in frame.varying or any(name in loop.names for loop in frame.loops))
    }
    it.step()
    it.stack.append(inner)
    try:
        run_chain(it, inner, template)
    finally:
        it.stack.pop()


def is_undefined(it: Interpreter, template: TemplateFacts | None, name: str) -> bool:
    """Whether a name that the whole context does not hold is undefined: what Django's context processors add is known,
    and so is what the project's own add. Where there may be others, it must be a name that some function of the
    project gives to another page.

    https://docs.djangoproject.com/en/stable/ref/templates/language/#variables
    """
    if name in ADDED:
        return False
    djangos = template is not None and template.engine == "django"
    if djangos and not it.project.templates.functions.has_foreign_processors:
        return True
    memo_key = ("set elsewhere", name)
    if memo_key not in it.plans:
        spelled = l.encode(name)
        it.plans[memo_key] = any(
            spelled in bytes(symbol.node.encoded)
            and any(
                (isinstance(part, l.Const) and part.value == name)
                or (isinstance(part, l.Keyword) and part.name == name)
                for part in l.walk(symbol.node.body)
            )
            for symbol in it.symbols.functions()
        )
    return bool(it.plans[memo_key])


def starts(it: Interpreter) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each template that fetches rows by itself, given nothing: whichever view renders it."""
    for path, template in it.project.templates.all.items():
        if asks(it, template):
            yield path, start_at(it, template)


def start_at(it: Interpreter, template: TemplateFacts) -> Callable[[], object]:
    """A start at a template."""
    frame = frame_of(it, template, {})
    return lambda: run(it, frame, template, {}, l.Name(l.pack(1, 0), l.pack(1, 0), ""), "")


def asks(it: Interpreter, template: TemplateFacts) -> bool:
    """Whether the template calls a function of the project's that could build a query: a tag, a global of Jinja's."""
    functions = it.project.templates.functions
    for name in template.names:
        made = functions.jinja_global(name) if template.engine == "jinja" else None
        if name.startswith("tag:"):
            made = functions.tag(template, name[4:])
        if made is not None and id(made.function.node) in it.relevant:
            return True
    return False


def asks_itself(it: Interpreter, template: TemplateFacts) -> bool:
    """Whether the template, or what it extends or includes, fetches rows by itself."""
    memo_key = ("asks itself", id(template))
    if memo_key not in it.plans:
        it.plans[memo_key] = asks(it, template)
        reached = [part.template for part in l.walk(template.body) if isinstance(part, (l.Include, l.TemplateImport))]
        for node in (*reached, template.extends):
            if isinstance(node, l.Const) and isinstance(node.value, str) and not it.plans[memo_key]:
                other = it.project.templates.find(node.value, template)
                if other is not None and other is not template:
                    it.plans[memo_key] = asks_itself(it, other)
    return bool(it.plans[memo_key])


def frame_of(it: Interpreter, template: TemplateFacts, variables: dict[str, Value]) -> Frame:
    """An activation of a template."""

    made = Frame(template.path, None, Scope(variables))
    made.template = template
    return made


def run_chain(it: Interpreter, frame: Frame, template: TemplateFacts) -> None:
    """Run the outermost template that this one extends, with the blocks of all of them."""
    blocks = Blocks({})
    current: TemplateFacts | None = template
    chain: list[TemplateFacts] = []
    while current is not None and len(chain) < DEEPEST_EXTENDS and current not in chain:
        chain.append(current)
        for part in l.walk(current.body):
            if isinstance(part, l.Block):
                blocks.bodies.setdefault(part.name, []).append((current, part))
        parent = None
        if current.extends is not None:
            if isinstance(current.extends, l.Const):
                parent = it.project.templates.parent(current)
            else:
                parent = next(iter(named(it, it.evaluate(frame, current.extends), current)), None)
            it.execute(
                frame, [part for part in current.body if isinstance(part, (l.Let, l.Function, l.TemplateImport))]
            )
        current = parent
    frame.blocks = blocks
    outermost = chain[-1]
    if outermost.extends is not None:
        # What it extends is not known (another package's): its blocks are rendered by that.
        for name in dict.fromkeys(blocks.bodies):
            run_block(it, frame, name, 0)
        return
    with_template(it, frame, outermost, outermost.body)


def with_template(it: Interpreter, frame: Frame, template: TemplateFacts, body: l.Body) -> None:
    """Run statements that stand in `template`."""
    path, held = frame.path, frame.template
    frame.path, frame.template = template.path, template
    try:
        it.execute(frame, body)
    finally:
        frame.path, frame.template = path, held


def block(it: Interpreter, frame: Frame, node: l.Block) -> bool:
    """`{% block %}`: the most derived body of that name."""
    if node.partial:
        return True
    if frame.blocks is None or node.name not in frame.blocks.bodies:
        it.execute(frame, node.body)
        return True
    run_block(it, frame, node.name, 0)
    return True


def run_block(it: Interpreter, frame: Frame, name: str, level: int) -> None:
    """Run the body of a block at a level of the chain; `block.super` is the next level."""
    bodies = frame.blocks.bodies[name]
    if level >= len(bodies):
        return
    template, node = bodies[level]
    before = dict(frame.scope.variables)
    uses_super = any(isinstance(part, l.Lookup) and part.name == "super" for part in l.walk(node.body)) or any(
        isinstance(part, l.Call) and isinstance(part.func, l.Name) and part.func.id == "super"
        for part in l.walk(node.body)
    )
    with_template(it, frame, template, node.body)
    frame.scope.variables = before
    if uses_super:
        run_block(it, frame, name, level + 1)


def include(it: Interpreter, frame: Frame, node: l.Include) -> bool:
    """`{% include %}`: the current context, unless `only`, and the bindings."""
    bindings = {word.name: it.evaluate(frame, word.value) for word in node.bindings if word.name}
    name = it.evaluate(frame, node.template)
    variables: dict[str, Value] = {}
    if not node.only:
        scope: Scope | None = frame.scope
        while scope is not None:
            variables = {**scope.variables, **variables}
            scope = scope.parent
    variables.update(bindings)
    for template in named(it, name, frame.template):
        run(it, frame, template, variables, node, f"includes `{template.path}`", frame.complete)
    return True


def import_macros(it: Interpreter, frame: Frame, node: l.TemplateImport) -> bool:
    """Jinja's `import` and `from ... import`."""
    macros: dict[str, Value] = {}
    for template in named(it, it.evaluate(frame, node.template), frame.template):
        home = frame_of(it, template, {})
        for part in template.body:
            if isinstance(part, l.Function):
                macros[part.name] = FunctionValue(part, None, template.path, None, home.scope)
        home.scope.variables.update(macros)
    if node.name is None:
        frame.scope.variables[node.alias] = Dict(dict(macros))
    elif node.name in macros:
        frame.scope.variables[node.alias] = macros[node.name]
    return True


_NAMES: dict[int, tuple[TemplateFacts, frozenset[str] | None]] = {}


def names_of(it: Interpreter, template: TemplateFacts) -> frozenset[str] | None:
    """Every name that the template, and whatever it extends and includes, mentions; None where one of those cannot
    be told."""
    held = _NAMES.get(id(template))
    if held is not None and held[0] is template:
        return held[1]
    _NAMES[id(template)] = (template, frozenset(template.names))
    found: set[str] = set(template.names)
    complete = True
    reached: list[Any] = [template.extends] if template.extends is not None else []
    reached += [part.template for part in l.walk(template.body) if isinstance(part, (l.Include, l.TemplateImport))]
    for node in reached:
        if isinstance(node, l.Const) and isinstance(node.value, str):
            other = it.project.templates.find(node.value, template)
            inner = names_of(it, other) if other is not None else frozenset()
            if inner is None:
                complete = False
            else:
                found |= inner
        else:
            complete = False
    result = frozenset(found) if complete else None
    _NAMES[id(template)] = (template, result)
    return result


# ------------------------------------------------------------ filters and tags


def call_named(it: Interpreter, frame: Frame, name: str, node: l.Call) -> Value:
    """A filter, a tag or a test of a template, called with its arguments."""
    from pitfall_lint.flow import calls

    kind, _, plain = name.partition(":")
    arguments = calls.evaluate_arguments(it, frame, node)
    first = arguments.args[0] if arguments.args else UNKNOWN
    if kind == "filter":
        symbol = it.project.templates.filter(frame.template, plain) if frame.template is not None else None
        if symbol is not None:
            function = FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
            return it.call(function, None, arguments, frame.place(node), f"filter `{plain}`")
        handler = template_filters.FILTERS.get(plain)
        return (
            join_all([handler(it, frame, option, arguments, node) for option in options(first)])
            if handler is not None
            else UNKNOWN
        )
    if kind == "tag":
        return call_tag(it, frame, plain, arguments, node)
    for option in options(first):
        if isinstance(option, Query) and plain in ("iterable", "sequence"):
            querysets.evaluated(it, frame, option, node, "iterate")
    return UNKNOWN


def call_tag(it: Interpreter, frame: Frame, name: str, arguments: Any, node: l.Call) -> Value:
    """A custom tag: the project's function, and for an inclusion tag its template."""
    templates = it.project.templates
    symbol = templates.tag(frame.template, name) if frame.template is not None else None
    if symbol is None:
        return UNKNOWN
    function = FunctionValue(symbol.node, symbol.module, symbol.module.path, symbol.owner)
    kind = templates.tag_kind(symbol)
    if kind is None:
        return UNKNOWN
    if kind.takes_context:
        arguments.args.insert(0, context_of(frame))
        arguments.varying = frozenset(place + 1 if isinstance(place, int) else place for place in arguments.varying)
    result = it.call(function, None, arguments, frame.place(node), f"tag `{name}`")
    if kind.template is not None:
        render(it, frame, Constant(kind.template), result, node)
        return UNKNOWN
    return result


def context_of(frame: Frame) -> Dict:
    """The context as a dict, as a tag that takes it sees it."""
    variables: dict[Any, Value] = {}
    scope: Scope | None = frame.scope
    while scope is not None:
        variables = {**scope.variables, **variables}
        scope = scope.parent
    return Dict(variables)
