"""Spacecraft and their flights: how often, how long, how soon again.

A flight has begun when its launch's `net` is not after the instant that is asked for and the launch's status
is none of those of launches to come.  It has ended when its `mission_end` is not after that instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.derived.aggregates import Plus, difference, elapsed, number, total
from cosmodrome.derived.bulk import Pass
from cosmodrome.derived.registry import (
    READ,
    Expression,
    Found,
    Instant,
    amounts_to,
    as_published,
    derived,
    made_of,
    triggers,
)

TO_COME = (1, 2, 5, 8)
"""Statuses of launches, by id, that have not flown whatever their `net` says: Go, TBD, On Hold, TBC."""

NET = "rocket__launch__net"


def launched() -> models.QuerySet[SpacecraftFlight]:
    """Flights whose launch is dated and not still to come."""
    return SpacecraftFlight.objects.filter(rocket__launch__net__isnull=False).exclude(
        rocket__launch__status__in=TO_COME
    )


def begun(at: Instant, craft: str = "pk") -> models.QuerySet[SpacecraftFlight]:
    """The flights of the outer row's craft that have begun."""
    return launched().filter(spacecraft=OuterRef(craft), rocket__launch__net__lte=at.batches())


def ended(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """Those of them that have ended."""
    return begun(at).filter(mission_end__lte=at.batches())


def flown_again() -> Exists:
    """Whether the craft of the outer flight was launched once more after it."""
    later = launched().filter(spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET))
    return Exists(later)


def flights_known(at: Instant) -> Q:
    """As many flights have been loaded as were published."""
    del at
    return amounts_to(number(begun(READ)), as_published("flights_count"))


def ends_known(at: Instant) -> Q:
    """All flights have been loaded, and each with its end: only the last may be without.

    As many ends as were published, none before its flight's launch.
    """
    of_craft = launched().filter(spacecraft=OuterRef("pk"))
    lost = of_craft.filter(Q(mission_end__lt=F(NET)) | Q(flown_again(), mission_end=None))
    ends = amounts_to(number(ended(READ)), as_published("mission_ends_count"))
    return flights_known(at) & ends & ~Q(Exists(lost))


made_of(
    Spacecraft,
    (SpacecraftFlight, "spacecraft"),
    (Rocket, "spacecraftflight__spacecraft"),
    (Launch, "rocket__spacecraftflight__spacecraft"),
    (DockingEvent, "flight_vehicle_chaser__spacecraft"),
    (DockingEvent, "flight_vehicle_target__spacecraft"),
)
made_of(
    SpacecraftFlight,
    (SpacecraftFlight, "spacecraft__flights"),
    (Rocket, "spacecraftflight__spacecraft__flights"),
    (Launch, "rocket__spacecraftflight__spacecraft__flights"),
)
triggers(Launch, "net")
triggers(SpacecraftFlight, "mission_end")
triggers(DockingEvent, "docking", "departure")


@dataclass
class Flown:
    """What all launched flights of one craft tell."""

    flights: int = 0
    ends: int = 0
    flights_read: int = 0
    """As of the reading, as are the ends."""
    ends_read: int = 0
    lasted: timedelta = timedelta(0)
    shortest: timedelta | None = None
    """The fastest turnaround."""
    lost: bool = False
    """Whether an end is missing or too early."""


def flown_by_craft(at: datetime) -> Iterator[tuple[Any, Flown]]:
    """What is told of each craft that was ever launched, by one pass through the flights in order."""
    flights = launched().order_by("spacecraft", NET, "pk")
    columns = flights.values_list("spacecraft", NET, "mission_end", "spacecraft__totals_read_at")
    for craft, own in groupby(columns.iterator(), key=itemgetter(0)):
        told, in_order = Flown(), list(own)
        last = in_order[-1][1]
        before: datetime | None = None
        for net, at_once in groupby(in_order, key=itemgetter(1)):
            end_before = before
            for *_, end, read in at_once:
                before = end
                told.lost |= net < last if end is None else end < net
                if read is not None and net <= read:
                    told.flights_read += 1
                    told.ends_read += end is not None and end <= read
                if net > at:
                    continue
                told.flights += 1
                told.ends += end is not None and end <= at
                told.lasted += min(end or at, at) - net
                if end_before is not None and (told.shortest is None or net - end_before < told.shortest):
                    told.shortest = net - end_before
        yield craft, told


