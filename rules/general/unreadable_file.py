"""PFL001: files that could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.discover import Kind
from pitfall_lint.facts.records import PythonFacts
from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity
from pitfall_lint.project import Project
from pitfall_lint.rule import Rule


class UnreadableFile(Rule):
    """A file cannot be read, decoded or parsed.

    What it finds
    A Python file with a syntax error or in an encoding that it does not declare; a template or a manifest that
    cannot be parsed; a file or a folder that the operating system refuses to open. The message says why.

    Why it matters
    The rest of the project is analysed without that file. What other files import from it is unknown then, and every
    rule keeps silent about what is unknown: pitfalls may go unseen, in this file and in those that use it.

    Example
    ```python
    # shop/views.py
    def index(request:
        return None
    ```

    Better
    ```python
    # shop/views.py
    def index(request):
        return None
    ```

    Fix
    Manual: mend what the message names. A file that is no source of the project (a template for generated code, an
    example of bad input) belongs under `exclude`.

    Limits
    Syntax newer than the Python that runs the linter is read by a second parser, and is no finding. In tests, where
    broken files are often there on purpose, the severity is info; in templates and manifests it is warning.

    References
    - https://docs.python.org/3/tutorial/errors.html#syntax-errors
    - https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
    """

    code, name, severity = "PFL001", "unreadable-file", Severity.ERROR
    fixable = Applicability.MANUAL

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a file."""
        for path, facts in project.facts.items():
            if facts.problem is None:
                continue
            file = project.files.get(path)
            in_tests = file is not None and file.kind is Kind.PYTHON_TEST
            source = isinstance(facts, PythonFacts) or file is None
            severity = Severity.INFO if in_tests else Severity.ERROR if source else Severity.WARNING
            fix = Fix(
                Applicability.MANUAL,
                "Mend what keeps this from being read; if it is no part of the project, list it under `exclude`.",
            )
            place = Place(path, facts.problem.position, facts.problem.position)
            message = f"Not analysed: {facts.problem.message}"
            yield self.found(place, message, fix=fix, severity=severity, confidence=Confidence.HIGH)
