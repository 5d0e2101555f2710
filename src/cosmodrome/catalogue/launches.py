"""Launches: their instants, vehicles, pads and missions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import models
from django.db.models import Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import In
from rest_framework import serializers

from cosmodrome.resources.filters import (
    CommaListFilter,
    ExistsFilter,
    HideRecentFilter,
    IncludeFilter,
    compared,
    exact,
    instant_filters,
    with_lookups,
)
from cosmodrome.resources.resources import Previous, Resource, Upcoming
from cosmodrome.shapes.fields import Duration, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, totals

SUCCESS, FAILURE, PARTIAL_FAILURE = 3, 4, 7  # ids of statuses
GO, TO_BE_DETERMINED, ON_HOLD, TO_BE_CONFIRMED = UPCOMING_STATUSES = (1, 2, 5, 8)
"""Ids of the statuses of launches to come."""


def has_status(*statuses: int, launch: str = "") -> Q:
    """Whether the launch at the end of a path, `launch`, has one of these statuses."""
    # wrapped, or SQLite would use the index on it, although most launches have the same status
    status = Coalesce(f"{launch}status", Value(0), output_field=models.IntegerField())
    return Q(In(status, statuses))


def is_to_come(launch: str = "") -> Q:
    """Whether the launch at the end of a path has the status of a launch to come, whatever its `net` says."""
    return has_status(*UPCOMING_STATUSES, launch=launch)


def has_flown(at: datetime | Combinable | None, launch: str = "") -> Q:
    """Whether the launch at the end of a path has flown: its `net` has come, and it is not `is_to_come()`.

    So has one without a status, or with one that is not known here.  At None, any `net` has come.
    """
    net = {f"{launch}net__isnull": False} if at is None else {f"{launch}net__lte": at}
    return Q(**net) & ~is_to_come(launch)


class LaunchStatus(Named):
    id = Number(primary_key=True)
    name = models.TextField()
    abbrev = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=2048, blank=True)

    class Meta:
        verbose_name = "Launch Status"
        verbose_name_plural = "Launch Statuses"


class NetPrecision(Named):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)
    abbrev = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=2048, blank=True)

    class Meta:
        verbose_name = "Net Precision"


class TimelineEventType(models.Model):
    abbrev = models.CharField(max_length=255)
    description = models.CharField(max_length=2048, blank=True)

    class Meta:
        verbose_name = "Timeline Event Type"

    def __str__(self) -> str:
        return self.abbrev


@totals
class LaunchAttempts(PublishedTotals):
    orbital_launch_attempt_count = Number(null=True, blank=True)
    location_launch_attempt_count = Number(null=True, blank=True)
    pad_launch_attempt_count = Number(null=True, blank=True)
    agency_launch_attempt_count = Number(null=True, blank=True)
    orbital_launch_attempt_count_year = Number(null=True, blank=True)
    location_launch_attempt_count_year = Number(null=True, blank=True)
    pad_launch_attempt_count_year = Number(null=True, blank=True)
    agency_launch_attempt_count_year = Number(null=True, blank=True)

    class Meta:
        abstract = True


class Launch(Named, LaunchAttempts):
    required_columns = ("last_updated", "net", "window_end", "window_start")
    late_columns = ("launch_service_provider_id",)
    default_order = ("net", "name")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=2048, blank=True)
    slug = models.TextField(blank=True)
    launch_designator = models.CharField(max_length=255, null=True, blank=True)
    status = models.ForeignKey(
        "LaunchStatus", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_updated = models.DateTimeField(null=True, blank=True)
    net = models.DateTimeField(null=True, blank=True)
    net_precision = models.ForeignKey(
        "NetPrecision", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    window_end = models.DateTimeField(null=True, blank=True)
    window_start = models.DateTimeField(null=True, blank=True)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    infographic = models.TextField(null=True, blank=True)
    probability = Number(null=True, blank=True)
    weather_concerns = models.CharField(max_length=255, null=True, blank=True)
    failreason = models.CharField(max_length=2048, null=True, blank=True)
    hashtag = models.CharField(max_length=2048, null=True, blank=True)
    launch_service_provider = models.ForeignKey(
        "Agency", null=True, blank=True, on_delete=models.PROTECT, related_name="launches"
    )
    mission = models.ForeignKey(
        "Mission", null=True, blank=True, on_delete=models.SET_NULL, related_name="launches"
    )
    pad = models.ForeignKey("Pad", null=True, blank=True, on_delete=models.SET_NULL, related_name="launches")
    webcast_live = models.BooleanField(default=False)
    program: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Program", related_name="launches", blank=True
    )
    flightclub_url = models.URLField(max_length=200, null=True, blank=True)
    pad_turnaround = models.DurationField(null=True, blank=True)
    mission_patches: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "MissionPatch", related_name="launches", blank=True
    )

    class Meta:
        verbose_name = "Launch"
        verbose_name_plural = "Launches"

    @property
    def is_to_come(self) -> bool:
        """Whether its status is one of launches to come: `is_to_come()` of a row."""
        return self.status_id in UPCOMING_STATUSES

    @property
    def flies_at(self) -> datetime | None:
        """The instant from which on it `has_flown()`; None: it is still to come, or that is not known."""
        return None if self.is_to_come else self.net


class Rocket(models.Model):
    """The vehicle of one launch.  It has a number of its own, but its key is the launch."""

    label_relations = ("launch",)

    launch = models.OneToOneField("Launch", primary_key=True, on_delete=models.CASCADE)
    number = Number(null=True, blank=True, unique=True)
    configuration = models.ForeignKey(
        "LauncherConfig", null=True, blank=True, on_delete=models.PROTECT, related_name="rockets"
    )
    required_columns = ("number", "configuration_id")

    def __str__(self) -> str:
        return str(self.launch)


class LaunchStatusShape(Shape):
    name = serializers.CharField(read_only=True)

    class Meta:
        model = LaunchStatus
        fields = ["id", "name", "abbrev", "description"]


class NetPrecisionShape(Shape):
    class Meta:
        model = NetPrecision
        fields = ["id", "name", "abbrev", "description"]


class TimelineEventTypeShape(Shape):
    class Meta:
        model = TimelineEventType
        fields = ["id", "abbrev", "description"]


class LaunchMini(Shape):
    class Meta:
        model = Launch
        fields = ["id", "url", "name"]


class LaunchBasic(LaunchMini):
    slug = serializers.SlugField()
    response_mode = ResponseMode("list")
    status = Nested("LaunchStatus", allow_null=True)
    net_precision = Nested("NetPrecision", allow_null=True)
    image = Nested("Image", read_only=True, allow_null=True)
    infographic = serializers.CharField(read_only=True, allow_null=True)

    class Meta(LaunchMini.Meta):
        fields = [
            *LaunchMini.Meta.fields,
            "response_mode",
            "slug",
            "launch_designator",
            "status",
            "last_updated",
            "net",
            "net_precision",
            "window_end",
            "window_start",
            "image",
            "infographic",
        ]


class LaunchNormal(LaunchBasic):
    response_mode = ResponseMode("normal")
    launch_service_provider = Nested("AgencyMini")
    rocket = Nested("RocketNormal", allow_null=True)
    mission = Nested("Mission", allow_null=True)
    pad = Nested("Pad", allow_null=True)
    program = Nested("ProgramNormal", many=True, allow_null=True)

    class Meta(LaunchBasic.Meta):
        fields = [
            *LaunchBasic.Meta.fields,
            "probability",
            "weather_concerns",
            "failreason",
            "hashtag",
            "launch_service_provider",
            "rocket",
            "mission",
            "pad",
            "webcast_live",
            "program",
            *Launch.published_totals,
        ]


class LaunchDetailed(LaunchNormal):
    response_mode = ResponseMode("detailed")
    launch_service_provider = Nested("AgencyDetailed")
    rocket = Nested("RocketDetailed", allow_null=True)
    updates = Nested("Update", many=True)
    info_urls = Nested("InfoURL", many=True)
    vid_urls = Nested("VidURL", many=True)
    timeline = Nested("TimelineEvent", many=True)
    pad_turnaround = Duration(read_only=True)
    mission_patches = Nested("MissionPatch", many=True)

    class Meta(LaunchNormal.Meta):
        fields = [
            *LaunchNormal.Meta.fields,
            "flightclub_url",
            "updates",
            "info_urls",
            "vid_urls",
            "timeline",
            "pad_turnaround",
            "mission_patches",
        ]


class RocketNormal(Shape):
    id = serializers.IntegerField(source="number", read_only=True)
    configuration = Nested("LauncherConfigList")

    class Meta:
        model = Rocket
        fields = ["id", "configuration"]


class RocketDetailed(RocketNormal):
    configuration = Nested("LauncherConfigDetailed")
    launcher_stage = Nested("FirstStageNormal", many=True, source="firststage")
    spacecraft_stage = Nested(
        "SpacecraftFlightDetailedSerializerNoLaunch", many=True, source="spacecraftflight"
    )
    payloads = Nested("PayloadFlightSerializerNoLaunch", many=True, source="payloadflight")

    class Meta(RocketNormal.Meta):
        fields = [*RocketNormal.Meta.fields, "launcher_stage", "spacecraft_stage", "payloads"]


class LaunchStatusResource(Resource):
    path = "config/launch_statuses"
    queryset = LaunchStatus.objects.all()
    modes = {"normal": LaunchStatusShape}
    tags = ["Launch", "Configurations"]


class NetPrecisionResource(Resource):
    path = "config/net_precisions"
    queryset = NetPrecision.objects.all()
    modes = {"normal": NetPrecisionShape}
    tags = ["Precisions", "Configurations"]


class TimelineEventTypeResource(Resource):
    path = "config/timeline_event_types"
    queryset = TimelineEventType.objects.all()
    modes = {"normal": TimelineEventTypeShape}
    tags = ["Timeline", "Events", "Types", "Configurations"]


class LaunchResource(Resource):
    path = "launches"
    queryset = Launch.objects.all()
    modes = {"list": LaunchBasic, "normal": LaunchNormal, "detailed": LaunchDetailed}
    filterset_fields = {
        **exact("program"),
        **compared(
            "agency_launch_attempt_count",
            "agency_launch_attempt_count_year",
            "location_launch_attempt_count",
            "location_launch_attempt_count_year",
            "orbital_launch_attempt_count",
            "orbital_launch_attempt_count_year",
            "pad_launch_attempt_count",
            "pad_launch_attempt_count_year",
        ),
        **exact(
            "mission__orbit__celestial_body__id",
            "name",
            "pad",
            "pad__location",
            "pad__location__celestial_body__id",
            "rocket__configuration__id",
            "rocket__configuration__name",
            "rocket__spacecraftflight__spacecraft__id",
            "slug",
            "status",
        ),
        **with_lookups(
            "exact icontains",
            "mission__orbit__name",
            "rocket__configuration__full_name",
            "rocket__configuration__manufacturer__name",
            "rocket__spacecraftflight__spacecraft__name",
        ),
    }
    filters = {
        **instant_filters("last_updated", "Last Update", "gte lte"),
        **instant_filters("net", "NET"),
        **instant_filters("window_end", "Window End"),
        **instant_filters("window_start", "Window Start"),
        "include_suborbital": IncludeFilter(Q(mission__orbit__name="Suborbital")),
        "is_crewed": ExistsFilter(field_name="rocket__spacecraftflight__launch_crew"),
        "day": CommaListFilter("net__day", of="number"),
        "id": CommaListFilter("id", of="uuid"),
        "launch_designator": CommaListFilter(
            "launch_designator", description="Comma-separated (COSPAR) international launch designators."
        ),
        "launcher_config__id": CommaListFilter("rocket__configuration", of="integer"),
        "location__ids": CommaListFilter(
            "pad__location", of="integer", description="Comma-separated location IDs."
        ),
        "lsp__id": CommaListFilter(
            "launch_service_provider",
            of="integer",
            description="Comma-separated launch service provider (agency) IDs.",
        ),
        "lsp__name": CommaListFilter(
            "launch_service_provider__name", description="Comma-separated launch service provider names."
        ),
        "month": CommaListFilter("net__month", of="number"),
        "related_lsp__id": CommaListFilter(
            "launch_service_provider",
            "launch_service_provider__parent",
            "launch_service_provider__children",
            of="integer",
            description="Comma-separated agency IDs related to the launch service provider.",
        ),
        "related_lsp__name": CommaListFilter(
            "launch_service_provider__name",
            "launch_service_provider__parent__name",
            "launch_service_provider__children__name",
            description="Comma-separated agency names related to the launch service provider.",
        ),
        "serial_number": CommaListFilter(
            "rocket__firststage__launcher__serial_number",
            description="Comma-separated first stage booster serial numbers.",
        ),
        "spacecraft_config__ids": CommaListFilter(
            "rocket__spacecraftflight__spacecraft__spacecraft_config", of="integer"
        ),
        "status__ids": CommaListFilter("status", of="integer"),
        "video_url": CommaListFilter("vid_urls__url", description="Comma-separated video URLs."),
        "year": CommaListFilter("net__year", of="number"),
    }
    search_fields = [
        "launch_designator",
        "launch_service_provider__name",
        "mission__name",
        "name",
        "pad__location__name",
        "pad__name",
        "rocket__configuration__manufacturer__abbrev",
        "rocket__configuration__manufacturer__name",
        "rocket__configuration__name",
        "rocket__spacecraftflight__spacecraft__name",
    ]
    ordering_fields = ["id", "last_updated", "name", "net"]
    examples = {"filter": "pad__location=13", "search": "Starlink", "ordering": "-last_updated"}
    tags = ["Launches"]


class PreviousLaunchResource(Previous, LaunchResource):
    path = "launches/previous"
    titles = ("Previous Launch", "Previous Launches")
    instant = "net"
    tags = ["Launches", "Previous"]
    ordering = ("-net", "name")


class UpcomingLaunchResource(Upcoming, LaunchResource):
    path = "launches/upcoming"
    titles = ("Upcoming Launch", "Upcoming Launches")
    instant = "net"
    filters = {
        **LaunchResource.filters,
        "hide_recent_previous": HideRecentFilter(
            "net",
            help_text="Hide launches from the past 24 hours, which are included by default for convenience.",
        ),
    }
    search_fields = [name for name in LaunchResource.search_fields if name != "launch_designator"]
    examples = {**LaunchResource.examples, "filter": "hide_recent_previous=True"}
