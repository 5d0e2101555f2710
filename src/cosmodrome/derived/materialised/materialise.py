"""Derived values into the columns that are served: a table at a time, the values by one statement.

A derived value takes the place of the published one where its parts are known; the published one is then
kept apart, and comes back when they no longer are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.db import connection, models

from cosmodrome.changes.rowset import batches, rows_in_batches
from cosmodrome.derived.registry import (
    PUBLISHED_TABLES,
    Amounting,
    Derived,
    Expression,
    Found,
    Instant,
    Together,
    accrual_columns,
    derived_of,
    published_columns,
)
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time.accrual import accrued

CHUNK = 500
"""Rows in one statement."""

Model = type[models.Model]
Row = dict[str, Any]


@cache
def rules_of(table: Model) -> dict[str, str]:
    """By derived column: the annotation that tells whether its parts are known; values may share a rule."""
    names: dict[Any, str] = {}
    return {
        declared.column: names.setdefault(declared.parts_known, f"known_{declared.column}")
        for declared in derived_of(table)
    }


class AsOf(models.Value):
    """An instant that is set after the expressions around it were made, which takes longer than the query."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        self.value = as_of.get()
        return super().as_sql(compiler, connection)


as_of: ContextVar[datetime] = ContextVar("as_of")
"""The instant at which values are derived."""


@cache
def with_derived(table: Model, in_bulk: bool) -> models.QuerySet[Any, Row]:
    """All rows: what is served, and the `value_`, `pace_` and `known_` of each derived column, at `as_of`.

    `in_bulk` as in `Derived.rows`: then none may be filtered out, and what is found together is left out.
    """
    apart = found_together(table) if in_bulk else {}
    instant, rules = Instant(AsOf(None, output_field=models.DateTimeField())), rules_of(table)
    columns: dict[str, Expression] = {}
    for declared in derived_of(table):
        if declared.column not in apart:
            columns[f"value_{declared.column}"] = declared.computed(instant, in_bulk)
        told = in_bulk and declared.together is not None and declared.together.whole
        if declared.pace and not told:
            columns[f"pace_{declared.column}"] = declared.pace(instant)
        if not (told or rests_on(declared, apart)):
            known = models.Case(models.When(declared.known(instant, in_bulk), then=True), default=False)
            columns.setdefault(rules[declared.column], known)
    rows: models.QuerySet[Any, Any] = table._default_manager.annotate(**columns)
    read = ["totals_read_at"] if apart and issubclass(table, PublishedTotals) else []
    return rows.values("pk", *read, *published_columns(table), *columns)


@cache
def found_together(table: Model) -> dict[str, Together]:
    """The columns of a table that are found together with others for all rows at once."""
    return {each.column: each.together for each in derived_of(table) if each.together}


def rests_on(declared: Derived, apart: Collection[str]) -> tuple[str, ...]:
    """The columns that have to amount to what was published, if that is the rule and all are in `apart`."""
    enough = declared.parts_known
    return enough.columns if isinstance(enough, Amounting) and set(enough.columns) <= set(apart) else ()


def find_together(table: Model, at: datetime) -> dict[str, Found]:
    """Those columns, for all rows as of `at`."""
    groups: dict[Any, dict[str, Together]] = {}
    apart = found_together(table)
    for column, together in apart.items():
        groups.setdefault(together.group, {})[column] = together
    rested_on = {column for declared in derived_of(table) for column in rests_on(declared, apart)}
    found: dict[str, Found] = {}
    for several in groups.values():
        found |= next(iter(several.values())).find(several, Instant(at), rested_on)
    return found


def derive(
    table: Model,
    keys: Iterable[Any] | None,
    at: datetime,
    progress: Callable[[int], None] = lambda _rows: None,
) -> list[Any]:
    """Lets these rows, or all, serve what is derived as of `at`; answers the ids of those that changed.

    To be called in a transaction.  `progress` is called with the number of rows that are done.
    """
    changes, before = Changes(table, at), as_of.set(at)
    if keys is None:
        changes.found = find_together(table, at)
    try:
        for rows in rows_of(table, keys):
            changes.look_at(rows)
            progress(len(rows))
    finally:
        as_of.reset(before)
    return changes.write()


def rows_of(table: Model, keys: Iterable[Any] | None) -> Iterator[list[Row]]:
    """The rows of these ids, or all, some at a time."""
    if keys is None:
        every = with_derived(table, in_bulk=True).iterator(chunk_size=CHUNK)
        while part := list(islice(every, CHUNK)):
            yield part
        return
    rows = with_derived(table, in_bulk=False)
    for some in batches(keys, CHUNK):
        yield list(rows.filter(pk__in=some))


