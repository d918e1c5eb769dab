"""Graphene-Django's types and fields, as far as their declarations go.

This file is read, never imported. What is read of each row is in `flow/graphene.py`.
https://docs.graphene-python.org/projects/django/en/latest/queries/
"""

from graphene import Field, ObjectType


class DjangoObjectType(ObjectType):
    pass


class DjangoListField(Field):
    pass


class DjangoConnectionField(Field):
    pass
