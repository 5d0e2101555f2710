"""Astronauts: flights, landings and spacewalks, from the crew lists of those.

Going up and coming down are told apart: who is launched on one craft may land on another.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.lookups import GreaterThan

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.derived.craft import NET, launched
from cosmodrome.derived.declaring import READ, Expression, Instant, amounts_to, as_published, derived
from cosmodrome.derived.sums import elapsed, number, total


def seats(of: str, depth: int = 2) -> models.QuerySet[Any]:
    """The seats of the outer astronaut, by the list `of` that they are in."""
    person: Any = "pk"
    for _ in range(depth):
        person = OuterRef(person)
    found: models.QuerySet[Any] = AstronautFlight.objects.filter(astronaut=person).values(of)
    return found


def risen(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the astronaut was launched."""
    return launched().filter(pk__in=seats("launch_flights"), rocket__launch__net__lte=at.in_parts())


def landed(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights on which the astronaut came down."""
    return SpacecraftFlight.objects.filter(pk__in=seats("landing_flights"), mission_end__lte=at.in_parts())


@derived(Astronaut, "flights_count")
def flights_count(at: Instant) -> Expression:
    """On how many flights the astronaut was launched.  Null: not known."""
    return number(risen(at))


@derived(Astronaut, "landings_count")
def landings_count(at: Instant) -> Expression:
    """On how many flights the astronaut came down.  Null: not known."""
    return number(landed(at))


@derived(Astronaut, "spacewalks_count")
def spacewalks_count(at: Instant) -> Expression:
    """How many spacewalks of the astronaut have begun.  Null: not known."""
    return number(Spacewalk.objects.filter(pk__in=seats("spacewalks"), start__lte=at.in_parts()))


def alive(at: Instant) -> Q:
    """Not dead by then; dead for the whole day of the death."""
    return Q(date_of_death=None) | Q(date_of_death__gt=at.in_row())


def flights_known(at: Instant) -> Q:
    """No fewer launches and landings have been loaded than were published."""
    del at
    up, down = number(risen(READ)), number(landed(READ))
    return amounts_to(up, as_published("flights_count")) & amounts_to(down, as_published("landings_count"))


@derived(Astronaut, "in_space", known=flights_known)
def in_space(at: Instant) -> Expression:
    """Whether the astronaut was launched more often than landed, and has not died.  Never null."""
    return alive(at) & Q(GreaterThan(number(risen(at)), number(landed(at))))


def came_down() -> Subquery:
    """When the astronaut landed from the outer flight; null: has not.  To be used within `risen()`."""
    landings = SpacecraftFlight.objects.filter(
        pk__in=seats("landing_flights", depth=3), mission_end__gte=OuterRef(NET)
    )
    return Subquery(landings.order_by("mission_end").values("mission_end")[:1])


def one_after_the_other(at: Instant) -> Q:
    """Flights are known, and each launch has its landing before the next; the last of the living need not."""
    again = launched().filter(pk__in=seats("launch_flights", depth=3), rocket__launch__net__gt=OuterRef(NET))
    flights = risen(at).annotate(down=came_down(), again=Subquery(again.order_by(NET).values(NET)[:1]))
    lost = Q(again__lt=F("down")) | Q(down=None, again__isnull=False)
    return (
        flights_known(at) & ~Exists(flights.filter(lost)) & (alive(at) | ~Exists(flights.filter(down=None)))
    )


@derived(Astronaut, "time_in_space", known=one_after_the_other)
def time_in_space(at: Instant) -> Expression:
    """The duration of all flights, from launch to landing, of the one under way until the instant.

    Zero before the first.  Null: not known.
    """
    flights = risen(at).annotate(down=came_down())
    return total(flights, elapsed(NET, "down", at))
