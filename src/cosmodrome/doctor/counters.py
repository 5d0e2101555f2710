"""Rules about counters: each is the number of its parts in the catalogue, and some are the sum of others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, QuerySet

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.places import CelestialBody, LandingLocation
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.definitions import DERIVED
from cosmodrome.doctor.rules import Check, Severity, row_kind, rule
from cosmodrome.doctor.totals import derivation_check

LANDINGS = ("attempted_landings", "successful_landings", "failed_landings")
LAUNCHES = ("total_launch_count", "successful_launches", "failed_launches")
SUMS: tuple[tuple[type[models.Model], tuple[str, str, str]], ...] = (
    *((table, LAUNCHES) for table in (Agency, LauncherConfig, LauncherConfigFamily)),
    *((table, LAUNCHES) for table in (SpacecraftConfig, SpacecraftConfigFamily)),
    *((table, LANDINGS) for table in (Agency, LauncherConfig, LauncherConfigFamily)),
    *((table, LANDINGS) for table in (SpacecraftConfig, SpacecraftConfigFamily, LandingLocation)),
    (CelestialBody, ("total_attempted_launches", "successful_launches", "failed_launches")),
    (CelestialBody, ("total_attempted_landings", "successful_landings", "failed_landings")),
)
"""By table: a counter, and the two counters that it includes; of some, nobody tells the outcome yet."""


def name_column(table: type[models.Model]) -> str:
    """The column that has a row's name."""
    return "name" if table is not Launcher else "serial_number"


def sum_check(table: type[models.Model], whole: str, *parts: str) -> Check:
    """Finds counters that are less than two others of their row together."""

    def violations(now: datetime) -> QuerySet[Any]:
        del now
        rows = table._default_manager.annotate(parts=F(parts[0]) + F(parts[1]))
        return rows.filter(parts__gt=F(whole))

    return Check(
        table,
        violations,
        f"{{name}} ({row_kind(table)} {{id}}) has {whole} {{{whole}}}, "
        f"but {parts[0]} {{{parts[0]}}} and {parts[1]} {{{parts[1]}}}.",
        {"name": name_column(table), whole: whole, parts[0]: parts[0], parts[1]: parts[1]},
    )


def maximum_check(table: type[models.Model], part: str, whole: str) -> Check:
    """Finds counters that are greater than one that includes them."""
    return Check(
        table,
        lambda _now: table._default_manager.filter(**{f"{part}__gt": F(whole)}),
        f"{{name}} ({row_kind(table)} {{id}}) has {part} {{{part}}}, but {whole} {{{whole}}} only.",
        {"name": name_column(table), part: part, whole: whole},
    )


def counter_checks() -> Iterator[Check]:
    """Checks of all counters against their parts in the catalogue."""
    for declared in DERIVED.values():
        if isinstance(declared.table._meta.get_field(declared.column), models.IntegerField):
            yield derivation_check(declared)


rule(
    "counter-not-its-sum",
    Severity.ERROR,
    "A counter is not the sum of what it counts.",
    maximum_check(Spacecraft, "mission_ends_count", "flights_count"),
    maximum_check(Launcher, "successful_landings", "attempted_landings"),
    Check(
        Spacecraft,
        lambda _now: Spacecraft.objects.filter(in_space=True, mission_ends_count=F("flights_count")),
        "{name} (spacecraft {id}) is in space, but all of its {flights_count} flights have ended.",
        {
            "name": "name",
            "in_space": "in_space",
            "flights_count": "flights_count",
            "mission_ends_count": "mission_ends_count",
        },
    ),
    *(sum_check(table, *columns) for table, columns in SUMS),
    *counter_checks(),
)
