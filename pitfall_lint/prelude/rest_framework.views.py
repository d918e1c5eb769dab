"""Django REST framework's views, as far as querysets and rows flow through them.

This file is read, never imported. `_enter` runs before the method through which a request comes in, as `dispatch` does;
what `@action(...)` is given beside it becomes the view's.
https://www.django-rest-framework.org/api-guide/views/
"""

from django.views.generic import View
from rest_framework.request import Request

from pitfall_lint.prelude import entered, entered_where_written

VERBS = {
    "get": "GET",
    "head": "GET",
    "list": "GET",
    "retrieve": "GET",
    "post": "POST",
    "create": "POST",
    "put": "PUT",
    "update": "PUT",
    "patch": "PATCH",
    "partial_update": "PATCH",
    "delete": "DELETE",
    "destroy": "DELETE",
    "GET": "GET",
    "POST": "POST",
    "PUT": "PUT",
    "PATCH": "PATCH",
    "DELETE": "DELETE",
}
DETAIL = {"list": False, "create": False, "retrieve": True, "update": True, "partial_update": True, "destroy": True}


@entered("get")
@entered_where_written("post", "put", "patch", "delete")
class APIView(View):
    def _enter(self, name, methods=None, detail=None, **attributes):
        verb = VERBS.get(name, "GET")
        if methods and len(methods) == 1:
            verb = VERBS.get(methods[0])
        self.action = name
        self.detail = DETAIL.get(name, detail)
        self.request = Request(verb)
        for attribute, value in attributes.items():
            setattr(self, attribute, value)
        self.initial(self.request)

    def initial(self, request, *args, **kwargs):
        return None
