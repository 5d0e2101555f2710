"""Launch vehicles: families, configurations, single boosters, and each flight of one."""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.engine.columns import Number, PublishedTotals
from cosmodrome.engine.fields import Duration, NameOf, ResponseMode
from cosmodrome.engine.filtering import (
    AnyOf,
    HasEach,
    ListOf,
    compared,
    containing,
    exact,
)
from cosmodrome.engine.lookups import Lookup, LookupShape
from cosmodrome.engine.resources import Resource
from cosmodrome.engine.shapes import Nested, Shape, without


class FirstStageType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = "first stage type"


class LauncherStatus(Lookup):
    name = models.CharField(max_length=50, blank=True)

    class Meta:
        verbose_name = "Launcher Status"
        verbose_name_plural = "Launcher Statuses"


VEHICLE_TOTALS = (
    "total_launch_count",
    "consecutive_successful_launches",
    "successful_launches",
    "failed_launches",
    "pending_launches",
    "attempted_landings",
    "successful_landings",
    "failed_landings",
    "consecutive_successful_landings",
)


class LauncherConfigFamily(PublishedTotals):
    published_totals = VEHICLE_TOTALS

    name = models.CharField(max_length=200)
    manufacturer: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="launcher_families", blank=True
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.CharField(max_length=2048, blank=True)
    active = models.BooleanField(default=False)
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)
    total_launch_count = Number(null=True, blank=True)
    consecutive_successful_launches = Number(null=True, blank=True)
    successful_launches = Number(null=True, blank=True)
    failed_launches = Number(null=True, blank=True)
    pending_launches = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)
    successful_landings = Number(null=True, blank=True)
    failed_landings = Number(null=True, blank=True)
    consecutive_successful_landings = Number(null=True, blank=True)

    class Meta:
        verbose_name = "Launcher Configuration Family"
        verbose_name_plural = "Launcher Configuration Families"

    def __str__(self) -> str:
        return self.name


class LauncherConfig(PublishedTotals):
    published_totals = (*VEHICLE_TOTALS, "fastest_turnaround")

    name = models.CharField(max_length=200)
    families: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "LauncherConfigFamily", related_name="configurations", blank=True
    )
    full_name = models.CharField(max_length=200, blank=True)
    variant = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=False)
    is_placeholder = models.BooleanField(default=False)
    manufacturer = models.ForeignKey(
        "Agency", null=True, blank=True, on_delete=models.SET_NULL, related_name="launcher_list"
    )
    program: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Program", related_name="launcher_configurations", blank=True
    )
    reusable = models.BooleanField(default=False)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    info_url = models.CharField(max_length=200, null=True, blank=True)
    wiki_url = models.CharField(max_length=200, null=True, blank=True)
    description = models.CharField(max_length=2048, blank=True)
    alias = models.CharField(max_length=200, blank=True)
    min_stage = Number(null=True, blank=True)
    max_stage = Number(null=True, blank=True)
    length = models.FloatField("Length (m)", null=True, blank=True)
    diameter = models.FloatField("Max Diameter (m)", null=True, blank=True)
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)
    launch_cost = Number("Launch Cost (USD)", null=True, blank=True)
    launch_mass = models.FloatField("Mass at Launch (T)", null=True, blank=True)
    leo_capacity = models.FloatField("LEO Capacity (kg)", null=True, blank=True)
    gto_capacity = models.FloatField("GTO Capacity (kg)", null=True, blank=True)
    geo_capacity = models.FloatField("GEO Capacity (kg)", null=True, blank=True)
    sso_capacity = models.FloatField("SSO Capacity (kg)", null=True, blank=True)
    to_thrust = models.FloatField("Thrust at Liftoff (kN)", null=True, blank=True)
    apogee = models.FloatField("Apogee - Sub-Orbital Only (km)", null=True, blank=True)
    total_launch_count = Number(null=True, blank=True)
    consecutive_successful_launches = Number(null=True, blank=True)
    successful_launches = Number(null=True, blank=True)
    failed_launches = Number(null=True, blank=True)
    pending_launches = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)
    successful_landings = Number(null=True, blank=True)
    failed_landings = Number(null=True, blank=True)
    consecutive_successful_landings = Number(null=True, blank=True)
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta:
        verbose_name = "Launcher Configuration"

    def __str__(self) -> str:
        return self.name


