"""The reference for derived values: what a history makes of each, at an hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from histories.counters import COUNTERS, Reference
from histories.model import DAYS, FOREVER, TO_COME, Docking, Flight, History, Walk, instant, span


def begun(history: History, craft: int, now: int) -> list[Flight]:
    return [flight for flight in history.flights if flight.craft == craft and flight.begun(now)]


def time_in_space(history: History, craft: int, now: int) -> timedelta:
    hours = 0
    for flight in begun(history, craft, now):
        assert flight.net is not None
        hours += (flight.end if flight.end is not None and flight.end <= now else now) - flight.net
    return span(hours)


def own_dockings(history: History, craft: int) -> list[tuple[Docking, list[Flight]]]:
    """The dockings that one or two of the craft's flights take part in, with those flights."""
    own = {flight.id: flight for flight in history.flights if flight.craft == craft}
    found = []
    for docking in history.dockings:
        flights = [own[side] for side in (docking.chaser, docking.target) if side in own]
        if flights:
            found.append((docking, flights))
    return found


def docked_hours(history: History, craft: int, now: int) -> timedelta:
    hours = 0
    for docking, _ in own_dockings(history, craft):
        if docking.docking <= now:
            left = docking.departure if docking.departure is not None and docking.departure <= now else now
            hours += left - docking.docking
    return span(hours)


def flight_before(history: History, flight: Flight) -> Flight | None:
    earlier = [
        other
        for other in history.flights
        if other.craft == flight.craft and other.dated is not None and other.dated < (flight.net or 0)
    ]
    return max(earlier, key=lambda other: (other.dated, other.id), default=None)


def turn_around(history: History, flight: Flight) -> timedelta | None:
    before = flight_before(history, flight)
    if before is None or before.end is None or flight.net is None or before.end > flight.net:
        return None
    return span(flight.net - before.end)


def fastest_turnaround(history: History, craft: int, now: int) -> timedelta | None:
    times = [turn_around(history, flight) for flight in begun(history, craft, now)]
    return min((time for time in times if time is not None), default=None)


def by_id(history: History, key: int) -> Flight:
    return next(flight for flight in history.flights if flight.id == key)


def duration_of(history: History, key: int, now: int) -> timedelta | None:
    flight = by_id(history, key)
    if not flight.begun(now) or flight.net is None:
        return None
    return span((flight.end if flight.end is not None and flight.end <= now else now) - flight.net)


def turn_around_of(history: History, key: int, now: int) -> timedelta | None:
    flight = by_id(history, key)
    if not flight.begun(now):
        return None
    return turn_around(history, flight)


def stages(history: History, booster: int, now: int) -> list[Flight]:
    """The booster's launches that have flown, with or without a craft."""
    return [
        flight
        for flight in history.flights
        if flight.booster == booster and flight.went is not None and flight.went <= now
    ]


def stage_before(history: History, stage: Flight) -> Flight | None:
    """The same booster's launch before the stage's."""
    earlier = [
        other
        for other in stages(history, stage.booster or 0, FOREVER)
        if (other.went or 0) < (stage.went or 0)
    ]
    return max(earlier, key=lambda other: (other.went, other.id), default=None)


def fastest_of_booster(history: History, booster: int, now: int) -> timedelta | None:
    times = [
        span((stage.went or 0) - (before.went or 0))
        for stage in stages(history, booster, now)
        if (before := stage_before(history, stage))
    ]
    return min(times, default=None)


def stage_of(history: History, key: int, now: int) -> Flight | None:
    """The stage with this id, if it has flown."""
    return next(
        (stage for stage in stages(history, by_id(history, key).booster or 0, now) if stage.id == key), None
    )


def flight_number(history: History, key: int, now: int) -> int | None:
    if not (stage := stage_of(history, key, now)):
        return None
    return len(stages(history, stage.booster or 0, stage.went or 0))


def previous(history: History, key: int, now: int) -> Flight | None:
    """The booster's launch before that of a stage, if the stage has flown."""
    stage = stage_of(history, key, now)
    return stage_before(history, stage) if stage else None


def previous_flight(history: History, key: int, now: int) -> UUID | None:
    """The id of the previous launch, without the offset of this history."""
    before = previous(history, key, now)
    return UUID(int=before.id) if before else None


def since_previous(history: History, key: int, now: int) -> timedelta | None:
    before = previous(history, key, now)
    return span((by_id(history, key).went or 0) - (before.went or 0)) if before else None


def fastest_of_config(history: History, kind: int, now: int, fastest: Reference) -> Any:
    """The shortest turnaround of all craft or boosters of a configuration."""
    times = [fastest(history, key, now) for key, own in history.kinds.items() if own == kind]
    return min((time for time in times if time is not None), default=None)


def launch_instants(flights: Sequence[Flight | None]) -> list[Any]:
    """The instants of launches, sorted; a list with None if there are none."""
    return sorted(instant(flight.net) for flight in flights if flight and flight.net is not None) or [None]


def flights_up(history: History, person: int, now: int) -> list[Flight]:
    return [flight for flight in history.flights if person in flight.up and flight.begun(now)]


def landing_hours(history: History, person: int, now: int) -> list[int]:
    return [
        flight.end
        for flight in history.flights
        if person in flight.down and flight.end is not None and flight.end <= now
        if not (flight.launched and flight.status in TO_COME)
    ]


