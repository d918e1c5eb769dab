"""The contract of a rule: what it is called, what it can be told, and `check`, which asks the project and yields
findings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity, Step

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class Rule:
    """One pitfall. Subclasses set the class attributes and `check`; their docstring is the documentation, in the
    sections
    `What it finds`, `Why it matters`, `Example`, `Better`, `Fix`, `Limits`, `References`.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity] = Severity.WARNING
    fixable: ClassVar[Applicability] = Applicability.MANUAL
    options: ClassVar[
        Mapping[str, Any]
    ] = {}  # each option's name and default; the configuration may set those of the same type

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self.settings: Mapping[str, Any] = {**self.options, **(settings or {})}

    @property
    def url(self) -> str:
        """The first page under the docstring's `References`: the Django or Flask page that the rule rests on."""
        _, _, references = (self.__doc__ or "").partition("References")
        found = re.search(r"https://[^\s<>)\]]+", references)
        return found[0].rstrip(".,") if found else ""

    def check(self, project: Project) -> Iterator[Finding]:
        """Yield findings; keep nothing on `self`."""
        raise NotImplementedError(self.code)

    def found(
        self,
        place: Place,
        message: str,
        *,
        fix: Fix,
        severity: Severity | None = None,
        confidence: Confidence = Confidence.HIGH,
        scope: str = "",
        steps: Sequence[Step] = (),
        relations: Sequence[str] = (),
        data: Mapping[str, Any] | None = None,
        subject: str = "",
    ) -> Finding:
        """A finding of this rule; `severity` where it differs from the rule's own."""
        return Finding(
            code=self.code,
            name=self.name,
            message=message,
            place=place,
            severity=severity or self.severity,
            confidence=confidence,
            fix=fix,
            scope=scope,
            related=tuple(steps),
            relations=tuple(relations),
            url=self.url,
            data=dict(data or {}),
            subject=subject,
        )
