"""Consistent reads: an answer is made from one data version, and its validity is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from cosmodrome.changes import transactions as changes
from cosmodrome.changes.editions import EDITIONS, Edition, Standpoint
from cosmodrome.changes.private import PRIVATE, privately_settled, read_transaction
from cosmodrome.changes.versions import data_version
from cosmodrome.time import clock
from cosmodrome.time.as_of import fixed_instant

LAYER = "cosmodrome.layer"
"""Key of the WSGI environ for the layer that answered: the cache, fragments or Django."""
FRAGMENTS = "fragments"
"""The layer that answers with stored fragments of records."""
ROUTE = "cosmodrome.route"
"""Key of the WSGI environ for the route of the request, as `/2.3.0/spacecraft/<pk>/`."""
VALIDITY = "cosmodrome.reading"
"""Key of the WSGI environ for the `Validity` of the answer."""
SECOND = timedelta(seconds=1)


@dataclass
class Validity:
    """The data version that an answer was made from, and the instants for which the answer is valid."""

    version: int
    since: datetime
    until: datetime
    """From `since` until `until`, by the clock, the same version gives the same answer."""
    settled_at: datetime | None = None
    """The instant as of which derived values were settled for the answer; None: as they are published."""

    @classmethod
    def of(cls, standpoint: Standpoint) -> Validity:
        """Returns the validity of an answer that is made from there and does not depend on the clock."""
        version, settled_at = standpoint.edition
        return cls(version, standpoint.instant.replace(microsecond=0), standpoint.until, settled_at)

    @property
    def edition(self) -> Edition:
        """The edition that the answer was made from."""
        return Edition(self.version, self.settled_at)

    def limit_to_second(self, instant: datetime) -> None:
        """Limits the validity to the second of an instant, because the answer depends on the clock."""
        second = instant.replace(microsecond=0)
        self.since = min(self.since, second)
        self.until = min(self.until, second + SECOND if second <= clock.LAST - SECOND else clock.LAST)


@contextmanager
def snapshot() -> Iterator[None]:
    """Opens a transaction in which all reads see one state; it neither waits for a writer nor blocks one."""
    if connection.in_atomic_block:
        yield
        return
    with read_transaction():
        yield


@contextmanager
def settled_snapshot() -> Iterator[Validity]:
    """Opens a snapshot in which the values that time alone changes are right; yields its validity.

    Nothing is written.  If a time trigger has come that nobody has settled yet, the present of the block is
    the moment before it, for as long as the settler may need; later, the block sees values that are settled
    for it alone.  The clock stands still in the block.  The validity is complete after it: it is limited
    to a second if the block reads the clock.
    """
    with snapshot():
        standpoint = published_standpoint()
        if standpoint is not None:
            PRIVATE.close()
            with answered_from(standpoint) as validity:
                yield validity
            return
    with privately_settled() as standpoint, answered_from(standpoint) as validity:
        yield validity


def published_standpoint() -> Standpoint | None:
    """Returns from where to answer with published values; None if they are not right at the present."""
    version = data_version()  # before the clock: a version is settled as of no later instant
    now = clock.now()
    if EDITIONS.published(version) is None:
        settled = changes.settled()
        if settled is None:
            return None
        EDITIONS.add(Edition(version), settled)
    standpoint = EDITIONS.standpoint(version, now)
    return standpoint if standpoint is not None and standpoint.edition == Edition(version) else None


@contextmanager
def answered_from(standpoint: Standpoint) -> Iterator[Validity]:
    """Holds the clock at the instant of a standpoint; yields the validity of what the block makes."""
    validity = Validity.of(standpoint)
    with clock.held_at(standpoint.instant), fixed_instant(), clock.recorded_reads() as reads:
        yield validity
    if reads.first:
        validity.limit_to_second(reads.first)
