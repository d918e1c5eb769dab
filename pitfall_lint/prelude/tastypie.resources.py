"""Tastypie, as far as rows flow through it: each relation of each row that a resource shows.

https://django-tastypie.readthedocs.io/en/latest/resources.html
"""

from pitfall_lint.prelude import dehydrated, entry, related_fields, resource_rows


class Resource:
    def dehydrate(self, bundle):
        return bundle

    @entry
    def get_list(self, request, **kwargs):
        for row in resource_rows(self):
            for field in related_fields(self):
                dehydrated(self, field, row)


class ModelResource(Resource):
    pass
