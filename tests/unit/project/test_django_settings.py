"""Settings modules: which they are, what they say, which paths they mean; and the apps that follow from them."""

from __future__ import annotations

import pytest
from support import project_of

from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.django.settings import Settings

MANAGE = "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', '{}')\n"


def settings_of(text: str, **others: str) -> Settings:
    """The settings of a usual project: manage.py beside a package with settings.py."""
    files = {"manage.py": MANAGE.format("site.settings"), "site/__init__.py": "", "site/settings.py": text}
    files |= {f"{name.replace('__', '/')}.py": content for name, content in others.items()}
    return project_of(files).django.settings[0]


# --------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "value", "certain"),
    [
        ("X = 1", 1, True),
        ("X = ['a']\nX += ['b']", ["a", "b"], True),
        ("BASE = ['a']\nX = BASE + ['b']", ["a", "b"], True),
        ("X = ['a']\nX.append('b')\nX.insert(0, 'c')\nX.extend(['d'])\nX.remove('a')", ["c", "b", "d"], True),
        ("X = ('a',)\nX = (*X, 'b')", ("a", "b"), True),
        ("from .base import *\nX += ['b']", ["base", "b"], True),
        ("from .base import X as Y\nX = Y + ['b']", ["base", "b"], True),
        ("from . import base\nX = base.X + ['b']", ["base", "b"], True),
        ("from site.base import *", ["base"], True),
        ("DEBUG = True\nif DEBUG:\n    X = 1\nelse:\n    X = 2", 1, True),
        ("DEBUG = False\nX = 0\nif not DEBUG:\n    X = 1", 1, True),
        ("X = {'a': 1}\nX['b'] = 2", {"a": 1, "b": 2}, True),
        ("X = {'a': {'b': 1}}\nX['a']['c'] = 2\nX.update({'d': 3})", {"a": {"b": 1, "c": 2}, "d": 3}, True),
        ("X = {'a': 1}\nX |= {'b': 2}", {"a": 1, "b": 2}, True),
        ("X, Y = 1, 2", 1, True),
        ("try:\n    from .local import *\nexcept ImportError:\n    X = 1", 1, True),
        ("try:\n    from .base import *\nexcept ImportError:\n    X = 1", ["base"], True),
        ("import os\nX = os.environ['X']", NOTHING, False),
        ("import os\nX = os.environ.get('X', 'd')", NOTHING, False),
        ("X = unknown()", NOTHING, False),
        ("X = ['a', unknown()]", ["a", NOTHING], False),
        ("X = ['a']\nX += unknown()", ["a", NOTHING], False),
        ("X = ['a']\nif unknown():\n    X += ['b']", ["a", "b"], False),
        ("X = 1\nif unknown():\n    X = 2", NOTHING, False),
        ("X = 1\nif unknown():\n    X = 1", 1, True),
        ("X = ['a']\nfor x in unknown():\n    X += [x]", ["a", NOTHING], False),
        ("X = list(dict.fromkeys(reversed(['a', 'b'])))", ["b", "a"], True),
        ("def X(): pass", None, None),
    ],
)
def test_values(text: str, value: object, certain: bool | None) -> None:
    settings = settings_of(text, site__base="X = ['base']\nINSTALLED_APPS = []")
    setting = settings.get("X")
    if certain is None:
        assert setting is None
        assert settings.value("X") is NOTHING
        return
    assert setting is not None
    assert setting.value == value
    assert setting.certain is certain


