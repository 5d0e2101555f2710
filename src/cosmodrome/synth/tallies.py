"""What is counted of launches and landings, and the rules by which.

A launch counts when it has flown: its `net` is not after now and its status is Success, Failure or
Partial Failure.  Partial failures count as failures.  One that is still to come is pending.  A launch of
which no status is known counts nowhere and has no numbers.  A landing counts when it was attempted.

Where there is nothing to count, totals are either zero or not known (null).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

SUCCESS, FAILURE, PARTIAL_FAILURE = 3, 4, 7
"""Ids of launch statuses."""


@dataclass(slots=True)
class Outcomes:
    """How often something was tried, and how it went."""

    successful: int = 0
    failed: int = 0
    in_a_row: int = 0
    """Successes since the last failure."""

    @property
    def tried(self) -> int:
        """All attempts."""
        return self.successful + self.failed

    def count(self, success: bool) -> None:
        """One more attempt, the latest."""
        if success:
            self.successful += 1
            self.in_a_row += 1
        else:
            self.failed += 1
            self.in_a_row = 0


@dataclass(slots=True)
class Tally:
    """What is counted for one agency, configuration, pad or place."""

    launches: Outcomes = field(default_factory=Outcomes)
    pending: int = 0
    landings: Outcomes = field(default_factory=Outcomes)
    craft_landings: Outcomes = field(default_factory=Outcomes)
    payload_landings: Outcomes = field(default_factory=Outcomes)
    first: datetime | None = None
    """The first launch that has flown."""
    orbital: int = 0
    """Launches to orbit that have flown."""
    craft: int = 0
    """Craft that have flown."""
    fastest: timedelta | None = None

    def flew(self, net: datetime, success: bool, orbital: bool = True) -> None:
        """A launch has flown, the latest so far."""
        self.launches.count(success)
        self.orbital += orbital
        self.first = self.first or net

    def turned_around(self, time: timedelta | None) -> None:
        """Something was made ready again in `time`."""
        if time is not None:
            self.fastest = time if self.fastest is None else min(self.fastest, time)

    @property
    def maiden_flight(self) -> date | None:
        """The day of the first launch."""
        return self.first.date() if self.first else None


@dataclass(slots=True)
class Numbering:
    """Launches numbered as they come: all of them, and those of each calendar year."""

    overall: int = 0
    year: int = 0
    this_year: int = 0

    def next(self, net: datetime) -> tuple[int, int]:
        """The numbers of the launch at `net`, overall and in its year; launches come in time's order."""
        self.overall += 1
        self.this_year = self.this_year + 1 if net.year == self.year else 1
        self.year = net.year
        return self.overall, self.this_year


def of_launches(launches: Outcomes, pending: int) -> dict[str, Any]:
    """The five columns that tell of launches."""
    return {
        "total_launch_count": launches.tried,
        "consecutive_successful_launches": launches.in_a_row,
        "successful_launches": launches.successful,
        "failed_launches": launches.failed,
        "pending_launches": pending,
    }


def of_landings(landings: Outcomes, suffix: str = "") -> dict[str, Any]:
    """The three columns that tell of landings."""
    return {
        f"attempted_landings{suffix}": landings.tried,
        f"successful_landings{suffix}": landings.successful,
        f"failed_landings{suffix}": landings.failed,
    }
