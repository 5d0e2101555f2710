"""Values of astronauts, from the crew lists of flights, landings and spacewalks.

Launches and landings are counted apart, since an astronaut who is launched on one craft may land on another.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, datetime, timedelta
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, ExtractDay, ExtractMonth, ExtractYear, Floor, Least
from django.db.models.lookups import GreaterThan

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket, has_flown, is_to_come
from cosmodrome.derived.aggregates import difference, elapsed, subquery_count, subquery_sum
from cosmodrome.derived.bulk import SinglePass
from cosmodrome.derived.definitions.craft import LAUNCH, NET, launched_flights
from cosmodrome.derived.registry import (
    AT_READING,
    BulkValues,
    Expression,
    Instant,
    as_published,
    at_least,
    depends_on,
    derived,
    outer,
    triggers,
)
from cosmodrome.time.clock import LAST, midnight

depends_on(
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
    (Rocket, "spacecraftflight__landing_crew__astronaut"),
    (Launch, "rocket__spacecraftflight__landing_crew__astronaut"),
)
triggers(Spacewalk, "start", "end")


def seats(of: str, depth: int = 2) -> models.QuerySet[Any]:
    """The rows that the outer astronaut's seats belong to through the relation `of`, by id."""
    found: models.QuerySet[Any] = AstronautFlight.objects.filter(astronaut=outer("pk", depth)).values(of)
    return found


