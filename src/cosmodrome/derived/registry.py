"""Declarations of derived values: each is an SQL expression over all rows of a table, for any instant."""

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
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from cosmodrome.shapes.meanings import MEANINGS
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.accrual import Accrued, accrual_columns

Expression = Combinable | models.Q


@dataclass(frozen=True)
class Instant:
    """The instant at which a value is computed.

    Instant(now)                 one instant for all rows
    Instant("totals_read_at")    each row's own, from a column
    """

    moment: datetime | str | models.Value

    def in_row(self) -> Combinable:
        """The instant as an expression of the row that has the value."""
        return self._within(0)

    def in_subquery(self, depth: int = 1) -> Combinable:
        """The instant as an expression of a subquery of that row, or of a subquery within that: `depth` 2."""
        return self._within(depth)

    def _within(self, depth: int) -> Combinable:
        if isinstance(self.moment, datetime):
            return models.Value(self.moment, output_field=models.DateTimeField())
        if isinstance(self.moment, models.Value):
            return self.moment
        expression: Combinable = outer(self.moment, depth)
        return expression


def outer(column: str, depth: int) -> Any:
    """A column of the row that has the value, as it is named within `depth` nested subqueries."""
    expression: Any = column
    for _ in range(depth):
        expression = models.OuterRef(expression)
    return expression if depth else models.F(column)


AT_READING = Instant("totals_read_at")
"""The moment at which a row's published totals were read; null while there are none."""


@dataclass(frozen=True)
class Derived:
    """A value of a table that is computed from other rows, its parts."""

    table: type[models.Model]
    column: str
    """The column that holds the value as published."""
    meaning: str
    """The meaning of the value: what is counted, from which rows, in which unit, and what null means."""
    value: Callable[[Instant], Expression]
    parts_known: Callable[[Instant], Expression]
    rate: Callable[[Instant], Expression] | None = None
    """The seconds by which the value, a duration, grows in a second from then on; None: it never grows."""
    window: Callable[[Instant], Expression] | None = None
    """The same value by a window over the table: all rows at once, where `value` would count anew for each.

    Windows see only the rows that the query leaves, so the value is wrong as soon as rows are filtered
    before.  None: `value` is as good for all rows.
    """
    bulk: BulkComputation | None = None
    """Computes the value for all rows at once, with other values, where no expression is as fast."""
    daily: bool = False
    """Whether the value may change with each day (UTC) without a time trigger, as it depends on dates."""

    @property
    def name(self) -> str:
        """`Spacecraft.flights_count`."""
        return f"{self.table.__name__}.{self.column}"

    @cached_property
    def attribute(self) -> str:
        """The attribute of a row that holds the value: the column, or the id column of a foreign key."""
        return self.table._meta.get_field(self.column).attname  # type: ignore[union-attr] # it is a column

    @cached_property
    def accrual_columns(self) -> tuple[str, ...]:
        """The columns beside the value's own that say how it grows; none if it never does."""
        return accrual_columns(self.table, self.column)

    def published(self, at: Instant) -> Expression:
        """The value as published, with what it has grown by until `at`."""
        if self.accrual_columns:
            return Accrued(at.in_row(), *map(as_published, (self.column, *self.accrual_columns)))
        return as_published(self.column)

    def known(self, at: Instant, in_bulk: bool = False) -> models.Q:
        """Whether enough parts are in the catalogue to compute the value; `in_bulk` as in `rows`.

        Nobody publishes how many parts there are.  Unless a declaration has a better condition, the parts in
        the catalogue are taken for complete if they make no less than what was published, at the moment of
        its reading; see `at_least`.  Where nothing was published of a row, they are all there is.
        """
        enough = self.parts_known
        return models.Q(enough.condition(in_bulk) if isinstance(enough, AtLeastPublished) else enough(at))

    def computed(self, at: Instant, in_bulk: bool) -> Expression:
        """The value, by a window where there is one and `in_bulk` allows it."""
        return self.window(at) if in_bulk and self.window else self.value(at)

    def rows(self, at: Instant, in_bulk: bool = True) -> models.QuerySet[Any]:
        """The table's rows with `derived`, `published` and `known`.

        In bulk, a value may come from a window over the table.  Such rows must not be filtered by columns,
        which would take them from the window: only by a condition that names `derived` or `known` in one
        `Case` with all else.  To read some rows, `rows(at, in_bulk=False).filter(…)` computes each alone.
        """
        known = models.Case(models.When(self.known(at, in_bulk), then=True), default=False)
        return self.table._default_manager.annotate(
            derived=self.computed(at, in_bulk), published=self.published(at), known=known
        )

    @property
    def is_total(self) -> bool:
        """Whether the table says at which moment its values were read."""
        return issubclass(self.table, PublishedTotals)


