"""FLK406: a template builds and runs a query of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pitfall_lint.finding import Applicability, Finding, Fix, Severity
from pitfall_lint.rule import Rule

if TYPE_CHECKING:
    from pitfall_lint.project import Project


class QueryInTemplate(Rule):
    """A Jinja template builds an SQLAlchemy query and runs it while the page is rendered.

    What it finds
    A query that a template itself spells out, `author.books.count()` of a dynamic relationship or
    `Book.query.all()` of a class that it was handed, outside of loops (within one, FLK403 and FLK404 speak of
    it).

    Why it matters
    What a page costs can then not be read off its view, an error in the query breaks a half-rendered page, and
    the result cannot be reused or tested apart from the page.

    Example

        # shop/models.py
        from flask_sqlalchemy import SQLAlchemy

        db = SQLAlchemy()


        class Author(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            books = db.relationship("Book", lazy="dynamic")


        class Book(db.Model):
            id = db.Column(db.Integer, primary_key=True)
            author_id = db.Column(db.ForeignKey("author.id"))

        # shop/views.py
        from flask import render_template
        from shop.models import Author


        def show(key):
            return render_template("author.html", author=Author.query.get_or_404(key))

        {# shop/templates/author.html #}
        <p>{{ author.books.count() }} books</p>


    Better

        # shop/views.py
        from flask import render_template
        from shop.models import Author


        def show(key):
            author = Author.query.get_or_404(key)
            return render_template("author.html", author=author, book_count=author.books.count())

        {# shop/templates/author.html #}
        <p>{{ book_count }} books</p>


    Fix
    Manual: run the query in the view and hand its result to the template.

    Limits
    A query that the view builds and the template goes through is no finding, nor is a relationship that is
    loaded when it is read.

    References
    - https://docs.sqlalchemy.org/en/20/orm/large_collections.html#dynamic-relationship-loaders
    - https://flask.palletsprojects.com/en/stable/tutorial/templates/
    """

    code = "FLK406"
    name = "query-in-template"
    severity = Severity.INFO

    def check(self, project: Project) -> Iterator[Finding]:
        """One finding a place."""
        for event in project.flow.mapped.template_queries:
            yield self.found(
                event.access,
                f"the template runs a query of `{event.model.label}` itself, `{event.source}`; run it in the "
                "view and hand over the result",
                fix=Fix(Applicability.MANUAL, f"Compute `{event.source}` in the view and pass it to the template"),
                steps=event.trace,
                data={"model": event.model.label, "how": event.how},
                subject=event.how,
            )
