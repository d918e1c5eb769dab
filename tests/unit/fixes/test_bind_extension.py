"""Binding Talisman: the edits are insertions that parse, and the application that they give starts, redirects HTTP and
sends Strict-Transport-Security over HTTPS.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pitfall_lint.rules.flask.missing_talisman import MissingTalisman

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Applicability, BindExtension, Place
from pitfall_lint.fixes import expand
from pitfall_lint.fixes.flask import expand_bind
from pitfall_lint.fixes.text import Text
from pitfall_lint.language import pack
from pitfall_lint.source import MemorySource
from tests.unit.support import project_of


def fixed(texts: Mapping[str, str]) -> dict[str, str]:
    """The files after the fix of the only finding."""
    project = project_of(texts)
    (finding,) = MissingTalisman().check(project)
    assert finding.fix.applicability is Applicability.UNSAFE
    edits = expand(finding.fix, project.source).edits
    assert edits
    done = dict(texts)
    for path in {edit.place.path for edit in edits}:
        own = [edit for edit in edits if edit.place.path == path]
        assert all(edit.place.start == edit.place.end for edit in own), "insertions only"
        done[path] = Text(path, texts[path].encode()).edited(own).decode()
        if path.endswith(".py"):
            ast.parse(done[path])
    assert list(MissingTalisman().check(project_of(done))) == []
    return done


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Writes a project, imports a module of it and gives what a name of it is; forgets the modules afterwards."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))

    def serve(texts: Mapping[str, str], module: str, name: str = "app") -> Any:
        for path, text in texts.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        return value

    yield serve
    for added in set(sys.modules) - before:
        module = sys.modules[added]
        if str(getattr(module, "__file__", "") or "").startswith(str(tmp_path)):
            del sys.modules[added]


def assert_protected(app: Any) -> None:
    """HTTP is redirected, HTTPS has the headers."""
    client = app.test_client()
    plain = client.get("/")
    assert (plain.status_code, plain.headers["Location"]) == (302, "https://localhost/")
    secure = client.get("/", base_url="https://localhost")
    assert secure.status_code == 200
    assert "max-age" in secure.headers["Strict-Transport-Security"]
    assert secure.headers["Content-Security-Policy"]
    assert secure.headers["X-Content-Type-Options"] == "nosniff"


VIEW = '\n\n@app.get("/")\ndef home():\n    return "hello"\n'
GLOBAL = {
    "plain": "from flask import Flask\n\napp = Flask(__name__)\n" + VIEW,
    "module": "import flask\n\napp = flask.Flask(__name__)\n" + VIEW,
    "no_blank_line": "from flask import Flask\napp = Flask(__name__)" + VIEW,
    "annotated": "from flask import Flask\n\napp: Flask = Flask(__name__)\n" + VIEW,
    "many_lines": "from flask import (\n    Flask,\n)\n\napp = Flask(\n    __name__,\n    static_folder=None,\n)\n"
    + VIEW,
    "docstring_and_future": (
        '"""Shop."""\n\nfrom __future__ import annotations\n\nimport os\n\nfrom flask import Flask\n'
        'from jinja2 import Template\n\napp = Flask(__name__)\napp.config["KEY"] = os.sep\n' + VIEW
    ),
    "semicolon": "from flask import Flask; import os\n\napp = Flask(__name__); app.secret_key = 'x'\n" + VIEW,
    "in_an_if": (
        "import os\nfrom flask import Flask\n\nif os.sep:\n    app = Flask(__name__)\n    app.config['A'] = 1\n" + VIEW
    ),
    "both_branches": (
        "import os\nfrom flask import Flask\n\nif os.sep == '!':\n    app = Flask('one')\nelse:\n"
        "    app = Flask(__name__)\n" + VIEW
    ),
    "in_a_try": (
        "from flask import Flask\n\ntry:\n    app = Flask(__name__)\nexcept ValueError:\n    raise SystemExit(1)\n"
        + VIEW
    ),
    "conditional_value": "import os\nfrom flask import Flask\n\napp = Flask('a') if not os.sep else Flask(__name__)\n"
    + VIEW,
    "two_names": "from flask import Flask\n\napp = application = Flask(__name__)\n" + VIEW,
    "tabs": "import os\nfrom flask import Flask\n\nif os.sep:\n\tapp = Flask(__name__)\n" + VIEW,
    "late_configuration": (
        "from flask import Flask\n\napp = Flask(__name__)\n\nTITLE = 'shop'\napp.config.from_mapping(TITLE=TITLE)\n"
        + VIEW
    ),
    "unsorted_imports": "from flask import Flask\nimport os\nimport json\n\napp = Flask(__name__)\n" + VIEW,
    "no_newline_at_the_end": (
        "from flask import Flask\ndef home():\n    return 'hello'\n\napp = Flask(__name__)\n"
        "app.add_url_rule('/', view_func=home)"
    ),
    "umlauts": "from flask import Flask\n\ngrüße = 'grüß'; app = Flask(__name__)  # Büro\n" + VIEW,
}


@pytest.mark.parametrize("name", GLOBAL)
def test_global_application(name: str, served: Any) -> None:
    done = fixed({f"{name}.py": GLOBAL[name]})
    assert_protected(served(done, name))


def test_the_import_is_sorted_in() -> None:
    text = (
        "import os\n\nfrom flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\nfrom flask_wtf import F\n"
        "from sqlalchemy import select\n\nfrom shop import x\n\napp = Flask(__name__)\n" + VIEW
    )
    lines = fixed({"app.py": text})["app.py"].splitlines()
    at = lines.index("from flask_talisman import Talisman")
    assert lines[at - 1].startswith("from flask_sqlalchemy")
    assert lines[at + 1].startswith("from flask_wtf")


def test_an_import_that_is_there_is_used() -> None:
    text = "from flask import Flask\nfrom flask_talisman import Talisman\n\napp = Flask(__name__)\n" + VIEW
    recipe = BindExtension(
        Place("app.py", pack(4, 0), pack(4, 21)), "app", "flask_talisman", "Talisman", "force_https=False", "x", None
    )
    (edit,) = expand_bind(recipe, MemorySource({"app.py": text}))
    assert edit.content == "Talisman(app, force_https=False)\n"


def test_windows_newlines_stay() -> None:
    done = fixed({"app.py": GLOBAL["plain"].replace("\n", "\r\n")})["app.py"]
    assert done.count("\r\n") == done.count("\n")
    assert "\r\nTalisman(app)\r\n" in done


FACTORY = """from flask import Flask
from flask_sqlalchemy import SQLAlchemy

