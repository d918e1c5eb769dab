"""Schemas that marshmallow-sqlalchemy makes of mapped classes.

This file is read, never imported. https://marshmallow-sqlalchemy.readthedocs.io/en/latest/
"""

from marshmallow import Schema, fields


class SQLAlchemySchema(Schema):
    pass


class SQLAlchemyAutoSchema(SQLAlchemySchema):
    pass


class ModelSchema(Schema):
    pass


class TableSchema(Schema):
    pass


class Related(fields.Field):
    pass


def auto_field(column_name=None, **kwargs):
    return fields.Field(attribute=column_name)


def field_for(model, property_name, **kwargs):
    return fields.Field()
