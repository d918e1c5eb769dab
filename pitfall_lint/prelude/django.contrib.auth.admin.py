"""The admin pages of django.contrib.auth, for projects that inherit from them.

https://docs.djangoproject.com/en/stable/topics/auth/customizing/#custom-users-and-django-contrib-admin
"""

from django.contrib.admin import ModelAdmin


class UserAdmin(ModelAdmin):
    list_display = ("username", "email", "first_name", "last_name", "is_staff")


class GroupAdmin(ModelAdmin):
    pass
