"""Django's admin pages, as far as querysets and rows flow through them: the changelist, and the inlines of the
change page.

https://docs.djangoproject.com/en/stable/ref/contrib/admin/
"""

from django.http import HttpRequest

from pitfall_lint.prelude import (
    admin_actions,
    admin_column,
    admin_inlines,
    admin_labels,
    admin_model,
    admin_resources,
    admin_rows,
    entry,
    inline_columns,
    inline_rows,
    inline_text,
)


class BaseModelAdmin:
    site_kind = "class"
    request = HttpRequest
    ordering = None
    fields = None
    fieldsets = None
    readonly_fields = ()

    @property
    def model(self):
        return admin_model(self)

    def get_ordering(self, request):
        return self.ordering or ()

    def get_readonly_fields(self, request, obj=None):
        return self.readonly_fields

    def get_fields(self, request, obj=None):
        return self.fields

    def get_queryset(self, request):
        return self.model._default_manager.all()


class ModelAdmin(BaseModelAdmin):
    site_kind = "admin-class"
    list_display = ("__str__",)
    list_select_related = False
    inlines = ()
    actions = ()

    def get_list_display(self, request):
        return self.list_display

    def get_list_select_related(self, request):
        return self.list_select_related

    def get_inlines(self, request, obj=None):
        return self.inlines

    @entry
    def changelist_view(self, request, extra_context=None):
        columns = self.get_list_display(request)
        queryset = admin_rows(self, self.get_queryset(request), columns, self.get_list_select_related(request))
        self.show_rows(queryset, columns)
        admin_actions(self, request, queryset)
        for resource in admin_resources(self):
            resource.export(queryset)

    def show_rows(self, queryset, columns):
        for row in queryset:
            admin_labels(self, row)
            for column in columns:
                admin_column(self, row, column)

    @entry
    def change_view(self, request, object_id, form_url="", extra_context=None):
        for inline in admin_inlines(self, self.get_inlines(request)):
            inline.show_rows(request, self)

    def response_change(self, request, obj):
        return None


class InlineModelAdmin(BaseModelAdmin):
    site_kind = "inline-class"
    model = None
    fk_name = None

    def show_rows(self, request, parent):
        for row in inline_rows(self, parent, self.get_queryset(request)):
            inline_text(self, row)
            for column in inline_columns(self, self.get_readonly_fields(request)):
                admin_column(self, row, column)


class StackedInline(InlineModelAdmin):
    pass


class TabularInline(InlineModelAdmin):
    pass
