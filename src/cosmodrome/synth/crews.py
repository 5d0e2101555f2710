"""Invents astronauts: their seats on flights, expeditions and spacewalks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from cosmodrome.catalogue.crews import Astronaut, AstronautFlight, Expedition, Spacewalk
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.programs import Program
from cosmodrome.synth.agencies import add_social_media_links
from cosmodrome.synth.fleet import DAY, HOUR, ZERO, Flight
from cosmodrome.synth.stations import Station
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

RETIRED_ASTRONAUT, ACTIVE_ASTRONAUT, ASTRONAUT_IN_TRAINING, DECEASED_ASTRONAUT = 2, 1, 3, 11
"""Ids of astronaut statuses."""

NON_HUMAN, SPACE_ANIMAL = 6, 15
"""The ids of an astronaut type, and of the role that goes with it."""

REST = 90 * DAY
OLDEST = 62
"""The age in years from which nobody is launched any more."""


@dataclass(slots=True, eq=False)
class Person:
    """An astronaut in the course of a career."""

    number: int
    born: date
    human: bool = True
    free: datetime | None = None
    """The instant from which the person may fly again; None in space, and before the first flight."""
    flights: list[tuple[UUID, datetime]] = field(default_factory=list)
    """The ids of launches that have flown, with their instants."""
    landings: list[int] = field(default_factory=list)
    spacewalks: list[int] = field(default_factory=list)
    in_space: bool = False
    time: timedelta = ZERO
    outside: timedelta = ZERO


@dataclass(slots=True)
class Seat:
    """A person in a role on a flight: one row for the launch crew, the onboard crew and the landing crew."""

    number: int
    person: Person


class Corps:
    """All astronauts, and a queue of those who may fly again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.people: list[Person] = []
        self.bench: list[tuple[datetime, int, Person]] = []
        self.expeditions = 0
        self.spacewalks = 0

    def seat_crew(self, net: datetime, number: int) -> list[Seat]:
        """Seats a crew for a launch at `net`: people who are free and young enough, else new ones."""
        return [self._seat(self._next_person(net), place) for place in range(number)]

    def _next_person(self, net: datetime) -> Person:
        while self.bench and self.bench[0][0] < net:
            person = heappop(self.bench)[-1]
            if age_on(person.born, net.date()) < OLDEST:
                return person
        return self.recruit(net)

    def recruit(self, when: datetime) -> Person:
        """Adds a person, aged 26 to 45 then, or now if that is to come; or once in a while an animal."""
        human = not self.world.cycles.once_in("an animal", 23)
        youngest, oldest = (26, 45) if human else (1, 6)
        born = min(when, self.world.now) - self.world.seconds(youngest * 366 * DAY, oldest * 365 * DAY)
        self.people.append(Person(self.world.writer.next_id(Astronaut), born.date(), human))
        return self.people[-1]

    def _seat(self, person: Person, place: int) -> Seat:
        role = 1 + min(place, 4) if person.human else SPACE_ANIMAL
        number = self.world.writer.add(AstronautFlight, role_id=role, astronaut_id=person.number)
        return Seat(number, person)

    def record_flight(self, crew: Sequence[Seat], flight: Flight, launch: UUID) -> None:
        """Records a flight that was launched for each person of its crew."""
        for seat in crew:
            person = seat.person
            person.flights.append((launch, flight.net))
            person.time += (flight.end or self.world.now) - flight.net
            person.in_space = flight.end is None
            if flight.end:
                person.free = flight.end + REST
                person.landings.append(flight.number)
                heappush(self.bench, (person.free, person.number, person))

    def add_expedition(
        self,
        crew: Sequence[Seat],
        flight: Flight,
        begins: datetime,
        ends: datetime | None,
        at: Station,
    ) -> None:
        """Writes an expedition of a crew, with its spacewalks."""
        cycles, words, writer = self.world.cycles, self.world.words, self.world.writer
        self.expeditions += 1
        number = writer.add(
            Expedition,
            name=words.name(f"Expedition {self.expeditions} {{}}"),
            start=begins,
            end=ends,
            spacestation_id=at.row.pk,
        )
        known = [] if cycles.lacks("expedition.crew", 6) else [seat.number for seat in crew]
        writer.add_links(Expedition, "crew", number, known)
        patches = cycles.some("expedition.patches", self.world.patches[4:])
        writer.add_links(Expedition, "mission_patches", number, patches)
        self.add_spacewalks(crew, flight, begins, ends, number, at)

    def add_spacewalks(
        self,
        crew: Sequence[Seat],
        flight: Flight,
        begins: datetime,
        ends: datetime | None,
        expedition: int | None = None,
        at: Station | None = None,
    ) -> None:
        """Writes spacewalks of a crew between two instants, of an expedition or in free flight."""
        walks = self.world.cycles.next("expedition.spacewalks", 4)
        share = ((ends or self.world.now) - begins) / (walks + 1)
        for step in range(walks if share > DAY and len(crew) > 1 else 0):
            start = begins + share * step
            self.add_spacewalk(crew[:2], flight, start, start + share, expedition, at)

    def add_spacewalk(
        self,
        crew: Sequence[Seat],
        flight: Flight,
        begins: datetime,
        ends: datetime,
        expedition: int | None,
        at: Station | None,
    ) -> None:
        """Writes a spacewalk between two instants."""
        cycles = self.world.cycles
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
            location=cycles.nullable("spacewalk.location", where, share=0.1),
            spacestation_id=at.row.pk if at else None,
            expedition_id=cycles.nullable("spacewalk.expedition", expedition, share=0.2),
            spacecraft_flight_id=cycles.nullable("spacewalk.flight", flight.number, 3, share=0.5),
            event_id=cycles.nullable("spacewalk.event", self.world.pick(self.world.events), share=0.7),
        )
        self._write_crew(number, crew)
        for seat in crew:
            seat.person.spacewalks.append(number)
            seat.person.outside += length

    def add_planned_spacewalks(self) -> None:
        """Writes spacewalks to come, some of which have no more than a name."""
        for step in range(self.world.number_of(60, 4, 400)):
            self.spacewalks += 1
            start = self.world.now + (step + 1) * 9 * DAY if step % 2 else None
            number = self.world.writer.add(
                Spacewalk, name=self.world.words.name(f"EVA-{self.spacewalks} {{}}"), start=start
            )
            self._write_crew(number, ())

    def _write_crew(self, number: int, crew: Sequence[Seat]) -> None:
        writer, cycles = self.world.writer, self.world.cycles
        writer.add_links(Spacewalk, "crew", number, [seat.number for seat in crew])
        programs = writer.ids(Program)
        writer.add_links(Spacewalk, "program", number, cycles.some("spacewalk.program", programs, 2))


