"""The reference for whether the parts of a value are known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from histories.model import DAYS, FOREVER, History
from histories.reference import (
    REFERENCE,
    alive,
    begun,
    by_id,
    docked_hours,
    end_in_space,
    flight_before,
    flights_up,
    own_dockings,
    previous,
    stage_of,
    stages,
    walks,
)


def as_published(history: History, name: str, key: int) -> bool:
    """Whether the parts make no less than what was published, at the moment of its reading, if anything was."""
    table, _, column = name.partition(".")
    published = history.published.get((table, key), {"read": None})
    if published["read"] is None:
        return not column.endswith(("attempt_count", "attempt_count_year")) or not any(
            of == table and each["read"] is not None for (of, _), each in history.published.items()
        )
    if published[column] is None:
        return False
    return bool(REFERENCE[name](history, key, published["read"]) >= published[column])


def flights_known(history: History, craft: int, _now: int) -> bool:
    return as_published(history, "Spacecraft.flights_count", craft)


def ends_known(history: History, craft: int, now: int) -> bool:
    if not flights_known(history, craft, now):
        return False
    if not as_published(history, "Spacecraft.mission_ends_count", craft):
        return False
    flights = begun(history, craft, FOREVER)
    nets = [flight.net or 0 for flight in flights]
    for flight in flights:
        assert flight.net is not None
        if flight.end is None and max(nets) > flight.net:
            return False
        if flight.end is not None and flight.end < flight.net:
            return False
    return True


def departures_known(history: History, craft: int, now: int) -> bool:
    return not any(
        (docking.departure is not None and docking.departure < docking.docking)
        or (docking.departure is None and any(flight.end is not None for flight in flights))
        for docking, flights in own_dockings(history, craft)
        if docking.docking <= now
    )


def all_dockings_known(history: History, craft: int, now: int) -> bool:
    if not departures_known(history, craft, now):
        return False
    for docking, flights in own_dockings(history, craft):
        if docking.docking > now:
            continue
        again = [
            other
            for other in history.dockings
            if other.chaser == docking.chaser and other.docking > docking.docking
        ]
        as_chaser = docking.chaser in [flight.id for flight in flights]
        if docking.departure is None and as_chaser and again:
            return False
    published = history.published.get(("Spacecraft", craft), {"read": None})
    if published["read"] is not None and (
        published["time_docked"] is None
        or docked_hours(history, craft, published["read"]) < published["time_docked"]
    ):
        return False
    return flights_known(history, craft, now)


def only_docked_since(history: History, craft: int, now: int) -> bool:
    """Whether time docked was published, and dockings that are known add to it since, though not all are."""
    published = history.published.get(("Spacecraft", craft), {"read": None})
    read = published["read"]
    if read is None or read > now or published["time_docked"] is None:
        return False
    added = any(
        docking.docking <= now and (docking.departure is None or docking.departure > read)
        for docking, _ in own_dockings(history, craft)
    )
    known_all = all_dockings_known(history, craft, now)
    return added and departures_known(history, craft, now) and not known_all


def time_docked(history: History, craft: int, now: int) -> timedelta:
    docked = docked_hours(history, craft, now)
    if not only_docked_since(history, craft, now):
        return docked
    published: Any = history.published["Spacecraft", craft]
    read, total = published["read"], published["time_docked"]
    since: timedelta = docked - docked_hours(history, craft, read) + total
    return since


REFERENCE["Spacecraft.time_docked"] = time_docked


def dockings_known(history: History, craft: int, now: int) -> bool:
    return all_dockings_known(history, craft, now) or only_docked_since(history, craft, now)


def duration_known(history: History, key: int, now: int) -> bool:
    flight = by_id(history, key)
    return flight.dated is not None and flight.end is not None and flight.dated <= flight.end <= now


def turn_around_known(history: History, key: int, now: int) -> bool:
    flight = by_id(history, key)
    complete = flights_known(history, flight.craft, now)
    before = flight_before(history, flight)
    return flight.begun(now) and complete and before is not None and before.end is not None


def person_known(history: History, person: int, _now: int) -> bool:
    return all(as_published(history, f"Astronaut.{what}_count", person) for what in ("flights", "landings"))


def one_after_the_other(history: History, person: int, now: int) -> bool:
    for flight in flights_up(history, person, now):
        down = end_in_space(history, person, flight)
        later = [
            other.net or 0
            for other in flights_up(history, person, FOREVER)
            if (other.net or 0) > (flight.net or 0)
        ]
        if later and (down is None or min(later) < down):
            return False
        if down is None and not alive(history, person, now):
            return False
    return person_known(history, person, now)


def known_like(name: str) -> Callable[[History, int, int], bool]:
    """The condition that another value of the same row is known."""
    return lambda history, key, now: known(history, name, key, now)


def pending_known(table: str) -> Callable[[History, int, int], bool]:
    return lambda history, key, _now: all(
        as_published(history, f"{table}.{column}", key)
        for column in ("total_launch_count", "pending_launches")
    )


def pad_known(history: History, key: int, now: int) -> bool:
    pad = by_id(history, key).pad
    if pad is None:
        return False
    is_second = REFERENCE["Launch.pad_turnaround"](history, key, now) is not None
    return is_second and as_published(history, "Pad.total_launch_count", pad)


def booster_known(history: History, key: int, now: int) -> bool:
    return stage_of(history, key, now) is not None and as_published(
        history, "Launcher.flights", by_id(history, key).booster or 0
    )


def before_known(history: History, key: int, now: int) -> bool:
    return booster_known(history, key, now) and previous(history, key, now) is not None


def craft_kind_known(history: History, kind: int, now: int) -> bool:
    return as_published(history, "SpacecraftConfig.spacecraft_flown", kind) and all(
        ends_known(history, craft, now)
        for craft, own in history.kinds.items()
        if own == kind and begun(history, craft, FOREVER)
    )


def launcher_kind_known(history: History, kind: int, _now: int) -> bool:
    columns = ("total_launch_count", "attempted_landings")
    return all(as_published(history, f"LauncherConfig.{column}", kind) for column in columns) and all(
        as_published(history, "Launcher.flights", booster)
        for booster, own in history.kinds.items()
        if own == kind and stages(history, booster, FOREVER)
    )


def walks_known(history: History, person: int, now: int) -> bool:
    if not all(
        as_published(history, f"Astronaut.{column}", person) for column in ("spacewalks_count", "eva_time")
    ):
        return False
    read = history.published.get(("Astronaut", person), {"read": None})["read"]
    for walk in walks(history, person, now):
        later = [other for other in walks(history, person, FOREVER) if (other.start or 0) > (walk.start or 0)]
        if walk.end is None and (later or (read is not None and read - (walk.start or 0) > DAYS)):
            return False
        if walk.end is not None and walk.end < (walk.start or 0):
            return False
    return True


KNOWN: dict[str, Callable[[History, int, int], bool]] = {
    "Spacecraft.mission_ends_count": flights_known,
    "Spacecraft.in_space": ends_known,
    "Spacecraft.time_in_space": ends_known,
    "Spacecraft.fastest_turnaround": ends_known,
    "Spacecraft.time_docked": dockings_known,
    "SpacecraftFlight.duration": duration_known,
    "SpacecraftFlight.turn_around_time": turn_around_known,
    "SpacecraftConfig.fastest_turnaround": craft_kind_known,
    "LauncherConfig.fastest_turnaround": launcher_kind_known,
    "Launch.pad_turnaround": pad_known,
    "FirstStage.launcher_flight_number": booster_known,
    "FirstStage.previous_flight": before_known,
    "FirstStage.previous_flight_date": booster_known,
    "FirstStage.turn_around_time": before_known,
    "Astronaut.age": lambda history, person, _now: history.births.get(person) is not None,
    "Astronaut.eva_time": walks_known,
    "Astronaut.in_space": person_known,
    "Astronaut.time_in_space": one_after_the_other,
}
"""By value: the condition that it is known; for all other values `as_published`."""

KNOWN_LIKE: dict[str, list[str]] = {
    "Astronaut.flights_count": ["first_flight", "last_flight"],
    "Launcher.flights": ["first_launch_date", "last_launch_date", "fastest_turnaround"],
    "Pad.total_launch_count": ["orbital_launch_attempt_count", "fastest_turnaround"],
    "Agency.attempted_landings_spacecraft": ["successful_landings_spacecraft", "failed_landings_spacecraft"],
    "Agency.attempted_landings_payload": ["successful_landings_payload", "failed_landings_payload"],
    "LandingLocation.attempted_landings": ["successful_landings", "failed_landings"],
    "CelestialBody.total_attempted_launches": ["successful_launches", "failed_launches"],
    "CelestialBody.total_attempted_landings": ["successful_landings", "failed_landings"],
}
"""By value: the columns of the same row that are known where it is."""

for table in (
    "Agency",
    "LauncherConfig",
    "LauncherConfigFamily",
    "SpacecraftConfig",
    "SpacecraftConfigFamily",
):
    launches, landings = (
        [f"{outcome}_{what}" for outcome in ("successful", "failed", "consecutive_successful")]
        for what in ("launches", "landings")
    )
    KNOWN_LIKE[f"{table}.total_launch_count"] = launches
    KNOWN_LIKE[f"{table}.attempted_landings"] = landings
    KNOWN[f"{table}.pending_launches"] = pending_known(table)
for like, columns in KNOWN_LIKE.items():
    KNOWN.update((f"{like.partition('.')[0]}.{column}", known_like(like)) for column in columns)


def known(history: History, name: str, key: int, now: int) -> bool:
    if name in KNOWN:
        return KNOWN[name](history, key, now)
    return as_published(history, name, key)
