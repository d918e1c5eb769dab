"""Queries that load everything already, and those that eager loading would break."""

from __future__ import annotations

import re

import pytest
from fixes_marked import PATH, fixed, recipe_in, rewrite

from pitfall_lint.errors import CannotFix
from pitfall_lint.fixes import Expander
from pitfall_lint.source import MemorySource

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
    ("x = «B.objects.all().union(q)»", "a", "", "takes no eager loading after that"),
    ("x = «B.objects.all().values('a').union(q)»", "", "a", "`values()` yields no model instances"),
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
