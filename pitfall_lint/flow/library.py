"""What Django's own functions do with querysets, rows and templates, by dotted name.

https://docs.djangoproject.com/en/stable/topics/http/shortcuts/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import builtins, iteration, querysets, templates
from pitfall_lint.flow.values import (
    NONE,
    UNKNOWN,
    ClassValue,
    Constant,
    Dict,
    Items,
    ManagerValue,
    ModelValue,
    Prefetched,
    Query,
    Row,
    Value,
    join_all,
    options,
    replace,
)

if TYPE_CHECKING:
    from pitfall_lint.flow.frames import Arguments, Frame
    from pitfall_lint.flow.interpreter import Interpreter


def as_query(it: Interpreter, frame: Frame, value: Value, node: Any) -> Value:
    """A queryset from what `get_object_or_404` and forms take: a model class, a manager, a queryset."""
    found: list[Value] = []
    for option in options(value):
        if isinstance(option, Query):
            found.append(option)
        elif isinstance(option, ManagerValue):
            found.append(querysets.base_query(it, frame, option, node))
        elif isinstance(option, (ClassValue, ModelValue)):
            model = option.model if isinstance(option, ModelValue) else it.django.model_of(option.symbol)
            if model is not None:
                found.append(querysets.base_query(it, frame, ManagerValue(model.default_manager, model), node))
    return join_all(found)


def first_node(arguments: Arguments, node: Any) -> Any:
    """The node of the first argument."""
    return arguments.node.args[0] if arguments.node is not None and arguments.node.args else node


def get_object(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`get_object_or_404(klass, ...)`: one row."""
    made = as_query(it, frame, builtins.first_of(arguments), first_node(arguments, node))
    rows: list[Value] = []
    for option in options(made):
        if isinstance(option, Query) and option.shape != "none":
            if frame.varies(node):
                it.loop_query(option.site, option.model, "get", it.place(frame, node))
            varies = frame.varies(node)
            rows.append(replace(querysets.one_row(it, frame, option), many=varies, fresh=varies))
    return join_all(rows)


def get_list(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`get_list_or_404(klass, ...)`: a list."""
    made = as_query(it, frame, builtins.first_of(arguments), first_node(arguments, node))
    return Items("list", None, iteration.iterate(it, frame, made, node)) if made is not UNKNOWN else UNKNOWN


def prefetch(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`Prefetch(lookup, queryset, to_attr)`."""
    path = arguments.get(0, "lookup")
    if not (isinstance(path, Constant) and isinstance(path.value, str)):
        return UNKNOWN
    query = arguments.get(1, "queryset")
    attribute = arguments.get(2, "to_attr")
    inner = (
        next((option for option in options(query) if isinstance(option, Query)), None) if query is not None else None
    )
    if query is not None and query != NONE and inner is None:
        return UNKNOWN
    return Prefetched(
        path.value, inner, str(attribute.value) if isinstance(attribute, Constant) and attribute.value else None
    )


def prefetch_objects(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`prefetch_related_objects(rows, "path")`: those rows have it, and what lies on the way, from here on."""
    entries = [
        path if isinstance(path, Prefetched) else Prefetched(str(path.value))
        for path in arguments.args[1:]
        if isinstance(path, Prefetched) or (isinstance(path, Constant) and isinstance(path.value, str))
    ]
    known = len(entries) == len(arguments.args[1:]) and arguments.star is None
    for option in options(iteration.iterate(it, frame, builtins.first_of(arguments), node)):
        if not isinstance(option, Row):
            continue
        query = option.query or Query(option.model, it.site(frame, node), opaque=True)
        given = tuple(replace(entry, path=option.lookup(entry.path)) for entry in entries)
        loaded = replace(option, query=replace(query, prefetches=(*query.prefetches, *given)))
        for name, value in frame.scope.variables.items():
            if value == option:
                frame.scope.variables[name] = loaded
        it.assigned |= {(query.site, step) for entry in given for step in querysets.prefixes(entry.path)}
        if not known:
            it.assigned.add((query.site, "*"))
    return UNKNOWN


def paginator(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`Paginator(object_list, per_page)`."""
    return querysets.Pages(arguments.get(0, "object_list") or UNKNOWN)


def render(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`render(request, template_name, context)`."""
    return templates.render(it, frame, arguments.get(1, "template_name"), arguments.get(2, "context"), node, True)


def render_to_string(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`render_to_string(template_name, context)`."""
    return templates.render(it, frame, arguments.get(0, "template_name"), arguments.get(1, "context"), node)


def template_response(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`TemplateResponse(request, template, context)`."""
    return templates.render(it, frame, arguments.get(1, "template"), arguments.get(2, "context"), node, True)


def get_template(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`get_template(name)`: its `.render(context)` renders."""
    return templates.Template(builtins.first_of(arguments))


def render_template(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """Flask's `render_template(name, **context)`."""
    return templates.render(
        it, frame, builtins.first_of(arguments), Dict(dict(arguments.keywords), arguments.more), node, True
    )


def get_model(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`apps.get_model("app", "Model")`, `get_model("app.Model")`."""
    words = [str(value.value) for value in arguments.args if isinstance(value, Constant)]
    model = it.django.model_named(".".join(words)) if words and len(words) == len(arguments.args) else None
    return model_class(model)


def called_later(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`SimpleLazyObject(function)`: what the function gives, for the one use that it is made for."""
    from pitfall_lint.flow import calls
    from pitfall_lint.flow.interpreter import Arguments as Given

    given = options(builtins.first_of(arguments))
    return join_all([calls.call_value(it, frame, option, Given(), node) for option in given])


def get_user_model(it: Interpreter, frame: Frame, arguments: Arguments, node: Any) -> Value:
    """`get_user_model()`."""
    return model_class(it.django.user_model)


def model_class(model: Any) -> Value:
    """The class of a model as a value."""
    if model is None:
        return UNKNOWN
    return ClassValue(model.symbol) if model.symbol is not None else ModelValue(model)


TABLE = {
    "django.shortcuts.get_object_or_404": get_object,
    "django.shortcuts.aget_object_or_404": get_object,
    "django.shortcuts.get_list_or_404": get_list,
    "django.shortcuts.aget_list_or_404": get_list,
    "django.shortcuts.render": render,
    "django.shortcuts.render_to_response": render_to_string,
    "django.template.loader.render_to_string": render_to_string,
    "django.template.loader.get_template": get_template,
    "django.template.response.TemplateResponse": template_response,
    "django.template.response.SimpleTemplateResponse": render_to_string,
    "django.db.models.Prefetch": prefetch,
    "django.db.models.prefetch_related_objects": prefetch_objects,
    "django.core.paginator.Paginator": paginator,
    "django.apps.apps.get_model": get_model,
    "django.db.models.get_model": get_model,
    "django.contrib.auth.get_user_model": get_user_model,
    "django.utils.functional.SimpleLazyObject": called_later,
    "flask.render_template": render_template,
}
