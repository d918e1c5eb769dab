from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.http import HttpResponse, JsonResponse
from django.template.response import TemplateResponse

from ..models import Author, Book, Publisher, Review


def simple(request):
    return render(request, "catalog/simple.html", {"books": Book.objects.order_by("pk")})


def joined(request):
    books = Book.objects.select_related("author__publisher").prefetch_related("tags", "chapters__translator")
    return render(request, "catalog/joined.html", {"books": books})


def includes(request):
    context = {"books": Book.objects.order_by("pk")}
    context["others"] = Book.objects.select_related("author")
    return TemplateResponse(request, "catalog/includes.html", context)


def tags(request):
    books = Book.objects.order_by("pk")
    return render(request, "catalog/tags.html", {"books": books})


def withs(request):
    context = {
        "books": Book.objects.order_by("pk"),
        "shelves": {"all": Book.objects.order_by("pages"), "long": Book.objects.filter(pages__gt=10)},
        "ordered": Book.objects.order_by("author_id", "pk"),
        "first": Book.objects.first(),
        "pairs": [(number, review) for number, review in enumerate(Review.objects.order_by("pk"))],
        "joined_pairs": list(enumerate(Review.objects.select_related("writer"))),
        "entries": [{"book": book, "count": book.pages} for book in Book.objects.select_related("author")],
        "publishers": Publisher.objects.order_by("name"),
        "addresses": Book.objects.filter(pages__gt=0),
        "cycled": Book.objects.filter(pages__gt=1),
    }
    context.update(imprints=Book.objects.select_related("author__publisher"))
    return render(request, "catalog/withs.html", context)


def answered(request):
    books = [
        {"title": book.title, "author": book.author.name}  # query: grows "author"
        for book in Book.objects.all()
    ]
    return JsonResponse({"books": books})


def answered_from_values(request):
    books = list(Book.objects.values("title", "author__name"))  # query: flat
    return JsonResponse({"books": books})


def rendered_to_text(request):
    lines = []
    for book in Book.objects.order_by("pk"):
        lines.append(render_to_string("catalog/_line.html", {"book": book}))  # query: flat
        lines.append(render_to_string("catalog/_author_line.html", {"book": book}))  # query: grows "author"
    return HttpResponse("".join(lines))


def own_reviews(request):
    lines = []
    for review in request.user.reviews.all():
        lines.append(review.writer.username)  # query: flat
        lines.append(review.book.title)  # query: grows "book"
        lines.append(str(request.user.city))  # query: flat
    return HttpResponse("".join(lines))


def of_author(request, pk):
    author = get_object_or_404(Author.objects.prefetch_related("books__chapters"), pk=pk)
    lines = []
    for book in author.books.all():
        lines.append(book.author.name)  # query: flat
        lines.append(book.first_words())  # query: flat
        lines.append(book.editor.username)  # query: grows "books__editor"
    return HttpResponse("".join(lines))


def jinja_page(request):
    context = {
        "books": Book.objects.order_by("pk"),
        "joined": Book.objects.select_related("author"),
        "reviews": Review.objects.order_by("pk"),
    }
    return render(request, "catalog/jinja_page.jinja", context)
