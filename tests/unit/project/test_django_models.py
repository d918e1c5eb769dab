"""Models beyond what Django itself can be asked about: libraries, labels, what is not known, managers, lookups."""

from __future__ import annotations

import pytest
from support import project_of

from pitfall_lint.project import Project
from pitfall_lint.project.django.models import Model

HEAD = "from django.db import models\n"


def project_with(text: str, **others: str) -> Project:
    """A project of one app `shop` with these models."""
    files = {"shop/__init__.py": "", "shop/models.py": HEAD + text}
    return project_of(files | {f"{name.replace('__', '/')}.py": content for name, content in others.items()})


def model_in(project: Project, label: str) -> Model:
    """The model of that label."""
    found = project.django.model_named(label)
    assert found is not None
    return found


def kinds(model: Model) -> dict[str, tuple[str, str | None]]:
    """Kind and target of each relation."""
    return {
        name: (relation.kind, relation.target.label if relation.target is not None else None)
        for name, relation in model.relations.items()
    }


# --------------------------------------------------------------------- fields


@pytest.mark.parametrize(
    ("field", "relation"),
    [
        ("from mptt.models import TreeForeignKey as F\n", ("fk", "shop.A")),
        ("from mptt.fields import TreeManyToManyField as F\n", ("m2m", "shop.A")),
        ("from modelcluster.fields import ParentalKey as F\n", ("fk", "shop.A")),
        ("from modelcluster.fields import ParentalManyToManyField as F\n", ("m2m", "shop.A")),
        ("from sortedm2m.fields import SortedManyToManyField as F\n", ("m2m", "shop.A")),
        ("from some.library import SpecialOneToOneField as F\n", ("o2o", "shop.A")),
        ("class F(models.ForeignKey): pass\n", ("fk", "shop.A")),
        ("class G(models.ForeignKey): pass\nclass F(G): pass\n", ("fk", "shop.A")),
        ("def F(to): return models.ForeignKey(to, models.CASCADE)\n", ("fk", "shop.A")),
        ("F = models.ForeignKey\n", ("fk", "shop.A")),
        ("from some.library import RichTextField as F\n", None),
        ("from django.forms import ModelChoiceField as F\n", None),
    ],
)
def test_field_classes_that_lead_to_rows(field: str, relation: tuple[str, str] | None) -> None:
    project = project_with(f"{field}class A(models.Model): pass\nclass B(models.Model):\n    a = F('A')\n")
    assert kinds(model_in(project, "shop.B")).get("a") == relation


def test_kinds_of_plain_fields() -> None:
    project = project_with("""
from django_countries.fields import CountryField
class Short(models.CharField): pass
class A(models.Model):
    a = models.CharField(max_length=1)
    b = Short()
    c = CountryField()
    d = models.JSONField(default=dict)
    e = models.Choices
    f = unknown()
""")
    fields = model_in(project, "shop.A").fields
    assert {name: field.kind for name, field in fields.items()} == {
        "id": "AutoField",
        "a": "CharField",
        "b": "CharField",
        "c": "CharField",
        "d": "JSONField",
    }
    assert set(fields["a"].options) == {"max_length"}
    assert fields["a"].place is not None
    assert (fields["a"].place.path, fields["a"].place.row) == ("shop/models.py", 6)


def test_tags() -> None:
    project = project_with("""
from taggit.managers import TaggableManager
from taggit.models import TaggedItemBase, TagBase, GenericTaggedItemBase
class Label(TagBase): pass
class Labelled(GenericTaggedItemBase):
    tag = models.ForeignKey(Label, models.CASCADE, related_name="items")
class Through(TaggedItemBase):
    content_object = models.ForeignKey("A", models.CASCADE)
class A(models.Model):
    plain = TaggableManager()
    own = TaggableManager(through=Labelled)
    through = TaggableManager(through="shop.Through")
""")
    found = kinds(model_in(project, "shop.A"))
    assert found["plain"] == ("m2m", "taggit.Tag")
    assert found["own"] == ("m2m", "shop.Label")
    assert found["through"] == ("m2m", "taggit.Tag")


