"""Astronauts: flights, landings and spacewalks, from the crew lists of those.

Going up and coming down are told apart: who is launched on one craft may land on another.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, ExtractDay, ExtractMonth, ExtractYear, Floor, Least
from django.db.models.lookups import GreaterThan

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.derived.aggregates import difference, elapsed, number, total
from cosmodrome.derived.bulk import Pass
from cosmodrome.derived.definitions.craft import NET, launched
from cosmodrome.derived.registry import (
    READ,
    Expression,
    Found,
    Instant,
    amounts_to,
    as_published,
    derived,
    made_of,
    outer,
    triggers,
)
from cosmodrome.time.clock import LAST

made_of(
    Astronaut,
    (Astronaut, ""),
    (AstronautFlight, "astronaut"),
    (Spacewalk, "crew__astronaut"),
    (Spacewalk.crew.through, "astronautflight__astronaut"),
    (SpacecraftFlight.launch_crew.through, "astronautflight__astronaut"),
    (SpacecraftFlight.landing_crew.through, "astronautflight__astronaut"),
    (SpacecraftFlight, "launch_crew__astronaut"),
    (SpacecraftFlight, "landing_crew__astronaut"),
    (Rocket, "spacecraftflight__launch_crew__astronaut"),
    (Launch, "rocket__spacecraftflight__launch_crew__astronaut"),
)
triggers(Spacewalk, "start", "end")


def seats(of: str, depth: int = 2) -> models.QuerySet[Any]:
    """The seats of the outer astronaut, by the list `of` that they are in."""
    found: models.QuerySet[Any] = AstronautFlight.objects.filter(astronaut=outer("pk", depth)).values(of)
    return found


def risen(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the astronaut was launched."""
    return launched().filter(pk__in=seats("launch_flights"), rocket__launch__net__lte=at.batches())


