"""Answers of one piece: all that one is made of is of one data version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from cosmodrome.changes import transactions as changes
from cosmodrome.changes.versions import data_version
from cosmodrome.time import clock

LAYER = "cosmodrome.layer"
"""Where it is told who has answered, among what WSGI tells of the request: cache, documents or django."""
FRAGMENTS = "fragments"
"""The layer that answers with stored fragments of records."""
ROUTE = "cosmodrome.route"
"""Where it is told which of our addresses was asked, as `/2.3.0/spacecraft/<pk>/`."""
VALIDITY = "cosmodrome.reading"
"""Where an answer's `Validity` is put, among what WSGI tells of the request."""
ATTEMPTS = 3
"""After so many the clock is so fast that something has happened before an answer can begin."""
SECOND = timedelta(seconds=1)


@dataclass
class Validity:
    """What an answer was made of, and as of when."""

    version: int
    since: datetime
    until: datetime
    """From when and until when, by the clock, the same version gives the same answer."""

    def ends_with_its_second(self, asked_at: datetime) -> None:
        """The answer says or hangs on what time it is."""
        second = asked_at.replace(microsecond=0)
        self.since = min(self.since, second)
        self.until = min(self.until, second + SECOND if second <= clock.LAST - SECOND else clock.LAST)


@contextmanager
def snapshot() -> Iterator[None]:
    """All that is read in the block is as it was at one instant, and nobody waits for anyone."""
    if connection.in_atomic_block:
        yield
        return
    with reading_only(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors:
                connection.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def reading_only() -> Iterator[None]:
    """Lets SQLite begin transactions that do not wait for the one who writes."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()  # which reads how transactions are to begin
    wrapper: Any = connection
    kept, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = kept


@contextmanager
def settled() -> Iterator[Validity]:
    """A snapshot in which what changes by the mere passing of time is as of now."""
    for attempt in range(1, ATTEMPTS + 1):
        with snapshot():
            now = clock.now()
            version = data_version()
            until = changes.valid_until(version, now)
            if until > now or attempt == ATTEMPTS:
                reading = Validity(version, now.replace(microsecond=0), until)
                with clock.recorded_reads() as reads:
                    yield reading
                if reads.first:
                    reading.ends_with_its_second(reads.first)
                return
        changes.settle(now)
