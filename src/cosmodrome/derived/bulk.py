"""Values that are found for one row by themselves, and for all rows of a table together, in one go.

A subquery for each row and value is what a change of a few rows needs; to derive a whole catalogue that way
takes minutes.  Counters are grouped then, and what hangs on an order is told by a pass through the parts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from cosmodrome.derived.aggregates import number
from cosmodrome.derived.registry import Expression, Found, Instant, outer


class Joined(Instant):
    """An instant in a statement over the parts: an instant of the row stands at the end of their path."""

    def batches(self, depth: int = 1) -> Any:
        del depth  # there are no subqueries
        return self.in_row()


@dataclass(frozen=True)
class Parts:
    """The parts of a row: what has happened of a table, with the row at the end of a path from there."""

    table: type[models.Model]
    path: str
    happened: Callable[[Instant, int], Q]
    """Whether it has at an instant, within so many subqueries."""

    def of_row(self, at: Instant, depth: int = 1) -> models.QuerySet[Any]:
        """Those of the outer row."""
        own: dict[str, Any] = {self.path: outer("pk", depth)}
        return self.table._default_manager.filter(self.happened(at, depth), **own)


@dataclass(frozen=True)
class Counted:
    """How many parts there are of which a condition holds; of several with the same column `of`, one."""

    parts: Parts
    which: Q = Q()  # noqa: RUF009 - never changed
    of: str = ""
    whole = False

    def __call__(self, at: Instant) -> Expression:
        """For each row by itself."""
        return number(self.parts.of_row(at).filter(self.which), self.of)

    @property
    def group(self) -> Hashable:
        return self.parts.table, self.parts.path

    def find(
        self, several: Mapping[str, Counted], at: Instant, rested_on: Collection[str]
    ) -> dict[str, Found]:
        path = self.parts.path
        read, now = Joined(f"{path}__totals_read_at"), Joined(at.moment)
        counts = {(column, now): each.count(now) for column, each in several.items()}
        counts |= {(column, read): several[column].count(read) for column in several if column in rested_on}
        rows = self.parts.table._default_manager.order_by().values(key=F(path))
        names = {f"count_{place}": count for place, count in enumerate(counts.values())}
        found: dict[Any, dict[Any, int]] = {each: {} for each in counts}
        for key, *numbers in rows.annotate(**names).values_list("key", *names):
            for into, amount in zip(found.values(), numbers, strict=True):
                into[key] = amount
        return {column: Found(found[column, now], found.get((column, read), {}), 0) for column in several}

    def count(self, at: Instant) -> Count:
        """Over all parts."""
        return Count(self.of or "pk", filter=self.parts.happened(at, 0) & self.which, distinct=bool(self.of))


@dataclass(frozen=True)
class InARow:
    """How many successes there are since the last failure, in the order of the column `when`, then of ids."""

    parts: Parts
    success: Q
    failure: Q
    when: str
    whole = False

    def __call__(self, at: Instant) -> Expression:
        """For each row by itself."""
        when, parts = self.when, self.parts
        later = Q(**{f"{when}__gt": OuterRef(when)}) | Q(**{when: OuterRef(when), "pk__gt": OuterRef("pk")})
        failures, successes = (parts.of_row(at, 2).filter(each) for each in (self.failure, self.success))
        last = Subquery(failures.order_by(f"-{when}", "-pk").values("pk")[:1])
        # Found by its id: what is counted for a row that is sorted is counted for each not taken, too.
        since = parts.table._default_manager.filter(pk=last).annotate(since=number(successes.filter(later)))
        return Coalesce(Subquery(since.values("since")), number(parts.of_row(at).filter(self.success)))

    @property
    def group(self) -> Hashable:
        return self

    def find(
        self, several: Mapping[str, InARow], at: Instant, rested_on: Collection[str]
    ) -> dict[str, Found]:
        del rested_on  # nothing does
        parts = self.parts.table._default_manager.filter(self.parts.happened(Joined(at.moment), 0))
        went = Case(When(self.success, then=True), When(self.failure, then=False), default=None)
        went.output_field = models.BooleanField(null=True)
        found: dict[Any, int] = {}
        in_order = parts.annotate(went=went).order_by(self.when, "pk").values_list(self.parts.path, "went")
        for key, succeeded in in_order.iterator():
            if succeeded is not None:
                found[key] = found.get(key, 0) + 1 if succeeded else 0
        return dict.fromkeys(several, Found(found, without=0))


@dataclass(frozen=True)
class Pass:
    """Values of a table that are told by going through the parts of all rows once."""

    through: Callable[[Any], dict[str, Found]]
    """Finds all of them, by column."""
    whole = True

    @property
    def group(self) -> Hashable:
        return self.through

    def find(self, several: Mapping[str, Pass], at: Instant, rested_on: Collection[str]) -> dict[str, Found]:
        del rested_on  # all is asked for
        found = self.through(at.moment)
        return {column: found[column] for column in several}
