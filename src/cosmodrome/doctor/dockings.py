"""Rules about dockings: only in flight, one at a time at one port, and no longer than the flight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet

from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.derived.definitions import DERIVED
from cosmodrome.derived.registry import AT_READING
from cosmodrome.doctor.rules import Check, Severity, rule

SIDES = ("chaser", "target")


def outside_flight(side: str) -> Callable[[datetime], QuerySet[Any]]:
    """Selects dockings before their flight's launch or after its end, on one side."""
    flight = f"flight_vehicle_{side}"

    def violations(now: datetime) -> QuerySet[Any]:
        begins_early = Q(docking__lt=F(f"{flight}__rocket__launch__net"))
        ends_late = Q(departure__gt=F(f"{flight}__mission_end"))
        never_ends = Q(**{f"{flight}__mission_end__lte": now}, departure=None)
        return DockingEvent.objects.filter(begins_early | ends_late | never_ends)

    return violations


def flight_check(side: str, sentence: str, violations: Callable[[datetime], QuerySet[Any]]) -> Check:
    """Finds dockings; its sentence describes the flight on one side."""
    flight = f"flight_vehicle_{side}"
    return Check(
        DockingEvent,
        violations,
        f"In docking {{id}}, of {{docking}} to {{departure}}, {{name}} (spacecraft {{spacecraft}}), "
        f"the {side}, {sentence}",
        {
            "docking": "docking",
            "departure": "departure",
            "flight": flight,
            "net": f"{flight}__rocket__launch__net",
            "mission_end": f"{flight}__mission_end",
            "spacecraft": f"{flight}__spacecraft",
            "name": f"{flight}__spacecraft__name",
            "in_space": f"{flight}__spacecraft__in_space",
            "totals_read_at": f"{flight}__spacecraft__totals_read_at",
        },
    )


rule(
    "docked-outside-flight",
    Severity.ERROR,
    "A craft is docked before its launch or after its landing.",
    *(
        flight_check(side, "flies (flight {flight}) from {net} to {mission_end} only.", outside_flight(side))
        for side in SIDES
    ),
)


def docked_on_the_ground(side: str) -> Callable[[datetime], QuerySet[Any]]:
    """Selects dockings that had not ended when their craft was published as not in space."""
    craft = f"flight_vehicle_{side}__spacecraft"

    def violations(now: datetime) -> QuerySet[Any]:
        del now
        read = F(f"{craft}__totals_read_at")
        still = Q(departure=None) | Q(departure__gt=read)
        return DockingEvent.objects.filter(still, **{f"{craft}__in_space": False}, docking__lte=read)

    return violations


rule(
    "docked-but-not-in-space",
    Severity.ERROR,
    "A craft is docked, but not in space.",
    Check(
        Spacecraft,
        lambda _now: Spacecraft.objects.filter(in_space=False, time_docked_since__isnull=False),
        "{name} (spacecraft {id}) is not in space, but its time docked grows since {time_docked_since}.",
        {"name": "name", "in_space": "in_space", "time_docked_since": "time_docked_since"},
    ),
    *(
        flight_check(side, "was not in space at {totals_read_at}.", docked_on_the_ground(side))
        for side in SIDES
    ),
)


def docked_longer_than_in_space(now: datetime) -> QuerySet[Any]:
    """Selects craft that have been docked for longer than in space, as published."""
    del now
    times = {
        name: DERIVED[f"Spacecraft.{name}"].published(AT_READING) for name in ("time_docked", "time_in_space")
    }
    craft = Spacecraft.objects.annotate(docked=times["time_docked"], space=times["time_in_space"])
    return craft.filter(docked__gt=F("space"))


rule(
    "more-docked-than-in-space",
    Severity.ERROR,
    "A craft has been docked for longer than it has been in space.",
    Check(
        Spacecraft,
        docked_longer_than_in_space,
        "{name} (spacecraft {id}) was docked for {time_docked}, but in space for {time_in_space} only, "
        "as published at {totals_read_at}.",
        {
            "name": "name",
            "time_docked": "docked",
            "time_in_space": "space",
            "totals_read_at": "totals_read_at",
        },
    ),
)


def overlapping(via: str, *alike: str) -> Callable[[datetime], QuerySet[Any]]:
    """Selects pairs of dockings that overlap and have the same `via` and `alike` columns; each pair once."""
    other = f"{via}__docking_events"

    def violations(now: datetime) -> QuerySet[Any]:
        del now
        later = Q(**{f"{other}__docking__gt": F("docking")}) | Q(
            **{f"{other}__docking": F("docking"), f"{other}__pk__gt": F("pk")}
        )
        meets = Q(departure=None) | Q(**{f"{other}__docking__lt": F("departure")})
        for column in alike:
            here_too = Q(**{f"{other}__{column}": F(column)})
            later &= here_too | Q(**{column: None, f"{other}__{column}": None})
        return DockingEvent.objects.filter(later & meets)

    return violations


def overlap_check(via: str, sentence: str, *alike: str, **values: str) -> Check:
    """Finds dockings that overlap."""
    other = f"{via}__docking_events"
    return Check(
        DockingEvent,
        overlapping(via, *alike),
        f"{sentence}: docking {{id}} from {{docking}} to {{departure}}, "
        "docking {other} from {other_docking} to {other_departure}.",
        {
            **values,
            "docking": "docking",
            "departure": "departure",
            "other_docking": f"{other}__docking",
            "other_departure": f"{other}__departure",
        },
        other=f"{other}__pk",
    )


rule(
    "dockings-overlap",
    Severity.ERROR,
    "Two dockings at one port, or two of one craft, at the same time.",
    overlap_check(
        "docking_location",
        "Two are docked at {name} (docking location {docking_location}) at the same time",
        "space_station_target",
        "flight_vehicle_target",
        "payload_flight_target",
        docking_location="docking_location",
        name="docking_location__name",
    ),
    overlap_check(
        "flight_vehicle_chaser",
        "{name} (flight {flight}) is docked twice at the same time",
        flight="flight_vehicle_chaser",
        name="flight_vehicle_chaser__spacecraft__name",
    ),
)
