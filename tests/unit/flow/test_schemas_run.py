"""The tables of the schemas' tests, run: for each case the libraries show three rows and six, and the queries that come
on top for each row must be as many as the relations that the linter names.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.unit.flow import test_marshmallow, test_ninja

NINJA = """
import json, sys
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["shop"], DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField", SECRET_KEY="x", ALLOWED_HOSTS=["*"],
)
django.setup()
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shop.models import Author, Book, Country, Tag

with connection.schema_editor() as editor:
    for model in (Country, Author, Tag, Book):
        editor.create_model(model)
import shop.api
from ninja.testing import TestClient

client = TestClient(shop.api.api)
counts = {}
for rows in (3, 6):
    for _ in range(3):
        made = Book.objects.create(title="t", author=Author.objects.create(name="a", country=Country.objects.create(name="c")))
        made.tags.add(Tag.objects.create(word="w"))
    for name in json.load(open("cases.json")):
        with CaptureQueriesContext(connection) as caught:
            answer = client.get("/" + name)
        assert answer.status_code == 200 and len(answer.json()) == rows, (name, answer.content)
        counts.setdefault(name, []).append(len(caught))
print(json.dumps({name: (more - few) / 3 for name, (few, more) in counts.items()}))
"""
MARSHMALLOW = """
import json
from flask import Flask
from sqlalchemy import event
from shop.models import Author, Book, Country, Tag, db, ma

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
db.init_app(app)
ma.init_app(app)
with app.app_context():
    import shop.api

    db.create_all()
    count = [0]
    event.listen(db.engine, "before_cursor_execute", lambda *args: count.__setitem__(0, count[0] + 1))
    counts = {}
    for rows in (3, 6):
        for _ in range(3):
            author = Author(name="a", country=Country(name="c"))
            db.session.add(Book(title="t", author=author, tags=[Tag(word="w")]))
        db.session.commit()
        for name in json.load(open("cases.json")):
            db.session.remove()
            schema = getattr(shop.api, name)(many=True)
            count[0] = 0
            assert len(schema.dump(Book.query.all())) == rows
            counts.setdefault(name, []).append(count[0])
print(json.dumps({name: (more - few) / 3 for name, (few, more) in counts.items()}))
"""


def per_row(folder: Path, models: str, api: str, run: str, names: list[str]) -> dict[str, float]:
    """How many queries each case costs for a row more."""
    (folder / "shop").mkdir()
    texts = {"shop/__init__.py": "", "shop/models.py": models, "shop/api.py": api, "run.py": run}
    for path, text in {**texts, "cases.json": json.dumps(names)}.items():
        (folder / path).write_text(text)
    done = subprocess.run([sys.executable, "run.py"], cwd=folder, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(json.loads(done.stdout))


@pytest.mark.skipif(find_spec("ninja") is None, reason="django-ninja is not installed")
def test_schemas_of_ninja(tmp_path: Path) -> None:
    cases = {
        **{f"Field{number}": f"class {{name}}(Schema):\n{body}" for number, (body, _) in enumerate(test_ninja.FIELDS)},
        **{
            f"Meta{number}": f"class {{name}}(ModelSchema):\n    class Meta:\n        {meta}\n"
            for number, (meta, _) in enumerate(test_ninja.META)
        },
    }
    paths = [paths for _, paths in (*test_ninja.FIELDS, *test_ninja.META)]
    view = '\n@api.get("/{name}", response=List[{name}])\ndef view_{name}(request):\n    return Book.objects.all()\n'
    api = test_ninja.SCHEMAS + "".join((text + view).replace("{name}", name) for name, text in cases.items())
    counted = per_row(tmp_path, test_ninja.MODELS, api, NINJA, list(cases))
    assert counted == {name: len(found) for name, found in zip(cases, paths, strict=True)}


@pytest.mark.skipif(
    any(find_spec(name) is None for name in ("flask_marshmallow", "marshmallow_sqlalchemy")),
    reason="Flask-Marshmallow is not installed",
)
def test_schemas_of_marshmallow(tmp_path: Path) -> None:
    cases = {
        f"Field{number}": f"class {{name}}(Schema):\n    {body}\n"
        for number, (body, _) in enumerate(test_marshmallow.FIELDS)
    }
    for number, (base, body, _) in enumerate(test_marshmallow.MAPPED):
        cases[f"Mapped{number}"] = f"class {{name}}({base}):\n    class Meta:\n        model = Book\n        {body}\n"
    paths = [case[-1] for case in (*test_marshmallow.FIELDS, *test_marshmallow.MAPPED)]
    head = test_marshmallow.SCHEMAS.replace("from flask_smorest import Blueprint\n", "").replace(
        'blueprint = Blueprint("books", __name__)\n', ""
    )
    api = head + "".join("\n" + text.replace("{name}", name) for name, text in cases.items())
    counted = per_row(tmp_path, test_marshmallow.MODELS, api, MARSHMALLOW, list(cases))
    assert counted == {name: len(found) for name, found in zip(cases, paths, strict=True)}