def flights_up(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the outer astronaut was launched."""
    return SpacecraftFlight.objects.filter(
        has_flown(at.in_subquery(), LAUNCH), pk__in=seats("launch_flights")
    )


def flights_down(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the outer astronaut landed."""
    return ended_flights().filter(pk__in=seats("landing_flights"), mission_end__lte=at.in_subquery())


def ended_flights() -> models.QuerySet[SpacecraftFlight]:
    """The flights with an end, whose launch need not be known; a launch to come has no landing yet."""
    return SpacecraftFlight.objects.filter(~is_to_come(LAUNCH), mission_end__isnull=False)


@derived(Astronaut, "flights_count")
def astronaut_flights_count(at: Instant) -> Expression:
    """On how many flights the astronaut was launched.  Null: not known."""
    return subquery_count(flights_up(at))


@derived(Astronaut, "landings_count")
def landings_count(at: Instant) -> Expression:
    """On how many flights the astronaut came down.  Null: not known."""
    return subquery_count(flights_down(at))


@derived(Astronaut, "first_flight", known=astronaut_flights_count)
def first_flight(at: Instant) -> Expression:
    """When the astronaut was first launched, known where all flights are.  Null: never."""
    return Subquery(flights_up(at).order_by(NET).values(NET)[:1])


@derived(Astronaut, "last_flight", known=astronaut_flights_count)
def last_flight(at: Instant) -> Expression:
    """When the astronaut was last launched, known where all flights are.  Null: never."""
    return Subquery(flights_up(at).order_by(f"-{NET}").values(NET)[:1])


def begun_spacewalks(at: Instant) -> models.QuerySet[Spacewalk]:
    """The spacewalks of the outer astronaut that have begun."""
    return Spacewalk.objects.filter(pk__in=seats("spacewalks"), start__lte=at.in_subquery())


@derived(Astronaut, "spacewalks_count")
def spacewalks_count(at: Instant) -> Expression:
    """How many spacewalks of the astronaut have begun.  Null: not known."""
    return subquery_count(begun_spacewalks(at))


def spacewalks_known(at: Instant) -> Q:
    """Whether all spacewalks are known with their ends, and make no less time than was published.

    Only the last may be without an end, and only if it began within a day before the reading: none lasts
    longer.
    """
    again = Spacewalk.objects.filter(pk__in=seats("spacewalks", depth=3), start__gt=OuterRef("start"))
    open_walks = (
        begun_spacewalks(at)
        .filter(end=None)
        .annotate(before_reading=difference(AT_READING.in_subquery(), "start"))
    )
    lost = open_walks.filter(Q(Exists(again)) | Q(before_reading__gt=timedelta(days=1)))
    reversed_walks = begun_spacewalks(at).filter(end__lt=F("start"))
    loaded = at_least(eva_time.value(AT_READING), eva_time.published(AT_READING))
    return spacewalks_count.known(at) & loaded & ~Q(Exists(lost)) & ~Q(Exists(reversed_walks))


def spacewalks_under_way(at: Instant) -> Combinable:
    """The number of spacewalks of the astronaut that are under way."""
    return subquery_count(begun_spacewalks(at).filter(Q(end=None) | Q(end__gt=at.in_subquery())))


@derived(Astronaut, "eva_time", known=spacewalks_known, rate=spacewalks_under_way)
def eva_time(at: Instant) -> Expression:
    """The duration of all spacewalks, of one under way until the instant.

    Zero before the first.  Null: not known.
    """
    return subquery_sum(begun_spacewalks(at), elapsed("start", "end", at))


def is_alive(at: Instant) -> Q:
    """The condition that the astronaut has not died; the whole day of the death counts as after it."""
    return Q(date_of_death=None) | Q(date_of_death__gt=at.in_row())


def astronaut_flights_known(at: Instant) -> Q:
    """Whether no fewer launches and landings are in the catalogue than were published."""
    del at
    up, down = subquery_count(flights_up(AT_READING)), subquery_count(flights_down(AT_READING))
    return at_least(up, as_published("flights_count")) & at_least(down, as_published("landings_count"))


def day_number(day: Combinable | str) -> Combinable:
    """A day as the number yyyymmdd: the difference of two, divided by 10,000, is in whole years."""
    return ExtractYear(day) * 10_000 + ExtractMonth(day) * 100 + ExtractDay(day)


def birth_known(at: Instant) -> Q:
    """Whether the date of birth is known: no part is needed."""
    del at
    return Q(date_of_birth__isnull=False)


@derived(Astronaut, "age", known=birth_known, daily=True)
def age(at: Instant) -> Expression:
    """Whole years from birth to the day of the instant (UTC), or to that of the death.

    Null: the date of birth is not known, or is to come.
    """
    lived = Case(When(is_alive(at), then=day_number(at.in_row())), default=day_number("date_of_death"))
    # PostgreSQL's parts of a date are numerics, so that their quotient has a fraction
    reached = Cast(Floor((lived - day_number("date_of_birth")) / 10_000), models.IntegerField())
    return Case(When(date_of_birth__lte=at.in_row(), then=reached), default=None)


@derived(Astronaut, "in_space", known=astronaut_flights_known, daily=True)
def astronaut_in_space(at: Instant) -> Expression:
    """Whether the astronaut was launched more often than landed, and has not died.  Never null.

    The crew of a flight is in space until the mission's end, also those who die before.
    """
    is_up = Q(GreaterThan(subquery_count(flights_up(at)), subquery_count(flights_down(at))))
    still_up = flights_up(at).annotate(down=end_in_space()).filter(down__gt=at.in_subquery())
    return is_up & (is_alive(at) | Q(Exists(still_up)))


def next_landing() -> Subquery:
    """The instant of the landing from the outer flight, for use within `flights_up()`; null: none."""
    landings = ended_flights().filter(landing_crew__astronaut=outer("pk", 2), mission_end__gte=OuterRef(NET))
    return Subquery(landings.order_by("mission_end").values("mission_end")[:1])


def end_in_space() -> Combinable:
    """The instant at which the outer astronaut's time in space on a flight ended, within `flights_up()`.

    It is that of the landing; without one, of the mission's end, if the astronaut had died by then.  Null:
    there is neither.
    """
    died_before = When(mission_end__gte=OuterRef("date_of_death"), then=F("mission_end"))
    return Coalesce(next_landing(), Case(died_before, default=None))


def next_launch() -> Subquery:
    """The instant of the astronaut's next launch after the outer flight; null: none."""
    flights = launched_flights().filter(
        launch_crew__astronaut=outer("pk", 2), rocket__launch__net__gt=OuterRef(NET)
    )
    return Subquery(flights.order_by(NET).values(NET)[:1])


def launches_and_landings_alternate(at: Instant) -> Q:
    """Whether the flights are known, and each launch has its landing before the next launch.

    The last launch of someone who is alive needs no landing, nor does that of someone who died on the flight.
    """
    never = Value(LAST, output_field=models.DateTimeField())
    both_up = Q(GreaterThan(Coalesce(end_in_space(), never), next_launch()))
    still_up = flights_up(at).annotate(down=end_in_space()).filter(down=None)
    return (
        astronaut_flights_known(at)
        & ~Exists(flights_up(at).filter(both_up))
        & (is_alive(at) | ~Exists(still_up))
    )


def astronaut_flights_under_way(at: Instant) -> Combinable:
    """The number of flights of the astronaut that are under way."""
    flights = flights_up(at).annotate(down=end_in_space())
    return subquery_count(flights.filter(Q(down=None) | Q(down__gt=at.in_subquery())))


def bulk_times_in_space(at: datetime) -> dict[str, BulkValues]:
    """The time in space of all astronauts, from one pass through the crew lists."""
    ups = instants_by_astronaut(launched_flights(), "launch_crew", NET, "mission_end")
    downs = instants_by_astronaut(ended_flights(), "landing_crew", "mission_end")
    deaths = dict(Astronaut.objects.exclude(date_of_death=None).values_list("pk", "date_of_death"))
    then = Instant(at)
    living, known = (
        set(Astronaut.objects.filter(condition).values_list("pk", flat=True))
        for condition in (is_alive(then), astronaut_in_space.known(then))
    )
    times, paces = {}, {}
    for person, flights in ups.items():
        down = [end for (end,) in downs.get(person, [])]
        up = [(begin, end_of_time_in_space(begin, end, down, deaths.get(person))) for begin, end in flights]
        begun = [(begin, end) for begin, end in up if begin <= at]
        times[person] = sum((min(end or at, at) - begin for begin, end in begun), timedelta())
        paces[person] = sum(end is None or end > at for _, end in begun)
        for begin, end in begun:
            again = next((other for other, _ in up if other > begin), None)
            both_up = again is not None and (end is None or end > again)
            if both_up or (end is None and person not in living):
                known.discard(person)
    return {"time_in_space": BulkValues(times, default=timedelta(0), rate=paces, known=known)}


def end_of_time_in_space(
    begin: datetime, mission_end: datetime | None, landings: list[datetime], died: date | None
) -> datetime | None:
    """`end_in_space()` in Python, of a flight that began at `begin`; `landings` are in order."""
    place = bisect_left(landings, begin)
    if place < len(landings):
        return landings[place]
    died_before = mission_end is not None and died is not None and midnight(died) <= mission_end
    return mission_end if died_before else None


def instants_by_astronaut(
    flights: models.QuerySet[Any], crew: str, *columns: str
) -> dict[Any, list[tuple[Any, ...]]]:
    """By astronaut in a crew list of flights: the instants in columns of those flights, in their order."""
    seated: dict[Any, dict[Any, tuple[Any, ...]]] = {}
    for flight, person, *instants in flights.values_list("pk", f"{crew}__astronaut", *columns):
        seated.setdefault(person, {})[flight] = tuple(instants)  # once, even for two seats on one flight
    return {
        person: sorted(own.values(), key=itemgetter(0))
        for person, own in seated.items()
        if person is not None
    }


@derived(
    Astronaut,
    "time_in_space",
    known=launches_and_landings_alternate,
    rate=astronaut_flights_under_way,
    bulk=SinglePass(bulk_times_in_space),
    daily=True,
)
def astronaut_time_in_space(at: Instant) -> Expression:
    """The duration of all flights, from launch to landing, of the one under way until the instant.

    Zero before the first.  Null: not known.
    """
    instant = at.in_subquery()
    until = Coalesce(Least(end_in_space(), instant), instant)  # on SQLite alone, LEAST with a null is null
    return subquery_sum(flights_up(at), difference(until, NET))
