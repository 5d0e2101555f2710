"""Values of launch vehicles: boosters and their flights, configurations and their families.

The flights of a booster are the launches that its stages have flown on.  A family counts what the
configurations in it do.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from cosmodrome.catalogue.launches import Launch, Rocket, has_flown
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.aggregates import difference, subquery_count
from cosmodrome.derived.bulk import BulkCount, PartRows, SinglePass
from cosmodrome.derived.definitions.counters import (
    declare_all_launch_counters,
    declare_stage_counters,
    vehicle_dependencies,
)
from cosmodrome.derived.definitions.craft import LAUNCH, NET
from cosmodrome.derived.registry import (
    AT_READING,
    DERIVED,
    BulkValues,
    Expression,
    Instant,
    depends_on,
    derived,
)

STAGE_TO_LAUNCH = "rocket__launch"
STAGE_TO_CONFIG = "rocket__configuration"
"""The path from a first stage to the configuration that was launched."""

depends_on(Launcher, *vehicle_dependencies("firststage", "launcher"))
depends_on(
    FirstStage, *vehicle_dependencies("firststage", "launcher__first_stages"), (Launcher, "first_stages")
)
depends_on(
    LauncherConfig,
    (Rocket, "configuration"),
    (Launch, STAGE_TO_CONFIG),
    *vehicle_dependencies("firststage", STAGE_TO_CONFIG),
    *vehicle_dependencies("firststage", "launcher__launcher_config"),
    (Launcher, "launcher_config"),
)
depends_on(
    LauncherConfigFamily,
    (Rocket, "configuration__families"),
    (Launch, f"{STAGE_TO_CONFIG}__families"),
    *vehicle_dependencies("firststage", f"{STAGE_TO_CONFIG}__families"),
    (LauncherConfig, "families"),
    (LauncherConfig.families.through, "launcherconfigfamily"),
)


def launched_stages() -> models.QuerySet[FirstStage]:
    """The stages whose launch has flown, whenever that was or will be."""
    return FirstStage.objects.filter(has_flown(None, LAUNCH))


def flown_stages(at: Instant, path: str = "launcher") -> models.QuerySet[FirstStage]:
    """The stages of the outer row that have flown; `path` leads from a stage to the row."""
    return FirstStage.objects.filter(has_flown(at.in_subquery(), LAUNCH), **{path: OuterRef("pk")})


def stages_by_booster() -> Iterator[tuple[Any, list[list[Any]]]]:
    """The stages of each booster in the order of their flights, in one list if they flew at one instant."""
    stages = (
        launched_stages().order_by("launcher", NET, "pk").values_list("launcher", NET, "pk", STAGE_TO_LAUNCH)
    )
    for booster, own in groupby(stages.iterator(), key=itemgetter(0)):
        yield booster, [list(at_once) for _, at_once in groupby(own, key=itemgetter(1))]


def stage_has_flown(at: Instant, depth: int) -> Q:
    """The condition that a stage has flown, within so many subqueries."""
    return has_flown(at.in_subquery(depth), LAUNCH)


BOOSTER_STAGES = PartRows(FirstStage, "launcher", stage_has_flown)
BOOSTER_FLIGHTS = BulkCount(BOOSTER_STAGES, distinct=STAGE_TO_LAUNCH)
BOOSTER_LANDINGS = {
    what: BulkCount(BOOSTER_STAGES, Q(landing__attempt=True, **outcome), distinct="landing")
    for what, outcome in {"attempted": {}, "successful": {"landing__success": True}}.items()
}


def bulk_booster_values(at: datetime) -> dict[str, BulkValues]:
    """The values of all boosters that depend on the order of their flights, from one pass."""
    complete = set(Launcher.objects.filter(booster_flights.known(AT_READING)).values_list("pk", flat=True))
    first, last, fastest = {}, {}, {}
    for booster, in_order in stages_by_booster():
        nets = [net for (_, net, *_), *_ in in_order if net <= at]
        if nets:
            first[booster], last[booster] = nets[0], nets[-1]
            fastest[booster] = min((later - net for net, later in pairwise(nets)), default=None)
    return {
        column: BulkValues(found, known=complete)
        for column, found in (
            ("first_launch_date", first),
            ("last_launch_date", last),
            ("fastest_turnaround", fastest),
        )
    }


BOOSTER_PASS = SinglePass(bulk_booster_values)


@derived(Launcher, "flights", bulk=BOOSTER_FLIGHTS)
def booster_flights(at: Instant) -> Expression:
    """On how many launches the booster has flown.  Null: not known."""
    return BOOSTER_FLIGHTS(at)


@derived(Launcher, "attempted_landings", bulk=BOOSTER_LANDINGS["attempted"])
def attempted_landings(at: Instant) -> Expression:
    """How many landings were tried on the launches that it has flown on.  Null: not known."""
    return BOOSTER_LANDINGS["attempted"](at)


@derived(Launcher, "successful_landings", bulk=BOOSTER_LANDINGS["successful"])
def successful_landings(at: Instant) -> Expression:
    """How many of the landings that were tried succeeded.  Null: not known."""
    return BOOSTER_LANDINGS["successful"](at)


@derived(Launcher, "first_launch_date", known=booster_flights, bulk=BOOSTER_PASS)
def first_launch_date(at: Instant) -> Expression:
    """When the booster flew first, known where all its flights are.  Null: it has not flown."""
    return Subquery(flown_stages(at).order_by(NET).values(NET)[:1])


@derived(Launcher, "last_launch_date", known=booster_flights, bulk=BOOSTER_PASS)
def last_launch_date(at: Instant) -> Expression:
    """When the booster flew last, known where all its flights are.  Null: it has not flown."""
    return Subquery(flown_stages(at).order_by(f"-{NET}").values(NET)[:1])


def previous_stage(column: str) -> Subquery:
    """A column of the stage on the same booster's flight before; null: the outer stage flies first."""
    earlier = launched_stages().filter(launcher=OuterRef("launcher"), rocket__launch__net__lt=OuterRef(NET))
    return Subquery(earlier.order_by(f"-{NET}", "-pk").values(column)[:1])


