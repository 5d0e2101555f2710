"""Spacecraft: the craft themselves, their configurations, and the families of those."""

from datetime import datetime
from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import exact
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import AccruingDuration, Duration, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, totals


@totals
class FlownTotals(PublishedTotals):
    spacecraft_flown = Number(null=True, blank=True)
    total_launch_count = Number(null=True, blank=True)
    successful_launches = Number(null=True, blank=True)
    failed_launches = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)
    successful_landings = Number(null=True, blank=True)
    failed_landings = Number(null=True, blank=True)

    class Meta:
        abstract = True


class SpacecraftConfigFamily(Named, FlownTotals):
    late_columns = ("manufacturer_id",)

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=2048, blank=True)
    manufacturer = models.ForeignKey(
        "Agency",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="spacecraft_families",
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)

    class Meta:
        verbose_name = "Spacecraft Configuration Family"
        verbose_name_plural = "Spacecraft Configuration Families"


class SpacecraftConfig(Named, FlownTotals):
    default_order = ("name",)
    published_totals = (*FlownTotals.published_totals, "fastest_turnaround")

    name = models.CharField(max_length=200)
    type = models.ForeignKey("SpacecraftConfigType", on_delete=models.PROTECT)
    agency = models.ForeignKey("Agency", on_delete=models.PROTECT, related_name="spacecraft_list")
    family = models.ManyToManyField(SpacecraftConfigFamily, related_name="spacecraft", blank=True)
    in_use = models.BooleanField(default=False)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    capability = models.CharField(max_length=2048, blank=True)
    history = models.CharField(max_length=1000, blank=True)
    details = models.CharField(max_length=1000, blank=True)
    maiden_flight = models.DateField(null=True, blank=True)
    height = models.FloatField("Length (m)", null=True, blank=True)
    diameter = models.FloatField("Diameter (m)", null=True, blank=True)
    human_rated = models.BooleanField(default=False)
    crew_capacity = Number(null=True, blank=True)
    payload_capacity = Number("Payload Capacity (kg)", null=True, blank=True)
    payload_return_capacity = Number("Payload Return Capacity (kg)", null=True, blank=True)
    flight_life = models.CharField(max_length=2048, null=True, blank=True)
    wiki_link = models.URLField(max_length=200, blank=True)
    info_link = models.URLField(max_length=200, blank=True)
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta:
        verbose_name = "Spacecraft Configuration"


