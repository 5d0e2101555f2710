"""Statements compiled once: Django makes the SQL of a query, which then serves other ids and instants.

To build and compile a query of derived values takes Django up to a hundred times as long as the database
takes to run it.  A query is compiled as of a made-up instant: the parameters that hold this instant get that
of each answer, and all others are part of the statement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from cosmodrome.rendering.lru import LRU
from cosmodrome.rendering.readers import Read, reader
from cosmodrome.rendering.repeats import without_repeats
from cosmodrome.time import clock
from cosmodrome.time.as_of import AsOf, present, requested_as_of, set_as_of

MakeRows = Callable[[], models.QuerySet[Any]]
"""Makes a query as of the instant of the answer under way."""

LIMIT = 16_000_000
"""Bytes that compiled statements may take."""
SIZE = 5
"""Bytes that a statement takes for each character of SQL, about, with what the database makes of it."""
OVERHEAD = 3000

PAST = (
    AsOf(datetime(1201, 3, 5, 7, 11, 13, 170019, UTC), True, datetime(9501, 9, 11, 19, 31, 37, 410043, UTC)),
    AsOf(datetime(1302, 4, 6, 8, 12, 14, 180023, UTC), True, datetime(9402, 8, 10, 18, 30, 36, 400041, UTC)),
)
"""The instants at which queries as of an earlier one are compiled: no two are alike in any form."""
FUTURE = tuple(AsOf(each.present, True, each.instant) for each in PAST)
PRESENT = tuple(AsOf(each.instant, False, each.instant) for each in PAST)

LONGEST_SHIFT = timedelta(days=1000)
"""No other instant of a query lies so near to a made-up one."""
LIKE_MADE_UP = re.compile(r"119\d|120\d|949\d|950\d")
"""Not to be in a client's text that becomes a constant of a query: it could look like a made-up instant."""
PLACE = re.compile("%[%s]")
IDS = object()
"""Stands for the ids among the parameters of a query that is compiled."""


class Among(models.Func):
    """The condition that a column has one of the ids with which a statement is executed."""

    output_field = models.BooleanField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        del extra_context
        return self._sql(compiler, connection, "%(expressions)s IN (SELECT value FROM json_each(%%s))")

    def as_postgresql(self, compiler: Any, connection: Any, **extra_context: Any) -> Any:
        del extra_context
        return self._sql(compiler, connection, "%(expressions)s = ANY(%%s)")

    def _sql(self, compiler: Any, connection: Any, template: str) -> Any:
        sql, parameters = self.as_sql(compiler, connection, template=template)
        return sql, [*parameters, IDS]


def as_instant(instant: datetime) -> Any:
    """Returns an instant as a column of instants holds it."""
    return connection.ops.adapt_datetimefield_value(instant)


def as_day(instant: datetime) -> Any:
    """Returns the day of an instant as a column of days holds it."""
    return connection.ops.adapt_datefield_value(instant.date())


def as_year(instant: datetime) -> int:
    """Returns the year of an instant."""
    return instant.year


FORMS: tuple[Callable[[datetime], Any], ...] = (as_instant, as_day, as_year)


@dataclass(frozen=True)
class InstantPlace:
    """A parameter that holds an instant of the answer."""

    which: str
    """`instant`, the one that the answer is about, or `present`."""
    form: Callable[[datetime], Any]
    offset: timedelta = timedelta(0)

    def value(self, about: AsOf) -> Any:
        """Returns the parameter for the instants of an answer."""
        return self.form(getattr(about, self.which) + self.offset)


def place_of(values: tuple[Any, ...], instants: tuple[AsOf, ...]) -> InstantPlace | None:
    """Returns what a parameter holds that had these values at these instants; None: a constant.

    Raises NotCompilable if it is neither.
    """
    is_same = all(type(each) is type(values[0]) and each == values[0] for each in values)
    if is_same and len(values) > 1:
        return None
    for which in ("instant", "present"):
        for form in FORMS:
            place = InstantPlace(which, form)
            if tuple(map(place.value, instants)) == values:
                return place
    found = shifted_place(values, instants)
    if found is None and not is_same:
        raise NotCompilable(f"a parameter that depends on the instant otherwise: {values}")
    return found


def shifted_place(values: tuple[Any, ...], instants: tuple[AsOf, ...]) -> InstantPlace | None:
    """Returns the place of an instant that is earlier or later by as much each time; None: there is none."""
    for which in ("instant", "present"):
        shifts = {shift(value, getattr(each, which)) for value, each in zip(values, instants, strict=True)}
        found = shifts.pop()
        if found is not None and not shifts and abs(found) < LONGEST_SHIFT:
            return InstantPlace(which, as_instant, found)
    return None


def shift(value: Any, instant: datetime) -> timedelta | None:
    """Returns by how much a parameter is later than an instant; None: it holds no instant."""
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) - instant


class NotCompilable(Exception):
    """A query depends on the instant by more than parameters that hold it."""


