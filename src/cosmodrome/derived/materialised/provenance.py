"""The subresource `…/origins/`: which values of a record are derived and which are published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from cosmodrome.derived.registry import PUBLISHED_TABLES, Derived, derived_of
from cosmodrome.derived.registry import Instant as DerivedAt
from cosmodrome.resources.registry import RESOURCES, resource_of
from cosmodrome.resources.resources import Resource, capitalised
from cosmodrome.resources.subresources import Subresource
from cosmodrome.shapes.fields import Instant, to_wire
from cosmodrome.shapes.shapes import Assembled, Nested
from cosmodrome.time import clock

DERIVED_HERE, PUBLISHED = "derived", "published"


@dataclass(frozen=True)
class Origin:
    """The origin of one value of a record, at the moment of the answer."""

    key: str
    origin: str
    value: Any
    """The value as served."""
    derived: Any
    """The value that the parts in the catalogue make, whether or not they are complete."""
    published: Any
    """The value as it was read, with what it has grown by since."""
    published_at: datetime | None
    meaning: str


@dataclass(frozen=True)
class Origins:
    """A record and the origins of its values."""

    row: Any
    values: list[Origin]


@extend_schema_field({"oneOf": [{"type": kind} for kind in ("string", "integer", "boolean")]})
class AnyValue(serializers.Field):
    """A number, a text, an instant or a duration, as the record itself has it."""

    def to_representation(self, value: Any) -> Any:
        return to_wire(value)


class OriginOfValue(Assembled):
    """The origin of one value, on the wire."""

    key = serializers.CharField(read_only=True)
    origin = serializers.ChoiceField([DERIVED_HERE, PUBLISHED], read_only=True)
    value = AnyValue(read_only=True, allow_null=True, help_text="What the record says.")
    derived = AnyValue(
        read_only=True,
        allow_null=True,
        help_text="What the parts in this catalogue make. Served only if they are known to be all there are.",
    )
    published = AnyValue(
        read_only=True, allow_null=True, help_text="What was read; if it moves, gone on since."
    )
    published_at = Instant(
        read_only=True, allow_null=True, help_text="When that was read; null if nobody says."
    )
    meaning = serializers.CharField(
        read_only=True, help_text="What is counted, of what, and what null means."
    )


class RecordOrigins(Assembled):
    """A record, and the origin of each of its values that can be derived."""

    id = serializers.CharField(source="row.pk", read_only=True)
    values = Nested(OriginOfValue, many=True, read_only=True)


class OriginsSubresource(Subresource):
    """The origins of the values of a record, for any table that has derived values."""

    path = "origins"
    shape = RecordOrigins
    description = (
        "Which of the record's values are derived here from what it is made of, and which stand as they were "
        "published because not all of that is known: with both values, and what each means."
    )

    def assemble(self, row: Any) -> Origins:
        now = clock.now()
        return Origins(row, [origin_of(declared, row, now) for declared in derived_of(self.of.model())])


def origin_of(declared: Derived, row: Any, now: datetime) -> Origin:
    """The origin of one value of a row."""
    found = declared.rows(DerivedAt(now), in_bulk=False).get(pk=row.pk)
    return Origin(
        key=declared.column,
        origin=DERIVED_HERE if found.known else PUBLISHED,
        value=found.derived if found.known else found.published,
        derived=found.derived,
        published=found.published,
        published_at=getattr(row, "totals_read_at", None),
        meaning=declared.meaning,
    )


def origins_subresource(of: type[Resource]) -> type[Subresource]:
    """The origins subresource of one endpoint."""
    name = f"{capitalised(of.model()._meta.verbose_name)} Origins"
    return type(f"{of.__name__}Origins", (OriginsSubresource,), {"of": of, "name": name})


ORIGINS = [
    origins_subresource(resource)
    for resource in RESOURCES.values()
    if resource.model() in PUBLISHED_TABLES and resource_of(resource.model()) is resource
]
"""The subresources: one for each endpoint whose records have derived values."""
