"""What happened to a craft and at a station, from the catalogue: three SQL statements, however much it is.

What has no instant is left out: it could stand nowhere.  A mission without an end is open, or its end is
not known; the catalogue does not tell which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.time.as_of import requested_as_of
from cosmodrome.time.clock import midnight
from cosmodrome.timeline.entries import Happening, in_order

VEHICLES = (
    "flight_vehicle_chaser__spacecraft",
    "flight_vehicle_chaser__rocket__launch",
    "flight_vehicle_target__spacecraft",
    "payload_flight_chaser__payload",
    "payload_flight_chaser__rocket__launch",
    "payload_flight_target__payload",
    "space_station_chaser",
    "space_station_target",
    "docking_location",
)
"""What is joined to docking events: who docked where."""


@dataclass(frozen=True)
class Timeline:
    """A craft or station, and what happened, in order."""

    row: Any
    events: list[Happening]


@dataclass(frozen=True)
class Docking:
    """A docking event and its two ends; either is null if the catalogue has not got it."""

    row: DockingEvent

    @property
    def pk(self) -> int:
        """The docking event's id."""
        return self.row.pk

    @property
    def chaser(self) -> Any:
        """What came: a flight of a spacecraft or payload, or a station."""
        row = self.row
        return row.flight_vehicle_chaser or row.payload_flight_chaser or row.space_station_chaser

    @property
    def target(self) -> Any:
        """What it came to."""
        row = self.row
        return row.space_station_target or row.flight_vehicle_target or row.payload_flight_target


def spacecraft_timeline(craft: Spacecraft) -> Timeline:
    """Its launches and mission ends, and the dockings in which it was the one that came or that waited."""
    flights = SpacecraftFlight.objects.filter(spacecraft=craft)
    own: dict[int | None, SpacecraftFlight] = {}
    events: list[Happening] = []
    for flight in flights.select_related("spacecraft", "rocket__launch__net_precision"):
        own[flight.pk] = flight
        events += flight_happenings(flight)
    for docking in docked(Q(flight_vehicle_chaser__in=flights) | Q(flight_vehicle_target__in=flights)):
        row = docking.row
        flight = own.get(row.flight_vehicle_chaser_id) or own[row.flight_vehicle_target_id]
        events += docking_happenings(docking, flight=flight, launch=launch_of(flight))
    return Timeline(craft, in_order(events))


def station_timeline(station: SpaceStation) -> Timeline:
    """Its founding and deorbit, who docked and left, its own dockings to others, and its expeditions."""
    events = list(station_happenings(station))
    for docking in docked(Q(space_station_target=station) | Q(space_station_chaser=station)):
        flight = docking.row.flight_vehicle_chaser
        events += docking_happenings(docking, flight=flight, launch=launch_of(docking.chaser))
    for expedition in Expedition.objects.filter(spacestation=station):
        events += expedition_happenings(expedition)
    return Timeline(station, in_order(events))


def timeline_as_of(timeline: Timeline) -> Timeline:
    """The timeline at the instant that is asked for, where one is: nothing that lies after it."""
    at = requested_as_of()
    if at is None:
        return timeline
    events = [event for event in timeline.events if event.instant <= at]
    for expedition in (event.expedition for event in events if event.expedition):
        if expedition.end and expedition.end > at:
            expedition.end = None
    return replace(timeline, events=events)


def docked(which: Q) -> Iterator[Docking]:
    """The docking events that `which` holds for, with all that is told of them."""
    rows: QuerySet[DockingEvent] = DockingEvent.objects.filter(which).select_related(*VEHICLES)
    return map(Docking, rows)


def flight_happenings(flight: SpacecraftFlight) -> Iterator[Happening]:
    """Its launch and the end of its mission."""
    craft, launch = named(flight), launch_of(flight)
    begun = launch.net if launch else None
    shared: dict[str, Any] = {"flight": flight, "launch": launch}
    if launch and begun:
        precision = launch.net_precision.name if launch.net_precision else None
        on = f" ({launch.name})" if launch.name else ""
        yield Happening("launch", flight, begun, f"{craft} launches{on}", precision=precision, **shared)
    if flight.mission_end:
        title = f"The mission of {craft} ends"
        lasted = flight.duration
        yield Happening("landing", flight, flight.mission_end, title, begun, lasted, **shared)


def docking_happenings(docking: Docking, **shared: Any) -> Iterator[Happening]:
    """Its beginning, and its end if it has one."""
    row = docking.row
    chaser, target = named(docking.chaser), named(docking.target)
    port = f" ({row.docking_location.name})" if row.docking_location else ""
    shared = {"docking": docking, **shared}
    yield Happening("docking", row, row.docking, f"{chaser} docks with {target}{port}", **shared)
    if row.departure:
        title = f"{chaser} undocks from {target}{port}"
        yield Happening("undocking", row, row.departure, title, row.docking, **shared)


def station_happenings(station: SpaceStation) -> Iterator[Happening]:
    """Its founding and its deorbit, of which the catalogue has the days."""
    begun = midnight(station.founded) if station.founded else None
    if begun:
        yield Happening("founding", station, begun, f"{station.name} is founded", precision="Day")
    end = midnight(station.deorbited) if station.deorbited else None
    if end:
        title = f"{station.name} is deorbited"
        yield Happening("deorbit", station, end, title, begun, precision="Day")


def expedition_happenings(expedition: Expedition) -> Iterator[Happening]:
    """Its start, and its end if it has one."""
    name, begun = expedition.name, expedition.start
    yield Happening("expedition_start", expedition, begun, f"{name} begins", expedition=expedition)
    if expedition.end:
        title = f"{name} ends"
        yield Happening("expedition_end", expedition, expedition.end, title, begun, expedition=expedition)


def launch_of(vehicle: Any) -> Launch | None:
    """The launch of a flight; null for a station, and where it is not known."""
    rocket = getattr(vehicle, "rocket", None)
    return rocket.launch if rocket else None


def named(vehicle: Any) -> str:
    """What a flight or station is called: by what flies, since flights have no names."""
    if vehicle is None:
        return "An unnamed vehicle"
    bearer = getattr(vehicle, "spacecraft", None) or getattr(vehicle, "payload", None) or vehicle
    return str(bearer.name)
