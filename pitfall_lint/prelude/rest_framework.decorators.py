"""Django REST framework's decorators that make a method of a viewset an action: a way in.

This file is read, never imported. https://www.django-rest-framework.org/api-guide/viewsets/#marking-extra-actions-for-routing
"""

from pitfall_lint.prelude import entry


@entry
def action(methods=None, detail=None, url_path=None, url_name=None, **kwargs):
    pass


@entry
def detail_route(methods=None, **kwargs):
    pass


@entry
def list_route(methods=None, **kwargs):
    pass


@entry
def link(**kwargs):
    pass
