"""Relations taken out of `select_related` and `prefetch_related`: the edits of `DropLoad`."""

from __future__ import annotations

import pytest

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Applicability, DropLoad, Fix, Place
from pitfall_lint.fixes.expand import expand
from pitfall_lint.language import pack
from pitfall_lint.source import MemorySource


def dropped(text: str, query: str, paths: dict[str, str]) -> str:
    """The text after the fix; `query` is the stretch of it that the recipe speaks of."""
    start = text.index(query)
    end = start + len(query)

    def at(index: int) -> int:
        line = text.count("\n", 0, index)
        return pack(line + 1, index - (text.rfind("\n", 0, index) + 1))

    place = Place("a.py", at(start), at(end))
    recipe = DropLoad(place, tuple(paths), tuple(paths.values()))
    expansion = expand(Fix(Applicability.UNSAFE, "", recipe), MemorySource({"a.py": text}))
    (edit,) = expansion.edits
    lines = text.splitlines(keepends=True)
    offsets = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    first = offsets[edit.place.row - 1] + edit.place.column - 1
    last = offsets[edit.place.end_row - 1] + edit.place.end_column - 1
    return text[:first] + edit.content + text[last:]


@pytest.mark.parametrize(
    ("text", "query", "paths", "after"),
    [
        (
            "x = B.objects.filter(a=1).select_related('c')\n",
            "B.objects.filter(a=1).select_related('c')",
            {"c": ""},
            "x = B.objects.filter(a=1)\n",
        ),
        ("x = B.objects.select_related('c')\n", "B.objects.select_related('c')", {"c": ""}, "x = B.objects.all()\n"),
        (
            "x = B.objects.select_related('c').first()\n",
            "B.objects.select_related('c')",
            {"c": ""},
            "x = B.objects.first()\n",
        ),
        (
            "x = B.objects.select_related('c', 'd')\n",
            "B.objects.select_related('c', 'd')",
            {"c": ""},
            "x = B.objects.select_related('d')\n",
        ),
        (
            "x = B.objects.select_related('c__e', 'd')\n",
            "B.objects.select_related('c__e', 'd')",
            {"c__e": "c"},
            "x = B.objects.select_related('c', 'd')\n",
        ),
        (
            "x = B.objects.select_related('c__e', 'c')\n",
            "B.objects.select_related('c__e', 'c')",
            {"c__e": "c"},
            "x = B.objects.select_related('c')\n",
        ),
        (
            "x = (\n    B.objects\n    .prefetch_related(\n        'c',\n        'd',\n        'e',\n    )\n)\n",
            "B.objects\n    .prefetch_related(\n        'c',\n        'd',\n        'e',\n    )",
            {"d": ""},
            "x = (\n    B.objects\n    .prefetch_related(\n        'c',\n        'e',\n    )\n)\n",
        ),
        (
            "x = (\n    B.objects\n    .select_related('c')\n    .filter(a=1)\n)\n",
            "B.objects\n    .select_related('c')",
            {"c": ""},
            "x = (\n    B.objects\n    .filter(a=1)\n)\n",
        ),
    ],
)
def test_what_is_left(text: str, query: str, paths: dict[str, str], after: str) -> None:
    assert dropped(text, query, paths) == after


@pytest.mark.parametrize(
    "query",
    [
        "B.objects.filter(a=1)",
        "B.objects.select_related('c', *more)",
        "B.objects.prefetch_related(Prefetch('c'))",
        "B.objects.select_related('d')",
        "B.objects.select_related(\n    'c',  # needed\n    'd',\n)",
        "B.objects.select_related(  # for the names\n    'c')",
    ],
)
def test_refused(query: str) -> None:
    with pytest.raises(CannotFix):
        dropped(f"x = {query}\n", query, {"c": ""})
