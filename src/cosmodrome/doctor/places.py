"""Rules about places on the map."""

from __future__ import annotations

from zoneinfo import available_timezones

from django.db.models import F, Q

from cosmodrome.catalogue.places import LandingLocation, Location, Pad
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

PLACES: tuple[Table, ...] = (Location, Pad, LandingLocation)

rule(
    "beyond-the-poles",
    ERROR,
    "A latitude is beyond 90 degrees, or a longitude beyond 180.",
    "Correct the coordinates: maybe the two are swapped.",
    *(
        Check(
            table,
            Q(latitude__lt=-90) | Q(latitude__gt=90) | Q(longitude__lt=-180) | Q(longitude__gt=180),
            "{id} lies at latitude {latitude} and longitude {longitude}.",
        )
        for table in PLACES
    ),
)

rule(
    "in-the-gulf-of-guinea",
    WARNING,
    "A place lies at latitude 0 and longitude 0.",
    "Enter the coordinates, or leave both empty.",
    *(
        Check(
            table, Q(latitude=0, longitude=0), "{id} lies at latitude {latitude} and longitude {longitude}."
        )
        for table in PLACES
    ),
)


rule(
    "pad-in-another-country",
    WARNING,
    "A pad is in another country than its location.",
    "Correct the country of one of them.",
    Check(
        Pad,
        Q(country__isnull=False, location__country__isnull=False) & ~Q(country=F("location__country")),
        "{id} is in {country}, but {location} in {there}.",
        {"there": "location__country"},
    ),
)

rule(
    "landing-location-on-another-body",
    WARNING,
    "A landing location is on another celestial body than its location.",
    "Correct the body of one of them.",
    Check(
        LandingLocation,
        Q(location__celestial_body__isnull=False) & ~Q(celestial_body=F("location__celestial_body")),
        "{id} is on {celestial_body}, but {location} on {there}.",
        {"there": "location__celestial_body"},
    ),
)

rule(
    "unknown-time-zone",
    WARNING,
    "A location has a time zone that nobody knows.",
    "Enter a name of the time zone database, such as `Asia/Almaty`.",
    Check(
        Location,
        lambda _now: ~Q(timezone_name__in=[*sorted(available_timezones()), ""]),
        "{id} has the time zone {timezone_name}.",
    ),
)
