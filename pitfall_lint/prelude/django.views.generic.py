"""Django's class-based views, as far as querysets and rows flow through them.

This file is read, never imported: the interpreter follows a project's views into it as if it were the project's
own code. A method marked
`@entry` is where a request comes in. https://docs.djangoproject.com/en/stable/ref/class-based-views/
"""

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import render
from django.urls import ResolverMatch

from pitfall_lint.prelude import context_name, entered, entry, is_none, named, template_names


@entered("get")
class View:
    request = HttpRequest
    kwargs = {**ResolverMatch.kwargs}
    args = ResolverMatch.args

    def setup(self, request, *args, **kwargs):
        self.request = request

    def dispatch(self, request, *args, **kwargs):
        return self.get(request)


@named("django.views.generic.base.ContextMixin")
class ContextMixin:
    extra_context = None

    def get_context_data(self, **kwargs):
        kwargs.setdefault("view", self)
        if self.extra_context is not None:
            kwargs.update(self.extra_context)
        return kwargs


@named("django.views.generic.base.TemplateResponseMixin")
class TemplateResponseMixin:
    template_name = None
    template_name_suffix = ""

    def render_to_response(self, context, **response_kwargs):
        return render(self.request, self.get_template_names(), context)

    def get_template_names(self):
        if self.template_name is not None:
            return [self.template_name]
        return template_names(self, self.template_name_suffix)


class TemplateView(TemplateResponseMixin, ContextMixin, View):
    @entry
    def get(self, request, *args, **kwargs):
        context = self.get_context_data(**kwargs)
        return self.render_to_response(context)


class RedirectView(View):
    pass


@named("django.views.generic.list.MultipleObjectMixin")
class MultipleObjectMixin(ContextMixin):
    allow_empty = True
    queryset = None
    model = None
    paginate_by = None
    context_object_name = None
    ordering = None

    def get_queryset(self):
        if is_none(self.queryset):
            return self.model._default_manager.all()
        return self.queryset.all()

    def get_ordering(self):
        return self.ordering

    def get_paginate_by(self, queryset):
        return self.paginate_by

    def paginate_queryset(self, queryset, page_size):
        paginator = Paginator(queryset, page_size)
        page = paginator.page(1)
        return (paginator, page, page.object_list, True)

    def get_context_object_name(self, object_list):
        return self.context_object_name

    def get_context_data(self, *, object_list=None, **kwargs):
        queryset = object_list if object_list is not None else self.object_list
        if self.get_paginate_by(queryset):
            paginator, page, queryset, paginated = self.paginate_queryset(queryset, 1)
            context = {"paginator": paginator, "page_obj": page, "is_paginated": paginated, "object_list": queryset}
        else:
            context = {"paginator": None, "page_obj": None, "is_paginated": False, "object_list": queryset}
        name = self.get_context_object_name(queryset) or context_name(self, "_list")
        if name is not None:
            context[name] = queryset
        context.update(kwargs)
        return super().get_context_data(**context)


@named("django.views.generic.list.BaseListView")
class BaseListView(MultipleObjectMixin, View):
    @entry
    def get(self, request, *args, **kwargs):
        self.object_list = self.get_queryset()
        context = self.get_context_data()
        return self.render_to_response(context)


@named("django.views.generic.list.MultipleObjectTemplateResponseMixin")
class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    template_name_suffix = "_list"


class ListView(MultipleObjectTemplateResponseMixin, BaseListView):
    pass


@named("django.views.generic.detail.SingleObjectMixin")
class SingleObjectMixin(ContextMixin):
    model = None
    queryset = None
    context_object_name = None
    slug_field = "slug"

    def get_object(self, queryset=None):
        if queryset is None:
            queryset = self.get_queryset()
        return queryset.get()

    def get_queryset(self):
        if is_none(self.queryset):
            return self.model._default_manager.all()
        return self.queryset.all()

    def get_slug_field(self):
        return self.slug_field

    def get_context_object_name(self, obj):
        return self.context_object_name

    def get_context_data(self, **kwargs):
        context = {}
        if self.object:
            context["object"] = self.object
            name = self.get_context_object_name(self.object) or context_name(self, "")
            if name is not None:
                context[name] = self.object
        context.update(kwargs)
        return super().get_context_data(**context)


@named("django.views.generic.detail.BaseDetailView")
class BaseDetailView(SingleObjectMixin, View):
    @entry
    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        context = self.get_context_data(object=self.object)
        return self.render_to_response(context)


@named("django.views.generic.detail.SingleObjectTemplateResponseMixin")
class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    template_name_suffix = "_detail"


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView):
    pass


