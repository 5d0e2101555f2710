"""Landings and their locations."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.filters import (
    CommaListFilter,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, joined_label


class LandingLocation(Named, PublishedTotals):
    published_totals = ("successful_landings", "attempted_landings", "failed_landings")

    name = models.CharField(max_length=255, blank=True)
    active = models.BooleanField(default=False)
    abbrev = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=2048, null=True, blank=True)
    location = models.ForeignKey("Location", on_delete=models.PROTECT, related_name="+")
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    successful_landings = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)
    failed_landings = Number(null=True, blank=True)
    celestial_body = models.ForeignKey("CelestialBody", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "landing location"


class Landing(models.Model):
    landed = ("firststage", "spacecraftflight", "payloadflight")
    """The relations of which one leads to what landed."""
    label_relations = (*landed, "landing_location", "type")

    attempt = models.BooleanField(default=False)
    success = models.BooleanField(null=True, blank=True)
    description = models.CharField(max_length=2048, blank=True)
    downrange_distance = models.FloatField("Downrange distance (km)", null=True, blank=True)
    landing_location = models.ForeignKey(
        "LandingLocation", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    type = models.ForeignKey("LandingType", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "landing"

    def __str__(self) -> str:
        landed = next((getattr(self, name) for name in self.landed if hasattr(self, name)), None)
        return joined_label(landed or f"landing {self.pk}", self.landing_location or self.type)


class LandingLocationShape(Shape):
    location = Nested("LocationSerializerNoCelestialBody")
    image = Nested("Image", allow_null=True)
    celestial_body = Nested("CelestialBodyNormal")

    class Meta:
        model = LandingLocation
        fields = [
            "id",
            "name",
            "active",
            "abbrev",
            "description",
            "location",
            "longitude",
            "latitude",
            "image",
            *LandingLocation.published_totals,
            "celestial_body",
        ]


class LandingShape(Shape):
    landing_location = Nested("LandingLocation")
    type = Nested("LandingType")

    class Meta:
        model = Landing
        fields = [
            "id",
            "url",
            "attempt",
            "success",
            "description",
            "downrange_distance",
            "landing_location",
            "type",
        ]


class LandingEndpointList(LandingShape):
    response_mode = ResponseMode("list")
    firststage = Nested("FirstStageMini")
    spacecraftflight = Nested("SpacecraftFlightMiniSerializerNoLanding")
    payloadflight = Nested("PayloadFlightMiniSerializerNoLanding")

    class Meta(LandingShape.Meta):
        fields = [
            *LandingShape.Meta.fields,
            "response_mode",
            "firststage",
            "spacecraftflight",
            "payloadflight",
        ]


class LandingEndpointNormal(LandingEndpointList):
    response_mode = ResponseMode("normal")
    firststage = Nested("FirstStageNormalSerializerNoLanding")
    spacecraftflight = Nested("SpacecraftFlightNormalSerializerNoLanding")
    payloadflight = Nested("PayloadFlightNormalSerializerNoLanding")


class LandingEndpointDetailed(LandingEndpointList):
    response_mode = ResponseMode("detailed")
    firststage = Nested("FirstStageDetailedSerializerNoLanding")
    spacecraftflight = Nested("SpacecraftFlightDetailedSerializerNoLanding")
    payloadflight = Nested("PayloadFlightDetailedSerializerNoLanding")


class LandingLocationResource(Resource):
    path = "config/landing_locations"
    queryset = LandingLocation.objects.all()
    modes = {"normal": LandingLocationShape}
    tags = ["Locations", "Configurations"]


class LandingResource(Resource):
    path = "landings"
    queryset = Landing.objects.all()
    modes = {
        "list": LandingEndpointList,
        "normal": LandingEndpointNormal,
        "detailed": LandingEndpointDetailed,
    }
    filterset_fields = {**exact("attempt", "success")}
    filters = {
        "firststage_launch__ids": CommaListFilter("firststage__rocket", of="uuid"),
        "landing_location__ids": CommaListFilter("landing_location", of="integer"),
        "landing_type__ids": CommaListFilter("type", of="integer"),
        "launcher__ids": CommaListFilter("firststage__launcher", of="integer"),
        "launcher_config__ids": CommaListFilter("firststage__launcher__launcher_config", of="integer"),
        "launcher_serial_numbers": CommaListFilter("firststage__launcher__serial_number"),
        "spacecraft__ids": CommaListFilter("spacecraftflight__spacecraft", of="integer"),
        "spacecraft_config__ids": CommaListFilter(
            "spacecraftflight__spacecraft__spacecraft_config", of="integer"
        ),
        "spacecraft_launch__ids": CommaListFilter("spacecraftflight__rocket", of="uuid"),
    }
    search_fields = [
        "firststage__launcher__launcher_config__name",
        "firststage__launcher__serial_number",
        "firststage__rocket__launch__name",
        "landing_location__abbrev",
        "landing_location__name",
        "spacecraftflight__rocket__launch__name",
        "spacecraftflight__spacecraft__name",
        "spacecraftflight__spacecraft__serial_number",
        "spacecraftflight__spacecraft__spacecraft_config__name",
    ]
    ordering_fields = ["downrange_distance", "id"]
    examples = {"filter": "spacecraft__ids=39,37", "search": "B1059", "ordering": "downrange_distance"}
    tags = ["Landings"]
