"""Values of launches: the attempt numbers of each, and the time since the launch before from the same pad.

Launches that have flown are numbered in the order of their `net`, then of their ids.  One to come has the
number of all launches with a `net` until its own, as in the original: two that are planned for one instant,
such as the end of a month, have the same number, the greater one.  A launch without a `net` has no number;
and none among launches from one pad, for example, if its pad is not known.

A number is computed in two ways: for one launch by a count of the launches before, and for all launches by
one pass in their order.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
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

from cosmodrome.catalogue.launches import Launch, has_flown, is_to_come
from cosmodrome.catalogue.missions import Mission
from cosmodrome.catalogue.places import Orbit, Pad
from cosmodrome.derived.aggregates import YearStart, difference, subquery_count
from cosmodrome.derived.bulk import SinglePass
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


@dataclass(slots=True)
class Attempts:
    """The launches that are numbered together."""

    flying: list[datetime] = field(default_factory=list)
    """The instants, in order, of those that have flown or will when their `net` comes."""
    waiting: list[datetime] = field(default_factory=list)
    """The instants, in order, of those with a status of launches to come."""

    def number(self, place: int | None, net: datetime, at: datetime) -> int:
        """Returns the number of a launch as of `at`; `place` is that in `flying`, None: it waits."""
        if place is not None and net <= at:
            return place
        return bisect_right(self.flying, net) + bisect_right(self.waiting, net)


def bulk_attempt_numbers(at: datetime) -> dict[str, BulkValues]:
    """The numbers of all launches, from one pass through them."""
    groups: dict[Any, Attempts] = defaultdict(Attempts)
    numbered: list[tuple[str, Any, Attempts, int | None, datetime, datetime | None]] = []
    for key, net, read, to_come, grouped in dated_launches():
        for column, group in grouped:
            attempts = groups[column, group]
            (attempts.waiting if to_come else attempts.flying).append(net)
            numbered.append((column, key, attempts, None if to_come else len(attempts.flying), net, read))
    found = {
        f"{what}_launch_attempt_count{year}": BulkValues({}, {})
        for what in ATTEMPT_GROUPS
        for year in ("", "_year")
    }
    for column, key, attempts, place, net, read in numbered:
        found[column].now[key] = attempts.number(place, net, at)
        if read is not None:
            found[column].at_reading[key] = attempts.number(place, net, read)
    return found


def dated_launches() -> Iterator[tuple[Any, datetime, datetime | None, bool, list[tuple[str, Any]]]]:
    """Yields each launch with a `net`, in the order in which they are numbered.

    Its id, `net`, moment of reading, whether it has a status of launches to come, and for each column of
    numbers, what it has in common with those with which it is numbered.
    """
    launches = Launch.objects.filter(net__isnull=False).annotate(
        to_come=Case(When(is_to_come(), then=True), default=False),
        to_orbit=Case(When(IS_ORBITAL, then=True), default=False),
    )
    paths = [path for path in ATTEMPT_GROUPS.values() if path]
    columns = launches.order_by(*COUNTING_ORDER).values_list(
        "pk", "net", "totals_read_at", "to_come", "to_orbit", *paths
    )
    for key, net, read, to_come, to_orbit, *shared in columns.iterator():
        grouped: list[tuple[str, Any]] = []
        for what, one in zip(ATTEMPT_GROUPS, (to_orbit or None, *shared), strict=True):
            if one is not None:
                grouped.append((f"{what}_launch_attempt_count", one))
                grouped.append((f"{what}_launch_attempt_count_year", (one, net.year)))
        yield key, net, read, to_come, grouped


def declare_attempt_number(
    column: str, meaning: str, among: str | None, attempts: Q, in_year: bool = False
) -> Derived:
    """Declares the number of a launch among `attempts` with the same row at the end of the path `among`."""
    net = ExpressionWrapper(OuterRef("net"), output_field=models.DateTimeField())

    def of_group(before: Q) -> Any:
        counted = Launch.objects.filter(attempts, before)
        if among:
            counted = counted.filter(**{among: OuterRef(among)})
        if in_year:
            counted = counted.filter(net__gte=YearStart(net))
        return subquery_count(counted)

    def by_counting(at: Instant) -> Expression:
        is_numbered = attempts & Q(net__isnull=False)
        if among:
            is_numbered &= Q(**{f"{among}__isnull": False})
        until = has_flown(None) & (is_earlier() | Q(pk=OuterRef("pk")))
        planned = Q(net__lte=OuterRef("net"))
        return Case(
            When(is_numbered & has_flown(at.in_row()), then=of_group(until)),
            When(is_numbered, then=of_group(planned)),
            default=None,
            output_field=models.IntegerField(),
        )

    by_counting.__doc__ = meaning
    return derived(Launch, column, bulk=SinglePass(bulk_attempt_numbers), all_rows=True)(by_counting)


for what, attempts, says in (
    ("orbital", IS_ORBITAL, "to an orbit, or one of which that is not known"),
    ("location", Q(), "from its pad's location"),
    ("pad", Q(), "from its pad"),
    ("agency", Q(), "of its provider"),
):
    among = ATTEMPT_GROUPS[what]
    column = f"{what}_launch_attempt_count"
    null = "of one to come, will be as planned.  Null: not dated, none of these, or not known."
    declare_attempt_number(column, f"The how-manieth launch {says} it was, or, {null}", among, attempts)
    in_year = f"The how-manieth launch {says} it was in its calendar year (UTC), or, {null}"
    declare_attempt_number(f"{column}_year", in_year, among, attempts, in_year=True)


def earlier_from_pad() -> models.QuerySet[Launch]:
    """The launches from the same pad before the outer one."""
    return Launch.objects.filter(has_flown(None), is_earlier(), pad=OuterRef("pad"))


def pad_turnaround_known(at: Instant) -> Q:
    """Whether the launch has flown, one from its pad came before it, and all launches of its pad are known.

    A pad's first launch is left out, since what is published of it differs.
    """
    pads = Pad.objects.filter(launches_from_pad.known(at))
    return has_flown(at.in_row()) & Q(Exists(earlier_from_pad()), pad__in=pads.values("pk"))


def turnaround_since(at: Instant, net_before: Any) -> Case:
    """The duration from the launch before to the launch; null: it has not flown."""
    return Case(When(has_flown(at.in_row()), then=difference("net", net_before)), default=None)


def turnaround_by_window(at: Instant) -> Expression:
    """`pad_turnaround` for all launches at once."""
    until = RowRange(start=None, end=-1)
    latest = Window(
        Max("net", filter=has_flown(None)), partition_by=["pad"], order_by=COUNTING_ORDER, frame=until
    )
    return turnaround_since(at, Case(When(pad__isnull=False, then=latest), default=None))


@derived(Launch, "pad_turnaround", known=pad_turnaround_known, window=turnaround_by_window)
def pad_turnaround(at: Instant) -> Expression:
    """From the launch before from the same pad to this one.  Null: not flown, or none before is known."""
    return turnaround_since(at, Subquery(earlier_from_pad().order_by("-net").values("net")[:1]))
