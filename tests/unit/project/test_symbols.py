"""Names across modules: source roots, imports in all their forms, classes and their order, constants."""

from __future__ import annotations

import pytest
from support import project_of

from pitfall_lint.language import Function, Let, walk
from pitfall_lint.project.constants import NOTHING
from pitfall_lint.project.symbols import (
    ClassSymbol,
    ExternalSymbol,
    FunctionSymbol,
    ModuleSymbol,
    Symbols,
    ValueSymbol,
)


def symbols_of(**files: str) -> Symbols:
    """Symbols of files; `__` in a name stands for `/`, a last `__` for a package's own module."""
    paths = {name.replace("__", "/"): text for name, text in files.items()}
    return project_of(
        {f"{path}__init__.py" if path.endswith("/") else f"{path}.py": text for path, text in paths.items()}
    ).symbols


def dotted(symbols: Symbols, module: str, name: str) -> str | None:
    """The dotted name of what `name` stands for in the module."""
    found = symbols.resolve(symbols.modules[module], name)
    return found.dotted if found is not None else None


# -------------------------------------------------------------------- modules


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["app.py", "shop/__init__.py", "shop/models.py"], ["app", "shop", "shop.models"]),
        (["src/shop/__init__.py", "src/shop/models.py"], ["shop", "shop.models"]),
        (["backend/manage.py", "backend/shop/models.py"], ["manage", "shop.models"]),
        (["one/manage.py", "one/app/models.py", "two/manage.py", "two/app/views.py"], ["app.models", "app.views"]),
        (["tools/run.py"], ["tools.run"]),
    ],
)
def test_names_of_modules(paths: list[str], names: list[str]) -> None:
    symbols = project_of(dict.fromkeys(paths, "")).symbols
    for name in names:
        assert name in symbols.modules


def test_imports_decide_whether_a_folder_of_packages_is_a_root() -> None:
    files = {"apps/shop/__init__.py": "", "apps/shop/models.py": "", "main.py": ""}
    assert "shop.models" in project_of({**files, "main.py": "import shop.models"}).symbols.modules
    assert "apps.shop.models" in project_of({**files, "main.py": "import apps.shop.models"}).symbols.modules


def test_two_projects_in_one_repository_see_their_own_modules() -> None:
    files = {}
    for name in ("one", "two"):
        files[f"{name}/manage.py"] = ""
        files[f"{name}/app/__init__.py"] = ""
        files[f"{name}/app/models.py"] = f"class Book: {name} = 1"
        files[f"{name}/app/views.py"] = "from app.models import Book"
    symbols = project_of(files).symbols
    for name in ("one", "two"):
        module = symbols.module_at(f"{name}/app/views.py")
        assert module is not None
        book = symbols.resolve(module, "Book")
        assert isinstance(book, ClassSymbol)
        assert book.module.path == f"{name}/app/models.py"
    assert {module.path for module in symbols.modules.values()} == set(files)


def test_a_module_of_another_project_hides_no_library() -> None:
    symbols = project_of(
        {"demo/manage.py": "", "demo/celery.py": "", "site/manage.py": "", "site/x.py": "import celery"}
    )
    module = symbols.symbols.module_at("site/x.py")
    assert module is not None
    assert symbols.symbols.resolve(module, "celery.shared_task") == ExternalSymbol("celery.shared_task")


def test_a_folder_of_scripts_hides_no_library() -> None:
    symbols = symbols_of(redis__setup="", x="import redis\nfrom redis import Redis")
    assert dotted(symbols, "x", "redis.Redis") == "redis.Redis"
    assert dotted(symbols, "x", "Redis") == "redis.Redis"


def test_namespace_packages() -> None:
    symbols = symbols_of(
        company__shop__models="class Book: pass", x="import company.shop.models\nfrom company import shop"
    )
    assert dotted(symbols, "x", "company.shop.models.Book") == "company.shop.models.Book"
    assert dotted(symbols, "x", "shop.models.Book") == "company.shop.models.Book"
    assert isinstance(symbols.resolve(symbols.modules["x"], "company"), ModuleSymbol)


