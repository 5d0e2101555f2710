"""Payloads, their flights, and those of them that dock or land."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.flights import Payload, PayloadFlight, PayloadType
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation
from cosmodrome.synth.fleet import DAY, HOUR
from cosmodrome.synth.stations import Harbour
from cosmodrome.synth.vehicles import write_landing
from cosmodrome.synth.vocabulary import ON_LEGS, REENTRY
from cosmodrome.synth.world import World

MODULE, LANDER, CARGO = 2, 3, 5
"""Ids of payload types that dock, land, and dock."""


@dataclass(slots=True)
class Carried:
    """A payload on a flight."""

    flight: int
    payload: int
    kind: int


def carry(
    world: World, launch: UUID | None, net: datetime, success: bool, kind: int | None = None
) -> Carried:
    """Writes a payload and its flight: on a launch, or on one that is not chosen or not known."""
    turns, words, writer = world.turns, world.words, world.writer
    kind = kind or world.word_for(PayloadType)
    maker, operator = world.pick(world.agencies), world.pick(world.agencies)
    if kind == LANDER:
        operator = maker
    payload = writer.add(
        Payload,
        name=words.name("{}" if kind % 2 else "{}-" + str(net.year)),
        type_id=kind,
        manufacturer_id=maker.pk,
        operator_id=operator.pk,
        image_id=world.image("payload.image"),
        wiki_link="" if turns.now_and_then("payload.wiki", 3) else words.page("wiki"),
        info_link="" if turns.now_and_then("payload.info", 4) else words.page("payloads"),
        cost=turns.gap("payload.cost", world.random.randrange(0, 2**31 - 1)),
        mass=turns.gap("payload.mass", world.decimal(0.1, 25_000)),
        description=words.prose(2048),
    )
    writer.link(Payload, "program", payload, some_programs(world, "payload.program"))
    landing = None
    if kind in (LANDER, CARGO) or launch is None:
        lands = kind == LANDER and success and net < world.now - 9 * DAY
        landing = land(world, maker, world.random.random() < 0.7 if lands else None)
    flight = writer.add(
        PayloadFlight,
        rocket_id=launch,
        destination=turns.gap("payload flight.destination", f"{words.word()} orbit"),
        amount=1 + turns.next("payload flight.amount", 5) ** 3,
        payload_id=payload,
        landing_id=landing,
    )
    return Carried(flight, payload, kind)


def some_programs(world: World, what: str, longest: int = 2) -> list[int]:
    """The ids of none, one or several programs."""
    return world.turns.some(what, world.writer.numbers(Program), longest)


def land(world: World, maker: Agency, landed: bool | None) -> int:
    """The landing of a lander, on the Moon or wherever; None: it has not been tried."""
    place = None
    if landed is not None:
        choice = (
            world.landing_locations[0]
            if world.random.random() < 0.5
            else world.pick(world.open_landing_locations)
        )
        place = world.turns.gap("payload landing.place", choice, 7)
        world.tally(maker).payload_landings.count(landed)
    how = ON_LEGS if landed is not None else REENTRY
    return write_landing(world, "payload", place, landed, 500, how)


def dock_payloads(world: World, harbour: Harbour, carried: list[Carried], net: datetime) -> None:
    """Lets modules and cargo dock to stations, and a payload to the one it was launched with."""
    arrival = net + world.seconds(4 * HOUR, 9 * DAY)
    stays = next((each for each in carried if each.kind in (MODULE, CARGO)), None)
    if stays and arrival < world.now:
        dock_to_station(world, harbour, stays, arrival)
    elif len(carried) > 1 and arrival < world.now and world.turns.now_and_then("payloads meet", 3):
        chaser, target = carried[:2]
        departure = arrival + world.seconds(HOUR, 30 * DAY)
        dock_to_payload(world, target, arrival, departure, payload_flight_chaser_id=chaser.flight)


def dock_to_station(world: World, harbour: Harbour, carried: Carried, arrival: datetime) -> None:
    """Docks for a time, twice, or until an undocking that is to come; lately, now and then for good."""
    chaser = {"payload_flight_chaser_id": carried.flight}
    departure: datetime | None = arrival + world.seconds(10 * DAY, 200 * DAY)
    if departure and departure > world.now and world.turns.now_and_then("payload stays", 2):
        departure = None
    berth = harbour.find(arrival, departure)
    if berth is None:
        return
    harbour.dock(berth, arrival, departure, **chaser)
    if departure and departure + 40 * DAY < world.now and world.turns.now_and_then("payload docks again", 2):
        again, leaves = departure + DAY, departure + 30 * DAY
        berth = harbour.find(again, leaves)
        if berth:
            harbour.dock(berth, again, leaves, **chaser)


def dock_to_payload(
    world: World, target: Carried, docking: datetime, departure: datetime | None, **chaser: int
) -> int:
    """Writes a docking to a payload, at a port of its own."""
    port = world.writer.add(DockingLocation, name=world.words.name("Adapter {}"), payload_id=target.payload)
    return world.writer.add(
        DockingEvent,
        docking=docking,
        departure=departure,
        docking_location_id=port,
        payload_flight_target_id=target.flight,
        **chaser,
    )


def make_unlaunched(world: World, harbour: Harbour) -> None:
    """Payloads that wait for a launch, and some that were made on board of a station and never had one."""
    for _ in range(world.number_of(40, 8, 500)):
        carry(world, None, world.now, success=False)
    arrival = world.now - timedelta(days=33)
    for step in range(world.number_of(50, 4, 200)):
        made, target = (carry(world, None, arrival, success=False, kind=kind) for kind in (CARGO, MODULE))
        dock_to_payload(world, target, arrival - 2 * DAY, arrival - DAY, payload_flight_chaser_id=made.flight)
        departure = world.now + 300 * DAY if step % 2 else None
        berth = harbour.find(arrival, departure, first=step < 2)
        if berth:
            harbour.dock(berth, arrival, departure, payload_flight_chaser_id=made.flight)
