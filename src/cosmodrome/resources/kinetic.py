"""Records in the order of a duration that grows for some of them: what overtakes what, without asking again.

Those that grow alike keep their order among themselves for as long as the catalogue stays as it is, and so
do those that stand still.  A page is found where these runs meet at an instant: none of them is gone through.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice, repeat
from operator import sub
from typing import Any

from django.db import connection, models
from django.db.models import Q

from cosmodrome.time.accrual import accrual_columns, accrued
from cosmodrome.time.clock import EPOCH, MICROSECOND

ID = "i"
"""Array's word for the whole numbers that are ids: no column of ids holds more."""
NO_PACE = models.Value(None, output_field=models.IntegerField())

Ranked = tuple[int, int]
"""A number that is less for what comes first, and the id, by which equals are ordered."""
Moving = tuple[int, timedelta, datetime, int | None]
"""An id, and how its duration moves."""


class Run:
    """Records that keep their order: the rank of each grows by `speed` in a microsecond."""

    def __init__(self, speed: int, ranked: list[Ranked]) -> None:
        ranked.sort()
        self.speed = speed
        self.ranks = array("q", [rank for rank, _ in ranked])
        """What each rank would be at the epoch."""
        self.keys = array(ID, [key for _, key in ranked])

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return (self.ranks.itemsize + self.keys.itemsize) * len(self.keys)


@dataclass(frozen=True)
class Shifted:
    """A run at an instant: all its ranks are greater by `shift`."""

    run: Run
    shift: int

    def at(self, place: int) -> Ranked:
        """The record in a place."""
        return self.run.ranks[place] + self.shift, self.run.keys[place]

    def before(self, ranked: Ranked, low: int, high: int) -> int:
        """How many come before a record of any run, which are `low` at least and `high` at most."""
        ranks, rank = self.run.ranks, ranked[0] - self.shift
        first = bisect_left(ranks, rank, low, high)
        if first == high or ranks[first] != rank:
            return first
        return bisect_left(self.run.keys, ranked[1], first, bisect_right(ranks, rank, first, high))

    def begin(self, place: int) -> Iterator[Ranked]:
        """The records from a place on."""
        ranks, keys = self.run.ranks, self.run.keys
        for each in range(place, len(keys)):
            yield ranks[each] + self.shift, keys[each]


class InOrder(Sequence[int]):
    """The ids of several runs in their order at an instant, and of those whose rank is not known."""

    def __init__(self, runs: list[Shifted], unknown: Sequence[int], unknown_first: bool) -> None:
        self.runs = runs
        self.known = sum(len(each.run.keys) for each in runs)
        self.unknown = unknown
        self.before = len(unknown) if unknown_first else 0
        """How many unknown ones come first: all, or none."""

    def __len__(self) -> int:
        return self.known + len(self.unknown)

    def __getitem__(self, place: Any) -> Any:
        if not isinstance(place, slice):
            first = range(len(self))[place]
            return self[first : first + 1][0]
        start, stop, step = place.indices(len(self))
        if step != 1:
            return [self[each] for each in range(start, stop, step)]
        known = self.known_ones(max(start - self.before, 0), max(stop - self.before, 0))
        if self.before:
            return [*self.unknown[start:stop], *known]
        return [*known, *self.unknown[max(start - self.known, 0) : max(stop - self.known, 0)]]

    def known_ones(self, start: int, stop: int) -> list[int]:
        """Those from one place to another."""
        if start >= min(stop, self.known):
            return []
        ahead = zip(self.runs, self.places(start), strict=True)
        ranked = merge(*(each.begin(place) for each, place in ahead))
        return [key for _, key in islice(ranked, stop - start)]

    def places(self, count: int) -> list[int]:
        """How many of each run are among the first `count`."""
        lows, highs = [0] * len(self.runs), [len(each.run.keys) for each in self.runs]
        while lows != highs:
            spans = list(map(sub, highs, lows))
            widest = spans.index(max(spans))
            ranked = self.runs[widest].at(lows[widest] + spans[widest] // 2)
            before = list(map(Shifted.before, self.runs, repeat(ranked), lows, highs))
            if sum(before) < count:
                lows = before
                lows[widest] += 1
            else:
                highs = before
        return lows


class KineticOrder:
    """The order of `rows`, of which the ids are whole numbers, by the duration in a column."""

    def __init__(self, rows: models.QuerySet[Any], name: str, descending: bool, now: datetime) -> None:
        model: Any = rows.model
        since, *pace = accrual_columns(model, name)
        self.sign = -1 if descending else 1
        moves = Q(**{f"{name}__isnull": False, f"{since}__isnull": False})
        columns = ("pk", name, since, pace[0] if pace else NO_PACE)
        moving: list[Moving] = list(rows.filter(moves).order_by().values_list(*columns))
        standing = list(rows.exclude(moves).order_by("pk").values_list("pk", name))
        self.unknown = array(ID, [key for key, value in standing if value is None])
        self.later = [row for row in moving if row[2] > now]
        """Those that do not grow yet."""
        self.since = max((row[2] for row in moving if row[2] <= now), default=now)
        """From when on the others have all been growing."""
        alike: dict[int, list[Ranked]] = defaultdict(list)
        alike[0] = [(self.sign * in_microseconds(value), key) for key, value in standing if value is not None]
        for row in moving:
            if row[2] <= now:
                speed = self.sign * (1 if row[3] is None else row[3])
                begun = speed * in_microseconds(whole(row[2]) - EPOCH)
                alike[speed].append((self.sign * in_microseconds(row[1]) - begun, row[0]))
        self.runs = [Run(speed, ranked) for speed, ranked in alike.items() if ranked]

    def ids(self, now: datetime) -> Sequence[int]:
        """The ids in their order at an instant: equals by id, and unknown ones as if longest.

        Not to be asked for an instant before `since`.
        """
        passed = in_microseconds(whole(now) - EPOCH)
        runs = [Shifted(run, run.speed * passed) for run in self.runs]
        if self.later:
            runs.append(Shifted(Run(0, [self.ranked(row, now) for row in self.later]), 0))
        return InOrder(runs, self.unknown, unknown_first=self.sign < 0)

    def ranked(self, row: Moving, now: datetime) -> Ranked:
        """The rank of one record at an instant."""
        key, closed, since, pace = row
        value = accrued(closed, whole(since), whole(now), pace)
        return self.sign * in_microseconds(value or timedelta(0)), key

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        kept = sum(run.size for run in self.runs) + self.unknown.itemsize * len(self.unknown)
        return kept + 250 * len(self.later)


def whole(instant: datetime) -> datetime:
    """An instant as SQL has it: SQLite counts whole seconds."""
    return instant.replace(microsecond=0) if connection.vendor == "sqlite" else instant


def in_microseconds(span: timedelta) -> int:
    """A span of time as a number."""
    return span // MICROSECOND
