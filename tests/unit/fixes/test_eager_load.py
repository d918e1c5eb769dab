"""Eager loading in query expressions: a table of places, and properties that hold for all of it.

`«` and `»` mark the span that the recipe names.
"""

from __future__ import annotations

import ast
import io
import tokenize

import pytest
from fixes_marked import PATH, rewrite
from hypothesis import given, settings
from hypothesis import strategies as st

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
    ("x = «author.books.first()»", "author", "", 'x = author.books.select_related("author").first()'),
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
