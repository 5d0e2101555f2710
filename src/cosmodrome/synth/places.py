"""Invents celestial bodies, orbits, locations with their pads, and landing locations."""

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
"""Name, abbreviation, body; in the order of the original's ids up to 17."""

SUBORBITAL = 15
TO_ORBIT = [number for number in range(1, len(ORBITS) + 1) if number != SUBORBITAL]


def make_places(world: World) -> None:
    """Makes locations, pads and landing locations, and writes orbits; agencies get pads by `share_pads`."""
    make_locations(world)
    make_pads(world)
    make_landing_locations(world)
    for name, abbrev, body in ORBITS:
        world.writer.add(Orbit, name=name, abbrev=abbrev, celestial_body_id=body)


def body_of(number: int) -> int:
    """The id of the body of the location `number`: mostly Earth, and each of the others in turn."""
    others = len(BODIES) + INVENTED_BODIES - 1
    return 1 if number % 4 else 2 + (number // 4 - 1) % others


def make_locations(world: World) -> None:
    """Makes locations."""
    cycles, words, random = world.cycles, world.words, world.random
    for number in range(1, world.number_of(30, 12, 600) + 1):
        place = random.choice(("Cape {}", "{} Island", "Port {}", "{} Steppe", "Base aérienne {}", "{}, 北"))
        world.locations.append(
            Location(
                id=world.writer.next_id(Location),
                name=words.name(place),
                active=number % 3 > 0,
                country_id=cycles.nullable("location.country", world.country()),
                description=cycles.nullable("location.description", words.prose(2048)),
                image_id=world.image("location.image"),
                map_image=cycles.nullable("location.map_image", f"{HOST}/maps/location_{number}.jpg", 5),
                longitude=cycles.nullable("location.longitude", world.decimal(-180, 180), 7),
                latitude=cycles.nullable("location.latitude", world.decimal(-90, 90), 7),
                timezone_name=""
                if number % 6 == 0
                else random.choice(("UTC", "America/New_York", "Asia/Tokyo")),
                celestial_body_id=body_of(number),
            )
        )


def make_pads(world: World) -> None:
    """Makes several pads, one or none at each location; some pads have no location."""
    cycles, words = world.cycles, world.words
    for location in world.locations:
        for step in range((0, 3, 1, 4, 2)[location.pk % 5]):
            number = world.writer.next_id(Pad)
            world.pads.append(
                Pad(
                    id=number,
                    name=words.name(f"Pad {step + 1}{'ABC'[number % 3]} {{}}"),
                    active=number % 4 > 0,
                    image_id=world.image("pad.image"),
                    description=cycles.nullable("pad.description", words.prose(2048)),
                    info_url=cycles.nullable("pad.info_url", words.page("pads")),
                    wiki_url=cycles.nullable("pad.wiki_url", words.page("wiki")),
                    map_url=cycles.nullable("pad.map_url", words.page("maps")),
                    latitude=cycles.nullable("pad.latitude", world.decimal(-90, 90)),
                    longitude=cycles.nullable("pad.longitude", world.decimal(-180, 180)),
                    country_id=cycles.nullable("pad.country", location.country_id),
                    map_image=cycles.nullable("pad.map_image", f"{HOST}/maps/pad_{number}.jpg"),
                    location=cycles.nullable("pad.location", location, 11),
                )
            )


def make_landing_locations(world: World) -> None:
    """Makes landing locations, the first of them on the Moon, for landers."""
    cycles, words = world.cycles, world.words
    lunar = next(place for place in world.locations if place.celestial_body_id == BODIES.index(BODIES[1]) + 1)
    places = [lunar, *world.locations]
    for number in range(world.number_of(25, 16, 600)):
        location = places[number % len(places)]
        world.landing_locations.append(
            LandingLocation(
                id=world.writer.next_id(LandingLocation),
                name=words.name("Landing Zone {}"),
                active=number % 3 > 0,
                abbrev="" if number % 7 == 6 else words.letters(3),
                description=cycles.nullable("landing_location.description", words.prose(2048)),
                location=location,
                longitude=cycles.nullable("landing_location.longitude", location.longitude),
                latitude=cycles.nullable("landing_location.latitude", location.latitude),
                image_id=world.image("landing_location.image"),
                celestial_body_id=body_of(location.pk),
            )
        )
    world.open_landing_locations = world.in_use(world.landing_locations)


def write_places(world: World) -> None:
    """Writes pads, locations, landing locations and bodies with their totals."""
    writer, tally = world.writer, world.tally
    for pad in world.pads:
        counted = tally(pad)
        known = world.known("pad", counted.launches.attempted or counted.pending)
        pad.active = pad.active or counted.pending > 0
        world.set_totals(
            pad,
            known,
            total_launch_count=counted.launches.attempted,
            orbital_launch_attempt_count=counted.orbital,
            fastest_turnaround=counted.fastest,
        )
    for place in world.landing_locations:
        landings = tally(place).landings
        world.set_totals(
            place,
            world.known("landing location", landings.attempted),
            attempted_landings=landings.attempted,
            successful_landings=landings.successful,
            failed_landings=landings.failed,
        )
    for location in world.locations:
        counted = tally(location)
        known = world.known("location launches", counted.launches.attempted or counted.pending)
        world.set_totals(location, known, total_launch_count=counted.launches.attempted)
        known = world.known("location landings", counted.landings.attempted)
        world.set_totals(location, known, total_landing_count=counted.landings.attempted)
    write_bodies(world)
    for rows in (world.locations, world.pads, world.landing_locations):
        writer.add_rows(*rows)


def write_bodies(world: World) -> None:
    """Writes the bodies; the invented ones lack most properties."""
    cycles, words, random = world.cycles, world.words, world.random
    invented = [
        (
            words.name(),
            1 + number % 3,
            cycles.nullable("body.diameter", world.decimal(1e3, 9e7), 3),
            cycles.nullable("body.mass", random.uniform(1e9, 9e26), 4),
            cycles.nullable("body.gravity", world.decimal(0, 30), 3),
            cycles.nullable("body.length_of_day", f"{number * 7} 0{number}:20:00", 4),
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
            total_attempted_launches=counted.launches.attempted,
            successful_launches=counted.launches.successful,
            failed_launches=counted.launches.failed,
            total_attempted_landings=counted.landings.attempted,
            successful_landings=counted.landings.successful,
            failed_landings=counted.landings.failed,
            totals_read_at=world.now,
        )