class Changes:
    """What is to be served otherwise than it stands, gathered first: no table is written while it is read."""

    def __init__(self, table: Model, at: datetime) -> None:
        self.table, self.at = table, at
        self.apart: Model = PUBLISHED_TABLES[table]
        self.columns = published_columns(table)
        self.found: dict[str, Found] = {}
        """What is found together, and not in the rows that are looked at."""
        self.served: list[tuple[Any, Row]] = []
        self.kept: list[tuple[Any, Row]] = []
        self.back: list[Any] = []

    def look_at(self, rows: list[Row]) -> None:
        """Gathers what differs in these rows from what stands."""
        apart = self.apart._default_manager.filter(pk__in=[row["pk"] for row in rows])
        standing = {row["pk"]: row for row in apart.values("pk", *self.columns)}
        rules = rules_of(self.table)
        derived = [(declared, rules[declared.column]) for declared in derived_of(self.table)]
        for row in rows:
            key = row["pk"]
            apart_row = standing.get(key)
            published = apart_row or row
            if self.found:
                self.complete(row, published)
            wanted = {name: published[name] for name in self.columns}
            known = False
            for declared, rule in derived:
                if row[rule]:
                    known = True
                    wanted.update(self.columns_of(declared, row))
            if any(row[name] != value for name, value in wanted.items()):
                self.served.append((key, wanted))
            if known and not apart_row:
                self.kept.append((key, {name: row[name] for name in wanted}))
            if not known and apart_row:
                self.back.append(key)

    def complete(self, row: Row, published: Row) -> None:
        """Tells of a row what is found together."""
        key, whole = row["pk"], rules_told(self.table)
        for column, found in self.found.items():
            row[f"value_{column}"] = found.now.get(key, found.without)
            if found.pace:
                row[f"pace_{column}"] = found.pace.get(key)
            if column in whole:
                row[whole[column]] = key in found.known
        read = row.get("totals_read_at") is not None
        for rule, columns in rules_found(self.table).items():
            row[rule] = read and all(self.amounts(column, key, published[column]) for column in columns)

    def amounts(self, column: str, key: Any, published: Any) -> bool:
        """Whether what was loaded is no less than what was published, as `amounts_to` has it."""
        if published is None:
            return False
        found = self.found[column]
        at_reading = found.at_reading.get(key, found.without)
        return at_reading is not None and at_reading >= published

    def write(self) -> list[Any]:
        """Serves and keeps apart what was gathered; answers the ids of the rows that serve something else."""
        insert(self.apart, self.kept)
        update(self.table, self.served)
        for some in batches(self.back, CHUNK):
            self.apart._default_manager.filter(pk__in=some).delete()
        return [key for key, _ in self.served]

    def columns_of(self, declared: Derived, row: Row) -> Row:
        """The columns of a derived value; those that stand if they come to the same, now and later."""
        name, pace = declared.column, row.get(f"pace_{declared.column}") or 0
        columns = {declared.attribute: row[f"value_{name}"]}
        motion = accrual_columns(declared)
        if not motion:
            return columns
        since, by = motion
        columns |= {since: self.at if pace else None, by: pace if pace > 1 else None}
        standing = {each: row[each] for each in columns}
        return standing if same(standing, columns, name, self.at) else columns


@cache
def rules_found(table: Model) -> dict[str, tuple[str, ...]]:
    """By annotation that is left out with what is found together: the columns that it rests on."""
    apart, rules = found_together(table), rules_of(table)
    rested_on = {rules[each.column]: rests_on(each, apart) for each in derived_of(table)}
    return {rule: columns for rule, columns in rested_on.items() if columns}


@cache
def rules_told(table: Model) -> dict[str, str]:
    """By column: the annotation that is left out as it is told together whether the value is known."""
    apart, rules = found_together(table), rules_of(table)
    whole = [each for each in derived_of(table) if each.together and each.together.whole]
    return {each.column: rules[each.column] for each in whole if not rests_on(each, apart)}


def same(standing: Row, wanted: Row, name: str, at: datetime) -> bool:
    """Whether two ways to write a moving duration come to the same at `at` and ever after."""
    since, pace = standing[f"{name}_since"], standing[f"{name}_pace"]
    if (since is None) != (wanted[f"{name}_since"] is None) or pace != wanted[f"{name}_pace"]:
        return False
    value: timedelta | None = wanted[name]
    return (since is None or since <= at) and accrued(standing[name], since, at, pace) == value


def insert(table: Model, rows: list[tuple[Any, Row]]) -> None:
    """New rows, by id."""
    table._default_manager.bulk_create([table(pk=key, **columns) for key, columns in rows], batch_size=CHUNK)


def update(table: Model, rows: list[tuple[Any, Row]]) -> None:
    """Sets the same columns of rows, by id."""
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


def put_back(table: Model, keys: list[Any]) -> None:
    """Lets these rows serve again what was published of them, with nothing kept apart."""
    for some in batches(keys, CHUNK):
        apart = PUBLISHED_TABLES[table]._default_manager.filter(pk__in=some)
        rows = list(apart.values("pk", *published_columns(table)))
        update(table, [(row.pop("pk"), row) for row in rows])
        apart.delete()


def restore(rows: list[Any]) -> None:
    """Lets rows that were read say what was published of them; the catalogue is as it was."""
    table: Model = type(rows[0])
    by_key = {row.pk: row for row in rows}
    columns = published_columns(table)
    kept_apart = PUBLISHED_TABLES[table]._default_manager.values("pk", *columns)
    for apart in rows_in_batches(kept_apart, "pk", by_key):
        for name in columns:
            setattr(by_key[apart["pk"]], name, apart[name])