# -------------------------------------------------------------------- imports


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("import a.b.models", "a.b.models.Book", "a.b.models.Book"),
        ("import a.b.models as m", "m.Book", "a.b.models.Book"),
        ("import a.b as b", "b.Book", "a.b.models.Book"),
        ("from a.b import Book", "Book", "a.b.models.Book"),
        ("from a.b import Book as B", "B.method", "a.b.models.Book.method"),
        ("from a import b", "b.models.Book", "a.b.models.Book"),
        ("from a.b import *", "Book", "a.b.models.Book"),
        ("from a.b import *", "Hidden", None),
        ("from .. import b", "b.Book", "a.b.models.Book"),
        ("from ..b.models import helper", "helper", "a.b.models.helper"),
        ("from . import sibling", "sibling", "a.c.sibling"),
        ("from .missing import x", "x", None),
        ("from ..... import x", "x", None),
        ("import os.path", "os.path.join", "os.path.join"),
        ("from django.db.models.query import QuerySet", "QuerySet", "django.db.models.QuerySet"),
        ("from django.db import models as m", "m.fields.related.ForeignKey", "django.db.models.ForeignKey"),
        ("from django.contrib.gis.db import models", "models.Model", "django.db.models.Model"),
        ("from django.core.urlresolvers import reverse", "reverse", "django.urls.reverse"),
        ("from django.views.generic.list import ListView", "ListView", "django.views.generic.ListView"),
        ("from rest_framework.fields import CharField", "CharField", "rest_framework.serializers.CharField"),
        ("from flask.app import Flask", "Flask", "flask.Flask"),
        ("from sqlalchemy.orm.session import Session", "Session", "sqlalchemy.orm.Session"),
        ("", "len", "builtins.len"),
        ("len = 1", "len", "a.c.module.len"),
        ("from django.db.models import *", "CharField", "django.db.models.CharField"),
        ("", "unknown", None),
        ("for x in y: pass", "x", None),
        ("with y as x: pass", "x", None),
        ("Alias = helper\nfrom ..b.models import helper", "Alias", "a.b.models.helper"),
        ("x, y = 1, 2", "y", "a.c.module.y"),
    ],
)
def test_resolving(text: str, name: str, found: str | None) -> None:
    symbols = symbols_of(
        a__="",
        a__b__="from .models import Book, Hidden\n__all__ = ['Book']\n__all__ += ['Other']",
        a__b__models="class Book:\n    def method(self): pass\nclass Hidden: pass\ndef helper(): pass",
        a__c__="",
        a__c__sibling="",
        a__c__module=text,
    )
    assert dotted(symbols, "a.c.module", name) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("try:\n    from fast import X\nexcept ImportError:\n    from own import X", "own.X"),
        ("try:\n    from own import X\nexcept ImportError:\n    X = None", "own.X"),
        ("X = None\ntry:\n    from own import X\nexcept ImportError:\n    pass", "own.X"),
        ("try:\n    from fast import X\nexcept ImportError:\n    X = None", "fast.X"),
        ("try:\n    from fast import X\nexcept ImportError:\n    from django.x import X", "django.x.X"),
        ("if TYPE_CHECKING:\n    from own import X\nelse:\n    X = object", "own.X"),
        ("if TYPE_CHECKING:\n    from own import X", "own.X"),
        ("class X: a = 1\nclass X: b = 2", "m.X"),
        ("from own import X\nclass X(X): pass", "m.X"),
    ],
)
def test_conditional_names(text: str, found: str) -> None:
    assert dotted(symbols_of(own="class X: pass", m=text), "m", "X") == found


def test_the_last_definition_wins_and_may_inherit_from_the_one_before() -> None:
    symbols = symbols_of(own="class X: pass", m="from own import X\nclass X(X): pass")
    last = symbols.resolve(symbols.modules["m"], "X")
    assert isinstance(last, ClassSymbol)
    assert [base.dotted for base in last.mro] == ["m.X", "own.X"]
    again = symbols_of(m="class X: a = 1\nclass X(X): b = 2")
    last = again.resolve(again.modules["m"], "X")
    assert isinstance(last, ClassSymbol)
    assert set(last.members) == {"b"}
    assert last.member("a") is not None


def test_circular_imports_end() -> None:
    symbols = symbols_of(
        a="from b import *\nfrom b import x, y\nclass A(B): pass",
        b="from a import *\nfrom a import x\nclass B: pass\ny = x",
        c="from c import z\nq = q",
    )
    assert dotted(symbols, "a", "x") is None
    assert dotted(symbols, "a", "B") == "b.B"
    assert dotted(symbols, "b", "A") == "a.A"
    assert dotted(symbols, "c", "z") is None
    assert dotted(symbols, "c", "q") == "c.q"


