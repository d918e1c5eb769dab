"""What FLK101 and FLK201 weigh: numbers of routes and lines, who uses the application, where it lies; and that the code
they suggest is code.
"""

from __future__ import annotations

import ast
import textwrap

import pytest
from pitfall_lint.rules.flask.missing_talisman import MissingTalisman
from pitfall_lint.rules.flask.single_file_app import SingleFileApp

from pitfall_lint.finding import Applicability, Severity
from tests.unit.support import project_of


def app_of(routes: int, lines: int = 0, extra: str = "") -> str:
    """A module of so many routes and lines."""
    text = "from flask import Flask, request, session\napp = Flask(__name__)\n" + extra
    text += "".join(f"@app.get('/part{i % 3}/{i}')\ndef view{i}(): ...\n" for i in range(routes))
    return text + "#\n" * max(0, lines - text.count("\n"))


@pytest.mark.parametrize(
    ("routes", "lines", "severity"),
    [
        (10, 0, None),
        (10, 799, None),
        (10, 800, "info"),
        (2, 900, None),
        (11, 0, "info"),
        (12, 499, "info"),
        (12, 500, "warning"),
        (11, 500, "info"),
        (19, 499, "info"),
        (20, 0, "warning"),
    ],
)
def test_how_loud_a_single_file_is(routes: int, lines: int, severity: str | None) -> None:
    found = [item.severity.value for item in SingleFileApp().check(project_of({"app.py": app_of(routes, lines)}))]
    assert found == ([severity] if severity else [])


def test_the_numbers_can_be_told() -> None:
    project = project_of({"app.py": app_of(5)})
    (finding,) = SingleFileApp({"warn_routes": 5}).check(project)
    assert finding.severity is Severity.WARNING
    assert finding.data["routes"] == 5


def test_the_plan_groups_views_by_url() -> None:
    text = "from flask import Flask\napp = Flask(__name__)\n"
    rules = [
        "/api/v1/users", "/api/v1/users/<int:key>", "/api/v1/class/x", "/api/v1/class/y", "/", "/about",
        "/flask/a", "/flask/b", "/user-groups/", "/user-groups/<key>", "/users/me",
    ]  # fmt: skip
    text += "".join(f"@app.get({rule!r})\ndef view{number}(key=1): ...\n" for number, rule in enumerate(rules))
    (finding,) = SingleFileApp().check(project_of({"shop/app.py": text, "shop/__init__.py": ""}))
    assert finding.data["blueprints"] == [
        "users: view0, view1, view10",
        "class_: view2, view3",
        "flask_views: view6, view7",
        "user_groups: view8, view9",
        "main: view4, view5",
    ]
    assert finding.fix.applicability is Applicability.MANUAL
    message = finding.fix.message
    assert "- shop/class_.py: view2, view3" in message
    assert "from shop.users import bp as users_bp" in message
    assert "app.register_blueprint(users_bp)" in message
    code = textwrap.dedent("\n".join(line for line in message.splitlines() if line.startswith("    ")))
    ast.parse(code)


def test_a_prefix_that_all_rules_share() -> None:
    extra = "".join(f"@app.post('/books{tail}')\ndef book{i}(): ...\n" for i, tail in enumerate(("", "/new", "/<key>")))
    (finding,) = SingleFileApp().check(project_of({"app.py": app_of(0, 900, extra)}))
    assert 'Blueprint("books", __name__, url_prefix="/books")' in finding.fix.message
    assert '@bp.post("")  # was /books on app' in finding.fix.message


LOGIN = "@app.post('/login')\ndef login():\n    session['user'] = request.form['user']\n"


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (app_of(3), "info"),
        (app_of(30), "info"),
        (app_of(2, 0, LOGIN), "info"),
        (app_of(3, 100, LOGIN), "info"),
        (app_of(3, 250, LOGIN), "warning"),
        (app_of(10, 0, LOGIN), "warning"),
    ],
)
def test_how_loud_missing_headers_are(text: str, severity: str) -> None:
    (finding,) = MissingTalisman().check(project_of({"app.py": text}))
    assert finding.severity.value == severity


@pytest.mark.parametrize(
    "texts",
    [
        {"examples/a/app.py": app_of(5)},
        {"docs/app.py": app_of(5)},
        {"app.py": app_of(3) + "app.run('127.0.0.1')\n"},
        {"app.py": app_of(3) + "if __name__ == '__main__':\n    app.run(host='localhost', port=1)\n"},
        {"app.py": "import webview\n" + app_of(3)},
        {"app.py": app_of(0)},
        {"tests/app.py": app_of(5)},
        {"app.py": "def f():\n    from flask_talisman import Talisman\n    Talisman(app)\n" + app_of(4)},
        {
            "app.py": app_of(4),
            "docker-compose.yml": "labels:\n  - traefik.http.middlewares.x.headers.stsSeconds=1\n"
            "  - traefik.http.middlewares.x.headers.contentTypeNosniff=true\n",
        },
    ],
)
def test_nothing_to_say(texts: dict[str, str]) -> None:
    assert list(MissingTalisman().check(project_of(texts))) == []


@pytest.mark.parametrize(
    "texts",
    [
        {"app.py": app_of(3) + "app.run('127.0.0.1')\n", "Procfile": "web: gunicorn app:app\n"},
        {"app.py": app_of(3) + "app.run('127.0.0.1')\n", "requirements.txt": "flask\nwaitress\n"},
        {"app.py": app_of(3) + "app.run('0.0.0.0')\n"},
        {"app.py": app_of(3) + "app.run()\n"},
        {
            "app.py": app_of(3),
            "nginx.conf": "# add_header X-Frame-Options DENY;\nadd_header X-Content-Type-Options x;\n",
        },
        {
            "app.py": app_of(3),
            "nginx.conf": "proxy_hide_header X-Frame-Options;\nproxy_hide_header X-Content-Type-Options;\n",
        },
    ],
)
def test_still_missing(texts: dict[str, str]) -> None:
    assert len(list(MissingTalisman().check(project_of(texts)))) == 1


def test_one_finding_for_each_root() -> None:
    texts = {f"{name}/app.py": app_of(6, 300, LOGIN) for name in ("a", "b")}
    texts |= {f"{name}/requirements.txt": "flask\n" for name in ("a", "b")}
    assert [item.place.path for item in MissingTalisman().check(project_of(texts))] == ["a/app.py", "b/app.py"]
    together = {path: text for path, text in texts.items() if path.endswith(".py")}
    (finding,) = MissingTalisman().check(project_of(together))
    assert finding.place.path == "a/app.py"
    assert [step.place.path for step in finding.related if "another" in step.message] == ["b/app.py"]
    many = {f"{name}/app.py": app_of(6, 300, LOGIN) for name in "abcd"}
    many |= {f"{name}/requirements.txt": "flask\n" for name in "abcd"}
    assert {item.severity for item in MissingTalisman().check(project_of(many))} == {Severity.INFO}
