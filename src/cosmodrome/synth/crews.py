"""People: who flies when, in which role, on which expedition, and who goes outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Expedition, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.programs import Program
from cosmodrome.synth.agencies import link_media
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Flight
from cosmodrome.synth.stations import Station
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

RETIRED, ACTIVE, IN_TRAINING, DECEASED = 2, 1, 3, 11
"""Ids of astronaut statuses."""

NON_HUMAN, SPACE_ANIMAL = 1, 6
"""The type, and the role that goes with it."""

REST = 90 * DAY
OLDEST = 62
"""Years of age at which nobody is launched any more."""


@dataclass(slots=True, eq=False)
class Person:
    """An astronaut in the course of a career."""

    number: int
    born: date
    human: bool = True
    free: datetime | None = None
    """When ready for the next flight; None while in space or before the first."""
    flights: list[tuple[UUID, datetime]] = field(default_factory=list)
    """Launches that have flown, with their instants."""
    landings: list[int] = field(default_factory=list)
    spacewalks: list[int] = field(default_factory=list)
    in_space: bool = False
    time: timedelta = ZERO
    outside: timedelta = ZERO


@dataclass(slots=True)
class Seat:
    """A person in a role on a flight: a row that launch, stay and landing share."""

    number: int
    person: Person


class Corps:
    """Everyone, and those who wait for their next flight."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[Person] = []
        self.bench: list[tuple[datetime, int, Person]] = []
        self.expeditions = 0
        self.spacewalks = 0

    def seat(self, net: datetime, number: int) -> list[Seat]:
        """A crew for a launch at `net`: people who are free and young enough, else new ones."""
        return [self._seat(self._next(net), place) for place in range(number)]

    def _next(self, net: datetime) -> Person:
        while self.bench and self.bench[0][0] < net:
            person = heappop(self.bench)[-1]
            if age(person.born, net.date()) < OLDEST:
                return person
        return self.recruit(net)

    def recruit(self, when: datetime) -> Person:
        """Someone new, aged 26 to 45; an animal now and then."""
        human = not self.world.turns.now_and_then("an animal", 23)
        youngest, oldest = (26, 45) if human else (1, 6)
        born = when - self.world.seconds(youngest * 366 * DAY, oldest * 365 * DAY)
        self.people.append(Person(self.world.writer.number(Astronaut), born.date(), human))
        return self.people[-1]

    def _seat(self, person: Person, place: int) -> Seat:
        role = 1 + min(place, 4) if person.human else SPACE_ANIMAL
        number = self.world.writer.add(AstronautFlight, role_id=role, astronaut_id=person.number)
        return Seat(number, person)

    def fly(self, crew: Sequence[Seat], flight: Flight, launch: UUID) -> None:
        """Notes a flight that was launched in the records of its crew."""
        for seat in crew:
            person = seat.person
            person.flights.append((launch, flight.net))
            person.time += (flight.end or self.world.now) - flight.net
            person.in_space = flight.end is None
            if flight.end:
                person.free = flight.end + REST
                person.landings.append(flight.number)
                heappush(self.bench, (person.free, person.number, person))

    def stay(
        self,
        crew: Sequence[Seat],
        flight: Flight,
        begins: datetime,
        ends: datetime | None,
        at: Station | None,
    ) -> None:
        """An expedition of a crew, and the spacewalks in its course."""
        turns, words, writer = self.world.turns, self.world.words, self.world.writer
        self.expeditions += 1
        number = writer.add(
            Expedition,
            name=words.name(f"{'' if at else 'Free '}Expedition {self.expeditions} {{}}"),
            start=begins,
            end=ends,
            spacestation_id=at.row.pk if at else None,
        )
        known = [] if turns.now_and_then("expedition.crew", 6) else [seat.number for seat in crew]
        writer.link(Expedition, "crew", number, known)
        patches = turns.some("expedition.patches", self.world.patches[4:])
        writer.link(Expedition, "mission_patches", number, patches)
        walks = turns.next("expedition.spacewalks", 4)
        share = ((ends or self.world.now) - begins) / (walks + 1)
        for step in range(walks if share > DAY and len(crew) > 1 else 0):
            start = begins + share * step
            self.walk(crew[:2], flight, start, start + share, number, at)

    def walk(
        self,
        crew: Sequence[Seat],
        flight: Flight,
        begins: datetime,
        ends: datetime,
        expedition: int,
        at: Station | None,
    ) -> None:
        """A spacewalk between the two instants."""
        turns = self.world.turns
        length = self.world.seconds(HOUR, 8 * HOUR)
        start = self.world.instant(begins, ends - length)
        self.spacewalks += 1
        where = f"{at.row.name}, outside" if at else "In free flight"
        number = self.world.writer.add(
            Spacewalk,
            name=self.world.words.name(f"EVA-{self.spacewalks} {{}}"),
            start=start,
            end=start + length,
            duration=length,
            location=turns.gap("spacewalk.location", where),
            spacestation_id=at.row.pk if at else None,
            expedition_id=turns.gap("spacewalk.expedition", expedition),
            spacecraft_flight_id=turns.gap("spacewalk.flight", flight.number, 3),
            event_id=turns.gap("spacewalk.event", self.world.pick(self.world.events)),
        )
        self._link(number, crew)
        for seat in crew:
            seat.person.spacewalks.append(number)
            seat.person.outside += length

    def plan_walks(self) -> None:
        """Spacewalks to come: of some of them no more than the name is known."""
        for step in range(self.world.number_of(60, 4, 400)):
            self.spacewalks += 1
            start = self.world.now + (step + 1) * 9 * DAY if step % 2 else None
            number = self.world.writer.add(
                Spacewalk, name=self.world.words.name(f"EVA-{self.spacewalks} {{}}"), start=start
            )
            self._link(number, ())

    def _link(self, number: int, crew: Sequence[Seat]) -> None:
        writer, turns = self.world.writer, self.world.turns
        writer.link(Spacewalk, "crew", number, [seat.number for seat in crew])
        programs = writer.numbers(Program)
        writer.link(Spacewalk, "program", number, turns.some("spacewalk.program", programs, 2))


