"""A run: the list of its phases, from the files of a project to the findings that are reported.

`PHASES` is the whole story in order; each phase reads what the earlier ones left on the `Job`. A run over the same
files with the same configuration and the same linter is answered from the cache right after `discover` and `recall`.
What the linter itself gets wrong (a rule or a reader that crashes) is contained, named in a PFL003 finding and listed
in `Run.failures`; the rest of the run goes on.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

import msgspec

from pitfall_lint import baseline
from pitfall_lint.cache import FOLDER, Cache, digest_of, run_key
from pitfall_lint.config import Config
from pitfall_lint.crashes import Crash, Failure, failures
from pitfall_lint.discover import KNOWN_BY_PATH, Discovery, File, discover, of_paths
from pitfall_lint.finding import Applicability, Confidence, Finding, Fix, Place, Severity
from pitfall_lint.ignored import Patterns
from pitfall_lint.source import DiskSource, MemorySource, Overlay, Source

if TYPE_CHECKING:
    from pitfall_lint.facts.records import Facts
    from pitfall_lint.flow import Flow
    from pitfall_lint.project import Project
    from pitfall_lint.rule import Rule
    from pitfall_lint.workers import Readers, Reading

CRASHED = "PFL003"
Progress: TypeAlias = Callable[[str, int, int], None]  # the phase, how much of it is done, of how much


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run. `findings` are sorted and are those to report; `files` counts the files reported on that
    have contents worth reading, `analysed` those of the whole project, and `lines` theirs. `timings` are seconds, by
    phase; `rule_timings` by code (the first rule that asks pays for what all share), empty from the cache.
    """

    root: Path
    config: Config
    targets: tuple[str, ...] | None
    extra: tuple[str, ...] = ()
    findings: tuple[Finding, ...]
    suppressed: int = 0
    baselined: int = 0
    stale: int = 0  # entries of the baseline that nothing answers to any more
    failures: tuple[Failure, ...] = ()
    rules: tuple[str, ...] = ()
    files: int = 0
    analysed: int = 0
    lines: int = 0
    bounds: tuple[str, ...] = ()  # those of the flow that were reached, in words
    from_cache: bool = False
    timings: dict[str, float] = {}
    rule_timings: dict[str, float] = {}
    digests: dict[str, bytes] = {}  # of the bytes that each file was read as, by path

    def is_of(self, path: str, data: bytes) -> bool:
        """Whether a file's bytes are those that the findings speak of."""
        known = self.digests.get(path)
        return known is None or known == digest_of(data)


