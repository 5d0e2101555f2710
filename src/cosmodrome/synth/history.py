"""Invents all launches, and writes them in the order of time with everything that they carry."""

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
from cosmodrome.catalogue.launches import (
    FAILURE,
    GO,
    ON_HOLD,
    PARTIAL_FAILURE,
    SUCCESS,
    TO_BE_CONFIRMED,
    TO_BE_DETERMINED,
    Launch,
    Rocket,
)
from cosmodrome.catalogue.missions import Mission, MissionType
from cosmodrome.catalogue.places import CelestialBody, Pad
from cosmodrome.catalogue.vehicles import LauncherConfig
from cosmodrome.synth.boosters import BoosterPool
from cosmodrome.synth.crews import Corps
from cosmodrome.synth.events import cover_launch, cover_mission
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Craft, Flight, future_instant
from cosmodrome.synth.flights import write_craft_flights
from cosmodrome.synth.payloads import LaunchedPayload, dock_payloads, some_programs, write_payload
from cosmodrome.synth.places import SUBORBITAL, TO_ORBIT
from cosmodrome.synth.stations import PortAllocator
from cosmodrome.synth.tallies import Numbering, Tally
from cosmodrome.synth.vehicles import write_flown_stages, write_planned_stages
from cosmodrome.synth.vocabulary import NAMES
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

HOSTILE_PLANNED = (GO, TO_BE_DETERMINED, TO_BE_CONFIRMED, GO, None, TO_BE_CONFIRMED, ON_HOLD)
"""The ids of statuses that launches to come have in a hostile world, in turn."""

MISSION_TYPES = NAMES[MissionType].split("|")


@dataclass(slots=True, eq=False)
class LaunchPlan:
    """A planned launch: its instant, and the craft that it carries."""

    net: datetime
    flights: list[Flight] = field(default_factory=list)
    """The flights of spacecraft; a launch without any carries payloads only."""
    failed: bool = False
    suborbital: bool = False


@dataclass(slots=True)
class LaunchDraft:
    """A launch that is being written."""

    plan: LaunchPlan
    id: UUID
    status: int | None
    provider: Agency
    config: LauncherConfig | None
    """The launch vehicle's configuration; None if the rocket is not known."""
    pad: Pad | None
    flown: bool

    @property
    def success(self) -> bool | None:
        """Whether the launch has flown without a failure, even a partial one; None: nobody says."""
        return None if self.status is None else self.status == SUCCESS

    @property
    def delivered(self) -> bool:
        """Whether the launch has flown and has not failed entirely."""
        return self.flown and self.status != FAILURE


