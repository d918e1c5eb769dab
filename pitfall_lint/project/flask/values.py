"""What an expression stands for, as far as Flask is concerned: an application, a blueprint, an extension, a function,
one element of a list.

A small evaluator over the language: it follows names through assignments, imports, parameters, attributes of `self`
and the values that functions return. It knows nothing of statements that *do* something; that is the linker's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from pitfall_lint import language as lang
from pitfall_lint.project.flask import library
from pitfall_lint.project.flask.objects import Bound, Callable, Carrier, Instance, Method, Scope, Thunk, Value, View
from pitfall_lint.project.flask.records import Blueprint, FlaskApp
from pitfall_lint.project.flask.syntax import assignments, keyword, statements
from pitfall_lint.project.symbols import (
    NOTHING,
    ClassSymbol,
    ExternalSymbol,
    FunctionSymbol,
    Module,
    ModuleSymbol,
    ValueSymbol,
)

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.flask.makers import Makers

DEPTH = 14  # of expressions within expressions, across functions and modules
WIDTH = 12  # alternatives kept of one expression
NESTED = 200  # expressions evaluated within one another
CUTS = 500  # circles met before results are kept although they may lack something
ELEMENTS = 300  # of a list that a loop runs over


class Evaluator:
    """Evaluates expressions; `makers` turns constructor calls into records."""

    def __init__(self, project: Project, makers: Makers) -> None:
        self.project = project
        self.symbols = project.symbols
        self.makers = makers
        self._cuts = 0
        self._lowest = 0  # how far out the circles reach that were met since
        self._busy: dict[tuple[int, int], int] = {}
        self._locals: dict[int, Mapping[str, tuple[lang.Expr | lang.Function | lang.Class, ...]]] = {}
        self._attributes: dict[int, Mapping[str, list[tuple[lang.Function, lang.Expr]]]] = {}
        self._top: dict[str, Scope] = {}

    # ------------------------------------------------------------ scopes

    def top(self, module: Module) -> Scope:
        """The scope of a module's top level."""
        if module.path not in self._top:
            self._top[module.path] = Scope(module, None, None)
        return self._top[module.path]

    def enter(self, function: Callable, call: lang.Call | None, caller: Scope | None) -> Scope:
        """A new activation of `function`, its parameters bound to the arguments of `call` (unknown where there is
        none).
        """
        bound: dict[str, Bound] = {}
        params = [param for param in function.node.params if param.kind in ("positional", "normal")]
        if function.owner is not None and params:
            bound[params[0].name] = (function.owner,)
            params = params[1:]
        if call is not None and caller is not None:
            named = {param.name for param in function.node.params}
            for param, argument in zip(params, call.args, strict=False):
                if isinstance(argument, lang.Star):
                    break
                bound[param.name] = Thunk(argument, caller)
            rest = next((param for param in function.node.params if param.kind == "args"), None)
            if rest is not None:
                bound[rest.name] = Thunk(
                    lang.Collection(call.start, call.end, "tuple", tuple(call.args[len(params) :])), caller
                )
            for keyword in call.keywords:
                if keyword.name in named and keyword.name is not None:
                    bound[keyword.name] = Thunk(keyword.value, caller)
        parent = function.parent if function.parent is not None else self.top(function.module)
        depth = (caller.depth if caller is not None else parent.depth) + 1
        return Scope(function.module, function.node, parent, bound, {}, depth)

    # ------------------------------------------------------- expressions

    def values(self, expr: lang.Expr | None, scope: Scope) -> tuple[Value, ...]:
        """What `expr` may stand for in `scope`; empty where unknown."""
        if expr is None or scope.depth > DEPTH:
            return ()
        known = scope.cache.get(id(expr))
        if known is not None:
            return known[1]
        key = (id(expr), id(scope))
        begun = self._busy.get(key)
        if begun is not None or len(self._busy) > NESTED:
            self._cuts += 1
            self._lowest = min(self._lowest, begun or 0)
            return ()
        depth = len(self._busy)
        outer, self._lowest = self._lowest, depth
        self._busy[key] = depth
        try:
            found = self._evaluate(expr, scope)[:WIDTH]
        finally:
            del self._busy[key]
        if self._lowest >= depth or self._cuts > CUTS:  # what waits for something further out may come to more later
            scope.cache[id(expr)] = (expr, found)
        self._lowest = min(outer, self._lowest)
        return found

    def _evaluate(self, expr: lang.Expr, scope: Scope) -> tuple[Value, ...]:
        if isinstance(expr, lang.Name):
            return self.name(expr.id, scope)
        if isinstance(expr, lang.Attr):
            return self._attribute(expr, scope)
        if isinstance(expr, lang.Call):
            return self._call(expr, scope)
        if isinstance(expr, lang.Choice):
            return _distinct(value for option in expr.options for value in self.values(option, scope))
        if isinstance(expr, lang.Bind):
            return self.values(expr.value, scope)
        return ()

    def name(self, name: str, scope: Scope) -> tuple[Value, ...]:
        """What a name stands for in `scope`, by parameters, assignments, imports, enclosing functions and then the
        module.
        """
        current: Scope | None = scope
        while current is not None and current.function is not None:
            bound = current.bound.get(name)
            local = self._bindings(current.function).get(name)
            if bound is not None or local is not None:
                found = self.force(bound) if bound is not None else ()
                if local is not None and (bound is None or not found):
                    found = found + self._local(local, current)
                return _distinct(found)
            symbol = self._local_import(name, current)
            if symbol is not None:
                return self._of_symbol(symbol)
            current = current.parent
        if current is not None and name in current.bound:  # a loop at module level
            return self.force(current.bound[name])
        return self._global(name, scope.module)

    def force(self, bound: Bound) -> tuple[Value, ...]:
        """The values of a bound name."""
        return self.values(bound.expr, bound.scope) if isinstance(bound, Thunk) else bound

    def _local(self, bindings: tuple[lang.Expr | lang.Function | lang.Class, ...], scope: Scope) -> tuple[Value, ...]:
        found: list[Value] = []
        for binding in bindings:
            if isinstance(binding, lang.Function):
                found.append(self.makers.closure(binding, scope))
            elif not isinstance(binding, lang.Class):
                found.extend(self.values(binding, scope))
        return tuple(found)

    def _bindings(self, function: lang.Function) -> Mapping[str, tuple[lang.Expr | lang.Function | lang.Class, ...]]:
        key = id(function)
        if key not in self._locals:
            self._locals[key] = assignments(function.body)
        return self._locals[key]

    def _local_import(self, name: str, scope: Scope) -> object | None:
        function = scope.function
        if function is None or name not in self.makers.imported(function):
            return None
        return self.symbols.resolve_expr(scope.module, lang.Name(function.start, function.start, name), function)

    def _global(self, name: str, module: Module) -> tuple[Value, ...]:
        symbol = self.symbols.resolve(module, name)
        return () if symbol is None else self._of_symbol(symbol)

    def _of_symbol(self, symbol: object) -> tuple[Value, ...]:
        if isinstance(symbol, ValueSymbol):
            scope = self.top(symbol.module)
            every = self.makers.module_bindings(symbol.module).get(symbol.name, ())
            found: list[Value] = []
            for binding in every:
                if isinstance(binding, (lang.Function, lang.Class)):
                    continue
                found.extend(self.values(binding, scope))
            if not found:
                found.extend(self.makers.assigned_globally(symbol.module, symbol.name))
            if not found:
                found.extend(self._shadowed_import(symbol.module, symbol.name))
            return _distinct(found)
        if isinstance(symbol, FunctionSymbol):
            return _distinct((*self._shadowed_values(symbol), self.makers.callable_of(symbol)))
        if isinstance(symbol, (ClassSymbol, ExternalSymbol, ModuleSymbol)):
            return (symbol,)
        return ()

    def _shadowed_values(self, symbol: FunctionSymbol) -> Iterator[Value]:
        """`home = Blueprint(...)`, and below it `def home()`: the decorators between the two mean the first."""
        if symbol.owner is None:
            for binding in self.makers.module_bindings(symbol.module).get(symbol.node.name, ()):
                if not isinstance(binding, (lang.Function, lang.Class)):
                    yield from self.values(binding, self.top(symbol.module))

    def _shadowed_import(self, module: Module, name: str) -> Iterator[Value]:
        """`from flask_x import x`, and below it `x = x.X()`."""
        for statement in statements(module.facts.body):
            if (
                isinstance(statement, lang.Import)
                and not statement.level
                and name == (statement.alias or statement.name)
            ):
                symbol = self.symbols.lookup(
                    f"{statement.module}.{statement.name}" if statement.name else statement.module
                )
                if symbol is not None and not isinstance(symbol, ValueSymbol):
                    yield from self._of_symbol(symbol)

    def _attribute(self, expr: lang.Attr, scope: Scope) -> tuple[Value, ...]:
        found: list[Value] = []
        for base in self.values(expr.object, scope):
            if isinstance(base, ModuleSymbol):
                found.extend(self._global(expr.name, base.module) or self._submodule(base, expr.name))
            elif isinstance(base, ExternalSymbol):
                found.append(self.symbols.external(f"{base.dotted}.{expr.name}"))
            elif isinstance(base, FlaskApp):
                if base.kind == "connexion" and expr.name == "app":
                    found.append(base)
                else:
                    found.append(Method(base, expr.name))
            elif isinstance(base, ClassSymbol):
                found.extend(self._member(base, None, expr.name))
            elif isinstance(base, Instance):
                if isinstance(base.symbol, ClassSymbol):
                    found.extend(self._member(base.symbol, base, expr.name))
                if not found:
                    found.append(Method(base, expr.name))
            elif isinstance(base, Carrier):
                own = self.symbols.lookup(base.cls)
                member = own.member(expr.name) if isinstance(own, ClassSymbol) else None
                if member is not None and isinstance(member.node, lang.Function):
                    found.append(Callable(member.node, member.owner.module, None, base))
                else:
                    found.append(Method(base, expr.name))
            elif isinstance(base, Blueprint):
                found.append(Method(base, expr.name))
        return _distinct(found)

    def _submodule(self, base: ModuleSymbol, name: str) -> tuple[Value, ...]:
        symbol = self.symbols.lookup(f"{base.dotted}.{name}")
        return () if symbol is None else self._of_symbol(symbol)

    def _member(self, symbol: ClassSymbol, instance: Instance | None, name: str) -> tuple[Value, ...]:
        member = symbol.member(name)
        found: list[Value] = []
        if member is not None:
            if isinstance(member.node, lang.Function):
                owner = instance or Instance(symbol, None, None)
                static = any(lang.dotted(item) == "staticmethod" for item in member.node.decorators)
                getter = any((lang.dotted(item) or "").endswith("property") for item in member.node.decorators)
                method = Callable(member.node, member.owner.module, None, None if static else owner)
                if getter:
                    found.extend(self.returned(method, None, None))
                else:
                    found.append(method)
            elif isinstance(member.node, lang.Let) and member.node.value is not None:
                found.extend(self.values(member.node.value, self.top(member.owner.module)))
        for owner_class in symbol.mro:
            if not isinstance(owner_class, ClassSymbol):
                continue
            for method_node, value in self._self_attributes(owner_class).get(name, ()):
                origin = Callable(method_node, owner_class.module, None, instance or Instance(symbol, None, None))
                made = method_node.name == "__init__" and instance is not None
                scope = self.enter(
                    origin, instance.call if made and instance else None, instance.scope if made and instance else None
                )
                found.extend(self.values(value, scope))
        return _distinct(found)

    def _self_attributes(self, symbol: ClassSymbol) -> Mapping[str, list[tuple[lang.Function, lang.Expr]]]:
        key = id(symbol.node)
        if key not in self._attributes:
            table: dict[str, list[tuple[lang.Function, lang.Expr]]] = {}
            for method in symbol.node.body:
                if not isinstance(method, lang.Function) or not method.params:
                    continue
                first = method.params[0].name
                for statement in statements(method.body):
                    if (
                        isinstance(statement, lang.Let)
                        and isinstance(statement.target, lang.Attr)
                        and isinstance(statement.target.object, lang.Name)
                        and statement.target.object.id == first
                        and statement.value is not None
                    ):
                        table.setdefault(statement.target.name, []).append((method, statement.value))
            self._attributes[key] = table
        return self._attributes[key]

    # ------------------------------------------------------------- calls

    def _call(self, expr: lang.Call, scope: Scope) -> tuple[Value, ...]:
        found: list[Value] = []
        for func in self.values(expr.func, scope):
            if isinstance(func, ClassSymbol):
                found.append(self.makers.construct(func, expr, scope))
            elif isinstance(func, ExternalSymbol):
                if func.dotted in library.PASS_THROUGH and expr.args:
                    found.extend(self.values(expr.args[0], scope))
                else:
                    made = self.makers.construct_external(func, expr, scope)
                    if made is not None:
                        found.append(made)
            elif isinstance(func, Callable):
                found.extend(self.returned(func, expr, scope))
            elif isinstance(func, Method):
                if isinstance(func.object, Carrier) and func.name == "namespace":
                    found.append(self.makers.namespace(expr, scope))
                elif isinstance(func.object, FlaskApp) and func.name == "create_app":
                    found.append(func.object)
        if not found and isinstance(expr.func, lang.Attr) and expr.func.name == "as_view":
            for owner in self.values(expr.func.object, scope):
                if isinstance(owner, ClassSymbol):
                    found.append(View(owner, self.text(expr.args[0] if expr.args else keyword(expr, "name"), scope)))
        return _distinct(found)

    def returned(self, function: Callable, call: lang.Call | None, caller: Scope | None) -> tuple[Value, ...]:
        """What a call of `function` returns."""
        if (caller is not None and caller.depth >= DEPTH) or function.node.is_generator or not function.node.body:
            return ()
        if function.node.decorators and call is not None and self._as_view(function.node):
            return ()
        scope = self.enter(function, call, caller)
        found: list[Value] = []
        for statement in statements(function.node.body):
            if isinstance(statement, lang.Return) and statement.value is not None:
                found.extend(self.values(statement.value, scope))
        return _distinct(found)

    def _as_view(self, node: lang.Function) -> bool:
        return any(
            isinstance(item, lang.Call) and isinstance(item.func, lang.Attr) and item.func.name in library.ROUTE_METHODS
            for item in node.decorators
        )

    # --------------------------------------------------- constants, lists

    def text(self, expr: lang.Expr | None, scope: Scope) -> str | None:
        """The string that `expr` is, followed through parameters and constants; None where it is computed."""
        value = self.constant(expr, scope)
        return value if isinstance(value, str) else None

    def constant(self, expr: lang.Expr | None, scope: Scope) -> object:
        """The constant that `expr` is; None where it is computed (or None itself)."""
        if expr is None:
            return None
        if isinstance(expr, lang.Const):
            return expr.value
        thunk = self.resolved(expr, scope)
        if isinstance(thunk.expr, lang.Const):
            return thunk.expr.value
        if isinstance(thunk.expr, (lang.Text, lang.Operation)):
            parts = (
                thunk.expr.parts
                if isinstance(thunk.expr, lang.Text)
                else thunk.expr.operands
                if thunk.expr.op == "+"
                else ()
            )
            folded = [self.text(part, thunk.scope) for part in parts]
            if folded and all(part is not None for part in folded):
                return "".join(part for part in folded if part is not None)
            return None
        value = self.symbols.constant(thunk.scope.module, thunk.expr, thunk.scope.function)
        return None if value is NOTHING else value

    def resolved(self, expr: lang.Expr, scope: Scope) -> Thunk:
        """The expression behind a chain of names: a parameter's argument, a local's or a constant's only value."""
        for _ in range(DEPTH):
            if isinstance(expr, lang.Name):
                step = self._behind(expr.id, scope)
            elif isinstance(expr, lang.Attr):
                symbol = self.symbols.resolve_expr(scope.module, expr, scope.function)
                step = (
                    Thunk(symbol.value, self.top(symbol.module))
                    if isinstance(symbol, ValueSymbol) and symbol.value is not None
                    else None
                )
            else:
                step = None
            if step is None:
                break
            expr, scope = step.expr, step.scope
        return Thunk(expr, scope)

    def _behind(self, name: str, scope: Scope) -> Thunk | None:
        current: Scope | None = scope
        while current is not None:
            bound = current.bound.get(name)
            if bound is not None:
                return bound if isinstance(bound, Thunk) else None
            if current.function is None:
                break
            local = self._bindings(current.function).get(name)
            if local is not None:
                if len(local) == 1 and not isinstance(local[0], (lang.Function, lang.Class)):
                    return Thunk(local[0], current)
                return None
            for param in current.function.params:
                if param.name == name:
                    return Thunk(param.default, current.parent or current) if param.default is not None else None
            current = current.parent
        symbol = self.symbols.resolve(scope.module, name)
        if isinstance(symbol, ValueSymbol) and symbol.value is not None:
            return Thunk(symbol.value, self.top(symbol.module))
        return None

    def elements(self, expr: lang.Expr, scope: Scope, depth: int = DEPTH) -> tuple[Thunk, ...] | None:
        """The elements that a loop over `expr` sees, in order; None where they cannot be known, as those of
        `names = sorted(names)`."""
        if depth == 0:
            return None
        thunk = self.resolved(expr, scope)
        expr, scope = thunk.expr, thunk.scope
        if isinstance(expr, lang.Collection):
            found: list[Thunk] = []
            for item in expr.items:
                if isinstance(item, lang.Star):
                    nested = self.elements(item.value, scope, depth - 1)
                    if nested is None:
                        return None
                    found.extend(nested)
                else:
                    found.append(Thunk(item, scope))
            return tuple(found[:ELEMENTS])
        if isinstance(expr, lang.Mapping):
            return tuple(Thunk(key, scope) for key in expr.keys if key is not None)
        if isinstance(expr, lang.Operation) and expr.op == "+":
            sides = [self.elements(side, scope, depth - 1) for side in expr.operands]
            return (
                None if any(side is None for side in sides) else tuple(item for side in sides if side for item in side)
            )
        if isinstance(expr, lang.Call):
            name = lang.dotted(expr.func) or ""
            if name in ("list", "tuple", "sorted", "reversed", "set", "iter") and len(expr.args) == 1:
                return self.elements(expr.args[0], scope, depth - 1)
            if isinstance(expr.func, lang.Attr) and expr.func.name in ("items", "values", "keys"):
                table = self.resolved(expr.func.object, scope)
                if isinstance(table.expr, lang.Mapping):
                    pairs = [
                        (key, value)
                        for key, value in zip(table.expr.keys, table.expr.values, strict=True)
                        if key is not None
                    ]
                    if expr.func.name == "items":
                        return tuple(
                            Thunk(lang.Collection(key.start, value.end, "tuple", (key, value)), table.scope)
                            for key, value in pairs
                        )
                    return tuple(
                        Thunk(value if expr.func.name == "values" else key, table.scope) for key, value in pairs
                    )
        return None

    def unpack(self, target: lang.Expr, element: Thunk) -> dict[str, Bound]:
        """The names that a loop's `target` binds to one element."""
        if isinstance(target, lang.Name):
            return {target.id: element}
        bound: dict[str, Bound] = {}
        if isinstance(target, lang.Collection):
            source = self.resolved(element.expr, element.scope)
            if isinstance(source.expr, lang.Collection) and len(source.expr.items) == len(target.items):
                for name, item in zip(target.items, source.expr.items, strict=True):
                    bound.update(self.unpack(name, Thunk(item, source.scope)))
        return bound


def _distinct(found: Iterable[Value]) -> tuple[Value, ...]:
    kept: dict[object, Value] = {}
    for value in found:
        key = value.dotted if isinstance(value, (ClassSymbol, ExternalSymbol, ModuleSymbol)) else id(value)
        kept.setdefault(key, value)
    return tuple(kept.values())
