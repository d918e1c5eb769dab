from django.contrib import admin

from .models import Author, Book, Chapter, Cover, Loan, Publisher, Review, Tag


@admin.register(Book)
class BookAdmin(admin.ModelAdmin):
    list_display = ["title", "author", "author_publisher", "chapter_count", "length"]
    list_select_related = ["author__publisher"]
    raw_id_fields = ["author", "editor"]
    filter_horizontal = ["tags"]

    def author_publisher(self, book):
        return book.author.publisher.name  # query: flat

    def chapter_count(self, book):
        return len(book.chapters.all())  # query: grows "chapters"


@admin.register(Author)
class AuthorAdmin(admin.ModelAdmin):  # query: flat
    list_display = ["name", "publisher_name"]
    list_select_related = ["publisher"]
    raw_id_fields = ["publisher", "mentor"]

    def publisher_name(self, author):
        return author.publisher.name  # query: flat


@admin.register(Publisher)
class PublisherAdmin(admin.ModelAdmin):  # query: grows "country"
    raw_id_fields = ["country"]


@admin.register(Cover)
class CoverAdmin(admin.ModelAdmin):  # query: flat
    list_display = ["colour", "book"]
    raw_id_fields = ["book"]


@admin.register(Review)
class ReviewAdmin(admin.ModelAdmin):  # query: grows "writer"
    list_display = ["text", "writer", "about"]
    raw_id_fields = ["book", "writer"]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("book__author")

    def about(self, review):
        return f"{review.book.title} {review.book.author}"  # query: flat


@admin.register(Chapter)
class ChapterAdmin(admin.ModelAdmin):  # query: flat
    list_display = ["heading", "book_id"]
    raw_id_fields = ["book", "translator"]


@admin.register(Loan)
class LoanAdmin(admin.ModelAdmin):
    list_display = ["pk", "shown", "by"]
    raw_id_fields = ["book", "owner"]

    def shown(self, loan):
        return loan.book.title  # query: flat

    def by(self, loan):
        return loan.owner_name  # query: grows "owner"


admin.site.register(Tag)
