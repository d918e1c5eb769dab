"""The engine of fixes: choose, refuse overlaps, edit in memory, lint again, until settled. Nothing here writes.

A pass takes findings in the order in which they are printed. A finding is applied whole or not at all, whatever
files it touches; what overlaps with a finding taken before waits for the next pass. A finding that the next lint sees
again is taken back and refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Applicability, EagerLoad, Finding, Move, Place
from pitfall_lint.fixes.batch import Batch, State
from pitfall_lint.fixes.expand import Expander, Expansion
from pitfall_lint.fixes.paths import longest
from pitfall_lint.source import Source

CONFLICT = "it overlaps with another fix; run again"
STILL_THERE = "the finding is still there after its fix"
NOTHING_LEFT = "there is nothing left to change"
UNSETTLED = "the fixes did not settle"


class Refused(NamedTuple):
    """A finding whose fix was not applied, and why."""

    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Applied:
    """What the fixes come to. `before` holds the former contents by the former path (None for a created file)."""

    changed: Mapping[str, bytes] = field(default_factory=dict)
    moves: tuple[Move, ...] = ()
    fixed: tuple[Finding, ...] = ()
    refused: tuple[Refused, ...] = ()
    passes: int = 0
    remaining: tuple[Finding, ...] = ()
    before: Mapping[str, bytes | None] = field(default_factory=dict)
    together: tuple[tuple[Finding, tuple[str, ...]], ...] = ()  # the final paths that each fixed finding touched


def apply(
    findings: Sequence[Finding],
    source: Source,
    *,
    unsafe: bool = False,
    lint_again: Callable[[Source], Sequence[Finding]] | None = None,
    unchanged: Callable[[str, bytes], bool] | None = None,
    passes: int = 10,
) -> Applied:
    """Apply the safe fixes (with `unsafe` the unsafe ones too) of the findings, in memory."""
    return _Run(source, unsafe, lint_again, unchanged).settle(findings, passes)


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A finding that was mended; `place` is its file and `paths` are those it touched, as they are called now."""

    finding: Finding
    place: str
    paths: tuple[str, ...]

    def after(self, state: State) -> _Fixed:
        """The same once the moves of one more pass are done."""
        return _Fixed(self.finding, state.final(self.place), tuple(map(state.final, self.paths)))


class _Job(NamedTuple):
    """Findings that one expansion mends: several only where they want one query to load several things."""

    findings: tuple[Finding, ...]
    expansion: Expansion


