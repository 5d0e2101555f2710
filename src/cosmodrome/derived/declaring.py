"""What a derived value is: an expression that computes it in SQL for all rows of a table, at any instant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from inspect import getdoc
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from cosmodrome.engine.columns import PublishedTotals
from cosmodrome.engine.moving import Moved

Expression = Combinable | models.Q


@dataclass(frozen=True)
class Instant:
    """When a value is asked for: `Instant(now)`, or `Instant("totals_read_at")`, which is each row's own."""

    moment: datetime | str

    def in_row(self) -> Combinable:
        """As an expression of the row whose value is asked for."""
        return self._within(0)

    def in_parts(self, depth: int = 1) -> Combinable:
        """As an expression of a subquery over parts of the row, or of one within that: `depth` 2."""
        return self._within(depth)

    def _within(self, depth: int) -> Combinable:
        if isinstance(self.moment, datetime):
            return models.Value(self.moment, output_field=models.DateTimeField())
        expression: Any = self.moment
        for _ in range(depth):
            expression = models.OuterRef(expression)
        return models.F(expression) if depth == 0 else expression


READ = Instant("totals_read_at")
"""The moment at which a row's published totals were read; null while there are none."""


@dataclass(frozen=True)
class Derived:
    """A value of a table that is computed from other rows."""

    table: type[models.Model]
    column: str
    """The column that holds the value as published."""
    says: str
    """What it counts, from what, in which unit, and what null means."""
    value: Callable[[Instant], Expression]
    parts_known: Callable[[Instant], Expression] | None
    pace: Callable[[Instant], Expression] | None = None
    """By how many seconds the value, a duration, grows in a second from then on; None: it never does."""

    @property
    def name(self) -> str:
        """`Spacecraft.flights_count`."""
        return f"{self.table.__name__}.{self.column}"

    def published(self, at: Instant) -> Expression:
        """The value as published, which may have moved on until `at`."""
        since = f"{self.column}_since"
        if since in {column.name for column in self.table._meta.concrete_fields}:
            return Moved(self.column, since, at.in_row())
        return as_published(self.column)

    def known(self, at: Instant) -> Expression:
        """Whether enough parts are in the catalogue to compute the value.

        Parts come without a count of their own.  Where nothing better is declared, what has been loaded is
        taken for all there is if it amounts to no less than what was published, at the moment of that.
        Never known where nothing was published.
        """
        if self.parts_known:
            return self.parts_known(at)
        return amounts_to(self.value(READ), self.published(READ))

    def rows(self, at: Instant) -> models.QuerySet[Any]:
        """The table's rows with `derived`, `published` and `known`."""
        known = models.Case(models.When(self.known(at), then=True), default=False)
        return self.table._default_manager.annotate(
            derived=self.value(at), published=self.published(at), known=known
        )

    @property
    def is_total(self) -> bool:
        """Whether the table tells at which moment its values were published."""
        return issubclass(self.table, PublishedTotals)


DERIVED: dict[str, Derived] = {}
"""All of them, by name."""


def derived(
    table: type[models.Model],
    column: str,
    known: Callable[[Instant], Expression] | None = None,
    pace: Callable[[Instant], Expression] | None = None,
) -> Callable[[Callable[[Instant], Expression]], Derived]:
    """Declares a value by the function that makes its expression; the function's docstring is its meaning."""

    def declare(value: Callable[[Instant], Expression]) -> Derived:
        table._meta.get_field(column)
        declared = Derived(table, column, getdoc(value) or "", value, known, pace)
        DERIVED[declared.name] = declared
        return declared

    return declare


PARTS: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {}
"""By table: the tables that its derived values are made of, each with the path from such a row to the row
whose values change with it."""

HAPPENINGS: dict[type[models.Model], tuple[str, ...]] = {}
"""By table: the columns that say when something happens by which derived values change."""


def made_of(table: type[models.Model], *parts: tuple[type[models.Model], str]) -> None:
    """Declares what derived values hang on: `made_of(Spacecraft, (SpacecraftFlight, "spacecraft"))`.

    With the path `""`, a row of `table` hangs on itself: on its own columns beside the published ones.
    """
    PARTS.setdefault(table, []).extend(parts)


def happens(table: type[models.Model], *columns: str) -> None:
    """Declares when something happens: `happens(DockingEvent, "docking", "departure")`."""
    HAPPENINGS[table] = columns


def as_published(column: str) -> Combinable:
    """A column of the row as it was published, whatever is served in its place."""
    return models.F(column)


def amounts_to(derived: Expression, published: Expression) -> models.Q:
    """Whether what is derived is no less than what is published; false where either is null."""
    return models.Q(Coalesce(GreaterThanOrEqual(derived, published), models.Value(False)))