def craft_complete(flown: dict[Any, Flown]) -> tuple[set[Any], set[Any]]:
    """Craft of which all flights are known, and of these those with all ends."""
    published = [as_published(column) for column in ("flights_count", "mission_ends_count")]
    flights_all, ends_all, none = set(), set(), Flown()
    for craft, flights, ends in Spacecraft.objects.values_list("pk", *published):
        own = flown.get(craft, none)
        if flights is not None and own.flights_read >= flights:
            flights_all.add(craft)
            if ends is not None and own.ends_read >= ends and not own.lost:
                ends_all.add(craft)
    return flights_all, ends_all


def craft_in_order(at: datetime) -> dict[str, Found]:
    """What is told of all craft by their flights."""
    flown = dict(flown_by_craft(at))
    read = set(Spacecraft.objects.exclude(totals_read_at=None).values_list("pk", flat=True))
    flights_all, ends_all = (complete & read for complete in craft_complete(flown))

    def of_each(column: str) -> dict[Any, Any]:
        return {craft: getattr(own, column) for craft, own in flown.items()}

    aloft = {craft: own.flights - own.ends for craft, own in flown.items()}
    in_space = {craft: bool(flights) for craft, flights in aloft.items()}
    return {
        "flights_count": Found(of_each("flights"), of_each("flights_read"), without=0),
        "mission_ends_count": Found(of_each("ends"), without=0, known=flights_all),
        "in_space": Found(in_space, without=False, known=ends_all),
        "time_in_space": Found(of_each("lasted"), without=timedelta(0), pace=aloft, known=ends_all),
        "fastest_turnaround": Found(of_each("shortest"), known=ends_all),
    }


FLIGHTS = Pass(craft_in_order)


@derived(Spacecraft, "flights_count", together=FLIGHTS)
def flights_count(at: Instant) -> Expression:
    """How many flights of the craft have begun, failed launches among them.  Null: not known."""
    return number(begun(at))


@derived(Spacecraft, "mission_ends_count", known=flights_known, together=FLIGHTS)
def mission_ends_count(at: Instant) -> Expression:
    """How many of the flights that have begun have ended.  Null: not known."""
    return number(ended(at))


