"""Invents spacecraft: families, configurations, and the flights of each craft."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cosmodrome.catalogue.dashboard import PROGRAMME
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingLocation
from cosmodrome.synth.tallies import Tally, landing_totals
from cosmodrome.synth.vocabulary import LANDING_TYPES
from cosmodrome.synth.words import MARK, SHORT_MARK
from cosmodrome.synth.world import World

ACTIVE_CRAFT, RETIRED_CRAFT, DESTROYED_CRAFT, SINGLE_USE_CRAFT = 1, 2, 3, 4
"""Ids of spacecraft statuses."""

NAME_OF_SEVERAL = f"Twin {MARK}"
"""The name of one craft in fifty, since names repeat in the original too."""

MOST_FLIGHTS = 9
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class CraftKind:
    """A kind of spacecraft, by what its craft do."""

    type: int
    """The id of the configuration's type."""
    shortest: timedelta
    longest: timedelta
    crew: int = 0
    reusable: bool = False
    lands: bool = False
    docks: bool = True
    suborbital: bool = False
    rides: bool = False
    """Whether craft of this kind sometimes share the launch of another craft."""


CRAFT_KINDS = (
    CraftKind(2, 5 * DAY, 200 * DAY, crew=4, reusable=True, lands=True),
    CraftKind(4, 20 * DAY, 180 * DAY),
    CraftKind(4, 20 * DAY, 60 * DAY, reusable=True, lands=True),
    CraftKind(3, 180 * DAY, 900 * DAY, reusable=True, lands=True, docks=False),
    CraftKind(2, HOUR / 6, HOUR / 4, crew=6, reusable=True, lands=True, docks=False, suborbital=True),
    CraftKind(2, 1 * DAY, 190 * DAY, crew=3, lands=True),
    CraftKind(7, 4 * DAY, 30 * DAY, crew=2, lands=True, docks=False, rides=True),
    CraftKind(8, 90 * DAY, 700 * DAY, docks=False, rides=True),
)


@dataclass(slots=True, eq=False)
class CraftConfig:
    """A configuration, with its kind, families and port."""

    row: SpacecraftConfig
    kind: CraftKind
    families: list[SpacecraftConfigFamily]
    port: int | None
    """The docking location at which others may dock to craft of this configuration."""


@dataclass(slots=True, eq=False)
class Flight:
    """A flight of a craft: ended, under way or to come."""

    craft: Craft
    net: datetime
    end: datetime | None
    """The mission end; None while the flight is under way or to come."""
    after: datetime | None = None
    """The mission end of the flight before."""
    failed: bool = False
    landed: bool | None = None
    """Whether the landing succeeded; None if there was none, or none yet."""
    number: int = 0
    """The flight's id, assigned when its launch is written."""
    docked: timedelta = ZERO
    """The duration of dockings that have ended."""
    docked_since: datetime | None = None
    leaves: datetime | None = None
    """The end of the last docking, some time before the mission end; None while the flight is under way."""

    @property
    def turn_around(self) -> timedelta:
        """The time since the flight before; zero on the first flight, since the contract requires a value."""
        return self.net - self.after if self.after else ZERO


@dataclass(slots=True, eq=False)
class Craft:
    """A craft and its flights."""

    number: int
    config: CraftConfig
    flights: list[Flight] = field(default_factory=list)
    waits: bool = False
    """Whether the craft has a flight without a launch."""


def make_craft_configs(world: World) -> list[CraftConfig]:
    """Makes families and configurations of spacecraft."""
    for number in range(world.number_of(60, 12, 300)):
        maker = world.pick(world.agencies)
        world.craft_families.append(
            SpacecraftConfigFamily(
                id=world.writer.next_id(SpacecraftConfigFamily),
                name=world.words.name("{} craft family") if number else PROGRAMME,
                description=world.words.prose(2048),
                manufacturer=maker,  # the contract allows null here in one mode and forbids it in the other
                parent=world.parent(world.craft_families),
            )
        )
    numbers = range(world.number_of(22, 18, 1500))
    return [
        make_craft_config(world, world.families_to_join(world.craft_families, number)) for number in numbers
    ]


