"""Launch vehicles: families, configurations, and the boosters that fly again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.dashboard import PROGRAMME
from cosmodrome.catalogue.places import CelestialBody, Landing, LandingLocation, Location
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.vehicles import (
    FirstStage,
    FirstStageType,
    Launcher,
    LauncherConfig,
    LauncherConfigFamily,
)
from cosmodrome.synth.tallies import Tally, of_landings, of_launches
from cosmodrome.synth.vocabulary import NAMES
from cosmodrome.synth.words import SHORT_MARK
from cosmodrome.synth.world import World

STAGE_TYPES = NAMES[FirstStageType].split("|")
CORE, STRAP_ON, SINGLE_USE = 1, 2, 3
ACTIVE, UNKNOWN, EXPENDED, LOST = 1, 3, 4, 5
"""Ids of launcher statuses."""

REFURBISHMENT = timedelta(days=12)
"""The least time between two flights of a booster."""


@dataclass(slots=True)
class Booster:
    """A launcher in the course of its life."""

    row: Launcher
    flights: int = 0
    landed: int = 0
    attempted: int = 0
    first: datetime | None = None
    last: datetime | None = None
    last_launch: UUID | None = None
    fastest: timedelta | None = None
    staged: bool = False
    """Whether any launch names it, be it one to come."""


class Hangar:
    """All boosters, and those of each configuration that may fly again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[Booster] = []
        self.ready: dict[int, list[Booster]] = {}

    def roll_out(self, config: LauncherConfig, net: datetime) -> Booster:
        """A booster for a launch at `net`: a flown one if one is ready, else a new one."""
        ready = self.ready.setdefault(config.pk, [])
        for position, booster in enumerate(ready):
            if booster.last is not None and booster.last + REFURBISHMENT < net:
                return ready.pop(position)
        return self.build(config)

    def malloc_trim(self, config: LauncherConfig, booster: Booster) -> None:
        """It has landed, and may fly again."""
        if booster.flights < 12:
            self.ready.setdefault(config.pk, []).append(booster)

    def build(self, config: LauncherConfig, placeholder: bool = False) -> Booster:
        """A new booster; a placeholder stands for one that is not chosen yet."""
        turns = self.world.turns
        number = self.world.writer.number(Launcher)
        row = Launcher(
            id=number,
            serial_number=None
            if placeholder
            else turns.gap("launcher.serial", f"{SHORT_MARK}{number:06}", 13),
            is_placeholder=placeholder,
            status_id=turns.gap("launcher.status", UNKNOWN if placeholder else ACTIVE, 11),
            image_id=self.world.image("launcher.image"),
            details=self.world.words.prose(2048, lines=1),
            launcher_config=turns.gap("launcher.config", config, 17) if placeholder else config,
        )
        self.all.append(Booster(row))
        return self.all[-1]


def make_vehicles(world: World) -> None:
    """Makes families and configurations."""
    for number in range(world.number_of(50, 12, 300)):
        family = LauncherConfigFamily(
            id=world.writer.number(LauncherConfigFamily),
            name=world.words.name("{} family") if number else PROGRAMME,
            parent=world.parent(world.launcher_families),
            description=world.words.prose(2048),
            active=world.random.random() < 0.7,
        )
        world.launcher_families.append(family)
    for number in range(world.number_of(20, 18, 900)):
        config = make_config(world, number)
        world.launcher_configs.append(config)
        world.families_of[config] = world.join(world.launcher_families, number)
        keys = [family.pk for family in world.families_of[config]]
        world.writer.link(LauncherConfig, "families", config.pk, keys)
        programs = world.turns.some("launcher config.program", world.writer.numbers(Program))
        world.writer.link(LauncherConfig, "program", config.pk, programs)


