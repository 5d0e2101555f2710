"""Invents launch vehicles: families, configurations, and boosters, some of which fly again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.dashboard import PROGRAMME
from cosmodrome.catalogue.places import CelestialBody, Landing, LandingLocation, Location
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.vehicles import (
    FirstStage,
    FirstStageType,
    LauncherConfig,
    LauncherConfigFamily,
)
from cosmodrome.synth.boosters import (
    ACTIVE_LAUNCHER,
    EXPENDED_LAUNCHER,
    LOST_LAUNCHER,
    Booster,
    BoosterPool,
)
from cosmodrome.synth.tallies import Tally, landing_totals, launch_totals
from cosmodrome.synth.vocabulary import NAMES
from cosmodrome.synth.world import World

STAGE_TYPES = NAMES[FirstStageType].split("|")
CORE_STAGE, STRAP_ON_STAGE, SINGLE_USE_STAGE = 1, 2, 3


def make_vehicles(world: World) -> None:
    """Makes families and configurations of launch vehicles."""
    for number in range(world.number_of(50, 12, 300)):
        family = LauncherConfigFamily(
            id=world.writer.next_id(LauncherConfigFamily),
            name=world.words.name("{} family") if number else PROGRAMME,
            parent=world.parent(world.launcher_families),
            description=world.words.prose(2048),
            active=world.random.random() < 0.7,
        )
        world.launcher_families.append(family)
    for number in range(world.number_of(20, 18, 900)):
        config = make_config(world, number)
        order_capacities(config)
        world.launcher_configs.append(config)
        world.families_of[config] = world.families_to_join(world.launcher_families, number)
        keys = [family.pk for family in world.families_of[config]]
        world.writer.add_links(LauncherConfig, "families", config.pk, keys)
        programs = world.cycles.some("launcher config.program", world.writer.ids(Program))
        world.writer.add_links(LauncherConfig, "program", config.pk, programs)


def order_capacities(config: LauncherConfig) -> None:
    """Lets a configuration carry the less, the higher the orbit."""
    columns = ("leo_capacity", "sso_capacity", "gto_capacity", "geo_capacity")
    given = [column for column in columns if getattr(config, column) is not None]
    masses = sorted((getattr(config, column) for column in given), reverse=True)
    for column, mass in zip(given, masses, strict=True):
        setattr(config, column, mass)


def make_config(world: World, number: int) -> LauncherConfig:
    """Makes a configuration; every second one is reusable, and then its manufacturer is known."""
    cycles, words, decimal = world.cycles, world.words, world.decimal
    maker: Agency = world.providers[number % (len(world.providers) // 3 + 1)]
    reusable = number % 2 == 0
    name = words.name()
    return LauncherConfig(
        id=world.writer.next_id(LauncherConfig),
        name=name,
        full_name=""
        if world.hostile and number % 8 == 7
        else name.replace(" (", f" Block {number % 6} (", 1),
        variant="" if number % 3 == 0 else f"Block {number % 6}",
        active=number % 4 > 0,
        is_placeholder=number % 13 == 12,
        manufacturer=maker if reusable else cycles.nullable("launcher config.maker", maker, 3),
        reusable=reusable,
        image_id=world.image("launcher config.image", share=0.05),
        info_url=cycles.nullable("launcher config.info_url", words.page("rockets"), share=0.4),
        wiki_url=cycles.nullable("launcher config.wiki_url", words.page("wiki"), share=0.15),
        description=words.prose(2048),
        alias="" if number % 3 else words.name("{} the Elder"),
        min_stage=cycles.nullable("launcher config.min_stage", 1 + number % 2),
        max_stage=cycles.nullable("launcher config.max_stage", 2 + number % 2),
        length=cycles.nullable("launcher config.length", decimal(9, 130), share=0.04),
        diameter=cycles.nullable("launcher config.diameter", decimal(0.5, 12), share=0.04),
        launch_cost=cycles.nullable(
            "launcher config.launch_cost", world.random.randrange(0, 2**31 - 1, 500_000), share=0.6
        ),
        launch_mass=cycles.nullable("launcher config.launch_mass", decimal(5, 5000), share=0.2),
        leo_capacity=cycles.nullable("launcher config.leo_capacity", decimal(10, 150_000), share=0.15),
        gto_capacity=cycles.nullable("launcher config.gto_capacity", decimal(5, 40_000), share=0.5),
        geo_capacity=cycles.nullable("launcher config.geo_capacity", decimal(5, 20_000), share=0.9),
        sso_capacity=cycles.nullable("launcher config.sso_capacity", decimal(5, 90_000), share=0.7),
        to_thrust=cycles.nullable(
            "launcher config.to_thrust",
            1e17 if world.hostile and number % 10 == 3 else decimal(50, 75_000),
            share=0.25,
        ),
        apogee=cycles.nullable("launcher config.apogee", decimal(60, 1200), share=0.75),
    )


def stage_types(config: LauncherConfig) -> Iterator[int]:
    """The types of the first stages that a configuration flies on: one, or three."""
    yield CORE_STAGE
    if config.pk % 6 == 1:
        yield from (STRAP_ON_STAGE, STRAP_ON_STAGE)


def write_flown_stages(
    world: World,
    booster_pool: BoosterPool,
    config: LauncherConfig,
    launch: UUID,
    net: datetime,
    success: bool,
) -> list[bool]:
    """Writes the first stages of a launch that has flown; returns the outcome of each attempted landing."""
    outcomes: list[bool] = []
    if not config.reusable:
        if world.cycles.once_in("single-use stage", 5):
            write_flown_stage(world, booster_pool.make_booster(config), SINGLE_USE_STAGE, launch, net, None)
        return outcomes
    for kind in stage_types(config):
        booster = booster_pool.take(config, net)
        tries = success and not world.cycles.once_in("booster is expended", 9)
        landed = world.random.random() < 0.93 if tries else None
        landing = write_stage_landing(world, landed) if tries or world.cycles.once_in("no try", 2) else None
        write_flown_stage(world, booster, kind, launch, net, landing)
        if booster.row.status_id:
            booster.row.status_id = {True: ACTIVE_LAUNCHER, False: LOST_LAUNCHER, None: EXPENDED_LAUNCHER}[
                landed
            ]
        if landed is not None:
            booster.attempted += 1
            booster.landed += landed
            outcomes.append(landed)
        if landed:
            booster_pool.release(config, booster)
    return outcomes


def write_flown_stage(
    world: World, booster: Booster, kind: int, launch: UUID, net: datetime, landing: int | None
) -> None:
    """Writes one flight of a booster, and records it.

    The contract always requires a `previous_flight` and a `turn_around_time`: on a first flight they are the
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


