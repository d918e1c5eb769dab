"""What is proposed in the place of a query that runs on each turn of a loop: in the program's own names, and no
condition lost."""

from __future__ import annotations

import pytest

from tests.unit.flow.test_flow import MODELS
from tests.unit.flow.test_what_a_fix_may_do import findings

HEAD = "from shop.models import Author, Book, Country\n\n"
MANAGED = """
from django.db import models

class LongQuerySet(models.QuerySet):
    def long(self):
        return self.filter(pages__gt=500)

class Writer(models.Model):
    name = models.TextField()

class Novel(models.Model):
    pages = models.IntegerField()
    writer = models.ForeignKey(Writer, models.CASCADE, related_name="novels")
    readers = models.ManyToManyField(Writer, related_name="read_set", related_query_name="read")
    objects = LongQuerySet.as_manager()
"""


def proposed(code: str, views: str) -> str:
    """The words of the fix of the one finding."""
    (finding,) = findings(code, {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views})
    return finding.fix.message


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("row.novels.count()", '`novels_count=Count("novels", distinct=True)`'),
        (
            "row.novels.filter(pages=1).count()",
            '`novels_count=Count("novels", filter=Q(novels__pages=1), distinct=True)`',
        ),
        ("row.novels.long().count()", '`novels_count=Count("novels", filter=...)`'),
    ],
)
def test_a_count_keeps_its_conditions(asked: str, words: str) -> None:
    views = (
        f"from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n        print({asked})\n"
    )
    assert words in proposed("DJG105", views)


def test_a_count_that_becomes_a_test_of_existence_is_the_same_finding() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n"
        "    return [row.pk for row in Writer.objects.all() if row.novels.filter(pages=1).{0}]\n"
    )
    marks = set()
    for asked in ("count() > 0", "exists()"):
        (finding,) = findings("DJG105", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views.format(asked)})
        marks.add(finding.fingerprint)
    assert len(marks) == 1


def test_a_query_kept_in_a_variable_may_have_more_conditions() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show(least):\n    for row in Writer.objects.all():\n"
        "        novels = row.novels.filter(pages=1)\n        if least:\n            novels = novels.exclude(pk=least)\n"
        "        print(novels.count())\n"
    )
    assert '`novels_count=Count("novels", filter=...)`' in proposed("DJG105", views)


def test_the_way_back_is_a_lookup_not_an_accessor() -> None:
    views = (
        "from shop.novels import Novel\n\ndef show():\n    for row in Novel.objects.all():\n"
        "        print(row.readers.filter(name='').exists())\n"
    )
    assert "Exists(Writer.objects.filter(read=OuterRef(\"pk\")).filter(name=''))" in proposed("DJG105", views)


def test_columns_of_a_whole_set_are_asked_for_once() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    keys = []\n    for row in Writer.objects.all():\n"
        "        keys.extend(row.novels.{})\n"
    )
    assert proposed("DJG103", views.format("order_by('pages').values_list('pk', flat=True)")) == (
        "Ask once for all rows, before the loop: `Novel.objects.filter(writer__in=...).values_list('writer', 'pk')`, kept in "
        "a dict by the first of the two; where the loop only gathers them, `Novel.objects.filter(writer__in=...)` alone "
        "will do"
    )
    assert "values_list" not in proposed("DJG103", views.format("values('pk')"))


@pytest.mark.parametrize(
    ("over", "sure"),
    [("request.POST.items()", []), ("self.fields", []), ("request.POST.getlist('keys')", ["medium"])],
)
def test_a_form_has_few_fields(over: str, sure: list[str]) -> None:
    views = f"def show(self, request):\n    for key in {over}:\n        print(Book.objects.get(title=key))\n"
    held = findings("DJG103", {"shop/views.py": HEAD + views})
    assert [finding.confidence.value for finding in held if finding.confidence.value != "low"] == sure


def test_a_loop_over_what_is_written_down_turns_seldom() -> None:
    views = (
        "KINDS = ['a', 'b']\n\ndef show():\n    for author in Author.objects.all():\n        for kind in KINDS:\n"
        "            for book in Book.objects.filter(author=author, title=kind):\n                print(book)\n"
    )
    (finding,) = findings("DJG103", {"shop/views.py": HEAD + views})
    assert finding.confidence.value == "low"


