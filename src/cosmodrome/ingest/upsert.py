"""Gathered rows into the database: created, changed or left alone, a table at a time.

The one path of writing.  Foreign keys are checked at the end of the transaction, so the order of the
tables does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models

from cosmodrome.changes.rowset import batches
from cosmodrome.changes.transactions import Change, restore
from cosmodrome.ingest.collection import Gathered, Row
from cosmodrome.ingest.plans import named_relations
from cosmodrome.shapes.relations import add_links, read_lists, write_lists
from cosmodrome.shapes.tables import PublishedTotals

CHUNK = 500
"""Rows in one statement: SQLite takes 32,766 parameters, and the widest table has 40 columns."""

Progress = Callable[[int], None]
"""Called with the number of rows that are done."""


@dataclass
class Outcome:
    """What became of the rows of one file: ids by table."""

    change: Change
    created: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    changed: dict[type[models.Model], set[Any]] = field(default_factory=dict)
    newer_totals_kept: int = 0
    """Rows whose totals in the catalogue were read later than those of the file."""


def upsert(gathered: Gathered, change: Change, progress: Progress) -> Outcome:
    """Writes all rows, as part of a change.  Raises BrokenFile."""
    outcome = Outcome(change)
    for model, rows in gathered.rows.items():
        outcome.created[model], outcome.changed[model] = set(), set()
        for part in batches(rows, CHUNK):
            write_rows(model, {key: rows[key] for key in part}, gathered, outcome)
            progress(len(part))
    for model, keys in [*write_all_lists(gathered, change), *resolve_names(gathered, change)]:
        change.after_write(model, keys)
        if model in outcome.created:
            outcome.changed[model] |= set(keys) - outcome.created[model]
    count_on_from_here(gathered.rows)
    return outcome


def write_rows(model: type[models.Model], rows: dict[Any, Row], gathered: Gathered, outcome: Outcome) -> None:
    """Creates the rows that are new and changes those that differ."""
    manager = model._default_manager
    standing = manager.in_bulk(list(rows))
    restore(standing.values())
    new, changed = [], []
    columns: set[str] = set()
    for key, row in rows.items():
        present = standing.get(key)
        values = row.values
        if issubclass(model, PublishedTotals):
            values = with_totals(model, present, values, gathered, outcome)
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
        if different.keys() - {"totals_read_at"}:  # the same totals once more: nothing to tell people
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


def with_totals(
    model: type[PublishedTotals],
    present: Any,
    values: dict[str, Any],
    gathered: Gathered,
    outcome: Outcome,
) -> dict[str, Any]:
    """The row's values, with the moment of its totals and what they entail, or without its totals.

    Totals that were read before those that stand are left out, but for those that brief pages do not show.
    """
    totals = {name: values[name] for name in model.published_totals if name in values}
    if not totals:
        return values
    read_at = gathered.read_at
    if present is not None and present.totals_read_at is not None:
        stand = {name: getattr(present, name) for name in model.published_totals}
        if totals.items() <= stand.items():
            read_at = moment_of_same(model, stand, present.totals_read_at, gathered)
        elif read_at < present.totals_read_at:
            outcome.newer_totals_kept += 1
            return {name: value for name, value in values.items() if stand.get(name) is None}
        totals = {**stand, **totals}
    return {**values, **model.as_read(totals, read_at)}


def moment_of_same(
    model: type[PublishedTotals], totals: dict[str, Any], known: datetime, gathered: Gathered
) -> datetime:
    """The moment that holds for `totals` that are read again and stand already, read at `known`.

    Totals that stand still are confirmed: the later moment.  Those of a craft in space are never the same
    at another moment, so this is the same reading: the moment that someone is certain of, else the
    earlier one, since a file's time can only be too late.
    """
    stands_still = not any(model.follow_totals(totals, known).values())
    if stands_still:
        return max(known, gathered.read_at)
    return gathered.read_at if gathered.is_certain else min(known, gathered.read_at)


def require_columns(model: type[models.Model], key: Any, row: Row) -> None:
    """A new row needs what its table can't do without."""
    kind = str(model._meta.verbose_name).lower()
    if row.is_reference and not model._meta.pk.is_relation:
        raise row.where.wrong(f"there is no {kind} {key}, neither in the file nor in the catalogue.")
    for column in model._meta.concrete_fields:
        needed = not (column.primary_key or column.null or column.blank or column.has_default())
        if needed and column.attname not in row.values:
            raise row.where.wrong(f"'{column.name}' is missing, and a new {kind} needs it.")


def write_all_lists(gathered: Gathered, change: Change) -> Iterator[tuple[type[models.Model], set[Any]]]:
    """Makes the lists of all rows as they were read; answers the rows whose lists changed."""
    for model, rows in gathered.rows.items():
        for keys in batches(rows, CHUNK):
            part = {key: rows[key] for key in keys}
            for write in (write_links, drop_unlisted, write_parts):
                yield model, set(write(model, part, change))
    for model, rows in gathered.rows.items():
        for keys in batches(rows, CHUNK):
            yield model, set(join_lists(model, {key: rows[key] for key in keys}, change))


def write_links(model: type[models.Model], rows: dict[Any, Row], change: Change) -> Iterator[Any]:
    """Makes many-to-many lists as they were read, in order; answers the ids whose lists changed."""
    for relation in {name for row in rows.values() for name in row.links}:
        column: Any = model._meta.get_field(relation)
        wanted = {key: row.links[relation] for key, row in rows.items() if relation in row.links}
        standing = read_lists(column, wanted)
        different = {key: listed for key, listed in wanted.items() if standing[key] != listed}
        change.before_write(model, different)
        write_lists(column, different)
        yield from different


