"""What a timeline consists of, and in which order it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cosmodrome.time import clock
from cosmodrome.time.as_of import as_of, requested_as_of

KINDS = (
    "founding",
    "launch",
    "docking",
    "expedition_start",
    "undocking",
    "expedition_end",
    "landing",
    "deorbit",
)
"""What can happen; those of one instant stand in this order."""


@dataclass(frozen=True)
class Happening:
    """One event, at a known instant."""

    kind: str
    record: Any
    """The row that tells of it: a flight, a docking event, an expedition, a station."""
    instant: datetime
    title: str
    """A sentence for people."""
    begun: datetime | None = None
    """The instant at which that began which ends here; null if nothing ends or it is not known."""
    published: timedelta | None = None
    """How long it is said to have lasted, for want of an instant at which it began."""
    precision: str | None = None
    """To what the instant is known, in the contract's words (`Month`); null if nobody says."""
    flight: Any = None
    """The flight of a spacecraft that it belongs to; at a station, the visitor's."""
    launch: Any = None
    """The launch of that flight, or of the visiting payload's."""
    docking: Any = None
    """The `Docking` that begins or ends here."""
    expedition: Any = None
    """The expedition that begins or ends here."""

    @property
    def id(self) -> str:
        """Which event it is, on every server and in every timeline: `dockingevent-17-undocking`."""
        return f"{self.record._meta.model_name}-{self.record.pk}-{self.kind}"

    @property
    def planned(self) -> bool:
        """Whether it is still to come."""
        then = requested_as_of()
        if then is not None:
            return self.instant > then
        return (
            self.instant > clock.unrecorded_now() and self.instant > as_of()
        )  # what is over hangs on no clock

    @property
    def duration(self) -> timedelta | None:
        """How long that has lasted which ends here.

        Null if nothing ends, if its beginning is not known, or if it is said to lie after its end.
        """
        if self.begun is None:
            return self.published
        lasted = self.instant - self.begun
        return lasted if lasted >= timedelta(0) else None


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """By instant.  What began earlier ends before anything new begins, as when a port is changed."""

    def place(one: Happening) -> tuple[datetime, int, int, int]:
        is_end = one.kind in ("undocking", "expedition_end", "landing", "deorbit")
        rank = 2 if one.begun == one.instant else 0 if is_end else 1
        return one.instant, rank, KINDS.index(one.kind), one.record.pk

    return sorted(happenings, key=place)
