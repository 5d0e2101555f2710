"""Rules about flights: the order of their instants, and how long they may last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from cosmodrome.catalogue.crews import AstronautFlight, Expedition, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.places import Pad
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.definitions.craft import NET, launched_flights
from cosmodrome.derived.definitions.turnarounds import previous_mission_end
from cosmodrome.doctor.rules import Check, Severity, row_kind, rule

LONGEST_CREWED = timedelta(days=2 * 365)
"""Nobody has stayed up longer than 438 days without a landing."""

LONGEST_UNCREWED = timedelta(days=10 * 365)
"""Space planes stay up for three years, and landers may work for longer."""

FLIGHT_VALUES = {
    "spacecraft": "spacecraft",
    "name": "spacecraft__name",
    "net": NET,
    "mission_end": "mission_end",
}


def landed_before_launch(now: datetime) -> QuerySet[Any]:
    """Selects flights that ended before they were launched."""
    del now
    return SpacecraftFlight.objects.filter(mission_end__lt=F(NET))


rule(
    "landed-before-launch",
    Severity.ERROR,
    "A mission ended before it was launched.",
    Check(
        SpacecraftFlight,
        landed_before_launch,
        "Flight {id} of {name} (spacecraft {spacecraft}) ended at {mission_end}, before its launch at {net}.",
        FLIGHT_VALUES,
    ),
)


def order_check(table: type[Any], begin: str, end: str) -> Check:
    """Finds rows that end before they begin."""
    kind = row_kind(table).capitalize()
    return Check(
        table,
        lambda _now: table.objects.filter(**{f"{end}__lt": F(begin)}),
        f"{kind} {{id}} has its {end} at {{{end}}}, before its {begin} at {{{begin}}}.",
        {begin: begin, end: end},
    )


rule(
    "ended-before-begun",
    Severity.ERROR,
    "Something else ended before it began.",
    order_check(DockingEvent, "docking", "departure"),
    order_check(Spacewalk, "start", "end"),
    order_check(Expedition, "start", "end"),
)


def open_flights(now: datetime) -> QuerySet[Any]:
    """Selects flights that have begun and have no end, with the next launch of the craft, if any."""
    begun = launched_flights().filter(rocket__launch__net__lte=now)
    later = begun.filter(spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET))
    again = Subquery(later.order_by(NET, "pk").values(NET)[:1])
    return begun.filter(mission_end=None).annotate(again=again)


rule(
    "open-though-flown-again",
    Severity.ERROR,
    "A mission has no end, and its craft has been launched again.",
    Check(
        SpacecraftFlight,
        lambda now: open_flights(now).exclude(again=None),
        "Flight {id} of {name} (spacecraft {spacecraft}), launched at {net}, has no end, "
        "but the craft was launched again at {again}.",
        {**FLIGHT_VALUES, "again": "again"},
    ),
)


def open_too_long(now: datetime) -> QuerySet[Any]:
    """Selects flights past any plausible end; a craft without a crew may stay longer."""
    crew = AstronautFlight.objects.filter(launch_flights=OuterRef("pk"))
    flights: QuerySet[Any] = open_flights(now).filter(again=None).annotate(crewed=Exists(crew))
    too_long = Q(**{f"{NET}__lt": now - LONGEST_UNCREWED}) | Q(
        crewed=True, **{f"{NET}__lt": now - LONGEST_CREWED}
    )
    return flights.filter(too_long)


rule(
    "open-too-long",
    Severity.WARNING,
    "A mission is open past any plausible end: two years with a crew, ten without.",
    Check(
        SpacecraftFlight,
        open_too_long,
        "Flight {id} of {name} (spacecraft {spacecraft}), launched at {net}, has no end.",
        {**FLIGHT_VALUES, "crewed": "crewed"},
    ),
)


def launched_before_landing(now: datetime) -> QuerySet[Any]:
    """Selects flights that were launched before the same craft's flight before had ended."""
    flights = launched_flights().filter(rocket__launch__net__lte=now).annotate(before=previous_mission_end())
    return flights.annotate(turn_around=difference(NET, "before")).filter(before__gt=F(NET))


def sign_check(table: type[Any], column: str) -> Check:
    """Finds durations below zero."""
    return Check(
        table,
        lambda _now: table.objects.filter(**{f"{column}__lt": timedelta(0)}),
        f"The {column} of {row_kind(table)} {{id}} is below zero: {{{column}}}.",
        {column: column},
    )


rule(
    "turnaround-below-zero",
    Severity.ERROR,
    "A turnaround is below zero.",
    Check(
        SpacecraftFlight,
        launched_before_landing,
        "Flight {id} of {name} (spacecraft {spacecraft}) was launched at {net}, before the flight before it "
        "ended at {before}: a turnaround of {turn_around}.",
        {**FLIGHT_VALUES, "before": "before", "turn_around": "turn_around"},
    ),
    sign_check(SpacecraftFlight, "turn_around_time"),
    sign_check(Spacecraft, "fastest_turnaround"),
    sign_check(SpacecraftConfig, "fastest_turnaround"),
    sign_check(FirstStage, "turn_around_time"),
    sign_check(Launcher, "fastest_turnaround"),
    sign_check(LauncherConfig, "fastest_turnaround"),
    sign_check(Launch, "pad_turnaround"),
    sign_check(Pad, "fastest_turnaround"),
)
