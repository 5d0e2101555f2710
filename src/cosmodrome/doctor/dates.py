"""Rules about dates of what has happened, which are not in the future."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.crews import Astronaut
from cosmodrome.catalogue.events import Event, Update
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.vehicles import Launcher
from cosmodrome.doctor.conditions import DAY
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, Check, rule

PAST: tuple[tuple[Table, str], ...] = (
    (Launch, "last_updated"),
    (Event, "last_updated"),
    (Update, "created_on"),
    (Astronaut, "date_of_birth"),
    (Astronaut, "date_of_death"),
    (Astronaut, "first_flight"),
    (Astronaut, "last_flight"),
    (Launcher, "first_launch_date"),
    (Launcher, "last_launch_date"),
    (Agency, "founding_year"),
)
"""Columns of instants, days and years that are written when they are past."""


def future_check(table: Table, column: str) -> Check:
    """Finds rows with an instant, day or year after the present one."""

    def rows(now: datetime) -> Q:
        latest: Any = now + DAY
        if isinstance(table._meta.get_field(column), models.IntegerField):
            latest = latest.year
        return Q(**{f"{column}__gt": latest})

    return Check(table, rows, f"The {column} of {{id}} is {{{column}}}, which is to come.")


rule(
    "past-in-the-future",
    ERROR,
    "A date of what has happened is to come: a birth, a founding, a first flight, a last change.",
    "Correct the date; or the clock, if all dates are in the future.",
    *(future_check(table, column) for table, column in PAST),
    symptom_of=("flown-in-the-future", "died-before-birth", "first-after-last", "flew-before-birth"),
)

rule(
    "first-after-last",
    ERROR,
    "A first flight is after the last one.",
    "Correct one of the two.",
    Check(
        Astronaut,
        Q(first_flight__gt=models.F("last_flight")),
        "{id} flew first at {first_flight}, but last at {last_flight}.",
    ),
    Check(
        Launcher,
        Q(first_launch_date__gt=models.F("last_launch_date")),
        "{id} flew first at {first_launch_date}, but last at {last_launch_date}.",
    ),
)
