"""Recipes of every kind, and that expanding many of them over one file stays cheap."""

from __future__ import annotations

import time

import pytest

from pitfall_lint.finding import Applicability, EagerLoad, Edit, Edits, Fix, Move, Place
from pitfall_lint.fixes import CannotFix, Expander, Expansion, expand
from pitfall_lint.fixes.paths import covers, keys_missing, longest, prefixes
from pitfall_lint.fixes.text import Text
from pitfall_lint.language import pack
from pitfall_lint.source import MemorySource

SAFE = Applicability.SAFE


def test_a_fix_without_a_recipe_expands_to_nothing() -> None:
    assert expand(Fix(Applicability.MANUAL, "think"), MemorySource({})) == Expansion()


def test_edits_are_taken_as_they_are() -> None:
    edit = Edit(Place("a.py", pack(1, 0), pack(1, 0)), "x")
    move = Move("a", "b")
    assert expand(Fix(SAFE, "", Edits((edit,), (move,))), MemorySource({})) == Expansion((edit,), (move,))


def test_an_expander_notices_that_a_file_changed() -> None:
    source = MemorySource({"a.py": "x = B.objects\n"})
    recipe = EagerLoad(Place("a.py", pack(1, 4), pack(1, 13)), ("a",))
    expander = Expander(source)
    assert expander.expand_recipe(recipe).edits[0].content == '.select_related("a")'
    assert expander.text("a.py") is expander.text("a.py")
    source.files["a.py"] = b"x = 'a' + 'b'\n"
    with pytest.raises(CannotFix):
        expander.expand_recipe(recipe)


def test_many_findings_of_one_file_are_cheap() -> None:
    line = "    books = Book.objects.filter(author=author).order_by('title')\n"
    start, end = line.index("Book"), len(line) - 1
    body = "\n".join(f"def view_{index}(request, author):\n{line}\n" for index in range(1000))
    source = MemorySource({"views.py": body})
    text = Text("views.py", body.encode())
    rows = [row for row in range(1, len(text.starts)) if text.text.startswith(line, text.starts[row - 1])][::10]
    expander = Expander(source)
    began = time.process_time()
    for row in rows:
        place = Place("views.py", pack(row, start), pack(row, end))
        (edit,) = expander.expand_recipe(EagerLoad(place, ("author",))).edits
        assert edit.content == ".select_related('author')"
    admin = "class A(ModelAdmin):\n    list_display = ['x']\n\n\n"
    source.files["admin.py"] = (admin * 200).encode()
    for row in range(1, 200 * 4, 4):
        recipe = EagerLoad(Place("admin.py", pack(row, 6), pack(row, 7)), ("author",), form="admin-class")
        assert len(expander.expand_recipe(recipe).edits) == 1
    assert len(rows) == 100
    assert time.process_time() - began < 5


def test_paths() -> None:
    assert covers("a__b", "a")
    assert covers("a", "a")
    assert not covers("ab", "a")
    assert longest(["a", "b", "a__b", "b"]) == ("b", "a__b")
    assert prefixes("a__b__c") == ("a", "a__b", "a__b__c")


@pytest.mark.parametrize(
    ("only", "joined", "missing"),
    [
        (["title"], ["author"], ("author",)),
        (["title", "author"], ["author"], ()),
        (["author_id"], ["author"], ()),
        (["author_id"], ["author__country"], ()),
        (["author__name"], ["author"], ()),
        (["author__name"], ["author__country"], ("author__country",)),
        (["author__country_id"], ["author__country"], ()),
        (["author__name"], ["author__country__capital"], ("author__country",)),
        (["title"], ["author__country", "publisher"], ("author", "publisher")),
        (["author"], ["author__country__capital"], ()),
        (["title"], ["author__country", "author__agent"], ("author",)),
    ],
)
def test_keys_that_only_must_name(only: list[str], joined: list[str], missing: tuple[str, ...]) -> None:
    assert keys_missing(only, joined) == missing


def test_strings_are_told_from_comments() -> None:
    source = "# don't\nx = 'a' + \"b\\\"\" # it's\ny = '''it's \"so\"''', rb\"c\", f'{d}'\n"
    strings = [(source[start:end], quote) for start, end, quote in Text("a.py", source.encode()).strings]
    assert strings == [
        ("'a'", "'"),
        ('"b\\""', '"'),
        ("'''it's \"so\"'''", ""),
        ('rb"c"', '"'),
        ("f'{d}'", "'"),
    ]
