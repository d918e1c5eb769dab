"""Manifests: what they declare, where, and how a requirement is added to each in its own way."""

from __future__ import annotations

import pytest

from pitfall_lint.facts.manifest import group_of, normalised, read
from pitfall_lint.finding import Edit
from pitfall_lint.fixes.manifest import add_requirement
from pitfall_lint.language import column_of, line_of

REQUIREMENTS = """\
# run time
-r base/common.txt
-i https://pypi.example/simple
Flask==3.0 ; python_version > "3.8"  # the web
flask_login[extra]>=0.6 \\
    --config-settings=x
-e git+https://example.org/things.git@main#egg=Some_Thing
https://example.org/wheel.whl
./local
zope.interface
"""

PEP621 = """\
[build-system]
requires = ["setuptools"]

[project]
name = "shop"  # ours
dependencies = [
    "django>=5.0",
    'celery[redis] ~= 5.3',  # queues
]

[project.optional-dependencies]
test = ["pytest"]
s3 = ["boto3"]

[dependency-groups]
dev = ["ruff", {include-group = "lint"}]

[tool.other]
dependencies = ["nothing"]
"""

POETRY = """\
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.11"
Django = "^5.0"
celery = {version = "^5.3", extras = ["redis"]}

[tool.poetry.group.docs.dependencies]
mkdocs = "*"

[tool.poetry.dev-dependencies]
pytest = "*"
"""

PIPFILE = """\
[[source]]
url = "https://pypi.org/simple"

[packages]
flask = "*"

[dev-packages]
pytest = "*"
"""

SETUP_CFG = """\
[metadata]
name = shop
[options]
install_requires =
    django>=5
    celery  # queues

tests_require = pytest
[options.extras_require]
docs =
    sphinx
"""

SETUP_PY = """\
from setuptools import setup

extras = {"docs": ["sphinx"], "s3": ["boto3"]}
setup(name="shop", install_requires=["django>=5", "celery"], tests_require=["pytest"], extras_require=extras)
"""


def declared(path: str, text: str) -> list[tuple[str, str, str]]:
    found = read(path, text)
    assert found.problem is None
    return [(each.name, each.specifier, each.group) for each in found.requirements]


def offset(text: str, position: int) -> int:
    return sum(len(line) + 1 for line in text.split("\n")[: line_of(position) - 1]) + column_of(position)


def applied(text: str, edit: Edit | None) -> str:
    assert edit is not None
    return text[: offset(text, edit.place.start)] + edit.content + text[offset(text, edit.place.end) :]


def test_requirements() -> None:
    assert declared("requirements.txt", REQUIREMENTS) == [
        ("flask", '==3.0 ; python_version > "3.8"', ""),
        ("flask-login", "[extra]>=0.6", ""),
        ("some-thing", "git+https://example.org/things.git@main#egg=Some_Thing", ""),
        ("zope-interface", "", ""),
    ]
    assert read("requirements.txt", REQUIREMENTS).includes == ("base/common.txt",)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("requirements.txt", ""),
        ("requirements/production.txt", ""),
        ("requirements/dev.txt", "dev"),
        ("dev-requirements.txt", "dev"),
        ("requirements_tests.txt", "test"),
        ("docs/requirements.txt", "docs"),
        ("requirements-development.in", "dev"),
    ],
)
def test_the_group_of_a_requirements_file(path: str, group: str) -> None:
    assert declared(path, "flask\n") == [("flask", "", group)]


def test_pep_621() -> None:
    assert declared("pyproject.toml", PEP621) == [
        ("django", ">=5.0", ""),
        ("celery", "[redis] ~= 5.3", ""),
        ("pytest", "", "test"),
        ("boto3", "", "s3"),
        ("ruff", "", "dev"),
    ]


def test_poetry() -> None:
    assert declared("pyproject.toml", POETRY) == [
        ("django", "^5.0", ""),
        ("celery", '{version = "^5.3", extras = ["redis"]}', ""),
        ("mkdocs", "*", "docs"),
        ("pytest", "*", "dev"),
    ]
    assert read("pyproject.toml", POETRY).format == "poetry"


