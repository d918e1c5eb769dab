"""django-import-export, as far as rows flow through it: each field of each row that is exported.

https://django-import-export.readthedocs.io/en/stable/advanced_usage.html
"""

from pitfall_lint.prelude import exported, exported_fields, meta_manager


class Resource:
    def get_queryset(self):
        return meta_manager(self).all()

    def filter_export(self, queryset, **kwargs):
        return queryset

    def export(self, queryset=None, **kwargs):
        if queryset is None:
            queryset = self.get_queryset()
        for row in self.filter_export(queryset):
            for field in exported_fields(self):
                exported(self, field, row)


class ModelResource(Resource):
    pass
