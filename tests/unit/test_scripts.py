"""The scripts for those who work on the linter do what CONTRIBUTING.md says."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

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


def test_mending_real_projects_holds_fixes_to_account(tmp_path: Path) -> None:
    folder = tmp_path / "projects"
    shutil.copytree(CHECKOUT / "examples/django_shop", folder / "shop")
    made = run(CHECKOUT, "mend.py", str(folder), "--diffs", str(tmp_path / "diffs"))
    assert made.returncode == 0, made.stdout + made.stderr
    assert "shop: 4 findings, 4 mended in 4 files, 0 remain, all holds" in made.stdout
    assert "+++ b/" in (tmp_path / "diffs/shop.diff").read_text()
    views = "shop/orders/views.py"
    assert (folder / views).read_bytes() == (CHECKOUT / "examples/django_shop/orders/views.py").read_bytes()


def test_what_does_not_hold_after_mending_is_said() -> None:
    mend = runpy.run_path(str(CHECKOUT / "scripts/mend.py"))

    def found(*rows: tuple[str, str, str, str], **refused: str) -> Any:
        """Findings by code, fingerprint, applicability and relation, all on line 3 of one file."""
        findings = [
            {
                "code": code,
                "fingerprint": fingerprint,
                "filename": "copies/shop/a.py",
                "location": {"row": 3},
                "fix": {"applicability": applicability},
                "message": "words",
                "data": {"model": "shop.Book", "relations": [f"author__{about}"]},
            }
            for code, fingerprint, applicability, about in rows
        ]
        return mend["Found"](
            tuple(findings), {("copies/shop/a.py", 3, code): reason for code, reason in refused.items()}
        )

    before = found(
        ("DJG101", "a", "safe", "tags"), ("DJG103", "b", "manual", "tags"), ("DJG105", "e", "manual", "notes")
    )
    after = found(
        ("DJG104", "c", "manual", "tags"),
        ("DJG103", "b", "manual", "tags"),
        ("PFL002", "d", "safe", ""),
        ("DJG104", "f", "manual", "notes"),
        PFL002="why",
    )
    assert list(mend["appeared"](before, after)) == ["a.py:3: DJG104 was not there before: words"]
    left, unexplained = mend["unmended"](after, ("safe",))
    assert (left, unexplained) == (["a.py:3: PFL002: why"], [])
    assert mend["unmended"](before, ("safe",))[1] == ["a.py:3: DJG101 is safe, is not mended, and no reason is given"]
    was = {"a.py": b"x = 1\n", "old.py": b"print 1\n", "b.py": b"y = 1\n"}
    now = {"a.py": b"x = \n", "old.py": b"print 2\n", "moved.py": b"y = 1\n"}
    assert [line.split(":")[0] for line in mend["unsound"](was, now, ["a.py", "b.py", "moved.py", "old.py"])] == [
        "a.py"
    ]
