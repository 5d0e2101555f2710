"""Refreshes derived values: after every change for the rows that depend on it, and when time has passed.

The served values are derived as of one instant, which `DerivationState` holds.  They stay right until the
next time trigger: an instant in the catalogue that changes derived values when it comes, such as a launch, a
docking or a mission end.  A change after that instant, or under a clock that was set back, first derives the
rows again that are concerned; if nobody changes anything, the settler does (`changes.settler`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection, models
from django.db.models import F, Min, Q

from cosmodrome.changes.editions import Settled
from cosmodrome.changes.private import will_write
from cosmodrome.changes.rowset import ROWS_PER_STATEMENT, Model, RowSet, batches
from cosmodrome.changes.transactions import ChangeListener, atomic_change
from cosmodrome.derived.materialised.materialise import (
    materialise,
    restore_published,
    show_published,
)
from cosmodrome.derived.materialised.models import DerivationState
from cosmodrome.derived.registry import (
    DEPENDENCIES,
    DERIVED,
    EVERY_ROW,
    PUBLISHED_TABLES,
    TIME_TRIGGERS,
    published_columns,
)
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.rendering.statements import PRESENT, Among, Statement, compiled
from cosmodrome.shapes.tables import PublishedTotals
from cosmodrome.time import clock


class Affected(RowSet):
    """The rows whose derived values are to be derived again."""

    def add_dependents(self, model: Model, keys: list[Any]) -> None:
        """Adds the rows that depend on these of `model`, and these themselves if they have derived values."""
        if model in PUBLISHED_TABLES:
            self.add(model, keys)
        for table, parts in DEPENDENCIES.items():
            for part, path in parts:
                if part is not model or self.has_all(table):
                    continue
                if path == EVERY_ROW:
                    self.add_all([table])
                else:
                    self.add(table, dependents(model, path, keys))

    def materialise(self, at: datetime) -> Iterator[tuple[Model, list[Any]]]:
        """Makes the rows serve what is derived as of `at`; yields those that this has changed."""
        for table, keys in self:
            yield table, materialise(table, keys, at)


def dependents(model: Model, path: str, keys: list[Any]) -> Iterator[Any]:
    """The ids of the rows at the end of `path` from these rows."""
    if not path:
        yield from keys
        return
    for some in batches(keys, ROWS_PER_STATEMENT):
        yield from dependents_statement(model, path).execute(some)


@cache
def dependents_statement(model: Model, path: str) -> Statement:
    """The statement that finds the ids of the rows at the end of `path` from the rows of given ids."""
    rows = model._default_manager.filter(Among(F("pk")), **{f"{path}__isnull": False})
    found = rows.order_by().values_list(path, flat=True).distinct()
    return compiled(lambda: found, PRESENT[:1], model._meta.pk)


class RefreshListener(ChangeListener):
    """Refreshes derived values during one change."""

    def __init__(self) -> None:
        self.affected = Affected()
        self.wrote = False
        self.next: list[datetime] = []

    @classmethod
    def settled(cls) -> Settled | None:
        state = DerivationState.objects.first()
        return None if state is None else Settled(state.as_of, state.until or clock.LAST)

    @classmethod
    def show_published(cls, rows: list[Any]) -> None:
        if type(rows[0]) in PUBLISHED_TABLES:
            show_published(rows)

    def before_write(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_dependents(model, keys)
        if model in PUBLISHED_TABLES:
            restore_published(model, keys)

    def after_write(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_dependents(model, keys)
        self.next += next_triggers_of_rows(model, current_second(), keys)

    def stated(self, model: Model, keys: list[Any], moment: datetime) -> None:
        """Raises `parts_stated_at` of the rows whose totals count these, and derives those anew."""
        for table, parts in DEPENDENCIES.items():
            paths = [path for part, path in parts if part is model and path not in ("", EVERY_ROW)]
            if not paths or not issubclass(table, PublishedTotals):
                continue
            counting = {key for path in paths for key in dependents(model, path, keys)}
            for some in batches(counting, ROWS_PER_STATEMENT):
                rows = table._default_manager.filter(pk__in=some)
                older = rows.filter(Q(parts_stated_at=None) | Q(parts_stated_at__lt=moment))
                compared = older.filter(totals_read_at__isnull=False)
                self.affected.add(table, compared.values_list("pk", flat=True))
                older.update(parts_stated_at=moment)

    def all_rows_changed(self) -> None:
        self.wrote = True
        self.affected.add_all(PUBLISHED_TABLES)
        self.next.clear()

    def flush(self) -> Iterator[tuple[Model, list[Any]]]:
        """Derives the rows that the change or the time has affected, as of now."""
        at, state = current_second(), DerivationState.objects.first()
        if state is None:
            self.affected.add_all(PUBLISHED_TABLES)
        elif not is_current(state, at):
            add_rows_triggered_between(self.affected, state.as_of, at)
        elif not self.wrote:
            return  # another process has refreshed meanwhile
        yield from self.affected.materialise(at)
        if state is not None and is_current(state, at) and not self.affected.has_all_of_any:
            until = min([*self.next, *([state.until] if state.until else [])], default=None)
        else:
            until = next_trigger(at)
        will_write(DerivationState)
        DerivationState.objects.update_or_create(pk=1, defaults={"as_of": at, "until": until})


def current_second() -> datetime:
    """The clock's instant as a whole second, so that durations that are stored are whole seconds too."""
    return clock.now().replace(microsecond=0)


