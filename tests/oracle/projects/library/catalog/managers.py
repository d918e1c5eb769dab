from django.db import models


class BookQuerySet(models.QuerySet):
    def printed(self):
        return self.filter(pages__gt=0)

    def with_author(self):
        return self.select_related("author")

    def with_everything(self):
        return self.with_author().prefetch_related("tags", "chapters")


class LoanManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().select_related("book")


class ReviewQuerySet(models.QuerySet):
    def recent(self):
        return self.order_by("-pk")

    def with_writer(self):
        return self.select_related("writer")


class BaseReviewManager(models.Manager):
    def shown(self):
        return self.get_queryset().order_by("pk")


ReviewManager = BaseReviewManager.from_queryset(ReviewQuerySet)
