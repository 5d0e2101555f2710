"""The rule about published totals: they equal what their parts make, at the moment of their reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DurationField, Exists, F, OuterRef, Q, QuerySet, Value, When

from cosmodrome.catalogue.launches import Launch
from cosmodrome.derived.definitions import DERIVED, Derived, Instant
from cosmodrome.derived.registry import (
    AT_READING,
    DEPENDENCIES,
    EVERY_ROW,
    AtLeastPublished,
    BulkComputation,
)
from cosmodrome.doctor.examination import ALL_OTHERS
from cosmodrome.doctor.rules import WARNING, Check, Values, rule

TOLERANCE = timedelta(minutes=1)
"""Durations may differ by less: a response is older than its `Date` header, and has whole seconds only."""

ANNOUNCED = ("pending_launches",)
"""Totals of what is announced, which are not compared: what is announced later is no contradiction."""


def derivation_check(declared: Derived) -> Check:
    """Finds rows whose published value is not what its parts make, where these are known."""

    def violations(now: datetime) -> QuerySet[Any]:
        at = AT_READING if declared.is_total else Instant(now)
        found = differing(declared, at, now) if may_differ(declared) else []
        if not found:
            return nothing(declared)
        rows: QuerySet[Any] = declared.rows(at, in_bulk=False).filter(pk__in=found)
        return rows.exclude(changed_since(declared)) if declared.is_total else rows

    when = {"totals_read_at": "totals_read_at"} if declared.is_total else {}
    as_of = " at {totals_read_at}" if when else ""
    return Check(
        declared.table,
        violations,
        f"{{id}} was published with {declared.column} {{published}}{as_of}, but what is in the catalogue "
        "makes it {derived}.",
        when,
        tolerated=may_be_longer if "turn" in declared.column else within_tolerance,
    )


def may_differ(declared: Derived) -> bool:
    """Whether anything was published at all: it takes long to ask each total."""
    rows = declared.table._default_manager.all()
    return (rows.filter(totals_read_at__isnull=False) if declared.is_total else rows).exists()


def nothing(declared: Derived) -> QuerySet[Any]:
    """Selects no row, with the annotations that `Derived.rows` makes."""
    no_value = Value(None, output_field=DurationField())
    rows: QuerySet[Any] = declared.table._default_manager.annotate(derived=no_value, published=no_value)
    return rows.none()


def differing(declared: Derived, at: Instant, now: datetime) -> list[Any]:
    """The ids of the rows whose published value is not the derived one, where that is known."""
    if declared.bulk and declared.parts_known == AtLeastPublished(declared.table, (declared.column,)):
        return above_published(declared, declared.bulk, now)
    differs = Q(derived=None) | ~Q(derived=F("published"))
    was_read = Q(totals_read_at__isnull=False) if declared.is_total else Q()
    found = When(differs & was_read, known=True, published__isnull=False, then=True)
    # The condition must stay whole: filtered by its parts, rows would be missing from the windows that some
    # values come from.
    rows = declared.rows(at).annotate(found=Case(found, default=False)).filter(found=True)
    return list(rows.values_list("pk", flat=True))


def above_published(declared: Derived, bulk: BulkComputation, now: datetime) -> list[Any]:
    """The same for a value that is known where it is no less than published, for all rows at once."""
    column = declared.column
    derived = bulk.compute({column: bulk}, Instant(now), [column])[column]
    rows = declared.table._default_manager.filter(totals_read_at__isnull=False)
    published = rows.annotate(published=declared.published(AT_READING)).exclude(published=None)
    return [
        key
        for key, value in published.values_list("pk", "published")
        if (found := derived.at_reading.get(key, derived.default)) is not None and found > value
    ]


def changed_since(declared: Derived) -> Q:
    """Whether a launch among the parts was changed, or became known, after the row's totals were read."""
    launches = Launch.objects.filter(
        last_updated__gt=OuterRef("totals_read_at"), net__lte=OuterRef("totals_read_at")
    )
    changed = Q(pk__in=())
    for part, path in DEPENDENCIES.get(declared.table, ()):
        if part is Launch:
            own = launches if path == EVERY_ROW else launches.filter(**{path or "pk": OuterRef("pk")})
            changed |= Q(Exists(own))
    return changed


def within_tolerance(values: Values) -> bool:
    """Whether two durations differ by less than the moment of reading is uncertain."""
    published, derived = values["published"], values["derived"]
    if not isinstance(published, timedelta) or not isinstance(derived, timedelta):
        return False
    return abs(published - derived) < TOLERANCE


def may_be_longer(values: Values) -> bool:
    """Whether a turnaround comes from flights with another one between them that is not in the catalogue."""
    return within_tolerance(values) or values["derived"] is None or values["derived"] > values["published"]


def total_checks() -> Iterator[Check]:
    """Checks of all derived values against their parts in the catalogue."""
    for declared in DERIVED.values():
        if declared.column not in ANNOUNCED:
            yield derivation_check(declared)


rule(
    "total-not-derived",
    WARNING,
    "A published total disagrees with what is derived from its parts.",
    "Load a newer page of the record, or look for the part that is wrong or missing.",
    *total_checks(),
    symptom_of=(ALL_OTHERS,),
    once=True,
)
