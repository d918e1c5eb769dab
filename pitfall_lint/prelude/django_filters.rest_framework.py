"""django-filter for REST framework.

https://django-filter.readthedocs.io/en/stable/guide/rest_framework.html
"""

from pitfall_lint.prelude import meta_manager


class FilterSet:
    def __init__(self, data=None, queryset=None, request=None, prefix=None):
        if queryset is None:
            queryset = meta_manager(self).all()
        self.queryset = queryset
        self.data = data
        self.request = request

    @property
    def qs(self):
        return self.filter_queryset(self.queryset.all())

    def filter_queryset(self, queryset):
        return queryset
