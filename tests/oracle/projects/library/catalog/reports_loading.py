"""Everything that says what a queryset loads."""

from django.core.paginator import Paginator
from django.db.models import Count, F, Prefetch, prefetch_related_objects
from django.shortcuts import get_list_or_404, get_object_or_404

from .models import Author, Book, Chapter, Country, Publisher, Review, Tag


def joined_then_cleared():
    books = Book.objects.select_related("author").select_related(None)
    return [book.author.name for book in books]  # query: grows "author"


def joined_bare():
    books = Book.objects.select_related()
    return [book.author.name for book in books]  # query: flat


def joined_twice():
    books = Book.objects.select_related("author").select_related("editor")
    return [(book.author.name, book.editor.username) for book in books]  # query: flat


def joined_other():
    books = Book.objects.select_related("editor")
    return [(book.author.name, book.editor.username) for book in books]  # query: grows "author"


def joined_before_filter():
    books = Book.objects.select_related("author").filter(pages__gt=1).exclude(pages=3).order_by("-pk").distinct()
    return [book.author.name for book in books]  # query: flat


NAMES = ("author", "editor")


def joined_by_constant():
    books = Book.objects.select_related(*NAMES)
    return [(book.author.name, book.editor.username) for book in books]  # query: flat


def prefetched_to_one():
    books = Book.objects.prefetch_related("author")
    return [book.author.name for book in books]  # query: flat


def prefetched_to_one_and_on():
    books = Book.objects.prefetch_related("author")
    return [book.author.publisher.name for book in books]  # query: grows "author__publisher"


def prefetched_path():
    books = Book.objects.prefetch_related("author__publisher")
    return [book.author.publisher.name for book in books]  # query: flat


def prefetched_then_cleared():
    books = Book.objects.prefetch_related("tags").prefetch_related(None)
    return [[tag.word for tag in book.tags.all()] for book in books]  # query: grows "tags"


def many_to_many():
    return [[tag.word for tag in book.tags.all()] for book in Book.objects.all()]  # query: grows "tags"


def many_to_many_prefetched():
    books = Book.objects.prefetch_related("tags")
    return [[tag.word for tag in book.tags.all()] for book in books]  # query: flat


def many_to_many_backwards():
    tags = Tag.objects.all()
    return [[book.title for book in tag.books.all()] for tag in tags]  # query: grows "books"


def many_to_many_backwards_prefetched():
    tags = Tag.objects.prefetch_related("books")
    return [[book.title for book in tag.books.all()] for tag in tags]  # query: flat


def many_to_many_and_on():
    tags = Tag.objects.prefetch_related("books")
    return [[book.author.name for book in tag.books.all()] for tag in tags]  # query: grows "books__author"


def many_to_many_and_on_prefetched():
    tags = Tag.objects.prefetch_related("books__author")
    return [[book.author.name for book in tag.books.all()] for tag in tags]  # query: flat


def default_reverse_name():
    return [[review.text for review in book.review_set.all()] for book in Book.objects.all()]  # query: grows "review"


def default_reverse_name_prefetched():
    books = Book.objects.prefetch_related("review_set__writer")
    return [[review.writer.username for review in book.review_set.all()] for book in books]  # query: flat


def prefetch_with_joins():
    inner = Chapter.objects.select_related("translator")
    books = Book.objects.prefetch_related(Prefetch("chapters", queryset=inner))
    return [[chapter.translator.name for chapter in book.chapters.all()] for book in books]  # query: flat


def prefetch_without_joins():
    inner = Chapter.objects.order_by("heading")
    books = Book.objects.prefetch_related(Prefetch("chapters", queryset=inner))
    return [[chapter.translator.name for chapter in book.chapters.all()] for book in books]  # query: grows "translator"


def prefetch_to_attribute():
    books = Book.objects.prefetch_related(Prefetch("chapters", to_attr="parts"))
    return [[chapter.heading for chapter in book.parts] for book in books]  # query: flat


def prefetch_to_attribute_and_on():
    books = Book.objects.prefetch_related(Prefetch("chapters", queryset=Chapter.objects.all(), to_attr="parts"))
    return [[chapter.translator.name for chapter in book.parts] for book in books]  # query: grows "translator"


def prefetch_nested():
    inner = Book.objects.prefetch_related("chapters")
    authors = Author.objects.prefetch_related(Prefetch("books", queryset=inner))
    lines = []
    for author in authors:
        for book in author.books.all():
            lines.append([chapter.heading for chapter in book.chapters.all()])  # query: flat
    return lines


def prefetch_mixed():
    books = Book.objects.select_related("author").prefetch_related("author__books")
    return [[other.title for other in book.author.books.all()] for book in books]  # query: flat


def length_of_set():
    return [len(book.chapters.all()) for book in Book.objects.all()]  # query: grows "chapters"


def length_of_set_prefetched():
    return [len(book.chapters.all()) for book in Book.objects.prefetch_related("chapters")]  # query: flat


def count_of_set_prefetched():
    return [book.chapters.count() for book in Book.objects.prefetch_related("chapters")]  # query: flat


def exists_in_set_prefetched():
    return [book.chapters.exists() for book in Book.objects.prefetch_related("chapters")]  # query: flat


def index_of_set_prefetched():
    return [book.chapters.all()[0].heading for book in Book.objects.prefetch_related("chapters")]  # query: flat


def annotated():
    books = Book.objects.annotate(parts=Count("chapters"))
    return [(book.title, book.parts) for book in books]  # query: flat


def annotated_name():
    books = Book.objects.annotate(writer=F("author__name"))
    return [(book.title, book.writer) for book in books]  # query: flat