def shortest_turnaround(at: Instant, path: str) -> Subquery:
    """The shortest time between two launches of one booster."""
    times = (
        flown_stages(at, path)
        .annotate(turn_around=difference(NET, previous_stage(NET)))
        .exclude(turn_around=None)
    )
    return Subquery(times.order_by("turn_around").values("turn_around")[:1])


@derived(Launcher, "fastest_turnaround", known=booster_flights, bulk=BOOSTER_PASS)
def booster_fastest_turnaround(at: Instant) -> Expression:
    """The shortest time between two launches of the booster, known where all its flights are.

    Null: it has not flown twice.
    """
    return shortest_turnaround(at, "launcher")


def row_has_flown(at: Instant) -> Q:
    """The condition that the stage that has the value has flown."""
    return has_flown(at.in_row(), LAUNCH)


def stage_flight_known(at: Instant) -> Q:
    """Whether the stage has flown, and all flights of its booster are known."""
    return row_has_flown(at) & Q(
        Exists(Launcher.objects.filter(booster_flights.known(at), pk=OuterRef("launcher")))
    )


def previous_flight_known(at: Instant) -> Q:
    """Whether `stage_flight_known`, and there is a flight before.

    First flights are left out, since what is published of them differs.
    """
    return stage_flight_known(at) & Q(IsNull(previous_stage("pk"), False))


def if_flown(at: Instant, value: Expression) -> models.Case:
    """The value if the stage has flown, else null."""
    return models.Case(models.When(row_has_flown(at), then=value), default=None)


def bulk_stage_values(at: datetime) -> dict[str, BulkValues]:
    """The values of all stages, from one pass through those that have flown."""
    boosters = set(Launcher.objects.filter(booster_flights.known(AT_READING)).values_list("pk", flat=True))
    numbers, launches, dates, times = {}, {}, {}, {}
    known = set()
    for booster, in_order in stages_by_booster():
        so_far, before = set(), None
        for stages in in_order:
            so_far |= {launch for *_, launch in stages}
            for _, net, key, _ in stages:
                if net > at:
                    break
                numbers[key] = len(so_far)
                if booster in boosters:
                    known.add(key)
                if before:
                    _, dates[key], _, launches[key] = before
                    times[key] = net - dates[key]
            before = stages[-1]
    before_known = known & set(times)
    return {
        "launcher_flight_number": BulkValues(numbers, known=known),
        "previous_flight": BulkValues(launches, known=before_known),
        "previous_flight_date": BulkValues(dates, known=known),
        "turn_around_time": BulkValues(times, known=before_known),
    }


