"""FLK402: a to-many relationship is read on each row of a query that did not load it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class LazyLoadToMany(Rule):
    """A to-many relationship is read on each row of an SQLAlchemy query that did not load it: a query per row.

    What it finds
    A query whose rows are gone through where each row's one-to-many or many-to-many is read (iterated, counted
    by `len`, tested) and neither the query's `options()` nor the relationship's own `lazy=` loaded it. Rows are
    followed as for FLK401.

    Why it matters
    One query for the list and one more for each of its rows. `selectinload()` makes it two in all, however long
    the list.

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
        from shop.models import Author


        def index():
            authors = Author.query.order_by(Author.name).all()
            return jsonify({author.name: [book.title for book in author.books] for author in authors})


    Better

        # shop/views.py
        from flask import jsonify
        from sqlalchemy.orm import selectinload
        from shop.models import Author


        def index():
            authors = Author.query.order_by(Author.name).options(selectinload(Author.books)).all()
            return jsonify({author.name: [book.title for book in author.books] for author in authors})


    Fix
    Safe. `selectinload()` is added to the query's `options()` and imported.

    Limits
    As for FLK401. A dynamic or write-only relationship is a query of its own, which no option loads: FLK403 and
    FLK404 speak of those. Where only the number of rows is shown, counting in the query may be better than
    loading them.

    References
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#select-in-loading
    - https://docs.sqlalchemy.org/en/20/glossary.html#term-N-plus-one-problem
    """

    code = "FLK402"
    name = "lazy-load-to-many"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, naming every relationship to many that its rows lack."""
        for lack in project.flow.mapped.lacking(to_many=True):
            yield self.found(
                lack.site.place,
                f"`{lack.site.source}` does not load {lack.words}, which each row goes through: a query per row; "
                f"add `.{lack.call}`",
                fix=lack.fix,
                confidence=lack.confidence,
                scope=lack.site.scope,
                steps=lack.steps,
                relations=lack.paths,
                data={"model": lack.model.label},
            )
