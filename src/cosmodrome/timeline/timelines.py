"""Reads the timeline of a craft or a station from the catalogue: in three SQL statements, however long it is.

Events without an instant are left out, since they have no place in the order.  A mission without an end is
open, or its end is not known; the catalogue does not say which.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import FAILURE, PARTIAL_FAILURE, SUCCESS, Launch
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.time.as_of import requested_as_of
from cosmodrome.time.clock import midnight
from cosmodrome.timeline.entries import OUTCOMES, TimelineEntry, sort_entries

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
"""The relations of docking events that are joined."""

FLIGHT_PARTS = ("spacecraft", "rocket__launch__net_precision", "landing__landing_location")
"""The relations of flights that are joined."""

UNNAMED = "An unnamed vehicle"

LAUNCH_OUTCOMES = dict(zip((SUCCESS, PARTIAL_FAILURE, FAILURE), OUTCOMES, strict=True))
"""By the id of a launch's status."""


@dataclass(frozen=True)
class Timeline:
    """A craft or station, and its entries in order."""

    row: Any
    events: list[TimelineEntry]


@dataclass(frozen=True)
class Docking:
    """A docking event with its chaser and target; either is None if it is not in the catalogue."""

    row: DockingEvent

    @property
    def pk(self) -> int:
        """The docking event's id."""
        return self.row.pk

    @property
    def chaser(self) -> Any:
        """The vehicle that came: a flight of a spacecraft or payload, or a station."""
        row = self.row
        return row.flight_vehicle_chaser or row.payload_flight_chaser or row.space_station_chaser

    @property
    def target(self) -> Any:
        """The vehicle that the chaser came to."""
        row = self.row
        return row.space_station_target or row.flight_vehicle_target or row.payload_flight_target


def spacecraft_timeline(craft: Spacecraft) -> Timeline:
    """A craft's launches and mission ends, and the dockings in which it was chaser or target."""
    flights = SpacecraftFlight.objects.filter(spacecraft=craft)
    own: dict[int | None, SpacecraftFlight] = {}
    events: list[TimelineEntry] = []
    for flight in flights.select_related(*FLIGHT_PARTS):
        own[flight.pk] = flight
        events += flight_entries(flight)
    for docking in select_dockings(
        Q(flight_vehicle_chaser__in=flights) | Q(flight_vehicle_target__in=flights)
    ):
        row = docking.row
        flight = own.get(row.flight_vehicle_chaser_id) or own[row.flight_vehicle_target_id]
        events += docking_entries(docking, flight=flight, launch=launch_of(flight))
    return timeline_of(craft, events)


def station_timeline(station: SpaceStation) -> Timeline:
    """A station's founding and deorbit, dockings of visitors, its own dockings to others, and expeditions."""
    events = list(station_entries(station))
    for docking in select_dockings(Q(space_station_target=station) | Q(space_station_chaser=station)):
        flight = docking.row.flight_vehicle_chaser
        events += docking_entries(docking, flight=flight, launch=launch_of(docking.chaser))
    for expedition in Expedition.objects.filter(spacestation=station):
        events += expedition_entries(expedition)
    return timeline_of(station, events)


def timeline_of(owner: Any, events: list[TimelineEntry]) -> Timeline:
    """The timeline of a craft or station, with the last change of what each entry tells."""

    def last_change(entry: TimelineEntry) -> datetime | None:
        changed: datetime | None = entry.launch.last_updated if entry.launch else None
        return changed or owner.totals_read_at

    dated = [replace(entry, last_updated=last_change(entry)) for entry in events]
    return Timeline(owner, sort_entries(dated))


def limit_to_as_of(timeline: Timeline) -> Timeline:
    """The timeline as of the requested instant, if there is one: without what is planned then."""
    at = requested_as_of()
    if at is None:
        return timeline
    events = [event for event in timeline.events if not event.planned]
    for expedition in (event.expedition for event in events if event.expedition):
        if expedition.end and expedition.end > at:
            expedition.end = None
    return replace(timeline, events=events)


def select_dockings(which: Q) -> Iterator[Docking]:
    """The docking events that meet a condition, with all related rows."""
    rows: QuerySet[DockingEvent] = DockingEvent.objects.filter(which).select_related(*VEHICLES)
    return map(Docking, rows)


