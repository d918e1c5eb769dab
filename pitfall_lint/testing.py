"""The fixture harness: holds a rule to its cases, whether the rule is one of ours or a private one.

    from pitfall_lint.testing import cases, check_case

    @pytest.mark.parametrize("case", cases(Path("tests/fixtures")), ids=str)
    def test_case(case):
        check_case(case)

`check_case` raises `CaseFailed` (an AssertionError) unless the case gives the findings that its comments expect and no
others, its fix writes what the `.fixed` twin shows, and, without any word from the author: the fixed files parse, what
was fixed is found no more, a second fix changes nothing, other files keep their bytes, neither the order of files nor
the number of workers matters, and counted queries agree. With PITFALL_WRITE_FIXED=1 in the environment it writes the
twin instead of comparing with it.
"""

from __future__ import annotations

import ast
import difflib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pitfall_lint import config, discover, engine, fixes
from pitfall_lint.finding import Applicability, Confidence, Finding
from pitfall_lint.source import DiskSource, Overlay, Source
from pitfall_lint.testing_cases import Case, CaseError, Expected, cases, expectations, lay_out, place_of
from pitfall_lint.testing_queries import Counted, RunFailed, count

__all__ = ["Case", "CaseError", "CaseFailed", "Counted", "Expected", "RunFailed", "cases", "check_case", "findings_of"]

# The codes that say: this costs more with more rows.
GROWING = frozenset(
    [f"DJG10{number}" for number in (1, 2, 3, 4, 5, 6, 7, 9)] + [f"FLK40{number}" for number in (1, 2, 3, 4, 5)]
)
WRITE = "PITFALL_WRITE_FIXED"


class CaseFailed(AssertionError):
    """What a case shows to be otherwise than it says."""


def check_case(case: Case) -> None:
    """Raise CaseFailed unless all holds that the module's docstring says."""
    __tracebackhide__ = True  # pytest shows what the case got wrong, not how that was found
    with _laid_out(case) as (root, run):
        expected = expectations(case, root)
        codes = sorted({case.code, *(item.code for item in expected)})
        findings = findings_of(root, codes)
        _compare(case, expected, findings)
        _check_order(case, root, codes, findings)
        if run is not None:
            _check_queries(case, root, run, findings)
        fixed = _check_fixes(case, root, codes, expected, findings)
        if run is not None and fixed:
            counted = count(root, run)
            if counted.grows:
                raise CaseFailed(f"{case}: fixed, and it still takes {counted}")


@contextmanager
def _laid_out(case: Case) -> Iterator[tuple[Path, Path | str | None]]:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch).resolve() / "project"
        root.mkdir()
        yield root, lay_out(case, root)


def _settings(root: Path, codes: Sequence[str]) -> config.Config:
    """The case's own configuration, with the rules at hand; every confidence counts unless it says otherwise."""
    told: dict[str, object] = {"select": list(codes)}
    if config.load(root).path is None:
        told["min-confidence"] = Confidence.LOW.value
    return config.load(root, overrides=told)


# ------------------------------------------------------------------- findings


def findings_of(
    root: Path, codes: Sequence[str], *, source: Source | None = None, backwards: bool = False, workers: int = 1
) -> tuple[Finding, ...]:
    """What the rules of those codes find in the project at `root`, in the order of the report. `backwards` shows them
    the files from the last to the first. A rule that crashes raises.
    """
    settings = _settings(root, codes)
    found = discover.discover(root, settings)
    if isinstance(source, Overlay):
        kept = [file for file in found.files if file.path not in source.gone]
        added = discover.of_paths(root, source.added).files
        found = msgspec.structs.replace(found, files=tuple(sorted((*kept, *added), key=lambda file: file.path)))
    if backwards:
        found = msgspec.structs.replace(found, files=found.files[::-1])
    run = engine.check(root, settings, source=source, discovery=found, cache=False, workers=workers, debug=True)
    return run.findings


def _check_order(case: Case, root: Path, codes: Sequence[str], findings: Sequence[Finding]) -> None:
    __tracebackhide__ = True
    for how, other in (
        ("the order of files", findings_of(root, codes, backwards=True)),
        ("the number of workers", findings_of(root, codes, workers=2)),
    ):
        if list(other) != list(findings):
            lines = difflib.unified_diff(
                [_shown(one) for one in findings], [_shown(one) for one in other], n=0, lineterm=""
            )
            raise CaseFailed("\n  ".join((f"{case}: {how} matters:", *lines)))


def _compare(case: Case, expected: Sequence[Expected], findings: Sequence[Finding]) -> None:
    """Each finding is expected, and each expectation found."""
    __tracebackhide__ = True
    unexpected = list(findings)
    missing: list[Expected] = []
    for item in expected:
        match = next((finding for finding in unexpected if _meets(finding, item)), None)
        if match is None:
            missing.append(item)
        else:
            unexpected.remove(match)
    if missing or unexpected:
        lines = [f"  expected, not found: {item}" for item in missing]
        lines += [f"  found, not expected: {_shown(finding)}" for finding in unexpected]
        raise CaseFailed("\n".join((f"{case}:", *lines)))


