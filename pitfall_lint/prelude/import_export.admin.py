"""django-import-export, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://django-import-export.readthedocs.io/en/stable/admin_integration.html
"""

from django.contrib.admin import ModelAdmin


class ImportExportModelAdmin(ModelAdmin):
    pass


class ExportActionModelAdmin(ModelAdmin):
    pass


class ImportExportActionModelAdmin(ModelAdmin):
    pass
