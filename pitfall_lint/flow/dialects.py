"""What a query and its rows mean depends on whose they are: Django's (the interpreter's own way) or another mapper's,
which registers here.

A model says its `dialect`; values that only one library has are reached by their type.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pitfall_lint.flow.values import Query, Row, Value

if TYPE_CHECKING:
    from pitfall_lint.project.django.models import Model


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a library's mapper does: each field is called in place of Django's way, with the interpreter first."""

    methods: frozenset[str]
    call_method: Callable[..., Value]
    row_of: Callable[[Any, Query], Value]
    evaluated: Callable[..., None]
    is_loaded: Callable[[Row, str], bool]
    read_relation: Callable[..., Value]
    read_class: Callable[..., Value | None]
    read_member: Callable[..., Value | None]


DIALECTS: dict[str, Dialect] = {}
READERS: dict[type, Callable[..., Value]] = {}  # (interpreter, frame, value, name) of `value.name`
CALLERS: dict[
    type, Callable[..., Value]
] = {}  # (interpreter, frame, value, name, arguments, node) of `value.name(...)`


def of(model: Model) -> Dialect | None:
    """The dialect of a model's queries; None for Django's."""
    return DIALECTS.get(model.dialect)
