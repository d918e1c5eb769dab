"""What is shipped: the packages that pyproject.toml lists are those of the tree, the wheel holds every file of them,
and `rules/` installs as `pitfall_lint.rules` and never as `rules`, a name that belongs to django-rules.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

import pitfall_lint
from pitfall_lint import registry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SHIPPED = ("pitfall_lint", "rules", "pyproject.toml", "README.md", "LICENSE")


def shipped_name(path: Path) -> str:
    """A file of the tree as the wheel names it."""
    name = path.as_posix()
    return f"pitfall_lint/{name}" if name.startswith("rules/") else name


def package_files(checkout: Path) -> list[Path]:
    """Every file under the two package folders, relative to the checkout."""
    found = (path for top in ("pitfall_lint", "rules") for path in (checkout / top).rglob("*"))
    return sorted(path.relative_to(checkout) for path in found if path.is_file() and "__pycache__" not in path.parts)


def test_the_packages_listed_are_those_of_the_tree(checkout: Path) -> None:
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))
    markers = [path for path in package_files(checkout) if path.name == "__init__.py"]
    names = {shipped_name(path).removesuffix("/__init__.py").replace("/", ".") for path in markers}
    assert sorted(project["tool"]["setuptools"]["packages"]) == sorted(names)
    assert project["project"]["version"] == pitfall_lint.__version__


def test_a_bare_checkout_imports_its_rules(checkout: Path, tmp_path: Path) -> None:
    code = "import pitfall_lint.rules as r; from pitfall_lint import registry; print(r.__file__, len(registry.rules()))"
    paths = [str(checkout), *(path for path in sys.path if path.endswith("-packages"))]
    flags = ["-S", "-B"]  # without site, so that no installed pitfall-lint answers
    run = subprocess.run(
        [sys.executable, *flags, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [str(checkout / "rules" / "__init__.py"), str(len(registry.rules()))]


@pytest.fixture(scope="module")
def dist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution, and the wheel built from it."""
    tree = tmp_path_factory.mktemp("tree")
    for name in SHIPPED:
        source = checkout / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, tree / name)
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--quiet", "--outdir", str(folder), str(tree)], check=True)
    return folder


def test_the_wheel_and_the_source_distribution_hold_every_file(checkout: Path, dist: Path) -> None:
    expected = {shipped_name(path) for path in package_files(checkout)}
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == expected
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {path.as_posix() for path in package_files(checkout)} <= held


def test_the_wheel_lives_beside_django_rules(checkout: Path, dist: Path, tmp_path: Path) -> None:
    (wheel,) = dist.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = str(binaries / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel), "rules"], check=True)
    code = (
        "import rules, pitfall_lint.rules; from pitfall_lint import registry; rules.predicate\n"
        "assert rules.__file__ != pitfall_lint.rules.__file__\n"
        "print(*sorted(rule.code for rule in registry.rules()))"
    )
    run = subprocess.run([python, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == sorted(rule.code for rule in registry.rules())
    run = subprocess.run(
        [binaries / "pitfall-lint", "--version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert pitfall_lint.__version__ in run.stdout
