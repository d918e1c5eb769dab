"""Adding a run-time requirement to a manifest, written the way that the manifest writes the others.

Where the requirement goes was found by `facts/manifest.py`; whether one is needed is for the rule to say.
"""

from __future__ import annotations

import re

from pitfall_lint.facts.manifest import normalised
from pitfall_lint.facts.records import ManifestFacts, Requirement
from pitfall_lint.finding import Edit, Place
from pitfall_lint.language import column_of, line_of, pack

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def add_requirement(facts: ManifestFacts, text: str, requirement: str) -> Edit | None:
    """The edit that declares `requirement` ("flask-talisman>=1"); None where it stands here or nothing can be added."""
    match = _NAME.match(requirement)
    if match is None or not facts.insert or facts.problem is not None:
        return None
    name, specifier = match.group(), requirement[match.end() :].strip()
    run_time = [known for known in facts.requirements if not known.group]
    if any(known.name == normalised(name) for known in run_time):
        return None
    lines = text.split("\n")
    if facts.format == "requirements":
        return _line(facts, lines, run_time or list(facts.requirements), requirement)
    if facts.format in ("poetry", "pipfile"):
        return _insert(facts.path, facts.insert, f'\n{name} = "{specifier or "*"}"')
    if facts.format == "setup.cfg":
        return _setup_cfg(facts, lines, requirement)
    return _item(facts, lines, run_time, requirement)


def _insert(path: str, position: int, content: str) -> Edit:
    return Edit(Place(path, position, position), content)


def _line(facts: ManifestFacts, lines: list[str], known: list[Requirement], requirement: str) -> Edit:
    """A line of a requirements file: in its alphabetical place where the file is sorted, else at the end."""
    names = [each.name for each in known]
    if len(names) > 1 and names == sorted(names):
        match = _NAME.match(requirement)
        name = normalised(match.group() if match else requirement)
        following = next((each for each in known if each.name > name), None)
        if following is not None:
            return _insert(facts.path, pack(line_of(following.start), 0), requirement + "\n")
    return _insert(facts.path, facts.insert, ("\n" if lines[-1].strip() else "") + requirement + "\n")


def _setup_cfg(facts: ManifestFacts, lines: list[str], requirement: str) -> Edit:
    row = line_of(facts.insert)
    line = lines[row - 1]
    indent = line[: len(line) - len(line.lstrip())] or "    "
    return _insert(facts.path, facts.insert, f"\n{indent}{requirement}")


def _item(facts: ManifestFacts, lines: list[str], known: list[Requirement], requirement: str) -> Edit:
    """An item of a list: on a line of its own where the others have theirs."""
    row, column = line_of(facts.insert), column_of(facts.insert)
    line = lines[row - 1]
    before = line[:column]
    quote = "'" if before.endswith("'") else '"'
    item = f"{quote}{requirement}{quote}"
    if not known and facts.format == "pep621" and not before.endswith("["):
        return _insert(facts.path, facts.insert, f"\ndependencies = [{item}]")
    if before.endswith("["):
        return _insert(facts.path, facts.insert, item)
    begins = line[: len(line) - len(line.lstrip())]
    alone = any(before[len(begins) :].startswith(mark) for mark in ("'", '"')) and "[" not in before.split(quote)[0]
    separator = f",\n{begins}" if alone else ", "
    return _insert(facts.path, facts.insert, separator + item)
