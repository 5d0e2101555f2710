"""Programs, and the patches of missions and expeditions."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import (
    CommaListFilter,
    containing,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import ResponseMode
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number


class ProgramType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "program type"


class MissionPatch(Named):
    name = models.CharField(max_length=200)
    priority = Number(default=0)
    image_url = models.TextField()
    agency = models.ForeignKey("Agency", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = "Mission Patch"
        verbose_name_plural = "Mission Patches"


class Program(Named):
    late_columns = ("type_id",)

    name = models.CharField(max_length=255)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    info_url = models.URLField(max_length=200, null=True, blank=True)
    wiki_url = models.URLField(max_length=200, null=True, blank=True)
    description = models.CharField(max_length=40000, null=True, blank=True)
    agencies: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="programs", blank=True
    )
    start_date = models.DateTimeField(null=True, blank=True)
    end_date = models.DateTimeField(null=True, blank=True)
    mission_patches: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "MissionPatch", related_name="program", blank=True
    )
    type = models.ForeignKey("ProgramType", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = "Program"


class ProgramTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = ProgramType


class MissionPatchShape(Shape):
    image_url = serializers.URLField()
    agency = Nested("AgencyMini", allow_null=True)
    response_mode = ResponseMode("normal")

    class Meta:
        model = MissionPatch
        fields = ["id", "name", "priority", "image_url", "agency", "response_mode"]


class MissionPatchDetailed(MissionPatchShape):
    agency = Nested("AgencyDetailed", allow_null=True)
    response_mode = ResponseMode("detailed")
    launches = Nested("LaunchNormal", many=True)
    expeditions = Nested("ExpeditionNormal", many=True)
    program = Nested("ProgramNormal", many=True)

    class Meta(MissionPatchShape.Meta):
        fields = [*MissionPatchShape.Meta.fields, "launches", "expeditions", "program"]


class ProgramMini(Shape):
    response_mode = ResponseMode("list")
    image = Nested("Image", allow_null=True)

    class Meta:
        model = Program
        fields = ["response_mode", "id", "url", "name", "image", "info_url", "wiki_url"]


class ProgramNormal(ProgramMini):
    response_mode = ResponseMode("normal")
    agencies = Nested("AgencyMini", many=True)
    mission_patches = Nested("MissionPatch", many=True)
    type = Nested("ProgramType")

    class Meta(ProgramMini.Meta):
        fields = [
            *ProgramMini.Meta.fields,
            "description",
            "agencies",
            "start_date",
            "end_date",
            "mission_patches",
            "type",
        ]


class ProgramTypeResource(Resource):
    path = "config/program_types"
    queryset = ProgramType.objects.all()
    modes = {"normal": ProgramTypeShape}
    tags = ["Types", "Configurations"]


class MissionPatchResource(Resource):
    path = "mission_patches"
    queryset = MissionPatch.objects.all()
    modes = {"normal": MissionPatchShape, "detailed": MissionPatchDetailed}
    filterset_fields = {**exact("agency__id", "id"), **containing("agency__name", "name")}
    filters = {
        "ids": CommaListFilter("id", of="integer", description="Comma-separated mission patch IDs."),
    }
    search_fields = ["agency__name", "name"]
    ordering_fields = ["agency__name", "id", "name", "priority"]
    examples = {"filter": "agency__id=147", "search": "Ariane", "ordering": "priority"}
    tags = ["Patches"]


class ProgramResource(Resource):
    path = "programs"
    queryset = Program.objects.all()
    modes = {"list": ProgramMini, "normal": ProgramNormal}
    tags = ["Programs"]
