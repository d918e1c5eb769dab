"""The framework's word against the linter's, site by site, and both against what the site's mark says.

A query is charged to the innermost marked line on its stack. A finding speaks of the lines that its place and its steps
stand on, and a mark on a class's header of the whole class. A finding that speaks of no marked line so (its steps begin
at the loop, which may lie in a helper) speaks of the growing sites in the function that holds its query.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pitfall_lint.finding import Finding
from tests.oracle.marks import Site

COUNTERS = {"settings.py": "count_queries.py", "wsgi.py": "count_flask_queries.py"}  # by what only such a project has


class CannotCount(Exception):
    """The project's own code failed; the message is what it wrote."""


@dataclass(frozen=True)
class Counted:
    """What a project did: `growth` is how many queries more rows cost, by site; `shown` what each scenario gave;
    `unmarked` the growing statements that no marked line sent, by scenario; `unreached` the sites that nothing ran.
    """

    growth: Mapping[tuple[str, int], int]
    shown: Mapping[str, Sequence[str]]
    unmarked: Sequence[str]
    unreached: Sequence[Site]


def count(root: Path, sites: Sequence[Site]) -> Counted:
    """Run the project at `root` in a process of its own."""
    counter = next(counter for sign, counter in COUNTERS.items() if (root / sign).is_file())
    done = subprocess.run(
        [sys.executable, "-B", "-W", "ignore", str(Path(__file__).with_name(counter)), str(root)],
        cwd=root,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise CannotCount(f"{root} fails:\n{done.stderr}")
    answer = json.loads(done.stdout.rpartition("\n")[2])
    by_line = {(site.path, site.row): site for site in sites}
    growth: Counter[tuple[str, int]] = Counter({site.identity: 0 for site in sites})
    unmarked: list[str] = []
    for name, scenario in answer["scenarios"].items():
        balance: Counter[str] = Counter()
        for sign, sent in zip((-1, 1), scenario["sent"], strict=True):
            for statement, stack in sent:
                site = next((by_line[path, row] for path, row in stack if (path, row) in by_line), None)
                if site is not None:
                    growth[site.identity] += sign
                else:
                    lines = " < ".join(f"{path}:{row}" for path, row in stack)
                    shape = re.sub(r"\((%s|\?)(?:, \1)*\)", "(...)", statement)
                    shape = re.sub(r"\(\(\.\.\.\)(?:, \(\.\.\.\))*\)", "((...))", shape)  # Django 6.1 compares tuples
                    balance[f"{lines or 'outside the project'}: {shape[:200]}"] += sign
        unmarked += [f"{name}: {where}" for where, count in balance.items() if count > 0]
    ran = {(path, row) for path, row in answer["ran"]}
    unreached = [site for site in sites if (site.path, site.row) not in ran]
    shown = {name: scenario["shown"] for name, scenario in answer["scenarios"].items()}
    return Counted(growth, shown, unmarked, unreached)


@dataclass
class Agreement:
    """How far the linter agrees. `wrong` is what must not be; `missed` what is known to be missed."""

    growing: int = 0
    flat: int = 0
    found: int = 0
    silent: int = 0
    missed: list[Site] = field(default_factory=list)
    awaited: list[Site] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.growing + self.flat} sites: {self.growing} grow, {self.found} of them found, "
            f"{len(self.missed)} known misses, {len(self.awaited)} await a rule; "
            f"{self.flat} are flat, {self.silent} of them silent"
        )


def lines_of(finding: Finding) -> set[tuple[str, int]]:
    """The lines that a finding speaks of."""
    places = (finding.place, *(step.place for step in finding.related))
    return {(place.path, row) for place in places for row in (place.row, place.end_row)}


Spoken = Mapping[Site, Sequence[Finding]]


def spoken_of(root: Path, sites: Sequence[Site], findings: Iterable[Finding]) -> Spoken:
    """The findings that speak of each site."""
    result: dict[Site, list[Finding]] = {site: [] for site in sites}
    rows = {site: {(site.path, row) for row in (site.row, *class_at(root, site))} for site in sites}
    silent: list[Finding] = []
    for finding in findings:
        lines = lines_of(finding)
        named = [site for site in sites if not lines.isdisjoint(rows[site])]
        for site in named:
            result[site].append(finding)
        if not named:
            silent.append(finding)
    for finding in silent:
        around = function_around(root, finding)
        for site in sites:
            if site.grows and site.path == finding.place.path and site.row in around and all_said(site, [finding]):
                result[site].append(finding)
    return result


def class_at(root: Path, site: Site) -> range:
    """The rows of the class whose header is marked: the mark speaks of what a library does for it."""
    if not site.path.endswith(".py"):
        return range(0)
    for node in ast.walk(parsed((root / site.path).read_bytes())):
        if isinstance(node, ast.ClassDef) and node.lineno == site.row:
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(0)


@cache
def parsed(data: bytes) -> ast.Module:
    """A file's tree."""
    return ast.parse(data)


def function_around(root: Path, finding: Finding) -> range:
    """The rows of the innermost function or class around a finding's place."""
    if not finding.place.path.endswith(".py"):
        return range(0)
    tree = parsed((root / finding.place.path).read_bytes())
    around = [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
    ]
    return min((rows for rows in around if finding.place.row in rows), key=len, default=range(0))


def all_said(site: Site, findings: Sequence[Finding]) -> bool:
    """Whether the findings say every word of the mark."""
    said = "\n".join(text for finding in findings for text in (finding.message, *finding.relations))
    return all(word in said for word in site.words)


def compare(counted: Counted, findings: Sequence[Finding], spoken: Spoken, codes: set[str]) -> Agreement:
    """Hold the linter to what was counted; `codes` are the rules that exist."""
    result = Agreement()
    result.wrong += [f"{site} was never run" for site in counted.unreached]
    result.wrong += [f"grows, and no line of it is marked: {line}" for line in counted.unmarked]
    for site, covering in spoken.items():
        grows = counted.growth[site.identity] > 0
        shown = "; ".join(f"{finding.place.path}:{finding.place.row} {finding.code}" for finding in covering)
        if grows:
            result.growing += 1
            if site.awaits and site.awaits not in codes:
                result.awaited.append(site)
            elif covering and site.known_miss:
                result.wrong.append(f"{site} is found ({shown}): it is no known miss any more")
            elif covering and all_said(site, covering):
                result.found += 1
            elif site.known_miss:
                result.missed.append(site)
            else:
                words = f", which does not say {site.words}" if covering else ""
                result.wrong.append(
                    f"{site} grows by {counted.growth[site.identity]}; found: {shown or 'nothing'}{words}"
                )
        else:
            result.flat += 1
            if covering:
                result.wrong.append(f"{site} is flat, and found: {shown}")
            else:
                result.silent += 1
    true = {id(finding) for site, held in spoken.items() if counted.growth[site.identity] > 0 for finding in held}
    for finding in findings:
        if id(finding) not in true:
            place = f"{finding.place.path}:{finding.place.row}"
            result.wrong.append(f"{place} {finding.code} speaks of nothing that grows: {finding.message}")
    return result
