"""Rules about launches: status and time, window, outcome, designator, and what they refer to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, ExtractYear, Substr

from cosmodrome.catalogue.events import TimelineEvent
from cosmodrome.catalogue.launches import SUCCESS, Launch, is_to_come
from cosmodrome.doctor.conditions import A_MOMENT, DAY, UNDER_WAY_STATUSES, as_read, has_left_pad
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

YEAR = timedelta(days=365)
MONTH = timedelta(days=30)
STATUS = {"status_name": "status__name"}

rule(
    "flown-in-the-future",
    ERROR,
    "A launch has flown by its status, but its time is to come.",
    "Correct the status or the `net`.",
    Check(
        Launch,
        lambda now: has_left_pad() & Q(net__gt=now + A_MOMENT),
        "The status of {id} is {status_name}, but its net is {net}.",
        STATUS,
    ),
)

rule(
    "to-come-for-a-year",
    WARNING,
    "A launch is still to come by its status, a year after its time.",
    "Enter the outcome, or the new `net`.",
    Check(
        Launch,
        lambda now: Q(is_to_come(), net__lt=as_read(now) - YEAR),
        "The status of {id} is {status_name}, but its net was {net}.",
        STATUS,
    ),
)

rule(
    "under-way-for-a-month",
    WARNING,
    "A launch is in flight by its status, a month after its time.",
    "Enter the outcome.",
    Check(
        Launch,
        lambda now: Q(status__in=UNDER_WAY_STATUSES, net__lt=as_read(now) - MONTH),
        "The status of {id} is {status_name}, but its net was {net}.",
        STATUS,
    ),
)

rule(
    "net-outside-window",
    WARNING,
    "The time of a launch is not within its window.",
    "Correct the `net` or the window.",
    Check(
        Launch,
        (Q(net__lt=F("window_start")) | Q(net__gt=F("window_end"))) & Q(window_start__lte=F("window_end")),
        "The net of {id} is {net}, but its window is from {window_start} to {window_end}.",
    ),
)

rule(
    "success-with-a-failreason",
    WARNING,
    "A launch succeeded, but has a reason for its failure.",
    "Correct the status, or delete the reason.",
    Check(
        Launch,
        Q(status=SUCCESS, failreason__regex=r"\S"),
        "The status of {id} is {status_name}, but its failreason is {failreason}",
        STATUS,
    ),
)

rule(
    "failreason-before-launch",
    WARNING,
    "A launch is to come, but has a reason for its failure.",
    "Correct the status, or delete the reason.",
    Check(
        Launch,
        is_to_come() & Q(failreason__regex=r"\S"),
        "The status of {id} is {status_name}, but its failreason is {failreason}",
        STATUS,
    ),
    symptom_of=("to-come-for-a-year",),
)


def designated_for_another_year(now: datetime) -> QuerySet[Any]:
    """Selects launches with a designator of another year than that of their time (UTC)."""
    del now
    year = Cast(ExtractYear("net"), CharField(max_length=5))
    dated = Launch.objects.filter(launch_designator__regex=r"^[0-9]{4}-", net__isnull=False)
    return dated.annotate(year=year).exclude(year=Substr("launch_designator", 1, 4))


rule(
    "designator-of-another-year",
    ERROR,
    "The international designator of a launch is of another year than the launch.",
    "Correct the designator or the `net`.",
    Check(
        Launch,
        designated_for_another_year,
        "{id} has the designator {launch_designator}, but its net is {net}.",
    ),
    symptom_of=("flown-in-the-future",),
)

rule(
    "designator-before-launch",
    WARNING,
    "A launch is still to come by its status, but has an international designator.",
    "Correct the status, or delete the designator.",
    Check(
        Launch,
        is_to_come() & Q(launch_designator__regex=r"\S"),
        "{id} has the designator {launch_designator}, but its status is {status_name}.",
        STATUS,
    ),
    symptom_of=("to-come-for-a-year", "designator-of-another-year"),
)

rule(
    "probability-out-of-range",
    ERROR,
    "The probability of a launch is not within 0 and 100, nor -1, which is not known.",
    "Correct the probability.",
    Check(
        Launch,
        Q(probability__lt=-1) | Q(probability__gt=100),
        "{id} has a probability of {probability}.",
    ),
)

rule(
    "live-on-another-day",
    WARNING,
    "The webcast of a launch is live, but the launch is days away.",
    "Correct `webcast_live`.",
    Check(
        Launch,
        lambda now: Q(webcast_live=True) & (Q(net__lt=seen(now) - 7 * DAY) | Q(net__gt=seen(now) + 7 * DAY)),
        "The webcast of {id} is live, but its net is {net}.",
        {"webcast_live": "webcast_live"},
    ),
    symptom_of=("flown-in-the-future", "to-come-for-a-year"),
)


def seen(now: datetime) -> Coalesce:
    """The moment at which a launch was last read or changed, or the present instant."""
    return Coalesce("totals_read_at", "last_updated", as_read(now))


rule(
    "launched-before-provider",
    WARNING,
    "A launch is before the founding of its provider.",
    "Correct the year of founding, or refer to the provider of the time.",
    Check(
        Launch,
        Q(net__year__lt=F("launch_service_provider__founding_year")),
        "{id} was launched at {net} by {provider}, founded in {founding_year}.",
        {
            "provider": "launch_service_provider",
            "founding_year": "launch_service_provider__founding_year",
        },
    ),
    symptom_of=("past-in-the-future",),
)


rule(
    "launch-to-come-from-a-closed-pad",
    WARNING,
    "A launch is to come from a pad that is not active.",
    "Correct `active`, or the pad of the launch.",
    Check(
        Launch,
        # Of a pad without a place, only the name was told: nobody said that it is not active.
        lambda now: is_to_come() & Q(net__gt=now, pad__active=False, pad__latitude__isnull=False),
        "{id}, at {net}, is to leave from {pad}, which is not active.",
        {"active": "pad__active"},
    ),
)

rule(
    "launch-to-come-of-a-retired-configuration",
    WARNING,
    "A launch is to come of a configuration that is not active.",
    "Correct `active`, or the configuration of the launch.",
    Check(
        Launch,
        lambda now: (
            is_to_come()
            & Q(
                net__gt=now,
                rocket__configuration__active=False,
                rocket__configuration__totals_read_at__isnull=False,
            )
        ),
        "{id}, at {net}, is to fly {launcher}, which is not active.",
        {"launcher": "rocket__configuration", "active": "rocket__configuration__active"},
    ),
)


YEAR_COUNTERS = tuple(f"{what}_launch_attempt_count" for what in ("orbital", "location", "pad", "agency"))

rule(
    "number-in-year-above-total",
    ERROR,
    "The number of a launch in its year is above its number of all years.",
    "Correct one of the two numbers.",
    *(
        Check(
            Launch,
            Q(**{f"{column}_year__gt": F(column)}),
            f"{{id}} has {column}_year {{{column}_year}}, but {column} {{{column}}}.",
        )
        for column in YEAR_COUNTERS
    ),
)

IN_FLIGHT = r"^(max-?q|meco.*|seco.*|stage sep.*|fairing.*|payload (deploy|sep).*|.*landing|.*deploy.*)$"
"""Events of a timeline that are after the lift-off."""

rule(
    "timeline-out-of-order",
    WARNING,
    "The lift-off is not at T-0 in the timeline of a launch, or what follows it is before it.",
    "Correct the time of the event.",
    Check(
        TimelineEvent,
        Q(type__abbrev__iregex=r"^lift-?off$")
        & (Q(relative_time__lt=timedelta(0)) | Q(relative_time__gt=timedelta(0))),
        "In the timeline of {launch}, {event} is at {relative_time} from lift-off.",
        {"event": "type__abbrev"},
    ),
    Check(
        TimelineEvent,
        Q(type__abbrev__iregex=IN_FLIGHT, relative_time__lt=timedelta(0)),
        "In the timeline of {launch}, {event} is at {relative_time} from lift-off.",
        {"event": "type__abbrev"},
    ),
)
