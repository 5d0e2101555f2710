"""Changes of the catalogue: each is one transaction, and those who keep something about rows are told of it.

    with changing() as change:
        change.writing(DockingEvent, [7])  # while the row still is what it was
        DockingEvent.objects.filter(pk=7).update(departure=now)
        change.written(DockingEvent, [7])

Who writes rows of the catalogue in another way has to call `change.everything()`, or `cosmodrome derive`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models.deletion import Collector

from cosmodrome.engine.clock import LAST
from cosmodrome.engine.version import raise_data_version

Model = type[models.Model]

WRITERS_LOCK = 0x636F736D
"""PostgreSQL's advisory lock that writers queue at; SQLite has one writer anyhow."""


class Keeper:
    """Someone who keeps something about rows, made anew for each change: what it is told of one."""

    @classmethod
    def right_until(cls, version: int, now: datetime) -> datetime:
        """Until when what is kept is right, as far as is known; `now` if it is not even now."""
        del version, now
        return LAST

    @classmethod
    def settle(cls, now: datetime) -> None:
        """An answer is about to be given as of `now`."""

    @classmethod
    def restore(cls, rows: list[Any]) -> None:
        """Rows of one table have been read, to be changed: they are to say what was published."""

    def writing(self, model: Model, keys: list[Any]) -> None:
        """Rows that are there are about to be changed or deleted."""

    def written(self, model: Model, keys: list[Any]) -> None:
        """Rows have been made or changed."""

    def everything(self) -> None:
        """Any row may have been changed."""

    def finish(self) -> Iterable[tuple[Model, list[Any]]]:
        """All that is to be written has been; answers the rows that this keeper has changed on top of it."""
        return ()

    def followed(self, model: Model, keys: list[Any]) -> None:
        """Another keeper has changed rows: they follow what was written."""

    def close(self, version: int) -> None:
        """All keepers have finished; this is the change's data version."""


KEEPERS: list[type[Keeper]] = []
"""Whoever is told, in the order in which they finish."""


class Change:
    """One change, under way."""

    def __init__(self) -> None:
        self._keepers = [keeper() for keeper in KEEPERS]

    def writing(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows are about to be changed or deleted."""
        self._tell(lambda keeper, listed: keeper.writing(model, listed), keys)

    def written(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows have been made or changed."""
        self._tell(lambda keeper, listed: keeper.written(model, listed), keys)

    def delete(self, rows: models.QuerySet[Any]) -> None:
        """Deletes rows, and what goes or loses its pointer with them."""
        collector: Any = Collector(using=rows.db)
        collector.collect(rows)
        going = by_table(
            row for found in (*collector.data.values(), *collector.fast_deletes) for row in found
        )
        losing = by_table(row for many in collector.field_updates.values() for found in many for row in found)
        for model, keys in (*going.items(), *losing.items()):
            self.writing(model, keys)
        rows.delete()
        for model, keys in losing.items():
            self.written(model, keys)

    def everything(self) -> None:
        """Any row may have been changed."""
        for keeper in self._keepers:
            keeper.everything()

    def finish(self) -> None:
        """All that is to be written has been."""
        for keeper in self._keepers:
            for model, keys in keeper.finish():
                self.followed(model, keys)

    def followed(self, model: Model, keys: Iterable[Any]) -> None:
        """Rows have been changed that follow what was written."""
        self._tell(lambda keeper, listed: keeper.followed(model, listed), keys)

    def close(self, version: int) -> None:
        """The change has this data version."""
        for keeper in self._keepers:
            keeper.close(version)

    def _tell(self, tell: Callable[[Keeper, list[Any]], None], keys: Iterable[Any]) -> None:
        listed = list(keys)
        for keeper in self._keepers if listed else ():
            tell(keeper, listed)


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
        change.finish()
        change.close(raise_data_version())


def wait_for_other_writers() -> None:
    """Takes turns with them until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])


def right_until(version: int, now: datetime) -> datetime:
    """Until when all that changes by the mere passing of time is right; `now` if it is not even now."""
    return min([LAST, *(keeper.right_until(version, now) for keeper in KEEPERS)])


def settle(now: datetime) -> None:
    """Lets what changes by the mere passing of time be as of `now`."""
    for keeper in KEEPERS:
        keeper.settle(now)


def restore(rows: Iterable[Any]) -> None:
    """Lets rows of one table, which were read to be changed, say what was published of them."""
    listed = list(rows)
    for keeper in KEEPERS if listed else ():
        keeper.restore(listed)
