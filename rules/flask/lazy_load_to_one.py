"""FLK401: a to-one relationship is read on each row of a query that did not load it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class LazyLoadToOne(Rule):
    """A to-one relationship is read on each row of an SQLAlchemy query that did not load it: a query per row.

    What it finds
    A query (`Model.query`, `session.query()`, `select()`) whose rows are gone through, in Python or in a Jinja
    template, where each row's many-to-one or one-to-one is read and neither the query's `options()` nor the
    relationship's own `lazy=` loaded it. Rows are followed through helpers, class methods, pagination,
    properties, `{% include %}` and macros; the finding stands at the query and names every relationship that it
    lacks. `join()` filters and loads nothing.

    Why it matters
    A page of 50 books by 50 authors asks the database 51 times. Each query is quick, so nothing shows in
    development; together they are the most common reason for a slow page.

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
        from flask import render_template
        from shop.models import Author, Book, db


        def index():
            return render_template("index.html", books=Book.query.order_by(Book.title).all())

        {# shop/templates/index.html #}
        {% for book in books %}<li>{{ book.title }}, {{ book.author.name }}</li>{% endfor %}


    Better

        # shop/views.py
        from flask import render_template
        from sqlalchemy.orm import joinedload
        from shop.models import Author, Book, db


        def index():
            books = Book.query.order_by(Book.title).options(joinedload(Book.author)).all()
            return render_template("index.html", books=books)


    Fix
    Safe. `joinedload()` is added to the query's `options()` and imported; `selectinload()` where the query
    groups or locks rows, on the way through a to-many relationship, where what is loaded brings a collection of
    its own (`lazy="joined"`), which a join would multiply the rows by, and where a subclass declares the relationship
    anew, which a join from the base does not reach. Unsafe where a class has to be imported for it.

    Limits
    Silent where the session holds the row already: the relationship leads back to where the rows came from, a
    condition (or `with_parent()`) fixes it to one row, its class is selected beside it or was read before. Silent
    where the options cannot be told, for rows got one by one, and where each turn of the loop commits, which forgets
    what was loaded. A relationship that leads to few distinct rows costs no more queries than those.

    References
    - https://docs.sqlalchemy.org/en/20/orm/queryguide/relationships.html#joined-eager-loading
    - https://docs.sqlalchemy.org/en/20/glossary.html#term-N-plus-one-problem
    """

    code = "FLK401"
    name = "lazy-load-to-one"
    severity = Severity.WARNING
    fixable = Applicability.SAFE

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a query, naming every relationship to one that its rows lack."""
        for lack in project.flow.mapped.lacking(to_many=False):
            yield self.found(
                lack.site.place,
                f"`{lack.site.source}` does not load {lack.words}, which each row reads: a query per row; "
                f"add `.{lack.call}`",
                fix=lack.fix,
                confidence=lack.confidence,
                scope=lack.site.scope,
                steps=lack.steps,
                relations=lack.paths,
                data={"model": lack.model.label},
            )
