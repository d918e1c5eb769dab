"""GeoDjango, as far as admin pages go: what it adds changes neither the rows nor what is shown of them.

https://docs.djangoproject.com/en/stable/ref/contrib/gis/admin/
"""

from django.contrib.admin import ModelAdmin


class GISModelAdmin(ModelAdmin):
    pass


class OSMGeoAdmin(ModelAdmin):
    pass


class GeoModelAdmin(ModelAdmin):
    pass
