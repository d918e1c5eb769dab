"""django-tables2, as far as rows flow through it: a table shows each of its columns for each row.

https://django-tables2.readthedocs.io/en/stable/
"""

from django.views.generic import ListView
from django.views.generic.base import ContextMixin

from pitfall_lint.prelude import shown_in_table, shows_itself, table_column


class Accessor:
    def __init__(self, value=None, callable_args=None, callable_kwargs=None):
        self.path = value


class A(Accessor):
    pass


class Column:
    def __init__(self, verbose_name=None, accessor=None, default=None, visible=True, linkify=None, **extra):
        self.accessor = accessor
        self.visible = visible
        self.linkify = linkify


class BooleanColumn(Column):
    pass


class CheckBoxColumn(Column):
    pass


class DateColumn(Column):
    pass


class DateTimeColumn(Column):
    pass


class TimeColumn(Column):
    pass


class JSONColumn(Column):
    pass


class EmailColumn(Column):
    pass


class FileColumn(Column):
    pass


class URLColumn(Column):
    pass


class LinkColumn(Column):
    def __init__(self, viewname=None, urlconf=None, args=None, kwargs=None, accessor=None, visible=True, **extra):
        self.accessor = accessor
        self.visible = visible
        self.args = args
        self.kwargs = kwargs


class RelatedLinkColumn(LinkColumn):
    pass


class TemplateColumn(Column):
    def __init__(self, template_code=None, template_name=None, accessor=None, visible=True, **extra):
        self.accessor = accessor
        self.visible = visible
        self.template_code = template_code
        self.template_name = template_name


class ManyToManyColumn(Column):
    def __init__(self, transform=None, filter=None, separator=", ", accessor=None, visible=True, **extra):
        self.accessor = accessor
        self.visible = visible
        self.transform = transform
        self.filter = filter


class BoundRow:
    def __init__(self, record):
        self.record = record


class Table:
    def __init__(self, data=None, exclude=None, **kwargs):
        self.rows = [BoundRow(record) for record in data]
        self.paginated_rows = self.rows
        if shows_itself(self, exclude):
            for record in data:
                for column in shown_in_table(self, exclude):
                    table_column(self, column, record)


class SingleTableMixin(ContextMixin):
    table_class = None
    table_data = None
    context_table_name = "table"

    def get_table_class(self):
        return self.table_class

    def get_table_kwargs(self):
        return {}

    def get_table_data(self):
        if self.table_data is not None:
            return self.table_data
        return self.object_list

    def get_table(self, **kwargs):
        table_class = self.get_table_class()
        return table_class(data=self.get_table_data(), **kwargs)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context[self.context_table_name] = self.get_table(**self.get_table_kwargs())
        return context


class SingleTableView(SingleTableMixin, ListView):
    pass
