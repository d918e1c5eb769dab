"""What Flask linking finds: applications however they are made, routes however they are bound, and what runs around
requests.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from pitfall_lint.project.flask import Blueprint, Flask, FlaskApp
from tests.unit.support import project_of


def flask_of(texts: Mapping[str, str] | str) -> Flask:
    """The Flask side of a project, or of one file."""
    return project_of({"app.py": texts} if isinstance(texts, str) else texts).flask


def only_app(texts: Mapping[str, str] | str) -> tuple[Flask, FlaskApp]:
    """The project and its only application."""
    flask = flask_of(texts)
    (app,) = flask.apps
    return flask, app


def rules(flask: Flask) -> list[tuple[str | None, tuple[str, ...], str | None]]:
    """Each route as rule, methods and endpoint."""
    return [(route.rule, route.methods, route.endpoint) for route in flask.routes]


# ---------------------------------------------------------------- applications


@pytest.mark.parametrize(
    ("text", "variable", "kind"),
    [
        ("from flask import Flask\napp = Flask(__name__)", "app", "flask"),
        ("from flask import Flask as F\nsite: F = F(__name__)", "site", "flask"),
        ("import flask as f\napp = f.Flask(__name__)", "app", "flask"),
        ("from flask.app import Flask\napp = application = Flask(__name__)", "app", "flask"),
        ("from quart import Quart\napp = Quart(__name__)", "app", "quart"),
        ("import connexion\nc = connexion.FlaskApp(__name__)", "c", "connexion"),
        (
            "from flask import Flask\nclass Web(Flask): pass\nclass Shop(Web): pass\napp = Shop(__name__)",
            "app",
            "flask",
        ),
        ("from flask import Flask\nclass Server:\n    app = Flask(__name__)", "app", "flask"),
        (
            "from flask import Flask\nclass S:\n    def __init__(self):\n        self.app = Flask(__name__)",
            "self.app",
            "flask",
        ),
        ("def make():\n    from flask import Flask\n    app = Flask(__name__)\n    return app", "app", "flask"),
        ("from flask import Flask\ndef make():\n    return Flask(__name__)\napp = make()", "", "flask"),
        ("from flask import Flask\nif (app := Flask(__name__)): pass", "", "flask"),
    ],
)
def test_an_application(text: str, variable: str, kind: str) -> None:
    text += "\n"
    flask = flask_of(text + "@app.get('/')\ndef home(): ...\n" if ":=" in text else text)
    (app,) = flask.apps
    assert (app.variable, app.kind) == (variable, kind)


def test_a_project_without_flask_pays_nothing() -> None:
    flask = flask_of({"app.py": "import django\n", "tests/test_x.py": "from flask import Flask\napp = Flask('a')\n"})
    assert not flask.present
    assert (flask.apps, flask.routes, flask.hooks, flask.settings) == ((), (), (), None)
    assert flask._linker is None


def test_the_inner_application_of_connexion() -> None:
    flask, app = only_app(
        "import connexion\nouter = connexion.App(__name__)\napp = outer.app\n"
        "@app.route('/a')\ndef a(): ...\n@outer.route('/b')\ndef b(): ...\n"
    )
    assert app.inner == "outer.app"
    assert [route.rule for route in flask.routes_on(app)] == ["/a", "/b"]


def test_branches_make_one_application() -> None:
    flask, app = only_app(
        "from flask import Flask\nif x:\n    app = Flask('a')\nelse:\n"
        "    app = Flask('b')\n@app.get('/')\ndef a(): ...\n"
    )
    assert app.place.row == 3
    assert len(flask.routes_on(app)) == 1


def test_the_factory_is_known() -> None:
    _, app = only_app("from flask import Flask\ndef create_app():\n    app = Flask(__name__)\n    return app\n")
    assert app.function is not None
    assert (app.function.name, app.scope, app.place.row) == ("create_app", "create_app", 3)


def test_an_application_that_a_function_makes_global() -> None:
    flask, app = only_app(
        "from flask import Flask\napp = None\ndef init():\n    global app\n    app = Flask(__name__)\n"
        "def views():\n    @app.get('/')\n    def home(): ...\n"
    )
    assert len(flask.routes_on(app)) == 1


def test_an_application_wrapped_in_a_proxy_fix_is_still_one() -> None:
    flask, app = only_app(
        "from flask import Flask\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
        "app = Flask(__name__)\napp.wsgi_app = ProxyFix(app.wsgi_app)\n@app.get('/')\ndef a(): ...\n"
    )
    assert len(flask.routes_on(app)) == 1


# --------------------------------------------------------------------- routes


def test_ways_to_bind_a_route() -> None:
    flask, app = only_app(
        """
