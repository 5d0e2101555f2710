"""Launch vehicles: boosters and their flights, configurations and their families.

A booster counts the launches that its stages have flown on: dated, not after the instant, and of a status
that is none of those of launches to come.  A family counts what the configurations in it do.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from cosmodrome.catalogue.launches import Launch, Rocket
from cosmodrome.catalogue.vehicles import FirstStage, Launcher, LauncherConfig, LauncherConfigFamily
from cosmodrome.derived.counting import carried, counts_all_launches, counts_stages
from cosmodrome.derived.craft import NET, TO_COME
from cosmodrome.derived.declaring import DERIVED, Expression, Instant, derived, made_of
from cosmodrome.derived.sums import difference, number

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
    return launched().filter(rocket__launch__net__lte=at.in_parts(), **{path: OuterRef("pk")})


@derived(Launcher, "flights")
def flights(at: Instant) -> Expression:
    """On how many launches the booster has flown.  Null: not known."""
    return number(stages(at), of=LAUNCH)


@derived(Launcher, "attempted_landings")
def attempted_landings(at: Instant) -> Expression:
    """How many landings were tried on the launches that it has flown on.  Null: not known."""
    return number(stages(at).filter(landing__attempt=True), of="landing")


@derived(Launcher, "successful_landings")
def successful_landings(at: Instant) -> Expression:
    """How many of the landings that were tried succeeded.  Null: not known."""
    return number(stages(at).filter(landing__attempt=True, landing__success=True), of="landing")


@derived(Launcher, "first_launch_date", known=flights.known)
def first_launch_date(at: Instant) -> Expression:
    """When the booster flew first, known where all its flights are.  Null: it has not flown."""
    return Subquery(stages(at).order_by(NET).values(NET)[:1])


@derived(Launcher, "last_launch_date", known=flights.known)
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


@derived(Launcher, "fastest_turnaround", known=flights.known)
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


@derived(FirstStage, "launcher_flight_number", known=flight_known)
def launcher_flight_number(at: Instant) -> Expression:
    """The how-manieth launch of the booster it is.  Null: not flown, or not known."""
    until = launched().filter(launcher=OuterRef("launcher"), rocket__launch__net__lte=OuterRef(NET))
    return once_flown(at, number(until, of=LAUNCH))


@derived(FirstStage, "previous_flight", known=flight_before_known)
def previous_flight(at: Instant) -> Expression:
    """The id of the booster's launch before.  Null: not flown, or a first flight."""
    return ExpressionWrapper(once_flown(at, before(LAUNCH)), output_field=models.UUIDField())


@derived(FirstStage, "previous_flight_date", known=flight_known)
def previous_flight_date(at: Instant) -> Expression:
    """When the booster's launch before was.  Null: not flown, or a first flight."""
    return once_flown(at, before(NET))


@derived(FirstStage, "turn_around_time", known=flight_before_known)
def turn_around_time(at: Instant) -> Expression:
    """From the booster's launch before to this one.  Null: not flown, or a first flight."""
    return once_flown(at, difference(NET, before(NET)))


counts_all_launches(LauncherConfig, CONFIG)
counts_stages(LauncherConfig, CONFIG)
counts_all_launches(LauncherConfigFamily, f"{CONFIG}__families")
counts_stages(LauncherConfigFamily, f"{CONFIG}__families")


def boosters_known(at: Instant) -> Q:
    """All launches and landings are known, and all flights of each booster that has flown."""
    launches, landings = (
        DERIVED[f"LauncherConfig.{column}"].known(at)
        for column in ("total_launch_count", "attempted_landings")
    )
    own = Launcher.objects.filter(Exists(launched().filter(launcher=OuterRef("pk"))))
    incomplete = own.filter(launcher_config=OuterRef("pk")).exclude(flights.known(at))
    return launches & landings & ~Q(Exists(incomplete))


@derived(LauncherConfig, "fastest_turnaround", known=boosters_known)
def fastest_of_boosters(at: Instant) -> Expression:
    """The shortest time between two launches of one of its boosters.  Null: none has flown twice."""
    return shortest(at, "launcher__launcher_config")
