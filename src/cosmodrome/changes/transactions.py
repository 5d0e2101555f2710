"""Changes of the catalogue: each is one transaction, which notifies its listeners.

Listeners cache something that was made from rows, or derive further rows.

    with atomic_change() as change:
        change.before_write(DockingEvent, [7])  # while the row still has its old values
        DockingEvent.objects.filter(pk=7).update(departure=now)
        change.after_write(DockingEvent, [7])

Code that writes rows of the catalogue in another way has to call `change.all_rows_changed()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, models, transaction
from django.db.models.deletion import Collector

from cosmodrome.changes.editions import ALWAYS, Edition, Settled
from cosmodrome.changes.rowset import Model
from cosmodrome.changes.versions import raise_data_version
from cosmodrome.time import clock

WRITERS_LOCK = 0x636F736D
"""The advisory lock of PostgreSQL for which writers queue; SQLite has only one writer anyway."""


class ChangeListener:
    """Caches or derives something from rows.  Each change makes an instance of its own and notifies it."""

    @classmethod
    def settled(cls) -> Settled | None:
        """Returns for which instants the values that the listener has derived are right; None: for none."""
        return ALWAYS

    @classmethod
    def show_published(cls, rows: list[Any]) -> None:
        """Called with instances of one table, read to be changed: sets them to the published values."""

    def before_write(self, model: Model, keys: list[Any]) -> None:
        """Called before existing rows are changed or deleted."""

    def after_write(self, model: Model, keys: list[Any]) -> None:
        """Called after rows were created or changed."""

    def stated(self, model: Model, keys: list[Any], moment: datetime) -> None:
        """Called with rows of which a source has told something as of `moment`, changed or not."""

    def entered(self, model: Model, key: Any, facts: list[str], moment: datetime) -> None:
        """Called when a person has entered these columns and lists of a row."""

    def created(self, model: Model, keys: list[Any]) -> None:
        """Called after a person has created rows, before it is told what was entered in them."""

    def taking_in(self, change: Change, loaded: Any) -> AbstractContextManager[None]:
        """Returns a context in which pages are taken in; see `Change.taking_in`."""
        del change, loaded
        return nullcontext()

    def all_rows_changed(self) -> None:
        """Called if any row may have been changed."""

    def flush(self) -> Iterable[tuple[Model, list[Any]]]:
        """Called once all rows are written; returns the rows that this listener changes in turn, by table."""
        return ()

    def after_derive(self, model: Model, keys: list[Any]) -> None:
        """Called after a listener has changed rows that are derived from the written ones."""

    def committed(self, version: int) -> None:
        """Called with the new data version, after all listeners were flushed, in the transaction."""

    def settled_privately(self, edition: Edition) -> None:
        """Called in place of `committed` when a reader has settled values in temporary tables."""


Listener = TypeVar("Listener", bound=ChangeListener)

LISTENERS: list[type[ChangeListener]] = []
"""The listeners of every change, in the order in which they are flushed."""


class Change:
    """One change while its transaction is open."""

    def __init__(self) -> None:
        self._listeners = [listener() for listener in LISTENERS]

    def before_write(self, model: Model, keys: Iterable[Any]) -> None:
        """Has to be called before rows are changed or deleted."""
        self._notify(lambda listener, listed: listener.before_write(model, listed), keys)

    def after_write(self, model: Model, keys: Iterable[Any]) -> None:
        """Has to be called after rows were created or changed."""
        self._notify(lambda listener, listed: listener.after_write(model, listed), keys)

    def stated(self, model: Model, keys: Iterable[Any], moment: datetime) -> None:
        """Has to be called when a source, or a person, has told something of rows as of `moment`."""
        self._notify(lambda listener, listed: listener.stated(model, listed, moment), keys)

    def entered(self, model: Model, key: Any, facts: Iterable[str], moment: datetime) -> None:
        """Has to be called after a person has entered columns and lists of a row, by their names."""
        if listed := list(facts):
            self.stated(model, [key], moment)
            for listener in self._listeners:
                listener.entered(model, key, listed, moment)

    def created(self, model: Model, keys: Iterable[Any]) -> None:
        """Has to be called after a person has created rows, before `entered`."""
        self._notify(lambda listener, listed: listener.created(model, listed), keys)

    @contextmanager
    def taking_in(self, loaded: Any = None) -> Iterator[None]:
        """A block that writes what pages tell, as against what a person enters.

        `loaded` are the rows (`ingest.collection`) of a file that a person loads, which overrules what was
        entered before it was read; None: a mirror's, where what was entered here stays.
        """
        with ExitStack() as stack:
            for listener in self._listeners:
                stack.enter_context(listener.taking_in(self, loaded))
            yield

    def listener(self, kind: type[Listener]) -> Listener:
        """Returns the listener of this kind."""
        return next(each for each in self._listeners if isinstance(each, kind))

    def delete(self, rows: models.QuerySet[Any]) -> dict[Model, list[Any]]:
        """Deletes rows, the rows that are deleted with them, and the foreign keys that point to them.

        Returns the ids of all rows that are gone, by table.
        """
        collector: Any = Collector(using=rows.db)
        collector.collect(rows)
        deleted = by_table(
            (type(row), row.pk)
            for found in (*collector.data.values(), *collector.fast_deletes)
            for row in found
        )
        updated = by_table(
            (type(row), row.pk)
            for many in collector.field_updates.values()
            for found in many
            for row in found
        )
        for model, keys in (*deleted.items(), *updated.items()):
            self.before_write(model, keys)
        rows.delete()
        for model, keys in updated.items():
            self.after_write(model, keys)
        return deleted

    def all_rows_changed(self) -> None:
        """Has to be called if any row may have been changed."""
        for listener in self._listeners:
            listener.all_rows_changed()

    def flush(self) -> None:
        """Lets the listeners finish, and notifies all of them of the rows that one of them changes."""
        for listener in self._listeners:
            for model, keys in listener.flush():
                self.after_derive(model, keys)

    def after_derive(self, model: Model, keys: Iterable[Any]) -> None:
        """Notifies the listeners of changed rows that are derived from the written ones."""
        self._notify(lambda listener, listed: listener.after_derive(model, listed), keys)

    def committed(self, version: int) -> None:
        """Notifies the listeners of the data version of the change."""
        for listener in self._listeners:
            listener.committed(version)

    def settled_privately(self, edition: Edition) -> None:
        """Notifies the listeners of the edition that a reader has settled for itself."""
        for listener in self._listeners:
            listener.settled_privately(edition)

    def _notify(self, notify: Callable[[ChangeListener, list[Any]], None], keys: Iterable[Any]) -> None:
        listed = list(keys)
        if None in listed:
            raise ValueError("a row without an id was announced: every reader of the change would fail")
        for listener in self._listeners if listed else ():
            notify(listener, listed)


def by_table(rows: Iterable[tuple[Model, Any]]) -> dict[Model, list[Any]]:
    """Returns the ids of rows by table, of rows that are told by table and id."""
    keys: dict[Model, list[Any]] = {}
    for table, key in rows:
        keys.setdefault(table, []).append(key)
    return keys


@contextmanager
def atomic_change() -> Iterator[Change]:
    """Opens a transaction for a change of the catalogue, which raises the data version at its end."""
    with transaction.atomic():
        wait_for_other_writers()
        change = Change()
        yield change
        change.flush()
        change.committed(raise_data_version())


def wait_for_other_writers() -> None:
    """Waits for the lock of writers, and holds it until the end of the transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [WRITERS_LOCK])


def settled() -> Settled | None:
    """Returns for which instants all derived values that this connection sees are right; None: for none."""
    each = [listener.settled() for listener in LISTENERS]
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        return None
    return Settled(max(one.since for one in [ALWAYS, *known]), min(one.until for one in [ALWAYS, *known]))


class SettledAlready(Exception):
    """Another process has settled derived values while this one waited to write: nothing is to be done."""


def settle() -> None:
    """Brings all that time alone changes up to date, in a transaction of its own, if a trigger has come."""
    if is_settled():
        return
    with suppress(SettledAlready), atomic_change():  # every change settles what time has changed
        if is_settled():
            raise SettledAlready


def is_settled() -> bool:
    """Whether all derived values that this connection sees are right at the present."""
    found = settled()
    return found is not None and found.holds_at(clock.now())


def show_published(rows: Iterable[Any]) -> None:
    """Sets instances of one table, which were read to be changed, to the published values."""
    listed = list(rows)
    for listener in LISTENERS if listed else ():
        listener.show_published(listed)
