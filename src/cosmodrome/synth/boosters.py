"""Boosters, and which of them may fly again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cosmodrome.catalogue.vehicles import Launcher, LauncherConfig
from cosmodrome.synth.words import SHORT_MARK
from cosmodrome.synth.world import World

ACTIVE_LAUNCHER, UNKNOWN_LAUNCHER, EXPENDED_LAUNCHER, LOST_LAUNCHER = 1, 3, 4, 5
"""Ids of launcher statuses."""

REFURBISHMENT = timedelta(days=12)
"""The shortest time between two flights of a booster."""


@dataclass(slots=True)
class Booster:
    """A launcher and its flights so far."""

    row: Launcher
    flights: int = 0
    landed: int = 0
    attempted: int = 0
    first: datetime | None = None
    last: datetime | None = None
    last_launch: UUID | None = None
    fastest: timedelta | None = None
    staged: bool = False
    """Whether the booster is on any launch, including launches to come."""


class BoosterPool:
    """All boosters, and for each configuration those that may fly again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.all: list[Booster] = []
        self.ready: dict[int, list[Booster]] = {}

    def take(self, config: LauncherConfig, net: datetime) -> Booster:
        """Returns a booster for a launch at `net`: a flown one if one is ready, else a new one."""
        ready = self.ready.setdefault(config.pk, [])
        for position, booster in enumerate(ready):
            if booster.last is not None and booster.last + REFURBISHMENT < net:
                return ready.pop(position)
        return self.make_booster(config)

    def release(self, config: LauncherConfig, booster: Booster) -> None:
        """Makes a booster that has landed available again, up to twelve flights."""
        if booster.flights < 12:
            self.ready.setdefault(config.pk, []).append(booster)

    def make_booster(self, config: LauncherConfig, placeholder: bool = False) -> Booster:
        """Makes a booster; a placeholder stands for one that is not chosen yet."""
        cycles = self.world.cycles
        number = self.world.writer.next_id(Launcher)
        row = Launcher(
            id=number,
            serial_number=None
            if placeholder
            else cycles.nullable("launcher.serial", f"{SHORT_MARK}{number:06}", 13),
            is_placeholder=placeholder,
            status_id=cycles.nullable(
                "launcher.status", UNKNOWN_LAUNCHER if placeholder else ACTIVE_LAUNCHER, 11
            ),
            image_id=self.world.image("launcher.image", share=0.05),
            details=self.world.words.prose(2048, lines=1),
            launcher_config=cycles.nullable("launcher.config", config, 17) if placeholder else config,
        )
        self.all.append(Booster(row))
        return self.all[-1]
