"""The dashboard of the Starship programme: one object with the records that concern the programme."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import models
from django.db.models import Q
from rest_framework import serializers

from cosmodrome.resources.endpoints import Endpoint
from cosmodrome.shapes.fields import ResponseMode
from cosmodrome.shapes.history import rows_as_of
from cosmodrome.shapes.shapes import Assembled, Nested, Shape, has_required, shape_model
from cosmodrome.time.as_of import as_of

PROGRAMME = "Starship"
"""The name of the program, and the beginning of the names of its families of launchers and spacecraft."""

MOST = 10
"""The most updates, launches and events in one list."""


class LiveStream(models.Model):
    title = models.CharField(max_length=200, null=True, blank=True)
    description = models.CharField(max_length=350, null=True, blank=True)
    image = models.TextField(null=True, blank=True)
    url = models.TextField()

    def __str__(self) -> str:
        return self.title or self.url


class VidURLs(Shape):
    image = serializers.URLField(read_only=True, allow_null=True)
    url = serializers.URLField(read_only=True)

    class Meta:
        model = LiveStream
        fields = ["title", "description", "image", "url"]


class LaunchAndEventsList(Assembled):
    launches = Nested("LaunchBasic", many=True)
    events = Nested("EventEndpointList", many=True)


class LaunchAndEventsNormal(Assembled):
    launches = Nested("LaunchNormal", many=True)
    events = Nested("EventNormal", many=True)


class LaunchAndEventsDetailed(Assembled):
    launches = Nested("LaunchDetailed", many=True)
    events = Nested("EventNormal", many=True)


class StarshipDashboardList(Assembled):
    response_mode = ResponseMode("list")
    updates = Nested("Update", many=True)
    live_streams = Nested("VidURLs", many=True)
    road_closures = Nested("RoadClosure", many=True)
    notices = Nested("Notice", many=True)
    vehicles = Nested("LauncherDetailed", many=True)
    orbiters = Nested("SpacecraftNormal", many=True)
    upcoming = Nested(LaunchAndEventsList)
    previous = Nested(LaunchAndEventsList)


class StarshipDashboardNormal(Assembled):
    response_mode = ResponseMode("normal")
    updates = Nested("Update", many=True)
    live_streams = Nested("VidURLs", many=True)
    road_closures = Nested("RoadClosure", many=True)
    notices = Nested("Notice", many=True)
    vehicles = Nested("LauncherDetailed", many=True)
    orbiters = Nested("SpacecraftNormal", many=True)
    upcoming = Nested(LaunchAndEventsNormal)
    previous = Nested(LaunchAndEventsNormal)


class StarshipDashboardDetailed(Assembled):
    response_mode = ResponseMode("detailed")
    updates = Nested("Update", many=True)
    live_streams = Nested("VidURLs", many=True)
    road_closures = Nested("RoadClosure", many=True)
    notices = Nested("Notice", many=True)
    vehicles = Nested("LauncherDetailed", many=True)
    orbiters = Nested("SpacecraftNormal", many=True)
    upcoming = Nested(LaunchAndEventsDetailed)
    previous = Nested(LaunchAndEventsDetailed)


class StarshipDashboard(Endpoint):
    path = "dashboard/starship"
    modes = {
        "list": StarshipDashboardList,
        "normal": StarshipDashboardNormal,
        "detailed": StarshipDashboardDetailed,
    }
    name = "Starship Dashboard"
    tags = ["Starship"]

    def assemble(self, shape: Any) -> dict[str, Any]:
        """Returns the records of the programme: upcoming ones soonest first, past ones latest first."""
        here, ours = as_of(), Q(program__name=PROGRAMME)

        def times(nested: Any, launches: Q, events: Q, minus: str) -> dict[str, Any]:
            return found(
                nested,
                launches=lambda shown: rows(shown, ours & launches, f"{minus}net", MOST),
                events=lambda shown: rows(shown, ours & events, f"{minus}date", MOST),
            )

        return found(
            shape,
            updates=lambda shown: rows(shown, ours, "-created_on", MOST),
            live_streams=lambda shown: rows(shown, Q(), "pk"),
            road_closures=lambda shown: rows(shown, Q(window_end__gte=here), "window_start"),
            notices=lambda shown: rows(shown, Q(), "-date", MOST),
            vehicles=lambda shown: rows(
                shown, Q(launcher_config__families__name__startswith=PROGRAMME), "pk"
            ),
            orbiters=lambda shown: rows(shown, Q(spacecraft_config__family__name=PROGRAMME), "pk"),
            upcoming=lambda shown: times(shown, Q(net__gte=here), Q(date__gte=here), ""),
            previous=lambda shown: times(shown, Q(net__lt=here), Q(date__lt=here), "-"),
        )


def found(shape: Any, **finding: Callable[[Any], Any]) -> dict[str, Any]:
    """Returns the contents of the keys of `shape`; a key that a request omits is not queried."""
    return {key: find(shape.fields[key]) for key, find in finding.items() if key in shape.fields}


def rows(nested: Any, condition: Q, order: str, most: int | None = None) -> list[Any]:
    """Returns the ids of the rows that a nested list shows, each once; `most` of them."""
    table = shape_model(type(nested.child))._default_manager
    selected = rows_as_of(table.filter(has_required(table.model))).filter(condition).values("pk")
    ordered = table.filter(pk__in=selected).order_by(order, "pk")
    return list(ordered.values_list("pk", flat=True)[:most])
