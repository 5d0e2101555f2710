"""Space stations, their ports, and who is docked at which."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.stations import DockingEvent, DockingLocation, SpaceStation
from cosmodrome.synth.places import ORBITS, TO_ORBIT
from cosmodrome.synth.world import World

ACTIVE, DEORBITED = 1, 2
"""Ids of station statuses."""

FOREVER = datetime.max.replace(tzinfo=UTC)
PORTS = (8, 2, 0, 4, 1, 3)
"""How many ports stations have, in turn."""

FIRST = 0
"""The station that has been there all the time, and that craft in space now visit first."""


@dataclass(slots=True, eq=False)
class Port:
    """A docking location of a station, and from when on it is free."""

    number: int
    free: datetime


@dataclass(slots=True, eq=False)
class Station:
    """A station in the course of its life."""

    row: SpaceStation
    ports: list[Port]
    founded: datetime
    gone: datetime | None
    docked: int = 0
    """Vehicles that are docked now."""
    aboard: int = 0
    """People on board of those."""


@dataclass(slots=True)
class Berth:
    """A stay that has been found: at which port of which station."""

    station: Station
    port: Port


@dataclass(slots=True, eq=False)
class Harbour:
    """Finds ports, in the order in which they are asked for."""

    world: World
    stations: list[Station] = field(default_factory=list)

    def find(
        self, arrival: datetime, departure: datetime | None, first: bool = False, only: Station | None = None
    ) -> Berth | None:
        """A free port, which is then taken; None if there was none where it was looked for.

        With `first`, the first station is asked first: some meet there at any size.
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
        """Writes a docking to a station; answers its id."""
        berth.station.docked += departure is None or departure > self.world.now
        return self.world.writer.add(
            DockingEvent,
            docking=docking,
            departure=departure,
            docking_location_id=berth.port.number,
            space_station_target_id=berth.station.row.pk,
            **chaser,
        )


def make_stations(world: World) -> Harbour:
    """Makes stations and ports; each sixth but the first has been deorbited."""
    turns, words, writer = world.turns, world.words, world.writer
    harbour = Harbour(world)
    lifetime = timedelta(days=3000)
    for index in range(world.number_of(30, 18, 2000)):
        founded = world.beginning
        if index != FIRST:
            founded = world.instant(world.beginning - lifetime, world.now - lifetime / 10)
        gone = world.instant(founded, world.now) if index % 6 == 5 else None
        orbit = turns.gap("station.orbit", TO_ORBIT[index % len(TO_ORBIT)], 4)
        row = SpaceStation(
            id=writer.number(SpaceStation),
            name=words.name("{} Station"),
            image_id=world.image("station.image"),
            status_id=DEORBITED if gone else ACTIVE,
            founded=founded.date(),
            deorbited=gone.date() if gone else None,
            description=words.prose(2048) or "—",
            orbit_id=orbit,
            orbit_name=ORBITS[orbit - 1][0] if orbit else None,
            type_id=1 + index % 2,
            height=turns.gap("station.height", world.decimal(2, 110)),
            width=turns.gap("station.width", world.decimal(2, 75)),
            mass=turns.gap("station.mass", world.decimal(5, 450)),
            volume=turns.gap("station.volume", world.random.randrange(10, 1000)),
        )
        ports = [
            Port(
                writer.add(DockingLocation, name=words.name(f"Port {step + 1} {{}}"), spacestation_id=row.pk),
                founded,
            )
            for step in range(PORTS[index % len(PORTS)])
        ]
        harbour.stations.append(Station(row, ports, founded + timedelta(days=1), gone))
        owners = turns.some("station.owners", writer.numbers(Agency))
        writer.link(SpaceStation, "owners", row.pk, owners)
    dock_modules(world, harbour)
    return harbour


def dock_modules(world: World, harbour: Harbour) -> None:
    """Each seventh station is a module of another: docked to it for good, or for some years.

    The first stays at the first station, so that one is docked there now at any size.
    """
    modules = [
        station for number, station in enumerate(harbour.stations) if number % 7 == 6 and not station.gone
    ]
    for number, module in enumerate(modules):
        arrival = max(module.founded, harbour.stations[FIRST].founded) + world.seconds(
            timedelta(days=1), timedelta(days=99)
        )
        departure = arrival + timedelta(days=100) if number % 3 == 1 else None
        berth = harbour.find(arrival, departure, first=number == 0)
        if berth and berth.station is not module:
            harbour.dock(berth, arrival, departure, space_station_chaser_id=module.row.pk)


def write_stations(world: World, harbour: Harbour) -> None:
    """Writes them with who is there now; of those that are gone nothing is known, or zero."""
    for station in harbour.stations:
        known = not station.gone or world.known("station", station.docked)
        world.fill(station.row, known, onboard_crew=station.aboard, docked_vehicles=station.docked)
        world.writer.keep(station.row)
