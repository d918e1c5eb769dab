"""Code that nothing can come by: command modules that Django does not list, methods of models that an application
never mentions, classes that are only inherited from. Nothing is started at there.

It goes by names alone: a name that is written anywhere (`row.told`, `"author.told"`, `{{ row.told }}`) may be the one
that is meant. What a library would find by a name of its own, and what other packages may call, stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, FunctionSymbol
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter

HOOKS = frozenset(
    """save asave delete adelete clean full_clean clean_fields validate_unique validate_constraints get_absolute_url
    natural_key from_db refresh_from_db get_deferred_fields serializable_value prepare_database_save check
    get_username get_full_name get_short_name get_session_auth_hash get_email_field_name email_user set_password
    check_password has_perm has_perms has_module_perms get_user_permissions get_group_permissions get_all_permissions
    is_anonymous is_authenticated""".split()  # noqa: SIM905
)
QUIET_BASES = ("django.db.models.", "django.contrib.auth.", "builtins.", "abc.", "typing.")
READ_ONLY = frozenset({"property", "cached_property", "classmethod", "staticmethod", "display", "abstractmethod"})
WORDS = re.compile(r"[\w.\-:+]+\Z")
PIECES = re.compile(r"\{[^{}]*\}|%s|%\(\w+\)s")
LEAST_PIECE = 3  # letters that say something about a name which is put together


class Mentions:
    """The attributes that a part of the program reads, and the names in its strings; `pieces` are strings that names
    are put together from."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.pieces: set[str] = set()

    def take(self, node: Any) -> None:
        """What one node mentions."""
        if isinstance(node, (l.Attr, l.Lookup)):
            self.names.add(node.name)
        elif isinstance(node, l.Const) and isinstance(node.value, str) and node.value:
            if WORDS.match(node.value):
                for path in re.split(r"[.:+]", node.value.lstrip("-")):
                    self.names.update((path, *path.split("__")))
            if "_" in node.value:
                parts = PIECES.split(node.value)
                self.pieces.update(part for part in parts if len(part) >= LEAST_PIECE and "_" in (part[0], part[-1]))

    def has(self, name: str) -> bool:
        """Whether the name is among them, or could be put together: `f"get_{kind}"`."""
        return name in self.names or any(
            (piece.endswith("_") and name.startswith(piece)) or (piece.startswith("_") and name.endswith(piece))
            for piece in self.pieces
        )


