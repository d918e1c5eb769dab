"""Where a template is named: in rendering calls, `template_name` and its like, inclusion tags, `extends` and `include`.

Only names that are written out are told, each with the place of its text. Which file a name stands for is the business
of `templates`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Place
from pitfall_lint.language import (
    Call,
    Class,
    Collection,
    Const,
    Expr,
    Function,
    Import,
    Include,
    Let,
    Name,
    Return,
    TemplateImport,
    walk,
)
from pitfall_lint.project.classes import ExternalSymbol
from pitfall_lint.project.modules import Module, functions_in, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project

# Which argument names the template, of what Django and Flask render with.
_RENDERERS = {
    "django.shortcuts.render": (1, "template_name"),
    "django.shortcuts.render_to_response": (0, "template_name"),
    "django.template.loader.get_template": (0, "template_name"),
    "django.template.loader.select_template": (0, "template_name_list"),
    "django.template.loader.render_to_string": (0, "template_name"),
    "django.template.response.TemplateResponse": (1, "template"),
    "django.template.response.SimpleTemplateResponse": (0, "template"),
    "flask.render_template": (0, "template_name_or_list"),
    "flask.stream_template": (0, "template_name_or_list"),
    "quart.render_template": (0, "template_name_or_list"),
}
_RENDERER_NAMES = frozenset(name.rpartition(".")[2] for name in _RENDERERS) | {"as_view", "inclusion_tag"}
_FILE = re.compile(r"[\w./ @+-]*\w\.(?:html?|xhtml|djhtml|txt|xml|jinja2?|j2|svg|md|js|json|css|eml|mjml|tex|csv|ics)")


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that names a template. `how` is render, attribute, extends, include or import; `optional` where it is
    one of several names; `place` spans the text with its quotes. `scope` is the enclosing function or class.
    """

    name: str
    place: Place
    how: str
    scope: str
    optional: bool


def references(project: Project) -> Iterator[Reference]:
    """Every written name of a template in the project, tests left out: those of code first, then those of templates."""
    for path, facts in sorted(project.python.items()):
        module = project.symbols.module_at(path)
        if not facts.shallow and module is not None:
            yield from _Reader(project, module).read()
    for path in sorted(project.template_files):
        yield from in_template(project, path)


def in_template(project: Project, path: str) -> Iterator[Reference]:
    """What one template extends, includes and imports."""
    facts = project.templates.all[path]
    for name, place, first in _names(facts.extends, path):
        yield Reference(name, place, "extends", "", not first)
    for node in walk(facts.body):
        if isinstance(node, (Include, TemplateImport)):
            how = "include" if isinstance(node, Include) else "import"
            for name, place, first in _names(node.template, path):
                if not name.startswith("#"):
                    yield Reference(name, place, how, "", not first)


class _Reader:
    """Reads one module. `renderers` are the names under which it may know what renders a template."""

    def __init__(self, project: Project, module: Module) -> None:
        self.symbols = project.symbols
        self.module = module
        self.path = module.path
        imports = [node for node in statements(module.facts.body) if isinstance(node, Import)]
        aliases = {node.alias for node in imports if node.alias and node.name in _RENDERER_NAMES}
        self.renderers = _RENDERER_NAMES | aliases

    def read(self) -> Iterator[Reference]:
        body = self.module.facts.body
        for statement in statements(body):
            if isinstance(statement, Class):
                yield from self._class(statement)
            elif not isinstance(statement, Function):
                yield from self._tree(statement, None, "")
            else:
                for decorator in statement.decorators:
                    yield from self._tree(decorator, None, "")
        for function, owner in functions_in(body):
            for decorator in function.decorators if owner is not None else ():
                yield from self._tree(decorator, None, "")
            if not self.renderers.isdisjoint(function.names) or "template_name" in function.names:
                yield from self._tree(function.body, function, function.qualname)
            if function.name in ("get_template_names", "get_template_name"):
                for node in walk(function.body):
                    if isinstance(node, Return):
                        yield from _made(node.value, self.path, "attribute", function.qualname)

    def _class(self, node: Class) -> Iterator[Reference]:
        for statement in statements(node.body):
            if isinstance(statement, Class):
                yield from self._class(statement)
            elif isinstance(statement, Let):
                if isinstance(statement.target, Name) and "template" in statement.target.id:
                    yield from _made(statement.value, self.path, "attribute", node.qualname)
                elif statement.value is not None:
                    yield from self._tree(statement.value, None, node.qualname)

    def _tree(self, tree: Any, scope: Function | None, name: str) -> Iterator[Reference]:
        for node in walk(tree):
            if isinstance(node, Call):
                for argument in self._arguments(node, scope):
                    yield from _made(argument, self.path, "render", name)
            elif isinstance(node, Let):
                target = node.target.id if isinstance(node.target, Name) else getattr(node.target, "name", "")
                if target in ("template_name", "template", "template_path") and isinstance(node.value, Const):
                    yield from _made(node.value, self.path, "attribute", name)

    def _arguments(self, call: Call, scope: Function | None) -> Iterator[Expr]:
        last = getattr(call.func, "name", None) or getattr(call.func, "id", None)
        if last not in self.renderers:
            return
        if last in ("as_view", "inclusion_tag"):
            if last == "inclusion_tag" and call.args:
                yield call.args[0]
            yield from (keyword.value for keyword in call.keywords if keyword.name in ("template_name", "filename"))
            return
        symbol = self.symbols.resolve_expr(self.module, call.func, scope)
        at = _RENDERERS.get(self.symbols.canonical(symbol.dotted)) if isinstance(symbol, ExternalSymbol) else None
        if at is None:
            return
        position, keyword_name = at
        if len(call.args) > position:
            yield call.args[position]
        yield from (keyword.value for keyword in call.keywords if keyword.name == keyword_name)


def _made(expr: Expr | None, path: str, how: str, scope: str) -> Iterator[Reference]:
    for name, place, first in _names(expr, path):
        if _FILE.fullmatch(name):
            yield Reference(name, place, how, scope, not first)


def _names(expr: Expr | None, path: str) -> Iterator[tuple[str, Place, bool]]:
    """The written names, and whether no other is asked should it be missing."""
    if isinstance(expr, Const) and isinstance(expr.value, str):
        yield expr.value, Place(path, expr.start, expr.end), True
    elif isinstance(expr, Collection):
        for item in expr.items:
            for name, place, _ in _names(item, path):
                yield name, place, len(expr.items) == 1