def alive(history: History, person: int, now: int) -> bool:
    return person not in history.deaths or history.deaths[person] * DAYS > now


def next_landing(history: History, person: int, flight: Flight) -> int | None:
    return min(
        (end for end in landing_hours(history, person, FOREVER) if end >= (flight.net or 0)), default=None
    )


def end_in_space(history: History, person: int, flight: Flight) -> int | None:
    """When a flight was over for a person: with a landing, or with the flight that the person died on."""
    down = next_landing(history, person, flight)
    if down is None and flight.end is not None and not alive(history, person, flight.end):
        return flight.end
    return down


def is_up(history: History, person: int, now: int) -> bool:
    """Whether launched more often than landed; the dead are until the end of their flight."""
    up = flights_up(history, person, now)
    ends = [end_in_space(history, person, flight) for flight in up]
    is_there = alive(history, person, now) or any(end is not None and end > now for end in ends)
    return is_there and len(up) > len(landing_hours(history, person, now))


def time_of_person(history: History, person: int, now: int) -> timedelta:
    hours = 0
    for flight in flights_up(history, person, now):
        down = end_in_space(history, person, flight)
        hours += (down if down is not None and down <= now else now) - (flight.net or 0)
    return span(hours)


def at_station(history: History, station: int, now: int) -> list[Docking]:
    return [
        docking
        for docking in history.dockings
        if docking.station == station
        and docking.docking <= now
        and (docking.departure is None or docking.departure > now)
    ]


def aboard(history: History, station: int, now: int) -> int:
    flights = {docking.chaser for docking in at_station(history, station, now)}
    return len({person for flight in history.flights if flight.id in flights for person in flight.up})


def walks(history: History, person: int, now: int) -> list[Walk]:
    return [
        walk for walk in history.walks if person in walk.crew and walk.start is not None and walk.start <= now
    ]


def time_outside(history: History, person: int, now: int) -> timedelta:
    return span(
        sum(
            (walk.end if walk.end is not None and walk.end <= now else now) - (walk.start or 0)
            for walk in walks(history, person, now)
        )
    )


def age(history: History, person: int, now: int) -> int | None:
    """The number of birthdays, counted one by one."""
    born, last = history.births.get(person), instant(now).date()
    if not alive(history, person, now):
        last = instant(history.deaths[person] * DAYS).date()
    if born is None or born > instant(now).date():
        return None
    birthdays = ((year, born.month, born.day) for year in range(born.year + 1, last.year + 1))
    return sum(birthday <= (last.year, last.month, last.day) for birthday in birthdays)


REFERENCE: dict[str, Reference] = {
    **COUNTERS,
    "Spacecraft.flights_count": lambda h, key, now: len(begun(h, key, now)),
    "Spacecraft.mission_ends_count": lambda h, key, now: sum(f.over(now) for f in begun(h, key, now)),
    "Spacecraft.in_space": lambda h, key, now: any(not f.over(now) for f in begun(h, key, now)),
    "Spacecraft.time_in_space": time_in_space,
    "Spacecraft.time_docked": docked_hours,
    "Spacecraft.fastest_turnaround": fastest_turnaround,
    "SpacecraftConfig.fastest_turnaround": lambda h, key, now: fastest_of_config(h, key, now, fastest_turnaround),
    "SpacecraftFlight.duration": duration_of,
    "SpacecraftFlight.turn_around_time": turn_around_of,
    "Launcher.flights": lambda h, key, now: len(stages(h, key, now)),
    "Launcher.attempted_landings": lambda h, key, now: sum(
        stage.landing is not None for stage in stages(h, key, now)
    ),
    "Launcher.first_launch_date": lambda h, key, now: launch_instants(stages(h, key, now))[0],
    "Launcher.last_launch_date": lambda h, key, now: launch_instants(stages(h, key, now))[-1],
    "Launcher.fastest_turnaround": fastest_of_booster,
    "LauncherConfig.fastest_turnaround": lambda h, key, now: fastest_of_config(h, key, now, fastest_of_booster),
    "FirstStage.launcher_flight_number": flight_number,
    "FirstStage.previous_flight": previous_flight,
    "FirstStage.previous_flight_date": lambda h, key, now: launch_instants([previous(h, key, now)])[0],
    "FirstStage.turn_around_time": since_previous,
    "Launcher.successful_landings": lambda h, key, now: sum(stage.landing is True for stage in stages(h, key, now)),
    "Astronaut.flights_count": lambda h, key, now: len(flights_up(h, key, now)),
    "Astronaut.landings_count": lambda h, key, now: len(landing_hours(h, key, now)),
    "Astronaut.first_flight": lambda h, key, now: launch_instants(flights_up(h, key, now))[0],
    "Astronaut.last_flight": lambda h, key, now: launch_instants(flights_up(h, key, now))[-1],
    "Astronaut.spacewalks_count": lambda h, key, now: len(walks(h, key, now)),
    "Astronaut.eva_time": time_outside,
    "Astronaut.age": age,
    "Astronaut.in_space": is_up,
    "Astronaut.time_in_space": time_of_person,
    "SpaceStation.docked_vehicles": lambda h, key, now: len(at_station(h, key, now)),
    "SpaceStation.onboard_crew": aboard,
}  # fmt: skip