@pytest.mark.parametrize(
    ("expression", "possible"),
    [
        ("os.environ.get('X', 'd')", ("d",)),
        ("os.getenv('X', 'd')", ("d",)),
        ("env('X', default=True)", (True,)),
        ("env.bool('X', default=False)", (False,)),
        ("env.list('X', default=['a'])", (["a"],)),
        ("config('X', default='d', cast=str)", ("d",)),
        ("os.environ.get('X', 'True') == 'True'", (True,)),
        ("bool(int(os.environ.get('X', 0)))", (False,)),
        ("'a' + os.environ.get('X', 'd')", ("ad",)),
        ("os.environ.get('X')", ()),
        ("env('X')", ()),
    ],
)
def test_defaults_of_the_environment_are_kept_but_not_certain(expression: str, possible: tuple[object, ...]) -> None:
    head = "import os\nimport environ\nfrom decouple import config\nenv = environ.Env()\n"
    setting = settings_of(f"{head}X = {expression}").get("X")
    assert setting is not None
    assert not setting.certain
    assert setting.possible == possible


def test_branches_are_possible_values() -> None:
    setting = settings_of("if unknown():\n    X = 1\nelse:\n    X = 2").get("X")
    assert setting is not None
    assert (setting.value, setting.possible) == (NOTHING, (1, 2))


def test_what_is_outside_the_repository_leaves_the_settings_open() -> None:
    assert not settings_of("X = 1").is_open
    assert settings_of("try:\n    from .local import *\nexcept ImportError:\n    pass").is_open
    assert settings_of("globals().update(unknown())").is_open
    assert not settings_of("try:\n    import uvloop\nexcept ImportError:\n    pass").is_open


# ---------------------------------------------------------------------- paths


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("BASE = Path(__file__).resolve().parent.parent\nX = BASE / 'static'", ("static",)),
        ("BASE = Path(__file__).parents[1]\nX = [BASE / 'a' / 'b']", ("a/b",)),
        (
            "BASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))\nX = os.path.join(BASE, 'a', 'b')",
            ("a/b",),
        ),
        ("HERE = os.path.dirname(__file__)\nX = [os.path.join(HERE, '..', 'a')]", ("a",)),
        ("HERE = os.path.dirname(__file__)\nX = os.path.join(HERE, os.pardir, 'a')", ("a",)),
        ("BASE = Path(__file__).parent\nX = str(BASE / 'a')", ("site/a",)),
        ("BASE = Path(__file__).parent\nX = f'{BASE}/a'", ("site/a",)),
        ("BASE = os.path.dirname(__file__)\nX = BASE + '/a'", ("site/a",)),
        ("BASE = os.path.dirname(__file__)\nX = '%s/a' % BASE", ("site/a",)),
        ("BASE = Path(__file__).parent.parent\nX = BASE.joinpath('a', 'b')", ("a/b",)),
        ("ROOT_DIR = environ.Path(__file__) - 2\nX = [str(ROOT_DIR.path('a'))]", ("a",)),
        ("ROOT_DIR = environ.Path(__file__) - 2\nX = [ROOT_DIR('a')]", ("a",)),
        ("BASE = Path(__file__).parent.parent\nX = [('prefix', BASE / 'a')]", ("a",)),
        ("BASE = Path(__file__).ancestor(2)\nX = BASE.child('a')", ("a",)),
        ("BASE = Path(__file__).parent.parent\nX = [BASE]", ("",)),
        ("X = ['templates']", ("templates",)),
        ("X = '/var/www'", (None,)),
        ("BASE = Path(__file__).parent.parent.parent\nX = BASE / 'a'", (None,)),
        ("X = [unknown()]", (None,)),
        ("", ()),
    ],
)
def test_paths_are_root_relative(text: str, paths: tuple[str | None, ...]) -> None:
    head = "import os\nimport environ\nfrom pathlib import Path\n"
    assert settings_of(head + text).paths("X") == paths


def test_paths_of_a_project_below_the_root() -> None:
    project = project_of(
        {
            "backend/manage.py": MANAGE.format("site.settings"),
            "backend/site/settings.py": "from pathlib import Path\nB = Path(__file__).parents[1]\nX = [B / 'a', 'b']",
        }
    )
    assert project.django.settings[0].paths("X") == ("backend/a", "backend/b")


# ------------------------------------------------------------------ templates