class Launcher(PublishedTotals):
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
        return self.serial_number or f"launcher {self.pk}"


class FirstStage(models.Model):
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
        return f"stage {self.pk} with launcher {self.launcher_id}"


class FirstStageTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = FirstStageType


class LauncherStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = LauncherStatus


class LauncherConfigFamilyMini(Shape):
    response_mode = ResponseMode("list")

    class Meta:
        model = LauncherConfigFamily
        fields = ["response_mode", "id", "name"]


class LauncherConfigFamilyNormal(LauncherConfigFamilyMini):
    response_mode = ResponseMode("normal")
    manufacturer = Nested("AgencyNormal", many=True)
    parent = Nested("LauncherConfigFamilyMini", allow_null=True)  # type: ignore[assignment] # DRF has a `parent` too

    class Meta(LauncherConfigFamilyMini.Meta):
        fields = [*LauncherConfigFamilyMini.Meta.fields, "manufacturer", "parent"]


class LauncherConfigFamilyDetailed(LauncherConfigFamilyNormal):
    response_mode = ResponseMode("detailed")
    manufacturer = Nested("AgencyDetailed", many=True, allow_null=True)
    parent = Nested("LauncherConfigFamilyNormal", allow_null=True)

    class Meta(LauncherConfigFamilyNormal.Meta):
        fields = [
            *LauncherConfigFamilyNormal.Meta.fields,
            "description",
            "active",
            "maiden_flight",
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
            "consecutive_successful_landings",
        ]


class LauncherConfigList(Shape):
    response_mode = ResponseMode("list")
    families = Nested("LauncherConfigFamilyMini", many=True, allow_null=True)

    class Meta:
        model = LauncherConfig
        fields = ["response_mode", "id", "url", "name", "families", "full_name", "variant"]


class LauncherConfigNormal(LauncherConfigList):
    response_mode = ResponseMode("normal")
    families = Nested("LauncherConfigFamilyNormal", many=True, allow_null=True)
    manufacturer = Nested("AgencyNormal", allow_null=True)
    program = Nested("ProgramNormal", many=True)
    image = Nested("Image", allow_null=True)

    class Meta(LauncherConfigList.Meta):
        fields = [
            *LauncherConfigList.Meta.fields,
            "active",
            "is_placeholder",
            "manufacturer",
            "program",
            "reusable",
            "image",
            "info_url",
            "wiki_url",
        ]


class LauncherConfigDetailed(LauncherConfigNormal):
    response_mode = ResponseMode("detailed")
    families = Nested("LauncherConfigFamilyDetailed", many=True, allow_null=True)
    manufacturer = Nested("AgencyDetailed", allow_null=True)
    fastest_turnaround = Duration(read_only=True, allow_null=True)

    class Meta(LauncherConfigNormal.Meta):
        fields = [
            *LauncherConfigNormal.Meta.fields,
            "description",
            "alias",
            "min_stage",
            "max_stage",
            "length",
            "diameter",
            "maiden_flight",
            "launch_cost",
            "launch_mass",
            "leo_capacity",
            "gto_capacity",
            "geo_capacity",
            "sso_capacity",
            "to_thrust",
            "apogee",
            "total_launch_count",
            "consecutive_successful_launches",
            "successful_launches",
            "failed_launches",
            "pending_launches",
            "attempted_landings",
            "successful_landings",
            "failed_landings",
            "consecutive_successful_landings",
            "fastest_turnaround",
        ]


