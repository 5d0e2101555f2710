"""The queries that a shape needs, found by walking it: nobody writes a prefetch by hand.

A relation to one row is joined; a relation to several, and whatever would make a join too wide,
is fetched by a query of its own.  A list in any mode so takes a number of queries that depends on
its shape and never on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from cosmodrome.engine.shapes import Shape, nested_shape, shape_model

WIDEST_JOIN = 24
"""Tables joined in one query.  SQLite refuses more than 64, and wide joins are slow to plan."""


class Plan:
    """How to fetch the rows of one shape: what to join, and what to fetch beside it."""

    def __init__(self, shape: Shape) -> None:
        self.joined: list[str] = []
        self.beside: list[tuple[str, Plan, type[models.Model], str | None]] = []
        self._walk(shape, "")

    def _walk(self, shape: Shape, path: str) -> None:
        model = shape_model(shape)
        for name, child in relations_read(shape):
            relation: Any = model._meta.get_field(name)
            here = f"{path}{name}"
            many = relation.one_to_many or relation.many_to_many
            if not many and (child is None or len(self.joined) < WIDEST_JOIN):
                self.joined.append(here)
                if child is not None:
                    self._walk(child, f"{here}__")
            elif child is not None:
                self.beside.append((here, Plan(child), shape_model(child), order_of(relation)))

    def apply(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """`queryset` with everything fetched that the shape reads."""
        if self.joined:
            queryset = queryset.select_related(*self.joined)
        prefetches = [
            models.Prefetch(path, plan.apply(ordered(model, order)))
            for path, plan, model, order in self.beside
        ]
        return queryset.prefetch_related(*prefetches) if prefetches else queryset

    def lines(self, path: str = "") -> Iterator[str]:
        """One line a query, for `cosmodrome describe`."""
        yield f"{path or 'the page itself'}" + (f", joining {', '.join(self.joined)}" * bool(self.joined))
        for here, plan, _, _ in self.beside:
            yield from plan.lines(f"{path}{'__' if path else ''}{here}")


@cache
def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape; found once, since walking a deep shape takes a millisecond."""
    return Plan(shape())


def relations_read(shape: Shape) -> Iterator[tuple[str, Shape | None]]:
    """The relations that a shape's fields follow, each with the shape nested there, if one is."""
    for field in shape.fields.values():
        child = nested_shape(field)
        if child is not None:
            yield str(field.source), child
        else:
            for name in getattr(field, "reads", ()):
                yield name, None


def order_of(relation: Any) -> str | None:
    """The SQL column that keeps the order in which a many-to-many list was read."""
    if relation.many_to_many and not relation.auto_created:
        return f'"{relation.remote_field.through._meta.db_table}"."id"'
    return None


def ordered(model: type[models.Model], order: str | None) -> models.QuerySet[Any]:
    """All rows in the order of their list: as it was read, or by id.

    The table between two others has no name in Django's look-ups, but its rows are numbered as they
    were written, and a prefetch always joins it under its own name.
    """
    queryset = model._default_manager.all()
    if order is None:
        return queryset.order_by("pk")
    return queryset.order_by(RawSQL(order, ()))  # noqa: S611 - a table's name, from its own declaration
