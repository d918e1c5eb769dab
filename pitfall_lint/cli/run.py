"""The work of `check`: each project is linted, mended where that is asked for, and all go into one report.

What the engine, the fixes and the report do is theirs; here is the order of it, and the exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from pitfall_lint import config, engine
from pitfall_lint.cli import terminal
from pitfall_lint.cli.options import Options
from pitfall_lint.cli.progress import Bar
from pitfall_lint.cli.targets import Target, read_stdin, targets
from pitfall_lint.discover import Discovery, discover, of_paths
from pitfall_lint.errors import CannotFix, ConfigError
from pitfall_lint.finding import Applicability, Confidence, Edit, Edits, Finding, Fix, Severity
from pitfall_lint.report import FORMATS, TEXT_FORMATS, Expansion, Part, Report, relative, render
from pitfall_lint.source import DiskSource, Overlay, Source

if TYPE_CHECKING:
    from pitfall_lint.fixes import Applied
    from pitfall_lint.paths import Named

LOUDNESS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Project:
    """One project on its way through a run."""

    target: Target
    config: config.Config
    source: DiskSource
    discovery: Discovery
    run: engine.Run
    findings: tuple[Finding, ...]
    applied: Applied | None = None


def run(options: Options) -> int:
    """Everything that `pitfall-lint [PATHS]` does; the exit code."""
    cwd = Path.cwd()
    with Bar(options.quiet) as bar:
        projects = every_project(options, cwd, bar)
        if options.add_noqa or options.write_baseline:
            return _allow(projects, options, cwd)
        if options.fix or options.diff:
            projects = [mended(project, options, bar) for project in projects]
    if options.verbose:
        for project in projects:
            terminal.emit(_account(project, options), sys.stderr)
    if options.diff:
        return _show_diff(projects, options, cwd)
    _print(projects, options, cwd)
    return exit_code(projects, options)


# -------------------------------------------------------------------- linting


def overrides(options: Options, cwd: Path) -> dict[str, Any]:
    """What the command line says about the configuration, with the keys of the file."""
    said: dict[str, Any] = {
        "select": list(options.select),
        "extend-select": list(options.extend_select),
        "ignore": list(options.ignore),
        "exclude": list(options.exclude),
        "extend-exclude": list(options.extend_exclude),
        "force-exclude": options.force_exclude,
        "fail-on": options.fail_on,
        "min-confidence": options.min_confidence,
        "output-format": options.output_format,
        "baseline": str(cwd / options.baseline) if options.baseline else None,
        "cache-dir": str(cwd / options.cache_dir) if options.cache_dir else None,
    }
    return {key: value for key, value in said.items() if value}


def every_project(options: Options, cwd: Path, bar: Bar) -> list[Project]:
    """The projects that the paths belong to and those nested below them, linted, sorted by root."""
    from pitfall_lint import paths

    told: dict[str, Any] = {
        "file": cwd / options.config if options.config else None,
        "isolated": options.isolated,
        "overrides": overrides(options, cwd),
    }
    if options.stdin_filename is not None or "-" in options.paths:
        (target,) = targets(options.paths, options.stdin_filename, cwd)
        settings = config.load(target.root, **told)
        found = discover(target.root, settings, () if settings.force_exclude else target.files)
        return [linted(paths.Named(target.root, settings, found, target.paths), target.buffer, options, bar)]
    return [linted(project, None, options, bar) for project in paths.named(options.paths or (".",), cwd=cwd, **told)]


def linted(project: Named, buffer: str | None, options: Options, bar: Bar) -> Project:
    """The project and what was found in it."""
    source = DiskSource(project.root, {buffer: read_stdin()} if buffer else None)
    run = _check(project.targets, project.config, source, project.discovery, options, bar)
    run.timings["discover"] = project.seconds
    target = Target(project.root, project.targets, buffer=buffer)
    return Project(target, project.config, source, project.discovery, run, run.findings)


def _check(
    paths: Collection[str] | None,
    settings: config.Config,
    source: Source,
    found: Discovery,
    options: Options,
    bar: Bar,
) -> engine.Run:
    return engine.check(
        source.root,
        msgspec.structs.replace(settings, baseline=None) if options.write_baseline else settings,
        targets=paths,
        source=source,
        discovery=found,
        cache=not options.no_cache,
        debug=options.debug,
        progress=bar,
    )


# -------------------------------------------------------------------- mending


def mended(project: Project, options: Options, bar: Bar) -> Project:
    """The project with its fixes applied: in memory for `--diff` and for standard input, else written."""
    from pitfall_lint import fixes

    def lint_again(source: Source) -> Sequence[Finding]:
        paths, found = project.target.paths, project.discovery
        if isinstance(source, Overlay):
            found = _overlaid(found, source)
            paths = None if paths is None else (*paths, *source.added)
        return _check(paths, project.config, source, found, options, bar).findings

    applied = fixes.apply(
        project.findings,
        project.source,
        unsafe=options.unsafe_fixes,
        lint_again=lint_again,
        unchanged=project.run.is_of,
    )
    if not options.diff and project.target.buffer is None:
        applied = fixes.write(applied, project.source)
    remaining = applied.remaining if applied.passes else project.findings
    return replace(project, findings=tuple(remaining), applied=applied)


def _overlaid(found: Discovery, source: Overlay) -> Discovery:
    """The files of a project with the moves and new files of its fixes."""
    kept = [file for file in found.files if file.path not in source.gone | source.added]
    added = of_paths(found.root, source.added).files
    return msgspec.structs.replace(found, files=tuple(sorted((*kept, *added), key=lambda file: file.path)))


def _show_diff(projects: Sequence[Project], options: Options, cwd: Path) -> int:
    """What would change, on standard output."""
    from pitfall_lint import fixes
    from pitfall_lint.report.style import count

    would, files = 0, 0
    for project in projects:
        if project.applied is not None:
            terminal.emit([fixes.diff(project.applied.changed, project.applied.moves, project.source)])
            would += len(project.applied.fixed)
            files += len({*project.applied.changed, *(move.target for move in project.applied.moves)})
            _warn_of_refusals(project, cwd)
    if not options.quiet:
        terminal.note(f"Would fix {count(would, 'finding')} in {count(files, 'file')}." if files else "Nothing to fix.")
    if _crashed(projects):
        return 2
    return 0 if options.exit_zero or not files else 1


def _warn_of_refusals(project: Project, cwd: Path) -> None:
    for refused in project.applied.refused if project.applied else ():
        place = refused.finding.place
        path = relative(project.target.root / place.path, cwd)
        terminal.note(f"{path}:{place.row}: {refused.finding.code} is not fixed: {refused.reason}")


def _fixes(projects: Sequence[Project], cwd: Path) -> Iterator[str]:
    """The list of what was fixed, a paragraph a file."""
    from collections import Counter

    from pitfall_lint.report.style import count

    fixed: dict[str, Counter[tuple[str, str]]] = {}
    for project in projects:
        for finding in project.applied.fixed if project.applied else ():
            path = relative(project.target.root / finding.place.path, cwd)
            fixed.setdefault(path, Counter())[finding.code, finding.name] += 1
    if fixed:
        yield f"Fixed {count(sum(known.total() for known in fixed.values()), 'finding')}:\n"
    for path, known in sorted(fixed.items()):
        yield f"- {path}:\n"
        yield from (f"    {times} x {code} ({name})\n" for (code, name), times in sorted(known.items()))
    if fixed:
        yield "\n"


# ------------------------------------------------------------------- printing


def _print(projects: Sequence[Project], options: Options, cwd: Path) -> None:
    """The report, to standard output or a file."""
    # A fixed buffer is what standard output is for; the report then goes to the other stream.
    buffered = options.fix and any(project.target.buffer for project in projects)
    stream = sys.stderr if buffered else sys.stdout
    name = options.output_format or next((p.config.output_format for p in projects if p.config.output_format), "full")
    if name not in FORMATS:
        raise ConfigError(f"`output-format` must be one of {', '.join(FORMATS)}, not `{name}`")
    report = Report(
        parts=tuple(_part(project, cwd) for project in projects),
        fixed=sum(len(project.applied.fixed) for project in projects if project.applied),
        known=sum(project.run.baselined for project in projects),
        stale=sum(project.run.stale for project in projects),
        unsafe=options.unsafe_fixes,
        colour=name in TEXT_FORMATS and options.output_file is None and terminal.may_colour(stream),
        width=terminal.PIPED_WIDTH if options.output_file else terminal.width(stream),
        summary=not options.quiet,
    )
    pieces = _statistics(report, name) if options.statistics else render(name, report)
    if options.output_file is not None:
        _save(options.output_file, "".join(pieces))
    else:
        if options.show_fixes and name in TEXT_FORMATS:
            terminal.emit(_fixes(projects, cwd), stream)
        terminal.emit(pieces, stream)
    for project in projects:
        _warn_of_refusals(project, cwd)
        if buffered and project.target.buffer:
            _emit_buffer(project, project.target.buffer)


def _emit_buffer(project: Project, path: str) -> None:
    changed = project.applied.changed if project.applied else {}
    terminal.emit_bytes(changed[path] if path in changed else project.source.read(path))


def _part(project: Project, cwd: Path) -> Part:
    expander = None

    def expand(finding: Finding) -> Expansion:
        nonlocal expander
        if expander is None:
            from pitfall_lint.fixes import Expander

            expander = Expander(project.source)
        try:
            expansion = expander.expand(finding.fix)
        except CannotFix:
            return (), ()
        return expansion.edits, expansion.moves

    return Part(project.findings, project.source, project.target.root, cwd, expand)


def _statistics(report: Report, name: str) -> Iterator[str]:
    from pitfall_lint.report import statistics

    return statistics.render(report, name)


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", os.fspath(path)) from error


def _account(project: Project, options: Options) -> Iterator[str]:
    """What was read and how long it took."""
    from pitfall_lint.report.style import count

    found = project.run
    yield f"{project.target.root}: {count(found.files, 'file')} of {found.analysed:,}, {count(found.lines, 'line')}"
    yield f", {found.suppressed:,} suppressed{', unchanged since the last run' if found.from_cache else ''}\n"
    yield f"  configuration: {project.config.path or 'none'}\n"
    yield from (f"  bound reached: {bound}\n" for bound in found.bounds)
    if options.verbose > 1:
        yield from (f"  {seconds:8.3f} s  {phase}\n" for phase, seconds in found.timings.items())
        slow = sorted(found.rule_timings.items(), key=lambda item: (-item[1], item[0]))[:10]
        yield from (f"  {seconds:8.3f} s  {code}\n" for code, seconds in slow)


# ------------------------------------------------------------------ exit code


def _crashed(projects: Sequence[Project]) -> bool:
    """Whether the linter itself got something wrong; says what, wherever the report goes."""
    for project in projects:
        for failure in project.run.failures:
            terminal.complain(f"{failure.path}: {failure.message}" if failure.path else failure.message)
    return any(project.run.failures for project in projects)


def exit_code(projects: Sequence[Project], options: Options) -> int:
    """0 nothing found, 1 findings that are loud enough, 2 where a rule crashed."""
    if _crashed(projects):
        return 2
    loud = any(
        LOUDNESS[finding.severity] >= LOUDNESS[project.config.fail_on]
        for project in projects
        for finding in project.findings
    )
    return 1 if loud and not options.exit_zero else 0


# ------------------------------------------------------------------- allowing


def _allow(projects: Sequence[Project], options: Options, cwd: Path) -> int:
    """Put up with every finding: in the baseline, or by a comment at each."""
    from pitfall_lint.report.style import count

    if _crashed(projects):
        return 2
    findings = [finding for project in projects for finding in project.findings]
    if options.write_baseline:
        from pitfall_lint import baseline

        named = {project.target.root / project.config.baseline for project in projects if project.config.baseline}
        if len(named) != 1:
            raise ConfigError("--write-baseline needs to know where: name one file with --baseline")
        (path,) = named
        baseline.write(path, findings)
        terminal.note(f"Wrote {count(len(findings), 'finding')} to {relative(path, cwd)}.")
        return 0
    from pitfall_lint import fixes, suppress

    written = 0
    for project in projects:
        edits = suppress.add_noqa(project.findings, project.source)
        comments = [_comment(edit) for edit in edits]
        applied = fixes.write(fixes.apply(comments, project.source, unchanged=project.run.is_of), project.source)
        written += len(applied.fixed)
        _warn_of_refusals(replace(project, applied=applied), cwd)
    terminal.note(f"Added {count(written, 'comment')} for {count(len(findings), 'finding')}.")
    return 0


def _comment(edit: Edit) -> Finding:
    """An edit as something that can be fixed: fixes check and write what the linter changes, whatever it is."""
    fix = Fix(Applicability.SAFE, "allow it", Edits((edit,)))
    return Finding("noqa", "add-noqa", "", edit.place, Severity.INFO, Confidence.HIGH, fix)
