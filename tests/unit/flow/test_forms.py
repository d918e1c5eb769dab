"""Choices of forms: which queryset a field shows, and which widgets and fields of the project's own hide it. Counts are held by the fixtures."""

from __future__ import annotations

import pytest

from pitfall_lint.flow import Flow
from tests.unit.flow.test_flow import shop

HEAD = """
from django import forms
from shop.models import Author, Book
from shop import other

class Speaking(forms.ModelChoiceField):
    def label_from_instance(self, obj):
        return obj.author.name

class Imported(Speaking):
    def to_python(self, value):
        return None

class Remote(Speaking):
    widget = other.Remote

class F(forms.ModelForm):
    class Meta:
        model = Book
        fields = "__all__"
        widgets = {WIDGETS}

"""


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("    a = Speaking(queryset=Book.objects.all())\n", True),
        ("    a = Speaking(Book.objects.all(), widget=forms.RadioSelect)\n", True),
        ("    a = Speaking(Book.objects.all(), widget=forms.Select(attrs={}))\n", True),
        ("    a = Speaking(Book.objects.all(), widget=other.Remote())\n", False),
        ("    a = Speaking(Book.objects.select_related('author'))\n", False),
        ("    a = forms.ModelChoiceField(Book.objects.all())\n", False),
        ("    a = Imported(Book.objects.all())\n", False),
        ("    a = Remote(Book.objects.all())\n", False),
    ],
)
def test_fields(body: str, found: bool) -> None:
    assert bool(loads(HEAD.replace("WIDGETS", "") + body)) is found


def loads(code: str) -> list[str]:
    return [event.path for event in Flow(shop({"shop/forms.py": code})).lazy_loads]


@pytest.mark.parametrize(("widgets", "found"), [("", True), ("'author': other.Remote", False)])
def test_queryset_given_to_a_field_of_the_model(widgets: str, found: bool) -> None:
    code = HEAD.replace("WIDGETS", widgets) + (
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self.fields['author'].queryset = Author.objects.order_by('name')\n"
        "        self.fields['author'].label_from_instance = lambda author: author.country.name\n"
    )
    assert loads(code) == (["country"] if found else [])


def test_class_that_declares_another_field_of_that_name() -> None:
    code = HEAD.replace("WIDGETS", "") + (
        "    author = other.Dynamic()\n\n"
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self.fields['author'].queryset = Author.objects.order_by('name')\n"
        "        self.fields['author'].label_from_instance = lambda author: author.country.name\n"
    )
    assert loads(code) == []


@pytest.mark.parametrize("attribute", ["choices", "widget"])
def test_field_that_is_told_what_to_show(attribute: str) -> None:
    code = HEAD.replace("WIDGETS", "") + (
        "    a = Speaking(Book.objects.all())\n\n"
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        f"        self.fields['a'].{attribute} = other.made()\n"
    )
    assert loads(code) == []


def test_page_that_shows_an_invalid_form_again() -> None:
    code = HEAD.replace("WIDGETS", "") + (
        "    pass\n\ndef view(request):\n    form = F(request.POST or None)\n    if form.is_valid():\n        form.save()\n        return None\n"
        "    return [book.author.name for book in Book.objects.all()]\n"
    )
    assert loads(code) == ["author"]
