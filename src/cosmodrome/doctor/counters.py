"""Rules about numbers of one record: none is below zero, and none is less than what it includes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db import models
from django.db.models import F, Q

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.places import CelestialBody, LandingLocation
from cosmodrome.catalogue.spacecraft import SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.definitions.counters import landing_columns
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule
from cosmodrome.doctor.texts import tables

ANY_SIGN = ("latitude", "longitude", "probability", "relative_time", "priority", "number")
"""Columns of numbers and durations that may be below zero."""


def negative_checks() -> Iterator[Check]:
    """Checks of all numbers and durations that are never below zero."""
    for table in tables():
        for column in table._meta.concrete_fields:
            zero = timedelta(0) if isinstance(column, models.DurationField) else 0
            numeric = isinstance(column, models.IntegerField | models.FloatField | models.DurationField)
            if numeric and column.name not in ANY_SIGN and not column.primary_key:
                yield Check(
                    table,
                    Q(**{f"{column.name}__lt": zero}),
                    f"The {column.name} of {{id}} is below zero: {{{column.name}}}.",
                )


rule(
    "below-zero",
    ERROR,
    "A counter, a size, a mass or a duration is below zero.",
    "Correct the number.",
    *negative_checks(),
    symptom_of=("landed-before-launch", "ended-before-begun", "turnaround-below-zero"),
)

LAUNCHERS: tuple[Table, ...] = (Agency, LauncherConfig, LauncherConfigFamily)
CRAFT: tuple[Table, ...] = (SpacecraftConfig, SpacecraftConfigFamily)
LAUNCHES = ("total_launch_count", "successful_launches", "failed_launches")
LANDINGS = landing_columns()
Sum = tuple[Table, tuple[str, str, str]]

LAUNCH_SUMS: list[Sum] = [
    *((table, LAUNCHES) for table in LAUNCHERS),
    *((table, LAUNCHES) for table in CRAFT),
    (CelestialBody, ("total_attempted_launches", "successful_launches", "failed_launches")),
]
"""By table: a counter, and two others that count different parts of it."""
LANDING_SUMS: list[Sum] = [
    *((table, LANDINGS) for table in LAUNCHERS),
    *((table, LANDINGS) for table in CRAFT),
    (LandingLocation, LANDINGS),
    (Agency, landing_columns("_spacecraft")),
    (Agency, landing_columns("_payload")),
    (CelestialBody, ("total_attempted_landings", "successful_landings", "failed_landings")),
]


def sum_check(table: Table, whole: str, one: str, other: str) -> Check:
    """Finds counters that are less than what they include.  What is in neither part has no outcome yet."""
    return Check(
        table,
        lambda _now: table._default_manager.annotate(parts=F(one) + F(other)).filter(parts__gt=F(whole)),
        f"{{id}} has {whole} {{{whole}}}, but {one} {{{one}}} and {other} {{{other}}}.",
    )


rule(
    "more-outcomes-than-launches",
    ERROR,
    "More launches succeeded and failed than there were.",
    "Correct the counter that is wrong.",
    *(sum_check(table, *columns) for table, columns in LAUNCH_SUMS),
)

rule(
    "more-outcomes-than-landings",
    WARNING,
    "More landings succeeded and failed than were attempted.",
    "Correct the counter that is wrong; a landing may be counted as failed that nobody attempted.",
    *(sum_check(table, *columns) for table, columns in LANDING_SUMS),
)

rule(
    "more-in-a-row-than-succeeded",
    ERROR,
    "More launches, or landings, succeeded in a row than succeeded.",
    "Correct the counter that is wrong.",
    *(
        Check(
            table,
            Q(**{f"consecutive_{what}__gt": F(what)}),
            f"{{id}} has consecutive_{what} {{consecutive_{what}}}, but {what} {{{what}}} only.",
        )
        for table in LAUNCHERS
        for what in ("successful_launches", "successful_landings")
    ),
    symptom_of=("more-outcomes-than-launches", "more-outcomes-than-landings"),
)

rule(
    "craft-flown-without-launch",
    ERROR,
    "More craft of a configuration have flown than were launched.",
    "Correct the counter that is wrong.",
    *(
        Check(
            table,
            Q(total_launch_count=0, spacecraft_flown__gt=0),
            "{id} has spacecraft_flown {spacecraft_flown}, but total_launch_count {total_launch_count}.",
        )
        for table in CRAFT
    ),
)
