"""The committed data version: read before each answer, so reading it must cost next to nothing."""

from __future__ import annotations

import mmap
import sqlite3
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from cosmodrome.changes.versions import STATEMENT, data_version
from cosmodrome.database.connections import discard_unusable
from cosmodrome.database.files import FILE
from cosmodrome.database.outages import OUTAGE
from cosmodrome.database.paths import uri

HEADER = 48
"""Bytes of the header of SQLite's WAL index: https://sqlite.org/walformat.html#the_wal_index_header"""


class WalIndex:
    """The file by which SQLite's own readers notice a commit of any process: `cosmodrome.sqlite3-shm`.

    A commit writes the header of this shared memory before it returns, with a counter and with checksums
    over everything written.  While the header is the same, so is the database.  Comparing it takes a tenth
    of a microsecond; the smallest statement takes several.
    """

    def __init__(self, file: str) -> None:
        # Both stay open while the file is the catalogue: the last connection to close would remove the file
        # and the next make another; closing any handle would drop this process's SQLite locks on the file.
        # By an address that makes no file: the name may have been taken away.
        self._anchor = sqlite3.connect(uri(file, "mode=rw"), uri=True, check_same_thread=False)
        self._anchor.execute(STATEMENT).fetchone()
        self._shared = Path(f"{file}-shm").open("rb", buffering=0)  # noqa: SIM115 - closed with the index
        self.memory = mmap.mmap(self._shared.fileno(), HEADER, access=mmap.ACCESS_READ)
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


class Opened:
    """The WAL index of the catalogue's file, opened once until another file replaces it."""

    def __init__(self) -> None:
        self._opened: tuple[int, WalIndex | Unchanging | None] = -1, None

    def of(self, generation: int) -> WalIndex | Unchanging | None:
        """Returns the index of a generation of the file, opened if it was not; None if none can be read."""
        opened = self._opened
        if opened[0] != generation:
            opened = self._opened = generation, open_index()
        return opened[1]

    def has(self, generation: int) -> bool:
        """Whether there is an index of a generation, and it was opened."""
        opened = self._opened
        return opened[0] == generation and opened[1] is not None


OPENED = Opened()


def wal_index(generation: int) -> WalIndex | Unchanging | None:
    """Returns the WAL index of the catalogue's file; None if none can be read."""
    return OPENED.of(generation)


def open_index() -> WalIndex | Unchanging | None:
    """Opens the WAL index, by a statement on Django's connection, which no event loop's thread may make."""
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
    """Whether the version is read without Django's connection: the index of the file of now was opened."""
    FILE.look()
    return OPENED.has(FILE.generation)


class Committed:
    """The committed data version: an answer given after a commit has returned shows that commit."""

    def __init__(self) -> None:
        self._known: tuple[bytes, int] = b"", -1
        self._generation = FILE.generation

    def version(self) -> int | None:
        """Returns the version now; None if the database does not answer.

        While PostgreSQL is away, it is the version that was last seen: nobody can be told of a later one.
        """
        for _ in range(2):  # a connection that has broken is no outage: the server may be there again
            try:
                return self._read()
            except (DatabaseError, sqlite3.Error):
                discard_unusable()
        return self._known[1] if OUTAGE.is_on and self._known[1] >= 0 else None

    def _read(self) -> int:
        FILE.look()
        if FILE.generation != self._generation:
            self._generation, self._known = FILE.generation, (b"", -1)
        index = wal_index(self._generation)
        header = index.memory[:HEADER] if index else b""  # first: a commit in between shows next time
        known, version = self._known
        if index is None or header != known:
            version = index.version() if index else data_version()
            self._known = header, version
        return version
