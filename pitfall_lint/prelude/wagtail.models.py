"""Wagtail's pages and their querysets, as far as querysets and rows flow through them.

This file is read, never imported. A request comes in at `serve` of the page that its path leads to; the page itself
stays the model that it is, and lends its methods from the end of the method resolution order. `specific()` gives rows
of other models, of which nothing is known here. https://docs.wagtail.org/en/stable/reference/models.html#page
https://docs.wagtail.org/en/stable/reference/pages/queryset_reference.html
"""

from django.db import models
from django.template.response import TemplateResponse
from wagtail.models import Page

from pitfall_lint.prelude import entry, not_known, page_template


class PageQuerySet(models.QuerySet):
    def live(self):
        return self.filter(live=True)

    def not_live(self):
        return self.exclude(live=True)

    def in_menu(self):
        return self.filter(show_in_menus=True)

    def not_in_menu(self):
        return self.exclude(show_in_menus=True)

    def page(self, other):
        return self.filter(id=other)

    def not_page(self, other):
        return self.exclude(id=other)

    def descendant_of(self, other, inclusive=False):
        return self.filter(path=other)

    def not_descendant_of(self, other, inclusive=False):
        return self.exclude(path=other)

    def child_of(self, other):
        return self.filter(path=other)

    def not_child_of(self, other):
        return self.exclude(path=other)

    def ancestor_of(self, other, inclusive=False):
        return self.filter(path=other)

    def not_ancestor_of(self, other, inclusive=False):
        return self.exclude(path=other)

    def parent_of(self, other):
        return self.filter(path=other)

    def not_parent_of(self, other):
        return self.exclude(path=other)

    def sibling_of(self, other, inclusive=True):
        return self.filter(path=other)

    def not_sibling_of(self, other, inclusive=True):
        return self.exclude(path=other)

    def type(self, *types):
        return self.filter(content_type=types)

    def not_type(self, *types):
        return self.exclude(content_type=types)

    def exact_type(self, *types):
        return self.filter(content_type=types)

    def not_exact_type(self, *types):
        return self.exclude(content_type=types)

    def public(self):
        return self.exclude(path="")

    def not_public(self):
        return self.filter(path="")

    def private(self):
        return self.filter(path="")

    def in_site(self, site):
        return self.filter(path=site)

    def translation_of(self, page, inclusive=False):
        return self.filter(translation_key=page)

    def not_translation_of(self, page, inclusive=True):
        return self.exclude(translation_key=page)

    def search(self, query, **kwargs):
        return self.filter(title=query)

    def autocomplete(self, query, **kwargs):
        return self.filter(title=query)

    def defer_streamfields(self):
        return self.all()

    def specific(self, defer=False):
        return self.prefetch_related(*not_known)


class PageManager(models.Manager.from_queryset(PageQuerySet)):
    pass


class AbstractPage:
    template = None
    context_object_name = None

    @entry
    def serve(self, request, *args, **kwargs):
        template = self.get_template(request)
        return TemplateResponse(request, template, self.get_context(request))

    def get_template(self, request, *args, **kwargs):
        if self.template is not None:
            return self.template
        return page_template(self)

    def get_context(self, request, *args, **kwargs):
        context = {"self": self, "page": self, "request": request}
        if self.context_object_name:
            context[self.context_object_name] = self
        return context

    def get_children(self):
        return Page.objects.child_of(self)

    def get_siblings(self, inclusive=True):
        return Page.objects.sibling_of(self)

    def get_next_siblings(self, inclusive=False):
        return Page.objects.sibling_of(self)

    def get_prev_siblings(self, inclusive=False):
        return Page.objects.sibling_of(self)

    def get_descendants(self, inclusive=False):
        return Page.objects.descendant_of(self)

    def get_ancestors(self, inclusive=False):
        return Page.objects.ancestor_of(self)
