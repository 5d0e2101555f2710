"""Values of places: pads, locations, landing locations and celestial bodies."""

from __future__ import annotations

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lag

from cosmodrome.catalogue.launches import Launch, has_flown
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import CelestialBody, Landing, LandingLocation, Location, Orbit, Pad
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.bulk import BulkCount, PartRows
from cosmodrome.derived.definitions.counters import (
    LANDING_VEHICLES,
    declare_landing_counters,
    declare_launch_counters,
    flight_has_ended,
    flown_launches,
    landing_columns,
    vehicle_dependencies,
)
from cosmodrome.derived.registry import EVERY_ROW, Expression, Instant, depends_on, derived

IS_ORBITAL = ~Q(mission__orbit__name="Suborbital")
"""The condition that a launch was to reach an orbit, or that nobody says otherwise."""


def landing_dependencies(path: str) -> list[tuple[type[models.Model], str]]:
    """For `depends_on`: everything that lands; `path` leads from a landing to the row."""
    return [part for what in LANDING_VEHICLES for part in vehicle_dependencies(what, f"landing__{path}")]


depends_on(Pad, (Launch, "pad"), (Mission, "launches__pad"), (Orbit, EVERY_ROW))
depends_on(
    Location,
    (Launch, "pad__location"),
    (Pad, "location"),
    (LandingLocation, "location"),
    *landing_dependencies("landing_location__location"),
)
depends_on(LandingLocation, *landing_dependencies("landing_location"))
depends_on(
    CelestialBody,
    (Launch, "pad__location__celestial_body"),
    (Pad, "location__celestial_body"),
    (Location, "celestial_body"),
    (LandingLocation, "celestial_body"),
    *landing_dependencies("landing_location__celestial_body"),
)


PAD_LAUNCHES = BulkCount(flown_launches("pad"))
PAD_ORBITAL_LAUNCHES = BulkCount(flown_launches("pad"), IS_ORBITAL)


@derived(Pad, "total_launch_count", bulk=PAD_LAUNCHES)
def launches_from_pad(at: Instant) -> Expression:
    """How many launches have flown from the pad, failed ones among them.  Null: not known."""
    return PAD_LAUNCHES(at)


@derived(Pad, "orbital_launch_attempt_count", known=launches_from_pad, bulk=PAD_ORBITAL_LAUNCHES)
def orbital_launches(at: Instant) -> Expression:
    """How many of those had a mission to an orbit, or one of which that is not known.

    Known where all are.  Null: not known.
    """
    return PAD_ORBITAL_LAUNCHES(at)


@derived(Pad, "fastest_turnaround", known=launches_from_pad)
def pad_fastest_turnaround(at: Instant) -> Expression:
    """The shortest time between two launches from the pad, known where all are.

    Null: there were no two.
    """
    launches = Launch.objects.filter(has_flown(at.in_subquery()), pad=OuterRef("pk"))
    before = Window(Lag("net"), order_by=["net", "pk"])
    times = launches.annotate(turn_around=difference("net", before))
    return Subquery(times.order_by(F("turn_around").asc(nulls_last=True)).values("turn_around")[:1])


LOCATION_LAUNCHES = BulkCount(flown_launches("pad__location"))


@derived(Location, "total_launch_count", bulk=LOCATION_LAUNCHES)
def launches_from_location(at: Instant) -> Expression:
    """How many launches have flown from the location's pads, failed ones among them.  Null: not known."""
    return LOCATION_LAUNCHES(at)


def attempted_landings_at(path: str) -> PartRows:
    """The landings that were attempted; `path` leads from a landing to the row."""

    def tried(at: Instant, depth: int) -> Q:
        stage, craft, payload = (
            has_flown(at.in_subquery(depth), f"{what}__rocket__launch__") for what in LANDING_VEHICLES
        )
        happened = stage | payload | (craft & flight_has_ended("spacecraftflight__", at, depth))
        return happened & Q(attempt=True)

    return PartRows(Landing, path, tried)


LOCATION_LANDINGS = BulkCount(attempted_landings_at("landing_location__location"))


@derived(Location, "total_landing_count", bulk=LOCATION_LANDINGS)
def landings_at_location(at: Instant) -> Expression:
    """How many landings were tried at its landing locations, successful or not.  Null: not known."""
    return LOCATION_LANDINGS(at)


declare_landing_counters(
    LandingLocation, attempted_landings_at("landing_location"), landing_columns(), landing=""
)
declare_launch_counters(CelestialBody, "pad__location__celestial_body", total="total_attempted_launches")
declare_landing_counters(
    CelestialBody,
    attempted_landings_at("landing_location__celestial_body"),
    ("total_attempted_landings", "successful_landings", "failed_landings"),
    landing="",
)
