"""Functions that templates call: Django's custom tags and filters, Jinja's filters and globals, and context processors.

Recognised by what registers them: `template.Library`, a Flask application or blueprint, an `environment` function,
django-jinja's library. Which template sees which follows from its `{% load %}`s and the settings' builtins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint.facts.records import TemplateFacts
from pitfall_lint.language import (
    Attr,
    Body,
    Call,
    Class,
    Const,
    Do,
    Expr,
    Function,
    Let,
    Subscript,
    dotted,
)
from pitfall_lint.language import Mapping as Dict
from pitfall_lint.project.classes import ExternalSymbol, FunctionSymbol, ValueSymbol
from pitfall_lint.project.modules import Module, statements

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django import TemplateEngine

_LIBRARY = "django.template.Library"
_TAGS = frozenset({"simple_tag", "inclusion_tag", "simple_block_tag", "assignment_tag", "tag"})
_FLASK = {
    "template_filter": "filter",
    "app_template_filter": "filter",
    "add_template_filter": "filter",
    "add_app_template_filter": "filter",
    "template_global": "global",
    "app_template_global": "global",
    "add_template_global": "global",
    "add_app_template_global": "global",
    "context_processor": "context_processor",
    "app_context_processor": "context_processor",
}
_ENVIRONMENT_NAMES = frozenset({"globals", "filters", *_FLASK})


@dataclass(frozen=True, slots=True, eq=False)
class Registered:
    """A function that templates call by `name`. `kind` is simple_tag, inclusion_tag, simple_block_tag, tag (a compile
    function), filter, global or context_processor; `template` is the inclusion tag's, `library` the name that
    `{% load %}` knows ("" for Jinja).
    """

    name: str
    kind: str
    function: FunctionSymbol
    takes_context: bool
    template: str | None
    library: str


class Functions:
    """Answers which function a tag, filter or global is."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.symbols = project.symbols

    # ------------------------------------------------------------- questions

    def tag(self, template: TemplateFacts, name: str) -> Registered | None:
        """The custom tag as the template sees it (compile functions are not told: what they do is unknown)."""
        found = self._seen(template, name, tag=True)
        return found if found is not None and found.kind != "tag" else None

    def filter(self, template: TemplateFacts, name: str) -> Registered | None:
        """The custom filter as the template sees it."""
        if template.engine == "jinja":
            return self.jinja.get(("filter", name))
        return self._seen(template, name, tag=False)

    def jinja_global(self, name: str) -> Registered | None:
        """The function that Jinja templates know by that name without being given it."""
        return self.jinja.get(("global", name))

    def of(self, function: FunctionSymbol) -> Registered | None:
        """How a function is registered."""
        return self._by_function.get((function.module.path, function.node.start))

    @cached_property
    def context_processors(self) -> tuple[FunctionSymbol, ...]:
        """Functions whose dict each template of the project sees: of Django's settings, and of Flask."""
        found: dict[tuple[str, int], FunctionSymbol] = {}
        if self.project.django.present:
            for name in self._option("context_processors"):
                symbol = self.symbols.lookup(name)
                if isinstance(symbol, FunctionSymbol):
                    found[symbol.module.path, symbol.node.start] = symbol
        for each in self._flask:
            if each.kind == "context_processor":
                found[each.function.module.path, each.function.node.start] = each.function
        return tuple(found.values())

    @cached_property
    def has_foreign_processors(self) -> bool:
        """Whether settings name a context processor that is neither Django's nor the project's, or are not known."""
        names = [name for name in self._option("context_processors") if not name.startswith("django.")]
        return not any(True for _ in self._engines()) or any(
            not isinstance(self.symbols.lookup(name), FunctionSymbol) for name in names
        )

    # --------------------------------------------------------------- Django

    def _seen(self, template: TemplateFacts, name: str, *, tag: bool) -> Registered | None:
        for library in reversed(template.libraries):
            for module in self.libraries.get(library, ()):
                if (found := self._of_module(module).get((tag, name))) is not None:
                    return found
        for module in self._builtins:
            if (found := self._of_module(module).get((tag, name))) is not None:
                return found
        return None

    @cached_property
    def libraries(self) -> Mapping[str, tuple[Module, ...]]:
        """The modules of each library name: `templatetags/` of apps, and the settings' `libraries`."""
        found: dict[str, list[Module]] = {}
        apps = self.project.django.apps if self.project.django.present else ()
        installed = {app.folder for app in apps if app.installed and app.folder is not None}
        for path in sorted(self.project.python):
            before, slash, rest = f"/{path}".rpartition("/templatetags/")
            module = self.symbols.module_at(path)
            if not slash or module is None or rest == "__init__.py":
                continue
            name = rest.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            if before[1:] in installed:
                found.setdefault(name, []).insert(0, module)
            else:
                found.setdefault(name, []).append(module)
        for engine in self._engines():
            libraries = engine.options.get("libraries")
            if isinstance(libraries, Mapping):
                for name, target in libraries.items():
                    if isinstance(target, str) and (module := self.symbols.modules.get(target)) is not None:
                        found.setdefault(name, []).insert(0, module)
        return {name: tuple(modules) for name, modules in found.items()}

    @cached_property
    def _builtins(self) -> tuple[Module, ...]:
        found = (self.symbols.modules.get(name) for name in self._option("builtins"))
        return tuple(module for module in found if module is not None)

    def _engines(self) -> Iterator[TemplateEngine]:
        if self.project.django.present:
            for settings in self.project.django.settings:
                yield from settings.templates

    def _option(self, name: str) -> Iterator[str]:
        for engine in self._engines():
            values = engine.options.get(name)
            if isinstance(values, (list, tuple)):
                yield from (value for value in values if isinstance(value, str))

    @cached_property
    def _modules(self) -> dict[str, dict[tuple[bool, str], Registered]]:
        return {}

    def _of_module(self, module: Module) -> Mapping[tuple[bool, str], Registered]:
        known = self._modules.get(module.path)
        if known is None:
            known = self._modules[module.path] = {}
            library = module.path.rpartition("/templatetags/")[2].removesuffix(".py").replace("/", ".")
            for each in self._registrations(module, library):
                known[each.kind != "filter", each.name] = each
        return known

    def _registrations(self, module: Module, library: str) -> Iterator[Registered]:
        for node in statements(module.facts.body):
            value = node.value if isinstance(node, (Do, Let)) else None
            if isinstance(node, Function):
                function = self.symbols.function_symbol(module, node)
                for decorator in node.decorators:
                    yield from self._registered(module, library, decorator, function)
            elif isinstance(value, Call):
                yield from self._called(module, library, value)

    def _registered(self, module: Module, library: str, how: Expr, function: FunctionSymbol) -> Iterator[Registered]:
        """`@register.simple_tag`, `@register.filter("name")`, `@register.inclusion_tag("x.html")`."""
        call = how if isinstance(how, Call) else None
        method = call.func if call is not None else how
        if not isinstance(method, Attr) or not self._is_library(module, method.object):
            return
        args = call.args if call is not None else ()
        yield from self._made(method.name, args, _keywords(call), library, function)

    def _called(self, module: Module, library: str, call: Call) -> Iterator[Registered]:
        """`register.filter("name", function)`, `register.inclusion_tag("x.html")(function)`."""
        inner = call.func if isinstance(call.func, Call) else None
        method, args, keywords = call.func, call.args, _keywords(call)
        if inner is not None:
            method, args, keywords = inner.func, (*inner.args, *call.args), _keywords(inner)
        if not isinstance(method, Attr) or not args or not self._is_library(module, method.object):
            return
        function = self.symbols.resolve_expr(module, args[-1])
        if isinstance(function, FunctionSymbol):
            yield from self._made(method.name, args[:-1], keywords, library, function)

    def _made(
        self, method: str, args: tuple[Expr, ...], keywords: Mapping[str, Expr], library: str, function: FunctionSymbol
    ) -> Iterator[Registered]:
        given = _text(keywords.get("name"))
        first = _text(args[0]) if args else None
        takes_context = _is_true(keywords.get("takes_context"))
        if method in _TAGS:
            template = None
            if method == "inclusion_tag":
                template = first or _text(keywords.get("filename"))
            else:
                given = given or first
            kind = "simple_tag" if method == "assignment_tag" else method
            yield Registered(given or function.name, kind, function, takes_context, template, library)
        elif method in ("filter", "filter_function"):
            yield Registered(given or first or function.name, "filter", function, takes_context, None, library)

    def _is_library(self, module: Module, expr: Expr) -> bool:
        symbol = self.symbols.resolve_expr(module, expr)
        if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, Call):
            made_by = self.symbols.resolve_expr(symbol.module, symbol.value.func)
            return isinstance(made_by, ExternalSymbol) and self.symbols.canonical(made_by.dotted) == _LIBRARY
        return False

    @cached_property
    def _by_function(self) -> Mapping[tuple[str, int], Registered]:
        found: dict[tuple[str, int], Registered] = {}
        for modules in self.libraries.values():
            for module in modules:
                for each in self._of_module(module).values():
                    found.setdefault((each.function.module.path, each.function.node.start), each)
        for each in (*self.jinja.values(), *self._flask):
            found.setdefault((each.function.module.path, each.function.node.start), each)
        return found

    # ---------------------------------------------------------------- Jinja

    @cached_property
    def jinja(self) -> Mapping[tuple[str, str], Registered]:
        """Filters and globals of Jinja's environments, by kind and name."""
        found: dict[tuple[str, str], Registered] = {}
        for each in self._flask:
            found.setdefault((each.kind, each.name), each)
        return found

    @cached_property
    def _flask(self) -> tuple[Registered, ...]:
        found: list[Registered] = []
        for path, facts in sorted(self.project.python.items()):
            module = self.symbols.module_at(path)
            if facts.shallow or module is None:
                continue
            if not _ENVIRONMENT_NAMES.isdisjoint(facts.words):
                found += self._environment(module, facts.body, None)
            for node in walk_functions(facts.body):
                if not _ENVIRONMENT_NAMES.isdisjoint(node.names):
                    found += self._environment(module, node.body, node)
        return tuple(found)

    def _environment(self, module: Module, body: Body, scope: Function | None) -> Iterator[Registered]:
        for node in statements(body):
            if isinstance(node, Function):
                for decorator in node.decorators:
                    call = decorator if isinstance(decorator, Call) else None
                    method = call.func if call is not None else decorator
                    if isinstance(method, Attr) and (kind := self._jinja_kind(module, method)):
                        given = _text(call.args[0]) if call is not None and call.args else None
                        name = given or _text(_keywords(call).get("name")) or node.name
                        yield self._jinja(name, kind, self.symbols.function_symbol(module, node))
            elif isinstance(node, Let):
                yield from self._assigned(module, node, scope)
            elif isinstance(node, Do) and isinstance(node.value, Call):
                yield from self._updated(module, node.value, scope)

    def _jinja_kind(self, module: Module, method: Attr) -> str | None:
        if method.name in _FLASK:
            return _FLASK[method.name]
        owner = self.symbols.resolve_expr(module, method.object)
        if isinstance(owner, ExternalSymbol) and owner.dotted == "django_jinja.library":
            return {"filter": "filter", "global_function": "global"}.get(method.name)
        return None

    def _jinja(self, name: str, kind: str, function: FunctionSymbol) -> Registered:
        marks = [dotted(each) or "" for each in function.node.decorators]
        context = any(mark.endswith(("pass_context", "contextfunction")) for mark in marks)
        return Registered(name, kind, function, context, None, "")

    def _assigned(self, module: Module, node: Let, scope: Function | None) -> Iterator[Registered]:
        """`app.jinja_env.filters["name"] = function`."""
        if isinstance(node.target, Subscript) and (kind := _store(node.target.object)) and node.value is not None:
            name = _text(node.target.index)
            function = self.symbols.resolve_expr(module, node.value, scope)
            if name and isinstance(function, FunctionSymbol):
                yield self._jinja(name, kind, function)

    def _updated(self, module: Module, call: Call, scope: Function | None) -> Iterator[Registered]:
        """`app.jinja_env.globals.update(name=function)`, `app.add_template_filter(function, "name")`."""
        if not isinstance(call.func, Attr):
            return
        pairs: list[tuple[str | None, Expr]] = []
        kind: str | None = None
        if call.func.name == "update" and (kind := _store(call.func.object)):
            pairs = [(keyword.name, keyword.value) for keyword in call.keywords]
            for arg in call.args:
                if isinstance(arg, Dict):
                    pairs += [(_text(key), value) for key, value in zip(arg.keys, arg.values, strict=True)]
                elif isinstance(arg, Call) and dotted(arg.func) == "dict":
                    pairs += [(keyword.name, keyword.value) for keyword in arg.keywords]
                else:
                    yield from self._gathered(kind, self.symbols.resolve_expr(module, arg, scope))
        elif call.func.name in _FLASK and call.args:
            kind = _FLASK[call.func.name]
            given = _text(call.args[1]) if len(call.args) > 1 else _text(_keywords(call).get("name"))
            pairs = [(given or (dotted(call.args[0]) or "").rpartition(".")[2], call.args[0])]
        for name, value in pairs:
            function = self.symbols.resolve_expr(module, value, scope)
            if kind and name and isinstance(function, FunctionSymbol):
                yield self._jinja(name, kind, function)

    def _gathered(self, kind: str, store: Any) -> Iterator[Registered]:
        """The functions of a module's dict that an environment takes over: those under a decorator of that module
        which mentions the dict."""
        if not isinstance(store, ValueSymbol) or not isinstance(store.value, Dict):
            return
        home = store.module
        registrars = {
            id(node) for node in statements(home.facts.body) if isinstance(node, Function) and store.name in node.names
        }
        for path, facts in sorted(self.project.python.items()):
            module = self.symbols.module_at(path)
            if facts.shallow or module is None or not registrars:
                continue
            for node in walk_functions(facts.body):
                for decorator in node.decorators:
                    call = decorator if isinstance(decorator, Call) else None
                    how = self.symbols.resolve_expr(module, call.func if call is not None else decorator)
                    if isinstance(how, FunctionSymbol) and id(how.node) in registrars:
                        given = _text(call.args[0]) if call is not None and call.args else None
                        name = given or _text(_keywords(call).get("name")) or node.name
                        yield self._jinja(name, kind, self.symbols.function_symbol(module, node))


def walk_functions(body: Body) -> Iterator[Function]:
    """The functions and methods of a module, nested ones left to their own bodies."""
    for node in walk_top(body):
        if isinstance(node, Function):
            yield node


def walk_top(body: Body) -> Iterator[Any]:
    """Statements of a body and of the classes and blocks in it."""
    for node in statements(body):
        yield node
        if isinstance(node, Class):
            yield from walk_top(node.body)


def _store(expr: Expr) -> str | None:
    """filter or global, for `env.filters` and `env.globals` of something that is named as an environment is."""
    if not isinstance(expr, Attr) or expr.name not in ("filters", "globals"):
        return None
    owner = (dotted(expr.object) or "").rpartition(".")[2].lower()
    return expr.name.removesuffix("s") if "env" in owner or "jinja" in owner else None


def _keywords(call: Call | None) -> dict[str, Expr]:
    return {keyword.name: keyword.value for keyword in call.keywords if keyword.name} if call is not None else {}


def _text(expr: Any) -> str | None:
    return expr.value if isinstance(expr, Const) and isinstance(expr.value, str) else None


def _is_true(expr: Expr | None) -> bool:
    return isinstance(expr, Const) and expr.value is True