def test_a_method_of_the_row_may_change_more() -> None:
    views = "def show():\n    for book in Book.objects.all():\n        book.title = ''\n        book.stamp()\n        book.save()\n"
    (finding,) = findings("DJG106", {"shop/views.py": HEAD + views})
    assert '`Book.objects.bulk_update(rows, ["title", ...])`, with what `book.stamp()` changes' in finding.fix.message


@pytest.mark.parametrize(
    ("over", "body", "words"),
    [
        ("Book.objects.filter(title='')", "book.title = 'a'", "`Book.objects.filter(title='').update(title='a')`"),
        ("Book.objects.all()", "book.title = name", "`Book.objects.update(title=name)`"),
        ("Book.objects.all()", "book.title = book.title.strip()", '`Book.objects.bulk_update(rows, ["title"])`'),
        ("Book.objects.all()[:3]", "book.title = 'a'", '`Book.objects.bulk_update(rows, ["title"])`'),
        ("Book.objects.all()", "book.title = 'a'; print(book)", '`Book.objects.bulk_update(rows, ["title"])`'),
    ],
)
def test_the_same_values_for_all_rows_are_one_update(over: str, body: str, words: str) -> None:
    views = f"def show(name):\n    for book in {over}:\n        {body}\n        book.save()\n"
    assert words in proposed("DJG106", views)


@pytest.mark.parametrize(("part", "count"), [("[100:]", 0), ("[:100]", 1), ("", 1)])
def test_what_is_over_a_limit_is_a_row_or_two(part: str, count: int) -> None:
    views = f"def show():\n    for book in Book.objects.order_by('-pk'){part}:\n        book.delete()\n"
    assert len(findings("DJG106", {"shop/views.py": HEAD + views})) == count


def test_a_test_that_guards_a_row_is_one_query_too_many() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        "        if row.novels.exists():\n            print({})\n"
    )
    held = findings("DJG105", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views.format("row.novels.last()")})
    words = [finding.fix.message for finding in held if "existence" in finding.message]
    assert words == ["Ask once: keep `row.novels.last()` in a variable and test that for None"]
    assert "Exists(" in proposed("DJG105", views.format("row"))


def test_a_deferred_column_read_where_a_cache_misses() -> None:
    loop = "def show(cache):\n    for book in Book.objects.defer('title'):\n"
    plain = loop + "        print(book.title)\n"
    kept = loop + "        text = cache.get(book.pk)\n        if text is None:\n            text = book.title\n"
    assert len(findings("DJG107", {"shop/views.py": HEAD + plain})) == 1
    assert findings("DJG107", {"shop/views.py": HEAD + kept}) == []


def test_a_set_that_one_of_many_asks_for_is_not_prefetched_for_all() -> None:
    helper = "def books():\n    return Author.objects.exclude(name='')\n\n"
    users = "".join(f"def use{n}():\n    for author in books():\n        print(author.name)\n\n" for n in range(2))
    asking = "def ask():\n    for author in books():\n        print(list(author.books.all()))\n\n"
    sure = [finding.confidence.value for finding in findings("DJG102", {"shop/views.py": HEAD + helper + asking})]
    assert sure == ["high"]
    shared = findings("DJG102", {"shop/views.py": HEAD + helper + users + asking})
    assert [finding.confidence.value for finding in shared] == ["low"]


def test_a_prefetched_set_that_only_asks_for_more() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.prefetch_related('novels'):\n"
        "        for novel in row.novels.select_related('writer'):\n            print(novel)\n"
    )
    assert proposed("DJG104", views) == (
        "Go through `row.novels.all()`; what `select_related()` loads belongs into the prefetch: "
        '`Prefetch("novels", queryset=Novel.objects.select_related(...))`'
    )