def make_craft_config(world: World, families: list[SpacecraftConfigFamily]) -> CraftConfig:
    """Makes a configuration that belongs to these families, with its port."""
    cycles, words, decimal, random = world.cycles, world.words, world.decimal, world.random
    number = world.writer.next_id(SpacecraftConfig)
    payload = 2**31 if world.hostile else 30_000
    kind = CRAFT_KINDS[number % len(CRAFT_KINDS)]
    row = SpacecraftConfig(
        id=number,
        name=words.name(),
        type_id=kind.type,
        agency=world.agencies[number * 5 % (len(world.agencies) // 10 + 3)],
        in_use=number % 4 > 0,
        image_id=world.image("craft config.image", share=0.02),
        capability=words.prose(2048),
        history=words.prose(1000),
        details=words.prose(1000),
        height=cycles.nullable("craft config.height", decimal(0.3, 60), share=0.11),
        diameter=cycles.nullable("craft config.diameter", decimal(0.2, 12), share=0.15),
        human_rated=kind.crew > 0,
        crew_capacity=cycles.nullable(
            "craft config.crew", kind.crew + number % 3 if kind.crew else 0, 5, share=0 if kind.crew else 0.8
        ),
        payload_capacity=cycles.nullable("craft config.payload", random.randrange(0, payload), share=0.48),
        payload_return_capacity=cycles.nullable("craft config.return", random.randrange(0, 9000), share=0.85),
        flight_life=cycles.nullable("craft config.life", words.prose(2048, lines=1), share=0.02),
        wiki_link="" if number % 3 == 0 else words.page("wiki"),
        info_link="" if number % 4 == 0 else words.page("craft"),
    )
    world.writer.add_links(SpacecraftConfig, "family", number, [family.pk for family in families])
    if row.payload_capacity is not None and row.payload_return_capacity is not None:
        row.payload_return_capacity = min(row.payload_return_capacity, row.payload_capacity)
    port = None
    if kind.docks or kind.rides:
        port = world.writer.add(DockingLocation, name=words.name("Hatch {}"), spacecraft_id=number)
    return CraftConfig(row, kind, families, port)


def make_fleet(world: World, configs: list[CraftConfig]) -> list[Craft]:
    """Makes the craft with their flights; some configurations have no craft yet."""
    usable = world.in_use(configs)
    fleet = []
    for number in range(1, world.craft + 1):
        craft = Craft(number, usable[number % len(usable)])
        plan_flights(world, craft)
        fleet.append(craft)
    return fleet


def plan_flights(world: World, craft: Craft) -> None:
    """Plans the flights of a craft."""
    kind, now = craft.config.kind, world.now
    lot = world.cycles.next(f"lot of {kind.type}", 20)
    if lot < 2:
        craft.waits = lot == 1  # never flown; its only flight has no launch yet
    elif lot == 2:
        add_flight(craft, net=future_instant(world), end=None)
    elif lot < 6 and not kind.suborbital:
        plan_flights_until_now(world, craft, now - world.seconds(HOUR, kind.longest * 0.8))
    else:
        plan_flights_from(world, craft, world.instant(world.beginning, now - 3 * DAY))


def future_instant(world: World) -> datetime:
    """An instant of something that is planned: soon, within a year or some years ahead."""
    reach = (10 * DAY, 60 * DAY, 400 * DAY, 4000 * DAY, 8000 * DAY)[world.cycles.next("to come", 5)]
    return world.now + world.seconds(reach / 10, reach)


def add_flight(craft: Craft, net: datetime, end: datetime | None, failed: bool = False) -> Flight:
    """Adds a flight after all others of the craft."""
    last = craft.flights[-1].end if craft.flights else None
    flight = Flight(craft, net, end, after=last, failed=failed)
    craft.flights.append(flight)
    return flight


def plan_flights_until_now(world: World, craft: Craft, net: datetime) -> None:
    """Plans flights for a craft that is in space since `net`, with earlier ones if it is reusable."""
    kind = craft.config.kind
    earlier: list[tuple[datetime, datetime]] = []
    begins = net
    for _ in range(world.random.randrange(4) if kind.reusable else 0):
        ends = begins - world.seconds(20 * DAY, 400 * DAY)
        begins = ends - world.seconds(kind.shortest, kind.longest)
        earlier.insert(0, (begins, ends))
    for begins, ends in earlier:
        add_flight(craft, begins, ends).landed = True if kind.lands else None
    add_flight(craft, net, None)


def plan_flights_from(world: World, craft: Craft, net: datetime) -> None:
    """Plans flights from `net` on until the craft is lost, retired, or in space now."""
    kind, random, now = craft.config.kind, world.random, world.now
    while len(craft.flights) < MOST_FLIGHTS:
        if random.random() < 0.03:
            add_flight(craft, net, net + world.seconds(HOUR / 30, HOUR / 6), failed=True)
            return
        end = net + world.seconds(kind.shortest, kind.longest)
        if end > now - HOUR:
            add_flight(craft, net, None)
            return
        flight = add_flight(craft, net, end)
        flight.landed = random.random() < 0.97 if kind.lands else None
        if not kind.reusable or flight.landed is False or random.random() < 0.3:
            return
        net = end + world.seconds(10 * DAY, 600 * DAY)
        if net > now - DAY:
            if random.random() < 0.5:
                add_flight(craft, max(net, future_instant(world)), None)
            return


def write_fleet(world: World, fleet: list[Craft], configs: list[CraftConfig]) -> None:
    """Writes craft, configurations and families with their totals."""
    for craft in fleet:
        write_craft(world, craft)
        if craft.waits:
            write_unlaunched_flight(world, craft)
    for config in configs:
        write_craft_config_totals(world, config.row, world.tally(config.row))
        world.set_totals(
            config.row,
            config.row.total_launch_count is not None,
            fastest_turnaround=world.tally(config.row).fastest,
        )
    for family in world.craft_families:
        write_craft_config_totals(world, family, world.tally(family))
    world.writer.add_rows(*(config.row for config in configs))
    world.writer.add_rows(*world.craft_families)


def write_craft_config_totals(
    world: World, row: SpacecraftConfig | SpacecraftConfigFamily, counted: Tally
) -> None:
    """Sets the totals of a spacecraft configuration or family."""
    row.maiden_flight = counted.maiden_flight
    known = world.known(f"{type(row).__name__} totals", counted.launches.attempted or counted.pending)
    world.set_totals(
        row,
        known,
        spacecraft_flown=counted.craft,
        total_launch_count=counted.launches.attempted,
        successful_launches=counted.launches.successful,
        failed_launches=counted.launches.failed,
        **landing_totals(counted.craft_landings),
    )


def write_craft(world: World, craft: Craft) -> None:
    """Writes a craft, whose totals are the sums over its flights."""
    cycles, words, number = world.cycles, world.words, craft.number
    flown = [flight for flight in craft.flights if flight.net <= world.now]
    ended = [flight for flight in flown if flight.end]
    under_way = flown[-1] if len(flown) > len(ended) else None
    fastest = min((flight.turn_around for flight in flown[1:]), default=None)
    if flown:
        for row in (craft.config.row, *craft.config.families):
            world.tally(row).craft += 1
            world.tally(row).count_turnaround(fastest)
    space = sum((flight.end - flight.net for flight in ended if flight.end), ZERO)
    docked = sum((flight.docked for flight in flown), ZERO)
    known = world.known("craft", craft.flights)
    craft_row = Spacecraft(
        id=number,
        name=NAME_OF_SEVERAL if number % 50 == 7 else words.name("{}" if number % 4 else f"{{}} {number}"),
        serial_number=cycles.nullable("craft.serial", f"{SHORT_MARK}{number:05}", share=0.25),
        is_placeholder=not flown and number % 2 == 0,
        image_id=world.image("craft.image", 4, share=0.03),
        status_id=craft_status(world, craft, under_way),
        description=words.prose(2047) or "—",
        spacecraft_config=craft.config.row,
        in_space=under_way is not None,
        time_in_space_since=under_way.net if under_way else None,
        time_docked_since=under_way.docked_since if under_way else None,
    )
    world.set_totals(
        craft_row,
        known,
        fastest_turnaround=fastest,
        time_in_space=space,
        time_docked=docked,
        flights_count=len(flown),
        mission_ends_count=len(ended),
    )
    world.writer.add_rows(craft_row)


def write_unlaunched_flight(world: World, craft: Craft) -> None:
    """Writes a flight without a launch, for some with a landing that has not been attempted."""
    landing = None
    if world.cycles.once_in("waiting flight.landing", 2):
        landing = world.writer.add(Landing, type_id=1 + craft.number % len(LANDING_TYPES))
    world.writer.add(
        SpacecraftFlight, spacecraft_id=craft.number, duration=ZERO, turn_around_time=ZERO, landing_id=landing
    )


def craft_status(world: World, craft: Craft, under_way: Flight | None) -> int:
    """The id of the craft's status."""
    if under_way or not craft.flights or craft.flights[-1].net > world.now:
        return ACTIVE_CRAFT
    last = craft.flights[-1]
    if last.failed or last.landed is False:
        return DESTROYED_CRAFT
    if not craft.config.kind.reusable:
        return SINGLE_USE_CRAFT
    return RETIRED_CRAFT if last.end and world.now - last.end > 1500 * DAY else ACTIVE_CRAFT