def is_current(state: DerivationState | None, at: datetime) -> bool:
    """Whether values that are derived as of a state are right at `at`, too."""
    return state is not None and state.as_of <= at and (state.until is None or at < state.until)


def add_rows_triggered_between(affected: Affected, was: datetime, at: datetime) -> None:
    """Adds the rows that depend on time triggers between two instants; `at` may be before `was`."""
    begin, end = sorted((was, at))
    for model, columns in TIME_TRIGGERS.items():
        triggered = Q()
        for column in columns:
            first, last = column_bounds(model, column, begin, end)
            triggered |= Q(**{f"{column}__gt": first, f"{column}__lte": last})
        keys = model._default_manager.filter(triggered).values_list("pk", flat=True)
        affected.add_dependents(model, list(keys))
    if begin.date() != end.date():
        affected.add_all(daily_tables())
    if at < was:
        for table in PUBLISHED_TABLES:
            ahead = [Q(**{f"{name}__gt": at}) for name in published_columns(table) if name.endswith("_since")]
            for later in ahead:
                rows = table._default_manager.filter(later)
                affected.add_dependents(table, list(rows.values_list("pk", flat=True)))


def column_bounds(model: Model, column: str, begin: datetime, end: datetime) -> tuple[Any, Any]:
    """Two instants as exclusive and inclusive bounds of a column of instants or of days.

    A day counts as its midnight, in UTC.
    """
    if isinstance(model._meta.get_field(column), models.DateTimeField):
        return begin, end
    return begin.date(), end.date()


def next_triggers_of_rows(model: Model, at: datetime, keys: list[Any]) -> Iterator[datetime]:
    """The next time triggers of these rows after `at`."""
    if model in daily_tables():
        yield clock.midnight(at.date() + timedelta(days=1))
    for some in batches(keys, ROWS_PER_STATEMENT):
        yield from next_triggers(model, model._default_manager.filter(pk__in=some), at)


def next_trigger(at: datetime) -> datetime | None:
    """The next time trigger of any row after `at`; None: there is none in the catalogue."""
    found = [
        each for model in TIME_TRIGGERS for each in next_triggers(model, model._default_manager.all(), at)
    ]
    if any(table._default_manager.exists() for table in daily_tables()):
        found.append(clock.midnight(at.date() + timedelta(days=1)))
    return min(found, default=None)


def next_triggers(model: Model, rows: models.QuerySet[Any], at: datetime) -> Iterator[datetime]:
    """The next time trigger in each column of these rows after `at`."""
    for column in TIME_TRIGGERS.get(model, ()):
        after, _ = column_bounds(model, column, at, at)
        found = rows.filter(**{f"{column}__gt": after}).aggregate(next=Min(F(column)))["next"]
        if found is not None:
            yield found if isinstance(found, datetime) else clock.midnight(found)


@cache
def daily_tables() -> set[Model]:
    """The tables that have derived values that may change with each day."""
    return {declared.table for declared in DERIVED.values() if declared.daily}


BULK_PRAGMAS = {"mmap_size": 2**31 - 1, "cache_size": -(2**18)}
"""SQLite's memory while the whole catalogue is read many times: bytes to map; KiB of cache, as a negative."""


@contextmanager
def sqlite_in_memory() -> Iterator[None]:
    """Lets SQLite use the memory of `BULK_PRAGMAS` for the time of a block."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined] # of SQLite's
        yield
        return
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in BULK_PRAGMAS}
        try:
            for name, size in BULK_PRAGMAS.items():
                cursor.execute(f"PRAGMA {name} = {size}")
            yield
        finally:
            for name, size in before.items():
                cursor.execute(f"PRAGMA {name} = {size}")


@sqlite_in_memory()
def derive_all(progress: Progress = NO_PROGRESS) -> dict[str, int]:
    """Derives everything anew, as of now; returns how many rows of each table this has changed."""
    at, changed = current_second(), {}
    progress.begin_stage("deriving", sum(table._default_manager.count() for table in PUBLISHED_TABLES))
    with atomic_change() as change:
        for table, stored in PUBLISHED_TABLES.items():
            gone = stored._default_manager.exclude(pk__in=table._default_manager.values("pk"))
            gone.delete()
            rows = materialise(table, None, at, progress.advance)
            change.after_derive(table, rows)
            changed[str(table._meta.verbose_name_plural).lower()] = len(rows)
        DerivationState.objects.update_or_create(pk=1, defaults={"as_of": at, "until": next_trigger(at)})
    return changed
