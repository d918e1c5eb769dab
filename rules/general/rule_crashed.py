"""PFL003: rules that crashed."""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.project import Project
from pitfall_lint.rule import Rule


class RuleCrashed(Rule):
    """The linter itself failed: a rule, or the reader of a file, crashed.

    What it finds
    A mistake in pitfall-lint or in a private rule: an exception that a rule did not handle. The message names the
    rules that did not finish, the exception, and the file they were at, where that is known.

    Why it matters
    The findings of those rules are missing from this run, so it ends with exit code 2 whatever else it found: a hook
    or a build must not pass because the linter fell over.

    Example
    No project is known to make a shipped rule crash. A private rule with a mistake in it does, on every project:
    ```python
    # rules/private/no_check.py
    from pitfall_lint.rule import Rule


    class NoCheck(Rule):
        '''A rule that was never finished.'''

        code, name = "XYZ001", "no-check"

        def check(self, project):
            raise KeyError("no check yet")
    ```

    Better
    ```python
    # rules/private/no_check.py
    from pitfall_lint.rule import Rule


    class NoCheck(Rule):
        '''A rule that was never finished.'''

        code, name = "XYZ001", "no-check"

        def check(self, project):
            yield from ()
    ```

    Fix
    Manual: run again with `--debug`, which stops at the crash and prints where it was, and report that. Until it is
    mended, `ignore` the rule that crashes.

    Limits
    Rules that fail alike because what they share failed are told in one finding. It cannot be suppressed, left out by
    `per-file-ignores` or put into a baseline.

    References
    - https://docs.python.org/3/library/traceback.html
    """

    code, name, severity = "PFL003", "rule-crashed", Severity.ERROR
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """Nothing by itself: the engine reports what crashed."""
        return iter(())
