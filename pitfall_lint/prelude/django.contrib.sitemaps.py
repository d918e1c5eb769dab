"""Django's sitemaps, as far as rows flow through them: each item's location, and what else is said of it.

https://docs.djangoproject.com/en/stable/ref/contrib/sitemaps/
"""

from pitfall_lint.prelude import entry


class Sitemap:
    lastmod = None
    changefreq = None
    priority = None

    def items(self):
        return []

    def location(self, item):
        return item.get_absolute_url()

    @entry
    def get_urls(self, page=1, site=None, protocol=None):
        for item in self.items():
            self.location(item)
            self.lastmod(item)
            self.changefreq(item)
            self.priority(item)
