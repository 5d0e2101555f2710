"""Invents and writes the whole catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import models

from cosmodrome.changes.transactions import atomic_change
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.synth.agencies import make_agencies, make_programs, share_pads, write_agencies
from cosmodrome.synth.crews import write_corps
from cosmodrome.synth.events import write_events_and_news
from cosmodrome.synth.fleet import make_craft_configs, make_fleet, write_fleet
from cosmodrome.synth.history import LaunchHistory, plan_launches
from cosmodrome.synth.payloads import make_unlaunched
from cosmodrome.synth.places import make_places, write_places
from cosmodrome.synth.stations import make_stations, write_stations
from cosmodrome.synth.vehicles import make_vehicles, write_vehicles
from cosmodrome.synth.world import World

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""The default instant of the world, a constant so that the same seed makes the same rows on any day."""

NOT_EMPTY = (
    "The catalogue is not empty, and invented records do not mix with others: "
    "choose another place with COSMODROME_DATA_DIR or COSMODROME_DATABASE_URL."
)
YEARS = range(1900, 2901)
"""The years in which an instant of the world leaves room for its history and its plans."""


class NotEmptyError(Exception):
    """There are records, perhaps made by someone else while this waited; the text is a sentence."""


@dataclass(frozen=True)
class Invented:
    """The number of rows that were written, by table."""

    rows: Mapping[type[models.Model], int]

    @property
    def total(self) -> int:
        """The number of all rows, those of many-to-many tables among them."""
        return sum(self.rows.values())


def invent(
    craft: int,
    seed: int = 1,
    now: datetime = NOW,
    progress: Progress = NO_PROGRESS,
    hostile: bool = False,
) -> Invented:
    """Fills the catalogue, which must be empty, with a fleet of so many craft, in one transaction.

    Values are null as rarely as in real records; with `hostile`, wherever the contract allows it.
    The same arguments make the same rows, on any day and in any database.  Raises NotEmptyError.
    """
    now = now.replace(microsecond=0)
    with atomic_change() as change:
        if any(resource.rows().exists() for resource in RESOURCES.values()):
            raise NotEmptyError(NOT_EMPTY)
        world = World(craft, seed, now, hostile)
        make_agencies(world)
        make_programs(world)
        make_places(world)
        share_pads(world)
        make_vehicles(world)
        allocator = make_stations(world)
        configs = make_craft_configs(world)
        fleet = make_fleet(world, configs)
        plans = plan_launches(world, fleet)
        progress.begin_stage("launching", len(plans))
        history = LaunchHistory(world, allocator)
        for plan in plans:
            history.write(plan)
            progress.advance(1)
        steps: list[Callable[[], None]] = [
            lambda: make_unlaunched(world, allocator),
            lambda: write_fleet(world, fleet, configs),
            lambda: write_corps(world, history.corps),
            lambda: write_vehicles(world, history.booster_pool),
            lambda: write_stations(world, allocator),
            lambda: write_places(world),
            lambda: write_agencies(world),
            lambda: write_events_and_news(world),
            world.writer.flush,
        ]
        progress.begin_stage("adding up", len(steps))
        for step in steps:
            step()
            progress.advance(1)
        change.all_rows_changed()
    return Invented(world.writer.written)
