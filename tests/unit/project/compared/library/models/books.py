"""Multi-table inheritance, proxies, through models, constants for targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from .. import constants
from . import base
from .base import OptionalKey, Owned

if TYPE_CHECKING:
    from shop.models import Item

AUTHOR = "library.Author"


class BookQuerySet(models.QuerySet):
    pass


class Shelf(models.Model):
    room = models.CharField(max_length=9, primary_key=True)


class Author(Owned, base.Watched):
    name = models.CharField(max_length=50)


class Book(Owned):
    author = OptionalKey("Author", models.CASCADE, null=True)
    co_authors = models.ManyToManyField(AUTHOR, related_name="co_written", related_query_name="with_help")
    translator = models.ForeignKey(constants.PERSON, models.CASCADE, null=True, related_name="translated")
    editors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Loan", through_fields=("book", "reader"), related_name="edited"
    )
    item: Item

    objects = BookQuerySet.as_manager()
    other = models.Manager()

    class Meta:
        pass


class Edition(Book):
    """A table of its own for what a book has more."""

    number = models.IntegerField()
    shelf_mark = models.ForeignKey(Shelf, models.CASCADE)


class PocketEdition(Edition):
    pass


class SpecialEdition(Book):
    original = models.OneToOneField(Book, models.CASCADE, parent_link=True, related_name="special")


class Tale(Book):
    class Meta:
        proxy = True
        default_manager_name = "other"


class LongTale(Tale):
    length = models.IntegerField()


class Chapter(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    tale = models.ForeignKey(Tale, models.CASCADE, related_name="tale_chapters")
    edition = models.ForeignKey("library.Edition", models.CASCADE, related_name="chapters")
    previous = models.OneToOneField("self", models.CASCADE, null=True, related_name="next")


class Loan(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    lender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="lent")


class Review(models.Model):
    of = models.ForeignKey(settings.REVIEWED_MODEL, models.CASCADE)
    critic = models.ForeignKey(getattr(settings, "AUTH_USER_MODEL", "auth.User"), models.CASCADE)

    class Meta:
        default_related_name = "reviews"


class AbstractPiece(Book):
    """An abstract class over a concrete one."""

    page = models.IntegerField()
    first_reader = models.ForeignKey("people.Profile", models.CASCADE)

    class Meta:
        abstract = True


class Essay(AbstractPiece):
    pass


class Poem(AbstractPiece):
    page = None
    first_reader = models.ForeignKey("people.Person", models.CASCADE, related_name="poems")