def test_template_engines() -> None:
    settings = settings_of("""
from pathlib import Path
BASE = Path(__file__).parent.parent
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates", unknown()],
        "APP_DIRS": True,
        "OPTIONS": {"builtins": ["a.tags"]},
    },
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "OPTIONS": {"loaders": [("django.template.loaders.cached.Loader", ["a.Loader", "b.Loader"])]},
    },
]
TEMPLATES[0]["DIRS"].append("appended")
TEMPLATES[0]["DIRS"] += ["added", BASE / "added_too"]
TEMPLATES[0]["DIRS"].insert(0, "first")
TEMPLATES[1]["DIRS"] = ["set"]
TEMPLATES[1]["OPTIONS"].update({"autoescape": True})
TEMPLATES[2]["DIRS"].append("nowhere")
""")
    first, second = settings.templates
    assert first.dirs == ("first", "templates", None, "appended", "added", "added_too")
    assert first.app_dirs
    assert first.loaders is None
    assert first.options["builtins"] == ["a.tags"]
    assert not first.certain
    assert second.dirs == ("set",)
    assert second.options["autoescape"] is True
    assert not second.app_dirs
    assert second.loaders == ("django.template.loaders.cached.Loader", "a.Loader", "b.Loader")


def test_the_old_template_settings() -> None:
    settings = settings_of(
        "import os\nHERE = os.path.dirname(__file__)\nTEMPLATE_DIRS = (os.path.join(HERE, 'templates'),)\n"
        "TEMPLATE_LOADERS = ('django.template.loaders.app_directories.Loader',)"
    )
    (engine,) = settings.templates
    assert engine.dirs == ("site/templates",)
    assert engine.app_dirs
    assert engine.certain


# ---------------------------------------------------------- which are settings


def test_wsgi_comes_before_manage_and_development_last() -> None:
    project = project_of(
        {
            "manage.py": MANAGE.format("conf.settings.local"),
            "conf/__init__.py": "",
            "conf/wsgi.py": MANAGE.format("conf.settings.production"),
            "conf/settings/__init__.py": "",
            "conf/settings/base.py": "INSTALLED_APPS = ['a']",
            "conf/settings/local.py": "from .base import *\nX = 'local'",
            "conf/settings/production.py": "from .base import *\nX = 'production'",
            "conf/settings/staging.py": "from .base import *\nINSTALLED_APPS += ['b']",
        }
    )
    names = [settings.module.name for settings in project.django.settings]
    assert names[0] == "conf.settings.production"
    assert set(names) == {f"conf.settings.{name}" for name in ("production", "staging", "base", "local")}
    assert project.django.setting("X") == "production"
    assert project.django.settings[0].named_by == ("conf/wsgi.py",)
    assert [module.name for module in project.django.settings[0].modules][1] == "conf.settings.base"


def test_production_that_nothing_names_comes_before_development_that_manage_names() -> None:
    project = project_of(
        {
            "manage.py": MANAGE.format("conf.dev"),
            "conf/__init__.py": "",
            "conf/dev.py": "INSTALLED_APPS = []",
            "conf/settings/__init__.py": "",
            "conf/settings/prod.py": "INSTALLED_APPS = ['a']",
        }
    )
    assert project.django.settings[0].module.name == "conf.settings.prod"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", "[tool.pytest.ini_options]\nDJANGO_SETTINGS_MODULE = 'conf.odd'\n"),
        ("setup.cfg", "[tool:pytest]\nDJANGO_SETTINGS_MODULE = conf.odd\n"),
        ("tox.ini", "[testenv]\nsetenv = DJANGO_SETTINGS_MODULE=conf.odd\n"),
        ("Dockerfile", "ENV DJANGO_SETTINGS_MODULE=conf.odd\n"),
        ("pytest.ini", "[pytest]\naddopts = --ds=conf.odd\n"),
        ("conf/celery.py", "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'conf.odd'\n"),
    ],
)
def test_other_files_that_name_settings(path: str, text: str) -> None:
    project = project_of({path: text, "conf/__init__.py": "", "conf/odd.py": "X = 1"})
    assert [settings.module.name for settings in project.django.settings] == ["conf.odd"]


