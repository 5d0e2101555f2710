"""Table columns and table kinds that the contract asks for and Django does not have."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cosmodrome.time.accrual import accrued_in

SMALLEST, LARGEST = -(2**31), 2**31 - 1


class Number(models.IntegerField):
    """A whole number of 32 bits on every database, as the contract's minimum and maximum say.

    Django takes the range from the database at hand, and SQLite's is wider than PostgreSQL's.
    """

    default_validators = [
        MinValueValidator(SMALLEST),
        MaxValueValidator(LARGEST),
    ]


class PublishedTotals(models.Model):
    """A table with totals that someone else has added up, kept with the moment they were read.

    `published_totals` names those columns.  `totals_read_at` is null while none were read.
    """

    published_totals: ClassVar[tuple[str, ...]] = ()

    totals_read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def follow_totals(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """The further columns that `totals`, as they stood at `read_at`, entail: none here."""
        del totals, read_at
        return {}

    @classmethod
    def as_read(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """The columns beside `totals` that tell that they were read at `read_at`."""
        return {"totals_read_at": read_at, **cls.follow_totals(totals, read_at)}

    def enter_totals(self, entered: Collection[str], at: datetime) -> None:
        """All totals as read at `at`, when someone has just set those that are `entered`.

        Durations that were growing and were not entered have grown until then.
        """
        totals = {name: getattr(self, name) for name in self.published_totals}
        entailed = self.as_read(totals, at)
        for name in self.published_totals:
            since = f"{name}_since"
            if getattr(self, since, None) is None:
                continue
            if name in entered:
                entailed.setdefault(since, at)
            elif since in entailed:
                setattr(self, name, accrued_in(self, name, at))
        for name, value in entailed.items():
            setattr(self, name, value)


class Lookup(models.Model):
    """A table of names."""

    name = models.CharField(max_length=255)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name
