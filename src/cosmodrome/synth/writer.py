"""Writes rows into the database in batches for each table, with ids from 1 without gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT
from cosmodrome.database.sequences import advance_sequences
from cosmodrome.shapes.relations import through_columns, through_rows

PLAIN_TYPES = (int, str, float, bool, type(None))
"""Types of values that every database takes without conversion by Django."""


class Writer:
    """Writes rows, which may come in any order: foreign keys are checked at the end of the transaction.

    The writer assigns ids rather than the database, so that the same seed makes the same rows even in a
    database that has had others before.  It makes the SQL statements too: a million rows need no model
    instances, and `bulk_create` takes three times as long.
    """

    def __init__(self) -> None:
        self.written: Counter[type[models.Model]] = Counter()
        self._last: Counter[type[models.Model]] = Counter()
        self._queued: dict[type[models.Model], list[Mapping[str, Any]]] = {}
        self._lists: dict[tuple[type[models.Model], str], tuple[type[models.Model], str, str]] = {}

    def next_id(self, model: type[models.Model]) -> int:
        """Assigns the next id of a table."""
        self._last[model] += 1
        return self._last[model]

    def ids(self, model: type[models.Model]) -> range:
        """The ids of a table that were assigned."""
        return range(1, self._last[model] + 1)

    def add(self, model: type[models.Model], **columns: Any) -> int:
        """Adds a row: columns by the table's names (`pad_id`), the others at their defaults.

        Returns its id, which is the next unless `id` is given.
        """
        if "id" not in columns:
            columns["id"] = self.next_id(model)
        self._queue(model, columns)
        number: int = columns["id"]
        return number

    def add_rows(self, *rows: models.Model) -> None:
        """Adds rows that are model instances."""
        for row in rows:
            self._queue(type(row), vars(row))

    def add_links(self, model: type[models.Model], relation: str, key: Any, related: Iterable[Any]) -> None:
        """Adds the rows of a many-to-many list, in this order."""
        found = self._lists.get((model, relation))
        if found is None:
            column: Any = model._meta.get_field(relation)
            found = self._lists[model, relation] = (through_rows(column).model, *through_columns(column))
        table, here, there = found
        for other in related:
            self.add(table, **{here: key, there: other})

    def flush(self) -> None:
        """Writes all rows that are still queued."""
        for model in list(self._queued):
            self._write(model)
        advance_sequences(self.written)

    def _queue(self, model: type[models.Model], row: Mapping[str, Any]) -> None:
        queued = self._queued.setdefault(model, [])
        if not queued and (unknown := row.keys() - column_defaults(model).keys() - {"_state"}):
            raise TypeError(f"{model.__name__} has no columns {sorted(unknown)}")
        queued.append(row)
        if len(queued) >= ROWS_PER_STATEMENT:
            self._write(model)

    def _write(self, model: type[models.Model]) -> None:
        database, rows = connections[DEFAULT_DB_ALIAS], self._queued.pop(model, [])
        columns = [
            (column, column.attname, column_defaults(model)[column.attname]) for column in columns_of(model)
        ]
        values = [
            [
                value
                if isinstance(value := row.get(name, default), PLAIN_TYPES)
                else column.get_db_prep_save(value, database)
                for column, name, default in columns
            ]
            for row in rows
        ]
        with database.cursor() as cursor:
            cursor.executemany(insert_statement(model), values)
        self.written[model] += len(rows)


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns of a table."""
    return list(model._meta.local_concrete_fields)


@cache
def column_defaults(model: type[models.Model]) -> dict[str, Any]:
    """The default of each column."""
    return {column.attname: column.get_default() for column in columns_of(model)}


@cache
def insert_statement(model: type[models.Model]) -> str:
    """The SQL statement that inserts one row."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    names = ", ".join(quote(str(column.column)) for column in columns_of(model))
    places = ", ".join(["%s"] * len(columns_of(model)))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608 - names of tables and columns are our own
