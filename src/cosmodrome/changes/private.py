"""Private settling: a reader settles derived values for itself, where nobody has settled the published ones.

The tables that settling writes to are shadowed: a temporary table of the same name stands before each, on
a connection that one thread has for this.  All other code reads and writes as ever, and the catalogue is
not touched: a full disk, a held write lock or a read-only medium does not matter.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from threading import local
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from cosmodrome.changes import transactions as changes
from cosmodrome.changes.editions import EDITIONS, Edition, Settled, Standpoint
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.versions import data_version
from cosmodrome.time import clock

WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
REFERENCE = re.compile(r' REFERENCES "[^"]+" \("[^"]+"\)( DEFERRABLE INITIALLY DEFERRED)?')
"""A foreign key as Django declares it to SQLite; that of a temporary table could only name another one."""

_shadowed: ContextVar[set[str] | None] = ContextVar("shadowed", default=None)
"""The tables that the private settling under way has shadowed; None: there is none."""


def will_write(model: Model) -> None:
    """Has to be called before derived values are written to a table: private settling shadows it."""
    shadowed, name = _shadowed.get(), model._meta.db_table
    if shadowed is None or name in shadowed:
        return
    shadowed.add(name)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = %s::regclass", [name]
            )
            source = f'{cursor.fetchone()[0]}."{name}"'
            cursor.execute(f'CREATE TEMP TABLE "{name}" (LIKE {source} INCLUDING ALL)')
            cursor.execute(f'INSERT INTO pg_temp."{name}" SELECT * FROM {source}')  # noqa: S608 - own names
            return
        cursor.execute(
            "SELECT type, sql FROM main.sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL"
            " ORDER BY type DESC",  # the table, then its indexes
            [name],
        )
        for kind, sql in cursor.fetchall():
            if kind == "table":
                cursor.execute(REFERENCE.sub("", sql).replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
                cursor.execute(f'INSERT INTO temp."{name}" SELECT * FROM main."{name}"')  # noqa: S608 - likewise
            elif kind == "index":
                cursor.execute(sql.replace('INDEX "', 'INDEX temp."', 1))


class PrivateConnection(local):
    """A thread's connection to the catalogue on which it settles for itself."""

    def __init__(self) -> None:
        self.wrapper: Any = None
        self.forget()

    def forget(self) -> None:
        """Forgets what was settled: the temporary tables are gone."""
        self.edition: Edition | None = None
        self.settled: Settled | None = None
        self.tables: set[str] = set()

    def close(self) -> None:
        """Closes the connection, if there is one, and its temporary tables with it."""
        if self.wrapper is not None:
            self.wrapper.close()
            self.wrapper = None
            self.forget()

    @contextmanager
    def as_default(self) -> Iterator[None]:
        """Puts it in the place of the thread's usual connection, for the time of a block."""
        usual = connections[DEFAULT_DB_ALIAS]
        if self.wrapper is None:
            self.wrapper = usual.copy()
            self.wrapper.ensure_connection()
            if usual.vendor == "sqlite":
                self.wrapper.connection.execute("PRAGMA temp_store = MEMORY")
                self.wrapper.connection.set_authorizer(temporary_tables_only)
        connections[DEFAULT_DB_ALIAS] = self.wrapper
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = usual

    def standpoint(self, version: int, now: datetime) -> Standpoint:
        """Settles what this connection sees, unless it has been settled; returns where to answer from."""
        if self.edition is None or self.edition.version != version or not self.holds_at(now):
            self.drop_tables()
            published = changes.settled()
            if published is not None and published.holds_at(now):  # somebody has settled it meanwhile
                return Standpoint(Edition(version), now, published.until)
            self.edition, self.settled, self.tables = settle(version, now)
        return Standpoint(self.edition, now, self.settled.until if self.settled else now)

    def holds_at(self, now: datetime) -> bool:
        """Whether what was settled is right at an instant."""
        return self.settled is not None and self.settled.holds_at(now)

    def drop_tables(self) -> None:
        """Drops the temporary tables."""
        with connection.cursor() as cursor:
            schema = "pg_temp" if connection.vendor == "postgresql" else "temp"
            for name in self.tables:
                cursor.execute(f'DROP TABLE {schema}."{name}"')
        self.forget()


PRIVATE = PrivateConnection()


def temporary_tables_only(action: int, *names: str | None) -> int:
    """Tells SQLite what a private connection may do: everything but write to the catalogue's tables.

    SQLite declares its own table-valued functions by what looks like a row of `sqlite_master`.
    """
    table, _, database, *_ = names
    is_write = action in WRITES and database == "main" and table != "sqlite_master"
    return sqlite3.SQLITE_DENY if is_write else sqlite3.SQLITE_OK


def settle(version: int, now: datetime) -> tuple[Edition, Settled, set[str]]:
    """Settles the derived values that this connection sees, in temporary tables; returns those too.

    Threads that settle the same version while the same values are right settle as of one instant, and get
    equal editions.
    """
    instant = EDITIONS.settled_at(version, now) or now.replace(microsecond=0)
    edition, tables = Edition(version, instant), set[str]()
    token = _shadowed.set(tables)
    try:
        with clock.held_at(instant):
            change = changes.Change()
            change.flush()
            change.settled_privately(edition)
    finally:
        _shadowed.reset(token)
    settled = changes.settled() or Settled(instant, now)
    EDITIONS.add(edition, settled)
    return edition, settled, tables


@contextmanager
def privately_settled() -> Iterator[Standpoint]:
    """Opens a snapshot in which derived values are right at the present, whatever the published ones are.

    In a transaction that is open already, what was settled is rolled back at the end; else the thread keeps
    it until the version changes or the next trigger comes.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            now = clock.now()
            edition, settled, _ = settle(data_version(), now)
            yield Standpoint(edition, now, settled.until)
            transaction.set_rollback(True)
        return
    is_kept = False
    try:
        with PRIVATE.as_default(), read_transaction(with_temporary_tables=True):
            version = data_version()  # before the clock: settled values are of no later instant
            yield PRIVATE.standpoint(version, clock.now())
        is_kept = PRIVATE.edition is not None
    finally:
        if not is_kept:
            PRIVATE.close()


@contextmanager
def read_transaction(with_temporary_tables: bool = False) -> Iterator[None]:
    """Opens a transaction in which all reads see one state; it neither waits for a writer nor blocks one."""
    with reading_only(), transaction.atomic():
        if connection.vendor == "postgresql":
            mode = "" if with_temporary_tables else "READ ONLY"
            with connection.wrap_database_errors:
                connection.connection.execute(f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ {mode}")
        yield


@contextmanager
def reading_only() -> Iterator[None]:
    """Makes SQLite begin transactions without the write lock, so that they do not wait for a writer."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()  # connecting sets the transaction mode from the settings
    wrapper: Any = connections[DEFAULT_DB_ALIAS]
    before, wrapper.transaction_mode = wrapper.transaction_mode, "DEFERRED"
    try:
        yield
    finally:
        wrapper.transaction_mode = before
