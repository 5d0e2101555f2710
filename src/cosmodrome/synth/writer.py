"""Rows on their way into the database: numbered densely from 1 and written a table's chunk at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from cosmodrome.ingest.upsert import BATCH_SIZE, advance_sequences
from cosmodrome.shapes.relations import between, ends

AS_THEY_ARE = (int, str, float, bool, type(None))
"""Kinds of values that every database takes without Django's help."""


class Writer:
    """Takes rows in any order; foreign keys are checked at the end of the transaction.

    Numbers are given here rather than by the database, so that the same seed makes the same rows even
    in a database that has held others before.  Statements are made here too: a row in a million needs no
    instance of its table, and `bulk_create` takes three times as long.
    """

    def __init__(self) -> None:
        self.written: Counter[type[models.Model]] = Counter()
        self._last: Counter[type[models.Model]] = Counter()
        self._waiting: dict[type[models.Model], list[Mapping[str, Any]]] = {}
        self._lists: dict[tuple[type[models.Model], str], tuple[type[models.Model], str, str]] = {}

    def number(self, model: type[models.Model]) -> int:
        """The next id of a table."""
        self._last[model] += 1
        return self._last[model]

    def numbers(self, model: type[models.Model]) -> range:
        """The ids that were given."""
        return range(1, self._last[model] + 1)

    def add(self, model: type[models.Model], **columns: Any) -> int:
        """Has a row written: columns as the table calls them (`pad_id`), the others at their defaults.

        Answers its id, which is the next unless `id` is given.
        """
        if "id" not in columns:
            columns["id"] = self.number(model)
        self._take(model, columns)
        number: int = columns["id"]
        return number

    def keep(self, *rows: models.Model) -> None:
        """Has rows written that stand in memory."""
        for row in rows:
            self._take(type(row), vars(row))

    def link(self, model: type[models.Model], relation: str, key: Any, related: Iterable[Any]) -> None:
        """Has the list `relation` of the row `key` written, in this order."""
        found = self._lists.get((model, relation))
        if found is None:
            column: Any = model._meta.get_field(relation)
            found = self._lists[model, relation] = (between(column).model, *ends(column))
        table, here, there = found
        for other in related:
            self.add(table, **{here: key, there: other})

    def finish(self) -> None:
        """Writes what is still waiting."""
        for model in list(self._waiting):
            self._write(model)
        advance_sequences(self.written)

    def _take(self, model: type[models.Model], row: Mapping[str, Any]) -> None:
        waiting = self._waiting.setdefault(model, [])
        if not waiting and (unknown := row.keys() - defaults(model).keys() - {"_state"}):
            raise TypeError(f"{model.__name__} has no columns {sorted(unknown)}")
        waiting.append(row)
        if len(waiting) >= BATCH_SIZE:
            self._write(model)

    def _write(self, model: type[models.Model]) -> None:
        database, rows = connections[DEFAULT_DB_ALIAS], self._waiting.pop(model, [])
        columns = [(column, column.attname, defaults(model)[column.attname]) for column in columns_of(model)]
        values = [
            [
                value
                if isinstance(value := row.get(name, default), AS_THEY_ARE)
                else column.get_db_prep_save(value, database)
                for column, name, default in columns
            ]
            for row in rows
        ]
        with database.cursor() as cursor:
            cursor.executemany(insert_into(model), values)
        self.written[model] += len(rows)


def columns_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The columns of a table."""
    return list(model._meta.local_concrete_fields)


@cache
def defaults(model: type[models.Model]) -> dict[str, Any]:
    """What each column holds where nothing else is said."""
    return {column.attname: column.get_default() for column in columns_of(model)}


@cache
def insert_into(model: type[models.Model]) -> str:
    """The statement that writes one row."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    names = ", ".join(quote(str(column.column)) for column in columns_of(model))
    places = ", ".join(["%s"] * len(columns_of(model)))
    return f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({places})"  # noqa: S608 - names of tables and columns are our own
