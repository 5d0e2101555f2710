"""The tables of tokens and of counted calls."""

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
    """The recent calls of one caller, as marks of a `window.Window`.

    Each caller has one short row, so that a call costs a read and a write by primary key at any rate.
    """

    caller = models.CharField(max_length=120, primary_key=True)
    version = models.PositiveBigIntegerField(default=0)
    """Grows with each call; an update names the version that it has read, so that no call is lost."""
    marks = models.JSONField()
    ends = models.DateTimeField(db_index=True)
    """The instant from which the row may be deleted."""

    def __str__(self) -> str:
        return self.caller
