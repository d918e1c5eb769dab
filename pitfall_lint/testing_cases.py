"""What a case says: where it lies, what it expects on which line, and the project that it is laid out as.

A case is a file or a folder beside its `.fixed` twin, in a folder named for the rule (`DJG101_n_plus_one_to_one`). What
it expects stands in its comments; `testing.py` compares that with what the linter finds.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = re.compile(r"(?P<code>[A-Z]{3}\d{3})_\w+\Z")
EXPECTED = "expected.txt"  # `path[:row] CODE "words"` a line, for files that can hold no comment
RUN = "run.py"
_IGNORED = ("__pycache__", "README.md", ".DS_Store", ".pitfall_lint_cache")
_MARK = re.compile(
    r"\{#\s*expect:(?P<template>.*?)#\}|<!--\s*expect:(?P<markup>.*?)-->|/\*\s*expect:(?P<style>.*?)\*/"
    r"|(?<!\{)(?:#|//)\s*expect:(?P<line>.*)$"
)
_ITEM = re.compile(r"(?P<code>[A-Z]{3}\d{3})(?:\[(?P<about>[\w ]+)\])?(?P<words>(?:\s*\"[^\"]*\")*)\s*(?:,\s*|\Z)")
_WORDS = re.compile(r"\"([^\"]*)\"")
_LISTED = re.compile(r"(?P<path>[^\s:]+)(?::(?P<row>\d+))?\s+(?P<items>.+)\Z")
_DJANGO = re.compile(r"^(?:from|import) django\b", re.MULTILINE)
_RUNS = re.compile(r"^def setup\(rows\b.*^def run\(\)", re.MULTILINE | re.DOTALL)


class CaseError(Exception):
    """A case that is not written as cases are."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case of one rule. `path` is its file or folder; `fixed` what the fix makes of it, where it has one."""

    code: str
    name: str
    path: Path
    fixed: Path | None

    def __str__(self) -> str:
        return f"{self.code}-{self.name}"

    @property
    def is_folder(self) -> bool:
        """Whether it consists of many files."""
        return self.path.is_dir()

    @property
    def runs(self) -> bool:
        """Whether its queries can be counted: it brings `setup(rows)` and `run()`, in run.py or in its only file."""
        if self.is_folder:
            return (self.path / RUN).is_file()
        return (
            self.path.suffix == ".py"
            and _RUNS.search(self.path.read_text(encoding="utf-8", errors="replace")) is not None
        )


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """One finding that a case expects; `row` is 0 where any will do, `severity` empty likewise. `unfixed` is that of a
    finding whose fix must be refused at this place.
    """

    path: str
    row: int
    code: str
    severity: str = ""
    unfixed: bool = False
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        about = " ".join(filter(None, (self.severity, "unfixed" if self.unfixed else "")))
        shown = f"{self.code}[{about}]" if about else self.code
        return " ".join((f"{self.path}:{self.row}", shown, *(f'"{word}"' for word in self.words)))


def cases(folder: Path) -> tuple[Case, ...]:
    """Every case below `folder`, which is one rule's folder or holds several."""
    if FOLDER.match(folder.name):
        return tuple(_cases_of(folder))
    return tuple(case for rule in sorted(folder.iterdir()) if FOLDER.match(rule.name) for case in _cases_of(rule))


def _cases_of(folder: Path) -> Iterator[Case]:
    code = folder.name[:6]
    entries = {entry.name: entry for entry in folder.iterdir() if not _is_ignored(entry.name)}
    twins = {name for name in entries if _is_fixed(name)}
    for name in sorted(entries.keys() - twins):
        stem, dot, suffix = name.partition(".")
        twin = f"{stem}.fixed{dot}{suffix}"
        yield Case(code, stem, entries[name], entries.get(twin))
        twins.discard(twin)
    if twins:
        raise CaseError(f"{folder}: {', '.join(sorted(twins))} is the fixed form of no case")


def _is_ignored(name: str) -> bool:
    return name in _IGNORED or name.startswith(".")


def _is_fixed(name: str) -> bool:
    return "fixed" in name.split(".")[1:]


# ------------------------------------------------------------------ laying out


