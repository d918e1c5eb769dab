"""Django REST framework's paginators: a page holds rows of the queryset.

This file is read, never imported. https://www.django-rest-framework.org/api-guide/pagination/
"""


class BasePagination:
    def paginate_queryset(self, queryset, request, view=None):
        return list(queryset)

    def get_paginated_response(self, data):
        return None


class PageNumberPagination(BasePagination):
    pass


class LimitOffsetPagination(BasePagination):
    pass


class CursorPagination(BasePagination):
    pass
