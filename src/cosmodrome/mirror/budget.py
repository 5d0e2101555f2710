"""The budget: which calls were made, and when the next may be, over all processes and restarts.

No period of the rate ever has more calls than the rate allows, whenever between its begin and its end the
upstream dates a call: a call counts from its begin until one period after its end.  Reads before the plan:
a reader may reserve a call up to its patience ahead, the plan only one that can be made at once.

Calls are recorded in transactions of their own, so nothing here may be called within another transaction.
Instants are those of the clock.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf, isinf

from django.db import connections, router, transaction
from django.db.models import Max, Q, QuerySet

from cosmodrome.access.rates import Rate
from cosmodrome.mirror.models import UpstreamCall
from cosmodrome.time import clock

logger = logging.getLogger(__name__)

LONGEST_CALL = 200.0
"""Real seconds after which a call without an end has ended: its process died, or could not record it."""
MOST_PATIENCE = 60.0
"""Seconds of the clock that a call may be reserved ahead."""
READS_SHARE = 0.87
"""The part of the rate that all requests that are passed on may take: of 15 calls 13, so the plan goes on."""
CALLER_SHARE = 0.67
"""The part of the rate that the requests of one address may take: of 15 calls 10."""
LONGEST_RETRY = timedelta(days=1)
"""For so long the upstream can ask for no call, at most."""
KEPT = timedelta(days=7)
"""For so long calls are recorded, at least."""
LONGEST_NAP = 30.0
"""Real seconds after which who waits for a call looks again."""
CALLS_LOCK = 0x63616C6C
"""The advisory lock of PostgreSQL for which those queue who reserve a call."""


class Purpose(StrEnum):
    """The purpose of a call."""

    READ_THROUGH = "read-through"
    PLAN = "plan"
    REFRESH = "refresh"
    THROTTLE = "throttle"
    """A question about the rate, which the upstream does not count."""
    ELSEWHERE = "elsewhere"
    """A call that the upstream has counted and nobody here has made."""


class BudgetSpent(Exception):
    """No call may be made now."""

    def __init__(self, free_at: datetime) -> None:
        super().__init__(f"The budget is spent until {clock.write_instant(free_at)}.")
        self.free_at = free_at
        """The instant from which one may be, if no one else takes it."""


@dataclass
class Call:
    """A call that is reserved, and to be made from `began` on."""

    row: UpstreamCall

    def wait(self, sleep: Callable[[float], object] = time.sleep) -> None:
        """Waits until the call may be made."""
        while (seconds := clock.seconds_until(self.row.began)) > 0 and not isinf(seconds):
            sleep(min(seconds, LONGEST_NAP))

    def end(self, status: int | None, retry_at: datetime | None = None) -> None:
        """Records the answer, or None for none, and before when the upstream wants no other call."""
        self.row.ended = max(clock.now(), self.row.began)
        self.row.status, self.row.retry_at = status, retry_at
        self.row.save(update_fields=["ended", "status", "retry_at"])


class Budget:
    """A rate, and the calls that are recorded against it."""

    def __init__(self, rate: Rate | None) -> None:
        """`rate` None sets no limit; calls are recorded all the same."""
        self.rate = rate

    @property
    def period(self) -> timedelta:
        """The period of the rate."""
        return timedelta(seconds=self.rate.seconds if self.rate else 0)

    def reserve(self, path: str, purpose: Purpose, patience: float = 0.0, caller: str = "") -> Call:
        """Reserves a call that begins within `patience` seconds of the clock.  Raises BudgetSpent.

        `caller` is whose request is passed on: of all of them, and of one, only a share of the rate is.
        """
        database = router.db_for_write(UpstreamCall)
        with transaction.atomic(using=database, durable=True):
            lock_calls(database)
            now = clock.now()
            mend_future(now)
            begin = max(now, self.free_at(now)) if purpose is not Purpose.THROTTLE else now
            if purpose is Purpose.READ_THROUGH:
                begin = max(begin, self.share_free_at(caller, now))
            if begin <= now + timedelta(seconds=min(patience, MOST_PATIENCE)):
                UpstreamCall.objects.filter(began__lt=now - self.period - KEPT).delete()
                row = UpstreamCall.objects.create(began=begin, path=path, purpose=purpose, caller=caller)
                return Call(row)
        raise BudgetSpent(begin)

    def take(self, path: str, purpose: Purpose, sleep: Callable[[float], object] = time.sleep) -> Call:
        """Reserves a call that can be made at once, and waits for it.

        Raises BudgetSpent if the clock stands still, so that none would ever come.
        """
        while True:
            try:
                return self.reserve(path, purpose)
            except BudgetSpent as spent:
                seconds = clock.seconds_until(spent.free_at)
                if isinf(seconds):
                    raise
            sleep(min(max(seconds, 0.001), LONGEST_NAP))

    def free_at(self, now: datetime) -> datetime:
        """Returns the instant from which one more call may be made; the past if it may be now."""
        asked = counted(now - self.period).aggregate(at=Max("retry_at"))["at"] or clock.EPOCH
        if self.rate is None:
            return max(asked, now)
        ends = self.ends(now)
        too_many = len(ends) - self.rate.calls
        return max(asked, ends[too_many] + self.period) if too_many >= 0 else max(asked, now)

    def share_free_at(self, caller: str, now: datetime) -> datetime:
        """Returns the instant from which one more request of a caller may be passed on, for the shares."""
        if self.rate is None:
            return now
        period = self.period
        reads = counted(now - period).filter(purpose=Purpose.READ_THROUGH)
        free = now
        for rows, share in ((reads, READS_SHARE), (reads.filter(caller=caller), CALLER_SHARE)):
            most = max(1, int(self.rate.calls * share))
            ends = sorted(end_of(*row, now) for row in rows.values_list("began", "ended"))
            ends = [end for end in ends if end > now - period]
            if len(ends) >= most:
                free = max(free, ends[len(ends) - most] + period)
        return free

    def used(self) -> int:
        """Returns how many calls count now."""
        return len(self.ends(clock.now()))

    def ends(self, now: datetime) -> list[datetime]:
        """Returns when the calls ended that count now, the earliest first."""
        rows = counted(now - self.period).values_list("began", "ended")
        ends = sorted(end_of(*row, now) for row in rows)
        return [end for end in ends if end > now - self.period]

    def left(self) -> float:
        """Returns how many calls may be made now; infinity without a rate."""
        return inf if self.rate is None else max(0, self.rate.calls - self.used())

    def heed(self, limit: int, seconds: int, used: int) -> None:
        """Keeps to what the upstream tells of its rate, where that allows less than the budget's own.

        `limit` is the calls that it allows in so many seconds, and `used` those of them that are made.
        """
        if self.rate is None or not seconds or not limit:
            return
        if self.rate.seconds == seconds:
            self.count_elsewhere(used)
            self.rate = Rate(min(limit, self.rate.calls), seconds)
        elif limit * self.rate.seconds < self.rate.calls * seconds:
            self.rate = Rate(limit, seconds)
            self.count_elsewhere(used)

    def count_elsewhere(self, used: int) -> int:
        """Records as made now the calls that the upstream has counted and nobody here has made.

        `used` is the upstream's number; returns how many there were.
        """
        missing = max(0, used - self.used()) if self.rate else 0
        now = clock.now()
        UpstreamCall.objects.bulk_create(
            UpstreamCall(began=now, ended=now, path="", purpose=Purpose.ELSEWHERE) for _ in range(missing)
        )
        return missing


def counted(since: datetime) -> QuerySet[UpstreamCall]:
    """Returns the calls that may count against the rate: those that had not ended by `since`."""
    under_way = Q(ended=None, began__gt=since - longest_call())
    rows = UpstreamCall.objects.exclude(purpose=Purpose.THROTTLE)
    return rows.filter(under_way | Q(ended__gt=since) | Q(retry_at__gt=since))


def end_of(began: datetime, ended: datetime | None, now: datetime) -> datetime:
    """Returns when a call ended, for all that is known: one under way may do so from now on."""
    return ended or max(began, min(now, began + longest_call()))


def longest_call() -> timedelta:
    """Returns the time of the clock that a call takes at most."""
    return clock.stretched(timedelta(seconds=LONGEST_CALL))


def mend_future(now: datetime) -> None:
    """Dates calls back to now that are recorded after it: the clock was set back since they were made."""
    latest = now + timedelta(seconds=MOST_PATIENCE)
    late = UpstreamCall.objects.filter(Q(began__gt=latest) | Q(ended__gt=latest))
    if number := late.update(began=now, ended=now):
        logger.warning("The clock was set back: %d calls made later count as made now.", number)
    asked = now + LONGEST_RETRY
    UpstreamCall.objects.filter(retry_at__gt=asked).update(retry_at=asked)


def lock_calls(database: str) -> None:
    """Waits for the lock of those who reserve calls; SQLite has only one writer anyway."""
    if connections[database].vendor == "postgresql":
        with connections[database].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CALLS_LOCK])
