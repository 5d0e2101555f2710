"""Single boosters, and each flight of one."""

from __future__ import annotations

from django.db import models

from cosmodrome.resources.filters import (
    CommaListFilter,
    compared,
    containing,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import Duration, RelatedName, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Number, PublishedTotals, joined_label


class Launcher(PublishedTotals):
    label_relations = ("launcher_config",)
    published_totals = ("successful_landings", "attempted_landings", "flights", "fastest_turnaround")

    flight_proven = models.BooleanField(default=False)
    serial_number = models.CharField(max_length=10, null=True, blank=True)
    is_placeholder = models.BooleanField(default=False)
    status = models.ForeignKey(
        "LauncherStatus", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    details = models.CharField(max_length=2048, blank=True)
    successful_landings = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)
    flights = Number(null=True, blank=True)
    last_launch_date = models.DateTimeField(null=True, blank=True)
    first_launch_date = models.DateTimeField(null=True, blank=True)
    fastest_turnaround = models.DurationField(null=True, blank=True)
    launcher_config = models.ForeignKey(
        "LauncherConfig", null=True, blank=True, on_delete=models.SET_NULL, related_name="launchers"
    )

    class Meta:
        verbose_name = "Launch Vehicle"

    def __str__(self) -> str:
        kind = self.launcher_config or "booster"
        return self.serial_number or f"{kind} without a serial number ({self.pk})"


class FirstStage(models.Model):
    label_relations = ("launcher", "rocket")

    rocket = models.ForeignKey(
        "Rocket",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="firststage",
    )
    type = models.ForeignKey(
        "FirstStageType", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    type_name = models.CharField(max_length=255, null=True, blank=True, editable=False)
    reused = models.BooleanField(null=True, blank=True)
    launcher_flight_number = Number(null=True, blank=True)
    launcher = models.ForeignKey("Launcher", on_delete=models.PROTECT, related_name="first_stages")
    previous_flight_date = models.DateTimeField(null=True, blank=True)
    turn_around_time = models.DurationField(null=True, blank=True)
    previous_flight = models.ForeignKey(
        "Launch", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    landing = models.OneToOneField(
        "Landing", null=True, blank=True, on_delete=models.SET_NULL, related_name="firststage"
    )

    def __str__(self) -> str:
        return joined_label(self.launcher, self.rocket)


class LauncherMini(Shape):
    response_mode = ResponseMode("list")
    status = Nested("LauncherStatus", allow_null=True)
    image = Nested("Image", read_only=True, allow_null=True)

    class Meta:
        model = Launcher
        fields = [
            "response_mode",
            "id",
            "url",
            "flight_proven",
            "serial_number",
            "is_placeholder",
            "status",
            "image",
        ]


class LauncherNormal(LauncherMini):
    response_mode = ResponseMode("normal")
    fastest_turnaround = Duration(read_only=True, allow_null=True)

    class Meta(LauncherMini.Meta):
        fields = [
            *LauncherMini.Meta.fields,
            "details",
            "successful_landings",
            "attempted_landings",
            "flights",
            "last_launch_date",
            "first_launch_date",
            "fastest_turnaround",
        ]


class LauncherDetailed(LauncherNormal):
    response_mode = ResponseMode("detailed")
    launcher_config = Nested("LauncherConfigList", allow_null=True)

    class Meta(LauncherNormal.Meta):
        fields = [*LauncherNormal.Meta.fields, "launcher_config"]


class FirstStageMini(Shape):
    type = RelatedName()
    launcher = Nested("LauncherMini")
    turn_around_time = Duration(read_only=True)

    class Meta:
        model = FirstStage
        fields = [
            "id",
            "type",
            "reused",
            "launcher_flight_number",
            "launcher",
            "previous_flight_date",
            "turn_around_time",
        ]


class FirstStageNormalSerializerNoLanding(FirstStageMini):
    launcher = Nested("LauncherNormal")
    previous_flight = Nested("LaunchMini")

    class Meta(FirstStageMini.Meta):
        fields = [*FirstStageMini.Meta.fields, "previous_flight"]


class FirstStageNormal(FirstStageMini):
    launcher = Nested("LauncherNormal")
    landing = Nested("Landing")
    previous_flight = Nested("LaunchMini")

    class Meta(FirstStageMini.Meta):
        fields = [*FirstStageMini.Meta.fields, "landing", "previous_flight"]


class FirstStageDetailedSerializerNoLanding(FirstStageNormalSerializerNoLanding):
    previous_flight = Nested("LaunchNormal")


class LauncherResource(Resource):
    path = "launchers"
    titles = ("Launcher", "Launchers")
    queryset = Launcher.objects.all()
    modes = {"list": LauncherMini, "normal": LauncherNormal, "detailed": LauncherDetailed}
    filterset_fields = {
        **compared("attempted_landings", "flights", "successful_landings"),
        **exact("first_launch_date", "flight_proven", "is_placeholder", "last_launch_date", "status"),
        **containing("id", "launcher_config__manufacturer__name", "serial_number"),
    }
    filters = {
        "launcher_config__ids": CommaListFilter(
            "launcher_config", of="integer", description="Comma-separated launcher config IDs."
        ),
    }
    search_fields = ["serial_number", "status__name"]
    ordering_fields = ["attempted_landings", "flight_proven", "flights", "id", "successful_landings"]
    examples = {"filter": "is_placeholder=True", "search": "B1048", "ordering": "-flights"}
    tags = ["Launchers"]