def drop_unlisted(model: type[models.Model], rows: dict[Any, Row], change: Change) -> Iterator[Any]:
    """Deletes owned children that their parent no longer lists; answers the parents' ids."""
    for relation in {name for row in rows.values() for name in row.children}:
        column: Any = model._meta.get_field(relation)
        listed = {key: row.children[relation] for key, row in rows.items() if relation in row.children}
        children = column.related_model._default_manager
        back = column.field.attname
        owned = children.filter(**{f"{back}__in": list(listed)}).values_list("pk", back)
        gone = {child: parent for child, parent in owned if child not in listed[parent]}
        change.delete(children.filter(pk__in=list(gone)))
        yield from gone.values()


def join_lists(model: type[models.Model], rows: dict[Any, Row], change: Change) -> Iterator[Any]:
    """Adds what the other side of many-to-many relations tells; answers the ids whose lists changed."""
    for name in {name for row in rows.values() for name in row.joined}:
        relation: Any = model._meta.get_field(name)
        lists = read_lists(relation, rows)
        standing = {(key, related) for key, listed in lists.items() for related in listed}
        told = [(key, related) for key, row in rows.items() for related in row.joined.get(name, ())]
        new = [pair for pair in told if pair not in standing]
        change.before_write(model, {key for key, _ in new})
        add_links(relation, new)
        yield from (key for key, _ in new)


def write_parts(model: type[models.Model], rows: dict[Any, Row], change: Change) -> Iterator[Any]:
    """Makes lists of what has no ids as they were read; answers the ids whose lists changed."""
    for relation in {name for row in rows.values() for name in row.parts}:
        column: Any = model._meta.get_field(relation)
        manager, back = column.related_model._default_manager, column.field.attname
        wanted = {key: row.parts[relation] for key, row in rows.items() if relation in row.parts}
        standing: dict[Any, list[Any]] = {key: [] for key in wanted}
        for part in manager.filter(**{f"{back}__in": list(wanted)}).order_by("pk"):
            standing[getattr(part, back)].append(part)
        different = [key for key in wanted if not same_parts(standing[key], wanted[key])]
        change.before_write(model, different)
        manager.filter(**{f"{back}__in": different}).delete()
        new = [column.related_model(**{**part, back: key}) for key in different for part in wanted[key]]
        manager.bulk_create(new, batch_size=CHUNK)
        yield from different


def same_parts(standing: list[Any], wanted: list[dict[str, Any]]) -> bool:
    """Whether the rows that stand say what is wanted, in this order."""
    return len(standing) == len(wanted) and all(
        getattr(row, name) == value
        for row, part in zip(standing, wanted, strict=True)
        for name, value in part.items()
    )


def resolve_names(gathered: Gathered, change: Change) -> Iterator[tuple[type[models.Model], set[Any]]]:
    """Sets the relations of which the wire gives only a name; answers the rows that changed.

    Both ways: what the file's rows name, and what names one of the file's rows.
    """
    for model, relation in named_relations():
        column: Any = model._meta.get_field(relation)
        kept = f"{relation}_name"
        own = [key for key, row in gathered.rows.get(model, {}).items() if kept in row.values]
        named = gathered.rows.get(column.related_model, {}).values()
        names = {row.values["name"] for row in named if "name" in row.values}
        for look_up, items in (("pk__in", own), (f"{kept}__in", names)):
            for part in batches(items, CHUNK):
                yield model, point_to_named(model, column, {look_up: part}, change)


def point_to_named(
    model: type[models.Model], column: Any, rows: dict[str, list[Any]], change: Change
) -> set[Any]:
    """Lets the `rows` of `model` point to what they name; answers the ids that changed.

    A name that several rows have names none of them, so that it does not matter which came first.
    """
    manager, kept = model._default_manager, f"{column.name}_name"
    items = list(manager.filter(**rows).only(column.attname, kept))
    targets = unambiguous(column.related_model, {getattr(item, kept) for item in items})
    different = [item for item in items if getattr(item, column.attname) != targets.get(getattr(item, kept))]
    changed = {item.pk for item in different}
    change.before_write(model, changed)
    for item in different:
        setattr(item, column.attname, targets.get(getattr(item, kept)))
    manager.bulk_update(different, [column.name], batch_size=CHUNK)
    return changed


def unambiguous(model: type[models.Model], names: set[Any]) -> dict[str | None, Any]:
    """The id of each name that one row alone has."""
    found: dict[str | None, Any] = {}
    twice = set()
    rows = model._default_manager.filter(name__in=names - {None})
    for key, name in rows.values_list("pk", "name"):
        if name in found:
            twice.add(name)
        found[name] = key
    return {name: key for name, key in found.items() if name not in twice}


NUMBER_ON = """
    SELECT setval(sequence, highest)
    FROM (
        SELECT pg_get_serial_sequence(%s, %s)::regclass AS sequence, max({column}) AS highest FROM {table}
    ) AS numbered
    WHERE highest > coalesce(pg_sequence_last_value(sequence), 0)
"""


def count_on_from_here(tables: Iterable[type[models.Model]]) -> None:
    """Lets PostgreSQL number new rows after those that came with their ids; SQLite does of itself.

    Only ever upwards: Django's sequence_reset_sql() may set lower, and hand out the ids of rows that another
    transaction has not yet committed.
    """
    if connection.vendor != "postgresql":
        return
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for model in tables:
            key, table = model._meta.pk, model._meta.db_table
            if isinstance(key, models.AutoField):
                statement = NUMBER_ON.format(column=quote(str(key.column)), table=quote(table))
                cursor.execute(statement, [quote(table), str(key.column)])
