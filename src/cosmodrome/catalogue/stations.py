"""Space stations, their ports, and the dockings there."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import (
    CommaListFilter,
    compared,
    containing,
    exact,
    instant_filters,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import RelatedName, ResponseMode
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape, Subset
from cosmodrome.shapes.tables import Lookup, Named, Number, OpenEnded, PublishedTotals, is_open, joined_label
from cosmodrome.time.as_of import as_of


def running() -> models.Q:
    """Returns the condition for expeditions that have begun and not ended."""
    return is_open(as_of(), "start", "end")


def docked() -> models.Q:
    """Returns the condition for dockings that have happened and are not over."""
    return DockingEvent.is_open(as_of())


class SpaceStationStatus(Lookup):
    class Meta:
        verbose_name = "Space Station Status"
        verbose_name_plural = "Space Station Statuses"


class SpaceStationType(Named):
    name = models.CharField(max_length=255)


class SpaceStation(Named, PublishedTotals):
    published_totals = ("onboard_crew", "docked_vehicles")
    required_columns = ("status_id", "type_id", "founded")

    name = models.CharField(max_length=255)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    status = models.ForeignKey(
        "SpaceStationStatus", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    founded = models.DateField(null=True, blank=True)
    deorbited = models.DateField(null=True, blank=True)
    description = models.CharField(max_length=2048, blank=True)
    orbit = models.ForeignKey("Orbit", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    orbit_name = models.CharField(max_length=255, null=True, blank=True, editable=False)
    type = models.ForeignKey(
        "SpaceStationType", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    owners: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="space_stations", blank=True
    )
    height = models.FloatField("Height (m)", null=True, blank=True)
    width = models.FloatField("Width (m)", null=True, blank=True)
    mass = models.FloatField("Mass (T)", null=True, blank=True)
    volume = Number("Volume (m^3)", null=True, blank=True)
    onboard_crew = Number(null=True, blank=True)
    docked_vehicles = Number(null=True, blank=True)

    class Meta:
        verbose_name = "Space Station"


class DockingLocation(Named):
    label_relations = ("spacestation", "spacecraft", "payload")
    needs_one_of = (("spacestation", "spacecraft", "payload"),)

    name = models.CharField(max_length=255)
    spacestation = models.ForeignKey(
        "SpaceStation", null=True, blank=True, on_delete=models.SET_NULL, related_name="docking_location"
    )
    spacecraft = models.ForeignKey(
        "SpacecraftConfig", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    payload = models.ForeignKey("Payload", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = "Docking Location"

    def __str__(self) -> str:
        return joined_label(super().__str__(), self.spacestation or self.spacecraft or self.payload)


class DockingEvent(OpenEnded):
    begins, ends = "docking", "departure"
    one_at_a_time = "docking_location"
    last_of = ("flight_vehicle_chaser",)  # a craft that left a station unseen has come down, as a rule
    late_columns = ("docking_location_id",)
    needs_one_of = (
        ("flight_vehicle_chaser", "space_station_chaser", "payload_flight_chaser"),
        ("flight_vehicle_target", "space_station_target", "payload_flight_target"),
    )
    label_relations = (*needs_one_of[0], "docking_location")

    docking = models.DateTimeField()
    departure = models.DateTimeField(null=True, blank=True)
    docking_location = models.ForeignKey(
        "DockingLocation", null=True, blank=True, on_delete=models.PROTECT, related_name="docking_events"
    )
    space_station_target = models.ForeignKey(
        "SpaceStation", null=True, blank=True, on_delete=models.SET_NULL, related_name="docking_events"
    )
    flight_vehicle_target = models.ForeignKey(
        "SpacecraftFlight",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="dockings_as_target",
    )
    payload_flight_target = models.ForeignKey(
        "PayloadFlight", null=True, blank=True, on_delete=models.SET_NULL, related_name="dockings_as_target"
    )
    flight_vehicle_chaser = models.ForeignKey(
        "SpacecraftFlight", null=True, blank=True, on_delete=models.CASCADE, related_name="docking_events"
    )
    space_station_chaser = models.ForeignKey(
        "SpaceStation", null=True, blank=True, on_delete=models.CASCADE, related_name="dockings_as_chaser"
    )
    payload_flight_chaser = models.ForeignKey(
        "PayloadFlight", null=True, blank=True, on_delete=models.CASCADE, related_name="docking_events"
    )

    class Meta:
        verbose_name = "docking event"

    def __str__(self) -> str:
        flight, load = self.flight_vehicle_chaser, self.payload_flight_chaser
        chaser = (flight and flight.spacecraft) or self.space_station_chaser or (load and load.payload)
        return joined_label(chaser or "docking", self.docking_location, self.docking)


class SpaceStationStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = SpaceStationStatus


class SpaceStationTypeShape(Shape):
    class Meta:
        model = SpaceStationType
        fields = ["id", "name"]


class SpaceStationMini(Shape):
    image = Nested("Image", allow_null=True)

    class Meta:
        model = SpaceStation
        fields = ["id", "url", "name", "image"]


class SpaceStationNormal(SpaceStationMini):
    status = Nested("SpaceStationStatus")
    founded = serializers.DateField()
    description = serializers.CharField(max_length=2048)
    orbit = RelatedName(allow_null=True)
    type = Nested("SpaceStationType")

    class Meta(SpaceStationMini.Meta):
        fields = [
            *SpaceStationMini.Meta.fields,
            "status",
            "founded",
            "deorbited",
            "description",
            "orbit",
            "type",
        ]


class SpaceStationDetailed(SpaceStationNormal):
    owners = Nested("AgencyNormal", many=True, allow_null=True)

    class Meta(SpaceStationNormal.Meta):
        fields = [*SpaceStationNormal.Meta.fields, "owners"]


class SpaceStationEndpoint(SpaceStationDetailed):
    response_mode = ResponseMode("normal")
    active_expeditions = Nested("ExpeditionMini", many=True, subset=Subset("expeditions", running))

    class Meta(SpaceStationDetailed.Meta):
        fields = [*SpaceStationDetailed.Meta.fields, "response_mode", "active_expeditions"]


class SpaceStationDetailedEndpoint(SpaceStationEndpoint):
    response_mode = ResponseMode("detailed")
    docking_location = Nested("DockingLocationSerializerForSpacestation", many=True)
    active_docking_events = Nested(
        "DockingEventForChaserNormal", many=True, subset=Subset("docking_events", docked)
    )

    class Meta(SpaceStationEndpoint.Meta):
        fields = [
            *SpaceStationEndpoint.Meta.fields,
            "height",
            "width",
            "mass",
            "volume",
            *SpaceStation.published_totals,
            "docking_location",
            "active_docking_events",
        ]


class DockingLocationShape(Shape):
    spacestation = Nested("SpaceStationMini")
    spacecraft = Nested("SpacecraftConfigNormal")
    payload = Nested("PayloadMini")

    class Meta:
        model = DockingLocation
        fields = ["id", "name", "spacestation", "spacecraft", "payload"]


class DockingLocationSerializerForSpacestation(Shape):
    currently_docked = Nested(
        "DockingEventDetailedSerializerForSpacestation", subset=Subset("docking_events", docked)
    )

    class Meta:
        model = DockingLocation
        fields = ["id", "name", "currently_docked"]


class DockingEventEndpointNormal(Shape):
    docking_location = Nested("DockingLocation")
    space_station_target = Nested("SpaceStationMini")
    flight_vehicle_target = Nested("SpacecraftFlightMini")
    payload_flight_target = Nested("PayloadFlightMini")
    response_mode = ResponseMode("normal")
    flight_vehicle_chaser = Nested("SpacecraftFlightMini")
    space_station_chaser = Nested("SpaceStationMini")
    payload_flight_chaser = Nested("PayloadFlightMini")

    class Meta:
        model = DockingEvent
        fields = [
            "id",
            "url",
            "docking",
            "departure",
            "docking_location",
            "space_station_target",
            "flight_vehicle_target",
            "payload_flight_target",
            "response_mode",
            "flight_vehicle_chaser",
            "space_station_chaser",
            "payload_flight_chaser",
        ]


class DockingEventEndpointDetailed(DockingEventEndpointNormal):
    response_mode = ResponseMode("detailed")
    flight_vehicle_chaser = Nested("SpacecraftFlightNormal")
    space_station_chaser = Nested("SpaceStationNormal")
    payload_flight_chaser = Nested("PayloadFlightNormal")


class DockingEventForChaserNormal(Shape):
    docking_location = Nested("DockingLocation")
    space_station_target = Nested("SpaceStationNormal")
    flight_vehicle_target = Nested("SpacecraftFlightNormal")
    payload_flight_target = Nested("PayloadFlightNormal")

    class Meta:
        model = DockingEvent
        fields = [
            "id",
            "url",
            "docking",
            "departure",
            "docking_location",
            "space_station_target",
            "flight_vehicle_target",
            "payload_flight_target",
        ]


class DockingEventDetailedSerializerForSpacestation(Shape):
    flight_vehicle_chaser = Nested("SpacecraftFlightForDockingEvent")
    space_station_chaser = Nested("SpaceStationNormal")
    payload_flight_chaser = Nested("PayloadFlightNormal")

    class Meta:
        model = DockingEvent
        fields = [
            "id",
            "url",
            "docking",
            "departure",
            "flight_vehicle_chaser",
            "space_station_chaser",
            "payload_flight_chaser",
        ]


class SpaceStationStatusResource(Resource):
    path = "config/space_station_statuses"
    queryset = SpaceStationStatus.objects.all()
    modes = {"normal": SpaceStationStatusShape}
    tags = ["Station", "Configurations"]


class SpaceStationResource(Resource):
    path = "space_stations"
    queryset = SpaceStation.objects.all()
    modes = {"normal": SpaceStationEndpoint, "detailed": SpaceStationDetailedEndpoint}
    filterset_fields = {
        **exact("owners"),
        **compared("docked_vehicles", "onboard_crew"),
        **exact("id", "orbit", "status", "type"),
        **containing("name"),
    }
    filters = {
        "owner__ids": CommaListFilter("owners", of="integer", description="Comma-separated agency IDs."),
        "status__ids": CommaListFilter(
            "status", of="integer", description="Comma-separated spacestation status IDs."
        ),
    }
    search_fields = ["name", "owners__abbrev", "owners__name"]
    ordering_fields = ["docked_vehicles", "founded", "id", "name", "onboard_crew", "status", "type", "volume"]
    examples = {"filter": "onboard_crew__gte=1", "search": "Salyut", "ordering": "founded"}
    tags = ["Stations"]


class DockingLocationResource(Resource):
    path = "config/docking_locations"
    queryset = DockingLocation.objects.all()
    modes = {"normal": DockingLocationShape}
    tags = ["Docking", "Configurations"]


class DockingEventResource(Resource):
    path = "docking_events"
    queryset = DockingEvent.objects.all()
    modes = {"normal": DockingEventEndpointNormal, "detailed": DockingEventEndpointDetailed}
    filterset_fields = {
        **exact("docking_location__id", "flight_vehicle_chaser__id", "space_station_target__id"),
    }
    filters = instant_filters("docking", "Docking")
    search_fields = [
        "docking_location__name",
        "flight_vehicle_chaser__spacecraft__name",
        "flight_vehicle_target__spacecraft__name",
        "payload_flight_chaser__payload__name",
        "payload_flight_target__payload__name",
        "space_station_chaser__name",
        "space_station_target__name",
    ]
    ordering_fields = ["departure", "docking"]
    examples = {"filter": "space_station_target__id=6", "search": "Salyut", "ordering": "-docking"}
    tags = ["Docking", "Events"]
