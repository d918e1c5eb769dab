"""django-ninja, as far as rows flow through it: what a view returns is shown by the schema of its `response`.

This file is read, never imported. Which fields a schema has, and what each reads, is in `flow/ninja.py`.
https://django-ninja.dev/guides/response/
"""

from pitfall_lint.prelude import shown_by_schema


class Schema:
    @classmethod
    def from_orm(cls, obj, **kwargs):
        return shown_by_schema(cls, obj)

    @classmethod
    def model_validate(cls, obj, **kwargs):
        return shown_by_schema(cls, obj)

    @classmethod
    def validate(cls, obj):
        return shown_by_schema(cls, obj)


class ModelSchema(Schema):
    pass
