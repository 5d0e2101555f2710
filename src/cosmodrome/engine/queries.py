"""The queries that a shape needs, found by walking it: nobody writes a prefetch by hand.

A relation to one row is joined; a relation to several, and whatever would make a join too wide,
is fetched by a query of its own.  A list in any mode so takes a number of queries that depends on
its shape and never on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from cosmodrome.engine.shapes import Shape, Taken, nested_shape, shape_model, whole

WIDEST_JOIN = 24
"""Tables joined in one query.  SQLite refuses more than 64, and wide joins are slow to plan."""


@dataclass(frozen=True)
class Read:
    """A relation that a key follows: its path, the shape nested there, and which rows of it."""

    path: str
    child: Shape | None = None
    key: str = ""
    taken: Taken | None = None


@dataclass(frozen=True)
class Beside:
    """Rows that are fetched by a query of their own."""

    path: str
    plan: Plan
    model: type[models.Model]
    order: str | None
    read: Read

    def prefetch(self) -> models.Prefetch[Any]:
        """What Django is told."""
        rows = self.plan.apply(ordered(self.model, self.order))
        if self.read.taken is None:
            return models.Prefetch(self.path, rows)
        return models.Prefetch(self.path, rows.filter(self.read.taken.only()), to_attr=self.read.key)


class Plan:
    """How to fetch the rows of one shape: what to join, and what to fetch beside it."""

    def __init__(self, shape: Shape) -> None:
        self.joined: list[str] = []
        self.beside: list[Beside] = []
        self._walk(shape, "")

    def _walk(self, shape: Shape, path: str) -> None:
        for read in relations_read(shape):
            relation, many = relation_at(shape_model(shape), read.path)
            here = f"{path}{read.path}"
            if not many and (read.child is None or len(self.joined) < WIDEST_JOIN):
                if here not in self.joined:
                    self.joined.append(here)
                if read.child is not None:
                    self._walk(read.child, f"{here}__")
            elif read.child is not None:
                model, order = shape_model(read.child), order_of(relation)
                self.beside.append(Beside(here, Plan(read.child), model, order, read))

    def apply(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """`queryset` with everything fetched that the shape reads."""
        if self.joined:
            queryset = queryset.select_related(*self.joined)
        prefetches = [beside.prefetch() for beside in self.beside]
        return queryset.prefetch_related(*prefetches) if prefetches else queryset

    def lines(self, path: str = "") -> Iterator[str]:
        """One line a query, for `cosmodrome describe`."""
        joined = f", joining {', '.join(self.joined)}" if self.joined else ""
        yield f"{path or 'the page itself'}{joined}"
        for beside in self.beside:
            yield from beside.plan.lines(f"{path}{'__' if path else ''}{beside.path}")


@cache
def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape; found once, since walking a deep shape takes a millisecond."""
    return Plan(shape())


def relations_read(shape: Shape) -> Iterator[Read]:
    """The relations that a shape's keys follow."""
    for name, field in shape.fields.items():
        child = nested_shape(field)
        taken: Taken | None = getattr(field, "taken", None)
        if child is None:
            yield from (Read(path) for path in getattr(field, "reads", ()))
        elif taken:
            yield Read(taken.relation, child, name, taken)
        else:
            yield Read(str(field.source).replace(".", "__"), child)


def relation_at(model: type[models.Model], path: str) -> tuple[Any, bool]:
    """The relation that a path such as `rocket__launch` ends with, and whether it leads to several rows."""
    relation: Any = None
    for name in path.split("__"):
        relation = model._meta.get_field(name)
        model = relation.related_model
    return relation, bool(relation.one_to_many or relation.many_to_many)


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
    queryset = model._default_manager.filter(whole(model))
    if order is None:
        return queryset.order_by("pk")
    return queryset.order_by(RawSQL(order, ()))  # noqa: S611 - a table's name, from its own declaration