db = SQLAlchemy()


def create_app():
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"

    db.init_app(app)

    @app.get("/")
    def home():
        return "hello"

    return app
"""


def test_factory_with_instances(served: Any) -> None:
    done = fixed({"factory.py": FACTORY})
    assert "db = SQLAlchemy()\ntalisman = Talisman()\n" in done["factory.py"]
    assert "    db.init_app(app)\n    talisman.init_app(app)\n" in done["factory.py"]
    assert_protected(served(done, "factory", "create_app")())


def test_factory_whose_name_for_the_instance_is_taken(served: Any) -> None:
    done = fixed({"taken.py": FACTORY.replace("def create_app():", "talisman = 'a charm'\n\n\ndef create_app():")})
    assert "    db.init_app(app)\n    Talisman(app)\n" in done["taken.py"]
    assert_protected(served(done, "taken", "create_app")())


def test_factory_with_local_imports(served: Any) -> None:
    text = (
        "def create_app():\n    from flask import Flask\n\n    app = Flask(__name__)\n\n"
        '    @app.get("/")\n    def home():\n        return "hello"\n\n    return app\n'
    )
    done = fixed({"local.py": text})
    assert done["local.py"].startswith("from flask_talisman import Talisman\n")
    assert_protected(served(done, "local", "create_app")())


@pytest.mark.parametrize(
    ("imported", "expected"),
    [
        ("from pack.ext import db, mail", "from pack.ext import db, mail, talisman"),
        ("from .ext import mail, db", "from .ext import mail, db, talisman"),
        ("from .ext import (\n    db,\n    mail,\n)", "from .ext import (\n    db,\n    mail,\n    talisman,\n)"),
        ("from .ext import (db, mail)", "from .ext import (db, mail, talisman)"),
    ],
)
def test_module_of_extensions(imported: str, expected: str, served: Any) -> None:
    texts = {
        "pack/__init__.py": (
            f"from flask import Flask\n\n{imported}\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"\n    bind(app)\n\n'
            '    @app.get("/")\n    def home():\n        return "hello"\n\n    return app\n\n\n'
            "def bind(application):\n    db.init_app(application)\n    mail.init_app(application)\n"
        ),
        "pack/ext.py": (
            '"""Extensions."""\n\nfrom flask_sqlalchemy import SQLAlchemy\n\nfrom .mail import Mail\n\n'
            "db = SQLAlchemy()\nmail = Mail()\n"
        ),
        "pack/mail.py": (
            "from flask_sqlalchemy.session import Session\n\n\nclass Mail(Session):\n"
            "    def __init__(self):\n        pass\n\n"
            "    def init_app(self, app):\n        app.extensions['mail'] = self\n"
        ),
        "requirements.txt": "flask\nflask-sqlalchemy\n",
    }
    done = fixed(texts)
    assert expected in done["pack/__init__.py"]
    assert "    mail.init_app(application)\n    talisman.init_app(application)\n" in done["pack/__init__.py"]
    assert "mail = Mail()\ntalisman = Talisman()\n" in done["pack/ext.py"]
    assert done["requirements.txt"] == "flask\nflask-sqlalchemy\nflask-talisman\n"
    assert_protected(served(done, "pack", "create_app")())


def test_an_instance_imported_below_the_call_is_not_used(served: Any) -> None:
    texts = {
        "late/__init__.py": (
            "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__)\n"
            '    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"\n    with app.app_context():\n'
            "        from late.extensions import db\n\n        db.init_app(app)\n\n"
            '    @app.get("/")\n    def home():\n        return "hello"\n\n    return app\n'
        ),
        "late/extensions.py": "from flask_sqlalchemy import SQLAlchemy\n\ndb = SQLAlchemy()\n",
    }
    done = fixed(texts)
    assert "    Talisman(app)\n    with" in done["late/__init__.py"]
    assert_protected(served(done, "late", "create_app")())


def test_application_of_an_object(served: Any) -> None:
    text = (
        "from flask import Flask\n\n\nclass Server:\n    def __init__(self):\n        self.app = Flask(__name__)\n"
        '        self.app.add_url_rule("/", view_func=self.home)\n\n'
        "    def home(self):\n        return 'hello'\n\n\nserver = Server()\n"
    )
    done = fixed({"objects.py": text})
    assert "        Talisman(self.app)\n" in done["objects.py"]
    assert_protected(served(done, "objects", "server.app"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from flask import Flask\nif True: app = Flask(__name__)\n" + VIEW, "line of its `if`"),
        ("from flask import Flask\nTalisman = 1\n\napp = Flask(__name__)\n" + VIEW, "name Talisman is taken"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    project = project_of({"app.py": text})
    (finding,) = MissingTalisman().check(project)
    with pytest.raises(CannotFix, match=reason):
        expand(finding.fix, project.source)


def test_refused_where_the_statement_is_gone() -> None:
    recipe = BindExtension(Place("app.py", pack(9, 0), pack(9, 3)), "app", "flask_talisman", "Talisman", "", "x", None)
    with pytest.raises(CannotFix, match="no longer"):
        expand_bind(recipe, MemorySource({"app.py": "app = 1\n"}))
    with pytest.raises(CannotFix, match="cannot be read"):
        expand_bind(recipe, MemorySource({}))
    with pytest.raises(CannotFix, match="syntax"):
        expand_bind(recipe, MemorySource({"app.py": "app = = 1\n"}))


def test_an_application_without_a_name_gets_a_manual_fix() -> None:
    text = "from flask import Flask, Blueprint\nbp = Blueprint('a', __name__)\n@bp.get('/')\ndef home(): return ''\n\n"
    text += "def configured(app):\n    app.register_blueprint(bp)\n    return app\n\n"
    text += "def make():\n    return configured(Flask(__name__))\n"
    (finding,) = MissingTalisman().check(project_of({"app.py": text}))
    assert finding.fix.applicability is Applicability.MANUAL
    assert "Talisman(app)" in finding.fix.message