class Reach:
    """What of one project is reached."""

    def __init__(self, it: Interpreter) -> None:
        self.it = it
        self.symbols = it.symbols
        self.project = it.project
        self._held: dict[int, Mentions] = {}

    # ------------------------------------------------------------------ commands

    def is_listed(self, module: Module) -> bool:
        """Whether a module is none of those in `management/commands` whose name begins with an underscore, which
        Django does not list as commands, or one that others import from.

        https://docs.djangoproject.com/en/stable/howto/custom-management-commands/
        """
        folder, _, name = f"/{module.path}".rpartition("/")
        if not folder.endswith("/management/commands") or not name.startswith("_"):
            return True
        return name.removesuffix(".py") in self.imported

    @cached_property
    def imported(self) -> frozenset[str]:
        """The last parts of the modules that are imported anywhere."""
        found: set[str] = set()
        for facts in self.project.python.values():
            for node in outside_functions(facts.body):
                if isinstance(node, l.Import):
                    found.add((node.module or "").rpartition(".")[2])
                    found.add(node.name or "")
        return frozenset(found)

    # ------------------------------------------------------------------ methods

    def is_called(self, symbol: FunctionSymbol) -> bool:
        """Whether anything may call the function: not where an application's model has a method that nothing mentions.

        Of a library, whose users call what it does not, nothing is told; nor of a method that overrides one of its
        bases', that a decorator hands on, or that Django calls by its name.
        """
        owner, name = symbol.owner, symbol.name
        if owner is None or name in HOOKS or name.startswith("__") or not self.is_application:
            return True
        if self.it.model_of(owner) is None or not all(is_plain(base) for base in owner.mro):
            return True
        if any(decorated(decorator) not in READ_ONLY for decorator in symbol.node.decorators):
            return True
        if any(isinstance(base, ClassSymbol) and base is not owner and name in base.members for base in owner.mro):
            return True
        return self.mentions(name)

    @cached_property
    def is_application(self) -> bool:
        """Whether the project serves pages of its own, by the root of its URLs."""
        django = self.project.django
        return isinstance(django.setting("ROOT_URLCONF"), str) and bool(django.urls.views)

    def mentions(self, name: str) -> bool:
        """Whether the program reads an attribute of that name, or has it in a string."""
        if self.outside.has(name):
            return True
        written = name.encode()
        for function in self.symbols.functions():
            raw = bytes(function.node.encoded)
            if written in raw and self.within(function.node).has(name):
                return True
        return any(self.within(function.node).has(name) for function in self.joining)

    @cached_property
    def outside(self) -> Mentions:
        """What templates and the statements of modules and classes mention. A class that is no model may declare
        fields, columns or resolvers under the names of what they show."""
        found, _ = self._statements
        for symbol in self.symbols.classes():
            for statement in symbol.node.body:  # `title = property(get_title)`, `@title.setter`
                parts = statement.decorators if isinstance(statement, l.Function) else (statement,)
                if not isinstance(statement, l.Class):
                    found.names.update(part.id for part in l.walk(parts) if isinstance(part, l.Name))
            if self.it.model_of(symbol) is None:
                found.names.update(name for name, member in symbol.members.items() if isinstance(member.node, l.Let))
        for template in self.project.template_files.values():
            for node in l.walk(template.body):
                found.take(node)
        return found

    @cached_property
    def joining(self) -> tuple[FunctionSymbol, ...]:
        """The functions that read attributes by names which they put together."""
        ways = {"getattr", "attrgetter", "methodcaller"}
        return tuple(function for function in self.symbols.functions() if not ways.isdisjoint(function.node.names))

    def within(self, function: l.Function) -> Mentions:
        """What the body of a function mentions."""
        found = self._held.get(id(function))
        if found is None:
            found = self._held[id(function)] = Mentions()
            for node in l.walk(function.body):
                found.take(node)
        return found

    # ------------------------------------------------------------------ classes

    def is_only_base(self, symbol: ClassSymbol) -> bool:
        """Whether classes of the project inherit from it and nothing else mentions it: there are no objects of it
        itself, only of those."""
        if symbol.node.decorators or self.it.model_of(symbol) is not None:
            return False
        return bool(self.symbols.subclasses(symbol)) and symbol.name not in self._classes_mentioned

    @cached_property
    def _classes_mentioned(self) -> frozenset[str]:
        """The names that are written anywhere but among the bases of a class and in imports."""
        _, found = self._statements
        return found.union(*(function.node.names for function in self.symbols.functions()))

    @cached_property
    def _statements(self) -> tuple[Mentions, frozenset[str]]:
        """What the statements of modules and classes mention, and the names in them that stand in no class's bases."""
        mentioned, names = Mentions(), set[str]()
        for facts in self.project.python.values():
            for node in () if facts.shallow else outside_functions(facts.body):
                mentioned.take(node)
                if isinstance(node, l.Class):
                    for part in l.walk(node.bases):
                        mentioned.take(part)
                elif isinstance(node, l.Name):
                    names.add(node.id)
                elif isinstance(node, l.Attr):
                    names.add(node.name)
                elif isinstance(node, l.Const) and isinstance(node.value, str):
                    names.update(node.value.split("."))
        return mentioned, frozenset(names)


def reach_of(it: Interpreter) -> Reach:
    """The one of the project, for all who look for starts."""
    if "reach" not in it.plans:
        it.plans["reach"] = Reach(it)
    found: Reach = it.plans["reach"]
    return found


def outside_functions(body: l.Body) -> Iterator[Any]:
    """The nodes of a module but for the bodies of its functions and the bases of its classes."""
    stack: list[Any] = list(body)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, l.Function):
            stack += [*node.decorators, *node.params]
            if node.returns is not None:
                stack.append(node.returns)
        elif isinstance(node, l.Class):
            stack += [*node.keywords, *node.decorators, *node.body]
        else:
            stack += l.children(node)


def is_plain(base: object) -> bool:
    """Whether a base is the project's own, or calls only what is known by name."""
    if isinstance(base, ExternalSymbol):
        return base.dotted.startswith(QUIET_BASES)
    return isinstance(base, ClassSymbol) and not base.stands_in


def decorated(decorator: Any) -> str:
    """The last name of a decorator."""
    return (l.dotted(decorator.func if isinstance(decorator, l.Call) else decorator) or "").rpartition(".")[2]
