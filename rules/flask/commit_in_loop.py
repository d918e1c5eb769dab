"""FLK405: a session commits on each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity, Step
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class CommitInLoop(Rule):
    """An SQLAlchemy session commits on each turn of a loop: as many transactions as turns.

    What it finds
    `session.commit()` within a `for` loop, in the same function or in a method that the loop calls.

    Why it matters
    Each commit waits for the disk. It also expires every object of the session, so the next read of any of them
    is a query; and a failure half way leaves half of the work done.

    Example

        # shop/models.py
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()


        class Author(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            name = db.Column(db.String(100))


        class Book(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            title = db.Column(db.String(100))
            author_id = db.Column(db.ForeignKey("author.id"))
            author = db.relationship("Author", backref="books")

        # shop/tasks.py
        from shop.models import Author, db


        def shout():
            for author in Author.query.all():
                author.name = author.name.upper()
                db.session.commit()


    Better

        # shop/tasks.py
        from shop.models import Author, db


        def shout():
            for author in Author.query.all():
                author.name = author.name.upper()
            db.session.commit()


    Fix
    Manual: commit once after the loop, or every few hundred rows; `flush()` gives a new row its key in between.

    Limits
    Silent where the loop shows that it is meant: a condition counts the rows, a `try` around the commit goes on
    after a failure, the turn rolls back or is the last one, the loop sleeps; where a turn does nothing that the
    session takes part in; and in `while` loops and loops over a few items that the program writes down. Tasks of
    a worker, which keep what is done so far, are reported with low confidence.

    References
    - https://docs.sqlalchemy.org/en/20/orm/session_basics.html#committing
    - https://docs.sqlalchemy.org/en/20/orm/session_state_management.html#session-expire
    """

    code = "FLK405"
    name = "commit-in-loop"
    severity = Severity.WARNING

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a commit."""
        seen: set[Place] = set()
        for event in project.flow.mapped.commits:
            if event.access in seen:
                continue
            seen.add(event.access)
            local = event.access.path == event.loop.path and len(event.trace) < 2
            yield self.found(
                event.access,
                f"`{event.source}` ends a transaction on each turn of the loop over `{event.loop_source}`, and expires "
                "every loaded row; "
                "commit once, after the loop",
                fix=Fix(
                    Applicability.MANUAL,
                    f"Move `{event.source}` behind the loop, and put `flush()` in its place where the loop goes on "
                    "to use the key of a new row; for very many rows commit every few hundred",
                ),
                confidence=Confidence.LOW if event.task else Confidence.HIGH if local else Confidence.MEDIUM,
                scope=event.scope,
                steps=event.trace or (Step(event.loop, f"for each of `{event.loop_source}`"),),
                subject=event.source,
            )
