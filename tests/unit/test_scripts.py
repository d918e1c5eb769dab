"""The scripts for those who work on the linter do what CONTRIBUTING.md says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout to write into."""
    for name in ("pitfall_lint", "rules", "scripts"):
        shutil.copytree(CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def run(tree: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A script of that tree."""
    return subprocess.run(
        [sys.executable, f"scripts/{script}", *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_rule_is_there_at_once(tree: Path) -> None:
    made = run(tree, "new_rule.py", "DJG199", "some-pitfall")
    assert made.returncode == 0, made.stderr
    for written in (
        "rules/django/some_pitfall.py",
        "tests/fixtures/DJG199_some_pitfall/clean.py",
        "changelog.d/DJG199.md",
    ):
        assert (tree / written).is_file()
        assert written.removesuffix("/clean.py") in made.stdout
    code = "from pitfall_lint import registry; print(registry.find('some-pitfall').code)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == "DJG199"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["DJG101", "some-pitfall"], "never reused"),
        (["DJG199", "n-plus-one-to-one"], "never reused"),
        (["DJG199", "Some_Pitfall"], "kebab-case"),
        (["XYZ1"], "usage"),
    ],
)
def test_a_code_or_name_that_is_wrong_or_taken_is_refused(tree: Path, arguments: list[str], reason: str) -> None:
    made = run(tree, "new_rule.py", *arguments)
    assert made.returncode == 2
    assert reason in made.stderr


def test_the_bench_measures_a_project() -> None:
    made = run(CHECKOUT, "bench.py", "examples/django_shop", "--repeat", "1")
    assert made.returncode == 0, made.stderr
    for line in ("bare ast.parse", "cold", "unchanged", "one file changed", "memory"):
        assert line in made.stdout
