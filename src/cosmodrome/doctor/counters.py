"""Rules about counters, which are sums: of what is in the catalogue, and of each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q, QuerySet

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.places import CelestialBody, LandingLocation
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.definitions import DERIVED
from cosmodrome.doctor.rules import Search, Severity, kind_of, rule
from cosmodrome.doctor.totals import disagreeing

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
"""Of which tables which counter is the sum of which two."""


def name_of(table: type[models.Model]) -> str:
    """The column that a row is called by."""
    return "name" if table is not Launcher else "serial_number"


def not_the_sum(table: type[models.Model], whole: str, *parts: str) -> Search:
    """A search for a counter that is not the sum of two others of its row."""

    def broken(now: datetime) -> QuerySet[Any]:
        del now
        rows = table._default_manager.annotate(parts=F(parts[0]) + F(parts[1]))
        return rows.filter(~Q(parts=F(whole)))

    return Search(
        table,
        broken,
        f"{{name}} ({kind_of(table)} {{id}}) has {whole} {{{whole}}}, "
        f"but {parts[0]} {{{parts[0]}}} and {parts[1]} {{{parts[1]}}}.",
        {"name": name_of(table), whole: whole, parts[0]: parts[0], parts[1]: parts[1]},
    )


def more_than(table: type[models.Model], part: str, whole: str) -> Search:
    """A search for a counter that is greater than one that includes it."""
    return Search(
        table,
        lambda _now: table._default_manager.filter(**{f"{part}__gt": F(whole)}),
        f"{{name}} ({kind_of(table)} {{id}}) has {part} {{{part}}}, but {whole} {{{whole}}} only.",
        {"name": name_of(table), part: part, whole: whole},
    )


def counted() -> Iterator[Search]:
    """Counters that the parts in the catalogue do not add up to."""
    for declared in DERIVED.values():
        if isinstance(declared.table._meta.get_field(declared.column), models.IntegerField):
            yield disagreeing(declared)


rule(
    "counter-not-its-sum",
    Severity.ERROR,
    "A counter is not the sum of what it counts.",
    more_than(Spacecraft, "mission_ends_count", "flights_count"),
    more_than(Launcher, "successful_landings", "attempted_landings"),
    Search(
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
    *(not_the_sum(table, *columns) for table, columns in SUMS),
    *counted(),
)