@dataclass(frozen=True)
class Statement:
    """A compiled query."""

    sql: str
    """With named parameters; empty: the query selects nothing."""
    read: Read
    constants: dict[str, Any]
    instants: dict[str, InstantPlace]
    """By name, the parameters that hold an instant."""
    reads_clock: bool
    """Whether the clock decides what it yields."""
    id_field: Any
    """The column whose values the ids are; None: it takes none."""

    def execute(self, ids: Iterable[Any] = ()) -> list[Any]:
        """Returns what the query yields for these ids, as of the instant of the answer under way."""
        return list(self.read(self.fetch(ids)))

    def fetch(self, ids: Iterable[Any] = ()) -> list[Any]:
        """Returns the same rows as the database's driver gives them."""
        if self.reads_clock:
            clock.record_read(present())
        if not self.sql:
            return []
        parameters = self.constants | self.instant_parameters()
        if self.id_field is not None:
            parameters["ids"] = ids_parameter(self.id_field, ids)
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            return list(cursor.fetchall())

    def batches(self, size: int) -> Iterator[list[Any]]:
        """Yields what the query yields without ids, in lists of at most `size` that are read one by one."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(self.sql, self.constants | self.instant_parameters())
            while rows := cursor.fetchmany(size):
                yield list(self.read(rows))

    @property
    def is_timeless(self) -> bool:
        """Whether it yields the same at any instant."""
        return not (self.instants or self.reads_clock)

    def instant_parameters(self) -> dict[str, Any]:
        """Returns the parameters that hold an instant, for that of the answer under way."""
        if not self.instants:
            return {}
        now, requested = present(), requested_as_of()
        about = AsOf(requested or now, requested is not None, now)
        return {name: place.value(about) for name, place in self.instants.items()}

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return OVERHEAD + SIZE * len(self.sql)


def ids_parameter(field: Any, ids: Iterable[Any]) -> Any:
    """Returns ids as the one parameter that holds them all."""
    values = [field.get_db_prep_value(each, connection) for each in ids]
    return json.dumps(values) if connection.vendor == "sqlite" else values


class StatementCache:
    """The statements of a process, those that were used last."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._statements: LRU[Hashable, Statement] = LRU()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """The bytes that are taken, about."""
        return self._statements.bytes

    def clear(self) -> None:
        """Forgets all statements."""
        with self._lock:
            self._statements = LRU()

    def get(self, key: Hashable, make: MakeRows, id_field: Any = None) -> Statement:
        """Returns the statement of the query that `make` makes, compiled unless it is here.

        `key` tells queries apart that differ by more than ids and the instant.  Raises NotCompilable.
        """
        instants = made_up_instants()[:1]
        whole = instants, connection.vendor, key
        with self._lock:
            found = self._statements.get(whole)
        if found is None:
            found = compiled(make, instants, id_field)
            self._put(whole, found)
        return found

    def _put(self, key: Hashable, statement: Statement) -> None:
        with self._lock:
            self._statements.remove(key)
            self._statements.put(key, statement, statement.size)
            while self._statements.bytes > self.limit:
                self._statements.remove_oldest()


STATEMENTS = StatementCache(LIMIT)


def made_up_instants() -> tuple[AsOf, ...]:
    """Returns two made-up instants that lie to the present as that of the answer under way does."""
    at = requested_as_of()
    if at is None:
        return PRESENT
    return PAST if at <= present() else FUTURE


def compiled(make: MakeRows, instants: tuple[AsOf, ...], id_field: Any = None) -> Statement:
    """Returns the statement of the query that `make` makes.  Raises NotCompilable."""
    with clock.recorded_reads() as reads:
        queries = [query_at(make, each) for each in instants]
    sql, _, read = queries[0]
    if any(each[0] != sql for each in queries):
        raise NotCompilable(f"a query that is another at each instant: {sql}")
    constants: dict[str, Any] = {}
    places: dict[str, InstantPlace] = {}
    names: dict[Any, str] = {IDS: "ids"}
    order = []
    for values in zip(*(each[1] for each in queries), strict=True):
        place = None if values[0] is IDS else place_of(values, instants)
        known = place or (values[0] if values[0] is IDS else (type(values[0]), values[0]))
        name = names.setdefault(known, f"p{len(names)}")
        order.append(name)
        if place:
            places[name] = place
        elif values[0] is not IDS:
            constants[name] = values[0]
    sql = with_names(sql, order)
    if connection.vendor == "sqlite" and id_field is not None:
        sql = without_repeats(sql, id_field.model._meta.pk.column)
    return Statement(sql, read, constants, places, reads.first is not None, id_field)


def query_at(make: MakeRows, about: AsOf) -> tuple[str, list[Any], Read]:
    """Returns the SQL of a query as of an instant, its parameters, and what reads its rows."""
    with set_as_of(about):
        rows = make()
        compiler = rows.query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return "", [], iter
    return sql, list(parameters), reader(rows, compiler)


def with_names(sql: str, names: list[str]) -> str:
    """Returns SQL with these names of parameters in place of `%s`."""
    ahead = iter(names)
    return PLACE.sub(lambda found: found[0] if found[0] == "%%" else f"%({next(ahead)})s", sql)
