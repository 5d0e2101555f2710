"""Celestial bodies and orbits, launch sites with their pads, and where things land."""

from __future__ import annotations

from cosmodrome.catalogue.places import CelestialBody, LandingLocation, Location, Orbit, Pad
from cosmodrome.synth.words import HOST
from cosmodrome.synth.world import World

BODIES = (
    ("Earth", 1, 12742000.0, 5.972168e24, 9.80665, "23:56:04", True),
    ("Moon", 2, 3474800.0, 7.342e22, 1.622, "27 07:43:12", False),
    ("Mars", 1, 6779000.0, 6.4171e23, 3.72076, "1 00:37:23", True),
    ("Venus", 1, 12104000.0, 4.867e24, 8.87, "243 00:26:00", True),
)
"""Name, type, diameter (m), mass (kg), gravity (m/s²), length of day, whether there is an atmosphere."""

INVENTED_BODIES = 8

ORBITS = (
    ("Elliptical Orbit", "Elliptical", 1),
    ("Geostationary Transfer Orbit", "GTO", 1),
    ("Heliocentric L1", "L1-point", 1),
    ("Geostationary Orbit", "GEO", 1),
    ("Heliocentric L2", "L2", 1),
    ("Heliocentric N/A", "Helio-N/A", 1),
    ("Lunar Orbit", "LO", 2),
    ("Low Earth Orbit", "LEO", 1),
    ("Lunar Impactor", "Lunar Imp.", 2),
    ("Medium Earth Orbit", "MEO", 1),
    ("Mars Orbit", "Mars", 3),
    ("Mars Flyby", "Mars flyby", 3),
    ("Polar Orbit", "PO", 1),
    ("Lunar flyby", "Lunar flyby", 2),
    ("Suborbital", "Sub", 1),
    ("Venus Flyby", "Venus", 4),
    ("Sun-Synchronous Orbit", "SSO", 1),
)
"""Name, abbreviation, body; the order is the original's up to 17."""

SUBORBITAL = 15
TO_ORBIT = [number for number in range(1, len(ORBITS) + 1) if number != SUBORBITAL]


def make_places(world: World) -> None:
    """Makes bodies, locations, pads and landing locations; pads come to agencies later."""
    make_locations(world)
    make_pads(world)
    make_landing_locations(world)
    for name, abbrev, body in ORBITS:
        world.writer.add(Orbit, name=name, abbrev=abbrev, celestial_body_id=body)


