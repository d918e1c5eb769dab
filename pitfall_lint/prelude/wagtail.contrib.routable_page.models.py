"""Wagtail's routable pages: a method under `@path` is a way in, as `serve` is.

This file is read, never imported. https://docs.wagtail.org/en/stable/reference/contrib/routablepage.html
"""

from django.template.response import TemplateResponse

from pitfall_lint.prelude import entry


@entry
def path(pattern, name=None):
    pass


@entry
def re_path(pattern, name=None):
    pass


@entry
def route(pattern, name=None):
    pass


class RoutablePageMixin:
    def render(self, request, *args, template=None, context_overrides=None, **kwargs):
        context = self.get_context(request)
        if context_overrides is not None:
            context.update(context_overrides)
        if template is None:
            template = self.get_template(request)
        return TemplateResponse(request, template, context)
