"""FLK403: an SQLAlchemy query runs on each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Fix, Severity
from pitfall_lint.flow.sqlalchemy.values import COUNTING, RowQuery
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class SqlalchemyQueryInLoop(Rule):
    """An SQLAlchemy query runs on each turn of a loop: as many queries as turns.

    What it finds
    A query that is executed (`.all()`, `.first()`, `.get()`, `session.get()`, `session.execute()`, iteration)
    within a loop and depends on what the loop goes through, in the same function, in what it calls, or in a
    template; and a dynamic relationship gone through on each row.

    Why it matters
    The number of queries grows with the data. One query with `in_()` before the loop, or a join, asks once.

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

        # shop/views.py
        from flask import jsonify
        from shop.models import Author, Book


        def index():
            found = {}
            for author in Author.query.order_by(Author.name).all():
                found[author.name] = Book.query.filter_by(author_id=author.id).first().title
            return jsonify(found)


    Better

        # shop/views.py
        from flask import jsonify
        from shop.models import Author, Book


        def index():
            authors = Author.query.order_by(Author.name).all()
            books = Book.query.filter(Book.author_id.in_([author.id for author in authors])).all()
            titles = {book.author_id: book.title for book in books}
            return jsonify({author.name: titles[author.id] for author in authors})


    Fix
    Manual: what to ask once, and how to hand it out, depends on the program.

    Limits
    Silent in loops that write as they go (get or create, imports), that wait, in `while` loops, and in loops
    over a few items that the program itself writes down. What the session holds already, `session.get()` finds
    without a query; that is not known here. A query that looks for something within a column (`any()` of an array,
    `contains()`, `like()`) is reported with low confidence: no list of keys replaces it.

    References
    - https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.ColumnElement.in_
    - https://docs.sqlalchemy.org/en/20/glossary.html#term-N-plus-one-problem
    """

    code = "FLK403"
    name = "sqlalchemy-query-in-loop"
    severity = Severity.WARNING

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query."""
        for event in project.flow.mapped.row_queries:
            if event.how in COUNTING:
                continue
            yield self.found(
                event.access,
                f"`{event.source}` runs on each turn of the loop over `{event.loop_source}`: as many queries as "
                "turns; ask once before the loop",
                fix=Fix(Applicability.MANUAL, advice(event)),
                confidence=event.confidence,
                scope=event.scope,
                steps=event.trace,
                relations=(event.relation,) if event.relation else (),
                data={"model": event.model.label, "how": event.how},
                subject=event.how,
            )


def advice(event: RowQuery) -> str:
    """What to do instead."""
    model = event.model.label
    if event.relation:
        return (
            f"`{event.relation}` is a dynamic relationship, which no loader option loads: fetch the `{model}` rows "
            "of all with one `in_()` before the loop and group them, or load a plain relationship with `selectinload()`"
        )
    if event.matching:
        return (
            f"The condition looks into a column, so no `in_()` asks for all turns: fetch the `{model}` rows once "
            "before the loop, and match them in Python"
        )
    if event.how == "get":
        return (
            f"Fetch them at once, `{model}.query.filter({model}.id.in_(keys))`, and look them up in a dict, or follow "
            "a relationship that is loaded"
        )
    return (
        f"Fetch the `{model}` rows of all turns with one `in_()` before the loop and keep them in a dict, or join them "
        "to the query"
    )
