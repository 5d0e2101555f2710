"""What was, is and will be launched, told in time's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.missions import Mission, MissionType
from cosmodrome.catalogue.places import CelestialBody, Pad
from cosmodrome.catalogue.vehicles import LauncherConfig
from cosmodrome.synth.crews import Corps
from cosmodrome.synth.events import cover_launch, cover_mission
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Craft, Flight, to_come
from cosmodrome.synth.flights import fly_craft
from cosmodrome.synth.payloads import Carried, carry, dock_payloads, some_programs
from cosmodrome.synth.places import SUBORBITAL, TO_ORBIT
from cosmodrome.synth.stations import Harbour
from cosmodrome.synth.tallies import FAILURE, PARTIAL_FAILURE, SUCCESS, Numbering, Tally
from cosmodrome.synth.vehicles import Hangar, fly_stages, plan_stages
from cosmodrome.synth.vocabulary import NAMES
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

GO, TO_BE_DETERMINED, ON_HOLD, TO_BE_CONFIRMED = 1, 2, 5, 8
PLANNED = (GO, TO_BE_DETERMINED, TO_BE_CONFIRMED, GO, None, TO_BE_CONFIRMED, ON_HOLD)
"""The statuses that launches to come have in turn, by id."""

MISSION_TYPES = NAMES[MissionType].split("|")


@dataclass(slots=True, eq=False)
class Plan:
    """A launch that is to be told of."""

    net: datetime
    flights: list[Flight] = field(default_factory=list)
    """Those of spacecraft; without any it carries payloads only."""
    failed: bool = False
    suborbital: bool = False


@dataclass(slots=True)
class Told:
    """A launch while it is told of."""

    plan: Plan
    id: UUID
    status: int | None
    provider: Agency
    config: LauncherConfig | None
    """None where nothing is known of the rocket."""
    pad: Pad | None
    flown: bool

    @property
    def success(self) -> bool:
        """Whether it has flown without failing, be it partially."""
        return self.status == SUCCESS

    @property
    def brought_up(self) -> bool:
        """Whether it has flown and not failed entirely."""
        return self.flown and self.status != FAILURE


class History:
    """Tells of launches, in time's order, and counts what happens."""

    def __init__(self, world: World, harbour: Harbour) -> None:
        self.world = world
        self.harbour = harbour
        self.hangar = Hangar(world)
        self.corps = Corps(world)
        self.numbers: dict[tuple[str, Any], Numbering] = defaultdict(Numbering)
        self.last_from: dict[int, datetime] = {}
        self.configs = world.in_use(world.launcher_configs)

    def tell(self, plan: Plan) -> None:
        """Writes a launch with all that it carries."""
        told = self.decide(plan)
        mission = self.write_mission(told)
        turn_around = self.count(told)
        self.write_launch(told, mission, turn_around)
        carried = self.write_rocket(told, told.config) if told.config else []
        brought = carried if told.brought_up else []
        if plan.flights:
            fly_craft(self.world, self.harbour, self.corps, plan.flights, told.id, brought)
        else:
            dock_payloads(self.world, self.harbour, brought, plan.net)

    def decide(self, plan: Plan) -> Told:
        """Chooses what the launch flies on, from where, and how it goes."""
        world, turns = self.world, self.world.turns
        planned = plan.net > world.now
        status: int | None = SUCCESS
        if planned:
            status = PLANNED[turns.next("status to come", len(PLANNED))]
        elif plan.failed:
            status = FAILURE
        elif not plan.flights and turns.now_and_then("launch.status", 13):
            status = None
        elif turns.now_and_then("partial failure", 37):
            status = PARTIAL_FAILURE
        known = plan.flights or not turns.now_and_then("launch.rocket", 19)
        config = world.pick(self.configs) if known else None
        provider = (config and config.manufacturer) or world.pick(world.providers)
        pad = None if turns.now_and_then("launch.pad", 15) else world.pick(world.pads_of[provider])
        number = UUID(int=world.random.getrandbits(128), version=4)
        return Told(plan, number, status, provider, config, pad, flown=not planned and status is not None)

    def count(self, told: Told) -> timedelta:
        """Counts the launch wherever it counts; answers how long its pad stood still."""
        plan, net = told.plan, told.plan.net
        places: list[Tally] = []
        turn_around = ZERO
        if told.pad:
            location = told.pad.location
            places.append(self.world.tally(told.pad))
            if location:
                places.append(self.world.tally(location))
            if location and location.celestial_body_id:
                places.append(self.world.tally_of(CelestialBody, location.celestial_body_id))
            last = self.last_from.get(told.pad.pk)
            turn_around = net - last if last else ZERO
            self.last_from[told.pad.pk] = net
            if last and net <= self.world.now:
                places[0].turned_around(turn_around)
        makers: list[Any] = [told.config, *self.world.families_of[told.config]] if told.config else []
        craft = [
            row for flight in plan.flights for row in (flight.craft.build.row, *flight.craft.build.families)
        ]
        for counted in (*places, *(self.world.tally(row) for row in (told.provider, *makers, *craft))):
            if told.flown:
                counted.flew(net, told.success, orbital=not plan.suborbital)
            elif told.status is not None:
                counted.pending += 1
        return turn_around

    def numbered(self, told: Told) -> dict[str, int | None]:
        """The launch's numbers; without a status it has none."""
        plan, pad = told.plan, told.pad
        place = pad.location_id if pad else None
        of: dict[str, Any] = {
            "orbital": None if plan.suborbital else "all",
            "location": place,
            "pad": pad.pk if pad else None,
            "agency": told.provider.pk,
        }
        found: dict[str, int | None] = {}
        for what, which in of.items():
            counts = which is not None and told.status is not None
            number, in_year = self.numbers[what, which].next(plan.net) if counts else (None, None)
            found[f"{what}_launch_attempt_count"] = number
            found[f"{what}_launch_attempt_count_year"] = in_year
        return found

    def write_mission(self, told: Told) -> tuple[int | None, str]:
        """Writes the mission, unless nothing is known of it; answers its id and its name."""
        world, turns, plan = self.world, self.world.turns, told.plan
        name = world.words.name()
        if not plan.suborbital and turns.now_and_then("launch.mission", 17):
            return None, name
        orbit = turns.gap("mission.orbit", world.pick(TO_ORBIT), 9)
        kind = world.word_for(MissionType)
        mission = world.writer.add(
            Mission,
            name=name,
            type_id=kind,
            type_name=MISSION_TYPES[kind - 1],
            description=world.words.prose(4000),
            image_id=world.image("mission.image"),
            orbit_id=SUBORBITAL if plan.suborbital else orbit,
        )
        agencies = turns.some("mission.agencies", world.writer.numbers(Agency), 2)
        world.writer.link(Mission, "agencies", mission, agencies)
        cover_mission(world, mission)
        return mission, name

    def write_launch(self, told: Told, mission: tuple[int | None, str], turn_around: timedelta) -> None:
        """Writes the launch itself."""
        world, turns, words, plan = self.world, self.world.turns, self.world.words, told.plan
        net, planned = plan.net, plan.net > world.now
        as_of = world.now - world.seconds(HOUR, 90 * DAY) if planned else min(net + DAY, world.now)
        key, about = mission
        rocket = told.config.name if told.config else "Unknown rocket"
        numbers = self.numbered(told)
        in_year = numbers["orbital_launch_attempt_count_year"]
        designator = f"{net.year}-{in_year:03}" if told.brought_up and in_year else None
        world.writer.add(
            Launch,
            id=told.id,
            name=f"{rocket} | {about}",
            slug=slugify(f"{rocket} {about} {str(told.id)[:8]}"),
            launch_designator=designator,
            status_id=told.status,
            last_updated=as_of,
            net=net,
            net_precision_id=world.precision("launch.precision"),
            window_start=net - world.seconds(ZERO, HOUR) * (turns.next("window", 3) > 0),
            window_end=net + world.seconds(ZERO, 4 * HOUR),
            image_id=world.image("launch.image"),
            infographic=turns.gap("launch.infographic", f"{HOST}/infographics/{told.id}.png"),
            probability=turns.gap("launch.probability", world.random.randrange(0, 101), 3),
            weather_concerns=turns.gap("launch.weather", words.prose(255, lines=1), 3),
            failreason=words.prose(2048) if told.flown and not told.success else None,
            hashtag=turns.gap("launch.hashtag", f"#{words.word()}"),
            launch_service_provider_id=told.provider.pk,
            mission_id=key,
            pad_id=told.pad.pk if told.pad else None,
            webcast_live=not planned and world.now - net < HOUR,
            flightclub_url=turns.gap("launch.flightclub", words.page("flightclub")),
            pad_turnaround=turn_around,
            totals_read_at=world.now,
            **numbers,
        )
        world.writer.link(Launch, "program", told.id, some_programs(world, "launch.program"))
        patches = turns.some("launch.patches", world.patches[:-4], 2)
        world.writer.link(Launch, "mission_patches", told.id, patches)
        cover_launch(world, told.id, net)
        if len(world.some_launches) < 2000:
            world.some_launches.append(told.id)

    def write_rocket(self, told: Told, config: LauncherConfig) -> list[Carried]:
        """Writes the vehicle, its stages and the payloads."""
        world, plan = self.world, told.plan
        number = world.writer.number(Rocket)
        world.writer.keep(Rocket(launch_id=told.id, number=number, configuration=config))
        if told.flown:
            landings = fly_stages(world, self.hangar, config, told.id, plan.net, told.brought_up)
            counting = (told.provider, config, *world.families_of[config])
            for landed in landings:
                for row in counting:
                    world.tally(row).landings.count(landed)
        elif told.status is not None:
            plan_stages(world, self.hangar, config, told.id)
        payloads = (0, 0, 1, 0, 2) if plan.flights else (1, 2, 1, 3, 0)
        number_of_payloads = payloads[world.turns.next("payloads", len(payloads))]
        return [carry(world, told.id, plan.net, told.brought_up) for _ in range(number_of_payloads)]


