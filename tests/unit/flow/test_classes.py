"""Classes as values: what a class knows of its subclasses, what one expression builds for several models, what a view
is given by its URL; and what is remembered around a loop."""

from __future__ import annotations

from pitfall_lint.flow import Flow
from pitfall_lint.flow.loops import ANSWERING, repeated
from tests.unit.flow.test_flow import paths, shop

KINDS = """
from django.db import models

class Shelf(models.Model):
    name = models.CharField(max_length=50)

class Medium(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)

    class Meta:
        abstract = True

class Disc(Medium):
    title = models.CharField(max_length=50)

class Tape(Medium):
    title = models.CharField(max_length=50)
    owner = models.ForeignKey(Shelf, on_delete=models.CASCADE, related_name="owned")
"""


def test_every_subclass_of_a_class() -> None:
    files = {
        "shop/models.py": KINDS,
        "shop/a.py": "from shop.models import Medium\n\ndef media():\n    found = []\n    for kind in Medium.__subclasses__():\n"
        "        found.extend(kind.objects.all())\n    return [one.shelf.name for one in found]\n",
    }
    assert set(paths(files)) == {("shop/a.py", 6, "shelf")}


def test_one_expression_for_several_models_lacks_what_each_of_them_lacks() -> None:
    helper = "from shop.models import Disc, Tape\n\ndef every(kind):\n    return kind.objects.all()\n\n"
    files = {"shop/models.py": KINDS}
    discs = "def discs():\n    return [one.shelf.name for one in every(Disc)]\n\n"
    tapes = "def tapes():\n    return [one.shelf.name for one in every(Tape)]\n"
    owners = "def owners():\n    return [one.owner.name for one in every(Tape)]\n"
    titles = "def titles():\n    return [one.title for one in every(Tape)]\n"
    assert set(paths({**files, "shop/a.py": helper + discs + tapes})) == {("shop/a.py", 4, "shelf")}
    assert paths({**files, "shop/a.py": helper + discs + titles}) == []
    assert set(paths({**files, "shop/a.py": helper + discs + tapes + "\n" + owners})) == {("shop/a.py", 4, "shelf")}


def test_a_url_may_give_a_view_what_it_asks_for() -> None:
    files = {
        "shop/views.py": "from django.views.generic import DetailView\nfrom shop.models import Author\n\nclass Page(DetailView):\n"
        "    model = Author\n    template_name = 'shop/author.html'\n\n    def get_object(self, queryset=None):\n"
        "        if self.kwargs.get('slug', None) is None:\n            return self.request.author\n"
        "        return super().get_object(queryset)\n\n"
        "    def get_context_data(self, **kwargs):\n        context = super().get_context_data(**kwargs)\n"
        "        context['books'] = self.object.books.order_by('title')\n        return context\n",
        "shop/models.py": KINDS
        + "\nclass Author(models.Model):\n    name = models.CharField(max_length=9)\n\n"
        + "class Book(models.Model):\n    title = models.CharField(max_length=9)\n"
        + "    shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)\n"
        + "    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name='books')\n",
        "shop/templates/shop/author.html": "{% for book in books %}{{ book.shelf.name }}{% endfor %}",
    }
    assert paths(files) == [("shop/views.py", 15, "shelf")]


def asked(body: str) -> list[tuple[str, int]]:
    """The answers that are asked for on each turn of a loop of `shop/a.py`."""
    files = {"shop/a.py": "from django.core.cache import cache\nfrom shop.models import Author\n\n" + body}
    project = shop(files)
    project.flow = Flow(project)
    return [(query.event.how, query.event.access.row) for query in repeated(project, ANSWERING)]


def test_what_is_remembered_between_turns_is_asked_once() -> None:
    assert (
        asked(
            "def counts():\n    held = {}\n    for author in Author.objects.all():\n        if author.name not in held:\n"
            "            held[author.name] = author.books.filter(title='').count()\n    return held\n"
        )
        == []
    )


def test_a_loop_that_runs_only_when_nothing_is_remembered_still_runs() -> None:
    assert asked(
        "def counts():\n    found = cache.get('counts')\n    if found is None:\n        found = []\n"
        "        for author in Author.objects.all():\n            found.append(author.books.filter(title='').count())\n"
        "    return found\n"
    ) == [("count", 9)]