from flask import Flask
from flask.views import MethodView
app = Flask(__name__)
PREFIX = "/v1"
@app.route("/a", methods=["GET", "post"])
def a(): ...
@app.post(PREFIX + "/b", endpoint="named")
def b(): ...
@app.route(f"{PREFIX}/c")
@app.route("/c")
async def c(): ...
class D(MethodView):
    def get(self): ...
    def put(self, key): ...
app.add_url_rule("/d", view_func=D.as_view("dee"))
def e(): ...
app.add_url_rule("/e", "eee", e, methods={"DELETE"})
app.route("/f")(e)
app.add_url_rule("/g", view_func=guarded(e))
@app.cli.command("seed")
def seed(): ...
@app.errorhandler(404)
def lost(error): ...
"""
    )
    assert rules(flask) == [
        ("/a", ("GET", "POST"), "a"),
        ("/v1/b", ("POST",), "named"),
        ("/v1/c", ("GET",), "c"),
        ("/c", ("GET",), "c"),
        ("/d", ("GET", "PUT"), "dee"),
        ("/e", ("DELETE",), "eee"),
        ("/f", ("GET",), "e"),
        ("/g", ("GET",), "e"),
    ]
    assert all(route.target is app for route in flask.routes)
    assert flask.routes[0].function is not None


def test_routes_by_loop_helper_and_parameter() -> None:
    flask, app = only_app(
        {
            "app.py": """
from flask import Flask
import views
from helpers import register_view, setup
app = Flask(__name__)
register_view(app, routes=["/one", "/uno"], view_func=views.one)
for rule, view in [("/two", views.two), ("/three", views.three)]:
    app.add_url_rule(rule, view_func=view)
[app.add_url_rule(r, endpoint=r, view_func=v) for r, v in views.TABLE.items()]
setup(app, "/late")
""",
            "helpers.py": """
def register_view(target, routes, view_func, **options):
    for route in routes:
        target.add_url_rule(route, view_func=view_func, **options)
def setup(application, prefix="/x"):
    deeper(application, prefix)
def deeper(it, where):
    @it.get(where)
    def nested(): ...
""",
            "views.py": "def one(): ...\ndef two(): ...\ndef three(): ...\nTABLE = {'/four': one}\n",
        }
    )
    assert sorted(str(route.rule) for route in flask.routes_on(app)) == [
        "/four",
        "/late",
        "/one",
        "/three",
        "/two",
        "/uno",
    ]
    assert {route.view_module.path for route in flask.routes if route.view_module} == {"views.py", "helpers.py"}


def test_methods_of_an_object() -> None:
    flask, app = only_app(
        """
from flask import Flask
class Server:
    def __init__(self, app):
        self.app = app
        self.bind()
    def bind(self):
        self.app.add_url_rule("/", view_func=self.home)
    def home(self): ...
app = Flask(__name__)
server = Server(app)
"""
    )
    assert rules(flask) == [("/", ("GET",), "home")]
    assert flask.routes[0].target is app


def test_a_route_on_an_application_that_is_imported_and_re_exported() -> None:
    flask, app = only_app(
        {
            "web/__init__.py": "from web.core import app\nfrom web import views\n",
            "web/core.py": "from flask import Flask\napp = Flask(__name__)\n",
            "web/views.py": (
                "import web\nfrom . import app as site\n@site.get('/')\n"
                "def a(): ...\n@web.app.get('/b')\ndef b(): ...\n"
            ),
        }
    )
    assert [route.path for route in flask.routes_on(app)] == ["web/views.py", "web/views.py"]


def test_a_receiver_that_nobody_knows() -> None:
    flask = flask_of("import flask\ndef load(app):\n    @app.route('/plugin')\n    def plugin(): ...\n")
    (route,) = flask.routes
    assert (route.rule, route.target, flask.endpoints(route)) == ("/plugin", None, ())


def test_resources() -> None:
    flask, app = only_app(
        """