def plan_launches(world: World, fleet: Sequence[Craft]) -> list[Plan]:
    """Everything that is launched: each flight of a craft, some of them together, and payloads between."""
    plans, riders = [], []
    for craft in fleet:
        for flight in craft.flights:
            kind = flight.craft.build.kind
            rides = kind.rides and flight.end and not flight.failed
            if rides and world.turns.now_and_then("a ride", 2):
                riders.append(flight)
            else:
                plans.append(Plan(flight.net, [flight], flight.failed, kind.suborbital))
    let_ride(world, riders, plans)
    for number in range(int(world.craft * 0.6) + 40):
        plans.append(Plan(world.instant(world.beginning, world.now - HOUR), failed=number % 29 == 3))
        plans[-1].suborbital = number % 9 == 0
    plans += [Plan(world.now - step * 5 * HOUR, failed=step == 3) for step in (1, 3)]  # lately
    plans += [
        Plan(to_come(world), suborbital=number % 9 == 0) for number in range(world.number_of(8, 40, 4000))
    ]
    in_order = sorted(plans, key=lambda plan: plan.net)
    for before, plan in pairwise(in_order):
        if plan.net <= before.net:
            plan.net = before.net + timedelta(seconds=1)
        for flight in plan.flights:
            flight.net = plan.net
    return in_order


def let_ride(world: World, riders: Sequence[Flight], plans: list[Plan]) -> None:
    """Puts craft on launches of others, of other families, so that no family flies twice on one launch."""
    hosts = [plan for plan in plans if plan.net < world.now and plan.flights[0].craft.build.kind.docks]
    for rider in riders:
        build, host = rider.craft.build, world.pick(hosts)
        other = host.flights[0].craft.build
        apart = other is not build and not set(other.families) & set(build.families)
        if len(host.flights) > 1 or not apart:
            plans.append(Plan(rider.net, [rider]))
            continue
        host.flights.append(rider)
        rider.net, rider.failed = host.net, host.failed
        if rider.failed:
            rider.end, rider.landed = host.flights[0].end, None
            continue
        rider.end = rider.net + world.seconds(build.kind.shortest, build.kind.longest)
        if rider.end > world.now - HOUR:
            rider.end, rider.landed = None, None
