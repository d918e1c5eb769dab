"""Flask-Marshmallow: what `ma.` leads to.

This file is read, never imported. https://flask-marshmallow.readthedocs.io/en/latest/
"""

import marshmallow
import marshmallow_sqlalchemy
from marshmallow import fields


class Marshmallow:
    Schema = marshmallow.Schema
    SQLAlchemySchema = marshmallow_sqlalchemy.SQLAlchemySchema
    SQLAlchemyAutoSchema = marshmallow_sqlalchemy.SQLAlchemyAutoSchema
    ModelSchema = marshmallow_sqlalchemy.ModelSchema
    TableSchema = marshmallow_sqlalchemy.TableSchema
    auto_field = marshmallow_sqlalchemy.auto_field
    fields = fields
    Field = fields.Field
    Raw = fields.Raw
    Constant = fields.Constant
    Nested = fields.Nested
    Pluck = fields.Pluck
    List = fields.List
    Method = fields.Method
    Function = fields.Function
    String = fields.String
    Str = fields.Str
    UUID = fields.UUID
    Number = fields.Number
    Integer = fields.Integer
    Int = fields.Int
    Float = fields.Float
    Decimal = fields.Decimal
    Boolean = fields.Boolean
    Bool = fields.Bool
    DateTime = fields.DateTime
    Date = fields.Date
    Time = fields.Time
    Url = fields.Url
    URL = fields.URL
    Email = fields.Email
    Enum = fields.Enum
    Dict = fields.Dict
