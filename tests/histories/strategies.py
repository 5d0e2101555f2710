"""Hypothesis strategies for histories, some of which contradict themselves, as real data does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from histories.model import (
    DAYS,
    KEYS,
    LAST,
    SINGLE_ROW_TABLES,
    STATUSES,
    SUCCESS,
    Docking,
    Flight,
    History,
    Landed,
    Walk,
)
from histories.reference import REFERENCE

hours = st.integers(0, LAST)
keys = st.sampled_from(KEYS)
people = st.lists(keys, unique=True, max_size=2).map(tuple)
landed: st.SearchStrategy[Landed] = st.sampled_from([None, True, True, False, "unknown"])
births = st.dates(date(1960, 1, 1), date(2020, 2, 29))

LAUNCHES = [f"{which}_launches" for which in ("successful", "failed", "pending", "consecutive_successful")]
LANDINGS = [f"{which}_landings" for which in ("attempted", "successful", "failed")]
VEHICLES = ["total_launch_count", *LAUNCHES, *LANDINGS, "consecutive_successful_landings"]
CRAFT = ["spacecraft_flown", "total_launch_count", *LAUNCHES[:2], *LANDINGS]
PARTS = [f"{column}_{part}" for part in ("spacecraft", "payload") for column in LANDINGS]
ATTEMPTS = [f"{what}_launch_attempt_count" for what in ("orbital", "location", "pad", "agency")]
COLUMNS: dict[str, list[str]] = {
    "Spacecraft": ["flights_count", "mission_ends_count", "time_docked"],
    "SpacecraftConfig": CRAFT,
    "SpacecraftConfigFamily": CRAFT,
    "Astronaut": ["flights_count", "landings_count", "spacewalks_count", "eva_time", "age"],
    "Launcher": ["flights", "attempted_landings", "successful_landings"],
    "LauncherConfig": VEHICLES,
    "LauncherConfigFamily": VEHICLES,
    "Agency": [*VEHICLES, *PARTS],
    "Pad": ["total_launch_count"],
    "Location": ["total_launch_count", "total_landing_count"],
    "LandingLocation": LANDINGS,
    "CelestialBody": [
        "total_attempted_launches", *LAUNCHES[:2], "total_attempted_landings", *LANDINGS[1:]
    ],
    "SpaceStation": ["onboard_crew", "docked_vehicles"],
    "Launch": [*ATTEMPTS, *(f"{column}_year" for column in ATTEMPTS)],
}  # fmt: skip
"""By table: the published columns that decide whether parts are known."""


@st.composite
def flight_lists(draw: st.DrawFn) -> list[Flight]:
    """Flights of two craft, mostly one after the other: reflights, open flights, some without an end or a date.

    Some flights are in the year before.
    """
    flights, free = [], dict.fromkeys(KEYS, draw(st.sampled_from([0, -20 * DAYS])))
    for number in range(draw(st.integers(0, 6))):
        craft = draw(keys)
        net = free[craft] + draw(st.integers(0, 8 * DAYS))
        lasts = draw(st.sampled_from([2, 30, 5 * DAYS, 12 * DAYS, 12 * DAYS, -3]))
        end = None if draw(st.integers(0, 4)) == 0 else net + lasts
        free[craft] = max(end or net, net) + draw(st.sampled_from([1, 0, 1, 3 * DAYS, -1]))
        up = draw(people)
        flights.append(
            Flight(
                id=number + 1,
                craft=craft,
                net=None if draw(st.integers(0, 9)) == 9 else net,
                end=end,
                status=draw(st.sampled_from([SUCCESS] * 6 + [*STATUSES])),
                launched=draw(st.integers(0, 9)) < 9,
                up=up,
                down=up if end is not None and draw(st.integers(0, 5)) else draw(people),
                pad=draw(st.none() | keys),
                booster=draw(st.none() | keys),
                landing=draw(landed),
                craft_landing=draw(landed),
                provider=draw(st.none() | keys),
                config=draw(st.none() | keys),
                orbit=draw(st.sampled_from([None, "Low", "Suborbital", "unknown"])),
                operator=draw(st.none() | keys),
                payload_landing=draw(landed),
                place=draw(st.none() | keys),
            )
        )
    return flights


@st.composite
def docking_lists(draw: st.DrawFn, flights: list[Flight]) -> list[Docking]:
    """Dockings, mostly within flights; a craft may undock and dock again."""
    numbers = st.sampled_from([None, *(flight.id for flight in flights)])
    dockings: list[Docking] = []
    for number in range(draw(st.integers(0, 5))):
        again = bool(dockings) and draw(st.booleans())
        chaser = dockings[-1].chaser if again else draw(numbers)
        flight = next((flight for flight in flights if flight.id == chaser), None)
        docking = max(((flight and flight.net) or 0) + draw(st.integers(-2, 6 * DAYS)), 0)
        departure = None if draw(st.integers(0, 3)) == 0 else docking + draw(st.integers(-1, 6 * DAYS))
        target, station = draw(numbers), draw(st.none() | keys)
        dockings.append(
            Docking(number + 1, docking, departure, chaser, target if station is None else None, station)
        )
    return dockings


@st.composite
def walk_lists(draw: st.DrawFn) -> list[Walk]:
    """Spacewalks: some without a start, some without an end, some that end before they start."""
    walks = []
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.none() | hours)
        lasts = draw(st.sampled_from([None, 5, 8, -1]))
        end = None if start is None or lasts is None else start + lasts
        walks.append(Walk(start, end, draw(people)))
    return walks


def rows_with_totals(history: History) -> Iterable[tuple[str, int]]:
    """Yields the table and the id of each row that has totals."""
    for table in COLUMNS:
        flights = [flight.id for flight in history.flights]
        for key in flights if table == "Launch" else KEYS[:1] if table in SINGLE_ROW_TABLES else KEYS:
            yield table, key


STEPS: dict[type, Any] = {int: 1, timedelta: timedelta(hours=1)}
"""By type: the difference between a published value and the right one, if it is wrong."""


def perturbed(table: str, value: Any, how: int) -> Any:
    """A published value: mostly the right one, else too great, too small, or null."""
    if value is None or how < 5:
        return value
    if how == 7 and table != "CelestialBody":
        return None
    return value + STEPS[type(value)] * (1 if how == 5 else -1)


@st.composite
def histories(draw: st.DrawFn) -> History:
    flights = draw(flight_lists())
    history = History(
        flights,
        draw(docking_lists(flights)),
        draw(walk_lists()),
        draw(st.dictionaries(keys, st.integers(0, 60), max_size=1)),
        draw(st.dictionaries(keys, births, max_size=2)),
        {key: draw(keys) for key in KEYS},
    )
    published = {}
    for table, key in rows_with_totals(history):
        read = draw(hours | st.just(LAST))
        noise = draw(st.just(0) | st.integers(0, 8 ** len(COLUMNS[table]) - 1))
        published[table, key] = {"read": read}
        for place, column in enumerate(COLUMNS[table]):
            value = REFERENCE[f"{table}.{column}"](history, key, read)
            published[table, key][column] = perturbed(table, value, noise >> 3 * place & 7)
    return replace(history, published=published)


@st.composite
def histories_and_instant(draw: st.DrawFn) -> tuple[list[History], int]:
    """Several histories, and an hour: any, or one at which something happens."""
    several = draw(st.lists(histories(), min_size=1, max_size=12))
    happens = [
        hour
        for each in several
        for hour in (
            *(hour for flight in each.flights for hour in (flight.net, flight.end)),
            *(hour for docking in each.dockings for hour in (docking.docking, docking.departure)),
            *(hour for walk in each.walks for hour in (walk.start, walk.end)),
            *(day * DAYS for day in each.deaths.values()),
        )
    ]
    return several, draw(hours | st.sampled_from([hour for hour in happens if hour is not None] or [LAST]))