class Spacecraft(Named, PublishedTotals):
    published_totals = (
        "in_space",
        "time_in_space",
        "time_docked",
        "flights_count",
        "mission_ends_count",
        "fastest_turnaround",
    )

    name = models.CharField(max_length=255)
    serial_number = models.CharField(max_length=255, null=True, blank=True)
    is_placeholder = models.BooleanField(default=False)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    in_space = models.BooleanField(default=False)
    time_in_space = models.DurationField(null=True, blank=True)
    time_in_space_since = models.DateTimeField(null=True, blank=True, editable=False)
    time_in_space_pace = Number(null=True, blank=True, editable=False)
    time_docked = models.DurationField(null=True, blank=True)
    time_docked_since = models.DateTimeField(null=True, blank=True, editable=False)
    time_docked_pace = Number(null=True, blank=True, editable=False)
    flights_count = Number(null=True, blank=True)
    mission_ends_count = Number(null=True, blank=True)
    status = models.ForeignKey("SpacecraftStatus", on_delete=models.PROTECT)
    description = models.CharField(max_length=2048)
    spacecraft_config = models.ForeignKey(SpacecraftConfig, on_delete=models.PROTECT, related_name="craft")
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta:
        verbose_name = "Spacecraft"
        verbose_name_plural = "Spacecraft"

    @classmethod
    def follow_totals(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """Lets the time in space of a craft in space grow from the instant at which the total was read.

        `time_docked` stays as it was read: a total does not tell whether the craft is docked now.
        """
        return {"time_in_space_since": read_at if totals.get("in_space") else None}


class SpacecraftConfigFamilyMini(Shape):
    response_mode = ResponseMode("list")

    class Meta:
        model = SpacecraftConfigFamily
        fields = ["response_mode", "id", "name"]


class SpacecraftConfigFamilyNormal(SpacecraftConfigFamilyMini):
    response_mode = ResponseMode("normal")
    manufacturer = Nested("AgencyMini", allow_null=True)
    parent = Nested("SpacecraftConfigFamilyMini", allow_null=True)  # type: ignore[assignment] # DRF has a `parent` too

    class Meta(SpacecraftConfigFamilyMini.Meta):
        fields = [
            *SpacecraftConfigFamilyMini.Meta.fields,
            "description",
            "manufacturer",
            "parent",
            "maiden_flight",
        ]


class SpacecraftConfigFamilyDetailed(SpacecraftConfigFamilyNormal):
    """The form in which other records nest it: it has more keys, but its `response_mode` is normal."""

    manufacturer = Nested("AgencyNormal")
    parent = Nested("SpacecraftConfigFamilyNormal", allow_null=True)

    class Meta(SpacecraftConfigFamilyNormal.Meta):
        fields = [*SpacecraftConfigFamilyNormal.Meta.fields, *SpacecraftConfigFamily.published_totals]


class SpacecraftConfigFamilyEndpointDetailed(SpacecraftConfigFamilyDetailed):
    response_mode = ResponseMode("detailed")
    spacecraft = Nested("SpacecraftConfigNormal", many=True)

    class Meta(SpacecraftConfigFamilyDetailed.Meta):
        fields = [*SpacecraftConfigFamilyDetailed.Meta.fields, "spacecraft"]


class SpacecraftConfigNormal(Shape):
    response_mode = ResponseMode("normal")
    type = Nested("SpacecraftConfigType")
    agency = Nested("AgencyMini")
    family = Nested("SpacecraftConfigFamilyNormal", many=True, allow_null=True)
    image = Nested("Image", allow_null=True)

    class Meta:
        model = SpacecraftConfig
        fields = [
            "response_mode",
            "id",
            "url",
            "name",
            "type",
            "agency",
            "family",
            "in_use",
            "image",
        ]


class SpacecraftConfigDetailed(SpacecraftConfigNormal):
    response_mode = ResponseMode("detailed")
    agency = Nested("AgencyNormal")
    family = Nested("SpacecraftConfigFamilyDetailed", many=True, allow_null=True)
    fastest_turnaround = Duration(read_only=True, allow_null=True)

    class Meta(SpacecraftConfigNormal.Meta):
        fields = [
            *SpacecraftConfigNormal.Meta.fields,
            "capability",
            "history",
            "details",
            "maiden_flight",
            "height",
            "diameter",
            "human_rated",
            "crew_capacity",
            "payload_capacity",
            "payload_return_capacity",
            "flight_life",
            "wiki_link",
            "info_link",
            *SpacecraftConfig.published_totals,
        ]


class SpacecraftNormal(Shape):
    response_mode = ResponseMode("normal")
    image = Nested("Image", read_only=True, allow_null=True)
    time_in_space = AccruingDuration()
    time_docked = AccruingDuration()
    flights_count = serializers.IntegerField(allow_null=True)
    status = Nested("SpacecraftStatus")
    spacecraft_config = Nested("SpacecraftConfigNormal")
    fastest_turnaround = Duration(read_only=True, allow_null=True)

    class Meta:
        model = Spacecraft
        fields = [
            "response_mode",
            "id",
            "url",
            "name",
            "serial_number",
            "is_placeholder",
            "image",
            "in_space",
            "time_in_space",
            "time_docked",
            "flights_count",
            "mission_ends_count",
            "status",
            "description",
            "spacecraft_config",
            "fastest_turnaround",
        ]


class SpacecraftDetailed(SpacecraftNormal):
    """The form in which other records nest it: it has more keys, but its `response_mode` is normal."""

    spacecraft_config = Nested("SpacecraftConfigDetailed")


class SpacecraftEndpointDetailed(SpacecraftDetailed):
    response_mode = ResponseMode("detailed")
    flights = Nested("SpacecraftFlightNormal", many=True)

    class Meta(SpacecraftDetailed.Meta):
        fields = [*SpacecraftDetailed.Meta.fields, "flights"]


class SpacecraftResource(Resource):
    path = "spacecraft"
    queryset = Spacecraft.objects.all()
    modes = {"normal": SpacecraftNormal, "detailed": SpacecraftEndpointDetailed}
    filterset_fields = exact("in_space", "is_placeholder", "name", "spacecraft_config", "status")
    search_fields = ["name", "spacecraft_config__name"]
    ordering_fields = [
        "flights_count",
        "id",
        "mission_ends_count",
        "time_docked",
        "time_in_space",
    ]
    examples = {
        "filter": "is_placeholder=True",
        "search": "Endeavour",
        "ordering": "-flights_count",
    }
    tags = ["Spacecraft"]


class SpacecraftConfigResource(Resource):
    path = "spacecraft_configurations"
    queryset = SpacecraftConfig.objects.all()
    modes = {"normal": SpacecraftConfigNormal, "detailed": SpacecraftConfigDetailed}
    filterset_fields = exact("agency", "human_rated", "in_use", "name")
    search_fields = ["agency__abbrev", "agency__name", "name"]
    ordering_fields = ["name"]
    examples = {"filter": "human_rated=True", "search": "Dragon", "ordering": "name"}
    tags = ["Spacecraft", "Configurations"]
    endpoint_name = "SpacecraftConfiguration"


class SpacecraftConfigFamilyResource(Resource):
    path = "spacecraft_configuration_families"
    queryset = SpacecraftConfigFamily.objects.all()
    modes = {
        "list": SpacecraftConfigFamilyMini,
        "normal": SpacecraftConfigFamilyNormal,
        "detailed": SpacecraftConfigFamilyEndpointDetailed,
    }
    filterset_fields = exact("manufacturer", "name")
    search_fields = ["manufacturer__abbrev", "manufacturer__name", "name"]
    ordering_fields = ["name"]
    examples = {"filter": "manufacturer=121", "search": "Northrop", "ordering": "name"}
    tags = ["Spacecraft", "Families"]
