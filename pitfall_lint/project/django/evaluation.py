"""Settings modules evaluated, statement by statement, without running them: what each name may be, and whether that
is certain.

Understood are imports of other settings modules, `+=`, `append` and the like, values from the environment (not
certain; their default is kept), settings classes, and split_settings. A value under a condition that cannot be decided
is not certain. How one expression is read is in `expressions`.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pitfall_lint.finding import Place
from pitfall_lint.language import (
    Attr,
    Body,
    Call,
    Class,
    Collection,
    Do,
    Expr,
    For,
    Function,
    If,
    Import,
    Let,
    Name,
    Return,
    Subscript,
    Try,
    With,
)
from pitfall_lint.project.classes import ClassSymbol
from pitfall_lint.project.constants import NOTHING, add, known
from pitfall_lint.project.django.expressions import Reader, Setting
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols


class Evaluations:
    """Evaluates modules, each once."""

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._done: dict[str, Evaluation | None] = {}

    def of(self, module: Module) -> Evaluation | None:
        """The evaluated module; None while it is being evaluated (a circular import)."""
        if module.path not in self._done:
            self._done[module.path] = None
            self._done[module.path] = Evaluation(self, module)
        return self._done[module.path]


class Evaluation:
    """One settings module, evaluated. `is_open`: something outside the repository may add to it (a local settings file
    that is not there, `globals().update`).
    """

    def __init__(self, evaluations: Evaluations, module: Module) -> None:
        self.evaluations = evaluations
        self.symbols = evaluations.symbols
        self.module = module
        self.names: dict[str, Setting] = {}
        self.is_open = False
        self.in_class = False
        self.modules: list[Module] = [module]
        self._run(module.facts.body, self.names)

    def of_other(self, module: Module, name: str, reader: Reader) -> Any:
        """The value of a name of another module of the project."""
        other = self.evaluations.of(module)
        setting = other.names.get(name) if other is not None else None
        if setting is None:
            return NOTHING
        reader.unsure = reader.unsure or not setting.certain
        return setting.value

    # -------------------------------------------------------------- statements

    def _run(self, body: Body, names: dict[str, Setting]) -> None:
        for node in body:
            if isinstance(node, Let):
                self._let(node, names)
            elif isinstance(node, Import):
                self._import(node, names)
            elif isinstance(node, Do):
                self._do(node.value, names)
            elif isinstance(node, If):
                self._if(node, names)
            elif isinstance(node, Try):
                self._try(node, names)
            elif isinstance(node, With):
                self._run(node.body, names)
            elif isinstance(node, For):
                self._bind(node.target, names)
                self._branches(names, [node.body, ()])
            elif isinstance(node, (Function, Class)):
                names.pop(node.name, None)

    def _bind(self, target: Expr, names: dict[str, Setting]) -> None:
        if isinstance(target, Name):
            names[target.id] = Setting(target.id, NOTHING, False, None)
        elif isinstance(target, Collection):
            for item in target.items:
                self._bind(item, names)

    def _place(self, start: int, end: int) -> Place:
        return Place(self.module.path, start, end)

    def _let(self, node: Let, names: dict[str, Setting]) -> None:
        if node.value is None:
            return
        reader = Reader(self, names)
        target = node.target
        if isinstance(target, Name):
            value = reader.fold(node.value)
            self._put(names, target.id, value, reader, node)
        elif isinstance(target, Subscript):
            self._set_item(target, reader.fold(node.value), names, node.op)
        elif isinstance(target, Collection):
            value = reader.fold(node.value)
            for index, item in enumerate(target.items):
                if isinstance(item, Name):
                    part = (
                        value[index]
                        if isinstance(value, (list, tuple)) and len(value) == len(target.items)
                        else NOTHING
                    )
                    self._put(names, item.id, part, reader, node)

    def _put(self, names: dict[str, Setting], name: str, value: Any, reader: Reader, node: Let) -> None:
        if node.op is not None:
            prior = names.get(name)
            before = prior.value if prior is not None else NOTHING
            reader.unsure = reader.unsure or prior is None or not prior.certain
            value = add(before, value) if node.op == "+" else _joined(before, value)
        place = self._place(node.start, node.end)
        if reader.unsure:
            keeps = isinstance(value, (list, tuple, dict)) and value
            names[name] = Setting(name, value if keeps else NOTHING, False, place, () if value is NOTHING else (value,))
        else:
            names[name] = Setting(name, value, known(value), place)

    def _set_item(self, target: Subscript, value: Any, names: dict[str, Setting], op: str | None = None) -> None:
        """`DATABASES["default"]["HOST"] = value`, `TEMPLATES[0]["DIRS"] += value`."""
        name, keys = self._keys(target, names)
        if name is None:
            return
        setting = names[name]
        if op is not None:
            before = _item(setting.value, keys)
            value = add(before, value) if op == "+" else _joined(before, value)
        changed = _with_item(setting.value, keys, value)
        if changed is not NOTHING:
            names[name] = Setting(name, changed, setting.certain and known(value), setting.place, setting.possible)

    def _keys(self, expr: Expr, names: dict[str, Setting]) -> tuple[str | None, list[Any]]:
        """The setting that a chain of subscripts begins with, and their values."""
        keys: list[Any] = []
        reader = Reader(self, names)
        while isinstance(expr, Subscript):
            keys.append(reader.fold(expr.index))
            expr = expr.object
        return (expr.id if isinstance(expr, Name) and expr.id in names else None), keys[::-1]

    def _import(self, node: Import, names: dict[str, Setting]) -> None:
        source = self.symbols.absolute(self.module, node)
        if node.name is None or source is None:
            return
        found = self.symbols.find_module(source, self.module) if source else None
        if node.name == "*":
            if found is not None and not found.facts.shallow:
                other = self.evaluations.of(found)
                if other is not None:
                    names.update({name: setting for name, setting in other.names.items() if not name.startswith("_")})
                    self.is_open = self.is_open or other.is_open
                    self.modules.extend(module for module in other.modules if module not in self.modules)
            elif node.level or self._is_own(source):
                self.is_open = True
            return
        bound = node.alias or node.name
        names.pop(bound, None)
        if found is not None:
            other = self.evaluations.of(found)
            setting = other.names.get(node.name) if other is not None else None
            if setting is not None:
                names[bound] = Setting(bound, setting.value, setting.certain, setting.place, setting.possible)

    def _is_own(self, dotted: str) -> bool:
        head = dotted.partition(".")[0]
        return self.symbols.find_module(head, self.module) is not None or "local" in dotted

    def _do(self, expr: Expr, names: dict[str, Setting]) -> None:
        if not isinstance(expr, Call):
            return
        func = expr.func
        if isinstance(func, Name):
            if func.id == "include":
                self._include(expr, names)
            elif func.id in ("exec", "execfile"):
                self.is_open = True
            return
        if not isinstance(func, Attr):
            return
        if func.name == "load_settings":
            symbol = self.symbols.resolve_expr(self.module, func.object)
            if isinstance(symbol, ClassSymbol):
                self.run_class(symbol, names)
            return
        if (
            isinstance(func.object, Call)
            and isinstance(func.object.func, Name)
            and func.object.func.id in ("globals", "locals", "vars")
        ):
            self.is_open = True
            return
        name, keys = self._keys(func.object, names)
        if name is not None:
            self._change(name, keys, func.name, expr, names)

    def _change(self, name: str, keys: list[Any], method: str, expr: Call, names: dict[str, Setting]) -> None:
        """`INSTALLED_APPS.append("x")`, `TEMPLATES[0]["DIRS"].append("x")` and their kin."""
        setting = names[name]
        reader = Reader(self, names)
        args = [reader.fold(arg) for arg in expr.args]
        changed = _changed(_item(setting.value, keys), method, args)
        if keys and changed is not NOTHING:
            changed = _with_item(setting.value, keys, changed)
        if changed is not NOTHING:
            certain = setting.certain and not reader.unsure and known(changed)
            names[name] = Setting(name, changed, certain, setting.place)

    def _include(self, expr: Call, names: dict[str, Setting]) -> None:
        """split_settings: `include("base.py", optional("local.py"))`, with wildcards, from this module's folder."""
        folder = posixpath.dirname(self.module.path)
        reader = Reader(self, names)
        for arg in expr.args:
            inner = arg.args[0] if isinstance(arg, Call) and len(arg.args) == 1 else arg
            pattern = reader.fold(inner)
            if not isinstance(pattern, str):
                self.is_open = True
                continue
            wanted = posixpath.normpath(posixpath.join(folder, pattern))
            paths = sorted(path for path in self.symbols.project.python if fnmatch.fnmatchcase(path, wanted))
            for path in paths:
                module = self.symbols.module_at(path)
                if module is not None and module not in self.modules:
                    self.modules.append(module)
                    before, self.module = self.module, module
                    self._run(module.facts.body, names)
                    self.module = before
            if not paths:
                self.is_open = True

    # ------------------------------------------------------------- conditions

    def _if(self, node: If, names: dict[str, Setting]) -> None:
        reader = Reader(self, names)
        test = reader.fold(node.test)
        if known(test) and not reader.unsure:
            self._run(node.body if test else node.orelse, names)
        else:
            self._branches(names, [node.body, node.orelse])

    def _try(self, node: Try, names: dict[str, Setting]) -> None:
        missing = any(
            isinstance(inner, Import) and not self._resolves(inner) and (inner.level or self._is_own(inner.module))
            for inner in node.body
        )
        if missing:
            # The import fails here, and may succeed where the file exists.
            self.is_open = True
            for handler in node.handlers:
                self._run(handler.body, names)
        else:
            self._run(node.body, names)
            self._run(node.orelse, names)
        self._run(node.final, names)

    def _resolves(self, node: Import) -> bool:
        source = self.symbols.absolute(self.module, node)
        if source is None:
            return False
        if self.symbols.find_module(source, self.module) is not None:
            return True
        return node.name is not None and self.symbols.find_module(f"{source}.{node.name}", self.module) is not None

    def _branches(self, names: dict[str, Setting], bodies: Iterable[Body]) -> None:
        """Run each body on its own copy; what they disagree on is not certain, lists keep what any of them adds."""
        results = []
        for body in bodies:
            copy = dict(names)
            self._run(body, copy)
            results.append(copy)
        for name in {name: None for result in results for name in result}:
            settings = [result.get(name) for result in results]
            first = settings[0]
            if all(setting is first for setting in settings):
                continue
            merged = self._merged(name, [setting for setting in settings if setting is not None], None in settings)
            names[name] = merged

    def _merged(self, name: str, settings: list[Setting], absent: bool) -> Setting:
        values = [setting.value for setting in settings]
        place = next((setting.place for setting in settings if setting.place), None)
        if not absent and all(value == values[0] and type(value) is type(values[0]) for value in values):
            return Setting(name, values[0], all(setting.certain for setting in settings), place, settings[0].possible)
        lists = [value for value in values if isinstance(value, (list, tuple))]
        if lists and all(value is NOTHING or isinstance(value, (list, tuple)) for value in values):
            longest = max(lists, key=len)
            union = [*longest, *(item for other in lists for item in other if item not in longest)]
            if len(lists) < len(values) and NOTHING not in union:
                union.append(NOTHING)
            return Setting(name, union, False, place, tuple(values))
        if len(values) > 1 and all(isinstance(value, dict) for value in values):
            joined: dict[Any, Any] = {}
            for value in reversed(values):
                joined.update(value)
            return Setting(name, joined, False, place, tuple(values))
        possible: list[Any] = []
        for setting in settings:
            for value in setting.possible if setting.value is NOTHING else (setting.value,):
                if not any(value == other and type(value) is type(other) for other in possible):
                    possible.append(value)
        return Setting(name, NOTHING, False, place, tuple(possible))

    # ------------------------------------------------------- settings classes

    def run_class(self, symbol: ClassSymbol, names: dict[str, Setting]) -> None:
        """The attributes and properties of a settings class and its bases become settings."""
        before, self.in_class = self.in_class, True
        home = self.module
        bases = [base for base in reversed(symbol.mro) if isinstance(base, ClassSymbol)]
        # Attributes first: a property of a base may read what a derived class sets.
        for properties in (False, True):
            for base in bases:
                self.module = base.module
                if base.module not in self.modules:
                    self.modules.append(base.module)
                other = self.evaluations.of(base.module) if base.module is not home else None
                around = {**(other.names if other is not None else {}), **names}
                for node in base.node.body:
                    if isinstance(node, Function) and properties:
                        first = symbol.member(node.name)
                        if first is not None and isinstance(first.node, Function):
                            self._property(node, around)
                    elif not isinstance(node, Function) and not properties:
                        self._run((node,), around)
                names.update({name: setting for name, setting in around.items() if name.isupper()})
        self.module, self.in_class = home, before

    def _property(self, node: Function, names: dict[str, Setting]) -> None:
        if not node.name.isupper():
            return
        local = dict(names)
        for index, statement in enumerate(node.body):
            if isinstance(statement, Return) and statement.value is not None:
                self._run(node.body[:index], local)
                reader = Reader(self, local)
                value = reader.fold(statement.value)
                certain = not reader.unsure and known(value)
                names[node.name] = Setting(node.name, value, certain, self._place(node.start, node.name_end))
                return
        names[node.name] = Setting(node.name, NOTHING, False, self._place(node.start, node.name_end))


