"""The rule about published totals: what their parts make, as of the moment when they were published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, QuerySet, When

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.vehicles import FirstStage, Launcher
from cosmodrome.derived.definitions import DERIVED, Derived, Instant
from cosmodrome.derived.registry import AT_READING
from cosmodrome.doctor.rules import Row, Search, Severity, kind_of, rule

WITHIN = timedelta(minutes=1)
"""Durations may differ by less: an answer is older than its `Date` header, and drops parts of seconds."""

NAMES = {
    SpacecraftFlight: "spacecraft__name",
    Launcher: "serial_number",
    FirstStage: "launcher__serial_number",
}
"""What a row is called by, where that is not its `name`."""


def disagreeing(declared: Derived) -> Search:
    """A search for rows whose published value is not what its parts make, where these are known."""

    def broken(now: datetime) -> QuerySet[Any]:
        rows: QuerySet[Any] = declared.rows(AT_READING if declared.is_total else Instant(now))
        differs = Q(derived=None) | ~Q(derived=F("published"))
        found = When(differs, known=True, published__isnull=False, then=True)
        # One condition, whole: by parts, rows would be missing from the windows that some values come from.
        disagreeing: QuerySet[Any] = rows.annotate(found=Case(found, default=False)).filter(found=True)
        return disagreeing

    when = {"totals_read_at": "totals_read_at"} if declared.is_total else {}
    as_of = " at {totals_read_at}" if when else ""
    return Search(
        declared.table,
        broken,
        f"{{name}} ({kind_of(declared.table)} {{id}}) was published with {declared.column} "
        f"{{published}}{as_of}, but what is in the catalogue makes it {{derived}}.",
        {
            "name": NAMES.get(declared.table, "name"),
            "published": "published",
            "derived": "derived",
            **when,
        },
        tolerated=nearly_alike,
    )


def nearly_alike(values: Row) -> bool:
    """Whether two durations differ by no more than the moment of reading is unsure."""
    published, derived = values["published"], values["derived"]
    if not isinstance(published, timedelta) or not isinstance(derived, timedelta):
        return False
    return abs(published - derived) < WITHIN


def not_counted() -> Iterator[Search]:
    """All that are no counters."""
    for declared in DERIVED.values():
        if not isinstance(declared.table._meta.get_field(declared.column), models.IntegerField):
            yield disagreeing(declared)


rule(
    "total-not-derived",
    Severity.WARNING,
    "A published total disagrees with what is derived from its parts.",
    *not_counted(),
)
