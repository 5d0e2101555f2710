"""Writes collected rows into the database, a table at a time: each is created, updated, or left as it is.

Of each row, only the facts are written of which no newer page has told: see `statements`.  All loading writes
through this module.  Foreign keys are checked at the end of the transaction, so the order of the tables does
not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models

from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, batches
from cosmodrome.changes.transactions import Change, show_published
from cosmodrome.database.sequences import advance_sequences
from cosmodrome.ingest.collection import CollectedRow, CollectedRows
from cosmodrome.ingest.listings import end_unlisted, remove_taken_back, remove_unlisted
from cosmodrome.ingest.lists import write_all_lists
from cosmodrome.ingest.plans import named_relations
from cosmodrome.ingest.statements import (
    GONE,
    NEVER,
    Moments,
    moment_of,
    read_moments,
    reading_of_same,
    write_moments,
)
from cosmodrome.shapes.tables import PublishedTotals


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
    restated: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    """The rows of which that is not what it was before: most of what pages nest was told before."""


def upsert(collected: CollectedRows, change: Change, progress: Callable[[int], None]) -> Outcome:
    """Writes all rows, as part of a change.  Raises BrokenFile.

    `progress` is called with the number of rows that are done.
    """
    outcome = Outcome(change)
    for model, rows in collected.rows.items():
        outcome.created[model], outcome.changed[model] = set(), set()
        for part in batches(rows, ROWS_PER_STATEMENT):
            write_rows(model, {key: rows[key] for key in part}, collected, outcome)
            progress(len(part))
    for model, keys in [
        *write_all_lists(collected, outcome.moments, change),
        *resolve_names(collected, change),
    ]:
        change.after_write(model, keys)
        if model in outcome.created:
            outcome.changed[model] |= set(keys) - outcome.created[model]
    for model, moments in outcome.moments.items():
        write_moments(model, {key: moments[key] for key in outcome.restated[model]})
        change.stated(model, moments, collected.read_at)
    removal = remove_unlisted(collected, change)
    remove_taken_back(outcome.created, outcome.moments, removal, change)
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
    known = moments_before(model, rows, existing)
    new, changed = [], []
    columns: set[str] = set()
    for key, row in rows.items():
        present = existing.get(key)
        stated[key] = drop_older_facts(row, present, known.get(key, {}), collected)
        outcome.newer_facts_kept += row.overruled
        values = row.values
        if issubclass(model, PublishedTotals):
            values = with_totals(model, present, values, stated[key], collected.read_at)
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
    outcome.restated.setdefault(model, set()).update(key for key in rows if stated[key] != known.get(key, {}))
    take_unique_values([*new, *changed], stated, outcome.change)
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


def moments_before(
    model: type[models.Model], rows: Iterable[Any], existing: Container[Any]
) -> dict[Any, Moments]:
    """Returns the moments of the facts of rows; of rows that do not exist, only by when they were gone."""
    return {
        key: moments if key in existing else {GONE: moments[GONE]}
        for key, moments in read_moments(model, rows).items()
        if key in existing or GONE in moments
    }


def take_unique_values(items: list[Any], stated: dict[Any, Moments], change: Change) -> None:
    """Takes values that only one row can have, such as a landing, from the rows that have them so far.

    A row of which that was told later keeps its value, and the item goes without.
    """
    for column in type(items[0])._meta.concrete_fields if items else ():
        if column.primary_key or not (column.unique and column.null):
            continue
        model, name = type(items[0]), column.attname
        wanted = {item.pk: item for item in items if getattr(item, name) is not None}
        values = {getattr(item, name): item for item in wanted.values()}
        holders = dict(model._default_manager.filter(**{f"{name}__in": list(values)}).values_list("pk", name))
        ranks = read_moments(model, holders)
        lost = []
        for key, value in holders.items():
            item = values[value]
            if item.pk == key:
                continue
            if key not in wanted and ranks.get(key, {}).get(name, NEVER) > stated[item.pk].get(name, NEVER):
                setattr(item, name, None)
            else:
                lost.append(key)
        change.before_write(model, lost)
        model._default_manager.filter(pk__in=lost).update(**{name: None})
        change.after_write(model, lost)


def drop_older_facts(row: CollectedRow, present: Any, before: Moments, collected: CollectedRows) -> Moments:
    """Drops the facts of a row that a newer page has told; returns the rank at which each fact now stands."""
    after, same = dict(before), same_growing_totals(row, present)
    for facts in row.kinds:
        for name in list(facts):
            rank, known = collected.ranks[name in row.stated], before.get(name, NEVER)
            if name in same and known:
                after[name] = reading_of_same(rank, known)
            elif rank >= known:
                after[name] = rank
            else:
                row.outdated = True
                row.overruled |= facts is row.values and getattr(present, name) != facts[name]
                del facts[name]
    return after


def same_growing_totals(row: CollectedRow, present: Any) -> set[str]:
    """Returns the totals of a row if the catalogue has the same, and they grow: else none."""
    if not isinstance(present, PublishedTotals) or present.totals_read_at is None:
        return set()
    stand = {name: getattr(present, name) for name in present.published_totals}
    totals = {name: value for name, value in row.values.items() if name in stand}
    grows = any(present.follow_totals(stand, present.totals_read_at).values())
    return set(totals) if grows and totals.items() <= stand.items() else set()


def with_totals(
    model: type[PublishedTotals], present: Any, values: dict[str, Any], moments: Moments, read_at: datetime
) -> dict[str, Any]:
    """Returns the row's values with the moment of its totals and the columns that follow from them.

    A page may fill in totals that a newer page did not show; the moment stays the newest then.
    """
    totals = {name: values[name] for name in model.published_totals if name in values}
    if not totals:
        return values
    if present is not None and present.totals_read_at is not None:
        stand = {name: getattr(present, name) for name in model.published_totals}
        latest = [moment_of(moments[name]) for name in stand if name in moments]
        if not totals.items() <= stand.items():
            latest += [read_at, present.totals_read_at]
        read_at, totals = max(latest), {**stand, **totals}
    return {**values, **model.as_read(totals, read_at)}


def require_columns(model: type[models.Model], key: Any, row: CollectedRow) -> None:
    """Raises BrokenFile if a new row lacks a column that its table requires."""
    kind = str(model._meta.verbose_name).lower()
    if row.is_reference and not model._meta.pk.is_relation:
        raise row.where.error(f"there is no {kind} {key}, neither in the file nor in the catalogue.")
    for column in model._meta.concrete_fields:
        needed = not (column.primary_key or column.null or column.blank or column.has_default())
        if needed and column.attname not in row.values:
            raise row.where.error(f"'{column.name}' is missing, and a new {kind} needs it.")


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
            for part in batches(items, ROWS_PER_STATEMENT):
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
    manager.bulk_update(different, [column.name], batch_size=ROWS_PER_STATEMENT)
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
