"""Kinds of columns and tables that the contract needs and Django does not have."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cache
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
    parts_stated_at = models.DateTimeField(null=True, editable=False)
    """The newest moment at which a page told of a row that a total counts; null: none did."""

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


class OpenEnded(models.Model):
    """A table of what begins and, at some time, ends: dockings, expeditions, flights.

    `over_by` is an instant by which it was seen to be over, because a newer page no longer lists it, while
    nobody says when it ended.  Null: nobody has seen that.
    """

    begins: ClassVar[str]
    """The path to the instant at which it begins."""
    ends: ClassVar[str]
    """The column of the instant at which it ends, null while that is not known."""

    one_at_a_time: ClassVar[str | None] = None
    """A foreign key to what only one row takes at a time: when the next begins, the one before is over."""
    last_of: ClassVar[tuple[str, ...]] = ()
    """Foreign keys to rows that are over with the last of those that point to them."""

    over_by = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def is_open(cls, at: Any, prefix: str = "") -> models.Q:
        """Returns the condition that it has begun at an instant and is not over: see `is_open`."""
        return is_open(at, f"{prefix}{cls.begins}", f"{prefix}{cls.ends}", f"{prefix}over_by")

    @classmethod
    def is_not_over(cls, at: Any, prefix: str = "") -> models.Q:
        """Returns the condition that it is not over at an instant: see `is_not_over`."""
        return is_not_over(at, f"{prefix}{cls.ends}", f"{prefix}over_by")

    def was_seen_over(self, now: datetime) -> bool:
        """Whether it was seen to be over by an instant, while nobody says when it ended."""
        end, over_by = getattr(self, self.ends), self.over_by
        return end is None and over_by is not None and over_by <= now

    @classmethod
    def end_is_lost(cls, prefix: str = "") -> models.Q:
        """Returns the condition that it was seen to be over, while nobody says when it ended."""
        return models.Q(**{f"{prefix}{cls.ends}__isnull": True, f"{prefix}over_by__isnull": False})


def is_open(at: Any, begins: str, ends: str, over_by: str = "over_by") -> models.Q:
    """Returns the condition that a row has begun at an instant and is not over.

    The columns are those of an `OpenEnded` table; `at` is an instant or an expression.
    """
    return models.Q(**{f"{begins}__lte": at}) & is_not_over(at, ends, over_by)


def is_not_over(at: Any, ends: str, over_by: str = "over_by") -> models.Q:
    """Returns the condition that a row has not ended at an instant, nor was seen to be over."""
    unseen = models.Q(**{f"{over_by}__isnull": True}) | models.Q(**{f"{over_by}__gt": at})
    return models.Q(**{f"{ends}__gt": at}) | (models.Q(**{f"{ends}__isnull": True}) & unseen)


class Named(models.Model):
    """A table whose records have a name.  A page may leave it empty: the record's label then says so."""

    label_columns: ClassVar[tuple[str, ...]] = ("name",)
    """The columns with the name; the first that is not empty counts."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        names = (getattr(self, column) for column in self.label_columns)
        return next(filter(None, names), f"{self._meta.verbose_name} {str(self.pk)[:8]} without a name")


class Lookup(Named):
    """A table of names."""

    name = models.CharField(max_length=255)

    class Meta:
        abstract = True


def joined_label(*parts: Any) -> str:
    """Returns the label of a record without a name: what it consists of, as a person knows it.

    joined_label(spacecraft, launch)    Dragon C106, Falcon 9 | CRS-4
    """
    return ", ".join(label_text(part) for part in parts if part is not None)


def label_text(part: Any) -> str:
    """Returns how a label writes a part: an instant by its day, a duration as T+0:03:39."""
    if isinstance(part, datetime):
        return str(part.astimezone(UTC).date())
    if isinstance(part, timedelta):
        return f"T{'-' if part < timedelta(0) else '+'}{abs(part)}"
    return str(part)


@cache
def label_paths(model: type[models.Model]) -> tuple[str, ...]:
    """Returns the paths of all related rows that labels of a table's rows read.

    A table names those in `label_relations` that its own label reads; theirs may read further ones.
    """
    found: list[str] = []
    for name in getattr(model, "label_relations", ()):
        related: Any = model._meta.get_field(name).related_model
        found += [name, *(f"{name}__{path}" for path in label_paths(related))]
    return tuple(found)


def with_labels(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Returns rows with all that their labels read: a label takes no query."""
    model: type[models.Model] = rows.model
    return rows.select_related(*paths) if (paths := label_paths(model)) else rows
