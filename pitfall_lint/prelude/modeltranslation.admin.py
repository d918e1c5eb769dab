"""django-modeltranslation, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://django-modeltranslation.readthedocs.io/en/latest/admin.html
"""

from django.contrib.admin import ModelAdmin


class TranslationAdmin(ModelAdmin):
    pass


class TabbedTranslationAdmin(ModelAdmin):
    pass