class _Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What a run over the whole project came to, whatever is reported of it: this is kept in the cache."""

    findings: tuple[Finding, ...]
    suppressed: tuple[str, ...]  # the path of each finding that a comment silenced
    rules: tuple[str, ...]
    lines: int
    bounds: tuple[str, ...] = ()


class Job:
    """One run while it is going on: what it was told, and what its phases have found out so far."""

    def __init__(self, root: Path, config: Config, source: Source, *, workers: int | None, debug: bool) -> None:
        self.root = root
        self.config = config
        self.source = source
        self.workers = workers
        self.debug = debug
        self.disk, self.laid = _disk_below(source)  # `laid` are the paths whose contents are not those on disk
        self.extra: tuple[str, ...] = ()
        self.cache: Cache | None = None
        self.progress: Progress = _silent
        self.discovery: Discovery | None = None
        self.files: tuple[File, ...] = ()  # those that are read
        self.digests: dict[str, bytes] = {}
        self.rehashed = False  # whether a digest had to be taken
        self.unread: list[File] = []  # those that this process reads itself
        self.readers: Readers | None = None
        self.facts: dict[str, Facts] = {}
        self.rules: tuple[Rule, ...] = ()
        self.project: Project | None = None
        self.findings: list[Finding] = []
        self.suppressed: list[str] = []
        self.failures: list[Failure] = []
        self.bounds: tuple[str, ...] = ()
        self.outcome: _Outcome | None = None
        self.from_cache = False
        self.timings: dict[str, float] = {}
        self.rule_timings: dict[str, float] = {}

    @property
    def found(self) -> Discovery:
        """The discovery, once made."""
        assert self.discovery is not None
        return self.discovery


# ---------------------------------------------------------------------- check


def check(
    root: Path,
    config: Config | None = None,
    *,
    targets: Collection[str] | None = None,
    extra: Sequence[str] = (),
    source: Source | None = None,
    discovery: Discovery | None = None,
    cache: bool = True,
    workers: int | None = None,
    debug: bool = False,
    progress: Progress | None = None,
) -> Run:
    """Check the project at `root`. `targets` are the root-relative files and folders that are reported on (None:
    all); the whole project is analysed whatever they are. `extra` are files that belong to it in spite of .gitignore
    and `exclude`. With `debug` a crash is raised, not contained.
    """
    job = _job(root, config, extra, source, discovery, cache, workers, debug, progress)
    with _without_collector(), _without_readers(job):
        for name, phase in PHASES:
            _timed(job, name, phase)
            if job.outcome is not None:
                break
        return _report(job, targets)


def analyse(
    root: Path,
    config: Config | None = None,
    *,
    source: Source | None = None,
    cache: bool = True,
    workers: int | None = None,
) -> Project:
    """The linked project at `root`, for those who ask it themselves."""
    job = _job(root, config, (), source, None, cache, workers, False, None)
    with _without_collector(), _without_readers(job):
        for name, phase in PHASES:
            if phase is not _recall:
                _timed(job, name, phase)
            if job.project is not None:
                return job.project
    raise AssertionError("no phase makes the project")


def _job(
    root: Path,
    config: Config | None,
    extra: Sequence[str],
    source: Source | None,
    discovery: Discovery | None,
    cache: bool,
    workers: int | None,
    debug: bool,
    progress: Progress | None,
) -> Job:
    root = Path(root).resolve() if source is None else source.root
    config = config or Config()
    job = Job(root, config, source or DiskSource(root), workers=workers, debug=debug)
    job.extra = tuple(extra)
    job.discovery = discovery
    job.progress = progress or _silent
    if cache and job.disk is not None:
        job.cache = Cache(root / (config.cache_dir or FOLDER))
    return job


def _disk_below(source: Source) -> tuple[DiskSource | None, frozenset[str]]:
    """The disk that a source reads from, if any, and the paths that it takes from elsewhere."""
    if isinstance(source, DiskSource):
        return source, frozenset(source.buffers)
    if isinstance(source, Overlay):
        disk, laid = _disk_below(source.base)
        return disk, laid | source.buffers.keys() | source.added | source.gone
    return None, frozenset()


def _timed(job: Job, name: str, phase: Callable[[Job], None]) -> None:
    started = time.perf_counter()
    phase(job)
    job.timings[name] = time.perf_counter() - started


def _silent(phase: str, done: int, total: int) -> None:
    """Nobody is looking."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of records are made and none is garbage: the collector would only look at them over and over."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


# --------------------------------------------------------------------- phases


def _discover(job: Job) -> None:
    """Which files there are."""
    if job.discovery is not None:
        files = tuple(sorted(job.discovery.files, key=lambda file: file.path))
        job.discovery = msgspec.structs.replace(job.discovery, files=files)
    elif job.disk is not None:
        job.discovery = discover(job.root, job.config, (*job.extra, *sorted(job.laid)))
    else:
        paths: Iterable[str] = job.source.files if isinstance(job.source, MemorySource) else ()
        job.discovery = of_paths(job.root, paths)
    job.files = tuple(file for file in job.discovery.files if file.kind not in KNOWN_BY_PATH)


def _recall(job: Job) -> None:
    """Whether a run over the very same is in the cache."""
    if job.cache is None or job.cache.is_new:
        return
    _take_digests(job, job.cache)
    body = job.cache.run(_key(job))
    if body is None:
        return
    try:
        job.outcome = msgspec.msgpack.decode(body, type=_Outcome)
    except msgspec.MsgspecError:
        return
    job.from_cache = True
    if job.rehashed:
        _keep_digests(job)


def _take_digests(job: Job, cache: Cache) -> None:
    """The digest of each file: as the cache knows it, else from its bytes."""
    for file in job.files:
        digest = None if file.path in job.laid else cache.digest(file)
        if digest is None:
            job.rehashed = job.rehashed or file.path not in job.laid
            try:
                digest = digest_of(job.source.read(file.path))
            except OSError:
                digest = b""
        job.digests[file.path] = digest


def _keep_digests(job: Job) -> None:
    """For the next run; an editor's buffer says nothing about the file."""
    if job.cache is not None:
        job.cache.keep_digests([file for file in job.files if file.path not in job.laid], job.digests)


def _key(job: Job) -> str:
    told = msgspec.structs.replace(job.config, path=None, output_format=None, baseline=None, cache_dir=None)
    return run_key(job.found.files, job.digests, (told, job.found.problems, job.found.links))


@contextmanager
def _without_readers(job: Job) -> Iterator[None]:
    """A run that ends early leaves no process behind that still reads."""
    try:
        yield
    finally:
        if job.readers is not None:
            job.readers.stop()


