"""marshmallow's fields, as far as they say what is read of a row.

This file is read, never imported. https://marshmallow.readthedocs.io/en/stable/marshmallow.fields.html
"""


class Field:
    def __init__(self, attribute=None, load_only=False, **kwargs):
        self.attribute = attribute
        self.load_only = load_only


class Raw(Field):
    pass


class Constant(Field):
    def __init__(self, constant, **kwargs):
        self.constant = constant


class Nested(Field):
    def __init__(self, nested, only=None, exclude=(), many=False, **kwargs):
        self.nested = nested
        self.only = only
        self.exclude = exclude
        super().__init__(**kwargs)


class Pluck(Nested):
    def __init__(self, nested, field_name, **kwargs):
        self.field_name = field_name
        super().__init__(nested, **kwargs)


class List(Field):
    def __init__(self, cls_or_instance, **kwargs):
        self.inner = cls_or_instance
        super().__init__(**kwargs)


class Method(Field):
    def __init__(self, serialize=None, deserialize=None, **kwargs):
        self.serialize = serialize
        super().__init__(**kwargs)


class Function(Field):
    def __init__(self, serialize=None, deserialize=None, **kwargs):
        self.serialize = serialize
        super().__init__(**kwargs)


class String(Field):
    pass


class Str(Field):
    pass


class UUID(Field):
    pass


class Number(Field):
    pass


class Integer(Field):
    pass


class Int(Field):
    pass


class Float(Field):
    pass


class Decimal(Field):
    pass


class Boolean(Field):
    pass


class Bool(Field):
    pass


class DateTime(Field):
    pass


class Date(Field):
    pass


class Time(Field):
    pass


class TimeDelta(Field):
    pass


class Url(Field):
    pass


class URL(Field):
    pass


class Email(Field):
    pass


class Enum(Field):
    pass


class Dict(Field):
    pass


class Mapping(Field):
    pass


class Tuple(Field):
    pass
