"""Configurations of spacecraft and their families: what their craft have flown and landed.

A family counts what the configurations in it do; those of the families below it are not in it.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, Subquery

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.derived.counting import (
    carried,
    counts_landings,
    counts_launches,
    has_flown,
    landing_columns,
    landings_of,
)
from cosmodrome.derived.craft import ends_known, launched, turn_arounds
from cosmodrome.derived.declaring import READ, Derived, Expression, Instant, derived, made_of
from cosmodrome.derived.sums import number

CONFIG = "spacecraft__spacecraft_config"
"""From a flight to the configuration."""
FAMILY = f"{CONFIG}__family"

made_of(SpacecraftConfig, *carried("spacecraftflight", CONFIG), (Spacecraft, "spacecraft_config"))
made_of(
    SpacecraftConfigFamily,
    *carried("spacecraftflight", FAMILY),
    (Spacecraft, "spacecraft_config__family"),
    (SpacecraftConfig, "family"),
    (SpacecraftConfig.family.through, "spacecraftconfigfamily"),
)


def counts_flights(table: type[SpacecraftConfig | SpacecraftConfigFamily], path: str) -> Derived:
    """Declares the counters that both have; `path` leads from a flight to the row.  Answers that of craft."""
    counts_launches(table, f"rocket__spacecraftflight__{path}", several=True)
    counts_landings(table, landings_of("spacecraftflight", path), landing_columns())

    @derived(table, "spacecraft_flown")
    def spacecraft_flown(at: Instant) -> Expression:
        """How many craft have been on a launch that has flown.  Null: not known."""
        flights = SpacecraftFlight.objects.filter(has_flown("rocket__launch__", at), **{path: OuterRef("pk")})
        return number(flights, of="spacecraft")

    return spacecraft_flown


counts_flights(SpacecraftConfigFamily, FAMILY)
spacecraft_flown = counts_flights(SpacecraftConfig, CONFIG)


def all_ends_known(at: Instant) -> Q:
    """All craft that have flown are known, and of each all flights with their ends."""
    own = Spacecraft.objects.filter(spacecraft_config=OuterRef("pk"))
    has_flights = Exists(launched().filter(spacecraft=OuterRef("pk")))
    return spacecraft_flown.known(at) & ~Q(Exists(own.filter(has_flights).exclude(ends_known(READ))))


@derived(SpacecraftConfig, "fastest_turnaround", known=all_ends_known)
def fastest_turnaround(at: Instant) -> Expression:
    """The shortest time from a mission end to the same craft's next launch.  Null: none has flown twice."""
    return Subquery(turn_arounds(at, CONFIG).values("turn_around")[:1])