def values():
    return [row["author__name"] for row in Book.objects.values("title", "author__name")]  # query: flat


def values_list():
    return [name for title, name in Book.objects.values_list("title", "author__name")]  # query: flat


def values_flat():
    return [name for name in Book.objects.values_list("author__name", flat=True)]  # query: flat


def values_named():
    return [row.author__name for row in Book.objects.values_list("title", "author__name", named=True)]  # query: flat


def values_of_key():
    return [row["author"] for row in Book.objects.values("title", "author")]  # query: flat


def iterated():
    return [book.author.name for book in Book.objects.iterator()]  # query: grows "author"


def iterated_joined():
    return [book.author.name for book in Book.objects.select_related("author").iterator()]  # query: flat


def iterated_in_chunks():
    books = Book.objects.prefetch_related("tags").iterator(chunk_size=500)
    return [[tag.word for tag in book.tags.all()] for book in books]  # query: flat


def union():
    books = Book.objects.filter(pages=1).union(Book.objects.filter(pages__gt=1))
    return [book.author.name for book in books]  # query: grows "author"


def union_of_titles():
    books = Book.objects.filter(pages=1).union(Book.objects.filter(pages__gt=1))
    return [book.title for book in books]  # query: flat


def either():
    books = Book.objects.filter(pages=1) | Book.objects.filter(pages__gt=1)
    return [book.author.name for book in books]  # query: grows "author"


def either_joined():
    books = Book.objects.select_related("author").filter(pages=1) | Book.objects.select_related("author")
    return [book.author.name for book in books]  # query: flat


def in_bulk():
    books = Book.objects.in_bulk()
    return [book.author.name for book in books.values()]  # query: grows "author"


def in_bulk_joined():
    books = Book.objects.select_related("author").in_bulk()
    return [book.author.name for book in books.values()]  # query: flat


def paged():
    page = Paginator(Book.objects.order_by("pk"), 50).page(1)
    return [book.author.name for book in page]  # query: grows "author"


def paged_joined():
    page = Paginator(Book.objects.order_by("pk").select_related("author"), 50).get_page(1)
    return [book.author.name for book in page.object_list]  # query: flat


def listed_or_404():
    return [book.author.name for book in get_list_or_404(Book, pages__gt=1)]  # query: grows "author"


def listed_or_404_joined():
    books = get_list_or_404(Book.objects.select_related("author"), pages__gt=1)
    return [book.author.name for book in books]  # query: flat


def got_or_404():
    book = get_object_or_404(Book, pk=1)
    return book.author.publisher.name  # query: flat


def got_or_404_and_its_set():
    book = get_object_or_404(Book, pk=1)
    return [chapter.translator.name for chapter in book.chapters.all()]  # query: grows "translator"


def got_or_404_and_its_set_joined():
    book = get_object_or_404(Book, pk=1)
    chapters = book.chapters.select_related("translator")
    return [chapter.translator.name for chapter in chapters]  # query: flat


def got_with_prefetch():
    book = Book.objects.prefetch_related("chapters__translator").get(pk=1)
    return [chapter.translator.name for chapter in book.chapters.all()]  # query: flat


def prefetched_later():
    books = list(Book.objects.all())
    prefetch_related_objects(books, "author", "chapters")
    return [(book.author.name, len(book.chapters.all())) for book in books]  # query: flat


def prefetched_later_other():
    books = list(Book.objects.all())
    prefetch_related_objects(books, "chapters")
    return [book.author.name for book in books]  # query: grows "author"


def only_what_is_read():
    return [book.title for book in Book.objects.only("title")]  # query: flat


def only_with_join():
    books = Book.objects.select_related("author").only("title", "author__name")
    return [(book.title, book.author.name) for book in books]  # query: flat


def deferred_and_not_read():
    return [book.title for book in Book.objects.defer("blurb")]  # query: flat


def deferred_and_read():
    return [book.blurb for book in Book.objects.defer("blurb")]  # query: grows awaits "DJG107"


def only_and_another_read():
    return [book.pages for book in Book.objects.only("title")]  # query: grows awaits "DJG107"


def only_and_its_key():
    return [book.pk for book in Book.objects.only("title")]  # query: flat


def deferred_then_restored():
    return [book.blurb for book in Book.objects.defer("blurb").defer(None)]  # query: flat


def chained_prefix():
    chapters = Chapter.objects.select_related("book__author__publisher")
    return [chapter.book.author.publisher.name for chapter in chapters]  # query: flat


def chained_prefix_too_short():
    chapters = Chapter.objects.select_related("book__author")
    return [chapter.book.author.publisher.name for chapter in chapters]  # query: grows "book__author__publisher"


def chained_prefix_other_branch():
    chapters = Chapter.objects.select_related("book__author")
    return [chapter.book.editor.username for chapter in chapters]  # query: grows "book__editor"


def filtered_through():
    books = Book.objects.filter(author__publisher__name="Publisher 0")
    return [book.title for book in books]  # query: flat


def filtered_through_and_read():
    books = Book.objects.filter(author__publisher__name__startswith="Publisher")
    return [book.author.name for book in books]  # query: grows "author"


def count_only():
    return Book.objects.filter(author__name="Author 0").count()  # query: flat


def never_evaluated():
    books = Book.objects.all()
    return [author.name for author in Author.objects.filter(books__in=books).distinct()]  # query: flat


def reviews_by_manager():
    return [review.writer.username for review in Review.objects.shown()]  # query: grows "writer"


def countries():
    return sorted({author.publisher.country.name for author in Author.objects.select_related("publisher__country")})  # query: flat


def country_of_publisher():
    return [publisher.country.name for publisher in Publisher.objects.filter(country__in=Country.objects.all())]  # query: grows "country"
