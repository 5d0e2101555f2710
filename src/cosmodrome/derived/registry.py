"""What a derived value is: an expression that computes it in SQL for all rows of a table, at any instant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from inspect import getdoc
from typing import Any, Protocol

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual

from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time import accrual as moving
from cosmodrome.time.accrual import Accrued

Expression = Combinable | models.Q


@dataclass(frozen=True)
class Instant:
    """When a value is asked for: `Instant(now)`, or `Instant("totals_read_at")`, which is each row's own."""

    moment: datetime | str | models.Value

    def in_row(self) -> Combinable:
        """As an expression of the row whose value is asked for."""
        return self._within(0)

    def batches(self, depth: int = 1) -> Combinable:
        """As an expression of a subquery over parts of the row, or of one within that: `depth` 2."""
        return self._within(depth)

    def _within(self, depth: int) -> Combinable:
        if isinstance(self.moment, datetime):
            return models.Value(self.moment, output_field=models.DateTimeField())
        if isinstance(self.moment, models.Value):
            return self.moment
        expression: Combinable = outer(self.moment, depth)
        return expression


def outer(column: str, depth: int) -> Any:
    """A column of the row whose value is asked for, as `depth` subqueries within each other name it."""
    expression: Any = column
    for _ in range(depth):
        expression = models.OuterRef(expression)
    return expression if depth else models.F(column)


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
    parts_known: Callable[[Instant], Expression]
    pace: Callable[[Instant], Expression] | None = None
    """By how many seconds the value, a duration, grows in a second from then on; None: it never does."""
    in_bulk: Callable[[Instant], Expression] | None = None
    """The same value by a window over the table: all rows at once, where `value` would count anew for each.

    Windows see only the rows that the query leaves, so it is wrong as soon as rows are filtered before.
    None: `value` is as good for all.
    """
    together: Together | None = None
    """The same value for all rows at once, with others, where no expression is as fast."""
    daily: bool = False
    """Whether the value may be another with each day (UTC), though nothing happens: it hangs on dates."""

    @property
    def name(self) -> str:
        """`Spacecraft.flights_count`."""
        return f"{self.table.__name__}.{self.column}"

    @cached_property
    def attribute(self) -> str:
        """The attribute of a row that holds the value: the column, or of a pointer its id."""
        return self.table._meta.get_field(self.column).attname  # type: ignore[union-attr] # it is a column

    def published(self, at: Instant) -> Expression:
        """The value as published, which may have moved on until `at`."""
        if accrual_columns(self):
            return Accrued(at.in_row(), *map(as_published, (self.column, *accrual_columns(self))))
        return as_published(self.column)

    def known(self, at: Instant, in_bulk: bool = False) -> models.Q:
        """Whether enough parts are in the catalogue to compute the value; `in_bulk` as in `rows`.

        Parts come without a count of their own.  Where nothing better is declared, what has been loaded is
        taken for all there is if it amounts to no less than what was published, at the moment of that.
        Never known where nothing was published.
        """
        enough = self.parts_known
        parts = enough.holds(in_bulk) if isinstance(enough, Amounting) else enough(at)
        return models.Q(parts, totals_read_at__isnull=False) if self.is_total else models.Q(parts)

    def computed(self, at: Instant, in_bulk: bool) -> Expression:
        """The value, by a window where it has one and `in_bulk` allows for it."""
        return self.in_bulk(at) if in_bulk and self.in_bulk else self.value(at)

    def rows(self, at: Instant, in_bulk: bool = True) -> models.QuerySet[Any]:
        """The table's rows with `derived`, `published` and `known`.

        In bulk, a value may come from a window over the table.  Such rows must not be filtered by columns,
        which would take them from the window: only by a condition that names `derived` or `known` in one
        `Case` with all else.  To ask for some rows, `rows(at, in_bulk=False).filter(…)` computes each alone.
        """
        known = models.Case(models.When(self.known(at, in_bulk), then=True), default=False)
        return self.table._default_manager.annotate(
            derived=self.computed(at, in_bulk), published=self.published(at), known=known
        )

    @property
    def is_total(self) -> bool:
        """Whether the table tells at which moment its values were published."""
        return issubclass(self.table, PublishedTotals)


@dataclass(frozen=True)
class Amounting:
    """What has been loaded amounts to no less than was published, in each of these columns of a table."""

    table: type[models.Model]
    columns: tuple[str, ...]

    def __call__(self, at: Instant) -> models.Q:
        del at  # they are held against each other as of the reading
        return self.holds()

    def holds(self, in_bulk: bool = False) -> models.Q:
        """As a condition on the row; `in_bulk` as in `Derived.rows`."""
        rest_on = [DERIVED[f"{self.table.__name__}.{column}"] for column in self.columns]
        return models.Q(*(amounts_to(each.computed(READ, in_bulk), each.published(READ)) for each in rest_on))


