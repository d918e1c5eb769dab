"""Eager loading that is asked for in class bodies: generic views and admin classes."""

from __future__ import annotations

import pytest
from fixes_marked import rewrite

from pitfall_lint.errors import CannotFix

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
