from django.contrib.auth.models import AbstractUser
from django.db import models


class City(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Member(AbstractUser):
    city = models.ForeignKey(City, null=True, on_delete=models.SET_NULL, related_name="members")

    @property
    def shown(self):
        return f"{self.username} of {self.city}"


class Card(models.Model):
    member = models.OneToOneField("people.Member", on_delete=models.CASCADE, related_name="card")
    number = models.CharField(max_length=20)

    def __str__(self):
        return f"{self.number} ({self.member})"


class Owned(models.Model):
    owner = models.ForeignKey("people.Member", on_delete=models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True

    @property
    def owner_name(self):
        return self.owner.username
