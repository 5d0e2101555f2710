"""The whole catalogue, invented and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import models

from cosmodrome.changes.transactions import changing
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.synth.agencies import make_agencies, make_programs, share_pads, write_agencies
from cosmodrome.synth.crews import write_corps
from cosmodrome.synth.events import write_happenings
from cosmodrome.synth.fleet import make_builds, make_fleet, write_fleet
from cosmodrome.synth.history import History, plan_launches
from cosmodrome.synth.payloads import make_unlaunched
from cosmodrome.synth.places import make_places, write_places
from cosmodrome.synth.stations import make_stations, write_stations
from cosmodrome.synth.vehicles import make_vehicles, write_vehicles
from cosmodrome.synth.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""When the world stands still if nobody says otherwise: the same seed makes the same rows on any day."""


@dataclass(frozen=True)
class Invented:
    """What was made: rows by table, in all."""

    rows: Mapping[type[models.Model], int]

    @property
    def total(self) -> int:
        """All rows, those between two tables among them."""
        return sum(self.rows.values())


def invent(craft: int, seed: int = 1, now: datetime = NOW, progress: Progress = NO_PROGRESS) -> Invented:
    """Fills the catalogue, which has to be empty, with a fleet of so many craft: all of it or nothing.

    The same numbers and the same `now` make the same rows, and nothing else decides: neither the day nor
    the database.
    """
    now = now.replace(microsecond=0)
    with changing() as change:
        world = World(craft, seed, now)
        make_agencies(world)
        make_programs(world)
        make_places(world)
        share_pads(world)
        make_vehicles(world)
        harbour = make_stations(world)
        builds = make_builds(world)
        fleet = make_fleet(world, builds)
        plans = plan_launches(world, fleet)
        progress.begin_stage("launching", len(plans))
        history = History(world, harbour)
        for plan in plans:
            history.tell(plan)
            progress.advance(1)
        steps: list[Callable[[], None]] = [
            lambda: make_unlaunched(world, harbour),
            lambda: write_fleet(world, fleet, builds),
            lambda: write_corps(world, history.corps),
            lambda: write_vehicles(world, history.hangar),
            lambda: write_stations(world, harbour),
            lambda: write_places(world),
            lambda: write_agencies(world),
            lambda: write_happenings(world),
            world.writer.finish,
        ]
        progress.begin_stage("adding up", len(steps))
        for step in steps:
            step()
            progress.advance(1)
        change.all_rows_changed()
    return Invented(world.writer.written)
