"""The examples carry the pitfalls that they are there for, and the linter mends those that it says it can: afterwards
the Flask app starts and asks for HTTPS, and the shop shows the same pages for fewer queries.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ORACLE = Path(__file__).parent / "oracle"
QUERIES = {"/", "/categories/", "/orders/totals/"}  # the pages that ask too often
LOST = "/orders/A0001/invoice/"  # the page whose template no loader finds


def copy(checkout: Path, name: str, into: Path) -> Path:
    """The example as a project of its own."""
    left_out = shutil.ignore_patterns("__pycache__", "*.sqlite3", ".pitfall_lint_cache", "instance")
    return Path(shutil.copytree(checkout / "examples" / name, into / name, ignore=left_out))


def pitfall_lint(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run over the project, from its own folder."""
    command = [sys.executable, "-m", "pitfall_lint", "--no-cache", *arguments, "."]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


def lint(project: Path, *arguments: str) -> list[dict[str, Any]]:
    """The findings of a run, as JSON shows them."""
    run = pitfall_lint(project, "--output-format", "json", *arguments)
    assert run.returncode in (0, 1), run.stderr
    findings: list[dict[str, Any]] = json.loads(run.stdout)
    assert run.returncode == bool(findings)
    return findings


def codes(findings: list[dict[str, Any]]) -> set[str]:
    """The codes found."""
    return {finding["code"] for finding in findings}


def ask(oracle: str, project: Path, *arguments: str) -> dict[str, Any]:
    """What the running project answers."""
    command = [sys.executable, "-B", str(ORACLE / oracle), str(project), *arguments]
    run = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    answers: dict[str, Any] = json.loads(run.stdout)
    return answers


def test_the_book_club_gains_its_security_headers(checkout: Path, tmp_path: Path) -> None:
    project = copy(checkout, "flask_app", tmp_path)
    assert {"FLK101", "FLK201"} <= codes(lint(project))
    before = ask("book_club.py", project)
    assert "Strict-Transport-Security" not in before["https"]["headers"]

    left = codes(lint(project, "--fix", "--unsafe-fixes"))
    assert "FLK101" in left, "what belongs into which blueprint is the owner's to decide"
    assert "FLK201" not in left
    assert codes(lint(project)) == left
    assert "talisman" in (project / "requirements.txt").read_text(encoding="utf-8").lower()

    after = ask("book_club.py", project)
    assert after["https"]["status"] == 200
    assert after["https"]["text"] == before["https"]["text"]
    assert "max-age" in after["https"]["headers"]["Strict-Transport-Security"]
    assert (after["http"]["status"], after["http"]["headers"]["Location"]) == (302, "https://localhost/")


def test_the_shop_shows_the_same_pages_for_fewer_queries(checkout: Path, tmp_path: Path) -> None:
    project = copy(checkout, "django_shop", tmp_path)
    named = {"DJG101", "DJG102", "DJG109", "DJG201"}
    assert named <= codes(lint(project))
    before, before_more = ask("shop.py", project, "5"), ask("shop.py", project, "10")
    assert before[LOST]["text"] == "no template orders/invoice.html"
    assert {page for page in before if before_more[page]["queries"] > before[page]["queries"]} == QUERIES

    left = codes(lint(project, "--fix", "--unsafe-fixes"))
    assert not named & left
    assert codes(lint(project)) == left

    after, after_more = ask("shop.py", project, "5"), ask("shop.py", project, "10")
    for page in before.keys() - {LOST}:
        assert after[page]["text"] == before[page]["text"]
        assert after_more[page]["text"] == before_more[page]["text"]
        assert after[page]["queries"] == after_more[page]["queries"]
        assert (after[page]["queries"] < before[page]["queries"]) == (page in QUERIES)
    assert "Invoice A0001" in after[LOST]["text"]


@pytest.mark.parametrize("name", ["flask_app", "django_shop"])
def test_a_diff_of_the_fixes_changes_nothing(checkout: Path, tmp_path: Path, name: str) -> None:
    project = copy(checkout, name, tmp_path)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    run = pitfall_lint(project, "--fix", "--unsafe-fixes", "--diff")
    assert run.returncode == 1, run.stderr
    assert run.stdout.startswith("diff --git")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before
