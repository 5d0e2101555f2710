"""Events, news, road closures and notices; the events in the countdown and the flight of a launch."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from cosmodrome.resources.filters import (
    CommaListFilter,
    HideRecentFilter,
    exact,
    instant_filter,
    instant_filters,
)
from cosmodrome.resources.resources import Previous, Resource, Upcoming
from cosmodrome.shapes.fields import Duration, Instant, ResponseMode
from cosmodrome.shapes.shapes import LookupShape, Nested, Shape
from cosmodrome.shapes.tables import Lookup, Named, Number, joined_label


class EventType(Lookup):
    id = Number(primary_key=True)
    name = models.CharField(max_length=255, blank=True)

    class Meta:
        verbose_name = "event type"


class NoticeType(Lookup):
    class Meta:
        verbose_name = "Notices Type"


class RoadClosureStatus(Lookup):
    class Meta:
        verbose_name = "Road Closure Type"


class Event(Named):
    required_columns = ("type_id",)
    late_columns = ("last_updated",)

    name = models.CharField(max_length=200)
    image = models.ForeignKey("Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    date = models.DateTimeField(null=True, blank=True)
    slug = models.TextField(blank=True)
    type = models.ForeignKey("EventType", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    description = models.CharField(max_length=2048, blank=True)
    webcast_live = models.BooleanField(default=False)
    location = models.CharField(max_length=100, null=True, blank=True)
    date_precision = models.ForeignKey(
        "NetPrecision", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    duration = models.DurationField(null=True, blank=True)
    last_updated = models.DateTimeField(null=True, blank=True)
    agencies: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Agency", related_name="events", blank=True
    )
    launches: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Launch", related_name="events", blank=True
    )
    expeditions: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Expedition", related_name="events", blank=True
    )
    spacestations: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "SpaceStation", related_name="events", blank=True
    )
    program: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Program", related_name="events", blank=True
    )
    astronauts: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "Astronaut", related_name="events", blank=True
    )

    class Meta:
        verbose_name = "Event"


class Update(models.Model):
    launch = models.ForeignKey(
        "Launch", null=True, blank=True, on_delete=models.CASCADE, related_name="updates"
    )
    event = models.ForeignKey(
        "Event", null=True, blank=True, on_delete=models.CASCADE, related_name="updates"
    )
    program = models.ForeignKey(
        "Program", null=True, blank=True, on_delete=models.CASCADE, related_name="updates"
    )
    profile_image = models.TextField(null=True, blank=True)
    comment = models.CharField(max_length=40000, null=True, blank=True)
    info_url = models.URLField(max_length=200, null=True, blank=True)
    created_by = models.TextField(null=True, blank=True)
    created_on = models.DateTimeField()

    class Meta:
        verbose_name = "Update"

    def __str__(self) -> str:
        return (self.comment or "")[:80] or joined_label("update without a text", self.created_on)


class RoadClosure(models.Model):
    title = models.CharField(max_length=1048)
    status = models.ForeignKey("RoadClosureStatus", on_delete=models.PROTECT, related_name="+")
    window_start = models.DateTimeField()
    window_end = models.DateTimeField()

    def __str__(self) -> str:
        return self.title


class Notice(models.Model):
    label_relations = ("type",)

    type = models.ForeignKey("NoticeType", on_delete=models.PROTECT, related_name="+")
    date = models.DateTimeField()
    url = models.URLField(max_length=200)

    def __str__(self) -> str:
        return joined_label(self.type, self.date, self.url)


class TimelineEvent(models.Model):
    label_relations = ("type", "launch")

    launch = models.ForeignKey("Launch", on_delete=models.CASCADE, related_name="timeline")
    type = models.ForeignKey(
        "TimelineEventType", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    relative_time = models.DurationField(null=True, blank=True)

    def __str__(self) -> str:
        return joined_label(self.type or "something", self.relative_time, self.launch)


class EventTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = EventType


class NoticeTypeShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = NoticeType


class RoadClosureStatusShape(LookupShape):
    class Meta(LookupShape.Meta):
        model = RoadClosureStatus


class EventMini(Shape):
    info_urls = Nested("InfoURL", many=True)
    vid_urls = Nested("VidURL", many=True)
    image = Nested("Image", allow_null=True)

    class Meta:
        model = Event
        fields = ["id", "url", "name", "info_urls", "vid_urls", "image", "date"]


class EventNormal(EventMini):
    slug = serializers.SlugField()
    type = Nested("EventType")
    date_precision = Nested("NetPrecision", allow_null=True)

    class Meta(EventMini.Meta):
        fields = [
            *EventMini.Meta.fields,
            "slug",
            "type",
            "description",
            "webcast_live",
            "location",
            "date_precision",
        ]


class EventEndpointList(EventNormal):
    response_mode = ResponseMode("list")
    duration = Duration(read_only=True, allow_null=True)

    class Meta(EventNormal.Meta):
        fields = [*EventNormal.Meta.fields, "response_mode", "duration"]


class EventEndpointNormal(EventEndpointList):
    response_mode = ResponseMode("normal")
    updates = Nested("Update", many=True)

    class Meta(EventEndpointList.Meta):
        fields = [*EventEndpointList.Meta.fields, "updates", "last_updated"]


class EventEndpointDetailed(EventEndpointNormal):
    response_mode = ResponseMode("detailed")
    agencies = Nested("AgencyMini", many=True)
    launches = Nested("LaunchBasic", many=True)
    expeditions = Nested("ExpeditionNormal", many=True)
    spacestations = Nested("SpaceStationNormal", many=True)
    program = Nested("ProgramNormal", many=True, allow_null=True)
    astronauts = Nested("AstronautNormal", many=True, allow_null=True)

    class Meta(EventEndpointNormal.Meta):
        fields = [
            *EventEndpointNormal.Meta.fields,
            "agencies",
            "launches",
            "expeditions",
            "spacestations",
            "program",
            "astronauts",
        ]


class UpdateShape(Shape):
    id = serializers.IntegerField()
    created_on = Instant(required=False)
    profile_image = serializers.CharField(read_only=True, allow_null=True)
    created_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Update
        fields = ["id", "profile_image", "comment", "info_url", "created_by", "created_on"]


class RoadClosureShape(Shape):
    status = Nested("RoadClosureStatus")

    class Meta:
        model = RoadClosure
        fields = ["id", "title", "status", "window_start", "window_end"]


class NoticeShape(Shape):
    type = Nested("NoticeType")

    class Meta:
        model = Notice
        fields = ["id", "type", "date", "url"]


class TimelineEventShape(Shape):
    type = Nested("TimelineEventType", allow_null=True)
    relative_time = Duration(read_only=True, allow_null=True)

    class Meta:
        model = TimelineEvent
        fields = ["type", "relative_time"]


class EventTypeResource(Resource):
    path = "config/event_types"
    queryset = EventType.objects.all()
    modes = {"normal": EventTypeShape}
    tags = ["Types", "Configurations"]


class NoticeTypeResource(Resource):
    path = "config/notice_types"
    titles = ("Notice Type", "Notice Types")
    queryset = NoticeType.objects.all()
    modes = {"normal": NoticeTypeShape}
    tags = ["Types", "Configurations"]


class RoadClosureStatusResource(Resource):
    path = "config/road_closure_statuses"
    titles = ("Road Closure Status", "Road Closure Statuses")
    queryset = RoadClosureStatus.objects.all()
    modes = {"normal": RoadClosureStatusShape}
    tags = ["Closure", "Configurations"]


class EventResource(Resource):
    path = "events"
    queryset = Event.objects.all()
    modes = {"list": EventEndpointList, "normal": EventEndpointNormal, "detailed": EventEndpointDetailed}
    filterset_fields = {
        **exact("program"),
        **exact("slug", "type"),
    }
    filters = {
        **instant_filters("date", "Date", "gt gte lte"),
        "date__gt__lt": instant_filter("date", "lt", "Date is less than"),  # a mistake of the original
        **instant_filters("last_updated", "Last Update", "gte lte"),
        "agency__ids": CommaListFilter("agencies", of="integer", description="Comma-separated agency IDs."),
        "day": CommaListFilter("date__day", of="number"),
        "id": CommaListFilter("id", of="integer"),
        "month": CommaListFilter("date__month", of="number"),
        "type__ids": CommaListFilter("type", of="integer", description="Comma-separated event type IDs."),
        "video_url": CommaListFilter("vid_urls__url", description="Comma-separated video URLs."),
        "year": CommaListFilter("date__year", of="number"),
    }
    search_fields = ["name"]
    ordering_fields = ["date", "last_updated"]
    examples = {"filter": "type__ids=2,8", "search": "Flyby", "ordering": "-last_updated"}
    tags = ["Events"]
    endpoint_name = "Events"
    ordering = ("date",)


class PreviousEventResource(Previous, EventResource):
    path = "events/previous"
    titles = ("Previous Event", "Previous Events")
    instant = "date"
    tags = ["Events", "Previous"]
    ordering = ("-date",)


class UpcomingEventResource(Upcoming, EventResource):
    path = "events/upcoming"
    titles = ("Upcoming Event", "Upcoming Events")
    instant = "date"
    filters = {
        **EventResource.filters,
        "hide_recent_previous": HideRecentFilter(
            "date",
            help_text="Hide events from the past 24 hours, which are included by default for convenience.",
        ),
    }


class UpdateResource(Resource):
    path = "updates"
    queryset = Update.objects.all()
    modes = {"normal": UpdateShape}
    filterset_fields = {**exact("created_on", "launch", "launch__launch_service_provider", "program")}
    ordering_fields = ["created_on"]
    examples = {"filter": "launch__launch_service_provider=121", "ordering": "-created_on"}
