"""Ways of SQLAlchemy's rows through Flask projects that the executed fixtures do not take, and where nothing is to be said."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from pitfall_lint.flow.sqlalchemy.found import Lacking
from tests.unit.support import project_of

MODELS = """
from flask_login import UserMixin
from flask_sqlalchemy import BaseQuery, SQLAlchemy
from sqlalchemy.ext.hybrid import hybrid_property

db = SQLAlchemy()

class BookQuery(BaseQuery):
    def newest(self):
        return self.order_by(Book.id.desc())

class Company(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    company_id = db.Column(db.ForeignKey("company.id"))
    company = db.relationship("Company")
    loans = db.relationship("Loan", backref="user", lazy="dynamic")

class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    books = db.relationship("Book", back_populates="author")

class Book(db.Model):
    query_class = BookQuery
    id = db.Column(db.Integer, primary_key=True)
    author_id = db.Column(db.ForeignKey("author.id"))
    company_id = db.Column(db.ForeignKey("company.id"))
    author = db.relationship("Author", back_populates="books")
    company = db.relationship("Company")
    parent_id = db.Column(db.ForeignKey("book.id"))
    parent = db.relationship("Book", remote_side=[id])

    @hybrid_property
    def byline(self):
        return self.author.name

    @classmethod
    def listed(cls):
        return cls.query.order_by(cls.id)

class Loan(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.ForeignKey("user.id"))
    book_id = db.Column(db.ForeignKey("book.id"))
    book = db.relationship("Book")
"""
VIEWS = "from flask import render_template\nfrom flask_login import current_user\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import joinedload\nfrom models import *\nfrom models import db\n\ndef view(key=None, rows=None):\n"


def lacking(body: str, templates: dict[str, str] | None = None) -> list[Lacking]:
    """What the queries of one view lack."""
    return [*flow(body, templates).mapped.lacking(False), *flow(body, templates).mapped.lacking(True)]


def flow(body: str, templates: dict[str, str] | None = None) -> Flow:
    """The flow of a project with one view of that body."""
    lines = "".join(f"    {line}\n" for line in body.strip().split("\n"))
    return Flow(project_of({"models.py": MODELS, "views.py": VIEWS + lines, **(templates or {})}))


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ("return [b.byline for b in Book.listed()]", ("author",)),
        ("return [b.byline for b in Book.query.newest().all()]", ("author",)),
        ("for b, u in db.session.query(Book, User).join(User).all():\n    b.author.name", ("author",)),
        ("for row in db.session.execute(select(Book)):\n    row.Book.author.name", ("author",)),
        ("for row in db.session.execute(db.select(Book)).all():\n    row[0].author.name", ("author",)),
        ("page = Book.query.paginate(page=1)\nreturn [b.author for b in page.items]", ("author",)),
        ("for loan in current_user.loans.filter_by(id=3):\n    loan.book.author.name", ("book", "book__author")),
        ("a = Author.query.get_or_404(key)\nreturn [b.parent.id for b in a.books]", ("books__parent",)),
        ("with db.session() as s:\n    return [b.author for b in s.scalars(select(Book))]", ("author",)),
        ("return [b.parent for b in Book.query.filter(Book.id > 3)]", ("parent",)),
    ],
)
def test_relations_found(body: str, paths: tuple[str, ...]) -> None:
    (found,) = lacking(body)
    assert found.paths == paths


@pytest.mark.parametrize(
    "body",
    [
        "return [b.author for b in Book.query.options(joinedload('author'))]",
        "return [b.author for b in Book.query.options(joinedload('*'))]",
        "return [b.author for b in Book.query.options(*rows)]",
        "return [b.author for b in Book.query.filter(Book.author == key)]",
        "return [b.author for b in Book.query.filter(db.and_(Book.id > 2, Book.author_id == key))]",
        "return [b.author for b in rows]",
        "return [b.author for b, a in db.session.query(Book, Author).join(Author)]",
        "return [b.company for b in Book.query.all()]",  # the user's own company
        "return [b.parent for b in Book.query.all()]",  # the tree read whole
        "return [loan.user for loan in current_user.loans]",
        "for b in Book.query.all():\n    b.author.name = 'x'\n    db.session.commit()",
        "return db.session.query(Book.id, Book.author_id).all()",
        "for b in Book.query.all():\n    b.author = Author()\n    print(b.author)",
        "b = Book.query.first()\nreturn b.author.books",
        "return [b.author for b in Book.query.from_statement(key)]",
    ],
)
def test_silent(body: str) -> None:
    assert lacking(body) == []


def test_fix_names_the_class_as_the_file_does() -> None:
    files = {
        "models.py": MODELS,
        "views.py": "import models\nfrom sqlalchemy import orm\n\ndef view():\n    return [b.author for b in models.Book.query]\n",
    }
    (found,) = Flow(project_of(files)).mapped.lacking(False)
    assert (found.options, found.names, found.imports) == (("orm.joinedload(models.Book.author)",), (), ())


def test_macros_and_imports() -> None:
    templates = {
        "templates/index.html": "{% from 'macros.html' import row %}{% for b in books %}{{ row(b) }}{% endfor %}",
        "templates/macros.html": "{% macro row(book) %}{{ book.author.name }}{% endmacro %}",
    }
    (found,) = lacking("return render_template('index.html', books=Book.query.all())", templates)
    assert found.events[0].access.path == "templates/macros.html"


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("for b in Book.query:\n    User.query.get(b.id)", "get"),
        ("for b in Book.query:\n    db.session.execute(select(Loan).where(Loan.book_id == b.id)).all()", "all"),
        ("for u in User.query.all():\n    u.loans.count()", "count"),
        ("for u in User.query.all():\n    list(u.loans)", "iterate"),
        (
            "for b in Book.query:\n    db.session.query(db.func.sum(Loan.id)).filter(Loan.book_id == b.id).scalar()",
            "aggregate",
        ),
    ],
)
def test_queries_in_loops(body: str, how: str) -> None:
    (found,) = flow(body).mapped.row_queries
    assert found.how == how


@pytest.mark.parametrize(
    "body",
    [
        "while Book.query.filter_by(id=key).first():\n    key = key + 1",
        "for name in ('a', 'b'):\n    Book.query.filter_by(id=name).first()",
        "for b in Book.query:\n    User.query.first()",
        "for b in rows:\n    if not Book.query.get(b):\n        db.session.add(Book())",
        "for b in Book.query.all():\n    return User.query.get(b.id)",
    ],
)
def test_no_query_in_loop(body: str) -> None:
    assert flow(body).mapped.row_queries == ()


def test_django_rules_see_nothing_of_it() -> None:
    made = flow("return [b.author for b in Book.query]")
    assert made.lazy_loads == ()
    assert made.loop_queries == ()
    assert made.key_reads == ()
