from django.views.generic import DetailView, ListView, TemplateView

from ..models import Author, Book, Review, Tag
from .bases import Joined, Listing


class BookList(ListView):
    model = Book


class Volumes(ListView):
    context_object_name = "volumes"
    template_name = "catalog/volumes.html"

    def get_queryset(self):
        return Book.objects.select_related("author").order_by("title")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["tags"] = Tag.objects.prefetch_related("books")
        return context


class PagedBooks(ListView):
    queryset = Book.objects.order_by("pk")
    paginate_by = 50
    template_name = "catalog/paged.html"


class BookDetail(DetailView):
    model = Book

    def get_context_data(self, **kwargs):
        return super().get_context_data(reviews=self.object.review_set.select_related("writer"), **kwargs)


class AuthorList(TemplateView):
    template_name = "catalog/author_list.html"

    def get_context_data(self, **kwargs):
        kwargs["authors"] = Author.objects.prefetch_related("books")
        return super().get_context_data(**kwargs)


class Reviews(Joined, Listing):
    model = Review
    joins = ("writer",)
    template_name = "catalog/inherited.html"
