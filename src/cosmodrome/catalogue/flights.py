"""Flights of spacecraft and of payloads, which a launch carries."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import models

from cosmodrome.resources.filters import exact
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import Accrual, Accruing, Duration, ResponseMode
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape, without
from cosmodrome.shapes.tables import Lookup, Named, Number, OpenEnded, joined_label
from cosmodrome.time import clock


class PayloadType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "payload type"


class SpacecraftFlight(OpenEnded):
    label_relations = ("spacecraft", "rocket")
    begins, ends = "rocket__launch__net", "mission_end"

    rocket = models.ForeignKey(
        "Rocket",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="spacecraftflight",
    )
    spacecraft = models.ForeignKey("Spacecraft", on_delete=models.PROTECT, related_name="flights")
    destination = models.CharField(max_length=255, null=True, blank=True)
    mission_end = models.DateTimeField(null=True, blank=True)
    duration = models.DurationField(null=True, blank=True)
    turn_around_time = models.DurationField(null=True, blank=True)
    landing = models.OneToOneField(
        "Landing", null=True, blank=True, on_delete=models.SET_NULL, related_name="spacecraftflight"
    )
    launch_crew: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "AstronautFlight", related_name="launch_flights", blank=True
    )
    onboard_crew: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "AstronautFlight", related_name="onboard_flights", blank=True
    )
    landing_crew: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "AstronautFlight", related_name="landing_flights", blank=True
    )

    class Meta:
        verbose_name = "Spacecraft Flight"

    def __str__(self) -> str:
        return joined_label(self.spacecraft, self.rocket)

    @property
    def launched(self) -> datetime | None:
        """The instant of its launch; None if that is not known, or the launch still to come."""
        launch = getattr(self.rocket, "launch", None)
        return launch.flies_at if launch else None


def flight_duration(
    launched: datetime, end: datetime | None, published: timedelta | None, instant: datetime
) -> timedelta | None:
    """Returns the time from launch to mission end, or to `instant` if the flight is under way then.

    Returns the published duration, unless it is None, after the mission end; zero before the launch.  None:
    the flight ended before it was launched.
    """
    if launched > instant:
        return timedelta(0)
    if end is None or end > instant:
        return instant - launched
    if published is None and end >= launched:
        return end - launched
    return published


class Payload(Named):
    name = models.CharField(max_length=1048, blank=True)
    type = models.ForeignKey("PayloadType", on_delete=models.PROTECT, related_name="+")
    manufacturer = models.ForeignKey("Agency", on_delete=models.PROTECT, related_name="+")
    operator = models.ForeignKey("Agency", on_delete=models.PROTECT, related_name="+")
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    wiki_link = models.URLField(max_length=200, blank=True)
    info_link = models.URLField(max_length=200, blank=True)
    program: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Program", related_name="payloads", blank=True
    )
    cost = Number("Cost (USD)", null=True, blank=True)
    mass = models.FloatField("Mass (kg)", null=True, blank=True)
    description = models.CharField(max_length=2048, blank=True)

    class Meta:
        verbose_name = "payload"


class PayloadFlight(models.Model):
    label_relations = ("payload", "rocket")

    rocket = models.ForeignKey(
        "Rocket",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="payloadflight",
    )
    destination = models.CharField(max_length=255, null=True, blank=True)
    amount = Number(default=0)
    payload = models.ForeignKey("Payload", on_delete=models.PROTECT, related_name="payloadflight")
    landing = models.OneToOneField(
        "Landing", null=True, blank=True, on_delete=models.SET_NULL, related_name="payloadflight"
    )

    class Meta:
        verbose_name = "Payload Flight"

    def __str__(self) -> str:
        return joined_label(self.payload, self.rocket)


class FlightDuration(Accruing):
    """The duration of a flight, which grows while it is under way."""

    reads = ("rocket__launch",)

    def accrual(self, row: SpacecraftFlight) -> Accrual | None:
        launched, end = row.launched, row.mission_end
        # a clock that was set back may not have come to the end
        now = clock.unrecorded_now()
        has_ended = end is not None and end <= now
        if launched is None or row.was_seen_over(now) or (has_ended and row.duration is not None):
            return None
        return partial(flight_duration, launched, end, row.duration)

    def fixed(self, row: SpacecraftFlight) -> timedelta | None:
        return row.duration


class PayloadTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = PayloadType


class SpacecraftFlightForDockingEvent(Shape):
    spacecraft = Nested("SpacecraftDetailed")
    launch = Nested("LaunchNormal", source="rocket.launch")

    class Meta:
        model = SpacecraftFlight
        fields = ["id", "url", "spacecraft", "launch"]


class SpacecraftFlightMini(Shape):
    spacecraft = Nested("SpacecraftNormal")
    launch = Nested("LaunchMini", source="rocket.launch")
    landing = Nested("Landing")
    duration = FlightDuration(read_only=True)
    turn_around_time = Duration(read_only=True)

    class Meta:
        model = SpacecraftFlight
        fields = [
            "id",
            "url",
            "destination",
            "mission_end",
            "spacecraft",
            "launch",
            "landing",
            "duration",
            "turn_around_time",
        ]


class SpacecraftFlightMiniSerializerNoLanding(SpacecraftFlightMini):
    class Meta(SpacecraftFlightMini.Meta):
        fields = without("landing", SpacecraftFlightMini)


class SpacecraftFlightNormal(SpacecraftFlightMini):
    launch = Nested("LaunchNormal", source="rocket.launch")
    response_mode = ResponseMode("normal")

    class Meta(SpacecraftFlightMini.Meta):
        fields = [*SpacecraftFlightMini.Meta.fields, "response_mode"]


class SpacecraftFlightNormalSerializerNoLanding(SpacecraftFlightNormal):
    class Meta(SpacecraftFlightNormal.Meta):
        fields = without("landing", SpacecraftFlightNormal)


class SpacecraftFlightDetailed(SpacecraftFlightNormal):
    spacecraft = Nested("SpacecraftDetailed")
    response_mode = ResponseMode("detailed")
    launch_crew = Nested("AstronautFlight", many=True)
    onboard_crew = Nested("AstronautFlight", many=True)
    landing_crew = Nested("AstronautFlight", many=True)
    docking_events = Nested("DockingEventForChaserNormal", many=True)

    class Meta(SpacecraftFlightNormal.Meta):
        fields = [
            *SpacecraftFlightNormal.Meta.fields,
            "launch_crew",
            "onboard_crew",
            "landing_crew",
            "docking_events",
        ]


class SpacecraftFlightDetailedSerializerNoLaunch(SpacecraftFlightDetailed):
    class Meta(SpacecraftFlightDetailed.Meta):
        fields = without("launch", SpacecraftFlightDetailed)


class SpacecraftFlightDetailedSerializerNoLanding(SpacecraftFlightDetailed):
    class Meta(SpacecraftFlightDetailed.Meta):
        fields = without("landing", SpacecraftFlightDetailed)


class PayloadMini(Shape):
    response_mode = ResponseMode("list")
    type = Nested("PayloadType")
    manufacturer = Nested("AgencyMini")
    operator = Nested("AgencyMini")
    image = Nested("Image", allow_null=True)

    class Meta:
        model = Payload
        fields = ["response_mode", "id", "name", "type", "manufacturer", "operator", "image"]


class PayloadNormal(PayloadMini):
    response_mode = ResponseMode("normal")
    manufacturer = Nested("AgencyNormal")
    operator = Nested("AgencyNormal")
    program = Nested("ProgramMini", many=True)

    class Meta(PayloadMini.Meta):
        fields = [
            *PayloadMini.Meta.fields,
            "wiki_link",
            "info_link",
            "program",
            "cost",
            "mass",
            "description",
        ]


class PayloadDetailed(PayloadNormal):
    response_mode = ResponseMode("detailed")
    manufacturer = Nested("AgencyDetailed")
    operator = Nested("AgencyDetailed")
    program = Nested("ProgramNormal", many=True)


class PayloadFlightMiniSerializerNoLanding(Shape):
    response_mode = ResponseMode("list")
    payload = Nested("PayloadMini")
    launch = Nested("LaunchMini", source="rocket.launch")

    class Meta:
        model = PayloadFlight
        fields = ["response_mode", "id", "url", "destination", "amount", "payload", "launch"]


class PayloadFlightMini(PayloadFlightMiniSerializerNoLanding):
    landing = Nested("Landing")

    class Meta(PayloadFlightMiniSerializerNoLanding.Meta):
        fields = [*PayloadFlightMiniSerializerNoLanding.Meta.fields, "landing"]


class PayloadFlightNormal(PayloadFlightMini):
    response_mode = ResponseMode("normal")
    payload = Nested("PayloadNormal")
    launch = Nested("LaunchNormal", source="rocket.launch")


class PayloadFlightNormalSerializerNoLanding(PayloadFlightNormal):
    class Meta(PayloadFlightNormal.Meta):
        fields = without("landing", PayloadFlightNormal)


class PayloadFlightDetailed(PayloadFlightMini):
    response_mode = ResponseMode("detailed")
    payload = Nested("PayloadDetailed")
    launch = Nested("LaunchNormal", source="rocket.launch")
    docking_events = Nested("DockingEventForChaserNormal", many=True)

    class Meta(PayloadFlightMini.Meta):
        fields = [*PayloadFlightMini.Meta.fields, "docking_events"]


class PayloadFlightSerializerNoLaunch(PayloadFlightDetailed):
    class Meta(PayloadFlightDetailed.Meta):
        fields = without("launch", PayloadFlightDetailed)


class PayloadFlightDetailedSerializerNoLanding(PayloadFlightDetailed):
    class Meta(PayloadFlightDetailed.Meta):
        fields = without("landing", PayloadFlightDetailed)


class PayloadTypeResource(Resource):
    path = "config/payload_types"
    queryset = PayloadType.objects.all()
    modes = {"normal": PayloadTypeShape}
    tags = ["Types", "Configurations"]


class SpacecraftFlightResource(Resource):
    path = "spacecraft_flights"
    queryset = SpacecraftFlight.objects.all()
    modes = {"normal": SpacecraftFlightNormal, "detailed": SpacecraftFlightDetailed}
    filterset_fields = {**exact("spacecraft")}
    examples = {"filter": "spacecraft=289"}
    tags = ["Spacecraft", "Flights"]


class PayloadResource(Resource):
    path = "payloads"
    queryset = Payload.objects.all()
    modes = {"list": PayloadMini, "normal": PayloadNormal, "detailed": PayloadDetailed}
    filterset_fields = {
        **exact(
            "manufacturer__id",
            "manufacturer__name",
            "name",
            "operator",
            "operator__id",
            "operator__name",
            "program__id",
        )
    }
    search_fields = [
        "manufacturer__name",
        "name",
        "operator__name",
        "payloadflight__destination",
        "payloadflight__rocket__launch__name",
    ]
    ordering_fields = ["id", "name", "payloadflight__rocket__launch__net"]
    examples = {
        "filter": "program__id=18",
        "search": "EarthCare",
        "ordering": "-payloadflight__rocket__launch__net",
    }
    tags = ["Payloads"]


class PayloadFlightResource(Resource):
    path = "payload_flights"
    queryset = PayloadFlight.objects.all()
    modes = {"list": PayloadFlightMini, "normal": PayloadFlightNormal, "detailed": PayloadFlightDetailed}
    filterset_fields = {**exact("payload")}
    examples = {"filter": "payload=2"}
    tags = ["Flights"]
