"""What runs for some rows only, because of what a test asks of the row: no loads are asked for that few rows need."""

from __future__ import annotations

import pytest

from pitfall_lint.finding import Confidence
from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import MODELS, shop
from tests.unit.flow.test_loaded import HEAD

SHELF = """
class Shelf(models.Model):
    slug = models.SlugField(blank=True)
    state = models.CharField(max_length=9)
    number = models.IntegerField(unique=True, null=True)
    is_open = models.BooleanField(default=True)
    reference = models.JSONField(default=list)
    owner = models.ForeignKey(Author, models.CASCADE, related_name="shelves")
    keeper = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="+")
    best = models.OneToOneField(Book, models.CASCADE, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "slug"], name="own_slug"),
            models.UniqueConstraint(fields=["state"], condition=models.Q(is_open=True), name="open_state"),
        ]
        unique_together = [("state", "owner")]
BODY
"""


def read(code: str, body: str = "", sure: bool = True) -> list[str]:
    """The relations that rows lack in views of that code, in doubt left out; `body` goes into the model."""
    files = {
        "shop/models.py": MODELS + SHELF.replace("BODY", body),
        "shop/views.py": HEAD + "from shop.models import Shelf\n\n" + code,
    }
    events = Flow(shop(files)).lazy_loads
    return sorted({event.path for event in events if not sure or event.confidence is not Confidence.LOW})


EACH = "def show():\n    for shelf in Shelf.objects.{0}:\n        {1}\n"

SAVE = """
    def save(self, *args, **kwargs):
        if {0}:
            {1}
        super().save(*args, **kwargs)
"""


@pytest.mark.parametrize(
    ("test", "body", "expected"),
    [
        ("not self.slug", "self.slug = self.owner.name", []),
        ("self.slug is None", "self.slug = self.owner.name", []),
        ("self.slug == ''", "self.slug = self.owner.name", []),
        ("not self.slug and self.is_open", "self.slug = self.owner.name", []),
        ("not self.keeper", "self.keeper = self.owner.country", []),
        ("not self.slug or self.is_open", "self.slug = self.owner.name", ["owner"]),
        ("self.slug", "self.slug = self.owner.name", ["owner"]),
        ("not self.slug", "self.state = self.owner.name", ["owner"]),
        ("not self.title", "self.title = self.owner.name", ["owner"]),
    ],
)
def test_what_a_stored_row_holds_is_not_filled_in(test: str, body: str, expected: list[str]) -> None:
    assert read(EACH.format("all()", "shelf.save()"), SAVE.format(test, body)) == expected


def test_what_is_not_filled_in_is_still_lacking() -> None:
    save = SAVE.format("not self.keeper", "self.keeper = self.owner")
    code = EACH.format("all()", "shelf.save()\n        print(shelf.keeper.name)")
    assert read(code, save) == ["keeper"]


def test_rows_that_are_looked_for_because_they_lack_it_are_filled_in() -> None:
    save = SAVE.format("not self.slug", "self.slug = self.owner.name")
    assert read(EACH.format("filter(slug='')", "shelf.save()"), save) == ["owner"]
    assert read(EACH.format("filter(slug='a')", "shelf.save()"), save) == []
    assert read(EACH.format("all()", "shelf.slug = ''\n        shelf.save()"), save) == ["owner"]
    here = "if not shelf.slug:\n            shelf.slug = shelf.owner.name"
    assert read(EACH.format("all()", here)) == ["owner"]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("shelf.state or shelf.owner.name", []),
        ("shelf.slug or shelf.owner.name", []),
        ("shelf.number or shelf.owner.name", ["owner"]),
        ("shelf.keeper or (shelf.owner and shelf.owner.country)", ["keeper"]),
        ("shelf.state if shelf.state else shelf.owner.name", []),
        ("shelf.owner.name if not shelf.state else shelf.state", []),
        ("shelf.state if shelf.state is not None else shelf.owner.name", []),
        ("shelf.is_open or shelf.owner.name", ["owner"]),
        ("shelf.slug and shelf.owner.name", ["owner"]),
        ("shelf.owner.name or shelf.slug", ["owner"]),
        ("shelf.owner.name if shelf.slug else shelf.state", ["owner"]),
        ("label() or shelf.owner.name", ["owner"]),
    ],
)
def test_a_fallback_is_for_few_rows(expression: str, expected: list[str]) -> None:
    code = "def label():\n    return input()\n\n" + EACH.format("all()", f"print({expression})")
    assert read(code) == expected
    assert "owner" in read(code, sure=False)


