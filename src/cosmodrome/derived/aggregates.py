"""Counting and adding up in SQL, for expressions over the parts of a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from cosmodrome.derived.registry import Instant

NOTHING = models.Value(timedelta(0), output_field=models.DurationField())


class Aggregate(models.Func):
    """`COUNT(…)` or `SUM(…)` without the `GROUP BY` that Django adds: over all rows of a subquery."""

    arity = 1


class Plus(models.Func):
    """Two durations added.  Django's own `+` gives text on SQLite, which no comparison understands."""

    template = "(%(expressions)s)"
    arg_joiner = " + "
    arity = 2
    output_field = models.DurationField()


def number(parts: models.QuerySet[Any], of: str = "") -> models.Subquery:
    """How many parts there are; how many different ones by the column `of`, which takes longer."""
    counted = Aggregate(
        models.F(of or "pk"), function="COUNT", output_field=models.IntegerField(),
        template=f"%(function)s({'DISTINCT ' if of else ''}%(expressions)s)",
    )  # fmt: skip
    return models.Subquery(parts.order_by().annotate(number=counted).values("number"))


def total(parts: models.QuerySet[Any], duration: Combinable) -> Coalesce:
    """The sum of a duration over the parts; zero without any."""
    added = Aggregate(duration, function="SUM", output_field=models.DurationField())
    return Coalesce(models.Subquery(parts.order_by().annotate(total=added).values("total")), NOTHING)


def difference(later: Combinable | str, earlier: Combinable | str) -> models.ExpressionWrapper:
    """The duration from one instant to the other; null if either is."""
    ends = [models.F(end) if isinstance(end, str) else end for end in (later, earlier)]
    return models.ExpressionWrapper(ends[0] - ends[1], output_field=models.DurationField())


def elapsed(begin: str, end: str, at: Instant, depth: int = 1) -> models.Case:
    """How long something has lasted at `at` that begins and ends by these columns; null: it has no end."""
    instant = at.batches(depth) if depth else at.in_row()
    return models.Case(
        models.When(**{f"{end}__lte": instant}, then=difference(end, begin)),
        default=difference(instant, begin),
        output_field=models.DurationField(),
    )