class LauncherConfigDetailedSerializerNoManufacturer(LauncherConfigDetailed):
    class Meta(LauncherConfigDetailed.Meta):
        fields = without("manufacturer", LauncherConfigDetailed)


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
    type = NameOf()
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


class FirstStageTypeResource(Resource):
    path = "config/first_stage_types"
    queryset = FirstStageType.objects.all()
    modes = {"normal": FirstStageTypeShape}
    tags = ["Stages", "Types", "Configurations"]


class LauncherStatusResource(Resource):
    path = "config/launcher_statuses"
    queryset = LauncherStatus.objects.all()
    modes = {"normal": LauncherStatusShape}
    tags = ["Launcher", "Configurations"]


class LauncherConfigFamilyResource(Resource):
    path = "launcher_configuration_families"
    queryset = LauncherConfigFamily.objects.all()
    modes = {
        "list": LauncherConfigFamilyMini,
        "normal": LauncherConfigFamilyNormal,
        "detailed": LauncherConfigFamilyDetailed,
    }
    filterset_fields = {
        **compared(
            "attempted_landings",
            "consecutive_successful_landings",
            "consecutive_successful_launches",
            "failed_landings",
            "failed_launches",
            "maiden_flight",
            "pending_launches",
            "successful_landings",
            "successful_launches",
            "total_launch_count",
        ),
        **containing("manufacturer__abbrev", "manufacturer__id", "manufacturer__name", "name"),
    }
    filters = {
        "manufacturer__country_code": AnyOf(
            "manufacturer__country__alpha_2_code", "manufacturer__country__alpha_3_code"
        )
    }
    search_fields = ["manufacturer__abbrev", "manufacturer__name", "name"]
    ordering_fields = [
        "attempted_landings",
        "consecutive_successful_landings",
        "consecutive_successful_launches",
        "failed_landings",
        "failed_launches",
        "name",
        "pending_launches",
        "successful_landings",
        "successful_launches",
        "total_launch_count",
    ]
    examples = {"filter": "manufacturer__name=SpaceX", "search": "Ariane", "ordering": "-total_launch_count"}
    tags = ["Launcher", "Families"]


class LauncherConfigResource(Resource):
    path = "launcher_configurations"
    queryset = LauncherConfig.objects.all()
    modes = {"list": LauncherConfigList, "normal": LauncherConfigNormal, "detailed": LauncherConfigDetailed}
    filterset_fields = {
        **exact("families", "program"),
        **exact("active", "is_placeholder"),
        **compared(
            "attempted_landings",
            "consecutive_successful_landings",
            "consecutive_successful_launches",
            "failed_landings",
            "failed_launches",
            "maiden_flight",
            "pending_launches",
            "successful_landings",
            "successful_launches",
            "total_launch_count",
        ),
        **containing("full_name", "manufacturer__name", "name"),
    }
    filters = {
        "families__contains": HasEach("families"),
        "program__contains": HasEach("program"),
    }
    search_fields = ["full_name", "manufacturer__abbrev", "manufacturer__name", "name"]
    ordering_fields = [
        "attempted_landings",
        "consecutive_successful_landings",
        "consecutive_successful_launches",
        "failed_landings",
        "failed_launches",
        "gto_capacity",
        "launch_cost",
        "launch_mass",
        "leo_capacity",
        "maiden_flight",
        "name",
        "pending_launches",
        "successful_landings",
        "successful_launches",
        "total_launch_count",
    ]
    examples = {"filter": "manufacturer__name=SpaceX", "search": "Soyuz", "ordering": "-total_launch_count"}
    tags = ["Launcher", "Configurations"]


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
        "launcher_config__ids": ListOf(
            "launcher_config", of="integer", says="Comma-separated launcher config IDs."
        ),
    }
    search_fields = ["serial_number", "status__name"]
    ordering_fields = ["attempted_landings", "flight_proven", "flights", "id", "successful_landings"]
    examples = {"filter": "is_placeholder=True", "search": "B1048", "ordering": "-flights"}
    tags = ["Launchers"]
