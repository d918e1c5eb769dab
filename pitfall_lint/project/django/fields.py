"""Which class a model's field is: Django's own, the project's subclasses of them, and those of libraries that are
known or named as Django names its own.
"""

from __future__ import annotations

from functools import lru_cache

from pitfall_lint.project.classes import ClassSymbol, ExternalSymbol

# The field classes that lead to other rows, by documented name.
RELATIONS = {
    "django.db.models.ForeignKey": "ForeignKey",
    "django.db.models.OneToOneField": "OneToOneField",
    "django.db.models.ManyToManyField": "ManyToManyField",
    "django.contrib.contenttypes.fields.GenericForeignKey": "GenericForeignKey",
    "django.contrib.contenttypes.fields.GenericRelation": "GenericRelation",
    "modelcluster.fields.ParentalKey": "ForeignKey",
    "modelcluster.fields.ParentalManyToManyField": "ManyToManyField",
    "modelcluster.contrib.taggit.ClusterTaggableManager": "TaggableManager",
    "taggit.managers.TaggableManager": "TaggableManager",
    "smart_selects.db_fields.GroupedForeignKey": "ForeignKey",
}
# Called like fields, but without a column or relation.
_NO_FIELDS = frozenset({"ImageSpecField", "MarkupField", "TranslatedField", "SearchField", "FieldTracker"})
# What external classes that are no `...Field` by name are.
_KINDS = {
    "django.db.models.CompositePrimaryKey": "CompositePrimaryKey",
    "model_utils.fields.StatusField": "CharField",
    "django_fsm.FSMField": "CharField",
    "django_fsm.FSMIntegerField": "IntegerField",
    "model_utils.fields.MonitorField": "DateTimeField",
    "django_extensions.db.fields.ShortUUIDField": "UUIDField",
    "phonenumber_field.modelfields.PhoneNumberField": "CharField",
    "django_countries.fields.CountryField": "CharField",
    "wagtail.fields.RichTextField": "TextField",
    "ckeditor.fields.RichTextField": "TextField",
    "tinymce.models.HTMLField": "TextField",
    "autoslug.AutoSlugField": "SlugField",
    "autoslug.fields.AutoSlugField": "SlugField",
    "django_extensions.db.fields.AutoSlugField": "SlugField",
    "colorfield.fields.ColorField": "CharField",
}
_SUFFIXES = (
    ("GenericForeignKey", "GenericForeignKey"),
    ("GenericRelation", "GenericRelation"),
    ("ForeignKey", "ForeignKey"),
    ("OneToOneField", "OneToOneField"),
    ("ManyToManyField", "ManyToManyField"),
    ("TaggableManager", "TaggableManager"),
)


@lru_cache(maxsize=4096)
def kind_of_name(dotted: str) -> str | None:
    """The kind of an external class; None where it is no field."""
    kind = RELATIONS.get(dotted) or _KINDS.get(dotted)
    if kind is not None:
        return kind
    module, _, name = dotted.rpartition(".")
    if module.startswith(("django.forms", "rest_framework", "wtforms", "django_filters")) or name in _NO_FIELDS:
        return None
    for suffix, kind in _SUFFIXES:
        if name.endswith(suffix):
            return kind
    return name if name.endswith("Field") else None


def kind_of(symbol: ClassSymbol | ExternalSymbol) -> str | None:
    """The kind of a field class: its own name where Django defines it, else the name of Django's class that it
    inherits from.
    """
    if isinstance(symbol, ExternalSymbol):
        return kind_of_name(symbol.dotted)
    found: str | None = None
    for base in symbol.mro:
        if isinstance(base, ExternalSymbol):
            kind = kind_of_name(base.dotted)
            if kind is not None:
                if base.dotted in RELATIONS or base.dotted.startswith("django."):
                    return kind
                found = found or kind
    return found