def write_stage_landing(world: World, landed: bool | None) -> int:
    """Writes the landing of a stage; `landed` None: it has not been attempted.  Returns its id."""
    place = None
    if landed is not None:
        place = world.cycles.nullable("stage landing.place", world.pick(world.open_landing_locations), 7)
    return write_landing(world, "stage", place, landed, 1600, 1 + world.cycles.next("stage landing.type", 3))


def write_landing(
    world: World, what: str, place: LandingLocation | None, landed: bool | None, farthest: int, how: int
) -> int:
    """Writes a landing and counts it for its place; returns its id.

    `place` None: it is not known.  `landed` None: the landing has not been attempted.  `farthest` is in
    kilometres downrange, `how` is the id of the landing type.
    """
    if place is not None and landed is not None:
        for counted in landing_tallies(world, place.pk, place.location_id, place.celestial_body_id):
            counted.landings.count(landed)
    return world.writer.add(
        Landing,
        attempt=landed is not None,
        success=landed,
        description=world.words.prose(2048, lines=1),
        downrange_distance=world.cycles.nullable(
            f"{what} landing.distance", world.decimal(0, farthest), share=0.4
        ),
        landing_location_id=place.pk if place else None,
        type_id=how,
    )


def landing_tallies(world: World, place: int, location: int, body: int) -> list[Tally]:
    """The tallies that count a landing at a place."""
    tables = {LandingLocation: place, Location: location, CelestialBody: body}
    return [world.tally_of(model, key) for model, key in tables.items()]


def write_planned_stages(
    world: World, booster_pool: BoosterPool, config: LauncherConfig, launch: UUID
) -> None:
    """Writes the first stages of a launch to come, on boosters that are not chosen yet."""
    if not config.reusable:
        return
    for kind in stage_types(config):
        booster = booster_pool.make_booster(config, placeholder=True)
        booster.staged = True
        known = world.cycles.once_in("a fresh booster", 2)
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
            landing_id=None if known else write_stage_landing(world, None),
        )


def write_vehicles(world: World, booster_pool: BoosterPool) -> None:
    """Writes families, configurations and boosters with their totals."""
    for booster in booster_pool.all:
        if booster.row.launcher_config_id:
            world.tally_of(LauncherConfig, booster.row.launcher_config_id).count_turnaround(booster.fastest)
    makers: dict[LauncherConfigFamily, dict[int, None]] = {}
    for config in world.launcher_configs:
        counted = world.tally(config)
        known = write_launcher_config_totals(world, config, counted)
        config.active = config.active or counted.pending > 0
        world.set_totals(config, known, fastest_turnaround=counted.fastest)
        world.writer.add_rows(config)
        for family in world.families_of[config]:
            if config.manufacturer_id:
                makers.setdefault(family, {})[config.manufacturer_id] = None
    for family in world.launcher_families:
        write_launcher_config_totals(world, family, world.tally(family))
        world.writer.add_rows(family)
        known = not world.cycles.lacks("launcher family.makers", 5)
        own = list(makers.get(family, ()))[:4] if known else []
        world.writer.add_links(LauncherConfigFamily, "manufacturer", family.pk, own)
    write_boosters(world, booster_pool)


def write_launcher_config_totals(
    world: World, row: LauncherConfig | LauncherConfigFamily, counted: Tally
) -> bool:
    """Sets the totals of a launch vehicle configuration or family; returns whether they are known."""
    row.maiden_flight = counted.maiden_flight
    known = world.known(f"{type(row).__name__} totals", counted.launches.attempted or counted.pending)
    world.set_totals(
        row,
        known,
        consecutive_successful_landings=counted.landings.in_a_row,
        **launch_totals(counted.launches, counted.pending),
        **landing_totals(counted.landings),
    )
    return known


def write_boosters(world: World, booster_pool: BoosterPool) -> None:
    """Writes the boosters, with some that have no flight yet."""
    for config in world.launcher_configs[::3]:
        booster_pool.make_booster(config)
    for booster in booster_pool.all:
        row = booster.row
        row.flight_proven = booster.flights > 0
        row.first_launch_date, row.last_launch_date = booster.first, booster.last
        known = world.known("launcher", booster.staged)
        world.set_totals(
            row,
            known,
            flights=booster.flights,
            fastest_turnaround=booster.fastest,
            attempted_landings=booster.attempted,
            successful_landings=booster.landed,
        )
        world.writer.add_rows(row)