def _meets(finding: Finding, item: Expected) -> bool:
    if (finding.code, finding.place.path) != (item.code, item.path) or item.row not in (0, finding.place.row):
        return False
    if item.severity and finding.severity.value != item.severity:
        return False
    said = "\n".join((finding.message, *finding.relations))
    return all(word in said for word in item.words)


def _shown(finding: Finding) -> str:
    place = finding.place
    relations = f" ({', '.join(finding.relations)})" if finding.relations else ""
    return f"{place.path}:{place.row} {finding.code}[{finding.severity.value}] {finding.message}{relations}"


# ---------------------------------------------------------------------- fixes


def _check_fixes(
    case: Case, root: Path, codes: Sequence[str], expected: Sequence[Expected], findings: Sequence[Finding]
) -> bool:
    """Fix what can be fixed, safely or not, and hold the result to the twin. True where everything is fixed."""
    __tracebackhide__ = True
    before = _contents(root)
    refused = _fix(root, codes, findings)
    after = _contents(root)
    changed = {path: data for path, data in after.items() if before.get(path) != data}
    unfixed = {item.code for item in expected if item.unfixed}
    if unexpected := [reason for finding, reason in refused if finding.code not in unfixed]:
        raise CaseFailed(f"{case}: a fix is refused: {'; '.join(unexpected)}")
    if os.environ.get(WRITE):
        _write_twin(case, root, changed)
    else:
        _compare_twin(case, before, changed)
    for path in sorted(changed):
        if path.endswith(".py") and _parses(before.get(path, b"")) and not _parses(changed[path]):
            raise CaseFailed(f"{case}: {path} does not parse once fixed:\n{changed[path].decode()}")
    again = findings_of(root, codes)
    known = {(finding.code, finding.place.path) for finding in findings}
    for finding in again:
        if (_fixable(finding) and finding.code not in unfixed) or (finding.code, finding.place.path) not in known:
            raise CaseFailed(f"{case}: found after the fix: {_shown(finding)}")
    _fix(root, codes, again)
    if _contents(root) != after:
        raise CaseFailed(f"{case}: a second fix changes something again")
    return bool(changed) and not any(finding.code in GROWING for finding in again)


def _fix(root: Path, codes: Sequence[str], findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Fix on disk whatever has a fix, safe or not; the findings whose fix was refused, and why."""

    def again(source: Source) -> tuple[Finding, ...]:
        return findings_of(root, codes, source=source)

    source = DiskSource(root)
    applied = fixes.write(fixes.apply(findings, source, unsafe=True, lint_again=again), source)
    return [(finding, reason) for finding, reason in applied.refused]


def _fixable(finding: Finding) -> bool:
    return finding.fix.recipe is not None and finding.fix.applicability is not Applicability.MANUAL


def _parses(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True


def _contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def _twin(case: Case) -> dict[str, bytes]:
    """The files that the fix changes, as the twin shows them, under the names that they have in the project."""
    if case.fixed is None:
        return {}
    if not case.is_folder:
        return {place_of(case, case.path.name): case.fixed.read_bytes()}
    return {place_of(case, name): data for name, data in _contents(case.fixed).items()}


def _compare_twin(case: Case, before: Mapping[str, bytes], changed: Mapping[str, bytes]) -> None:
    __tracebackhide__ = True
    twin = _twin(case)
    if twin == changed:
        return
    lines: list[str] = []
    for path in sorted({*twin, *changed}):
        wanted, got = twin.get(path, before.get(path, b"")), changed.get(path, before.get(path, b""))
        lines += difflib.unified_diff(
            wanted.decode("utf-8", "replace").splitlines(),
            got.decode("utf-8", "replace").splitlines(),
            f"{path} (as the case wants it)",
            f"{path} (as it was fixed)",
            lineterm="",
        )
    same = f"  {', '.join(sorted({*twin} ^ {*changed}))}: only in one of the two"
    hint = f"  {WRITE}=1 writes what was fixed as the twin; then read it."
    raise CaseFailed("\n".join((f"{case}: the fix differs:", *(lines or [same]), hint)))


def _write_twin(case: Case, root: Path, changed: Mapping[str, bytes]) -> None:
    name, dot, suffix = case.path.name.partition(".")
    twin = case.fixed or case.path.with_name(f"{name}.fixed{dot}{suffix}")
    if not case.is_folder:
        twin.unlink(missing_ok=True)
        for data in changed.values():
            twin.write_bytes(data)
        return
    if twin.is_dir():
        shutil.rmtree(twin)
    prefix = place_of(case, "")
    for path, data in changed.items():
        target = twin / path.removeprefix(prefix)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


# -------------------------------------------------------------------- queries


def _check_queries(case: Case, root: Path, run: Path | str, findings: Sequence[Finding]) -> None:
    """The findings that say "this grows with the rows" stand exactly where the count grows."""
    __tracebackhide__ = True
    counted = count(root, run)
    found = sorted({finding.code for finding in findings if finding.code in GROWING})
    if counted.limit:
        if found or not counted.grows:
            raise CaseFailed(
                f"{case}: its LIMIT ({counted.limit}) is none any more: found {found}, and it takes {counted}"
            )
    elif counted.grows != bool(found):
        raise CaseFailed(f"{case}: found {', '.join(found) or 'nothing'}, but it takes {counted}")
