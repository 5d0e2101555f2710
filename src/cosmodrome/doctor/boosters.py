"""Rules about boosters, their flights and their landings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet

from cosmodrome.catalogue.places import Landing
from cosmodrome.catalogue.vehicles import FirstStage, Launcher
from cosmodrome.derived.definitions.vehicles import launched_stages
from cosmodrome.doctor.conditions import (
    A_MOMENT,
    NET,
    OUT_OF_SERVICE_STATUSES,
    has_left_pad,
    is_named,
    is_upcoming,
    shifted,
)
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

OTHER = "launcher__first_stages"
REAL = Q(launcher__is_placeholder=False)
"""Placeholders stand for several boosters."""
STAGE = {"booster": "launcher", "net": NET, "launch": "rocket__launch"}

rule(
    "booster-on-two-launches-at-once",
    ERROR,
    "A booster flew on two launches within an hour, or twice on one.",
    "Refer to the right booster.",
    Check(
        FirstStage,
        REAL & Q(**{f"{OTHER}__rocket": F("rocket"), f"{OTHER}__pk__gt": F("pk")}),
        "{booster} is twice on {launch}: {id} and {other}.",
        STAGE,
        other=f"{OTHER}__pk",
    ),
    Check(
        FirstStage,
        REAL
        & has_left_pad("rocket__launch__")
        & has_left_pad(f"{OTHER}__rocket__launch__")
        & Q(**{f"{OTHER}__{NET}__gte": F(NET), f"{OTHER}__{NET}__lte": shifted(NET, A_MOMENT)})
        & (Q(**{f"{OTHER}__rocket__gt": F("rocket")}) | Q(**{f"{OTHER}__rocket__lt": F("rocket")}))
        & (Q(**{f"{OTHER}__{NET}__gt": F(NET)}) | Q(**{f"{OTHER}__pk__gt": F("pk")})),
        "{booster} flew on {launch} at {net}, and on {again} at {again_at}.",
        {**STAGE, "again": f"{OTHER}__rocket__launch", "again_at": f"{OTHER}__{NET}"},
        other=f"{OTHER}__pk",
    ),
)

rule(
    "lost-booster-to-be-launched",
    WARNING,
    "A booster that is lost, expended, destroyed or retired is to be launched again.",
    "Correct the status of the booster, or refer to another one.",
    Check(
        FirstStage,
        lambda now: (
            REAL
            & is_named("launcher__status", OUT_OF_SERVICE_STATUSES)
            & is_upcoming("rocket__launch__")
            & Q(**{f"{NET}__gt": now})
        ),
        "{booster} is {status_name}, but to fly on {launch} at {net}.",
        {**STAGE, "status_name": "launcher__status__name"},
    ),
)


def flown_after_loss(now: datetime) -> QuerySet[Any]:
    """Selects stages whose booster had failed to land on a flight before."""
    del now
    lost = launched_stages().filter(
        launcher=OuterRef("launcher"), rocket__launch__net__lt=OuterRef(NET), landing__success=False
    )
    return (
        launched_stages()
        .filter(REAL)
        .annotate(lost=lost.order_by(f"-{NET}").values("rocket__launch")[:1])
        .exclude(lost=None)
    )


rule(
    "flown-after-a-failed-landing",
    WARNING,
    "A booster flew again after a landing that failed.",
    "Correct the outcome of the landing, or refer to the right booster.",
    Check(
        FirstStage,
        flown_after_loss,
        "{booster} flew on {launch} at {net}, but failed to land after {lost}.",
        {**STAGE, "lost": "lost"},
    ),
)

rule(
    "first-stage-before-its-previous-flight",
    ERROR,
    "The flight of a booster before one is not before it.",
    "Correct `previous_flight`.",
    Check(
        FirstStage,
        Q(previous_flight_date__gte=F(NET)) | Q(previous_flight__net__gt=F(NET)),
        "{booster} flew on {launch} at {net}, and before on {previous_flight} at {previous_flight_date}.",
        STAGE,
    ),
    symptom_of=("booster-on-two-launches-at-once",),
)

rule(
    "first-flight-reused",
    WARNING,
    "A first stage is marked as reused on its booster's first flight, or as new on a later one.",
    "Correct `reused` or `launcher_flight_number`.",
    Check(
        FirstStage,
        REAL & (Q(reused=True, launcher_flight_number=1) | Q(reused=False, launcher_flight_number__gt=1)),
        "{booster} is on its flight {launcher_flight_number} with {launch}, but reused is {reused}.",
        STAGE,
    ),
)

rule(
    "booster-flight-number-twice",
    WARNING,
    "Two flights of a booster have the same number.",
    "Correct one of the numbers.",
    Check(
        FirstStage,
        REAL
        & has_left_pad("rocket__launch__")
        & has_left_pad(f"{OTHER}__rocket__launch__")
        & Q(**{f"{OTHER}__launcher_flight_number": F("launcher_flight_number"), f"{OTHER}__pk__gt": F("pk")}),
        "{booster} is on its flight {launcher_flight_number} both with {launch} and with {again}.",
        {**STAGE, "again": f"{OTHER}__rocket__launch"},
        other=f"{OTHER}__pk",
    ),
    symptom_of=("booster-on-two-launches-at-once",),
)

rule(
    "flight-proven-against-flights",
    WARNING,
    "A booster is flight_proven without a flight, or is not after several.",
    "Correct `flight_proven` or the counter.",
    Check(
        Launcher,
        Q(is_placeholder=False) & (Q(flight_proven=True, flights=0) | Q(flight_proven=False, flights__gt=1)),
        "{id} has flight_proven {flight_proven}, but flights {flights}.",
    ),
)

rule(
    "more-landings-than-attempts",
    ERROR,
    "A booster landed more often than it tried, or tried more often than it flew.",
    "Correct the counter that is wrong.",
    Check(
        Launcher,
        Q(successful_landings__gt=F("attempted_landings")) | Q(attempted_landings__gt=F("flights")),
        "{id} has flights {flights}, attempted_landings {attempted_landings} and successful_landings "
        "{successful_landings}.",
    ),
)

rule(
    "landed-without-an-attempt",
    ERROR,
    "A landing has an outcome, but was not attempted.",
    "Correct `attempt` or `success`.",
    Check(
        Landing,
        Q(attempt=False, success=True),
        "{id} has success {success}, but attempt {attempt}.",
        {"location": "landing_location"},
    ),
)


def landed_in_the_future(what: str) -> Check:
    """Finds landings with an outcome whose vehicle is still to be launched."""
    launch = f"{what}__rocket__launch"
    return Check(
        Landing,
        lambda now: Q(success__isnull=False, **{f"{launch}__net__gt": now + A_MOMENT}),
        "{id} has success {success}, but its launch, {launch}, is at {net}.",
        {"launch": launch, "net": f"{launch}__net"},
    )


rule(
    "landed-in-the-future",
    ERROR,
    "A landing has an outcome, but its launch is to come.",
    "Take the outcome from the landing, or correct the `net` of the launch.",
    *(landed_in_the_future(what) for what in ("firststage", "spacecraftflight", "payloadflight")),
    symptom_of=("flown-in-the-future",),
)

rule(
    "landing-of-several",
    ERROR,
    "One landing belongs to several vehicles.",
    "Give each its own landing.",
    *(
        Check(
            Landing,
            Q(**{f"{one}__isnull": False, f"{other}__isnull": False}),
            f"{{id}} is of both {{{one}}} and {{{other}}}.",
        )
        for one, other in (
            ("firststage", "spacecraftflight"),
            ("firststage", "payloadflight"),
            ("spacecraftflight", "payloadflight"),
        )
    ),
)
