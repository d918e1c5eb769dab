from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.functional import cached_property

from people.models import Owned

from .managers import BookQuerySet, LoanManager, ReviewManager


class Country(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Publisher(models.Model):
    name = models.CharField(max_length=50)
    country = models.ForeignKey(Country, on_delete=models.CASCADE)

    def __str__(self):
        return f"{self.name}, {self.country}"


class Author(models.Model):
    name = models.CharField(max_length=50)
    publisher = models.ForeignKey(Publisher, on_delete=models.CASCADE, related_name="authors")
    mentor = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="pupils")

    def __str__(self):
        return self.name

    def titles(self):
        return [book.title for book in self.books.all()]


class Tag(models.Model):
    word = models.CharField(max_length=20)

    def __str__(self):
        return self.word


class Note(models.Model):
    text = models.CharField(max_length=50)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveIntegerField()
    about = GenericForeignKey("content_type", "object_id")


class Book(models.Model):
    title = models.CharField(max_length=50)
    blurb = models.TextField(default="")
    pages = models.IntegerField(default=100)
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
    editor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    tags = models.ManyToManyField(Tag, related_name="books")
    notes = GenericRelation(Note)

    objects = BookQuerySet.as_manager()

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return f"/authors/{self.author.name}/{self.pk}/"

    def get_key_url(self):
        return f"/authors/{self.author_id}/{self.pk}/"

    @property
    def author_name(self):
        return self.author.name

    @cached_property
    def imprint(self):
        return self.author.publisher.name

    @property
    def length(self):
        return self.pages * 2

    def first_words(self):
        return ", ".join(chapter.heading for chapter in self.chapters.all())

    def tag_words(self):
        return sorted(tag.word for tag in self.tags.all())


class Classic(Book):
    class Meta:
        proxy = True

    def credit(self):
        return f"{self.title} by {self.author.name}"


class Cover(models.Model):
    book = models.OneToOneField(Book, on_delete=models.CASCADE, related_name="cover")
    colour = models.CharField(max_length=20)


class Chapter(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="chapters")
    heading = models.CharField(max_length=50)
    translator = models.ForeignKey(Author, null=True, on_delete=models.SET_NULL, related_name="translations")

    def __str__(self):
        return self.heading


class Review(models.Model):
    book = models.ForeignKey(Book, on_delete=models.CASCADE)
    writer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reviews")
    text = models.CharField(max_length=50)

    objects = ReviewManager()

    def __str__(self):
        return f"{self.writer.username}: {self.text}"


class Loan(Owned):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="loans")

    objects = LoanManager()
    plain = models.Manager()


class Wish(Owned):
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="wishes")


class Work(models.Model):
    name = models.CharField(max_length=50)
    maker = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="works")


class Film(Work):
    producer = models.ForeignKey(Publisher, on_delete=models.CASCADE, related_name="films")


class Play(Work):
    acts = models.IntegerField(default=3)
