"""The wire's own kinds of field, beside those that Django REST Framework has."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from rest_framework import serializers

from cosmodrome.time.accrual import moved
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


class Duration(serializers.Field):
    """ISO 8601 without zero parts, `P11DT19H14M36S`; null is null."""

    source: str  # DRF sets it when the field becomes part of a shape

    def to_representation(self, value: timedelta) -> str:
        return write_duration(value)


Motion = Callable[[datetime], timedelta | None]
"""A duration at any instant."""


class Moving(Duration):
    """A duration that time alone may change, exact at the answer's instant."""

    def motion(self, row: Any) -> Motion | None:
        """The row's duration at any instant; None if it stands still."""
        raise NotImplementedError

    def standing(self, row: Any) -> timedelta | None:
        """The row's duration if it stands still."""
        raise NotImplementedError

    def get_attribute(self, instance: Any) -> timedelta | None:
        motion = None if requested_as_of() else self.motion(instance)
        return motion(as_of()) if motion else self.standing(instance)


class AccruingDuration(Moving):
    """A duration that grows while the row's `<name>_since` is set."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **{"allow_null": True, **kwargs})

    def motion(self, row: Any) -> Motion | None:
        closed, since = self.standing(row), getattr(row, f"{self.source}_since", None)
        if closed is None or since is None:
            return None
        return partial(moved, closed, since, pace=getattr(row, f"{self.source}_pace", None))

    def standing(self, row: Any) -> timedelta | None:
        closed: timedelta | None = getattr(row, self.source)
        return closed


class RelatedName(serializers.CharField):
    """Another record, of which the wire gives the name only: an agency's `parent`.

    The name as it was read is kept in the column `<relation>_name`, since the record it names may
    come later or never; the relation is set as soon as the two meet, and then decides.
    """

    def __init__(self, allow_null: bool = False) -> None:
        super().__init__(read_only=True, allow_null=allow_null)

    source: str  # DRF sets it when the field becomes part of a shape

    @property
    def reads(self) -> tuple[str, ...]:
        """The relations that this field follows, for `queries`."""
        return (self.source,)

    @property
    def name_column(self) -> str:
        """Where the name as it was read is kept."""
        return f"{self.source}_name"

    def get_attribute(self, instance: Any) -> str | None:
        related = getattr(instance, self.source)
        name: str | None = related.name if related else getattr(instance, self.name_column)
        return name


def to_wire(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return write_instant(value)
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, timedelta):
        return write_duration(value)
    return value
