"""The wire's own kinds of field, beside those that Django REST Framework has."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from cosmodrome.engine.durations import write_duration
from cosmodrome.engine.moving import moved_in
from cosmodrome.engine.travel import told_at


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


class MovingDuration(Duration):
    """A duration that grows while the row's `<name>_since` is set, exact at the answer's instant."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(read_only=True, **{"allow_null": True, **kwargs})

    def get_attribute(self, instance: Any) -> timedelta | None:
        return moved_in(instance, self.source, told_at())


class NameOf(serializers.CharField):
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
