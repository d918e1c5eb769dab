"""The counter of a Flask project with Flask-SQLAlchemy, as `count_queries` is of a Django project: its `wsgi.py` has
`app` and `db`, its `seed.py` has `seed(rows)`, and a scenario is a function in a module called `reports_*` or a rule
that answers GET.

https://docs.sqlalchemy.org/en/20/core/events.html#sqlalchemy.events.ConnectionEvents.before_cursor_execute
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from watching import ROWS, Scenario, Watch, reports

_READING = re.compile(r"\s*(?:SELECT|WITH|PRAGMA)\b", re.IGNORECASE)


def main(root: Path) -> None:
    """Count, and print the answer on the last line."""
    sys.path.insert(0, str(root))
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    project = importlib.import_module("wsgi")
    app, db = project.app, project.db
    seed = importlib.import_module("seed").seed
    watch = Watch(root)

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        watch.note(statement, sys._getframe(1))

    def fill(rows: int) -> None:
        with app.app_context():
            db.drop_all()
            db.create_all()
            seed(rows)

    event.listen(Engine, "before_cursor_execute", note)
    answer: dict[str, dict[str, Any]] = {}
    for rows in ROWS:
        fill(rows)
        for name, run in scenarios(root, app):
            watch.sent = []
            sys.settrace(watch.trace)
            try:
                shown = run()
            except Exception as error:
                sys.settrace(None)
                raise RuntimeError(f"{name} fails with {rows} rows") from error
            finally:
                sys.settrace(None)
            answer.setdefault(name, {"shown": [], "sent": []})
            answer[name]["shown"].append(shown)
            answer[name]["sent"].append(watch.sent)
            if not all(_READING.match(statement) for statement, _ in watch.sent):
                watch.sent = []
                fill(rows)
    print()
    print(json.dumps({"scenarios": answer, "ran": sorted(watch.ran)}), end="")


def scenarios(root: Path, app: Any) -> Iterator[Scenario]:
    """Every function, within an application context of its own, and every page."""

    def within(run: Any) -> str:
        with app.app_context():
            return run()

    def visit(address: str) -> str:
        response = app.test_client().get(address)
        if response.status_code != 200:
            raise RuntimeError(f"{address} answers {response.status_code}: {response.text[:500]}")
        return response.text

    for name, run in reports(root):
        yield name, lambda run=run: within(run)
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if "GET" in rule.methods and rule.endpoint != "static":
            address = re.sub(r"<[^>]*>", "1", str(rule))
            yield address, lambda address=address: visit(address)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
