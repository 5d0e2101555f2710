"""Rules about rows that are listed twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import FirstValue

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.config import Country
from cosmodrome.catalogue.crews import Astronaut, Expedition
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.places import CelestialBody, Location, Pad
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.catalogue.stations import SpaceStation
from cosmodrome.catalogue.vehicles import Launcher, LauncherConfig
from cosmodrome.doctor.conditions import has_left_pad
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

NO_NAMES = r"unknown|placeholder|tbd|tba|n/a|various|multiple"
"""Names that may stand for several rows, as `Unknown Pad`."""


ANY = Q()


def name_given(column: str) -> Q:
    """Whether a column has a name, and one that does not stand for several rows."""
    return ~Q(**{f"{column}__iregex": NO_NAMES}) & ~Q(**{column: ""})


def twin_check(table: Table, *columns: str, condition: Q = ANY, named: bool = True) -> Check:
    """Finds rows that are alike in some columns, each with the first like it.

    The first column holds names, unless `named` is false.
    """
    given = Q(*(Q(**{f"{column}__isnull": False}) for column in columns))
    real = given & condition & (name_given(columns[0]) if named else Q())

    def twins(now: datetime) -> QuerySet[Any]:
        del now
        rows: QuerySet[Any] = table._default_manager.filter(real)
        first = Window(FirstValue("pk"), partition_by=list(columns), order_by="pk")
        twins: QuerySet[Any] = rows.annotate(twin=first).filter(twin__lt=F("pk"))
        return twins

    alike = " and ".join(f"{column} {{{column}}}" for column in columns)
    return Check(
        table, twins, f"{{id}} and {{other}} have the same {alike}.", {c: c for c in columns}, other="twin"
    )


NO_PLACEHOLDER = Q(is_placeholder=False)

rule(
    "twins",
    WARNING,
    "Two records seem to be of one thing: they have the same name, and more in common.",
    "Delete one of the two, or tell them apart by their names.",
    twin_check(Spacecraft, "name", "spacecraft_config", "serial_number", condition=NO_PLACEHOLDER),
    twin_check(Spacecraft, "name", "spacecraft_config", condition=NO_PLACEHOLDER & Q(serial_number=None)),
    twin_check(Launch, "name", "net"),
    twin_check(Astronaut, "name", "date_of_birth"),
    twin_check(Agency, "name"),
    twin_check(SpaceStation, "name"),
    twin_check(SpacecraftConfig, "name", "agency"),
    twin_check(LauncherConfig, "full_name", "manufacturer"),
    twin_check(Pad, "name", "location"),
    twin_check(Location, "name"),
    twin_check(Program, "name"),
    twin_check(CelestialBody, "name"),
    twin_check(Expedition, "name", "spacestation"),
    twin_check(Country, "alpha_3_code"),
)

rule(
    "serial-number-twice",
    WARNING,
    "Two craft or boosters of one configuration have the same serial number.",
    "Correct one of the serial numbers, or delete one of the two.",
    twin_check(Spacecraft, "serial_number", "spacecraft_config", condition=NO_PLACEHOLDER),
    twin_check(Launcher, "serial_number", "launcher_config", condition=NO_PLACEHOLDER),
    symptom_of=("twins",),
)

rule(
    "slug-twice",
    WARNING,
    "Two launches have the same slug.",
    "Let one of the slugs end differently.",
    twin_check(Launch, "slug"),
    symptom_of=("twins",),
)

rule(
    "designator-twice",
    ERROR,
    "Two launches have the same international designator.",
    "Correct one of the designators.",
    twin_check(Launch, "launch_designator"),
    symptom_of=("twins",),
)

rule(
    "two-from-one-pad",
    WARNING,
    "Two launches left one pad in the same second.",
    "Correct the time or the pad of one, or delete it.",
    twin_check(Launch, "pad__name", "pad", "net", condition=has_left_pad()),
    symptom_of=("twins",),
)

NUMBERED_IN = {
    "orbital_launch_attempt_count": "totals_read_at",
    "location_launch_attempt_count": "pad__location",
    "pad_launch_attempt_count": "pad",
    "agency_launch_attempt_count": "launch_service_provider",
}
"""Counters of launches, by what launches with one have in common."""


def ordinal_check(column: str, among: str) -> Check:
    """Finds launches with one number among what they have in common, read at one moment."""
    return twin_check(
        Launch,
        *dict.fromkeys((column, among, "totals_read_at")),
        condition=has_left_pad() & Q(**{f"{column}__gt": 0}),
        named=False,
    )


rule(
    "ordinal-twice",
    WARNING,
    "Two launches have the same number among those to orbit, or from a pad or location, or of a provider.",
    "Correct one of the numbers.",
    *(ordinal_check(column, among) for column, among in NUMBERED_IN.items()),
    symptom_of=("twins", "two-from-one-pad"),
)
