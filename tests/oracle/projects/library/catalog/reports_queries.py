"""Queries that loops send of themselves, and what looks like them."""

from django.shortcuts import get_object_or_404

from .models import Author, Book, Chapter, Publisher, Tag


def got_by_key():
    lines = []
    for chapter in Chapter.objects.all():
        book = Book.objects.get(pk=chapter.book_id)  # query: grows
        lines.append(book.title)
    return lines


def got_in_bulk():
    chapters = list(Chapter.objects.all())
    books = Book.objects.in_bulk([chapter.book_id for chapter in chapters])  # query: flat
    return [books[chapter.book_id].title for chapter in chapters]  # query: flat


def got_or_404_by_key():
    lines = []
    for chapter in Chapter.objects.all():
        lines.append(get_object_or_404(Book, pk=chapter.book_id).title)  # query: grows
    return lines


def filtered_by_row():
    lines = []
    for author in Author.objects.all():
        for book in Book.objects.filter(author=author):  # query: grows
            lines.append(book.title)
    return lines


def filtered_at_once():
    authors = list(Author.objects.all())
    return [book.title for book in Book.objects.filter(author__in=authors)]  # query: flat


def built_not_run():
    lines = []
    for author in Author.objects.all():
        query = Book.objects.filter(author=author)  # query: flat
        lines.append(query is not None)
    return lines


def counted():
    return [(author.name, author.books.count()) for author in Author.objects.all()]  # query: grows


def counted_prefetched():
    authors = Author.objects.prefetch_related("books")
    return [(author.name, author.books.count()) for author in authors]  # query: flat


def checked():
    return [publisher.authors.exists() for publisher in Publisher.objects.all()]  # query: grows


def checked_for_one():
    publisher = Publisher.objects.first()
    return publisher.authors.exists(), publisher.authors.count()  # query: flat


def first_of_set():
    return [author.books.first().title for author in Author.objects.all()]  # query: grows


def first_of_prefetched_set():
    authors = Author.objects.prefetch_related("books")
    return [author.books.first().title for author in authors]  # query: grows


def filtered_prefetched_set():
    lines = []
    for author in Author.objects.prefetch_related("books"):
        for book in author.books.filter(pages__gt=1):  # query: grows
            lines.append(book.title)
    return lines


def filtered_in_python():
    lines = []
    for author in Author.objects.prefetch_related("books"):
        for book in [book for book in author.books.all() if book.pages > 1]:  # query: flat
            lines.append(book.title)
    return lines


def values_of_prefetched_set():
    authors = Author.objects.prefetch_related("books")
    return [list(author.books.values_list("title", flat=True)) for author in authors]  # query: grows


def saved_one_by_one():
    for book in Book.objects.all():
        book.pages += 1
        book.save()  # query: grows


def saved_at_once():
    books = list(Book.objects.all())
    for book in books:
        book.pages += 1  # query: flat
    Book.objects.bulk_update(books, ["pages"])  # query: flat


def updated_at_once():
    return Book.objects.update(pages=3)  # query: flat


def made_one_by_one():
    for author in Author.objects.all():
        Tag.objects.create(word=author.name)  # query: grows


def made_at_once():
    Tag.objects.bulk_create([Tag(word=author.name) for author in Author.objects.all()])  # query: flat


def few_by_name():
    return [Tag.objects.filter(word=word).exists() for word in ("tag 0", "tag 1")]  # query: flat


def deleted_at_once():
    return Chapter.objects.filter(heading="none").delete()[0]  # query: flat


def once_before_the_loop():
    total = Book.objects.count()
    return [(author.name, total) for author in Author.objects.all()]  # query: flat


def by_key_of_fixed():
    return [Book.objects.get(pk=number).title for number in (1, 2)]  # query: flat
