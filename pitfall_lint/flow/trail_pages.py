"""A trail through templates: what is rendered with rows in its context, what it extends and includes, tags and filters.

https://docs.djangoproject.com/en/stable/ref/templates/language/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.facts.records import TemplateFacts
from pitfall_lint.flow.trail_frames import NONE, Frame, Left, Taint
from pitfall_lint.flow.trail_words import COUNTING_FILTERS, ROW_FILTERS, TEXT_FILTERS, TEXT_TAGS

if TYPE_CHECKING:
    from pitfall_lint.flow.trail import Trail

DEEPEST = 20


def render(trail: Trail, frame: Frame, node: l.Call, at: int, context: int) -> Taint:
    """`render(request, template, context)`."""
    if any(isinstance(arg, l.Star) for arg in node.args):
        raise Left("arguments that are spread out")
    given = node.args[context] if len(node.args) > context else None
    words = {word.name: word.value for word in node.keywords}
    given = given if given is not None else words.get("context")
    taint = NONE
    for part in (*node.args, *words.values()):
        found = trail.evaluate(frame, part)
        if part is given:
            taint = found
        elif found:
            raise Left("handed to a page beside its context")
    if taint:
        named = node.args[at] if len(node.args) > at else words.get("template_name")
        for text in texts(trail, frame, named):
            whole_page(trail, text, taint)
    return NONE


def whole_page(trail: Trail, name: str, context: Taint) -> None:
    """The page that is made of a template and a context: a dict whose keys are all written down."""
    template = trail.templates.find(name)
    if template is None:
        raise Left(f"the template {name!r}, which is not found")
    if context - NONE.union(*trail.keyed.values()):
        raise Left("a context whose keys are computed")
    page(trail, template, {})


def texts(trail: Trail, frame: Frame, node: Any) -> list[str]:
    """The texts that an expression may be: a template's name."""
    if isinstance(node, l.Const) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, l.Choice):
        return [text for option in node.options for text in texts(trail, frame, option)]
    if isinstance(node, l.Name) and isinstance(frame.node, l.Function):
        lets = [
            part
            for part in l.walk(frame.node.body)
            if isinstance(part, l.Let) and isinstance(part.target, l.Name) and part.target.id == node.id
        ]
        if lets and not any(param.name == node.id for param in frame.node.params):
            return [text for let in lets for text in texts(trail, frame, let.value)]
    raise Left("a template whose name is computed")


def page(trail: Trail, template: TemplateFacts, variables: Mapping[str, Taint]) -> None:
    """A template and what it extends, with one set of variables; what is not among them is the context's."""
    memo_key = (template.path, frozenset((name, taint) for name, taint in variables.items() if taint))
    if memo_key in trail.memo:
        return
    trail.memo[memo_key] = NONE
    if trail.depth >= DEEPEST:
        raise Left("too deep")
    chain = [template]
    while chain[-1].extends is not None:
        parent = trail.templates.parent(chain[-1])
        if parent is None or parent in chain:
            raise Left("a template that extends what is not found")
        chain.append(parent)
    frame = Frame(None, None, None)
    frame.variables.update(variables)
    trail.depth += 1
    try:
        before: Any = None
        while before != frame.variables:
            before = dict(frame.variables)
            for part in chain:
                frame.template = part
                trail.execute(frame, part.body)
    finally:
        trail.depth -= 1


def include(trail: Trail, frame: Frame, node: l.Include) -> None:
    """`{% include %}`, with the variables of the template around."""
    variables = dict(frame.variables)
    variables.update({word.name: trail.evaluate(frame, word.value) for word in node.bindings if word.name})
    if not isinstance(node.template, l.Const) or not isinstance(node.template.value, str):
        raise Left("an include whose name is computed")
    found = trail.templates.find(node.template.value, frame.template)
    if found is None:
        raise Left(f"the template {node.template.value!r}, which is not found")
    page(trail, found, variables)


def in_template(trail: Trail, frame: Frame, name: str, node: l.Call) -> Taint:
    """A filter or a tag."""
    kind, _, plain = name.partition(":")
    args = [trail.evaluate(frame, arg) for arg in node.args]
    words = {word.name or "**": trail.evaluate(frame, word.value) for word in node.keywords}
    every = NONE.union(*args, *words.values())
    template = frame.template
    assert template is not None
    function = (trail.templates.filter if kind == "filter" else trail.templates.tag)(template, plain)
    if function is not None:
        registered = trail.templates.tag_kind(function)
        if registered is not None and registered.takes_context:
            args.insert(0, NONE.union(*frame.variables.values(), *trail.keyed.values()))
        if not NONE.union(every, *args):
            return NONE
        made = trail.apply(function, args, words)
        if registered is not None and registered.template is not None:
            whole_page(trail, registered.template, made)
            return NONE
        return made
    if not every:
        return NONE
    if plain in ROW_FILTERS or plain in TEXT_FILTERS:
        for arg in (*node.args[1:], *(word.value for word in node.keywords)):
            if (
                isinstance(arg, l.Const)
                and isinstance(arg.value, str)
                and re.fullmatch(r"-?[A-Za-z_][\w.]*", arg.value)
            ):
                trail.read_dotted(args[0], arg.value)
    if plain in ROW_FILTERS:
        return every
    if plain in COUNTING_FILTERS:
        return NONE
    if plain in TEXT_FILTERS or plain in TEXT_TAGS or kind == "test":
        trail.as_text(every)
        return NONE
    raise Left(f"the {kind} `{plain}`")
