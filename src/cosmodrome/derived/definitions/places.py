"""Where things are launched and land: pads, locations, landing locations and celestial bodies."""

from __future__ import annotations

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lag

from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import CelestialBody, Landing, LandingLocation, Location, Orbit, Pad
from cosmodrome.derived.aggregates import difference
from cosmodrome.derived.bulk import Counted, Parts
from cosmodrome.derived.definitions.counters import (
    LANDED_BY,
    carried,
    counts_landings,
    counts_launches,
    has_ended,
    has_flown,
    landing_columns,
    launches_of,
)
from cosmodrome.derived.definitions.craft import TO_COME
from cosmodrome.derived.registry import EVERY_ROW, Expression, Instant, derived, made_of

ORBITAL = ~Q(mission__orbit__name="Suborbital")
"""Launches of which nobody says that they were not to reach an orbit."""


def landing_parts(path: str) -> list[tuple[type[models.Model], str]]:
    """For `made_of`: all that lands, with the path from a landing to the row."""
    return [part for what in LANDED_BY for part in carried(what, f"landing__{path}")]


made_of(Pad, (Launch, "pad"), (Mission, "launches__pad"), (Orbit, EVERY_ROW))
made_of(
    Location,
    (Launch, "pad__location"),
    (Pad, "location"),
    (LandingLocation, "location"),
    *landing_parts("landing_location__location"),
)
made_of(LandingLocation, *landing_parts("landing_location"))
made_of(
    CelestialBody,
    (Launch, "pad__location__celestial_body"),
    (Pad, "location__celestial_body"),
    (Location, "celestial_body"),
    (LandingLocation, "celestial_body"),
    *landing_parts("landing_location__celestial_body"),
)


from_pad = Counted(launches_of("pad"))
to_orbit = Counted(launches_of("pad"), ORBITAL)


@derived(Pad, "total_launch_count", together=from_pad)
def launches_from_pad(at: Instant) -> Expression:
    """How many launches have flown from the pad, failed ones among them.  Null: not known."""
    return from_pad(at)


@derived(Pad, "orbital_launch_attempt_count", known=launches_from_pad, together=to_orbit)
def orbital_launches(at: Instant) -> Expression:
    """How many of those had a mission to an orbit, or one of which that is not known.

    Known where all are.  Null: not known.
    """
    return to_orbit(at)


@derived(Pad, "fastest_turnaround", known=launches_from_pad)
def fastest_turnaround(at: Instant) -> Expression:
    """The shortest time between two launches from the pad, known where all are.

    Those without a status count here too.  Null: there were no two.
    """
    launches = Launch.objects.filter(pad=OuterRef("pk"), net__lte=at.batches()).exclude(status__in=TO_COME)
    before = Window(Lag("net"), order_by=["net", "pk"])
    times = launches.annotate(turn_around=difference("net", before))
    return Subquery(times.order_by(F("turn_around").asc(nulls_last=True)).values("turn_around")[:1])


from_location = Counted(launches_of("pad__location"))


@derived(Location, "total_launch_count", together=from_location)
def launches_from_location(at: Instant) -> Expression:
    """How many launches have flown from the location's pads, failed ones among them.  Null: not known."""
    return from_location(at)


def landings_at(path: str) -> Parts:
    """Landings that were tried, with the row at the end of a path from there."""

    def tried(at: Instant, depth: int) -> Q:
        stage, craft, payload = (has_flown(f"{what}__rocket__launch__", at, depth) for what in LANDED_BY)
        happened = stage | payload | (craft & has_ended("spacecraftflight__", at, depth))
        return happened & Q(attempt=True)

    return Parts(Landing, path, tried)


at_location = Counted(landings_at("landing_location__location"))


@derived(Location, "total_landing_count", together=at_location)
def landings_at_location(at: Instant) -> Expression:
    """How many landings were tried at its landing locations, successful or not.  Null: not known."""
    return at_location(at)


counts_landings(LandingLocation, landings_at("landing_location"), landing_columns(), landing="")
counts_launches(CelestialBody, "pad__location__celestial_body", total="total_attempted_launches")
counts_landings(
    CelestialBody,
    landings_at("landing_location__celestial_body"),
    ("total_attempted_landings", "successful_landings", "failed_landings"),
    landing="",
)
