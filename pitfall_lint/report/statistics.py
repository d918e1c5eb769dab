"""How often each rule was found, instead of where: a table, or a list for the JSON formats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pitfall_lint.report import Report
from pitfall_lint.report.style import BOLD, GREEN, Paint, summary


@dataclass(slots=True)
class Tally:
    """One rule's count."""

    code: str
    name: str
    count: int = 0
    fixable: int = 0


def tallies(report: Report) -> list[Tally]:
    """The most frequent first."""
    known: dict[str, Tally] = {}
    for _, finding in report.entries():
        tally = known.setdefault(finding.code, Tally(finding.code, finding.name))
        tally.count += 1
        tally.fixable += report.applies(finding.fix)
    return sorted(known.values(), key=lambda tally: (-tally.count, tally.code))


def render(report: Report, name: str) -> Iterator[str]:
    """The counts in the spirit of the format `name`."""
    counted = tallies(report)
    if name in ("json", "json-lines"):
        import msgspec

        listed = [
            {
                "code": tally.code,
                "name": tally.name,
                "count": tally.count,
                "fixable": tally.fixable > 0,
                "fixable_count": tally.fixable,
            }
            for tally in counted
        ]
        if name == "json":
            yield msgspec.json.format(msgspec.json.encode(listed), indent=2).decode() + "\n"
        else:
            yield from (msgspec.json.encode(row).decode() + "\n" for row in listed)
        return
    paint = Paint(report.colour)
    number = max((len(f"{tally.count:,}") for tally in counted), default=0)
    starred = any(tally.fixable for tally in counted)
    for tally in counted:
        star = ("[*]" if tally.fixable else "   ") + "  " if starred else ""
        yield f"{f'{tally.count:,}':>{number}}  {paint(tally.code, BOLD)}  {paint(star, GREEN)}{tally.name}\n"
    if report.summary:
        yield ("\n" if counted else "") + summary(report)
