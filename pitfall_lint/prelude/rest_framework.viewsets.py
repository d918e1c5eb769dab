"""Django REST framework's viewsets: each action is a way in.

This file is read, never imported. https://www.django-rest-framework.org/api-guide/viewsets/
"""

from rest_framework import generics, mixins, views

from pitfall_lint.prelude import entered, entered_where_written


@entered("list", "retrieve")
@entered_where_written("create", "update", "partial_update", "destroy")
class ViewSetMixin:
    pass


class ViewSet(ViewSetMixin, views.APIView):
    pass


class GenericViewSet(ViewSetMixin, generics.GenericAPIView):
    pass


class ReadOnlyModelViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, GenericViewSet):
    pass


class ModelViewSet(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    mixins.ListModelMixin,
    GenericViewSet,
):
    pass
