"""The engine of fixes: what it takes, what it refuses, and how it settles."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fixes_findings import MANUAL, UNSAFE, edit, finding, insert, reasons, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import EagerLoad, Edit, Edits, Finding, Move, Place
from pitfall_lint.fixes import Applied, apply
from pitfall_lint.fixes.apply import CONFLICT, NOTHING_LEFT, STILL_THERE, UNSETTLED
from pitfall_lint.fixes.text import Text
from pitfall_lint.language import pack
from pitfall_lint.source import MemorySource, Overlay, Source

# ---------------------------------------------------------------------------------- one pass


def test_nothing_to_fix() -> None:
    applied = apply([finding(applicability=MANUAL)], MemorySource({}))
    assert (applied.changed, applied.moves, applied.fixed, applied.refused, applied.passes) == ({}, (), (), (), 0)
    assert len(applied.remaining) == 1


def test_edits_are_applied_in_order_of_place() -> None:
    source = MemorySource({"a.py": "x = 1\ny = 2\n"})
    applied = apply([finding(edit("a.py", 2, 4, 2, 5, "22")), finding(edit("a.py", 1, 4, 1, 5, "11"))], source)
    assert texts(applied) == {"a.py": "x = 11\ny = 22\n"}
    assert [f.place.row for f in applied.fixed] == [1, 2]
    assert applied.remaining == ()
    assert source.files["a.py"] == b"x = 1\ny = 2\n"


def test_unsafe_fixes_wait_to_be_asked_for() -> None:
    source = MemorySource({"a.py": "x = 1\n"})
    findings = [finding(edit("a.py", 1, 4, 1, 5, "2"), applicability=UNSAFE)]
    assert apply(findings, source).changed == {}
    assert texts(apply(findings, source, unsafe=True)) == {"a.py": "x = 2\n"}


def test_overlaps_are_refused_without_another_pass() -> None:
    source = MemorySource({"a.py": "x = 123\n"})
    applied = apply([finding(edit("a.py", 1, 4, 1, 6, "4")), finding(edit("a.py", 1, 5, 1, 7, "5"))], source)
    assert texts(applied) == {"a.py": "x = 43\n"}
    assert reasons(applied) == [CONFLICT]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ((4, 4, "1"), (4, 4, "2"), "x = 12abc"),  # two insertions at one point
        ((4, 4, "1"), (4, 4, "1"), "x = 1abc"),  # one thing wanted twice
        ((4, 5, "1"), (4, 5, "1"), "x = 1bc"),
        ((4, 5, "1"), (4, 5, "2"), None),
        ((4, 5, "1"), (5, 6, "2"), "x = 12c"),  # neighbours
        ((4, 5, "1"), (5, 5, "2"), None),  # an insertion at the edge of a replacement
        ((4, 5, "1"), (4, 4, "2"), None),
        ((4, 7, "1"), (5, 6, "2"), None),
        ((4, 7, "1"), (5, 5, "2"), None),
    ],
)
def test_what_fits_together(one: tuple[int, int, str], other: tuple[int, int, str], expected: str | None) -> None:
    edits = [edit("a.txt", 1, start, 1, end, content) for start, end, content in (one, other)]
    applied = apply([finding(e, message=str(i)) for i, e in enumerate(edits)], MemorySource({"a.txt": "x = abc"}))
    if expected is None:
        assert len(applied.fixed) == 1
        assert reasons(applied) == [CONFLICT]
    else:
        assert len(applied.fixed) == 2
        assert texts(applied) == {"a.txt": expected}


def test_own_edits_that_overlap_are_refused() -> None:
    wrong = finding(edit("a.txt", 1, 0, 1, 2, "1"), edit("a.txt", 1, 1, 1, 3, "2"))
    applied = apply([wrong], MemorySource({"a.txt": "abc"}))
    assert applied.changed == {}
    assert reasons(applied) == ["its own edits overlap"]


def test_a_finding_over_several_files_is_applied_whole_or_not_at_all() -> None:
    source = MemorySource({"a.txt": "abc", "b.txt": "abc"})
    first = finding(edit("a.txt", 1, 0, 1, 1, "1"), message="1")
    second = finding(edit("a.txt", 1, 0, 1, 2, "2"), edit("b.txt", 1, 0, 1, 2, "2"), message="2")
    applied = apply([second, first], source)
    assert texts(applied) == {"a.txt": "1bc"}
    assert reasons(applied) == [CONFLICT]
    assert applied.refused[0].finding is second
    assert texts(apply([second], source)) == {"a.txt": "2c", "b.txt": "2c"}


def test_a_fix_that_breaks_the_syntax_is_refused_alone() -> None:
    source = MemorySource({"a.py": "x = 1\ny = 2\nz = 3\n", "b.py": "x = 1\n"})
    good = finding(edit("a.py", 1, 4, 1, 5, "4"))
    bad = finding(edit("a.py", 2, 4, 2, 5, ")"), edit("b.py", 1, 4, 1, 5, "5"))
    late = finding(edit("a.py", 3, 4, 3, 5, "6"))
    applied = apply([good, bad, late], source)
    assert texts(applied) == {"a.py": "x = 4\ny = 2\nz = 6\n"}
    assert reasons(applied) == ["the file would no longer parse"]
    assert applied.refused[0].finding is bad


def test_what_only_the_compiler_refuses_is_refused_too() -> None:
    source = MemorySource({"a.py": "from __future__ import annotations\n"})
    assert reasons(apply([finding(insert("a.py", 1, 0, "import os\n"))], source)) == ["the file would no longer parse"]
    kept = MemorySource({"a.py": "return 1\n"})  # does not compile, and need not
    assert texts(apply([finding(edit("a.py", 1, 7, 1, 8, "2"))], kept)) == {"a.py": "return 2\n"}


def test_syntax_newer_than_the_running_python_is_read_with_libcst() -> None:
    source = MemorySource({"a.py": "type X[T] = list[T]\nx = 1\n"})
    assert texts(apply([finding(edit("a.py", 2, 4, 2, 5, "2"))], source)) == {"a.py": "type X[T] = list[T]\nx = 2\n"}
    assert reasons(apply([finding(edit("a.py", 2, 4, 2, 5, ")"))], source)) == ["the file would no longer parse"]


def test_a_broken_manifest_is_refused() -> None:
    source = MemorySource({"pyproject.toml": "[project]\nname = 'x'\n"})
    assert reasons(apply([finding(insert("pyproject.toml", 2, 0, "]"))], source)) == ["the file would no longer parse"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\xef\xbb\xbfx = 1\r\n", b"\xef\xbb\xbfx = '\xc3\xa9'\r\ny\r\n"),
        (b"# coding: latin-1\nx = 1\n", b"# coding: latin-1\nx = '\xe9'\ny\n"),
        (b"x = 1\r\nz\n", b"x = '\xc3\xa9'\r\ny\r\nz\n"),
        (b"a\r\nx = 1", b"a\r\nx = '\xc3\xa9'\r\ny"),
        (b"s = '\xc3\xa9\xf0\x9f\x90\x8d'; x = 1", b"s = '\xc3\xa9\xf0\x9f\x90\x8d'; x = '\xc3\xa9'\ny"),
    ],
)
def test_encoding_newlines_and_byte_order_mark_are_kept(data: bytes, expected: bytes) -> None:
    text = Text("a.py", data)
    at = text.text.index("x = 1") + 4
    end = at + 1
    tail = "\ny" if text.line_end(at) == end else ""
    change = text.edit(at, end, f"'é'{tail}")
    applied = apply([finding(change)], MemorySource({"a.py": data}))
    assert applied.changed == {"a.py": expected}


def test_what_the_encoding_cannot_say_is_refused() -> None:
    source = MemorySource({"a.py": b"# coding: latin-1\n", "b.py": b"x = '\xff'\n", "c.py": b"# coding: nonsense\n"})
    findings = [finding(insert(path, 1, 0, "# €\n")) for path in ("a.py", "b.py", "c.py")]
    applied = apply(findings, source)
    assert applied.changed == {}
    assert len(applied.refused) == 3


def test_places_that_the_file_does_not_have_are_refused() -> None:
    source = MemorySource({"a.py": "x = 1\n"})
    applied = apply([finding(insert("a.py", 9, 0, "")), finding(insert("a.py", 1, 9, ""))], source)
    assert applied.changed == {}
    assert len(applied.refused) == 2


def test_a_file_that_changed_since_it_was_read_is_left_alone() -> None:
    source = MemorySource({"a.py": "x = 1\n", "b.py": "x = 1\n"})
    findings = [finding(edit(path, 1, 4, 1, 5, "2")) for path in ("a.py", "b.py")]
    applied = apply(findings, source, unchanged=lambda path, data: path == "b.py" and data == b"x = 1\n")
    assert texts(applied) == {"b.py": "x = 2\n"}
    assert reasons(applied) == ["the file changed since it was read"]


def test_recipes_that_cannot_be_expanded_are_refused_with_their_reason() -> None:
    source = MemorySource({"a.py": "x = B.objects.values('a')\ny = B.objects.select_related('a')\n"})
    values = EagerLoad(Place("a.py", pack(1, 4), pack(1, 25)), ("a",))
    loaded = EagerLoad(Place("a.py", pack(2, 4), pack(2, 33)), ("a",))
    applied = apply([finding(recipe=values), finding(recipe=loaded)], source)
    assert sorted(reasons(applied)) == ["`values()` yields no model instances", NOTHING_LEFT]


def test_findings_about_one_query_are_mended_together() -> None:
    source = MemorySource({"a.py": "x = B.objects.all()\ny = C.objects.values('a')\n"})
    place = Place("a.py", pack(1, 4), pack(1, 19))
    other = Place("a.py", pack(2, 4), pack(2, 25))
    findings = [
        finding(recipe=EagerLoad(place, ("author",)), message="1"),
        finding(recipe=EagerLoad(place, ("author__country",), ("tags",)), message="2"),
        finding(recipe=EagerLoad(other, ("a",)), message="3"),
        finding(recipe=EagerLoad(other, ("b",)), message="4"),
    ]
    applied = apply(findings, source)
    assert texts(applied)["a.py"].splitlines() == [
        "x = B.objects.all().select_related('author__country').prefetch_related('tags')",
        "y = C.objects.values('a')",
    ]
    assert [f.message for f in applied.fixed] == ["1", "2"]
    assert len(applied.refused) == 2


# --------------------------------------------------------------------------- files that come and go


def test_a_missing_file_is_created() -> None:
    source = MemorySource({})
    first = finding(insert("m/__init__.py", 1, 0, ""), message="1")
    again = finding(insert("m/__init__.py", 1, 0, ""), message="2")
    other = finding(insert("m/__init__.py", 1, 0, "x = 1\n"), message="3")
    applied = apply([first, again, other], source)
    assert applied.changed == {"m/__init__.py": b""}
    assert applied.before == {"m/__init__.py": None}
    assert reasons(applied) == [CONFLICT]
    assert reasons(apply([finding(insert("m.py", 2, 0, "x"))], source)) == ["there is no such file"]
    assert reasons(apply([finding(insert("m.py", 1, 0, ")"))], source)) == ["the file would not parse"]


def test_a_file_is_moved_and_its_references_mended() -> None:
    source = MemorySource({"a.html": "hello", "v.py": "render('a.html')\n"})
    move = finding(
        edit("v.py", 1, 8, 1, 14, "x/a.html"), edit("a.html", 1, 0, 1, 5, "bye"), moves=[Move("a.html", "x/a.html")]
    )
    applied = apply([move], source)
    assert texts(applied) == {"v.py": "render('x/a.html')\n", "x/a.html": "bye"}
    assert applied.moves == (Move("a.html", "x/a.html"),)
    assert applied.before == {"a.html": b"hello", "v.py": b"render('a.html')\n"}
    by_new_name = finding(edit("x/a.html", 1, 0, 1, 5, "bye"), moves=[Move("a.html", "x/a.html")])
    assert texts(apply([by_new_name], source)) == {"x/a.html": "bye"}


@pytest.mark.parametrize(
    ("moves", "reason"),
    [
        ([Move("a", "b")], "b exists already"),
        ([Move("nothing", "c")], "there is no such file"),
        ([Move("a", "a")], "a exists already"),
        ([Move("a", "../c")], "the path leads out of the project"),
        ([Move("a", "/c")], "the path leads out of the project"),
        ([Move("a", "c"), Move("a", "d")], "its own moves contradict each other"),
        ([Move("a", "c"), Move("b", "c")], "its own moves contradict each other"),
    ],
)
def test_moves_that_are_refused(moves: list[Move], reason: str) -> None:
    applied = apply([finding(moves=moves)], MemorySource({"a": "1", "b": "2"}))
    assert applied.moves == ()
    assert reasons(applied) == [reason]


def test_moves_of_several_findings() -> None:
    source = MemorySource({"a": "1", "b": "2"})
    findings = [
        finding(moves=[Move("a", "c")], message="1"),
        finding(moves=[Move("a", "c")], message="2"),
        finding(moves=[Move("a", "d")], message="3"),
        finding(moves=[Move("b", "c")], message="4"),
    ]
    applied = apply(findings, source)
    assert applied.moves == (Move("a", "c"),)
    assert [f.message for f in applied.fixed] == ["1", "2"]
    assert reasons(applied) == [CONFLICT, CONFLICT]


# ------------------------------------------------------------------------------------ settling


def linter(rules: dict[str, tuple[str, str]], path: str = "a.txt") -> Callable[[Source], list[Finding]]:
    """Finds each word in a file; its fix replaces it."""

    def lint(source: Source) -> list[Finding]:
        text = source.read(path).decode()
        found = []
        for word, (code, new) in rules.items():
            for index in range(len(text)):
                if text.startswith(word, index):
                    found.append(finding(edit(path, 1, index, 1, index + len(word), new), code=code, message=word))
        return found

    return lint


def settle(text: str, rules: dict[str, tuple[str, str]], **more: int) -> Applied:
    source = MemorySource({"a.txt": text})
    lint = linter(rules)
    return apply(lint(source), source, lint_again=lint, **more)


def test_conflicts_are_solved_in_the_next_pass() -> None:
    applied = settle("abcd", {"ab": ("A", "x"), "bc": ("B", "y"), "xc": ("C", "z")})
    assert texts(applied) == {"a.txt": "zd"}
    assert applied.passes == 2
    assert [f.code for f in applied.fixed] == ["A", "C"]
    assert applied.refused == ()
    assert applied.remaining == ()


def test_a_finding_that_is_still_there_is_taken_back() -> None:
    applied = settle("ab cd", {"ab": ("A", "ab!"), "cd": ("B", "x")})
    assert texts(applied) == {"a.txt": "ab x"}
    assert reasons(applied) == [STILL_THERE]
    assert [f.code for f in applied.remaining] == ["A"]


def test_when_all_is_taken_back_the_file_stays_as_it_was() -> None:
    applied = settle("ab", {"ab": ("A", "ab!")})
    assert applied.changed == {}
    assert applied.fixed == ()
    assert reasons(applied) == [STILL_THERE]


def test_a_fix_that_brings_an_earlier_finding_back_is_taken_back() -> None:
    applied = settle("ab", {"ab": ("A", "cd"), "cd": ("B", "ab")})
    assert texts(applied) == {"a.txt": "cd"}
    assert reasons(applied) == ["its fix brings back A"]
    assert [f.code for f in applied.fixed] == ["A"]


def test_twins_are_told_apart_by_number() -> None:
    applied = settle("ab ab", {"ab": ("A", "x")})
    assert texts(applied) == {"a.txt": "x x"}
    assert len(applied.fixed) == 2


def test_fixes_without_end_are_stopped() -> None:
    rules = {"a" * n + "b": (f"A{n}", "a" * (n + 1) + "b") for n in range(1, 40)}

    def lint(source: Source) -> list[Finding]:
        return linter(rules)(source)[-1:]

    source = MemorySource({"a.txt": "ab"})
    applied = apply(lint(source), source, lint_again=lint, passes=5)
    assert applied.passes == 5
    assert reasons(applied) == [UNSETTLED]


def test_the_next_lint_sees_the_changed_project() -> None:
    seen: list[Overlay] = []

    def lint(source: Source) -> list[Finding]:
        assert isinstance(source, Overlay)
        seen.append(source)
        return []

    source = MemorySource({"a.html": "1", "b.py": "x = 1\n"})
    change = finding(edit("b.py", 1, 4, 1, 5, "2"), insert("new.py", 1, 0, ""), moves=[Move("a.html", "t/a.html")])
    apply([change], source, lint_again=lint)
    (overlay,) = seen
    assert overlay.added == {"t/a.html", "new.py"}
    assert overlay.gone == {"a.html"}
    assert overlay.read("t/a.html") == b"1"
    assert overlay.read("b.py") == b"x = 2\n"
    assert overlay.read("new.py") == b""
    with pytest.raises(FileNotFoundError):
        overlay.read("a.html")


def test_moves_over_several_passes_become_one() -> None:
    def lint(source: Source) -> list[Finding]:
        for old, new in (("a", "b"), ("b", "c/d")):
            try:
                text = source.read(old).decode()
            except FileNotFoundError:
                continue
            return [finding(insert(old, 1, 0, text[:1]), moves=[Move(old, new)], message=f"move {old}")]
        return []

    source = MemorySource({"a": "x"})
    applied = apply(lint(source), source, lint_again=lint)
    assert applied.moves == (Move("a", "c/d"),)
    assert texts(applied) == {"c/d": "xxx"}
    assert applied.passes == 2
    assert applied.together == ((applied.fixed[0], ("c/d",)), (applied.fixed[1], ("c/d",)))


# ------------------------------------------------------------------------------------------ fuzz

LINES = st.text(st.sampled_from("ab é🐍\t\"'#\f\x0b\u2028"), max_size=6)
TEXTS = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"])), max_size=6).map(
    lambda lines: "".join(line + newline for line, newline in lines)
)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.text("xyé", max_size=3)), max_size=6))
def test_edits_equal_naive_application(text: str, wanted: list[tuple[int, int, str]]) -> None:
    read = Text("a.txt", text.encode())
    spans: list[tuple[int, int, str]] = []
    for one, other, content in wanted:
        start, end = sorted((min(one, len(text)), min(other, len(text))))
        between = any(text[at - 1 : at + 1] == "\r\n" for at in (start, end) if at)
        if not between and all(end < s or e < start for s, e, _ in spans):
            spans.append((start, end, content))
    expected = text
    for start, end, content in sorted(spans, reverse=True):
        expected = expected[:start] + content + expected[end:]
    edits = [read.edit(start, end, content) for start, end, content in spans]
    assert read.edited(edits).decode() == expected
    applied = apply([finding(e, message=str(i)) for i, e in enumerate(edits)], MemorySource({"a.txt": text}))
    assert applied.refused == ()
    assert applied.changed == ({"a.txt": expected.encode()} if expected != text else {})
    together = apply([finding(*edits)] if edits else [], MemorySource({"a.txt": text}))
    assert together.changed == applied.changed


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.text("xy", max_size=2)), max_size=6))
def test_what_is_taken_is_applied_and_what_is_refused_is_not(wanted: list[tuple[int, int, str]]) -> None:
    text = "0123456789"
    findings = [
        finding(edit("a.txt", 1, min(one, other), 1, max(one, other), content), message=str(index))
        for index, (one, other, content) in enumerate(wanted)
    ]
    applied = apply(findings, MemorySource({"a.txt": text}))
    assert len(applied.fixed) + len(applied.refused) == len(findings)
    distinct: list[Edit] = []
    for each in applied.fixed:
        assert isinstance(each.fix.recipe, Edits)
        distinct += [e for e in each.fix.recipe.edits if e not in distinct]
    expected = Text("a.txt", text.encode()).edited(distinct)
    assert applied.changed.get("a.txt", text.encode()) == expected


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_positions_and_indices_agree(text: str) -> None:
    read = Text("a.txt", text.encode())
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert read.offset(read.position(offset)) == offset
    with pytest.raises(CannotFix):
        read.offset(pack(len(read.starts) + 1, 0))
