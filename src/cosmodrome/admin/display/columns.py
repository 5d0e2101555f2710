"""Columns of lists and read-only values that Django would write otherwise."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.contrib import admin

from cosmodrome.changes.rowset import Model
from cosmodrome.time import clock
from cosmodrome.time.accrual import accrued_in
from cosmodrome.time.durations import write_duration


@cache
def written_duration(model: Model, name: str) -> Any:
    """A column of a list that shows a duration in ISO 8601, at the present instant."""
    column: Any = model._meta.get_field(name)

    @admin.display(description=column.verbose_name, ordering=name)
    def written(record: Any) -> str | None:
        duration = accrued_in(record, name, clock.now())
        return None if duration is None else write_duration(duration)

    written.__name__ = name  # by it Django finds the help text
    return written
