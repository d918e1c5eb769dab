from django import forms
from django.http import HttpResponse

from people.models import Card

from .models import Author, Publisher


class CardForm(forms.Form):  # query: grows "member"
    card = forms.ModelChoiceField(queryset=Card.objects.all())


class AuthorForm(forms.ModelForm):  # query: flat
    publisher = forms.ModelChoiceField(queryset=Publisher.objects.select_related("country"))

    class Meta:
        model = Author
        fields = ["name", "publisher", "mentor"]


class NamedPublisher(forms.ModelChoiceField):
    def label_from_instance(self, publisher):
        return publisher.name  # query: flat


class ChosenForm(forms.Form):  # query: flat
    publisher = NamedPublisher(queryset=Publisher.objects.all())


def card(request):
    return HttpResponse(CardForm().as_p())


def author(request):
    return HttpResponse(AuthorForm().as_p())


def chosen(request):
    return HttpResponse(ChosenForm().as_p())
