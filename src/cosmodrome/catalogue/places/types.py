"""The kinds of celestial bodies and of landings."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number


class CelestialBodyType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "celestial body type"


class LandingType(Named):
    name = models.CharField(max_length=255, blank=True)
    abbrev = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=2048, null=True, blank=True)

    class Meta:
        verbose_name = "landing type"


class CelestialBodyTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = CelestialBodyType


class LandingTypeShape(Shape):
    class Meta:
        model = LandingType
        fields = ["id", "name", "abbrev", "description"]


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