def flight_entries(flight: SpacecraftFlight) -> Iterator[TimelineEntry]:
    """Yields a flight's launch and the end of its mission."""
    craft, launch = vehicle_name(flight), launch_of(flight)
    began = launch.net if launch else None
    shared: dict[str, Any] = {"flight": flight, "launch": launch}
    if launch and began:
        precision = launch.net_precision.name if launch.net_precision else None
        outcome = LAUNCH_OUTCOMES.get(launch.status_id or 0)
        title = launch_title(craft, launch)
        yield TimelineEntry("launch", flight, began, title, precision=precision, outcome=outcome, **shared)
    if flight.mission_end:
        landed = flight.landing.success if flight.landing else None
        outcome = None if landed is None else OUTCOMES[0] if landed else OUTCOMES[-1]
        title, lasted = landing_title(craft, flight.landing), flight.duration
        yield TimelineEntry(
            "landing", flight, flight.mission_end, title, began, lasted, outcome=outcome, **shared
        )


def launch_title(craft: str, launch: Launch) -> str:
    """The sentence for the launch of a craft, which names its outcome unless that is a success."""
    on = f" ({launch.name})" if launch.name else ""
    if launch.is_to_come:
        return f"{craft} is to launch{on}"
    if launch.status_id == FAILURE:
        return f"The launch of {craft} fails{on}"
    if launch.status_id == PARTIAL_FAILURE:
        return f"The launch of {craft} is a partial failure{on}"
    return f"{craft} launches{on}"


def landing_title(craft: str, landing: Landing | None) -> str:
    """The sentence for the end of a mission, which names the outcome of its landing if that is known."""
    ends = f"The mission of {craft} ends"
    if landing is None or landing.success is None:
        return ends
    where = f" ({landing.landing_location.name})" if landing.landing_location else ""
    return f"{ends} with a landing{where}" if landing.success else f"{ends}, its landing fails{where}"


def docking_entries(docking: Docking, **shared: Any) -> Iterator[TimelineEntry]:
    """Yields a docking, and its undocking if it has one."""
    row = docking.row
    chaser, target = vehicle_name(docking.chaser), vehicle_name(docking.target)
    port = row.docking_location.name if row.docking_location else None
    docks, undocks = docking_titles(chaser, target, port)
    shared = {"docking": docking, **shared}
    yield TimelineEntry("docking", row, row.docking, docks, **shared)
    if row.departure:
        yield TimelineEntry("undocking", row, row.departure, undocks, row.docking, **shared)


def docking_titles(chaser: str, target: str, port: str | None) -> tuple[str, str]:
    """The sentences for a docking and for the undocking after it."""
    at_port = f" ({port})" if port else ""
    return f"{chaser} docks with {target}{at_port}", f"{chaser} undocks from {target}{at_port}"


def station_entries(station: SpaceStation) -> Iterator[TimelineEntry]:
    """Yields a station's founding and its deorbit, of which the catalogue has the days."""
    began = midnight(station.founded) if station.founded else None
    if began:
        yield TimelineEntry("founding", station, began, f"{station.name} is founded", precision="Day")
    end = midnight(station.deorbited) if station.deorbited else None
    if end:
        title = f"{station.name} is deorbited"
        yield TimelineEntry("deorbit", station, end, title, began, precision="Day")


def expedition_entries(expedition: Expedition) -> Iterator[TimelineEntry]:
    """Yields an expedition's start, and its end if it has one."""
    name, began = expedition.name, expedition.start
    yield TimelineEntry("expedition_start", expedition, began, f"{name} begins", expedition=expedition)
    if expedition.end:
        title = f"{name} ends"
        yield TimelineEntry("expedition_end", expedition, expedition.end, title, began, expedition=expedition)


def launch_of(vehicle: Any) -> Launch | None:
    """The launch of a flight; None for a station, and where it is not known."""
    rocket = getattr(vehicle, "rocket", None)
    return rocket.launch if rocket else None


def vehicle_name(vehicle: Any) -> str:
    """The name of a station, or of the craft or payload of a flight, since flights have no names."""
    if vehicle is None:
        return UNNAMED
    bearer = getattr(vehicle, "spacecraft", None) or getattr(vehicle, "payload", None) or vehicle
    return str(bearer.name)
