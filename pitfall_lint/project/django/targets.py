"""Which model a relation leads to: a class, `"self"`, `"Model"`, `"app.Model"`, the user model, or a constant that
holds one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint.language import Attr, Call, Choice, Const, Expr, Lambda, Name
from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol, ValueSymbol
from pitfall_lint.project.django import contrib
from pitfall_lint.project.django.drafts import Declared, Draft, Drafts
from pitfall_lint.project.modules import Module

if TYPE_CHECKING:
    from pitfall_lint.project.symbols import Symbols

_HOPS = 8
_SETTINGS = "django.conf.settings."


@dataclass(frozen=True, slots=True)
class Target:
    """What a relation leads to, or why that is not known. `local`: the reason lies in the project, not in a library."""

    draft: Draft | None
    reason: str = ""
    local: bool = False


class Targets:
    """Resolves targets. `setting` gives the folded value of a setting."""

    def __init__(self, symbols: Symbols, drafts: Drafts, setting: Callable[[str], Any]) -> None:
        self.symbols = symbols
        self.drafts = drafts
        self.setting = setting
        self.user: Draft | None = None
        self._labels: dict[str, list[Draft]] = {}
        self._names: dict[str, list[Draft]] = {}
        self._found: dict[tuple[int, int], Target] = {}

    def index(self, drafts: Iterable[Draft]) -> None:
        """Make these known by label."""
        for draft in drafts:
            self._labels.setdefault(f"{draft.app_label}.{draft.name}".lower(), []).append(draft)
            self._names.setdefault(draft.name.lower(), []).append(draft)

    # ---------------------------------------------------------------- by name

    def named(self, label: str, near: Draft | None = None) -> Draft | None:
        """The model `app.Model`; among several projects' the one of `near`."""
        found = [draft for draft in self._labels.get(label.lower(), ()) if not draft.abstract]
        if found:
            if near is not None and len(found) > 1:
                return next((draft for draft in found if draft.root == near.root), found[0])
            return found[-1] if near is None else found[0]
        listed = contrib.by_label().get(label.lower())
        return self.drafts.of_name(listed.dotted) if listed is not None else None

    def _of_text(self, text: str, declared: Declared | None, draft: Draft) -> Target:
        if text == "self":
            return Target(draft)
        app, dot, name = text.rpartition(".")
        if not dot:
            found = self.named(f"{draft.app_label}.{text}", draft)
            if found is None and declared is not None and declared.owner is not None:
                holder = self.drafts.of_class(declared.owner)
                if holder is not None:
                    found = self.named(f"{holder.app_label}.{text}", draft)
            if found is None and draft.listed is None:
                candidates = [
                    other
                    for other in self._names.get(text.lower(), ())
                    if not other.abstract and other.root == draft.root
                ]
                found = candidates[0] if len(candidates) == 1 else None
            return Target(found, f"no model {text!r} in app {draft.app_label!r}", True)
        found = self.named(text, draft)
        if found is None and "." in app:
            symbol = self.symbols.lookup(text)
            if isinstance(symbol, ClassSymbol):
                found = self.drafts.of_class(symbol)
            elif isinstance(symbol, ExternalSymbol):
                found = self.drafts.of_name(symbol.dotted)
            found = found or self.named(f"{app.rpartition('.')[2]}.{name}", draft)
        if found is None:
            local = any(label.startswith(app.lower() + ".") for label in self._labels)
            return Target(None, f"no model {text!r}", local)
        return Target(found)

    def of_user(self) -> Target:
        """The user model."""
        return Target(self.user, "no user model", True)

    # ------------------------------------------------------------- by argument

    def resolve(self, declared: Declared, draft: Draft) -> Target:
        """The target of a declared relation, as seen from `draft`, which declares or inherits it."""
        key = (id(declared), id(draft))
        if key not in self._found:
            self._found[key] = self._resolve(declared, draft)
        return self._found[key]

    def _resolve(self, declared: Declared, draft: Draft) -> Target:
        if declared.parent is not None:
            return Target(declared.parent)
        if declared.entry is not None:
            label = declared.entry.target
            if label is None:
                return Target(None, "no target in the table", False)
            return self.of_user() if label == "USER" else self._of_text(label, None, draft)
        if declared.kind == "TaggableManager":
            return self._of_tags(declared, draft)
        expr = declared.expr("to", 0)
        if expr is None:
            default = self.drafts.default_target(declared)
            if default is not None:
                return self._of_expr(default[0], default[1], None, declared, draft, 0)
            return self._of_library(declared)
        return self.of_expr(expr, declared, draft)

    def _of_library(self, declared: Declared) -> Target:
        name = declared.cls.dotted if declared.cls is not None else "?"
        return Target(None, f"{name} names no target", isinstance(declared.cls, ClassSymbol))

    def _of_tags(self, declared: Declared, draft: Draft) -> Target:
        """`TaggableManager()` leads to the tags of its through model's `tag`."""
        through = declared.expr("through")
        if through is None:
            return self._of_text("taggit.Tag", None, draft)
        way = self.of_expr(through, declared, draft)
        if way.draft is None:
            return way
        for base in way.draft.parents_in():
            tag = base.own.get("tag")
            if tag is not None:
                return self.resolve(tag, way.draft)
            # `tag = ...` on a plain class or an unknown base
        return self._of_text("taggit.Tag", None, draft)

    def of_expr(self, expr: Expr, declared: Declared, draft: Draft) -> Target:
        """The model that an argument of the field names."""
        assert declared.module is not None
        return self._of_expr(declared.module, expr, declared.owner, declared, draft, 0)

    def _of_expr(
        self, module: Module, expr: Expr, owner: ClassSymbol | None, declared: Declared, draft: Draft, hops: int
    ) -> Target:
        if hops > _HOPS:
            return Target(None, "too many hops", True)
        if isinstance(expr, Const):
            if isinstance(expr.value, str):
                return self._of_text(expr.value, declared, draft)
            return Target(None, "not a model", True)
        if isinstance(expr, (Name, Attr)):
            return self._of_name(module, expr, owner, declared, draft, hops)
        if isinstance(expr, Call):
            return self._of_call(module, expr, owner, declared, draft, hops)
        if isinstance(expr, Lambda):
            return self._of_expr(module, expr.body, owner, declared, draft, hops + 1)
        if isinstance(expr, Choice):
            for option in expr.options:
                found = self._of_expr(module, option, owner, declared, draft, hops + 1)
                if found.draft is not None:
                    return found
        value = self.symbols.constant(module, expr, owner=owner)
        if isinstance(value, str):
            return self._of_text(value, declared, draft)
        return Target(None, "an expression", True)

    def _of_name(
        self, module: Module, expr: Name | Attr, owner: ClassSymbol | None, declared: Declared, draft: Draft, hops: int
    ) -> Target:
        symbol = self.symbols.resolve_expr(module, expr, None, owner)
        if isinstance(symbol, ClassSymbol):
            found = self.drafts.of_class(symbol)
            if found is not None and found.abstract:
                return Target(None, f"{symbol.dotted} is abstract", True)
            return Target(found, f"{symbol.dotted} is no model", True)
        if isinstance(symbol, ExternalSymbol):
            if symbol.dotted.startswith(_SETTINGS):
                return self._of_setting(symbol.dotted[len(_SETTINGS) :], declared, draft)
            found = self.drafts.of_name(symbol.dotted)
            if found is not None and found.abstract:
                found = None
            return Target(found, f"{symbol.dotted} lies outside", False)
        if isinstance(symbol, ValueSymbol) and symbol.value is not None:
            return self._of_expr(symbol.module, symbol.value, None, declared, draft, hops + 1)
        value = self.symbols.constant(module, expr, owner=owner)
        if isinstance(value, str):
            return self._of_text(value, declared, draft)
        if isinstance(expr, Attr) and expr.name.isupper() and expr.name.endswith("MODEL"):
            # a project's own wrapper around the settings
            return self._of_setting(expr.name, declared, draft)
        return Target(None, "a name that leads nowhere", True)

    def _of_setting(self, name: str, declared: Declared | None, draft: Draft) -> Target:
        if name == "AUTH_USER_MODEL":
            return self.of_user()
        value = self.setting(name)
        return (
            self._of_text(value, declared, draft)
            if isinstance(value, str)
            else Target(None, f"the setting {name}", False)
        )

    def _of_call(
        self, module: Module, expr: Call, owner: ClassSymbol | None, declared: Declared, draft: Draft, hops: int
    ) -> Target:
        func = expr.func
        name = func.name if isinstance(func, Attr) else func.id if isinstance(func, Name) else ""
        args = [self.symbols.constant(module, arg, owner=owner) for arg in expr.args]
        if name in ("get_user_model", "get_user_model_lazy", "get_user_model_name"):
            return self.of_user()
        if name in ("get_model", "get_model_name", "load_model", "get_class", "require_model") and args:
            if len(args) > 1 and isinstance(args[0], str) and isinstance(args[1], str):
                return self._of_text(f"{args[0]}.{args[1]}", declared, draft)
            if isinstance(args[0], str):
                return self._of_text(args[0], declared, draft)
        if name == "getattr" and len(args) >= 2 and isinstance(args[1], str):
            found = self._of_setting(args[1], declared, draft)
            if found.draft is not None or len(expr.args) < 3:
                return found
            return self._of_expr(module, expr.args[2], owner, declared, draft, hops + 1)
        return Target(None, f"a call of {name or 'something'}", True)
