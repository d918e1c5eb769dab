"""Runs a case of a query rule for real and counts its queries, with few rows and with more: the truth that fixtures
hold the linter to.

A case brings `setup(rows)`, which makes that many rows, each with relations of its own, and `run()`, which does what
the finding is about. They run in a process of their own (`python -m pitfall_lint.testing_queries`), under Django where
the project has a manage.py, else with SQLAlchemy's engines watched. Neither library is imported here before that.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = (3, 6)
_SETTINGS = re.compile(r"DJANGO_SETTINGS_MODULE[\"'],\s*[\"']([\w.]+)[\"']")


@dataclass(frozen=True, slots=True)
class Counted:
    """The statements that `run()` sent, with each number of rows; `limit` is the reason that run.py gives for a growth
    that no rule finds.
    """

    few: tuple[str, ...]
    more: tuple[str, ...]
    limit: str

    @property
    def grows(self) -> bool:
        """Whether more rows cost more queries."""
        return len(self.more) > len(self.few)

    def __str__(self) -> str:
        lines = "\n".join(f"    {statement}" for statement in self.more)
        return f"{len(self.few)} queries with {ROWS[0]} rows, {len(self.more)} with {ROWS[1]}:\n{lines}"


class RunFailed(Exception):
    """The case's own code failed; the message is what it wrote."""


def count(root: Path, module: str | Path) -> Counted:
    """Run the project at `root` in a process of its own; `module` holds `setup` and `run`: a dotted name, or a file
    that lies elsewhere.
    """
    python_path = [str(root), str(Path(__file__).resolve().parents[1])]
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", "-m", __name__, str(root), str(module)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(python_path)},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RunFailed(f"{module} fails:\n{done.stderr}")
    answer = json.loads(done.stdout.rpartition("\n")[2])
    return Counted(tuple(answer["few"]), tuple(answer["more"]), answer["limit"])


# --------------------------------------------------------------- in the process of the case


def main(arguments: Sequence[str]) -> None:
    """Count, and print the answer as JSON on the last line."""
    root, name = Path(arguments[0]), arguments[1]
    manage = root / "manage.py"
    fresh, watched = _django(manage) if manage.is_file() else _sqlalchemy()
    module = _module(name)
    statements: list[list[str]] = []
    for rows in ROWS:
        fresh()
        module.setup(rows)
        with watched() as sent:
            module.run()
        statements.append(sent)
    print()
    print(json.dumps({"few": statements[0], "more": statements[1], "limit": getattr(module, "LIMIT", "")}), end="")


def _module(name: str) -> ModuleType:
    if not name.endswith(".py"):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location("run", name)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_World = tuple[Callable[[], None], Callable[[], AbstractContextManager[list[str]]]]


def _django(manage: Path) -> _World:
    """An empty SQLite database with every table, and a way to watch it."""
    named = _SETTINGS.search(manage.read_text(encoding="utf-8"))
    if named is None:
        raise ValueError(f"{manage} names no settings module")
    os.environ["DJANGO_SETTINGS_MODULE"] = named[1]
    django = importlib.import_module("django")
    settings = importlib.import_module("django.conf").settings
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    django.setup()
    apps = importlib.import_module("django.apps").apps
    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
    settings.ALLOWED_HOSTS = ["*"]
    call = importlib.import_module("django.core.management").call_command
    connection = importlib.import_module("django.db").connection
    call("migrate", run_syncdb=True, verbosity=0)

    def fresh() -> None:
        call("flush", interactive=False, verbosity=0)

    @contextmanager
    def watched() -> Iterator[list[str]]:
        if apps.is_installed("django.contrib.contenttypes"):
            apps.get_model("contenttypes", "ContentType").objects.clear_cache()
        sent: list[str] = []

        def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            sent.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            yield sent

    return fresh, watched


def _sqlalchemy() -> _World:
    """Every engine of SQLAlchemy, watched; the case's `setup` makes its own tables."""
    event = importlib.import_module("sqlalchemy").event
    engine = importlib.import_module("sqlalchemy.engine").Engine

    @contextmanager
    def watched() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            sent.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return lambda: None, watched


if __name__ == "__main__":
    main(sys.argv[1:])
