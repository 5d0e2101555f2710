"""Rules about dockings: of two, only in flight, one at a time at one port, and no longer than the flight."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent
from cosmodrome.derived.definitions import DERIVED
from cosmodrome.derived.registry import AT_READING
from cosmodrome.doctor.conditions import DAY, either, is_left_open, shifted
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

SIDES = ("chaser", "target")
WHAT = ("space_station", "flight_vehicle", "payload_flight")
"""The first words of the columns of each side."""

DOCKED = {"docking": "docking", "departure": "departure"}


def flight_values(side: str) -> dict[str, str]:
    """The values of a docking and of the flight on one of its sides."""
    flight = f"flight_vehicle_{side}"
    return {
        **DOCKED,
        "flight": flight,
        "net": f"{flight}__rocket__launch__net",
        "mission_end": f"{flight}__mission_end",
        "spacecraft": f"{flight}__spacecraft",
    }


def outside_flight(side: str) -> Q:
    """The condition that a docking began before its flight's launch, or ended after its end, on one side."""
    flight = f"flight_vehicle_{side}"
    begins_early = Q(docking__lt=F(f"{flight}__rocket__launch__net"))
    ends_late = Q(departure__gt=F(f"{flight}__mission_end")) | Q(docking__gt=F(f"{flight}__mission_end"))
    return begins_early | ends_late


rule(
    "docked-outside-flight",
    ERROR,
    "A craft is docked before its launch or after its landing.",
    "Correct the instants, or refer to the right flight.",
    *(
        Check(
            DockingEvent,
            outside_flight(side),
            f"In {{id}}, of {{docking}} to {{departure}}, {{spacecraft}} is the {side}, but its flight "
            "lasted from {net} to {mission_end}.",
            flight_values(side),
        )
        for side in SIDES
    ),
    symptom_of=("landed-before-launch", "ended-before-begun", "ended-without-launch", "docked-to-itself"),
    once=True,
)


def port_taken(via: str) -> Q:
    """The condition that a docking was left open, and another one has the same `via` later."""
    other = f"{via}__docking_events"
    return is_left_open(DockingEvent) & (
        Q(**{f"{other}__docking__gt": F("docking")})
        | Q(**{f"{other}__docking": F("docking"), f"{other}__pk__gt": F("pk")})
    )


def same_target(via: str) -> Q:
    """The condition that the other docking is at the same station, craft or payload."""
    other = f"{via}__docking_events"
    return either(*(Q(**{f"{what}_target": F(f"{other}__{what}_target")}) for what in WHAT))


rule(
    "docking-left-open",
    WARNING,
    "A docking has no departure, though the flight has ended, or the craft or the port has docked again.",
    "Enter the departure.",
    *(
        Check(
            DockingEvent,
            lambda now, side=side: (  # type: ignore[misc] # bound by the loop
                is_left_open(DockingEvent) & Q(**{f"flight_vehicle_{side}__mission_end__lte": now})
            ),
            f"{{id}}, of {{docking}}, has no departure, but the flight of its {side}, {{spacecraft}}, ended "
            "at {mission_end}.",
            flight_values(side),
        )
        for side in SIDES
    ),
    Check(
        DockingEvent,
        port_taken("flight_vehicle_chaser"),
        "{id}, of {docking}, has no departure, but {flight} docked again at {again}: {other}.",
        {
            **DOCKED,
            "flight": "flight_vehicle_chaser",
            "again": "flight_vehicle_chaser__docking_events__docking",
        },
        other="flight_vehicle_chaser__docking_events__pk",
    ),
    Check(
        DockingEvent,
        port_taken("docking_location") & same_target("docking_location"),
        "{id}, of {docking}, has no departure, but another one docked at {port} at {again}: {other}.",
        {**DOCKED, "port": "docking_location", "again": "docking_location__docking_events__docking"},
        other="docking_location__docking_events__pk",
    ),
    symptom_of=("docked-outside-flight", "landed-before-launch", "ended-without-launch"),
    once=True,
)


