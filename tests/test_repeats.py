"""What a statement says more than once, SQLite computes once a row, and yields the same."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from cosmodrome.rendering.repeats import movable, without_repeats
from cosmodrome.rendering.rows import rows_among
from cosmodrome.rendering.statements import PAST, query_at
from cosmodrome.shapes.history import HISTORIES, AsOfColumns

WHERE = ' FROM "craft" WHERE "craft"."id" IN (SELECT value FROM json_each(%(ids)s)) ORDER BY "craft"."id"'
COUNT = (
    '(SELECT COUNT(*) FROM "flight" U0 WHERE (U0."craft" = ("craft"."id") AND counted(U0."at") <= %(at)s))'
)
KNOWN = f'("craft"."read" IS NULL OR {COUNT} >= "craft"."total")'
LAST = '(SELECT MAX(V0."at") FROM "flight" V0 WHERE V0."craft" = ("craft"."id"))'

WITHIN = f'EXISTS(SELECT 1 FROM "flight" V0 WHERE V0."at" > {COUNT})'  # noqa: S608 - all of it stands here


class Database:
    """Craft with flights, and how often SQLite has looked at one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.calls = 0
        connection.create_function("counted", 1, self.counted)
        connection.execute('CREATE TABLE "craft" (id INTEGER PRIMARY KEY, read INTEGER, total INTEGER)')
        connection.execute('CREATE TABLE "flight" (craft INTEGER, at INTEGER)')
        connection.executemany("INSERT INTO craft VALUES (?, ?, ?)", [(1, None, 2), (2, 5, 1), (3, 5, 9)])
        connection.executemany(
            "INSERT INTO flight VALUES (?, ?)", [(craft, at) for craft in (1, 2, 3) for at in range(3)]
        )

    def counted(self, value: Any) -> Any:
        self.calls += 1
        return value

    def run(self, sql: str) -> list[Any]:
        named = sql.replace("%(ids)s", ":ids").replace("%(at)s", ":at").replace("%%", "%")
        self.calls = 0
        return self.connection.execute(named, {"ids": json.dumps([1, 3]), "at": 1}).fetchall()


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(sqlite3.connect(":memory:")) as connection:
        yield Database(connection)


def cases(*conditions: str) -> str:
    columns = ", ".join(f"CASE WHEN {each} THEN {n} END AS c{n}" for n, each in enumerate(conditions))
    return f'SELECT "craft"."id", {columns}{WHERE}'


def test_a_condition_that_columns_share_is_computed_once_a_row(database: Database) -> None:
    sql = cases(KNOWN, KNOWN, f"({KNOWN} AND {COUNT} > 1)")
    before = database.run(sql)
    assert database.calls == 2 * 3 * 3 - 1 * 3 * 2  # what has never been read needs no count but the last
    assert database.run(without_repeats(sql, "id")) == before
    assert database.calls == 2 * 3


@pytest.mark.parametrize(
    "sql",
    [
        cases(KNOWN, COUNT),
        cases(f"COALESCE({COUNT}, 0) > 1", f"COALESCE({COUNT}, 0) > 1", f"{LAST} > 1"),
        cases(f"EXISTS{LAST}", f"EXISTS{LAST}"),
        cases(f"{LAST} > length('a)(')", f"{LAST} IN (1, 2)", f"{LAST} IN (1, 2)"),
        cases(*[WITHIN] * 2),
    ],
)
def test_it_yields_the_same(sql: str, database: Database) -> None:
    assert database.run(without_repeats(sql, "id")) == database.run(sql)


@pytest.mark.parametrize(
    "sql",
    [
        cases("1", "1"),
        cases("(1 + 1)", "(1 + 1)"),
        cases(*['U0."at" IN (SELECT 1)'] * 2),
        cases(*['(SELECT U1."at" FROM "flight" U0)'] * 2),
        cases(KNOWN, KNOWN).replace('"craft"."id" IN (SELECT value', '"craft"."id" IN (SELECT 1'),
        cases(KNOWN, KNOWN) + ")",
    ],
)
def test_what_depends_on_more_than_the_row_stays_where_it_is(sql: str) -> None:
    assert without_repeats(sql, "id") == sql


HISTORIC = sorted((each for each in HISTORIES if HISTORIES[each].columns), key=lambda each: each.__name__)
MOST_COUNTS = 20
"""Queries that count, for a row of any table as of an instant; there were up to 100."""


@pytest.mark.skipif(
    connection.vendor != "sqlite", reason="statements of PostgreSQL stay as Django makes them"
)
@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize("model", HISTORIC, ids=lambda each: each.__name__)
def test_no_table_computes_anything_twice(model: Any) -> None:
    columns = AsOfColumns(model, HISTORIES[model].columns)
    sql, _, _ = query_at(lambda: rows_among(columns, model, "pk", (), None, False), PAST[0])
    sql = without_repeats(sql.replace("json_each(%s)", "json_each(%(ids)s)"), model._meta.pk.column)
    counts = Counter(movable(sql, model._meta.db_table))
    assert [text for text, count in counts.items() if count > 1] == []
    assert sql.count("SELECT COUNT") <= MOST_COUNTS
