"""Which data version is committed now: asked before each answer, so it may cost next to nothing."""

from __future__ import annotations

import mmap
import os
import sqlite3
from functools import cache

from django.db import DatabaseError, close_old_connections, connection

from cosmodrome.changes.versions import STATEMENT, data_version

HEADER = 48
"""Bytes of the header of SQLite's WAL index: https://sqlite.org/walformat.html#the_wal_index_header"""


class WalIndex:
    """The file by which SQLite's own readers notice a commit, whoever made it: `cosmodrome.sqlite3-shm`.

    A commit writes the header of this shared memory before it returns: with a counter, and with checksums
    that are over all that was written.  While the header is the same, so is the database.  Looking at it
    costs a tenth of a microsecond, where the smallest statement costs some.
    """

    def __init__(self, file: str) -> None:
        # Held open for good: the last connection to close removes the file, and another would be made.
        # Closing any handle of the file would make this process lose SQLite's locks on it.
        self._anchor = sqlite3.connect(file, check_same_thread=False)
        self._anchor.execute(STATEMENT).fetchone()
        self._handle = os.open(f"{file}-shm", os.O_RDONLY)
        self.memory = mmap.mmap(self._handle, HEADER, access=mmap.ACCESS_READ)
        """What is there at each moment; while it is being written, something that never was."""


@cache
def wal_index() -> WalIndex | None:
    """The index of the catalogue's file, opened once; None if there is none that can be read."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        mode = cursor.fetchone()[0]
        cursor.execute("PRAGMA database_list")
        file = cursor.fetchone()[2]
    try:
        with connection.wrap_database_errors:
            return WalIndex(file) if mode == "wal" and file else None
    except OSError:
        return None


class Committed:
    """The data version that is committed: an answer that is given after a commit has returned shows it."""

    def __init__(self) -> None:
        self._known: tuple[bytes, int] = b"", -1

    def version(self) -> int | None:
        """The version now; None if the database does not answer."""
        try:
            index = wal_index()
            if index is None:
                return data_version()
            header = index.memory[
                :HEADER
            ]  # before the version is read: a commit in between is noticed next time
            known, version = self._known
            if header != known:
                version = data_version()
                self._known = header, version
        except DatabaseError:
            close_old_connections()  # so that the next one is opened anew
            return None
        return version
