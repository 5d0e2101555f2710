"""Rows by more values than one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from django.db import models

CHUNK = 10_000
"""Ids in one statement; SQLite takes 32,766."""

Value = TypeVar("Value")


def in_parts(values: Iterable[Value], size: int = CHUNK) -> Iterator[list[Value]]:
    """`values` in lists of at most so many."""
    values = list(values)
    for start in range(0, len(values), size):
        yield values[start : start + size]


def in_chunks(rows: models.QuerySet[Any], column: str, values: Iterable[Any]) -> Iterator[Any]:
    """The `rows` whose `column` has one of `values`."""
    for part in in_parts(values):
        yield from rows.filter(**{f"{column}__in": part})
