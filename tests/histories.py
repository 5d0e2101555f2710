"""Small made-up histories, and what they add up to: told once more in plain Python, the slow and obvious way.

Instants are whole hours since `BEGINNING`.  Histories contradict themselves now and then, as real ones do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from hypothesis import strategies as st

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.places import Landing, Location, Pad
from cosmodrome.catalogue.spacecraft import Spacecraft
from cosmodrome.catalogue.stations import DockingEvent, SpaceStation
from cosmodrome.catalogue.vehicles import FirstStage, Launcher

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)
DAYS = 24
LAST = 60 * DAYS
OTHERS = 1
"""The id of everything that is needed and does not matter; constraints are never checked on it."""

GO, SUCCESS, FAILURE, HOLD, IN_FLIGHT, PARTIAL = 1, 3, 4, 5, 6, 7
TO_COME, FLOWN = (1, 2, 5, 8), (3, 4, 7)


@dataclass(frozen=True)
class Flight:
    """A flight of a craft on a launch of its own; without `net` the launch is not dated."""

    id: int
    craft: int
    net: int | None
    end: int | None
    status: int | None = SUCCESS
    launched: bool = True
    up: tuple[int, ...] = ()
    down: tuple[int, ...] = ()
    pad: int | None = None
    booster: int | None = None
    landing: bool | None = None
    """How the booster's landing went; None: not tried."""

    @property
    def dated(self) -> int | None:
        return self.net if self.launched and self.status not in TO_COME else None

    def begun(self, at: int) -> bool:
        return self.dated is not None and self.dated <= at

    def over(self, at: int) -> bool:
        return self.begun(at) and self.end is not None and self.end <= at


@dataclass(frozen=True)
class Docking:
    """A flight, or nothing that is known, docks to another flight or to a station."""

    id: int
    docking: int
    departure: int | None
    chaser: int | None
    target: int | None
    station: int | None


@dataclass(frozen=True)
class Walk:
    start: int | None
    crew: tuple[int, ...]


@dataclass(frozen=True)
class History:
    flights: list[Flight]
    dockings: list[Docking] = field(default_factory=list)
    walks: list[Walk] = field(default_factory=list)
    deaths: dict[int, int] = field(default_factory=dict)
    """Days since the beginning, by person."""
    published: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    """Columns by table and id, with the hour at which they were `read`."""


KEYS = (1, 2)
"""The ids of craft, people, boosters, pads and stations; one location has both pads."""

hours = st.integers(0, LAST)
keys = st.sampled_from(KEYS)
people = st.lists(keys, unique=True, max_size=2).map(tuple)
counts = st.none() | st.integers(0, 3)
durations = st.none() | hours.map(lambda hour: timedelta(hours=hour))
COLUMNS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "Spacecraft": {"flights_count": counts, "mission_ends_count": counts, "time_docked": durations},
    "Astronaut": dict.fromkeys(("flights_count", "landings_count", "spacewalks_count"), counts),
    "Launcher": dict.fromkeys(("flights", "attempted_landings", "successful_landings"), counts),
    "Pad": {"total_launch_count": counts},
    "Location": {"total_launch_count": counts},
    "SpaceStation": {"onboard_crew": counts, "docked_vehicles": counts},
}


@st.composite
def made_flights(draw: st.DrawFn) -> list[Flight]:
    """Flights of two craft, mostly one after the other: reflights, open ones, some without an end or a date."""
    flights, free = [], dict.fromkeys(KEYS, 0)
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
                status=draw(st.sampled_from([SUCCESS, SUCCESS, PARTIAL, FAILURE, None, GO, IN_FLIGHT])),
                launched=draw(st.integers(0, 9)) < 9,
                up=up,
                down=up if end is not None and draw(st.integers(0, 5)) else draw(people),
                pad=draw(st.none() | keys),
                booster=draw(st.none() | keys),
                landing=draw(st.none() | st.booleans()),
            )
        )
    return flights


@st.composite
def made_dockings(draw: st.DrawFn, flights: list[Flight]) -> list[Docking]:
    """Dockings, mostly within flights, of which a craft may undock and dock again."""
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
def histories(draw: st.DrawFn) -> History:
    flights = draw(made_flights())
    history = History(
        flights,
        draw(made_dockings(flights)),
        draw(st.lists(st.builds(Walk, st.none() | hours, people), max_size=3)),
        draw(st.dictionaries(keys, st.integers(0, 60), max_size=1)),
    )
    every = [(table, key) for table in COLUMNS for key in (KEYS[:1] if table == "Location" else KEYS)]
    published = {}
    for table, key in every:
        read = draw(hours | st.just(LAST))
        given = {name: draw(column) for name, column in COLUMNS[table].items()}
        if draw(st.booleans()):  # as a page would have told it, so that the parts are known
            given = {name: REFERENCE[f"{table}.{name}"](history, key, read) for name in given}
        published[table, key] = {"read": read, **given}
    return replace(history, published=published)


