"""Django REST framework's request, as far as views tell by it what to do.

This file is read, never imported. https://www.django-rest-framework.org/api-guide/requests/
"""

from django.http import HttpRequest


class Request:
    def __init__(self, method):
        self.method = method

    @property
    def user(self):
        return HttpRequest.user
