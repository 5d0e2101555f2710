"""Spacewalks and expeditions of astronauts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models

from cosmodrome.resources.filters import (
    CommaListFilter,
    RelatedFilter,
    compared,
    containing,
    exact,
    instant_filter,
    instant_filters,
    with_lookups,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import Accrual, Accruing, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, OpenEnded
from cosmodrome.time import clock


class Spacewalk(Named):
    name = models.CharField(max_length=255)
    start = models.DateTimeField(null=True, blank=True)
    end = models.DateTimeField(null=True, blank=True)
    duration = models.DurationField(null=True, blank=True)
    location = models.CharField(max_length=255, null=True, blank=True)
    crew: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "AstronautFlight", related_name="spacewalks", blank=True
    )
    spacestation = models.ForeignKey(
        "SpaceStation", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    expedition = models.ForeignKey(
        "Expedition", null=True, blank=True, on_delete=models.SET_NULL, related_name="spacewalks"
    )
    spacecraft_flight = models.ForeignKey(
        "SpacecraftFlight", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    event = models.ForeignKey("Event", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    program: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Program", related_name="spacewalks", blank=True
    )

    class Meta:
        verbose_name = "Spacewalk"


class Expedition(Named, OpenEnded):
    begins, ends = "start", "end"
    needs_one_of = (("spacestation",),)

    name = models.CharField(max_length=255)
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    spacestation = models.ForeignKey(
        "SpaceStation", null=True, blank=True, on_delete=models.SET_NULL, related_name="expeditions"
    )
    mission_patches: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "MissionPatch", related_name="expeditions", blank=True
    )
    crew: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "AstronautFlight", related_name="expeditions", blank=True
    )

    class Meta:
        verbose_name = "expedition"


class SpacewalkDuration(Accruing):
    """The duration of a spacewalk; null before its end, to which a clock set back may not have come."""

    def accrual(self, row: Spacewalk) -> Accrual | None:
        end, duration = row.end, row.duration
        if end is None or end <= clock.unrecorded_now():
            return None
        return lambda now: duration if end <= now else None

    def fixed(self, row: Spacewalk) -> timedelta | None:
        return row.duration


class SpacewalkList(Shape):
    response_mode = ResponseMode("list")
    duration = SpacewalkDuration(read_only=True, allow_null=True)

    class Meta:
        model = Spacewalk
        fields = ["response_mode", "id", "url", "name", "start", "end", "duration", "location"]


class SpacewalkNormal(SpacewalkList):
    crew = Nested("AstronautFlight", many=True)

    class Meta(SpacewalkList.Meta):
        fields = [*SpacewalkList.Meta.fields, "crew"]


class SpacewalkEndpointNormal(SpacewalkNormal):
    response_mode = ResponseMode("normal")
    spacestation = Nested("SpaceStationMini", allow_null=True)
    expedition = Nested("ExpeditionMini", allow_null=True)
    spacecraft_flight = Nested("SpacecraftFlightNormal", allow_null=True)
    event = Nested("EventMini", allow_null=True)
    program = Nested("ProgramMini", many=True)

    class Meta(SpacewalkNormal.Meta):
        fields = [
            *SpacewalkNormal.Meta.fields,
            "spacestation",
            "expedition",
            "spacecraft_flight",
            "event",
            "program",
        ]


class SpacewalkEndpointDetailed(SpacewalkEndpointNormal):
    response_mode = ResponseMode("detailed")
    spacestation = Nested("SpaceStationNormal", allow_null=True)
    expedition = Nested("ExpeditionNormalSerializerForSpacewalk", allow_null=True)
    spacecraft_flight = Nested("SpacecraftFlightDetailed", allow_null=True)
    event = Nested("EventNormal", allow_null=True)
    program = Nested("ProgramNormal", many=True)


class ExpeditionMini(Shape):
    class Meta:
        model = Expedition
        fields = ["id", "url", "name", "start", "end"]


class ExpeditionNormalSerializerForSpacewalk(ExpeditionMini):
    spacestation = Nested("SpaceStationNormal")
    mission_patches = Nested("MissionPatch", many=True)

    class Meta(ExpeditionMini.Meta):
        fields = [*ExpeditionMini.Meta.fields, "spacestation", "mission_patches"]


class ExpeditionNormal(ExpeditionMini):
    response_mode = ResponseMode("normal")
    spacestation = Nested("SpaceStationNormal")
    mission_patches = Nested("MissionPatch", many=True)
    spacewalks = Nested("SpacewalkList", many=True)

    class Meta(ExpeditionMini.Meta):
        fields = [
            *ExpeditionMini.Meta.fields,
            "response_mode",
            "spacestation",
            "mission_patches",
            "spacewalks",
        ]


class ExpeditionDetailed(ExpeditionNormal):
    response_mode = ResponseMode("detailed")
    spacestation = Nested("SpaceStationDetailed")
    crew = Nested("AstronautFlight", many=True)

    class Meta(ExpeditionNormal.Meta):
        fields = [*ExpeditionNormal.Meta.fields, "crew"]


class SpacewalkResource(Resource):
    path = "spacewalks"
    queryset = Spacewalk.objects.all()
    modes = {"list": SpacewalkList, "normal": SpacewalkEndpointNormal, "detailed": SpacewalkEndpointDetailed}
    filterset_fields = {
        **compared("end"),
        **exact("id"),
        **containing("name", "program__name"),
        **with_lookups("gt gte lt lte", "start"),
    }
    filters = {
        "astronaut__ids": CommaListFilter("crew__astronaut", of="integer"),
        "day": CommaListFilter("start__day", of="number"),
        "event__ids": CommaListFilter("event", of="integer"),
        "ids": CommaListFilter("id", of="integer"),
        "launch__ids": CommaListFilter("spacecraft_flight__rocket", of="uuid"),
        "month": CommaListFilter("start__month", of="number"),
        "owner__ids": CommaListFilter("spacestation__owners", of="number"),
        "program__ids": CommaListFilter("program", of="integer"),
        "spacestation__ids": CommaListFilter("spacestation", of="integer"),
        "year": CommaListFilter("start__year", of="number"),
    }
    search_fields = ["crew__astronaut__name", "location", "name", "program__name"]
    ordering_fields = ["duration", "end", "id", "name", "start"]
    examples = {"filter": "program__name=Apollo", "search": "Hubble", "ordering": "-duration"}
    tags = ["Spacewalks"]


class ExpeditionResource(Resource):
    path = "expeditions"
    queryset = Expedition.objects.all()
    modes = {"normal": ExpeditionNormal, "detailed": ExpeditionDetailed}
    filterset_fields = {
        **exact("crew__astronaut", "crew__astronaut__agency", "name"),
    }
    search_fields = [
        "crew__astronaut__agency__abbrev",
        "crew__astronaut__agency__name",
        "crew__astronaut__name",
        "crew__astronaut__nationality__nationality_name",
        "name",
    ]
    ordering_fields = ["end", "id", "start"]
    filters = {
        "space_station": RelatedFilter("spacestation"),
        **instant_filters("start", "Start"),
        **instant_filters("end", "End"),
        # mistakes of the original, in its descriptions only
        "start__lte": instant_filter("start", "lte", "Start is greater than or equal to"),
        "end__lte": instant_filter("end", "lte", "End is greater than or equal to"),
    }
    examples = {"filter": "space_station=18", "search": "Kelly", "ordering": "-start"}
    tags = ["Expeditions"]
