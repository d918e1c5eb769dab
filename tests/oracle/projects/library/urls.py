from django.contrib import admin
from django.urls import include, path

from catalog import api, forms
from catalog.views import generic, plain

pages = [
    path("simple/", plain.simple),
    path("joined/", plain.joined),
    path("includes/", plain.includes),
    path("tags/", plain.tags),
    path("withs/", plain.withs),
    path("answered/", plain.answered),
    path("answered/values/", plain.answered_from_values),
    path("text/", plain.rendered_to_text),
    path("reviews/mine/", plain.own_reviews),
    path("authors/<int:pk>/", plain.of_author),
    path("jinja/", plain.jinja_page),
]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/books/", api.Books.as_view({"get": "list"})),
    path("api/books/<int:pk>/", api.Books.as_view({"get": "retrieve"})),
    path("api/joined/", api.JoinedBooks.as_view({"get": "list"})),
    path("api/authors/", api.Authors.as_view()),
    path("api/authors/joined/", api.AuthorsJoined.as_view()),
    path("api/chapters/", api.Chapters.as_view()),
    path("api/covers/", api.Covers.as_view()),
    path("api/reviews/", api.reviews),
    path("api/tags/", api.TagsView.as_view()),
    path("forms/card/", forms.card),
    path("forms/author/", forms.author),
    path("forms/chosen/", forms.chosen),
    path("plain/", include(pages)),
    path("books/", generic.BookList.as_view()),
    path("volumes/", generic.Volumes.as_view()),
    path("paged/", generic.PagedBooks.as_view()),
    path("books/<int:pk>/", generic.BookDetail.as_view()),
    path("authors/", generic.AuthorList.as_view()),
    path("reviews/", generic.Reviews.as_view()),
]
