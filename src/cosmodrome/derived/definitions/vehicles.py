"""Launch vehicles: boosters and their flights, configurations and their families.

A booster counts the launches that its stages have flown on: dated, not after the instant, and of a status
that is none of those of launches to come.  A family counts what the configurations in it do.
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

from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.aggregates import difference, number
from cosmodrome.derived.bulk import Counted, Parts, Pass
from cosmodrome.derived.definitions.counters import carried, counts_all_launches, counts_stages, went
from cosmodrome.derived.definitions.craft import NET, TO_COME
from cosmodrome.derived.registry import DERIVED, READ, Expression, Found, Instant, derived, made_of

LAUNCH = "rocket__launch"
CONFIG = "rocket__configuration"
"""From a first stage to the configuration that was launched."""

made_of(Launcher, *carried("firststage", "launcher"))
made_of(FirstStage, *carried("firststage", "launcher__first_stages"), (Launcher, "first_stages"))
made_of(
    LauncherConfig,
    (Rocket, "configuration"),
    (Launch, CONFIG),
    *carried("firststage", CONFIG),
    *carried("firststage", "launcher__launcher_config"),
    (Launcher, "launcher_config"),
)
made_of(
    LauncherConfigFamily,
    (Rocket, "configuration__families"),
    (Launch, f"{CONFIG}__families"),
    *carried("firststage", f"{CONFIG}__families"),
    (LauncherConfig, "families"),
    (LauncherConfig.families.through, "launcherconfigfamily"),
)


def launched() -> models.QuerySet[FirstStage]:
    """Stages whose launch is dated and not still to come."""
    return FirstStage.objects.filter(rocket__launch__net__isnull=False).exclude(
        rocket__launch__status__in=TO_COME
    )


def stages(at: Instant, path: str = "launcher") -> models.QuerySet[FirstStage]:
    """Those that have flown of the outer row, which is at the end of `path` from a stage."""
    return launched().filter(rocket__launch__net__lte=at.batches(), **{path: OuterRef("pk")})


def flown_by_booster() -> Iterator[tuple[Any, list[list[Any]]]]:
    """The stages of each booster, in order, those together that flew at the same instant."""
    stages = launched().order_by("launcher", NET, "pk").values_list("launcher", NET, "pk", LAUNCH)
    for booster, own in groupby(stages.iterator(), key=itemgetter(0)):
        yield booster, [list(at_once) for _, at_once in groupby(own, key=itemgetter(1))]


def has_begun(at: Instant, depth: int) -> Q:
    """Whether a stage has flown."""
    launch = "rocket__launch__"
    return ~went(*TO_COME, launch=launch) & Q(**{f"{launch}net__lte": at.batches(depth)})


FLOWN_STAGES = Parts(FirstStage, "launcher", has_begun)
EVERY = Counted(FLOWN_STAGES, of=LAUNCH)
LANDED = {
    what: Counted(FLOWN_STAGES, Q(landing__attempt=True, **outcome), of="landing")
    for what, outcome in {"attempted": {}, "successful": {"landing__success": True}}.items()
}


def boosters_in_order(at: datetime) -> dict[str, Found]:
    """What is told of all boosters, by one pass through their stages."""
    complete = set(Launcher.objects.filter(flights.known(READ)).values_list("pk", flat=True))
    first, last, fastest = {}, {}, {}
    for booster, in_order in flown_by_booster():
        nets = [net for (_, net, *_), *_ in in_order if net <= at]
        if nets:
            first[booster], last[booster] = nets[0], nets[-1]
            fastest[booster] = min((later - net for net, later in pairwise(nets)), default=None)
    return {
        column: Found(found, known=complete)
        for column, found in (
            ("first_launch_date", first),
            ("last_launch_date", last),
            ("fastest_turnaround", fastest),
        )
    }


BOOSTERS = Pass(boosters_in_order)


@derived(Launcher, "flights", together=EVERY)
def flights(at: Instant) -> Expression:
    """On how many launches the booster has flown.  Null: not known."""
    return EVERY(at)


@derived(Launcher, "attempted_landings", together=LANDED["attempted"])
def attempted_landings(at: Instant) -> Expression:
    """How many landings were tried on the launches that it has flown on.  Null: not known."""
    return LANDED["attempted"](at)


@derived(Launcher, "successful_landings", together=LANDED["successful"])
def successful_landings(at: Instant) -> Expression:
    """How many of the landings that were tried succeeded.  Null: not known."""
    return LANDED["successful"](at)


@derived(Launcher, "first_launch_date", known=flights, together=BOOSTERS)
def first_launch_date(at: Instant) -> Expression:
    """When the booster flew first, known where all its flights are.  Null: it has not flown."""
    return Subquery(stages(at).order_by(NET).values(NET)[:1])


@derived(Launcher, "last_launch_date", known=flights, together=BOOSTERS)
def last_launch_date(at: Instant) -> Expression:
    """When the booster flew last, known where all its flights are.  Null: it has not flown."""
    return Subquery(stages(at).order_by(f"-{NET}").values(NET)[:1])


def before(column: str) -> Subquery:
    """A column of the same booster's flight before that of the outer stage; null: that is its first."""
    earlier = launched().filter(launcher=OuterRef("launcher"), rocket__launch__net__lt=OuterRef(NET))
    return Subquery(earlier.order_by(f"-{NET}", "-pk").values(column)[:1])


