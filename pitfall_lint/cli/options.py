"""The options of `check`, in ruff's words, in the order and groups of its help text, and their values as one record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from pitfall_lint.report import FORMATS

Command = TypeVar("Command", bound=Callable[..., Any])

REPORTED, MENDED, PRINTED, WHERE = "What is reported", "What is mended", "What is printed", "Where things are"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line said; None and empty where it said nothing."""

    paths: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    fail_on: str | None = None
    min_confidence: str | None = None
    baseline: Path | None = None
    write_baseline: bool = False
    add_noqa: bool = False
    exit_zero: bool = False
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    show_fixes: bool = False
    output_format: str | None = None
    output_file: Path | None = None
    statistics: bool = False
    verbose: int = 0
    quiet: bool = False
    debug: bool = False
    config: Path | None = None
    isolated: bool = False
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    force_exclude: bool = False
    no_cache: bool = False
    cache_dir: Path | None = None
    stdin_filename: str | None = None


class Option(click.Option):
    """An option that stands under a heading of the help text."""

    def __init__(self, *args: Any, section: str, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.section = section


class Check(click.Command):
    """Writes the options under their headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """A list a heading."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(parameter, "section", WHERE), []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)


def split(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """`A,B` and `A` again: every word, once."""
    return tuple(dict.fromkeys(word.strip() for value in values for word in value.split(",") if word.strip()))


def known_format(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A format that there is; else an error that names those."""
    if value is not None and value not in FORMATS:
        raise click.BadParameter(f"there is no format `{value}`: choose from {', '.join(FORMATS)}", ctx, parameter)
    return value


def options(command: Command) -> Command:
    """Give a command all of them."""
    several = {"multiple": True, "callback": split, "metavar": "RULES"}
    flag = {"is_flag": True}
    for declare in reversed(
        [
            _option(
                "--select", section=REPORTED, help="Report these rules only: codes, prefixes, names, ALL.", **several
            ),
            _option("--extend-select", section=REPORTED, help="Report these rules too.", **several),
            _option("--ignore", section=REPORTED, help="Do not report these rules.", **several),
            _option(
                "--min-confidence",
                section=REPORTED,
                type=click.Choice(["low", "medium", "high"]),
                help="Report findings of at least this confidence.  [default: medium]",
            ),
            _option(
                "--fail-on",
                section=REPORTED,
                type=click.Choice(["info", "warning", "error"]),
                help="Exit with 1 only for findings of at least this severity.  [default: info]",
            ),
            _option("--exit-zero", section=REPORTED, help="Exit with 0 even if there are findings.", **flag),
            _option(
                "--baseline",
                section=REPORTED,
                type=click.Path(path_type=Path, dir_okay=False),
                help="Leave out the findings that this file lists.",
            ),
            _option(
                "--write-baseline", section=REPORTED, help="Write every finding to the baseline, and stop.", **flag
            ),
            _option("--add-noqa", section=REPORTED, help="Write a comment that allows each finding, and stop.", **flag),
            _option("--fix/--no-fix", section=MENDED, default=False, help="Apply the safe fixes."),
            _option("--unsafe-fixes", section=MENDED, help="Count unsafe fixes among those to apply.", **flag),
            _option("--diff", section=MENDED, help="Print what `--fix` would change, and change nothing.", **flag),
            _option("--show-fixes", section=MENDED, help="List the fixes that were applied.", **flag),
            _option(
                "--output-format",
                section=PRINTED,
                metavar="FORMAT",
                callback=known_format,
                help=f"One of {', '.join(FORMATS)}.  [default: full]",
            ),
            _option(
                "--output-file",
                "-o",
                section=PRINTED,
                type=click.Path(path_type=Path, dir_okay=False),
                help="Write the report to this file.",
            ),
            _option("--statistics", section=PRINTED, help="Print how often each rule was found.", **flag),
            _option(
                "--verbose", "-v", section=PRINTED, count=True, help="Say what was read and how long each phase took."
            ),
            _option("--quiet", "-q", section=PRINTED, help="Print findings only.", **flag),
            _option(
                "--debug", section=PRINTED, help="Let an error of pitfall-lint end the run with its trace.", **flag
            ),
            _option(
                "--config",
                section=WHERE,
                type=click.Path(path_type=Path, dir_okay=False),
                help="Read the configuration from this file.",
            ),
            _option("--isolated", section=WHERE, help="Read no configuration file.", **flag),
            _option("--exclude", section=WHERE, help="Leave these paths out (as in .gitignore).", **_patterns(several)),
            _option("--extend-exclude", section=WHERE, help="Leave these paths out too.", **_patterns(several)),
            _option("--force-exclude", section=WHERE, help="Leave them out even where they are named.", **flag),
            _option("--no-cache", "-n", section=WHERE, help="Neither read nor write the cache.", **flag),
            _option(
                "--cache-dir",
                section=WHERE,
                type=click.Path(path_type=Path, file_okay=False),
                help="Where the cache is kept.",
            ),
            _option("--stdin-filename", section=WHERE, metavar="PATH", help="The file that standard input stands for."),
        ]
    ):
        command = declare(command)
    return click.argument("paths", nargs=-1, metavar="[PATHS]...")(command)


def _option(*names: str, **settings: Any) -> Callable[[Command], Command]:
    return click.option(*names, cls=Option, **settings)


def _patterns(several: dict[str, Any]) -> dict[str, Any]:
    return {**several, "metavar": "PATTERNS"}
