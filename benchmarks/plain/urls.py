"""The two lists, and the addresses of the records that they nest."""

from __future__ import annotations

from django.db import models
from django.urls import URLPattern, include, path
from rest_framework.generics import RetrieveAPIView
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import BaseSerializer

from benchmarks.plain import serializers, views

router = SimpleRouter()
router.register("spacecraft", views.SpacecraftViewSet)
router.register("launches", views.LaunchViewSet)


def record(where: str, serializer: type[BaseSerializer]) -> URLPattern:
    """The address of one record, by the name that DRF's url fields look for."""
    model: type[models.Model] = serializer.Meta.model  # type: ignore[attr-defined] # of a ModelSerializer
    view = RetrieveAPIView.as_view(queryset=model._default_manager.all(), serializer_class=serializer)
    return path(f"{where}/<pk>/", view, name=f"{model._meta.model_name}-detail")


urlpatterns = [
    path(
        "2.3.0/",
        include(
            [
                *router.urls,
                record("agencies", serializers.AgencyDetailed),
                record("astronauts", serializers.AstronautDetailed),
                record("docking_events", serializers.DockingEvent),
                record("landings", serializers.Landing),
                record("launcher_configurations", serializers.LauncherConfigDetailed),
                record("launchers", serializers.LauncherNormal),
                record("locations", serializers.Location),
                record("pads", serializers.Pad),
                record("payload_flights", serializers.PayloadFlightNormal),
                record("programs", serializers.ProgramNormal),
                record("space_stations", serializers.SpaceStationNormal),
                record("spacecraft_configurations", serializers.SpacecraftConfigDetailed),
                record("spacecraft_flights", serializers.SpacecraftFlightNormal),
            ]
        ),
    )
]
