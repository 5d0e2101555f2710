"""The tables: tokens, and the calls that are counted."""

from django.db import models

LONGEST_NAME = 100
"""Letters of a token's name."""


class Token(models.Model):
    """A name, and the digest of the key that its holder sends."""

    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    rate = models.CharField(max_length=20, blank=True, help_text="as in 300/h; empty for no limit")
    made = models.DateTimeField(editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Use(models.Model):
    """The calls of one caller that still take up room.

    One short row a caller, so that a call costs a read and a write by primary key whatever the rate.
    """

    caller = models.CharField(max_length=120, primary_key=True)
    version = models.PositiveBigIntegerField(default=0)
    """Grows with each call: a write says which version it has read, and so none is lost."""
    marks = models.JSONField()
    ends = models.DateTimeField(db_index=True)
    """From when on the row may be dropped."""

    def __str__(self) -> str:
        return self.caller
