"""Graphene-Django's connections that are filtered.

This file is read, never imported. https://docs.graphene-python.org/projects/django/en/latest/filtering/
"""

from graphene_django import DjangoConnectionField


class DjangoFilterConnectionField(DjangoConnectionField):
    pass
