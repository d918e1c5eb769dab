"""Wagtail's pages: where a request comes in, which template is rendered, and what their querysets load."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import shop

MODELS = """
from django.core.paginator import Paginator
from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.routable_page.models import RoutablePageMixin, path
from wagtail.core.models import Orderable, Page

class Topic(models.Model):
    name = models.CharField(max_length=50)

class Base(Page):
    topic = models.ForeignKey(Topic, null=True, on_delete=models.SET_NULL)

    class Meta:
        abstract = True

class Story(Base):
    def get_context(self, request, *args, **kwargs):
        context = super().get_context(request, *args, **kwargs)
        context["more"] = Story.objects.live().sibling_of(self)
        return context

class Link(Orderable):
    story = ParentalKey("shop.Story", related_name="links")
    page = models.ForeignKey("wagtailcore.Page", on_delete=models.CASCADE, related_name="+")

class StoryIndex(Base):
    def get_context(self, request):
        context = super().get_context(request)
        context["stories"] = Paginator(STORIES, 10).page(1)
        return context

class Archive(RoutablePageMixin, Base):
    template = "shop/archive.html"

    @path("<int:year>/")
    def of_year(self, request, year):
        return self.render(request, context_overrides={"stories": Story.objects.filter(year=year)})

class BBCPage(Base):
    pass
"""
ROW = "{% for one in stories %}{{ one.topic.name }}{% endfor %}"


def lacks(stories: str, files: dict[str, str]) -> list[tuple[str, str]]:
    """The lazy loads: source of the query, relation."""
    made = {"shop/models.py": MODELS.replace("STORIES", stories), **files}
    return sorted({(event.site.source, event.path) for event in Flow(shop(made)).lazy_loads})


@pytest.mark.parametrize(
    ("stories", "found"),
    [
        ("Story.objects.live().public().descendant_of(self)", "topic"),
        ("Story.objects.child_of(self).order_by('title')", "topic"),
        ("Story.objects.child_of(self).select_related('topic').live()", ""),
        ("Story.objects.live().specific()", ""),
    ],
)
def test_index_of_pages(stories: str, found: str) -> None:
    expected = [(stories, found)] if found else []
    assert lacks(stories, {"shop/templates/shop/story_index.html": ROW}) == expected


def test_methods_of_a_page() -> None:
    template = (
        "{% for one in page.get_children.live %}{{ one.owner.username }}{% endfor %}"
        "{% for one in self.get_siblings %}{{ one.topic.name }}{% endfor %}"
    )
    assert lacks("Story.objects.none()", {"shop/templates/shop/story_index.html": template}) == [
        ("page.get_children.live", "owner")
    ]


def test_children_that_belong_to_a_page() -> None:
    template = "{% for link in page.links.all %}{{ link.page.title }}{{ link.story.title }}{% endfor %}"
    assert lacks("Story.objects.none()", {"shop/templates/shop/story.html": template}) == [("page.links.all", "page")]


def test_route_of_a_page() -> None:
    assert lacks("Story.objects.none()", {"shop/templates/shop/archive.html": ROW}) == [
        ("Story.objects.filter(year=year)", "topic")
    ]


def test_template_is_named_for_the_page() -> None:
    template = "{% for one in page.get_children %}{{ one.owner.username }}{% endfor %}"
    for name in ("bbc_page", "bbcpage", "b_b_c_page"):
        found = lacks("Story.objects.none()", {f"shop/templates/shop/{name}.html": template})
        assert bool(found) == (name == "bbc_page")


def test_pages_stay_models() -> None:
    models = shop({"shop/models.py": MODELS}).django.models
    story = models["shop.models.Story"]
    assert {"topic", "owner", "links"} <= story.relations.keys()
    assert story.relations["links"].target is models["shop.models.Link"]
    assert models["shop.models.Link"].relations["page"].target is story.parents[0].parents[0]
