"""URL patterns: lists in all their forms, includes, namespaces, views, routers."""

from __future__ import annotations

import pytest
from support import project_of

from pitfall_lint.project.django.urls import Urls

SETTINGS = "ROOT_URLCONF = 'site.urls'\nINSTALLED_APPS = []"
HEAD = "from django.urls import include, path, re_path\nfrom django.contrib import admin\nfrom blog import views\n"
VIEWS = """
from django.views.generic import ListView
def index(request): pass
class Posts(ListView): pass
handler = Posts.as_view(template_name="handler.html")
"""


def urls_of(text: str, **others: str) -> Urls:
    """The patterns of a project whose root URL configuration is `text`."""
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')",
        "site/__init__.py": "",
        "site/settings.py": SETTINGS,
        "site/urls.py": HEAD + text,
        "blog/__init__.py": "",
        "blog/views.py": VIEWS,
    }
    return project_of(
        files | {f"{name.replace('__', '/')}.py": content for name, content in others.items()}
    ).django.urls


def rows(urls: Urls) -> list[tuple[str, str | None, str | None]]:
    """Route, qualified name and view of each pattern."""
    return [(p.route, p.qualified, p.view.dotted if p.view is not None else None) for p in urls.patterns]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("urlpatterns = [path('a/', views.index, name='a')]", ("a/", "a", "blog.views.index")),
        ("urlpatterns = [path('a/', views.Posts.as_view(), name='a')]", ("a/", "a", "blog.views.Posts")),
        ("urlpatterns = [path('a/', views.handler)]", ("a/", None, "blog.views.Posts")),
        ("urlpatterns = [path('a/', login_required(views.index))]", ("a/", None, "blog.views.index")),
        ("urlpatterns = [path('a/', cache_page(60)(views.Posts.as_view()))]", ("a/", None, "blog.views.Posts")),
        ("urlpatterns = [path('a/', unknown)]", ("a/", None, None)),
        ("urlpatterns = [re_path(r'^a/$', views.index)]", ("^a/$", None, "blog.views.index")),
        (
            "from django.conf.urls import url\nurlpatterns = [url(r'^a$', 'blog.views.index')]",
            ("^a$", None, "blog.views.index"),
        ),
        (
            "from django.conf.urls import patterns, url\n"
            "urlpatterns = patterns('blog.views', url('a', 'index', name='i'))",
            ("a", "i", "blog.views.index"),
        ),
        ("urlpatterns = []\nurlpatterns += [path('a/', views.index)]", ("a/", None, "blog.views.index")),
        ("urlpatterns = []\nurlpatterns.append(path('a/', views.index))", ("a/", None, "blog.views.index")),
        (
            "urlpatterns = []\nif DEBUG:\n    urlpatterns = [path('a/', views.index)] + urlpatterns",
            ("a/", None, "blog.views.index"),
        ),
        ("more = [path('a/', views.index)]\nurlpatterns = [*more]", ("a/", None, "blog.views.index")),
        (
            "more = [path('b/', views.index)]\nurlpatterns = [path('a/', include(more))]",
            ("a/b/", None, "blog.views.index"),
        ),
        (
            "more = ([path('b/', views.index, name='i')], 'app')\nurlpatterns = [path('a/', include(more))]",
            ("a/b/", "app:i", "blog.views.index"),
        ),
        (
            "urlpatterns = [path('a/', include(([path('b/', views.index, name='i')], 'app'), namespace='x'))]",
            ("a/b/", "x:i", "blog.views.index"),
        ),
        ("urlpatterns = [path('a/', include('blog.urls'))]", ("a/post/", "blog:post", "blog.views.index")),
        ("urlpatterns = [path('a/', include('blog.urls', namespace='n'))]", ("a/post/", "n:post", "blog.views.index")),
        (
            "from blog import urls\nurlpatterns = [path('a/', include(urls))]",
            ("a/post/", "blog:post", "blog.views.index"),
        ),
        (
            "from django.conf.urls.i18n import i18n_patterns\nurlpatterns = i18n_patterns(path('a/', views.index))",
            ("a/", None, "blog.views.index"),
        ),
        ("groups = [[path('a/', views.index)]]\nurlpatterns = sum(groups, [])", ("a/", None, "blog.views.index")),
        (
            "from django.utils.translation import gettext_lazy as _\nurlpatterns = [path(_('a/'), views.index)]",
            ("a/", None, "blog.views.index"),
        ),
        ("PREFIX = 'a'\nurlpatterns = [path(f'{PREFIX}/', views.index)]", ("a/", None, "blog.views.index")),
    ],
)
def test_patterns(text: str, row: tuple[str, str | None, str | None]) -> None:
    blog = "from django.urls import path\nfrom . import views\napp_name = 'blog'\n"
    blog += "urlpatterns = [path('post/', views.index, name='post')]"
    assert rows(urls_of(text, blog__urls=blog)) == [row]