class LaunchHistory:
    """Writes launches in the order of time, and counts them."""

    def __init__(self, world: World, allocator: PortAllocator) -> None:
        self.world = world
        self.allocator = allocator
        self.booster_pool = BoosterPool(world)
        self.corps = Corps(world)
        self.numbers: dict[tuple[str, Any], Numbering] = defaultdict(Numbering)
        self.last_from: dict[int, datetime] = {}
        self.configs = world.in_use(world.launcher_configs)

    def write(self, plan: LaunchPlan) -> None:
        """Writes a launch with everything that it carries."""
        draft = self.decide(plan)
        mission = self.write_mission(draft)
        turn_around = self.count(draft)
        self.write_launch(draft, mission, turn_around)
        carried = self.write_rocket(draft, draft.config) if draft.config else []
        brought = carried if draft.delivered else []
        if plan.flights:
            write_craft_flights(self.world, self.allocator, self.corps, plan.flights, draft.id, brought)
        else:
            dock_payloads(self.world, self.allocator, brought, plan.net)

    def decide(self, plan: LaunchPlan) -> LaunchDraft:
        """Chooses the vehicle, the pad and the outcome of a launch."""
        world, cycles = self.world, self.world.cycles
        planned = plan.net > world.now
        status: int | None = SUCCESS
        if planned:
            status = self.planned_status(plan.net)
        elif plan.failed:
            status = FAILURE
        elif not plan.flights and cycles.lacks("launch.status", 13):
            status = None
        elif cycles.once_in("partial failure", 37):
            status = PARTIAL_FAILURE
        known = plan.flights or not cycles.lacks("launch.rocket", 19)
        config = world.pick(self.configs) if known else None
        provider = (config and config.manufacturer) or world.pick(world.providers)
        pad = None if cycles.lacks("launch.pad", 15) else world.pick(world.pads_of[provider])
        number = UUID(int=world.random.getrandbits(128), version=4)
        return LaunchDraft(plan, number, status, provider, config, pad, flown=not planned)

    def planned_status(self, net: datetime) -> int | None:
        """The id of the status of a launch to come: the sooner, the surer."""
        cycles = self.world.cycles
        if self.world.hostile:
            return HOSTILE_PLANNED[cycles.next("status to come", len(HOSTILE_PLANNED))]
        if cycles.once_in("on hold", 25):
            return ON_HOLD
        ahead = net - self.world.now
        return GO if ahead < 10 * DAY else TO_BE_CONFIRMED if ahead < 45 * DAY else TO_BE_DETERMINED

    def count(self, draft: LaunchDraft) -> timedelta:
        """Counts the launch in all tallies; returns the time since the launch before from its pad."""
        plan, net = draft.plan, draft.plan.net
        places: list[Tally] = []
        turn_around = ZERO
        if draft.pad:
            location = draft.pad.location
            places.append(self.world.tally(draft.pad))
            if location:
                places.append(self.world.tally(location))
            if location and location.celestial_body_id:
                places.append(self.world.tally_of(CelestialBody, location.celestial_body_id))
            last = self.last_from.get(draft.pad.pk)
            turn_around = net - last if last else ZERO
            self.last_from[draft.pad.pk] = net
            if last and net <= self.world.now:
                places[0].count_turnaround(turn_around)
        makers: list[Any] = [draft.config, *self.world.families_of[draft.config]] if draft.config else []
        craft = [
            row for flight in plan.flights for row in (flight.craft.config.row, *flight.craft.config.families)
        ]
        for counted in (*places, *(self.world.tally(row) for row in (draft.provider, *makers, *craft))):
            if draft.flown:
                counted.count_launch(net, draft.success, orbital=not plan.suborbital)
            else:
                counted.pending += 1
        return turn_around

    def attempt_numbers(self, draft: LaunchDraft) -> dict[str, int | None]:
        """The attempt numbers of the launch."""
        plan, pad = draft.plan, draft.pad
        place = pad.location_id if pad else None
        of: dict[str, Any] = {
            "orbital": None if plan.suborbital else "all",
            "location": place,
            "pad": pad.pk if pad else None,
            "agency": draft.provider.pk,
        }
        found: dict[str, int | None] = {}
        for what, which in of.items():
            known = which is not None
            number, in_year = self.numbers[what, which].next(plan.net) if known else (None, None)
            found[f"{what}_launch_attempt_count"] = number
            found[f"{what}_launch_attempt_count_year"] = in_year
        return found

    def write_mission(self, draft: LaunchDraft) -> tuple[int | None, str]:
        """Writes the mission, unless it is not known; returns its id and its name.

        Real launches whose mission or orbit is not known lie far back.
        """
        world, cycles, plan = self.world, self.world.cycles, draft.plan
        unknown = 0.02 if plan.net < world.now - 1000 * DAY else 0
        name = world.words.name()
        if not plan.suborbital and cycles.lacks("launch.mission", 17, unknown):
            return None, name
        orbit = cycles.nullable("mission.orbit", world.pick(TO_ORBIT), 9, unknown)
        kind = world.word_for(MissionType)
        mission = world.writer.add(
            Mission,
            name=name,
            type_id=kind,
            type_name=MISSION_TYPES[kind - 1],
            description=world.words.prose(4000),
            image_id=world.image("mission.image", share=0.95),
            orbit_id=SUBORBITAL if plan.suborbital else orbit,
        )
        agencies = cycles.some("mission.agencies", world.writer.ids(Agency), 2)
        world.writer.add_links(Mission, "agencies", mission, agencies)
        cover_mission(world, mission)
        return mission, name

    def write_launch(
        self, draft: LaunchDraft, mission: tuple[int | None, str], turn_around: timedelta
    ) -> None:
        """Writes the launch itself."""
        world, cycles, words, plan = self.world, self.world.cycles, self.world.words, draft.plan
        net, planned = plan.net, plan.net > world.now
        last_updated = world.now - world.seconds(HOUR, 90 * DAY) if planned else min(net + DAY, world.now)
        key, about = mission
        rocket = draft.config.name if draft.config else "Unknown rocket"
        numbers = self.attempt_numbers(draft)
        in_year = numbers["orbital_launch_attempt_count_year"]
        no_reason = None if world.hostile else ""
        designator = f"{net.year}-{in_year:03}" if draft.delivered and in_year else None
        world.writer.add(
            Launch,
            id=draft.id,
            name=f"{rocket} | {about}",
            slug=slugify(f"{rocket} {about} {str(draft.id)[:8]}"),
            launch_designator=designator,
            status_id=draft.status,
            last_updated=last_updated,
            net=net,
            net_precision_id=world.precision("launch.precision", net),
            window_start=net - world.seconds(ZERO, HOUR) * (cycles.next("window", 3) > 0),
            window_end=net + world.seconds(ZERO, 4 * HOUR),
            image_id=world.image("launch.image", share=0.08),
            infographic=cycles.nullable(
                "launch.infographic", f"{HOST}/infographics/{draft.id}.png", share=0.95
            ),
            probability=cycles.nullable("launch.probability", world.random.randrange(0, 101), 3, share=0.85),
            weather_concerns=cycles.nullable("launch.weather", words.prose(255, lines=1), 3, share=0.95),
            failreason=words.prose(2048) if draft.flown and draft.success is False else no_reason,
            hashtag=cycles.nullable("launch.hashtag", f"#{words.word()}", share=0.97),
            launch_service_provider_id=draft.provider.pk,
            mission_id=key,
            pad_id=draft.pad.pk if draft.pad else None,
            webcast_live=not planned and world.now - net < HOUR,
            flightclub_url=cycles.nullable("launch.flightclub", words.page("flightclub"), share=0.85),
            pad_turnaround=turn_around,
            totals_read_at=world.now,
            **numbers,
        )
        world.writer.add_links(Launch, "program", draft.id, some_programs(world, "launch.program"))
        patches = cycles.some("launch.patches", world.patches[:-4], 2)
        world.writer.add_links(Launch, "mission_patches", draft.id, patches)
        cover_launch(world, draft.id, net)
        if len(world.some_launches) < 2000:
            world.some_launches.append(draft.id)

    def write_rocket(self, draft: LaunchDraft, config: LauncherConfig) -> list[LaunchedPayload]:
        """Writes the rocket, its stages and the payloads; returns the payloads."""
        world, plan = self.world, draft.plan
        number = world.writer.next_id(Rocket)
        world.writer.add_rows(Rocket(launch_id=draft.id, number=number, configuration=config))
        if draft.flown:
            landings = write_flown_stages(
                world, self.booster_pool, config, draft.id, plan.net, draft.delivered
            )
            counting = (draft.provider, config, *world.families_of[config])
            for landed in landings:
                for row in counting:
                    world.tally(row).landings.count(landed)
        else:
            write_planned_stages(world, self.booster_pool, config, draft.id)
        payloads = (0, 0, 1, 0, 2) if plan.flights else (1, 2, 1, 3, 0)
        number_of_payloads = payloads[world.cycles.next("payloads", len(payloads))]
        return [write_payload(world, draft.id, plan.net, draft.delivered) for _ in range(number_of_payloads)]