@pytest.mark.parametrize(("name", "sure"), [("seed-books", "low"), ("populate_demo", "low"), ("send_digest", "high")])
def test_a_command_that_makes_up_rows_may_be_slow(name: str, sure: str) -> None:
    command = (
        "from django.core.management.base import BaseCommand\nfrom shop.models import Book\n\n"
        "class Command(BaseCommand):\n    def handle(self, *args, **options):\n"
        "        for book in Book.objects.all():\n            print(book.author.name)\n"
    )
    (finding,) = findings("DJG101", {f"shop/management/commands/{name}.py": command})
    assert finding.confidence.value == sure


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            "row.novels.filter(pages=1).order_by('-pages')",
            "`prefetch_related(Prefetch(\"novels\", queryset=Novel.objects.filter(pages=1).order_by('-pages'), "
            'to_attr="chosen_novels"))`',
        ),
        ("row.novels.exclude(pages=1)", "queryset=Novel.objects.exclude(pages=1), to_attr"),
        ("row.novels.long()", "queryset=Novel.objects.long(), to_attr"),
        (
            "row.novels.select_related('writer')",
            "`prefetch_related(Prefetch(\"novels\", queryset=Novel.objects.select_related('writer')))`, and go through "
            "`novels.all()` of the row",
        ),
    ],
)
def test_a_prefetch_says_what_the_chain_says(asked: str, words: str) -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        f"        for novel in {asked}:\n            print(novel)\n"
    )
    assert words in proposed("DJG103", views)


@pytest.mark.parametrize("asked", ["row.novels.exclude(pages=row.pk)", "row.novels.filter(pages=1)[:3]"])
def test_what_changes_with_the_turns_is_not_put_into_a_prefetch(asked: str) -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        f"        for novel in {asked}:\n            print(novel)\n"
    )
    (finding,) = findings("DJG103", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views})
    assert finding.confidence.value == "low"
    assert "Prefetch(" not in finding.fix.message


@pytest.mark.parametrize(
    ("views", "words"),
    [
        (
            "def show(keys):\n    for key in keys:\n        print(Book.objects.get(pk=key).title)\n",
            "`books = Book.objects.in_bulk(keys)`; in it: `books[key]`",
        ),
        (
            "def show(keys):\n    for key in keys:\n        try:\n            book = Book.objects.get(pk=key)\n"
            "        except Book.DoesNotExist:\n            continue\n        print(book.title)\n",
            "in it: `books.get(key)` (`key` as the column's own type, not as text), and where that is None",
        ),
        (
            "def show(groups):\n    for group in groups:\n        for one in group.parts:\n"
            "            print(Book.objects.get(pk=one.key).title)\n",
            "Before the loops: `books = Book.objects.in_bulk([one.key for group in groups for one in group.parts])`",
        ),
        (
            "def show():\n    for author in Author.objects.all():\n"
            "        for book in Book.objects.filter(author=author, title='a'):\n            print(book)\n",
            "for each `row` of `Book.objects.filter(author_id__in=[author.pk for author in rows], title='a')`: "
            "`books[row.author_id].append(row)`",
        ),
        (
            "def show(books):\n    for title in books:\n        print(Book.objects.get(title=title).pk)\n",
            "`books_by_title = {row.title: row for row in Book.objects.filter(title__in=books)}`; in it: "
            "`books_by_title[title]`, which still fails",
        ),
    ],
)
def test_a_dict_before_the_loop(views: str, words: str) -> None:
    assert words in proposed("DJG103", views)


def test_two_counts_of_one_set_have_names_of_their_own() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        "        print(row.novels.count(), row.novels.filter(readers=None).count())\n"
    )
    held = findings("DJG105", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views})
    words = " ".join(finding.fix.message for finding in held)
    assert "`novels_count=" in words
    assert "`novels_without_readers_count=" in words


def test_the_newest_of_each_key() -> None:
    views = (
        "def show():\n    for author in Author.objects.all():\n"
        "        print(Book.objects.filter(author=author).order_by('title').last())\n"
    )
    assert (
        "`books = {row.author_id: row for row in Book.objects.filter(author_id__in=[author.pk for author in rows])"
        ".order_by('title')}`, in an order in which the last row of each key comes at its end; in it: "
        "`books.get(author.pk)`"
    ) in proposed("DJG105", views)


