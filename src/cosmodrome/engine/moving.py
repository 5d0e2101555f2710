"""Durations that move: a closed part, and the instant since which they go on growing.

A craft in space has spent `time_in_space` (closed) plus the time since `time_in_space_since`
(open since; null means that the duration stands still).  Both a value in Python and an order in SQL
can so be had for any instant, without a write.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable


def moved(closed: timedelta | None, since: datetime | None, now: datetime) -> timedelta | None:
    """The duration at the instant `now`; null stays null: what is not known does not grow."""
    if closed is None or since is None:
        return closed
    return closed + max(now - since, timedelta(0))


class Moved(models.Func):
    """`moved()` in SQL: `queryset.order_by(Moved("time_in_space", "time_in_space_since", now))`.

    `now` may also be an expression: the column that holds the instant of each row.
    """

    output_field = models.DurationField()
    arity = 3

    def __init__(self, closed: str, since: str, now: datetime | Combinable, **extra: Any) -> None:
        if isinstance(now, datetime):
            now = models.Value(now, output_field=models.DateTimeField())
        super().__init__(models.F(closed), models.F(since), now, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        del extra_context
        # SQLite keeps durations as microseconds and instants as text.
        return self._three(compiler, connection, "(strftime('%%s', {}) - strftime('%%s', {}))*1000000")

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        return self._three(compiler, connection, "({} - {})")

    def _three(self, compiler: Any, connection: Any, difference: str) -> Any:
        del connection
        closed, since, now = (compiler.compile(part) for part in self.get_source_expressions())
        elapsed = difference.format(now[0], since[0])
        sql = f"(CASE WHEN {since[0]} < {now[0]} THEN {closed[0]} + {elapsed} ELSE {closed[0]} END)"
        parameters = (*since[1], *now[1], *closed[1], *now[1], *since[1], *closed[1])
        return sql, parameters