@dataclass(frozen=True)
class AtLeastPublished:
    """A condition: the parts make no less than what was published, in each of these columns of a table.

    It holds too for rows of which nothing was published; for a value that depends on `all_rows` of the table,
    only while nothing was published of any of them.
    """

    table: type[models.Model]
    columns: tuple[str, ...]
    all_rows: bool = False

    def __call__(self, at: Instant) -> models.Q:
        del at  # both sides are compared as of the reading
        return self.condition()

    def condition(self, in_bulk: bool = False) -> models.Q:
        """The condition on a row; `in_bulk` as in `Derived.rows`."""
        compared = [DERIVED[f"{self.table.__name__}.{column}"] for column in self.columns]
        enough = models.Q(
            *(at_least(each.computed(AT_READING, in_bulk), each.published(AT_READING)) for each in compared)
        )
        return enough & (models.Q(totals_read_at__isnull=False) | ~self.any_published())

    def any_published(self) -> models.Q:
        """The condition that something was published of any row, where the value depends on all of them."""
        read = self.table._default_manager.filter(totals_read_at__isnull=False)
        return models.Q(models.Exists(read)) if self.all_rows else models.Q(pk__isnull=True)


@dataclass(frozen=True)
class BulkValues:
    """A derived value of all rows of a table, by their ids."""

    now: dict[Any, Any]
    at_reading: dict[Any, Any] = field(default_factory=dict)
    """The value at each row's own moment of reading, if that was requested."""
    default: Any = None
    """The value of rows that are in neither."""
    rate: Mapping[Any, int] = field(default_factory=dict)
    """The seconds by which the values that grow do so in a second."""
    known: Collection[Any] = ()
    """The rows whose value is known, where its declaration has a condition of its own for that."""


class BulkComputation(Protocol):
    """Computes derived values of all rows at once, with one statement for several such values."""

    @property
    def includes_known(self) -> bool:
        """Whether the result also has the rates of growth, and the rows whose value is known."""

    @property
    def group(self) -> Hashable:
        """Equal for computations that can share one statement."""

    def compute(
        self, several: Mapping[str, Any], at: Instant, compared: Collection[str]
    ) -> dict[str, BulkValues]:
        """Computes several values of one group, given by column, this one among them.

        The values at the reading are computed only for the columns in `compared`.
        """


DERIVED: dict[str, Derived] = {}
"""Every derived value, by name."""


def derived(
    table: type[models.Model],
    column: str,
    known: Callable[[Instant], Expression] | Derived | None = None,
    rate: Callable[[Instant], Expression] | None = None,
    window: Callable[[Instant], Expression] | None = None,
    bulk: BulkComputation | None = None,
    daily: bool = False,
    all_rows: bool = False,
) -> Callable[[Callable[[Instant], Expression]], Derived]:
    """Declares a value by the function that makes its expression; the function's docstring is its meaning.

    Clients read the docstring in `…/origins/`.  The value is known where the value `known` of the same row
    is, or by the condition `known`; by default, where the parts make no less than what was published, with
    `all_rows` as in `AtLeastPublished`.
    """
    default = AtLeastPublished(table, (column,), all_rows)
    enough = known.parts_known if isinstance(known, Derived) else known or default

    def declare(value: Callable[[Instant], Expression]) -> Derived:
        table._meta.get_field(column)
        meaning = getdoc(value) or ""
        declared = Derived(table, column, meaning, value, enough, rate, window, bulk, daily)
        DERIVED[declared.name] = declared
        MEANINGS[table.__name__, column] = " ".join(meaning.split())
        return declared

    return declare