@st.composite
def several_at_once(draw: st.DrawFn) -> tuple[list[History], int]:
    """Histories, and an instant to look at them: any, or one at which something happens."""
    several = draw(st.lists(histories(), min_size=1, max_size=12))
    happens = [
        *(hour for each in several for flight in each.flights for hour in (flight.net, flight.end)),
        *(
            hour
            for each in several
            for docking in each.dockings
            for hour in (docking.docking, docking.departure)
        ),
        *(day * DAYS for each in several for day in each.deaths.values()),
    ]
    return several, draw(hours | st.sampled_from([hour for hour in happens if hour is not None] or [LAST]))


def instant(hour: int) -> datetime:
    return BEGINNING + timedelta(hours=hour)


def at(hour: int | None) -> datetime | None:
    return None if hour is None else instant(hour)


@contextmanager
def written(*several: History) -> Iterator[None]:
    """Histories in the tables, for the time of a block; the ids of each begin where `start_of` says."""
    with transaction.atomic():
        for number, history in enumerate(several):
            Writer(history, start_of(number)).write()
        yield
        transaction.set_rollback(True)


def start_of(number: int) -> int:
    """What is added to all ids of a history that is one of several."""
    return 100 * number


@dataclass(frozen=True)
class Writer:
    """Writes a history, with `start` added to all its ids."""

    history: History
    start: int

    def key(self, key: int | None) -> Any:
        return None if key is None else self.start + key

    def totals(self, table: str, key: int) -> dict[str, Any]:
        given = dict(self.history.published.get((table, key), {}))
        return {"id": self.key(key), "totals_read_at": at(given.pop("read", None)), **given}

    def several(self, model: Any, **columns: Any) -> None:
        """The rows of a table that has totals."""
        model.objects.bulk_create(model(**columns, **self.totals(model.__name__, key)) for key in KEYS)

    def write(self) -> None:
        self.several(Spacecraft, status_id=OTHERS, spacecraft_config_id=OTHERS)
        self.several(Launcher)
        self.several(SpaceStation)
        self.several(Pad, location_id=self.key(1))
        Location.objects.create(**self.totals("Location", 1))
        self.several(Astronaut, status_id=OTHERS)
        AstronautFlight.objects.bulk_create(
            AstronautFlight(id=self.key(key), astronaut_id=self.key(key), role_id=OTHERS) for key in KEYS
        )
        for key, day in self.history.deaths.items():
            Astronaut.objects.filter(pk=self.key(key)).update(date_of_death=instant(day * DAYS).date())
        for number, walk in enumerate(self.history.walks, 1):
            Spacewalk.objects.bulk_create([Spacewalk(id=self.key(number), start=at(walk.start))])
            self.seats(Spacewalk, "crew", number, walk.crew)
        self.write_launches()
        self.write_flights()
        DockingEvent.objects.bulk_create(
            DockingEvent(
                id=self.key(docking.id),
                docking=instant(docking.docking),
                departure=at(docking.departure),
                flight_vehicle_chaser_id=self.key(docking.chaser),
                flight_vehicle_target_id=self.key(docking.target),
                space_station_target_id=self.key(docking.station),
            )
            for docking in self.history.dockings
        )

    def seats(self, model: Any, column: str, key: int, crew: tuple[int, ...]) -> None:
        between, name = getattr(model, column).through, f"{model.__name__.lower()}_id"
        between.objects.bulk_create(
            between(**{name: self.key(key), "astronautflight_id": self.key(person)}) for person in crew
        )

    def launch(self, flight: Flight) -> UUID:
        return UUID(int=self.start + flight.id)

    def write_launches(self) -> None:
        flights = self.history.flights
        Launch.objects.bulk_create(
            Launch(
                id=self.launch(flight),
                net=at(flight.net),
                status_id=flight.status,
                pad_id=self.key(flight.pad),
            )
            for flight in flights
        )
        Rocket.objects.bulk_create(Rocket(launch_id=self.launch(flight)) for flight in flights)
        Landing.objects.bulk_create(
            Landing(
                id=self.key(flight.id),
                attempt=flight.landing is not None,
                success=flight.landing,
                type_id=OTHERS,
            )
            for flight in flights
        )
        FirstStage.objects.bulk_create(
            FirstStage(
                id=self.key(flight.id),
                rocket_id=self.launch(flight),
                launcher_id=self.key(flight.booster),
                landing_id=self.key(flight.id),
            )
            for flight in flights
            if flight.booster
        )

    def write_flights(self) -> None:
        SpacecraftFlight.objects.bulk_create(
            SpacecraftFlight(
                id=self.key(flight.id),
                spacecraft_id=self.key(flight.craft),
                rocket_id=self.launch(flight) if flight.launched else None,
                mission_end=at(flight.end),
            )
            for flight in self.history.flights
        )
        for flight in self.history.flights:
            self.seats(SpacecraftFlight, "launch_crew", flight.id, flight.up)
            self.seats(SpacecraftFlight, "onboard_crew", flight.id, flight.up)
            self.seats(SpacecraftFlight, "landing_crew", flight.id, flight.down)


