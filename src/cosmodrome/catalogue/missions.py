"""Missions of launches."""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import RelatedName
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number


class MissionType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "mission type"


class Mission(Named):
    name = models.CharField(max_length=255)
    type = models.ForeignKey(
        "MissionType", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    type_name = models.CharField(max_length=255, null=True, blank=True, editable=False)
    description = models.TextField(blank=True)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    orbit = models.ForeignKey("Orbit", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    agencies: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="missions", blank=True
    )


class MissionTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = MissionType


class MissionShape(Shape):
    type = RelatedName()
    image = Nested("Image", allow_null=True)
    orbit = Nested("Orbit")
    agencies = Nested("AgencyDetailed", many=True)
    info_urls = Nested("InfoURL", many=True)
    vid_urls = Nested("VidURL", many=True)

    class Meta:
        model = Mission
        fields = ["id", "name", "type", "description", "image", "orbit", "agencies", "info_urls", "vid_urls"]


class MissionTypeResource(Resource):
    path = "config/mission_types"
    queryset = MissionType.objects.all()
    modes = {"normal": MissionTypeShape}
    tags = ["Types", "Configurations"]
