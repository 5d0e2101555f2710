"""Rows by more values than one statement takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

CHUNK = 10_000
"""Ids in one statement; SQLite takes 32,766."""


def in_chunks(rows: models.QuerySet[Any], column: str, values: Iterable[Any]) -> Iterator[Any]:
    """The `rows` whose `column` has one of `values`."""
    values = list(values)
    for start in range(0, len(values), CHUNK):
        yield from rows.filter(**{f"{column}__in": values[start : start + CHUNK]})
