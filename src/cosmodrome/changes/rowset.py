"""Sets of rows of several tables, and queries for many ids in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import models

Model = type[models.Model]


class RowSet:
    """Rows by table: some, by their ids, or all.  More than `limit` ids of a table count as all."""

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit
        self._keys: dict[Model, set[Any] | None] = {}

    def __iter__(self) -> Iterator[tuple[Model, set[Any] | None]]:
        """Yields each table with its ids; None means all rows."""
        return iter(self._keys.items())

    def add(self, table: Model, keys: Iterable[Any]) -> None:
        """Adds some rows; `keys` may be a query, which is not run if the set has all rows already."""
        present = self._keys.setdefault(table, set())
        if present is not None:
            present.update(keys)
            if self._limit is not None and len(present) > self._limit:
                self._keys[table] = None

    def add_all(self, tables: Iterable[Model]) -> None:
        """Adds all rows of these tables."""
        self._keys.update(dict.fromkeys(tables))

    def has_all(self, table: Model) -> bool:
        """Whether all rows of a table are in the set."""
        return self._keys.get(table, ()) is None

    @property
    def has_all_of_any(self) -> bool:
        """Whether all rows of any table are in the set."""
        return None in self._keys.values()


IDS_PER_STATEMENT = 10_000
"""Ids in one statement; SQLite takes 32,766 parameters."""
ROWS_PER_STATEMENT = 500
"""Rows in one statement that writes them: the widest table has 40 columns."""

Item = TypeVar("Item")


def batches(items: Iterable[Item], size: int = IDS_PER_STATEMENT) -> Iterator[list[Item]]:
    """Yields the items in lists of at most `size`."""
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def rows_in_batches(rows: models.QuerySet[Any], column: str, values: Iterable[Any]) -> Iterator[Any]:
    """Yields the rows whose `column` has one of `values`."""
    for batch in batches(values):
        yield from rows.filter(**{f"{column}__in": batch})
