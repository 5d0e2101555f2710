"""Editions: what stores made from the catalogue hold, and for which instants each is right.

Derived values are settled as of an instant, and stay right until the next time trigger: an instant in the
catalogue that changes derived values when it comes.  A data version is published with values that were
settled when it was made.  Where its trigger has come and nobody could settle it in the database, a reader
settles it privately (`private`), which is another edition of the same version.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import NamedTuple

from cosmodrome.time import clock
from cosmodrome.time.clock import EPOCH, LAST, MICROSECOND


class Edition(NamedTuple):
    """A state of the catalogue, with its derived values: equal editions have equal rows."""

    version: int
    settled_at: datetime | None = None
    """The instant as of which readers have settled it for themselves; None: as it is published."""


@dataclass(frozen=True)
class Settled:
    """The instants for which derived values are right: from `since` until `until`."""

    since: datetime
    until: datetime

    def holds_at(self, now: datetime) -> bool:
        """Whether the values are right at an instant."""
        return self.since <= now < self.until


ALWAYS = Settled(EPOCH.min.replace(tzinfo=EPOCH.tzinfo), LAST)


@dataclass(frozen=True)
class Standpoint:
    """The ground of an answer: an edition, and the instant that is the present for it."""

    edition: Edition
    instant: datetime
    until: datetime
    """From `instant` until then, by the clock, the edition is right."""


class KnownEditions:
    """The editions that this process has met lately, and for which instants each is right."""

    MOST = 4

    def __init__(self) -> None:
        self._lock = Lock()
        self._settled: dict[Edition, Settled] = {}
        self.grace = 0.0
        """The real seconds after a trigger in which answers are of the moment before it: the settler has
        them; 0: there is none."""

    def add(self, edition: Edition, settled: Settled) -> None:
        """Notes for which instants an edition is right."""
        with self._lock:
            self._settled[edition] = settled
            while len(self._settled) > self.MOST:
                del self._settled[next(iter(self._settled))]

    def published(self, version: int) -> Settled | None:
        """Returns for which instants a version is right as it is published; None: not known."""
        return self._settled.get(Edition(version))

    def settled_at(self, version: int, now: datetime) -> datetime | None:
        """Returns as of which instant readers have settled a version for `now`; None: they have not."""
        known = self.of(version)
        return next(
            (each.settled_at for each, settled in known if each.settled_at and settled.holds_at(now)), None
        )

    def of(self, version: int) -> list[tuple[Edition, Settled]]:
        """Returns the known editions of a version."""
        with self._lock:
            return [each for each in self._settled.items() if each[0].version == version]

    def standpoint(self, version: int, now: datetime) -> Standpoint | None:
        """Returns from where to answer at an instant; None: a version is not known, or has to be settled."""
        for edition, settled in self.of(version):
            if settled.holds_at(now):
                return Standpoint(edition, now, settled.until)
        published = self.published(version)
        if published is None or not -self.grace < clock.seconds_until(published.until) <= 0:
            return None
        return Standpoint(Edition(version), last_moment(published), published.until)


def last_moment(settled: Settled) -> datetime:
    """Returns the last instant at which derived values are right."""
    return max(settled.since, settled.until - MICROSECOND)


EDITIONS = KnownEditions()