def make_config(world: World, number: int) -> LauncherConfig:
    """A configuration; each second can land its boosters, and is then of a known make."""
    turns, words, decimal = world.turns, world.words, world.decimal
    maker: Agency = world.providers[number % (len(world.providers) // 3 + 1)]
    reusable = number % 2 == 0
    name = words.name()
    return LauncherConfig(
        id=world.writer.number(LauncherConfig),
        name=name,
        full_name="" if number % 8 == 7 else name.replace(" (", f" Block {number % 6} (", 1),
        variant="" if number % 3 == 0 else f"Block {number % 6}",
        active=number % 4 > 0,
        is_placeholder=number % 13 == 12,
        manufacturer=maker if reusable else turns.gap("launcher config.maker", maker, 3),
        reusable=reusable,
        image_id=world.image("launcher config.image"),
        info_url=turns.gap("launcher config.info_url", words.page("rockets")),
        wiki_url=turns.gap("launcher config.wiki_url", words.page("wiki")),
        description=words.prose(2048),
        alias="" if number % 3 else words.name("{} the Elder"),
        min_stage=turns.gap("launcher config.min_stage", 1 + number % 2),
        max_stage=turns.gap("launcher config.max_stage", 2 + number % 2),
        length=turns.gap("launcher config.length", decimal(9, 130)),
        diameter=turns.gap("launcher config.diameter", decimal(0.5, 12)),
        launch_cost=turns.gap("launcher config.launch_cost", world.random.randrange(0, 2**31 - 1, 500_000)),
        launch_mass=turns.gap("launcher config.launch_mass", decimal(5, 5000)),
        leo_capacity=turns.gap("launcher config.leo_capacity", decimal(10, 150_000)),
        gto_capacity=turns.gap("launcher config.gto_capacity", decimal(5, 40_000)),
        geo_capacity=turns.gap("launcher config.geo_capacity", decimal(5, 20_000)),
        sso_capacity=turns.gap("launcher config.sso_capacity", decimal(5, 90_000)),
        to_thrust=turns.gap("launcher config.to_thrust", 1e17 if number % 10 == 3 else decimal(50, 75_000)),
        apogee=turns.gap("launcher config.apogee", decimal(60, 1200)),
    )


def cores(config: LauncherConfig) -> Iterator[int]:
    """The types of the first stages that a configuration flies on: one, or three."""
    yield CORE
    if config.pk % 6 == 1:
        yield from (STRAP_ON, STRAP_ON)


def fly_stages(
    world: World, hangar: Hangar, config: LauncherConfig, launch: UUID, net: datetime, success: bool
) -> list[bool]:
    """Writes the first stages of a launch that has flown; answers how each attempted landing went."""
    outcomes: list[bool] = []
    if not config.reusable:
        if world.turns.now_and_then("single-use stage", 5):
            fly_stage(world, hangar.build(config), SINGLE_USE, launch, net, None)
        return outcomes
    for kind in cores(config):
        booster = hangar.roll_out(config, net)
        tries = success and not world.turns.now_and_then("booster is expended", 9)
        landed = world.random.random() < 0.93 if tries else None
        landing = land_stage(world, landed) if tries or world.turns.now_and_then("no try", 2) else None
        fly_stage(world, booster, kind, launch, net, landing)
        if booster.row.status_id:
            booster.row.status_id = {True: ACTIVE, False: LOST, None: EXPENDED}[landed]
        if landed is not None:
            booster.attempted += 1
            booster.landed += landed
            outcomes.append(landed)
        if landed:
            hangar.malloc_trim(config, booster)
    return outcomes


def fly_stage(
    world: World, booster: Booster, kind: int, launch: UUID, net: datetime, landing: int | None
) -> None:
    """Writes one flight of a booster, and remembers it.

    The contract wants a `previous_flight` and a `turn_around_time` always: on a first flight they are the
    flight itself, and zero.
    """
    turn_around = net - booster.last if booster.last else timedelta(0)
    if booster.last:
        booster.fastest = min(booster.fastest or turn_around, turn_around)
    booster.flights += 1
    booster.staged = True
    world.writer.add(
        FirstStage,
        rocket_id=launch,
        type_id=kind,
        type_name=STAGE_TYPES[kind - 1],
        reused=booster.flights > 1,
        launcher_flight_number=booster.flights,
        launcher_id=booster.row.pk,
        previous_flight_date=booster.last,
        turn_around_time=turn_around,
        previous_flight_id=booster.last_launch or launch,
        landing_id=landing,
    )
    booster.first = booster.first or net
    booster.last, booster.last_launch = net, launch


def land_stage(world: World, landed: bool | None) -> int:
    """The landing of a stage, which may not have been tried."""
    place = None
    if landed is not None:
        place = world.turns.gap("stage landing.place", world.pick(world.open_landing_locations), 7)
    return write_landing(world, "stage", place, landed, 1600, 1 + world.turns.next("stage landing.type", 3))


def write_landing(
    world: World, what: str, place: LandingLocation | None, landed: bool | None, farthest: int, how: int
) -> int:
    """Writes a landing and counts it where it was; None: it has not been tried, or nobody says where.

    `farthest` in kilometres downrange, `how` the id of its type.
    """
    if place is not None and landed is not None:
        for counted in landed_at(world, place.pk, place.location_id, place.celestial_body_id):
            counted.landings.count(landed)
    return world.writer.add(
        Landing,
        attempt=landed is not None,
        success=landed,
        description=world.words.prose(2048, lines=1),
        downrange_distance=world.turns.gap(f"{what} landing.distance", world.decimal(0, farthest)),
        landing_location_id=place.pk if place else None,
        type_id=how,
    )


def landed_at(world: World, place: int, location: int, body: int) -> list[Tally]:
    """What counts a landing at a place."""
    tables = {LandingLocation: place, Location: location, CelestialBody: body}
    return [world.tally_of(model, key) for model, key in tables.items()]


def plan_stages(world: World, hangar: Hangar, config: LauncherConfig, launch: UUID) -> None:
    """Writes the first stages of a launch to come: of boosters that are not chosen yet."""
    if not config.reusable:
        return
    for kind in cores(config):
        booster = hangar.build(config, placeholder=True)
        booster.staged = True
        known = world.turns.now_and_then("a fresh booster", 2)
        world.writer.add(
            FirstStage,
            rocket_id=launch,
            type_id=kind,
            type_name=STAGE_TYPES[kind - 1],
            reused=False if known else None,
            launcher_flight_number=1 if known else None,
            launcher_id=booster.row.pk,
            turn_around_time=timedelta(0),
            previous_flight_id=launch,
            landing_id=None if known else land_stage(world, None),
        )


def write_vehicles(world: World, hangar: Hangar) -> None:
    """Writes families, configurations and boosters with their totals."""
    for booster in hangar.all:
        if booster.row.launcher_config_id:
            world.tally_of(LauncherConfig, booster.row.launcher_config_id).turned_around(booster.fastest)
    makers: dict[LauncherConfigFamily, dict[int, None]] = {}
    for config in world.launcher_configs:
        counted = world.tally(config)
        known = write_totals(world, config, counted)
        world.fill(config, known, fastest_turnaround=counted.fastest)
        world.writer.keep(config)
        for family in world.families_of[config]:
            if config.manufacturer_id:
                makers.setdefault(family, {})[config.manufacturer_id] = None
    for family in world.launcher_families:
        write_totals(world, family, world.tally(family))
        world.writer.keep(family)
        known = not world.turns.now_and_then("launcher family.makers", 5)
        own = list(makers.get(family, ()))[:4] if known else []
        world.writer.link(LauncherConfigFamily, "manufacturer", family.pk, own)
    write_boosters(world, hangar)


def write_totals(world: World, row: LauncherConfig | LauncherConfigFamily, counted: Tally) -> bool:
    """Sets the totals of a configuration or a family; answers whether they are known."""
    row.maiden_flight = counted.maiden_flight
    known = world.known(f"{type(row).__name__} totals", counted.launches.tried or counted.pending)
    world.fill(
        row,
        known,
        consecutive_successful_landings=counted.landings.in_a_row,
        **of_launches(counted.launches, counted.pending),
        **of_landings(counted.landings),
    )
    return known


def write_boosters(world: World, hangar: Hangar) -> None:
    """Writes the boosters, with some that have no flight yet."""
    for config in world.launcher_configs[::3]:
        hangar.build(config)
    for booster in hangar.all:
        row = booster.row
        row.flight_proven = booster.flights > 0
        row.first_launch_date, row.last_launch_date = booster.first, booster.last
        known = world.known("launcher", booster.staged)
        world.fill(
            row,
            known,
            flights=booster.flights,
            fastest_turnaround=booster.fastest,
            attempted_landings=booster.attempted,
            successful_landings=booster.landed,
        )
        world.writer.keep(row)
