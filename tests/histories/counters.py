"""The reference for counters of launches and landings in all tables, and for attempt numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import takewhile
from typing import Any

from histories.model import FAMILIES, TO_COME, Flight, History, Landed, instant, span

Reference = Callable[[History, int, int], Any]
Belongs = Callable[[History, Flight, int], bool]
"""Whether a flight's launch, or a vehicle on it, belongs to a row."""


def by_net(flights: Iterable[Flight]) -> list[Flight]:
    return sorted(flights, key=lambda flight: (flight.net, flight.id))


def flown(history: History, own: Belongs, key: int, now: int) -> list[Flight]:
    return by_net(flight for flight in history.flights if flight.flew(now) and own(history, flight, key))


def pending(history: History, own: Belongs, key: int, now: int) -> int:
    return sum(
        flight.status in TO_COME or (flight.net is not None and flight.net > now)
        for flight in history.flights
        if own(history, flight, key)
    )


def in_a_row(outcomes: list[bool]) -> int:
    return len(list(takewhile(bool, reversed(outcomes))))


def launch_counters(own: Belongs) -> Iterator[Reference]:
    """Yields the counters: total, successful, failed, consecutive successful, pending."""

    def outcomes(history: History, key: int, now: int) -> list[bool | None]:
        return [flight.succeeded for flight in flown(history, own, key, now)]

    yield lambda h, key, now: len(outcomes(h, key, now))
    yield lambda h, key, now: outcomes(h, key, now).count(True)
    yield lambda h, key, now: outcomes(h, key, now).count(False)
    yield lambda h, key, now: in_a_row([each for each in outcomes(h, key, now) if each is not None])
    yield lambda h, key, now: pending(h, own, key, now)


AttemptedLandings = Callable[[History, int, int], list[Landed]]
"""The outcomes of a row's attempted landings, in the order of their launches."""


def booster_landings(own: Belongs) -> AttemptedLandings:
    return lambda history, key, now: [
        flight.landing
        for flight in flown(history, own, key, now)
        if flight.booster is not None and flight.landing is not None
    ]


def craft_landings(own: Belongs) -> AttemptedLandings:
    def tried(history: History, key: int, now: int) -> Iterator[Landed]:
        for flight in flown(history, own, key, now):
            told = flight.craft_landing
            is_over = told != "unknown" if flight.end is None else flight.end <= now
            if flight.launched and told is not None and is_over:
                yield told

    return lambda history, key, now: list(tried(history, key, now))


def payload_landings(own: Belongs) -> AttemptedLandings:
    return lambda history, key, now: [
        flight.payload_landing
        for flight in flown(history, own, key, now)
        if flight.operator is not None and flight.payload_landing is not None
    ]


def all_landings(own: Belongs) -> AttemptedLandings:
    ways = [booster_landings(own), craft_landings(own), payload_landings(own)]
    return lambda history, key, now: [each for tried in ways for each in tried(history, key, now)]


def landing_counters(tried: AttemptedLandings) -> Iterator[Reference]:
    """Yields the counters: attempted, successful, failed, consecutive successful."""
    yield lambda h, key, now: len(tried(h, key, now))
    yield lambda h, key, now: tried(h, key, now).count(True)
    yield lambda h, key, now: tried(h, key, now).count(False)
    yield lambda h, key, now: in_a_row([each for each in tried(h, key, now) if each != "unknown"])  # type: ignore[misc]


BELONGS: dict[str, Belongs] = {
    "Agency": lambda _h, flight, key: flight.provider == key,
    "LauncherConfig": lambda _h, flight, key: flight.config == key,
    "LauncherConfigFamily": lambda _h, flight, key: flight.config in FAMILIES[key],
    "SpacecraftConfig": lambda h, flight, key: flight.launched and h.kinds[flight.craft] == key,
    "SpacecraftConfigFamily": lambda h, flight, key: (
        flight.launched and h.kinds[flight.craft] in FAMILIES[key]
    ),
    "Pad": lambda _h, flight, key: flight.pad == key,
    "Location": lambda _h, flight, _key: flight.pad is not None,
    "CelestialBody": lambda _h, flight, _key: flight.pad is not None,
}
"""By table: whether a launch belongs to a row."""

LAUNCHES = (
    "total_launch_count",
    "successful_launches",
    "failed_launches",
    "consecutive_successful_launches",
    "pending_launches",
)
LANDINGS = ("attempted_landings", "successful_landings", "failed_landings", "consecutive_successful_landings")
COUNTERS: dict[str, Reference] = {}