def _joined(first: Any, second: Any) -> Any:
    return {**first, **second} if isinstance(first, dict) and isinstance(second, dict) else NOTHING


def _changed(value: Any, method: str, args: list[Any]) -> Any:
    """What a list or dict is after a method that changes it; NOTHING for other methods and values."""
    if isinstance(value, (list, tuple)) and args:
        items = list(value)
        if method == "append":
            return [*items, args[0]]
        if method == "extend":
            return add(items, args[0])
        if method == "insert" and len(args) == 2:
            items.insert(args[0] if isinstance(args[0], int) else len(items), args[1])
            return items
        if method == "remove":
            return [item for item in items if item != args[0]]
    if isinstance(value, dict) and method == "update" and args and isinstance(args[0], dict):
        return {**value, **args[0]}
    return NOTHING


def _item(value: Any, keys: list[Any]) -> Any:
    """What lies in a nested dict or list; NOTHING where nothing known does."""
    for key in keys:
        if isinstance(value, dict) and key is not NOTHING:
            value = value.get(key, NOTHING)
        elif isinstance(value, (list, tuple)) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return NOTHING
    return value


def _with_item(value: Any, keys: list[Any], item: Any) -> Any:
    """A copy of a nested dict or list with one item set; NOTHING where that cannot be done."""
    if not keys:
        return item
    key = keys[0]
    if isinstance(value, dict) and key is not NOTHING:
        inner = _with_item(value.get(key, {}), keys[1:], item)
        return NOTHING if inner is NOTHING and len(keys) > 1 else {**value, key: inner}
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        copy = list(value)
        copy[key] = _with_item(value[key], keys[1:], item)
        return copy
    return NOTHING
