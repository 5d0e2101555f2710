"""Durations and turnarounds of spacecraft flights, and the fastest turnaround of a craft."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull, LessThanOrEqual

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket, has_flown
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.derived.aggregates import difference, elapsed
from cosmodrome.derived.definitions.craft import (
    CRAFT_PASS,
    LAUNCH,
    NET,
    craft_flights_known,
    launched_flights,
    mission_ends_known,
)
from cosmodrome.derived.registry import Expression, Instant, depends_on, derived

depends_on(
    SpacecraftFlight,
    (Spacecraft, "flights"),
    (SpacecraftFlight, "spacecraft__flights"),
    (Rocket, "spacecraftflight__spacecraft__flights"),
    (Launch, "rocket__spacecraftflight__spacecraft__flights"),
)


def previous_mission_end() -> Subquery:
    """The end of the flight before the outer one; null: there is none, or its end is not known."""
    earlier = launched_flights().filter(
        spacecraft=OuterRef("spacecraft"), rocket__launch__net__lt=OuterRef(NET)
    )
    return Subquery(earlier.order_by(f"-{NET}", "-pk").values("mission_end")[:1])


def since_previous_end() -> models.Case:
    """The duration from the end of the flight before to the outer launch; null: none, or not over by then."""
    before = previous_mission_end()
    is_over = LessThanOrEqual(before, F(NET))
    return models.Case(models.When(is_over, then=difference(NET, before)), default=None)


def flights_by_turnaround(at: Instant, path: str = "spacecraft") -> models.QuerySet[Any]:
    """The flights after a craft's first that have begun, the shortest turnaround first.

    They are those of the outer row, which is at the end of `path` from a flight.
    """
    flights: models.QuerySet[Any] = SpacecraftFlight.objects.filter(
        has_flown(at.in_subquery(), LAUNCH), **{path: OuterRef("pk")}
    )
    times = flights.annotate(turn_around=since_previous_end()).exclude(turn_around=None)
    shortest_first: models.QuerySet[Any] = times.order_by("turn_around")
    return shortest_first


@derived(Spacecraft, "fastest_turnaround", known=mission_ends_known, bulk=CRAFT_PASS)
def craft_fastest_turnaround(at: Instant) -> Expression:
    """The shortest time from a mission end to the craft's next launch.  Null: it has not flown twice."""
    return Subquery(flights_by_turnaround(at).values("turn_around")[:1])


def flight_duration_known(at: Instant) -> Q:
    """Whether the flight was launched and has ended.

    A published duration of an open flight can't be compared: nobody says at which moment it was read.
    """
    return has_flown(None, LAUNCH) & Q(mission_end__lte=at.in_row(), mission_end__gte=F(NET))


@derived(SpacecraftFlight, "duration", known=flight_duration_known)
def flight_duration(at: Instant) -> Expression:
    """From launch to mission end, or to the instant.  Null: not launched."""
    lasted = elapsed(NET, "mission_end", at, depth=0)
    return models.Case(models.When(has_flown(at.in_row(), LAUNCH), then=lasted), default=None)


def flight_turnaround_known(at: Instant) -> Q:
    """Whether the flight has begun, all flights of its craft are known, and the end of the one before is.

    Never for a first flight.
    """
    complete = Spacecraft.objects.filter(craft_flights_known(at), pk=OuterRef("spacecraft"))
    return has_flown(at.in_row(), LAUNCH) & Q(Exists(complete)) & Q(IsNull(previous_mission_end(), False))


@derived(SpacecraftFlight, "turn_around_time", known=flight_turnaround_known)
def flight_turnaround(at: Instant) -> Expression:
    """From the end of the same craft's flight before to the launch.

    Null: not launched, a first flight, or the one before was not over or its end is not known.
    """
    has_launched = has_flown(at.in_row(), LAUNCH)
    return models.Case(models.When(has_launched, then=since_previous_end()), default=None)
