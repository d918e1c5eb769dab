"""What the manifests of a project declare together."""

from __future__ import annotations

from tests.unit.support import project_of


def test_names_are_compared_normalised() -> None:
    found = project_of({"requirements.txt": "Flask_Login>=0.6\n", "requirements-dev.txt": "pytest\n"}).dependencies
    assert found.known
    assert found.declares("flask-login")
    assert not found.declares("pytest")
    assert found.mentions("PyTest")
    requirement = found.find("flask.login")
    assert requirement is not None
    assert (requirement[0].specifier, requirement[1]) == (">=0.6", "requirements.txt")


def test_what_a_run_time_file_includes_is_run_time() -> None:
    files = {
        "requirements.txt": "-r requirements/local.txt\n",
        "requirements/local.txt": "-r base.txt\ngunicorn\n",
        "requirements/base.txt": "django\n",
        "requirements/test.txt": "pytest\n",
    }
    found = project_of(files).dependencies
    assert [name for name in ("django", "gunicorn", "pytest") if found.declares(name)] == ["django", "gunicorn"]


def test_a_new_requirement_goes_to_the_nearest_manifest() -> None:
    files = {
        "pyproject.toml": "[tool.ruff]\n",
        "requirements.txt": "flask\n",
        "requirements-dev.txt": "pytest\n",
        "examples/shop/pyproject.toml": '[project]\ndependencies = ["flask"]\n',
        "examples/shop/app.py": "",
        "app/main.py": "",
    }
    found = project_of(files).dependencies
    assert [facts.path for path in ("app/main.py", "examples/shop/app.py") if (facts := found.manifest_for(path))] == [
        "requirements.txt",
        "examples/shop/pyproject.toml",
    ]
    assert project_of({"app.py": ""}).dependencies.manifest_for("app.py") is None
