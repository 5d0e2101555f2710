"""Look-ups: tables of a name and an id that others point into."""

from django.db import models

from cosmodrome.engine.shapes import Shape


class Lookup(models.Model):
    """A table of names."""

    name = models.CharField(max_length=255)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class LookupShape(Shape):
    """A name and an id, and no word on its mode."""

    class Meta:
        fields = ["id", "name"]
