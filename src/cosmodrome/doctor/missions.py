"""Rules about flights: in which order things happen, and how long they may take."""

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
from cosmodrome.derived.definitions.craft import NET, launched_flights, previous_mission_end
from cosmodrome.doctor.rules import Search, Severity, kind_of, rule

CREWED_AT_MOST = timedelta(days=2 * 365)
"""Nobody has stayed up longer than 438 days without a landing."""

UNCREWED_AT_MOST = timedelta(days=10 * 365)
"""Space planes stay up for three years, and landers may work for longer."""

FLIGHT = {"spacecraft": "spacecraft", "name": "spacecraft__name", "net": NET, "mission_end": "mission_end"}

ZERO = timedelta(0)


def landed_before_launch(now: datetime) -> QuerySet[Any]:
    """Flights that ended before they were launched."""
    del now
    return SpacecraftFlight.objects.filter(mission_end__lt=F(NET))


rule(
    "landed-before-launch",
    Severity.ERROR,
    "A mission ended before it was launched.",
    Search(
        SpacecraftFlight,
        landed_before_launch,
        "Flight {id} of {name} (spacecraft {spacecraft}) ended at {mission_end}, before its launch at {net}.",
        FLIGHT,
    ),
)


def ends_first(table: type[Any], begin: str, end: str) -> Search:
    """A search for rows that end before they begin."""
    kind = kind_of(table).capitalize()
    return Search(
        table,
        lambda _now: table.objects.filter(**{f"{end}__lt": F(begin)}),
        f"{kind} {{id}} has its {end} at {{{end}}}, before its {begin} at {{{begin}}}.",
        {begin: begin, end: end},
    )


rule(
    "ended-before-begun",
    Severity.ERROR,
    "Something else ended before it began.",
    ends_first(DockingEvent, "docking", "departure"),
    ends_first(Spacewalk, "start", "end"),
    ends_first(Expedition, "start", "end"),
)


def open_flights(now: datetime) -> QuerySet[Any]:
    """Flights that have begun and have no end, each with the next launch of its craft, if there was one."""
    begun = launched_flights().filter(rocket__launch__net__lte=now)
    later = begun.filter(spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET))
    again = Subquery(later.order_by(NET, "pk").values(NET)[:1])
    return begun.filter(mission_end=None).annotate(again=again)


rule(
    "open-though-flown-again",
    Severity.ERROR,
    "A mission has no end, and its craft has been launched again.",
    Search(
        SpacecraftFlight,
        lambda now: open_flights(now).exclude(again=None),
        "Flight {id} of {name} (spacecraft {spacecraft}), launched at {net}, has no end, "
        "but the craft was launched again at {again}.",
        {**FLIGHT, "again": "again"},
    ),
)


def open_too_long(now: datetime) -> QuerySet[Any]:
    """Flights past any plausible end; a craft without a crew may stay longer."""
    crew = AstronautFlight.objects.filter(launch_flights=OuterRef("pk"))
    flights: QuerySet[Any] = open_flights(now).filter(again=None).annotate(crewed=Exists(crew))
    too_long = Q(**{f"{NET}__lt": now - UNCREWED_AT_MOST}) | Q(
        crewed=True, **{f"{NET}__lt": now - CREWED_AT_MOST}
    )
    return flights.filter(too_long)


rule(
    "open-too-long",
    Severity.WARNING,
    "A mission is open past any plausible end: two years with a crew, ten without.",
    Search(
        SpacecraftFlight,
        open_too_long,
        "Flight {id} of {name} (spacecraft {spacecraft}), launched at {net}, has no end.",
        {**FLIGHT, "crewed": "crewed"},
    ),
)


def launched_before_landing(now: datetime) -> QuerySet[Any]:
    """Flights that were launched before the flight before had ended."""
    flights = launched_flights().filter(rocket__launch__net__lte=now).annotate(before=previous_mission_end())
    return flights.annotate(turn_around=difference(NET, "before")).filter(before__gt=F(NET))


def below_zero(table: type[Any], column: str) -> Search:
    """A search for a duration below zero."""
    return Search(
        table,
        lambda _now: table.objects.filter(**{f"{column}__lt": ZERO}),
        f"The {column} of {kind_of(table)} {{id}} is below zero: {{{column}}}.",
        {column: column},
    )


rule(
    "turnaround-below-zero",
    Severity.ERROR,
    "A turnaround is below zero.",
    Search(
        SpacecraftFlight,
        launched_before_landing,
        "Flight {id} of {name} (spacecraft {spacecraft}) was launched at {net}, before the flight before it "
        "ended at {before}: a turnaround of {turn_around}.",
        {**FLIGHT, "before": "before", "turn_around": "turn_around"},
    ),
    below_zero(SpacecraftFlight, "turn_around_time"),
    below_zero(Spacecraft, "fastest_turnaround"),
    below_zero(SpacecraftConfig, "fastest_turnaround"),
    below_zero(FirstStage, "turn_around_time"),
    below_zero(Launcher, "fastest_turnaround"),
    below_zero(LauncherConfig, "fastest_turnaround"),
    below_zero(Launch, "pad_turnaround"),
    below_zero(Pad, "fastest_turnaround"),
)
