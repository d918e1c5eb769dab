"""What `--fix` makes of real projects: `scripts/mend.py FOLDER...` mends a copy of each project in the folders and says
what does not hold.

A folder that bears a mark of a project (`manage.py`, `pyproject.toml`, `.git` ...) is one itself; any other holds one
project a folder. Only a temporary copy is written to. Held to account are: each changed file still stands as well
as it did; what was mended is found no more, and nothing that was not there before; a fix that was not made has a
reason; and a second run changes nothing.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]
MARKS = (".git", "manage.py", "pyproject.toml", "setup.py", "setup.cfg", "requirements.txt")
REFUSED = re.compile(r"(?P<path>.+):(?P<row>\d+): (?P<code>[A-Z]+\d+) is not fixed: (?P<reason>.+)")
UNREADABLE, UNUSED_SUPPRESSION = "PFL001", "PFL002"
RENAMED = {"DJG104": ("DJG103", "DJG105")}  # a query per row, before and after a prefetch that it passes by


@dataclass(frozen=True, slots=True)
class Found:
    """What one run reported: its findings, and the reason of each fix that it did not make, by path, row and code."""

    findings: tuple[dict[str, Any], ...]
    refused: dict[tuple[str, int, str], str]

    @property
    def fingerprints(self) -> Counter[str]:
        """How often each finding is there."""
        return Counter(finding["fingerprint"] for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Account:
    """What mending one project came to; `wrong` is what does not hold."""

    findings: int
    mended: int
    changed: int
    remaining: int
    left: tuple[str, ...]
    wrong: tuple[str, ...]
    diff: str


class RunFailed(Exception):
    """The linter did not do its work."""


def main() -> int:
    """Print an account of each project; 1 where something does not hold, 2 where a run failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--unsafe-fixes", action="store_true", help="make the unsafe fixes as well")
    parser.add_argument("--diffs", type=Path, metavar="FOLDER", help="keep each project's diff in this folder")
    told = parser.parse_args()
    if told.diffs is not None:
        told.diffs.mkdir(parents=True, exist_ok=True)
    wrong = failed = 0
    for project in projects(told.folders):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                account = mended(project, Path(scratch), unsafe=told.unsafe_fixes)
            except RunFailed as error:
                print(f"{project.name}: {error}", file=sys.stderr)
                failed += 1
                continue
        wrong += len(account.wrong)
        print(*lines(project.name, account), sep="\n  ", flush=True)
        if told.diffs is not None:
            (told.diffs / f"{project.name}.diff").write_text(account.diff, encoding="utf-8")
    print(f"{wrong} things do not hold" + (f"; {failed} runs failed" if failed else ""))
    return 2 if failed else int(wrong > 0)


def projects(folders: Sequence[Path]) -> Iterator[Path]:
    """The folders that are projects, and those in the others."""
    for folder in folders:
        folder = folder.resolve()
        if any((folder / mark).exists() for mark in MARKS):
            yield folder
        else:
            yield from sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def lines(name: str, account: Account) -> Iterator[str]:
    """What is printed of a project."""
    yield (
        f"{name}: {account.findings} findings, {account.mended} mended in {account.changed} files, "
        f"{account.remaining} remain" + ("" if account.wrong else ", all holds")
    )
    yield from (f"left: {line}" for line in account.left)
    yield from (f"WRONG: {line}" for line in account.wrong)


# ------------------------------------------------------------------- one project


def mended(project: Path, scratch: Path, *, unsafe: bool) -> Account:
    """Mend a copy of the project, and look at what came of it."""
    copy = scratch / "copies" / project.name
    shutil.copytree(project, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".pitfall-lint-cache"))
    (copy / ".git").mkdir(exist_ok=True)  # the root of what is linted, wherever the copy lies
    before = run(copy, scratch)
    was = contents(copy)
    asked = ["--fix", "--unsafe-fixes"] if unsafe else ["--fix"]
    after = run(copy, scratch, *asked)
    now = contents(copy)
    changed = sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))
    gone = before.fingerprints - after.fingerprints
    left, unexplained = unmended(after, ("safe", "unsafe") if unsafe else ("safe",))
    wrong = [*unexplained, *unsound(was, now, changed), *appeared(before, after)]
    run(copy, scratch, *asked)
    again = contents(copy)
    wrong += [f"{path}: a second run changes it" for path in sorted(now) if again.get(path) != now[path]]
    diff = "".join(difference(path, was.get(path, b""), now.get(path, b"")) for path in changed)
    return Account(
        len(before.findings), gone.total(), len(changed), len(after.findings), tuple(left), tuple(wrong), diff
    )


