"""django-guardian, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://django-guardian.readthedocs.io/en/stable/userguide/admin-integration/
"""

from django.contrib.admin import ModelAdmin


class GuardedModelAdmin(ModelAdmin):
    pass
