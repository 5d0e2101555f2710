"""The table of local edits: of each row that differs from what pages have told, what they have told."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class LocalEdit(models.Model):
    """A row of the catalogue that is not as it would be without what people have entered here.

    A person has entered `entered`, or deleted the row (`deleted`).  If neither, the row differs because of
    other edits, such as one that has lost a pointer to a deleted record.
    """

    table = models.CharField(max_length=64)
    row = models.CharField(max_length=36)
    theirs = models.JSONField(null=True)
    """The image of the row without the edits: see `ingest.images`.  Null: there would be no such row."""
    stated = models.JSONField(null=True)
    """The `Statement.facts` of the row without the edits; null: none."""
    entered = models.JSONField(default=dict)
    """The facts that a person has entered, each with the instant of that."""
    deleted = models.DateTimeField(null=True)
    """When a person deleted the row; null if nobody did."""
    change = models.BigIntegerField()
    """The data version of the change since which the row differs: rows deleted at once have the same."""

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "row"], name="one_edit_a_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.row}"
