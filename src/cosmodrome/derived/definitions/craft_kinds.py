"""Configurations of spacecraft and their families: what their craft have flown and landed.

A family counts what the configurations in it do; those of the families below it are not in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.derived.bulk import Counted, Parts, Pass
from cosmodrome.derived.definitions.counters import (
    carried,
    counts_landings,
    counts_launches,
    has_flown,
    landing_columns,
    landings_of,
)
from cosmodrome.derived.definitions.craft import (
    craft_complete,
    ends_known,
    flown_by_craft,
    launched,
    turn_arounds,
)
from cosmodrome.derived.registry import READ, Derived, Expression, Found, Instant, derived, made_of

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
    flown = Parts(SpacecraftFlight, path, lambda at, depth: has_flown("rocket__launch__", at, depth))
    craft = Counted(flown, of="spacecraft")

    @derived(table, "spacecraft_flown", together=craft)
    def spacecraft_flown(at: Instant) -> Expression:
        """How many craft have been on a launch that has flown.  Null: not known."""
        return craft(at)

    return spacecraft_flown


counts_flights(SpacecraftConfigFamily, FAMILY)
spacecraft_flown = counts_flights(SpacecraftConfig, CONFIG)


def all_ends_known(at: Instant) -> Q:
    """All craft that have flown are known, and of each all flights with their ends."""
    own = Spacecraft.objects.filter(spacecraft_config=OuterRef("pk"))
    has_flights = Exists(launched().filter(spacecraft=OuterRef("pk")))
    return spacecraft_flown.known(at) & ~Q(Exists(own.filter(has_flights).exclude(ends_known(READ))))


def fastest_by_config(at: datetime) -> dict[str, Found]:
    """The same of all, by one pass through the flights of their craft."""
    config_of = dict(Spacecraft.objects.values_list("pk", "spacecraft_config"))
    flown = dict(flown_by_craft(at))
    _, complete = craft_complete(flown)
    known = set(SpacecraftConfig.objects.filter(spacecraft_flown.known(READ)).values_list("pk", flat=True))
    known -= {config_of[craft] for craft in flown if craft not in complete}
    found: dict[Any, timedelta] = {}
    for craft, own in flown.items():
        if own.shortest is not None:
            found[config_of[craft]] = min(own.shortest, found.get(config_of[craft], own.shortest))
    return {"fastest_turnaround": Found(found, known=known)}


@derived(SpacecraftConfig, "fastest_turnaround", known=all_ends_known, together=Pass(fastest_by_config))
def fastest_turnaround(at: Instant) -> Expression:
    """The shortest time from a mission end to the same craft's next launch.  Null: none has flown twice."""
    return Subquery(turn_arounds(at, CONFIG).values("turn_around")[:1])
