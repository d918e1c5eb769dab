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
    """Whether some function of the project assigns to an attribute of that name on each turn of a loop."""
    memo_key = ("filled from outside", name)
    if memo_key not in it.plans:
        it.plans[memo_key] = any(
            name in symbol.node.names and any(fills(part, name) for part in l.walk(symbol.node.body))
            for symbol in it.symbols.functions()
        )
    return bool(it.plans[memo_key])


def fills(loop: Any, name: str) -> bool:
    """Whether it is a loop that says `holder.name = ...` of one of its variables."""
    if not isinstance(loop, l.For):
        return False
    turning = {part.id for part in l.walk(loop.target) if isinstance(part, l.Name)}
    targets = [part.target for part in l.walk(loop.body) if isinstance(part, l.Let)]
    return any(
        isinstance(target, l.Attr)
        and target.name == name
        and isinstance(target.object, l.Name)
        and target.object.id in turning
        for target in targets
    )
