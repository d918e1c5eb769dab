"""`pitfall-lint check`, whose name may be left out: its arguments. The work is done in `run`."""

from __future__ import annotations

from typing import Any

import click

from pitfall_lint.cli.options import Check, Options, options


@click.command(cls=Check, short_help="Check projects; the name may be left out.")
@options
def check(**given: Any) -> int:
    """Find the pitfalls of the projects around PATHS (default: the working directory) and report those in PATHS."""
    from pitfall_lint.cli.run import run

    return run(Options(**given))
