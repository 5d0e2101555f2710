"""Invents space stations, and assigns their ports to vehicles."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation, SpaceStation
from cosmodrome.synth.places import ORBITS, TO_ORBIT
from cosmodrome.synth.world import World

ACTIVE_STATION, DEORBITED_STATION = 1, 2
"""Ids of station statuses."""

FOREVER = datetime.max.replace(tzinfo=UTC)
PORTS = (8, 2, 0, 4, 1, 3)
"""The number of ports of a station, in turn."""

FIRST = 0
"""The index of the station that has existed all the time, and that craft in space now try first."""


@dataclass(slots=True, eq=False)
class Port:
    """A docking location of a station, and the instant from which it is free."""

    number: int
    free: datetime


@dataclass(slots=True, eq=False)
class Station:
    """A station and its state."""

    row: SpaceStation
    ports: list[Port]
    founded: datetime
    gone: datetime | None
    docked: int = 0
    """The number of vehicles that are docked now."""
    aboard: int = 0
    """The number of people on board of those."""


@dataclass(slots=True)
class Berth:
    """A port of a station that was assigned to a vehicle."""

    station: Station
    port: Port


@dataclass(slots=True, eq=False)
class PortAllocator:
    """Assigns ports of stations to vehicles, in the order of requests."""

    world: World
    stations: list[Station] = field(default_factory=list)

    def find(
        self, arrival: datetime, departure: datetime | None, first: bool = False, only: Station | None = None
    ) -> Berth | None:
        """Assigns a free port of one of six random stations, or of `only`; None if they have none.

        With `first`, the first station is tried first, so that some vehicles meet there at any size of fleet.
        """
        candidates = [self.stations[FIRST]] if first else []
        candidates += [only] if only else [self.world.pick(self.stations) for _ in range(6)]
        for candidate in candidates:
            if candidate.founded > arrival or (candidate.gone and candidate.gone < (departure or FOREVER)):
                continue
            for port in candidate.ports:
                if port.free < arrival:
                    port.free = departure or FOREVER
                    return Berth(candidate, port)
        return None

    def dock(self, berth: Berth, docking: datetime, departure: datetime | None, **chaser: int) -> int:
        """Writes a docking to a station; returns its id."""
        berth.station.docked += departure is None or departure > self.world.now
        return self.world.writer.add(
            DockingEvent,
            docking=docking,
            departure=departure,
            docking_location_id=berth.port.number,
            space_station_target_id=berth.station.row.pk,
            **chaser,
        )


def make_stations(world: World) -> PortAllocator:
    """Makes stations and ports; every sixth station has been deorbited."""
    cycles, words, writer = world.cycles, world.words, world.writer
    allocator = PortAllocator(world)
    lifetime = timedelta(days=3000)
    for index in range(world.number_of(30, 18, 2000)):
        founded = world.beginning
        if index != FIRST:
            founded = world.instant(world.beginning - lifetime, world.now - lifetime / 10)
        gone = world.instant(founded, world.now) if index % 6 == 5 else None
        orbit = cycles.nullable("station.orbit", TO_ORBIT[index % len(TO_ORBIT)], 4)
        row = SpaceStation(
            id=writer.next_id(SpaceStation),
            name=words.name("{} Station"),
            image_id=world.image("station.image", share=0.05),
            status_id=DEORBITED_STATION if gone else ACTIVE_STATION,
            founded=founded.date(),
            deorbited=gone.date() if gone else None,
            description=words.prose(2048) or "—",
            orbit_id=orbit,
            orbit_name=ORBITS[orbit - 1][0] if orbit else None,
            type_id=1 + index % 2,
            height=cycles.nullable("station.height", world.decimal(2, 110), share=0.2),
            width=cycles.nullable("station.width", world.decimal(2, 75), share=0.2),
            mass=cycles.nullable("station.mass", world.decimal(5, 450), share=0.1),
            volume=cycles.nullable("station.volume", world.random.randrange(10, 1000), share=0.2),
        )
        ports = [
            Port(
                writer.add(DockingLocation, name=words.name(f"Port {step + 1} {{}}"), spacestation_id=row.pk),
                founded,
            )
            for step in range(PORTS[index % len(PORTS)])
        ]
        allocator.stations.append(Station(row, ports, founded + timedelta(days=1), gone))
        owners = cycles.some("station.owners", writer.ids(Agency), least=1)
        writer.add_links(SpaceStation, "owners", row.pk, owners)
    dock_modules(world, allocator)
    return allocator


def dock_modules(world: World, allocator: PortAllocator) -> None:
    """Docks every seventh station to another as a module, for good or for a hundred days.

    The first module stays at the first station, so that one is docked there now at any size of fleet.
    """
    modules = [
        station for number, station in enumerate(allocator.stations) if number % 7 == 6 and not station.gone
    ]
    for number, module in enumerate(modules):
        arrival = max(module.founded, allocator.stations[FIRST].founded) + world.seconds(
            timedelta(days=1), timedelta(days=99)
        )
        departure = arrival + timedelta(days=100) if number % 3 == 1 else None
        berth = allocator.find(arrival, departure, first=number == 0)
        if berth and berth.station is not module:
            allocator.dock(berth, arrival, departure, space_station_chaser_id=module.row.pk)


def write_stations(world: World, allocator: PortAllocator) -> None:
    """Writes the stations with their totals, which for deorbited ones are zero or null."""
    for station in allocator.stations:
        known = not station.gone or world.known("station", station.docked)
        world.set_totals(station.row, known, onboard_crew=station.aboard, docked_vehicles=station.docked)
        world.writer.add_rows(station.row)
