"""The parts of a small invented history.  Instants are whole hours since `BEGINNING`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 24
LAST = 60 * DAYS
FOREVER = 9 * LAST

SUCCESS, FAILURE, PARTIAL, GO = 3, 4, 7, 1
TO_COME = (1, 2, 5, 8)
"""Go, TBD, Hold and TBC: such a launch has not flown, whatever its `net` says."""
STATUSES = (*range(1, 10), 77, None)
"""All statuses of launches; one that no client knows of; none."""

KEYS = (1, 2)
"""The ids of craft, people, boosters, pads, stations, agencies, configurations, families and landing locations.

There is one location, with both pads and both landing locations, on one body.
"""
SINGLE_ROW_TABLES = ("Location", "CelestialBody")
"""The tables that have only one row."""

FAMILIES = {1: (1, 2), 2: (2,)}
"""The configurations of each family, both of craft and of launch vehicles."""

Landed = bool | Literal["unknown"] | None
"""The outcome of a landing; None: not attempted."""


@dataclass(frozen=True)
class Flight:
    """A flight of a craft on a launch of its own; without `net` the launch is not dated."""

    id: int
    craft: int
    net: int | None
    end: int | None
    status: int | None = SUCCESS
    launched: bool = True
    """Whether the craft's flight refers to the launch, which exists in any case, with everything else on it."""
    up: tuple[int, ...] = ()
    down: tuple[int, ...] = ()
    pad: int | None = None
    booster: int | None = None
    landing: Landed = None
    """The landing of the booster."""
    craft_landing: Landed = None
    provider: int | None = None
    config: int | None = None
    """The launch vehicle's configuration."""
    orbit: Literal["Suborbital", "Low", "unknown"] | None = None
    """The orbit of the mission; None: there is no mission."""
    operator: int | None = None
    """The agency that operates a payload; None: there is no payload."""
    payload_landing: Landed = None
    place: int | None = None
    """The landing location of booster, craft and payload."""

    @property
    def went(self) -> int | None:
        """The hour of the launch, if it is dated and not still to come."""
        return self.net if self.status not in TO_COME else None

    @property
    def dated(self) -> int | None:
        """The hour of the craft's launch."""
        return self.went if self.launched else None

    def begun(self, at: int) -> bool:
        return self.dated is not None and self.dated <= at

    def over(self, at: int) -> bool:
        return self.begun(at) and self.end is not None and self.end <= at

    def flew(self, at: int) -> bool:
        """Whether the launch has flown, and so counts."""
        return self.went is not None and self.went <= at

    @property
    def succeeded(self) -> bool | None:
        """The outcome of the launch; None: it is not known."""
        return {SUCCESS: True, FAILURE: False, PARTIAL: False}.get(self.status or 0)


@dataclass(frozen=True)
class Docking:
    """A docking of a flight, which may be unknown, to another flight or to a station."""

    id: int
    docking: int
    departure: int | None
    chaser: int | None
    target: int | None
    station: int | None


@dataclass(frozen=True)
class Walk:
    start: int | None
    end: int | None
    crew: tuple[int, ...]


@dataclass(frozen=True)
class History:
    flights: list[Flight]
    dockings: list[Docking] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    deaths: dict[int, int] = field(default_factory=dict)
    """By person: the day of death, in days since `BEGINNING`."""
    births: dict[int, date] = field(default_factory=dict)
    kinds: dict[int, int] = field(default_factory=lambda: {1: 1, 2: 2})
    """The configuration of each craft and of each booster."""
    published: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict, repr=False)
    """Published columns by table and id, with the hour of their reading as `read`; too many to print."""


def instant(hour: int) -> datetime:
    return BEGINNING + timedelta(hours=hour)


def at(hour: int | None) -> datetime | None:
    return None if hour is None else instant(hour)


def span(hours: int) -> timedelta:
    return timedelta(hours=hours)
