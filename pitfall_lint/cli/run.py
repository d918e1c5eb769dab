"""The work of `check`: each project is linted, mended where that is asked for, and all go into one report.

What the engine, the fixes and the report do is theirs; here is the order of it, and the exit code.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pitfall_lint import config, engine
from pitfall_lint.cli import terminal
from pitfall_lint.cli.options import Options
from pitfall_lint.cli.progress import Bar
from pitfall_lint.cli.targets import Target, read_stdin, targets
from pitfall_lint.errors import CannotFix, ConfigError
from pitfall_lint.finding import Finding, Severity
from pitfall_lint.report import FORMATS, TEXT_FORMATS, Expansion, Part, Report, render
from pitfall_lint.source import DiskSource, Source

if TYPE_CHECKING:
    from pitfall_lint.fixes import Applied

LOUDNESS = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2}


@dataclass(frozen=True, slots=True)
class Project:
    """One project on its way through a run."""

    target: Target
    config: config.Config
    source: Source
    run: engine.Run
    findings: tuple[Finding, ...]
    applied: Applied | None = None


def run(options: Options) -> int:
    """Everything that `pitfall-lint [PATHS]` does; the exit code."""
    cwd = Path.cwd()
    with Bar(options.quiet) as bar:
        projects = [linted(target, options, cwd, bar) for target in targets(options.paths, options.stdin_filename, cwd)]
        if options.add_noqa or options.write_baseline:
            return _allow(projects, options, cwd)
        if options.fix or options.diff:
            projects = [mended(project, options, bar) for project in projects]
    if options.verbose:
        for project in projects:
            terminal.emit(_account(project, options), sys.stderr)
    if options.diff:
        return _show_diff(projects, options)
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


def linted(target: Target, options: Options, cwd: Path, bar: Bar) -> Project:
    """The project and what was found in it."""
    settings = config.load(
        target.root,
        file=cwd / options.config if options.config else None,
        isolated=options.isolated,
        overrides=overrides(options, cwd),
    )
    source = DiskSource(target.root, {target.buffer: read_stdin()} if target.buffer else None)
    found = _check(target, settings, source, options, bar)
    return Project(target, settings, source, found, found.findings)


def _check(target: Target, settings: config.Config, source: Source, options: Options, bar: Bar) -> engine.Run:
    return engine.check(
        target.root,
        settings,
        targets=target.paths,
        extra=() if settings.force_exclude else target.files,
        source=source,
        cache=not options.no_cache,
        debug=options.debug,
        progress=bar,
    )


# -------------------------------------------------------------------- mending


def mended(project: Project, options: Options, bar: Bar) -> Project:
    """The project with its fixes applied: in memory for `--diff` and for standard input, else written."""
    from pitfall_lint import fixes

    def lint_again(source: Source) -> Sequence[Finding]:
        return _check(project.target, project.config, source, options, bar).findings

    applied = fixes.apply(project.findings, project.source, unsafe=options.unsafe_fixes, lint_again=lint_again)
    if not options.diff and project.target.buffer is None:
        applied = fixes.write(applied, project.source)
    remaining = applied.remaining if applied.passes else project.findings
    return replace(project, findings=tuple(remaining), applied=applied)


def _show_diff(projects: Sequence[Project], options: Options) -> int:
    """What would change, on standard output."""
    from pitfall_lint import fixes
    from pitfall_lint.report.style import count

    would, files = 0, 0
    for project in projects:
        if project.applied is not None:
            terminal.emit([fixes.diff(project.applied.changed, project.applied.moves, project.source)])
            would += len(project.applied.fixed)
            files += len({*project.applied.changed, *(move.target for move in project.applied.moves)})
            _warn_of_refusals(project)
    if not options.quiet:
        terminal.note(f"Would fix {count(would, 'finding')} in {count(files, 'file')}." if files else "Nothing to fix.")
    if _crashed(projects):
        return 2
    return 0 if options.exit_zero or not files else 1


def _warn_of_refusals(project: Project) -> None:
    if project.applied is None:
        return
    for refused in project.applied.refused:
        place = refused.finding.place
        terminal.note(f"{place.path}:{place.row}: {refused.finding.code} is not fixed: {refused.reason}")


def _fixes(projects: Sequence[Project], cwd: Path) -> Iterator[str]:
    """The list of what was fixed, a paragraph a file."""
    from collections import Counter

    from pitfall_lint.report import relative
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
        _warn_of_refusals(project)
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
    found = project.run
    yield f"{project.target.root}: {found.files:,} files, {found.lines:,} lines, {found.suppressed:,} suppressed"
    yield f"{', unchanged since the last run' if found.from_cache else ''}\n"
    yield f"  configuration: {project.config.path or 'none'}\n"
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


def _allow(projects: Sequence[Project], options: Options, cwd: Path) -> int:
    raise NotImplementedError
