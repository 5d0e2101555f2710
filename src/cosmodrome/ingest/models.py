"""The table of statements: as of when each fact of each row was stated."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Statement(models.Model):
    """The newest statements of the facts of one row.

    `facts` has the names of facts by the rank of their statement: see `statements.rank_of`.  A fact is a
    column, a list, or a listing; one that is missing was never stated.  The row itself may have been deleted
    since; then its statement means nothing, but for the fact `statements.GONE`.
    """

    table = models.CharField(max_length=64)
    row = models.CharField(max_length=36)
    facts = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["table", "row"], name="one_a_row")]

    def __str__(self) -> str:
        return f"{self.table} {self.row}"
