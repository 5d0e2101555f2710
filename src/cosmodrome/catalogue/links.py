"""Links to pages and videos: parts of the records that they are about, without ids on the wire."""

from __future__ import annotations

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.resources import Resource
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number


class InfoURLType(Lookup):
    class Meta:
        verbose_name = "Info URL Type"


class VidURLType(Lookup):
    class Meta:
        verbose_name = "Video URL Type"


class Language(Named):
    name = models.CharField(max_length=255)
    code = models.CharField(max_length=255, help_text="ISO 639-1 (two-letter) code")

    class Meta:
        verbose_name = "Language"


class InfoURL(models.Model):
    launch = models.ForeignKey(
        "Launch", null=True, blank=True, on_delete=models.CASCADE, related_name="info_urls"
    )
    event = models.ForeignKey(
        "Event", null=True, blank=True, on_delete=models.CASCADE, related_name="info_urls"
    )
    mission = models.ForeignKey(
        "Mission", null=True, blank=True, on_delete=models.CASCADE, related_name="info_urls"
    )
    priority = Number(default=0)
    source = models.CharField(max_length=200, null=True, blank=True)
    title = models.CharField(max_length=200, null=True, blank=True)
    description = models.CharField(max_length=350, null=True, blank=True)
    feature_image = models.URLField(max_length=200, null=True, blank=True)
    url = models.TextField()
    type = models.ForeignKey(
        "InfoURLType", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    language = models.ForeignKey(
        "Language", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return self.title or self.url


class VidURL(models.Model):
    launch = models.ForeignKey(
        "Launch", null=True, blank=True, on_delete=models.CASCADE, related_name="vid_urls"
    )
    event = models.ForeignKey(
        "Event", null=True, blank=True, on_delete=models.CASCADE, related_name="vid_urls"
    )
    mission = models.ForeignKey(
        "Mission", null=True, blank=True, on_delete=models.CASCADE, related_name="vid_urls"
    )
    priority = Number(default=0)
    source = models.CharField(max_length=200, null=True, blank=True)
    publisher = models.CharField(max_length=255, null=True, blank=True)
    title = models.CharField(max_length=200, null=True, blank=True)
    description = models.CharField(max_length=350, null=True, blank=True)
    feature_image = models.URLField(max_length=200, null=True, blank=True)
    url = models.TextField()
    type = models.ForeignKey("VidURLType", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    language = models.ForeignKey(
        "Language", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    start_time = models.DateTimeField(null=True, blank=True)
    end_time = models.DateTimeField(null=True, blank=True)
    live = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.title or self.url


class InfoURLTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = InfoURLType


class VidURLTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = VidURLType


class LanguageShape(Shape):
    class Meta:
        model = Language
        fields = ["id", "name", "code"]


class InfoURLShape(Shape):
    url = serializers.URLField()
    type = Nested("InfoURLType", allow_null=True)
    language = Nested("Language", allow_null=True)

    class Meta:
        model = InfoURL
        fields = ["priority", "source", "title", "description", "feature_image", "url", "type", "language"]


class VidURLShape(Shape):
    url = serializers.URLField()
    type = Nested("VidURLType", allow_null=True)
    language = Nested("Language", allow_null=True)

    class Meta:
        model = VidURL
        fields = [
            "priority",
            "source",
            "publisher",
            "title",
            "description",
            "feature_image",
            "url",
            "type",
            "language",
            "start_time",
            "end_time",
            "live",
        ]


class InfoURLTypeResource(Resource):
    path = "config/infourl_types"
    queryset = InfoURLType.objects.all()
    modes = {"normal": InfoURLTypeShape}
    tags = ["Types", "Configurations"]


class VidURLTypeResource(Resource):
    path = "config/vidurl_types"
    queryset = VidURLType.objects.all()
    modes = {"normal": VidURLTypeShape}
    tags = ["Types", "Configurations"]


class LanguageResource(Resource):
    path = "config/languages"
    queryset = Language.objects.all()
    modes = {"normal": LanguageShape}
    tags = ["Languages", "Configurations"]
