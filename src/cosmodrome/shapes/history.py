"""Earlier states of rows: which rows existed at an instant, and what their columns held.

This package knows no table: the definitions of derived values fill `HISTORIES`.  A column that is not
declared there has always held what it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable

from cosmodrome.shapes.graph import reached_from
from cosmodrome.shapes.shapes import Shape, shape_model
from cosmodrome.time.as_of import requested_as_of

Column = Callable[[datetime], Combinable]
"""Returns what a column held at an instant, as an expression of the row; null: not known."""


@dataclass(frozen=True)
class History:
    """The earlier states of a table's rows, as far as they differ from the present one."""

    existed: Callable[[datetime], Q] | None = None
    """Returns the condition for rows that existed; None: all did."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """By name.  A relation held what it holds, or null."""
    lists: Mapping[str, Callable[[datetime], Q]] = field(default_factory=dict)
    """By the name of a many-to-many relation: which of its links existed, in terms of its row."""


HISTORIES: dict[type[models.Model], History] = {}
"""By table."""

NOTHING = History()

AS_OF = "{}_as_of"
"""The name of an annotation that holds a column's earlier value: other expressions still mean the column."""


@cache
def is_historic(shape: type[Shape]) -> bool:
    """Whether any table that a declared shape shows, at any depth, has a history."""
    return any(shape_model(each) in HISTORIES for each in reached_from(shape))


def rows_as_of(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Returns those of `rows` that existed at the requested instant, to be filtered by what they held then.

    Returns `rows` themselves if no instant is requested.
    """
    at = requested_as_of()
    if at is None:
        return rows
    history = HISTORIES.get(rows.model, NOTHING)
    return with_columns(existing(rows, at), history.columns, at)


def existing(rows: models.QuerySet[Any], at: datetime) -> models.QuerySet[Any]:
    """Returns those of `rows` that existed at an instant."""
    existed = HISTORIES.get(rows.model, NOTHING).existed
    return rows.filter(existed(at)) if existed else rows


def with_columns(
    rows: models.QuerySet[Any], columns: Mapping[str, Column], at: datetime
) -> models.QuerySet[Any]:
    """Lets names of columns stand for their earlier values: in filters, expressions and orders alike."""
    found = rows.alias(**{AS_OF.format(name): column(at) for name, column in columns.items()})
    asked = AsOfQuerySet(model=rows.model, query=found.query, using=rows.db)
    for name in columns:
        # `alias()` refuses names of columns; a query itself looks for a name among its annotations first
        asked.query.add_annotation(F(AS_OF.format(name)), name, select=False)
    return asked


class AsOfQuerySet(models.QuerySet[Any]):
    """Rows as of an instant: no condition holds by a row that did not exist, wherever its path leads."""

    def filter(self, *conditions: Any, **named: Any) -> AsOfQuerySet:
        """Django's, with the condition that the rows on the way of each path existed."""
        at = requested_as_of()
        asked = Q(*conditions, **named)
        return super().filter(with_existence(self.model, asked, at) if at else asked)


def with_existence(model: type[models.Model], asked: Q, at: datetime) -> Q:
    """Returns a condition that also asks, of each path in it, that the rows on its way existed."""
    found = Q(_connector=asked.connector, _negated=asked.negated)
    for child in asked.children:
        if isinstance(child, Q):
            found.children.append(with_existence(model, child, at))
        elif isinstance(child, tuple):
            asked_of = by_replaced_pointer(model, *child) or by_ids(*child)
            found.children.append(Q(asked_of, *existence_conditions(model, child[0], at)))
        else:
            found.children.append(child)
    return found


def by_replaced_pointer(model: type[models.Model], path: str, value: Any) -> tuple[str, Any] | None:
    """Returns a condition on a row to which a replaced foreign key points; None for other conditions.

    An id stands for the key then, from which no path leads on: the ids of all rows that meet the condition
    are compared with it.
    """
    name, _, rest = path.partition("__")
    if name not in HISTORIES.get(model, NOTHING).columns:
        return None
    there: Any = model._meta.get_field(name).related_model
    if there is None or rest.partition("__")[0] not in {field.name for field in there._meta.get_fields()}:
        return None
    return f"{name}__in", there._default_manager.filter(**{rest: value}).values("pk")


def by_ids(path: str, value: Any) -> tuple[str, Any]:
    """Returns a condition with the id of a record in its place: what stands for a relation compares ids."""
    return path, value.pk if isinstance(value, models.Model) else value


def existence_conditions(model: type[models.Model], path: str, at: datetime) -> list[Q]:
    """Returns, for each row that a look-up path leads through, the condition that it existed."""
    table: Any = model
    names: list[str] = []
    conditions = []
    for name in path.split("__"):
        try:
            table = table._meta.get_field(name).related_model
        except FieldDoesNotExist:
            break
        if table is None:
            break
        names.append(name)
        if HISTORIES.get(table, NOTHING).existed:
            there = existing(table._default_manager.all(), at).values("pk")
            conditions.append(Q(**{f"{'__'.join(names)}__in": there}))
    return conditions


class AsOfColumns:
    """The columns of a table that held other values at an instant, as far as they are shown."""

    def __init__(self, model: type[models.Model], shown: Collection[str]) -> None:
        columns = HISTORIES.get(model, NOTHING).columns
        self.columns = {name: column for name, column in columns.items() if name in shown}
        own: dict[str, Any] = {each.name: each for each in model._meta.concrete_fields}
        self._places = [
            (AS_OF.format(name), own[name], f"{name}_since" if f"{name}_since" in own else "")
            for name in self.columns
        ]

    def annotated(self, rows: models.QuerySet[Any], at: datetime) -> models.QuerySet[Any]:
        """Returns the rows with the earlier values beside the present ones."""
        values = {AS_OF.format(name): column(at) for name, column in self.columns.items()}
        return rows.annotate(**values)  # type: ignore[no-any-return] # of the stubs

    def apply(self, row: Any) -> None:
        """Puts the earlier values of an annotated row into its columns; durations that grow stand still.

        `unknown_columns` of the row names what is null because it is not known for the instant.
        """
        unknown = set()
        held: dict[str, Any] = vars(row)
        for name, column, since in self._places:
            value = held[name]
            if value is None:
                unknown.add(column.attname)
            if column.is_relation:
                if value is None:  # the id stays: it tells that enough is known of the row
                    column.set_cached_value(row, None)
                continue
            held[column.attname] = value
            if since:
                held[since] = None
        row.unknown_columns = unknown
