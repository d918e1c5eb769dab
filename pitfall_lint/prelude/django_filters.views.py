"""django-filter's views.

https://django-filter.readthedocs.io/en/stable/guide/usage.html#generic-view-configuration
"""

from django.views.generic import View
from django.views.generic.list import MultipleObjectMixin, MultipleObjectTemplateResponseMixin

from pitfall_lint.prelude import entry


class FilterMixin:
    filterset_class = None

    def get_filterset_class(self):
        return self.filterset_class

    def get_filterset_kwargs(self, filterset_class):
        return {"data": None, "request": self.request, "queryset": self.get_queryset()}

    def get_filterset(self, filterset_class):
        return filterset_class(**self.get_filterset_kwargs(filterset_class))


class BaseFilterView(FilterMixin, MultipleObjectMixin, View):
    @entry
    def get(self, request, *args, **kwargs):
        filterset_class = self.get_filterset_class()
        if filterset_class is None:
            self.filterset = None
            self.object_list = self.get_queryset()
        else:
            self.filterset = self.get_filterset(filterset_class)
            self.object_list = self.filterset.qs
        context = self.get_context_data(filter=self.filterset, object_list=self.object_list)
        return self.render_to_response(context)


class FilterView(MultipleObjectTemplateResponseMixin, BaseFilterView):
    template_name_suffix = "_filter"
