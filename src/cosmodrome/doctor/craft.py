"""Rules about spacecraft: what is in space, what has flown, and what is listed twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.vehicles import Launcher
from cosmodrome.doctor.conditions import OUT_OF_SERVICE_STATUSES, has_left_pad, is_named
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

rule(
    "craft-in-space-without-a-flight",
    ERROR,
    "A craft is in space, but has never been launched, or all of its missions have ended.",
    "Enter the flight, or correct `in_space`.",
    Check(
        Spacecraft,
        Q(in_space=True) & (Q(flights_count=0) | Q(mission_ends_count=F("flights_count"))),
        "{id} is in space, but flights_count is {flights_count} and mission_ends_count {mission_ends_count}.",
        {"in_space": "in_space"},
    ),
)

rule(
    "more-ends-than-flights",
    ERROR,
    "A craft's missions ended more often than it has flown.",
    "Correct one of the two counters.",
    Check(
        Spacecraft,
        Q(mission_ends_count__gt=F("flights_count")),
        "{id} has mission_ends_count {mission_ends_count}, but flights_count {flights_count} only.",
    ),
)

rule(
    "in-space-but-out-of-service",
    WARNING,
    "A craft is destroyed, lost, expended or retired, but in space.",
    "Correct the status, or enter the end of the mission.",
    Check(
        Spacecraft,
        is_named("status", OUT_OF_SERVICE_STATUSES) & Q(in_space=True),
        "{id} is in space, but its status is {status_name}.",
        {"status_name": "status__name", "in_space": "in_space"},
    ),
    symptom_of=("in-space-since-a-failure", "craft-in-space-without-a-flight", "open-too-long"),
)


def flown(now: datetime) -> QuerySet[SpacecraftFlight]:
    """The flights of the outer craft whose launch says that it has flown."""
    return SpacecraftFlight.objects.filter(
        has_left_pad("rocket__launch__"), spacecraft=OuterRef("pk"), rocket__launch__net__lte=now
    )


rule(
    "placeholder-has-flown",
    WARNING,
    "A craft is marked as a placeholder, but has flown.",
    "Take away the mark, or let the flights refer to the real craft.",
    Check(
        Spacecraft,
        lambda now: Q(is_placeholder=True) & (Q(flights_count__gt=0, flights=None) | Q(Exists(flown(now)))),
        "{id} is marked as a placeholder, but has flown: flights_count is {flights_count}.",
        {"is_placeholder": "is_placeholder"},
    ),
)

rule(
    "turnaround-of-one-flight",
    WARNING,
    "A craft or booster has a fastest turnaround, but has not flown twice.",
    "Correct the duration or the counter.",
    Check(
        Spacecraft,
        Q(fastest_turnaround__gt=timedelta(0), flights_count__lt=2),
        "{id} has a fastest_turnaround of {fastest_turnaround}, but flights_count {flights_count}.",
    ),
    Check(
        Launcher,
        Q(fastest_turnaround__gt=timedelta(0), flights__lt=2),
        "{id} has a fastest_turnaround of {fastest_turnaround}, but flights {flights}.",
    ),
)
