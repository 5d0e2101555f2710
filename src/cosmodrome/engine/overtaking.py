"""Records in the order of a duration that grows for some of them: what overtakes what, without asking again.

Those that stand still keep their order for as long as the catalogue stays as it is; the few that move are
put among them anew for each second.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models
from django.db.models import F, Q

from cosmodrome.engine.moving import motion_of, moved

ID = "i"
"""Array's word for the whole numbers that are ids: no column of ids holds more."""
MICROSECOND = timedelta(microseconds=1)
NO_PACE = models.Value(None, output_field=models.IntegerField())


class Overtaking:
    """The order of `rows`, of which the ids are whole numbers, by the duration in a column."""

    def __init__(self, rows: models.QuerySet[Any], name: str, descending: bool) -> None:
        model: Any = rows.model
        since, *pace = motion_of(model, name)
        self.descending = descending
        moves = Q(**{f"{name}__isnull": False, f"{since}__isnull": False})
        columns = ("pk", name, since, pace[0] if pace else NO_PACE)
        self.moving: list[tuple[int, timedelta, datetime, int | None]] = list(
            rows.filter(moves).order_by().values_list(*columns)
        )
        column = F(name).desc(nulls_first=True) if descending else F(name).asc(nulls_last=True)
        standing = list(rows.exclude(moves).order_by(column, "pk").values_list("pk", name))
        self.unknown = array(ID, [key for key, value in standing if value is None])
        self.standing = array(ID, [key for key, value in standing if value is not None])
        self.values = array("q", [self.rank(value) for _, value in standing if value is not None])

    def rank(self, value: timedelta) -> int:
        """A number that is less for what comes first."""
        microseconds = value // MICROSECOND
        return -microseconds if self.descending else microseconds

    def ids(self, now: datetime) -> Sequence[int]:
        """The ids in their order at an instant: equals by id, and unknown ones as if longest."""
        ids = array(ID, self.unknown if self.descending else ())
        done = 0
        for rank, key in sorted((self.rank_at(row, now), row[0]) for row in self.moving):
            first, last = bisect_left(self.values, rank), bisect_right(self.values, rank)
            place = bisect_left(self.standing, key, first, last)
            ids += self.standing[done:place]
            ids.append(key)
            done = place
        ids += self.standing[done:]
        return ids if self.descending else ids + self.unknown

    def rank_at(self, row: tuple[int, timedelta, datetime, int | None], now: datetime) -> int:
        """As SQL has it: SQLite counts whole seconds."""
        _, closed, since, pace = row
        if connection.vendor == "sqlite":
            since, now = since.replace(microsecond=0), now.replace(microsecond=0)
        value = moved(closed, since, now, pace)
        return self.rank(value or timedelta(0))

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        parts = (self.standing, self.values, self.unknown)
        return sum(part.itemsize * len(part) for part in parts) + 250 * len(self.moving)
