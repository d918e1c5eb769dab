"""Inlines of generic relations.

https://docs.djangoproject.com/en/stable/ref/contrib/contenttypes/#generic-relations-in-admin
"""

from django.contrib.admin import InlineModelAdmin


class GenericInlineModelAdmin(InlineModelAdmin):
    pass


class GenericStackedInline(GenericInlineModelAdmin):
    pass


class GenericTabularInline(GenericInlineModelAdmin):
    pass
