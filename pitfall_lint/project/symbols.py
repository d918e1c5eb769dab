"""What the names of a project stand for: modules, classes, functions, values, and things from outside.

Everything is resolved when it is first asked for, from module bodies only; the bodies of functions are decoded for
their local imports alone, and only when a scope is given. Constant folding is in `constants`, the finding of modules
in `modules`.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from pitfall_lint.language import Attr, Call, Class, Expr, Function, Import, Let, Name, Subscript
from pitfall_lint.project import canonical as names
from pitfall_lint.project import constants
from pitfall_lint.project.classes import (
    Base,
    ClassSymbol,
    ExternalSymbol,
    FunctionSymbol,
    Member,
    ModuleSymbol,
    ValueSymbol,
)
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.modules import Module, Modules, classes_in, functions_in, statements
from pitfall_lint.project.prelude import Prelude, StandIn, in_prelude
from pitfall_lint.project.scope import Binding, Scope, is_none

if TYPE_CHECKING:
    from pitfall_lint.project import Project

Symbol: TypeAlias = Union[ModuleSymbol, ClassSymbol, FunctionSymbol, ValueSymbol, ExternalSymbol]  # noqa: UP007

__all__ = [
    "NOTHING",
    "ClassSymbol",
    "ExternalSymbol",
    "FunctionSymbol",
    "Member",
    "Module",
    "ModuleSymbol",
    "Symbol",
    "Symbols",
    "ValueSymbol",
]
_BUILTINS = frozenset(dir(builtins))
_KNOWN = ("django.", "rest_framework.", "flask.", "sqlalchemy.")
_UNRESOLVED: Any = object()


class _State:
    """What is known about one module: its scope, and what has been made of it."""

    __slots__ = ("exports", "made", "resolved", "scope", "symbol", "values")

    def __init__(self, scope: Scope, symbol: ModuleSymbol) -> None:
        self.scope = scope
        self.symbol = symbol
        self.resolved: dict[str, Symbol | None] = {}
        self.made: dict[int, Any] = {}
        self.values: dict[tuple[int, str], ValueSymbol] = {}
        self.exports: frozenset[str] | None = None


class Symbols:
    """Resolves names. `modules` maps dotted names to modules (a second module of one name stands under its path)."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._modules = Modules(project.python)
        self.modules: Mapping[str, Module] = self._modules.by_name
        self.roots = self._modules.roots
        self._external: dict[str, ExternalSymbol] = {}
        self._spaces: dict[str, ModuleSymbol] = {}
        self._busy: set[tuple[int, str]] = set()
        self._cuts = 0
        self._prelude = Prelude(self)
        self._lent: dict[str, tuple[Base, ...]] = {}
        self._subclasses: dict[ClassSymbol, list[ClassSymbol]] | None = None
        self._heirs: dict[ClassSymbol, frozenset[ClassSymbol]] = {}
        self._locals: dict[int, Scope] = {}
        self._classes: tuple[ClassSymbol, ...] | None = None
        self._functions: tuple[FunctionSymbol, ...] | None = None

    # ---------------------------------------------------------------- modules

    def module_at(self, path: str) -> Module | None:
        """The module that the file is."""
        return self._modules.by_path.get(path)

    def find_module(self, dotted: str, near: Module | None = None) -> Module | None:
        """The module of that name; where several Django projects have one, that of the project which holds `near`."""
        return self._modules.find(dotted, near)

    def state(self, module: Module) -> _State:
        """The module's scope and caches."""
        state = module.state
        if not isinstance(state, _State):
            state = module.state = _State(Scope(module.facts.body), ModuleSymbol(module))
        return state

    def module_symbol(self, dotted: str, near: Module | None = None) -> ModuleSymbol | None:
        """The module or namespace package of that name."""
        module = self._modules.find(dotted, near)
        if module is not None:
            return self.state(module).symbol
        if dotted in self._modules.namespaces:
            if dotted not in self._spaces:
                from pitfall_lint.facts.records import PythonFacts

                empty = PythonFacts("", 0, True, (), (), ())
                self._spaces[dotted] = ModuleSymbol(Module(dotted, "", empty, "", True))
            return self._spaces[dotted]
        return None

    def external(self, dotted: str) -> ExternalSymbol:
        """Something outside the project, under its documented name."""
        symbol = self._external.get(dotted)
        if symbol is None:
            name = names.canonical(dotted)
            symbol = self._external.get(name) or ExternalSymbol(name)
            self._external[dotted] = self._external[name] = symbol
        return symbol

    def outside(self, dotted: str) -> ExternalSymbol | ClassSymbol | FunctionSymbol:
        """Something outside the project: what stands in for it in the prelude, else its name."""
        symbol = self.external(dotted)
        return self._prelude.find(symbol.dotted) or symbol

    def with_lent(self, order: tuple[Base, ...]) -> tuple[Base, ...]:
        """A method resolution order, followed by what the prelude knows of the outside classes in it:
        `FlexFieldsModelSerializer` is not in the prelude, but is a `ModelSerializer`, which is.
        """
        found: dict[Base, None] = {}
        for base in order:
            if isinstance(base, ExternalSymbol):
                found.update(dict.fromkeys(self._lent_to(base.dotted)))
        return (*order, *(base for base in found if base not in order)) if found else order

    def _lent_to(self, dotted: str) -> tuple[Base, ...]:
        held = self._lent.get(dotted)
        if held is None:
            stand_ins = [self._prelude.find(name) for name in sorted(names.external_ancestors(dotted) - {dotted})]
            nearest = sorted((one for one in stand_ins if isinstance(one, ClassSymbol)), key=lambda one: -len(one.mro))
            held = self._lent[dotted] = tuple(dict.fromkeys(base for one in nearest for base in one.mro))
        return held

    def canonical(self, dotted: str) -> str:
        """The documented name of something outside the project."""
        return names.canonical(dotted)

    # ---------------------------------------------------------------- symbols

    def class_symbol(self, module: Module, node: Class, owner: ClassSymbol | None = None) -> ClassSymbol:
        """The symbol of a class statement of the module; one statement has one symbol."""
        made = self.state(module).made
        symbol = made.get(node.start)
        if symbol is None:
            kind = StandIn if in_prelude(module.path) else ClassSymbol
            symbol = made[node.start] = kind(self, module, node, owner)
        return symbol

    def function_symbol(self, module: Module, node: Function, owner: ClassSymbol | None = None) -> FunctionSymbol:
        """The symbol of a `def` of the module; one statement has one symbol."""
        made = self.state(module).made
        symbol = made.get(node.start)
        if symbol is None:
            symbol = made[node.start] = FunctionSymbol(module, node, owner)
        return symbol

    def classes(self) -> tuple[ClassSymbol, ...]:
        """The classes of all modules but tests and migrations, in file order; nested classes follow their owner."""
        if self._classes is None:
            read = (module for module in self._modules.by_path.values() if not module.facts.shallow)
            self._classes = tuple(symbol for module in read for symbol in self.classes_of(module))
        return self._classes

    def classes_of(self, module: Module) -> Iterator[ClassSymbol]:
        """The classes of one module, nested ones too."""
        owners: dict[str, ClassSymbol] = {}
        for node in classes_in(module.facts.body):
            symbol = self.class_symbol(module, node, owners.get(node.qualname.rpartition(".")[0]))
            owners[node.qualname] = symbol
            yield symbol

    def subclasses(self, symbol: ClassSymbol) -> tuple[ClassSymbol, ...]:
        """The project's classes that name `symbol` among their bases."""
        if self._subclasses is None:
            self._subclasses = {}
            for one in self.classes():
                for base in one.bases:
                    if isinstance(base, ClassSymbol):
                        self._subclasses.setdefault(base, []).append(one)
        return tuple(self._subclasses.get(symbol, ()))

    def heirs(self, symbol: ClassSymbol) -> frozenset[ClassSymbol]:
        """The classes that inherit from `symbol` and from which none inherits."""
        held = self._heirs.get(symbol)
        if held is None:
            self._heirs[symbol] = frozenset()  # a class that inherits from itself ends here
            found: set[ClassSymbol] = set()
            for one in self.subclasses(symbol):
                found |= self.heirs(one) or {one}
            held = self._heirs[symbol] = frozenset(found)
        return held

    def functions(self) -> tuple[FunctionSymbol, ...]:
        """The functions and methods of all modules but tests and migrations, in file order; functions within functions
        are their body's business.
        """
        if self._functions is None:
            read = (module for module in self._modules.by_path.values() if not module.facts.shallow)
            self._functions = tuple(
                self.function_symbol(module, node, self.class_symbol(module, owner) if owner is not None else None)
                for module in read
                for node, owner in functions_in(module.facts.body)
            )
        return self._functions

    # -------------------------------------------------------------- resolving

    def resolve(self, module: Module, name: str) -> Symbol | None:
        """What a dotted name stands for in the global scope of the module; None where that is unknown."""
        head, _, rest = name.partition(".")
        symbol = self._global(module, head)
        return self._attributes(symbol, rest) if rest and symbol is not None else symbol

    def resolve_expr(
        self, module: Module, expr: Expr, scope: Function | None = None, owner: ClassSymbol | None = None
    ) -> Symbol | None:
        """What a chain of names stands for; within `scope` local names and imports come first, within the body of the
        class `owner` its members.
        """
        parts: list[str] = []
        while isinstance(expr, Attr):
            parts.append(expr.name)
            expr = expr.object
        if isinstance(expr, Subscript) and parts == []:
            # `Generic[T]`, `QuerySet["Book"]`
            return self.resolve_expr(module, expr.object, scope, owner)
        if not isinstance(expr, Name):
            return None
        parts.reverse()
        symbol = self._head(module, expr.id, scope, owner)
        for part in parts:
            if symbol is None:
                return None
            symbol = self.attribute(symbol, part)
        return symbol

    def _head(self, module: Module, name: str, scope: Function | None, owner: ClassSymbol | None) -> Symbol | None:
        if scope is not None:
            local = self._local(module, scope, name)
            if local is not _UNRESOLVED:
                return local  # type: ignore[no-any-return]
        if owner is not None:
            member = owner.members.get(name)
            if member is not None:
                return self._member(member, True)
        return self._global(module, name)

    def _local(self, module: Module, function: Function, name: str) -> Any:
        scope = self._locals.get(id(function))
        if scope is None:
            scope = self._locals[id(function)] = Scope(function.body)
            for param in function.params:
                scope.names.setdefault(param.name, (None,))
        bindings = scope.names.get(name)
        if bindings is None:
            return _UNRESOLVED
        return (
            self._pick(module, name, bindings)
            if all(type(binding) in (Import, Class, Function) for binding in bindings)
            else None
        )

    def lookup(self, dotted: str, near: Module | None = None) -> Symbol | None:
        """What an absolute dotted name stands for; None where it lies in the project but nothing is known of it."""
        head = dotted
        while head:
            symbol: Symbol | None = self.module_symbol(head, near)
            if symbol is not None:
                rest = dotted[len(head) + 1 :]
                if rest:
                    symbol = self._attributes(symbol, rest)
                    if symbol is None and head in self._modules.namespaces:
                        break
                return symbol
            head = head.rpartition(".")[0]
        return self.outside(dotted)

    def _attributes(self, symbol: Symbol | None, dotted: str) -> Symbol | None:
        for part in dotted.split("."):
            if symbol is None:
                return None
            symbol = self.attribute(symbol, part)
        return symbol

    def attribute(self, symbol: Symbol, name: str) -> Symbol | None:
        """What `symbol.name` stands for."""
        if isinstance(symbol, ExternalSymbol):
            return self.outside(f"{symbol.dotted}.{name}")
        if isinstance(symbol, ModuleSymbol):
            found = self._global(symbol.module, name, inner=True)
            if found is not None:
                return found
            return self.module_symbol(f"{symbol.module.name}.{name}", symbol.module if symbol.module.path else None)
        if isinstance(symbol, ClassSymbol):
            member = symbol.member(name)
            return self._member(member, False) if member is not None else None
        if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, Call):
            # `ma.Schema` of `ma = Marshmallow()`
            made = self.resolve_expr(symbol.module, symbol.value.func)
            lent = made.member(name) if isinstance(made, StandIn) else None
            return self._member(lent, True) if lent is not None else None
        return None

    def _member(self, member: Member, alias: bool) -> Symbol | None:
        node, owner = member.node, member.owner
        if isinstance(node, Function):
            return self.function_symbol(owner.module, node, owner)
        if isinstance(node, Class):
            return self.class_symbol(owner.module, node, owner)
        if isinstance(node.value, (Name, Attr)) and alias:
            return self._guarded(owner.module, f"{owner.node.qualname}.{member.name}", node.value)
        return None

    # ----------------------------------------------------------- global scope

    def _global(self, module: Module, name: str, inner: bool = False) -> Symbol | None:
        """`inner`: asked for as `module.name`, where builtins do not count."""
        state = self.state(module)
        try:
            found = state.resolved[name]
        except KeyError:
            pass
        else:
            return (
                None
                if inner and found is not None and found.dotted == f"builtins.{name}" and name not in state.scope.names
                else found
            )
        key = (id(module), name)
        if key in self._busy:
            self._cuts += 1
            return None
        cuts = self._cuts
        self._busy.add(key)
        try:
            bindings = state.scope.names.get(name)
            found = (
                self._pick(module, name, bindings) if bindings is not None else self._from_stars(module, state, name)
            )
            if found is None and bindings is None and module.is_package and module.path and name != module.name:
                found = self._submodule(module, name)
        finally:
            self._busy.discard(key)
        if found is None and bindings is None and name in _BUILTINS:
            state.resolved[name] = self.external(f"builtins.{name}")
            return None if inner else state.resolved[name]
        if found is not None or cuts == self._cuts or not self._busy:
            state.resolved[name] = found
        return found

    def _submodule(self, module: Module, name: str) -> Symbol | None:
        found = self._modules.find(f"{module.name}.{name}", module)
        return self.state(found).symbol if found is not None else None

    def _pick(self, module: Module, name: str, bindings: tuple[Binding, ...]) -> Symbol | None:
        """The first binding that leads into the project, else the first that leads anywhere."""
        if len(bindings) == 1:
            return self._bound(module, bindings[0])
        second: ExternalSymbol | None = None
        last: Symbol | None = None
        for binding in bindings:
            symbol = self._bound(module, binding)
            if symbol is None:
                continue
            if is_none(binding):
                last = last or symbol
            elif isinstance(symbol, ExternalSymbol):
                # Of things from outside, rather the one whose behaviour is known.
                if second is None or (symbol.dotted.startswith(_KNOWN) and not second.dotted.startswith(_KNOWN)):
                    second = symbol
            else:
                return symbol
        return second or last

    def _bound(self, module: Module, binding: Binding) -> Symbol | None:
        kind = type(binding)
        if kind is Import:
            return self._imported(module, binding)
        if kind is Class:
            return self.class_symbol(module, binding)
        if kind is Function:
            return self.function_symbol(module, binding)
        if kind is Let:
            return self._assigned(module, binding)
        return None

    def _assigned(self, module: Module, let: Let) -> Symbol | None:
        assert isinstance(let.target, Name)
        value = let.value
        if isinstance(value, (Name, Attr)) and let.op is None:
            target = self._guarded(module, f"{let.target.id}={let.start}", value)
            if target is not None and not isinstance(target, ValueSymbol):
                return target
        values = self.state(module).values
        key = (let.start, let.target.id)
        if key not in values:
            values[key] = ValueSymbol(module, let.target.id, value if let.op is None else None, let)
        return values[key]

    def _guarded(self, module: Module, name: str, value: Expr) -> Symbol | None:
        key = (id(module), name)
        if key in self._busy:
            self._cuts += 1
            return None
        self._busy.add(key)
        try:
            return self.resolve_expr(module, value)
        finally:
            self._busy.discard(key)

    def absolute(self, module: Module, node: Import) -> str | None:
        """The absolute name of the module that an import statement names; None where it climbs out of the package."""
        if node.level == 0:
            return node.module
        package = module.package
        for _ in range(node.level - 1):
            if not package:
                return None
            package = package.rpartition(".")[0]
        return f"{package}.{node.module}" if package and node.module else package or node.module

    def _imported(self, module: Module, node: Import) -> Symbol | None:
        source = self.absolute(module, node)
        if source is None:
            return None
        if node.name is None:
            if node.alias is not None:
                return self._module_or_external(source, module)
            head = source.partition(".")[0]
            if self._modules.find(head, module) is None and self._modules.find(source, module) is None:
                return self.outside(head)
            return self.module_symbol(head, module)
        target = self._modules.find(source, module) if source else None
        if target is not None:
            found = self._global(target, node.name, inner=True)
            if found is None:
                inner = self._modules.find(f"{target.name}.{node.name}", module)
                found = self.state(inner).symbol if inner is not None else None
            return found
        dotted = f"{source}.{node.name}" if source else node.name
        found_module = self._modules.find(dotted, module)
        if found_module is not None:
            return self.state(found_module).symbol
        if node.level:
            return self.module_symbol(dotted, module)
        return self.outside(dotted)

    def _module_or_external(self, dotted: str, module: Module) -> Symbol | None:
        found = self._modules.find(dotted, module)
        if found is not None:
            return self.state(found).symbol
        # `import package.name as alias` where the package itself binds the name
        parent, _, name = dotted.rpartition(".")
        owner = self._modules.find(parent, module) if parent else None
        if owner is not None:
            return self._global(owner, name, inner=True)
        return self.outside(dotted)

    # --------------------------------------------------------------- import *

    def _from_stars(self, module: Module, state: _State, name: str) -> Symbol | None:
        outside: list[str] = []
        for node in reversed(state.scope.stars):
            source = self.absolute(module, node)
            if not source:
                continue
            target = self._modules.find(source, module)
            if target is None:
                if not node.level:
                    outside.append(source)
                continue
            if target is not module and self._exports(target, name):
                found = self._global(target, name, inner=True)
                if found is not None:
                    return found
        if len(outside) == 1 and not name.startswith("_") and name not in _BUILTINS:
            return self.outside(f"{outside[0]}.{name}")
        return None

    def _exports(self, module: Module, name: str) -> bool:
        state = self.state(module)
        if state.exports is None:
            state.exports = frozenset()
            if "__all__" in state.scope.names:
                value = self.constant(module, Name(0, 0, "__all__"))
                if isinstance(value, (list, tuple)):
                    state.exports = frozenset(item for item in value if isinstance(item, str))
        return name in state.exports if state.exports else not name.startswith("_")

    # --------------------------------------------------------------- classes

    def bases(self, symbol: ClassSymbol) -> tuple[ClassSymbol | ExternalSymbol, ...]:
        """The classes that a class statement names as its bases, as far as they are known."""
        found: list[ClassSymbol | ExternalSymbol] = []
        for expr in symbol.node.bases:
            if isinstance(expr, Call):
                found.extend(self._called_bases(symbol, expr))
                continue
            base = self.resolve_expr(symbol.module, expr, None, symbol.owner)
            if base is symbol:
                base = self._earlier(symbol)
            if isinstance(base, (ClassSymbol, ExternalSymbol)):
                found.append(base)
            elif isinstance(base, ValueSymbol) and isinstance(base.value, Call):
                found.extend(self._called_bases(symbol, base.value, base.module))
        return tuple(base for base in dict.fromkeys(found) if base.dotted != "builtins.object")

    def _earlier(self, symbol: ClassSymbol) -> Symbol | None:
        """The class that `class Name(Name)` inherits from: what had the name before."""
        found: Symbol | None = None
        for node in statements(symbol.module.facts.body):
            if node.start >= symbol.node.start:
                break
            if isinstance(node, Class) and node.name == symbol.name:
                found = self.class_symbol(symbol.module, node)
            elif isinstance(node, Import) and symbol.name in (node.alias, node.name):
                found = self._imported(symbol.module, node)
        return found

    def _called_bases(
        self, symbol: ClassSymbol, call: Call, module: Module | None = None
    ) -> Iterator[ClassSymbol | ExternalSymbol]:
        """`Manager.from_queryset(QuerySet)` is a Manager, `with_metaclass(Meta, Base)` a Base, `get_user_model()` the
        user.
        """
        module = module or symbol.module
        func = call.func
        exprs: tuple[Expr, ...] = ()
        if isinstance(func, Attr) and func.name == "from_queryset":
            exprs = (func.object,)
        else:
            name = func.name if isinstance(func, Attr) else func.id if isinstance(func, Name) else ""
            if name == "with_metaclass":
                exprs = call.args[1:]
            elif name == "get_user_model":
                user = self.project.django.user_symbol
                if user is not None:
                    yield user
        for expr in exprs:
            base = self.resolve_expr(module, expr)
            if isinstance(base, (ClassSymbol, ExternalSymbol)):
                yield base

    # -------------------------------------------------------------- constants

    def constant(
        self, module: Module, expr: Expr, scope: Function | None = None, owner: ClassSymbol | None = None
    ) -> Any:
        """The value of an expression that is made of literals and names of literals; NOTHING where it is not."""
        return constants.fold(self, module, expr, scope, owner)

    def scope_of(self, module: Module) -> Scope:
        """Which statements bind the module's names."""
        return self.state(module).scope
