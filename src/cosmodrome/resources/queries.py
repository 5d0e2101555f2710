"""The queries that a shape needs, found by walking it: nobody writes a prefetch by hand.

What a row points to is joined to it, as far as a statement has room.  Each list comes with one statement,
for all rows of a page that have it, wherever they stand in it: the number of statements depends on the
shape that is asked for and never on the number of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import rows_in_batches
from cosmodrome.resources.looking_back import look_back
from cosmodrome.shapes.relations import between, ends, is_list, ways
from cosmodrome.shapes.shapes import Shape, Subset, nested_shape, nesting_of, shape_model
from cosmodrome.time.as_of import requested_as_of

MOST_TABLES = 60
"""Tables joined for a shape.  SQLite joins 64 at most."""


@dataclass(frozen=True)
class Edge:
    """A key that nests what is not joined: by which relation, in which shape."""

    key: str
    via: tuple[str, ...]
    """Relations on the way, which are joined: a flight's `rocket` on the way to its `launch`."""
    relation: Any
    shape: type[Shape]
    subset: Subset | None

    @property
    def is_list(self) -> bool:
        """Whether it leads to rows by their own pointers or links, and not by the pointer of its row."""
        return is_list(self.relation)

    def keep(self, row: Any, related: list[Any]) -> None:
        """Lets a row have its list where its shape looks for it, without a query."""
        if self.subset:
            setattr(row, self.key, related)
            return
        manager = self._manager(row)
        queryset = manager.get_queryset()
        # what Django's own prefetch does, which knows only paths and so asks for the same rows again
        queryset._result_cache = related  # noqa: SLF001 - as Django's prefetch
        queryset._prefetch_done = True  # noqa: SLF001 - as Django's prefetch
        cached = row.__dict__.setdefault("_prefetched_objects_cache", {})
        cached[getattr(manager, "prefetch_cache_name", None) or self.relation.cache_name] = queryset

    def kept(self, row: Any) -> list[Any]:
        """The list that a row has."""
        return list(getattr(row, self.key) if self.subset else self._manager(row).all())

    def _manager(self, row: Any) -> Any:
        relation = self.relation
        return getattr(row, relation.get_accessor_name() if relation.auto_created else relation.name)


class Plan:
    """How to fetch what one shape nests: what is joined, and the edges to what is fetched after it."""

    def __init__(self, shape: Shape) -> None:
        self.shape = type(shape)
        self.model = shape_model(shape)
        self.needed = shape.needed
        self.joined: list[str] = []
        self.shapes: list[type[Shape]] = [self.shape]
        """Its own, and those of what is joined."""
        self.edges: list[Edge] = []
        for key, nested in shape.fields.items():
            child = nested_shape(nested)
            if child is None:
                self._join(getattr(nested, "reads", ()))
            else:
                self._add(key, nested, child)
        below = [plan_of(edge.shape).height for edge in self.edges]
        self.height: int = 1 + max(below, default=0)
        """How deep it nests: a shape's is greater than that of any that is fetched after it."""

    def _join(self, paths: Iterable[str]) -> None:
        self.joined += [path for path in paths if path not in self.joined]

    def _add(self, key: str, nested: Any, child: Shape) -> None:
        """Joins a nested record, or adds an edge to it."""
        subset, via, relation = nesting_of(self.model, nested)
        if subset and not relation.one_to_many:
            raise TypeError(
                f"{self.shape.__name__}.{key} can't take part of what is not a list of pointing rows"
            )
        self._join(ways(via))
        plan = plan_of(type(child))
        has_room = 1 + len(self.joined) + 1 + len(plan.joined) <= MOST_TABLES
        # Django lets the joined row of a one-to-one point back at its owner, whatever it had joined there
        goes_back = relation.one_to_one and relation.remote_field.name in plan.joined
        if (relation.many_to_one or relation.one_to_one) and has_room and not goes_back:
            path = "__".join([*via, relation.name])
            self._join([path, *(f"{path}__{name}" for name in plan.joined)])
            self.shapes += plan.shapes
            self.edges += [replace(edge, via=(*via, relation.name, *edge.via)) for edge in plan.edges]
        else:
            self.edges.append(Edge(key, via, relation, type(child), subset))

    def rows(self) -> models.QuerySet[Any]:
        """The rows that may be nested, with what is joined to them."""
        return self.shown(self.model._default_manager)

    def shown(self, rows: Any, end: str = "") -> models.QuerySet[Any]:
        """Those of `rows` that may be nested, with what is joined to them; of links, as their `end`."""
        path = f"{end}__" if end else ""
        known: models.QuerySet[Any] = rows.filter(**{f"{path}{name}__isnull": False for name in self.needed})
        joined = [*([end] if end else []), *(path + name for name in self.joined)]
        return known.select_related(*joined) if joined else known  # without a name it joins all there is

    def fetch(self, ids: Iterable[Any]) -> list[Any]:
        """The rows of these ids, in their order, with everything that the shape reads."""
        found = {row.pk: row for row in rows_in_batches(self.rows(), "pk", ids)}
        rows = [found[key] for key in ids if key in found]
        Harvest().fetch(self, rows)
        return rows

    def lines(self) -> Iterator[str]:
        """One line a statement, for `cosmodrome describe`."""
        joining = f", joining {', '.join(self.joined)}" if self.joined else ""
        yield f"{self.shape.component}{joining}"
        for shape in sorted(self.reached() - {self.shape}, key=lambda shape: -plan_of(shape).height):
            plan = plan_of(shape)
            edges = [edge for outer in self.reached() for edge in plan_of(outer).edges if edge.shape is shape]
            joining = f", joining {', '.join(plan.joined)}" if plan.joined else ""
            for name in sorted({name_of(edge) for edge in edges}):
                yield f"{name} as {shape.component}{joining}"

    def reached(self) -> set[type[Shape]]:
        """The shape itself and all that it nests, at any depth, but for those that are joined."""
        return {self.shape}.union(*(plan_of(edge.shape).reached() for edge in self.edges))


