"""`pitfall-lint rules`: the catalogue as a list."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from pitfall_lint.cli import terminal

if TYPE_CHECKING:
    from pitfall_lint.catalogue import Page


@click.command(short_help="List every rule.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(output_format: str) -> int:
    """List every rule: its code, name, severity and kind of fix."""
    from pitfall_lint import catalogue, registry

    pages = [catalogue.read(rule) for rule in registry.rules()]
    if output_format == "json":
        import msgspec

        listed = [
            {
                "code": page.code,
                "name": page.name,
                "severity": page.severity.value,
                "fix": page.fixable.value,
                "family": page.family,
                "summary": page.summary,
                "url": page.url,
            }
            for page in pages
        ]
        terminal.emit([msgspec.json.format(msgspec.json.encode(listed), indent=2).decode(), "\n"])
    else:
        terminal.emit(_lines(pages))
    return 0


def _lines(pages: Sequence[Page]) -> Iterator[str]:
    """A line a rule, in columns."""
    from pitfall_lint.report.style import BOLD, DIM, SEVERITY, Paint, count

    paint = Paint(terminal.may_colour(sys.stdout))
    wide = max((len(page.name) for page in pages), default=0)
    for page in pages:
        severity = paint(f"{page.severity.value:<7}", SEVERITY[page.severity])
        fix = paint(f"{page.fixable.value:<6}", DIM)
        yield f"{paint(page.code, BOLD)}  {page.name:<{wide}}  {severity}  {fix}  {page.summary}\n"
    if terminal.is_terminal(sys.stdout):
        yield f"\n{count(len(pages), 'rule')}. `pitfall-lint explain CODE` shows one.\n"
