"""The entries of a timeline, and their order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cosmodrome.time import clock
from cosmodrome.time.as_of import as_of, requested_as_of

ENTRY_KINDS = (
    "founding",
    "launch",
    "docking",
    "expedition_start",
    "undocking",
    "expedition_end",
    "landing",
    "deorbit",
)
"""The kinds of entries; entries of one instant are in this order."""

OUTCOMES = ("success", "partial_failure", "failure")
"""The outcomes of launches and landings; a landing has no partial failures."""


@dataclass(frozen=True)
class TimelineEntry:
    """One event, at a known instant."""

    kind: str
    record: Any
    """The row that the entry comes from: a flight, a docking event, an expedition, a station."""
    instant: datetime
    title: str
    """A sentence for people."""
    began: datetime | None = None
    """For an end, such as an undocking: the instant at which this began; None if not known, or for no end."""
    published_duration: timedelta | None = None
    """For an end: the published duration, where `began` is not known."""
    precision: str | None = None
    """The precision of the instant, in the contract's words (`Month`); None if it is not stated."""
    flight: Any = None
    """The flight of a spacecraft that the entry belongs to; at a station, the visitor's."""
    launch: Any = None
    """The launch of that flight, or of the visiting payload's."""
    docking: Any = None
    """The `Docking` that begins or ends here."""
    expedition: Any = None
    """The expedition that begins or ends here."""
    outcome: str | None = None
    """For a launch or a landing: one of `OUTCOMES`; None if it is not known, and for other entries."""
    last_updated: datetime | None = None
    """The last change of what is told, as far as it is known: of the launch, else of the owner's totals."""

    @property
    def id(self) -> str:
        """Identifies the event on every server and in every timeline: `dockingevent-17-undocking`."""
        return f"{self.record._meta.model_name}-{self.record.pk}-{self.kind}"

    @property
    def planned(self) -> bool:
        """Whether the event is still to come: it waits for a launch that does, or for its instant."""
        if self.launch is not None and self.launch.is_to_come:
            return True
        then = requested_as_of()
        if then is not None:
            return self.instant > then
        # `as_of()` makes the response depend on the clock; the answer for a past event does not.
        return self.instant > clock.unrecorded_now() and self.instant > as_of()

    @property
    def duration(self) -> timedelta | None:
        """For an end: the duration since `began`, else the published one.

        None for an entry that is no end, if no duration is known, or if it would be below zero.
        """
        if self.began is None:
            return self.published_duration
        lasted = self.instant - self.began
        return lasted if lasted >= timedelta(0) else None


def sort_entries(entries: Iterable[TimelineEntry]) -> list[TimelineEntry]:
    """Sorts by instant.  At one instant, what began earlier ends first, as when a craft changes ports."""

    def place(one: TimelineEntry) -> tuple[datetime, int, int, int]:
        is_end = one.kind in ("undocking", "expedition_end", "landing", "deorbit")
        rank = 2 if one.began == one.instant else 0 if is_end else 1
        return one.instant, rank, ENTRY_KINDS.index(one.kind), one.record.pk

    return sorted(entries, key=place)
