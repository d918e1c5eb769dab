"""The command group: `pitfall-lint [PATHS]` is `pitfall-lint check [PATHS]` unless the first argument is a subcommand.
Errors become one line and exit code 2 here, for every command.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from pitfall_lint import __version__
from pitfall_lint.cli import terminal
from pitfall_lint.cli.check import check
from pitfall_lint.cli.explain import explain
from pitfall_lint.cli.rules import rules
from pitfall_lint.errors import PitfallLintError

INTERRUPTED = 130  # as a shell counts: 128 and the signal's number


class Group(click.Group):
    """Finds the command where none is named, and turns what goes wrong into an exit code."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run, and exit: 0 nothing found, 1 findings, 2 wrong use, bad configuration or an error of our own."""
        extra.pop("standalone_mode", None)
        terminal.prepare()
        debug = "--debug" in (sys.argv[1:] if args is None else args)
        try:
            code = super().main(args, prog_name or "pitfall-lint", standalone_mode=False, **extra)
        except click.ClickException as error:
            terminal.complain(f"{error.format_message()}{_hint(error)}")
            code = 2
        except PitfallLintError as error:
            if debug:
                raise
            terminal.complain(str(error))
            code = 2
        except (KeyboardInterrupt, click.Abort):
            terminal.note("pitfall-lint: interrupted")
            code = INTERRUPTED
        except BrokenPipeError:
            terminal.hang_up(sys.stdout)
            code = 2
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command first."""
        return super().parse_args(ctx, self.with_command(args))

    def with_command(self, args: list[str]) -> list[str]:
        """The arguments with a command at their head. A subcommand's name may stand behind options too."""
        if args and args[0] in ("--help", "-h", "--version", "-V"):
            return args
        at = self._first_word(args)
        if at is not None and args[at] in self.commands:
            return [args[at], *args[:at], *args[at + 1 :]]
        return ["check", *args]

    def _first_word(self, args: list[str]) -> int | None:
        """Where the first argument stands that is neither an option nor an option's value."""
        takes_value = {
            name
            for command in self.commands.values()
            for parameter in command.params
            if isinstance(parameter, click.Option) and not parameter.is_flag and not parameter.count
            for name in parameter.opts
        }
        skip = False
        for at, word in enumerate(args):
            if skip:
                skip = False
            elif word == "--":
                return None
            elif word.startswith("-") and word != "-":
                skip = word in takes_value
            else:
                return at
        return None

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Both ways of use."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] [PATHS]...")
        formatter.write_usage(ctx.command_path, "COMMAND [ARGS]...", prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, then the options of `check`, since its name may be left out."""
        self.format_commands(ctx, formatter)
        check.format_options(ctx, formatter)


def _hint(error: click.ClickException) -> str:
    if isinstance(error, click.UsageError) and error.ctx is not None:
        return f" (see `{error.ctx.command_path} --help`)"
    return ""


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "--version", "-V", prog_name="pitfall-lint", message="%(prog)s %(version)s")
def pitfall_lint() -> None:
    """Find the pitfalls of Flask and Django projects, each with the path that leads to it, and mend them.

    The project around PATHS (default: the working directory) is read as a whole and never run; PATHS say what is
    reported on. `-` reads a file from standard input. `./rules` is a path where `rules` is a command.

    Exit codes: 0 nothing found, 1 findings, 2 wrong use, bad configuration or an internal error.
    """


for command in (check, rules, explain):
    pitfall_lint.add_command(command)
