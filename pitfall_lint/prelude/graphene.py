"""Graphene, as far as its declarations say of what type a field is and where it is read.

This file is read, never imported. What is read of each row is in `flow/graphene.py`.
https://docs.graphene-python.org/en/latest/types/objecttypes/
"""


class Structure:
    def __init__(self, of_type=None, *args, source=None, resolver=None, **kwargs):
        self.of_type = of_type
        self.source = source
        self.resolver = resolver


class List(Structure):
    pass


class NonNull(Structure):
    pass


class Field(Structure):
    def __init__(self, type_=None, *args, source=None, resolver=None, **kwargs):
        self.of_type = type_
        self.source = source
        self.resolver = resolver


class Scalar:
    def __init__(self, *args, source=None, resolver=None, **kwargs):
        self.source = source
        self.resolver = resolver


class String(Scalar):
    pass


class ID(Scalar):
    pass


class Int(Scalar):
    pass


class BigInt(Scalar):
    pass


class Float(Scalar):
    pass


class Boolean(Scalar):
    pass


class Decimal(Scalar):
    pass


class UUID(Scalar):
    pass


class Date(Scalar):
    pass


class DateTime(Scalar):
    pass


class Time(Scalar):
    pass


class JSONString(Scalar):
    pass


class ObjectType:
    pass


class Connection(ObjectType):
    pass


class ConnectionField(Field):
    pass