def docked_on_the_ground(now: datetime) -> QuerySet[Any]:
    """Selects craft that were published as not in space while they were docked, with the docking."""
    del now
    own = either(*(Q(**{f"flight_vehicle_{side}__spacecraft": OuterRef("pk")}) for side in SIDES))
    read = OuterRef("totals_read_at")
    docked = DockingEvent.objects.filter(own, DockingEvent.is_open(read))
    craft = Spacecraft.objects.annotate(
        was_in_space=DERIVED["Spacecraft.in_space"].published(AT_READING),
        docked=Subquery(docked.order_by("-docking").values("pk")[:1]),
    )
    found: QuerySet[Any] = craft.filter(was_in_space=False, docked__isnull=False)
    return found


rule(
    "docked-but-not-in-space",
    WARNING,
    "A craft was published as not in space while it was docked.",
    "Enter the departure and the end of the flight, or correct `in_space`.",
    Check(
        Spacecraft,
        docked_on_the_ground,
        "{id} was not in space at {totals_read_at}, but docked by {docked}.",
        {"in_space": "was_in_space"},
        refers={"docked": DockingEvent},
    ),
    Check(
        Spacecraft,
        Q(in_space=False, time_docked_since__isnull=False),
        "{id} is not in space, but its time docked grows since {time_docked_since}.",
        {"in_space": "in_space"},
    ),
    symptom_of=("docking-left-open", "docked-outside-flight", "landed-before-launch", "ended-without-launch"),
)


def docked_longer_than_in_space(now: datetime) -> QuerySet[Any]:
    """Selects craft that have been docked for longer than in space, as published."""
    del now
    times = {
        name: DERIVED[f"Spacecraft.{name}"].published(AT_READING) for name in ("time_docked", "time_in_space")
    }
    craft = Spacecraft.objects.annotate(docked=times["time_docked"], space=times["time_in_space"])
    return craft.filter(docked__gt=F("space"))


rule(
    "more-docked-than-in-space",
    ERROR,
    "A craft has been docked for longer than it has been in space.",
    "Correct one of the two durations.",
    Check(
        Spacecraft,
        docked_longer_than_in_space,
        "{id} was docked for {time_docked}, but in space for {time_in_space} only, as of {totals_read_at}.",
        {"time_docked": "docked", "time_in_space": "space"},
    ),
    symptom_of=("dockings-overlap", "docked-outside-flight"),
)


def overlaps(via: str) -> Q:
    """The condition that a docking had not ended when another one of the same `via` began; each pair once."""
    other = f"{via}__docking_events"
    later = Q(**{f"{other}__docking__gt": F("docking")}) | Q(
        **{f"{other}__docking": F("docking"), f"{other}__pk__gt": F("pk")}
    )
    return later & Q(departure__gt=F(f"{other}__docking"))


def overlap_check(via: str, sentence: str, condition: Q) -> Check:
    """Finds dockings that overlap.  Where a departure is not known, that is missing, and no contradiction."""
    other = f"{via}__docking_events"
    return Check(
        DockingEvent,
        overlaps(via) & condition,
        f"{sentence}: {{id}} from {{docking}} to {{departure}}, {{other}} from {{other_docking}} to "
        "{other_departure}.",
        {
            **DOCKED,
            "via": via,
            "other_docking": f"{other}__docking",
            "other_departure": f"{other}__departure",
        },
        other=f"{other}__pk",
    )


rule(
    "dockings-overlap",
    ERROR,
    "Two dockings at one port, or two of one craft, at the same time.",
    "Correct the instants, or the ports.",
    overlap_check(
        "docking_location", "Two are docked at {via} at the same time", same_target("docking_location")
    ),
    overlap_check("flight_vehicle_chaser", "{via} is docked twice at the same time", Q()),
    overlap_check("payload_flight_chaser", "{via} is docked twice at the same time", Q()),
    symptom_of=("ended-before-begun", "docked-outside-flight"),
    once=True,
)


def nobody(side: str) -> Q:
    """The condition that nobody is on one side."""
    return Q(**{f"{what}_{side}": None for what in WHAT})