@named("django.views.generic.edit.FormMixin")
class FormMixin(ContextMixin):
    initial = {}
    form_class = None
    success_url = None

    def get_initial(self):
        return {}

    def get_form_class(self):
        return self.form_class

    def get_form(self, form_class=None):
        if form_class is None:
            form_class = self.get_form_class()
        return form_class(**self.get_form_kwargs())

    def get_form_kwargs(self):
        return {"initial": self.get_initial()}

    def form_valid(self, form):
        return None

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs):
        if "form" not in kwargs:
            kwargs["form"] = self.get_form()
        return super().get_context_data(**kwargs)


@named("django.views.generic.edit.ModelFormMixin")
class ModelFormMixin(FormMixin, SingleObjectMixin):
    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        kwargs.update({"instance": self.object})
        return kwargs

    def form_valid(self, form):
        self.object = form.save()
        return super().form_valid(form)


@named("django.views.generic.edit.ProcessFormView")
class ProcessFormView(View):
    @entry
    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())


@named("django.views.generic.edit.BaseFormView")
class BaseFormView(FormMixin, ProcessFormView):
    pass


class FormView(TemplateResponseMixin, BaseFormView):
    pass


@named("django.views.generic.edit.BaseCreateView")
class BaseCreateView(ModelFormMixin, ProcessFormView):
    @entry
    def get(self, request, *args, **kwargs):
        self.object = None
        return super().get(request, *args, **kwargs)


class CreateView(SingleObjectTemplateResponseMixin, BaseCreateView):
    template_name_suffix = "_form"


@named("django.views.generic.edit.BaseUpdateView")
class BaseUpdateView(ModelFormMixin, ProcessFormView):
    @entry
    def get(self, request, *args, **kwargs):
        self.object = self.get_object()
        return super().get(request, *args, **kwargs)


class UpdateView(SingleObjectTemplateResponseMixin, BaseUpdateView):
    template_name_suffix = "_form"


@named("django.views.generic.edit.DeletionMixin")
class DeletionMixin:
    success_url = None


@named("django.views.generic.edit.BaseDeleteView")
class BaseDeleteView(DeletionMixin, FormMixin, BaseDetailView):
    pass


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView):
    template_name_suffix = "_confirm_delete"


@named("django.views.generic.dates.DateMixin")
class DateMixin:
    date_field = None
    allow_future = False


@named("django.views.generic.dates.BaseDateListView")
class BaseDateListView(MultipleObjectMixin, DateMixin, View):
    def get_dated_queryset(self, **lookup):
        return self.get_queryset().filter(**lookup)

    @entry
    def get(self, request, *args, **kwargs):
        date_list, self.object_list, extra_context = self.get_dated_items()
        context = self.get_context_data(object_list=self.object_list, date_list=date_list, **extra_context)
        return self.render_to_response(context)

    def get_dated_items(self):
        return (None, self.get_dated_queryset(), {})


@named("django.views.generic.dates.BaseArchiveIndexView")
class BaseArchiveIndexView(BaseDateListView):
    context_object_name = "latest"


class ArchiveIndexView(MultipleObjectTemplateResponseMixin, BaseArchiveIndexView):
    template_name_suffix = "_archive"


@named("django.views.generic.dates.BaseYearArchiveView")
class BaseYearArchiveView(BaseDateListView):
    pass


class YearArchiveView(MultipleObjectTemplateResponseMixin, BaseYearArchiveView):
    template_name_suffix = "_archive_year"


@named("django.views.generic.dates.BaseMonthArchiveView")
class BaseMonthArchiveView(BaseDateListView):
    pass


class MonthArchiveView(MultipleObjectTemplateResponseMixin, BaseMonthArchiveView):
    template_name_suffix = "_archive_month"


@named("django.views.generic.dates.BaseWeekArchiveView")
class BaseWeekArchiveView(BaseDateListView):
    pass


class WeekArchiveView(MultipleObjectTemplateResponseMixin, BaseWeekArchiveView):
    template_name_suffix = "_archive_week"


@named("django.views.generic.dates.BaseDayArchiveView")
class BaseDayArchiveView(BaseDateListView):
    pass


class DayArchiveView(MultipleObjectTemplateResponseMixin, BaseDayArchiveView):
    template_name_suffix = "_archive_day"


class TodayArchiveView(MultipleObjectTemplateResponseMixin, BaseDayArchiveView):
    template_name_suffix = "_archive_day"


@named("django.views.generic.dates.BaseDateDetailView")
class BaseDateDetailView(DateMixin, BaseDetailView):
    pass


class DateDetailView(SingleObjectTemplateResponseMixin, BaseDateDetailView):
    template_name_suffix = "_detail"
