"""The committed data version: read before each answer, so reading it must cost next to nothing."""

from __future__ import annotations

import mmap
import os
import sqlite3
from functools import cache

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from cosmodrome.changes.versions import STATEMENT, data_version

HEADER = 48
"""Bytes of the header of SQLite's WAL index: https://sqlite.org/walformat.html#the_wal_index_header"""


class WalIndex:
    """The file by which SQLite's own readers notice a commit of any process: `cosmodrome.sqlite3-shm`.

    A commit writes the header of this shared memory before it returns, with a counter and with checksums
    over everything written.  While the header is the same, so is the database.  Comparing it takes a tenth
    of a microsecond; the smallest statement takes several.
    """

    def __init__(self, file: str) -> None:
        # Both stay open for the life of the process: the last connection to close would remove the file and
        # the next make another; closing any handle of the file would drop this process's SQLite locks on it.
        self._anchor = sqlite3.connect(file, check_same_thread=False)
        self._anchor.execute(STATEMENT).fetchone()
        self._handle = os.open(f"{file}-shm", os.O_RDONLY)
        self.memory = mmap.mmap(self._handle, HEADER, access=mmap.ACCESS_READ)
        """The header at this moment; during a write, possibly a mixture of two headers."""

    def version(self) -> int:
        """Returns the committed data version, on a connection that all threads share."""
        found = self._anchor.execute(STATEMENT).fetchone()
        return int(found[0]) if found else 0


class Unchanging:
    """Stands for the WAL index of a catalogue that nobody writes to."""

    memory = b"unchanging"

    def version(self) -> int:
        """Returns the data version; asked for once."""
        return data_version()


@cache
def wal_index() -> WalIndex | Unchanging | None:
    """Opens the WAL index of the catalogue's file once; None if there is none that can be read."""
    if settings.READ_ONLY:
        return Unchanging()
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
        file = cursor.execute("PRAGMA database_list").fetchone()[2]
    try:
        with connection.wrap_database_errors:
            return WalIndex(file) if mode == "wal" and file else None
    except OSError:
        return None


def has_wal_index() -> bool:
    """Whether the WAL index was found and opened, so that the version is read without Django's connection."""
    return wal_index.cache_info().currsize > 0 and wal_index() is not None


class Committed:
    """The committed data version: an answer given after a commit has returned shows that commit."""

    def __init__(self) -> None:
        self._known: tuple[bytes, int] = b"", -1

    def version(self) -> int | None:
        """Returns the version now; None if the database does not answer."""
        try:
            index = wal_index()
            if index is None:
                return data_version()
            header = index.memory[:HEADER]  # before the version: a commit in between shows next time
            known, version = self._known
            if header != known:
                version = index.version()
                self._known = header, version
        except (DatabaseError, sqlite3.Error):
            close_old_connections()  # so that the next one is opened anew
            return None
        return version
