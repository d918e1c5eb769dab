"""What schemas of marshmallow read of SQLAlchemy's rows; each count was measured with the library itself."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.support import project_of

MODELS = """
from flask_marshmallow import Marshmallow
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()
ma = Marshmallow()
labels = db.Table("labels", db.Column("book_id", db.ForeignKey("book.id")), db.Column("tag_id", db.ForeignKey("tag.id")))

class Country(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)

class Author(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String)
    country_id = db.Column(db.ForeignKey("country.id"))
    country = db.relationship("Country")

class Tag(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    word = db.Column(db.String)

class Book(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String)
    author_id = db.Column(db.ForeignKey("author.id"))
    author = db.relationship("Author", backref="books")
    tags = db.relationship("Tag", secondary=labels)

    @property
    def byline(self):
        return self.author.name
"""
SCHEMAS = """
from flask import Flask, jsonify
from flask_smorest import Blueprint
from marshmallow import Schema, fields, post_dump, pre_dump
from sqlalchemy.orm import joinedload, selectinload
from shop.models import Author, Book, db, ma

app = Flask(__name__)
blueprint = Blueprint("books", __name__)

class CountrySchema(Schema):
    name = fields.Str()

class AuthorSchema(Schema):
    name = fields.Str()

class DeepSchema(AuthorSchema):
    country = fields.Nested(CountrySchema)

class TagSchema(Schema):
    word = fields.Str()
"""
VIEW = """
@app.route("/")
def view():
    return jsonify(BookSchema(many=True).dump(Book.query.all()))
"""


def loads(code: str) -> set[tuple[str, str]]:
    """The queries of `code` that lack something, as they stand there, and what each lacks."""
    files = {"shop/__init__.py": "", "shop/models.py": MODELS, "shop/api.py": SCHEMAS + code}
    flow = Flow(project_of({**files, "requirements.txt": "flask\nflask-sqlalchemy\nmarshmallow\n"}))
    found = {(event.site.source, event.path) for event in flow.mapped.lazy_loads}
    assert not flow.exhausted
    return found


FIELDS: list[tuple[str, set[str]]] = [
    ("title = fields.Str()", set()),
    ("author_id = fields.Int()", set()),
    ("author = fields.Nested(AuthorSchema)", {"author"}),
    ("author = fields.Nested('AuthorSchema')", {"author"}),
    ("author = fields.Nested(lambda: AuthorSchema(only=('name',)))", {"author"}),
    ("author = fields.Nested(AuthorSchema())", {"author"}),
    ("author = ma.Nested(AuthorSchema)", {"author"}),
    ("author = fields.Nested(DeepSchema)", {"author", "author__country"}),
    ("author = fields.Nested(DeepSchema, only=('name',))", {"author"}),
    ("author = fields.Nested(DeepSchema, exclude=('country',))", {"author"}),
    ("author = fields.Nested(AuthorSchema, load_only=True)", set()),
    ("writer = fields.Nested(AuthorSchema, attribute='author')", {"author"}),
    ("author = fields.Pluck(DeepSchema, 'name')", {"author"}),
    ("author_name = fields.Str(attribute='author.name')", {"author"}),
    ("byline = fields.Str()", {"author"}),
    ("tags = fields.Nested(TagSchema, many=True)", {"tags"}),
    ("tags = fields.List(fields.Nested(TagSchema))", {"tags"}),
    ("who = fields.Method('get_who')\n\n    def get_who(self, obj):\n        return obj.author.name", {"author"}),
    ("who = fields.Method('get_who')\n\n    def get_who(self, obj):\n        return obj.title", set()),
    ("who = fields.Function(lambda obj: obj.author.name)", {"author"}),
    ("author = fields.Nested(AuthorSchema)\n\n    class Meta:\n        exclude = ('author',)", set()),
    ("title = fields.Str()\n    author = fields.Nested(AuthorSchema)\n\n    class Meta:\n        fields = ('title',)", set()),
    ("author = fields.Nested(AuthorSchema)\n\n    class Meta:\n        load_only = ('author',)", set()),
    (
        "author = fields.Nested(AuthorSchema)\n\n    @pre_dump\n    def plain(self, obj, **kwargs):\n        return {}",
        set(),
    ),
    (
        "author = fields.Nested(AuthorSchema)\n\n    @post_dump\n    def done(self, data, **kwargs):\n        return data",
        {"author"},
    ),
]


@pytest.mark.parametrize(("body", "paths"), FIELDS)
def test_fields_of_a_schema(body: str, paths: set[str]) -> None:
    assert loads(f"class BookSchema(Schema):\n    {body}\n" + VIEW) == {("Book.query", path) for path in paths}


MAPPED: list[tuple[str, str, set[str]]] = [
    ("ma.SQLAlchemyAutoSchema", "", set()),
    ("ma.SQLAlchemyAutoSchema", "include_fk = True", set()),
    ("ma.SQLAlchemyAutoSchema", "include_relationships = True", {"author", "tags"}),
    ("ma.SQLAlchemyAutoSchema", "include_relationships = True\n        exclude = ('tags',)", {"author"}),
    ("ma.SQLAlchemyAutoSchema", "include_relationships = True\n        fields = ('title',)", set()),
    ("ma.SQLAlchemySchema", "include_relationships = True", set()),
]


@pytest.mark.parametrize(("base", "body", "paths"), [*MAPPED, ("ma.ModelSchema", "", {"author", "tags"})])
def test_schema_of_a_mapped_class(base: str, body: str, paths: set[str]) -> None:
    code = f"class BookSchema({base}):\n    class Meta:\n        model = Book\n        {body}\n" + VIEW
    assert loads(code) == {("Book.query", path) for path in paths}


def test_function_with_the_context_of_older_releases() -> None:
    code = "class BookSchema(Schema):\n    who = fields.Function(lambda obj, context: obj.author.name)\n"
    assert loads(code + VIEW) == {("Book.query", "author")}


def test_declared_field_of_a_mapped_schema() -> None:
    code = "class BookSchema(ma.SQLAlchemySchema):\n    author = ma.auto_field()\n\n    class Meta:\n        model = Book\n"
    assert loads(code + VIEW) == {("Book.query", "author")}


BOOK = "class BookSchema(ma.Schema):\n    title = ma.Str()\n    author = ma.Nested(DeepSchema)\n    tags = ma.List(ma.Nested(TagSchema))\n"
BOTH = {"author", "author__country", "tags"}


@pytest.mark.parametrize(
    ("use", "paths"),
    [
        (
            "BookSchema(many=True).dump(Book.query.options(joinedload(Book.author).joinedload(Author.country), selectinload(Book.tags)).all())",
            set(),
        ),
        ("BookSchema().dump(Book.query.get(1))", set()),
        ("BookSchema().dump(Book.query.first())", set()),
        ("BookSchema().jsonify(Book.query.all(), many=True)", BOTH),
        ("BookSchema().dump(db.session.scalars(db.select(Book)), many=True)", BOTH),
        ("BookSchema(many=True, only=('title',)).dump(Book.query.all())", set()),
        ("BookSchema(many=True, only=('title', 'author.name')).dump(Book.query.all())", {"author"}),
        ("BookSchema(many=True, exclude=('author.country', 'tags')).dump(Book.query.all())", {"author"}),
        ("BookSchema(many=True, exclude=('author', 'tags')).dump(Book.query.all())", set()),
        ("BookSchema(many=True, only=request.args['only']).dump(Book.query.all())", set()),
        ("[BookSchema().dump(book) for book in Book.query.all()]", BOTH),
    ],
)
def test_uses_of_a_schema(use: str, paths: set[str]) -> None:
    found = loads(BOOK + f"\n@app.route('/')\ndef view():\n    return {use}\n")
    assert {path for _, path in found} == paths


def test_schema_of_a_module_and_narrowed_by_its_own_init() -> None:
    code = (
        BOOK
        + """
class ViewSchema(BookSchema):
    views = {"short": ["title"], "long": ["title", "tags"]}

    def __init__(self, view=None, *args, **kwargs):
        if view:
            kwargs["only"] = self.views[view]
        super().__init__(*args, **kwargs)

shorts = ViewSchema("short", many=True)
longs = ViewSchema(view="long", many=True)

@app.route("/short")
def short():
    return shorts.dump(Book.query.all())

@app.route("/long")
def long():
    return longs.dump(Book.query.order_by(Book.title).all())
"""
    )
    assert loads(code) == {("Book.query.order_by(Book.title)", "tags")}


@pytest.mark.parametrize(
    ("schema", "paths"), [("BookSchema(many=True)", BOTH), ("BookSchema", set()), ("AuthorSchema(many=True)", set())]
)
def test_answer_of_a_decorated_view(schema: str, paths: set[str]) -> None:
    code = (
        BOOK
        + f"\n@blueprint.route('/')\n@blueprint.response(200, {schema})\ndef view():\n    return Book.query.all()\n"
    )
    assert {path for _, path in loads(code)} == paths


def test_schemas_that_hold_each_other_end() -> None:
    code = """
class BookSchema(Schema):
    author = fields.Nested("WriterSchema")

class WriterSchema(Schema):
    books = fields.List(fields.Nested(BookSchema))
"""
    assert {path for _, path in loads(code + VIEW)} == {"author", "author__books"}
