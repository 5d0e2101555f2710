"""Astronauts, and their seats on flights."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from rest_framework import serializers

from cosmodrome.resources.filters import (
    AnyOfFilter,
    CommaListFilter,
    ConditionFilter,
    compared,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import AccruingDuration, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals


class Astronaut(Named, PublishedTotals):
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
    required_columns = ("type_id",)

    name = models.CharField(max_length=255)
    status = models.ForeignKey("AstronautStatus", on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey("Agency", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    type = models.ForeignKey(
        "AstronautType", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    in_space = models.BooleanField(default=False)
    time_in_space = models.DurationField(null=True, blank=True)
    time_in_space_since = models.DateTimeField(null=True, blank=True, editable=False)
    time_in_space_pace = Number(null=True, blank=True, editable=False)
    eva_time = models.DurationField(null=True, blank=True)
    eva_time_since = models.DateTimeField(null=True, blank=True, editable=False)
    eva_time_pace = Number(null=True, blank=True, editable=False)
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

    @classmethod
    def follow_totals(cls, totals: dict[str, Any], read_at: datetime) -> dict[str, Any]:
        """Lets the time in space of an astronaut in space grow from the instant at which the total was read.

        `eva_time` stays as it was read: a total does not tell whether there is a spacewalk now.
        """
        return {"time_in_space_since": read_at if totals.get("in_space") else None}


class AstronautFlight(models.Model):
    label_relations = ("astronaut", "role")

    role = models.ForeignKey("AstronautRole", on_delete=models.PROTECT, related_name="+")
    astronaut = models.ForeignKey("Astronaut", on_delete=models.PROTECT, related_name="roles")

    def __str__(self) -> str:
        return f"{self.astronaut}, {self.role}"


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
    time_in_space = AccruingDuration()
    eva_time = AccruingDuration(allow_null=False)
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
        "has_flown": ConditionFilter(Q(flights_count__gt=0)),
        "is_human": ConditionFilter(~Q(type__name="Non-Human")),
        "agency_ids": CommaListFilter("agency", of="number", description="Comma-separated agency IDs."),
        "nationality": AnyOfFilter(
            "nationality__nationality_name",
            "nationality__alpha_2_code",
            "nationality__alpha_3_code",
            description="Nationality",
        ),
        "status_ids": CommaListFilter(
            "status", of="number", description="Comma-separated astronaut status IDs."
        ),
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
