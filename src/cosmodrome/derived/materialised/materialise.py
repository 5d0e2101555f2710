"""Writes derived values into the columns that are served: a table at a time, all values in one statement.

A derived value replaces the published one where its parts are known.  The published value is then stored in a
table of its own, and comes back when the parts are no longer known.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any

from django.db import connection, models

from cosmodrome.changes.private import will_write
from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, batches, rows_in_batches
from cosmodrome.derived.registry import (
    PUBLISHED_TABLES,
    AtLeastPublished,
    BulkComputation,
    BulkValues,
    Derived,
    Expression,
    Instant,
    derived_of,
    is_at_least,
    published_columns,
)
from cosmodrome.rendering.statements import PRESENT, Among, Statement, compiled
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.accrual import accrued
from cosmodrome.time.as_of import AsOf, present, set_as_of

RowValues = dict[str, Any]


@cache
def known_annotations(table: Model) -> dict[str, str]:
    """By derived column: the annotation that says whether its parts are known; columns may share one."""
    names: dict[Any, str] = {}
    return {
        declared.column: names.setdefault(declared.parts_known, f"known_{declared.column}")
        for declared in derived_of(table)
    }


class DerivationInstant(models.Value):
    """The instant of the derivation under way, read when SQL is made of a query.

    The query around it is built once and reused: to build it takes longer than to run it.
    """

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        self.value = present()
        return super().as_sql(compiler, connection)


@cache
def annotated_rows(table: Model, in_bulk: bool) -> models.QuerySet[Any, RowValues]:
    """All rows: what they serve, and the `value_`, `rate_` and `known_` of each derived column.

    `in_bulk` as in `Derived.rows`: then no row may be filtered out, and the values of bulk computations are
    left out.
    """
    bulk = bulk_computations(table) if in_bulk else {}
    instant = Instant(DerivationInstant(None, output_field=models.DateTimeField()))
    annotations = known_annotations(table)
    columns: dict[str, Expression] = {}
    for declared in derived_of(table):
        if declared.column not in bulk:
            columns[f"value_{declared.column}"] = declared.computed(instant, in_bulk)
        from_bulk = in_bulk and declared.bulk is not None and declared.bulk.includes_known
        if declared.rate and not from_bulk:
            columns[f"rate_{declared.column}"] = declared.rate(instant)
        if not (from_bulk or compared_columns(declared, bulk)):
            known = models.Case(models.When(declared.known(instant, in_bulk), then=True), default=False)
            columns.setdefault(annotations[declared.column], known)
    rows: models.QuerySet[Any, Any] = table._default_manager.annotate(**columns)
    read = ["totals_read_at", "parts_stated_at"] if bulk and issubclass(table, PublishedTotals) else []
    return rows.values("pk", *read, *published_columns(table), *columns)


@cache
def some_rows(table: Model) -> tuple[Statement, list[str]]:
    """The statement that reads rows of a table by their ids with what is derived of each; its columns."""
    rows = annotated_rows(table, in_bulk=False).filter(Among(models.F("pk")))
    return compiled(lambda: rows, PRESENT[:1], table._meta.pk), list(rows.query.selected or ())


@cache
def every_row(table: Model) -> tuple[Statement, list[str]]:
    """The statement that reads all rows of a table with what is derived of each; its columns."""
    rows = annotated_rows(table, in_bulk=True)
    return compiled(lambda: rows, PRESENT[:1]), list(rows.query.selected or ())


def compile_derivations() -> None:
    """Builds the queries of all derived values, which the first settling would else do."""
    for table in PUBLISHED_TABLES:
        annotated_rows(table, in_bulk=False)
        if any(declared.daily for declared in derived_of(table)):
            annotated_rows(table, in_bulk=True)


@cache
def bulk_computations(table: Model) -> dict[str, BulkComputation]:
    """The columns of a table that have a bulk computation, with it."""
    return {each.column: each.bulk for each in derived_of(table) if each.bulk}


def compared_columns(declared: Derived, bulk: Collection[str]) -> tuple[str, ...]:
    """The columns to compare with what was published, if that is the rule and all of them are in `bulk`."""
    enough = declared.parts_known
    return enough.columns if isinstance(enough, AtLeastPublished) and set(enough.columns) <= set(bulk) else ()


def compute_bulk(table: Model, at: datetime) -> dict[str, BulkValues]:
    """The values of all bulk computations of a table, for all rows as of `at`."""
    groups: dict[Any, dict[str, BulkComputation]] = {}
    bulk = bulk_computations(table)
    for column, computation in bulk.items():
        groups.setdefault(computation.group, {})[column] = computation
    compared = {column for declared in derived_of(table) for column in compared_columns(declared, bulk)}
    found: dict[str, BulkValues] = {}
    for several in groups.values():
        found |= next(iter(several.values())).compute(several, Instant(at), compared)
    return found


def materialise(
    table: Model,
    keys: Iterable[Any] | None,
    at: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
) -> list[Any]:
    """Makes these rows, or all, serve what is derived as of `at`; returns the ids of those that changed.

    To be called in a transaction.  `progress` is called with the number of rows that are done.
    """
    changes = RowChanges(table, at)
    if keys is None:
        changes.bulk = compute_bulk(table, at)
    with set_as_of(AsOf(at, is_requested=False, present=at)):
        for rows in row_batches(table, keys):
            changes.compare(rows)
            progress(len(rows))
    return changes.write()


def row_batches(table: Model, keys: Iterable[Any] | None) -> Iterator[list[RowValues]]:
    """The rows of these ids, or all, a batch at a time."""
    statement, names = every_row(table) if keys is None else some_rows(table)
    found = (
        statement.batches(ROWS_PER_STATEMENT)
        if keys is None
        else map(statement.execute, batches(keys, ROWS_PER_STATEMENT))
    )
    for rows in found:
        yield [dict(zip(names, row, strict=True)) for row in rows]


class RowChanges:
    """Changes to the rows of a table, collected first, since no table may be written while it is read."""

    def __init__(self, table: Model, at: datetime) -> None:
        self.table, self.at = table, at
        self.published_table: Model = PUBLISHED_TABLES[table]
        self.columns = published_columns(table)
        self.bulk: dict[str, BulkValues] = {}
        """The values of bulk computations, which the rows do not have."""
        self.updates: list[tuple[Any, RowValues]] = []
        """Columns to write into rows."""
        self.to_store: list[tuple[Any, RowValues]] = []
        """Published values to store, since derived ones take their place from now on."""
        self.to_drop: list[Any] = []
        """Rows whose stored values go, since they serve the published ones again."""

    def compare(self, rows: list[RowValues]) -> None:
        """Collects what these rows are to serve and do not."""
        stored_rows = self.published_table._default_manager.filter(pk__in=[row["pk"] for row in rows])
        stored = {row["pk"]: row for row in stored_rows.values("pk", *self.columns)}
        annotations = known_annotations(self.table)
        derived = [(declared, annotations[declared.column]) for declared in derived_of(self.table)]
        for row in rows:
            key = row["pk"]
            published = stored.get(key) or row
            if self.bulk:
                self.add_bulk_values(row, published)
            wanted = {name: published[name] for name in self.columns}
            any_known = False
            for declared, annotation in derived:
                if row[annotation]:
                    any_known = True
                    wanted.update(self.derived_columns(declared, row))
            if any(row[name] != value for name, value in wanted.items()):
                self.updates.append((key, wanted))
            if any_known and key not in stored:
                self.to_store.append((key, {name: row[name] for name in wanted}))
            if not any_known and key in stored:
                self.to_drop.append(key)

    def add_bulk_values(self, row: RowValues, published: RowValues) -> None:
        """Adds the values of bulk computations to a row, with their rates and whether they are known."""
        key, known_by_bulk = row["pk"], bulk_known_annotations(self.table)
        for column, values in self.bulk.items():
            row[f"value_{column}"] = values.now.get(key, values.default)
            if values.rate:
                row[f"rate_{column}"] = values.rate.get(key)
            if column in known_by_bulk:
                row[known_by_bulk[column]] = key in values.known
        for annotation, enough in compared_annotations(self.table).items():
            if row.get("totals_read_at") is None:
                row[annotation] = not (enough.all_rows and self.any_published)
            else:
                row[annotation] = all(
                    self.at_least_published(column, row, published[column]) for column in enough.columns
                )

    @cached_property
    def any_published(self) -> bool:
        """Whether anything was published of any row."""
        return self.table._default_manager.filter(totals_read_at__isnull=False).exists()

    def at_least_published(self, column: str, row: RowValues, published: Any) -> bool:
        """Whether the parts make no less than what was published: `registry.at_least` in Python."""
        values = self.bulk[column]
        at_reading = values.at_reading.get(row["pk"], values.default)
        return is_at_least(at_reading, published, row["totals_read_at"], row["parts_stated_at"])

    def write(self) -> list[Any]:
        """Writes what was collected; returns the ids of the rows that now serve something else."""
        if self.to_store or self.to_drop:
            will_write(self.published_table)
        if self.updates:
            will_write(self.table)
        insert_rows(self.published_table, self.to_store)
        update_rows(self.table, self.updates)
        for some in batches(self.to_drop, ROWS_PER_STATEMENT):
            self.published_table._default_manager.filter(pk__in=some).delete()
        return [key for key, _ in self.updates]

    def derived_columns(self, declared: Derived, row: RowValues) -> RowValues:
        """The columns of a derived value; those that the row has if they come to the same, now and later."""
        name, rate = declared.column, row.get(f"rate_{declared.column}") or 0
        columns = {declared.attribute: row[f"value_{name}"]}
        if not declared.accrual_columns:
            return columns
        since, by = declared.accrual_columns
        columns |= {since: self.at if rate else None, by: rate if rate > 1 else None}
        present = {each: row[each] for each in columns}
        return present if same_accrual(present, columns, name, self.at) else columns


@cache
def compared_annotations(table: Model) -> dict[str, AtLeastPublished]:
    """By `known_` annotation that bulk computations decide: the columns to compare with published values."""
    bulk, annotations = bulk_computations(table), known_annotations(table)
    return {
        annotations[each.column]: each.parts_known
        for each in derived_of(table)
        if compared_columns(each, bulk) and isinstance(each.parts_known, AtLeastPublished)
    }


@cache
def bulk_known_annotations(table: Model) -> dict[str, str]:
    """By column whose bulk computation says whether it is known: the annotation that this stands for."""
    bulk, annotations = bulk_computations(table), known_annotations(table)
    decided = [each for each in derived_of(table) if each.bulk and each.bulk.includes_known]
    return {each.column: annotations[each.column] for each in decided if not compared_columns(each, bulk)}


def same_accrual(present: RowValues, wanted: RowValues, name: str, at: datetime) -> bool:
    """Whether two ways to write a growing duration come to the same at `at` and ever after."""
    since, pace = present[f"{name}_since"], present[f"{name}_pace"]
    if (since is None) != (wanted[f"{name}_since"] is None) or pace != wanted[f"{name}_pace"]:
        return False
    value: timedelta | None = wanted[name]
    return (since is None or since <= at) and accrued(present[name], since, at, pace) == value


def insert_rows(table: Model, rows: list[tuple[Any, RowValues]]) -> None:
    """Inserts rows, each given as its id and its columns."""
    table._default_manager.bulk_create(
        [table(pk=key, **columns) for key, columns in rows], batch_size=ROWS_PER_STATEMENT
    )


def update_rows(table: Model, rows: list[tuple[Any, RowValues]]) -> None:
    """Updates rows, each given as its id and its columns, which are the same for all."""
    if not rows:
        return
    own = {field.attname: field for field in table._meta.concrete_fields}
    fields: list[Any] = [own[name] for name in rows[0][1]]
    quote = connection.ops.quote_name
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key: Any = table._meta.pk
    statement = f"UPDATE {quote(table._meta.db_table)} SET {columns} WHERE {quote(key.column)} = %s"  # noqa: S608 - names of our own tables and columns
    values = [
        [
            *(field.get_db_prep_save(columns[field.attname], connection) for field in fields),
            key.get_db_prep_save(pk, connection),
        ]
        for pk, columns in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def restore_published(table: Model, keys: list[Any]) -> None:
    """Makes these rows serve again what was published of them, and drops what was stored of it."""
    for some in batches(keys, ROWS_PER_STATEMENT):
        stored = PUBLISHED_TABLES[table]._default_manager.filter(pk__in=some)
        rows = list(stored.values("pk", *published_columns(table)))
        update_rows(table, [(row.pop("pk"), row) for row in rows])
        stored.delete()


def show_published(rows: list[Any]) -> None:
    """Sets what was published on instances that were read; the catalogue itself does not change."""
    table: Model = type(rows[0])
    by_key = {row.pk: row for row in rows}
    columns = published_columns(table)
    published = PUBLISHED_TABLES[table]._default_manager.values("pk", *columns)
    for stored in rows_in_batches(published, "pk", by_key):
        for name in columns:
            setattr(by_key[stored["pk"]], name, stored[name])
