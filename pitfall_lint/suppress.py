"""Suppression comments: which findings they silence, which comments silence nothing (PFL002, with the fix that takes
them away), and how `--add-noqa` writes new ones. Finding the comments in the files is `facts`' part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from pitfall_lint import registry
from pitfall_lint.config import nearest
from pitfall_lint.facts import comments, text_of
from pitfall_lint.facts.records import Facts, PythonFacts, Suppression, TemplateFacts
from pitfall_lint.finding import Applicability, Edit, Edits, Finding, Fix, Place
from pitfall_lint.language import column_of, line_of, pack
from pitfall_lint.rule import Rule
from pitfall_lint.source import Source

UNUSED = "PFL002"


class Outcome(msgspec.Struct, frozen=True):
    """What is left (findings about comments that silence nothing among them), and what was silenced."""

    findings: tuple[Finding, ...]
    suppressed: tuple[Finding, ...]


def apply(findings: Iterable[Finding], facts: Mapping[str, Facts], rules: Sequence[Rule], source: Source) -> Outcome:
    """Silence what comments speak of. `rules` are those that ran to their end: of others nobody knows what they would
    have found.
    """
    marks = {path: _marks(found) for path, found in facts.items() if _marks(found)}
    used: set[tuple[str, Suppression, str]] = set()
    kept: list[Finding] = []
    silenced: list[Finding] = []
    for finding in findings:
        answers = list(_answering(finding, marks.get(finding.place.path, ())))
        used.update((finding.place.path, mark, code) for mark, code in answers)
        (silenced if answers else kept).append(finding)
    unused_rule = next((rule for rule in rules if rule.code == UNUSED), None)
    if unused_rule is None:
        return Outcome(tuple(kept), tuple(silenced))
    judge = _Judge(unused_rule, rules, source)
    for late in (False, True):  # comments that silence findings about comments come last
        for path, found in marks.items():
            if facts[path].problem is not None:
                continue
            for mark in found:
                words = {code for code in _codes(mark) if (path, mark, code) in used}
                unused = judge.finding(path, facts[path], mark, words, late)
                if unused is None:
                    continue
                answers = [(other, code) for other, code in _answering(unused, found) if other is not mark]
                used.update((path, other, code) for other, code in answers)
                (silenced if answers else kept).append(unused)
    return Outcome(tuple(kept), tuple(silenced))


def _marks(facts: Facts) -> tuple[Suppression, ...]:
    return facts.suppressions if isinstance(facts, (PythonFacts, TemplateFacts)) else ()


def _codes(mark: Suppression) -> tuple[str, ...]:
    """What a comment names; a blanket names `ALL`."""
    return mark.codes or (registry.ALL,)


def _answering(finding: Finding, marks: Iterable[Suppression]) -> Iterable[tuple[Suppression, str]]:
    """The comments, and the word of each, that silence a finding."""
    rule = registry.find(finding.code)
    for mark in marks:
        if mark.first <= finding.place.row <= mark.last or mark.row == finding.place.row:
            for code in _codes(mark):
                if code == registry.ALL or (registry.strength(code, rule) if rule else code == finding.code):
                    yield mark, code


class _Judge:
    """Says which comments silence nothing."""

    def __init__(self, rule: Rule, ran: Sequence[Rule], source: Source) -> None:
        self._rule = rule
        self._ran = frozenset(rule.code for rule in ran)
        self._source = source
        self._lines: dict[str, list[str]] = {}

    def finding(self, path: str, facts: Facts, mark: Suppression, used: set[str], late: bool) -> Finding | None:
        """What there is to say of one comment: of its words about PFL002 where `late`, else of all others."""
        idle = [code for code in mark.codes if code not in used and self._is_idle(mark, code, late)]
        if mark.codes:
            if not idle:
                return None
        elif used or late or mark.style == "noqa" or not self._all_ran():
            return None
        unknown = [code for code in idle if not _named(code)]
        edit = self._removal(path, mark, frozenset(idle), isinstance(facts, TemplateFacts))
        return self._rule.found(
            Place(path, mark.start, mark.end),
            _message(mark, idle, unknown),
            fix=Fix(Applicability.SAFE, _advice(mark, idle), Edits((edit,))),
            data={"codes": idle},
        )

    def _is_idle(self, mark: Suppression, code: str, late: bool) -> bool:
        named = _named(code)
        if late != (UNUSED in named):
            return False
        return named <= self._ran if named else mark.style == "pitfall"

    def _all_ran(self) -> bool:
        return all(rule.code in self._ran for rule in registry.rules())

    def _removal(self, path: str, mark: Suppression, idle: frozenset[str], template: bool) -> Edit:
        if path not in self._lines:
            try:
                self._lines[path] = text_of(self._source.read(path)).split("\n")
            except OSError:
                self._lines[path] = []
        return removal(self._lines[path], path, mark, idle, template)


def _named(code: str) -> set[str]:
    """The codes of the rules that a word in a comment names."""
    return {rule.code for rule in registry.rules() if registry.strength(code, rule)}


def _message(mark: Suppression, idle: Sequence[str], unknown: Sequence[str]) -> str:
    if not mark.codes:
        return "This comment silences nothing; remove it."
    shown = _listed(idle)
    if unknown and len(unknown) == len(idle):
        names = tuple(rule.name for rule in registry.rules())
        hint = nearest(unknown[0], names) if len(unknown) == 1 else ""
        return f"There is no rule {shown}{hint or '; remove it from this comment.'}"
    return f"This comment silences no {shown} here; remove {'it' if len(idle) == 1 else 'them'}."


def _advice(mark: Suppression, idle: Sequence[str]) -> str:
    whole = not mark.codes or set(idle) == set(mark.codes)
    return "Remove the comment." if whole else f"Remove {_listed(idle)} from the comment."


def _listed(codes: Sequence[str]) -> str:
    quoted = [f"`{code}`" for code in dict.fromkeys(codes)]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


# -------------------------------------------------------------------- removal

_LIST = re.compile(r"(?P<before>#\s*noqa\s*:\s*|pitfall:\s*ignore\s*\[\s*)(?P<codes>[^\]]*)", re.IGNORECASE)
_OTHER = re.compile(r"\s+#(?=\s*[A-Za-z])")  # another tool's comment after ours; `#12` is part of a reason
_WORD = re.compile(r"[A-Za-z][\w-]*")


def removal(lines: Sequence[str], path: str, mark: Suppression, idle: frozenset[str], template: bool = False) -> Edit:
    """The edit that takes the idle codes out of a comment, or the whole comment where it names no other."""
    row = line_of(mark.start)
    start, end = column_of(mark.start), column_of(mark.end)
    line = lines[row - 1] if row <= len(lines) else ""
    if idle and not idle.issuperset(mark.codes):
        start, end, content = _without(line, start, end, mark, idle)
        return Edit(Place(path, pack(row, start), pack(row, end)), content)
    other = None if template else _OTHER.search(line, start + 1, end)
    if other is not None:
        end = other.start()
    if template and line[:start].endswith("{") and line[end:].lstrip().startswith("#}"):
        start -= 1
        end += line[end:].index("#}") + 2
    before, after = line[:start], line[end:]
    if after.strip():  # another comment, or the rest of the line of a template
        end += 0 if template else len(after) - len(after.lstrip())
        return Edit(Place(path, pack(row, start), pack(row, end)), "")
    if before.strip():
        return Edit(Place(path, pack(row, len(before.rstrip())), pack(row, len(line))), "")
    last = pack(row + 1, 0) if row < len(lines) else pack(row, len(line))
    return Edit(Place(path, pack(row, 0), last), "")


def _without(line: str, start: int, end: int, mark: Suppression, idle: frozenset[str]) -> tuple[int, int, str]:
    """The span of the list of codes, and the list without the idle ones."""
    listed = _LIST.search(line, start, end)
    if listed is None:
        return start, start, ""
    words = list(_WORD.finditer(line, listed.start("codes"), listed.end("codes")))[: len(mark.codes)]
    pairs = list(zip(words, mark.codes, strict=False))
    kept = [word for word, code in pairs if code not in idle]
    first, last = words[0].start(), words[-1].end()
    comma = "," in line[first:last]
    spaced = re.search(r",\s", line[first:last]) is not None
    separator = (", " if spaced else ",") if comma else " "
    return first, last, separator.join(word.group() for word in kept)


# --------------------------------------------------------------------- adding


def add_noqa(findings: Iterable[Finding], source: Source) -> tuple[Edit, ...]:
    """The edits that silence each finding where it stands: `# noqa: CODE` in Python, `{# pitfall: ignore[CODE] #}` in
    templates. A finding in a file that knows neither (a manifest, a configuration) has none.
    """
    places: dict[str, dict[int, list[str]]] = {}
    for finding in findings:
        if finding.place.row:
            codes = places.setdefault(finding.place.path, {}).setdefault(finding.place.row, [])
            if finding.code not in codes:
                codes.append(finding.code)
    edits: list[Edit] = []
    for path, rows in sorted(places.items()):
        add = _adder(path)
        if add is None:
            continue
        try:
            text = text_of(source.read(path))
        except OSError:
            continue
        edits += add(path, text, rows)
    return tuple(edits)


_Adder = Callable[[str, str, Mapping[int, Sequence[str]]], "list[Edit]"]


def _adder(path: str) -> _Adder | None:
    from pitfall_lint.discover import PYTHON_KINDS, Kind, classify

    kind = classify(path)
    if kind in PYTHON_KINDS or path.endswith(".py"):
        return _add_to_python
    if kind in (Kind.TEMPLATE, Kind.DJANGO_TEMPLATE, Kind.JINJA_TEMPLATE):
        return _add_to_template
    return None


def _add_to_python(path: str, text: str, rows: Mapping[int, Sequence[str]]) -> list[Edit]:
    """A comment at the end of the statement that the finding stands in, where the row itself cannot hold one."""
    lines = text.split("\n")
    statements = comments.scan(text)[1]
    wanted: dict[int, list[str]] = {}
    for row, codes in rows.items():
        around = next((statement for statement in statements if statement.first <= row <= statement.last), None)
        wanted.setdefault(around.last if around else row, []).extend(codes)
    known = {mark.row: mark for mark in comments.in_python(text) if mark.style == "noqa" and mark.codes}
    edits = []
    for row, codes in sorted(wanted.items()):
        codes = sorted(set(codes))
        mark = known.get(row)
        if mark is None:
            end = pack(row, len(lines[row - 1].rstrip()) if row <= len(lines) else 0)
            edits.append(Edit(Place(path, end, pack(row, len(lines[row - 1]))), f"  # noqa: {', '.join(codes)}"))
            continue
        listed = _LIST.search(lines[row - 1], column_of(mark.start), column_of(mark.end))
        if listed is not None:
            words = list(_WORD.finditer(lines[row - 1], listed.start("codes"), listed.end("codes")))[: len(mark.codes)]
            end = pack(row, words[-1].end())
            edits.append(Edit(Place(path, end, end), "".join(f", {code}" for code in codes if code not in mark.codes)))
    return edits


def _add_to_template(path: str, text: str, rows: Mapping[int, Sequence[str]]) -> list[Edit]:
    """A comment at the end of the row; on a row of its own before it where a tag goes on past the row's end."""
    lines = text.split("\n")
    edits = []
    for row, codes in sorted(rows.items()):
        line = lines[row - 1] if row <= len(lines) else ""
        comment = f"{{# pitfall: ignore[{', '.join(sorted(set(codes)))}] #}}"
        opened = max(line.rfind("{%"), line.rfind("{{"), line.rfind("{#"))
        closed = max(line.rfind("%}"), line.rfind("}}"), line.rfind("#}"))
        if opened > closed:
            indent = line[: len(line) - len(line.lstrip())]
            edits.append(Edit(Place(path, pack(row, 0), pack(row, 0)), f"{indent}{comment}\n"))
        else:
            end = pack(row, len(line))
            edits.append(Edit(Place(path, end, end), f" {comment}" if line.strip() else comment))
    return edits
