"""Values of spacecraft and their flights: counts, time in space, time docked, and turnarounds.

A flight has begun when its launch has flown: see `has_flown()` of `catalogue.launches`.  It has ended when
its `mission_end` is not after the instant of the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import IsNull

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket, has_flown
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.derived.aggregates import Minus, Plus, elapsed, subquery_count, subquery_sum
from cosmodrome.derived.bulk import SinglePass
from cosmodrome.derived.registry import (
    AT_READING,
    BulkValues,
    Expression,
    Instant,
    as_published,
    at_least,
    depends_on,
    derived,
    is_at_least,
    triggers,
)

LAUNCH = "rocket__launch__"
"""The path from a flight, or a stage, to the columns of its launch."""
NET = f"{LAUNCH}net"


def launched_flights() -> models.QuerySet[SpacecraftFlight]:
    """Flights whose launch has flown, whenever that was or will be."""
    return SpacecraftFlight.objects.filter(has_flown(None, LAUNCH))


def begun_flights(at: Instant, craft: str = "pk") -> models.QuerySet[SpacecraftFlight]:
    """The flights of the outer row's craft that have begun."""
    return SpacecraftFlight.objects.filter(has_flown(at.in_subquery(), LAUNCH), spacecraft=OuterRef(craft))


def ended_flights(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights of the outer craft that have ended."""
    return begun_flights(at).filter(mission_end__lte=at.in_subquery())


def launched_again() -> Exists:
    """Whether the craft of the outer flight was launched once more after it."""
    later = launched_flights().filter(
        spacecraft=OuterRef("spacecraft"), rocket__launch__net__gt=OuterRef(NET)
    )
    return Exists(later)


def craft_flights_known(at: Instant) -> Q:
    """Whether no fewer flights are in the catalogue than were published."""
    del at
    return at_least(subquery_count(begun_flights(AT_READING)), as_published("flights_count"))


def mission_ends_known(at: Instant) -> Q:
    """Whether all flights are in the catalogue, each with its end: only the last may be without one.

    No fewer ends than were published, and none before its flight's launch.
    """
    of_craft = launched_flights().filter(spacecraft=OuterRef("pk"))
    lost = of_craft.filter(
        Q(mission_end__lt=F(NET)) | Q(launched_again(), mission_end=None) | SpacecraftFlight.end_is_lost()
    )
    ends = at_least(subquery_count(ended_flights(AT_READING)), as_published("mission_ends_count"))
    return craft_flights_known(at) & ends & ~Q(Exists(lost))


depends_on(
    Spacecraft,
    (SpacecraftFlight, "spacecraft"),
    (Rocket, "spacecraftflight__spacecraft"),
    (Launch, "rocket__spacecraftflight__spacecraft"),
    (DockingEvent, "flight_vehicle_chaser__spacecraft"),
    (DockingEvent, "flight_vehicle_target__spacecraft"),
)
triggers(Launch, "net")
triggers(SpacecraftFlight, "mission_end", "over_by")
triggers(DockingEvent, "docking", "departure", "over_by")


@dataclass
class CraftFlights:
    """Counts and durations over all launched flights of one craft."""

    flights: int = 0
    ends: int = 0
    lost: int = 0
    """The flights that are over, nobody says since when."""
    flights_read: int = 0
    """The flights that had begun at the reading of the craft's totals."""
    ends_read: int = 0
    """The flights that had ended at that reading."""
    lasted: timedelta = timedelta(0)
    shortest: timedelta | None = None
    """The fastest turnaround."""
    end_missing: bool = False
    """Whether an end is missing, or before its flight's launch."""


def flights_by_craft(at: datetime) -> Iterator[tuple[Any, CraftFlights]]:
    """The flights of each craft that was ever launched, from one pass through all flights in order."""
    flights = launched_flights().order_by("spacecraft", NET, "pk")
    columns = flights.values_list("spacecraft", NET, "over_by", "mission_end", "spacecraft__totals_read_at")
    for craft, own in groupby(columns.iterator(), key=itemgetter(0)):
        totals, in_order = CraftFlights(), list(own)
        last = in_order[-1][1]
        before: datetime | None = None
        for net, at_once in groupby(in_order, key=itemgetter(1)):
            end_before = before
            for *_, over_by, end, read in at_once:
                before = end
                totals.end_missing |= (net < last or over_by is not None) if end is None else end < net
                if read is not None and net <= read:
                    totals.flights_read += 1
                    totals.ends_read += end is not None and end <= read
                if net > at:
                    continue
                totals.flights += 1
                totals.ends += end is not None and end <= at
                if end is None and over_by is not None and over_by <= at:
                    totals.lost += 1
                totals.lasted += min(end or at, at) - net
                if end_before is not None and end_before <= net:
                    turnaround = net - end_before  # which may be zero
                    is_first = totals.shortest is None
                    totals.shortest = turnaround if is_first else min(turnaround, totals.shortest)
        yield craft, totals


def complete_craft(flown: dict[Any, CraftFlights]) -> tuple[set[Any], set[Any]]:
    """The ids of craft whose flights are all known, and of those among them whose mission ends are known."""
    flights_all, ends_all, none = set(), set(), CraftFlights()
    columns: list[Any] = [
        "totals_read_at",
        "parts_stated_at",
        *map(as_published, ("flights_count", "mission_ends_count")),
    ]
    for craft, read, stated, flights, ends in Spacecraft.objects.values_list("pk", *columns):
        own = flown.get(craft, none)
        if is_at_least(own.flights_read, flights, read, stated):
            flights_all.add(craft)
            if is_at_least(own.ends_read, ends, read, stated) and not own.end_missing:
                ends_all.add(craft)
    return flights_all, ends_all


def bulk_craft_values(at: datetime) -> dict[str, BulkValues]:
    """The values of all craft that depend on their flights, from one pass."""
    flown = dict(flights_by_craft(at))
    flights_all, ends_all = complete_craft(flown)
    over = set(Spacecraft.objects.filter(is_seen_down(Instant(at))).values_list("pk", flat=True)) - ends_all
    as_read = Spacecraft.objects.filter(pk__in=over).values_list("pk", as_published("time_in_space"))

    def of_each(column: str) -> dict[Any, Any]:
        return {craft: getattr(own, column) for craft, own in flown.items()}

    aloft = {craft: own.flights - own.ends - own.lost for craft, own in flown.items()}
    in_space = {craft: bool(flights) for craft, flights in aloft.items()}
    lasted = of_each("lasted") | dict(as_read)
    return {
        "flights_count": BulkValues(of_each("flights"), of_each("flights_read"), default=0),
        "mission_ends_count": BulkValues(of_each("ends"), default=0, known=flights_all),
        "in_space": BulkValues(in_space, default=False, known=ends_all | over),
        "time_in_space": BulkValues(lasted, default=timedelta(0), rate=aloft, known=ends_all | over),
        "fastest_turnaround": BulkValues(of_each("shortest"), known=ends_all),
    }


CRAFT_PASS = SinglePass(bulk_craft_values)


@derived(Spacecraft, "flights_count", bulk=CRAFT_PASS)
def craft_flights_count(at: Instant) -> Expression:
    """How many flights of the craft have begun, failed launches among them.  Null: not known."""
    return subquery_count(begun_flights(at))


@derived(Spacecraft, "mission_ends_count", known=craft_flights_known, bulk=CRAFT_PASS)
def mission_ends_count(at: Instant) -> Expression:
    """How many of the flights that have begun have ended.  Null: not known."""
    return subquery_count(ended_flights(at))


def flights_under_way(at: Instant) -> models.QuerySet[SpacecraftFlight]:
    """The flights of the outer craft that have begun and are not over."""
    return begun_flights(at).filter(SpacecraftFlight.is_not_over(at.in_subquery()))


def is_seen_down(at: Instant) -> Q:
    """Whether a flight was seen to be over after the craft's totals were read, and none is under way."""
    over = begun_flights(at).filter(SpacecraftFlight.end_is_lost(), over_by__lte=at.in_subquery())
    news = over.filter(Q(over_by__gt=AT_READING.in_subquery()))
    return Q(Exists(news)) & ~Q(Exists(flights_under_way(at)))


def presence_known(at: Instant) -> Q:
    """Whether all mission ends are known, or the craft was seen to be down: then since when is not known."""
    return mission_ends_known(at) | is_seen_down(at)


@derived(Spacecraft, "in_space", known=presence_known, bulk=CRAFT_PASS)
def craft_in_space(at: Instant) -> Expression:
    """Whether a flight has begun and not ended.  Never null."""
    return Exists(flights_under_way(at))


@derived(
    Spacecraft,
    "time_in_space",
    known=presence_known,
    rate=lambda at: subquery_count(flights_under_way(at)),
    bulk=CRAFT_PASS,
)
def craft_time_in_space(at: Instant) -> Expression:
    """The duration of all flights, from launch to mission end, of an open one until the instant.

    As it was published last, if the craft was seen to be down since, nobody says when.  Zero before the first
    flight.  Null: not known.
    """
    flown = subquery_sum(begun_flights(at), elapsed(NET, "mission_end", at))
    seen_down = is_seen_down(at) & ~mission_ends_known(at)
    return models.Case(models.When(seen_down, then=as_published("time_in_space")), default=flown)


def craft_dockings(at: Instant, side: str) -> models.QuerySet[DockingEvent]:
    """The dockings of the outer craft that have happened, with the craft as `side`: `chaser` or `target`."""
    craft = {f"flight_vehicle_{side}__spacecraft": OuterRef("pk")}
    return DockingEvent.objects.filter(docking__lte=at.in_subquery(), **craft)


def departure_missing(at: Instant, side: str) -> Exists:
    """Whether a docking on this side ended before it began, or has no end though it or its flight is over."""
    flown = Q(**{f"flight_vehicle_{side}__mission_end__isnull": False}, departure=None)
    reversed_docking = Q(departure__lt=F("docking"))
    return Exists(craft_dockings(at, side).filter(reversed_docking | flown | DockingEvent.end_is_lost()))


def all_dockings_known(at: Instant) -> Q:
    """Whether flights are known, no departure is missing or early, and no less time docked than published."""
    again = DockingEvent.objects.filter(
        flight_vehicle_chaser=OuterRef("flight_vehicle_chaser"), docking__gt=OuterRef("docking")
    )
    docked_again = Exists(craft_dockings(at, "chaser").filter(Exists(again), departure=None))
    lost = Q(departure_missing(at, "chaser")) | Q(departure_missing(at, "target")) | Q(docked_again)
    return craft_flights_known(at) & ~lost & at_least(docked_time(AT_READING), as_published("time_docked"))


def docked_since_reading(at: Instant) -> Q:
    """Whether time docked was published, and a docking that the catalogue has adds to it since."""
    still = Q(departure=None) | Q(departure__gt=AT_READING.in_subquery())
    added = (Q(Exists(craft_dockings(at, side).filter(still))) for side in ("chaser", "target"))
    lost = (Q(departure_missing(at, side)) for side in ("chaser", "target"))
    was_read = Q(totals_read_at__lte=at.in_row()) & Q(IsNull(as_published("time_docked"), False))
    return was_read & (next(added) | next(added)) & ~(next(lost) | next(lost))


def dockings_known(at: Instant) -> Q:
    """Whether all dockings are known, or those that add to what was published since its reading."""
    return all_dockings_known(at) | docked_since_reading(at)


def open_dockings(at: Instant) -> Combinable:
    """The number of the craft's dockings that have happened and are not over."""
    still = DockingEvent.is_not_over(at.in_subquery())
    return subquery_count(craft_dockings(at, "chaser").filter(still)) + subquery_count(
        craft_dockings(at, "target").filter(still, by_other_craft())
    )


def by_other_craft() -> Q:
    """The condition that another craft docked to this one: dockings of its own count on the chaser's side."""
    return Q(flight_vehicle_chaser=None) | ~Q(flight_vehicle_chaser__spacecraft=OuterRef("pk"))


@derived(Spacecraft, "time_docked", known=dockings_known, rate=open_dockings)
def time_docked(at: Instant) -> Expression:
    """The duration of all dockings of the craft's flights, as chaser or as target.

    Open ones count until the instant; zero without any.  Where not all are known, it is what was published,
    and what the known ones have added since.  Null: not known.
    """
    since = Plus(as_published("time_docked"), Minus(docked_time(at), docked_time(AT_READING)))
    only_since = docked_since_reading(at) & ~all_dockings_known(at)
    return models.Case(models.When(only_since, then=since), default=docked_time(at))


def docked_time(at: Instant) -> Combinable:
    """The duration of the dockings that the catalogue has of the outer craft."""
    lasted = elapsed("docking", "departure", at)
    return Plus(
        subquery_sum(craft_dockings(at, "chaser"), lasted),
        subquery_sum(craft_dockings(at, "target").filter(by_other_craft()), lasted),
    )
