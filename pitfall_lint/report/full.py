"""The whole story of each finding: what happens, the code it happens in, each step on the way there, the fix."""

from __future__ import annotations

from collections.abc import Iterator

from pitfall_lint.finding import Applicability, Confidence, Finding
from pitfall_lint.report import Part, Report, one_line, printable
from pitfall_lint.report.frames import Frames, gutter_width
from pitfall_lint.report.style import BOLD, CYAN, DIM, GREEN, GUTTER, SEVERITY, Paint, summary

NOTES = {Applicability.SAFE: "`--fix` applies it", Applicability.UNSAFE: "`--fix --unsafe-fixes` applies it"}


def render(report: Report) -> Iterator[str]:
    """A paragraph a finding, then the summary."""
    paint = Paint(report.colour)
    for part, finding in report.entries():
        yield "".join(story(finding, part, report.width, paint)) + "\n"
    if report.summary:
        yield summary(report)


def story(finding: Finding, part: Part, width: int, paint: Paint) -> Iterator[str]:
    """The lines of one finding."""
    colour = SEVERITY[finding.severity]
    gutter = gutter_width([finding.place, *(step.place for step in finding.related)])
    frames = Frames(paint, width, gutter)
    indent = " " * (gutter + 1)
    title = paint(finding.severity.value, colour) + f" {paint(finding.code, BOLD)}[{finding.name}]"
    yield f"{title}: {paint.words(one_line(finding.message))}\n"

    yield f"{indent}{paint('-->', GUTTER)} {paint(part.where(finding.place), CYAN)}\n"
    frame = list(frames.frame(finding.place, part.lines(finding.place.path), "^", colour))
    if frame:
        yield frames.bar("")
        yield from frame
    for number, step in enumerate(finding.related, 1):
        words = one_line(step.message)
        frame = list(frames.frame(step.place, part.lines(step.place.path), "-", GUTTER, words))
        where = paint(part.where(step.place), CYAN)
        yield frames.bar("")
        yield f"{indent}{paint(f'({number})', GUTTER)} {where}{'' if frame else ' ' + paint.words(words)}\n"
        yield from frame
    yield frames.bar("")
    yield from notes(finding, paint, indent)


def notes(finding: Finding, paint: Paint, indent: str) -> Iterator[str]:
    """The fix, how it is applied, and any doubt."""
    sign = paint("=", GUTTER)
    fix = finding.fix
    first, *others = printable_lines(fix.message)
    yield f"{indent} {sign} {paint('fix', GREEN)} ({fix.applicability.value}): {paint.words(first)}\n"
    for line in others:
        yield f"{indent}   {paint.words(line)}".rstrip() + "\n"
    if fix.recipe is not None and fix.applicability in NOTES:
        yield f"{indent}   {paint(NOTES[fix.applicability], DIM)}\n"
    if finding.confidence is not Confidence.HIGH:
        yield f"{indent} {sign} {paint(f'confidence: {finding.confidence.value}', DIM)}\n"


def printable_lines(text: str) -> list[str]:
    """The lines of a message that may hold code; at least one."""
    return [printable(line.expandtabs(4)) for line in text.strip("\n").split("\n")]
