"""django-reversion, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://django-reversion.readthedocs.io/en/stable/admin.html
"""

from django.contrib.admin import ModelAdmin


class VersionAdmin(ModelAdmin):
    pass
