"""Run in a process of its own, in the folder of a Django project: prints what Django says of its models as JSON."""

import json
import sys

import django

sys.path.insert(0, "")
django.setup()

from django.apps import apps  # noqa: E402
from django.contrib.contenttypes.fields import GenericForeignKey, GenericRel, GenericRelation  # noqa: E402


def kind_of(field):
    """The kind, as `Relation.kind` spells it."""
    if isinstance(field, GenericForeignKey):
        return "generic_fk"
    if isinstance(field, GenericRelation):
        return "generic_relation"
    if field.auto_created and not field.concrete:
        return "reverse_o2o" if field.one_to_one else "reverse_m2m" if field.many_to_many else "reverse_fk"
    return "o2o" if field.one_to_one else "m2m" if field.many_to_many else "fk"


def is_hidden(rel):
    """Whether the other end has no accessor."""
    return rel.hidden if hasattr(rel, "hidden") else rel.is_hidden()


def label_of(model):
    """`app.Name`, None for a relation that has no model."""
    return model._meta.label if model is not None and not isinstance(model, str) else None


def relation_of(field):
    """One relation, in the words of `Relation`."""
    kind = kind_of(field)
    reverse = kind.startswith("reverse")
    inverse = None
    if reverse:
        inverse = field.field.name
    elif kind in ("fk", "o2o", "m2m") and not is_hidden(field.remote_field):
        inverse = field.remote_field.get_accessor_name()
    to_one = kind in ("fk", "o2o")
    return {
        "name": field.get_accessor_name() if reverse else field.name,
        "kind": kind,
        "target": None if kind == "generic_fk" else label_of(field.related_model),
        "nullable": field.null if to_one else kind == "reverse_o2o",
        "query_name": field.name,
        "inverse": inverse,
        "attname": field.attname if to_one else None,
    }


def base_kind(field):
    """The first of Django's own classes that the field's class inherits from."""
    return next(cls.__name__ for cls in type(field).__mro__ if cls.__module__.startswith("django."))


def model_of(model):
    """One model."""
    fields = [field for field in model._meta.get_fields() if not isinstance(field, GenericRel)]
    return {
        "relations": sorted(
            (relation_of(field) for field in fields if field.is_relation and kind_of(field)),
            key=lambda one: one["name"],
        ),
        "fields": {field.name: base_kind(field) for field in [*model._meta.concrete_fields, *model._meta.many_to_many]},
        "pk": model._meta.pk.name,
        "managers": sorted(manager.name for manager in model._meta.managers),
        "default_manager": model._default_manager.name,
        "proxy": model._meta.proxy,
    }


print(json.dumps({model._meta.label: model_of(model) for model in apps.get_models()}))