from flask import Flask, Blueprint
from flask_restful import Api, Resource
class Book(Resource):
    def get(self, key): ...
    def delete(self, key): ...
class Own(Api):
    def add_versioned(self, resource, *urls):
        return self.add_resource(resource, *urls)
api = Own()
late = Blueprint("late", __name__)
api.add_resource(Book, "/books/<int:key>", "/b/<int:key>")
api.add_versioned(Book, "/v/<int:key>", endpoint="v")
Api(late).add_resource(Book, "/late")
app = Flask(__name__)
api.init_app(app)
"""
    )
    assert [(route.rule, route.endpoint) for route in flask.routes_on(app)] == [
        ("/v/<int:key>", "book"),
        ("/books/<int:key>", "book"),
        ("/b/<int:key>", "book"),
    ]
    (late,) = flask.blueprints
    assert [route.methods for route in flask.routes_on(late)] == [("GET", "DELETE")]


def test_namespaces() -> None:
    flask, app = only_app(
        """
from flask import Flask
from flask_restx import Api, Namespace, Resource
app = Flask(__name__)
api = Api(app)
books = Namespace("books", path="/books")
api.add_namespace(books)
members = api.namespace("members")
@books.route("/", "/all")
class Books(Resource):
    def get(self): ...
@members.route("/<int:key>")
class Member(Resource):
    def put(self, key): ...
@api.route("/ping")
class Ping(Resource):
    def get(self): ...
"""
    )
    by_name = {item.name: item for item in flask.blueprints}
    assert [route.rule for route in flask.routes_on(by_name["books"])] == ["/", "/all"]
    assert [route.methods for route in flask.routes_on(by_name["members"])] == [("PUT",)]
    assert [route.rule for route in flask.routes_on(app)] == ["/ping"]
    assert flask.registered_on(app) == (by_name["books"],)


def test_operations_of_a_document() -> None:
    flask, app = only_app(
        {
            "web/app.py": (
                "import connexion\napp = connexion.App(__name__, specification_dir='spec')\napp.add_api('api.yml')\n"
            ),
            "web/spec/api.yml": (
                "openapi: 3.0.0\npaths:\n  /books:\n    get:\n      operationId: web.views.books\n"
                "      responses:\n        '200':\n          description: ok\n    post:\n      summary: x\n"
                "  '/books/{key}':\n    delete:\n      operationId: web.views.drop\n"
                "components:\n  schemas:\n    get: 1\n"
            ),
            "web/views.py": "def books(): ...\ndef drop(key): ...\n",
            "web/__init__.py": "",
        }
    )
    assert [(route.rule, route.methods) for route in flask.routes_on(app)] == [
        ("/books", ("GET",)),
        ("/books", ("POST",)),
        ("/books/{key}", ("DELETE",)),
    ]
    assert [route.view is not None for route in flask.routes] == [True, False, True]


# ----------------------------------------------------------------- blueprints


def test_blueprints_and_their_registrations() -> None:
    flask, app = only_app(
        {
            "app.py": """
from flask import Flask
from parts import ALL, child, make, nowhere, outer
def create_app():
    app = Flask(__name__)
    for part in ALL:
        app.register_blueprint(part)
    app.register_blueprint(make("made"), url_prefix="/made")
    outer.register_blueprint(child, name="kid")
    app.register_blueprint(outer)
    app.register_blueprint(plugin.load())
    return app
""",
            "parts.py": """
from flask import Blueprint
from flask_smorest import Blueprint as Smorest
class Own(Blueprint): pass
a = Blueprint("a", __name__, url_prefix="/a")
b = Own(name="b", import_name=__name__)
c = Smorest("c", __name__)
ALL = [a, b] + [c]
outer = Blueprint("outer", __name__)
child = Blueprint("child", __name__)
nowhere = Blueprint("nowhere", __name__)
def make(name):
    made = Blueprint(name, __name__)
    return made
