"""The catalogue's SQLite file, which people move, replace and remove while a server has it open.

An open file goes on existing without its name.  Who writes to it then writes into the void, and who opens the
name anew beside its old write-ahead log reads a mixture of two databases.  So every connection knows which
file it has opened, commits nothing once the name is another's, and is closed as soon as there is a catalogue
under the name again.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Lock

from cosmodrome.database.paths import NOBODY_WRITES, uri
from cosmodrome.time.clock import real_now

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""The seconds between two looks at the file's name."""
BESIDE = ("-wal", "-shm")
"""Files that SQLite keeps beside a database: the log of the last commits, and the memory of its index."""

Identity = tuple[int, int]
"""A file, whatever its name: its device and its inode."""


def identity_of(path: str | Path) -> Identity | None:
    """The file of this name; None if there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of pathlib's, before each answer
    except OSError:
        return None
    return found.st_dev, found.st_ino


def migrations_of(path: str | Path) -> set[tuple[str, str]]:
    """The migrations that the catalogue in a closed file has had; none if it is no catalogue.

    It is read without its write-ahead log, which may be another's, and without locks.
    """
    try:
        with closing(sqlite3.connect(uri(path, NOBODY_WRITES), uri=True)) as database:
            return set(database.execute("SELECT app, name FROM django_migrations"))
    except sqlite3.Error:
        return set()


def dated(path: str | Path) -> Path:
    """A name beside a file, for what was there until now: `cosmodrome.sqlite3.20260501T120000Z`."""
    return Path(f"{path}.{real_now():%Y%m%dT%H%M%SZ}")


class FileWatch:
    """Watches the name of the catalogue's file.  It is cheap enough to be asked before each answer."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next = 0.0
        self._path = ""
        self._opened: dict[str, Identity | None] = {}
        self.generation = 0
        """Grows when connections are to be opened anew."""
        self.problem = ""
        """A sentence about a name without a catalogue; empty if all is well."""

    def opened(self, path: str) -> None:
        """Tells that a connection to the catalogue's file was opened, and used."""
        with self._lock:
            if not self._path:
                self._path, self._opened = path, {end: identity_of(path + end) for end in ("", *BESIDE)}

    def look(self) -> None:
        """Looks at the name, once a second at most."""
        now = time.monotonic()
        if now >= self._next and self._path:
            self._next = now + LOOK_SECONDS
            with self._lock:
                self._compare()

    def _compare(self) -> None:
        beside = {end: identity_of(self._path + end) for end in BESIDE}
        found = identity_of(self._path)
        if found == self._opened[""]:
            problem = ""
            self._opened |= beside  # a connection that has not read yet has none
        elif found is None:
            problem = (
                f"The database file {self._path} is gone: put it back, or put back a backup with "
                "`cosmodrome restore`."
            )
        elif not is_current(self._path):
            problem = (
                f"The database file {self._path} was replaced by one that is no catalogue of this version."
            )
        else:
            self._set_aside()
            self._path, self.generation, problem = "", self.generation + 1, ""
            logger.error("The database file was replaced by another catalogue, which is served from now on.")
        if problem and problem != self.problem:
            logger.error("%s What was there before is served.", problem)
        self.problem = problem

    def _set_aside(self) -> None:
        """Renames the log and the index of the file that was open: they are nothing of the new one's."""
        aside = dated(self._path)
        for end in BESIDE:
            if self._opened[end] is not None and identity_of(self._path + end) == self._opened[end]:
                with suppress(OSError):  # another worker has done it
                    Path(self._path + end).rename(f"{aside}{end}")


def is_current(path: str) -> bool:
    """Whether a file is a catalogue of this version, neither older nor newer."""
    from cosmodrome.database.migrations import known_migrations

    applied = migrations_of(path)
    return bool(applied) and applied == known_migrations()


FILE = FileWatch()
"""The file of this process's catalogue; nothing is watched on PostgreSQL."""
