"""The queries that a shape needs, found by walking it: nobody writes a prefetch by hand.

Rows are fetched shape by shape, those that nest before those that are nested.  All records that a page
shows in one shape, wherever they stand in it, so come with one query, and each list with one more: the
number of queries depends on the shape that is asked for and never on the number of rows.  Rows that
nest nothing themselves are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models

from cosmodrome.engine.shapes import Shape, Taken, nested_shape, shape_model

CHUNK = 10_000
"""Ids in one statement; SQLite takes 32,766."""


@dataclass(frozen=True)
class Edge:
    """A key that nests records: by which relation, in which shape."""

    key: str
    via: tuple[str, ...]
    """Relations on the way, which are joined: a flight's `rocket` on the way to its `launch`."""
    relation: Any
    shape: type[Shape]
    taken: Taken | None


class Plan:
    """How to fetch what one shape nests: what is joined, and the edges to what is fetched after it."""

    def __init__(self, shape: Shape) -> None:
        self.shape = type(shape)
        self.model = shape_model(shape)
        self.showable = shape.showable
        self.joined: list[str] = []
        self.edges: list[Edge] = []
        for key, nested in shape.fields.items():
            child = nested_shape(nested)
            if child is None:
                self.joined += getattr(nested, "reads", ())
            else:
                self._add(key, nested, child)
        below = [plan_of(edge.shape).height for edge in self.edges]
        self.height: int = 1 + max(below, default=0)
        """How deep it nests: a shape's is greater than that of any in it."""

    def _add(self, key: str, nested: Any, child: Shape) -> None:
        """Joins a nested record, or adds an edge to it."""
        taken: Taken | None = getattr(nested, "taken", None)
        *via, last = (taken.relation if taken else str(nested.source)).split(".")
        model = self.model
        for name in via:
            model = model._meta.get_field(name).related_model  # type: ignore[assignment]
        relation: Any = model._meta.get_field(last)
        plan = plan_of(type(child))
        points = relation.many_to_one or (relation.one_to_one and not relation.auto_created)
        if points and not plan.edges and not via:
            self.joined += [last, *(f"{last}__{name}" for name in plan.joined)]
            return
        self.joined += ["__".join(via)] if via else []
        self.edges.append(Edge(key, tuple(via), relation, type(child), taken))

    def rows(self) -> models.QuerySet[Any]:
        """The rows that may be nested, with what is joined to them."""
        return self.model._default_manager.filter(self.showable).select_related(*self.joined)

    def apply(self, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """`queryset` with everything that the shape reads, fetched when its rows are."""
        if self.joined:
            queryset = queryset.select_related(*self.joined)
        planned = Planned(queryset.model, queryset.query.chain(), queryset.db)
        planned.plan = self
        return planned

    def lines(self) -> Iterator[str]:
        """One line a query, for `cosmodrome describe`."""
        for shape in sorted(self.reached(), key=lambda shape: -plan_of(shape).height):
            plan = plan_of(shape)
            yield shape.component + (f", joining {', '.join(plan.joined)}" if plan.joined else "")
            for edge in plan.edges:
                if not edge.relation.many_to_one:
                    yield f"  {edge.key} of {shape.component}"

    def reached(self) -> set[type[Shape]]:
        """The shape itself and all that it nests, at any depth, but for those that are joined."""
        return {self.shape}.union(*(plan_of(edge.shape).reached() for edge in self.edges))


@cache
def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape; found once, since walking a deep shape takes a millisecond."""
    return Plan(shape())


class Planned(models.QuerySet[Any]):
    """A queryset whose rows come with all that a shape nests."""

    plan: Plan | None = None

    def _clone(self) -> Planned:
        clone: Planned = super()._clone()  # type: ignore[misc] # the stubs leave it out
        clone.plan = self.plan
        return clone

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh and self.plan and self._result_cache:
            Harvest().fetch(self.plan, self._result_cache)


@dataclass
class Wanted:
    """Rows of one shape that are to be fetched, and where they belong."""

    parents: list[Any] = field(default_factory=list)
    """Rows of the shape that are there already, whose own nested records are not."""
    pointers: list[tuple[Any, Any, Any]] = field(default_factory=list)
    """A row, a relation of it, and the id that it points to."""
    lists: list[tuple[Any, Edge, list[Any]]] = field(default_factory=list)
    """A row, an edge to a list of it, and the ids in the list."""


class Harvest:
    """The fetching of one page."""

    def __init__(self) -> None:
        self.wanted: dict[type[Shape], Wanted] = {}

    def fetch(self, plan: Plan, rows: list[Any]) -> None:
        """Fetches all that `rows` nest in the shape of `plan`."""
        self.of(plan.shape).parents += rows
        while self.wanted:
            shape = max(self.wanted, key=lambda shape: (plan_of(shape).height, shape.component))
            self.settle(plan_of(shape), self.wanted.pop(shape))

    def of(self, shape: type[Shape]) -> Wanted:
        """What is wanted of a shape."""
        return self.wanted.setdefault(shape, Wanted())

    def settle(self, plan: Plan, wanted: Wanted) -> None:
        """Fetches the rows of one shape, puts them where they belong, and wants what they nest."""
        ids = {key for _, _, key in wanted.pointers}.union(*(keys for _, _, keys in wanted.lists))
        found = {row.pk: row for row in in_chunks(plan.rows(), "pk", ids)}
        for row, relation, key in wanted.pointers:
            relation.set_cached_value(row, found.get(key))
        for row, edge, keys in wanted.lists:
            keep(row, edge, [found[key] for key in keys if key in found])
        rows = [*wanted.parents, *found.values()]
        for edge in plan.edges if rows else ():
            self.follow(edge, rows)

    def follow(self, edge: Edge, rows: list[Any]) -> None:
        """Wants what an edge leads to from each of `rows`."""
        for name in edge.via:
            rows = [related for row in rows if (related := getattr(row, name)) is not None]
        relation = edge.relation
        if relation.many_to_many:
            self.follow_links(edge, rows)
        elif relation.auto_created:
            self.follow_back(edge, rows)
        else:
            pointing = [(row, relation, getattr(row, relation.attname)) for row in rows]
            self.of(edge.shape).pointers += [item for item in pointing if item[2] is not None]

    def follow_back(self, edge: Edge, rows: list[Any]) -> None:
        """Fetches the records that point to `rows`, and lets each have its own."""
        plan, column = plan_of(edge.shape), edge.relation.field
        pointing = plan.rows().filter(edge.taken.only()) if edge.taken else plan.rows()
        by_row: dict[Any, list[Any]] = {row.pk: [] for row in rows}
        children = list(in_chunks(pointing.order_by("pk"), f"{column.attname}", by_row))
        for child in children:
            by_row[getattr(child, column.attname)].append(child)
        for row in rows:
            if edge.relation.one_to_one:
                edge.relation.set_cached_value(row, next(iter(by_row[row.pk]), None))
            else:
                keep(row, edge, by_row[row.pk])
        self.of(edge.shape).parents += children

    def follow_links(self, edge: Edge, rows: list[Any]) -> None:
        """Finds what many-to-many lists hold: in the order in which they were read, or by id."""
        relation = edge.relation
        column = relation.remote_field if relation.auto_created else relation
        here, there = f"{column.m2m_field_name()}_id", f"{column.m2m_reverse_field_name()}_id"
        if relation.auto_created:
            here, there = there, here
        between = column.remote_field.through._default_manager
        links = between.order_by(there if relation.auto_created else "pk")
        by_row: dict[Any, list[Any]] = {row.pk: [] for row in rows}
        for row, related in in_chunks(links.values_list(here, there), here, by_row):
            by_row[row].append(related)
        self.of(edge.shape).lists += [(row, edge, by_row[row.pk]) for row in rows]


def in_chunks(rows: models.QuerySet[Any], column: str, values: Iterable[Any]) -> Iterator[Any]:
    """The `rows` whose `column` has one of `values`."""
    values = list(values)
    for start in range(0, len(values), CHUNK):
        yield from rows.filter(**{f"{column}__in": values[start : start + CHUNK]})


def keep(row: Any, edge: Edge, related: list[Any]) -> None:
    """Lets a row have its list where its shape looks for it, without a query."""
    if edge.taken:
        setattr(row, edge.key, related)
        return
    relation = edge.relation
    manager = getattr(row, relation.get_accessor_name() if relation.auto_created else relation.name)
    queryset = manager.get_queryset()
    # what Django's own prefetch does, which knows only paths and so asks for the same rows again and again
    queryset._result_cache = related  # noqa: SLF001
    queryset._prefetch_done = True  # noqa: SLF001
    cached = row.__dict__.setdefault("_prefetched_objects_cache", {})
    cached[getattr(manager, "prefetch_cache_name", None) or relation.cache_name] = queryset
