"""Ways of SQLAlchemy's rows through Flask projects that the executed fixtures do not take, and where nothing is to be said."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Applicability, Confidence
from pitfall_lint.flow import Flow
from pitfall_lint.flow.sqlalchemy.found import Lacking
from tests.unit.support import project_of

MODELS = """
from flask_login import UserMixin
from flask_sqlalchemy import BaseQuery, SQLAlchemy
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property

db = SQLAlchemy()

class BookQuery(BaseQuery):
    def newest(self):
        return self.order_by(Book.id.desc())

class Company(db.Model):
    id = db.Column(db.Integer, primary_key=True)

class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    company_id = db.Column(db.ForeignKey("company.id"))
    company = db.relationship("Company", backref="staff")
    loans = db.relationship("Loan", backref="user", lazy="dynamic")
    password = db.Column(db.String)

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
    title = db.Column(db.String(50))
    readers = db.relationship("User", secondary="loan")

    @classmethod
    def make(cls, key):
        db.session.add(cls(id=key))

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

class Invoice(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    member_id = db.Column(db.ForeignKey("member.id"))
    club_id = db.Column(db.ForeignKey("club.id"))
    book_id = db.Column(db.ForeignKey("book.id"))
    member = db.relationship("Member")
    club = db.relationship("Club")
    book = db.relationship("Book")

    @hybrid_property
    def payer_id(self):
        return self.member_id if CLUBS else self.club_id

    @hybrid_method
    def paid(self):
        return self.book_id > 3

    @paid.expression
    def paid(cls):
        return cls.book.has(id=3)

    @property
    def shown(self):
        return self.book.id

    @shown.setter
    def shown(self, value):
        self.book_id = value

    @hybrid_property
    def debtor_id(self):
        if CLUBS:
            return self.club_id
        return self.member_id

class Member(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    password = db.Column(db.String)
    club_id = db.Column(db.ForeignKey("club.id"))
    book_id = db.Column(db.ForeignKey("book.id"))

    def invoices(self):
        return Invoice.query.filter_by(member_id=self.id).order_by(Invoice.id)

class Club(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    members = db.relationship("Member", backref="club", lazy="joined")

    def invoices(self):
        keys = [member.id for member in self.members]
        return Invoice.query.filter(Invoice.member_id.in_(keys)).all()

class Remark(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    book_id = db.Column(db.ForeignKey("book.id"))
    author_id = db.Column(db.ForeignKey("author.id"))
    book = db.relationship("Book")
    author = db.relationship("Author")
"""
VIEWS = "from flask import render_template\nfrom flask_login import current_user\nfrom sqlalchemy import select\nfrom sqlalchemy.orm import joinedload, lazyload\nfrom models import *\nfrom models import db\n\ndef view(key=None, rows=None):\n"


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
        ("return [(i.club, i.book) for i in Member.query.get(key).invoices()]", ("book",)),
        ("return [(i.club, i.member) for i in Invoice.query.filter(Invoice.id > 3)]", ("club", "member")),
        ("return [i.club for i in Invoice.query.filter(Invoice.debtor_id > key)]", ("club",)),
        ("return [(i.club, i.member) for i in Invoice.query.with_parent(key.club)]", ("member",)),
        (
            "for loan in Loan.query.options(joinedload(Loan.book)).filter(Book.author != key):\n    loan.book.author",
            ("book__author",),
        ),
        ("return [i.shown for i in Invoice.query]", ("book",)),
        ("return [loan.book for loan in Loan.query.filter(Loan.book_id.in_(rows))]", ("book",)),
        ("return [loan.book for loan in Loan.query.filter(Loan.book_id.in_(r.book_id for r in rows))]", ("book",)),
        ("return [r.author for r in Remark.query.filter_by(book_id=key)]", ("author",)),  # no book is one who remarks
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
        "return [b.author.books for b in Book.query.filter_by(author_id=key)]",  # one author for all of them
        "return [loan.book.author for loan in Loan.query.filter(Loan.book_id == key)]",
        "return [(i.club, i.member) for i in Member.query.get(key).invoices()]",
        "return [(i.club, i.member) for i in Club.query.get(key).invoices()]",
        "return [i.club for i in Invoice.query.filter(Invoice.debtor_id == key)]",
        "return [i.club for i in Invoice.query.with_parent(key.club)]",
        "return [i.club for i in Invoice.query.with_parent(key)]",  # it may be the club
        "for loan in Loan.query.join(Book).options(joinedload(Loan.book)).filter(Book.author == key):\n    loan.book.author",
        "for loan in Loan.query.options(joinedload(Loan.book)).filter(Loan.book.has(Book.author_id == key)):\n    loan.book.author",
        "return [i.paid() for i in Invoice.query]",
        "return [loan.book for loan in Loan.query.filter(Loan.book_id.in_(book.id for book in rows))]",
        "return [i.club for i in Invoice.query.filter(Invoice.payer_id == key)]",
        "keys = [b.id for b in Author.query.get(key).books]\nreturn [loan.book for loan in Loan.query.filter(Loan.book_id.in_(keys))]",
        "return [loan.book for loan in Loan.query.filter(Loan.book_id.in_([b.id for b in Author.query.get(key).books]))]",
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


def test_names_with_underscores_of_their_own() -> None:
    models = MODELS.replace(
        '    author = db.relationship("Author", back_populates="books")', '    print_ = db.relationship("Edition")'
    )
    models = models.replace('    books = db.relationship("Book", back_populates="author")\n', "")
    models += "\nclass Edition(db.Model):\n    book_id = db.Column(db.ForeignKey('book.id'))\n    _company_id = db.Column(db.ForeignKey('company.id'))\n    _company = db.relationship('Company')\n"
    models = models.replace(
        "    company_id = db.Column",
        "    print_id = db.Column(db.ForeignKey('edition.id'))\n    company_id = db.Column",
    ).replace("    book_id = db.Column(db.ForeignKey('book.id'))\n", "")
    view = VIEWS + "    return [book.print_._company.id for book in Book.query]\n"
    (found,) = Flow(project_of({"models.py": models, "views.py": view})).mapped.lacking(False)
    assert found.options == ("joinedload(Book.print_).joinedload(Edition._company)",)


def test_what_the_query_keeps_lazy_is_not_loaded_beside_it() -> None:
    (found,) = lacking("return [b.author for b in Book.query.options(lazyload(Book.author))]")
    assert found.told == ("author",)
    assert found.fix.applicability is Applicability.MANUAL


@pytest.mark.parametrize(
    "text",
    [
        "{{ books|map(attribute='author.id')|join }}",
        "{% for group in books|groupby('author.id') %}{{ group.grouper }}{% endfor %}",
        "{% for book in books|sort(attribute='author.id') %}{{ book.id }}{% endfor %}",
        "{{ books|sum(attribute='author.id') }}",
        "{% for book in books|selectattr('author.id') %}{{ book.id }}{% endfor %}",
        "{{ books|join(', ', attribute='author') }}",
    ],
)
def test_filters_read_attributes(text: str) -> None:
    (found,) = lacking("return render_template('index.html', books=Book.query.all())", {"templates/index.html": text})
    assert found.paths == ("author",)


@pytest.mark.parametrize(
    "text",
    [
        "{{ books|map(attribute='author_id')|join }}",
        "{% for group in books|groupby('author_id') %}{% for book in group.list %}{{ book.id }}{% endfor %}{% endfor %}",
        "{{ books|map('upper') }}",
        "{{ books|sort(attribute=by) }}",
    ],
)
def test_filters_that_read_no_relation(text: str) -> None:
    assert lacking("return render_template('i.html', books=Book.query.all())", {"templates/i.html": text}) == []


PROCESSOR = """
from flask import Blueprint, render_template
from models import Book
bp = Blueprint("x", __name__)

@bp.{}
def shelf():
    return {{"books": Book.query.all()}}
"""
ELSEWHERE = """
from flask import render_template
from models import Author

def view():
    return render_template("index.html", count=Author.query.count())
"""


@pytest.mark.parametrize(
    ("decorator", "folder", "found"),
    [
        ("app_context_processor", "other", 1),
        ("context_processor", "other", 0),  # a blueprint's own, and another's page
        ("context_processor", "shelf", 1),
    ],
)
def test_context_processors(decorator: str, folder: str, found: int) -> None:
    files = {
        "models.py": MODELS,
        "shelf/__init__.py": "",
        "shelf/routes.py": PROCESSOR.format(decorator),
        f"{folder}/views.py": ELSEWHERE,
        "templates/index.html": "{% for book in books %}{{ book.author.id }}{% endfor %}",
    }
    assert len(list(Flow(project_of(files)).mapped.lacking(False))) == found


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
        ("for b in Book.query:\n    db.session.query(Loan.query.filter_by(book_id=b.id).exists()).scalar()", "exists"),
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
        "users = User.query.all()\nfor loan in Loan.query:\n    db.session.get(User, loan.user_id)",  # the session has it
    ],
)
def test_no_query_in_loop(body: str) -> None:
    assert flow(body).mapped.row_queries == ()


COMMITS = "    db.session.commit()"
FOR = "for key in rows:\n"


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (FOR + "    db.session.add(Book(id=key))\n" + COMMITS, 1),
        (FOR + "    key.title = 'x'\n" + COMMITS, 1),
        ("for b in Book.query:\n    print(b)\n" + COMMITS, 1),
        (FOR + "    Book.make(key)\n" + COMMITS, 1),
        (FOR + "    print(key)\n    other.connect(key).insert(id=3)\n" + COMMITS, 0),  # another connection's
        (
            FOR
            + "    try:\n        key.title = 'x'\n    except ValueError:\n        db.session.rollback()\n"
            + COMMITS,
            0,
        ),
    ],
)
def test_commits_in_loops(body: str, count: int) -> None:
    assert len(flow(body).mapped.commits) == count


def test_commit_of_a_worker() -> None:
    text = "@celery.task(name='x')\ndef work(rows):\n    for book in Book.query:\n        book.title = 'x'\n        db.session.commit()\n"
    (found,) = Flow(project_of({"models.py": MODELS, "views.py": VIEWS.partition("def view")[0] + text})).mapped.commits
    assert found.task


@pytest.mark.parametrize(
    ("condition", "matching"),
    [
        ("Book.title.contains(author.name)", True),
        ("Book.title.ilike(author.name), Book.id > 3", True),
        ("Book.title == author.name", False),
        ("Book.readers.any(User.id == author.id)", False),
    ],
)
def test_conditions_that_look_into_a_column(condition: str, matching: bool) -> None:
    (found,) = flow(f"for author in Author.query:\n    Book.query.filter({condition}).all()").mapped.row_queries
    assert found.matching is matching
    assert (found.confidence is Confidence.LOW) is matching


def test_django_rules_see_nothing_of_it() -> None:
    made = flow("return [b.author for b in Book.query]")
    assert made.lazy_loads == ()
    assert made.loop_queries == ()
    assert made.key_reads == ()
