"""Counts, sums and durations in SQL, as expressions over the parts of a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from cosmodrome.derived.registry import Instant

ZERO_DURATION = models.Value(timedelta(0), output_field=models.DurationField())


class Aggregate(models.Func):
    """`COUNT(…)` or `SUM(…)` over all rows of a subquery, without the `GROUP BY` that Django adds."""

    arity = 1


class Plus(models.Func):
    """Two durations added.  Django's own `+` makes text on SQLite, which no comparison understands."""

    template = "(%(expressions)s)"
    arg_joiner = " + "
    arity = 2
    output_field = models.DurationField()


class Minus(Plus):
    """A duration without another."""

    arg_joiner = " - "


def subquery_count(parts: models.QuerySet[Any], distinct: str = "") -> models.Subquery:
    """The number of parts, or of different values in the column `distinct`, which takes longer."""
    counted = Aggregate(
        models.F(distinct or "pk"), function="COUNT", output_field=models.IntegerField(),
        template=f"%(function)s({'DISTINCT ' if distinct else ''}%(expressions)s)",
    )  # fmt: skip
    return models.Subquery(parts.order_by().annotate(number=counted).values("number"))


def subquery_sum(parts: models.QuerySet[Any], duration: Combinable) -> Coalesce:
    """The sum of a duration over the parts; zero if there are none."""
    added = Aggregate(duration, function="SUM", output_field=models.DurationField())
    return Coalesce(models.Subquery(parts.order_by().annotate(total=added).values("total")), ZERO_DURATION)


def difference(later: Combinable | str, earlier: Combinable | str) -> models.ExpressionWrapper:
    """The duration from one instant to the other; null if either is."""
    ends = [models.F(end) if isinstance(end, str) else end for end in (later, earlier)]
    return models.ExpressionWrapper(ends[0] - ends[1], output_field=models.DurationField())


def elapsed(begin: str, end: str, at: Instant, depth: int = 1) -> models.Case:
    """The duration until `at` of something that begins and ends by these columns; a null end is none yet."""
    instant = at.in_subquery(depth) if depth else at.in_row()
    return models.Case(
        models.When(**{f"{end}__lte": instant}, then=difference(end, begin)),
        default=difference(instant, begin),
        output_field=models.DurationField(),
    )