@child.get("/")
def index(): ...
@a.get("/x")
def x(): ...
""",
        }
    )
    assert sorted(str(item.name) for item in flask.registered_on(app)) == ["a", "b", "c", "child", "made", "outer"]
    assert "nowhere" in {item.name for item in flask.blueprints}
    assert any(item.blueprint is None for item in flask.registrations)
    assert [item.url_prefix for item in flask.registrations if item.blueprint and item.blueprint.name == "made"] == [
        "/made"
    ]
    assert sorted(name for route in flask.routes for name in flask.endpoints(route)) == ["a.x", "outer.kid.index"]
    assert all(isinstance(route.target, Blueprint) for route in flask.routes)


def test_a_view_that_hides_its_blueprint() -> None:
    flask = flask_of(
        "from flask import Blueprint\nhome = Blueprint('home', __name__)\n@home.get('/')\ndef home(): ...\n"
    )
    assert flask.routes[0].target is flask.blueprints[0]


def test_routes_in_a_class_body() -> None:
    flask = flask_of(
        "from flask import Blueprint\nbp = Blueprint('b', __name__)\nclass Views:\n"
        "    @bp.get('/')\n    def home(): ...\n"
    )
    assert flask.routes[0].target is flask.blueprints[0]


# ----------------------------------------------------------------- extensions


def test_extensions() -> None:
    flask, app = only_app(
        {
            "app.py": """
from flask import Flask
from flask_cors import CORS
from extensions import db, own
def create_app():
    app = Flask(__name__)
    CORS(app)
    db.init_app(app)
    bind(app)
    return app
def bind(it):
    own.init_app(it)
""",
            "extensions.py": """
from flask_sqlalchemy import SQLAlchemy
from flask_talisman import talisman
class Own(SQLAlchemy): pass
db = SQLAlchemy()
own = Own()
talisman = talisman.Talisman()
def late(app):
    talisman.init_app(app)
