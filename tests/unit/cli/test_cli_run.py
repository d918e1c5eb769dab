"""Whole runs over small projects, with the linter's own rules: what is printed, what is written, the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pitfall_lint.cli.group import pitfall_lint

IDLE = "x = 1  # pitfall: ignore[PFL003] because\n"
BROKEN = "def (:\n"
UNREADABLE = "Not analysed: invalid syntax"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a file that does not parse and a comment that silences nothing."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    root = Path(os.path.realpath(tmp_path))
    write(root, {"pitfall-lint.toml": 'select = ["PFL"]\n', "app/idle.py": IDLE, "app/broken.py": BROKEN})
    monkeypatch.chdir(root)
    return root


def write(root: Path, files: Mapping[str, str]) -> None:
    """Files below `root`, with exactly these bytes."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())


def lint(*arguments: str, stdin: str | bytes | None = None) -> Result:
    """A run in this process."""
    return CliRunner().invoke(pitfall_lint, list(arguments), input=stdin)


def concise(*arguments: str, stdin: str | None = None) -> list[str]:
    """The lines of a run, without its summary."""
    return lint("-q", "--output-format", "concise", *arguments, stdin=stdin).stdout.splitlines()


BROKEN_LINE = f"app/broken.py:1:5: PFL001 error {UNREADABLE}"
IDLE_LINE = "app/idle.py:1:8: PFL002 warning This comment silences no `PFL003` here; remove it. [*]"


def test_full_is_the_default(project: Path) -> None:
    """Also in a pipe."""
    result = lint()
    assert result.exit_code == 1
    assert result.stdout == (
        f"error PFL001[unreadable-file]: {UNREADABLE}\n"
        "   --> app/broken.py:1:5\n"
        "    |\n"
        "  1 | def (:\n"
        "    |     ^\n"
        "    |\n"
        "    = fix (manual): Mend what keeps this from being read; "
        "if it is no part of the project, list it under `exclude`.\n"
        "\n"
        "warning PFL002[unused-suppression]: This comment silences no `PFL003` here; remove it.\n"
        "   --> app/idle.py:1:8\n"
        "    |\n"
        "  1 | x = 1  # pitfall: ignore[PFL003] because\n"
        "    |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "    |\n"
        "    = fix (safe): Remove the comment.\n"
        "      `--fix` applies it\n"
        "\n"
        "Found 2 findings in 2 files: 1 error, 1 warning.\n"
        "[*] 1 fixable with `--fix`.\n"
    )
    assert result.stderr == ""


def test_what_is_reported_on(project: Path) -> None:
    """The paths of the command line; the working directory may be anywhere in the project."""
    assert concise() == [BROKEN_LINE, IDLE_LINE]
    assert concise("app") == [BROKEN_LINE, IDLE_LINE]
    assert concise("app/idle.py") == [IDLE_LINE]
    assert concise(str(project / "app" / "idle.py")) == [IDLE_LINE]
    assert concise("check", "app/broken.py") == [BROKEN_LINE]