def body_of(number: int) -> int:
    """The body that the location `number` is on: mostly Earth, now and then each of the others."""
    others = len(BODIES) + INVENTED_BODIES - 1
    return 1 if number % 4 else 2 + (number // 4 - 1) % others


def make_locations(world: World) -> None:
    """Locations; each fifth has no pads."""
    turns, words, random = world.turns, world.words, world.random
    for number in range(1, world.number_of(30, 12, 600) + 1):
        place = random.choice(("Cape {}", "{} Island", "Port {}", "{} Steppe", "Base aérienne {}", "{}, 北"))
        world.locations.append(
            Location(
                id=world.writer.number(Location),
                name=words.name(place),
                active=number % 3 > 0,
                country_id=turns.gap("location.country", world.country()),
                description=turns.gap("location.description", words.prose(2048)),
                image_id=world.image("location.image"),
                map_image=turns.gap("location.map_image", f"{HOST}/maps/location_{number}.jpg", 5),
                longitude=turns.gap("location.longitude", world.decimal(-180, 180), 7),
                latitude=turns.gap("location.latitude", world.decimal(-90, 90), 7),
                timezone_name=""
                if number % 6 == 0
                else random.choice(("UTC", "America/New_York", "Asia/Tokyo")),
                celestial_body_id=body_of(number),
            )
        )


def make_pads(world: World) -> None:
    """Pads: several, one or none at a location; one that belongs nowhere in particular now and then."""
    turns, words = world.turns, world.words
    for location in world.locations:
        for step in range((0, 3, 1, 4, 2)[location.pk % 5]):
            number = world.writer.number(Pad)
            world.pads.append(
                Pad(
                    id=number,
                    name=words.name(f"Pad {step + 1}{'ABC'[number % 3]} {{}}"),
                    active=number % 4 > 0,
                    image_id=world.image("pad.image"),
                    description=turns.gap("pad.description", words.prose(2048)),
                    info_url=turns.gap("pad.info_url", words.page("pads")),
                    wiki_url=turns.gap("pad.wiki_url", words.page("wiki")),
                    map_url=turns.gap("pad.map_url", words.page("maps")),
                    latitude=turns.gap("pad.latitude", world.decimal(-90, 90)),
                    longitude=turns.gap("pad.longitude", world.decimal(-180, 180)),
                    country_id=turns.gap("pad.country", location.country_id),
                    map_image=turns.gap("pad.map_image", f"{HOST}/maps/pad_{number}.jpg"),
                    location=turns.gap("pad.location", location, 11),
                )
            )


def make_landing_locations(world: World) -> None:
    """Where things land; the first is on the Moon, so that landers have somewhere to go."""
    turns, words = world.turns, world.words
    lunar = next(place for place in world.locations if place.celestial_body_id == BODIES.index(BODIES[1]) + 1)
    places = [lunar, *world.locations]
    for number in range(world.number_of(25, 16, 600)):
        location = places[number % len(places)]
        world.landing_locations.append(
            LandingLocation(
                id=world.writer.number(LandingLocation),
                name=words.name("Landing Zone {}"),
                active=number % 3 > 0,
                abbrev="" if number % 7 == 6 else words.letters(3),
                description=turns.gap("landing_location.description", words.prose(2048)),
                location=location,
                longitude=turns.gap("landing_location.longitude", location.longitude),
                latitude=turns.gap("landing_location.latitude", location.latitude),
                image_id=world.image("landing_location.image"),
                celestial_body_id=body_of(location.pk),
            )
        )
    world.open_landing_locations = world.in_use(world.landing_locations)


def write_places(world: World) -> None:
    """Writes them with their totals."""
    writer, tally = world.writer, world.tally
    for pad in world.pads:
        counted = tally(pad)
        known = world.known("pad", counted.launches.tried or counted.pending)
        world.fill(
            pad,
            known,
            total_launch_count=counted.launches.tried,
            orbital_launch_attempt_count=counted.orbital,
            fastest_turnaround=counted.fastest,
        )
    for place in world.landing_locations:
        landings = tally(place).landings
        world.fill(
            place,
            world.known("landing location", landings.tried),
            attempted_landings=landings.tried,
            successful_landings=landings.successful,
            failed_landings=landings.failed,
        )
    for location in world.locations:
        counted = tally(location)
        known = world.known("location launches", counted.launches.tried or counted.pending)
        world.fill(location, known, total_launch_count=counted.launches.tried)
        known = world.known("location landings", counted.landings.tried)
        world.fill(location, known, total_landing_count=counted.landings.tried)
    write_bodies(world)
    for rows in (world.locations, world.pads, world.landing_locations):
        writer.keep(*rows)


def write_bodies(world: World) -> None:
    """The bodies; the invented ones are known badly."""
    turns, words, random = world.turns, world.words, world.random
    invented = [
        (
            words.name(),
            1 + number % 3,
            turns.gap("body.diameter", world.decimal(1e3, 9e7), 3),
            turns.gap("body.mass", random.uniform(1e9, 9e26), 4),
            turns.gap("body.gravity", world.decimal(0, 30), 3),
            turns.gap("body.length_of_day", f"{number * 7} 0{number}:20:00", 4),
            number % 2 == 0,
        )
        for number in range(INVENTED_BODIES)
    ]
    invented[0] = (words.name(), 3, None, None, None, None, False)
    for key, (name, kind, diameter, mass, gravity, day, atmosphere) in enumerate((*BODIES, *invented), 1):
        counted = world.tally_of(CelestialBody, key)
        world.writer.add(
            CelestialBody,
            name=name,
            type_id=kind,
            diameter=diameter,
            mass=mass,
            gravity=gravity,
            length_of_day=day,
            atmosphere=atmosphere,
            image_id=None if diameter is None else world.image("body.image", 7),
            description=None if mass is None else words.prose(2048),
            wiki_url=None if gravity is None else words.page("wiki"),
            total_attempted_launches=counted.launches.tried,
            successful_launches=counted.launches.successful,
            failed_launches=counted.launches.failed,
            total_attempted_landings=counted.landings.tried,
            successful_landings=counted.landings.successful,
            failed_landings=counted.landings.failed,
            totals_read_at=world.now,
        )
