"""What output fields of Flask-RESTful and Flask-RESTX read of SQLAlchemy's rows; each count was measured with the libraries themselves."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.flow.test_marshmallow import MODELS
from tests.unit.support import project_of

RESTFUL = """
from flask_restful import Resource, fields, marshal, marshal_with
from sqlalchemy.orm import joinedload, selectinload
from shop.models import Author, Book, db

country_fields = {"name": fields.String}
author_fields = {"name": fields.String}
deep_fields = {"name": fields.String, "country": fields.Nested(country_fields)}
tag_fields = {"word": fields.String}
"""
RESTX = """
from flask_restx import Api, Namespace, Resource, fields, marshal
from sqlalchemy.orm import joinedload, selectinload
from shop.models import Author, Book, db

api = Api()
country_fields = api.model("Country", {"name": fields.String})
author_fields = api.model("Author", {"name": fields.String})
deep_fields = api.inherit("Deep", author_fields, {"country": fields.Nested(country_fields)})
tag_fields = api.model("Tag", {"word": fields.String})
"""
QUERY = "Book.query"


def loads(code: str) -> set[str]:
    """The relations that the queries of `code` lack."""
    files = {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/api.py": code}
    flow = Flow(project_of({**files, "requirements.txt": "flask\nflask-sqlalchemy\nflask-restful\n"}))
    found = {event.path for event in flow.mapped.lazy_loads}
    assert not flow.exhausted
    return found


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ("'title': fields.String", set()),
        ("'author_id': fields.Integer(attribute='author_id')", set()),
        ("'author': fields.Nested(author_fields)", {"author"}),
        ("'author': fields.Nested(deep_fields)", {"author", "author__country"}),
        ("'writer': fields.Nested(author_fields, attribute='author')", {"author"}),
        ("'author_name': fields.String(attribute='author.name')", {"author"}),
        ("'who': fields.String(attribute=lambda book: book.author.name)", {"author"}),
        ("'who': fields.String(attribute=lambda book: book.title)", set()),
        ("'byline': fields.String", {"author"}),
        ("'tags': fields.List(fields.Nested(tag_fields))", {"tags"}),
        ("'tags': fields.Nested(tag_fields)", {"tags"}),
    ],
)
def test_output_fields(fields: str, paths: set[str]) -> None:
    restful = f"book_fields = {{{fields}}}\n\nclass Books(Resource):\n    @marshal_with(book_fields)\n    def get(self):\n        return Book.query.all()\n"
    assert loads(RESTFUL + restful) == paths
    restx = f"book_fields = api.model('Book', {{{fields}}})\n\nclass Books(Resource):\n    @api.marshal_list_with(book_fields)\n    def get(self):\n        return Book.query.all(), 200\n"
    assert loads(RESTX + restx) == paths


BOTH = "book_fields = {'author': fields.Nested(deep_fields), 'tags': fields.List(fields.Nested(tag_fields))}\n"
PATHS = {"author", "author__country", "tags"}


@pytest.mark.parametrize(
    ("view", "paths"),
    [
        (
            "    @marshal_with(book_fields, envelope='books')\n    def get(self):\n        return Book.query.all()\n",
            PATHS,
        ),
        ("    @marshal_with(book_fields)\n    def get(self, key):\n        return Book.query.get(key)\n", set()),
        (
            "    @marshal_with(book_fields)\n    def get(self):\n        return Author.query.options(joinedload(Author.country)).first()\n",
            set(),
        ),
        (
            "    @marshal_with(book_fields)\n    def get(self):\n        return Book.query.options(joinedload(Book.author).joinedload(Author.country), selectinload(Book.tags)).all()\n",
            set(),
        ),
        ("    def get(self):\n        return {'books': marshal(Book.query.all(), book_fields)}\n", PATHS),
        ("    def get(self):\n        return [marshal(book, book_fields) for book in Book.query.all()]\n", PATHS),
        (
            "    shown = book_fields\n\n    def get(self):\n        return marshal(Book.query.all(), self.shown)\n",
            PATHS,
        ),
        ("    def get(self):\n        return marshal(Book.query.first(), book_fields)\n", set()),
        ("    def get(self):\n        return marshal(Book.query.all(), country_fields)\n", set()),
    ],
)
def test_uses_of_output_fields(view: str, paths: set[str]) -> None:
    assert loads(RESTFUL + BOTH + "\nclass Books(Resource):\n" + view) == paths


def test_field_that_answers_in_its_own_way_is_not_known() -> None:
    code = """
class Author(fields.Raw):
    def output(self, key, obj):
        return key

book_fields = {"author": Author(attribute="author")}

class Books(Resource):
    @marshal_with(book_fields)
    def get(self):
        return Book.query.all()
"""
    assert loads(RESTFUL + code) == set()
    assert loads(RESTFUL + code.replace("def output(self, key, obj)", "def format(self, key)")) == {"author"}