def under_way(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """Those that have begun and not ended."""
    return begun(at).filter(Q(mission_end=None) | Q(mission_end__gt=at.batches()))


@derived(Spacecraft, "in_space", known=ends_known, together=FLIGHTS)
def in_space(at: Instant) -> Expression:
    """Whether a flight has begun and not ended.  Never null."""
    return Exists(under_way(at))


@derived(
    Spacecraft, "time_in_space", known=ends_known, pace=lambda at: number(under_way(at)), together=FLIGHTS
)
def time_in_space(at: Instant) -> Expression:
    """The duration of all flights, from launch to mission end, of an open one until the instant.

    Zero before the first.  Null: not known.
    """
    return total(begun(at), elapsed(NET, "mission_end", at))


def docked(at: Instant, side: str) -> models.QuerySet[DockingEvent]:
    """Dockings that have happened with the craft on this side: `chaser` or `target`."""
    craft = {f"flight_vehicle_{side}__spacecraft": OuterRef("pk")}
    return DockingEvent.objects.filter(docking__lte=at.batches(), **craft)


def departure_lost(at: Instant, side: str) -> Exists:
    """Whether a docking on this side ended before it began, or has no end though its flight has one."""
    flown = {f"flight_vehicle_{side}__mission_end__isnull": False}
    return Exists(docked(at, side).filter(Q(departure__lt=F("docking")) | Q(departure=None, **flown)))


def dockings_known(at: Instant) -> Q:
    """Flights are known, no departure is missing or too early, and no less was loaded than published."""
    again = DockingEvent.objects.filter(
        flight_vehicle_chaser=OuterRef("flight_vehicle_chaser"), docking__gt=OuterRef("docking")
    )
    docked_again = Exists(docked(at, "chaser").filter(Exists(again), departure=None))
    lost = Q(departure_lost(at, "chaser")) | Q(departure_lost(at, "target")) | Q(docked_again)
    return flights_known(at) & ~lost & amounts_to(time_docked.value(READ), time_docked.published(READ))


def still_docked(at: Instant) -> Combinable:
    """How many dockings of the craft are not undone."""
    still = Q(departure=None) | Q(departure__gt=at.batches())
    return number(docked(at, "chaser").filter(still)) + number(
        docked(at, "target").filter(still, by_others())
    )


def by_others() -> Q:
    """Of dockings to the craft: those of other craft, since its own are counted as the chaser's."""
    return Q(flight_vehicle_chaser=None) | ~Q(flight_vehicle_chaser__spacecraft=OuterRef("pk"))


@derived(Spacecraft, "time_docked", known=dockings_known, pace=still_docked)
def time_docked(at: Instant) -> Expression:
    """The duration of all dockings of the craft's flights, as chaser or as target.

    Open ones count until the instant; zero without any.  Null: not known.
    """
    lasted = elapsed("docking", "departure", at)
    return Plus(total(docked(at, "chaser"), lasted), total(docked(at, "target").filter(by_others()), lasted))


def end_before() -> Subquery:
    """The end of the flight before the outer one; null: there is none, or its end is not known."""
    earlier = launched().filter(spacecraft=OuterRef("spacecraft"), rocket__launch__net__lt=OuterRef(NET))
    return Subquery(earlier.order_by(f"-{NET}", "-pk").values("mission_end")[:1])


def turn_arounds(at: Instant, path: str = "spacecraft") -> models.QuerySet[Any]:
    """The flights after a craft's first that have begun; first that made ready in the shortest time.

    Those of the outer row, at the end of `path` from a flight.
    """
    flights: models.QuerySet[Any] = launched().filter(
        rocket__launch__net__lte=at.batches(), **{path: OuterRef("pk")}
    )
    times = flights.annotate(turn_around=difference(NET, end_before())).exclude(turn_around=None)
    shortest_first: models.QuerySet[Any] = times.order_by("turn_around")
    return shortest_first


@derived(Spacecraft, "fastest_turnaround", known=ends_known, together=FLIGHTS)
def fastest_turnaround(at: Instant) -> Expression:
    """The shortest time from a mission end to the craft's next launch.  Null: it has not flown twice."""
    return Subquery(turn_arounds(at).values("turn_around")[:1])


def end_known(at: Instant) -> Q:
    """The flight was launched and has ended: how long an open one lasted at its reading nobody tells."""
    return Q(pk__in=launched().values("pk")) & Q(mission_end__lte=at.in_row(), mission_end__gte=F(NET))


@derived(SpacecraftFlight, "duration", known=end_known)
def duration(at: Instant) -> Expression:
    """From launch to mission end, or to the instant.  Null: not launched."""
    lasted = elapsed(NET, "mission_end", at, depth=0)
    return models.Case(models.When(rocket__launch__net__lte=at.in_row(), then=lasted), default=None)


def turn_around_known(at: Instant) -> Q:
    """The flight has begun, and the end of the one before is known; of a first flight nothing is."""
    has_launched = Q(pk__in=launched().values("pk"), rocket__launch__net__lte=at.in_row())
    return has_launched & Q(IsNull(end_before(), False))


@derived(SpacecraftFlight, "turn_around_time", known=turn_around_known)
def turn_around_time(at: Instant) -> Expression:
    """From the end of the same craft's flight before to the launch.

    Null: not launched, a first flight, or the end of the one before is not known.
    """
    since = difference(NET, end_before())
    return models.Case(models.When(rocket__launch__net__lte=at.in_row(), then=since), default=None)
