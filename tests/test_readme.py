"""What the README shows is so: its table of rules, its configuration, the options of its commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

from pitfall_lint import config, registry


def blocks(checkout: Path, language: str) -> list[str]:
    """The code blocks of that language."""
    text = (checkout / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_pages_and_table_are_those_of_the_rules(checkout: Path) -> None:
    command = [sys.executable, str(checkout / "scripts" / "docs.py"), "--check"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_configuration_is_accepted(checkout: Path, tmp_path: Path) -> None:
    (text,) = blocks(checkout, "toml")
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    registry.validate(config.load(tmp_path))


def test_every_option_exists(checkout: Path) -> None:
    run = subprocess.run([sys.executable, "-m", "pitfall_lint", "--help"], capture_output=True, text=True, check=True)
    check = subprocess.run(
        [sys.executable, "-m", "pitfall_lint", "check", "--help"], capture_output=True, text=True, check=True
    )
    known = set(re.findall(r"--[a-z-]+", run.stdout + check.stdout))
    lines = [line for block in blocks(checkout, "sh") for line in block.splitlines() if line.startswith("pitfall-lint")]
    assert lines
    used = {word for line in lines for word in shlex.split(line, comments=True) if word.startswith("--")}
    assert used <= known
