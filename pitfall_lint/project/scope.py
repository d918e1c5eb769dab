"""Which statements bind each name of a module, class or function body, in the order in which they should be believed.

A name that is bound once has one binding. A conditional one (`try`/`except ImportError`, `if TYPE_CHECKING`) has
several, and whoever resolves it
takes the first that leads somewhere.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from pitfall_lint.language import (
    Body,
    Class,
    Collection,
    Const,
    Expr,
    For,
    Function,
    If,
    Import,
    Let,
    Name,
    Star,
    Try,
    While,
    With,
)

Binding: TypeAlias = Any  # Import | Class | Function | Let, or None where the name is bound to something unknown
Names: TypeAlias = dict[str, tuple[Binding, ...]]


class Scope:
    """The names of one body. `stars` are its `import *`, `augmented` the `name += value` of each name, in order."""

    __slots__ = ("augmented", "names", "stars")

    def __init__(self, body: Body) -> None:
        self.stars: list[Import] = []
        self.augmented: dict[str, list[Let]] = {}
        self.names: Names = {}
        self._block(body, self.names)

    def _block(self, body: Body, names: Names) -> None:
        for node in body:
            if isinstance(node, Import):
                self._import(node, names)
            elif isinstance(node, (Class, Function)):
                names[node.name] = (node,)
            elif isinstance(node, Let):
                self._let(node, names)
            elif isinstance(node, If):
                first, second = self._part(node.body), self._part(node.orelse)
                for name in first.keys() | second.keys():
                    prior = () if name in first and name in second else names.get(name, ())
                    names[name] = first.get(name, ()) + second.get(name, ()) + prior
            elif isinstance(node, Try):
                self._try(node, names)
            elif isinstance(node, With):
                for _, target in node.items:
                    _unknown(target, names)
                self._block(node.body, names)
            elif isinstance(node, (For, While)):
                if isinstance(node, For):
                    _unknown(node.target, names)
                _merge(names, self._part(node.body), self._part(node.orelse))

    def _part(self, body: Body) -> Names:
        names: Names = {}
        if body:
            self._block(body, names)
        return names

    def _try(self, node: Try, names: Names) -> None:
        tried = self._part(node.body + node.orelse)
        rescued = [self._part(handler.body) for handler in node.handlers]
        _merge(names, tried, *rescued)
        self._block(node.final, names)

    def _import(self, node: Import, names: Names) -> None:
        if node.name == "*":
            self.stars.append(node)
        else:
            bound = node.alias or node.name or node.module.partition(".")[0]
            prior = names.get(bound)
            # `import a.b` and `import a.c` both bind `a`; neither hides the other.
            if (
                prior
                and node.name is None
                and node.alias is None
                and type(prior[0]) is Import
                and prior[0].name is None
            ):
                names[bound] = (*prior, node)
            else:
                names[bound] = (node,)

    def _let(self, node: Let, names: Names) -> None:
        target = node.target
        if isinstance(target, Name):
            if node.op is not None:
                self.augmented.setdefault(target.id, []).append(node)
                names.setdefault(target.id, (node,))
            elif node.value is not None or target.id not in names:
                names[target.id] = (node,)
                self.augmented.pop(target.id, None)
        elif isinstance(target, Collection):
            value = node.value
            if (
                isinstance(value, Collection)
                and len(value.items) == len(target.items)
                and not any(isinstance(item, Star) for item in (*target.items, *value.items))
            ):
                for item, part in zip(target.items, value.items, strict=True):
                    self._let(Let(node.start, node.end, item, part, None, node.op), names)
            else:
                _unknown(target, names)


def _merge(names: Names, *parts: Names) -> None:
    """Put what the parts bind before what is bound already; a handler that gives None comes last."""
    for name in {name: None for part in parts for name in part}:
        found = [binding for part in parts for binding in part.get(name, ())]
        names[name] = (*found, *names.get(name, ()))


def _unknown(target: Expr | None, names: Names) -> None:
    if isinstance(target, Name):
        names[target.id] = (None,)
    elif isinstance(target, Collection):
        for item in target.items:
            _unknown(item, names)
    elif isinstance(target, Star):
        _unknown(target.value, names)


def is_none(binding: Binding) -> bool:
    """Whether the binding is `name = None`, the usual stand-in for an import that failed."""
    return type(binding) is Let and (
        binding.value is None or (isinstance(binding.value, Const) and binding.value.kind == "none")
    )