def test_a_class_that_inherits_from_itself_ends() -> None:
    symbols = symbols_of(a="from b import B\nclass A(B): pass", b="from a import A\nclass B(A): pass")
    found = symbols.lookup("a.A")
    assert isinstance(found, ClassSymbol)
    assert found.is_subclass_of("b.B")
    assert not found.is_subclass_of("c.C")
    assert len(found.mro) == 2


def test_lookup() -> None:
    symbols = symbols_of(
        app__="", app__models="class Book:\n    title = 1\n    class Inner: pass\n    def m(self): pass"
    )
    assert isinstance(symbols.lookup("app.models"), ModuleSymbol)
    assert isinstance(symbols.lookup("app.models.Book"), ClassSymbol)
    assert isinstance(symbols.lookup("app.models.Book.Inner"), ClassSymbol)
    method = symbols.lookup("app.models.Book.m")
    assert isinstance(method, FunctionSymbol)
    assert method.owner is symbols.lookup("app.models.Book")
    assert symbols.lookup("app.models.Book.title") is None
    assert symbols.lookup("app.models.missing") is None
    assert symbols.lookup("django.db.models.base.Model") == ExternalSymbol("django.db.models.Model")


def test_one_class_is_one_symbol() -> None:
    symbols = symbols_of(a="class A:\n    class B:\n        def m(self): pass", b="from a import A")
    assert symbols.lookup("a.A") is symbols.resolve(symbols.modules["b"], "A")
    assert symbols.lookup("a.A.B") in list(symbols.classes())
    assert [symbol.dotted for symbol in symbols.functions()] == ["a.A.B.m"]
    nested = symbols.lookup("a.A.B")
    assert isinstance(nested, ClassSymbol)
    assert nested.owner is symbols.lookup("a.A")


def test_names_within_functions() -> None:
    symbols = symbols_of(
        a="class X: pass\ndef f(p, y):\n    from b import X\n    q = 1\n    p.z\n    X.z\n    q.z\n    len.z",
        b="class X: pass",
    )
    module = symbols.modules["a"]
    function = symbols.lookup("a.f")
    assert isinstance(function, FunctionSymbol)
    found = {}
    for node in walk(function.node.body):
        if type(node).__name__ == "Attr":
            symbol = symbols.resolve_expr(module, node.object, function.node)
            found[node.object.id] = symbol.dotted if symbol is not None else None
    assert found == {"p": None, "X": "b.X", "q": None, "len": "builtins.len"}


def test_tests_and_migrations_are_modules_but_hold_no_classes_of_their_own() -> None:
    project = project_of({"app/models.py": "class A: pass", "app/tests/test_x.py": "class B: pass"})
    assert [symbol.name for symbol in project.symbols.classes()] == ["A"]
    assert project.symbols.module_at("app/tests/test_x.py") is not None


# -------------------------------------------------------------------- classes


def test_method_resolution_order() -> None:
    symbols = symbols_of(
        m="""
from celery import Task
class Base: x = 1
class Left(Base): x = 2
class Right(Base): x = 3
class Both(Left, Right, Task): pass
class Broken(Base, Left): pass
"""
    )
    both = symbols.lookup("m.Both")
    assert isinstance(both, ClassSymbol)
    expected = ["m.Both", "m.Left", "m.Right", "m.Base", "celery.Task"]
    assert [base.dotted for base in both.mro] == expected
    member = both.member("x")
    assert member is not None
    assert member.owner.name == "Left"
    assert isinstance(member.node, Let)
    broken = symbols.lookup("m.Broken")
    assert isinstance(broken, ClassSymbol)
    assert [base.dotted for base in broken.mro] == ["m.Broken", "m.Base", "m.Left"]


@pytest.mark.parametrize(
    ("base", "ancestor"),
    [
        ("django.contrib.auth.models.AbstractUser", "django.db.models.Model"),
        ("django.contrib.auth.models.AbstractUser", "django.contrib.auth.base_user.AbstractBaseUser"),
        ("django.views.generic.ListView", "django.views.generic.list.MultipleObjectMixin"),
        ("django.views.generic.ListView", "django.views.View"),
        ("rest_framework.viewsets.ModelViewSet", "rest_framework.generics.GenericAPIView"),
        ("rest_framework.serializers.ModelSerializer", "rest_framework.serializers.BaseSerializer"),
        ("django_extensions.db.models.TimeStampedModel", "django.db.models.Model"),
        ("model_utils.models.TimeStampedModel", "django.db.models.base.Model"),
        ("django.db.models.TextChoices", "enum.Enum"),
        ("django.contrib.admin.TabularInline", "django.contrib.admin.options.InlineModelAdmin"),
    ],
)
def test_what_outside_classes_inherit_from(base: str, ancestor: str) -> None:
    module, _, name = base.rpartition(".")
    symbols = symbols_of(m=f"from {module} import {name}\nclass A({name}): pass\nclass B(A): pass")
    found = symbols.lookup("m.B")
    assert isinstance(found, ClassSymbol)
    assert found.is_subclass_of(ancestor)
    assert not found.is_subclass_of("django.forms.Form")


