"""The rule about published totals: they equal what their parts make, at the moment of their reading."""

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
from cosmodrome.doctor.rules import Check, Severity, Values, row_kind, rule

TOLERANCE = timedelta(minutes=1)
"""Durations may differ by less: a response is older than its `Date` header, and has whole seconds only."""

NAME_PATHS = {
    SpacecraftFlight: "spacecraft__name",
    Launcher: "serial_number",
    FirstStage: "launcher__serial_number",
}
"""By table: the path to a row's name, where that is not the column `name`."""


def derivation_check(declared: Derived) -> Check:
    """Finds rows whose published value is not what its parts make, where these are known."""

    def violations(now: datetime) -> QuerySet[Any]:
        rows: QuerySet[Any] = declared.rows(AT_READING if declared.is_total else Instant(now))
        differs = Q(derived=None) | ~Q(derived=F("published"))
        found = When(differs, known=True, published__isnull=False, then=True)
        # The condition must stay whole: filtered by its parts, rows would be missing from the windows that
        # some values come from.
        differing: QuerySet[Any] = rows.annotate(found=Case(found, default=False)).filter(found=True)
        return differing

    when = {"totals_read_at": "totals_read_at"} if declared.is_total else {}
    as_of = " at {totals_read_at}" if when else ""
    return Check(
        declared.table,
        violations,
        f"{{name}} ({row_kind(declared.table)} {{id}}) was published with {declared.column} "
        f"{{published}}{as_of}, but what is in the catalogue makes it {{derived}}.",
        {
            "name": NAME_PATHS.get(declared.table, "name"),
            "published": "published",
            "derived": "derived",
            **when,
        },
        tolerated=within_tolerance,
    )


def within_tolerance(values: Values) -> bool:
    """Whether two durations differ by less than the moment of reading is uncertain."""
    published, derived = values["published"], values["derived"]
    if not isinstance(published, timedelta) or not isinstance(derived, timedelta):
        return False
    return abs(published - derived) < TOLERANCE


def total_checks() -> Iterator[Check]:
    """Checks of all derived values that are not counters against their parts in the catalogue."""
    for declared in DERIVED.values():
        if not isinstance(declared.table._meta.get_field(declared.column), models.IntegerField):
            yield derivation_check(declared)


rule(
    "total-not-derived",
    Severity.WARNING,
    "A published total disagrees with what is derived from its parts.",
    *total_checks(),
)
