"""Graphene's relay connections: several of a type.

This file is read, never imported. https://docs.graphene-python.org/en/latest/relay/connection/
"""

import graphene


class Connection(graphene.Connection):
    pass


class ConnectionField(graphene.ConnectionField):
    pass