def run(copy: Path, scratch: Path, *arguments: str) -> Found:
    """Lint it. The run starts elsewhere, so that no module of the project can stand for one of ours."""
    command = [sys.executable, "-m", "pitfall_lint", "--no-cache", "--output-format", "json", *arguments, str(copy)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RunFailed(f"exit code {done.returncode}\n{done.stderr[-2000:]}")
    refused = {}
    for line in done.stderr.splitlines():
        if match := REFUSED.fullmatch(line):
            refused[match["path"], int(match["row"]), match["code"]] = match["reason"]
    return Found(tuple(json.loads(done.stdout)), refused)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below the folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


# ---------------------------------------------------------------- what must hold


def unmended(after: Found, applicable: Sequence[str]) -> tuple[list[str], list[str]]:
    """The findings whose fix was not made though it was asked for: those that have a reason, and those without."""
    left, unexplained = [], []
    for finding in after.findings:
        if finding["fix"]["applicability"] not in applicable:
            continue
        row = finding["location"]["row"]
        reason = after.refused.get((finding["filename"], row, finding["code"]))
        place = f"{inside(finding['filename'])}:{row}: {finding['code']}"
        if reason is None:
            unexplained.append(f"{place} is {finding['fix']['applicability']}, is not mended, and no reason is given")
        else:
            left.append(f"{place}: {reason}")
    return left, unexplained


def unsound(was: dict[str, bytes], now: dict[str, bytes], changed: Sequence[str]) -> Iterator[str]:
    """The changed Python files that this Python refuses though it took them before; new ones it must take."""
    former = {data: path for path, data in was.items()}
    for path in changed:
        if not path.endswith(".py") or path not in now or now[path] in former:
            continue
        error = refusal(path, now[path])
        if error is not None and (path not in was or refusal(path, was[path]) is None):
            yield f"{path}: {error}"


def refusal(path: str, data: bytes) -> str | None:
    """Why Python does not compile a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(data, path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            return str(error)
    return None


def appeared(before: Found, after: Found) -> Iterator[str]:
    """The findings that mending brought: a file that no longer parses among them. A suppression may have become idle,
    and one query's finding may go by another code.
    """
    new = after.fingerprints - before.fingerprints
    gone = before.fingerprints - after.fingerprints
    renamed = Counter(subject(finding) for finding in before.findings if gone[finding["fingerprint"]])
    for finding in after.findings:
        if new[finding["fingerprint"]] and finding["code"] != UNUSED_SUPPRESSION:
            new[finding["fingerprint"]] -= 1
            former = [(code, *subject(finding)[1:]) for code in RENAMED.get(finding["code"], ())]
            if any(renamed[each] for each in former):
                continue
            place = f"{inside(finding['filename'])}:{finding['location']['row']}"
            what = "no longer parses" if finding["code"] == UNREADABLE else "was not there before"
            yield f"{place}: {finding['code']} {what}: {finding['message']}"


def subject(finding: dict[str, Any]) -> tuple[str, ...]:
    """What a query's finding is about: its code, file, model and the relation that it goes through."""
    data = finding["data"]
    steps = [path.split("__")[-1] for path in data.get("relations", ())]
    return (finding["code"], finding["filename"], str(data.get("model")), *steps)


def inside(filename: str) -> str:
    """The path within the project."""
    return filename.split("/", 2)[-1]


def difference(path: str, was: bytes, now: bytes) -> str:
    """A unified diff of one file."""
    old, new = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (was, now))
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for line in difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", n=6)
    )


if __name__ == "__main__":
    sys.exit(main())