# What it all adds up to.


def span(hours: int) -> timedelta:
    return timedelta(hours=hours)


def begun(history: History, craft: int, now: int) -> list[Flight]:
    return [flight for flight in history.flights if flight.craft == craft and flight.begun(now)]


def time_in_space(history: History, craft: int, now: int) -> timedelta:
    hours = 0
    for flight in begun(history, craft, now):
        assert flight.net is not None
        hours += (flight.end if flight.end is not None and flight.end <= now else now) - flight.net
    return span(hours)


def own_dockings(history: History, craft: int) -> list[tuple[Docking, list[Flight]]]:
    """The dockings in which one of the craft's flights takes part, and those flights."""
    own = {flight.id: flight for flight in history.flights if flight.craft == craft}
    found = []
    for docking in history.dockings:
        flights = [own[side] for side in (docking.chaser, docking.target) if side in own]
        if flights:
            found.append((docking, flights))
    return found


def time_docked(history: History, craft: int, now: int) -> timedelta:
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
    if before is None or before.end is None or flight.net is None:
        return None
    return span(flight.net - before.end)


def fastest_turnaround(history: History, craft: int, now: int) -> timedelta | None:
    times = [turn_around(history, flight) for flight in begun(history, craft, now)]
    return min((time for time in times if time is not None), default=None)


def by_id(history: History, key: int) -> Flight:
    return next(flight for flight in history.flights if flight.id == key)


def duration_of(history: History, key: int, now: int) -> timedelta | None:
    flight = by_id(history, key)
    if not flight.launched or flight.net is None or flight.net > now:
        return None
    return span((flight.end if flight.end is not None and flight.end <= now else now) - flight.net)


def turn_around_of(history: History, key: int, now: int) -> timedelta | None:
    flight = by_id(history, key)
    if not flight.launched or flight.net is None or flight.net > now:
        return None
    return turn_around(history, flight)


def stages(history: History, booster: int, now: int) -> list[Flight]:
    """Those of its launches that have flown; whether a craft was on them does not matter."""
    return [
        flight
        for flight in history.flights
        if flight.booster == booster and replace(flight, launched=True).begun(now)
    ]


def launches(history: History, now: int, *pads: int) -> int:
    return sum(
        flight.pad in pads and flight.net is not None and flight.net <= now and flight.status in FLOWN
        for flight in history.flights
    )


def risen(history: History, person: int, now: int) -> list[Flight]:
    return [flight for flight in history.flights if person in flight.up and flight.begun(now)]


def landed(history: History, person: int, now: int) -> list[int]:
    return [
        flight.end
        for flight in history.flights
        if person in flight.down and flight.end is not None and flight.end <= now
    ]


def alive(history: History, person: int, now: int) -> bool:
    return person not in history.deaths or history.deaths[person] * DAYS > now


def came_down(history: History, person: int, flight: Flight) -> int | None:
    return min((end for end in landed(history, person, 9 * LAST) if end >= (flight.net or 0)), default=None)


def time_of_person(history: History, person: int, now: int) -> timedelta:
    hours = 0
    for flight in risen(history, person, now):
        down = came_down(history, person, flight)
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


