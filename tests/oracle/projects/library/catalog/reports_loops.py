"""Rows gone through in every way that Python has."""

from collections import defaultdict
from itertools import chain, groupby, islice
from operator import attrgetter

from .models import Author, Book, Chapter, Publisher, Tag


def plain_loop():
    lines = []
    for book in Book.objects.all():
        lines.append(book.author.name)  # query: grows "author"
    return lines


def plain_loop_joined():
    lines = []
    for book in Book.objects.select_related("author"):
        lines.append(book.author.name)  # query: flat
    return lines


def two_steps():
    lines = []
    for book in Book.objects.select_related("author"):
        author = book.author
        lines.append(author.publisher.name)  # query: grows "author__publisher"
    return lines


def two_steps_joined():
    lines = []
    for book in Book.objects.select_related("author__publisher"):
        author = book.author
        lines.append(author.publisher.name)  # query: flat
    return lines


def second_read():
    lines = []
    for book in Book.objects.all():
        name = book.author.name  # query: grows "author"
        again = book.author.pk  # query: flat
        lines.append((name, again))
    return lines


def comprehension():
    return [
        book.author.name  # query: grows "author"
        for book in Book.objects.all()
    ]


def comprehension_of_titles():
    return [
        book.title  # query: flat
        for book in Book.objects.all()
    ]


def generator():
    return ", ".join(
        book.author.name  # query: grows "author"
        for book in Book.objects.order_by("title")
    )


def dictionary():
    return {
        book.pk: book.author.name  # query: grows "author"
        for book in Book.objects.all()
    }


def dictionary_of_keys():
    return {
        book.pk: book.author_id  # query: flat
        for book in Book.objects.all()
    }


def filtered_comprehension():
    return [
        book.title
        for book in Book.objects.all()
        if book.author.name != "nobody"  # query: grows "author"
    ]


def nested_comprehension():
    return [chapter.heading for book in Book.objects.all() for chapter in book.chapters.all()]  # query: grows "chapters"


def nested_comprehension_prefetched():
    return [
        chapter.heading
        for book in Book.objects.prefetch_related("chapters")
        for chapter in book.chapters.all()  # query: flat
    ]


def _author_of(book):
    return book.author.name


def mapped():
    names = map(lambda book: book.author.name, Book.objects.all())  # query: grows "author"
    return list(names)


def mapped_joined():
    names = map(lambda book: book.author.name, Book.objects.select_related("author"))  # query: flat
    return list(names)


def sorted_by_key():
    books = sorted(Book.objects.all(), key=lambda book: book.author.name)  # query: grows "author"
    return [book.title for book in books]


def sorted_by_column():
    books = sorted(Book.objects.all(), key=lambda book: book.title)  # query: flat
    return [book.title for book in books]


def sorted_by_attrgetter():
    books = sorted(Book.objects.all(), key=attrgetter("title"))  # query: flat
    return [book.title for book in books]


def greatest():
    return max(Book.objects.all(), key=lambda book: book.author.name).title  # query: grows "author"


def summed():
    return sum(len(book.author.name) for book in Book.objects.all())  # query: grows "author"


def summed_columns():
    return sum(book.pages for book in Book.objects.all())  # query: flat


def any_of():
    return any(book.author.name == "nobody" for book in Book.objects.all())  # query: grows "author"


def filtered():
    return [book.pk for book in filter(lambda book: book.author.name, Book.objects.all())]  # query: grows "author"


def enumerated():
    lines = []
    for number, book in enumerate(Book.objects.all(), 1):
        lines.append(f"{number} {book.author}")  # query: grows "author"
    return lines


def enumerated_joined():
    lines = []
    for number, book in enumerate(Book.objects.select_related("author"), 1):
        lines.append(f"{number} {book.author}")  # query: flat
    return lines


def zipped():
    lines = []
    for book, chapter in zip(Book.objects.all(), Chapter.objects.select_related("book")):
        lines.append(book.author.name)  # query: grows "author"
        lines.append(chapter.book.title)  # query: flat
    return lines


def chained():
    lines = []
    for book in chain(Book.objects.filter(pages__gt=1), Book.objects.filter(pages=1)):
        lines.append(book.author.name)  # query: grows "author"
    return lines


def chained_joined():
    long = Book.objects.filter(pages__gt=1).select_related("author")
    short = Book.objects.filter(pages=1).select_related("author")
    lines = []
    for book in chain(long, short):
        lines.append(book.author.name)  # query: flat
    return lines


def grouped():
    lines = []
    books = Book.objects.order_by("author_id")
    for name, group in groupby(books, key=lambda book: book.author.name):  # query: grows "author"
        lines.append((name, [book.title for book in group]))
    return lines


