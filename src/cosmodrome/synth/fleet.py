"""Spacecraft: families, configurations, and the life of each craft from launch to launch."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cosmodrome.catalogue.dashboard import PROGRAMME
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.stations import DockingLocation
from cosmodrome.synth.tallies import Tally, of_landings
from cosmodrome.synth.vocabulary import LANDING_TYPES
from cosmodrome.synth.words import MARK, SHORT_MARK
from cosmodrome.synth.world import World

ACTIVE, RETIRED, DESTROYED, SINGLE_USE = 1, 2, 3, 4
"""Ids of spacecraft statuses."""

NAME_OF_SEVERAL = f"Twin {MARK}"
"""The name of one craft in fifty: in the original too, names repeat."""

MOST_FLIGHTS = 9
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Kind:
    """What craft of a kind do."""

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
    """Whether it goes up beside another craft now and then."""


KINDS = (
    Kind(2, 5 * DAY, 200 * DAY, crew=4, reusable=True, lands=True),
    Kind(4, 20 * DAY, 180 * DAY),
    Kind(4, 20 * DAY, 60 * DAY, reusable=True, lands=True),
    Kind(3, 180 * DAY, 900 * DAY, reusable=True, lands=True, docks=False),
    Kind(2, HOUR / 6, HOUR / 4, crew=6, reusable=True, lands=True, docks=False, suborbital=True),
    Kind(2, 1 * DAY, 190 * DAY, crew=3, lands=True),
    Kind(7, 4 * DAY, 30 * DAY, crew=2, lands=True, docks=False, rides=True),
    Kind(8, 90 * DAY, 700 * DAY, docks=False, rides=True),
)


@dataclass(slots=True, eq=False)
class Build:
    """A configuration, with what it takes to fly it."""

    row: SpacecraftConfig
    kind: Kind
    families: list[SpacecraftConfigFamily]
    port: int | None
    """The docking location at which others may dock to craft of this configuration."""


@dataclass(slots=True, eq=False)
class Flight:
    """A flight of a craft, flown, under way or to come."""

    craft: Craft
    net: datetime
    end: datetime | None
    """None while it is under way or to come."""
    after: datetime | None = None
    """When the flight before ended."""
    failed: bool = False
    landed: bool | None = None
    """How the landing went; None without one, or before it."""
    number: int = 0
    """Its id, given when it is launched."""
    docked: timedelta = ZERO
    """In dockings that have ended."""
    docked_since: datetime | None = None
    leaves: datetime | None = None
    """When its last docking ends, some time before it comes down; None while it is under way."""

    @property
    def turn_around(self) -> timedelta:
        """Since the flight before; the contract wants one always, so zero on the first flight."""
        return self.net - self.after if self.after else ZERO


@dataclass(slots=True, eq=False)
class Craft:
    """A craft and its flights."""

    number: int
    build: Build
    flights: list[Flight] = field(default_factory=list)
    waits: bool = False
    """Whether it has a flight for which no launch is chosen yet."""


def make_builds(world: World) -> list[Build]:
    """Makes families and configurations."""
    for number in range(world.number_of(60, 12, 300)):
        maker = world.pick(world.agencies)
        world.craft_families.append(
            SpacecraftConfigFamily(
                id=world.writer.number(SpacecraftConfigFamily),
                name=world.words.name("{} craft family") if number else PROGRAMME,
                description=world.words.prose(2048),
                manufacturer=maker,  # the contract allows null here in one mode and forbids it in the other
                parent=world.parent(world.craft_families),
            )
        )
    numbers = range(world.number_of(22, 18, 1500))
    return [make_build(world, world.join(world.craft_families, number)) for number in numbers]


def make_build(world: World, families: list[SpacecraftConfigFamily]) -> Build:
    """One configuration, a member of these families, with its port."""
    turns, words, decimal, random = world.turns, world.words, world.decimal, world.random
    number = world.writer.number(SpacecraftConfig)
    kind = KINDS[number % len(KINDS)]
    row = SpacecraftConfig(
        id=number,
        name=words.name(),
        type_id=kind.type,
        agency=world.agencies[number * 5 % (len(world.agencies) // 10 + 3)],
        in_use=number % 4 > 0,
        image_id=world.image("craft config.image"),
        capability=words.prose(2048),
        history=words.prose(1000),
        details=words.prose(1000),
        height=turns.gap("craft config.height", decimal(0.3, 60)),
        diameter=turns.gap("craft config.diameter", decimal(0.2, 12)),
        human_rated=kind.crew > 0,
        crew_capacity=turns.gap("craft config.crew", kind.crew + number % 3 if kind.crew else 0, 5),
        payload_capacity=turns.gap("craft config.payload", random.randrange(0, 2**31)),
        payload_return_capacity=turns.gap("craft config.return", random.randrange(0, 9000)),
        flight_life=turns.gap("craft config.life", words.prose(2048, lines=1)),
        wiki_link="" if number % 3 == 0 else words.page("wiki"),
        info_link="" if number % 4 == 0 else words.page("craft"),
    )
    world.writer.link(SpacecraftConfig, "family", number, [family.pk for family in families])
    port = None
    if kind.docks or kind.rides:
        port = world.writer.add(DockingLocation, name=words.name("Hatch {}"), spacecraft_id=number)
    return Build(row, kind, families, port)


def make_fleet(world: World, builds: list[Build]) -> list[Craft]:
    """Makes the craft with their lives; the last configurations wait for their first craft."""
    usable = world.in_use(builds)
    fleet = []
    for number in range(1, world.craft + 1):
        craft = Craft(number, usable[number % len(usable)])
        live(world, craft)
        fleet.append(craft)
    return fleet


def live(world: World, craft: Craft) -> None:
    """Gives a craft its flights."""
    kind, now = craft.build.kind, world.now
    lot = world.turns.next(f"lot of {kind.type}", 20)
    if lot < 2:
        craft.waits = lot == 1  # never flown, and no more planned than that
    elif lot == 2:
        add_flight(craft, net=to_come(world), end=None)
    elif lot < 6 and not kind.suborbital:
        live_until_now(world, craft, now - world.seconds(HOUR, kind.longest * 0.8))
    else:
        live_from(world, craft, world.instant(world.beginning, now - 3 * DAY))


def to_come(world: World) -> datetime:
    """An instant at which something is planned: soon, within a year or some years ahead."""
    reach = (10 * DAY, 60 * DAY, 400 * DAY, 4000 * DAY, 8000 * DAY)[world.turns.next("to come", 5)]
    return world.now + world.seconds(reach / 10, reach)


def add_flight(craft: Craft, net: datetime, end: datetime | None, failed: bool = False) -> Flight:
    """One more flight, after all that are there."""
    last = craft.flights[-1].end if craft.flights else None
    flight = Flight(craft, net, end, after=last, failed=failed)
    craft.flights.append(flight)
    return flight


def live_until_now(world: World, craft: Craft, net: datetime) -> None:
    """The craft is in space, since `net`; if it can be used again, it has been there before."""
    kind = craft.build.kind
    earlier: list[tuple[datetime, datetime]] = []
    begins = net
    for _ in range(world.random.randrange(4) if kind.reusable else 0):
        ends = begins - world.seconds(20 * DAY, 400 * DAY)
        begins = ends - world.seconds(kind.shortest, kind.longest)
        earlier.insert(0, (begins, ends))
    for begins, ends in earlier:
        add_flight(craft, begins, ends).landed = True if kind.lands else None
    add_flight(craft, net, None)


def live_from(world: World, craft: Craft, net: datetime) -> None:
    """The craft flies first at `net`, and again until it is lost, retired, or in space now."""
    kind, random, now = craft.build.kind, world.random, world.now
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
                add_flight(craft, max(net, to_come(world)), None)
            return


def write_fleet(world: World, fleet: list[Craft], builds: list[Build]) -> None:
    """Writes craft, configurations and families with their totals."""
    for craft in fleet:
        write_craft(world, craft)
        if craft.waits:
            write_waiting(world, craft)
    for build in builds:
        write_totals(world, build.row, world.tally(build.row))
        world.fill(
            build.row,
            build.row.total_launch_count is not None,
            fastest_turnaround=world.tally(build.row).fastest,
        )
    for family in world.craft_families:
        write_totals(world, family, world.tally(family))
    world.writer.keep(*(build.row for build in builds))
    world.writer.keep(*world.craft_families)


def write_totals(world: World, row: SpacecraftConfig | SpacecraftConfigFamily, counted: Tally) -> None:
    """Sets the totals of a configuration or a family."""
    row.maiden_flight = counted.maiden_flight
    known = world.known(f"{type(row).__name__} totals", counted.launches.tried or counted.pending)
    world.fill(
        row,
        known,
        spacecraft_flown=counted.craft,
        total_launch_count=counted.launches.tried,
        successful_launches=counted.launches.successful,
        failed_launches=counted.launches.failed,
        **of_landings(counted.craft_landings),
    )


def write_craft(world: World, craft: Craft) -> None:
    """Writes a craft: its totals are the sums of its flights."""
    turns, words, number = world.turns, world.words, craft.number
    flown = [flight for flight in craft.flights if flight.net <= world.now]
    ended = [flight for flight in flown if flight.end]
    under_way = flown[-1] if len(flown) > len(ended) else None
    fastest = min((flight.turn_around for flight in flown[1:]), default=None)
    if flown:
        for row in (craft.build.row, *craft.build.families):
            world.tally(row).craft += 1
            world.tally(row).turned_around(fastest)
    space = sum((flight.end - flight.net for flight in ended if flight.end), ZERO)
    docked = sum((flight.docked for flight in flown), ZERO)
    known = world.known("craft", craft.flights)
    craft_row = Spacecraft(
        id=number,
        name=NAME_OF_SEVERAL if number % 50 == 7 else words.name("{}" if number % 4 else f"{{}} {number}"),
        serial_number=turns.gap("craft.serial", f"{SHORT_MARK}{number:05}"),
        is_placeholder=not flown and number % 2 == 0,
        image_id=world.image("craft.image", 4),
        status_id=status_of(world, craft, under_way),
        description=words.prose(2047) or "—",
        spacecraft_config=craft.build.row,
        in_space=under_way is not None,
        time_in_space_since=under_way.net if under_way else None,
        time_docked_since=under_way.docked_since if under_way else None,
    )
    world.fill(
        craft_row,
        known,
        fastest_turnaround=fastest,
        time_in_space=space,
        time_docked=docked,
        flights_count=len(flown),
        mission_ends_count=len(ended),
    )
    world.writer.keep(craft_row)


def write_waiting(world: World, craft: Craft) -> None:
    """Writes a flight without a launch, and its landing, which has not been tried."""
    landing = None
    if world.turns.now_and_then("waiting flight.landing", 2):
        landing = world.writer.add(Landing, type_id=1 + craft.number % len(LANDING_TYPES))
    world.writer.add(
        SpacecraftFlight, spacecraft_id=craft.number, duration=ZERO, turn_around_time=ZERO, landing_id=landing
    )


def status_of(world: World, craft: Craft, under_way: Flight | None) -> int:
    """The id of the craft's status."""
    if under_way or not craft.flights or craft.flights[-1].net > world.now:
        return ACTIVE
    last = craft.flights[-1]
    if last.failed or last.landed is False:
        return DESTROYED
    if not craft.build.kind.reusable:
        return SINGLE_USE
    return RETIRED if last.end and world.now - last.end > 1500 * DAY else ACTIVE
