"""The plan: the calls to come, in the order of their value, and when each resource is complete.

First the small look-ups, then spacecraft and what flies them, then upcoming launches and events, and at last
the deep past.  How many pages a resource has, its first page tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cosmodrome.ingest.errors import near_miss
from cosmodrome.mirror.budget import Budget
from cosmodrome.mirror.dashboard import DASHBOARD
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.pages import LIMIT, swept_resources
from cosmodrome.mirror.refresh import takes_refresh
from cosmodrome.mirror.sweep import STEP
from cosmodrome.resources.registry import RESOURCES
from cosmodrome.time import clock

FIRST = (
    *("spacecraft", "spacecraft_configurations", "spacecraft_configuration_families", "space_stations"),
    *("launches/upcoming", "events/upcoming"),
)
"""The resources that come after the look-ups."""
LAST = ("updates", "events", "landings", "payload_flights", "payloads", "launchers", "launches")
"""The resources that come after all others: they have the most pages."""
EARLY = {"launches/upcoming": "launches", "events/upcoming": "events"}
"""Lists that are read before the whole of which they are a part, until that is complete."""
FULL_AFTER = timedelta(days=1)
"""A resource that can be refreshed is swept again after so long: a refresh shows nothing that is gone."""


@dataclass(frozen=True)
class Item:
    """The calls that are planned of one resource."""

    path: str
    is_refresh: bool
    calls: int
    is_exact: bool
    """Whether the number of its calls is known; else it is the least."""


@dataclass(frozen=True)
class Plan:
    """The calls to come."""

    items: list[Item]

    @property
    def calls(self) -> int:
        """How many there are."""
        return sum(item.calls for item in self.items)

    @property
    def is_exact(self) -> bool:
        """Whether their number is known."""
        return all(item.is_exact for item in self.items)

    def lines(self, budget: Budget) -> Iterator[str]:
        """Yields the plan for people: a line for all, and one for each resource."""
        if not self.items:
            yield "nothing to do"
            return
        yield f"{self.number(self.calls, self.is_exact)}, {complete(budget, self.calls)}"
        calls = 0
        for item in self.items:
            calls += item.calls
            what = "changes of " if item.is_refresh else ""
            yield (
                f"  {what}{item.path}: {self.number(item.calls, item.is_exact)}, {complete(budget, calls)}"
            )

    @staticmethod
    def number(calls: int, is_exact: bool) -> str:
        """Returns a number of calls in words."""
        return f"{'' if is_exact else 'at least '}{calls} call{'s' * (calls != 1)}"


def complete(budget: Budget, calls: int) -> str:
    """Returns in words when so many calls are made: `complete about 04:20 UTC`, or on what day."""
    if budget.rate is None:
        return "complete as fast as the upstream answers"
    now, at = clock.now(), made_at(budget, calls)
    day = "" if at.date() == now.date() else f"{at:%Y-%m-%d} "
    return f"complete about {day}{at:%H:%M} UTC"


def made_at(budget: Budget, calls: int) -> datetime:
    """Returns when so many further calls can be made, if they take no time and nobody else makes any."""
    now = clock.now()
    if budget.rate is None or calls <= 0:
        return now
    periods, rest = divmod(calls - 1, budget.rate.calls)
    frees = sorted(max(now, end + budget.period) for end in budget.ends(now))
    frees = [now] * (budget.rate.calls - len(frees)) + frees[-budget.rate.calls :]
    return frees[rest] + periods * budget.period


def resources_in_order() -> list[str]:
    """Returns the paths of all resources that are read, the most valuable first."""
    swept = list(swept_resources())
    look_ups = [path for path in swept if path.startswith("config/")]
    others = [path for path in swept if path not in (*look_ups, *FIRST, *LAST)]
    return [*look_ups, *FIRST, *others, *LAST, DASHBOARD]


def chosen(paths: Iterable[str]) -> list[str]:
    """Returns the resources of these paths in their order; all of them if none is given.

    Raises ValueError, with a sentence, for a path that is no resource.
    """
    asked, known = [path.strip("/") for path in paths], resources_in_order()
    for path in asked:
        if path not in known:
            hint = near_miss(path, known)
            raise ValueError(f"{path[:80]!r} is no resource that can be mirrored: {hint}")
    return [path for path in known if path in asked or not asked]


def plan_of(paths: Iterable[str]) -> Plan:
    """Returns the plan of a run that has these resources left."""
    rows = {row.resource: row for row in ResourceSync.objects.all()}
    found = (item_of(path, rows) for path in paths)
    return Plan([item for item in found if item])


def item_of(path: str, rows: dict[str, ResourceSync]) -> Item | None:
    """Returns what is planned of one resource; None if there is nothing to do."""
    if path == DASHBOARD:
        return Item(path, False, 1, True)
    row = rows.get(path)
    whole = rows.get(EARLY.get(path, ""))
    if whole and whole.complete_as_of:
        return None
    if row and is_refreshed(row):
        return Item(path, True, 1, True)
    if row is None or row.count is None:
        return Item(path, False, 1, False)
    return Item(path, False, pages_from(row.next_offset or 0, row.count), True)


def is_refreshed(row: ResourceSync) -> bool:
    """Whether it is enough to ask for what has changed in a resource."""
    if row.complete_as_of is None or row.sweep_began or not tells_changes(row.resource):
        return False
    return clock.now() - row.complete_as_of < FULL_AFTER


def tells_changes(path: str) -> bool:
    """Whether what has changed can be asked for by itself; of the dashboard it can't."""
    return path in RESOURCES and path not in EARLY and takes_refresh(RESOURCES[path])


def pages_from(offset: int, count: int) -> int:
    """Returns how many pages there are from an offset on: each shares one record with the next."""
    return 1 + max(0, -(-(count - offset - LIMIT) // STEP))
