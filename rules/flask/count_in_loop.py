"""FLK404: rows are counted, or another aggregate computed, on each turn of a loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Fix, Severity
from pitfall_lint.flow.sqlalchemy.values import COUNTING
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class CountInLoop(Rule):
    """SQLAlchemy counts rows, or computes another aggregate, on each turn of a loop: as many queries as turns.

    What it finds
    `.count()`, `func.count()`, `func.sum()` and their kin, and `exists()`, executed within a loop and dependent
    on what it goes through: in Python, in a model's method or property, in a template; among them
    `row.posts.count()` of a dynamic relationship.

    Why it matters
    A list of 50 authors with the number of books of each asks the database 51 times, where one grouped query
    tells all of them.

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
            authors = Author.query.order_by(Author.name).all()
            return jsonify({author.name: Book.query.filter_by(author_id=author.id).count() for author in authors})


    Better

        # shop/views.py
        from flask import jsonify
        from shop.models import Author, Book, db


        def index():
            counts = db.session.query(Author.name, db.func.count(Book.id)).outerjoin(Author.books).group_by(Author.name)
            return jsonify({name: count for name, count in counts})


    Fix
    Manual: one query with `group_by()` before the loop, a `column_property`, or a subquery in the query of the
    loop.

    Limits
    As for FLK403.

    References
    - https://docs.sqlalchemy.org/en/20/tutorial/data_select.html#aggregate-functions-with-group-by-having
    - https://docs.sqlalchemy.org/en/20/orm/mapped_sql_expr.html#using-column-property
    """

    code = "FLK404"
    name = "count-in-loop"
    severity = Severity.WARNING

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query."""
        for event in project.flow.mapped.row_queries:
            if event.how not in COUNTING:
                continue
            yield self.found(
                event.access,
                f"`{event.source}` asks the database on each turn of the loop over `{event.loop_source}`; "
                "compute it for all rows at once",
                fix=Fix(
                    Applicability.MANUAL,
                    f"Before the loop, group: `select(key, func.count()).group_by(key)` of `{event.model.label}` "
                    "into a dict; or select it beside the row, as a `column_property` or a scalar subquery",
                ),
                confidence=event.confidence,
                scope=event.scope,
                steps=event.trace,
                relations=(event.relation,) if event.relation else (),
                data={"model": event.model.label, "how": event.how},
                subject=event.how,
            )
