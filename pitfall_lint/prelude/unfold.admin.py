"""django-unfold, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://unfoldadmin.com/docs/
"""

from django.contrib import admin


class ModelAdmin(admin.ModelAdmin):
    pass


class StackedInline(admin.StackedInline):
    pass


class TabularInline(admin.TabularInline):
    pass
