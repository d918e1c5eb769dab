"""How far what is prepared before a loop reaches, and what in the loop tells against preparing it."""

from __future__ import annotations

import pytest

from tests.unit.flow.test_suggestions import HEAD, MANAGED
from tests.unit.flow.test_what_a_fix_may_do import findings

NOVELS = MANAGED.replace(
    "class Novel(models.Model):",
    "    def shortest(self):\n        return list(self.novels.filter(pages__lt=9))\n\n"
    "    def keys(self):\n        return list(self.novels.values_list('pk', flat=True))\n\n"
    "    def is_busy(self):\n        return self.novels.filter(pages=1).exists()\n\n"
    "    def is_read_by(self, reader):\n        return self.novels.filter(readers=reader).exists()\n\n"
    "class Novel(models.Model):",
)
START = "from shop.novels import Novel, Writer\n\n"


def sure(code: str, views: str) -> list[str]:
    """How sure the rule is of each of its findings."""
    held = findings(code, {"shop/novels.py": NOVELS, "shop/views.py": HEAD + START + views})
    return [finding.confidence.value for finding in held]


@pytest.mark.parametrize(
    ("code", "asked", "expected"),
    [
        ("DJG103", "list(row.novels.filter(pages__lt=9))", "high"),
        ("DJG103", "row.shortest()", "low"),  # a list made by a Prefetch is not on the rows of other callers
        ("DJG103", "row.keys()", "high"),  # a prefetch of the whole set is there for every caller or for none
        ("DJG105", "row.novels.filter(pages=1).exists()", "high"),
        ("DJG105", "row.is_busy()", "high"),
        ("DJG105", "row.is_read_by(None)", "low"),
    ],
)
def test_what_is_prepared_reaches_the_loop_and_what_the_row_is_asked(code: str, asked: str, expected: str) -> None:
    assert sure(code, f"def show():\n    for row in Writer.objects.all():\n        print({asked})\n") == [expected]


def test_a_helper_has_other_callers() -> None:
    helper = "def busy(writer, pages):\n    return writer.novels.filter(pages=pages).exists()\n\n"
    assert sure("DJG105", helper + "def show():\n    for row in Writer.objects.all():\n        busy(row, 3)\n") == [
        "low"
    ]


def test_an_annotation_of_another_row_is_not_read_through_it() -> None:
    views = "def show():\n    for row in Novel.objects.all():\n        print(row.writer.is_busy())\n"
    assert sure("DJG105", views) == ["low"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("        if row.novels.filter(pages=1).exists():\n            return row\n", "low"),
        ("        held = row.novels.filter(pages=1).exists()\n        if held:\n            break\n", "low"),
        ("        if row.novels.filter(pages=1).exists():\n            print(row)\n", "high"),
        ("        if row.name:\n            return row\n        print(row.novels.filter(pages=1).exists())\n", "high"),
    ],
)
def test_a_search_seldom_goes_through_all(body: str, expected: str) -> None:
    assert sure("DJG105", f"def show():\n    for row in Writer.objects.all():\n{body}") == [expected]


@pytest.mark.parametrize(("call", "expected"), [("any", "low"), ("list", "high")])
def test_any_stops_at_the_first(call: str, expected: str) -> None:
    views = f"def show():\n    return {call}(row.novels.filter(pages=1).exists() for row in Writer.objects.all())\n"
    assert sure("DJG105", views) == [expected]


@pytest.mark.parametrize(("call", "expected"), [("delete", "low"), ("stamp", "high")])
def test_what_the_loop_deletes_is_not_loaded_before_it(call: str, expected: str) -> None:
    views = (
        "def show():\n    for row in Writer.objects.all():\n        for novel in Novel.objects.filter(writer=row):\n"
        f"            novel.{call}()\n"
    )
    assert sure("DJG103", views) == [expected]


def test_the_row_of_the_loop_itself() -> None:
    again = "def show():\n    for row in Writer.objects.all():\n        print(Writer.objects.get(pk=row.pk))\n"
    other = "def show():\n    for row in Writer.objects.all():\n        print(Writer.objects.get(name=row.name))\n"
    assert sure("DJG103", again) == ["low"]
    assert sure("DJG103", other) == ["high"]


def test_a_walk_through_a_tree_asks_about_what_it_has_found() -> None:
    walk = (
        "def walk(writer):\n    for novel in Novel.objects.filter(writer=writer):\n        walk(novel.writer)\n\n"
        "def show():\n    walk(Writer.objects.first())\n"
    )
    assert "high" not in sure("DJG103", walk)


def test_what_the_library_calls_for_each_row_is_near() -> None:
    admin = (
        "from django.contrib import admin\nfrom shop.novels import Writer\n\n@admin.register(Writer)\n"
        "class WriterAdmin(admin.ModelAdmin):\n    list_display = ['name', 'total']\n\n"
        "    def total(self, obj):\n        return obj.novels.count()\n"
    )
    held = findings("DJG105", {"shop/novels.py": NOVELS, "shop/admin.py": admin})
    assert [finding.confidence.value for finding in held] == ["high"]


@pytest.mark.parametrize(("ordering", "count"), [("['pages']", 0), ("[]", 1)])
def test_the_first_of_an_ordered_set_is_served_by_its_prefetch(ordering: str, count: int) -> None:
    novels = NOVELS + f"\n    class Meta:\n        ordering = {ordering}\n"
    views = (
        "def show():\n    for row in Writer.objects.prefetch_related('novels'):\n        print(row.novels.first())\n"
    )
    held = findings("DJG104", {"shop/novels.py": novels, "shop/views.py": HEAD + START + views})
    assert len(held) == count
