"""Durations that grow with time: a closed part, and the instant since which they have been growing.

A craft in space has spent `time_in_space` (the closed part) plus the time since `time_in_space_since` (null
if the duration does not grow).  A duration that grows by more than a second in a second has that factor in
its `_pace` column: the time docked of a craft that is docked on both sides grows by two.  So Python can
compute the value, and SQL can order by it, for any instant without a write.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce


def accrued(
    closed: timedelta | None, since: datetime | None, now: datetime, pace: int | None = None
) -> timedelta | None:
    """Returns the duration at the instant `now`; None stays None: an unknown duration does not grow.

    `pace` is the number of seconds by which it grows in one second; None means one.
    """
    if closed is None or since is None:
        return closed
    return closed + max(now - since, timedelta(0)) * (1 if pace is None else pace)


@cache
def accrual_columns(model: type[models.Model], name: str) -> tuple[str, ...]:
    """Returns the columns that say since when and at which pace a duration grows; none if it never does."""
    own = {column.name for column in model._meta.concrete_fields}
    since, pace = f"{name}_since", f"{name}_pace"
    return (since, pace) if since in own else ()


def accrued_in(row: Any, name: str, now: datetime) -> timedelta | None:
    """Returns the duration in a column of a row, at the instant `now`."""
    since, pace = getattr(row, f"{name}_since", None), getattr(row, f"{name}_pace", None)
    return accrued(getattr(row, name), since, now, pace)


class Accrued(models.Func):
    """`accrued()` in SQL, for columns or expressions: `Accrued(now, "time_in_space", "time_in_space_since")`.

    `now` may be an expression too, such as a column that holds an instant for each row.
    """

    output_field = models.DurationField()
    arity = 4

    def __init__(
        self,
        now: datetime | Combinable,
        closed: str | Combinable,
        since: str | Combinable,
        pace: str | Combinable | None = None,
        **extra: Any,
    ) -> None:
        if isinstance(now, datetime):
            now = models.Value(now, output_field=models.DateTimeField())
        factor = models.Value(1) if pace is None else Coalesce(pace, 1)
        super().__init__(closed, since, now, factor, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        del extra_context
        # SQLite stores durations as microseconds and instants as text.
        return self._sql(compiler, connection, "(strftime('%%s', {}) - strftime('%%s', {}))*1000000")

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self._sql(compiler, connection, "({} - {})")

    def _sql(self, compiler: Any, connection: Any, difference: str) -> Any:
        del connection
        closed, since, now, pace = (compiler.compile(part) for part in self.get_source_expressions())
        elapsed = f"{difference.format(now[0], since[0])} * {pace[0]}"
        sql = f"(CASE WHEN {since[0]} < {now[0]} THEN {closed[0]} + {elapsed} ELSE {closed[0]} END)"
        parameters = (*since[1], *now[1], *closed[1], *now[1], *since[1], *pace[1], *closed[1])
        return sql, parameters
