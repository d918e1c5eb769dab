from django.views.generic import ListView


class Counted:
    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        context["count"] = 3
        return context


class Joined:
    joins = ()

    def get_queryset(self):
        return super().get_queryset().select_related(*self.joins)


class Listing(Counted, ListView):
    ordering = "pk"
