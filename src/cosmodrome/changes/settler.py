"""The settler: settles the derived values of the catalogue when a time trigger comes, never in a request.

Each worker has one, in a thread of its own; one a machine is elected, by a lock on the data folder, and the
others stand by.  A settling that fails, because another program writes or the disk is full, is tried again.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from django.db import DatabaseError, connection

from cosmodrome.changes import transactions as changes
from cosmodrome.changes.editions import EDITIONS, Edition
from cosmodrome.changes.private import read_transaction
from cosmodrome.changes.versions import data_version
from cosmodrome.database.outages import reason_of
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds after which a settler looks whether a change has brought the next trigger nearer."""
GRACE = 1.0
"""Seconds after a trigger in which answers may be of the moment before it: settling takes a part of that."""
LATE = 5.0
"""Seconds after which settling counts as failed."""
LOCK_WAIT = 500
"""Milliseconds for which the settler waits for a lock of the database."""
REST = 4
"""After settling, the settler rests for so many times as long: a fast clock has a trigger every moment."""
LONGEST_RETRY = 5.0
"""Seconds between two attempts, at most."""


class Settler:
    """Settles when a trigger comes, in a thread of its own, where no other process does so already."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the one whose lock elects: the same for all processes that serve a catalogue."""
        self._folder = folder
        self._handle: int | None = None
        self._is_elected = False
        self._retry = 0.0
        self._ended = Event()
        self._late_since: tuple[float, str] | None = None
        self._error = ""

    def start(self) -> None:
        """Starts the thread.  From now on readers count on a settler."""
        EDITIONS.grace = GRACE
        Thread(target=self._run, name="settler", daemon=True).start()

    def stop(self) -> None:
        """Ends the thread, at its next look."""
        self._ended.set()

    def problem(self) -> str:
        """Returns a sentence if settling has failed for longer than it may; else nothing."""
        late = self._late_since
        if late is None or time.monotonic() - late[0] < LATE:
            return ""
        why = f" ({self._error})" if self._error else ""
        return (
            f"Values that change with time have not been settled in the database since {late[1]}{why}; "
            "until they are, they are computed for each answer.\n"
        )

    def _run(self) -> None:
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                pause = self.step()
            except Exception as error:  # noqa: BLE001 - whatever it is: the next attempt may succeed
                pause = self._failed(error)
        EDITIONS.grace = 0.0
        connection.close()

    def step(self) -> float:
        """Settles if that is due and this is the elected one; returns the seconds until the next look."""
        with read_transaction():
            version, settled, now = data_version(), changes.settled(), clock.now()
        if settled is not None:
            EDITIONS.add(Edition(version), settled)
            if settled.holds_at(now):
                self._succeeded()
                return max(0.0, min(LOOK_EVERY, clock.seconds_until(settled.until)))
        if self._late_since is None:
            self._late_since = time.monotonic(), clock.write_instant(now)
        if not self.is_elected():
            return LOOK_EVERY
        begun = time.monotonic()
        self._bound_waiting()
        changes.settle()
        return REST * (time.monotonic() - begun)

    def is_elected(self) -> bool:
        """Whether this process settles: it is the first to hold the lock, or there can be none."""
        if self._is_elected:
            return True
        try:
            if self._handle is None:
                self._handle = os.open(self._folder, os.O_RDONLY)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            logger.warning("No lock elects a settler, so this process settles too: %s", error)
        self._is_elected = True
        return True

    def _bound_waiting(self) -> None:
        """Bounds how long this thread's connection waits for a lock."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute(f"SET lock_timeout = {LOCK_WAIT}")
            else:
                cursor.execute(f"PRAGMA busy_timeout = {LOCK_WAIT}")

    def _succeeded(self) -> None:
        if self._retry:
            logger.warning("Values that change with time are settled again")
        self._late_since, self._error, self._retry = None, "", 0.0

    def _failed(self, error: Exception) -> float:
        """Notes why settling failed; returns the seconds until the next attempt."""
        if not self._retry:
            logger.warning("Values that change with time can't be settled, which is tried again: %s", error)
        self._error = reason_of(error)
        self._retry = min(LONGEST_RETRY, 2 * self._retry or 0.25)
        with suppress(DatabaseError):
            connection.close()  # the next attempt connects anew
        return self._retry


SETTLERS: list[Settler] = []
"""The settler of this process, if it has one."""


def start_settler(folder: Path) -> Settler:
    """Starts the settler of this process."""
    settler = Settler(folder)
    SETTLERS[:] = [settler]
    settler.start()
    return settler


def settling_problem() -> str:
    """Returns a sentence if this process sees that settling has failed; else nothing."""
    return "".join(settler.problem() for settler in SETTLERS)