def grouped_by_key():
    lines = []
    books = Book.objects.order_by("author_id")
    for key, group in groupby(books, key=lambda book: book.author_id):  # query: flat
        lines.append((key, [book.title for book in group]))
    return lines


def rows_of_group():
    lines = []
    books = Book.objects.order_by("author_id")
    for key, group in groupby(books, key=attrgetter("author_id")):
        for book in group:
            lines.append((key, book.editor.username))  # query: grows "editor"
    return lines


def collected_by_author():
    found = defaultdict(list)
    for book in Book.objects.all():
        found[book.author.name].append(book.title)  # query: grows "author"
    return sorted(found.items())


def collected_then_read():
    found = defaultdict(list)
    for book in Book.objects.all():
        found[book.author_id].append(book)
    lines = []
    for key, books in found.items():
        for book in books:
            lines.append((key, book.editor.username))  # query: grows "editor"
    return lines


def collected_then_read_joined():
    found = defaultdict(list)
    for book in Book.objects.select_related("editor"):
        found[book.author_id].append(book)
    lines = []
    for key, books in found.items():
        for book in books:
            lines.append((key, book.editor.username))  # query: flat
    return lines


def unpacked():
    first, *others = Book.objects.all()
    return [book.author.name for book in others]  # query: grows "author"


def only_the_first():
    first, *others = Book.objects.all()
    return first.author.name, len(others)  # query: flat


def sliced_then_read():
    return [book.author.name for book in list(Book.objects.all())[1:]]  # query: grows "author"


def sliced_query():
    return [book.author.name for book in Book.objects.all()[:50]]  # query: grows "author"


def first_few():
    return [book.title for book in islice(Book.objects.all(), 2)]  # query: flat


def reversed_rows():
    return [book.author.name for book in reversed(Book.objects.all())]  # query: grows "author"


def one_row():
    book = Book.objects.first()
    return book.author.publisher.country.name  # query: flat


def one_row_by_index():
    book = Book.objects.all()[0]
    return book.author.publisher.country.name  # query: flat


def set_of_one():
    publisher = Publisher.objects.first()
    return [author.publisher.name for author in publisher.authors.all()]  # query: flat


def set_of_one_and_on():
    tag = Tag.objects.first()
    return [book.author.name for book in tag.books.all()]  # query: grows "author"


def while_loop():
    waiting = list(Book.objects.all())
    lines = []
    while waiting:
        book = waiting.pop()
        lines.append(book.author.name)  # query: grows "author"
    return lines


def stops_at_first():
    for book in Book.objects.all():
        return book.author.name  # query: flat
    return None


def not_read_at_all():
    lines = []
    for book in Book.objects.all():
        lines.append(book.length)  # query: flat
    return lines


def in_text():
    return [f"{book.title} by {book.author}" for book in Book.objects.all()]  # query: grows "author"


def in_text_of_itself():
    return [f"{book}" for book in Book.objects.all()]  # query: flat


def formatted():
    return ["%s by %s" % (book.title, book.author) for book in Book.objects.all()]  # query: grows "author"


def written_by_str():
    return [str(publisher) for publisher in Publisher.objects.all()]  # query: grows "country"


def written_by_str_joined():
    return [str(publisher) for publisher in Publisher.objects.select_related("country")]  # query: flat


def chosen():
    return [book.author.name if book.pages else "" for book in Book.objects.all()]  # query: grows "author"


def by_getattr():
    return [getattr(book, "author").name for book in Book.objects.all()]  # query: grows "author"


def by_walrus():
    return [author.name for book in Book.objects.all() if (author := book.author)]  # query: grows "author"


def mentors():
    return [
        author.mentor.name if author.mentor else ""  # query: grows "mentor"
        for author in Author.objects.exclude(mentor=None)
    ]


def nested_loops():
    lines = []
    for author in Author.objects.prefetch_related("books"):
        for book in author.books.all():
            for chapter in book.chapters.all():  # query: grows "books__chapters"
                lines.append(chapter.heading)
    return lines


def children_know_their_parent():
    lines = []
    for author in Author.objects.prefetch_related("books"):
        for book in author.books.all():
            lines.append(book.author.name)  # query: flat
    return lines


def try_and_except():
    lines = []
    for book in Book.objects.all():
        try:
            lines.append(book.cover.colour)  # query: grows "cover"
        except AttributeError:
            lines.append("")
    return lines


def sliced_to_one():
    return [book.author.name for book in Book.objects.all()[:1]]  # query: flat
