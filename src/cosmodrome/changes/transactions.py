"""Changes of the catalogue: each is one transaction, and those who keep something about rows are told of it.

    with changing() as change:
        change.before_write(DockingEvent, [7])  # while the row still is what it was
        DockingEvent.objects.filter(pk=7).update(departure=now)
        change.after_write(DockingEvent, [7])

Code that writes rows of the catalogue in another way has to call `change.all_rows_changed()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models.deletion import Collector

from cosmodrome.changes.versions import raise_data_version
from cosmodrome.time.clock import LAST

Model = type[models.Model]

WRITERS_LOCK = 0x636F736D
"""PostgreSQL's advisory lock that writers queue at; SQLite has one writer anyhow."""


class ChangeListener:
    """Someone who keeps something about rows, made anew for each change: what it is told of one."""

    @classmethod
    def valid_until(cls, version: int, now: datetime) -> datetime:
        """Until when what is kept is right, as far as is known; `now` if it is not even now."""
        del version, now
        return LAST

    @classmethod
    def settle(cls, now: datetime) -> None:
        """An answer is about to be given as of `now`."""

    @classmethod
    def restore(cls, rows: list[Any]) -> None:
        """Rows of one table have been read, to be changed: they are to say what was published."""

    def before_write(self, model: Model, keys: list[Any]) -> None:
        """Rows that are there are about to be changed or deleted."""

    def after_write(self, model: Model, keys: list[Any]) -> None:
        """Rows have been made or changed."""

    def all_rows_changed(self) -> None:
        """Any row may have been changed."""

    def flush(self) -> Iterable[tuple[Model, list[Any]]]:
        """Called when all rows are written; returns the rows that this listener changed in turn."""
        return ()

    def after_derive(self, model: Model, keys: list[Any]) -> None:
        """Another listener has changed rows: they follow what was written."""

    def committed(self, version: int) -> None:
        """All listeners have finished; this is the change's data version."""


LISTENERS: list[type[ChangeListener]] = []
"""Whoever is told, in the order in which they finish."""


class Change:
    """One change, under way."""

    def __init__(self) -> None:
        self._listeners = [listener() for listener in LISTENERS]

    def before_write(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows are about to be changed or deleted."""
        self._tell(lambda listener, listed: listener.before_write(model, listed), keys)

    def after_write(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows have been made or changed."""
        self._tell(lambda listener, listed: listener.after_write(model, listed), keys)

    def delete(self, rows: models.QuerySet[Any]) -> None:
        """Deletes rows, and what goes or loses its pointer with them."""
        collector: Any = Collector(using=rows.db)
        collector.collect(rows)
        going = by_table(
            row for found in (*collector.data.values(), *collector.fast_deletes) for row in found
        )
        losing = by_table(row for many in collector.field_updates.values() for found in many for row in found)
        for model, keys in (*going.items(), *losing.items()):
            self.before_write(model, keys)
        rows.delete()
        for model, keys in losing.items():
            self.after_write(model, keys)

    def all_rows_changed(self) -> None:
        """Any row may have been changed."""
        for listener in self._listeners:
            listener.all_rows_changed()

    def flush(self) -> None:
        """All that is to be written has been."""
        for listener in self._listeners:
            for model, keys in listener.flush():
                self.after_derive(model, keys)

    def after_derive(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows have been changed that follow what was written."""
        self._tell(lambda listener, listed: listener.after_derive(model, listed), keys)

    def committed(self, version: int) -> None:
        """The change has this data version."""
        for listener in self._listeners:
            listener.committed(version)

    def _tell(self, tell: Callable[[ChangeListener, list[Any]], None], keys: Iterable[Any]) -> None:
        listed = list(keys)
        for listener in self._listeners if listed else ():
            tell(listener, listed)


def by_table(rows: Iterable[Any]) -> dict[Model, list[Any]]:
    """The ids of rows, by their table."""
    keys: dict[Model, list[Any]] = {}
    for row in rows:
        keys.setdefault(type(row), []).append(row.pk)
    return keys


@contextmanager
def changing() -> Iterator[Change]:
    """A transaction in which rows of the catalogue change, and the data version: all of it or nothing."""
    with transaction.atomic():
        wait_for_other_writers()
        change = Change()
        yield change
        change.flush()
        change.committed(raise_data_version())


def wait_for_other_writers() -> None:
    """Takes turns with them until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])


def valid_until(version: int, now: datetime) -> datetime:
    """Until when all that changes by the mere passing of time is right; `now` if it is not even now."""
    return min([LAST, *(listener.valid_until(version, now) for listener in LISTENERS)])


def settle(now: datetime) -> None:
    """Lets what changes by the mere passing of time be as of `now`."""
    for listener in LISTENERS:
        listener.settle(now)


def restore(rows: Iterable[Any]) -> None:
    """Lets rows of one table, which were read to be changed, say what was published of them."""
    listed = list(rows)
    for listener in LISTENERS if listed else ():
        listener.restore(listed)
