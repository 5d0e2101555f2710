"""Flights of spacecraft: who is on board, where they dock, how they land."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.synth.crews import Corps, Seat, crew_flight
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Flight
from cosmodrome.synth.payloads import Carried, dock_to_payload
from cosmodrome.synth.stations import Berth, Harbour
from cosmodrome.synth.vehicles import write_landing
from cosmodrome.synth.vocabulary import ON_LEGS, PARACHUTE, REENTRY, RUNWAY, SPLASHDOWN
from cosmodrome.synth.world import World

LANDS_BY = {2: (PARACHUTE, SPLASHDOWN), 3: (RUNWAY,), 7: (ON_LEGS,)}
"""How craft land, by the type of their configuration; others come down by parachute."""

LANDER = 7
"""The type of configurations that land on the Moon."""


def fly_craft(
    world: World,
    harbour: Harbour,
    corps: Corps,
    flights: Sequence[Flight],
    launch: UUID,
    carried: Sequence[Carried],
) -> None:
    """Writes the flights of the craft on one launch, with their dockings and their crews."""
    for flight in flights:
        flight.number = world.writer.number(SpacecraftFlight)
        flight.leaves = flight.end - world.seconds(3 * HOUR, 20 * HOUR) if flight.end else None
    for flight in flights:
        crew = choose_crew(world, corps, flight)
        crew_flight(world, flight, crew)
        flies = flight.net <= world.now and not flight.failed
        berth, arrival = None, flight.net
        if flies and flight is flights[0]:
            arrival = meet(world, flight, flights[1:], carried)
            berth = visit(world, harbour, flight, arrival, crewed=bool(crew))
        if flight.net <= world.now:
            corps.fly(crew, flight, launch)
        if crew and flies:
            write_expedition(world, corps, flight, crew, berth, arrival)
        write_flight(world, flight, launch, berth)


def choose_crew(world: World, corps: Corps, flight: Flight) -> Sequence[Seat]:
    """Who flies: nobody on a launch that fails, and now and then nobody at all."""
    kind = flight.craft.build.kind
    if not kind.crew or flight.failed or world.turns.now_and_then("flies without crew", 4):
        return ()
    return corps.seat(flight.net, 1 + world.random.randrange(kind.crew))


def write_flight(world: World, flight: Flight, launch: UUID, berth: Berth | None) -> None:
    """Writes the flight itself and its landing."""
    flown = flight.net <= world.now
    where = berth.station.row.name if berth else world.turns.gap("flight.destination", "Orbit")
    world.writer.add(
        SpacecraftFlight,
        id=flight.number,
        rocket_id=launch,
        spacecraft_id=flight.craft.number,
        destination=where,
        mission_end=flight.end,
        duration=(flight.end or world.now) - flight.net if flown else ZERO,
        turn_around_time=flight.turn_around,
        landing_id=land(world, flight),
    )


def meet(world: World, flight: Flight, others: Sequence[Flight], carried: Sequence[Carried]) -> datetime:
    """Dockings with what was launched together; answers when the craft may go on to a station."""
    arrival = flight.net + world.seconds(3 * HOUR, 2 * DAY)
    if not flight.craft.build.kind.docks or arrival > world.now:
        return arrival
    leaves = flight.leaves
    for other in others:
        ends = [end for end in (leaves, other.end and other.end - HOUR) if end]
        departure = min(ends, default=None)
        if departure is None or arrival < departure:
            dock_to_craft(world, other, arrival, departure, flight_vehicle_chaser_id=flight.number)
            note_docking(flight, arrival, departure)
            note_docking(other, arrival, departure)
            return departure + HOUR if departure else world.now
    short = arrival + world.seconds(HOUR, DAY)
    if carried and short < min(leaves or world.now, world.now):
        if world.turns.now_and_then("the payload is active", 2):
            dock_to_craft(world, flight, arrival, short, payload_flight_chaser_id=carried[0].flight)
        else:
            dock_to_payload(world, carried[0], arrival, short, flight_vehicle_chaser_id=flight.number)
        note_docking(flight, arrival, short)
        return short + HOUR
    return arrival


def dock_to_craft(
    world: World, target: Flight, docking: datetime, departure: datetime | None, **chaser: int
) -> None:
    """Writes a docking to a craft, at the port of its configuration."""
    world.writer.add(
        DockingEvent,
        docking=docking,
        departure=departure,
        docking_location_id=target.craft.build.port,
        flight_vehicle_target_id=target.number,
        **chaser,
    )


def note_docking(flight: Flight, docking: datetime, departure: datetime | None) -> None:
    """Adds a docking to the time that a craft was docked, be it the chaser or the target."""
    if departure:
        flight.docked += departure - docking
    else:
        flight.docked_since = docking


def visit(world: World, harbour: Harbour, flight: Flight, arrival: datetime, crewed: bool) -> Berth | None:
    """Docks to a station from `arrival` on, now and then moving to another port of it."""
    leaves = flight.leaves
    stays_for = min(leaves or world.now, world.now) - arrival
    if not flight.craft.build.kind.docks or stays_for <= ZERO or flight.docked_since:
        return None
    if world.turns.now_and_then("flies free", 6):
        return None
    berth = harbour.find(arrival, leaves, first=crewed and leaves is None)
    if berth is None:
        return None
    moves = (arrival + stays_for / 3).replace(microsecond=0)
    second = None
    if stays_for > DAY and world.turns.now_and_then("moves to another port", 4):
        second = harbour.find(moves + HOUR, leaves, only=berth.station)
    dock(harbour, flight, berth, arrival, moves if second else leaves)
    if second:
        berth.port.free = moves
        dock(harbour, flight, second, moves + HOUR, leaves)
    return berth


def dock(
    harbour: Harbour, flight: Flight, berth: Berth, docking: datetime, departure: datetime | None
) -> None:
    """One docking to a station."""
    harbour.dock(berth, docking, departure, flight_vehicle_chaser_id=flight.number)
    note_docking(flight, docking, departure)


def write_expedition(
    world: World, corps: Corps, flight: Flight, crew: Sequence[Seat], berth: Berth | None, arrival: datetime
) -> None:
    """Writes the expedition of a crew that visits a station, or now and then of one that flies free."""
    if berth:
        berth.station.aboard += len(crew) if flight.leaves is None else 0
        corps.stay(crew, flight, arrival, flight.leaves, berth.station)
    elif not flight.craft.build.kind.suborbital and world.turns.now_and_then("free expedition", 3):
        corps.stay(crew, flight, flight.net, flight.end, None)


def land(world: World, flight: Flight) -> int | None:
    """Writes how the flight came down; None where nothing is known of it."""
    kind, turns = flight.craft.build.kind, world.turns
    if flight.landed is None and (flight.failed or turns.now_and_then("no landing", 2)):
        return None
    place, by = None, REENTRY
    if kind.lands:
        by = world.pick(LANDS_BY.get(kind.type, (PARACHUTE,)))
    if flight.landed is not None:
        place = (
            world.landing_locations[0] if kind.type == LANDER else world.pick(world.open_landing_locations)
        )
        place = turns.gap("craft landing.place", place, 7)
        build = flight.craft.build
        for row in (build.row.agency, build.row, *build.families):
            world.tally(row).craft_landings.count(flight.landed)
    return write_landing(world, "craft", place, flight.landed, 20_000, by)
