"""The state of the mirror: how far the copy of each resource has come, how old it is, which calls are left.

`/status/`, `cosmodrome status` and the metrics tell the same from here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isinf
from typing import Any

from django.conf import settings
from django.db.models import Count, Max

from cosmodrome.mirror.budget import Budget
from cosmodrome.mirror.freshness import current_as_of
from cosmodrome.mirror.holder import is_dead
from cosmodrome.mirror.models import ResourceSync, SetAside, SweptPage, SyncHolder, UpstreamCall
from cosmodrome.resources.pagination import Pagination
from cosmodrome.time import clock

OUTAGE_HOURS = 12
"""The time for which the upstream may be away before a resource is late that is older than promised."""
SILENT_HOURS = 6
"""The time after which a copy that is not complete is late, if no call has brought an answer."""
UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
"""The units of ages for people, with their seconds."""
SEVERAL = 2
"""An age is told in a unit of which it has so many."""
MOST_NAMED = 3
"""Late resources that a sentence names."""


@dataclass(frozen=True)
class ResourceState:
    """The state of the copy of one resource."""

    path: str
    records: int
    """The records that the catalogue lists."""
    upstream_records: int | None
    """The number that the upstream told last; None before the first page."""
    complete_as_of: datetime | None
    """When the last consistent sweep began; None before there was one."""
    current_as_of: datetime | None
    """The instant up to which the data is current; None while no whole copy has been made."""
    age: timedelta | None
    """The time since then; None without one."""
    next_due: datetime | None
    """When the schedule wants the next call; None if it has not said so."""
    pages_read: int
    """The pages that the sweep under way has read."""
    set_aside: int
    """The records that could not be taken in."""
    late_after: timedelta
    """The age from which on it is late: what the schedule promises, and the time of an outage."""

    @property
    def is_complete(self) -> bool:
        """Whether a whole copy has been made."""
        return self.current_as_of is not None

    @property
    def pages(self) -> int | None:
        """The pages of a sweep; None before the first one."""
        return (
            None
            if self.upstream_records is None
            else max(1, -(-self.upstream_records // Pagination.max_limit))
        )

    @property
    def progress(self) -> str:
        """`complete`; else how many pages have been read."""
        if self.is_complete:
            return "complete"
        return f"{self.pages_read} of {self.pages} pages" if self.pages else "not begun"

    @property
    def is_late(self) -> bool:
        """Whether it is complete, and older than it may be."""
        return self.age is not None and self.age > self.late_after

    def is_older(self, most: timedelta) -> bool:
        """Whether it is older than `most`, or not complete."""
        return self.age is None or self.age > most

    def as_json(self) -> dict[str, Any]:
        """Returns the state for programs."""
        return {
            "resource": self.path,
            "records": self.records,
            "upstream_records": self.upstream_records,
            "complete": self.is_complete,
            "complete_as_of": written(self.complete_as_of),
            "current_as_of": written(self.current_as_of),
            "age_seconds": None if self.age is None else int(self.age.total_seconds()),
            "next_due": written(self.next_due),
            "pages_read": self.pages_read,
            "pages": self.pages,
            "set_aside": self.set_aside,
            "late_after_seconds": int(self.late_after.total_seconds()),
        }


@dataclass(frozen=True)
class BudgetState:
    """The calls of the budget."""

    rate: str
    """`15/h`, or `none`."""
    used: int
    left: int | None
    """The calls that may be made now; None without a limit."""
    free_at: datetime | None
    """When the next call may be made; None if it may be now."""

    def as_json(self) -> dict[str, Any]:
        """Returns the state for programs."""
        return {"rate": self.rate, "used": self.used, "left": self.left, "free_at": written(self.free_at)}


@dataclass(frozen=True)
class MirrorState:
    """The state of the mirror at one instant."""

    now: datetime
    upstream: str
    """The address of the service; empty if the server is no mirror."""
    resources: list[ResourceState]
    budget: BudgetState
    sync_since: datetime | None
    """Since when a process syncs the catalogue; None if none does."""
    last_answer: datetime | None
    """When a call has last brought an answer; None if none has."""
    alarm: str
    """A sentence about what is late; empty if nothing is."""

    @property
    def is_mirror(self) -> bool:
        """Whether the catalogue is a copy."""
        return bool(self.upstream)

    @property
    def complete(self) -> int:
        """The number of resources of which a whole copy has been made."""
        return sum(each.is_complete for each in self.resources)

    @property
    def late(self) -> list[str]:
        """The paths of the resources that are older than they may be."""
        return [each.path for each in self.resources if each.is_late]

    @property
    def set_aside(self) -> int:
        """The records that could not be taken in."""
        return sum(each.set_aside for each in self.resources)

    def as_json(self) -> dict[str, Any]:
        """Returns the state for programs."""
        return {
            "now": written(self.now),
            "mirror": self.is_mirror,
            "upstream": self.upstream or None,
            "complete": self.is_mirror and self.complete == len(self.resources),
            "alarm": self.alarm or None,
            "late": self.late,
            "sync_since": written(self.sync_since),
            "last_answer": written(self.last_answer),
            "budget": self.budget.as_json() if self.is_mirror else None,
            "set_aside": self.set_aside,
            "resources": [each.as_json() for each in self.resources],
        }


def mirror_state() -> MirrorState:
    """Returns the state of the mirror now."""
    now = clock.now()
    upstream = settings.UPSTREAM or next(iter(ResourceSync.objects.values_list("upstream", flat=True)), "")
    resources = resource_states(now)
    last = last_answer()
    holder = SyncHolder.objects.first()
    since = None if holder is None or is_dead(holder) else holder.since
    alarm = alarm_sentence(resources, last, now) if upstream else ""
    return MirrorState(now, upstream, resources, budget_state(now), since, last, alarm)


def last_answer() -> datetime | None:
    """Returns when a call has last brought an answer."""
    found: datetime | None = UpstreamCall.objects.filter(status=200).aggregate(at=Max("ended"))["at"]
    return found


def resource_states(now: datetime, counts_records: bool = True) -> list[ResourceState]:
    """Returns the state of each resource, by path in alphabetical order; records are 0 if not counted."""
    from cosmodrome.mirror.pages import swept_resources  # with a client for HTTP, which others do not need
    from cosmodrome.mirror.plan import resources_in_order
    from cosmodrome.mirror.schedule import NO_RATE
    from cosmodrome.mirror.watch import schedule_of

    rows = {row.resource: row for row in ResourceSync.objects.all()}
    schedule = schedule_of(resources_in_order(), rows, settings.UPSTREAM_RATE or NO_RATE)
    pages = Counter(dict(SweptPage.objects.values_list("resource").annotate(Count("pk"))))
    aside = Counter(dict(SetAside.objects.values_list("resource").annotate(Count("pk"))))
    states = []
    for path, resource in sorted(swept_resources().items()):
        row = rows.get(path) or ResourceSync(resource=path)
        current = current_as_of(row.complete_as_of, row.refreshed_as_of)
        states.append(
            ResourceState(
                path=path,
                records=resource.rows().count() if counts_records else 0,
                upstream_records=row.count,
                complete_as_of=row.complete_as_of,
                current_as_of=current,
                age=None if current is None else max(timedelta(0), now - current),
                next_due=row.next_due,
                pages_read=pages[path],
                set_aside=aside[path],
                late_after=schedule.promise_of(path) + timedelta(hours=OUTAGE_HOURS),
            )
        )
    return states


def budget_state(now: datetime) -> BudgetState:
    """Returns the calls that were made and may be made."""
    budget = Budget(settings.UPSTREAM_RATE)
    left, free_at = budget.left(), budget.free_at(now)
    return BudgetState(
        rate=str(settings.UPSTREAM_RATE or "none"),
        used=budget.used(),
        left=None if isinf(left) else int(left),
        free_at=free_at if free_at > now else None,
    )


def alarm_sentence(resources: Iterable[ResourceState], last: datetime | None, now: datetime) -> str:
    """Returns a sentence about what is late; empty if nothing is.

    Of a copy that is not complete only silence is: how old it may be is not known before it is whole.
    """
    states = list(resources)
    if late := [each for each in states if each.is_late]:
        least = min(each.late_after for each in late)
        return f"{named(late)} {'is' if len(late) == 1 else 'are'} older than {age_text(least)}."
    is_heard = last is not None and now - last <= timedelta(hours=SILENT_HOURS)
    if is_heard or all(each.is_complete for each in states):
        return ""
    since = f"since {clock.write_instant(last)}" if last else "yet"
    return f"The copy is not complete, and no call has brought an answer {since}."


def named(states: list[ResourceState]) -> str:
    """Returns the paths of the first few, and how many more there are."""
    paths = [each.path for each in states]
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(paths[:MOST_NAMED]) + more


def age_problem(state: MirrorState, most: timedelta) -> str:
    """Returns a sentence about what is older than `most`, or not complete; empty if nothing is."""
    if not state.is_mirror:
        return "This catalogue is no mirror, so nothing tells how old it is: see COSMODROME_UPSTREAM."
    if missing := [each for each in state.resources if not each.is_complete]:
        return f"There is no whole copy yet of {named(missing)}."
    if old := [each for each in state.resources if each.is_older(most)]:
        return f"{named(old)} {'is' if len(old) == 1 else 'are'} older than {age_text(most)}."
    return ""


def written(instant: datetime | None) -> str | None:
    """Returns an instant as the wire writes it."""
    return clock.write_instant(instant) if instant else None


def age_text(age: timedelta | None) -> str:
    """`90 min`, `38 h`, `2 d`; no age is empty."""
    if age is None:
        return ""
    seconds = age.total_seconds()
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= SEVERAL * size), UNITS[-1])
    return f"{int(seconds // size)} {unit}"
