"""The wire's own kinds of field, beside those that Django REST Framework has."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework import serializers

from cosmodrome.time.accrual import accrued
from cosmodrome.time.as_of import as_of, requested_as_of
from cosmodrome.time.clock import write_instant
from cosmodrome.time.durations import write_duration


class ResponseMode(serializers.CharField):
    """The constant that tells a client which shape it is looking at."""

    def __init__(self, mode: str) -> None:
        super().__init__(read_only=True, default=mode)
        self.mode = mode

    def get_attribute(self, instance: Any) -> str:
        del instance
        return self.mode


class Instant(serializers.DateTimeField):
    """An instant in UTC, `2024-05-01T00:00:00Z`, the year with four digits."""

    def to_representation(self, value: datetime) -> str:
        return write_instant(value)


class Duration(serializers.Field):
    """ISO 8601 without zero parts, `P11DT19H14M36S`; none is null, or zero where the contract has no null."""

    source: str  # DRF sets it when the field becomes part of a shape

    def shown(self, duration: timedelta | None) -> timedelta | None:
        """Returns what is shown for a duration of a row; as of another instant, null is what nobody knows."""
        is_zero = duration is None and not self.allow_null and not requested_as_of()
        return timedelta(0) if is_zero else duration

    def get_attribute(self, instance: Any) -> timedelta | None:
        return self.shown(super().get_attribute(instance))

    def to_representation(self, value: timedelta) -> str:
        return write_duration(value)


Accrual = Callable[[datetime], timedelta | None]
"""Returns a row's duration at any instant."""


class Accruing(Duration):
    """A duration that grows with time for some rows, exact at the instant that the answer is about."""

    reads_row_only = True
    """A subclass reads nothing but the row and what is joined to it: one value serves all requests."""
    reads: tuple[str, ...] = ()
    """Look-up paths of the related rows that the field reads, which are joined to the row."""

    def accrual(self, row: Any) -> Accrual | None:
        """Returns how the row's duration grows; None if it does not."""
        raise NotImplementedError

    def fixed(self, row: Any) -> timedelta | None:
        """Returns the row's duration if it does not grow; null if it is not known."""
        raise NotImplementedError

    def get_attribute(self, instance: Any) -> timedelta | None:
        accrual = None if requested_as_of() else self.accrual(instance)
        return self.shown(accrual(as_of()) if accrual else self.fixed(instance))


class AccruingDuration(Accruing):
    """A duration that grows while the row's `<name>_since` is set."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **{"allow_null": True, **kwargs})

    def accrual(self, row: Any) -> Accrual | None:
        closed, since = self.fixed(row), getattr(row, f"{self.source}_since", None)
        if closed is None or since is None:
            return None
        return partial(accrued, closed, since, pace=getattr(row, f"{self.source}_pace", None))

    def fixed(self, row: Any) -> timedelta | None:
        closed: timedelta | None = getattr(row, self.source)
        return closed


class RelatedName(serializers.CharField):
    """The name of a related record, which the wire gives in place of the record: an agency's `parent`.

    The column `<relation>_name` keeps the name as it was read, since the record itself may come later or
    never.  As soon as the relation is set, the name of the related row is shown.
    """

    def __init__(self, allow_null: bool = False) -> None:
        super().__init__(read_only=True, allow_null=allow_null)

    source: str  # DRF sets it when the field becomes part of a shape

    @property
    def reads(self) -> tuple[str, ...]:
        """Look-up paths of the related rows that the field reads, which are joined to the row."""
        return (self.source,)

    @property
    def name_column(self) -> str:
        """The column that keeps the name as it was read."""
        return f"{self.source}_name"

    def get_attribute(self, instance: Any) -> str | None:
        related = getattr(instance, self.source)
        name: str | None = related.name if related else getattr(instance, self.name_column)
        return name if name is not None or self.allow_null else ""


def to_wire(value: Any) -> Any:
    """Returns a value as JSON has it: instants, dates, UUIDs and durations as texts, all else unchanged."""
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return write_duration(value)
    return value
