"""Rows of several tables that a change concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import models

Model = type[models.Model]


class RowSet:
    """Rows by table: some, by their ids, or all; of more than `most`, all."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._keys: dict[Model, set[Any] | None] = {}

    def __iter__(self) -> Iterator[tuple[Model, set[Any] | None]]:
        """Each table with the ids; None: all rows."""
        return iter(self._keys.items())

    def add(self, table: Model, keys: Iterable[Any]) -> None:
        """Adds some rows, and reads no ids of a table that has all."""
        standing = self._keys.setdefault(table, set())
        if standing is not None:
            standing.update(keys)
            if self._most is not None and len(standing) > self._most:
                self._keys[table] = None

    def add_all(self, tables: Iterable[Model]) -> None:
        """Adds all rows of these tables."""
        self._keys.update(dict.fromkeys(tables))

    def has_all(self, table: Model) -> bool:
        """Whether it is all rows of a table."""
        return self._keys.get(table, ()) is None

    @property
    def has_all_of_any(self) -> bool:
        """Whether it is all rows of some table."""
        return None in self._keys.values()


CHUNK = 10_000
"""Ids in one statement; SQLite takes 32,766."""

Value = TypeVar("Value")


def batches(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """`values` in lists of at most so many."""
    values = list(values)
    for start in range(0, len(values), size):
        yield values[start : start + size]


def rows_in_batches(rows: models.QuerySet[Any], column: str, values: Iterable[Any]) -> Iterator[Any]:
    """The `rows` whose `column` has one of `values`."""
    for part in batches(values):
        yield from rows.filter(**{f"{column}__in": part})
