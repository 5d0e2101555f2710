"""Rules about flights of spacecraft: their order, their ends, and how long they may last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from cosmodrome.catalogue.crews import AstronautFlight, Expedition, Spacewalk
from cosmodrome.catalogue.events import RoadClosure
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import FAILURE, Launch, is_to_come
from cosmodrome.catalogue.links import VidURL
from cosmodrome.catalogue.programs import Program
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.definitions.craft import NET, launched_flights
from cosmodrome.derived.definitions.turnarounds import previous_mission_end
from cosmodrome.doctor.conditions import as_read, is_left_open
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

LONGEST_CREWED = timedelta(days=2 * 365)
"""Nobody has stayed up longer than 438 days without a landing."""

LONGEST_UNCREWED = timedelta(days=10 * 365)
"""Space planes stay up for three years, and landers may work for longer."""

FLIGHT_VALUES = {"spacecraft": "spacecraft", "net": NET, "mission_end": "mission_end"}

rule(
    "landed-before-launch",
    ERROR,
    "A mission ended before it was launched.",
    "Correct the end of the mission, or the `net` of its launch.",
    Check(
        SpacecraftFlight,
        Q(mission_end__lt=F(NET)),
        "Flight {id} ended at {mission_end}, before its launch at {net}.",
        FLIGHT_VALUES,
    ),
)


def order_check(table: Table, begin: str, end: str) -> Check:
    """Finds rows that end before they begin."""
    return Check(
        table,
        Q(**{f"{end}__lt": F(begin)}),
        f"{{id}} has its {end} at {{{end}}}, before its {begin} at {{{begin}}}.",
    )


rule(
    "ended-before-begun",
    ERROR,
    "Something else ended before it began.",
    "Correct the instant that is wrong.",
    order_check(DockingEvent, "docking", "departure"),
    order_check(Spacewalk, "start", "end"),
    order_check(Expedition, "start", "end"),
    order_check(Program, "start_date", "end_date"),
    order_check(SpaceStation, "founded", "deorbited"),
    order_check(Launch, "window_start", "window_end"),
    order_check(RoadClosure, "window_start", "window_end"),
    order_check(VidURL, "start_time", "end_time"),
)


def open_flights(now: datetime) -> QuerySet[Any]:
    """Selects flights that have begun and were left open, with the next launch of the craft, if any."""
    begun = launched_flights().filter(rocket__launch__net__lte=now)
    later = begun.filter(spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET))
    again = Subquery(later.order_by(NET, "pk").values(NET)[:1])
    return begun.filter(is_left_open(SpacecraftFlight)).annotate(again=again)


rule(
    "open-though-flown-again",
    WARNING,
    "A mission has no end, and its craft has been launched again.",
    "Enter the end of the mission.",
    Check(
        SpacecraftFlight,
        lambda now: open_flights(now).exclude(again=None),
        "Flight {id}, launched at {net}, has no end, but {spacecraft} was launched again at {again}.",
        FLIGHT_VALUES,
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
    WARNING,
    "A mission is open past any plausible end: two years with a crew, ten without.",
    "Enter the end of the mission.",
    Check(
        SpacecraftFlight,
        open_too_long,
        "Flight {id}, launched at {net}, has no end.",
        {**FLIGHT_VALUES, "crewed": "crewed"},
    ),
    symptom_of=("in-space-since-a-failure",),
)


def launched_before_landing(now: datetime) -> QuerySet[Any]:
    """Selects flights that were launched before the same craft's flight before had ended."""
    flights = launched_flights().filter(rocket__launch__net__lte=now).annotate(before=previous_mission_end())
    return flights.annotate(turn_around=difference(NET, "before")).filter(before__gt=F(NET))


rule(
    "turnaround-below-zero",
    ERROR,
    "A craft was launched again before its flight before had ended.",
    "Correct the end of the flight before, or refer to the right craft.",
    Check(
        SpacecraftFlight,
        launched_before_landing,
        "Flight {id} was launched at {net}, before the flight before it ended at {before}: a turnaround of "
        "{turn_around}.",
        FLIGHT_VALUES,
    ),
    symptom_of=("landed-before-launch",),
)


def ended_without_launch(now: datetime) -> Q:
    """The condition that a mission has an end, though its launch is still to come as of the same moment."""
    read = as_read(now, "rocket__launch__totals_read_at")
    past_reading = Q(mission_end__lte=read) | Q(mission_end__gt=now)
    return (is_to_come("rocket__launch__") & past_reading) | Q(**{f"{NET}__gt": now})


rule(
    "ended-without-launch",
    WARNING,
    "A mission has an end, but its launch is still to come.",
    "Correct the status of the launch, or take the end from the mission.",
    Check(
        SpacecraftFlight,
        lambda now: Q(mission_end__isnull=False) & ended_without_launch(now),
        "Flight {id} ended at {mission_end}, but its launch, at {net}, is {status_name}.",
        {**FLIGHT_VALUES, "launch": "rocket__launch", "status_name": "rocket__launch__status__name"},
    ),
    symptom_of=("landed-before-launch", "flown-in-the-future"),
)

LANDING_BODY = "landing__landing_location__celestial_body"

rule(
    "landed-but-open",
    WARNING,
    "A craft has landed with success, but its mission has no end.",
    "Enter the end of the mission.",
    Check(
        SpacecraftFlight,
        lambda now: (
            launched_flights()
            .filter(is_left_open(SpacecraftFlight), rocket__launch__net__lte=now, landing__success=True)
            .filter(
                Q(**{f"{LANDING_BODY}": None})
                | Q(rocket__launch__pad__location__celestial_body=None)
                | Q(**{LANDING_BODY: F("rocket__launch__pad__location__celestial_body")})
            )
        ),
        "Flight {id}, launched at {net}, has landed with success, but has no end.",
        {**FLIGHT_VALUES, "landing": "landing"},
    ),
    symptom_of=("open-though-flown-again", "open-too-long"),
)

rule(
    "in-space-since-a-failure",
    WARNING,
    "A craft is in space since a launch that failed.",
    "Enter the end of the mission, or correct the status of the launch.",
    Check(
        SpacecraftFlight,
        lambda now: open_flights(now).filter(
            rocket__launch__status=FAILURE, again=None, spacecraft__in_space=True
        ),
        "{spacecraft} is in space since {launch}, at {net}, which failed.",
        {**FLIGHT_VALUES, "launch": "rocket__launch"},
    ),
)

rule(
    "craft-twice-on-one-launch",
    ERROR,
    "A craft or a booster is listed twice on one launch.",
    "Delete one of the two, or refer to the right craft.",
    Check(
        SpacecraftFlight,
        Q(spacecraft__flights__rocket=F("rocket"), spacecraft__flights__pk__gt=F("pk")),
        "{spacecraft} is twice on {launch}: flights {id} and {other}.",
        {"spacecraft": "spacecraft", "launch": "rocket__launch"},
        other="spacecraft__flights__pk",
    ),
)