def landed(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the astronaut came down."""
    return SpacecraftFlight.objects.filter(pk__in=seats("landing_flights"), mission_end__lte=at.batches())


@derived(Astronaut, "flights_count")
def flights_count(at: Instant) -> Expression:
    """On how many flights the astronaut was launched.  Null: not known."""
    return number(risen(at))


@derived(Astronaut, "landings_count")
def landings_count(at: Instant) -> Expression:
    """On how many flights the astronaut came down.  Null: not known."""
    return number(landed(at))


@derived(Astronaut, "first_flight", known=flights_count)
def first_flight(at: Instant) -> Expression:
    """When the astronaut was first launched, known where all flights are.  Null: never."""
    return Subquery(risen(at).order_by(NET).values(NET)[:1])


@derived(Astronaut, "last_flight", known=flights_count)
def last_flight(at: Instant) -> Expression:
    """When the astronaut was last launched, known where all flights are.  Null: never."""
    return Subquery(risen(at).order_by(f"-{NET}").values(NET)[:1])


def walks(at: Instant) -> models.QuerySet[Spacewalk]:
    """The spacewalks of the astronaut that have begun."""
    return Spacewalk.objects.filter(pk__in=seats("spacewalks"), start__lte=at.batches())


@derived(Astronaut, "spacewalks_count")
def spacewalks_count(at: Instant) -> Expression:
    """How many spacewalks of the astronaut have begun.  Null: not known."""
    return number(walks(at))


def walks_known(at: Instant) -> Q:
    """All spacewalks are known with their ends, and amount to no less time than was published.

    Only the last may be without an end, if it did not begin more than a day before the reading: none lasts
    so long.
    """
    again = Spacewalk.objects.filter(pk__in=seats("spacewalks", depth=3), start__gt=OuterRef("start"))
    open_walks = walks(at).filter(end=None).annotate(before_reading=difference(READ.batches(), "start"))
    lost = open_walks.filter(Q(Exists(again)) | Q(before_reading__gt=timedelta(days=1)))
    reversed_walks = walks(at).filter(end__lt=F("start"))
    loaded = amounts_to(eva_time.value(READ), eva_time.published(READ))
    return spacewalks_count.known(at) & loaded & ~Q(Exists(lost)) & ~Q(Exists(reversed_walks))


def outside(at: Instant) -> Combinable:
    """How many spacewalks of the astronaut are under way."""
    return number(walks(at).filter(Q(end=None) | Q(end__gt=at.batches())))


@derived(Astronaut, "eva_time", known=walks_known, pace=outside)
def eva_time(at: Instant) -> Expression:
    """The duration of all spacewalks, of one under way until the instant.

    Zero before the first.  Null: not known.
    """
    return total(walks(at), elapsed("start", "end", at))


def alive(at: Instant) -> Q:
    """Not dead by then; dead for the whole day of the death."""
    return Q(date_of_death=None) | Q(date_of_death__gt=at.in_row())


def flights_known(at: Instant) -> Q:
    """No fewer launches and landings have been loaded than were published."""
    del at
    up, down = number(risen(READ)), number(landed(READ))
    return amounts_to(up, as_published("flights_count")) & amounts_to(down, as_published("landings_count"))


def years(day: Combinable | str) -> Combinable:
    """A day as a number of eight digits: the difference of two in ten thousands is that in whole years."""
    return ExtractYear(day) * 10_000 + ExtractMonth(day) * 100 + ExtractDay(day)


@derived(Astronaut, "age", daily=True)
def age(at: Instant) -> Expression:
    """Whole years from birth to the day of the instant (UTC), or to that of the death.

    Null: the date of birth is not known, or is to come.
    """
    lived = Case(When(alive(at), then=years(at.in_row())), default=years("date_of_death"))
    # PostgreSQL takes parts of a date for numbers with fractions, and divides them so
    reached = Cast(Floor((lived - years("date_of_birth")) / 10_000), models.IntegerField())
    return Case(When(date_of_birth__lte=at.in_row(), then=reached), default=None)


@derived(Astronaut, "in_space", known=flights_known, daily=True)
def in_space(at: Instant) -> Expression:
    """Whether the astronaut was launched more often than landed, and has not died.  Never null."""
    return alive(at) & Q(GreaterThan(number(risen(at)), number(landed(at))))


def came_down() -> Subquery:
    """When the astronaut landed from the outer flight; null: has not.  To be used within `risen()`."""
    landings = SpacecraftFlight.objects.filter(
        landing_crew__astronaut=outer("pk", 2), mission_end__gte=OuterRef(NET)
    )
    return Subquery(landings.order_by("mission_end").values("mission_end")[:1])


def went_up_again() -> Subquery:
    """When the astronaut was launched next after the outer flight; null: was not."""
    flights = launched().filter(launch_crew__astronaut=outer("pk", 2), rocket__launch__net__gt=OuterRef(NET))
    return Subquery(flights.order_by(NET).values(NET)[:1])


def one_after_the_other(at: Instant) -> Q:
    """Flights are known, and each launch has its landing before the next; the last of the living need not."""
    never = Value(LAST, output_field=models.DateTimeField())
    both_up = Q(GreaterThan(Coalesce(came_down(), never), went_up_again()))
    still_up = risen(at).annotate(down=came_down()).filter(down=None)
    return flights_known(at) & ~Exists(risen(at).filter(both_up)) & (alive(at) | ~Exists(still_up))


def aloft(at: Instant) -> Combinable:
    """How many flights of the astronaut are under way."""
    flights = risen(at).annotate(down=came_down())
    return number(flights.filter(Q(down=None) | Q(down__gt=at.batches())))


def times_by_person(at: datetime) -> dict[str, Found]:
    """The time in space of all, by one pass through the crew lists."""
    ups = by_person(launched(), "launch_crew", NET)
    downs = by_person(SpacecraftFlight.objects.exclude(mission_end=None), "landing_crew", "mission_end")
    then = Instant(at)
    living, known = (
        set(Astronaut.objects.filter(condition).values_list("pk", flat=True))
        for condition in (alive(then), in_space.known(then))
    )
    times, paces = {}, {}
    for person, up in ups.items():
        down = downs.get(person, [])
        begun = [begin for begin in up if begin <= at]
        ends = [down[place] if (place := bisect_left(down, begin)) < len(down) else None for begin in begun]
        times[person] = sum(
            (min(end or at, at) - begin for begin, end in zip(begun, ends, strict=True)), timedelta()
        )
        paces[person] = sum(end is None or end > at for end in ends)
        for begin, end in zip(begun, ends, strict=True):
            again = bisect_right(up, begin)
            both_up = again < len(up) and (end is None or end > up[again])
            if both_up or (end is None and person not in living):
                known.discard(person)
    return {"time_in_space": Found(times, without=timedelta(0), pace=paces, known=known)}


def by_person(flights: models.QuerySet[Any], crew: str, column: str) -> dict[Any, list[datetime]]:
    """The instants in a column of flights, in order, by who is on a list of theirs."""
    seated: dict[Any, dict[Any, datetime]] = {}
    for flight, person, when in flights.values_list("pk", f"{crew}__astronaut", column):
        seated.setdefault(person, {})[flight] = when  # once, though there were two seats
    return {person: sorted(own.values()) for person, own in seated.items() if person is not None}


@derived(
    Astronaut,
    "time_in_space",
    known=one_after_the_other,
    pace=aloft,
    together=Pass(times_by_person),
    daily=True,
)
def time_in_space(at: Instant) -> Expression:
    """The duration of all flights, from launch to landing, of the one under way until the instant.

    Zero before the first.  Null: not known.
    """
    instant = at.batches()
    until = Coalesce(Least(came_down(), instant), instant)  # least of a null is null on SQLite alone
    return total(risen(at), difference(until, NET))
