"""Rules about crews, expeditions and spacewalks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from cosmodrome.catalogue.crews import Expedition, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.derived.aggregates import difference
from cosmodrome.doctor.conditions import DAY, shifted
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

LONGEST_SPACEWALK = timedelta(hours=12)
"""The longest so far took nine hours and six minutes."""

CREWS: tuple[tuple[Table, str], ...] = (
    (SpacecraftFlight, "launch_crew"),
    (SpacecraftFlight, "onboard_crew"),
    (SpacecraftFlight, "landing_crew"),
    (Expedition, "crew"),
    (Spacewalk, "crew"),
)
"""The lists of seats, by table and column."""


def twice_check(table: Table, crew: str) -> Check:
    """Finds people with two seats in one list."""

    def rows(now: datetime) -> QuerySet[Any]:
        del now
        people = table._default_manager.exclude(**{f"{crew}__astronaut": None})
        seats = people.values("pk", f"{crew}__astronaut").annotate(seats=Count(crew))
        twice: QuerySet[Any] = seats.filter(seats__gt=1)
        return twice

    return Check(
        table,
        rows,
        f"{{who}} has {{seats}} seats in the {crew} of {{id}}.",
        {"who": f"{crew}__astronaut"},
    )


rule(
    "crew-listed-twice",
    WARNING,
    "A person is listed twice in one crew.",
    "Take one of the two seats from the crew.",
    *(twice_check(table, crew) for table, crew in CREWS),
)


def two_at_once(now: datetime) -> Q:
    """The condition for a spacewalk with someone in its crew who goes on another before its end."""
    del now
    other = "crew__astronaut__roles__spacewalks"
    later = Q(**{f"{other}__start__gt": F("start")}) | Q(
        **{f"{other}__start": F("start"), f"{other}__pk__gt": F("pk")}
    )
    return later & Q(end__gt=F(f"{other}__start"))


rule(
    "two-spacewalks-at-once",
    ERROR,
    "A person is on two spacewalks at the same time.",
    "Correct the times, or take the person from one crew.",
    Check(
        Spacewalk,
        two_at_once,
        "{who} is on {id} from {start} to {end}, and on {other} from {other_start}.",
        {"who": "crew__astronaut", "other_start": "crew__astronaut__roles__spacewalks__start"},
        other="crew__astronaut__roles__spacewalks__pk",
    ),
)

OTHER_EXPEDITION = "crew__astronaut__roles__expeditions"

rule(
    "two-stations-at-once",
    WARNING,
    "A person is in the crews of expeditions to two stations at the same time.",
    "Correct the dates, or take the person from one crew.",
    Check(
        Expedition,
        Q(
            **{
                f"{OTHER_EXPEDITION}__start__gte": F("start"),
                f"{OTHER_EXPEDITION}__start__lt": F("end"),
            }
        )
        & (
            Q(**{f"{OTHER_EXPEDITION}__start__gt": F("start")})
            | Q(**{f"{OTHER_EXPEDITION}__pk__gt": F("pk")})
        )
        & (
            Q(**{f"{OTHER_EXPEDITION}__spacestation__gt": F("spacestation")})
            | Q(**{f"{OTHER_EXPEDITION}__spacestation__lt": F("spacestation")})
        ),
        "{who} is in the crew of {id} from {start} to {end}, and of {other} from {other_start}.",
        {"who": "crew__astronaut", "other_start": f"{OTHER_EXPEDITION}__start"},
        other=f"{OTHER_EXPEDITION}__pk",
    ),
)

rule(
    "spacewalk-outside-expedition",
    WARNING,
    "A spacewalk is not within its expedition.",
    "Correct the times, or refer to the right expedition.",
    Check(
        Spacewalk,
        Q(start__lt=shifted("expedition__start", -DAY)) | Q(start__gt=shifted("expedition__end", DAY)),
        "{id} began at {start}, but {expedition} lasted from {begin} to {until}.",
        {"begin": "expedition__start", "until": "expedition__end"},
    ),
    Check(
        Spacewalk,
        Q(expedition__spacestation__isnull=False, spacestation__isnull=False)
        & ~Q(expedition__spacestation=F("spacestation")),
        "{id} was at {spacestation}, but {expedition} was at {there}.",
        {"there": "expedition__spacestation"},
    ),
    symptom_of=("ended-before-begun",),
)

rule(
    "spacewalk-outside-flight",
    ERROR,
    "A spacewalk began before its flight's launch, or after its end.",
    "Correct the times, or refer to the right flight.",
    Check(
        Spacewalk,
        Q(start__lt=F("spacecraft_flight__rocket__launch__net"))
        | Q(start__gt=F("spacecraft_flight__mission_end")),
        "{id} began at {start}, but {spacecraft_flight} lasted from {net} to {mission_end}.",
        {
            "net": "spacecraft_flight__rocket__launch__net",
            "mission_end": "spacecraft_flight__mission_end",
        },
    ),
    symptom_of=("ended-before-begun", "landed-before-launch"),
)

rule(
    "spacewalk-too-long",
    WARNING,
    "A spacewalk took more than twelve hours, or not as long as from its start to its end.",
    "Correct the start, the end or the duration.",
    Check(
        Spacewalk,
        lambda _now: Spacewalk.objects.annotate(lasted=difference("end", "start")).filter(
            lasted__gt=LONGEST_SPACEWALK
        ),
        "{id} lasted from {start} to {end}.",
    ),
    Check(
        Spacewalk,
        lambda _now: Spacewalk.objects.annotate(lasted=difference("end", "start")).filter(
            Q(lasted__gte=timedelta(0), lasted__lte=LONGEST_SPACEWALK)
            & ~Q(duration=F("lasted"))
            & Q(duration__isnull=False)
        ),
        "{id} has a duration of {duration}, but from {start} to {end} it is {lasted}.",
        tolerated=lambda row: abs(row["duration"] - row["lasted"]) <= timedelta(minutes=1),
    ),
)
