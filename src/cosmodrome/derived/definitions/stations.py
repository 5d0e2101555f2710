"""Values of space stations: how many vehicles are docked, and how many people are on board of those."""

from __future__ import annotations

from django.db import models
from django.db.models import OuterRef, Q

from cosmodrome.catalogue.crews import AstronautFlight
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.derived.aggregates import subquery_count
from cosmodrome.derived.registry import Expression, Instant, depends_on, derived

depends_on(
    SpaceStation,
    (DockingEvent, "space_station_target"),
    (SpacecraftFlight, "docking_events__space_station_target"),
    (SpacecraftFlight.onboard_crew.through, "spacecraftflight__docking_events__space_station_target"),
    (AstronautFlight, "onboard_flights__docking_events__space_station_target"),
)


def docked_at_station(at: Instant) -> models.QuerySet[DockingEvent]:
    """The dockings to the outer station that have happened and are not over."""
    return DockingEvent.objects.filter(
        DockingEvent.is_open(at.in_subquery()), space_station_target=OuterRef("pk")
    )


@derived(SpaceStation, "docked_vehicles")
def docked_vehicles(at: Instant) -> Expression:
    """How many craft, payloads and other stations are docked.  Null: not known."""
    return subquery_count(docked_at_station(at))


@derived(SpaceStation, "onboard_crew")
def onboard_crew(at: Instant) -> Expression:
    """How many people are on board of the spacecraft that are docked.  Null: not known."""
    dockings = "onboard_flights__docking_events"
    here = Q(**{f"{dockings}__space_station_target": OuterRef("pk")})
    docked = DockingEvent.is_open(at.in_subquery(), f"{dockings}__")
    return subquery_count(AstronautFlight.objects.filter(here & docked), distinct="astronaut")
