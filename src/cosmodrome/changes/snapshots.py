"""Consistent reads: an answer is made from one data version, and its validity is known."""

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
"""Key of the WSGI environ for the layer that answered: the cache, fragments or Django."""
FRAGMENTS = "fragments"
"""The layer that answers with stored fragments of records."""
ROUTE = "cosmodrome.route"
"""Key of the WSGI environ for the route of the request, as `/2.3.0/spacecraft/<pk>/`."""
VALIDITY = "cosmodrome.reading"
"""Key of the WSGI environ for the `Validity` of the answer."""
MOST_REFRESHES = 2
"""Refreshes before a read: if a third one is due, the clock is so fast that the read goes ahead."""
SECOND = timedelta(seconds=1)


@dataclass
class Validity:
    """The data version that an answer was made from, and the instants for which the answer is valid."""

    version: int
    since: datetime
    until: datetime
    """From `since` until `until`, by the clock, the same version gives the same answer."""

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
    with reading_only(), transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.wrap_database_errors:
                connection.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def reading_only() -> Iterator[None]:
    """Makes SQLite begin transactions without the write lock, so that they do not wait for a writer."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()  # connecting sets the transaction mode from the settings
    wrapper: Any = connection
    before, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = before


@contextmanager
def refreshed_snapshot() -> Iterator[Validity]:
    """Opens a snapshot in which the values that time alone changes are up to date; yields its validity.

    The validity is complete after the block: it is limited to a second if the block reads the clock.
    """
    for refreshes in range(MOST_REFRESHES + 1):
        with snapshot():
            now = clock.now()
            version = data_version()
            until = changes.valid_until(version, now)
            if until > now or refreshes == MOST_REFRESHES:
                validity = Validity(version, now.replace(microsecond=0), until)
                with clock.recorded_reads() as reads:
                    yield validity
                if reads.first:
                    validity.limit_to_second(reads.first)
                return
        changes.refresh(now)