DEPENDENCIES: dict[type[models.Model], list[tuple[type[models.Model], str]]] = {}
"""By table: the tables from whose rows its values are derived, each with the path from such a row to the rows
whose values change with it."""

EVERY_ROW = "*"
"""In place of a path: all rows of the table may change."""

TIME_TRIGGERS: dict[type[models.Model], tuple[str, ...]] = {}
"""By table: the columns whose instants change derived values when they come."""


def depends_on(table: type[models.Model], *parts: tuple[type[models.Model], str]) -> None:
    """Declares what derived values depend on: `depends_on(Spacecraft, (SpacecraftFlight, "spacecraft"))`.

    With the path `""`, a row of `table` depends on itself: on its own columns beside the published ones.
    Rows that decide whether the parts are known count too: for example totals published with another table.
    """
    DEPENDENCIES.setdefault(table, []).extend(parts)


def triggers(table: type[models.Model], *columns: str) -> None:
    """Declares columns as time triggers: `triggers(DockingEvent, "docking", "departure")`."""
    TIME_TRIGGERS[table] = columns


PUBLISHED_TABLES: dict[type[models.Model], type[models.Model]] = {}
"""By table: the table that stores the published values of rows that serve derived ones."""


@cache
def derived_of(table: type[models.Model]) -> list[Derived]:
    """The derived values of a table; to be called when all are declared."""
    return [declared for declared in DERIVED.values() if declared.table is table]


@cache
def published_columns(table: type[models.Model]) -> list[str]:
    """The derived columns of a table, and the columns that say how they grow."""
    return [
        name for declared in derived_of(table) for name in (declared.attribute, *declared.accrual_columns)
    ]


class AsPublished(models.F):
    """A column of the row as it was published, whatever is served in its place."""

    name: str

    def resolve_expression(self, query: Any = None, *args: Any, **options: Any) -> Any:
        """Looks into the table of published values, which is known when Django knows the row's table."""
        stored = PUBLISHED_TABLES[query.model]._default_manager.filter(pk=models.OuterRef("pk"))
        name = query.model._meta.get_field(self.name).attname
        column = models.Case(
            models.When(models.Exists(stored), then=models.Subquery(stored.values(name)[:1])),
            default=models.F(self.name),
        )
        return column.resolve_expression(query, *args, **options)


def as_published(column: str) -> Combinable:
    """A column of the row as it was published, whatever is served in its place."""
    return AsPublished(column)


def is_at_least(derived: Any, published: Any, read: datetime | None, stated: datetime | None) -> bool:
    """Whether `at_least` holds, for values in Python: read and stated at the row's own moments."""
    if read is None:
        return True
    if derived is None or published is None:
        return False
    told_before = stated is not None and stated < read
    return bool(derived == published or (derived > published and not told_before))


def at_least(derived: Expression, published: Expression) -> models.Q:
    """Whether the derived value is no less than the published one of a row of published totals.

    More than was published is enough only if some part was stated at the moment of the totals or later: a
    total that was published later than all parts of it beats them.  False where either value is null, but
    true where nothing was published of the row.
    """
    no_less = Coalesce(GreaterThanOrEqual(derived, published), models.Value(False))
    no_more = Coalesce(LessThanOrEqual(derived, published), models.Value(False))
    told = models.Q(parts_stated_at=None) | models.Q(parts_stated_at__gte=models.F("totals_read_at"))
    return models.Q(totals_read_at=None) | models.Q(no_less) & (models.Q(no_more) | told)
