"""Records ordered by a duration that grows for some of them: the order at any instant, without a query.

Records that grow at the same pace keep their order among themselves until the catalogue changes, and so do
those that do not grow: each such group is a sorted run.  A page at an instant is found by bisection over the
runs, without going through any of them.
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
"""The type code of arrays of ids: 32 bits, as in the columns of ids."""
NO_PACE = models.Value(None, output_field=models.IntegerField())

RankedId = tuple[int, int]
"""A rank, which is smaller for what comes first, and the id, by which equal ranks are ordered."""
AccruingRow = tuple[int, timedelta, datetime, int | None]
"""An id, its closed duration, the instant since which it grows, and its pace."""


class Run:
    """Records that keep their order: every rank grows by `speed` in a microsecond."""

    def __init__(self, speed: int, ranked: list[RankedId]) -> None:
        ranked.sort()
        self.speed = speed
        self.ranks = array("q", [rank for rank, _ in ranked])
        """The ranks at the epoch, extrapolated."""
        self.keys = array(ID, [key for _, key in ranked])

    @property
    def size(self) -> int:
        """Bytes that it takes, approximately."""
        return (self.ranks.itemsize + self.keys.itemsize) * len(self.keys)


@dataclass(frozen=True)
class ShiftedRun:
    """A run at an instant: its ranks at the epoch, plus `shift`."""

    run: Run
    shift: int

    def at(self, place: int) -> RankedId:
        """Returns the record at a place."""
        return self.run.ranks[place] + self.shift, self.run.keys[place]

    def before(self, ranked: RankedId, low: int, high: int) -> int:
        """Returns how many of its records come before a record of any run: from `low` to `high`."""
        ranks, rank = self.run.ranks, ranked[0] - self.shift
        first = bisect_left(ranks, rank, low, high)
        if first == high or ranks[first] != rank:
            return first
        return bisect_left(self.run.keys, ranked[1], first, bisect_right(ranks, rank, first, high))

    def begin(self, place: int) -> Iterator[RankedId]:
        """Yields the records from a place on."""
        ranks, keys = self.run.ranks, self.run.keys
        for each in range(place, len(keys)):
            yield ranks[each] + self.shift, keys[each]


class MergedRuns(Sequence[int]):
    """The ids of several runs, in their order at an instant, with the ids whose duration is unknown."""

    def __init__(self, runs: list[ShiftedRun], unknown: Sequence[int], unknown_first: bool) -> None:
        self.runs = runs
        self.known = sum(len(each.run.keys) for each in runs)
        self.unknown = unknown
        self.before = len(unknown) if unknown_first else 0
        """How many unknown ids come first: all, or none."""

    def __len__(self) -> int:
        return self.known + len(self.unknown)

    def __getitem__(self, place: Any) -> Any:
        if not isinstance(place, slice):
            first = range(len(self))[place]
            return self[first : first + 1][0]
        start, stop, step = place.indices(len(self))
        if step != 1:
            return [self[each] for each in range(start, stop, step)]
        known = self.known_ids(max(start - self.before, 0), max(stop - self.before, 0))
        if self.before:
            return [*self.unknown[start:stop], *known]
        return [*known, *self.unknown[max(start - self.known, 0) : max(stop - self.known, 0)]]

    def known_ids(self, start: int, stop: int) -> list[int]:
        """Returns the ids of known rank from one place to another."""
        if start >= min(stop, self.known):
            return []
        ahead = zip(self.runs, self.places(start), strict=True)
        ranked = merge(*(each.begin(place) for each, place in ahead))
        return [key for _, key in islice(ranked, stop - start)]

    def places(self, count: int) -> list[int]:
        """Returns how many records of each run are among the first `count`, by bisection over all runs."""
        lows, highs = [0] * len(self.runs), [len(each.run.keys) for each in self.runs]
        while lows != highs:
            spans = list(map(sub, highs, lows))
            widest = spans.index(max(spans))
            ranked = self.runs[widest].at(lows[widest] + spans[widest] // 2)
            before = list(map(ShiftedRun.before, self.runs, repeat(ranked), lows, highs))
            if sum(before) < count:
                lows = before
                lows[widest] += 1
            else:
                highs = before
        return lows


class KineticOrder:
    """The order of `rows`, whose ids are whole numbers, by the duration in a column."""

    def __init__(self, rows: models.QuerySet[Any], name: str, descending: bool, now: datetime) -> None:
        model: Any = rows.model
        since, *pace = accrual_columns(model, name)
        self.sign = -1 if descending else 1
        grows = Q(**{f"{name}__isnull": False, f"{since}__isnull": False})
        columns = ("pk", name, since, pace[0] if pace else NO_PACE)
        accruing: list[AccruingRow] = list(rows.filter(grows).order_by().values_list(*columns))
        fixed = list(rows.exclude(grows).order_by("pk").values_list("pk", name))
        self.unknown = array(ID, [key for key, value in fixed if value is None])
        self.later = [row for row in accruing if row[2] > now]
        """The rows that do not grow yet."""
        self.since = max((row[2] for row in accruing if row[2] <= now), default=now)
        """The instant since which all other accruing rows have been growing."""
        by_speed: dict[int, list[RankedId]] = defaultdict(list)
        by_speed[0] = [(self.sign * microseconds(value), key) for key, value in fixed if value is not None]
        for row in accruing:
            if row[2] <= now:
                speed = self.sign * (1 if row[3] is None else row[3])
                before = speed * microseconds(in_sql(row[2]) - EPOCH)
                by_speed[speed].append((self.sign * microseconds(row[1]) - before, row[0]))
        self.runs = [Run(speed, ranked) for speed, ranked in by_speed.items() if ranked]

    def ids(self, now: datetime) -> Sequence[int]:
        """Returns the ids in their order at an instant: equal ones by id, unknown ones as if longest.

        Valid for instants from `since` on.
        """
        passed = microseconds(in_sql(now) - EPOCH)
        runs = [ShiftedRun(run, run.speed * passed) for run in self.runs]
        if self.later:
            runs.append(ShiftedRun(Run(0, [self.ranked(row, now) for row in self.later]), 0))
        return MergedRuns(runs, self.unknown, unknown_first=self.sign < 0)

    def ranked(self, row: AccruingRow, now: datetime) -> RankedId:
        """Returns the rank of one record at an instant."""
        key, closed, since, pace = row
        value = accrued(closed, in_sql(since), in_sql(now), pace)
        return self.sign * microseconds(value or timedelta(0)), key

    @property
    def size(self) -> int:
        """Bytes that it takes, approximately."""
        arrays = sum(run.size for run in self.runs) + self.unknown.itemsize * len(self.unknown)
        return arrays + 250 * len(self.later)


def in_sql(instant: datetime) -> datetime:
    """Returns an instant as `Accrued` computes with it in SQL: SQLite counts whole seconds."""
    return instant.replace(microsecond=0) if connection.vendor == "sqlite" else instant


def microseconds(span: timedelta) -> int:
    """Returns a duration as a number of microseconds."""
    return span // MICROSECOND