def test_modules_that_look_like_settings() -> None:
    project = project_of(
        {"a/settings.py": "INSTALLED_APPS = []", "b/settings.py": "COLOUR = 1", "a/c.py": "INSTALLED_APPS = []"}
    )
    assert [settings.module.path for settings in project.django.settings] == ["a/settings.py"]
    assert project_of({"a.py": "X = 1"}).django.settings == ()
    assert project_of({"a.py": "X = 1"}).django.setting("X") is NOTHING


def test_settings_classes() -> None:
    text = """
class Base:
    DEBUG = False
    INSTALLED_APPS = ["a"]
    @property
    def TEMPLATES(self):
        dirs = [self.FOLDER]
        return [{"BACKEND": "x", "DIRS": dirs}]
class Site(Base):
    FOLDER = "t"
    INSTALLED_APPS = Base.INSTALLED_APPS + ["b"]
Site.load_settings(__name__)
"""
    settings = settings_of(text)
    assert settings.value("INSTALLED_APPS") == ["a", "b"]
    assert settings.value("DEBUG") is False
    assert settings.templates[0].dirs == ("t",)
    text = text.replace("class Base:", "from configurations import Configuration\nclass Base(Configuration):")
    text = text.replace("Site.load_settings(__name__)", "")
    assert settings_of(text).value("INSTALLED_APPS") == ["a", "b"]


def test_split_settings() -> None:
    settings = settings_of(
        "from split_settings.tools import include, optional\ninclude('parts/*.py', optional('local.py'))",
        site__parts__a="X = ['a']",
        site__parts__b="X += ['b']",
    )
    assert settings.value("X") == ["a", "b"]
    assert settings.is_open


# ----------------------------------------------------------------------- apps


def test_apps() -> None:
    config = "from django.apps import AppConfig\nclass Config(AppConfig):\n    name = {!r}\n    label = {!r}"
    model = "from django.db import models\nclass {}(models.Model): pass"
    installed = ["django.contrib.admin", "shop.apps.Config", "apps.blog", "nested.forum"]
    project = project_of(
        {
            "manage.py": MANAGE.format("site.settings"),
            "site/settings.py": f"INSTALLED_APPS = {installed}",
            "shop/__init__.py": "",
            "shop/apps.py": config.format("shop", "store"),
            "shop/models.py": model.format("Item"),
            "apps/blog/__init__.py": "",
            "apps/blog/models.py": model.format("Post"),
            "nested/__init__.py": "",
            "nested/forum/__init__.py": "",
            "nested/forum/apps.py": config.format("nested.forum", "board"),
            "nested/forum/parts/__init__.py": "",
            "nested/forum/parts/things.py": model.format("Topic"),
            "forgotten/__init__.py": "",
            "forgotten/models.py": model.format("Lost"),
        }
    )
    apps = {app.dotted: (app.label, app.folder, app.installed) for app in project.django.apps}
    assert apps == {
        "shop": ("store", "shop", True),
        "apps.blog": ("blog", "apps/blog", True),
        "nested.forum": ("board", "nested/forum", True),
        "forgotten": ("forgotten", "forgotten", False),
    }
    assert "django.contrib.admin" in project.django.installed_apps
    own = {model.label for model in project.django.models.values() if model.symbol is not None}
    assert own == {"store.Item", "blog.Post", "board.Topic", "forgotten.Lost"}


def test_the_declared_version() -> None:
    project = project_of({"requirements.txt": "Django>=4.2,<5.3\n", "a.py": ""})
    assert project.django.version == (4, 2)
    assert project_of({"requirements.txt": "flask\n"}).django.version is None