def test_models_of_libraries() -> None:
    project = project_with("""
from mptt.models import MPTTModel
from polymorphic.models import PolymorphicModel
from wagtail.models import Page
from unknown_shop.abstract_models import AbstractProduct
from unknown.things import Thing
from model_utils.models import TimeStampedModel
class A(MPTTModel): pass
class B(PolymorphicModel): pass
class C(Page): pass
class D(AbstractProduct):
    a = models.ForeignKey(A, models.CASCADE)
class E(Thing):
    a = models.ForeignKey(A, models.CASCADE)
class F(TimeStampedModel): pass
""")
    assert project.django.model_named("shop.E") is None
    assert kinds(model_in(project, "shop.A")) == {"d_set": ("reverse_fk", "shop.D")}
    page = kinds(model_in(project, "shop.C"))
    assert page["owner"] == ("fk", "auth.User")
    assert page["page_ptr"] == ("o2o", "wagtailcore.Page")
    assert model_in(project, "shop.C").default_manager.external == "wagtail.models.PageManager"
    assert "created" in model_in(project, "shop.F").fields
    assert model_in(project, "shop.A").default_manager.external == "mptt.managers.TreeManager"


# -------------------------------------------------------------------- targets


def test_what_a_relation_may_lead_to() -> None:
    project = project_with(
        """
from django.conf import settings
from other import names
from swapper import get_model_name
class A(models.Model): pass
class B(models.Model):
    a = models.ForeignKey("missing.Thing", models.CASCADE)
    b = models.ForeignKey(unknown, models.CASCADE)
    c = models.ForeignKey(names.Config.MODEL, models.CASCADE)
    d = models.ForeignKey(getattr(settings, "NOT_SET", "shop.A"), models.CASCADE)
    e = models.ForeignKey(get_model_name("shop", "A"), models.CASCADE)
    f = models.ForeignKey("other.models.C", models.CASCADE)
    g = models.ForeignKey("lib.models.Thing", models.CASCADE)
""",
        other__names="class Config:\n    MODEL = 'shop.A'",
        other__models=f"{HEAD}class C(models.Model): pass",
    )
    found = {name: target for name, (_, target) in kinds(model_in(project, "shop.B")).items()}
    assert found == {"a": None, "b": None, "c": "shop.A", "d": "shop.A", "e": "shop.A", "f": "other.C", "g": None}
    reasons = {one.relation.name: one.local for one in project.django.unresolved}
    assert reasons == {"a": False, "b": True, "g": False}


def test_the_user_model_without_settings() -> None:
    text = "from django.contrib.auth.models import AbstractUser\nclass Person(AbstractUser): pass\n"
    text += "from django.conf import settings\nclass A(models.Model):\n"
    text += "    u = models.ForeignKey(settings.AUTH_USER_MODEL, 1)"
    project = project_with(text)
    assert kinds(model_in(project, "shop.A")) == {"u": ("fk", "shop.Person")}
    assert project.django.user_model is model_in(project, "shop.Person")
    plain = project_with("class A(models.Model): pass")
    assert plain.django.user_model is not None
    assert plain.django.user_model.label == "auth.User"


def test_a_class_that_inherits_from_get_user_model() -> None:
    text = "from django.contrib.auth import get_user_model\n"
    text += "class Staff(get_user_model()):\n    class Meta:\n        proxy = True"
    staff = model_in(project_with(text), "shop.Staff")
    assert staff.proxy
    assert staff.concrete.label == "auth.User"
    assert "groups" in staff.relations


def test_models_from_outside_are_known_when_asked_for() -> None:
    project = project_with("class A(models.Model): pass")
    group = project.django.model_of("django.contrib.auth.models.Group")
    assert group is not None
    assert project.django.model_named("auth.group") is group
    assert group.relation("permissions") is not None
    assert project.django.model_of("django.contrib.auth.models.AbstractUser") is not None
    assert project.django.model_of("django.views.View") is None
    assert project.django.model_of(project.symbols.lookup("shop.models.A")) is model_in(project, "shop.A")


def test_two_projects_each_with_a_model_of_one_label() -> None:
    text = (
        f"{HEAD}class A(models.Model): pass\nclass B(models.Model):\n    a = models.ForeignKey('app.A', models.CASCADE)"
    )
    project = project_of(
        {
            f"{name}/{path}": content
            for name in ("one", "two")
            for path, content in {"manage.py": "", "app/__init__.py": "", "app/models.py": text}.items()
        }
    )
    models = [model for model in project.django.models.values() if model.symbol is not None]
    assert len(models) == 4
    for model in models:
        relation = model.relation("a")
        if relation is not None:
            assert relation.target is not None
            assert relation.target.place is not None
            assert model.place is not None
            assert relation.target.place.path == model.place.path


