"""Values of launches: the attempt numbers of each, and the time since the launch before from the same pad.

Attempts are launches that have flown, with the status Success, Failure or Partial Failure, in the order of
their `net`, then of their ids.  A launch that has not flown has no number; and none among launches from one
pad, for example, if its pad is not known.

A number is computed in two ways: for one launch by a count of the launches before, and for all launches by
one pass in their order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import (
    Case,
    Exists,
    ExpressionWrapper,
    Max,
    OuterRef,
    Q,
    Subquery,
    When,
    Window,
)
from django.db.models.expressions import RowRange
from django.db.models.functions import TruncYear

from cosmodrome.catalogue.launches import Launch
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import Orbit, Pad
from cosmodrome.derived.aggregates import difference, subquery_count
from cosmodrome.derived.bulk import SinglePass
from cosmodrome.derived.definitions.counters import FLOWN_STATUSES, has_status
from cosmodrome.derived.definitions.craft import UPCOMING_STATUSES
from cosmodrome.derived.definitions.places import IS_ORBITAL, launches_from_pad
from cosmodrome.derived.registry import (
    EVERY_ROW,
    BulkValues,
    Derived,
    Expression,
    Instant,
    depends_on,
    derived,
)

depends_on(
    Launch,
    (Launch, EVERY_ROW),
    (Mission, EVERY_ROW),
    (Orbit, EVERY_ROW),
    (Pad, "launches"),
    (Pad, "location__pads__launches"),
)

HAS_FLOWN = has_status(*FLOWN_STATUSES) & Q(net__isnull=False)

COUNTING_ORDER = ["net", "pk"]
"""The order in which launches are numbered."""


def is_earlier() -> Q:
    """The condition that a launch comes before the outer one."""
    return Q(net__lt=OuterRef("net")) | Q(net=OuterRef("net"), pk__lt=OuterRef("pk"))


ATTEMPT_GROUPS = {
    "orbital": None,
    "location": "pad__location",
    "pad": "pad",
    "agency": "launch_service_provider",
}
"""By the first word of a column: the path to what launches must have in common to be numbered together."""


def bulk_attempt_numbers(at: datetime) -> dict[str, BulkValues]:
    """The numbers of all launches, from one pass through those that have flown."""
    flown = Launch.objects.filter(HAS_FLOWN).annotate(
        to_orbit=Case(When(IS_ORBITAL, then=True), default=False)
    )
    columns = [path for path in ATTEMPT_GROUPS.values() if path]
    launches = flown.order_by(*COUNTING_ORDER).values_list(
        "pk", "net", "totals_read_at", "to_orbit", *columns
    )
    latest: dict[Any, int] = {}
    found = {
        f"{what}_launch_attempt_count{year}": BulkValues({}, {})
        for what in ATTEMPT_GROUPS
        for year in ("", "_year")
    }
    for key, net, read, to_orbit, *shared in launches.iterator():
        among = zip(ATTEMPT_GROUPS, (to_orbit or None, *shared), strict=True)
        for what, one in among:
            if one is None:
                continue
            for column, of in (
                (f"{what}_launch_attempt_count", (what, one)),
                (f"{what}_launch_attempt_count_year", (what, one, net.year)),
            ):
                latest[of] = number = latest.get(of, 0) + 1
                if net <= at:
                    found[column].now[key] = number
                if read is not None and net <= read:
                    found[column].at_reading[key] = number
    return found


def declare_attempt_number(
    column: str, meaning: str, among: str | None, attempts: Q, in_year: bool = False
) -> Derived:
    """Declares the number of a launch among `attempts` with the same row at the end of the path `among`."""

    def numbered(at: Instant, number_of: Any) -> Case:
        has_number = attempts & Q(net__lte=at.in_row())
        if among:
            has_number &= Q(**{f"{among}__isnull": False})
        return Case(When(has_number, then=number_of), default=None, output_field=models.IntegerField())

    def by_counting(at: Instant) -> Expression:
        until = Launch.objects.filter(attempts, is_earlier() | Q(pk=OuterRef("pk")))
        if among:
            until = until.filter(**{among: OuterRef(among)})
        if in_year:
            net = ExpressionWrapper(OuterRef("net"), output_field=models.DateTimeField())
            until = until.filter(net__gte=TruncYear(net))
        return numbered(at, subquery_count(until))

    by_counting.__doc__ = meaning
    return derived(Launch, column, bulk=SinglePass(bulk_attempt_numbers), all_rows=True)(by_counting)


for what, attempts, says in (
    ("orbital", HAS_FLOWN & IS_ORBITAL, "to an orbit, or one of which that is not known"),
    ("location", HAS_FLOWN, "from its pad's location"),
    ("pad", HAS_FLOWN, "from its pad"),
    ("agency", HAS_FLOWN, "of its provider"),
):
    among = ATTEMPT_GROUPS[what]
    column = f"{what}_launch_attempt_count"
    null = "Null: not flown, none of these, or not known."
    declare_attempt_number(column, f"The how-manieth launch {says} it was.  {null}", among, attempts)
    in_year = f"The how-manieth launch {says} it was in its calendar year (UTC).  {null}"
    declare_attempt_number(f"{column}_year", in_year, among, attempts, in_year=True)


def has_launched() -> Q:
    """The condition that a launch is dated and not still to come; it may be without a status."""
    return Q(net__isnull=False) & (Q(status=None) | ~Q(status__in=UPCOMING_STATUSES))


def earlier_from_pad() -> models.QuerySet[Launch]:
    """The launches from the same pad before the outer one."""
    return Launch.objects.filter(has_launched(), is_earlier(), pad=OuterRef("pad"))


def pad_turnaround_known(at: Instant) -> Q:
    """Whether the launch has flown, one from its pad came before it, and all launches of its pad are known.

    A pad's first launch is left out, since what is published of it differs.
    """
    pads = Pad.objects.filter(launches_from_pad.known(at))
    return has_launched() & Q(Exists(earlier_from_pad()), net__lte=at.in_row(), pad__in=pads.values("pk"))


def turnaround_since(at: Instant, net_before: Any) -> Case:
    """The duration from the launch before to the launch; null: it has not flown."""
    return Case(
        When(has_launched() & Q(net__lte=at.in_row()), then=difference("net", net_before)), default=None
    )


def turnaround_by_window(at: Instant) -> Expression:
    """`pad_turnaround` for all launches at once."""
    until = RowRange(start=None, end=-1)
    latest = Window(
        Max("net", filter=has_launched()), partition_by=["pad"], order_by=COUNTING_ORDER, frame=until
    )
    return turnaround_since(at, Case(When(pad__isnull=False, then=latest), default=None))


@derived(Launch, "pad_turnaround", known=pad_turnaround_known, window=turnaround_by_window)
def pad_turnaround(at: Instant) -> Expression:
    """From the launch before from the same pad to this one.  Null: not flown, or none before is known."""
    return turnaround_since(at, Subquery(earlier_from_pad().order_by("-net").values("net")[:1]))
