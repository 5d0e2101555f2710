"""Celestial bodies, and orbits around them."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, totals


@totals
class CelestialBodyTotals(PublishedTotals):
    total_attempted_launches = Number(default=0)
    successful_launches = Number(default=0)
    failed_launches = Number(default=0)
    total_attempted_landings = Number(default=0)
    successful_landings = Number(default=0)
    failed_landings = Number(default=0)

    class Meta:
        abstract = True


class CelestialBody(Named, CelestialBodyTotals):
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

    class Meta:
        verbose_name = "Celestial Body"
        verbose_name_plural = "Celestial Bodies"


class Orbit(Named):
    name = models.CharField(max_length=50)
    abbrev = models.CharField(max_length=30)
    celestial_body = models.ForeignKey("CelestialBody", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "Orbit"


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
        fields = [*CelestialBodyNormal.Meta.fields, *CelestialBody.published_totals]


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
