"""Which files belong to a project: roots, kinds, .gitignore and `exclude`, what is never code, awkward trees."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from pitfall_lint.config import Config
from pitfall_lint.discover import Discovery, Kind, classify, discover, find_root, is_backup, is_test_path, of_paths
from pitfall_lint.errors import ConfigError
from pitfall_lint.ignored import Ignored, Patterns


def lay(root: Path, *paths: str, **texts: str) -> Path:
    """Files (with a text where one is given by the name `path__with__slashes`), and folders (ending in `/`)."""
    for path in paths:
        place = root / path
        if path.endswith("/"):
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text("x = 1\n")
    return root


def paths(found: Discovery) -> list[str]:
    return [file.path for file in found.files if file.path.rpartition("/")[2] not in (".git", ".gitignore")]


def looked(root: Path, **settings: object) -> list[str]:
    return paths(discover(root, Config(**settings)))  # type: ignore[arg-type]


# ------------------------------------------------------------------------ root


class TestRoot:
    def test_repository_wins_over_manage_py_below(self, tmp_path: Path) -> None:
        lay(tmp_path, ".git/", "backend/manage.py", "backend/pyproject.toml", "backend/app/models.py")
        for path in (".", "backend", "backend/manage.py", "backend/app/models.py", "backend/app"):
            assert find_root(tmp_path / path) == tmp_path

    def test_configured_folder_is_a_root(self, tmp_path: Path) -> None:
        lay(tmp_path, ".git/", "one/manage.py", "one/app/models.py", "two/app.py", "two/pitfall-lint.toml")
        (tmp_path / "one/pyproject.toml").write_text('[tool.ruff]\n[ tool . "pitfall-lint" ]\n')
        assert find_root(tmp_path / "one/app/models.py") == tmp_path / "one"
        assert find_root(tmp_path / "two/app.py") == tmp_path / "two"
        assert find_root(tmp_path) == tmp_path

    def test_other_tools_configuration_is_none_of_ours(self, tmp_path: Path) -> None:
        lay(tmp_path, ".git/", "one/app.py")
        (tmp_path / "one/pyproject.toml").write_text("# [tool.pitfall-lint]\n[tool.ruff]\n")
        assert find_root(tmp_path / "one/app.py") == tmp_path

    def test_outermost_mark_where_there_is_no_repository(self, tmp_path: Path) -> None:
        lay(tmp_path, "site/pyproject.toml", "site/netbox/manage.py", "site/netbox/dcim/models.py")
        assert find_root(tmp_path / "site/netbox/dcim/models.py") == tmp_path / "site"
        assert find_root(tmp_path / "site") == tmp_path / "site"

    def test_a_bare_file_belongs_to_the_folder_outside_its_packages(self, tmp_path: Path) -> None:
        lay(tmp_path, "bare/main.py", "bare/pkg/__init__.py", "bare/pkg/sub/__init__.py", "bare/pkg/sub/x.py")
        lay(tmp_path, "bare/templates/a.html")
        for path in ("main.py", "pkg/sub/x.py", "templates/a.html"):
            assert find_root(tmp_path / "bare" / path) == tmp_path / "bare"

    def test_home_is_a_root_only_when_it_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        lay(tmp_path, ".git/", "requirements.txt", "project/app.py")
        assert find_root(tmp_path / "project/app.py") == tmp_path / "project"
        assert find_root(tmp_path) == tmp_path

    def test_links_are_resolved(self, tmp_path: Path) -> None:
        lay(tmp_path, "real/.git/", "real/app.py")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert find_root(tmp_path / "link/app.py") == tmp_path / "real"


# ----------------------------------------------------------------------- kinds


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("app/views.py", Kind.PYTHON),
        ("app.pyw", Kind.PYTHON),
        ("app/contest.py", Kind.PYTHON),
        ("tests/helpers.py", Kind.PYTHON_TEST),
        ("app/tests.py", Kind.PYTHON_TEST),
        ("app/test_views.py", Kind.PYTHON_TEST),
        ("app/views_test.py", Kind.PYTHON_TEST),
        ("conftest.py", Kind.PYTHON_TEST),
        ("app/latest.py", Kind.PYTHON),
        ("app/migrations/0001_initial.py", Kind.PYTHON_MIGRATION),
        ("migrations/versions/ab12_add.py", Kind.PYTHON_MIGRATION),
        ("alembic/versions/ab12_add.py", Kind.PYTHON_MIGRATION),
        ("migrations/models.py", Kind.PYTHON),
        ("setup.py", Kind.MANIFEST),
        ("pyproject.toml", Kind.MANIFEST),
        ("Pipfile", Kind.MANIFEST),
        ("requirements.txt", Kind.MANIFEST),
        ("requirements-dev.txt", Kind.MANIFEST),
        ("dev-requirements.in", Kind.MANIFEST),
        ("base_requirements.txt", Kind.MANIFEST),
        ("requirements/prod.txt", Kind.MANIFEST),
        ("docs/requirements.txt", Kind.MANIFEST),
        ("robots.txt", Kind.OTHER),
        ("app/templates/app/list.html", Kind.TEMPLATE),
        ("app/templates/mail/subject.txt", Kind.TEMPLATE),
        ("app/templates/sitemap.xml", Kind.TEMPLATE),
        ("app/templates/requirements.txt", Kind.TEMPLATE),
        ("app/jinja2/app/list.html", Kind.JINJA_TEMPLATE),
        ("app/templates/list.jinja", Kind.JINJA_TEMPLATE),
        ("app/templates/list.html.j2", Kind.JINJA_TEMPLATE),
        ("roles/web/nginx.conf.j2", Kind.OTHER),
        ("pages/list.djhtml", Kind.DJANGO_TEMPLATE),
        ("pages/list.html", Kind.TEMPLATE),
        ("static/partials/list.html", Kind.STATIC),
        ("static/site.css", Kind.STATIC),
        ("static/dist/app.js", Kind.STATIC),
        ("app/templates/app/style.css", Kind.STATIC),
        ("images/logo.PNG", Kind.STATIC),
        ("Procfile", Kind.TEXT),
        ("Dockerfile", Kind.TEXT),
        ("docker/Dockerfile.prod", Kind.TEXT),
        ("docker-compose.yml", Kind.TEXT),
        ("deploy/nginx.conf", Kind.TEXT),
        (".env", Kind.TEXT),
        (".env.example", Kind.TEXT),
        ("README.md", Kind.OTHER),
        ("data.json", Kind.OTHER),
    ],
)
def test_kinds(tmp_path: Path, path: str, kind: Kind) -> None:
    assert classify(path) is kind
    lay(tmp_path, path)
    if path == "alembic/versions/ab12_add.py":
        lay(tmp_path, "alembic/env.py")
    assert {file.path: file.kind for file in discover(tmp_path, Config()).files}[path] is kind


def test_a_helper_beside_migrations_is_one_of_them(tmp_path: Path) -> None:
    lay(tmp_path, "app/migrations/0001_initial.py", "app/migrations/helpers.py", "app/migrations/__init__.py")
    assert {file.kind for file in discover(tmp_path, Config()).files} == {Kind.PYTHON_MIGRATION}


def test_an_app_named_like_a_static_folder_is_code(tmp_path: Path) -> None:
    lay(tmp_path, "media/__init__.py", "media/templates/media/list.html", "media/page.html")
    kinds = {file.path: file.kind for file in discover(tmp_path, Config()).files}
    assert kinds["media/page.html"] is Kind.TEMPLATE


def test_what_is_too_large_is_not_read() -> None:
    assert classify("a.html", 5_000_000) is Kind.STATIC
    assert classify("a.yml", 5_000_000) is Kind.OTHER
    assert classify("a.py", 50_000_000) is Kind.PYTHON


def test_test_paths() -> None:
    assert is_test_path("a/tests/templates/x.html")
    assert is_test_path("a/test_x.py")
    assert not is_test_path("contests/x.py")


def test_of_paths_sorts() -> None:
    assert paths(of_paths(Path("/x"), ["b.py", "a.py"])) == ["a.py", "b.py"]


# ------------------------------------------------------------------- left out


@pytest.mark.parametrize(
    "path",
    [
        "venv/lib/x.py",
        ".venv/lib/x.py",
        "node_modules/a/x.py",
        "app/__pycache__/x.py",
        ".git/hooks/x.py",
        ".tox/x.py",
        ".nox/x.py",
        ".mypy_cache/x.py",
        "build/lib/x.py",
        "dist/x.py",
        "pkg.egg-info/x.py",
        "app/_vendor/x.py",
        "third_party/x.py",
        "vendor/requests/x.py",
        "lib/site-packages/x.py",
        "routes copy.py",
        "routes copy 2.py",
        "routes - copia.py",
        "routes - Copy (2).py",
        "routes (1).py",
        "Copy of routes.py",
        "app copy/routes.py",
        "routes.py~",
        "routes.py.bak",
        ".#routes.py",
        "#routes.py#",
        ".routes.py.swp",
        "{{cookiecutter.name}}/x.py",
        "tests/fixtures/x.py",
        "docs/_build/x.html",
    ],
)
def test_never_project_code(tmp_path: Path, path: str) -> None:
    lay(tmp_path, path, "app.py")
    assert looked(tmp_path) == ["app.py"]


@pytest.mark.parametrize(
    "path",
    [
        "build/__init__.py",
        "vendor/models.py",
        "env/settings.py",
        "static/vendor/x.js",
        "templates/vendor/x.html",
        "copy.py",
    ],
)
def test_what_only_looks_like_it(tmp_path: Path, path: str) -> None:
    lay(tmp_path, path)
    assert looked(tmp_path) == [path]


def test_committed_environments(tmp_path: Path) -> None:
    lay(tmp_path, "app.py", "myenv/pyvenv.cfg", "myenv/x.py")
    lay(tmp_path, "other/bin/activate_this.py", "other/lib/python3.11/site-packages/x.py", "other/share/y.py")
    lay(tmp_path, "win/Scripts/activate_this.py", "win/Lib/site-packages/x.py")
    lay(tmp_path, "conda/conda-meta/", "conda/x.py")
    assert looked(tmp_path) == ["app.py"]


def test_a_project_inside_its_own_environment(tmp_path: Path) -> None:
    lay(tmp_path, "pyvenv.cfg", "bin/activate_this.py", "lib/python3.11/site-packages/x.py", "app.py", "site/views.py")
    assert looked(tmp_path) == ["app.py", "pyvenv.cfg", "site/views.py"]


def test_backups() -> None:
    assert is_backup("a copy.py")
    assert not is_backup("copyright.py")
    assert not is_backup("deep copy of things/x.py".rpartition("/")[2])


# ------------------------------------------------------------------- .gitignore


def test_gitignore_nested_and_taken_back(tmp_path: Path) -> None:
    lay(tmp_path, "a.py", "b.log.py", "gen/x.py", "gen/keep.py", "app/gen.py", "app/local.py", "app/deep/local.py")
    lay(tmp_path, "other/local.py", "app/settings/secret.py")
    (tmp_path / ".gitignore").write_text("# words\n*.log.py\n/gen/*\n!/gen/keep.py\napp/settings/\n\n")
    (tmp_path / "app/.gitignore").write_text("local.py\n!deep/local.py\n")
    assert looked(tmp_path) == ["a.py", "app/deep/local.py", "app/gen.py", "gen/keep.py", "other/local.py"]


def test_gitignore_above_the_root_and_info_exclude(tmp_path: Path) -> None:
    lay(tmp_path, ".git/info/exclude", "back/app.py", "back/made.py", "back/own.py", "back/gen/x.py", "gen.py")
    (tmp_path / ".git/info/exclude").write_text("own.py\n")
    (tmp_path / ".gitignore").write_text("/back/gen/\nmade.py\n/app.py\n")
    assert looked(tmp_path / "back") == ["app.py"]
    (tmp_path / ".gitignore").write_text("/back/gen/\nmade.py\n/back/\n")
    assert looked(tmp_path / "back") == ["app.py", "gen/x.py", "made.py", "own.py"]


def test_info_exclude_of_a_work_tree(tmp_path: Path) -> None:
    lay(tmp_path, "main/.git/info/exclude", "main/.git/worktrees/w/commondir", "w/app.py", "w/own.py", "w/.git")
    (tmp_path / "main/.git/info/exclude").write_text("own.py\n")
    (tmp_path / "main/.git/worktrees/w/commondir").write_text("../..\n")
    (tmp_path / "w/.git").write_text(f"gitdir: {tmp_path}/main/.git/worktrees/w\n")
    assert looked(tmp_path / "w") == ["app.py"]


PATTERNS = [
    "*.pyc", "*.py[cod]", "build/", "/dist", "docs/_build/", "a/**/b.py", "**/cache", "foo*", "*bar*", "!keep.py",
    "x?z.py", "/only/*.py", "\\#odd.py", "[ab].py", "sub/dir", "name", "*.egg-info/", "!sub/dir/", "trailing ",
    "deep/**", "*", "!*/", "/a b.py", "[!x].txt", "x[", "*~", "!",
]  # fmt: skip
NAMES = [
    "a.pyc", "b.pyd", "build", "dist", "docs/_build", "a/x/y/b.py", "a/b.py", "deep/cache", "cache", "foo.py",
    "x/foobar.txt", "keep.py", "xyz.py", "only/a.py", "only/sub/a.py", "#odd.py", "a.py", "c.py", "sub/dir",
    "s/sub/dir", "name", "n/name", "p.egg-info", "trailing", "trailing ", "deep/er/x.py", "a b.py", "y.txt", "x.txt",
    "x[", "z~", "q/keep.py",
]  # fmt: skip


@pytest.mark.parametrize("first", PATTERNS)
@pytest.mark.parametrize("base", ["", "in/"])
def test_the_screen_never_hides_a_match(first: str, base: str) -> None:
    """What is in front of pathspec gives the same answers as pathspec alone."""
    for second in PATTERNS:
        lines = [line for line in (first, second) if line != "!"]
        patterns = Patterns(lines, base)
        ignored = Ignored((patterns,))
        try:
            spec = GitIgnoreSpec.from_lines(lines)
        except ValueError:
            continue
        for name in NAMES:
            for folder in (False, True):
                prefix, _, last = f"{base}{name}".rpartition("/")
                expected = spec.check_file(f"{name}/" if folder else name).include is True
                assert ignored.covers(f"{prefix}/" if prefix else "", last, folder=folder) == expected, (lines, name)


@pytest.mark.parametrize("first", PATTERNS)
def test_the_screen_above_the_root(first: str) -> None:
    for second in ("sub/*.py", "/sub/name", "sub/**/b.py", first):
        lines = [line for line in (first, second) if line != "!"]
        ignored = Ignored((Patterns(lines, above="sub/"),))
        try:
            spec = GitIgnoreSpec.from_lines(lines)
        except ValueError:
            continue
        for name in NAMES:
            prefix, _, last = name.rpartition("/")
            expected = spec.check_file(f"sub/{name}").include is True
            assert ignored.covers(f"{prefix}/" if prefix else "", last) == expected, (lines, name)


def test_agrees_with_git(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "a.py",
        "x/a.py",
        "x/y/b.py",
        "x/y/keep.py",
        "gen/one.py",
        "gen/sub/two.py",
        "docs/api/c.py",
        "c.tmp.py",
    )
    (tmp_path / ".gitignore").write_text("/a.py\nx/**/b.py\ngen/*\n!gen/sub\n*.tmp.*\ndocs/*/c.py\n")
    (tmp_path / "x/.gitignore").write_text("y/*\n!y/keep.py\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    command = ["git", "-C", str(tmp_path), "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert looked(tmp_path) == sorted(path for path in listed if not path.endswith(".gitignore"))


def test_exclude(tmp_path: Path) -> None:
    lay(tmp_path, "a.py", "gen/b.py", "app/gen/c.py", "app/d_pb2.py", "docs/e.py")
    assert looked(tmp_path, exclude=("gen/",), extend_exclude=("*_pb2.py", "/docs")) == ["a.py"]
    found = discover(tmp_path, Config(exclude=("gen/",)), ["gen/b.py", "new.py"])
    assert paths(found) == ["a.py", "app/d_pb2.py", "docs/e.py", "gen/b.py", "new.py"]


# ---------------------------------------------------------------- awkward trees


def test_missing_root(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        discover(tmp_path / "none", Config())


def test_link_loops_end_and_nothing_outside_is_read(tmp_path: Path) -> None:
    root = lay(tmp_path / "root", "app/a.py")
    outside = lay(tmp_path / "outside", "secret.py")
    (root / "app/loop").symlink_to(root)
    (root / "self").symlink_to(root / "self")
    (root / "out").symlink_to(outside)
    (root / "secret.py").symlink_to(outside / "secret.py")
    (root / "alias.py").symlink_to(root / "app/a.py")
    (root / "broken.py").symlink_to(root / "none.py")
    found = discover(root, Config())
    assert paths(found) == ["alias.py", "app/a.py"]
    assert [file.kind for file in found.files] == [Kind.OTHER, Kind.PYTHON]
    assert found.links == ("app/loop", "out", "secret.py")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_folder_for_real(tmp_path: Path) -> None:
    lay(tmp_path, "a.py", "closed/b.py")
    (tmp_path / "closed").chmod(0)
    try:
        found = discover(tmp_path, Config())
    finally:
        (tmp_path / "closed").chmod(0o755)
    assert paths(found) == ["a.py"]
    assert found.problems[0][0] == "closed"


def test_unreadable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, "a.py", "closed/b.py")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = discover(tmp_path, Config())
    assert paths(found) == ["a.py"]
    assert found.problems == (("closed", "this folder cannot be read: Permission denied"),)


def test_names_that_are_no_text(tmp_path: Path) -> None:
    lay(tmp_path, "ok.py", "größe.py")
    try:
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.py"))).write_text("")
    except OSError:
        pytest.skip("this file system knows only text")
    found = discover(tmp_path, Config())
    assert paths(found) == ["größe.py", "ok.py"]
    assert found.problems == (("bad?.py", "its name is not valid UTF-8, so it was left out"),)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    lay(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe.py")
    assert looked(tmp_path) == ["a.py"]


def test_projects_inside(tmp_path: Path) -> None:
    lay(
        tmp_path,
        ".git/",
        "a.py",
        "clone/.git/",
        "clone/b.py",
        "sub/.git",
        "sub/c.py",
        "own/pitfall-lint.toml",
        "own/d.py",
    )
    found = discover(tmp_path, Config())
    assert paths(found) == ["a.py"]
    assert found.nested == ("clone", "own")


def test_deep_folders(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(60):
        folder = folder / "deep"
    lay(folder, "a.py")
    assert len(looked(tmp_path)) == 1


def test_many_files_fast(tmp_path: Path) -> None:
    for number in range(100):
        folder = tmp_path / f"package{number}"
        folder.mkdir()
        for name in range(50):
            (folder / f"{'static' if name % 2 else 'module'}{name}.{'css' if name % 2 else 'py'}").touch()
    (tmp_path / ".gitignore").write_text("*.py[cod]\n/docs/*\n*.swp\nlocal_*\n__pycache__/\n/package1/x?.py\n")
    best = min(_seconds(tmp_path) for _ in range(3))
    assert best < 0.5  # a tenth of it on an idle machine


def _seconds(root: Path) -> float:
    started = time.perf_counter()
    assert len(discover(root, Config()).files) >= 5000
    return time.perf_counter() - started
