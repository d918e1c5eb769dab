"""django-filter, as far as rows flow through it: a filter set hands its queryset on.

https://django-filter.readthedocs.io/en/stable/ref/filterset.html
"""

from django.forms import ModelChoiceField

from pitfall_lint.prelude import list_of_filters, meta_manager


class ModelChoiceFilter(ModelChoiceField):
    pass


class ModelMultipleChoiceFilter(ModelChoiceField):
    pass


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

    @property
    def form(self):
        for field in list_of_filters(self):
            field.show()