def test_what_is_a_fallback_here_and_read_for_certain_there() -> None:
    helper = "def name(shelf):\n    return shelf.owner.name\n\n"
    doubtful, certain = "print(shelf.state or name(shelf))", "print(name(shelf))"
    assert read(helper + EACH.format("all()", f"{doubtful}")) == []
    assert read(helper + EACH.format("all()", f"{doubtful}\n        {certain}")) == ["owner"]


def test_firstof_takes_the_first_and_default_reads_both() -> None:
    def shown(template: str) -> list[str]:
        files = {
            "shop/models.py": MODELS + SHELF.replace("BODY", ""),
            "shop/views.py": "from django.shortcuts import render\nfrom shop.models import Shelf\n\n"
            "def show(request):\n    return render(request, 'shop/a.html', {'shelves': Shelf.objects.all()})\n",
            "shop/templates/shop/a.html": "{% for shelf in shelves %}" + template + "{% endfor %}",
        }
        return [event.path for event in Flow(shop(files)).lazy_loads if event.confidence is not Confidence.LOW]

    assert shown("{% firstof shelf.state shelf.owner.name %}") == []
    assert shown("{{ shelf.state|default:shelf.owner.name }}") == ["owner"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("all()[:5]", []),
        ("all()[5:10]", []),
        ("all()[:20]", ["owner"]),
        ("all()[5:]", ["owner"]),
        ("filter(number=input())", []),
        ("filter(number=None)", ["owner"]),
        ("filter(number__in=input())", ["owner"]),
        ("filter(best=input())", []),
        ("filter(owner=input(), slug=input())", []),
        ("filter(owner_id=input(), slug=input())", []),
        ("filter(owner=input(), state=input())", []),
        ("filter(owner=input())", ["owner"]),
        ("filter(state=input())", ["owner"]),
        ("filter(reference=['a', input()])", []),
        ("filter(reference=['a', 'b'])", ["owner"]),
        ("filter(reference__contains=['a', input()])", ["owner"]),
    ],
)
def test_queries_for_one_row_or_a_handful(query: str, expected: list[str]) -> None:
    assert read(EACH.format(query, "print(shelf.owner.name)")) == expected


def test_a_handful_for_each_of_many_rows_is_many() -> None:
    code = (
        "def show():\n    for author in Author.objects.all():\n"
        "        for shelf in author.shelves.all()[:5]:\n            print(shelf.keeper.name)\n"
    )
    assert read(code) == ["keeper"]


@pytest.mark.parametrize(
    ("query", "test", "expected"),
    [
        ("filter(state='open')", "shelf.state == 'closed'", []),
        ("filter(state='open')", "shelf.state != 'open'", []),
        ("filter(state='open')", "shelf.state == 'open'", ["owner"]),
        ("filter(state__in=('open', 'new'))", "shelf.state == 'closed'", []),
        ("filter(state__in=('open', 'new'))", "shelf.state == 'new'", ["owner"]),
        ("filter(state__in=('open', 'new'))", "shelf.state in ('closed', 'gone')", []),
        ("filter(state__in=('open', 'new'))", "shelf.state in ('closed', 'new')", ["owner"]),
        ("filter(is_open=True)", "not shelf.is_open", []),
        ("exclude(state='open')", "shelf.state == 'closed'", ["owner"]),
        ("filter(state=input())", "shelf.state == 'closed'", ["owner"]),
        ("filter(number__in=['1', '2'])", "shelf.number == 1", ["owner"]),
    ],
)
def test_columns_hold_what_the_query_asked_for(query: str, test: str, expected: list[str]) -> None:
    body = f"if {test}:\n            print(shelf.owner.name)"
    assert read(EACH.format(query, body)) == expected