REFERENCE: dict[str, Callable[[History, int, int], Any]] = {
    "Spacecraft.flights_count": lambda h, key, now: len(begun(h, key, now)),
    "Spacecraft.mission_ends_count": lambda h, key, now: sum(f.over(now) for f in begun(h, key, now)),
    "Spacecraft.in_space": lambda h, key, now: any(not f.over(now) for f in begun(h, key, now)),
    "Spacecraft.time_in_space": time_in_space,
    "Spacecraft.time_docked": time_docked,
    "Spacecraft.fastest_turnaround": fastest_turnaround,
    "SpacecraftFlight.duration": duration_of,
    "SpacecraftFlight.turn_around_time": turn_around_of,
    "Launcher.flights": lambda h, key, now: len(stages(h, key, now)),
    "Launcher.attempted_landings": lambda h, key, now: sum(
        stage.landing is not None for stage in stages(h, key, now)
    ),
    "Launcher.successful_landings": lambda h, key, now: sum(stage.landing is True for stage in stages(h, key, now)),
    "Pad.total_launch_count": lambda h, key, now: launches(h, now, key),
    "Location.total_launch_count": lambda h, _key, now: launches(h, now, *KEYS),
    "Astronaut.flights_count": lambda h, key, now: len(risen(h, key, now)),
    "Astronaut.landings_count": lambda h, key, now: len(landed(h, key, now)),
    "Astronaut.spacewalks_count": lambda h, key, now: sum(
        key in walk.crew and walk.start is not None and walk.start <= now for walk in h.walks
    ),
    "Astronaut.in_space": lambda h, key, now: (
        alive(h, key, now) and len(risen(h, key, now)) > len(landed(h, key, now))
    ),
    "Astronaut.time_in_space": time_of_person,
    "SpaceStation.docked_vehicles": lambda h, key, now: len(at_station(h, key, now)),
    "SpaceStation.onboard_crew": aboard,
}  # fmt: skip


# Whether enough is known for it.


def as_published(history: History, name: str, key: int) -> bool:
    """Whether the parts amounted to no less than what was published, when it was."""
    table, _, column = name.partition(".")
    published = history.published.get((table, key), {"read": None})
    if published["read"] is None or published[column] is None:
        return False
    return bool(REFERENCE[name](history, key, published["read"]) >= published[column])


def flights_known(history: History, craft: int, _now: int) -> bool:
    return as_published(history, "Spacecraft.flights_count", craft)


def ends_known(history: History, craft: int, now: int) -> bool:
    if not flights_known(history, craft, now):
        return False
    if not as_published(history, "Spacecraft.mission_ends_count", craft):
        return False
    flights = begun(history, craft, 9 * LAST)
    nets = [flight.net or 0 for flight in flights]
    for flight in flights:
        assert flight.net is not None
        if flight.end is None and max(nets) > flight.net:
            return False
        if flight.end is not None and flight.end < flight.net:
            return False
    return True


def dockings_known(history: History, craft: int, now: int) -> bool:
    for docking, flights in own_dockings(history, craft):
        if docking.docking > now:
            continue
        if docking.departure is not None and docking.departure < docking.docking:
            return False
        if docking.departure is None and any(flight.end is not None for flight in flights):
            return False
        again = [
            other
            for other in history.dockings
            if other.chaser == docking.chaser and other.docking > docking.docking
        ]
        as_chaser = docking.chaser in [flight.id for flight in flights]
        if docking.departure is None and as_chaser and again:
            return False
    return flights_known(history, craft, now) and as_published(history, "Spacecraft.time_docked", craft)


def duration_known(history: History, key: int, now: int) -> bool:
    flight = by_id(history, key)
    return flight.dated is not None and flight.end is not None and flight.dated <= flight.end <= now


def turn_around_known(history: History, key: int, now: int) -> bool:
    flight = by_id(history, key)
    return flight.begun(now) and turn_around(history, flight) is not None


def person_known(history: History, person: int, _now: int) -> bool:
    return all(as_published(history, f"Astronaut.{what}_count", person) for what in ("flights", "landings"))


def one_after_the_other(history: History, person: int, now: int) -> bool:
    for flight in risen(history, person, now):
        down = came_down(history, person, flight)
        later = [
            other.net or 0
            for other in risen(history, person, 9 * LAST)
            if (other.net or 0) > (flight.net or 0)
        ]
        if later and (down is None or min(later) < down):
            return False
        if down is None and not alive(history, person, now):
            return False
    return person_known(history, person, now)


KNOWN: dict[str, Callable[[History, int, int], bool]] = {
    "Spacecraft.mission_ends_count": flights_known,
    "Spacecraft.in_space": ends_known,
    "Spacecraft.time_in_space": ends_known,
    "Spacecraft.fastest_turnaround": ends_known,
    "Spacecraft.time_docked": dockings_known,
    "SpacecraftFlight.duration": duration_known,
    "SpacecraftFlight.turn_around_time": turn_around_known,
    "Astronaut.in_space": person_known,
    "Astronaut.time_in_space": one_after_the_other,
}
"""Of the others: `as_published`."""


def known(history: History, name: str, key: int, now: int) -> bool:
    if name in KNOWN:
        return KNOWN[name](history, key, now)
    return as_published(history, name, key)
