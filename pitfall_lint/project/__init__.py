"""Facts linked: one project that answers questions.

Each part is linked when it is first asked for, so a Flask project never pays for Django's linking. The flow is
made by whoever builds the
project (the engine), because imports only look back along the pipeline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pitfall_lint.facts.records import Facts, ManifestFacts, OtherFacts, PythonFacts, TemplateFacts
from pitfall_lint.source import Source

if TYPE_CHECKING:
    from pitfall_lint.config import Config
    from pitfall_lint.discover import File
    from pitfall_lint.flow import Flow
    from pitfall_lint.project.dependencies import Dependencies
    from pitfall_lint.project.django import Django
    from pitfall_lint.project.flask import Flask
    from pitfall_lint.project.sqlalchemy import Sqlalchemy
    from pitfall_lint.project.symbols import Symbols
    from pitfall_lint.project.templates import Templates


class Project:
    """One project: its files, their facts, and what follows from them taken together."""

    def __init__(
        self,
        source: Source,
        config: Config,
        files: Mapping[str, File],
        facts: Mapping[str, Facts],
        make_flow: Callable[[Project], Flow] | None = None,
    ) -> None:
        self.root: Path = source.root
        self.source = source
        self.config = config
        self.files = files
        self.facts = facts
        self._make_flow = make_flow

    @cached_property
    def python(self) -> Mapping[str, PythonFacts]:
        """The Python files, by path."""
        return {path: facts for path, facts in self.facts.items() if isinstance(facts, PythonFacts)}

    @cached_property
    def template_files(self) -> Mapping[str, TemplateFacts]:
        """The templates, by path, whether or not a loader finds them."""
        return {path: facts for path, facts in self.facts.items() if isinstance(facts, TemplateFacts)}

    @cached_property
    def manifests(self) -> Mapping[str, ManifestFacts]:
        """The dependency manifests, by path."""
        return {path: facts for path, facts in self.facts.items() if isinstance(facts, ManifestFacts)}

    @cached_property
    def texts(self) -> Mapping[str, OtherFacts]:
        """Files whose text rules read (Procfile, Dockerfile, server configuration), by path."""
        return {path: facts for path, facts in self.facts.items() if isinstance(facts, OtherFacts) and facts.text}

    @cached_property
    def symbols(self) -> Symbols:
        """Modules and what their names stand for."""
        from pitfall_lint.project.symbols import Symbols

        return Symbols(self)

    @cached_property
    def dependencies(self) -> Dependencies:
        """What the manifests declare."""
        from pitfall_lint.project.dependencies import Dependencies

        return Dependencies(self)

    @cached_property
    def django(self) -> Django:
        """Django's view of the project: settings, apps, models, URLs."""
        from pitfall_lint.project.django import Django

        return Django(self)

    @cached_property
    def flask(self) -> Flask:
        """Flask's view of the project: applications, blueprints, routes, extensions."""
        from pitfall_lint.project.flask import Flask

        return Flask(self)

    @cached_property
    def sqlalchemy(self) -> Sqlalchemy:
        """SQLAlchemy's view of the project: mapped classes and their relationships."""
        from pitfall_lint.project.sqlalchemy import Sqlalchemy

        return Sqlalchemy(self)

    @cached_property
    def templates(self) -> Templates:
        """Template lookup, and the custom tags and filters."""
        from pitfall_lint.project.templates import Templates

        return Templates(self)

    @cached_property
    def flow(self) -> Flow:
        """Querysets and rows followed through the project."""
        if self._make_flow is None:
            from pitfall_lint.errors import InternalError

            raise InternalError("this project was built without a flow")
        return self._make_flow(self)
