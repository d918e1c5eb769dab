"""Django REST framework's fields and serializers.

This file is read, never imported. What a field does with a row is in `flow/serializers.py`, behind `attribute` and
`represented`; a project's own fields and serializers inherit from these and come before them.
https://www.django-rest-framework.org/api-guide/serializers/
"""

from pitfall_lint.prelude import attribute, builtin, field_table, represented


class Field:
    def __init__(self, source=None, *args, write_only=False, **kwargs):
        self.source = source
        self.write_only = write_only

    @property
    def context(self):
        return self._context

    def get_attribute(self, instance):
        return attribute(self, instance)

    def to_representation(self, value):
        return builtin(self, value)

    def to_native(self, value):
        return builtin(self, value)


class WritableField(Field):
    pass


class CharField(Field):
    pass


class BooleanField(Field):
    pass


class NullBooleanField(Field):
    pass


class UUIDField(Field):
    pass


class IntegerField(Field):
    pass


class BigIntegerField(Field):
    pass


class FloatField(Field):
    pass


class DecimalField(Field):
    pass


class DateTimeField(Field):
    pass


class DateField(Field):
    pass


class TimeField(Field):
    pass


class DurationField(Field):
    pass


class ChoiceField(Field):
    pass


class MultipleChoiceField(Field):
    pass


class FilePathField(Field):
    pass


class FileField(Field):
    pass


class ImageField(Field):
    pass


class JSONField(Field):
    pass


class HStoreField(Field):
    pass


class DictField(Field):
    pass


class HiddenField(Field):
    pass


class ModelField(Field):
    pass


class ReadOnlyField(Field):
    pass


class EmailField(CharField):
    pass


class RegexField(CharField):
    pass


class SlugField(CharField):
    pass


class URLField(CharField):
    pass


class IPAddressField(CharField):
    pass


class ListField(Field):
    def __init__(self, child=None, **kwargs):
        self.child = child
        super().__init__(**kwargs)


class SerializerMethodField(Field):
    def __init__(self, method_name=None, **kwargs):
        self.method_name = method_name
        super().__init__(**kwargs)


class RelatedField(Field):
    def __new__(cls, *args, **kwargs):
        if kwargs.pop("many", False):
            return cls.many_init(*args, **kwargs)

    @classmethod
    def many_init(cls, *args, **kwargs):
        return ManyRelatedField(child_relation=cls(*args, **kwargs), **kwargs)

    def use_pk_only_optimization(self):
        return False


class ManyRelatedField(Field):
    def __init__(self, child_relation=None, **kwargs):
        self.child_relation = child_relation
        super().__init__(**kwargs)


class StringRelatedField(RelatedField):
    pass


class PrimaryKeyRelatedField(RelatedField):
    def use_pk_only_optimization(self):
        return True


class SlugRelatedField(RelatedField):
    def __init__(self, slug_field=None, **kwargs):
        self.slug_field = slug_field
        super().__init__(**kwargs)


class HyperlinkedRelatedField(RelatedField):
    lookup_field = "pk"

    def __init__(self, view_name=None, **kwargs):
        self.lookup_field = kwargs.get("lookup_field") or self.lookup_field
        super().__init__(**kwargs)

    def use_pk_only_optimization(self):
        return self.lookup_field == "pk"


class HyperlinkedIdentityField(HyperlinkedRelatedField):
    def use_pk_only_optimization(self):
        return False


class BaseSerializer(Field):
    def __new__(cls, *args, **kwargs):
        if kwargs.pop("many", False):
            return cls.many_init(*args, **kwargs)

    def __init__(self, instance=None, data=None, **kwargs):
        self.instance = instance
        self.object = instance
        self._context = kwargs.get("context", {})
        super().__init__(**kwargs)

    @classmethod
    def many_init(cls, *args, **kwargs):
        list_class = getattr(cls.Meta, "list_serializer_class", ListSerializer)
        return list_class(*args, child=cls(*args, **kwargs), **kwargs)

    @property
    def data(self):
        return represented(self, self.instance)


class Serializer(BaseSerializer):
    _fields = None

    @property
    def fields(self):
        if self._fields is None:
            self._fields = self.get_fields()
        return self._fields

    def get_fields(self):
        return field_table(self)


class ListSerializer(BaseSerializer):
    def __init__(self, *args, child=None, **kwargs):
        self.child = child
        super().__init__(*args, **kwargs)


class ModelSerializer(Serializer):
    serializer_related_field = PrimaryKeyRelatedField


class HyperlinkedModelSerializer(ModelSerializer):
    serializer_related_field = HyperlinkedRelatedField
