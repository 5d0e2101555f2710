"""The schedule: how often each resource is asked for, what that costs, and how old its copy gets at most.

What has changed in launches and events is asked for every hour, and more often near the net of a launch.
Everything else is swept, each resource so often that the next sweep ends before the last one is a day old.
Launches and events are swept as well, for what is gone, with the calls that are left.

Where the budget is too small for that, the schedule stretches: first the sweeps of launches and events, then
those of everything else, and the questions for changes only where they took more than three fifths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil

from cosmodrome.access.rates import Rate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SPARE = 6
"""One of so many calls is left for readers and for calls that are made again."""
MOST_FOR_CHANGES = 0.6
"""The part of the other calls that questions for changes take at most."""
WINDOW = 8 * HOUR
"""The time in which the calls that are left for sweeps are counted, at its busiest."""
REST = 1.15
"""The interval of sweeps is at least so many times as long as a sweep of everything takes."""
AHEAD = timedelta(days=7)
"""For so long the launches to come are looked at, for how busy it gets."""
NO_RATE = Rate(10_000, 3600)
"""The rate that is planned with if there is none."""


@dataclass(frozen=True)
class Near:
    """The time around the net of a launch in which changes are asked for more often."""

    before: timedelta
    after: timedelta
    every: timedelta


NEAR = (Near(HOUR, HOUR, timedelta(minutes=10)), Near(24 * HOUR, 3 * HOUR, timedelta(minutes=30)))
"""The nearest first."""
OTHERWISE = HOUR
"""The interval of questions for changes at any other time."""
UNKNOWN_LAUNCH = 12
"""The calls for one more launch, which nobody knows of yet, within the window."""


@dataclass(frozen=True)
class Schedule:
    """How often each resource is asked for, at a rate."""

    rate: Rate
    sweeps: Mapping[str, int]
    """The resources that are only swept, with the calls of a sweep, in the order of the plan."""
    changing: Mapping[str, int]
    """Those that tell their changes, with the calls of a sweep."""
    nets: tuple[datetime, ...]
    """When launches fly that are known, and known to the hour; sorted."""
    since: datetime
    """The instant from which on it is looked how busy it gets."""

    @property
    def period(self) -> timedelta:
        """The period of the rate."""
        return timedelta(seconds=self.rate.seconds)

    @property
    def usable(self) -> int:
        """The calls of a period that the schedule takes at most."""
        return self.rate.calls - self.rate.calls // SPARE

    def in_time(self, time: timedelta) -> float:
        """Returns the calls that the schedule can take in a time."""
        return self.usable * (time / self.period)

    @cached_property
    def factor(self) -> float:
        """The number by which the intervals of questions for changes are multiplied; 1 where all fit."""
        busiest = sum(self.period / self.shortest(path) for path in self.changing)
        return max(1.0, busiest / (MOST_FOR_CHANGES * self.usable))

    @staticmethod
    def shortest(path: str) -> timedelta:
        """Returns the shortest interval of questions for changes of a resource."""
        return NEAR[0].every if path == "launches" else OTHERWISE

    def every(self, path: str, at: datetime) -> timedelta:
        """Returns the interval of questions for changes at an instant."""
        near = NEAR if path == "launches" else ()
        found = next((each.every for each in near if self.is_near(each, at)), OTHERWISE)
        return found * self.factor

    def is_near(self, near: Near, at: datetime) -> bool:
        """Whether an instant is near the net of some launch."""
        return any(net - near.before <= at < net + near.after for net in self.nets)

    def next_question(self, path: str, asked: datetime) -> datetime:
        """Returns when changes are to be asked for next, if they were asked for at an instant."""
        latest = asked + OTHERWISE * self.factor
        for near in NEAR if path == "launches" else ():
            earliest = asked + near.every * self.factor
            for net in self.nets:
                if max(earliest, net - near.before) < net + near.after:
                    latest = min(latest, max(earliest, net - near.before))
        return latest

    def questions(self, path: str, since: datetime, until: datetime) -> float:
        """Returns how many questions for changes there are between two instants."""
        return sum((end - begin) / self.every(path, begin) for begin, end in self.pieces(since, until))

    def pieces(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yields the times between two instants in which the intervals stay the same."""
        edges = {edge for near in NEAR for net in self.nets for edge in (net - near.before, net + near.after)}
        inner = sorted(edge for edge in edges if since < edge < until)
        yield from zip([since, *inner], [*inner, until], strict=True)

    def most_questions(self, path: str, window: timedelta) -> float:
        """Returns how many questions for changes there are in any window at most, with one more launch."""
        begins = [begin for begin, _ in self.pieces(self.since, self.since + AHEAD)]
        most = max(self.questions(path, begin, begin + window) for begin in begins)
        more = UNKNOWN_LAUNCH if path == "launches" else 0
        return min(most + more / self.factor, window / (self.shortest(path) * self.factor))

    def all_questions(self, window: timedelta) -> float:
        """Returns the same of all resources."""
        return sum(self.most_questions(path, window) for path in self.changing)

    @property
    def calls_of_sweeps(self) -> int:
        """The calls of one sweep of all that is only swept."""
        return sum(self.sweeps.values())

    @cached_property
    def longest_sweep(self) -> timedelta:
        """The time in which a sweep of all that is only swept ends, though all begin at once."""
        window = max(WINDOW, self.period)
        left = self.in_time(window) - self.all_questions(window)
        return whole_hours(window * max(1.0, self.calls_of_sweeps / left) + self.period)

    @cached_property
    def promise(self) -> timedelta:
        """The age of what is only swept, at most."""
        return max(DAY, whole_hours((1 + REST) * self.longest_sweep))

    @property
    def sweep_every(self) -> timedelta:
        """The interval between the beginnings of two sweeps of one resource."""
        return self.promise - self.longest_sweep

    @cached_property
    def questions_a_day(self) -> float:
        """The questions for changes in a day, at most."""
        return self.all_questions(DAY)

    @property
    def sweeps_a_day(self) -> float:
        """The calls in a day for what is only swept."""
        return self.calls_of_sweeps * (DAY / self.sweep_every)

    @cached_property
    def time_of_rereading(self) -> timedelta:
        """The time that a sweep of launches and events takes, with the calls that are left."""
        left = self.in_time(DAY) - self.questions_a_day - self.sweeps_a_day
        least = self.in_time(DAY) / 20  # the rest of the sweeps leaves more than that
        return DAY * (sum(self.changing.values()) / max(left, least))

    @cached_property
    def reread_every(self) -> timedelta:
        """The interval of sweeps of launches and events: they give way before the other sweeps do."""
        return max(self.promise, whole_hours(self.time_of_rereading))

    @property
    def rereads_a_day(self) -> float:
        """The calls in a day for sweeps of launches and events."""
        return sum(self.changing.values()) * (DAY / self.reread_every)

    @property
    def calls_a_day(self) -> float:
        """All calls in a day, at most."""
        return self.questions_a_day + self.sweeps_a_day + self.rereads_a_day

    @property
    def every_otherwise(self) -> timedelta:
        """The interval of questions for changes at most times."""
        return OTHERWISE * self.factor

    @property
    def every_near(self) -> timedelta:
        """The interval of questions for changes of launches, when one is nearest."""
        return NEAR[0].every * self.factor

    @property
    def promise_of_changes(self) -> timedelta:
        """The age of the changes of launches and events, at most: a question may have to wait for a call.

        As long as all questions fit, calls are kept free for them, so that only an attempt that fails delays.
        """
        return self.every_otherwise + (min(HOUR, self.period) / 4 if self.factor == 1 else self.period)

    @cached_property
    def promise_of_rereading(self) -> timedelta:
        """The time after which what is gone upstream is gone here, at most."""
        return whole_hours(self.reread_every + self.longest_sweep + self.time_of_rereading)

    def promise_of(self, path: str) -> timedelta:
        """Returns the age of a resource, at most."""
        return self.promise_of_changes if path in self.changing else self.promise


def whole_hours(time: timedelta) -> timedelta:
    """Returns a time, rounded up to hours."""
    return ceil(time / HOUR) * HOUR