def age_on(born: date, on: date) -> int:
    """The age in whole years on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def write_crew_lists(world: World, flight: Flight, crew: Sequence[Seat]) -> None:
    """Writes the crew lists of a flight: all are launched and on board, and land if the flight has ended."""
    numbers = [seat.number for seat in crew]
    world.writer.add_links(SpacecraftFlight, "launch_crew", flight.number, numbers)
    if flight.net <= world.now:
        world.writer.add_links(SpacecraftFlight, "onboard_crew", flight.number, numbers)
    if flight.end:
        world.writer.add_links(SpacecraftFlight, "landing_crew", flight.number, numbers)


def write_corps(world: World, corps: Corps) -> None:
    """Writes all astronauts, with some more who have not flown yet."""
    corps.add_planned_spacewalks()
    for _ in range(world.number_of(20, 12, 800)):
        corps.recruit(world.now)
    for person in corps.people:
        write_person(world, person)


def write_person(world: World, person: Person) -> None:
    """Writes an astronaut, whose counters and times are the sums over the flights."""
    cycles, words, writer = world.cycles, world.words, world.writer
    last = person.flights[-1][1] if person.flights else None
    died = None
    rested = person.free is not None and person.free < world.now and not person.in_space
    if person.free and rested and cycles.once_in("astronaut has died", 7):
        died = world.day(person.free, world.now)
    born = cycles.nullable("astronaut.born", person.born, 11, share=0.01)
    known = world.known("astronaut", person.flights)
    row = Astronaut(
        id=person.number,
        name=words.name("{} " + words.word()),
        status_id=astronaut_status(world, person, died),
        agency_id=cycles.nullable("astronaut.agency", world.pick(world.agencies).pk, share=0.02),
        image_id=world.image("astronaut.image", share=0.02),
        type_id=2 + person.number % 3 if person.human else NON_HUMAN,
        in_space=person.in_space,
        eva_time=person.outside,
        age=age_on(born, died or world.now.date()) if born else None,
        date_of_birth=born,
        date_of_death=died,
        bio=words.prose(2048),
        wiki=cycles.nullable("astronaut.wiki", f"{HOST}/people/{person.number}", share=0.05),
        first_flight=person.flights[0][1] if person.flights else None,
        last_flight=last,
        totals_read_at=world.now,
    )
    world.set_totals(
        row,
        known,
        time_in_space=person.time,
        flights_count=len(person.flights),
        landings_count=len(person.landings),
        spacewalks_count=len(person.spacewalks),
    )
    writer.add_rows(row)
    number = person.number
    writer.add_links(Astronaut, "flights", number, [launch for launch, _ in person.flights])
    writer.add_links(Astronaut, "landings", number, person.landings)
    writer.add_links(Astronaut, "spacewalks", number, person.spacewalks)
    nations = [world.country() for _ in range(cycles.length("astronaut.nationality", 2, least=1))]
    writer.add_links(Astronaut, "nationality", number, dict.fromkeys(nations))
    add_social_media_links(world, astronaut_id=number)


def astronaut_status(world: World, person: Person, died: date | None) -> int:
    """The id of the astronaut's status."""
    if died:
        return DECEASED_ASTRONAUT
    if not person.flights:
        return ASTRONAUT_IN_TRAINING
    rests = person.free and world.now - person.free > 2500 * DAY
    return RETIRED_ASTRONAUT if rests and not person.in_space else ACTIVE_ASTRONAUT