def lay_out(case: Case, root: Path) -> Path | str | None:
    """Write the case as a project into the empty folder `root`. Returns what holds its `setup` and `run`, if it can be
    run: a file, or a module's name.

    A folder is copied as it lies; one with models.py at its top is an app, and becomes the package `app`; so does a
    single file that can be run, as `app/models.py`. Apps without a manage.py get one, with settings that install them.
    """
    run: Path | str | None = None
    if case.is_folder:
        left_out = shutil.ignore_patterns(RUN, EXPECTED, *_IGNORED)
        shutil.copytree(case.path, root / place_of(case, ""), dirs_exist_ok=True, ignore=left_out)
        if (case.path / RUN).is_file():
            run = (case.path / RUN).resolve()
    else:
        place = place_of(case, case.path.name)
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(case.path, root / place)
        if case.runs:
            run = place.removesuffix(".py").replace("/", ".")
    _complete(root)
    return run


def place_of(case: Case, name: str) -> str:
    """Where a file of the case, or of its fixed form, lies in the project that it is laid out as."""
    if case.is_folder:
        return (
            f"app/{name}"
            if not (case.path / "manage.py").is_file() and _imports_django(case.path / "models.py")
            else name
        )
    return "app/models.py" if case.runs and _imports_django(case.path) else case.path.name


def _imports_django(path: Path) -> bool:
    return path.is_file() and _DJANGO.search(path.read_text(encoding="utf-8", errors="replace")) is not None


_MANAGE = """import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""
_SETTINGS = """SECRET_KEY = "for this case only"
INSTALLED_APPS = {apps!r}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}}]
USE_TZ = True
{urls}"""


def _complete(root: Path) -> None:
    """Give apps that have no manage.py one, and settings."""
    apps = sorted(path.name for path in root.iterdir() if _is_app(path))
    if not apps or (root / "manage.py").exists() or (root / "settings.py").exists():
        return
    for app in apps:
        (root / app / "__init__.py").touch()
    urls = next((f'ROOT_URLCONF = "{app}.urls"\n' for app in apps if (root / app / "urls.py").is_file()), "")
    installed = ["django.contrib.contenttypes", "django.contrib.auth", *apps]
    (root / "manage.py").write_text(_MANAGE, encoding="utf-8")
    (root / "settings.py").write_text(_SETTINGS.format(apps=installed, urls=urls), encoding="utf-8")


def _is_app(path: Path) -> bool:
    return _imports_django(path / "models.py") or (path / "models" / "__init__.py").is_file()


# ---------------------------------------------------------------- expectations


def expectations(case: Case, root: Path) -> tuple[Expected, ...]:
    """What the case, laid out at `root`, expects: from its comments, and from expected.txt."""
    found = [
        item
        for path in sorted(root.rglob("*"))
        if path.is_file()
        for item in _in_comments(path, path.relative_to(root).as_posix())
    ]
    listing = case.path / EXPECTED
    if case.is_folder and listing.is_file():
        found.extend(_listed(listing, case))
    return tuple(sorted(found))


def _in_comments(path: Path, shown: str) -> Iterator[Expected]:
    try:
        lines = path.read_bytes().decode("utf-8").splitlines()
    except UnicodeDecodeError:
        return
    waiting: list[str] = []  # comments alone on their line speak of the next line that holds anything else
    for row, line in enumerate(lines, 1):
        marks = [next(group for group in mark.groups() if group is not None) for mark in _MARK.finditer(line)]
        if marks and not _MARK.sub("", line).strip():
            waiting += marks
            continue
        for text in (*waiting, *marks):
            yield from _items(text, shown, row)
        waiting = []
    if waiting:
        raise CaseError(f"{shown}: the last line expects something of a line after it")


def _listed(listing: Path, case: Case) -> Iterator[Expected]:
    for line in listing.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        match = _LISTED.match(line.strip())
        if match is None:
            raise CaseError(f'{listing}: not of the form `path[:row] CODE "words"`: {line}')
        yield from _items(match["items"], place_of(case, match["path"]), int(match["row"] or 0))


def _items(text: str, path: str, row: int) -> Iterator[Expected]:
    text, at = text.strip(), 0
    while at < len(text):
        match = _ITEM.match(text, at)
        about = set((match["about"] or "").split()) if match else set()
        severity = "".join(about & {"info", "warning", "error"})
        if match is None or about - {severity, "unfixed"}:
            raise CaseError(f'{path}:{row}: not of the form `expect: CODE[severity] "words", ...`: {text}')
        yield Expected(path, row, match["code"], severity, "unfixed" in about, tuple(_WORDS.findall(match["words"])))
        at = match.end()