def _start(job: Job) -> None:
    """The facts that the cache holds; workers that read the other files, while the rules are still being imported."""
    for file in job.files:
        known = _known_facts(job, file)
        if known is None:
            job.unread.append(file)
        else:
            job.facts[file.path] = known
    if not job.unread:
        return
    from pitfall_lint import workers

    count = workers.worker_count() if job.workers is None else job.workers
    there = [file for file in job.unread if file.path not in job.laid]
    many = len(there) >= workers.FEW and sum(file.size for file in there) >= workers.SMALL
    if job.disk is not None and count > 1 and there and (many or job.workers):
        job.readers = workers.Readers(str(job.root), there, count)
        job.unread = [file for file in job.unread if file.path in job.laid]


def _choose(job: Job) -> None:
    """Which rules run."""
    from pitfall_lint import registry

    job.rules = registry.select(job.config)
    if job.readers is not None:  # this process has nothing else to do meanwhile
        from pitfall_lint.flow import roots, shares  # noqa: F401
        from pitfall_lint.project import Project  # noqa: F401


def _read(job: Job) -> None:
    """The facts of each file."""
    from pitfall_lint import facts as reader
    from pitfall_lint.facts.records import OtherFacts, Problem

    read, job.facts = job.facts, {}
    fresh: dict[str, bytes] = {}
    for item in _readings(job):
        read[item.path] = reader.decode(item.facts)
        job.digests[item.path] = item.digest
        if item.failure:
            if job.debug:
                raise RuntimeError(f"{item.path}: {item.failure}\n{item.trace}")
            job.failures.append(Failure(f"reading this file crashed: {item.failure}", (), item.path, item.trace))
        elif item.digest and item.path not in job.laid:
            fresh[item.path] = item.facts
        job.progress("reading", len(read), len(job.files))
    if job.cache is not None and fresh:
        job.cache.keep_facts(job.files, job.digests, fresh)
    if job.cache is not None and (fresh or job.rehashed):
        _keep_digests(job)
    nothing = OtherFacts("", 0, "")
    for file in job.found.files:
        known = read.get(file.path)
        job.facts[file.path] = msgspec.structs.replace(nothing, path=file.path) if known is None else known
    for path, message in job.found.problems:
        job.facts[path] = OtherFacts(path, 0, "", Problem(message, 0))


def _known_facts(job: Job, file: File) -> Facts | None:
    from pitfall_lint.facts import decode

    digest = job.digests.get(file.path)
    encoded = job.cache.facts(file, digest) if job.cache is not None and digest else None
    if encoded is None:
        return None
    try:
        return decode(cast(bytes, encoded))
    except msgspec.MsgspecError:
        return None


def _readings(job: Job) -> Iterator[Reading]:
    from pitfall_lint import workers

    yield from workers.read_here(job.source, job.unread)
    if job.readers is not None:
        yield from job.readers.readings()


def _link(job: Job) -> None:
    """One project, whose parts are linked when they are asked for."""
    from pitfall_lint.project import Project

    files = {file.path: file for file in job.found.files}
    job.project = Project(job.source, job.config, files, job.facts, partial(_make_flow, job.workers))


def _make_flow(count: int | None, project: Project) -> Flow:
    from pitfall_lint import workers
    from pitfall_lint.flow import Flow

    return Flow(project, workers.worker_count() if count is None else count)


def _ask(job: Job) -> None:
    """What each rule finds; one that crashes costs its own findings only."""
    from pitfall_lint import registry

    assert job.project is not None
    crashed: list[Crash] = []
    for number, rule in enumerate(job.rules):
        job.progress("rules", number, len(job.rules))
        started = time.perf_counter()
        try:
            found = list(rule.check(job.project))
        except Exception as error:
            if job.debug:
                raise
            crashed.append(Crash(rule.code, error))
            continue
        finally:
            job.rule_timings[rule.code] = time.perf_counter() - started
        severity = registry.severity_of(job.config, type(rule))
        job.findings += found if severity is None else [_with_severity(finding, severity) for finding in found]
    job.failures += failures(crashed, job.project)
    job.bounds = () if crashed else job.project.flow.reached


def _with_severity(finding: Finding, severity: Severity) -> Finding:
    return msgspec.structs.replace(finding, severity=severity)