def test_bases_that_are_no_names() -> None:
    symbols = symbols_of(
        m="""
from typing import Generic
import six
from django.db import models
class Meta(type): pass
class Base: pass
class Qs(models.QuerySet): pass
Made = models.Manager.from_queryset(Qs)
class A(Generic[int], six.with_metaclass(Meta, Base)): pass
class B(models.Manager.from_queryset(Qs)): pass
class C(Made): pass
class D(models.Manager["Book"]): pass
"""
    )
    expected = {"A": ["typing.Generic", "m.Base"], **{name: ["django.db.models.Manager"] for name in "BCD"}}
    for name, bases in expected.items():
        symbol = symbols.lookup(f"m.{name}")
        assert isinstance(symbol, ClassSymbol)
        assert [base.dotted for base in symbol.bases] == bases


def test_members() -> None:
    symbols = symbols_of(
        m="""
class A:
    x = 1
    x = 2
    y: int
    if True:
        def f(self): pass
    else:
        g = 1
    class Meta: pass
"""
    )
    found = symbols.lookup("m.A")
    assert isinstance(found, ClassSymbol)
    assert set(found.members) == {"x", "y", "f", "g", "Meta"}
    assert isinstance(found.members["f"].node, Function)
    assert symbols.constant(found.module, found.members["x"].node.value) == 2  # type: ignore[union-attr, arg-type]


# ------------------------------------------------------------------ constants


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'a' + 'b'", "ab"),
        ("NAME", "shop"),
        ("f'{NAME}.Book'", "shop.Book"),
        ("'%s.Book' % NAME", "shop.Book"),
        ("'{}.Book'.format(NAME)", "shop.Book"),
        ("other.NAME + '!'", "other!"),
        ("other.LIST", ["a", "b", "c"]),
        ("[*other.LIST, 'd']", ["a", "b", "c", "d"]),
        ("LIST[1:]", [2]),
        ("{'a': 1, **{'b': 2}}['b']", 2),
        ("Status.OPEN", "o"),
        ("Plain.OPEN", 3),
        ("-1 * 2", -2),
        ("1 if NAME == 'shop' else 2", 1),
        ("unknown or 1", NOTHING),
        ("None or 'x'", "x"),
        ("dict(a=1)", {"a": 1}),
        ("tuple(LIST)", (1, 2)),
        ("', '.join(['a', 'b'])", "a, b"),
        ("[1, unknown]", [1, NOTHING]),
        ("call()", NOTHING),
        ("1 // 0", NOTHING),
        ("loop", NOTHING),
        ("gettext_lazy('x')", "x"),
        ("'a' * 10 ** 9", NOTHING),
        (" + ".join(["1"] * 150), 150),
        ("[" + "] + [".join(["1"] * 150) + "] + unknown", [*[1] * 150, NOTHING]),
    ],
)
def test_folding(expression: str, value: object) -> None:
    symbols = symbols_of(
        other="NAME = 'other'\nLIST = ['a']\nLIST += ['b']\nLIST += ['c']",
        m=f"""
import other
from django.db import models
NAME = "shop"
LIST = [1, 2]
loop = loop2
loop2 = loop
class Status(models.TextChoices):
    OPEN = "o", "Open"
class Plain:
    OPEN = 1 + 2
RESULT = {expression}
""",
    )
    result = symbols.resolve(symbols.modules["m"], "RESULT")
    if isinstance(result, ValueSymbol):
        assert result.value is not None
        assert symbols.constant(result.module, result.value) == value


def test_folding_within_a_function() -> None:
    symbols = symbols_of(m="X = 1\ndef f(p):\n    X = 2\n    y = X\n    z = p\n    g(X, y, z, p)")
    function = symbols.lookup("m.f")
    assert isinstance(function, FunctionSymbol)
    call = next(node for node in walk(function.node.body) if type(node).__name__ == "Call")
    found = [symbols.constant(function.module, arg, function.node) for arg in call.args]
    assert found == [2, 2, NOTHING, NOTHING]
