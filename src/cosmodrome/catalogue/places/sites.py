"""Launch sites and their pads."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import (
    AnyOfFilter,
    CommaListFilter,
    compared,
    containing,
    exact,
    with_lookups,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import Duration, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape, without
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, joined_label


class Location(Named, PublishedTotals):
    published_totals = ("total_launch_count", "total_landing_count")
    required_columns = ("celestial_body_id",)

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


class Pad(Named, PublishedTotals):
    label_relations = ("location",)
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
        return joined_label(super().__str__(), self.location)


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
            *Location.published_totals,
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
            *Pad.published_totals,
        ]


class PadShape(PadSerializerNoLocation):
    agencies = Nested("AgencyNormal", many=True)
    location = Nested("Location", allow_null=True)

    class Meta(PadSerializerNoLocation.Meta):
        fields = [*PadSerializerNoLocation.Meta.fields, "location"]


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
        "country_code": AnyOfFilter(
            "country__alpha_2_code", "country__alpha_3_code", description="Country Code"
        ),
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
        **with_lookups("gt gte lt lte", "latitude", "longitude"),
        **exact("location__id"),
        **compared("orbital_launch_attempt_count", "total_launch_count"),
    }
    filters = {
        "agencies_ids": CommaListFilter("agencies", of="integer"),
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
