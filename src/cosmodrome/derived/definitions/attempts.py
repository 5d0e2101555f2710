"""Launches: the how-manieth attempt each is, and how long its pad stood still before.

Attempts are those that have flown, Success, Failure and Partial Failure, in the order of their `net`, then of
their ids.  A launch that has not flown has no number, and none where what is counted is not known of it.

A number is told in two ways: for one launch by counting those before, and for all by one pass in their order.
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
from cosmodrome.derived.aggregates import difference, number
from cosmodrome.derived.bulk import Pass
from cosmodrome.derived.definitions.counters import FLOWN, went
from cosmodrome.derived.definitions.craft import TO_COME
from cosmodrome.derived.definitions.places import ORBITAL, launches_from_pad
from cosmodrome.derived.registry import EVERY_ROW, Derived, Expression, Found, Instant, derived, made_of

made_of(
    Launch,
    (Launch, EVERY_ROW),
    (Mission, EVERY_ROW),
    (Orbit, EVERY_ROW),
    (Pad, "launches"),
    (Pad, "location__pads__launches"),
)

FLEW = went(*FLOWN) & Q(net__isnull=False)

IN_ORDER = ["net", "pk"]
"""The order in which launches are counted."""


def earlier() -> Q:
    """Launches before the outer one."""
    return Q(net__lt=OuterRef("net")) | Q(net=OuterRef("net"), pk__lt=OuterRef("pk"))


SHARED = {"orbital": None, "location": "pad__location", "pad": "pad", "agency": "launch_service_provider"}
"""By what a column says of it: the path to what those launches share that are counted together."""


def numbers_in_order(at: datetime) -> dict[str, Found]:
    """The numbers of all launches, by one pass through those that have flown."""
    flown = Launch.objects.filter(FLEW).annotate(to_orbit=Case(When(ORBITAL, then=True), default=False))
    columns = [path for path in SHARED.values() if path]
    launches = flown.order_by(*IN_ORDER).values_list("pk", "net", "totals_read_at", "to_orbit", *columns)
    reached: dict[Any, int] = {}
    found = {f"{what}_launch_attempt_count{year}": Found({}, {}) for what in SHARED for year in ("", "_year")}
    for key, net, read, to_orbit, *shared in launches.iterator():
        among = zip(SHARED, (to_orbit or None, *shared), strict=True)
        for what, one in among:
            if one is None:
                continue
            for column, of in (
                (f"{what}_launch_attempt_count", (what, one)),
                (f"{what}_launch_attempt_count_year", (what, one, net.year)),
            ):
                reached[of] = number = reached.get(of, 0) + 1
                if net <= at:
                    found[column].now[key] = number
                if read is not None and net <= read:
                    found[column].at_reading[key] = number
    return found


def numbers(column: str, says: str, among: str | None, attempts: Q, in_year: bool = False) -> Derived:
    """Declares a number of a launch: of `attempts`, among those that share what the path `among` leads to."""

    def numbered(at: Instant, number_of: Any) -> Case:
        has_number = attempts & Q(net__lte=at.in_row())
        if among:
            has_number &= Q(**{f"{among}__isnull": False})
        return Case(When(has_number, then=number_of), default=None, output_field=models.IntegerField())

    def by_counting(at: Instant) -> Expression:
        until = Launch.objects.filter(attempts, earlier() | Q(pk=OuterRef("pk")))
        if among:
            until = until.filter(**{among: OuterRef(among)})
        if in_year:
            net = ExpressionWrapper(OuterRef("net"), output_field=models.DateTimeField())
            until = until.filter(net__gte=TruncYear(net))
        return numbered(at, number(until))

    by_counting.__doc__ = says
    return derived(Launch, column, together=Pass(numbers_in_order))(by_counting)


for what, attempts, says in (
    ("orbital", FLEW & ORBITAL, "to an orbit, or one of which that is not known"),
    ("location", FLEW, "from its pad's location"),
    ("pad", FLEW, "from its pad"),
    ("agency", FLEW, "of its provider"),
):
    among = SHARED[what]
    column = f"{what}_launch_attempt_count"
    null = "Null: not flown, none of these, or not known."
    numbers(column, f"The how-manieth launch {says} it was.  {null}", among, attempts)
    in_year = f"The how-manieth launch {says} it was in its calendar year (UTC).  {null}"
    numbers(f"{column}_year", in_year, among, attempts, in_year=True)


def launched() -> Q:
    """Launches that are dated and not still to come; those without a status are among them."""
    return Q(net__isnull=False) & (Q(status=None) | ~Q(status__in=TO_COME))


def before() -> models.QuerySet[Launch]:
    """Launches from the same pad before the outer one."""
    return Launch.objects.filter(launched(), earlier(), pad=OuterRef("pad"))


def before_known(at: Instant) -> Q:
    """The launch has flown, there is one before it, and of its pad all are known.

    What is published of a pad's first launch differs.
    """
    pads = Pad.objects.filter(launches_from_pad.known(at))
    return launched() & Q(Exists(before()), net__lte=at.in_row(), pad__in=pads.values("pk"))


def since(at: Instant, net_before: Any) -> Case:
    """From that instant to the launch; null: it has not flown."""
    return Case(When(launched() & Q(net__lte=at.in_row()), then=difference("net", net_before)), default=None)


def turnaround_by_window(at: Instant) -> Expression:
    """The same for all launches at once."""
    until = RowRange(start=None, end=-1)
    latest = Window(Max("net", filter=launched()), partition_by=["pad"], order_by=IN_ORDER, frame=until)
    return since(at, Case(When(pad__isnull=False, then=latest), default=None))


@derived(Launch, "pad_turnaround", known=before_known, in_bulk=turnaround_by_window)
def pad_turnaround(at: Instant) -> Expression:
    """From the launch before from the same pad to this one.  Null: not flown, or none before is known."""
    return since(at, Subquery(before().order_by("-net").values("net")[:1]))
