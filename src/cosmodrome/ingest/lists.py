"""Writes the lists of rows: many-to-many lists, seen from either side, and lists of parts without ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches
from cosmodrome.changes.transactions import Change
from cosmodrome.ingest.collection import CollectedRow, CollectedRows
from cosmodrome.ingest.plans import RecordList, plan_of
from cosmodrome.ingest.statements import NEVER, Moments, is_read_before, read_moments
from cosmodrome.shapes.relations import add_links, read_lists, remove_links, write_lists
from cosmodrome.shapes.shapes import SHAPES

Rows = dict[Any, CollectedRow]
RowMoments = dict[Any, Moments]


def write_all_lists(
    collected: CollectedRows, moments: dict[Model, RowMoments], change: Change
) -> Iterator[tuple[Model, set[Any]]]:
    """Writes the lists of all rows as they were read; yields the rows whose lists changed.

    `moments` has the ranks of all facts of the rows.
    """
    for model, rows in collected.rows.items():
        for part in parts_of(rows):
            yield model, set(write_link_lists(model, part, moments[model], change))
            yield model, set(write_part_lists(model, part, change))
    for model, rows in collected.rows.items():
        for part in parts_of(rows):
            yield model, set(write_reverse_lists(model, part, moments[model], change))


def parts_of(rows: Rows) -> Iterator[Rows]:
    """Yields the rows in parts of a size for one statement."""
    for keys in batches(rows, ROWS_PER_STATEMENT):
        yield {key: rows[key] for key in keys}


@cache
def reverse_lists() -> set[tuple[Model, str]]:
    """Returns the many-to-many relations that some shape lists from their reverse side, with that table."""
    targets = [target for shape in SHAPES.values() for target in plan_of(shape).targets.values()]
    return {
        (target.model, target.relation)
        for target in targets
        if isinstance(target, RecordList) and target.joined
    }


def write_link_lists(model: Model, rows: Rows, moments: RowMoments, change: Change) -> Iterator[Any]:
    """Writes many-to-many lists as they were read, in order; yields the ids whose lists changed.

    A link of which the other side has told since, or at the same moment, stays as that says.
    """
    for relation in {name for row in rows.values() for name in row.links}:
        column: Any = model._meta.get_field(relation)
        wanted = {key: row.links[relation] for key, row in rows.items() if relation in row.links}
        existing = read_lists(column, wanted)
        back = column.remote_field.name
        if (column.related_model, back) in reverse_lists():
            told = ranks_of(column.related_model, back, (*existing.values(), *wanted.values()))
            for key, listed in wanted.items():
                own = moments[key][relation]
                wanted[key] = [
                    each
                    for each in dict.fromkeys([*listed, *existing[key]])
                    if (each in listed and not is_read_before(own, told[each]))
                    or (each in existing[key] and not is_read_before(told[each], own))
                ]
        different = {key: listed for key, listed in wanted.items() if existing[key] != listed}
        change.before_write(model, different)
        write_lists(column, different)
        yield from different


def write_reverse_lists(model: Model, rows: Rows, moments: RowMoments, change: Change) -> Iterator[Any]:
    """Writes lists that are the reverse side of many-to-many relations; yields the ids whose lists changed.

    A link of which the row with the list has told since, or at the same moment, is not taken away.
    """
    for name in {name for row in rows.values() for name in row.joined}:
        relation: Any = model._meta.get_field(name)
        wanted = {key: row.joined[name] for key, row in rows.items() if name in row.joined}
        existing = read_lists(relation, wanted)
        told = ranks_of(relation.related_model, relation.field.name, (*existing.values(), *wanted.values()))
        new, gone = [], []
        for key, listed in wanted.items():
            own = moments[key][name]
            new += [
                (key, each)
                for each in listed
                if each not in existing[key] and not is_read_before(own, told[each])
            ]
            gone += [
                (key, each)
                for each in existing[key]
                if each not in listed and is_read_before(told[each], own)
            ]
        changed = {key for key, _ in (*new, *gone)}
        change.before_write(model, changed)
        remove_links(relation, gone)
        add_links(relation, new)
        yield from changed


def ranks_of(model: Model, fact: str, lists: Iterable[list[Any]]) -> dict[Any, int]:
    """Returns the ranks of a fact of all rows in these lists."""
    keys = {key for listed in lists for key in listed}
    moments = read_moments(model, keys)
    return {key: moments.get(key, {}).get(fact, NEVER) for key in keys}


def write_part_lists(
    model: type[models.Model], rows: dict[Any, CollectedRow], change: Change
) -> Iterator[Any]:
    """Writes lists of records without ids as they were read; yields the ids whose lists changed."""
    for relation in {name for row in rows.values() for name in row.parts}:
        column: Any = model._meta.get_field(relation)
        manager, back = column.related_model._default_manager, column.field.attname
        wanted = {key: row.parts[relation] for key, row in rows.items() if relation in row.parts}
        existing: dict[Any, list[Any]] = {key: [] for key in wanted}
        for part in manager.filter(**{f"{back}__in": list(wanted)}).order_by("pk"):
            existing[getattr(part, back)].append(part)
        different = [key for key in wanted if not same_parts(existing[key], wanted[key])]
        change.before_write(model, different)
        manager.filter(**{f"{back}__in": different}).delete()
        new = [column.related_model(**{**part, back: key}) for key in different for part in wanted[key]]
        manager.bulk_create(new, batch_size=ROWS_PER_STATEMENT)
        yield from different


def same_parts(existing: list[Any], wanted: list[dict[str, Any]]) -> bool:
    """Whether the existing rows are the wanted ones, in this order."""
    return len(existing) == len(wanted) and all(
        getattr(row, name) == value
        for row, part in zip(existing, wanted, strict=True)
        for name, value in part.items()
    )
