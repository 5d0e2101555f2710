"""Derived values kept right: by every change, for what it touches, and by the mere passing of time.

What is served is derived as of one `Moment`, and stays right until something happens that is in the
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

from cosmodrome.derived.declaring import (
    DERIVED,
    EVERY_ROW,
    HAPPENINGS,
    KEPT_APART,
    PARTS,
    columns_kept,
)
from cosmodrome.deriving.models import Moment
from cosmodrome.deriving.serving import CHUNK, derive, put_back, restore
from cosmodrome.engine import clock
from cosmodrome.engine.changes import Keeper, changing
from cosmodrome.engine.chunks import in_parts
from cosmodrome.engine.touched import Model, Touched
from cosmodrome.engine.version import data_version
from cosmodrome.engine.watching import UNWATCHED, Watch


class Affected(Touched):
    """The rows whose derived values are to be looked at."""

    def add_hanging(self, model: Model, keys: list[Any]) -> None:
        """The rows that hang on these of `model`, and themselves."""
        if model in KEPT_APART:
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
    for some in in_parts(keys, CHUNK):
        rows = model._default_manager.filter(pk__in=some, **{f"{path}__isnull": False})
        yield from rows.order_by().values_list(path, flat=True).distinct()


class Derivation(Keeper):
    """The derived values, told of one change."""

    def __init__(self) -> None:
        self.affected = Affected()
        self.wrote = False
        self.next: list[datetime] = []

    @classmethod
    def right_until(cls, version: int, now: datetime) -> datetime:
        moment = moment_of(version)
        if moment is None or not holds(moment, now):
            return now
        return moment.until or clock.LAST

    @classmethod
    def settle(cls, now: datetime) -> None:
        """Catches up in a transaction of its own, if there is anything to catch up with."""
        if not holds(moment_of(data_version()), now):
            with changing():
                pass  # every change catches up

    @classmethod
    def restore(cls, rows: list[Any]) -> None:
        if type(rows[0]) in KEPT_APART:
            restore(rows)

    def writing(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_hanging(model, keys)
        if model in KEPT_APART:
            put_back(model, keys)

    def written(self, model: Model, keys: list[Any]) -> None:
        self.wrote = True
        self.affected.add_hanging(model, keys)
        self.next += next_of(model, now(), keys)

    def everything(self) -> None:
        self.wrote = True
        self.affected.add_all(KEPT_APART)
        self.next.clear()

    def finish(self) -> Iterator[tuple[Model, list[Any]]]:
        """Derives for what was touched, as of now, after all else has caught up."""
        at, moment = now(), Moment.objects.first()
        if moment is None:
            self.affected.add_all(KEPT_APART)
        elif not holds(moment, at):
            catch_up(self.affected, moment.as_of, at)
        elif not self.wrote:
            return  # another has caught up meanwhile
        yield from self.affected.derive(at)
        if moment is not None and holds(moment, at) and not self.affected.has_all_of_any:
            until = min([*self.next, *([moment.until] if moment.until else [])], default=None)
        else:
            until = next_happening(at)
        Moment.objects.update_or_create(pk=1, defaults={"as_of": at, "until": until})


def now() -> datetime:
    """The clock's whole second: closed durations are whole seconds from then on."""
    return clock.now().replace(microsecond=0)


@lru_cache(maxsize=1)
def moment_of(version: int) -> Moment | None:
    """As of when all is derived, in a version of the catalogue."""
    del version
    return Moment.objects.first()


def holds(moment: Moment | None, at: datetime) -> bool:
    """Whether what is served as of a moment is right at `at`, too."""
    return moment is not None and moment.as_of <= at and (moment.until is None or at < moment.until)


def catch_up(affected: Affected, was: datetime, at: datetime) -> None:
    """Adds the rows for which something happens between two instants, the later of which may be the first."""
    begin, end = sorted((was, at))
    for model, columns in HAPPENINGS.items():
        happens = Q()
        for column in columns:
            first, last = limits(model, column, begin, end)
            happens |= Q(**{f"{column}__gt": first, f"{column}__lte": last})
        affected.add_hanging(model, list(model._default_manager.filter(happens).values_list("pk", flat=True)))
    if begin.date() != end.date():
        affected.add_all(daily_tables())
    if at < was:
        for table in KEPT_APART:
            ahead = [Q(**{f"{name}__gt": at}) for name in columns_kept(table) if name.endswith("_since")]
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
    for some in in_parts(keys, CHUNK):
        yield from soonest(model, model._default_manager.filter(pk__in=some), at)


def next_happening(at: datetime) -> datetime | None:
    """When anything happens next, after `at`; null: nothing that is known."""
    found = [each for model in HAPPENINGS for each in soonest(model, model._default_manager.all(), at)]
    if any(table._default_manager.exists() for table in daily_tables()):
        found.append(clock.midnight(at.date() + timedelta(days=1)))
    return min(found, default=None)


def soonest(model: Model, rows: models.QuerySet[Any], at: datetime) -> Iterator[datetime]:
    """When something happens next, after `at`, by what each column of these rows says."""
    for column in HAPPENINGS.get(model, ()):
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
def derive_all(watch: Watch = UNWATCHED) -> dict[str, int]:
    """Derives everything anew, as of now; answers how many rows of each table were changed by that."""
    at, changed = now(), {}
    watch.begins("deriving", sum(table._default_manager.count() for table in KEPT_APART))
    with changing() as change:
        for table, apart in KEPT_APART.items():
            gone = apart._default_manager.exclude(pk__in=table._default_manager.values("pk"))
            gone.delete()
            rows = derive(table, None, at, watch.goes_on)
            change.followed(table, rows)
            changed[str(table._meta.verbose_name_plural).lower()] = len(rows)
        Moment.objects.update_or_create(pk=1, defaults={"as_of": at, "until": next_happening(at)})
    return changed