def name_of(edge: Edge) -> str:
    """What is fetched by an edge: a list of a table's rows, or all that is pointed to."""
    return f"{edge.relation.model.__name__}.{edge.key}" if edge.is_list else "what is pointed to"


def plan_of(shape: type[Shape]) -> Plan:
    """The plan of a shape; found once, since walking a deep shape takes a millisecond.

    It is kept with the shape, and so no longer than that: narrowed shapes come and go.
    """
    plan: Plan | None = vars(shape).get("plan")
    if plan is None:
        plan = Plan(shape())
        shape.plan = plan
    return plan


@dataclass
class Wanted:
    """What is to be fetched in one shape, and where it belongs."""

    pointers: list[tuple[Any, Any]] = field(default_factory=list)
    """A row, and a relation by which it points."""
    lists: dict[tuple[Any, Subset | None], list[tuple[Any, Edge]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By relation, and what of it is subset: the rows that have such a list, and the edge to it."""


class Harvest:
    """The fetching of one page."""

    def __init__(self) -> None:
        self.wanted: dict[type[Shape], Wanted] = defaultdict(Wanted)
        self.fetched: list[tuple[Plan, list[Any]]] = []

    def fetch(self, plan: Plan, rows: list[Any]) -> None:
        """Fetches all that `rows` nest in the shape of `plan`.

        The deeper shapes first: by then, all rows that nest records of a shape are there.
        """
        self.want(plan, rows)
        while self.wanted:
            shape = max(self.wanted, key=lambda shape: (plan_of(shape).height, shape.component))
            plan, wanted = plan_of(shape), self.wanted.pop(shape)
            rows = list(pointed_to(plan, wanted.pointers))
            for (relation, subset), owners in wanted.lists.items():
                if relation.many_to_many:
                    rows += linked(plan, relation, owners)
                else:
                    rows += pointing(plan, relation, subset, owners)
            self.want(plan, rows)
        at = requested_as_of()
        if at:
            look_back(self.fetched, at)

    def want(self, plan: Plan, rows: list[Any]) -> None:
        """Wants what `rows` of a shape nest and is not joined to them."""
        self.fetched.append((plan, rows))
        for edge in plan.edges if rows else ():
            owners = rows
            for name in edge.via:
                owners = [owner for row in owners if (owner := getattr(row, name, None)) is not None]
            wanted = self.wanted[edge.shape]
            if edge.is_list:
                wanted.lists[edge.relation, edge.subset] += [(owner, edge) for owner in owners]
            else:
                wanted.pointers += [(owner, edge.relation) for owner in owners]


def pointed_to(plan: Plan, pointers: list[tuple[Any, Any]]) -> Iterable[Any]:
    """Fetches the rows that others point to, and lets those have them."""
    ids = {getattr(row, relation.attname) for row, relation in pointers} - {None}
    found = {row.pk: row for row in rows_in_batches(plan.rows(), "pk", ids)}
    for row, relation in pointers:
        relation.set_cached_value(row, found.get(getattr(row, relation.attname)))
    return found.values()


def pointing(
    plan: Plan, relation: Any, subset: Subset | None, owners: list[tuple[Any, Edge]]
) -> Iterable[Any]:
    """Fetches the rows that point to the owners, and lets each owner have its own."""
    column = relation.field.attname
    rows = plan.rows().filter(subset.only()) if subset else plan.rows()
    by_owner: dict[Any, list[Any]] = {owner.pk: [] for owner, _ in owners}
    found = list(rows_in_batches(rows.order_by("pk"), column, by_owner))
    for row in found:
        by_owner[getattr(row, column)].append(row)
    for owner, edge in owners:
        if relation.one_to_one:
            relation.set_cached_value(owner, next(iter(by_owner[owner.pk]), None))
        else:
            edge.keep(owner, by_owner[owner.pk])
    return found


def linked(plan: Plan, relation: Any, owners: list[tuple[Any, Edge]]) -> Iterable[Any]:
    """Fetches what many-to-many lists hold: in the order in which they were read, or by id."""
    here, there = ends(relation)
    nested = there.removesuffix("_id")
    links = plan.shown(between(relation), nested)
    links = links.order_by(there if relation.auto_created else "pk")
    by_owner: dict[Any, list[Any]] = {owner.pk: [] for owner, _ in owners}
    for link in rows_in_batches(links, here, by_owner):
        by_owner[getattr(link, here)].append(getattr(link, nested))
    for owner, edge in owners:
        edge.keep(owner, by_owner[owner.pk])
    return [row for rows in by_owner.values() for row in rows]
