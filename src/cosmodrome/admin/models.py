"""The table of the admin: what people have changed of records, with the values before and after it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Revision(models.Model):
    """What one change has made of a record: see `history`.

    It outlives the record, and the account of the person: it names both, and points to neither.
    """

    table = models.CharField(max_length=64)
    row = models.CharField(max_length=36)
    name = models.CharField(max_length=200)
    """What the record was called."""
    at = models.DateTimeField()
    by = models.CharField(max_length=150)
    """The name of the account."""
    how = models.CharField(max_length=20)
    """Which page of the admin it was done on, in a word."""
    change = models.BigIntegerField()
    """The data version of the change: records that were changed at once have the same."""
    before = models.JSONField(null=True)
    """The facts that have changed, as they were: an image with no others.  Null: there was no record."""
    after = models.JSONField(null=True)
    """The same facts as they are since.  Null: the record is gone, and `before` has all of its facts."""

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["table", "row"], name="revisions_of_a_row"),
            models.Index(fields=["change"], name="revisions_of_a_change"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.row}"
