"""Abstract bases, a mixin that is no model, and fields of the project's own."""

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models

__all__ = ["CountedManager", "OptionalKey", "Owned", "Stamped", "UserKey", "Watched"]


class OptionalKey(models.ForeignKey):
    """A foreign key by another name."""


class UserKey(models.ForeignKey):
    """A foreign key that knows where it leads."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("to", settings.AUTH_USER_MODEL)
        kwargs.setdefault("on_delete", models.CASCADE)
        super().__init__(*args, **kwargs)


class CountedManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().annotate(n=models.Count("pk"))


class Helper:
    helper_field = models.CharField(max_length=3)

    def help(self):
        return 1


class Stamped(models.Model):
    created = models.DateTimeField(auto_now_add=True)
    changed_by = UserKey(null=True, related_name="%(app_label)s_%(class)s_changed")

    class Meta:
        abstract = True
        ordering = ("created",)


class Owned(Helper, Stamped):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    parent = models.ForeignKey("self", models.CASCADE, null=True)
    shelf = models.ForeignKey("Shelf", models.CASCADE, null=True)

    counted = CountedManager()

    class Meta(Stamped.Meta):
        abstract = True
        default_related_name = "%(class)s_of_%(app_label)s"


class Watched(models.Model):
    watchers = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="watched_%(model_name)s")
    notes = GenericRelation("people.Note")

    class Meta:
        abstract = True
