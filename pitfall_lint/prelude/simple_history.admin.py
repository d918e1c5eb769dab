"""django-simple-history, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://django-simple-history.readthedocs.io/en/stable/admin.html
"""

from django.contrib.admin import ModelAdmin


class SimpleHistoryAdmin(ModelAdmin):
    pass