def test_what_a_test_declares_is_no_model() -> None:
    project = project_with("class A(models.Model): pass", shop__tests__models=f"{HEAD}class T(models.Model): pass")
    assert [model.label for model in project.django.models.values() if model.symbol is not None] == ["shop.A"]


# -------------------------------------------------------------------- lookups


def test_names_in_lookups_and_keys() -> None:
    project = project_with("""
class A(models.Model): pass
class B(models.Model):
    a = models.ForeignKey(A, models.CASCADE, related_name="bs", related_query_name="b")
    one = models.OneToOneField(A, models.CASCADE)
    many = models.ManyToManyField(A, related_name="+")
""")
    a, b = model_in(project, "shop.A"), model_in(project, "shop.B")
    assert set(b.attnames) == {"a_id", "one_id"}
    assert b.attnames["a_id"] is b.relation("a")
    assert a.by_query_name("b") is not None
    assert a.by_query_name("b") is not a.relation("b")
    assert {name: relation.query_name for name, relation in a.relations.items()} == {"bs": "b", "b": "b"}
    assert a.by_query_name("bs") is None
    reverse = a.relation("bs")
    assert reverse is not None
    assert (reverse.inverse, reverse.column, reverse.to_many, reverse.joinable) == ("a", "a", True, False)
    assert reverse.place is not None
    assert reverse.place.row == 5
    assert b.field("pk") is b.fields["id"]


def test_generic_relations_know_their_way_back() -> None:
    project = project_with("""
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
from django.contrib.contenttypes.models import ContentType
class Note(models.Model):
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True)
    object_id = models.IntegerField()
    about = GenericForeignKey()
    kind = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
    key = models.IntegerField()
    other = GenericForeignKey("kind", "key")
class A(models.Model):
    notes = GenericRelation(Note)
    others = GenericRelation(Note, content_type_field="kind", object_id_field="key")
""")
    relations = model_in(project, "shop.A").relations
    assert {name: relation.inverse for name, relation in relations.items()} == {"notes": "about", "others": "other"}
    about = model_in(project, "shop.Note").relation("about")
    assert about is not None
    assert (about.content_type, about.object_id, about.nullable, about.to_many) == (
        "content_type",
        "object_id",
        True,
        False,
    )


# ------------------------------------------------------------------- managers


@pytest.mark.parametrize(
    ("manager", "cls", "queryset"),
    [
        ("models.Manager()", None, None),
        ("Qs.as_manager()", None, "Qs"),
        ("models.Manager.from_queryset(Qs)()", None, "Qs"),
        ("Own.from_queryset(Qs)()", "Own", "Qs"),
        ("Made()", None, "Qs"),
        ("Own()", "Own", None),
        ("Based()", "Based", "Qs"),
        ("BasedOnMade()", "BasedOnMade", "Qs"),
        ("Overriding()", "Overriding", "Qs"),
        ("Filtering()", "Filtering", "Qs"),
        ("Child()", "Child", "Qs"),
        ("WithClass()", "WithClass", "Qs"),
    ],
)
def test_managers(manager: str, cls: str | None, queryset: str | None) -> None:
    project = project_with(f"""
class Qs(models.QuerySet): pass
class Own(models.Manager):
    def get_queryset(self):
        return super().get_queryset().filter(x=1)
Made = models.Manager.from_queryset(Qs)
class Based(models.Manager.from_queryset(Qs)): pass
class BasedOnMade(Made): pass
class Overriding(models.Manager):
    def get_queryset(self):
        return Qs(self.model, using=self._db)
class Filtering(models.Manager):
    def get_queryset(self):
        found = Qs(self.model).filter(x=1)
        return found.order_by("x")
class Child(Overriding):
    def get_queryset(self):
        return super().get_queryset().filter(y=1)
class WithClass(models.Manager):
    _queryset_class = Qs
class A(models.Model):
    things = {manager}
""")
    model = model_in(project, "shop.A")
    found = model.default_manager
    assert list(model.managers) == ["things"]
    assert found is model.managers["things"]
    assert (found.cls.name if found.cls is not None else None) == cls
    assert (found.queryset.name if found.queryset is not None else None) == queryset
    assert found.is_plain is (cls is None and queryset is None)


def test_a_model_without_managers_has_objects() -> None:
    model = model_in(project_with("class A(models.Model): pass"), "shop.A")
    assert list(model.managers) == ["objects"]
    assert model.default_manager.is_plain
    assert model.default_manager.node is None
