"""Launch vehicles: families and configurations."""

from __future__ import annotations

from typing import Any

from django.db import models

from cosmodrome.resources.filters import (
    AllRelatedFilter,
    AnyOfFilter,
    compared,
    containing,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import Duration, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape, without
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, totals


@totals
class VehicleTotals(PublishedTotals):
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
        abstract = True


class LauncherConfigFamily(Named, VehicleTotals):
    name = models.CharField(max_length=200)
    manufacturer: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="launcher_families", blank=True
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.CharField(max_length=2048, blank=True)
    active = models.BooleanField(default=False)
    maiden_flight = models.DateField("Maiden Flight Date", null=True, blank=True)

    class Meta:
        verbose_name = "Launcher Configuration Family"
        verbose_name_plural = "Launcher Configuration Families"


class LauncherConfig(Named, VehicleTotals):
    default_order = ("name",)
    label_columns = ("full_name", "name")
    published_totals = (*VehicleTotals.published_totals, "fastest_turnaround")

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
    fastest_turnaround = models.DurationField(null=True, blank=True)

    class Meta:
        verbose_name = "Launcher Configuration"


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
            *LauncherConfigFamily.published_totals,
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
            *LauncherConfig.published_totals,
        ]


class LauncherConfigDetailedSerializerNoManufacturer(LauncherConfigDetailed):
    class Meta(LauncherConfigDetailed.Meta):
        fields = without("manufacturer", LauncherConfigDetailed)


class LauncherConfigFamilyResource(Resource):
    path = "launcher_configuration_families"
    queryset = LauncherConfigFamily.objects.all()
    modes = {
        "list": LauncherConfigFamilyMini,
        "normal": LauncherConfigFamilyNormal,
        "detailed": LauncherConfigFamilyDetailed,
    }
    filterset_fields = {
        **compared("maiden_flight", *VehicleTotals.published_totals),
        **containing("manufacturer__abbrev", "manufacturer__id", "manufacturer__name", "name"),
    }
    filters = {
        "manufacturer__country_code": AnyOfFilter(
            "manufacturer__country__alpha_2_code", "manufacturer__country__alpha_3_code"
        )
    }
    search_fields = ["manufacturer__abbrev", "manufacturer__name", "name"]
    ordering_fields = ["name", *VehicleTotals.published_totals]
    examples = {"filter": "manufacturer__name=SpaceX", "search": "Ariane", "ordering": "-total_launch_count"}
    tags = ["Launcher", "Families"]


class LauncherConfigResource(Resource):
    path = "launcher_configurations"
    queryset = LauncherConfig.objects.all()
    modes = {"list": LauncherConfigList, "normal": LauncherConfigNormal, "detailed": LauncherConfigDetailed}
    filterset_fields = {
        **exact("families", "program"),
        **exact("active", "is_placeholder"),
        **compared("maiden_flight", *VehicleTotals.published_totals),
        **containing("full_name", "manufacturer__name", "name"),
    }
    filters = {
        "families__contains": AllRelatedFilter("families"),
        "program__contains": AllRelatedFilter("program"),
    }
    search_fields = ["full_name", "manufacturer__abbrev", "manufacturer__name", "name"]
    ordering_fields = [
        "gto_capacity",
        "launch_cost",
        "launch_mass",
        "leo_capacity",
        "maiden_flight",
        "name",
        *VehicleTotals.published_totals,
    ]
    examples = {"filter": "manufacturer__name=SpaceX", "search": "Soyuz", "ordering": "-total_launch_count"}
    tags = ["Launcher", "Configurations"]
