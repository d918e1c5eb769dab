"""Code frames: the source lines of a place, underlined, as they look in a terminal. Tabs, wide characters, long lines,
spans over many lines and files that are gone are its business; which places to show and in what order is the formats'.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

from pitfall_lint.finding import Place
from pitfall_lint.report import printable
from pitfall_lint.report.style import GUTTER, Paint

TAB = 4
CUT = "..."
TALLEST = 6  # lines of a span that are shown whole; of a taller one, the first three and the last


def cells(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.combining(character) or character in "\u200b\u200c\u200d\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Line:
    """One source line laid out in cells: `text` as it is printed, and where each of its characters begins."""

    def __init__(self, source: str) -> None:
        if source.isascii() and source.isprintable():
            self.text = source
            self.starts: Sequence[int] = range(len(source) + 1)
            return
        starts, parts, at = [], [], 0
        for character in source:
            starts.append(at)
            if character == "\t":
                wide = TAB - at % TAB
                parts.append(" " * wide)
            else:
                character = printable(character)
                wide = cells(character)
                parts.append(character)
            at += wide
        starts.append(at)
        self.text = "".join(parts)
        self.starts = starts

    def cell(self, column: int) -> int:
        """Where the character at `column` (from 0) begins; past the end, the end."""
        return self.starts[min(max(column, 0), len(self.starts) - 1)]

    @property
    def width(self) -> int:
        """The whole line, in cells."""
        return self.starts[-1]


def slice_cells(text: str, start: int, end: int) -> str:
    """The characters that lie wholly between two cells."""
    if text.isascii():
        return text[start:end]
    kept, at = [], 0
    for character in text:
        wide = cells(character)
        if at >= start and at + wide <= end:
            kept.append(character)
        elif start <= at < end or start < at + wide <= end:
            kept.append(" ")  # half of a wide character
        at += wide
    return "".join(kept)


def window(line: Line, start: int, end: int, room: int) -> tuple[str, int, int]:
    """The line cut to `room` cells around the cells `start` to `end`; then where the span lies in what is left."""
    if line.width <= room:
        return line.text.rstrip(), start, end
    end = min(end, start + room - 2 * len(CUT))  # a span longer than the window loses its end
    spare = room - (end - start)
    left = max(0, min(start - spare // 2, line.width - room))
    right = left + room
    text = slice_cells(line.text, left, right)
    if left:
        text = CUT + slice_cells(line.text, left + len(CUT), right)
    if right < line.width:
        text = slice_cells(text, 0, room - len(CUT)) + CUT
    return text, start - left, end - left


def gutter_width(places: Sequence[Place]) -> int:
    """How many columns the line numbers of these places need."""
    return max([2, *(len(str(place.end_row)) for place in places)])


class Frames:
    """Lays out places of one finding in one gutter. `colour` of an underline is the caller's choice."""

    def __init__(self, paint: Paint, width: int, gutter: int) -> None:
        self.paint = paint
        self.gutter = gutter
        self.room = max(width - gutter - 5, 40)

    def bar(self, number: str, rest: str = "") -> str:
        """A line of a frame: the gutter, then the rest."""
        return self.paint(f" {number:>{self.gutter}} |", GUTTER) + (f" {rest}" if rest else "") + "\n"

    def frame(self, place: Place, lines: Sequence[str], mark: str, colour: str, words: str = "") -> Iterator[str]:
        """The place's lines and underline, and the words at its end; nothing where the file has no such line."""
        if not 1 <= place.row <= len(lines):
            return
        # A span that ends at a line's very beginning ends with the line before.
        last = place.end_row - 1 if place.end_column == 1 and place.end_row > place.row else place.end_row
        last = min(last, len(lines))
        if last <= place.row:
            yield from self._single(place, lines[place.row - 1], mark, colour, words)
        else:
            yield from self._tall(place, lines, last, mark, colour, words)

    def _single(self, place: Place, source: str, mark: str, colour: str, words: str) -> Iterator[str]:
        line = Line(source)
        start = line.cell(place.column - 1)
        end = line.cell(place.end_column - 1) if place.end_row == place.row else line.width
        text, start, end = window(line, start, max(end, start + 1), self.room)
        yield self.bar(str(place.row), text)
        yield from self._underline("", start, end, mark, colour, words)

    def _underline(self, before: str, start: int, end: int, mark: str, colour: str, words: str) -> Iterator[str]:
        underline = before + " " * start + self.paint(mark * (end - start), colour)
        if not words:
            yield self.bar("", underline)
            return
        shown, coloured = printable(words), self.paint.words(printable(words))
        if len(before) + end + 1 + len(shown) <= self.room:
            yield self.bar("", f"{underline} {coloured}")
            return
        yield self.bar("", underline)
        indent = " " * start if len(before) + start + len(shown) <= self.room else ""
        yield self.bar("", before + indent + coloured)

    def _tall(self, place: Place, lines: Sequence[str], last: int, mark: str, colour: str, words: str) -> Iterator[str]:
        """A span over many lines, held together by a bracket at its left."""
        room = self.room - 2
        first = Line(lines[place.row - 1])
        start = first.cell(place.column - 1)
        text, start, _ = window(first, start, start + 1, room)
        if first.text[:start].strip():
            yield self.bar(str(place.row), "  " + text)
            yield self.bar("", self.paint(" " + "_" * (start + 1) + mark, colour))
        else:
            yield self.bar(str(place.row), self.paint("/", colour) + " " + text)
        rail = self.paint("|", colour)
        tall = last - place.row + 1 > TALLEST
        for row in range(place.row + 1, last + 1):
            if tall and place.row + 2 < row < last:
                if row == place.row + 3:
                    yield self.paint(f" {CUT:>{self.gutter}}", GUTTER) + f"   {rail}\n"
                continue
            line = Line(lines[row - 1])
            end = line.cell(place.end_column - 1) if row == place.end_row else line.width
            text, _, end = window(line, max(end - 1, 0), max(end, 1), room)
            yield self.bar(str(row), f"{rail} {text}")
            if row == last:
                tail = self.paint("|" + "_" * end + mark, colour)
                spoken = f" {self.paint.words(printable(words))}" if words else ""
                if end + 3 + len(words) > room and words:
                    yield self.bar("", tail)
                    yield self.bar("", "  " + spoken.strip())
                else:
                    yield self.bar("", tail + spoken)