def test_arguments_of_as_view_and_places() -> None:
    (pattern,) = urls_of("urlpatterns = [path('a/', login_required(views.Posts.as_view(paginate_by=3)))]").patterns
    assert set(pattern.kwargs) == {"paginate_by"}
    assert len(pattern.wrappers) == 1
    assert (pattern.place.path, pattern.place.row) == ("site/urls.py", 4)


def test_nested_namespaces() -> None:
    outer = (
        "from django.urls import include, path\napp_name = 'outer'\nurlpatterns = [path('in/', include('inner.urls'))]"
    )
    inner = "from django.urls import path\nfrom blog import views\napp_name = 'inner'\n"
    inner += "urlpatterns = [path('x/', views.index, name='x')]"
    urls = urls_of("urlpatterns = [path('out/', include('outer.urls'))]", outer__urls=outer, inner__urls=inner)
    assert rows(urls) == [("out/in/x/", "outer:inner:x", "blog.views.index")]
    assert list(urls.by_name) == ["outer:inner:x"]
    assert [view.dotted for view in urls.views] == ["blog.views.index"]


@pytest.mark.parametrize(
    ("text", "namespaces"),
    [
        ("urlpatterns = [path('admin/', admin.site.urls)]", {"admin"}),
        ("urlpatterns = [path('a/', include('library.urls'))]", {""}),
        ("urlpatterns = [path('a/', include(('library.urls', 'lib')))]", {"lib"}),
        ("urlpatterns = made()", {""}),
        ("urlpatterns = [path('a/', views.index, name=unknown())]", {""}),
        ("from django.conf.urls.static import static\nurlpatterns = static('/media/')", set()),
        ("urlpatterns = [path('accounts/', include('django.contrib.auth.urls'))]", set()),
    ],
)
def test_open_namespaces(text: str, namespaces: set[str]) -> None:
    assert urls_of(text).open_namespaces == namespaces


def test_urls_that_include_themselves_end() -> None:
    urls = urls_of("urlpatterns = [path('a/', include('site.urls')), path('b/', views.index)]")
    assert ("b/", None, "blog.views.index") in rows(urls)


def test_routers() -> None:
    api = """
from rest_framework import routers, viewsets
from rest_framework.decorators import action
from blog.models import Post
class Posts(viewsets.ModelViewSet):
    queryset = Post.objects.filter(x=1)
    @action(detail=True)
    def mark_read(self, request, pk): pass
    @action(detail=False, url_path="new", url_name="newest")
    def recent(self, request): pass
class Things(viewsets.ViewSet): pass
router = routers.SimpleRouter()
router.register("posts", Posts)
router.register(r"things", Things, basename="thing")
"""
    urls = urls_of(
        "from blog.api import router\nurlpatterns = [path('api/', include((router.urls, 'v1')))]",
        blog__api=api,
        blog__models="from django.db import models\nclass Post(models.Model): pass",
    )
    assert rows(urls) == [
        ("api/posts/", "v1:post-list", "blog.api.Posts"),
        ("api/posts/<pk>/", "v1:post-detail", "blog.api.Posts"),
        ("api/posts/<pk>/mark_read/", "v1:post-mark-read", "blog.api.Posts"),
        ("api/posts/new/", "v1:post-newest", "blog.api.Posts"),
        ("api/things/", "v1:thing-list", "blog.api.Things"),
        ("api/things/<pk>/", "v1:thing-detail", "blog.api.Things"),
    ]
    assert urls.open_namespaces == frozenset()


def test_without_settings_the_urls_that_nothing_includes_are_the_root() -> None:
    project = project_of(
        {
            "a/urls.py": "from django.urls import include, path\nurlpatterns = [path('b/', include('b.urls'))]",
            "b/urls.py": "from django.urls import path\nfrom b import v\nurlpatterns = [path('c/', v.c)]",
            "b/v.py": "def c(request): pass",
        }
    )
    assert rows(project.django.urls) == [("b/c/", None, "b.v.c")]