class _Run:
    def __init__(
        self,
        source: Source,
        unsafe: bool,
        lint_again: Callable[[Source], Sequence[Finding]] | None,
        unchanged: Callable[[str, bytes], bool] | None,
    ) -> None:
        self.source = source
        self.applicable = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
        self.lint_again = lint_again
        self.unchanged = unchanged
        self.state = State(source)
        self.fixed: list[_Fixed] = []
        self.blocked: dict[str, Refused] = {}  # by identity: taken back, never tried again
        self.refused: list[Refused] = []  # in the latest pass

    def settle(self, findings: Sequence[Finding], passes: int) -> Applied:
        """Passes until nothing is left to do."""
        current = list(findings)
        done = 0
        while True:
            self.refused = []
            candidates = [finding for finding in sorted(current, key=_order) if self.wanted(finding)]
            if done == passes:
                self.refuse(candidates, UNSETTLED)
                break
            taken, waiting, state = self.take(candidates)
            if not taken:
                self.refuse(waiting, CONFLICT)
                break
            done += 1
            current = self.keep(current, taken, state)
            if self.lint_again is None:
                self.refuse(waiting, CONFLICT)
                break
        refused = [*self.blocked.values(), *self.refused]
        return Applied(
            changed=self.state.changed(),
            moves=self.state.moves(),
            fixed=tuple(fixed.finding for fixed in self.fixed),
            refused=tuple(sorted(refused, key=lambda each: _order(each.finding))),
            passes=done,
            remaining=tuple(current),
            before=self.state.before(),
            together=tuple((fixed.finding, fixed.paths) for fixed in self.fixed),
        )

    def wanted(self, finding: Finding) -> bool:
        """Whether a fix is to be tried."""
        fix = finding.fix
        return (
            fix.recipe is not None and fix.applicability in self.applicable and _identity(finding) not in self.blocked
        )

    def refuse(self, findings: Iterable[Finding], reason: str) -> None:
        """Remember findings that this pass leaves."""
        self.refused += [Refused(finding, reason) for finding in findings]

    def block(self, jobs: Iterable[_Job], reason: str) -> None:
        """Remember findings that are never tried again."""
        for job in jobs:
            self.blocked |= {_identity(finding): Refused(finding, reason) for finding in job.findings}

    # ---------------------------------------------------------------------- one pass

    def take(self, candidates: Sequence[Finding]) -> tuple[list[_Job], list[Finding], State]:
        """What fits together: the jobs, the findings that wait, and the state afterwards."""
        jobs: list[_Job] = []
        waiting: list[Finding] = []
        batch = Batch(self.state)
        for job in self.jobs(candidates):
            try:
                self.check_unchanged(job.expansion)
                fits = batch.add(job.expansion)
            except CannotFix as error:
                self.refuse(job.findings, error.message)
                continue
            if fits:
                jobs.append(job)
            else:
                waiting += job.findings
        jobs, state = self.result(jobs)
        return jobs, waiting, state

    def jobs(self, candidates: Sequence[Finding]) -> list[_Job]:
        """The candidates expanded; findings about one query together, so that each sees what the others add."""
        expander = Expander(self.state.overlay())
        groups: dict[tuple[Place, str, str] | int, list[Finding]] = {}
        for index, finding in enumerate(candidates):
            recipe = finding.fix.recipe
            if isinstance(recipe, EagerLoad):
                groups.setdefault((recipe.query, recipe.form, recipe.manager), []).append(finding)
            else:
                groups[index] = [finding]
        jobs = []
        for findings in groups.values():
            jobs += self.expanded(expander, findings)
        return sorted(jobs, key=lambda job: _order(job.findings[0]))

    def expanded(self, expander: Expander, findings: list[Finding]) -> list[_Job]:
        if len(findings) > 1:
            recipes = [finding.fix.recipe for finding in findings]
            try:
                return [_Job(tuple(findings), expander.expand_recipe(_union(recipes)))]
            except CannotFix:
                return [job for finding in findings for job in self.expanded(expander, [finding])]
        try:
            expansion = expander.expand(findings[0].fix)
        except CannotFix as error:
            self.refuse(findings, error.message)
            return []
        if not expansion.edits and not expansion.moves:
            self.refuse(findings, NOTHING_LEFT)
            return []
        return [_Job(tuple(findings), expansion)]

    def check_unchanged(self, expansion: Expansion) -> None:
        """CannotFix where a file that nobody fixed yet is not what the findings speak of."""
        if self.unchanged is None:
            return
        for path in _paths(expansion):
            data = self.state.untouched(path)
            if data is not None and not self.unchanged(path, data):
                raise CannotFix("the file changed since it was read", path)

    def result(self, jobs: list[_Job]) -> tuple[list[_Job], State]:
        """The state after the jobs; where something no longer parses, they are tried one by one."""
        batch = Batch(self.state)
        try:
            for job in jobs:
                batch.add(job.expansion)
            return jobs, batch.state()
        except CannotFix:
            pass
        kept: list[_Job] = []
        state = self.state
        for job in jobs:
            batch = Batch(self.state)
            try:
                for other in [*kept, job]:
                    batch.add(other.expansion)
                state = batch.state()
            except CannotFix as error:
                self.refuse(job.findings, error.message)
            else:
                kept.append(job)
        return kept, state

    # ------------------------------------------------------------------- after a pass

    def keep(self, current: Sequence[Finding], taken: list[_Job], state: State) -> list[Finding]:
        """Make the pass final, less the jobs whose findings are seen again; the findings that are left."""
        if self.lint_again is None:
            self.commit(taken, state)
            gone = {id(finding) for job in taken for finding in job.findings}
            return [finding for finding in current if id(finding) not in gone]
        before = Counter(self.identity_after(finding, state) for finding in current)
        while True:
            found = list(self.lint_again(state.overlay()))
            guilty = self.guilty(taken, state, before, Counter(_identity(finding) for finding in found))
            if not guilty:
                self.commit(taken, state)
                return found
            taken = [job for job in taken if job not in guilty]
            taken, state = self.result(taken)
            if not taken:
                return list(current)

    def guilty(self, taken: list[_Job], state: State, before: Counter[str], after: Counter[str]) -> list[_Job]:
        """The jobs to take back: their own finding is seen again, or they bring back one fixed in an earlier pass."""
        expected = before - Counter(self.identity_after(f, state) for job in taken for f in job.findings)
        guilty = []
        for job in taken:
            again = [f for f in job.findings if after[name := self.identity_after(f, state)] > expected[name]]
            if again:
                guilty.append(job)
        if guilty:
            self.block(guilty, STILL_THERE)
            return guilty
        for fixed in (fixed.after(state) for fixed in self.fixed):
            name = _identity(_at(fixed.finding, fixed.place))
            if after[name] > expected[name]:
                near = [
                    job for job in taken if set(fixed.paths) & set(map(state.final, _paths(job.expansion)))
                ] or taken
                self.block(near, f"its fix brings back {fixed.finding.code}")
                return near
        return []

    def commit(self, taken: list[_Job], state: State) -> None:
        """Make a pass's state the current one."""
        self.fixed += [_Fixed(f, f.place.path, _paths(job.expansion)) for job in taken for f in job.findings]
        self.fixed = [fixed.after(state) for fixed in self.fixed]
        self.state = state

    def identity_after(self, finding: Finding, state: State) -> str:
        """What the finding would be called were it found again, its file having moved perhaps."""
        return _identity(_at(finding, state.final(finding.place.path)))


def _at(finding: Finding, path: str) -> Finding:
    if path == finding.place.path:
        return finding
    return msgspec.structs.replace(finding, place=msgspec.structs.replace(finding.place, path=path))


def _identity(finding: Finding) -> str:
    return finding.fingerprint


def _order(finding: Finding) -> tuple[object, ...]:
    return finding.sort_key


def _paths(expansion: Expansion) -> tuple[str, ...]:
    """The files that an expansion touches, by the names they have before it."""
    moved = {move.target: move.source for move in expansion.moves}
    paths: Iterable[str] = [edit.place.path for edit in expansion.edits] + [move.source for move in expansion.moves]
    return tuple(dict.fromkeys(moved.get(path, path) for path in paths))


def _union(recipes: Sequence[object]) -> EagerLoad:
    """One recipe for all that is wanted of one query."""
    loads = [recipe for recipe in recipes if isinstance(recipe, EagerLoad)]
    return msgspec.structs.replace(
        loads[0],
        joined=longest(path for load in loads for path in load.joined),
        prefetched=longest(path for load in loads for path in load.prefetched),
        to_one=tuple(dict.fromkeys(path for load in loads for path in load.to_one)),
    )
