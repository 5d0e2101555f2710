"""Transfers: the whole catalogue, copied from the database that the settings name into an empty one.

It is read in the transaction of the caller, and written in one transaction.  Before that is committed, all
that was written is read again and compared.  Counted calls and sessions stay behind, as with a backup.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings as django
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    DataError,
    IntegrityError,
    connections,
    transaction,
)
from django.db.models import Field, JSONField, Model, QuerySet
from django.db.utils import ConnectionHandler

from cosmodrome.database.copies import CopyError, kind_of, make_private, new_file, refuse_no_file, sync
from cosmodrome.database.migrations import known_migrations
from cosmodrome.database.outages import reason_of
from cosmodrome.database.paths import Kind
from cosmodrome.database.routers import is_counted
from cosmodrome.database.sequences import advance_sequences
from cosmodrome.database.tables import make_tables, tables_in
from cosmodrome.progress import Progress

TARGET = "target"
"""Django's alias of the database that is copied into."""
ROWS_PER_STATEMENT = 1000
Table = type[Model]


@dataclass(frozen=True)
class Digest:
    """The number of a table's rows, and the sum of their hashes: equal in any order of the rows."""

    rows: int = 0
    hashes: int = 0


@dataclass(frozen=True)
class Transferred:
    """The numbers of what was copied."""

    rows: int
    tables: int


def transfer_to_file(file: Path, progress: Progress) -> Transferred:
    """Copies the catalogue into a new SQLite file, which is there when it is whole.  Raises CopyError."""
    if kind_of(file) is not Kind.NOTHING:
        raise CopyError(f"{file} is there already: name a file that is not.")
    refuse_no_file(file)
    with new_file(file, "The copy can't be made") as partial:
        make_private(partial)
        done = transfer(sqlite_settings(partial), progress)
        sync(partial)
        partial.replace(file)
        sync(file.parent)
    return done


def sqlite_settings(file: Path) -> dict[str, Any]:
    """Django's settings of a file that is written once: no log beside it, and synchronised as a whole."""
    options = {"init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY;"}
    return {"ENGINE": "cosmodrome.database.sqlite", "NAME": str(file), "OPTIONS": options}


def transfer(settings: dict[str, Any], progress: Progress) -> Transferred:
    """Copies the catalogue into the empty database of these settings: all of it or nothing.

    Has to be called in a transaction in which all reads see one state.  Raises CopyError.
    """
    every = [model for database in django.DATABASES for model in tables_in(database)]
    kept = [model for model in every if not is_counted(model._meta.app_label, model._meta.model_name)]
    try:
        with target(settings) as wrapper:
            refuse_content(wrapper)
            with wrapper.constraint_checks_disabled(), transaction.atomic(using=TARGET):
                make_tables(TARGET, kept if wrapper.vendor == "sqlite" else every, known_migrations())
                return fill(wrapper, list(with_links(kept)), progress)
    except DatabaseError as error:
        raise CopyError(f"Nothing was copied ({reason_of(error)}).") from None


@contextmanager
def target(settings: dict[str, Any]) -> Iterator[Any]:
    """Yields a connection to the database of these settings, which has the alias `TARGET` in the block."""
    connections[TARGET] = ConnectionHandler({DEFAULT_DB_ALIAS: {}, TARGET: settings})[TARGET]
    try:
        yield connections[TARGET]
    finally:
        connections[TARGET].close()
        del connections[TARGET]


def refuse_content(wrapper: Any) -> None:
    """Raises CopyError if a database has a table.  Raises DatabaseError."""
    if tables := sorted(wrapper.introspection.table_names()):
        raise CopyError(
            f"The database that is to be copied into is not empty: it has the table {tables[0]}. "
            "Name one without a table."
        )


def with_links(tables: Iterable[Table]) -> Iterator[Table]:
    """Yields tables, each with those of its many-to-many relations."""
    for model in tables:
        yield model
        for relation in model._meta.local_many_to_many:
            through: Any = relation.remote_field.through
            if through._meta.auto_created:
                yield through


def fill(wrapper: Any, tables: list[Table], progress: Progress) -> Transferred:
    """Copies the rows of tables, and compares what was written with what was read.  Raises CopyError."""
    counts = {model: rows_of(model, DEFAULT_DB_ALIAS).count() for model in tables}
    total = sum(counts.values())
    progress.begin_stage("copying", total)
    digests = {model: copy_rows(model, progress) for model in tables}
    advance_sequences(tables, TARGET)
    wrapper.check_constraints()
    progress.begin_stage("comparing", total)
    for model in tables:
        written = digest_of(model, batches(model, TARGET), progress)
        if written != digests[model] or written.rows != counts[model]:
            raise CopyError(
                f"Nothing was copied: of {model._meta.db_table}, {counts[model]} rows were there, "
                f"{digests[model].rows} were read and {written.rows} written, and they are not equal."
            )
    return Transferred(total, len(tables))


def copy_rows(model: Table, progress: Progress) -> Digest:
    """Copies the rows of a table; returns the digest of what was read.  Raises CopyError, DatabaseError."""

    def written() -> Iterator[list[tuple[Any, ...]]]:
        for rows in batches(model, DEFAULT_DB_ALIAS):
            write_rows(model, rows)
            yield rows

    return digest_of(model, written(), progress)


def write_rows(model: Table, rows: list[tuple[Any, ...]]) -> None:
    """Writes rows into the target.  Raises CopyError, DatabaseError."""
    names = [column.attname for column in model._meta.concrete_fields]
    items = [model(**dict(zip(names, row, strict=True))) for row in rows]
    try:
        rows_of(model, TARGET).bulk_create(items)
    except (DataError, IntegrityError) as error:
        raise CopyError(
            f"Nothing was copied: a row of {model._meta.db_table} does not fit into the other database "
            f"({reason_of(error)})."
        ) from None


def batches(model: Table, database: str) -> Iterator[list[tuple[Any, ...]]]:
    """Yields the rows of a table, by their ids, with the values of all columns."""
    names = [column.attname for column in model._meta.concrete_fields]
    rows = rows_of(model, database).order_by("pk").values_list(*names).iterator(ROWS_PER_STATEMENT)
    while batch := list(islice(rows, ROWS_PER_STATEMENT)):
        yield batch


def digest_of(model: Table, parts: Iterable[list[tuple[Any, ...]]], progress: Progress) -> Digest:
    """The digest of a table's rows, which come in parts."""
    columns = model._meta.concrete_fields
    count = hashes = 0
    for rows in parts:
        for row in rows:
            values = [comparable(*each) for each in zip(columns, row, strict=True)]
            text = json.dumps(values, default=str).encode()
            hashes += int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
        count += len(rows)
        progress.advance(len(rows))
    return Digest(count, hashes)


def comparable(column: Field[Any, Any], value: Any) -> Any:
    """A value in a form that is the same for both kinds of database.

    PostgreSQL stores JSON with its keys in another order and 1e25 as an integer, and bytes come in a view.
    """
    if isinstance(column, JSONField):
        return json.loads(json.dumps(value, sort_keys=True), parse_int=float)
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def rows_of(model: Table, database: str) -> Any:
    """All rows of a table in a database."""
    return QuerySet(model, using=database)