def age(born: date, on: date) -> int:
    """Whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def crew_flight(world: World, flight: Flight, crew: Sequence[Seat]) -> None:
    """Writes who is on board: all the way up and, once it has ended, all the way down."""
    numbers = [seat.number for seat in crew]
    world.writer.link(SpacecraftFlight, "launch_crew", flight.number, numbers)
    if flight.net <= world.now:
        world.writer.link(SpacecraftFlight, "onboard_crew", flight.number, numbers)
    if flight.end:
        world.writer.link(SpacecraftFlight, "landing_crew", flight.number, numbers)


def write_corps(world: World, corps: Corps) -> None:
    """Writes everyone, with some more who have not flown yet."""
    corps.plan_walks()
    for _ in range(world.number_of(20, 12, 800)):
        corps.recruit(world.now)
    for person in corps.people:
        write_person(world, person)


def write_person(world: World, person: Person) -> None:
    """Writes an astronaut: counters and times are the sums of what was flown."""
    turns, words, writer = world.turns, world.words, world.writer
    last = person.flights[-1][1] if person.flights else None
    died = None
    rested = person.free is not None and person.free < world.now and not person.in_space
    if person.free and rested and turns.now_and_then("astronaut has died", 7):
        died = world.day(person.free, world.now)
    born = turns.gap("astronaut.born", person.born, 11)
    known = world.known("astronaut", person.flights)
    row = Astronaut(
        id=person.number,
        name=words.name("{} " + words.word()),
        status_id=status_of(world, person, died),
        agency_id=turns.gap("astronaut.agency", world.pick(world.agencies).pk),
        image_id=world.image("astronaut.image"),
        type_id=2 + person.number % 3 if person.human else NON_HUMAN,
        in_space=person.in_space,
        eva_time=person.outside,
        age=age(born, died or world.now.date()) if born else None,
        date_of_birth=born,
        date_of_death=died,
        bio=words.prose(2048),
        wiki=turns.gap("astronaut.wiki", f"{HOST}/people/{person.number}"),
        first_flight=person.flights[0][1] if person.flights else None,
        last_flight=last,
        totals_read_at=world.now,
    )
    world.fill(
        row,
        known,
        time_in_space=person.time,
        flights_count=len(person.flights),
        landings_count=len(person.landings),
        spacewalks_count=len(person.spacewalks),
    )
    writer.keep(row)
    number = person.number
    writer.link(Astronaut, "flights", number, [launch for launch, _ in person.flights])
    writer.link(Astronaut, "landings", number, person.landings)
    writer.link(Astronaut, "spacewalks", number, person.spacewalks)
    nations = [world.country() for _ in range(turns.next("astronaut.nationality", 3))]
    writer.link(Astronaut, "nationality", number, dict.fromkeys(nations))
    link_media(world, astronaut_id=number)


def status_of(world: World, person: Person, died: date | None) -> int:
    """The id of the astronaut's status."""
    if died:
        return DECEASED
    if not person.flights:
        return IN_TRAINING
    rests = person.free and world.now - person.free > 2500 * DAY
    return RETIRED if rests and not person.in_space else ACTIVE