def test_columns_that_the_program_sets_hold_something_else() -> None:
    close = "\n    def close(self):\n        self.state = 'closed'\n"
    body = "shelf.close()\n        if shelf.state == 'closed':\n            print(shelf.owner.name)"
    assert read(EACH.format("filter(state='open')", body), close) == ["owner"]


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("not self.own.all()", []),
        ("not self.own.exists()", []),
        ("self.own.exists()", ["owner"]),
        ("not Entry.objects.all()", ["owner"]),
        ("not self.other.exists()", ["owner"]),
    ],
)
def test_a_set_is_begun_but_once(test: str, expected: list[str]) -> None:
    body = (
        f"\n    def save(self, *args, **kwargs):\n        if {test}:\n"
        "            self.own.create(name=self.owner.name)\n\n"
        "class Entry(models.Model):\n    name = models.TextField()\n"
        "    shelf = models.ForeignKey(Shelf, models.CASCADE, related_name='own')\n"
        "    lent = models.ForeignKey(Shelf, models.CASCADE, related_name='other')\n"
    )
    assert [path for path in read(EACH.format("all()", "shelf.save()"), body) if path == "owner"] == expected


def test_what_is_left_of_and_decides_as_well() -> None:
    body = "if input() and True:\n            continue\n        print(shelf.owner.name)"
    assert read(EACH.format("all()", body)) == ["owner"]


def test_states_that_a_transition_moves_on() -> None:
    machine = (
        "from django_fsm import FSMField, transition\nfrom django.db import models\nfrom shop.models import Author\n\n"
        "class Task(models.Model):\n    state = FSMField(default='new')\n"
        "    owner = models.ForeignKey(Author, models.CASCADE)\n\n"
        "    @transition(field=state, source='new', target='done')\n    def finish(self):\n        pass\n"
    )
    code = (
        "from shop.machine import Task\n\ndef show():\n    for task in Task.objects.filter(state='new'):\n{0}"
        "        if task.state == 'done':\n            print(task.owner.name)\n"
    )

    def states(body: str) -> list[str]:
        files = {"shop/machine.py": machine, "shop/views.py": code.format(body)}
        return [event.path for event in Flow(shop(files)).lazy_loads]

    assert states("") == []
    assert states("        task.finish()\n") == ["owner"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if shelf.owner_id not in names:\n            names[shelf.owner_id] = shelf.owner.name", []),
        ("if not names.get(shelf.owner_id):\n            names[shelf.owner_id] = shelf.owner.name", []),
        ("if shelf.slug not in names:\n            names.add(shelf.slug)\n            print(shelf.owner.name)", []),
        ("key = shelf.slug\n        if key not in names:\n            names[key] = shelf.owner.name", []),
        (
            "name = names.get(shelf.slug)\n        if name is None:\n            names[shelf.slug] = shelf.owner.name",
            [],
        ),
        ("if shelf.pk not in names:\n            names[shelf.pk] = shelf.owner.name", ["owner"]),
        ("key = shelf.pk\n        if key not in names:\n            names[key] = shelf.owner.name", ["owner"]),
        ("if shelf not in names:\n            names[shelf] = shelf.owner.name", ["owner"]),
        ("if shelf.slug not in names:\n            print(shelf.owner.name)", ["owner"]),
        ("if shelf.slug in names:\n            names[shelf.slug] = shelf.owner.name", ["owner"]),
    ],
)
def test_what_a_dict_keeps_is_read_once_a_key(body: str, expected: list[str]) -> None:
    assert read("names = {}\n\n" + EACH.format("all()", body)) == expected


