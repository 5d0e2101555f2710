"""Writes collected rows into the database, a table at a time: each is created, updated, or left as it is.

Of each row, only the facts are written of which no newer page has told: see `statements`.  All loading writes
through this module.  Foreign keys are checked at the end of the transaction, so the order
of the tables does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models

from cosmodrome.changes.rowset import batches
from cosmodrome.changes.transactions import Change, show_published
from cosmodrome.ingest.collection import CollectedRow, CollectedRows
from cosmodrome.ingest.listings import end_unlisted, remove_unlisted
from cosmodrome.ingest.plans import named_relations
from cosmodrome.ingest.statements import (
    NEVER,
    Moments,
    read_moments,
    write_moments,
)
from cosmodrome.shapes.relations import add_links, read_lists, write_lists
from cosmodrome.shapes.tables import PublishedTotals

BATCH_SIZE = 500
"""Rows in one statement: SQLite takes 32,766 parameters, and the widest table has 40 columns."""


@dataclass
class Outcome:
    """The outcome for the rows of one collection: ids by table."""

    change: Change
    created: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    changed: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    newer_facts_kept: int = 0
    """Rows of which the catalogue has facts that were stated later than the file's, and stay."""
    removed: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    """Rows that are gone, because the newest page of their owner does not list them."""
    moments: dict[type[models.Model], dict[Any, Moments]] = field(default_factory=dict)
    """As of when each fact of the written rows was stated, this file's facts included."""


def upsert(collected: CollectedRows, change: Change, progress: Callable[[int], None]) -> Outcome:
    """Writes all rows, as part of a change.  Raises BrokenFile.

    `progress` is called with the number of rows that are done.
    """
    outcome = Outcome(change)
    for model, rows in collected.rows.items():
        outcome.created[model], outcome.changed[model] = set(), set()
        for part in batches(rows, BATCH_SIZE):
            write_rows(model, {key: rows[key] for key in part}, collected, outcome)
            progress(len(part))
    for model, keys in [*write_all_lists(collected, change), *resolve_names(collected, change)]:
        change.after_write(model, keys)
        if model in outcome.created:
            outcome.changed[model] |= set(keys) - outcome.created[model]
    for model, moments in outcome.moments.items():
        write_moments(model, moments)
        change.stated(model, moments, collected.read_at)
    removal = remove_unlisted(collected, change)
    outcome.removed = removal.rows
    for model, keys in removal.rows.items():
        outcome.created.get(model, set()).difference_update(keys)
        outcome.changed.get(model, set()).difference_update(keys)
    for model, keys in removal.owners.items():
        outcome.changed.setdefault(model, set()).update(keys - outcome.created.get(model, set()))
    end_unlisted(collected, change)
    advance_sequences(collected.rows)
    return outcome


def write_rows(
    model: type[models.Model], rows: dict[Any, CollectedRow], collected: CollectedRows, outcome: Outcome
) -> None:
    """Creates the rows that are new and changes those that differ."""
    manager = model._default_manager
    existing = manager.in_bulk(list(rows))
    show_published(existing.values())
    stated = outcome.moments.setdefault(model, {})
    known = read_moments(model, existing)
    new, changed = [], []
    columns: set[str] = set()
    for key, row in rows.items():
        present = existing.get(key)
        stated[key] = drop_older_facts(row, present, known.get(key, {}), collected)
        outcome.newer_facts_kept += row.overruled
        values = row.values
        if issubclass(model, PublishedTotals):
            values = with_totals(model, present, values, collected)
        if present is None:
            require_columns(model, key, row)
            new.append(model(pk=key, **values))
            continue
        different = {name: value for name, value in values.items() if getattr(present, name) != value}
        for name, value in different.items():
            setattr(present, name, value)
        if different:
            changed.append(present)
            columns.update(different)
        if different.keys() - {"totals_read_at"}:  # the same totals read again are no change for people
            outcome.changed[model].add(key)
    manager.bulk_create(new)
    outcome.created[model] |= {item.pk for item in new}
    outcome.change.before_write(model, [item.pk for item in changed])
    if changed:
        manager.bulk_create(
            changed,
            update_conflicts=True,
            update_fields=sorted(columns),
            unique_fields=[model._meta.pk.name],
        )
    outcome.change.after_write(model, [item.pk for item in (*new, *changed)])


