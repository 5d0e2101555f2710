"""Invents payloads with their flights, dockings and landings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.flights import Payload, PayloadFlight, PayloadType
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation
from cosmodrome.synth.fleet import DAY, HOUR
from cosmodrome.synth.stations import PortAllocator
from cosmodrome.synth.vehicles import write_landing
from cosmodrome.synth.vocabulary import ON_LEGS, REENTRY
from cosmodrome.synth.world import World

MODULE_PAYLOAD, LANDER_PAYLOAD, CARGO_PAYLOAD = 2, 3, 5
"""Ids of payload types: modules and cargo dock, landers land."""


@dataclass(slots=True)
class LaunchedPayload:
    """A payload on a flight."""

    flight: int
    payload: int
    kind: int


def write_payload(
    world: World, launch: UUID | None, net: datetime, success: bool, kind: int | None = None
) -> LaunchedPayload:
    """Writes a payload and its flight, on a launch or without one."""
    cycles, words, writer = world.cycles, world.words, world.writer
    kind = kind or world.word_for(PayloadType)
    maker, operator = world.pick(world.agencies), world.pick(world.agencies)
    if kind == LANDER_PAYLOAD:
        operator = maker
    payload = writer.add(
        Payload,
        name=words.name("{}" if kind % 2 else "{}-" + str(net.year)),
        type_id=kind,
        manufacturer_id=maker.pk,
        operator_id=operator.pk,
        image_id=world.image("payload.image", share=0.5),
        wiki_link="" if cycles.once_in("payload.wiki", 3) else words.page("wiki"),
        info_link="" if cycles.once_in("payload.info", 4) else words.page("payloads"),
        cost=cycles.nullable("payload.cost", world.random.randrange(0, 2**31 - 1), share=0.9),
        mass=cycles.nullable("payload.mass", world.decimal(0.1, 25_000), share=0.4),
        description=words.prose(2048),
    )
    writer.add_links(Payload, "program", payload, some_programs(world, "payload.program"))
    landing = None
    if kind in (LANDER_PAYLOAD, CARGO_PAYLOAD) or launch is None:
        lands = kind == LANDER_PAYLOAD and success and net < world.now - 9 * DAY
        landing = write_payload_landing(world, maker, world.random.random() < 0.7 if lands else None)
    flight = writer.add(
        PayloadFlight,
        rocket_id=launch,
        destination=cycles.nullable("payload flight.destination", f"{words.word()} orbit", share=0.05),
        amount=1 + cycles.next("payload flight.amount", 5) ** 3,
        payload_id=payload,
        landing_id=landing,
    )
    return LaunchedPayload(flight, payload, kind)


def some_programs(world: World, what: str, longest: int = 2) -> list[int]:
    """The ids of none, one or several programs."""
    return world.cycles.some(what, world.writer.ids(Program), longest)


def write_payload_landing(world: World, maker: Agency, landed: bool | None) -> int:
    """Writes the landing of a payload; `landed` None: it has not been attempted.  Returns its id."""
    place = None
    if landed is not None:
        choice = (
            world.landing_locations[0]
            if world.random.random() < 0.5
            else world.pick(world.open_landing_locations)
        )
        place = world.cycles.nullable("payload landing.place", choice, 7)
        world.tally(maker).payload_landings.count(landed)
    how = ON_LEGS if landed is not None else REENTRY
    return write_landing(world, "payload", place, landed, 500, how)


def dock_payloads(
    world: World, allocator: PortAllocator, carried: list[LaunchedPayload], net: datetime
) -> None:
    """Docks modules and cargo to stations, and sometimes a payload to one of the same launch."""
    arrival = net + world.seconds(4 * HOUR, 9 * DAY)
    stays = next((each for each in carried if each.kind in (MODULE_PAYLOAD, CARGO_PAYLOAD)), None)
    if stays and arrival < world.now:
        dock_payload_to_station(world, allocator, stays, arrival)
    elif len(carried) > 1 and arrival < world.now and world.cycles.once_in("payloads meet", 3):
        chaser, target = carried[:2]
        departure = arrival + world.seconds(HOUR, 30 * DAY)
        write_payload_docking(world, target, arrival, departure, payload_flight_chaser_id=chaser.flight)


def dock_payload_to_station(
    world: World, allocator: PortAllocator, carried: LaunchedPayload, arrival: datetime
) -> None:
    """Docks a payload once or twice; the undocking may be to come, or never."""
    chaser = {"payload_flight_chaser_id": carried.flight}
    departure: datetime | None = arrival + world.seconds(10 * DAY, 200 * DAY)
    if departure and departure > world.now and world.cycles.once_in("payload stays", 2):
        departure = None
    berth = allocator.find(arrival, departure)
    if berth is None:
        return
    allocator.dock(berth, arrival, departure, **chaser)
    if departure and departure + 40 * DAY < world.now and world.cycles.once_in("payload docks again", 2):
        again, leaves = departure + DAY, departure + 30 * DAY
        berth = allocator.find(again, leaves)
        if berth:
            allocator.dock(berth, again, leaves, **chaser)


def write_payload_docking(
    world: World, target: LaunchedPayload, docking: datetime, departure: datetime | None, **chaser: int
) -> int:
    """Writes a docking to a payload, at a port of its own; returns its id."""
    port = world.writer.add(DockingLocation, name=world.words.name("Adapter {}"), payload_id=target.payload)
    return world.writer.add(
        DockingEvent,
        docking=docking,
        departure=departure,
        docking_location_id=port,
        payload_flight_target_id=target.flight,
        **chaser,
    )


def make_unlaunched(world: World, allocator: PortAllocator) -> None:
    """Writes payloads that wait for a launch, and some that were made on board of a station."""
    for _ in range(world.number_of(40, 8, 500)):
        write_payload(world, None, world.now, success=False)
    arrival = world.now - timedelta(days=33)
    for step in range(world.number_of(50, 4, 200)):
        made, target = (
            write_payload(world, None, arrival, success=False, kind=kind)
            for kind in (CARGO_PAYLOAD, MODULE_PAYLOAD)
        )
        write_payload_docking(
            world, target, arrival - 2 * DAY, arrival - DAY, payload_flight_chaser_id=made.flight
        )
        departure = world.now + 300 * DAY if step % 2 else None
        berth = allocator.find(arrival, departure, first=step < 2)
        if berth:
            allocator.dock(berth, arrival, departure, payload_flight_chaser_id=made.flight)
