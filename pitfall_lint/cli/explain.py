"""`pitfall-lint explain`: a rule's page, rendered on a terminal, as Markdown in a pipe."""

from __future__ import annotations

import sys

import click

from pitfall_lint.cli import terminal


@click.command(short_help="Explain a rule.")
@click.argument("rule", metavar="CODE|NAME")
def explain(rule: str) -> int:
    """Explain a rule: what it finds, why it matters, an example, and the fix."""
    from pitfall_lint import catalogue, registry
    from pitfall_lint.errors import ConfigError

    found = registry.find(rule)
    if found is None:
        raise ConfigError(f"there is no rule `{rule}`{_nearest(rule)}")
    text = catalogue.markdown(catalogue.read(found))
    if terminal.may_colour(sys.stdout):
        _render(text)
    else:
        terminal.emit([text])
    return 0


def _nearest(word: str) -> str:
    """The names and codes that look like the word."""
    from difflib import get_close_matches

    from pitfall_lint import registry

    spelled = {spelling: rule for rule in registry.rules() for spelling in (rule.code.lower(), rule.name)}
    near = get_close_matches(word.strip().lower().replace("_", "-"), spelled, 3, 0.6)
    codes = dict.fromkeys(f"{spelled[spelling].code} ({spelled[spelling].name})" for spelling in near)
    return f"; did you mean {' or '.join(codes)}?" if codes else "; `pitfall-lint rules` lists them"


def _render(text: str) -> None:
    """The Markdown as a terminal can show it; without backgrounds, which suit either dark or light ones only."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    theme = Theme({"markdown.code": "bold cyan", "markdown.h1": "bold", "markdown.h2": "bold magenta"})
    console = Console(force_terminal=True, width=min(terminal.width(sys.stdout), 100), theme=theme)
    with console.capture() as capture:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    terminal.emit(line.rstrip() + "\n" for line in capture.get().splitlines())
