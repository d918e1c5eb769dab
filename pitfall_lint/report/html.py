"""One page to hand around: the counts, then each finding as `full` prints it. It needs no other file and no network."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import groupby

from pitfall_lint.report import Report, one_line
from pitfall_lint.report.full import story
from pitfall_lint.report.statistics import tallies
from pitfall_lint.report.style import BOLD, CYAN, DIM, GREEN, GUTTER, SEVERITY, Paint, count

CLASSES = {
    BOLD: "bold",
    CYAN: "path",
    DIM: "dim",
    GREEN: "fix",
    GUTTER: "gutter",
    **{code: severity.value for severity, code in SEVERITY.items()},
}
WIDTH = 140
STYLE = """
:root { color-scheme: light dark; --ink: #1c2126; --paper: #fff; --card: #f6f7f9; --line: #d9dee3; --dim: #5b6670;
  --error: #b3261e; --warning: #8a5a00; --info: #006879; --gutter: #2f5fb3; --fix: #1a6b2f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e6ea; --paper: #14171a; --card: #1d2125; --line: #343a40;
  --dim: #9aa5b0; --error: #ff8a80; --warning: #ffc266; --info: #6fd3e3; --gutter: #8ab4f8; --fix: #81d492; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 80rem;
  margin: 2rem auto; padding: 0 1rem; }
h2 { font: 600 1rem ui-monospace, monospace; margin: 2.5rem 0 .5rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; }
td, th { text-align: left; padding: .2rem 1.5rem .2rem 0; border-bottom: 1px solid var(--line); }
td:first-child, th:first-child { text-align: right; }
pre { font: 13px/1.45 ui-monospace, monospace; background: var(--card); border: 1px solid var(--line);
  border-radius: 6px; padding: .8rem 1rem; overflow-x: auto; }
.bold { font-weight: 600; } .path { color: var(--info); } .dim { color: var(--dim); } .gutter { color: var(--gutter); }
.fix { color: var(--fix); font-weight: 600; }
.error, .warning, .info { font-weight: 600; } .error { color: var(--error); } .warning { color: var(--warning); }
.info { color: var(--info); }
"""
_CODES = re.compile(r"\x1b\[[\d;]*m")


def marked_up(text: str) -> str:
    """Text with the codes of `style` as HTML. Control characters of the source were replaced before."""

    def span(match: re.Match[str]) -> str:
        name = CLASSES.get(match[0])
        return f'<span class="{name}">' if name else "</span>"

    return _CODES.sub(span, html.escape(text, quote=False))


def render(report: Report) -> Iterator[str]:
    """The page."""
    total = sum(1 for _ in report.entries())
    title = f"pitfall-lint: {count(total, 'finding')}" if total else "pitfall-lint: no pitfalls found"
    yield f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
    yield f'<meta name="viewport" content="width=device-width">\n<style>{STYLE}</style>\n<h1>{title}</h1>\n'
    if total:
        yield "<table>\n<tr><th>count<th>rule<th>name\n"
        for tally in tallies(report):
            yield f"<tr><td>{tally.count:,}<td>{tally.code}<td>{html.escape(tally.name)}\n"
        yield "</table>\n"
    paint = Paint(True)
    for path, group in groupby(report.entries(), key=lambda entry: entry[0].path(entry[1].place.path)):
        yield f"<h2>{html.escape(one_line(path))}</h2>\n"
        for part, finding in group:
            yield f"<pre>{marked_up(''.join(story(finding, part, WIDTH, paint)))}</pre>\n"
    yield "</html>\n"
