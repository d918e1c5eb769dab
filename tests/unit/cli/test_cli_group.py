"""The group: which command is meant, errors as one line and exit code 2, help, and the catalogue's commands."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pitfall_lint import __version__, catalogue, registry
from pitfall_lint.cli import check as check_module
from pitfall_lint.cli import terminal
from pitfall_lint.cli.group import pitfall_lint
from pitfall_lint.cli.options import Options
from pitfall_lint.errors import ConfigError
from pitfall_lint.report import FORMATS

RULE = registry.rules()[0]


def invoke(*arguments: str) -> Result:
    """Run in this process."""
    return CliRunner().invoke(pitfall_lint, list(arguments))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Options]:
    """What `check` was asked to do, instead of doing it."""
    from pitfall_lint.cli import run

    heard: list[Options] = []

    def note(options: Options) -> int:
        heard.append(options)
        return 1

    monkeypatch.setattr(run, "run", note)
    assert check_module.check.name == "check"
    return heard


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["check"]),
        (["src"], ["check", "src"]),
        (["check", "src"], ["check", "src"]),
        (["rules"], ["rules"]),
        (["./rules"], ["check", "./rules"]),
        (["src", "rules"], ["check", "src", "rules"]),
        (["--", "rules"], ["check", "--", "rules"]),
        (["-v", "check", "src"], ["check", "-v", "src"]),
        (["--select", "rules", "src"], ["check", "--select", "rules", "src"]),
        (["--select=DJG1", "rules"], ["rules", "--select=DJG1"]),
        (["--output-format", "json", "rules"], ["rules", "--output-format", "json"]),
        (["-"], ["check", "-"]),
        (["--help"], ["--help"]),
        (["src", "--help"], ["check", "src", "--help"]),
    ],
)
def test_which_command_is_meant(arguments: Sequence[str], expected: Sequence[str]) -> None:
    """A subcommand's name wins over a path of that name; everything else is for `check`."""
    assert pitfall_lint.with_command(list(arguments)) == expected  # type: ignore[attr-defined]


def test_options_reach_the_run(said: list[Options]) -> None:
    """Lists are split at commas, repetitions dropped, and the exit code is the run's."""
    result = invoke("--select", "DJG1, FLK2", "a", "--select", "DJG1,x", "-vv", "--fix", "--no-fix", "b", "-o", "o.txt")
    assert result.exit_code == 1
    (options,) = said
    assert options.paths == ("a", "b")
    assert options.select == ("DJG1", "FLK2", "x")
    assert options.verbose == 2
    assert options.fix is False
    assert str(options.output_file) == "o.txt"
    assert options.output_format is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bogus"], "No such option '--bogus'"),
        (["--output-format", "yaml", "."], f"there is no format `yaml`: choose from {', '.join(FORMATS)}"),
        (["--fail-on", "never"], "'never' is not one of 'info', 'warning', 'error'"),
        (["rules", "src"], "Got unexpected extra argument"),
        (["explain"], "Missing argument 'CODE|NAME'"),
        (["no/such/folder"], "no/such/folder: no such file or folder"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(arguments: list[str], words: str) -> None:
    """On standard error."""
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("pitfall-lint: error: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("raised", "code", "printed"),
    [
        (
            ConfigError("unknown key `selct`", "pyproject.toml", 3),
            2,
            "pitfall-lint: error: pyproject.toml:3: unknown key `selct`\n",
        ),
        (KeyboardInterrupt(), 130, "\npitfall-lint: interrupted\n"),
        (BrokenPipeError(), 2, ""),
    ],
)
def test_errors_have_exit_codes(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, printed: str
) -> None:
    """Each its own."""
    from pitfall_lint.cli import run

    def fail(options: Options) -> int:
        raise raised

    monkeypatch.setattr(run, "run", fail)
    result = invoke("src")
    assert (result.exit_code, result.stderr) == (code, printed)


def test_debug_shows_the_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of the line."""
    from pitfall_lint.cli import run

    def fail(options: Options) -> int:
        raise ConfigError("no")

    monkeypatch.setattr(run, "run", fail)
    assert isinstance(invoke("--debug").exception, ConfigError)


def test_help_shows_commands_and_the_options_of_check() -> None:
    """Since the name of `check` may be left out."""
    result = invoke("--help")
    assert result.exit_code == 0
    assert "Usage: pitfall-lint [OPTIONS] [PATHS]...\n       pitfall-lint COMMAND [ARGS]...\n" in result.stdout
    for words in ("  rules ", "  explain ", "--unsafe-fixes", "What is mended:", "Exit codes:", *FORMATS):
        assert words in result.stdout
    assert "--unsafe-fixes" in invoke("check", "--help").stdout


def test_version() -> None:
    """Short."""
    assert invoke("--version").stdout == f"pitfall-lint {__version__}\n"
    assert invoke("-V").exit_code == 0


def test_rules() -> None:
    """Every one, as lines and as JSON."""
    lines = invoke("rules").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [rule.code for rule in registry.rules()]
    assert catalogue.read(RULE).summary in lines[0]
    listed: list[dict[str, Any]] = json.loads(invoke("rules", "--output-format", "json").stdout)
    assert [row["code"] for row in listed] == [rule.code for rule in registry.rules()]
    assert listed[0] == {
        "code": RULE.code,
        "name": RULE.name,
        "severity": RULE.severity.value,
        "fix": RULE.fixable.value,
        "family": catalogue.read(RULE).family,
        "summary": catalogue.read(RULE).summary,
        "url": catalogue.read(RULE).url,
    }


def test_explain_by_code_and_name() -> None:
    """In any case of letters; in a pipe the page as Markdown."""
    page = catalogue.markdown(catalogue.read(RULE))
    assert invoke("explain", RULE.code).stdout == page
    assert invoke("explain", RULE.code.lower()).stdout == page
    assert invoke("explain", RULE.name).stdout == page


def test_explain_an_unknown_rule() -> None:
    """The nearest is named."""
    result = invoke("explain", RULE.name[:-1] + "x")
    assert result.exit_code == 2
    assert f"{RULE.code} ({RULE.name})" in result.stderr
    assert "`pitfall-lint rules` lists them" in invoke("explain", "zzzzzzzz").stderr


def test_explain_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rendered: no Markdown is left, and there is colour."""
    monkeypatch.setattr(terminal, "may_colour", lambda stream: True)
    shown = invoke("explain", RULE.code).stdout
    assert "## What it finds" not in shown
    assert "What it finds" in shown
    assert "\x1b[" in shown


@pytest.mark.parametrize("arguments", [["--version"], ["rules"]])
def test_as_a_module(arguments: list[str]) -> None:
    """`python -m pitfall_lint` is the same."""
    done = subprocess.run(
        [sys.executable, "-m", "pitfall_lint", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout == invoke(*arguments).stdout


def test_the_import_is_light() -> None:
    """An unchanged run must end within 0.4 s: the heavy libraries are imported where they are used."""
    code = "import sys, pitfall_lint.cli.group, pitfall_lint.cli.run; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"rich", "libcst", "jinja2", "pathspec", "asyncio", "concurrent.futures.process", "pitfall_lint.rules"}
    heavy |= {"pitfall_lint.flow", "pitfall_lint.project", "pitfall_lint.fixes", "pitfall_lint.registry"}
    assert not heavy & set(done.stdout.split())
