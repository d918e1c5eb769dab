"""Models that take names from other apps, conditionally and dynamically, and their managers."""

from django.contrib.auth.models import AbstractBaseUser, Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.contrib.sites.models import Site
from django.db import models
from library import models as library
from library.models import *  # noqa: F403
from library.models.base import Stamped, Watched
from people.models import Profile

try:
    from nowhere.fields import BetterKey
except ImportError:
    from django.db.models import ForeignKey as BetterKey

ItemManagerBase = models.Manager.from_queryset(library.books.BookQuerySet)


class Item(Stamped, Watched):
    book = BetterKey(library.Book, models.CASCADE, db_column="bk")
    site = models.ForeignKey(Site, models.CASCADE)
    kind = models.ForeignKey(ContentType, models.PROTECT)
    chapter = models.OneToOneField(Chapter, models.CASCADE)  # noqa: F405
    alternatives = models.ManyToManyField("Item", through="Link", through_fields=("a", "b"), symmetrical=False)
    related = models.ManyToManyField("self", through="Bond")

    objects = ItemManagerBase()

    class Meta:
        app_label = "shop"


class Link(models.Model):
    a = models.ForeignKey(Item, models.CASCADE, related_name="links_out")
    b = models.ForeignKey("shop.Item", models.CASCADE, related_name="links_in")


class Bond(models.Model):
    first = models.ForeignKey(Item, models.CASCADE, related_name="+")
    second = models.ForeignKey(Item, models.CASCADE, related_name="bonds")


class Offer(Item):
    class Meta:
        proxy = True


class OfferLine(models.Model):
    offer = models.ForeignKey(Offer, models.CASCADE)
    items = models.ManyToManyField(Offer, related_name="in_lines")
    priced_by = models.ForeignKey("people.Person", models.SET_NULL, null=True, related_query_name="price")


class Order(models.Model):
    if True:
        line = models.OneToOneField(OfferLine, models.CASCADE)
    groups = models.ManyToManyField(Group, db_table="order_groups")
    permission = models.ForeignKey(Permission, models.CASCADE, null=True, related_name="orders")
    shared = models.ForeignKey(to="people.Profile", on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s")

    class Status(models.TextChoices):
        OPEN = "o"

    status = models.CharField(max_length=1, choices=Status.choices)


class Labelled(models.Model):
    of = models.ForeignKey("people.Note", models.CASCADE)

    class Meta:
        app_label = "people"


class Keyed(models.Model):
    name = models.SlugField(primary_key=True)
    person = models.OneToOneField("people.Person", models.CASCADE, related_name="key", related_query_name="key_of")


class PublishedManager(models.Manager):
    def get_queryset(self):
        return library.books.BookQuerySet(self.model, using=self._db).filter(pk__gt=0)


class WithManagers(models.Model):
    published = PublishedManager()
    everything = models.Manager()

    class Meta:
        abstract = True


class FirstManaged(WithManagers):
    pass


class SecondManaged(WithManagers):
    own = models.Manager()


class ThirdManaged(SecondManaged):
    class Meta:
        default_manager_name = "everything"


class FourthManaged(Keyed):
    mine = models.Manager()


Profile.add_to_class("shelf_count", models.IntegerField(default=0))
library.Shelf.add_to_class("keeper", models.ForeignKey("people.Person", models.CASCADE, null=True, related_name="kept"))


class Unused(AbstractBaseUser):
    class Meta:
        abstract = True


if hasattr(models, "CompositePrimaryKey"):  # from Django 5.2

    class Placed(models.Model):
        pk = models.CompositePrimaryKey("person_id", "number")
        person = models.ForeignKey("people.Person", models.CASCADE)
        number = models.IntegerField()
