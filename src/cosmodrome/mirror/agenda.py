"""The agenda: which call of a schedule comes next, for what is known of each resource and of the calls made.

Questions for changes come first, then the sweep whose deadline is nearest; sweeps leave the calls free that
questions of the next period need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from cosmodrome.mirror.freshness import current_as_of
from cosmodrome.mirror.schedule import HOUR, Schedule
from cosmodrome.time.clock import EPOCH


class Rank(IntEnum):
    """Which of the calls that are due is made first."""

    CHANGES = 0
    SWEEP = 1
    REREADING = 2


@dataclass(frozen=True)
class Work:
    """A question to the upstream: for the changes of a resource, or for all of it."""

    path: str
    is_refresh: bool


@dataclass(frozen=True)
class Due:
    """When a work is to be done."""

    work: Work
    rank: Rank
    at: datetime
    deadline: datetime
    """The end by which it should be: the one with the nearest comes first."""


@dataclass(frozen=True)
class Known:
    """How far the copy of a resource has come."""

    complete_as_of: datetime | None = None
    """When the last consistent sweep began; None before there was one."""
    refreshed_as_of: datetime | None = None
    """Up to when changes are known; None if they were never asked for."""

    @property
    def current_as_of(self) -> datetime | None:
        """The instant up to which the copy is current; None before it is whole."""
        return current_as_of(self.complete_as_of, self.refreshed_as_of)


class Agenda:
    """The works that are due, and when, as of one moment."""

    def __init__(
        self,
        schedule: Schedule,
        known: Mapping[str, Known],
        not_before: Callable[[Work], datetime] = lambda _: EPOCH,
    ) -> None:
        """`known` has the resources by path, and `not_before` the instants until which works are put off."""
        self.schedule = schedule
        self._not_before = not_before
        paths = (*schedule.sweeps, *schedule.changing)
        self.dues = [due for path in paths for due in dues_of(path, schedule, known.get(path, Known()))]

    def ready_at(self, due: Due) -> datetime:
        """Returns when a work can be done."""
        return max(due.at, self._not_before(due.work))

    def next(self, now: datetime, ends: Sequence[datetime] | None) -> Work | None:
        """Returns what to do now; None if nothing is due, or calls have to be kept for what is more urgent.

        `ends` are those of the calls that count against the rate; None without a rate.
        """
        ready = [due for due in self.dues if self.ready_at(due) <= now]
        best = min(ready, key=lambda due: (due.rank, due.deadline), default=None)
        if best is None or best.rank is Rank.CHANGES or ends is None or self.may_sweep(now, ends):
            return best.work if best else None
        return None

    def may_sweep(self, now: datetime, ends: Sequence[datetime]) -> bool:
        """Whether a call for a sweep leaves enough for the questions of the period that begins now."""
        usable = max(1, self.schedule.usable)
        frees = [end + self.schedule.period for end in ends]
        made = len(frees) + 1
        questions = sorted(self.questions(now))
        if made > usable or usable < len(questions) + 1:
            return made <= usable
        return all(
            made - sum(free <= at for free in frees) + number <= usable
            for number, at in enumerate(questions, start=1)
        )

    def questions(self, now: datetime) -> Iterator[datetime]:
        """Yields when changes will be asked for within the period that begins now."""
        for due in self.dues:
            if due.rank is Rank.CHANGES:
                at = max(due.at, now)
                while at < now + self.schedule.period:
                    yield at
                    at = self.schedule.next_question(due.work.path, at)

    def wake(self, now: datetime, ends: Sequence[datetime] | None) -> datetime:
        """Returns when to look again: something is due, or a call that counts does so no longer."""
        to_come = [at for due in self.dues if (at := self.ready_at(due)) > now]
        frees = [end + self.schedule.period for end in (ends or ())]
        return min((at for at in (*to_come, *frees) if at > now), default=now + HOUR)

    def next_dues(self) -> dict[str, datetime]:
        """Returns when each resource is asked for next, by path; those that were never read are left out."""
        found: dict[str, datetime] = {}
        for due in self.dues:
            at = self.ready_at(due)
            if at > EPOCH:
                found[due.work.path] = min(at, found.get(due.work.path, at))
        return found


def dues_of(path: str, schedule: Schedule, known: Known) -> Iterator[Due]:
    """Yields when a resource is to be asked for its changes, and when it is to be swept."""
    complete, current = known.complete_as_of, known.current_as_of
    is_changing = path in schedule.changing
    rank = Rank.REREADING if is_changing else Rank.SWEEP
    if complete is None or current is None:
        yield Due(Work(path, False), rank, EPOCH, EPOCH)
        return
    if is_changing:
        at = schedule.next_question(path, current)
        yield Due(Work(path, True), Rank.CHANGES, at, at)
    every = schedule.reread_every if is_changing else schedule.sweep_every
    longest: timedelta = schedule.promise_of_rereading if is_changing else schedule.promise
    yield Due(Work(path, False), rank, complete + every, complete + longest)
