"""django-taggit's field for tags: it goes through the tags of each row.

This file is read, never imported. https://django-taggit.readthedocs.io/en/latest/serializers.html
"""

from rest_framework import serializers


class TagListSerializerField(serializers.ListField):
    pass


class TaggitSerializer(serializers.Serializer):
    pass
