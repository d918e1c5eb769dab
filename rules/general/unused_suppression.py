"""PFL002: suppression comments that suppress nothing."""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.project import Project
from pitfall_lint.rule import Rule


class UnusedSuppression(Rule):
    """A suppression comment silences nothing.

    What it finds
    `# pitfall: ignore[CODE]`, or one of pitfall-lint's codes in `# noqa: CODE`, on a line (or statement) where that
    rule finds nothing; and `# pitfall: ignore[...]` with a code or name that no rule has.

    Why it matters
    The comment tells readers of a pitfall that is not there, most often because it was mended. Left in place, it
    would silence the next one on that line, which nobody has looked at.

    Example
    ```python
    from flask import Flask

    app = Flask(__name__)


    def total(prices):  # pitfall: ignore[unreadable-file] the report needs it
        return sum(prices)
    ```

    Better
    ```python
    from flask import Flask

    app = Flask(__name__)


    def total(prices):
        return sum(prices)
    ```

    Fix
    Safe: the unused code is taken out of the comment, and the comment goes with the last of its codes. Other tools'
    codes in a `noqa` comment stay.

    Limits
    A blanket `# noqa` may be meant for another tool and is never reported. A code whose rule does not run (it is not
    selected, or it crashed) is not reported, nor is a blanket `# pitfall: ignore` unless every rule runs.

    References
    - https://docs.astral.sh/ruff/linter/#detecting-unused-suppression-comments
    """

    code, name, severity = "PFL002", "unused-suppression", Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """Nothing by itself: which comments are used is known once every rule is done (`pitfall_lint.suppress`)."""
        return iter(())