def drop_older_facts(row: CollectedRow, present: Any, before: Moments, collected: CollectedRows) -> Moments:
    """Drops the facts of a row that a newer page has told; returns the rank at which each fact now stands.

    Totals that the catalogue has already stay, since they may tell the moment of their reading better.
    """
    after = dict(before)
    names = getattr(present, "published_totals", ())
    totals = {name: value for name, value in row.values.items() if name in names}
    same = {name for name in totals if all(getattr(present, each) == totals[each] for each in totals)}
    for facts in row.kinds:
        for name in list(facts):
            rank = collected.ranks[name in row.stated]
            if rank >= before.get(name, NEVER):
                after[name] = rank
            elif name not in same:
                row.outdated = True
                row.overruled |= facts is row.values and getattr(present, name) != facts[name]
                del facts[name]
    return after


def with_totals(
    model: type[PublishedTotals], present: Any, values: dict[str, Any], collected: CollectedRows
) -> dict[str, Any]:
    """Returns the row's values with the moment of its totals and the columns that follow from them.

    A page may fill in totals that a newer page did not show; the moment stays the newest then.
    """
    totals = {name: values[name] for name in model.published_totals if name in values}
    if not totals:
        return values
    read_at = collected.read_at
    if present is not None and present.totals_read_at is not None:
        stand = {name: getattr(present, name) for name in model.published_totals}
        if totals.items() <= stand.items():
            read_at = reading_of_same_totals(model, stand, present.totals_read_at, collected)
        else:
            read_at = max(read_at, present.totals_read_at)
        totals = {**stand, **totals}
    return {**values, **model.as_read(totals, read_at)}


def reading_of_same_totals(
    model: type[PublishedTotals], totals: dict[str, Any], known: datetime, collected: CollectedRows
) -> datetime:
    """The moment of reading for `totals` that the catalogue has already, as read at `known`.

    Totals that do not grow are confirmed by the later moment.  Totals of a craft in space are never the same
    at another moment, so equal ones come from the same reading: its moment is the one that is certain, else
    the earlier one, since a file's time can only be too late.
    """
    stands_still = not any(model.follow_totals(totals, known).values())
    if stands_still:
        return max(known, collected.read_at)
    return collected.read_at if collected.is_certain else min(known, collected.read_at)


def require_columns(model: type[models.Model], key: Any, row: CollectedRow) -> None:
    """Raises BrokenFile if a new row lacks a column that its table requires."""
    kind = str(model._meta.verbose_name).lower()
    if row.is_reference and not model._meta.pk.is_relation:
        raise row.where.error(f"there is no {kind} {key}, neither in the file nor in the catalogue.")
    for column in model._meta.concrete_fields:
        needed = not (column.primary_key or column.null or column.blank or column.has_default())
        if needed and column.attname not in row.values:
            raise row.where.error(f"'{column.name}' is missing, and a new {kind} needs it.")


def write_all_lists(
    collected: CollectedRows, change: Change
) -> Iterator[tuple[type[models.Model], set[Any]]]:
    """Writes the lists of all rows as they were read; yields the rows whose lists changed."""
    for model, rows in collected.rows.items():
        for keys in batches(rows, BATCH_SIZE):
            part = {key: rows[key] for key in keys}
            for write in (write_link_lists, write_part_lists):
                yield model, set(write(model, part, change))
    for model, rows in collected.rows.items():
        for keys in batches(rows, BATCH_SIZE):
            yield model, set(add_reverse_links(model, {key: rows[key] for key in keys}, change))


def write_link_lists(
    model: type[models.Model], rows: dict[Any, CollectedRow], change: Change
) -> Iterator[Any]:
    """Writes many-to-many lists as they were read, in order; yields the ids whose lists changed."""
    for relation in {name for row in rows.values() for name in row.links}:
        column: Any = model._meta.get_field(relation)
        wanted = {key: row.links[relation] for key, row in rows.items() if relation in row.links}
        existing = read_lists(column, wanted)
        different = {key: listed for key, listed in wanted.items() if existing[key] != listed}
        change.before_write(model, different)
        write_lists(column, different)
        yield from different


