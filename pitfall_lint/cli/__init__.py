"""The command line: the only room that prints or chooses an exit code. Click commands, one module each; whatever a run
does not need stays unimported, because an unchanged run must end within 0.4 seconds.
"""

from __future__ import annotations


def main() -> None:
    """The console script."""
    from pitfall_lint.cli.group import pitfall_lint

    pitfall_lint.main(prog_name="pitfall-lint")


__all__ = ["main"]
