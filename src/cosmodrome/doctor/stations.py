"""Rules about space stations and expeditions to them."""

from __future__ import annotations

from django.db.models import Q

from cosmodrome.catalogue.crews import Expedition
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.doctor.conditions import DAY, is_left_open, is_named, shifted
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

rule(
    "crew-on-board-with-nothing-docked",
    WARNING,
    "People are on board of a station with nothing docked.",
    "Enter the docking, or correct the counters.",
    Check(
        SpaceStation,
        Q(onboard_crew__gt=0, docked_vehicles=0),
        "{id} has onboard_crew {onboard_crew}, but docked_vehicles {docked_vehicles}.",
    ),
)

rule(
    "expedition-to-a-station-that-is-not-there",
    ERROR,
    "An expedition began before the founding of its station, or lasted beyond its end.",
    "Correct the dates of the station or of the expedition.",
    Check(
        Expedition,
        Q(start__lt=shifted("spacestation__founded", -DAY))
        | Q(start__gt=shifted("spacestation__deorbited", 2 * DAY))
        | Q(end__gt=shifted("spacestation__deorbited", 2 * DAY)),
        "{id} lasted from {start} to {end}, but {spacestation} from {founded} to {deorbited}.",
        {"founded": "spacestation__founded", "deorbited": "spacestation__deorbited"},
    ),
    symptom_of=("ended-before-begun",),
)

rule(
    "expedition-without-end",
    WARNING,
    "An expedition, or a docking, has no end, though its station is no more.",
    "Enter the end.",
    Check(
        Expedition,
        lambda now: (
            is_left_open(Expedition)
            & Q(spacestation__deorbited__lt=now - 2 * DAY)
            & Q(start__lte=shifted("spacestation__deorbited", 2 * DAY))
        ),
        "{id}, since {start}, has no end, but {spacestation} was deorbited on {deorbited}.",
        {"deorbited": "spacestation__deorbited"},
    ),
    Check(
        DockingEvent,
        lambda now: (
            is_left_open(DockingEvent)
            & Q(space_station_target__deorbited__lt=now - 2 * DAY)
            & Q(docking__lte=shifted("space_station_target__deorbited", 2 * DAY))
        ),
        "{id}, of {docking}, has no departure, but {space_station_target} was deorbited on {deorbited}.",
        {"deorbited": "space_station_target__deorbited"},
    ),
    symptom_of=("docking-left-open", "ended-before-begun"),
)

rule(
    "station-status-against-its-dates",
    WARNING,
    "The status of a station and its dates disagree.",
    "Correct the status, or the date on which the station was deorbited.",
    Check(
        SpaceStation,
        Q(status__name__iregex=r"^de-?orbited$", deorbited=None),
        "The status of {id} is {status_name}, but it has no date for that.",
        {"status_name": "status__name", "deorbited": "deorbited"},
    ),
    Check(
        SpaceStation,
        lambda now: is_named("status", ("active", "planned")) & Q(deorbited__lt=now - DAY),
        "{id} was deorbited on {deorbited}, but its status is {status_name}.",
        {"status_name": "status__name"},
    ),
    Check(
        SpaceStation,
        lambda now: is_named("status", ("de-?orbited",)) & Q(deorbited__gt=now + DAY),
        "{id} is to be deorbited on {deorbited}, but its status is {status_name} already.",
        {"status_name": "status__name"},
    ),
    symptom_of=(
        "ended-before-begun",
        "docked-to-a-station-that-is-not-there",
        "expedition-to-a-station-that-is-not-there",
    ),
)