def add_reverse_links(
    model: type[models.Model], rows: dict[Any, CollectedRow], change: Change
) -> Iterator[Any]:
    """Adds links that the reverse side of many-to-many relations lists; yields the ids that gained any."""
    for name in {name for row in rows.values() for name in row.joined}:
        relation: Any = model._meta.get_field(name)
        lists = read_lists(relation, rows)
        existing = {(key, related) for key, listed in lists.items() for related in listed}
        wanted = [(key, related) for key, row in rows.items() for related in row.joined.get(name, ())]
        new = [pair for pair in wanted if pair not in existing]
        change.before_write(model, {key for key, _ in new})
        add_links(relation, new)
        yield from (key for key, _ in new)


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
        manager.bulk_create(new, batch_size=BATCH_SIZE)
        yield from different


def same_parts(existing: list[Any], wanted: list[dict[str, Any]]) -> bool:
    """Whether the existing rows are the wanted ones, in this order."""
    return len(existing) == len(wanted) and all(
        getattr(row, name) == value
        for row, part in zip(existing, wanted, strict=True)
        for name, value in part.items()
    )


def resolve_names(collected: CollectedRows, change: Change) -> Iterator[tuple[type[models.Model], set[Any]]]:
    """Sets the relations for which the wire has only a name; yields the rows that changed.

    Both directions: relations of the file's rows to others, and relations of others to the file's rows.
    """
    for model, relation in named_relations():
        column: Any = model._meta.get_field(relation)
        name_column = f"{relation}_name"
        own = [key for key, row in collected.rows.get(model, {}).items() if name_column in row.values]
        named = collected.rows.get(column.related_model, {}).values()
        names = {row.values["name"] for row in named if "name" in row.values}
        for look_up, items in (("pk__in", own), (f"{name_column}__in", names)):
            for part in batches(items, BATCH_SIZE):
                yield model, set_named_relation(model, column, {look_up: part}, change)


def set_named_relation(
    model: type[models.Model], column: Any, rows: dict[str, list[Any]], change: Change
) -> set[Any]:
    """Points the `rows` of `model` to the row that they name; returns the ids that changed.

    A name that several rows share points to none of them, so that their order does not matter.
    """
    manager, name_column = model._default_manager, f"{column.name}_name"
    items = list(manager.filter(**rows).only(column.attname, name_column))
    targets = ids_by_unique_name(column.related_model, {getattr(item, name_column) for item in items})
    different = [
        item for item in items if getattr(item, column.attname) != targets.get(getattr(item, name_column))
    ]
    changed = {item.pk for item in different}
    change.before_write(model, changed)
    for item in different:
        setattr(item, column.attname, targets.get(getattr(item, name_column)))
    manager.bulk_update(different, [column.name], batch_size=BATCH_SIZE)
    return changed


def ids_by_unique_name(model: type[models.Model], names: set[Any]) -> dict[str | None, Any]:
    """The ids of rows by name, for names that only one row has."""
    found: dict[str | None, Any] = {}
    twice = set()
    rows = model._default_manager.filter(name__in=names - {None})
    for key, name in rows.values_list("pk", "name"):
        if name in found:
            twice.add(name)
        found[name] = key
    return {name: key for name, key in found.items() if name not in twice}


ADVANCE_SEQUENCE = """
    SELECT setval(sequence, highest)
    FROM (
        SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence, max({column}) AS highest FROM {table}
    ) AS numbered
    WHERE highest > coalesce(pg_sequence_last_value(sequence), 0)
"""


def advance_sequences(tables: Iterable[type[models.Model]]) -> None:
    """Advances PostgreSQL's sequences past ids that came with their rows; SQLite does so by itself.

    A sequence is only ever advanced.  Django's sequence_reset_sql() may set it lower, and so hand out the ids
    of rows that another transaction has not yet committed.
    """
    if connection.vendor != "postgresql":
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in tables:
            key, table = model._meta.pk, model._meta.db_table
            if isinstance(key, models.AutoField):
                statement = ADVANCE_SEQUENCE.format(column=quote(str(key.column)), table=quote(table))
                cursor.execute(statement, [quote(table), str(key.column)])
