"""What rows were at an instant: which there were, what their columns held, and rows asked as of then.

The engine knows no table: `HISTORIES` is filled by whoever does.  What is not declared there never changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable

from cosmodrome.time.as_of import requested_as_of

Column = Callable[[datetime], Combinable]
"""What a column held at an instant, as an expression of the row; null: not known."""


@dataclass(frozen=True)
class History:
    """What a table's rows were at an instant, as far as that is not what they are."""

    existed: Callable[[datetime], Q] | None = None
    """Which of them there were; None: all."""
    columns: Mapping[str, Column] = field(default_factory=dict)
    """By name.  A relation held what it holds, or null."""
    lists: Mapping[str, Callable[[datetime], Q]] = field(default_factory=dict)
    """By the name of a many-to-many relation: which links of it there were, in terms of its row."""


HISTORIES: dict[type[models.Model], History] = {}
"""By table."""

NOTHING = History()

OVER = "{}_then"
"""What an expression is called before it takes its column's place: others still mean the column."""


def as_of_then(rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Those of `rows` that there were at the instant that is asked for, to be chosen by what held then.

    `rows` themselves, where none is.
    """
    at = requested_as_of()
    if at is None:
        return rows
    then = HISTORIES.get(rows.model, NOTHING)
    return with_columns(existing(rows, at), then.columns, at)


def existing(rows: models.QuerySet[Any], at: datetime) -> models.QuerySet[Any]:
    """Those of `rows` that there were."""
    existed = HISTORIES.get(rows.model, NOTHING).existed
    return rows.filter(existed(at)) if existed else rows


def with_columns(
    rows: models.QuerySet[Any], columns: Mapping[str, Column], at: datetime
) -> models.QuerySet[Any]:
    """Lets names of columns stand for what these held then: in filters, expressions and orders alike."""
    found = rows.alias(**{OVER.format(name): column(at) for name, column in columns.items()})
    asked = AsOfQuerySet(model=rows.model, query=found.query, using=rows.db)
    for name in columns:
        # `alias()` refuses names of columns; a query itself looks for a name among its annotations first
        asked.query.add_annotation(F(OVER.format(name)), name, select=False)
    return asked


class AsOfQuerySet(models.QuerySet[Any]):
    """Rows as of then: no condition holds by what did not exist, wherever its path leads."""

    def filter(self, *conditions: Any, **named: Any) -> AsOfQuerySet:
        """Django's, with each condition held to rows that there were."""
        at = requested_as_of()
        asked = Q(*conditions, **named)
        return super().filter(held(self.model, asked, at) if at else asked)


def held(model: type[models.Model], asked: Q, at: datetime) -> Q:
    """`asked` where each condition also asks that what its path leads through was there."""
    found = Q(_connector=asked.connector, _negated=asked.negated)
    for child in asked.children:
        if isinstance(child, Q):
            found.children.append(held(model, child, at))
        elif isinstance(child, tuple):
            found.children.append(Q(child, *existence_conditions(model, child[0], at)))
        else:
            found.children.append(child)
    return found


def existence_conditions(model: type[models.Model], path: str, at: datetime) -> list[Q]:
    """For each row that a look-up path leads through: that it was there."""
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
