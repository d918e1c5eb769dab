"""The linter against Django and SQLAlchemy themselves: projects written for it are run, their queries counted line by
line, and the linter's findings must agree at every marked site, in both directions, before its fixes and after them.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pitfall_lint import fixes, registry
from pitfall_lint.config import Config
from pitfall_lint.finding import Applicability, Finding
from pitfall_lint.source import DiskSource, Source
from pitfall_lint.testing import GROWING, findings_of
from tests.oracle.agreement import Agreement, compare, count, spoken_of
from tests.oracle.marks import sites

PROJECTS = Path(__file__).parent / "projects"
CODES = sorted(GROWING & {rule.code for rule in registry.select(Config())})


@pytest.mark.parametrize("name", sorted(path.name for path in PROJECTS.iterdir() if (path / "seed.py").is_file()))
def test_agrees(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "project"
    shutil.copytree(PROJECTS / name, root, ignore=shutil.ignore_patterns("__pycache__"))
    marked = sites(root)
    counted = count(root, marked)
    findings = findings_of(root, CODES)
    spoken = spoken_of(root, marked, findings)
    before = compare(counted, findings, spoken, set(CODES))
    lies = [
        f"{site} is marked otherwise than it runs (growth {counted.growth[site.identity]})"
        for site in marked
        if site.grows != (counted.growth[site.identity] > 0)
    ]
    _report(capsys, f"{name} as written", before)
    assert not lies + before.wrong, "\n".join(lies + before.wrong)

    applied = _fix(root, findings)
    marked_then = sites(root)
    assert [site.identity for site in marked_then] == [site.identity for site in marked]
    recounted = count(root, marked_then)
    left = findings_of(root, CODES)
    after = compare(recounted, left, spoken_of(root, marked_then, left), set(CODES))
    _report(capsys, f"{name} once fixed ({len(applied.fixed)} of {len(findings)} findings)", after)
    wrong = list(after.wrong)
    wrong += [
        f"{scenario} shows something else"
        for scenario in counted.shown
        if counted.shown[scenario] != recounted.shown[scenario]
    ]
    allowed = [finding for site, covering in spoken.items() if site.refused for finding in covering]
    wrong += [
        f"{finding.place.path}:{finding.place.row} {finding.message}: its fix is refused: {reason}"
        for finding, reason in applied.refused
        if not any(finding.fingerprint == other.fingerprint for other in allowed)
    ]
    for site, covering in spoken.items():
        grows, still = counted.growth[site.identity], recounted.growth[site.identity]
        fixable = [_is_safe(finding) and not site.refused for finding in covering]
        if grows and fixable and all(fixable) and still:
            wrong.append(f"{site} still grows by {still} after its fix")
        if grows and not any(fixable) and not still:
            wrong.append(f"{site} grows no more though nothing that could be fixed speaks of it")
    assert not wrong, "\n".join(wrong)


def _is_safe(finding: Finding) -> bool:
    return finding.fix.applicability is Applicability.SAFE


def _fix(root: Path, findings: tuple[Finding, ...]) -> fixes.Applied:
    """What `--fix` does."""

    def again(source: Source) -> tuple[Finding, ...]:
        return findings_of(root, CODES, source=source)

    source = DiskSource(root)
    return fixes.write(fixes.apply(findings, source, lint_again=again), source)


def _report(capsys: pytest.CaptureFixture[str], name: str, agreement: Agreement) -> None:
    with capsys.disabled():
        print(f"\n{name}: {agreement}")
        for site in agreement.missed:
            print(f"  known miss: {site}: {site.known_miss}")
