"""Fetched rows as they were at an instant: one statement a table, wherever its rows are nested."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models

from cosmodrome.changes.rowset import rows_in_batches
from cosmodrome.shapes.history import HISTORIES, NOTHING, OVER, existing
from cosmodrome.shapes.shapes import Shape, shape_model

if TYPE_CHECKING:
    from cosmodrome.resources.queries import Edge, Plan

Rows = list[Any]


def look_back(fetched: list[tuple[Plan, Rows]], at: datetime) -> None:
    """Lets the rows that were fetched by these plans hold what they held at `at`, and nest what there was."""
    rows: dict[type[models.Model], Rows] = defaultdict(list)
    for plan, outer in fetched:
        for instances in joined_rows(plan, outer).values():
            for row in instances:
                rows[type(row)].append(row)
    shown: dict[type[models.Model], set[str]] = defaultdict(set)
    for shape in {shape for plan, _ in fetched for shape in plan.shapes}:
        shown[shape_model(shape)] |= sources(shape)
    gone = {
        table: gone_of(table, instances, shown[table], at)
        for table, instances in sorted(rows.items(), key=lambda item: item[0].__name__)
        if table in HISTORIES
    }
    missing = Missing(gone, at)
    for plan, outer in fetched:
        missing.leave_out(plan, joined_rows(plan, outer))


@cache
def sources(shape: type[Shape]) -> frozenset[str]:
    """What the keys of a shape show: columns, relations and paths."""
    return frozenset(str(shown.source) for shown in shape().fields.values())


def joined_rows(plan: Plan, outer: Rows) -> dict[str, Rows]:
    """By path, the rows that are joined to `outer`; by the empty path, those themselves."""
    found = {"": outer}
    for path in plan.joined:
        names = path.split("__")
        for length in range(1, len(names) + 1):
            owner, name = "__".join(names[: length - 1]), names[length - 1]
            related = (getattr(row, name, None) for row in found[owner])
            found.setdefault("__".join(names[:length]), [row for row in related if row is not None])
    return found


def gone_of(table: type[models.Model], rows: Rows, shown: set[str], at: datetime) -> set[Any]:
    """The ids of those of a table's rows that there were not; the others get what they held."""
    then = HISTORIES[table]
    columns = {name: column for name, column in then.columns.items() if name in shown}
    if not columns and not then.existed:
        return set()
    over = {OVER.format(name): column(at) for name, column in columns.items()}
    ids = {row.pk for row in rows}
    there = existing(table._default_manager.all(), at).annotate(**over).values_list("pk", *over)
    held = {values[0]: values[1:] for values in rows_in_batches(there, "pk", ids)}
    for row in rows:
        if row.pk in held:
            put(row, dict(zip(columns, held[row.pk], strict=True)))
    return ids - set(held)


def put(row: Any, held: dict[str, Any]) -> None:
    """Lets a row hold what it held then; what moved stands still."""
    unknown = set()
    for name, value in held.items():
        column = row._meta.get_field(name)
        if value is None:
            unknown.add(column.attname)
        if column.is_relation:
            if value is None:
                column.set_cached_value(row, None)  # the id stays: it tells that the row is whole
            continue
        setattr(row, name, value)
        if hasattr(row, f"{name}_since"):
            setattr(row, f"{name}_since", None)
    row.unknown_columns = unknown


class Missing:
    """What is left out: rows that there were not, by table."""

    def __init__(self, gone: dict[type[models.Model], set[Any]], at: datetime) -> None:
        self.gone, self.at = gone, at

    def is_gone(self, row: Any) -> bool:
        """Whether there was no such row."""
        return row.pk in self.gone.get(type(row), ())

    def leave_out(self, plan: Plan, joined: dict[str, Rows]) -> None:
        """Cuts what rows nest, joined to them or fetched after them, down to what there was."""
        for path in filter(None, joined):
            owner, _, name = path.rpartition("__")
            self.cut(joined[owner], name)
        for edge in plan.edges:
            owners = joined["__".join(edge.via)]
            if not edge.is_list or edge.relation.one_to_one:
                self.cut(owners, edge.relation.name)
            else:
                self.shorten(owners, edge)

    def cut(self, owners: Iterable[Any], name: str) -> None:
        """A relation to one row is null where that was not there, and so is the name that was read of it."""
        for owner in owners:
            related = getattr(owner, name, None)
            if related is not None and self.is_gone(related):
                owner._meta.get_field(name).set_cached_value(owner, None)
                if hasattr(owner, f"{name}_name"):
                    setattr(owner, f"{name}_name", None)

    def shorten(self, owners: Rows, edge: Edge) -> None:
        """A list has what there was, by links that there were."""
        links = self.links(owners, edge)
        for owner in owners:
            edge.keep(
                owner,
                [
                    row
                    for row in edge.kept(owner)
                    if not self.is_gone(row) and (links is None or (owner.pk, row.pk) in links)
                ],
            )

    def links(self, owners: Rows, edge: Edge) -> set[tuple[Any, Any]] | None:
        """The links of a many-to-many relation that there were; None where they always were."""
        relation = edge.relation
        there = HISTORIES.get(relation.model, NOTHING).lists.get(relation.name)
        if there is None or relation.auto_created or not owners:
            return None
        rows = relation.model._default_manager.filter(there(self.at)).values_list("pk", relation.name)
        return set(rows_in_batches(rows, "pk", {row.pk for row in owners}))
