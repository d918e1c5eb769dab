"""Django's feeds, as far as rows flow through them: what is said of each item.

https://docs.djangoproject.com/en/stable/ref/contrib/syndication/
"""

from django.shortcuts import render

from pitfall_lint.prelude import called_with, entry


class Feed:
    title_template = None
    description_template = None

    def get_object(self, request, *args, **kwargs):
        return None

    def item_title(self, item):
        return str(item)

    def item_description(self, item):
        return str(item)

    def item_link(self, item):
        return item.get_absolute_url()

    @entry
    def get_feed(self, request):
        for item in called_with(self, "items", self.get_object(request)):
            if self.title_template is not None:
                render(request, self.title_template, {"obj": item})
            else:
                called_with(self, "item_title", item)
            if self.description_template is not None:
                render(request, self.description_template, {"obj": item})
            else:
                called_with(self, "item_description", item)
            for name in (
                "item_link",
                "item_guid",
                "item_author_name",
                "item_author_email",
                "item_author_link",
                "item_pubdate",
                "item_updateddate",
                "item_categories",
                "item_copyright",
                "item_comments",
                "item_enclosures",
                "item_enclosure_url",
                "item_enclosure_length",
                "item_enclosure_mime_type",
                "item_extra_kwargs",
            ):
                called_with(self, name, item)
