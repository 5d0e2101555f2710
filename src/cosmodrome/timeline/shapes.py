"""The shapes of timelines.  Launches and expeditions in them have the contract's briefest shapes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from cosmodrome.shapes.fields import Duration, Instant
from cosmodrome.shapes.shapes import Assembled, Nested
from cosmodrome.timeline.entries import ENTRY_KINDS, OUTCOMES
from cosmodrome.timeline.timelines import vehicle_name


@extend_schema_field({"type": "string", "format": "uri"})
class RecordUrl(serializers.Field):
    """The url of a row of any table; it keeps `?format=` as all urls do."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        row = getattr(value, "row", value)
        name = f"{row._meta.model_name}-detail"
        return reverse(name, args=[row.pk], request=self.context.get("request"))


class VehicleName(serializers.CharField):
    """The name of a craft, payload or station."""

    def __init__(self) -> None:
        super().__init__(source="*", read_only=True)

    def to_representation(self, value: Any) -> str:
        return vehicle_name(getattr(value, "row", value))


class FleetVehicle(Assembled):
    """A flight of a spacecraft or payload, or a station: the url tells which."""

    id = serializers.IntegerField(source="pk", read_only=True)
    url = RecordUrl()
    name = VehicleName()


class FleetDocking(Assembled):
    """A docking event: chaser, target and port."""

    id = serializers.IntegerField(source="pk", read_only=True)
    url = RecordUrl()
    docking_location = serializers.CharField(
        source="row.docking_location.name", read_only=True, allow_null=True
    )
    chaser = Nested(FleetVehicle, read_only=True, allow_null=True)
    target = Nested(FleetVehicle, read_only=True, allow_null=True)


class FleetEvent(Assembled):
    """One event of a timeline; the keys that do not concern it are null."""

    id = serializers.CharField(read_only=True, help_text="Which event it is, in every timeline it stands in.")
    kind = serializers.ChoiceField(ENTRY_KINDS, read_only=True)
    instant = Instant(read_only=True)
    precision = serializers.CharField(
        read_only=True, allow_null=True, help_text="To what the instant is known; null if nobody says."
    )
    planned = serializers.BooleanField(read_only=True, help_text="Whether it is still to come.")
    title = serializers.CharField(read_only=True)
    duration = Duration(
        read_only=True,
        allow_null=True,
        help_text="How long that has lasted which ends here: the docking, the flight, the expedition, the "
        "station's life. Null if nothing ends or its beginning is not known.",
    )
    outcome = serializers.CharField(
        read_only=True,
        allow_null=True,
        help_text=f"Of a launch or a landing: {', '.join(OUTCOMES)}. Null of all else, and if nobody says.",
    )
    last_updated = Instant(
        read_only=True,
        allow_null=True,
        help_text="The last change of the launch that the event belongs to, else the moment at which the "
        "totals of the craft or station were read; null if neither is known.",
    )
    flight = Nested(FleetVehicle, read_only=True, allow_null=True)
    launch = Nested("LaunchMini", read_only=True, allow_null=True)
    docking = Nested(FleetDocking, read_only=True, allow_null=True)
    expedition = Nested("ExpeditionMini", read_only=True, allow_null=True)


class FleetTimeline(Assembled):
    """A craft or station, and its events in order."""

    id = serializers.IntegerField(source="row.pk", read_only=True)
    url = RecordUrl()
    name = VehicleName()
    events = Nested(FleetEvent, many=True, read_only=True)
