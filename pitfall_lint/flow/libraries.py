"""The libraries that show rows by declared shapes: what each asks of the interpreter, and where it lets it start.

A library more is a module more, named here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pitfall_lint.flow import graphene, marshalling, marshmallow, ninja, strawberry

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter

MODULES: tuple[Any, ...] = (graphene, marshalling, marshmallow, ninja, strawberry)
TABLE: dict[str, Any] = {name: handler for module in MODULES for name, handler in module.TABLE.items()}


def starts(it: Interpreter) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every start that one of the libraries offers."""
    for module in MODULES:
        yield from module.starts(it)
