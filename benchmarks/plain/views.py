"""The viewsets: `?mode=` chooses how full the records of a list are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.filters import SearchFilter
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ReadOnlyModelViewSet

from benchmarks.plain import querysets, serializers
from benchmarks.plain.filters import LaunchFilters, OrderingById, SpacecraftFilters
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft


class Pages(LimitOffsetPagination):
    """Ten records unless more are asked for, a hundred at most."""

    default_limit = 10
    max_limit = 100


class RecordViewSet(ReadOnlyModelViewSet):
    """A list in several modes, and its records in the fullest."""

    modes: ClassVar[Mapping[str, tuple[type[BaseSerializer], QuerySet[Any]]]]
    """With each mode its serializer, and the rows with all that this shows."""
    growing: ClassVar[tuple[str, ...]] = ()
    """Durations that grow while the records are read."""
    pagination_class = Pages
    filter_backends = [DjangoFilterBackend, SearchFilter, OrderingById]

    @property
    def mode(self) -> str:
        """The mode of the answer; one that is not known is taken for `normal`."""
        asked = "detailed" if self.action == "retrieve" else self.request.query_params.get("mode", "")
        return asked if asked in self.modes else "normal"

    def get_serializer_class(self) -> type[BaseSerializer]:
        return self.modes[self.mode][0]

    def get_queryset(self) -> QuerySet[Any]:
        return self.modes[self.mode][1].all()


class SpacecraftViewSet(RecordViewSet):
    """`/2.3.0/spacecraft/`."""

    queryset = Spacecraft.objects.all()
    modes = {
        "normal": (serializers.SpacecraftNormal, querysets.spacecraft_normal()),
        "detailed": (serializers.SpacecraftDetailed, querysets.spacecraft_detailed()),
    }
    growing = ("time_docked", "time_in_space")
    filterset_class = SpacecraftFilters
    search_fields = ["name", "spacecraft_config__name"]
    ordering_fields = ["flights_count", "id", "mission_ends_count", "time_docked", "time_in_space"]


class LaunchViewSet(RecordViewSet):
    """`/2.3.0/launches/`."""

    queryset = Launch.objects.all()
    modes = {
        "list": (serializers.LaunchList, querysets.launch_list()),
        "normal": (serializers.LaunchNormal, querysets.launch_normal()),
        "detailed": (serializers.LaunchDetailed, querysets.launch_detailed()),
    }
    filterset_class = LaunchFilters
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
    ordering = ["net"]
