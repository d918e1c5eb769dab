"""A user model, profiles, symmetrical and other relations to itself."""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, AbstractUser, BaseUserManager, Group, PermissionsMixin
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import ForeignKey as FK


class PersonQuerySet(models.QuerySet):
    def adults(self):
        return self.filter(age__gte=18)


class PersonManager(BaseUserManager.from_queryset(PersonQuerySet)):
    pass


class Person(AbstractUser):
    age = models.IntegerField(null=True)
    friends = models.ManyToManyField("self")
    follows = models.ManyToManyField("self", symmetrical=False, related_query_name="follower")
    blocked = models.ManyToManyField("Person", related_name="blocked_by")
    enemies = models.ManyToManyField("Person", symmetrical=True)
    mentor = models.ForeignKey("self", models.SET_NULL, null=True, related_name="pupils", related_query_name="pupil")
    best_friend = models.OneToOneField("self", null=True, blank=True, on_delete=models.SET_NULL)

    objects = PersonManager()


User = get_user_model()


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    group = FK(Group, models.SET_NULL, blank=True, null=True)
    notes = GenericRelation("people.Note", related_query_name="profiles")


class Account(models.Model):
    owner = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="account")
    guarantor = models.ForeignKey(to=get_user_model(), null=True, on_delete=models.CASCADE, related_name="+")
    witness = models.ForeignKey("people.person", null=True, on_delete=models.CASCADE, related_name="witness_of+")


class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE)
    object_id = models.PositiveIntegerField()
    target = GenericForeignKey()
    about_type = models.ForeignKey(ContentType, models.CASCADE, null=True, related_name="about_notes")
    about_key = models.CharField(max_length=10)
    about = GenericForeignKey("about_type", fk_field="about_key")
    author = models.ForeignKey(User, models.CASCADE, related_name="%(class)ss_written")


class Robot(AbstractBaseUser, PermissionsMixin):
    serial = models.CharField(max_length=9, unique=True)
    groups = models.ManyToManyField(Group, related_name="robots")
    user_permissions = models.ManyToManyField("auth.Permission", related_name="+")
    USERNAME_FIELD = "serial"

    class Meta:
        default_related_name = "machines"