STAGE_PASS = SinglePass(bulk_stage_values)


@derived(FirstStage, "launcher_flight_number", known=stage_flight_known, bulk=STAGE_PASS)
def launcher_flight_number(at: Instant) -> Expression:
    """The how-manieth launch of the booster it is.  Null: not flown, or not known."""
    until = launched_stages().filter(launcher=OuterRef("launcher"), rocket__launch__net__lte=OuterRef(NET))
    return if_flown(at, subquery_count(until, distinct=STAGE_TO_LAUNCH))


@derived(FirstStage, "previous_flight", known=previous_flight_known, bulk=STAGE_PASS)
def previous_flight(at: Instant) -> Expression:
    """The id of the booster's launch before.  Null: not flown, or a first flight."""
    return ExpressionWrapper(if_flown(at, previous_stage(STAGE_TO_LAUNCH)), output_field=models.UUIDField())


@derived(FirstStage, "previous_flight_date", known=stage_flight_known, bulk=STAGE_PASS)
def previous_flight_date(at: Instant) -> Expression:
    """When the booster's launch before was.  Null: not flown, or a first flight."""
    return if_flown(at, previous_stage(NET))


@derived(FirstStage, "turn_around_time", known=previous_flight_known, bulk=STAGE_PASS)
def stage_turnaround(at: Instant) -> Expression:
    """From the booster's launch before to this one.  Null: not flown, or a first flight."""
    return if_flown(at, difference(NET, previous_stage(NET)))


declare_all_launch_counters(LauncherConfig, STAGE_TO_CONFIG)
declare_stage_counters(LauncherConfig, STAGE_TO_CONFIG)
declare_all_launch_counters(LauncherConfigFamily, f"{STAGE_TO_CONFIG}__families")
declare_stage_counters(LauncherConfigFamily, f"{STAGE_TO_CONFIG}__families")


def launches_and_landings_known() -> Q:
    """The condition that all launches and landings of a configuration are known."""
    launches, landings = (
        DERIVED[f"LauncherConfig.{column}"].known(AT_READING)
        for column in ("total_launch_count", "attempted_landings")
    )
    return launches & landings


def config_boosters_known(at: Instant) -> Q:
    """Whether all launches and landings are known, and all flights of each booster that has flown."""
    own = Launcher.objects.filter(Exists(launched_stages().filter(launcher=OuterRef("pk"))))
    incomplete = own.filter(launcher_config=OuterRef("pk")).exclude(booster_flights.known(at))
    return launches_and_landings_known() & ~Q(Exists(incomplete))


def fastest_by_launcher_config(at: datetime) -> dict[str, BulkValues]:
    """The fastest turnaround of every configuration, from one pass through the stages of their boosters."""
    config_of = dict(Launcher.objects.values_list("pk", "launcher_config"))
    complete = set(Launcher.objects.filter(booster_flights.known(AT_READING)).values_list("pk", flat=True))
    known = set(LauncherConfig.objects.filter(launches_and_landings_known()).values_list("pk", flat=True))
    found: dict[Any, timedelta] = {}
    for booster, in_order in stages_by_booster():
        config = config_of[booster]
        if booster not in complete:
            known.discard(config)
        nets = [net for (_, net, *_), *_ in in_order if net <= at]
        times = [later - net for net, later in pairwise(nets)]
        if times:
            found[config] = min(*times, found.get(config, times[0]))
    return {"fastest_turnaround": BulkValues(found, known=known)}


@derived(
    LauncherConfig,
    "fastest_turnaround",
    known=config_boosters_known,
    bulk=SinglePass(fastest_by_launcher_config),
)
def config_fastest_turnaround(at: Instant) -> Expression:
    """The shortest time between two launches of one of its boosters.  Null: none has flown twice."""
    return shortest_turnaround(at, "launcher__launcher_config")
