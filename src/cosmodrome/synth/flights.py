"""Writes flights of spacecraft with their crews, dockings and landings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.synth.crews import Corps, Seat, write_crew_lists
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Flight
from cosmodrome.synth.payloads import LaunchedPayload, write_payload_docking
from cosmodrome.synth.stations import Berth, PortAllocator
from cosmodrome.synth.vehicles import write_landing
from cosmodrome.synth.vocabulary import ON_LEGS, PARACHUTE, REENTRY, RUNWAY, SPLASHDOWN
from cosmodrome.synth.world import World

LANDING_TYPES_BY_CONFIG_TYPE = {2: (PARACHUTE, SPLASHDOWN), 3: (RUNWAY,), 7: (ON_LEGS,)}
"""Ids of landing types by the type of a configuration; craft of other types land by parachute."""

LANDER_CONFIG_TYPE = 7
"""The type of configurations that land on the Moon."""


def write_craft_flights(
    world: World,
    allocator: PortAllocator,
    corps: Corps,
    flights: Sequence[Flight],
    launch: UUID,
    carried: Sequence[LaunchedPayload],
) -> None:
    """Writes the flights of the craft on one launch, with their dockings and their crews."""
    for flight in flights:
        flight.number = world.writer.next_id(SpacecraftFlight)
        flight.leaves = flight.end - world.seconds(3 * HOUR, 20 * HOUR) if flight.end else None
    for flight in flights:
        crew = choose_crew(world, corps, flight)
        write_crew_lists(world, flight, crew)
        flies = flight.net <= world.now and not flight.failed
        berth, arrival = None, flight.net
        if flies and flight is flights[0]:
            arrival = dock_with_companions(world, flight, flights[1:], carried)
            berth = dock_to_station(world, allocator, flight, arrival, crewed=bool(crew))
        if flight.net <= world.now:
            corps.record_flight(crew, flight, launch)
        if crew and flies:
            write_expedition(world, corps, flight, crew, berth, arrival)
        write_flight(world, flight, launch, berth)


def choose_crew(world: World, corps: Corps, flight: Flight) -> Sequence[Seat]:
    """Chooses the crew of a flight: none on a launch that fails, and sometimes none in spite of seats."""
    kind = flight.craft.config.kind
    if not kind.crew or flight.failed or world.cycles.once_in("flies without crew", 4):
        return ()
    return corps.seat_crew(flight.net, 1 + world.random.randrange(kind.crew))


def write_flight(world: World, flight: Flight, launch: UUID, berth: Berth | None) -> None:
    """Writes a flight and its landing."""
    flown = flight.net <= world.now
    where = (
        berth.station.row.name if berth else world.cycles.nullable("flight.destination", "Orbit", share=0.02)
    )
    world.writer.add(
        SpacecraftFlight,
        id=flight.number,
        rocket_id=launch,
        spacecraft_id=flight.craft.number,
        destination=where,
        mission_end=flight.end,
        duration=(flight.end or world.now) - flight.net if flown else ZERO,
        turn_around_time=flight.turn_around,
        landing_id=write_craft_landing(world, flight),
    )


def dock_with_companions(
    world: World, flight: Flight, others: Sequence[Flight], carried: Sequence[LaunchedPayload]
) -> datetime:
    """Docks with craft or payloads of the same launch; returns when the craft may go on to a station."""
    arrival = flight.net + world.seconds(3 * HOUR, 2 * DAY)
    if not flight.craft.config.kind.docks or arrival > world.now:
        return arrival
    leaves = flight.leaves
    for other in others:
        ends = [end for end in (leaves, other.end and other.end - HOUR) if end]
        departure = min(ends, default=None)
        if departure is None or arrival < departure:
            write_craft_docking(world, other, arrival, departure, flight_vehicle_chaser_id=flight.number)
            record_docking(flight, arrival, departure)
            record_docking(other, arrival, departure)
            return departure + HOUR if departure else world.now
    short = arrival + world.seconds(HOUR, DAY)
    if carried and short < min(leaves or world.now, world.now):
        if world.cycles.once_in("the payload is active", 2):
            write_craft_docking(world, flight, arrival, short, payload_flight_chaser_id=carried[0].flight)
        else:
            write_payload_docking(world, carried[0], arrival, short, flight_vehicle_chaser_id=flight.number)
        record_docking(flight, arrival, short)
        return short + HOUR
    return arrival


def write_craft_docking(
    world: World, target: Flight, docking: datetime, departure: datetime | None, **chaser: int
) -> None:
    """Writes a docking to a craft, at the port of its configuration."""
    world.writer.add(
        DockingEvent,
        docking=docking,
        departure=departure,
        docking_location_id=target.craft.config.port,
        flight_vehicle_target_id=target.number,
        **chaser,
    )


def record_docking(flight: Flight, docking: datetime, departure: datetime | None) -> None:
    """Adds a docking to the time that a craft was docked, be it the chaser or the target."""
    if departure:
        flight.docked += departure - docking
    else:
        flight.docked_since = docking


def dock_to_station(
    world: World, allocator: PortAllocator, flight: Flight, arrival: datetime, crewed: bool
) -> Berth | None:
    """Docks to a station from `arrival` on; sometimes moves to another port of it."""
    leaves = flight.leaves
    stays_for = min(leaves or world.now, world.now) - arrival
    if not flight.craft.config.kind.docks or stays_for <= ZERO or flight.docked_since:
        return None
    if world.cycles.once_in("flies free", 6):
        return None
    berth = allocator.find(arrival, leaves, first=crewed and leaves is None)
    if berth is None:
        return None
    moves = (arrival + stays_for / 3).replace(microsecond=0)
    second = None
    if stays_for > DAY and world.cycles.once_in("moves to another port", 4):
        second = allocator.find(moves + HOUR, leaves, only=berth.station)
    write_station_docking(allocator, flight, berth, arrival, moves if second else leaves)
    if second:
        berth.port.free = moves
        write_station_docking(allocator, flight, second, moves + HOUR, leaves)
    return berth


def write_station_docking(
    allocator: PortAllocator, flight: Flight, berth: Berth, docking: datetime, departure: datetime | None
) -> None:
    """Writes one docking to a station."""
    allocator.dock(berth, docking, departure, flight_vehicle_chaser_id=flight.number)
    record_docking(flight, docking, departure)


def write_expedition(
    world: World, corps: Corps, flight: Flight, crew: Sequence[Seat], berth: Berth | None, arrival: datetime
) -> None:
    """Writes the expedition of a crew that visits a station, or at times spacewalks of one in free flight."""
    if berth:
        berth.station.aboard += len(crew) if flight.leaves is None else 0
        corps.add_expedition(crew, flight, arrival, flight.leaves, berth.station)
    elif not flight.craft.config.kind.suborbital and world.cycles.once_in("free spacewalks", 3):
        corps.add_spacewalks(crew, flight, flight.net, flight.end)


def write_craft_landing(world: World, flight: Flight) -> int | None:
    """Writes the landing of a flight; returns its id, or None if nothing is known of the landing."""
    kind, cycles = flight.craft.config.kind, world.cycles
    if flight.landed is None and (flight.failed or cycles.once_in("no landing", 2)):
        return None
    place, by = None, REENTRY
    if kind.lands:
        by = world.pick(LANDING_TYPES_BY_CONFIG_TYPE.get(kind.type, (PARACHUTE,)))
    if flight.landed is not None:
        place = (
            world.landing_locations[0]
            if kind.type == LANDER_CONFIG_TYPE
            else world.pick(world.open_landing_locations)
        )
        place = cycles.nullable("craft landing.place", place, 7)
        config = flight.craft.config
        for row in (config.row.agency, config.row, *config.families):
            world.tally(row).craft_landings.count(flight.landed)
    return write_landing(world, "craft", place, flight.landed, 20_000, by)
