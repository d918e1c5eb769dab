"""marshmallow, as far as rows flow through it: a schema shows each of its fields for each row that it dumps.

This file is read, never imported. What a field reads is in `flow/marshmallow.py`.
https://marshmallow.readthedocs.io/en/stable/quickstart.html#serializing-objects-dumping
"""

from pitfall_lint.prelude import dumped


class Schema:
    def __init__(self, *args, only=None, exclude=(), many=False, load_only=(), **kwargs):
        self.only = only
        self.exclude = exclude
        self.many = many
        self.load_only = load_only

    def dump(self, obj, many=None, **kwargs):
        return dumped(self, obj, many)

    def dumps(self, obj, many=None, **kwargs):
        return dumped(self, obj, many)

    def jsonify(self, obj, many=None, **kwargs):
        return dumped(self, obj, many)