def test_two_tests_that_differ_in_a_value_have_names_of_their_own() -> None:
    asked = ", ".join(f"row.read_set.filter({condition}).exists()" for condition in ("pages=1", "pages=2"))
    named = ", ".join(f"row.novels.filter(writer__name='{name}').exists()" for name in ("A B", "C"))
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        f"        print({asked}, {named})\n"
    )
    held = findings("DJG105", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views})
    words = " ".join(finding.fix.message for finding in held)
    for name in ("has_read_pages", "has_read_pages_2", "has_novels_writer_name_a_b", "has_novels_writer_name_c"):
        assert f"`{name}=" in words


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            "row.novels.order_by('-pages').first()",
            '`novels_pk=Subquery(Novel.objects.filter(writer=OuterRef("pk")).order_by(\'-pages\').values("pk")[:1])`, '
            "and load those rows with one query: `Novel.objects.in_bulk(...)`",
        ),
        (
            "row.novels.first().pages",
            '`novels_pages=Subquery(Novel.objects.filter(writer=OuterRef("pk")).order_by("pk").values("pages")[:1])`',
        ),
    ],
)
def test_a_whole_row_is_more_than_one_value_of_it(asked: str, words: str) -> None:
    views = (
        f"from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.all():\n        print({asked})\n"
    )
    assert words in proposed("DJG105", views)


NAMED = MODELS + "\n\nclass Library:\n    def authors(self):\n        return Author.objects.exclude(name='')\n\n"
ASKING = "def ask(library):\n    for author in Library().authors():\n        print(list(author.books.all()))\n\n"


@pytest.mark.parametrize(
    ("users", "sure"),
    [
        ("def a(of):\n    return of.authors()\n\ndef b(of):\n    return {'them': of.authors()}\n", "low"),
        ("def a(of):\n    return of.authors().count()\n\ndef b(of):\n    return of.authors().exists()\n", "high"),
        ("def a(of):\n    return of.authors()\n", "high"),
    ],
)
def test_callers_count_by_their_mention(users: str, sure: str) -> None:
    views = HEAD + "from shop.models import Library\n\n" + ASKING + users
    (finding,) = findings("DJG102", {"shop/models.py": NAMED, "shop/views.py": views})
    assert finding.confidence.value == sure


VIEWSET = """
from rest_framework import decorators, {base}, serializers, viewsets
from shop.models import Author, Book, Country

class BookSerializer(serializers.ModelSerializer):
    class Meta:
        model = Book
        fields = ["title"]

class AuthorSerializer(serializers.ModelSerializer):
    books = BookSerializer(many=True)

    class Meta:
        model = Author
        fields = ["name", "books"]

class PlainSerializer(serializers.ModelSerializer):
    class Meta:
        model = Country
        fields = ["name"]

class CountrySerializer(serializers.ModelSerializer):
    author_set = AuthorSerializer(many=True)

    class Meta:
        model = Country
        fields = ["name", "author_set"]

class Countries({bases}viewsets.GenericViewSet):
    serializer_class = PlainSerializer

    def get_queryset(self):
        return Country.objects.filter(name=self.request.user.username)

    @decorators.action(detail=True)
    def whole(self, request, pk):
        return CountrySerializer(self.get_object()).data
"""


@pytest.mark.parametrize(("bases", "sure"), [("mixins.ListModelMixin, ", "low"), ("", "medium")])
def test_one_action_of_a_view_that_lists_the_rows(bases: str, sure: str) -> None:
    views = VIEWSET.format(base="mixins", bases=bases)
    held = findings("DJG102", {"requirements.txt": "djangorestframework\n", "shop/views.py": views})
    assert [finding.confidence.value for finding in held] == [sure]


def test_a_count_over_what_the_query_filters_by() -> None:
    views = (
        "from shop.novels import Writer\n\ndef show():\n    for row in Writer.objects.filter({}):\n"
        "        print(row.novels.count())\n"
    )
    assert "Subquery" in proposed("DJG105", views.format("novels__pages=3"))
    assert 'Count("novels", distinct=True)' in proposed("DJG105", views.format("name='a'"))


@pytest.mark.parametrize(("use", "sure"), [("print(list(novels))", "medium"), ("print(novels.first().pages)", "low")])
def test_a_list_does_not_answer_what_a_queryset_does(use: str, sure: str) -> None:
    views = (
        "from shop.novels import Novel, Writer\n\ndef show():\n    for row in Writer.objects.all():\n"
        f"        novels = Novel.objects.filter(writer=row)\n        if novels:\n            {use}\n"
    )
    held = findings("DJG103", {"shop/novels.py": MANAGED, "shop/views.py": HEAD + views})
    assert [finding.confidence.value == "low" for finding in held] == [sure == "low"]
