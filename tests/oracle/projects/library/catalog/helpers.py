"""What takes and returns querysets and rows."""

from collections import namedtuple
from dataclasses import dataclass

from django.db.models import Prefetch

from .models import Book, Chapter

Pair = namedtuple("Pair", "book author")


@dataclass
class Line:
    book: Book
    words: str


def all_books():
    return Book.objects.all()


def all_books_joined():
    return Book.objects.select_related("author")


def joined(queryset):
    return queryset.select_related("author")


def narrowed(queryset, pages=0):
    if pages:
        queryset = queryset.filter(pages__gt=pages)
    return queryset.order_by("title")


def names_of(books):
    return [book.author.name for book in books]


def titles_of(books):
    return [book.title for book in books]


def author_of(book):
    return book.author.name


def title_of(book):
    return book.title


def described(book, deep=False):
    if deep:
        return f"{book.title} {book.author.publisher.name}"
    return book.title


def books_and_count():
    books = Book.objects.order_by("pk")
    return books, len(books)


def everything():
    return {
        "books": Book.objects.order_by("pk"),
        "chapters": Chapter.objects.select_related("book", "translator"),
    }


def yielded():
    for book in Book.objects.all():
        yield book


def yielded_joined():
    yield from Book.objects.select_related("author")


def with_chapters(queryset):
    return queryset.prefetch_related(Prefetch("chapters", queryset=Chapter.objects.order_by("heading")))


def with_listed_chapters(queryset):
    return queryset.prefetch_related(
        Prefetch("chapters", queryset=Chapter.objects.select_related("translator"), to_attr="listed")
    )


class Shelf:
    def __init__(self, books):
        self.books = books

    def names(self):
        return [book.author.name for book in self.books]

    def titles(self):
        return [book.title for book in self.books]

    def __iter__(self):
        return iter(self.books)
