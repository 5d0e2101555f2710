"""Values of spacecraft configurations and their families: what their craft have flown and landed.

A family counts what the configurations in it do; those of the families below it are not in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import has_flown
from cosmodrome.catalogue.spacecraft import Spacecraft, SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.derived.bulk import BulkCount, PartRows, SinglePass
from cosmodrome.derived.definitions.counters import (
    attempted_landings_of,
    declare_landing_counters,
    declare_launch_counters,
    landing_columns,
    vehicle_dependencies,
)
from cosmodrome.derived.definitions.craft import (
    LAUNCH,
    complete_craft,
    flights_by_craft,
    launched_flights,
    mission_ends_known,
)
from cosmodrome.derived.definitions.turnarounds import flights_by_turnaround
from cosmodrome.derived.registry import (
    AT_READING,
    BulkValues,
    Derived,
    Expression,
    Instant,
    depends_on,
    derived,
)

FLIGHT_TO_CONFIG = "spacecraft__spacecraft_config"
"""The path from a flight to the configuration."""
FLIGHT_TO_FAMILY = f"{FLIGHT_TO_CONFIG}__family"

depends_on(
    SpacecraftConfig,
    *vehicle_dependencies("spacecraftflight", FLIGHT_TO_CONFIG),
    (Spacecraft, "spacecraft_config"),
)
depends_on(
    SpacecraftConfigFamily,
    *vehicle_dependencies("spacecraftflight", FLIGHT_TO_FAMILY),
    (Spacecraft, "spacecraft_config__family"),
    (SpacecraftConfig, "family"),
    (SpacecraftConfig.family.through, "spacecraftconfigfamily"),
)


def declare_configuration_counters(
    table: type[SpacecraftConfig | SpacecraftConfigFamily], path: str
) -> Derived:
    """Declares the counters of a configuration or a family; `path` leads from a flight to the row.

    Returns the counter of craft.
    """
    declare_launch_counters(table, f"rocket__spacecraftflight__{path}", several=True)
    declare_landing_counters(table, attempted_landings_of("spacecraftflight", path), landing_columns())
    flown = PartRows(SpacecraftFlight, path, lambda at, depth: has_flown(at.in_subquery(depth), LAUNCH))
    craft = BulkCount(flown, distinct="spacecraft")

    @derived(table, "spacecraft_flown", bulk=craft)
    def spacecraft_flown(at: Instant) -> Expression:
        """How many craft have been on a launch that has flown.  Null: not known."""
        return craft(at)

    return spacecraft_flown


declare_configuration_counters(SpacecraftConfigFamily, FLIGHT_TO_FAMILY)
spacecraft_flown = declare_configuration_counters(SpacecraftConfig, FLIGHT_TO_CONFIG)


def config_mission_ends_known(at: Instant) -> Q:
    """Whether all craft that have flown are known, and all flights of each with their ends."""
    own = Spacecraft.objects.filter(spacecraft_config=OuterRef("pk"))
    has_flights = Exists(launched_flights().filter(spacecraft=OuterRef("pk")))
    return spacecraft_flown.known(at) & ~Q(
        Exists(own.filter(has_flights).exclude(mission_ends_known(AT_READING)))
    )


def fastest_by_craft_config(at: datetime) -> dict[str, BulkValues]:
    """The fastest turnaround of every configuration, from one pass through the flights of their craft."""
    config_of = dict(Spacecraft.objects.values_list("pk", "spacecraft_config"))
    flown = dict(flights_by_craft(at))
    _, complete = complete_craft(flown)
    known = set(
        SpacecraftConfig.objects.filter(spacecraft_flown.known(AT_READING)).values_list("pk", flat=True)
    )
    known -= {config_of[craft] for craft in flown if craft not in complete}
    found: dict[Any, timedelta] = {}
    for craft, own in flown.items():
        if own.shortest is not None:
            found[config_of[craft]] = min(own.shortest, found.get(config_of[craft], own.shortest))
    return {"fastest_turnaround": BulkValues(found, known=known)}


@derived(
    SpacecraftConfig,
    "fastest_turnaround",
    known=config_mission_ends_known,
    bulk=SinglePass(fastest_by_craft_config),
)
def craft_config_fastest_turnaround(at: Instant) -> Expression:
    """The shortest time from a mission end to the same craft's next launch.  Null: none has flown twice."""
    return Subquery(flights_by_turnaround(at, FLIGHT_TO_CONFIG).values("turn_around")[:1])