def test_a_memory_around_the_loop_keeps_none_of_its_turns() -> None:
    code = (
        "names = {}\n\ndef show(key):\n    if key not in names:\n        names[key] = 1\n"
        "        for shelf in Shelf.objects.all():\n            print(shelf.owner.name)\n"
    )
    assert read(code) == ["owner"]


@pytest.mark.parametrize(("key", "expected"), [("owner.id", ["owner"]), ("shelf.id", ["owner", "owner__country"])])
def test_rows_that_a_function_keeps_by_key(key: str, expected: list[str]) -> None:
    code = (
        "KEPT = {}\n\nclass Shown:\n    def __init__(self, owner):\n        self.owner = owner\n\n"
        f"def shown(shelf):\n    owner = shelf.owner\n    if {key} not in KEPT:\n        KEPT[{key}] = Shown(owner)\n"
        f"    return KEPT[{key}]\n\n" + EACH.format("all()", "print(shown(shelf).owner.country.name)")
    )
    assert read(code) == expected


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("shelf.keeper is None", ["shelf.keeper"]),
        ("shelf.keeper is not None", ["shelf.keeper"]),
        ("shelf.keeper", ["shelf.keeper"]),
        ("not shelf.keeper", ["shelf.keeper"]),
        ("shelf.is_open and shelf.keeper", ["shelf.keeper"]),
        ("shelf.best", []),  # whether it is true is for the class to say
        ("shelf.best is None", ["shelf.best"]),
        ("shelf.owner is None", []),  # always there
        ("shelf.keeper.name", []),
    ],
)
def test_the_key_says_whether_a_row_is_there(test: str, expected: list[str]) -> None:
    code = EACH.format("all()", f"if {test}:\n            print(shelf.slug)")
    body = "    def own(self):\n        return 1\n"
    files = {
        "shop/models.py": MODELS + "    def __len__(self):\n        return 0\n" + SHELF.replace("BODY", "\n" + body),
        "shop/views.py": HEAD + "from shop.models import Shelf\n\n" + code,
    }
    flow = Flow(shop(files))
    assert [event.source for event in flow.key_reads] == expected
    assert len(flow.lazy_loads) == (0 if expected else 1)


def test_a_relation_that_is_there_and_read_is_loaded() -> None:
    assert read(EACH.format("all()", "if shelf.keeper:\n            print(shelf.keeper.name)")) == ["keeper"]


def test_a_relation_that_is_there_and_read_elsewhere_is_not_asked_for_its_key() -> None:
    helper = "def label(shelf):\n    return shelf.keeper.name\n\n"
    code = helper + EACH.format("all()", "if shelf.keeper is None:\n            continue\n        print(label(shelf))")
    files = {
        "shop/models.py": MODELS + SHELF.replace("BODY", ""),
        "shop/views.py": HEAD + "from shop.models import Shelf\n\n" + code,
    }
    flow = Flow(shop(files))
    assert flow.key_reads == ()
    assert {event.path for event in flow.lazy_loads} == {"keeper"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("all()", []),
        ("filter(keeper=key)", ["owner"]),
        ("filter(keeper__isnull=False)", ["owner"]),
        ("filter(keeper__isnull=True)", []),
        ("filter(keeper=None)", []),
    ],
)
def test_a_relation_that_the_query_asks_for_is_there(query: str, found: list[str]) -> None:
    sure = "if not shelf.keeper:\n            continue\n        print(shelf.owner.name)"
    bare = "if shelf.keeper:\n            continue\n        print(shelf.owner.name)"
    assert read(EACH.format(query, sure)) == ["owner"]
    assert read(EACH.format(query, bare)) == ([] if found else ["owner"])


def test_a_relation_that_cannot_be_null_is_there() -> None:
    assert read(EACH.format("all()", "if shelf.owner:\n            continue\n        print(shelf.keeper.name)")) == ["owner"]
