"""Counts launches and landings for the totals of agencies, configurations, pads and places.

A launch counts when it has flown.  Partial failures count as failures; one without a status is neither a
success nor a failure.  A launch that is still to come is pending.  A landing counts when it was attempted.

Where there is nothing to count, totals are either zero or not known (null).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any


@dataclass(slots=True)
class Outcomes:
    """The numbers of successes and failures."""

    attempted: int = 0
    successful: int = 0
    failed: int = 0
    in_a_row: int = 0
    """The number of successes since the last failure."""

    def count(self, success: bool | None) -> None:
        """Counts one more attempt, the latest; None: its outcome is not known."""
        self.attempted += 1
        if success:
            self.successful += 1
            self.in_a_row += 1
        elif success is False:
            self.failed += 1
            self.in_a_row = 0


@dataclass(slots=True)
class Tally:
    """The counters of one agency, configuration, pad or place."""

    launches: Outcomes = field(default_factory=Outcomes)
    pending: int = 0
    landings: Outcomes = field(default_factory=Outcomes)
    craft_landings: Outcomes = field(default_factory=Outcomes)
    payload_landings: Outcomes = field(default_factory=Outcomes)
    first: datetime | None = None
    """The instant of the first launch that has flown."""
    orbital: int = 0
    """The number of launches to orbit that have flown."""
    craft: int = 0
    """The number of craft that have flown."""
    fastest: timedelta | None = None

    def count_launch(self, net: datetime, success: bool | None, orbital: bool = True) -> None:
        """Counts a launch that has flown, the latest so far."""
        self.launches.count(success)
        self.orbital += orbital
        self.first = self.first or net

    def count_turnaround(self, time: timedelta | None) -> None:
        """Takes a turnaround into account for the fastest one."""
        if time is not None:
            self.fastest = time if self.fastest is None else min(self.fastest, time)

    @property
    def maiden_flight(self) -> date | None:
        """The day of the first launch."""
        return self.first.date() if self.first else None


@dataclass(slots=True)
class Numbering:
    """Numbers launches in the order of time: overall, and in each calendar year."""

    overall: int = 0
    year: int = 0
    this_year: int = 0

    def next(self, net: datetime) -> tuple[int, int]:
        """Returns the numbers of the launch at `net`, overall and in its year."""
        self.overall += 1
        self.this_year = self.this_year + 1 if net.year == self.year else 1
        self.year = net.year
        return self.overall, self.this_year


def launch_totals(launches: Outcomes, pending: int) -> dict[str, Any]:
    """The five launch counters, by column."""
    return {
        "total_launch_count": launches.attempted,
        "consecutive_successful_launches": launches.in_a_row,
        "successful_launches": launches.successful,
        "failed_launches": launches.failed,
        "pending_launches": pending,
    }


def landing_totals(landings: Outcomes, suffix: str = "") -> dict[str, Any]:
    """The three landing counters, by column."""
    return {
        f"attempted_landings{suffix}": landings.attempted,
        f"successful_landings{suffix}": landings.successful,
        f"failed_landings{suffix}": landings.failed,
    }
