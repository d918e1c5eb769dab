"""Django's forms, as far as rows are shown in them: the choices of a ModelChoiceField.

https://docs.djangoproject.com/en/stable/ref/forms/fields/#fields-which-handle-relationships
"""

from pitfall_lint.prelude import choice_rows, chooses_rows, declared_fields, entry, form_row, list_of_fields, named


class Field:
    def show(self):
        return None


class ModelChoiceField(Field):
    def __init__(self, queryset=None, **kwargs):
        self.declared = queryset

    def label_from_instance(self, obj):
        return str(obj)

    def show(self):
        for row in choice_rows(self):
            self.label_from_instance(row)


class ModelMultipleChoiceField(ModelChoiceField):
    pass


@named("django.forms.BaseForm")
class BaseForm:
    def __init__(self, data=None, files=None, **kwargs):
        self.data = data

    @entry
    def render(self, template_name=None, context=None, renderer=None):
        self.fields = declared_fields(self)
        if chooses_rows(self):
            self.__init__()
            for field in list_of_fields(self):
                field.show()


class Form(BaseForm):
    pass


@named("django.forms.BaseModelForm")
class BaseModelForm(BaseForm):
    def __init__(self, data=None, files=None, instance=None, **kwargs):
        self.data = data
        self.instance = form_row(self, instance)

    def save(self, commit=True):
        return self.instance


class ModelForm(BaseModelForm):
    pass
