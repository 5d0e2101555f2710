"""Errors of a database, a disk or memory, in sentences that say what to do."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock, Thread

from django.db import DatabaseError, DataError, IntegrityError, NotSupportedError, ProgrammingError

BUSY = "Another program is writing to the catalogue, a load for example: try again when it is done."
FULL = "The disk is full, so nothing was saved."
NO_MEMORY = "The server has no memory for this now: ask for less, or try again later."
NO_DESCRIPTOR = "Too many files and connections are open for this now: try again."
ONLY_READ = "The database can only be read, so nothing was saved."
OLD = "The database lacks a table of this version: start `cosmodrome serve` again, which adds it."
DOWN, BACK = "The database does not answer.", "The database answers again."

SENTENCES = {
    "file was replaced": "The database file was replaced by another, so nothing was saved: try again.",
    "is locked": BUSY,
    "lock timeout": BUSY,
    "statement timeout": "The database took too long for this: try again, or ask for less.",
    "is full": FULL,
    "No space left": FULL,
    "readonly database": ONLY_READ,
    "read-only": ONLY_READ,
    "no such table": OLD,
    "no such column": OLD,
    "not a database": "The database file is no database.",
    "malformed": "The database file is damaged: put back a backup with `cosmodrome restore`.",
    "unable to open": "The database file can't be opened.",
    "disk I/O": "The disk can't be read or written.",
}
"""A sentence for each error of SQLite and PostgreSQL that has one, by a part of its text."""

MISTAKES = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""Errors of our own statements, not of the database."""


def reason_of(error: object) -> str:
    """Returns the text of an error, in one line."""
    return " ".join(str(error).split())


def outage_sentence(error: BaseException | None) -> str:
    """A sentence about an error of the database or the machine, and not ours; empty for any other error."""
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE):
        return FULL if error.errno in (errno.ENOSPC, errno.EDQUOT) else NO_DESCRIPTOR
    if not isinstance(error, DatabaseError) or isinstance(error, MISTAKES):
        return ""
    text = reason_of(error)
    return next((sentence for part, sentence in SENTENCES.items() if part in text), DOWN)


logger = logging.getLogger(__name__)
QUIET_SECONDS = 60.0
"""One sentence is logged once in so many seconds: a line for each request would fill the disk."""
RETRY_SECONDS = 1.0
"""The seconds between two attempts to find a database that is away."""
RETRY_AFTER = "2"
"""The value of `Retry-After`, in seconds."""


class OnceAMinute(logging.Filter):
    """Lets one line a minute through for each sentence about the database, in place of every traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged; makes one line of an error of the database."""
        error = record.exc_info[1] if record.exc_info else None
        if error is None and getattr(record, "status_code", 0) == HTTPStatus.SERVICE_UNAVAILABLE:
            return False  # Django's line for a 503 without an error: its cause was logged where it arose
        sentence = outage_sentence(error) if error else ""
        if not sentence:
            return True
        now = time.monotonic()
        if now - self._said.get(sentence, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said[sentence] = now
        said = record.getMessage()
        record.msg, record.args = "%s: %s (%s)", (said, sentence, reason_of(error))
        record.exc_info = record.exc_text = None
        return True


class Outage:
    """Whether the database is away from this process.  It logs a line when it begins and when it ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.is_on = False
        self.reason = ""
        self.is_waited_for = False
        """Whether this process serves requests, and so waits for a database that is away; a command ends."""

    def begin(self, reason: str, answers: Callable[[], bool]) -> None:
        """Begins an outage, if there is none, which ends when `answers` returns True."""
        with self._lock:
            if self.is_on:
                return
            self.is_on, self.reason = True, reason_of(reason)
        logger.error("%s (%s)", DOWN, self.reason)
        try:
            Thread(target=self._wait, args=(answers,), daemon=True, name="database outage").start()
        except RuntimeError:  # no thread can be had: the next request tries by itself
            self.is_on = False

    def _wait(self, answers: Callable[[], bool]) -> None:
        while not answers():
            time.sleep(RETRY_SECONDS)
        self.is_on = False
        logger.error(BACK)


OUTAGE = Outage()
"""The outage of this process's database."""