@dataclass(frozen=True)
class Found:
    """A value of all rows, by their ids."""

    now: dict[Any, Any]
    at_reading: dict[Any, Any] = field(default_factory=dict)
    """As of each row's own moment of reading, if that is asked for."""
    without: Any = None
    """That of rows that are in neither."""
    pace: Mapping[Any, int] = field(default_factory=dict)
    """By how many seconds those grow in a second that do."""
    known: Collection[Any] = ()
    """The rows of which it is known, where its declaration has a condition of its own for that."""


class Together(Protocol):
    """How a value is found for all rows at once, by one statement for several such values."""

    @property
    def whole(self) -> bool:
        """Whether it tells, too, how the value grows, and where it is known."""

    @property
    def group(self) -> Hashable:
        """What those have in common that are found together."""

    def find(self, several: Mapping[str, Any], at: Instant, rested_on: Collection[str]) -> dict[str, Found]:
        """Those of the group that are given by column, this one among them.

        What they are at the reading is asked only for columns that are `rested_on`.
        """


DERIVED: dict[str, Derived] = {}
"""All of them, by name."""


def derived(
    table: type[models.Model],
    column: str,
    known: Callable[[Instant], Expression] | Derived | None = None,
    pace: Callable[[Instant], Expression] | None = None,
    in_bulk: Callable[[Instant], Expression] | None = None,
    together: Together | None = None,
    daily: bool = False,
) -> Callable[[Callable[[Instant], Expression]], Derived]:
    """Declares a value by the function that makes its expression; the function's docstring is its meaning.

    It is `known` where another of the row is, or by a condition.
    """
    enough = known.parts_known if isinstance(known, Derived) else known or Amounting(table, (column,))

    def declare(value: Callable[[Instant], Expression]) -> Derived:
        table._meta.get_field(column)
        says = getdoc(value) or ""
        declared = Derived(table, column, says, value, enough, pace, in_bulk, together, daily)
        DERIVED[declared.name] = declared
        return declared

    return declare


PARTS: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {}
"""By table: the tables that its derived values are made of, each with the path from such a row to the row
whose values change with it."""

EVERY_ROW = "*"
"""In place of a path: all rows of the table may change."""

TIME_TRIGGERS: dict[type[models.Model], tuple[str, ...]] = {}
"""By table: the columns that say when something happens by which derived values change."""


def made_of(table: type[models.Model], *parts: tuple[type[models.Model], str]) -> None:
    """Declares what derived values hang on: `made_of(Spacecraft, (SpacecraftFlight, "spacecraft"))`.

    With the path `""`, a row of `table` hangs on itself: on its own columns beside the published ones.
    What says whether parts are known counts too: totals published with another table, for one.
    """
    PARTS.setdefault(table, []).extend(parts)


def triggers(table: type[models.Model], *columns: str) -> None:
    """Declares when something happens: `triggers(DockingEvent, "docking", "departure")`."""
    TIME_TRIGGERS[table] = columns


PUBLISHED_TABLES: dict[type[models.Model], type[models.Model]] = {}
"""By table: the table that keeps what was published of rows that serve derived values."""


def accrual_columns(declared: Derived) -> tuple[str, ...]:
    """The columns beside a derived one that tell how it moves."""
    return moving.accrual_columns(declared.table, declared.column)


@cache
def derived_of(table: type[models.Model]) -> list[Derived]:
    """The derived values of a table; to be asked when all are declared."""
    return [declared for declared in DERIVED.values() if declared.table is table]


@cache
def published_columns(table: type[models.Model]) -> list[str]:
    """The derived columns of a table, and those that tell how they move."""
    return [
        name for declared in derived_of(table) for name in (declared.attribute, *accrual_columns(declared))
    ]


class AsPublished(models.F):
    """A column of the row as it was published, whatever is served in its place."""

    name: str

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> Any:
        """Looks into the table beside, which is known when Django knows whose row it is."""
        apart = PUBLISHED_TABLES[query.model]._default_manager.filter(pk=models.OuterRef("pk"))
        name = query.model._meta.get_field(self.name).attname
        column = models.Case(
            models.When(models.Exists(apart), then=models.Subquery(apart.values(name)[:1])),
            default=models.F(self.name),
        )
        return column.resolve_expression(query, *args, **options)


def as_published(column: str) -> Combinable:
    """A column of the row as it was published, whatever is served in its place."""
    return AsPublished(column)


def amounts_to(derived: Expression, published: Expression) -> models.Q:
    """Whether what is derived is no less than what is published; false where either is null."""
    return models.Q(Coalesce(GreaterThanOrEqual(derived, published), models.Value(False)))