def test_the_other_formats() -> None:
    assert declared("Pipfile", PIPFILE) == [("flask", "*", ""), ("pytest", "*", "dev")]
    assert declared("setup.cfg", SETUP_CFG) == [
        ("django", ">=5", ""),
        ("celery", "", ""),
        ("pytest", "", "test"),
        ("sphinx", "", "docs"),
    ]
    assert declared("setup.py", SETUP_PY) == [
        ("django", ">=5", ""),
        ("celery", "", ""),
        ("pytest", "", "test"),
        ("sphinx", "", "docs"),
        ("boto3", "", "s3"),
    ]


def test_spans_are_exact() -> None:
    for path, text in (
        ("requirements.txt", REQUIREMENTS),
        ("pyproject.toml", PEP621),
        ("setup.py", "é = 1\n" + SETUP_PY),
    ):
        for each in read(path, text).requirements:
            written = text[offset(text, each.start) : offset(text, each.end)]
            assert normalised(written.strip("\"'")).startswith(each.name) or "#egg" in written


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("requirements.txt", "flask\nsqlalchemy\n", "flask\nflask-talisman>=1\nsqlalchemy\n"),
        ("requirements.txt", "sqlalchemy\nflask", "sqlalchemy\nflask\nflask-talisman>=1\n"),
        ("requirements.txt", "", "flask-talisman>=1\n"),
        ("pyproject.toml", PEP621, PEP621.replace("5.3',", "5.3',\n    'flask-talisman>=1',")),
        (
            "pyproject.toml",
            '[project]\nname = "a" # b\nversion = "1"\n[tool.x]\n',
            '[project]\nname = "a" # b\nversion = "1"\ndependencies = ["flask-talisman>=1"]\n[tool.x]\n',
        ),
        (
            "pyproject.toml",
            '[project]\ndependencies = ["flask"]\n',
            '[project]\ndependencies = ["flask", "flask-talisman>=1"]\n',
        ),
        ("pyproject.toml", "[project]\ndependencies = []\n", '[project]\ndependencies = ["flask-talisman>=1"]\n'),
        ("pyproject.toml", POETRY, POETRY.replace('redis"]}', 'redis"]}\nflask-talisman = ">=1"')),
        ("Pipfile", PIPFILE, PIPFILE.replace('flask = "*"', 'flask = "*"\nflask-talisman = ">=1"')),
        ("setup.cfg", SETUP_CFG, SETUP_CFG.replace("# queues", "# queues\n    flask-talisman>=1")),
        ("setup.py", SETUP_PY, SETUP_PY.replace('"celery"', '"celery", "flask-talisman>=1"')),
    ],
)
def test_a_requirement_is_added_as_the_others_are(path: str, text: str, expected: str) -> None:
    assert applied(text, add_requirement(read(path, text), text, "flask-talisman>=1")) == expected
    assert add_requirement(read(path, expected), expected, "Flask_Talisman") is None


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("requirements.txt", "flask==3 --hash=sha256:00\n"),
        ("requirements.txt", "# This file is autogenerated by pip-compile\nflask==3\n"),
        ("pyproject.toml", '[project]\ndynamic = ["dependencies"]\n'),
        ("pyproject.toml", "[tool.ruff]\nline-length = 100\n"),
        ("setup.py", "from setuptools import setup\nsetup(install_requires=read())\n"),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n"),
    ],
)
def test_nothing_is_added_where_a_tool_writes_or_no_place_is_known(path: str, text: str) -> None:
    assert add_requirement(read(path, text), text, "flask-talisman") is None


def test_what_is_no_toml_is_a_problem() -> None:
    found = read("pyproject.toml", '[project]\nname = "a"\ndependencies = [\n"b"\nc = 1\n').problem
    assert found is not None
    assert line_of(found.position) >= 3
    assert read("setup.py", "setup(").problem is None


def test_words_of_groups() -> None:
    assert [group_of(name) for name in ("requirements", "dev", "unit-tests", "documentation", "s3")] == [
        "",
        "dev",
        "test",
        "docs",
        "",
    ]
