"""The command line: the only room that prints or chooses an exit code. Click commands, one module each; whatever a run
does not need stays unimported, because an unchanged run must end within 0.4 seconds.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """The console script. Nothing is collected, and the process ends without taking its objects apart one by one: each
    would take a good part of the run's time again."""
    gc.disable()
    from pitfall_lint.cli.group import pitfall_lint

    try:
        pitfall_lint.main(prog_name="pitfall-lint")
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)


__all__ = ["main"]
