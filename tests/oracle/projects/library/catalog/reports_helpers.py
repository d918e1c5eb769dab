"""Querysets and rows handed to functions and back, in tuples, dicts and objects."""

from functools import partial

from . import helpers
from .helpers import Line, Pair, Shelf
from .models import Book, Chapter, Publisher


def returned():
    lines = []
    for book in helpers.all_books():
        lines.append(book.author.name)  # query: grows "author"
    return lines


def returned_joined():
    lines = []
    for book in helpers.all_books_joined():
        lines.append(book.author.name)  # query: flat
    return lines


def returned_then_joined():
    lines = []
    for book in helpers.joined(Book.objects.filter(pages__gt=1)):
        lines.append(book.author.name)  # query: flat
    return lines


def through_two():
    lines = []
    for book in helpers.narrowed(helpers.joined(Book.objects.filter(pages__gt=1)), 3):
        lines.append(book.author.name)  # query: flat
    return lines


def narrowed():
    lines = []
    for book in helpers.narrowed(Book.objects.all(), pages=2):
        lines.append(book.author.name)  # query: grows "author"
    return lines


def handed_over():
    return helpers.names_of(Book.objects.all())  # query: grows "author"


def handed_over_joined():
    return helpers.names_of(Book.objects.select_related("author"))  # query: flat


def handed_over_for_titles():
    return helpers.titles_of(Book.objects.all())  # query: flat


def row_by_row():
    lines = []
    for book in Book.objects.all():
        lines.append(helpers.author_of(book))  # query: grows "author"
    return lines


def row_by_row_titles():
    lines = []
    for book in Book.objects.all():
        lines.append(helpers.title_of(book))  # query: flat
    return lines


def described_briefly():
    lines = []
    for book in Book.objects.all():
        lines.append(helpers.described(book))  # query: flat
    return lines


def described_deeply():
    lines = []
    for book in Book.objects.all():
        lines.append(helpers.described(book, deep=True))  # query: grows "author__publisher"
    return lines


def mapped_helper():
    return list(map(helpers.author_of, Book.objects.all()))  # query: grows "author"


def mapped_helper_titles():
    return list(map(helpers.title_of, Book.objects.all()))  # query: flat


def sorted_by_helper():
    return [book.pk for book in sorted(Book.objects.all(), key=helpers.author_of)]  # query: grows "author"


def with_partial():
    describe = partial(helpers.described, deep=False)
    return [describe(book) for book in Book.objects.all()]  # query: flat


def from_tuple():
    books, count = helpers.books_and_count()
    return count, [book.author.name for book in books]  # query: grows "author"


def from_tuple_titles():
    books, count = helpers.books_and_count()
    return count, [book.title for book in books]  # query: flat


def from_dict():
    found = helpers.everything()
    lines = []
    for book in found["books"]:
        lines.append(book.editor.username)  # query: grows "editor"
    for chapter in found["chapters"]:
        lines.append(chapter.book.title)  # query: flat
        lines.append(chapter.translator.name)  # query: flat
    return lines


def yielded():
    return [book.author.name for book in helpers.yielded()]  # query: grows "author"


def yielded_joined():
    return [book.author.name for book in helpers.yielded_joined()]  # query: flat


def pairs():
    lines = []
    for book, count in [(book, len(book.title)) for book in Book.objects.all()]:
        lines.append((count, book.author.name))  # query: grows "author"
    return lines


def dicts_of_rows():
    entries = [{"book": book, "title": book.title} for book in Book.objects.all()]
    lines = []
    for entry in entries:
        lines.append(entry["title"])  # query: flat
        lines.append(entry["book"].author.name)  # query: grows "author"
    return lines


def named_pairs():
    made = [Pair(book, book.author) for book in Book.objects.select_related("author")]
    lines = []
    for pair in made:
        lines.append(pair.author.name)  # query: flat
    return lines


def in_dataclass():
    made = [Line(book, book.title) for book in Book.objects.all()]
    lines = []
    for line in made:
        lines.append(line.words)  # query: flat
        lines.append(line.book.author.name)  # query: grows "author"
    return lines


def on_shelf():
    shelf = Shelf(Book.objects.all())
    return shelf.names()  # query: grows "author"


def on_shelf_joined():
    shelf = Shelf(Book.objects.select_related("author"))
    return shelf.names()  # query: flat


def on_shelf_titles():
    shelf = Shelf(Book.objects.all())
    return shelf.titles()  # query: flat


def along_shelf():
    lines = []
    for book in Shelf(Book.objects.all()):
        lines.append(book.author.name)  # query: grows "author"
    return lines


def by_identifier():
    found = {book.pk: book for book in Book.objects.all()}
    lines = []
    for chapter in Chapter.objects.all():
        book = found[chapter.book_id]  # query: flat
        lines.append(book.title)
    return lines


def by_identifier_and_on():
    found = {book.pk: book for book in Book.objects.all()}
    lines = []
    for book in found.values():
        lines.append(book.author.name)  # query: grows "author"
    return lines


def set_ahead():
    publishers = {publisher.pk: publisher for publisher in Publisher.objects.all()}
    lines = []
    for book in Book.objects.select_related("author"):
        book.author.publisher = publishers[book.author.publisher_id]
        lines.append(book.author.publisher.name)  # query: flat
    return lines


def chapters_in_order():
    lines = []
    for book in helpers.with_chapters(Book.objects.all()):
        for chapter in book.chapters.all():  # query: flat
            lines.append(chapter.heading)
    return lines


def chapters_and_translators():
    lines = []
    for book in helpers.with_chapters(Book.objects.all()):
        for chapter in book.chapters.all():
            lines.append(chapter.translator.name)  # query: grows "translator"
    return lines


def listed_chapters():
    lines = []
    for book in helpers.with_listed_chapters(Book.objects.all()):
        for chapter in book.listed:
            lines.append(chapter.translator.name)  # query: flat
    return lines


def listed_and_asked_again():
    lines = []
    for book in helpers.with_listed_chapters(Book.objects.all()):
        for chapter in book.chapters.all():  # query: grows "chapters"
            lines.append(chapter.heading)
    return lines


def conditionally_joined(deep=True):
    books = Book.objects.all()
    books = books.select_related("author") if deep else books.select_related("author", "editor")
    return [book.author.name for book in books]


def reassigned():
    books = Book.objects.all()
    books = books.filter(pages__gt=1)
    books = books.select_related("author").order_by("pk")
    return [book.author.name for book in books]  # query: flat


def reassigned_without():
    books = Book.objects.all()
    books = books.filter(pages__gt=1)
    books.select_related("author")
    return [book.author.name for book in books]  # query: grows "author"


def in_two_branches():
    books = Book.objects.all()
    if books.count() > 2:
        books = books.select_related("author").filter(pages__gt=1)
    else:
        books = books.select_related("author")
    return [book.author.name for book in books]  # query: flat
