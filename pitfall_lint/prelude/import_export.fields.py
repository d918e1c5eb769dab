"""Fields of django-import-export.

https://django-import-export.readthedocs.io/en/stable/api_fields.html
"""


class Field:
    def __init__(self, attribute=None, column_name=None, widget=None, **kwargs):
        self.attribute = attribute
