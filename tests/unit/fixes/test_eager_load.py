"""Eager loading in query expressions and class bodies: a table of places, and properties that hold for all of it.

`«` and `»` mark the span that the recipe names.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pitfall_lint.errors import CannotFix
from pitfall_lint.finding import Applicability, EagerLoad, Fix, Place
from pitfall_lint.fixes import Expander
from pitfall_lint.fixes.text import Text
from pitfall_lint.source import MemorySource

PATH = "shop/views.py"


def recipe_in(marked: str, joined: Sequence[str], prefetched: Sequence[str], **more: Any) -> tuple[str, EagerLoad]:
    """The source without its marks, and the recipe for the place they mark."""
    start = marked.index("«")
    end = marked.index("»") - 1
    source = marked.replace("«", "").replace("»", "")
    text = Text(PATH, source.encode())
    place = Place(PATH, text.position(start), text.position(end))
    return source, EagerLoad(place, tuple(joined), tuple(prefetched), **more)


def fixed(source: str, recipe: EagerLoad) -> str:
    """The source after the recipe."""
    edits = Expander(MemorySource({PATH: source})).expand(Fix(Applicability.SAFE, "", recipe)).edits
    return Text(PATH, source.encode()).edited(edits).decode()


def rewrite(marked: str, joined: Sequence[str] = (), prefetched: Sequence[str] = (), **more: Any) -> str:
    return fixed(*recipe_in(marked, joined, prefetched, **more))


# (marked source, joined, prefetched, expected)
APPENDED = [
    ("x = «Book.objects»", "author", "", 'x = Book.objects.select_related("author")'),
    ("x = «Book.objects.all()»", "author", "", 'x = Book.objects.all().select_related("author")'),
    ("x = «Book.objects.all()»", "", "tags", 'x = Book.objects.all().prefetch_related("tags")'),
    (
        'x = «Book.objects.filter(a=1).order_by("t")»',
        "author publisher",
        "tags",
        'x = Book.objects.filter(a=1).order_by("t").select_related("author", "publisher").prefetch_related("tags")',
    ),
    (
        "for b in «author.books.all()»: pass",
        "publisher",
        "",
        'for b in author.books.all().select_related("publisher"): pass',
    ),
    ("for b in «qs»: pass", "author", "", 'for b in qs.select_related("author"): pass'),
    ("for b in «BOOKS»: pass", "author", "", 'for b in BOOKS.select_related("author"): pass'),
    ("x = «self.queryset»", "author", "", 'x = self.queryset.select_related("author")'),
    ("x = «self.get_queryset()».first()", "author", "", 'x = self.get_queryset().select_related("author").first()'),
    (
        "return «super().get_queryset(request)»",
        "author",
        "",
        'return super().get_queryset(request).select_related("author")',
    ),
    ("x = «request.user.books»", "author", "", 'x = request.user.books.select_related("author")'),
    ("x = «get_books()»", "author", "", 'x = get_books().select_related("author")'),
    ("x = «(a | b).distinct()»", "author", "", 'x = (a | b).distinct().select_related("author")'),
    ("x = «Book.objects.all()»[:5]", "author", "", 'x = Book.objects.all().select_related("author")[:5]'),
    ("x = «Book.objects.all()[:5]»", "author", "", 'x = Book.objects.all().select_related("author")[:5]'),
    ("x = «Book.objects.all() [1:]»", "author", "", 'x = Book.objects.all().select_related("author") [1:]'),
    (
        "x = «Book.objects.filter(a=1).first()»",
        "author",
        "",
        'x = Book.objects.filter(a=1).select_related("author").first()',
    ),
    ("x = «Book.objects.get(pk=1)»", "author", "", 'x = Book.objects.select_related("author").get(pk=1)'),
    ("x = «Book.objects.all().iterator()»", "author", "", 'x = Book.objects.all().select_related("author").iterator()'),
    (
        "x = «Book.objects.all().iterator(chunk_size=9)»",
        "",
        "tags",
        'x = Book.objects.all().prefetch_related("tags").iterator(chunk_size=9)',
    ),
    (
        "x = «Author.objects.get(pk=1).books.all()»",
        "publisher",
        "",
        'x = Author.objects.get(pk=1).books.all().select_related("publisher")',
    ),
    (
        "x = «Author.objects.values_list.books.all()»",
        "publisher",
        "",
        'x = Author.objects.values_list.books.all().select_related("publisher")',
    ),
    (
        "x = «Book.objects.annotate(n=Count('a')).distinct()»",
        "author",
        "",
        "x = Book.objects.annotate(n=Count('a')).distinct().select_related('author')",
    ),
    (
        "x = «Book.objects.select_for_update(of=('self',))»",
        "author",
        "",
        "x = Book.objects.select_for_update(of=('self',)).select_related('author')",
    ),
    (
        "x = «Book.objects.select_for_update()»",
        "",
        "tags",
        'x = Book.objects.select_for_update().prefetch_related("tags")',
    ),
    (
        "x = {k: «Book.objects.filter(k=k)» for k in ks}",
        "author",
        "",
        'x = {k: Book.objects.filter(k=k).select_related("author") for k in ks}',
    ),
    ("x = not «Book.objects.all()»", "author", "", 'x = not Book.objects.all().select_related("author")'),
    (
        "x = await «Book.objects.filter(a=1)».afirst()",
        "author",
        "",
        'x = await Book.objects.filter(a=1).select_related("author").afirst()',
    ),
    ("x = «books[kind].all()»", "author", "", 'x = books[kind].all().select_related("author")'),
    (
        "x = «Book.objects.all()»",
        "author author__country",
        "",
        'x = Book.objects.all().select_related("author__country")',
    ),
]

MERGED = [
    ('x = «B.objects.select_related("a")»', "author", "", 'x = B.objects.select_related("a", "author")'),
    ("x = «B.objects.select_related('a')»", "author", "", "x = B.objects.select_related('a', 'author')"),
    ('x = «B.objects.select_related("a",)»', "author", "", 'x = B.objects.select_related("a", "author",)'),
    (
        'x = «B.objects.select_related("author")»',
        "author__country",
        "",
        'x = B.objects.select_related("author__country")',
    ),
    (
        'x = «B.objects.select_related("author")»',
        "author__country author__agent",
        "",
        'x = B.objects.select_related("author__country", "author__agent")',
    ),
    (
        'x = «B.objects.select_related("author__country")»',
        "author x",
        "",
        'x = B.objects.select_related("author__country", "x")',
    ),
    (
        'x = «B.objects.select_related("a").select_related("b").all()»',
        "c",
        "",
        'x = B.objects.select_related("a").select_related("b", "c").all()',
    ),
    (
        'x = «B.objects.select_related("author").select_related("b")»',
        "author__country",
        "",
        'x = B.objects.select_related("author__country").select_related("b")',
    ),
    ("x = «B.objects.select_related(*NAMES)»", "a", "", 'x = B.objects.select_related(*NAMES, "a")'),
    ("x = «B.objects.select_related(NAME)»", "a", "", 'x = B.objects.select_related(NAME, "a")'),
    (
        'x = «B.objects.select_related("b").select_related(*NAMES)»',
        "a",
        "",
        'x = B.objects.select_related("b", "a").select_related(*NAMES)',
    ),
    ("x = «B.objects.select_related(None)»", "a", "", 'x = B.objects.select_related(None).select_related("a")'),
    (
        "x = «B.objects.select_related('a').select_related(None).all()»",
        "a",
        "",
        "x = B.objects.select_related('a').select_related(None).all().select_related('a')",
    ),
    (
        "x = «B.objects.select_related().select_related('b')»",
        "a",
        "",
        "x = B.objects.select_related().select_related('b', 'a')",
    ),
    ('x = «B.objects.select_related(("a"))»', "b", "", 'x = B.objects.select_related(("a"), "b")'),
    ('x = «B.objects.select_related(("a"))»', "a__c", "", 'x = B.objects.select_related(("a__c"))'),
    ('x = «B.objects.select_related(u"a")»', "a__c", "", 'x = B.objects.select_related(u"a__c")'),
    ("x = «B.objects.prefetch_related()»", "", "t", 'x = B.objects.prefetch_related("t")'),
    ("x = «B.objects.prefetch_related('a')[:2]»", "", "t", "x = B.objects.prefetch_related('a', 't')[:2]"),
    (
        "x = «B.objects.prefetch_related('books')»",
        "",
        "books__author",
        "x = B.objects.prefetch_related('books__author')",
    ),
    (
        "x = «B.objects.prefetch_related('a').filter(b=1)»",
        "c",
        "t",
        "x = B.objects.prefetch_related('a', 't').filter(b=1).select_related('c')",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('books'))»",
        "",
        "books__tags",
        "x = B.objects.prefetch_related(Prefetch('books'), 'books__tags')",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('books', Book.objects.all()))»",
        "",
        "books__tags books",
        "x = B.objects.prefetch_related(Prefetch('books', Book.objects.all().prefetch_related('tags')))",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('books', queryset=Book.objects.all()[:3]))»",
        "",
        "books__tags",
        "x = B.objects.prefetch_related(Prefetch('books', queryset=Book.objects.all().prefetch_related('tags')[:3]))",
    ),
    (
        "x = «B.objects.prefetch_related(models.Prefetch('books', queryset=books))»",
        "",
        "books__tags",
        "x = B.objects.prefetch_related(models.Prefetch('books', queryset=books.prefetch_related('tags')))",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('books', queryset=Book.objects.all().union(q)))»",
        "",
        "books__tags",
        "x = B.objects.prefetch_related(Prefetch('books', queryset=Book.objects.all().union(q)), 'books__tags')",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('books', Book.objects.all(), to_attr='old'))»",
        "",
        "old__tags books__tags",
        "x = B.objects.prefetch_related(Prefetch('books', Book.objects.all().prefetch_related('tags'),"
        " to_attr='old'), 'books__tags')",
    ),
    (
        "x = «B.objects.prefetch_related(Prefetch('a__books', Book.objects.only('t')), 'a')»",
        "",
        "a__books__author",
        "x = B.objects.prefetch_related(Prefetch('a__books', Book.objects.only('t').prefetch_related('author')), 'a')",
    ),
]

DEFERRED = [
    ("x = «B.objects.only('title')»", "author", "", "x = B.objects.only('title', 'author').select_related('author')"),
    (
        "x = «B.objects.only('title', 'author_id')»",
        "author",
        "",
        "x = B.objects.only('title', 'author_id').select_related('author')",
    ),
    (
        "x = «B.objects.only('author__name')»",
        "author",
        "",
        "x = B.objects.only('author__name').select_related('author')",
    ),
    (
        "x = «B.objects.only('author__name')»",
        "author__country",
        "",
        "x = B.objects.only('author__name', 'author__country').select_related('author__country')",
    ),
    (
        "x = «B.objects.only('author')»",
        "author__country",
        "",
        "x = B.objects.only('author').select_related('author__country')",
    ),
    (
        "x = «B.objects.only('title')»",
        "author__country",
        "",
        "x = B.objects.only('title', 'author').select_related('author__country')",
    ),
    (
        "x = «B.objects.only('author').only('title')»",
        "author",
        "",
        "x = B.objects.only('author').only('title', 'author').select_related('author')",
    ),
    ("x = «B.objects.only('title')»", "", "tags", "x = B.objects.only('title').prefetch_related('tags')"),
    ("x = «B.objects.only(*FIELDS)»", "", "tags", 'x = B.objects.only(*FIELDS).prefetch_related("tags")'),
    ("x = «B.objects.defer('text')»", "author", "", "x = B.objects.defer('text').select_related('author')"),
    (
        "x = «B.objects.defer('author__bio')»",
        "author",
        "",
        "x = B.objects.defer('author__bio').select_related('author')",
    ),
    (
        "x = «B.objects.defer('author').defer(None)»",
        "author",
        "",
        "x = B.objects.defer('author').defer(None).select_related('author')",
    ),
]

LAID_OUT = [
    (
        "x = (\n    «Book.objects\n    .filter(a=1)\n    .all()»\n)",
        "author",
        "tags",
        'x = (\n    Book.objects\n    .filter(a=1)\n    .all()\n    .select_related("author")\n    .'
        'prefetch_related("tags")\n)',
    ),
    (
        "x = (\n    «Book.objects.filter(a=1)\n    .all()»  # newest first\n)",
        "author",
        "",
        'x = (\n    Book.objects.filter(a=1)\n    .all()  # newest first\n    .select_related("author")\n)',
    ),
    (
        "x = (\n    «Book.objects.filter(a=1)»  # all\n    .first()\n)",
        "author",
        "",
        'x = (\n    Book.objects.filter(a=1).select_related("author")  # all\n    .first()\n)',
    ),
    (
        "x = (\n    «Book.objects.filter(a=1)»\n    .first()\n)",
        "author",
        "",
        'x = (\n    Book.objects.filter(a=1)\n    .select_related("author")\n    .first()\n)',
    ),
    (
        "x = «Book.objects \\\n    .filter(a=1)»  # c",
        "author",
        "",
        'x = Book.objects \\\n    .filter(a=1) \\\n    .select_related("author")  # c',
    ),
    (
        "x = «Book.objects.\\\n    filter(a=1)»",
        "author",
        "",
        'x = Book.objects.\\\n    filter(a=1).\\\n    select_related("author")',
    ),
    (
        "x = «Book.objects.filter(a=1)»\\\n    .first()",
        "author",
        "",
        'x = Book.objects.filter(a=1)\\\n    .select_related("author")\\\n    .first()',
    ),
    (
        "x = «Book.objects.filter(\n    a=1,\n).order_by('t')»",
        "author",
        "",
        "x = Book.objects.filter(\n    a=1,\n).order_by('t').select_related('author')",
    ),
    (
        "x = «(\n    Book.objects\n    .all()\n).filter(a=1)»",
        "author",
        "",
        'x = (\n    Book.objects\n    .all()\n).filter(a=1).select_related("author")',
    ),
    (
        "def f():\n\treturn (\n\t\t«Book.objects\n\t\t.all()»\n\t)",
        "author",
        "",
        'def f():\n\treturn (\n\t\tBook.objects\n\t\t.all()\n\t\t.select_related("author")\n\t)',
    ),
    (
        'x = «B.objects.select_related(\n    "a",\n    "b",\n)»',
        "c d",
        "",
        'x = B.objects.select_related(\n    "a",\n    "b",\n    "c",\n    "d",\n)',
    ),
    (
        'x = «B.objects.select_related(\n    "a",  # one\n    "b",  # two\n    # end\n)»',
        "c",
        "",
        'x = B.objects.select_related(\n    "a",  # one\n    "b",  # two\n    "c",\n    # end\n)',
    ),
    (
        'x = «B.objects.select_related(\n    "a"\n)»',
        "c d",
        "",
        'x = B.objects.select_related(\n    "a",\n    "c",\n    "d"\n)',
    ),
    (
        'x = «B.objects.select_related(\n    "a"  # one\n)»',
        "c",
        "",
        'x = B.objects.select_related(\n    "a",  # one\n    "c"\n)',
    ),
    (
        'x = «B.objects.select_related(\n    "a", "b",\n)»',
        "c",
        "",
        'x = B.objects.select_related(\n    "a", "b", "c",\n)',
    ),
    (
        'x = «B.objects.select_related("a",\n                             "b")»',
        "c",
        "",
        'x = B.objects.select_related("a",\n                             "b",\n                             "c")',
    ),
    (
        "x = «B.objects.prefetch_related(\n    Prefetch(\n        'books',\n        queryset=Book.objects."
        "filter(a=1),\n    ),\n)»",
        "",
        "books__tags t",
        "x = B.objects.prefetch_related(\n    Prefetch(\n        'books',\n        queryset=Book.objects.filter(a=1)"
        ".prefetch_related('tags'),\n    ),\n    't',\n)",
    ),
    (
        "x = (\r\n    «Book.objects\r\n    .all()»\r\n)\r\n",
        "author",
        "",
        'x = (\r\n    Book.objects\r\n    .all()\r\n    .select_related("author")\r\n)\r\n',
    ),
    (
        'é = "naïve", «Book.objects.filter(name="Žižek")», "ß"',
        "author",
        "",
        'é = "naïve", Book.objects.filter(name="Žižek").select_related("author"), "ß"',
    ),
    (
        "a = 'x'; b = 'y'\nx = «Book.objects.all()»",
        "author",
        "",
        "a = 'x'; b = 'y'\nx = Book.objects.all().select_related('author')",
    ),
    (
        "x = «Book . objects . all ( )»",
        "author",
        "",
        'x = Book . objects . all ( ).select_related("author")',
    ),
]

SHORTCUTS = [
    (
        "x = get_object_or_404(«Book», pk=1)",
        "author",
        "",
        'x = get_object_or_404(Book.objects.select_related("author"), pk=1)',
    ),
    (
        "x = get_list_or_404(\n    «models.Book», a=1)",
        "author",
        "tags",
        'x = get_list_or_404(\n    models.Book.objects.select_related("author").prefetch_related("tags"), a=1)',
    ),
    (
        "x = shortcuts.get_object_or_404(klass=«Book»)",
        "a",
        "",
        'x = shortcuts.get_object_or_404(klass=Book.objects.select_related("a"))',
    ),
    (
        "x = await aget_object_or_404(«Book», pk=1)",
        "a",
        "",
        'x = await aget_object_or_404(Book.objects.select_related("a"), pk=1)',
    ),
    ("x = get_object_or_404(«books», pk=1)", "a", "", 'x = get_object_or_404(books.select_related("a"), pk=1)'),
    ("x = get_object_or_404(«Book.live», pk=1)", "a", "", 'x = get_object_or_404(Book.live.select_related("a"), pk=1)'),
]

TABLE = [*APPENDED, *MERGED, *DEFERRED, *LAID_OUT, *SHORTCUTS]


@pytest.mark.parametrize(("marked", "joined", "prefetched", "expected"), TABLE)
def test_a_query_loads_what_it_lacked(marked: str, joined: str, prefetched: str, expected: str) -> None:
    assert rewrite(marked, joined.split(), prefetched.split()) == expected


@pytest.mark.parametrize(("marked", "joined", "prefetched", "expected"), TABLE)
def test_what_is_loaded_is_not_asked_for_again(marked: str, joined: str, prefetched: str, expected: str) -> None:
    start = marked.index("«")
    tail = marked[marked.index("»") + 1 :]
    if not expected.endswith(tail):  # the new call went behind a comment
        tail = tail[tail.index("\n") :]
    end = len(expected) - len(tail)
    again = f"{expected[:start]}«{expected[start:end]}»{expected[end:]}"
    assert rewrite(again, joined.split(), prefetched.split()) == expected


@pytest.mark.parametrize(("marked", "joined", "prefetched", "expected"), TABLE)
def test_nothing_but_tokens_of_the_new_calls_is_added(marked: str, joined: str, prefetched: str, expected: str) -> None:
    compile(expected, PATH, "exec", flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    before = significant(marked.replace("«", "").replace("»", ""))
    after = significant(expected)
    lengthened = {path for path in f"{joined} {prefetched}".split() if "__" in path}
    rest = iter(after)
    for token in before:
        assert any(token == other or _lengthened(token, other, lengthened) for other in rest), token


def significant(source: str) -> list[str]:
    skipped = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    return [
        token.string for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type not in skipped
    ]


def _lengthened(old: str, new: str, paths: set[str]) -> bool:
    return old[-1] in "'\"" and new.strip("u'\"") in paths and new.strip("u'\"").startswith(old.strip("u'\"") + "__")


LOADED = [
    ('x = «B.objects.select_related("author")»', "author", ""),
    ('x = «B.objects.select_related("author__country")»', "author", ""),
    ('x = «B.objects.select_related("a", *NAMES).select_related("author")»', "a author", ""),
    ("x = «B.objects.prefetch_related(Prefetch('books', queryset=q))»", "", "books"),
    ("x = «B.objects.prefetch_related('books__author')»", "", "books books__author"),
    ("x = «B.objects.prefetch_related(Prefetch('books', B.objects.prefetch_related('tags')))»", "", "books__tags"),
    ("x = «B.objects.only('t').select_related('author')»", "author", ""),
    ("x = «B.objects.all()»", "", ""),
]


@pytest.mark.parametrize(("marked", "joined", "prefetched"), LOADED)
def test_nothing_to_do(marked: str, joined: str, prefetched: str) -> None:
    source, recipe = recipe_in(marked, joined.split(), prefetched.split())
    assert Expander(MemorySource({PATH: source})).expand_recipe(recipe).edits == ()


REFUSED = [
    ("x = «B.objects.values('a')»", "a", "", "`values()` yields no model instances"),
    ("x = «B.objects.values_list('a').distinct()»", "a", "", "yields no model instances"),
    ("x = «B.objects.dates('d', 'year')»", "a", "", "yields no model instances"),
    ("x = «B.objects.all().union(q)»", "", "a", "takes no eager loading after that"),
    ("x = «B.objects.raw('select')»", "", "a", "SQL written by hand"),
    ("x = «B.objects.extra(where=['a = 1'])»", "a", "", "may be ambiguous"),
    ("x = «B.objects.annotate(n=RawSQL('a', ()))»", "a", "", "may be ambiguous"),
    ("x = «B.objects.select_for_update()»", "a", "", "would lock"),
    ("x = «B.objects.count()»", "a", "", "loads no rows"),
    ("x = «B.objects.filter(a=1).update(b=2)»", "a", "", "loads no rows"),
    ("x = «cache.get('books')»", "a", "", "not known"),
    ("x = «B.objects.all().iterator()»", "", "t", "chunk_size"),
    ("x = «B.objects.all()».iterator()", "", "t", "chunk_size"),
    ("x = «B.objects.select_related()»", "a", "", "without arguments"),
    ("x = «B.objects.select_related('a').select_related()»", "a", "", "without arguments"),
    ("x = «B.objects.select_related(**kw)»", "a", "", "keyword"),
    ("x = «B.objects.prefetch_related(lookup='a')»", "", "b", "keyword"),
    ("x = «B.objects.only(*FIELDS)»", "a", "", "not written out"),
    ("x = «B.objects.defer(NAME)»", "a", "", "not written out"),
    ("x = «B.objects.defer('a')»", "a", "", "leaves out the key"),
    ("x = «B.objects.defer('a_id')»", "a__b", "", "leaves out the key"),
    ("x = «B.objects.defer('a').only('t')»", "a", "", "leaves out the key"),
    ("x = «B.objects.all()[0]»", "a", "", "an item"),
    ("x = «a if b else c»", "a", "", "chain of calls"),
    ("x = «a or b»", "a", "", "chain of calls"),
    ("x = «a | b»", "a", "", "chain of calls"),
    ("x = «(a | b)»", "a", "", "chain of calls"),
    ("x = «await q»", "a", "", "chain of calls"),
    ("x = «q for q in r»", "a", "", "chain of calls"),
    ("x = «a, b»", "a", "", "chain of calls"),
    ("x = «list(q)»", "a", "", "no query"),
    ("x = «[a]»", "a", "", "chain of calls"),
    ("x = «Book»", "a", "", "model class"),
    ("x = get_object_or_404(«self.model», pk=1)", "a", "", "model class"),
    ("x = get_object_or_404(«get_user_model()», pk=1)", "a", "", "model class"),
    ("x = «B.objects.filter»(a=1)", "a", "", "whole query"),
    ("x = «B.objects.filter(»a=1)", "a", "", "whole query"),
    ("x = B.«objects»", "a", "", "whole query"),
    ("x = f'{«B.objects.all()»}'", "a", "", "within a string"),
]


@pytest.mark.parametrize(("marked", "joined", "prefetched", "reason"), REFUSED)
def test_what_would_not_do_is_refused(marked: str, joined: str, prefetched: str, reason: str) -> None:
    with pytest.raises(CannotFix, match=re.escape(reason)) as caught:
        rewrite(marked, joined.split(), prefetched.split())
    assert caught.value.path == PATH


def test_places_outside_the_file_are_refused() -> None:
    _, recipe = recipe_in("x = 1\ny = «B.objects.all()»", ["a"], [])
    for shorter in ("x = 1", "x = 1\ny"):
        with pytest.raises(CannotFix):
            fixed(shorter, recipe)
    with pytest.raises(CannotFix, match="cannot be read"):
        Expander(MemorySource({})).expand_recipe(recipe)


def test_below_a_prefetch_a_to_one_relation_is_joined_where_it_is_known() -> None:
    marked = "x = «B.objects.prefetch_related(Prefetch('books', Book.objects.only('t')))»"
    paths = ["books__author__country", "books__tags"]
    assert rewrite(marked, [], paths, to_one=("books__author", "books__author__country")) == (
        "x = B.objects.prefetch_related(Prefetch('books', Book.objects.only('t', 'author')"
        ".select_related('author__country').prefetch_related('tags')))"
    )
    assert rewrite(marked, [], paths, to_one=("books__author",)) == (
        "x = B.objects.prefetch_related(Prefetch('books', Book.objects.only('t')"
        ".prefetch_related('author__country', 'tags')))"
    )


def test_a_nested_prefetch_is_reached_into() -> None:
    marked = (
        "x = «A.objects.prefetch_related(Prefetch('b', B.objects.prefetch_related(Prefetch('c', C.objects.all()))))»"
    )
    assert rewrite(marked, [], ["b__c__d"], to_one=["b__c__d"]) == (
        "x = A.objects.prefetch_related(Prefetch('b', B.objects.prefetch_related("
        "Prefetch('c', C.objects.all().select_related('d')))))"
    )


def test_a_model_class_gets_its_manager() -> None:
    assert rewrite("x = get(«self.model», pk=1)", ["a"], form="model", manager="_default_manager") == (
        'x = get(self.model._default_manager.select_related("a"), pk=1)'
    )


# ------------------------------------------------------------------------------------- class bodies

VIEWS = [
    (
        "class V(ListView):\n    «model = Book»\n    paginate_by = 3\n",
        'class V(ListView):\n    model = Book\n    queryset = Book.objects.select_related("a").'
        'prefetch_related("t")\n    paginate_by = 3\n',
    ),
    (
        "class V(ListView):\n    «model = models.Book»  # ours\n",
        "class V(ListView):\n    model = models.Book  # ours\n    queryset = models.Book.objects."
        'select_related("a").prefetch_related("t")\n',
    ),
    (
        "class V(ListView): «model = Book»\n",
        'class V(ListView): model = Book; queryset = Book.objects.select_related("a").prefetch_related("t")\n',
    ),
    (
        "class V(ListView):\n    «model = Book»; x = 1\n",
        'class V(ListView):\n    model = Book; queryset = Book.objects.select_related("a").'
        'prefetch_related("t"); x = 1\n',
    ),
    (
        "if True:\r\n\tclass V(ListView):\r\n\t\t«model = Book»",
        "if True:\r\n\tclass V(ListView):\r\n\t\tmodel = Book\r\n\t\tqueryset = Book.objects."
        'select_related("a").prefetch_related("t")',
    ),
    (
        "class W:\n    class V(ListView):\n        «model: type = get_user_model()»\n        template_name = 'x'\n",
        "class W:\n    class V(ListView):\n        model: type = get_user_model()\n"
        "        queryset = get_user_model().objects.select_related('a').prefetch_related('t')\n"
        "        template_name = 'x'\n",
    ),
]


@pytest.mark.parametrize(("marked", "expected"), VIEWS)
def test_a_view_with_only_a_model_gets_a_queryset(marked: str, expected: str) -> None:
    assert rewrite(marked, ["a"], ["t"], form="view-model") == expected


@pytest.mark.parametrize(
    ("marked", "reason"),
    [
        ("class V:\n    queryset = q\n    «model = Book»\n", "already"),
        ("class V:\n    «model = pick()»\n", "not named"),
        ("class V:\n    x = y = Book\n    «a = 1»\n", "no `model"),
        ("«model = Book»\n", "no `model"),
        ("class V:\n    «model = Book»\n    def (:\n", "cannot be parsed"),
    ],
)
def test_views_that_are_left_alone(marked: str, reason: str) -> None:
    with pytest.raises(CannotFix, match=reason):
        rewrite(marked, ["a"], form="view-model")


ADMINS = [
    (
        'class «A»(ModelAdmin):\n    list_display = ("x",)\n    search_fields = ("y",)\n',
        "a",
        'class A(ModelAdmin):\n    list_display = ("x",)\n    list_select_related = ("a",)\n'
        '    search_fields = ("y",)\n',
    ),
    (
        "@admin.register(Book)\nclass «A»(ModelAdmin):\n    list_display = [\n        'x',\n    ]\n",
        "a b",
        "@admin.register(Book)\nclass A(ModelAdmin):\n    list_display = [\n        'x',\n    ]\n"
        "    list_select_related = ('a', 'b')\n",
    ),
    ("class «A»(ModelAdmin):\n    pass\n", "a", 'class A(ModelAdmin):\n    list_select_related = ("a",)\n'),
    ("class «A»(ModelAdmin): pass\n", "a", 'class A(ModelAdmin): list_select_related = ("a",)\n'),
    (
        'class «A»(ModelAdmin):\n    """Books."""\n\n    def f(self):\n        pass\n',
        "a",
        'class A(ModelAdmin):\n    """Books."""\n    list_select_related = ("a",)\n\n    def f(self):\n        pass\n',
    ),
    (
        "class «A»(ModelAdmin):\n    # first\n    @display\n    def f(self):\n        pass\n",
        "a",
        'class A(ModelAdmin):\n    list_select_related = ("a",)\n\n    # first\n    @display\n    def f(self)'
        ":\n        pass\n",
    ),
    (
        "«class A(ModelAdmin):\n    list_select_related = ('a', 'b')»\n",
        "c b__d",
        "class A(ModelAdmin):\n    list_select_related = ('a', 'b__d', 'c')\n",
    ),
    ("class «A»(M):\n    list_select_related = ['a']\n", "c", "class A(M):\n    list_select_related = ['a', 'c']\n"),
    (
        "class «A»(M):\n    list_select_related = (\n        'a',\n    )\n",
        "c",
        "class A(M):\n    list_select_related = (\n        'a',\n        'c',\n    )\n",
    ),
    ("class «A»(M):\n    list_select_related = 'a',\n", "c", "class A(M):\n    list_select_related = 'a', 'c',\n"),
    ("class «A»(M):\n    list_select_related = ()\n", "c", 'class A(M):\n    list_select_related = ("c",)\n'),
    ("class «A»(M):\n    list_select_related = []\n", "c d", 'class A(M):\n    list_select_related = ["c", "d"]\n'),
    ("class «A»(M):\n    list_select_related = False\n", "c", 'class A(M):\n    list_select_related = ("c",)\n'),
    (
        "class «A»(M):\n    list_select_related = ('a__b', *MORE)\n",
        "a",
        "class A(M):\n    list_select_related = ('a__b', *MORE)\n",
    ),
]


@pytest.mark.parametrize(("marked", "joined", "expected"), ADMINS)
def test_an_admin_class_joins_in_its_list(marked: str, joined: str, expected: str) -> None:
    assert rewrite(marked, joined.split(), form="admin-class") == expected


def test_an_admin_class_prefetches_in_its_queryset() -> None:
    marked = "class «A»(ModelAdmin):\n    list_display = ['x']\n\n\nclass B: pass\n"
    assert rewrite(marked, ["a"], ["t"], form="admin-class") == (
        "class A(ModelAdmin):\n    list_display = ['x']\n    list_select_related = ('a',)\n\n"
        "    def get_queryset(self, request):\n"
        "        return super().get_queryset(request).prefetch_related('t')\n\n\nclass B: pass\n"
    )


@pytest.mark.parametrize(
    ("marked", "joined", "prefetched", "reason"),
    [
        ("class «A»(M):\n    list_select_related = True\n", "a", "", "not a list"),
        ("class «A»(M):\n    list_select_related = NAMES\n", "a", "", "not a list"),
        ("class «A»(M):\n    def get_list_select_related(self, r): pass\n", "a", "", "decides"),
        ("class «A»(M):\n    def get_queryset(self, r): pass\n", "", "t", "its own queryset"),
        ("class «A»(M): pass\n", "", "t", "header"),
        ("x = «A»\n", "a", "", "no class"),
    ],
)
def test_admin_classes_that_are_left_alone(marked: str, joined: str, prefetched: str, reason: str) -> None:
    with pytest.raises(CannotFix, match=reason):
        rewrite(marked, joined.split(), prefetched.split(), form="admin-class")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(CannotFix, match="no form"):
        rewrite("«x»", ["a"], form="magic")


# ------------------------------------------------------------------------------------- properties

LINKS = [
    ".all()",
    ".filter(a=1)",
    '.order_by("t")',
    ".select_related('author')",
    ".select_related(*NAMES)",
    ".prefetch_related('tags', )",
    ".prefetch_related(Prefetch('books', queryset=Book.objects.only('t')))",
    ".only('title')",
    ".defer('text')",
    ".distinct()",
    ".select_related(\n        'a',\n        'b',\n    )",
]
GAPS = ["", "\n    ", "  # why\n    "]
PATHS = ["author", "author__country", "publisher", "tags", "books", "books__author", "books__tags"]


@settings(max_examples=150, deadline=None)
@given(
    links=st.lists(st.tuples(st.sampled_from(GAPS), st.sampled_from(LINKS)), max_size=5),
    joined=st.lists(st.sampled_from(PATHS), max_size=3),
    prefetched=st.lists(st.sampled_from(PATHS), max_size=3),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_any_chain_parses_keeps_its_tokens_and_settles(
    links: list[tuple[str, str]], joined: list[str], prefetched: list[str], newline: str
) -> None:
    chain = "Book.objects" + "".join(gap + link for gap, link in links)
    source = f"x = (\n    {chain}\n    .get()\n)\n".replace("\n", newline)
    marked = source.replace("(", "(", 1).replace("Book.objects", "«Book.objects", 1)
    at = marked.rindex(f"{newline}    .get()")
    marked = f"{marked[:at]}»{marked[at:]}"
    result = rewrite(marked, joined, prefetched)
    compile(result, PATH, "exec")
    rest = iter(significant(result))
    for token in significant(source):
        assert any(token == other or _lengthened(token, other, {*joined, *prefetched}) for other in rest)
    end = result.rindex(f"{newline}    .get()")
    start = result.index("Book.objects")
    assert rewrite(f"{result[:start]}«{result[start:end]}»{result[end:]}", joined, prefetched) == result
