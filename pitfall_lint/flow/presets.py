"""Cached properties that the program fills itself: one query for all rows, then `row.title = titles[row.pk]`. What such
a property does when it is read for lack of a value is the exception, so it is not followed.

https://docs.djangoproject.com/en/stable/ref/utils/#django.utils.functional.cached_property
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pitfall_lint import language as l

if TYPE_CHECKING:
    from pitfall_lint.flow.interpreter import Interpreter


def is_filled(it: Interpreter, name: str) -> bool:
    """Whether some function of the project assigns to an attribute of that name of anything but its own `self`."""
    memo_key = ("filled from outside", name)
    if memo_key not in it.plans:
        it.plans[memo_key] = any(
            name in symbol.node.names and any(assigns(part, name) for part in l.walk(symbol.node.body))
            for symbol in it.symbols.functions()
        )
    return bool(it.plans[memo_key])


def assigns(node: Any, name: str) -> bool:
    """Whether the statement is `holder.name = ...`."""
    target = node.target if isinstance(node, l.Let) else None
    return (
        isinstance(target, l.Attr)
        and target.name == name
        and not (isinstance(target.object, l.Name) and target.object.id in ("self", "cls"))
    )