""",
        }
    )
    found = {(item.cls, item.own, item.how, item.app is app) for item in flask.extensions}
    assert found == {
        ("flask_cors.CORS", "", "constructor", True),
        ("flask_sqlalchemy.SQLAlchemy", "", "init_app", True),
        ("flask_sqlalchemy.SQLAlchemy", "extensions.Own", "init_app", True),
        ("flask_talisman.Talisman", "", "init_app", False),
    }
    made = next(item.made for item in flask.extensions if item.how == "init_app" and item.made)
    assert made.path == "extensions.py"
    assert [place.path for place in flask.imports_of("flask_talisman")] == ["extensions.py"]


# ---------------------------------------------------------------------- hooks

HEADERS = """
from flask import Flask, current_app
from flask.wrappers import Response
import settings
app = Flask(__name__)
FIXED = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
"""


HOOK = "@app.after_request\ndef f(r):\n    "


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (HOOK + 'r.headers["X-Frame-Options"] = "DENY"\n    return r', "X-Frame-Options"),
        (HOOK + 'r.headers.set("x-frame-options", "DENY")\n    return r', "X-Frame-Options"),
        (HOOK + "r.headers.update(FIXED)\n    return r", "X-Frame-Options nosniff"),
        (HOOK + "for k, v in FIXED.items(): r.headers[k] = v\n    return r", "X-Frame-Options nosniff"),
        (HOOK + "r.headers.extend(settings.HEADERS)\n    return r", "CSP HSTS"),
        (
            HOOK + 'r.headers.extend(app.config["HEAD"])\n    return r\napp.config["HEAD"] = FIXED',
            "X-Frame-Options nosniff",
        ),
        (HOOK + "return settings.harden(r)", "HSTS"),
        ("def f(r):\n    return settings.harden(r)\napp.after_request(f)", "HSTS"),
        (HOOK + "r.content_security_policy.default_src = 'self'\n    return r", "CSP"),
        (HOOK + 'r.headers.pop("X-Frame-Options", None)\n    return r', ""),
        (HOOK + 'r.headers["Cache-Control"] = "no-store"\n    return r', ""),
        ('@app.get("/")\ndef f():\n    r = Response()\n    r.headers["X-Frame-Options"] = "DENY"\n    return r', ""),
    ],
)
def test_security_headers(code: str, expected: str) -> None:
    flask, app = only_app(
        {
            "app.py": HEADERS + code + "\n",
            "settings.py": (
                'HEADERS = [("Content-Security-Policy", "x"), ("Strict-Transport-Security", "y")]\n'
                'def harden(r):\n    r.headers.setdefault("Strict-Transport-Security", "max-age=1")\n    return r\n'
            ),
        }
    )
    assert " ".join(sorted(flask.security_headers(app))) == expected


def test_a_blueprint_sets_headers_for_itself_or_for_all() -> None:
    text = (
        "from flask import Flask, Blueprint\napp = Flask(__name__)\nbp = Blueprint('b', __name__)\n"
        "app.register_blueprint(bp)\n@bp.{kind}\ndef f(r):\n    r.headers['X-Frame-Options'] = 'DENY'\n    return r\n"
    )
    for kind, expected in (("after_request", set()), ("after_app_request", {"X-Frame-Options"})):
        flask, app = only_app(text.format(kind=kind))
        assert flask.security_headers(app) == expected


def test_run_calls() -> None:
    flask, app = only_app(
        "from flask import Flask\napp = Flask(__name__)\ndef main():\n    app.run(debug=True)\n"
        "if __name__ == '__main__':\n    app.run('0.0.0.0')\n"
    )
    assert [(run.place.row, run.guarded, run.app is app) for run in flask.runs] == [(4, False, True), (6, True, True)]


# -------------------------------------------------------------------- folders


@pytest.mark.parametrize(
    ("call", "template", "static", "known"),
    [
        ("Flask(__name__)", "src/web/templates", "src/web/static", True),
        ("Flask('web')", "src/web/templates", "src/web/static", True),
        ("Flask(__name__.split('.')[0])", "src/web/templates", "src/web/static", True),
        ("Flask(__name__, template_folder='../html', static_folder=None)", "src/html", None, True),
        ("Flask(__name__, template_folder=os.path.join(HERE, 'pages'))", "src/web/pages", "src/web/static", True),
        ("Flask(__name__, static_folder=str(ROOT / 'public'))", "src/web/templates", "public", True),
        ("Flask(__name__, template_folder=os.environ['X'])", None, "src/web/static", False),
        ("Flask(__name__, **options)", "src/web/templates", "src/web/static", False),
    ],
)
def test_folders(call: str, template: str | None, static: str | None, known: bool) -> None:
    text = (
        "import os\nfrom pathlib import Path\nfrom flask import Flask\n"
        "HERE = os.path.dirname(os.path.abspath(__file__))\n"
        f"ROOT = Path(__file__).resolve().parents[2]\napp = {call}\n"
    )
    _, app = only_app({"src/web/__init__.py": text})
    assert (app.folders.template, app.folders.static, app.folders.known) == (template, static, known)


def test_folders_of_all() -> None:
    flask = flask_of(
        {
            "app.py": "from flask import Flask\napp = Flask(__name__)\n",
            "shop/__init__.py": (
                "from flask import Blueprint\n"
                "shop = Blueprint('shop', __name__, template_folder='templates', static_folder='assets')\n"
                "bare = Blueprint('bare', __name__)\n"
            ),
        }
    )
    assert flask.template_folders == ("templates", "shop/templates")
    assert flask.static_folders == ("static", "shop/assets")


def test_recursion_ends() -> None:
    flask = flask_of(
        "from flask import Flask\ndef a(app):\n    b(app)\n    return a(app)\n"
        "def b(app):\n    a(app)\n    return b(a(app))\n"
        "app = a(Flask(__name__))\nx = y\ny = x\nx.route('/')\n@x.get('/')\ndef v(): ...\n"
    )
    assert len(flask.apps) == 1


def test_a_loop_over_what_a_name_makes_of_itself() -> None:
    flask, app = only_app(
        "from flask import Flask\napp = Flask(__name__)\n\n\ndef add():\n    names = sorted(names)\n    for name in names:\n"
        "        app.add_url_rule('/' + name, name)\n\n\nadd()\n"
    )
    assert len(flask.routes_on(app)) <= 1
