"""Counts, sums and durations in SQL, as expressions over the parts of a row."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.expressions import Col, Combinable
from django.db.models.functions import Coalesce, TruncYear

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


class Difference(models.ExpressionWrapper):
    """The duration between two instants, which SQLite computes itself where Django would call Python."""

    def __init__(self, later: Combinable, earlier: Combinable) -> None:
        super().__init__(later - earlier, output_field=models.DurationField())

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """An instant is a text there, with six digits of a second or none; a duration is in microseconds."""
        del extra_context
        combined: Any = self.expression
        if not all(isinstance(each, Col | models.Value) for each in (combined.lhs, combined.rhs)):
            return self.as_sql(compiler, connection)  # each would stand in the SQL twice
        later, earlier = (compiler.compile(each) for each in (combined.lhs, combined.rhs))
        # without its fraction, or SQLite would round a second up
        seconds = "(strftime('%%s', substr({}, 1, 19)) - strftime('%%s', substr({}, 1, 19))) * 1000000"
        rest = "CAST(substr({}, 21) AS INTEGER) - CAST(substr({}, 21) AS INTEGER)"
        sql = f"({seconds} + {rest})".format(*2 * (later[0], earlier[0]))
        return sql, 2 * (*later[1], *earlier[1])


class YearStart(TruncYear):
    """The first instant of an instant's year (UTC), which SQLite computes itself too."""

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        """An instant is a text there."""
        del connection, extra_context
        sql, parameters = compiler.compile(self.lhs)
        return f"(substr({sql}, 1, 4) || '-01-01 00:00:00')", parameters


def difference(later: Combinable | str, earlier: Combinable | str) -> Difference:
    """The duration from one instant to the other; null if either is."""
    ends = [models.F(end) if isinstance(end, str) else end for end in (later, earlier)]
    return Difference(*ends)


def elapsed(begin: str, end: str, at: Instant, depth: int = 1) -> models.Case:
    """The duration until `at` of something that begins and ends by these columns; a null end is none yet."""
    instant = at.in_subquery(depth) if depth else at.in_row()
    return models.Case(
        models.When(**{f"{end}__lte": instant}, then=difference(end, begin)),
        default=difference(instant, begin),
        output_field=models.DurationField(),
    )
