"""Derived values kept right: by every change, for what it touches, and by the mere passing of time.

What is served is derived as of one `DerivationState`, and stays right until something happens that is in the
catalogue already: a launch, a docking, a mission end.  Whoever answers or changes anything after that, or
by a clock that was set back, first lets those rows catch up that it concerns.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from django.db import connection, models
from django.db.models import F, Min, Q

from cosmodrome.changes.rowset import Model, RowSet, batches
from cosmodrome.changes.transactions import ChangeListener, changing
from cosmodrome.changes.versions import data_version
from cosmodrome.derived.materialised.materialise import CHUNK, derive, put_back, restore
from cosmodrome.derived.materialised.models import DerivationState
from cosmodrome.derived.registry import (
    DERIVED,
    EVERY_ROW,
    PARTS,
    PUBLISHED_TABLES,
    TIME_TRIGGERS,
    published_columns,
)
from cosmodrome.progress import NO_PROGRESS, Progress
from cosmodrome.time import clock


class Affected(RowSet):
    """The rows whose derived values are to be looked at."""

    def add_hanging(self, model: Model, keys: list[Any]) -> None:
        """The rows that hang on these of `model`, and themselves."""
        if model in PUBLISHED_TABLES:
            self.add(model, keys)
        for table, parts in PARTS.items():
            for part, path in parts:
                if part is not model or self.has_all(table):
                    continue
                if path == EVERY_ROW:
                    self.add_all([table])
                else:
                    self.add(table, hanging(model, path, keys))

    def derive(self, at: datetime) -> Iterator[tuple[Model, list[Any]]]:
        """Lets them serve what is derived as of `at`; answers those that this has changed."""
        for table, keys in self:
            yield table, derive(table, keys, at)


def hanging(model: Model, path: str, keys: list[Any]) -> Iterator[Any]:
    """The ids to which `path` leads from these rows."""
    if not path:
        yield from keys
        return
    for some in batches(keys, CHUNK):
        rows = model._default_manager.filter(pk__in=some, **{f"{path}__isnull": False})
        yield from rows.order_by().values_list(path, flat=True).distinct()


class Derivation(ChangeListener):
    """The derived values, told of one change."""

    def __init__(self) -> None:
        self.affected = Affected()
        self.wrote = False
        self.next: list[datetime] = []

    @classmethod
    def valid_until(cls, version: int, now: datetime) -> datetime:
        moment = derivation_state(version)
        if moment is None or not holds(moment, now):
            return now
        return moment.until or clock.LAST

    @classmethod
    def settle(cls, now: datetime) -> None:
        """Catches up in a transaction of its own, if there is anything to catch up with."""
        if not holds(derivation_state(data_version()), now):
            with changing():
                pass  # every change catches up

    @classmethod
    def restore(cls, rows: list[Any]) -> None:
        if type(rows[0]) in PUBLISHED_TABLES:
            restore(rows)

    def before_write(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_hanging(model, keys)
        if model in PUBLISHED_TABLES:
            put_back(model, keys)

    def after_write(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_hanging(model, keys)
        self.next += next_of(model, now(), keys)

    def all_rows_changed(self) -> None:
        self.wrote = True
        self.affected.add_all(PUBLISHED_TABLES)
        self.next.clear()

    def flush(self) -> Iterator[tuple[Model, list[Any]]]:
        """Derives for what was touched, as of now, after all else has caught up."""
        at, moment = now(), DerivationState.objects.first()
        if moment is None:
            self.affected.add_all(PUBLISHED_TABLES)
        elif not holds(moment, at):
            catch_up(self.affected, moment.as_of, at)
        elif not self.wrote:
            return  # another has caught up meanwhile
        yield from self.affected.derive(at)
        if moment is not None and holds(moment, at) and not self.affected.has_all_of_any:
            until = min([*self.next, *([moment.until] if moment.until else [])], default=None)
        else:
            until = next_happening(at)
        DerivationState.objects.update_or_create(pk=1, defaults={"as_of": at, "until": until})


def now() -> datetime:
    """The clock's whole second: closed durations are whole seconds from then on."""
    return clock.now().replace(microsecond=0)


@lru_cache(maxsize=1)
def derivation_state(version: int) -> DerivationState | None:
    """As of when all is derived, in a version of the catalogue."""
    del version
    return DerivationState.objects.first()


