"""Places: celestial bodies, launch sites and their pads, and where things come down."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.engine.columns import Number, PublishedTotals
from cosmodrome.engine.fields import Duration, ResponseMode
from cosmodrome.engine.filtering import (
    AnyOf,
    ListOf,
    compared,
    containing,
    exact,
    looked_up,
)
from cosmodrome.engine.lookups import Lookup, LookupShape
from cosmodrome.engine.resources import Resource
from cosmodrome.engine.shapes import Nested, Shape, without


class CelestialBodyType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "celestial body type"


class LandingType(models.Model):
    name = models.CharField(max_length=255, blank=True)
    abbrev = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=2048, null=True, blank=True)

    class Meta:
        verbose_name = "landing type"

    def __str__(self) -> str:
        return self.name


class CelestialBody(PublishedTotals):
    published_totals = (
        "total_attempted_launches",
        "successful_launches",
        "failed_launches",
        "total_attempted_landings",
        "successful_landings",
        "failed_landings",
    )
    late_columns = ("type_id",)

    name = models.CharField(max_length=255)
    type = models.ForeignKey(
        "CelestialBodyType", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    diameter = models.FloatField(null=True, blank=True, help_text="m")
    mass = models.FloatField(null=True, blank=True, help_text="kg")
    gravity = models.FloatField(null=True, blank=True, help_text="m/s^2")
    length_of_day = models.TextField(null=True, blank=True)
    atmosphere = models.BooleanField(default=False)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.TextField(null=True, blank=True)
    wiki_url = models.URLField(max_length=200, null=True, blank=True)
    total_attempted_launches = Number(default=0)
    successful_launches = Number(default=0)
    failed_launches = Number(default=0)
    total_attempted_landings = Number(default=0)
    successful_landings = Number(default=0)
    failed_landings = Number(default=0)

    class Meta:
        verbose_name = "Celestial Body"
        verbose_name_plural = "Celestial Bodies"

    def __str__(self) -> str:
        return self.name


class Orbit(models.Model):
    name = models.CharField(max_length=50)
    abbrev = models.CharField(max_length=30)
    celestial_body = models.ForeignKey("CelestialBody", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "Orbit"

    def __str__(self) -> str:
        return self.name


class Location(PublishedTotals):
    published_totals = ("total_launch_count", "total_landing_count")
    whole_columns = ("celestial_body_id",)

    name = models.CharField(max_length=255, blank=True)
    active = models.BooleanField(default=False)
    country = models.ForeignKey("Country", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.CharField(max_length=2048, null=True, blank=True)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    map_image = models.TextField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    timezone_name = models.CharField(max_length=255, blank=True)
    total_launch_count = Number(null=True, blank=True)
    total_landing_count = Number(null=True, blank=True)
    celestial_body = models.ForeignKey(
        "CelestialBody", null=True, blank=True, on_delete=models.PROTECT, related_name="locations"
    )

    class Meta:
        verbose_name = "Location"

    def __str__(self) -> str:
        return self.name


class Pad(PublishedTotals):
    published_totals = ("total_launch_count", "orbital_launch_attempt_count", "fastest_turnaround")

    active = models.BooleanField(default=False)
    agencies: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="pads", blank=True
    )
    name = models.CharField(max_length=255, blank=True)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.CharField(max_length=2048, null=True, blank=True)
    info_url = models.URLField(max_length=200, null=True, blank=True)
    wiki_url = models.URLField(max_length=200, null=True, blank=True)
    map_url = models.URLField(max_length=200, null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    country = models.ForeignKey("Country", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    map_image = models.TextField(null=True, blank=True)
    total_launch_count = Number(null=True, blank=True)
    orbital_launch_attempt_count = Number(null=True, blank=True)
    fastest_turnaround = models.DurationField(null=True, blank=True)
    location = models.ForeignKey(
        "Location", null=True, blank=True, on_delete=models.SET_NULL, related_name="pads"
    )

    class Meta:
        verbose_name = "Pad"

    def __str__(self) -> str:
        return self.name


class LandingLocation(PublishedTotals):
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

    def __str__(self) -> str:
        return self.name


class Landing(models.Model):
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
        return f"landing {self.pk}"


class CelestialBodyTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = CelestialBodyType


class LandingTypeShape(Shape):
    class Meta:
        model = LandingType
        fields = ["id", "name", "abbrev", "description"]


class CelestialBodyMini(Shape):
    response_mode = ResponseMode("list")

    class Meta:
        model = CelestialBody
        fields = ["response_mode", "id", "name"]


class CelestialBodyNormal(CelestialBodyMini):
    response_mode = ResponseMode("normal")
    type = Nested("CelestialBodyType")
    image = Nested("Image")

    class Meta(CelestialBodyMini.Meta):
        fields = [
            *CelestialBodyMini.Meta.fields,
            "type",
            "diameter",
            "mass",
            "gravity",
            "length_of_day",
            "atmosphere",
            "image",
            "description",
            "wiki_url",
        ]


class CelestialBodyDetailed(CelestialBodyNormal):
    class Meta(CelestialBodyNormal.Meta):
        fields = [
            *CelestialBodyNormal.Meta.fields,
            "total_attempted_launches",
            "successful_launches",
            "failed_launches",
            "total_attempted_landings",
            "successful_landings",
            "failed_landings",
        ]


class CelestialBodyEndpointDetailed(CelestialBodyDetailed):
    response_mode = ResponseMode("detailed")
    locations = Nested("LocationSerializerNoCelestialBody", many=True)

    class Meta(CelestialBodyDetailed.Meta):
        fields = [*CelestialBodyDetailed.Meta.fields, "locations"]


class OrbitShape(Shape):
    celestial_body = Nested("CelestialBodyMini")

    class Meta:
        model = Orbit
        fields = ["id", "name", "abbrev", "celestial_body"]


class LocationShape(Shape):
    response_mode = ResponseMode("normal")
    celestial_body = Nested("CelestialBodyDetailed")
    country = Nested("Country", allow_null=True)
    image = Nested("Image", allow_null=True)
    map_image = serializers.URLField(required=False, allow_null=True)

    class Meta:
        model = Location
        fields = [
            "response_mode",
            "id",
            "url",
            "name",
            "celestial_body",
            "active",
            "country",
            "description",
            "image",
            "map_image",
            "longitude",
            "latitude",
            "timezone_name",
            "total_launch_count",
            "total_landing_count",
        ]


class LocationSerializerNoCelestialBody(LocationShape):
    class Meta(LocationShape.Meta):
        fields = without("celestial_body", LocationShape)


class LocationSerializerWithPads(LocationShape):
    response_mode = ResponseMode("detailed")
    pads = Nested("PadSerializerNoLocation", many=True)

    class Meta(LocationShape.Meta):
        fields = [*LocationShape.Meta.fields, "pads"]


class PadSerializerNoLocation(Shape):
    agencies = Nested("AgencyMini", many=True)
    image = Nested("Image", allow_null=True)
    country = Nested("Country", allow_null=True)
    map_image = serializers.URLField(required=False, allow_null=True)
    fastest_turnaround = Duration(read_only=True, allow_null=True)

    class Meta:
        model = Pad
        fields = [
            "id",
            "url",
            "active",
            "agencies",
            "name",
            "image",
            "description",
            "info_url",
            "wiki_url",
            "map_url",
            "latitude",
            "longitude",
            "country",
            "map_image",
            "total_launch_count",
            "orbital_launch_attempt_count",
            "fastest_turnaround",
        ]


class PadShape(PadSerializerNoLocation):
    agencies = Nested("AgencyNormal", many=True)
    location = Nested("Location", allow_null=True)

    class Meta(PadSerializerNoLocation.Meta):
        fields = [*PadSerializerNoLocation.Meta.fields, "location"]


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
            "successful_landings",
            "attempted_landings",
            "failed_landings",
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


class CelestialBodyTypeResource(Resource):
    path = "config/celestial_body_types"
    queryset = CelestialBodyType.objects.all()
    modes = {"normal": CelestialBodyTypeShape}
    tags = ["Celestial", "Types", "Configurations"]


class LandingTypeResource(Resource):
    path = "config/landing_types"
    queryset = LandingType.objects.all()
    modes = {"normal": LandingTypeShape}
    tags = ["Types", "Configurations"]


class CelestialBodyResource(Resource):
    path = "celestial_bodies"
    queryset = CelestialBody.objects.all()
    modes = {
        "list": CelestialBodyMini,
        "normal": CelestialBodyNormal,
        "detailed": CelestialBodyEndpointDetailed,
    }
    search_fields = ["name", "type__name"]
    ordering_fields = ["id", "name"]
    examples = {"search": "Mars", "ordering": "-name"}
    tags = ["Celestial", "Bodies"]


class OrbitResource(Resource):
    path = "config/orbits"
    queryset = Orbit.objects.all()
    modes = {"normal": OrbitShape}
    tags = ["Configurations"]


class LocationResource(Resource):
    path = "locations"
    queryset = Location.objects.all()
    modes = {"normal": LocationShape, "detailed": LocationSerializerWithPads}
    filterset_fields = {
        **exact("id"),
        **containing("name"),
        **compared("total_landing_count", "total_launch_count"),
    }
    filters = {
        "country_code": AnyOf("country__alpha_2_code", "country__alpha_3_code", says="Country Code"),
    }
    search_fields = ["country__alpha_3_code", "name"]
    ordering_fields = ["total_landing_count", "total_launch_count"]
    examples = {"filter": "country_code=NZL", "search": "Cape Canaveral", "ordering": "-total_launch_count"}


class PadResource(Resource):
    path = "pads"
    titles = ("Launch Pad", "Launch Pads")
    queryset = Pad.objects.all()
    modes = {"normal": PadShape}
    filterset_fields = {
        **containing("id", "location__name", "name"),
        **looked_up("gt gte lt lte", "latitude", "longitude"),
        **exact("location__id"),
        **compared("orbital_launch_attempt_count", "total_launch_count"),
    }
    filters = {
        "agencies_ids": ListOf("agencies", of="integer"),
    }
    search_fields = ["location__name", "name", "orbital_launch_attempt_count", "total_launch_count"]
    ordering_fields = [
        "id",
        "location__id",
        "location__name",
        "name",
        "orbital_launch_attempt_count",
        "total_launch_count",
    ]
    examples = {"filter": "location__id=11", "search": "39A", "ordering": "-orbital_launch_attempt_count"}
    tags = ["Pads"]


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
        "firststage_launch__ids": ListOf("firststage__rocket", of="uuid"),
        "landing_location__ids": ListOf("landing_location", of="integer"),
        "landing_type__ids": ListOf("type", of="integer"),
        "launcher__ids": ListOf("firststage__launcher", of="integer"),
        "launcher_config__ids": ListOf("firststage__launcher__launcher_config", of="integer"),
        "launcher_serial_numbers": ListOf("firststage__launcher__serial_number"),
        "spacecraft__ids": ListOf("spacecraftflight__spacecraft", of="integer"),
        "spacecraft_config__ids": ListOf("spacecraftflight__spacecraft__spacecraft_config", of="integer"),
        "spacecraft_launch__ids": ListOf("spacecraftflight__rocket", of="uuid"),
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
