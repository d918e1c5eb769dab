"""URL patterns, from ROOT_URLCONF down: routes, names, namespaces and the views behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pitfall_lint.project import Project
    from pitfall_lint.project.django.settings import Settings


class Pattern:
    """soon"""


class Urls:
    """soon"""

    def __init__(self, project: Project, settings: Sequence[Settings]) -> None:
        self.project = project