def shortest(at: Instant, path: str) -> Subquery:
    """The shortest time between two launches of one booster."""
    times = stages(at, path).annotate(turn_around=difference(NET, before(NET))).exclude(turn_around=None)
    return Subquery(times.order_by("turn_around").values("turn_around")[:1])


@derived(Launcher, "fastest_turnaround", known=flights, together=BOOSTERS)
def fastest_turnaround(at: Instant) -> Expression:
    """The shortest time between two launches of the booster, known where all its flights are.

    Null: it has not flown twice.
    """
    return shortest(at, "launcher")


def begun(at: Instant) -> Q:
    """Whether the stage of the row itself has flown."""
    dated = Q(rocket__launch__net__lte=at.in_row())
    return dated & (Q(rocket__launch__status=None) | ~Q(rocket__launch__status__in=TO_COME))


def flight_known(at: Instant) -> Q:
    """The stage has flown, and of its booster all flights are known."""
    return begun(at) & Q(Exists(Launcher.objects.filter(flights.known(at), pk=OuterRef("launcher"))))


def flight_before_known(at: Instant) -> Q:
    """So it is, and there is a flight before: what is published of a first flight differs."""
    return flight_known(at) & Q(IsNull(before("pk"), False))


def once_flown(at: Instant, value: Expression) -> models.Case:
    """The value of a stage that has flown, else null."""
    return models.Case(models.When(begun(at), then=value), default=None)


def stages_in_order(at: datetime) -> dict[str, Found]:
    """What is told of all stages, by one pass through those that have flown."""
    boosters = set(Launcher.objects.filter(flights.known(READ)).values_list("pk", flat=True))
    numbers, launches, dates, times = {}, {}, {}, {}
    known = set()
    for booster, in_order in flown_by_booster():
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
        "launcher_flight_number": Found(numbers, known=known),
        "previous_flight": Found(launches, known=before_known),
        "previous_flight_date": Found(dates, known=known),
        "turn_around_time": Found(times, known=before_known),
    }


STAGES = Pass(stages_in_order)


@derived(FirstStage, "launcher_flight_number", known=flight_known, together=STAGES)
def launcher_flight_number(at: Instant) -> Expression:
    """The how-manieth launch of the booster it is.  Null: not flown, or not known."""
    until = launched().filter(launcher=OuterRef("launcher"), rocket__launch__net__lte=OuterRef(NET))
    return once_flown(at, number(until, of=LAUNCH))


@derived(FirstStage, "previous_flight", known=flight_before_known, together=STAGES)
def previous_flight(at: Instant) -> Expression:
    """The id of the booster's launch before.  Null: not flown, or a first flight."""
    return ExpressionWrapper(once_flown(at, before(LAUNCH)), output_field=models.UUIDField())


@derived(FirstStage, "previous_flight_date", known=flight_known, together=STAGES)
def previous_flight_date(at: Instant) -> Expression:
    """When the booster's launch before was.  Null: not flown, or a first flight."""
    return once_flown(at, before(NET))


@derived(FirstStage, "turn_around_time", known=flight_before_known, together=STAGES)
def turn_around_time(at: Instant) -> Expression:
    """From the booster's launch before to this one.  Null: not flown, or a first flight."""
    return once_flown(at, difference(NET, before(NET)))


counts_all_launches(LauncherConfig, CONFIG)
counts_stages(LauncherConfig, CONFIG)
counts_all_launches(LauncherConfigFamily, f"{CONFIG}__families")
counts_stages(LauncherConfigFamily, f"{CONFIG}__families")


def all_known() -> Q:
    """All launches and landings are known."""
    launches, landings = (
        DERIVED[f"LauncherConfig.{column}"].known(READ)
        for column in ("total_launch_count", "attempted_landings")
    )
    return launches & landings


def boosters_known(at: Instant) -> Q:
    """So they are, and all flights of each booster that has flown."""
    own = Launcher.objects.filter(Exists(launched().filter(launcher=OuterRef("pk"))))
    incomplete = own.filter(launcher_config=OuterRef("pk")).exclude(flights.known(at))
    return all_known() & ~Q(Exists(incomplete))


def fastest_by_config(at: datetime) -> dict[str, Found]:
    """The same of all, by one pass through the stages of their boosters."""
    config_of = dict(Launcher.objects.values_list("pk", "launcher_config"))
    complete = set(Launcher.objects.filter(flights.known(READ)).values_list("pk", flat=True))
    known = set(LauncherConfig.objects.filter(all_known()).values_list("pk", flat=True))
    found: dict[Any, timedelta] = {}
    for booster, in_order in flown_by_booster():
        config = config_of[booster]
        if booster not in complete:
            known.discard(config)
        nets = [net for (_, net, *_), *_ in in_order if net <= at]
        times = [later - net for net, later in pairwise(nets)]
        if times:
            found[config] = min(*times, found.get(config, times[0]))
    return {"fastest_turnaround": Found(found, known=known)}


@derived(LauncherConfig, "fastest_turnaround", known=boosters_known, together=Pass(fastest_by_config))
def fastest_of_boosters(at: Instant) -> Expression:
    """The shortest time between two launches of one of its boosters.  Null: none has flown twice."""
    return shortest(at, "launcher__launcher_config")