def several(side: str) -> Q:
    """The condition that two are on one side."""
    pairs = (
        ("space_station", "flight_vehicle"),
        ("space_station", "payload_flight"),
        ("flight_vehicle", "payload_flight"),
    )
    return either(
        *(Q(**{f"{one}_{side}__isnull": False, f"{other}_{side}__isnull": False}) for one, other in pairs)
    )


rule(
    "docking-with-nobody",
    WARNING,
    "A docking has nobody on one side.",
    "Enter who docked, and to what; or delete the docking.",
    *(Check(DockingEvent, nobody(side), f"{{id}}, of {{docking}}, has no {side}.", DOCKED) for side in SIDES),
)

rule(
    "docking-of-several",
    WARNING,
    "A docking has several chasers or several targets.",
    "Leave one on each side.",
    *(
        Check(
            DockingEvent,
            several(side),
            f"{{id}}, of {{docking}}, has more than one {side}: {{station}}, {{flight}}, {{payload}}.",
            {
                **DOCKED,
                "station": f"space_station_{side}",
                "flight": f"flight_vehicle_{side}",
                "payload": f"payload_flight_{side}",
            },
        )
        for side in SIDES
    ),
)

rule(
    "docked-to-itself",
    ERROR,
    "A craft or station is docked to itself.",
    "Correct the chaser or the target.",
    Check(
        DockingEvent,
        Q(flight_vehicle_chaser__spacecraft=F("flight_vehicle_target__spacecraft")),
        "In {id}, of {docking}, {spacecraft} is both chaser and target.",
        {**DOCKED, "spacecraft": "flight_vehicle_chaser__spacecraft"},
    ),
    Check(
        DockingEvent,
        Q(space_station_chaser=F("space_station_target")),
        "In {id}, of {docking}, {space_station_chaser} is both chaser and target.",
        DOCKED,
    ),
    Check(
        DockingEvent,
        Q(payload_flight_chaser=F("payload_flight_target")),
        "In {id}, of {docking}, {payload_flight_chaser} is both chaser and target.",
        DOCKED,
    ),
)


def port_check(owner: str, target: str) -> Check:
    """Finds dockings at a port of something else than their target."""
    return Check(
        DockingEvent,
        Q(**{f"docking_location__{owner}__isnull": False, f"{target}__isnull": False})
        & ~Q(**{f"docking_location__{owner}": F(target)}),
        "{id}, of {docking}, was to {target}, but at {port}, which belongs to {owner}.",
        {**DOCKED, "target": target, "port": "docking_location", "owner": f"docking_location__{owner}"},
    )


rule(
    "docked-at-another-port",
    ERROR,
    "A docking is at a port of another station, craft or payload than its target.",
    "Correct the port or the target.",
    port_check("spacestation", "space_station_target"),
    port_check("spacecraft", "flight_vehicle_target__spacecraft__spacecraft_config"),
    port_check("payload", "payload_flight_target__payload"),
)


def outside_station(side: str) -> Q:
    """The condition that the station on a side was not there at the docking."""
    station = f"space_station_{side}"
    early = Q(docking__lt=shifted(f"{station}__founded", -DAY))
    late = Q(docking__gt=shifted(f"{station}__deorbited", 2 * DAY))
    return early | late | Q(departure__gt=shifted(f"{station}__deorbited", 2 * DAY))


rule(
    "docked-to-a-station-that-is-not-there",
    ERROR,
    "A docking is before the founding of its station, or after its end.",
    "Correct the dates of the station, or the docking.",
    *(
        Check(
            DockingEvent,
            outside_station(side),
            "{id} lasted from {docking} to {departure}, but {station} from {founded} to {deorbited}.",
            {
                **DOCKED,
                "station": f"space_station_{side}",
                "founded": f"space_station_{side}__founded",
                "deorbited": f"space_station_{side}__deorbited",
            },
        )
        for side in SIDES
    ),
    symptom_of=("ended-before-begun",),
)