def test_from_a_folder_within(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are relative to the working directory."""
    monkeypatch.chdir(project / "app")
    assert concise() == [BROKEN_LINE.replace("app/", ""), IDLE_LINE.replace("app/", "")]
    assert concise("..") == concise()


def test_selection_and_severity(project: Path) -> None:
    """On the command line, over the configuration file."""
    assert concise("--select", "PFL002") == [BROKEN_LINE, IDLE_LINE]  # what cannot be read is always said
    assert concise("--ignore", "unreadable-file") == [IDLE_LINE]
    assert concise("--ignore", "PFL001,PFL002") == []
    assert lint("--ignore", "PFL").stdout == "All clear: no pitfalls found.\n"
    wrong = lint("--select", "PFL9")
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("pitfall-lint: error: ")
    assert "PFL9" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 1),
        (["--exit-zero"], 0),
        (["app/idle.py", "--fail-on", "warning"], 1),
        (["app/idle.py", "--fail-on", "error"], 0),
        (["app/broken.py", "--fail-on", "error"], 1),
        (["--ignore", "PFL"], 0),
        (["--statistics"], 1),
        (["--output-format", "json"], 1),
    ],
)
def test_exit_codes(project: Path, arguments: list[str], code: int) -> None:
    """1 for findings that are loud enough."""
    assert lint(*arguments).exit_code == code


def test_a_wrong_configuration(project: Path) -> None:
    """One line with the file and the row, exit code 2."""
    write(project, {"pitfall-lint.toml": 'ignore = []\nselct = ["PFL"]\n'})
    result = lint()
    assert (result.exit_code, result.stdout) == (2, "")
    where = project / "pitfall-lint.toml"
    assert result.stderr == f"pitfall-lint: error: {where}:2: unknown key `selct`; did you mean `select`?\n"
    assert lint("--isolated", "--select", "PFL").exit_code == 1
    write(project, {"other.toml": 'ignore = ["PFL002"]\nselect = ["PFL"]\n'})
    assert concise("--config", "other.toml") == [BROKEN_LINE]


def test_fix(project: Path) -> None:
    """The fix is written, the rest is reported."""
    result = lint("--fix", "--show-fixes", "--output-format", "concise")
    assert result.exit_code == 1
    assert result.stdout == (
        "Fixed 1 finding:\n- app/idle.py:\n    1 x PFL002 (unused-suppression)\n\n"
        f"{BROKEN_LINE}\n"
        "1 finding fixed, 1 left in 1 file: 1 error.\n"
    )
    assert (project / "app" / "idle.py").read_bytes() == b"x = 1\n"
    assert (project / "app" / "broken.py").read_bytes() == BROKEN.encode()
    again = lint("--fix", "app/idle.py")
    assert (again.exit_code, again.stdout) == (0, "All clear: no pitfalls found.\n")


@pytest.mark.parametrize("arguments", [["--fix"], ["--add-noqa"]])
def test_a_file_that_changed_since_it_was_read_is_left_alone(
    project: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    from pitfall_lint import engine

    write(project, {"app/other.py": IDLE, "app/broken.py": ""})
    check = engine.check

    def and_then_somebody_writes(*given: Any, **settings: Any) -> engine.Run:
        run = check(*given, **settings)
        write(project, {"app/idle.py": f"y = 2\n{IDLE}"})
        return run

    monkeypatch.setattr(engine, "check", and_then_somebody_writes)
    result = lint(*arguments)
    assert "app/idle.py:" in result.stderr
    assert " is not fixed: the file changed since it was read" in result.stderr
    assert (project / "app/idle.py").read_text() == f"y = 2\n{IDLE}"
    assert (project / "app/other.py").read_text() != IDLE


def test_fix_that_leaves_nothing(project: Path) -> None:
    """Exit code 0."""
    result = lint("--fix", "app/idle.py")
    assert (result.exit_code, result.stdout) == (0, "All clear: 1 finding fixed, none left.\n")


def test_diff(project: Path) -> None:
    """Shows the change, writes nothing."""
    result = lint("--diff")
    assert result.exit_code == 1
    assert result.stdout.endswith(
        "--- a/app/idle.py\n+++ b/app/idle.py\n@@ -1 +1 @@\n-x = 1  # pitfall: ignore[PFL003] because\n+x = 1\n"
    )
    assert result.stderr == "Would fix 1 finding in 1 file.\n"
    assert (project / "app" / "idle.py").read_bytes() == IDLE.encode()
    nothing = lint("--diff", "app/broken.py")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "Nothing to fix.\n")
    assert lint("--diff", "--exit-zero").exit_code == 0


def test_standard_input(project: Path) -> None:
    """A buffer stands in for a file, whether that exists or not; nothing is written."""
    assert concise("--stdin-filename", "app/idle.py", "-", stdin="y = 2\n") == []
    assert concise("--stdin-filename", "app/new.py", stdin=IDLE) == [IDLE_LINE.replace("idle", "new")]
    assert concise("-", stdin=BROKEN) == [BROKEN_LINE.replace("app/broken", "stdin")]
    assert not (project / "app" / "new.py").exists()
    assert concise("app/idle.py") == [IDLE_LINE]


def test_standard_input_is_fixed_to_standard_output(project: Path) -> None:
    """And the report goes to standard error."""
    arguments = ("--fix", "--stdin-filename", "app/idle.py", "--output-format", "concise")
    result = lint(*arguments, stdin=IDLE.replace("\n", "\r\n"))
    assert (result.exit_code, result.stdout_bytes) == (0, b"x = 1\r\n")
    assert result.stderr == "All clear: 1 finding fixed, none left.\n"
    unchanged = lint(*arguments, stdin="x = 1")
    assert unchanged.stdout_bytes == b"x = 1"
    diff = lint("--diff", "--stdin-filename", "app/idle.py", stdin=IDLE)
    assert (diff.exit_code, "+x = 1\n" in diff.stdout) == (1, True)
    assert (project / "app" / "idle.py").read_bytes() == IDLE.encode()


def test_output_file(project: Path) -> None:
    """The report alone; nothing on standard output."""
    result = lint("--output-file", "report.json", "--output-format", "json")
    assert (result.exit_code, result.output) == (1, "")
    findings = json.loads((project / "report.json").read_text(encoding="utf-8"))
    assert [finding["filename"] for finding in findings] == ["app/broken.py", "app/idle.py"]
    assert findings[1]["fix"]["edits"] == [
        {
            "content": "",
            "filename": "app/idle.py",
            "location": {"row": 1, "column": 6},
            "end_location": {"row": 1, "column": 41},
        }
    ]
    missing = lint("--output-file", "no/such/folder/report.txt")
    assert missing.exit_code == 2
    assert "no/such/folder/report.txt: cannot be written" in missing.stderr


def test_statistics(project: Path) -> None:
    """Counts instead of places."""
    assert lint("--statistics", "-q").stdout == "1  PFL001       unreadable-file\n1  PFL002  [*]  unused-suppression\n"
    rows = json.loads(lint("--statistics", "--output-format", "json").stdout)
    assert [(row["code"], row["count"], row["fixable"]) for row in rows] == [("PFL001", 1, False), ("PFL002", 1, True)]


def test_baseline(project: Path) -> None:
    """What it lists is not reported again; what is new is."""
    missing = lint("--write-baseline")
    assert missing.exit_code == 2
    assert "--baseline" in missing.stderr
    written = lint("--write-baseline", "--baseline", "known.json")
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "Wrote 2 findings to known.json.\n")
    clear = lint("--baseline", "known.json")
    assert (clear.exit_code, clear.stdout) == (
        0,
        "All clear: nothing new.\nThe baseline holds back 2 more findings.\n",
    )
    write(project, {"app/idle.py": "x = 1\n", "app/late.py": IDLE})
    late = lint("--baseline", "known.json", "--output-format", "concise")
    assert late.exit_code == 1
    assert late.stdout.splitlines() == [
        IDLE_LINE.replace("idle", "late"),
        "Found 1 finding in 1 file: 1 warning.",
        "[*] 1 fixable with `--fix`.",
        "The baseline holds back 1 more finding.",
        "1 entry of it answers to nothing: write it anew.",
    ]
    assert lint("--write-baseline", "--baseline", "known.json").stderr == "Wrote 2 findings to known.json.\n"
    assert lint("--baseline", "missing.json").exit_code == 2


def test_add_noqa(project: Path) -> None:
    """Afterwards there is nothing left to say, wherever a comment could be added."""
    result = lint("--add-noqa", "app/idle.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Added 1 comment for 1 finding.\n"
    assert b"noqa: PFL002" in (project / "app" / "idle.py").read_bytes()
    assert concise("app/idle.py") == []


def test_exclusion(project: Path) -> None:
    """A file that is named is checked although it is excluded, unless that is forced."""
    assert concise("--exclude", "app/broken.py") == [IDLE_LINE]
    assert concise("--extend-exclude", "app") == []
    assert concise("--exclude", "app", "app/idle.py") == [IDLE_LINE]
    assert concise("--exclude", "app", "--force-exclude", "app/idle.py") == []


def test_verbose_and_quiet(project: Path) -> None:
    """What was read goes to standard error; the summary can be left out."""
    said = lint("-v", "--no-cache").stderr
    assert said.startswith(f"{project}: 2 files of ")
    assert f"configuration: {project / 'pitfall-lint.toml'}" in said
    assert " s  discover\n" in lint("-vv").stderr
    assert lint("-q").stdout.endswith("`--fix` applies it\n\n")


def test_cache(project: Path) -> None:
    """Kept where it is told, used, and left alone on request."""
    lint("--no-cache")
    assert not (project / ".pitfall_lint_cache").exists()
    first = lint("--cache-dir", "kept")
    assert (project / "kept").is_dir()
    again = lint("--cache-dir", "kept", "-v")
    assert again.stdout == first.stdout
    assert "unchanged since the last run" in again.stderr


def test_several_projects(project: Path) -> None:
    """Nested projects are checked too, each with its own configuration, into one report."""
    write(
        project,
        {
            "other/pitfall-lint.toml": 'select = ["PFL"]\nignore = ["PFL001"]\n',
            "other/broken.py": BROKEN,
            "other/idle.py": IDLE,
        },
    )
    nested = IDLE_LINE.replace("app/", "other/")
    assert concise() == [BROKEN_LINE, IDLE_LINE, nested]
    assert concise("other") == [nested]
    assert concise("other/idle.py", "app/idle.py") == [IDLE_LINE, nested]
    assert concise("app") == [BROKEN_LINE, IDLE_LINE]


def test_a_rule_that_crashes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is reported, and the exit code is 2 whatever else was found; `--debug` lets it through."""
    from pitfall_lint import registry

    rule = registry.find("PFL002")
    assert rule is not None

    def crash(self: object, project: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(rule, "check", crash)
    result = lint("--no-cache", "--exit-zero", "--output-format", "concise")
    assert result.exit_code == 2
    assert "PFL003 error" in result.stdout
    assert "ZeroDivisionError" in result.stderr
    assert BROKEN_LINE in result.stdout
    assert isinstance(lint("--no-cache", "--debug").exception, ZeroDivisionError)


def test_as_a_process(project: Path) -> None:
    """The same bytes, with colour where it is forced."""
    command = [sys.executable, "-m", "pitfall_lint", "--output-format", "concise"]
    plain = subprocess.run(command, capture_output=True, check=False)
    assert plain.returncode == 1
    assert plain.stdout.decode().splitlines()[:2] == [BROKEN_LINE, IDLE_LINE]
    assert plain.stderr == b""
    coloured = subprocess.run(command, env={**os.environ, "FORCE_COLOR": "1"}, capture_output=True, check=False)
    assert b"\x1b[1;31merror\x1b[0m" in coloured.stdout
    buffered = subprocess.run([*command, "-q", "-"], input=IDLE.encode(), capture_output=True, check=False)
    assert buffered.stdout.decode().splitlines() == [IDLE_LINE.replace("app/idle", "stdin")]


def test_a_reader_that_hangs_up(project: Path) -> None:
    """Changes nothing: no trace, and the exit code of the run."""
    write(project, {f"app/broken_{number}.py": BROKEN for number in range(2000)})
    command = [sys.executable, "-m", "pitfall_lint"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.read(10)
        run.stdout.close()
        assert run.stderr.read() == b""
    assert run.returncode == 1
