"""What is launched and from where: boosters, pads and locations.

A launch counts for a pad or a location when its `net` is not after the instant and its status is Success,
Failure or Partial Failure.  A booster counts the launches that its stages have flown on.
"""

from __future__ import annotations

from django.db import models
from django.db.models import OuterRef

from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.places import Location, Pad
from cosmodrome.catalogue.vehicles import FirstStage, Launcher
from cosmodrome.derived.craft import NET, TO_COME
from cosmodrome.derived.declaring import Expression, Instant, derived
from cosmodrome.derived.sums import number

FLOWN = (3, 4, 7)
"""Statuses of launches, by id, that count: Success, Failure, Partial Failure."""


def stages(at: Instant) -> models.QuerySet[FirstStage]:
    """The flights of the outer launcher that have begun."""
    return FirstStage.objects.filter(launcher=OuterRef("pk"), rocket__launch__net__lte=at.in_parts()).exclude(
        rocket__launch__status__in=TO_COME
    )


@derived(Launcher, "flights")
def flights(at: Instant) -> Expression:
    """On how many launches the booster has flown.  Null: not known."""
    return number(stages(at), of=NET.removesuffix("__net"))


@derived(Launcher, "attempted_landings")
def attempted_landings(at: Instant) -> Expression:
    """How many landings were tried on the launches that it has flown on.  Null: not known."""
    return number(stages(at).filter(landing__attempt=True), of="landing")


@derived(Launcher, "successful_landings")
def successful_landings(at: Instant) -> Expression:
    """How many of the landings that were tried succeeded.  Null: not known."""
    return number(stages(at).filter(landing__attempt=True, landing__success=True), of="landing")


def launches(at: Instant) -> models.QuerySet[Launch]:
    """All that have flown."""
    return Launch.objects.filter(net__lte=at.in_parts(), status__in=FLOWN)


@derived(Pad, "total_launch_count")
def launches_from_pad(at: Instant) -> Expression:
    """How many launches have flown from the pad, failed ones among them.  Null: not known."""
    return number(launches(at).filter(pad=OuterRef("pk")))


@derived(Location, "total_launch_count")
def launches_from_location(at: Instant) -> Expression:
    """How many launches have flown from the location's pads, failed ones among them.  Null: not known."""
    return number(launches(at).filter(pad__location=OuterRef("pk")))