def _silence(job: Job) -> None:
    """What comments silence, and which of them silence nothing."""
    from pitfall_lint import suppress

    crashed = {code for failure in job.failures for code in failure.codes}
    finished = tuple(rule for rule in job.rules if rule.code not in crashed)
    outcome = suppress.apply(job.findings, job.facts, finished, job.source)
    job.findings = [*outcome.findings, *(_finding_of(failure) for failure in job.failures)]
    job.suppressed = [finding.place.path for finding in outcome.suppressed]


def _finding_of(failure: Failure) -> Finding:
    from pitfall_lint import registry

    rule = registry.find(CRASHED)
    assert rule is not None
    place = Place(failure.path or ".", 0, 0)
    fix = Fix(Applicability.MANUAL, "Report it, with what `--debug` prints, to the authors of pitfall-lint.")
    return rule().found(place, failure.message, fix=fix, data={"rules": list(failure.codes)})


def _filter(job: Job) -> None:
    """What the configuration does not want to see goes; the rest is sorted, and nothing is said twice."""
    levels = list(Confidence)
    least = levels.index(job.config.min_confidence)
    ignored = _PerFileIgnores(job.config)
    kept = {
        finding.sort_key: finding
        for finding in job.findings
        if finding.code == CRASHED or (levels.index(finding.confidence) >= least and not ignored.covers(finding))
    }
    findings = tuple(kept[key] for key in sorted(kept))
    lines = sum(facts.lines for facts in job.facts.values())
    rules = tuple(rule.code for rule in job.rules)
    job.outcome = _Outcome(findings, tuple(sorted(job.suppressed)), rules, lines, job.bounds)
    if job.cache is not None and not job.failures and not job.laid:
        job.cache.keep_run(_key(job), msgspec.msgpack.encode(job.outcome))


class _PerFileIgnores:
    """The findings that `per-file-ignores` leaves out."""

    def __init__(self, config: Config) -> None:
        self._entries = [(Patterns((entry.pattern,)), entry.selectors) for entry in config.per_file_ignores]
        self._selectors: dict[str, tuple[str, ...]] = {}

    def covers(self, finding: Finding) -> bool:
        """Whether this one is left out."""
        from pitfall_lint import registry

        if not self._entries:
            return False
        path = finding.place.path
        if path not in self._selectors:
            named = [selectors for patterns, selectors in self._entries if patterns.verdict(path)]
            self._selectors[path] = tuple(selector for selectors in named for selector in selectors)
        rule = registry.find(finding.code)
        return rule is not None and registry.strongest(self._selectors[path], rule) > 0


PHASES: tuple[tuple[str, Callable[[Job], None]], ...] = (
    ("discover", _discover),
    ("recall", _recall),
    ("start", _start),
    ("choose", _choose),
    ("read", _read),
    ("link", _link),
    ("rules", _ask),
    ("silence", _silence),
    ("filter", _filter),
)


# ------------------------------------------------------------------- reported


def _report(job: Job, targets: Collection[str] | None) -> Run:
    """What is said of the targets."""
    outcome = job.outcome
    assert outcome is not None
    within = Targets(targets)
    findings = tuple(f for f in outcome.findings if f.code == CRASHED or within.cover(f.place.path))
    baselined = stale = 0
    if job.config.baseline is not None:
        known = baseline.load(job.root / job.config.baseline)
        comparison = baseline.compare(findings, [entry for entry in known if within.cover(entry.path)])
        findings, baselined, stale = comparison.new, comparison.known, len(comparison.stale)
    return Run(
        root=job.root,
        config=job.config,
        targets=within.paths,
        extra=job.extra,
        findings=findings,
        suppressed=sum(map(within.cover, outcome.suppressed)),
        baselined=baselined,
        stale=stale,
        failures=tuple(job.failures),
        rules=outcome.rules,
        files=sum(within.cover(file.path) for file in job.files),
        analysed=len(job.files),
        lines=outcome.lines,
        bounds=outcome.bounds,
        from_cache=job.from_cache,
        timings=job.timings,
        rule_timings=job.rule_timings,
        digests=job.digests,
    )


class Targets:
    """The files and folders that are reported on; None stands for the whole project."""

    def __init__(self, paths: Collection[str] | None) -> None:
        trimmed = None if paths is None else tuple(sorted({path.rstrip("/") for path in paths}))
        self.paths = None if trimmed is None or not {"", "."}.isdisjoint(trimmed) else trimmed
        self._files = frozenset(self.paths or ())
        self._folders = tuple(f"{path}/" for path in self.paths or ())

    def cover(self, path: str) -> bool:
        """Whether a root-relative path is one of them or lies below one."""
        return self.paths is None or path in self._files or path.startswith(self._folders)
