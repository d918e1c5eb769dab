from django.urls import include, path

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
    path("plain/", include(pages)),
    path("books/", generic.BookList.as_view()),
    path("volumes/", generic.Volumes.as_view()),
    path("paged/", generic.PagedBooks.as_view()),
    path("books/<int:pk>/", generic.BookDetail.as_view()),
    path("authors/", generic.AuthorList.as_view()),
    path("reviews/", generic.Reviews.as_view()),
]