def add_counters(table: str, columns: Iterable[str], references: Iterable[Reference]) -> None:
    COUNTERS.update(
        (f"{table}.{column}", reference) for column, reference in zip(columns, references, strict=False)
    )


for table in ("Agency", "LauncherConfig", "LauncherConfigFamily"):
    add_counters(table, LAUNCHES, launch_counters(BELONGS[table]))
    add_counters(table, LANDINGS, landing_counters(booster_landings(BELONGS[table])))
for table in ("SpacecraftConfig", "SpacecraftConfigFamily"):
    add_counters(table, LAUNCHES[:3], launch_counters(BELONGS[table]))
    add_counters(table, LANDINGS[:3], landing_counters(craft_landings(BELONGS[table])))
for table in ("Pad", "Location"):
    add_counters(table, LAUNCHES[:1], launch_counters(BELONGS[table]))
add_counters(
    "CelestialBody", ("total_attempted_launches", *LAUNCHES[1:3]), launch_counters(BELONGS["CelestialBody"])
)
for part, own, way in (
    ("spacecraft", BELONGS["SpacecraftConfig"], craft_landings),  # the agency of a configuration has its id
    ("payload", lambda _h, flight, key: flight.operator == key, payload_landings),
):
    add_counters("Agency", [f"{column}_{part}" for column in LANDINGS[:3]], landing_counters(way(own)))
lands_there = all_landings(lambda _h, flight, key: flight.place == key)
lands_anywhere = all_landings(lambda _h, flight, _key: flight.place is not None)
add_counters("LandingLocation", LANDINGS[:3], landing_counters(lands_there))
add_counters("Location", ["total_landing_count"], landing_counters(lands_anywhere))
add_counters("CelestialBody", ("total_attempted_landings", *LANDINGS[1:3]), landing_counters(lands_anywhere))


def craft_flown(table: str) -> Reference:
    return lambda h, key, now: len({flight.craft for flight in flown(h, BELONGS[table], key, now)})


COUNTERS["SpacecraftConfig.spacecraft_flown"] = craft_flown("SpacecraftConfig")
COUNTERS["SpacecraftConfigFamily.spacecraft_flown"] = craft_flown("SpacecraftConfigFamily")
COUNTERS["Pad.orbital_launch_attempt_count"] = lambda h, key, now: sum(
    flight.orbit != "Suborbital" for flight in flown(h, BELONGS["Pad"], key, now)
)

ATTEMPT_GROUPS: dict[str, Callable[[Flight], Any]] = {
    "orbital": lambda flight: None if flight.orbit == "Suborbital" else "all",
    "location": lambda flight: None if flight.pad is None else "all",
    "pad": lambda flight: flight.pad,
    "agency": lambda flight: flight.provider,
}
"""By word of a column: launches with the same value are numbered together; None: the launch has no number."""


def number_of(shared: Callable[[Flight], Any], in_year: bool) -> Reference:
    def number(history: History, key: int, now: int) -> int | None:
        def group(flight: Flight) -> tuple[Any, int | None]:
            return shared(flight), instant(flight.net or 0).year if in_year else None

        own = next(flight for flight in history.flights if flight.id == key)
        if own.net is None or not shared(own):
            return None
        same = [each for each in history.flights if each.net is not None and group(each) == group(own)]
        flew = by_net(each for each in same if each.flew(now))
        if own in flew:
            return 1 + flew.index(own)
        return sum((each.net or 0) <= own.net for each in same)

    return number


for what, shared in ATTEMPT_GROUPS.items():
    COUNTERS[f"Launch.{what}_launch_attempt_count"] = number_of(shared, in_year=False)
    COUNTERS[f"Launch.{what}_launch_attempt_count_year"] = number_of(shared, in_year=True)


def from_pad(history: History, pad: int | None, now: int) -> list[Flight]:
    """The launches from a pad, of any status, in order."""
    return by_net(
        flight
        for flight in history.flights
        if pad is not None and flight.pad == pad and flight.went is not None and flight.went <= now
    )


def pad_turnaround(history: History, key: int, now: int) -> timedelta | None:
    flight = next(flight for flight in history.flights if flight.id == key)
    launches = from_pad(history, flight.pad, now)
    if flight not in launches[1:]:
        return None
    before = launches[launches.index(flight) - 1]
    return span((flight.net or 0) - (before.net or 0))


COUNTERS["Launch.pad_turnaround"] = pad_turnaround
COUNTERS["Pad.fastest_turnaround"] = lambda h, key, now: min(
    (time for flight in from_pad(h, key, now) if (time := pad_turnaround(h, flight.id, now)) is not None),
    default=None,
)
