"""Agencies, which build, launch and fly, with their links in social media."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import (
    AnyOfFilter,
    CommaListFilter,
    ExistsFilter,
    compared,
    containing,
    exact,
)
from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.fields import RelatedName, ResponseMode
from cosmodrome.shapes.shapes import Nested, Shape
from cosmodrome.shapes.tables import Named, Number, PublishedTotals, joined_label, totals


@totals
class LaunchTotals(PublishedTotals):
    total_launch_count = Number(null=True, blank=True)
    consecutive_successful_launches = Number(null=True, blank=True)
    successful_launches = Number(null=True, blank=True)
    failed_launches = Number(null=True, blank=True)
    pending_launches = Number(null=True, blank=True)
    consecutive_successful_landings = Number(null=True, blank=True)
    successful_landings = Number(null=True, blank=True)
    failed_landings = Number(null=True, blank=True)
    attempted_landings = Number(null=True, blank=True)

    class Meta:
        abstract = True


@totals
class AgencyTotals(LaunchTotals):
    successful_landings_spacecraft = Number(null=True, blank=True)
    failed_landings_spacecraft = Number(null=True, blank=True)
    attempted_landings_spacecraft = Number(null=True, blank=True)
    successful_landings_payload = Number(null=True, blank=True)
    failed_landings_payload = Number(null=True, blank=True)
    attempted_landings_payload = Number(null=True, blank=True)

    class Meta:
        abstract = True


class Agency(Named, AgencyTotals):
    default_order = ("name",)

    name = models.CharField(max_length=200)
    abbrev = models.CharField(max_length=255, blank=True)
    type = models.ForeignKey("AgencyType", on_delete=models.PROTECT)
    featured = models.BooleanField(default=False)
    country: models.ManyToManyField[Any, Any] = models.ManyToManyField("Country", related_name="agencies")
    description = models.CharField(max_length=2048, null=True, blank=True)
    administrator = models.CharField(max_length=200, null=True, blank=True)
    founding_year = Number(null=True, blank=True)
    launchers = models.CharField(max_length=500, blank=True)
    spacecraft = models.CharField(max_length=500, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    parent_name = models.CharField(max_length=200, null=True, blank=True, editable=False)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    logo = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    social_logo = models.ForeignKey(
        "Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    info_url = models.URLField(max_length=200, null=True, blank=True)
    wiki_url = models.URLField(max_length=200, null=True, blank=True)

    class Meta:
        verbose_name = "Agency"
        verbose_name_plural = "Agencies"


class SocialMedia(Named):
    name = models.CharField(max_length=255, blank=True)
    url = models.TextField(null=True, blank=True)
    logo = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name_plural = "social media"


class SocialMediaLink(models.Model):
    label_relations = ("social_media",)

    agency = models.ForeignKey(
        Agency, null=True, blank=True, on_delete=models.CASCADE, related_name="social_media_links"
    )
    astronaut = models.ForeignKey(
        "Astronaut", null=True, blank=True, on_delete=models.CASCADE, related_name="social_media_links"
    )
    social_media = models.ForeignKey(SocialMedia, on_delete=models.PROTECT)
    url = models.TextField(null=True, blank=True)

    def __str__(self) -> str:
        return joined_label(self.social_media, self.url)


class SocialMediaShape(Shape):
    url = serializers.URLField(allow_null=True)
    logo = Nested("Image", allow_null=True)

    class Meta:
        model = SocialMedia
        fields = ["id", "name", "url", "logo"]


class SocialMediaLinkShape(Shape):
    social_media = Nested("SocialMedia")
    url = serializers.URLField(allow_null=True)

    class Meta:
        model = SocialMediaLink
        fields = ["id", "social_media", "url"]


class AgencyMini(Shape):
    response_mode = ResponseMode("list")
    type = Nested("AgencyType")

    class Meta:
        model = Agency
        fields = ["response_mode", "id", "url", "name", "abbrev", "type"]


class AgencyNormal(AgencyMini):
    response_mode = ResponseMode("normal")
    country = Nested("Country", many=True)
    parent = RelatedName(allow_null=True)  # type: ignore[assignment] # DRF has a `parent` too
    image = Nested("Image", allow_null=True)
    logo = Nested("Image", allow_null=True)
    social_logo = Nested("Image", allow_null=True)

    class Meta(AgencyMini.Meta):
        fields = [
            *AgencyMini.Meta.fields,
            "featured",
            "country",
            "description",
            "administrator",
            "founding_year",
            "launchers",
            "spacecraft",
            "parent",
            "image",
            "logo",
            "social_logo",
        ]


class AgencyDetailed(AgencyNormal):
    """The form in which other records nest it: it has more keys, but its `response_mode` is normal."""

    social_media_links = Nested("SocialMediaLink", many=True)

    class Meta(AgencyNormal.Meta):
        fields = [
            *AgencyNormal.Meta.fields,
            *Agency.published_totals,
            "info_url",
            "wiki_url",
            "social_media_links",
        ]


class AgencyEndpointDetailed(AgencyDetailed):
    response_mode = ResponseMode("detailed")
    launcher_list = Nested("LauncherConfigDetailedSerializerNoManufacturer", many=True)
    spacecraft_list = Nested("SpacecraftConfigDetailed", many=True)

    class Meta(AgencyDetailed.Meta):
        fields = [*AgencyDetailed.Meta.fields, "launcher_list", "spacecraft_list"]


class AgencyResource(Resource):
    path = "agencies"
    queryset = Agency.objects.all()
    modes = {"list": AgencyMini, "normal": AgencyNormal, "detailed": AgencyEndpointDetailed}
    filterset_fields = {
        **containing("abbrev", "description", "name"),
        **compared("founding_year", *LaunchTotals.published_totals),
        **exact("featured", "parent__id", "type__id"),
    }
    filters = {
        "country_code": CommaListFilter("country__alpha_2_code", "country__alpha_3_code"),
        "id": AnyOfFilter("id", of="integer"),
        "spacecraft": ExistsFilter(field_name="spacecraft_list"),
    }
    search_fields = ["abbrev", "name"]
    ordering_fields = ["featured", "id", "name", *LaunchTotals.published_totals]
    examples = {"filter": "abbrev=NASA", "search": "SpaceX", "ordering": "-total_launch_count"}
    tags = ["Agencies"]
