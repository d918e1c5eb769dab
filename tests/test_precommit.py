"""The hooks, run by pre-commit itself: installed from this working tree as from any git address, they report on one
file exactly what a full run reports on it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HOOKED = "catalog/views.py"
CONFIG = """repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: pitfall-lint
        args: [--no-cache, --output-format=json, --output-file={report}]
      - id: pitfall-lint-fix
        stages: [manual]
"""


def git(folder: Path, *arguments: str) -> str:
    """What git says, as somebody who has no configuration."""
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com", "-c", "init.defaultBranch=main"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def commit(folder: Path) -> str:
    """A new repository of all that lies there; the commit's name."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--no-verify", "-m", "As it is")
    return git(folder, "rev-parse", "HEAD").strip()


@pytest.fixture(scope="module")
def project(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example shop in a repository that uses the hooks of this working tree."""
    hooks = tmp_path_factory.mktemp("hooks")
    for name in ("pitfall_lint", "rules"):
        shutil.copytree(checkout / name, hooks / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml"):
        shutil.copy2(checkout / name, hooks / name)
    rev = commit(hooks)
    folder = tmp_path_factory.mktemp("shop")
    left_out = shutil.ignore_patterns("__pycache__", "*.sqlite3", ".pitfall_lint_cache")
    shutil.copytree(checkout / "examples" / "django_shop", folder, dirs_exist_ok=True, ignore=left_out)
    config = CONFIG.format(repo=hooks, rev=rev, report=folder.parent / "hook.json")
    (folder / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    commit(folder)
    return folder


def pre_commit(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A run of pre-commit with a cache of its own."""
    environment = {**os.environ, "PRE_COMMIT_HOME": str(project.parent / "pre-commit")}
    command = [sys.executable, "-m", "pre_commit", "run", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def findings(text: str) -> list[dict[str, Any]]:
    """A JSON report."""
    found: list[dict[str, Any]] = json.loads(text)
    return found


def test_a_hook_reports_on_one_file_what_a_full_run_does(project: Path) -> None:
    full = subprocess.run(
        [sys.executable, "-m", "pitfall_lint", "--no-cache", "--output-format", "json"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert full.returncode == 1, full.stderr
    expected = [finding for finding in findings(full.stdout) if finding["filename"] == HOOKED]
    assert {"DJG101", "DJG102"} <= {finding["code"] for finding in expected}

    run = pre_commit(project, "pitfall-lint", "--files", HOOKED)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "exit code: 1" in run.stdout
    assert findings((project.parent / "hook.json").read_text(encoding="utf-8")) == expected

    clean = pre_commit(project, "pitfall-lint", "--files", "catalog/urls.py")
    assert clean.returncode == 0, clean.stdout + clean.stderr


def test_the_fixing_hook_mends_what_it_can(project: Path) -> None:
    run = pre_commit(project, "pitfall-lint-fix", "--hook-stage", "manual", "--files", HOOKED)
    assert run.returncode == 1, run.stdout + run.stderr
    assert "files were modified by this hook" in run.stdout
    assert "select_related" in (project / HOOKED).read_text(encoding="utf-8")
    pre_commit(project, "pitfall-lint", "--files", HOOKED)
    left = findings((project.parent / "hook.json").read_text(encoding="utf-8"))
    assert not {"DJG101", "DJG102"} & {finding["code"] for finding in left}
    git(project, "checkout", "--quiet", "--", ".")
