"""django-elasticsearch-dsl, as far as rows flow through it: each field of each row that is indexed.

https://django-elasticsearch-dsl.readthedocs.io/en/latest/
"""

from pitfall_lint.prelude import entry, indexed, indexed_fields, indexed_manager


class Document:
    def get_queryset(self, *args, **kwargs):
        return indexed_manager(self).all()

    def get_indexing_queryset(self):
        return self.get_queryset()

    @entry
    def update_index(self, request):
        for row in self.get_indexing_queryset():
            for field in indexed_fields(self):
                indexed(self, field, row)