def holds(moment: DerivationState | None, at: datetime) -> bool:
    """Whether what is served as of a moment is right at `at`, too."""
    return moment is not None and moment.as_of <= at and (moment.until is None or at < moment.until)


def catch_up(affected: Affected, was: datetime, at: datetime) -> None:
    """Adds the rows for which something happens between two instants, the later of which may be the first."""
    begin, end = sorted((was, at))
    for model, columns in TIME_TRIGGERS.items():
        happens = Q()
        for column in columns:
            first, last = limits(model, column, begin, end)
            happens |= Q(**{f"{column}__gt": first, f"{column}__lte": last})
        affected.add_hanging(model, list(model._default_manager.filter(happens).values_list("pk", flat=True)))
    if begin.date() != end.date():
        affected.add_all(daily_tables())
    if at < was:
        for table in PUBLISHED_TABLES:
            ahead = [Q(**{f"{name}__gt": at}) for name in published_columns(table) if name.endswith("_since")]
            for later in ahead:
                rows = table._default_manager.filter(later)
                affected.add_hanging(table, list(rows.values_list("pk", flat=True)))


def limits(model: Model, column: str, begin: datetime, end: datetime) -> tuple[Any, Any]:
    """After what and until when a column says that something happens between two instants.

    What is known to the day happens at its midnight, in UTC.
    """
    if isinstance(model._meta.get_field(column), models.DateTimeField):
        return begin, end
    return begin.date(), end.date()


def next_of(model: Model, at: datetime, keys: list[Any]) -> Iterator[datetime]:
    """When something happens next, after `at`, by what these rows say."""
    if model in daily_tables():
        yield clock.midnight(at.date() + timedelta(days=1))
    for some in batches(keys, CHUNK):
        yield from soonest(model, model._default_manager.filter(pk__in=some), at)


def next_happening(at: datetime) -> datetime | None:
    """When anything happens next, after `at`; null: nothing that is known."""
    found = [each for model in TIME_TRIGGERS for each in soonest(model, model._default_manager.all(), at)]
    if any(table._default_manager.exists() for table in daily_tables()):
        found.append(clock.midnight(at.date() + timedelta(days=1)))
    return min(found, default=None)


def soonest(model: Model, rows: models.QuerySet[Any], at: datetime) -> Iterator[datetime]:
    """When something happens next, after `at`, by what each column of these rows says."""
    for column in TIME_TRIGGERS.get(model, ()):
        after, _ = limits(model, column, at, at)
        found = rows.filter(**{f"{column}__gt": after}).aggregate(next=Min(F(column)))["next"]
        if found is not None:
            yield found if isinstance(found, datetime) else clock.midnight(found)


@cache
def daily_tables() -> set[Model]:
    """Tables of which derived values may change with each day."""
    return {declared.table for declared in DERIVED.values() if declared.daily}


MEMORY = {"mmap_size": 2**31 - 1, "cache_size": -(2**18)}
"""What SQLite may take to read the whole catalogue many times: bytes to map; KiB to keep, as a negative."""


@contextmanager
def in_memory() -> Iterator[None]:
    """Lets SQLite take so much for the time of a block."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():  # type: ignore[attr-defined] # of SQLite's
        yield
        return
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in MEMORY}
        try:
            for name, size in MEMORY.items():
                cursor.execute(f"PRAGMA {name} = {size}")
            yield
        finally:
            for name, size in before.items():
                cursor.execute(f"PRAGMA {name} = {size}")


@in_memory()
def derive_all(progress: Progress = NO_PROGRESS) -> dict[str, int]:
    """Derives everything anew, as of now; answers how many rows of each table were changed by that."""
    at, changed = now(), {}
    progress.begin_stage("deriving", sum(table._default_manager.count() for table in PUBLISHED_TABLES))
    with changing() as change:
        for table, apart in PUBLISHED_TABLES.items():
            gone = apart._default_manager.exclude(pk__in=table._default_manager.values("pk"))
            gone.delete()
            rows = derive(table, None, at, progress.advance)
            change.after_derive(table, rows)
            changed[str(table._meta.verbose_name_plural).lower()] = len(rows)
        DerivationState.objects.update_or_create(pk=1, defaults={"as_of": at, "until": next_happening(at)})
    return changed
