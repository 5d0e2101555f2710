"""The watch: makes each call of the schedule when it is due, one at a time, until it is stopped.

What is due is read from the catalogue before each call, so that a watch that starts again goes on where the
last one was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from math import isinf

from django.db.models import Q

from cosmodrome.access.rates import Rate
from cosmodrome.catalogue.launches import Launch
from cosmodrome.mirror.agenda import Agenda, Known, Work
from cosmodrome.mirror.holder import be_seen, nap
from cosmodrome.mirror.models import ResourceSync
from cosmodrome.mirror.plan import EARLY, chosen, pages_from, tells_changes
from cosmodrome.mirror.schedule import AHEAD, DAY, HOUR, NEAR, NO_RATE, Schedule
from cosmodrome.mirror.sync import Step, Sync
from cosmodrome.mirror.upstream import KeyRefused, Upstream, UpstreamError
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

Calls = tuple[tuple[str, int], ...]
"""Paths of resources, each with the calls of a sweep."""

COARSE = 3
"""The precisions of nets, by id, from this one on tell no hour: the part of a day, a day, a month."""
FIRST_PAUSE = timedelta(minutes=5)
"""The time after which what has failed is tried again; twice as long after each further failure."""
LONGEST_PAUSE = {True: HOUR, False: 6 * HOUR}
"""The longest such time, of questions for changes and of sweeps."""
RATE_ASKED_EVERY = DAY
"""The interval in which the upstream is asked for its rate, which is free of charge."""
LOOK_EVERY = 600.0
"""Real seconds after which the watch looks at the latest whether something else is due: a net was edited."""
TOLD_AGAIN = timedelta(minutes=1)
"""By so much an instant has to change for `next_due` to be written again."""


class ClockStopped(Exception):
    """The clock stands still, so that nothing becomes due."""


class Watch:
    """The calls of the schedule, as they come."""

    def __init__(
        self, upstream: Upstream, paths: Iterable[str] = (), sleep: Callable[[float], object] = nap
    ) -> None:
        """`paths` are those of resources; none for all.  Raises ValueError for one that is none."""
        self.upstream = upstream
        self.paths = chosen(paths)
        self._sleep = sleep
        self._runs: dict[Work, Sync] = {}
        self._failures: dict[Work, int] = {}
        self._not_before: dict[Work, datetime] = {}
        self._rate_asked: datetime | None = None

    def turn(self) -> Step | None:
        """Makes the call that is due; where none is, waits for some time and returns None.

        Raises KeyRefused, ClockSetBack, ClockStopped, DatabaseError.  Any other failure of a call is logged,
        and the call is made again later.
        """
        be_seen()
        self._ask_rate()
        now, rows = clock.now(), rows_of(self.upstream.url)
        schedule = self.schedule(rows)
        known = {path: Known(row.complete_as_of, row.refreshed_as_of) for path, row in rows.items()}
        agenda = Agenda(schedule, known, lambda work: self._not_before.get(work, clock.EPOCH))
        self._tell(agenda.next_dues(), rows)
        ends = self.upstream.budget.ends(now) if self.upstream.budget.rate else None
        work = agenda.next(now, ends)
        if work is None:
            self._wait(agenda.wake(now, ends))
            return None
        return self._perform(work)

    def now(self) -> Schedule:
        """Returns the schedule as it is now.  Raises DatabaseError."""
        return self.schedule(rows_of(self.upstream.url))

    def unread(self) -> int:
        """Returns the number of resources of which no page has been read.  Raises DatabaseError."""
        counted = {path for path, row in rows_of(self.upstream.url).items() if row.count is not None}
        return len(set(self.paths) - counted)

    def schedule(self, rows: dict[str, ResourceSync]) -> Schedule:
        """Returns the schedule for what is known."""
        return schedule_of(self.paths, rows, self.upstream.budget.rate or NO_RATE)

    def _ask_rate(self) -> None:
        """Keeps to the rate that the upstream tells, which is asked for once a day."""
        if clock.setting()[0]:
            raise ClockStopped("The clock stands still (COSMODROME_NOW), so that nothing becomes due.")
        now = clock.now()
        if self._rate_asked and now < self._rate_asked + RATE_ASKED_EVERY:
            return
        self._rate_asked = now
        try:
            self.upstream.ask_rate()
        except KeyRefused:
            raise
        except UpstreamError as error:
            logger.warning("%s The rate is taken as %s.", error, self.upstream.budget.rate or "none")

    def _wait(self, until: datetime) -> None:
        """Waits until an instant, but no longer than until the next look."""
        seconds = clock.seconds_until(until)
        if not isinf(seconds):
            self._sleep(min(max(seconds, 0.001), LOOK_EVERY))

    def _perform(self, work: Work) -> Step | None:
        """Makes the next call of a work."""
        run = self._runs.setdefault(work, Sync(self.upstream, [work.path], is_refresh=work.is_refresh))
        try:
            step = run.step()
        except KeyRefused:
            raise
        except UpstreamError as error:
            logger.warning("%s", error)
            self._failed(work)
            return None
        if not run.left:
            del self._runs[work]
            if step is not None and step.is_complete:
                self._failures.pop(work, None)
                self._not_before.pop(work, None)
            else:
                self._failed(work)
        return step

    def _failed(self, work: Work) -> None:
        """Notes that a work has failed, to be done again later."""
        self._runs.pop(work, None)
        failures = self._failures.get(work, 0)
        pause = min(FIRST_PAUSE * 2**failures, LONGEST_PAUSE[work.is_refresh])
        self._failures[work] = min(failures + 1, 20)
        self._not_before[work] = clock.now() + pause

    @staticmethod
    def _tell(dues: dict[str, datetime], rows: dict[str, ResourceSync]) -> None:
        """Writes when each resource is asked for next, where that has changed."""
        changed = []
        for path, at in dues.items():
            row = rows.get(path)
            if row and (row.next_due is None or abs(row.next_due - at) >= TOLD_AGAIN):
                row.next_due = at
                changed.append(row)
        if changed:
            ResourceSync.objects.bulk_update(changed, ["next_due"])


def rows_of(upstream: str) -> dict[str, ResourceSync]:
    """Returns how far the copy of each resource of an upstream has come, by path."""
    return {row.resource: row for row in ResourceSync.objects.filter(upstream=upstream)}


def schedule_of(paths: Iterable[str], rows: dict[str, ResourceSync], rate: Rate) -> Schedule:
    """Returns the schedule of some resources at a rate, for what is known of them.

    A new one only where rate, records or nets have changed, or a day has begun: its sums take milliseconds.
    """
    calls = {path: calls_of(rows.get(path)) for path in paths if not is_listed_elsewhere(path, rows)}
    changing = {path: n for path, n in calls.items() if tells_changes(path)}
    sweeps = {path: n for path, n in calls.items() if path not in changing}
    since = clock.midnight(clock.now().date())
    return made_schedule(rate, tuple(sweeps.items()), tuple(changing.items()), known_nets(since), since)


@lru_cache(maxsize=2)
def made_schedule(
    rate: Rate, sweeps: Calls, changing: Calls, nets: tuple[datetime, ...], since: datetime
) -> Schedule:
    """Returns the schedule of these resources, each with the calls of a sweep."""
    return Schedule(rate, dict(sweeps), dict(changing), nets, since)


def is_listed_elsewhere(path: str, rows: dict[str, ResourceSync]) -> bool:
    """Whether a list is a part of a resource of which there is a whole copy."""
    whole = rows.get(EARLY.get(path, ""))
    return bool(whole and whole.complete_as_of)


def calls_of(row: ResourceSync | None) -> int:
    """Returns the calls of a sweep; the least, if nothing is known yet."""
    return pages_from(0, row.count or 0) if row else 1


def known_nets(since: datetime) -> tuple[datetime, ...]:
    """Returns when launches fly from a day on, of those of which the hour is known."""
    first, last = since - NEAR[-1].after, since + AHEAD + 2 * DAY
    near = Launch.objects.filter(net__gte=first, net__lt=last).filter(
        Q(net_precision=None) | Q(net_precision__lt=COARSE)
    )
    return tuple(net for net in near.order_by("net").values_list("net", flat=True).distinct() if net)
