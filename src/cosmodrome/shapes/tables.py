"""Kinds of columns and tables that the contract needs and Django does not have."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from cosmodrome.time.accrual import accrued_in

SMALLEST, LARGEST = -(2**31), 2**31 - 1


class Number(models.IntegerField):
    """A whole number of 32 bits on every database: the contract documents this minimum and maximum.

    Django's own column takes its range from the database in use, and SQLite's is wider than PostgreSQL's.
    """

    default_validators = [
        MinValueValidator(SMALLEST),
        MaxValueValidator(LARGEST),
    ]


class PublishedTotals(models.Model):
    """A table with totals that a source has published, and the instant at which they were read.

    `published_totals` names the columns of the totals.  `totals_read_at` is null until some were read.
    Tables with the same totals share an abstract model that declares them once: see `totals`.
    """

    published_totals: ClassVar[tuple[str, ...]] = ()

    totals_read_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def follow_totals(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """Returns the further columns that follow from `totals` as read at `read_at`: none here."""
        del totals, read_at
        return {}

    @classmethod
    def as_read(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """Returns the columns beside `totals` that record that they were read at `read_at`."""
        return {"totals_read_at": read_at, **cls.follow_totals(totals, read_at)}

    def enter_totals(self, entered: Collection[str], at: datetime) -> None:
        """Marks all totals as read at `at`, after a person has set those named in `entered`.

        A growing duration that was not entered is set to its length at that instant.
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


Totals = TypeVar("Totals", bound=type[PublishedTotals])


def totals(model: Totals) -> Totals:
    """Declares every column of an abstract model that a person can enter a published total.

        @totals
        class FlownTotals(PublishedTotals):
            spacecraft_flown = Number(null=True, blank=True)

            class Meta:
                abstract = True

    Tables inherit the columns, and shapes and filters name them by `published_totals`.
    """
    model.published_totals = tuple(column.name for column in model._meta.local_fields if column.editable)
    return model


class Lookup(models.Model):
    """A table of names."""

    name = models.CharField(max_length=255)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name
