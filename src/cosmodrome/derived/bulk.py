"""Derived values that are computed for one row by a subquery, and for all rows of a table in one statement.

A change of a few rows needs a subquery for each row and value; to derive a whole catalogue that way takes
minutes.  For all rows, counters are grouped, and values that depend on an order come from one pass through
the parts in that order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from cosmodrome.derived.aggregates import subquery_count
from cosmodrome.derived.registry import BulkValues, Expression, Instant, outer


class JoinedInstant(Instant):
    """An instant in a statement over the parts, where a column of the row stands at the end of their path."""

    def in_subquery(self, depth: int = 1) -> Any:
        del depth  # there are no subqueries
        return self.in_row()


@dataclass(frozen=True)
class PartRows:
    """The parts of a row: the rows of `table` that count at an instant, and a path from there to the row."""

    table: type[models.Model]
    path: str
    happened: Callable[[Instant, int], Q]
    """The condition that a part counts at an instant, for use within so many subqueries."""

    def of_row(self, at: Instant, depth: int = 1) -> models.QuerySet[Any]:
        """The parts of the outer row."""
        own: dict[str, Any] = {self.path: outer("pk", depth)}
        return self.table._default_manager.filter(self.happened(at, depth), **own)


@dataclass(frozen=True)
class BulkCount:
    """The number of parts that meet a condition; parts with the same column `distinct` count once."""

    parts: PartRows
    condition: Q = Q()  # noqa: RUF009 - never changed
    distinct: str = ""
    includes_known = False

    def __call__(self, at: Instant) -> Expression:
        """The count for each row by itself."""
        return subquery_count(self.parts.of_row(at).filter(self.condition), self.distinct)

    @property
    def group(self) -> Hashable:
        return self.parts.table, self.parts.path

    def compute(
        self, several: Mapping[str, BulkCount], at: Instant, compared: Collection[str]
    ) -> dict[str, BulkValues]:
        path = self.parts.path
        read, now = JoinedInstant(f"{path}__totals_read_at"), JoinedInstant(at.moment)
        counts = {(column, now): each.count(now) for column, each in several.items()}
        counts |= {(column, read): several[column].count(read) for column in several if column in compared}
        rows = self.parts.table._default_manager.order_by().values(key=F(path))
        names = {f"count_{place}": count for place, count in enumerate(counts.values())}
        found: dict[Any, dict[Any, int]] = {each: {} for each in counts}
        for key, *numbers in rows.annotate(**names).values_list("key", *names):
            for into, amount in zip(found.values(), numbers, strict=True):
                into[key] = amount
        return {
            column: BulkValues(found[column, now], found.get((column, read), {}), 0) for column in several
        }

    def count(self, at: Instant) -> Count:
        """The aggregate over all parts."""
        happened = self.parts.happened(at, 0)
        return Count(self.distinct or "pk", filter=happened & self.condition, distinct=bool(self.distinct))


@dataclass(frozen=True)
class ConsecutiveCount:
    """The number of successes since the last failure, in the order of the column `when`, then of ids."""

    parts: PartRows
    success: Q
    failure: Q
    when: str
    includes_known = False

    def __call__(self, at: Instant) -> Expression:
        """The count for each row by itself."""
        when, parts = self.when, self.parts
        later = Q(**{f"{when}__gt": OuterRef(when)}) | Q(**{when: OuterRef(when), "pk__gt": OuterRef("pk")})
        failures, successes = (parts.of_row(at, 2).filter(each) for each in (self.failure, self.success))
        last = Subquery(failures.order_by(f"-{when}", "-pk").values("pk")[:1])
        # The last failure is joined by its id: a count that is annotated on rows that are sorted is computed
        # for every row of them, also for those that `[:1]` leaves out.
        last_failure = parts.table._default_manager.filter(pk=last)
        since = last_failure.annotate(since=subquery_count(successes.filter(later)))
        never_failed = subquery_count(parts.of_row(at).filter(self.success))
        return Coalesce(Subquery(since.values("since")), never_failed)

    @property
    def group(self) -> Hashable:
        return self

    def compute(
        self, several: Mapping[str, ConsecutiveCount], at: Instant, compared: Collection[str]
    ) -> dict[str, BulkValues]:
        del compared  # no published value is compared with this one
        parts = self.parts.table._default_manager.filter(self.parts.happened(JoinedInstant(at.moment), 0))
        outcome = Case(When(self.success, then=True), When(self.failure, then=False), default=None)
        outcome.output_field = models.BooleanField(null=True)
        found: dict[Any, int] = {}
        in_order = parts.annotate(outcome=outcome).order_by(self.when, "pk")
        for key, succeeded in in_order.values_list(self.parts.path, "outcome").iterator():
            if succeeded is not None:
                found[key] = found.get(key, 0) + 1 if succeeded else 0
        return dict.fromkeys(several, BulkValues(found, default=0))


@dataclass(frozen=True)
class SinglePass:
    """Several values of a table that one pass through the parts of all rows computes."""

    compute_all: Callable[[Any], dict[str, BulkValues]]
    """Computes all of the values at an instant, by column."""
    includes_known = True

    @property
    def group(self) -> Hashable:
        return self.compute_all

    def compute(
        self, several: Mapping[str, SinglePass], at: Instant, compared: Collection[str]
    ) -> dict[str, BulkValues]:
        del compared  # `compute_all` always computes the values at the reading too
        found = self.compute_all(at.moment)
        return {column: found[column] for column in several}