def plan_launches(world: World, fleet: Sequence[Craft]) -> list[LaunchPlan]:
    """Plans all launches: those of craft, some of which share one, and those of payloads only."""
    plans, riders = [], []
    for craft in fleet:
        for flight in craft.flights:
            kind = flight.craft.config.kind
            rides = kind.rides and flight.end and not flight.failed
            if rides and world.cycles.once_in("a ride", 2):
                riders.append(flight)
            else:
                plans.append(LaunchPlan(flight.net, [flight], flight.failed, kind.suborbital))
    share_launches(world, riders, plans)
    for number in range(int(world.craft * 0.6) + 40):
        plans.append(LaunchPlan(world.instant(world.beginning, world.now - HOUR), failed=number % 29 == 3))
        plans[-1].suborbital = number % 9 == 0
    plans += [LaunchPlan(world.now - step * 5 * HOUR, failed=step == 3) for step in (1, 3)]  # recent
    plans += [
        LaunchPlan(future_instant(world), suborbital=number % 9 == 0)
        for number in range(world.number_of(8, 40 if world.hostile else 120, 4000))
    ]
    in_order = sorted(plans, key=lambda plan: plan.net)
    for before, plan in pairwise(in_order):
        if plan.net <= before.net:
            plan.net = before.net + timedelta(seconds=1)
        for flight in plan.flights:
            flight.net = plan.net
    return in_order


def share_launches(world: World, riders: Sequence[Flight], plans: list[LaunchPlan]) -> None:
    """Moves craft to launches of craft of other families, so that no family flies twice on one launch."""
    hosts = [plan for plan in plans if plan.net < world.now and plan.flights[0].craft.config.kind.docks]
    for rider in riders:
        config, host = rider.craft.config, world.pick(hosts)
        other = host.flights[0].craft.config
        unrelated = other is not config and not set(other.families) & set(config.families)
        if len(host.flights) > 1 or not unrelated:
            plans.append(LaunchPlan(rider.net, [rider]))
            continue
        host.flights.append(rider)
        rider.net, rider.failed = host.net, host.failed
        if rider.failed:
            rider.end, rider.landed = host.flights[0].end, None
            continue
        rider.end = rider.net + world.seconds(config.kind.shortest, config.kind.longest)
        if rider.end > world.now - HOUR:
            rider.end, rider.landed = None, None
