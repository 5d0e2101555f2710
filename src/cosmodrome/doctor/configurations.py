"""Rules about configurations of launch vehicles and spacecraft, and their families."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from cosmodrome.catalogue.agencies import Agency
from cosmodrome.catalogue.flights import SpacecraftFlight
from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.spacecraft import SpacecraftConfig, SpacecraftConfigFamily
from cosmodrome.catalogue.vehicles import Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.definitions.craft import NET
from cosmodrome.doctor.conditions import DAY, LEFT_PAD_STATUSES, has_left_pad, shifted
from cosmodrome.doctor.records import Table
from cosmodrome.doctor.rules import ERROR, WARNING, Check, rule

LAUNCHES: dict[Table, str] = {
    LauncherConfig: "rockets__launch",
    SpacecraftConfig: "craft__flights__rocket__launch",
}
"""The paths from configurations to their launches."""

rule(
    "flew-before-maiden-flight",
    WARNING,
    "A launch is before the maiden flight of its configuration.",
    "Correct the date of the maiden flight, or refer to the right configuration.",
    Check(
        Launch,
        has_left_pad() & Q(rocket__configuration__maiden_flight__gt=shifted("net", DAY)),
        "{id} was at {net}, but the maiden flight of {launcher} on {maiden_flight}.",
        {"launcher": "rocket__configuration", "maiden_flight": "rocket__configuration__maiden_flight"},
    ),
    Check(
        SpacecraftFlight,
        has_left_pad("rocket__launch__")
        & Q(spacecraft__spacecraft_config__maiden_flight__gt=shifted(NET, DAY)),
        "{id} was launched at {net}, but the maiden flight of {craft_config} was on {maiden_flight}.",
        {
            "net": NET,
            "craft_config": "spacecraft__spacecraft_config",
            "maiden_flight": "spacecraft__spacecraft_config__maiden_flight",
        },
    ),
    symptom_of=("past-in-the-future",),
)


def maiden_flight_missed(table: Table) -> Check:
    """Finds configurations with no launches beside those in the catalogue, the first after the maiden flight.

    Where nobody has published how many there were, earlier ones may be missing.
    """
    launch = LAUNCHES[table]

    def rows(now: datetime) -> QuerySet[Any]:
        flown = Q(**{f"{launch}__status__in": LEFT_PAD_STATUSES, f"{launch}__net__lte": now})
        counted = table._default_manager.filter(maiden_flight__isnull=False).annotate(
            first_launch=Min(f"{launch}__net", filter=flown),
            launches=Count(launch, filter=flown, distinct=True),
        )
        complete = Q(totals_read_at__isnull=False, total_launch_count__lte=F("launches"))
        missed: QuerySet[Any] = counted.filter(complete, maiden_flight__lt=shifted("first_launch", -2 * DAY))
        return missed

    return Check(
        table,
        rows,
        "The maiden flight of {id} was on {maiden_flight}, but the first of its {launches} launches at "
        "{first_launch}.",
    )


rule(
    "maiden-flight-without-launch",
    WARNING,
    "The maiden flight of a configuration is before the first of its launches, of which none is missing.",
    "Correct the date of the maiden flight, or enter the launch.",
    *(maiden_flight_missed(table) for table in LAUNCHES),
)

rule(
    "min-stage-above-max",
    ERROR,
    "A launch vehicle has at least more stages than at most.",
    "Swap the two numbers, or correct one.",
    Check(
        LauncherConfig,
        Q(min_stage__gt=F("max_stage")),
        "{id} has min_stage {min_stage}, but max_stage {max_stage}.",
    ),
)

rule(
    "more-to-a-higher-orbit",
    WARNING,
    "A launch vehicle carries more to a higher orbit than to a low one.",
    "Correct the capacity that is wrong.",
    Check(
        LauncherConfig,
        Q(gto_capacity__gt=F("leo_capacity"), leo_capacity__gt=0)
        | Q(sso_capacity__gt=F("leo_capacity"), leo_capacity__gt=0)
        | Q(geo_capacity__gt=F("gto_capacity"), gto_capacity__gt=0),
        "{id} carries {leo_capacity} kg to low Earth orbit, {sso_capacity} kg to a sun-synchronous one, "
        "{gto_capacity} kg to a transfer orbit, and {geo_capacity} kg to geostationary orbit.",
    ),
)

rule(
    "wider-than-long",
    WARNING,
    "A launch vehicle is wider than long.",
    "Swap the two, or correct one.",
    Check(
        LauncherConfig,
        Q(diameter__gt=F("length"), length__gt=0),
        "{id} is {length} m long, and {diameter} m wide.",
    ),
)

rule(
    "more-back-than-up",
    WARNING,
    "A spacecraft brings more back than it carries up.",
    "Swap the two capacities, or correct one.",
    Check(
        SpacecraftConfig,
        Q(payload_return_capacity__gt=F("payload_capacity"), payload_capacity__gt=0),
        "{id} brings {payload_return_capacity} kg back, but carries {payload_capacity} kg up.",
    ),
)

rule(
    "reused-though-not-reusable",
    WARNING,
    "A booster has flown several times, but its configuration is not reusable.",
    "Correct `reusable`, or refer to the right configuration.",
    Check(
        Launcher,
        Q(
            flights__gt=1,
            is_placeholder=False,
            launcher_config__reusable=False,
            launcher_config__totals_read_at__isnull=False,
        ),
        "{id} has flown {flights} times, but {launcher_config} is not reusable.",
        {"reusable": "launcher_config__reusable"},
    ),
)


def ancestor_check(table: Table) -> Check:
    """Finds rows that are their own parents, or parents of these: the least id of each circle."""
    one, two = "parent", "parent__parent"
    circle = (
        Q(parent=F("pk"))
        | Q(parent__parent=F("pk"), pk__lt=F(one))
        | Q(parent__parent__parent=F("pk"), pk__lt=F(one)) & Q(pk__lt=F(two))
    )
    return Check(table, circle, "{id} has the parent {parent}, and so is a parent of its own.")


rule(
    "its-own-parent",
    ERROR,
    "An agency or a family is its own parent, or that of its parent.",
    "Correct the parent of one of them.",
    *(ancestor_check(table) for table in (Agency, SpacecraftConfigFamily, LauncherConfigFamily)),
)
