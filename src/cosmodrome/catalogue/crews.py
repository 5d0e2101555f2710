"""People: astronauts, the roles they fly in, their spacewalks and expeditions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from rest_framework import serializers

from cosmodrome.engine.columns import Number, PublishedTotals
from cosmodrome.engine.fields import Duration, ResponseMode
from cosmodrome.engine.filtering import (
    AnyOf,
    Chosen,
    ListOf,
    Whether,
    compared,
    containing,
    exact,
    looked_up,
    moment,
    moments,
)
from cosmodrome.engine.lookups import Lookup, LookupShape
from cosmodrome.engine.resources import Resource
from cosmodrome.engine.shapes import Nested, Shape


class AstronautRole(models.Model):
    role = models.CharField(max_length=255)
    priority = Number(default=0)

    class Meta:
        verbose_name = "Astronaut Role"

    def __str__(self) -> str:
        return self.role


class AstronautStatus(Lookup):
    class Meta:
        verbose_name = "Astronaut Status"
        verbose_name_plural = "Astronaut Statuses"


class AstronautType(Lookup):
    class Meta:
        verbose_name = "Astronaut Type"


class Astronaut(PublishedTotals):
    published_totals = (
        "in_space",
        "time_in_space",
        "eva_time",
        "age",
        "flights_count",
        "landings_count",
        "spacewalks_count",
        "first_flight",
        "last_flight",
    )
    whole_columns = ("type_id",)

    name = models.CharField(max_length=255)
    status = models.ForeignKey("AstronautStatus", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("Agency", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    type = models.ForeignKey(
        "AstronautType", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    in_space = models.BooleanField(default=False)
    time_in_space = models.DurationField(null=True, blank=True)
    eva_time = models.DurationField(null=True, blank=True)
    age = Number(null=True, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    date_of_death = models.DateField(null=True, blank=True)
    nationality: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Country", related_name="astronauts", blank=True
    )
    bio = models.CharField(max_length=2048, blank=True)
    wiki = models.CharField(max_length=255, null=True, blank=True)
    last_flight = models.DateTimeField(null=True, blank=True)
    first_flight = models.DateTimeField(null=True, blank=True)
    flights_count = Number(null=True, blank=True)
    landings_count = Number(null=True, blank=True)
    spacewalks_count = Number(null=True, blank=True)
    flights: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Launch", related_name="flown_by", blank=True
    )
    landings: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "SpacecraftFlight", related_name="landed_by", blank=True
    )
    spacewalks: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Spacewalk", related_name="walked_by", blank=True
    )

    class Meta:
        verbose_name = "Astronaut"

    def __str__(self) -> str:
        return self.name


class AstronautFlight(models.Model):
    role = models.ForeignKey("AstronautRole", on_delete=models.PROTECT, related_name="+")
    astronaut = models.ForeignKey("Astronaut", on_delete=models.PROTECT, related_name="roles")

    def __str__(self) -> str:
        return f"astronaut {self.astronaut_id} as role {self.role_id}"


class Spacewalk(models.Model):
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

    def __str__(self) -> str:
        return self.name


class Expedition(models.Model):
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

    def __str__(self) -> str:
        return self.name


class AstronautRoleShape(Shape):
    class Meta:
        model = AstronautRole
        fields = ["id", "role", "priority"]


class AstronautStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = AstronautStatus


class AstronautTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = AstronautType


class AstronautNormal(Shape):
    status = Nested("AstronautStatus")
    agency = Nested("AgencyMini", allow_null=True)
    image = Nested("Image", allow_null=True)

    class Meta:
        model = Astronaut
        fields = ["id", "url", "name", "status", "agency", "image"]


class AstronautDetailed(AstronautNormal):
    response_mode = ResponseMode("list")
    type = Nested("AstronautType")
    bio = serializers.CharField(max_length=2048)
    time_in_space = Duration(read_only=True, allow_null=True)
    eva_time = Duration(read_only=True)
    nationality = Nested("Country", many=True)
    social_media_links = Nested("SocialMediaLink", many=True)

    class Meta(AstronautNormal.Meta):
        fields = [
            *AstronautNormal.Meta.fields,
            "response_mode",
            "type",
            "in_space",
            "time_in_space",
            "eva_time",
            "age",
            "date_of_birth",
            "date_of_death",
            "nationality",
            "bio",
            "wiki",
            "last_flight",
            "first_flight",
            "social_media_links",
        ]


class AstronautEndpointNormal(AstronautDetailed):
    response_mode = ResponseMode("normal")

    class Meta(AstronautDetailed.Meta):
        fields = [*AstronautDetailed.Meta.fields, "flights_count", "landings_count", "spacewalks_count"]


class AstronautEndpointDetailed(AstronautEndpointNormal):
    response_mode = ResponseMode("detailed")
    flights = Nested("LaunchNormal", many=True)
    landings = Nested("SpacecraftFlightNormal", many=True)
    spacewalks = Nested("SpacewalkNormal", many=True)

    class Meta(AstronautEndpointNormal.Meta):
        fields = [*AstronautEndpointNormal.Meta.fields, "flights", "landings", "spacewalks"]


class AstronautFlightShape(Shape):
    role = Nested("AstronautRole")
    astronaut = Nested("AstronautDetailed")

    class Meta:
        model = AstronautFlight
        fields = ["id", "role", "astronaut"]


class SpacewalkList(Shape):
    response_mode = ResponseMode("list")
    duration = Duration(read_only=True, allow_null=True)

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


class AstronautRoleResource(Resource):
    path = "config/astronaut_roles"
    queryset = AstronautRole.objects.all()
    modes = {"normal": AstronautRoleShape}
    tags = ["Astronaut", "Configurations"]


class AstronautStatusResource(Resource):
    path = "config/astronaut_statuses"
    queryset = AstronautStatus.objects.all()
    modes = {"normal": AstronautStatusShape}
    tags = ["Astronaut", "Configurations"]


class AstronautTypeResource(Resource):
    path = "config/astronaut_types"
    queryset = AstronautType.objects.all()
    modes = {"normal": AstronautTypeShape}
    tags = ["Astronaut", "Types", "Configurations"]


class AstronautResource(Resource):
    path = "astronauts"
    queryset = Astronaut.objects.all()
    modes = {
        "list": AstronautDetailed,
        "normal": AstronautEndpointNormal,
        "detailed": AstronautEndpointDetailed,
    }
    filterset_fields = {
        **compared(
            "age",
            "date_of_birth",
            "date_of_death",
            "first_flight",
            "flights_count",
            "landings_count",
            "last_flight",
        ),
        **exact("in_space", "type__id"),
    }
    filters = {
        "has_flown": Whether(Q(flights_count__gt=0)),
        "is_human": Whether(~Q(type__name="Non-Human")),
        "agency_ids": ListOf("agency", of="number", says="Comma-separated agency IDs."),
        "nationality": AnyOf(
            "nationality__nationality_name",
            "nationality__alpha_2_code",
            "nationality__alpha_3_code",
            says="Nationality",
        ),
        "status_ids": ListOf("status", of="number", says="Comma-separated astronaut status IDs."),
    }
    search_fields = ["agency__abbrev", "agency__name", "name", "nationality__nationality_name"]
    ordering_fields = [
        "age",
        "date_of_birth",
        "eva_time",
        "flights_count",
        "id",
        "landings_count",
        "last_flight",
        "name",
        "spacewalks_count",
        "status",
        "time_in_space",
    ]
    examples = {"filter": "has_flown=true", "search": "Pesquet", "ordering": "-time_in_space"}
    tags = ["Astronauts"]


class SpacewalkResource(Resource):
    path = "spacewalks"
    queryset = Spacewalk.objects.all()
    modes = {"list": SpacewalkList, "normal": SpacewalkEndpointNormal, "detailed": SpacewalkEndpointDetailed}
    filterset_fields = {
        **compared("end"),
        **exact("id"),
        **containing("name", "program__name"),
        **looked_up("gt gte lt lte", "start"),
    }
    filters = {
        "astronaut__ids": ListOf("crew__astronaut", of="integer"),
        "day": ListOf("start__day", of="number"),
        "event__ids": ListOf("event", of="integer"),
        "ids": ListOf("id", of="integer"),
        "launch__ids": ListOf("spacecraft_flight__rocket", of="uuid"),
        "month": ListOf("start__month", of="number"),
        "owner__ids": ListOf("spacestation__owners", of="number"),
        "program__ids": ListOf("program", of="integer"),
        "spacestation__ids": ListOf("spacestation", of="integer"),
        "year": ListOf("start__year", of="number"),
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
        "space_station": Chosen("spacestation"),
        **moments("start", "Start"),
        **moments("end", "End"),
        # slips of the original, in its words only
        "start__lte": moment("start", "lte", "Start is greater than or equal to"),
        "end__lte": moment("end", "lte", "End is greater than or equal to"),
    }
    examples = {"filter": "space_station=18", "search": "Kelly", "ordering": "-start"}
    tags = ["Expeditions"]
