"""Selections that are put together from columns in memory, without a statement.

The part of a query that many share, its order and the filters that only the backends understand, is a
`Listing`: found by the backends once, and then a list of ranks.  Bounds on instants and numbers are positions
in it; values and words are looked up in indexes.  What is missing is made for a query with a view, if it is
wanted for the second time in one data version: until then, a statement is cheaper.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.http import QueryDict
from rest_framework.request import Request

from cosmodrome.rendering.lru import LARGEST_SHARE, TwoQueueCache
from cosmodrome.resources.selections.columns import (
    ID,
    VALUE,
    WITHIN,
    Column,
    Ids,
    Index,
    Path,
    Table,
    as_value,
    packed,
    raw_rows,
    size_of,
    unpacked,
)
from cosmodrome.resources.selections.conditions import Conditions, search_columns
from cosmodrome.resources.selections.lookups import Unknown, found_by_words, members
from cosmodrome.time import clock

if TYPE_CHECKING:
    from cosmodrome.resources.resources import Resource

OVERHEAD = 500
"""Bytes that a value takes in the cache beside its arrays, about."""
MOST_MADE = 4
"""Columns that are made for one request; those that are missing after that are made for the next."""
Key = tuple[Any, ...]
Cache = TwoQueueCache[Any, Any]


class NotMade(Exception):
    """Columns are missing, and may not be made yet."""


@dataclass(frozen=True)
class Mark:
    """In the cache in the place of what is not there."""

    is_hopeless: bool = False
    """Whether it can't be kept; else it was wanted once."""


class Picked(Sequence[Any]):
    """The ids at some ranks of a list."""

    def __init__(self, ids: Ids, ranks: Sequence[int]) -> None:
        self.ids, self.ranks = ids, ranks

    def __len__(self) -> int:
        return len(self.ranks)

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self.ids[rank] for rank in self.ranks[place]]
        return self.ids[self.ranks[place]]


class Listing:
    """The records that the fixed part of a query selects, in order, with some of their columns."""

    def __init__(self, rows: models.QuerySet[Any], paths: Iterable[str], made: datetime) -> None:
        self.made = made
        """The instant from which on it is valid: what left the list before is not in it."""
        names = sorted(paths)
        found = raw_rows(rows.values_list("pk", *names))
        self.ids = packed([row[0] for row in found])
        self.columns = {
            name: Column(array(VALUE, [as_value(row[place]) for row in found]))
            for place, name in enumerate(names, 1)
        }
        self.repeats = len({row[0] for row in found}) < len(found)

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return size_of(self.ids) + sum(column.size for column in self.columns.values())


class Ranks:
    """The ranks of a table's records in a listing, by position; -1 for those that are not in it."""

    def __init__(self, table: Table, listing: Listing) -> None:
        self.listing = listing
        self.by_position = array(ID, [-1]) * len(table.ids)
        places = {key: place for place, key in enumerate(unpacked(table.ids))}
        for rank, key in enumerate(unpacked(listing.ids)):
            self.by_position[places[key]] = rank

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return self.by_position.itemsize * len(self.by_position)

    def of(self, positions: Iterable[int]) -> array[int]:
        """Returns the ranks of records that are in the listing, in order."""
        return array(ID, sorted(rank for rank in map(self.by_position.__getitem__, positions) if rank >= 0))


@dataclass(frozen=True)
class LookedUp:
    """The ranks that values and words select in a listing."""

    listing: Listing
    ranks: array[int]

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return self.ranks.itemsize * len(self.ranks)


@dataclass(frozen=True)
class Composed:
    """The records that a query selects, in order, and until when it does."""

    ids: Sequence[Any]
    until: datetime | None
    """None: time alone changes nothing."""


class Composer:
    """Puts one selection together."""

    def __init__(
        self,
        cache: Cache,
        resource: type[Resource],
        conditions: Conditions,
        fixed: Key,
        now: datetime,
        view: Resource | None,
    ) -> None:
        """`fixed` names the order and the filters that only the backends understand."""
        self.cache, self.resource, self.conditions = cache, resource, conditions
        self.now, self.view = now, view
        self.columns = {each.column for each in conditions.comparisons}
        self.table_key: Key = (Table, *rows_key(resource))
        self.listing_key: Key = (Listing, resource, fixed)
        self.table: Any = None

    def composed(self) -> Composed:
        """Returns the selection.

        Raises NotMade if columns are missing, Unknown if only the backends can tell.
        """
        paths = self._indexed_paths()
        listing, indexes = self._made(paths)
        start, stop, passes = 0, len(listing.ids), []
        for comparison in self.conditions.comparisons:
            column = listing.columns[comparison.column]
            if column.is_sorted:
                first, last = column.span(comparison)
                start, stop = max(start, first), min(stop, last)
            else:
                passes.append((column, comparison))
        ranks: Sequence[int] = range(start, max(start, stop))
        if paths:
            every = self._looked_up(listing, indexes)
            ranks = every[bisect_left(every, start) : bisect_left(every, max(start, stop))]
        for column, comparison in passes:
            ranks = column.matching(comparison, ranks)
        return Composed(Picked(listing.ids, ranks), self._until(listing))

    def _until(self, listing: Listing) -> datetime | None:
        """Returns the instant at which time alone selects other records."""
        moving = [each for each in self.conditions.comparisons if each.moves]
        moving = [each for each in moving if not any(other.is_within(each) for other in moving)]
        changes = [(each, listing.columns[each.column].next_value(each)) for each in moving]
        waits = [value - each.value for each, value in changes if value is not None]
        return self.now + min(waits) * clock.MICROSECOND if waits else None

    def _indexed_paths(self) -> list[Path]:
        """Returns the columns in which values and words are looked up."""
        paths: list[Path] = [path for each in self.conditions.memberships for path in each.columns]
        if words := self.conditions.words:
            searched = search_columns(self.resource)
            is_plain = all(word.isascii() and WITHIN not in word for word in words)
            if searched is None or not is_plain or connection.vendor != "sqlite":
                raise Unknown
            paths += searched
        return list(dict.fromkeys(paths))

    def _made(self, paths: list[Path]) -> tuple[Listing, dict[Path, Index]]:
        """Returns the listing and the indexes.  Makes what is missing, if there is a view and it is time."""
        keys = {path: (Index, *self.table_key, path) for path in paths}
        wanted = [self.listing_key, *([self.table_key] if paths else []), *keys.values()]
        found: dict[Key, Any] = {key: self.cache.get(key) for key in wanted}
        if any(isinstance(value, Mark) and value.is_hopeless for value in found.values()):
            raise Unknown
        missing = [key for key, value in found.items() if not self._serves(value)]
        if missing:
            self._refuse_early(missing, found)
        for number, key in enumerate(missing):
            if number == MOST_MADE:
                raise NotMade
            made: Any
            if key == self.listing_key:
                made = self._new_listing(found[key])
            elif key == self.table_key:
                made = Table(self.resource.rows())
            else:
                made = Index(found[self.table_key], self.resource.rows(), key[-1])
            found[key] = self._keep(key, made)
        self.table = found.get(self.table_key)
        return found[self.listing_key], {path: found[key] for path, key in keys.items()}

    def _serves(self, value: Any) -> bool:
        """Whether a value of the cache is what is needed now."""
        if isinstance(value, Listing):
            return self.columns <= value.columns.keys() and value.made <= self.now
        return value is not None and not isinstance(value, Mark)

    def _refuse_early(self, missing: list[Key], found: dict[Key, Any]) -> None:
        """Raises NotMade unless all that is missing is wanted for the second time, and there is a view.

        A listing that moves with the clock is made at once: it lasts longer than what a statement would find.
        """
        if self.view is None:
            raise NotMade
        new = [key for key in missing if found[key] is None]
        for key in new:
            self.cache.put(key, Mark(), OVERHEAD + len(repr(key)))
        if new and not (new == [self.listing_key] and self.conditions.moves):
            raise NotMade

    def _keep(self, key: Key, value: Any) -> Any:
        """Puts a value into the cache.  Raises Unknown if there is no room for it."""
        size = OVERHEAD + len(repr(key)) + value.size
        if size > self.cache.limit * LARGEST_SHARE:
            self.cache.put(key, Mark(is_hopeless=True), OVERHEAD)
            raise Unknown
        self.cache.put(key, value, size)
        return value

    def _new_listing(self, before: Any) -> Listing:
        """Has the backends select and order what all queries with this fixed part have in common."""
        view: Any = self.view
        wanted = self.columns | (before.columns.keys() if isinstance(before, Listing) else set())
        rows = self.resource.rows()
        for bound in self.resource.moving_bounds():
            if bound.only_loses:
                rows = rows.filter(**{f"{bound.column}__{bound.lookup}": self.now + bound.shift})
        request = with_parameters(view.request, self.conditions.rest)
        with clock.recorded_reads() as reads:
            for backend in view.filter_backends:
                rows = backend().filter_queryset(request, rows, view)
            listing = Listing(rows, wanted, self.now)
        if reads.first or listing.repeats:
            self.cache.put(self.listing_key, Mark(is_hopeless=True), OVERHEAD)
            raise Unknown
        return listing

    def _looked_up(self, listing: Listing, indexes: dict[Path, Index]) -> array[int]:
        """Returns the ranks of the records that values and words select."""
        memberships, words = tuple(self.conditions.memberships), self.conditions.words
        key = (LookedUp, self.listing_key, memberships, words)
        known = self.cache.get(key)
        if isinstance(known, LookedUp) and known.listing is listing:
            return known.ranks
        sets = [members(each, indexes) for each in memberships]
        if words:
            sets.append(found_by_words(words, search_columns(self.resource) or (), indexes))
        sets.sort(key=len)
        ranks = self._ranks(listing).of(sets[0].intersection(*sets[1:]))
        self._keep(key, LookedUp(listing, ranks))
        return ranks

    def _ranks(self, listing: Listing) -> Ranks:
        """Returns the ranks of the records in the listing."""
        key = (Ranks, self.listing_key)
        known = self.cache.get(key)
        if isinstance(known, Ranks) and known.listing is listing:
            return known
        ranks: Ranks = self._keep(key, Ranks(self.table, listing))
        return ranks


def with_parameters(request: Request, parameters: Iterable[tuple[str, ...]]) -> Request:
    """Returns a request with other query parameters: names, each followed by its values."""
    asked = QueryDict(mutable=True)
    for name, *values in parameters:
        asked.setlist(name, values)
    changed, inner = copy(request), copy(request._request)  # noqa: SLF001 - DRF has no public name for it
    inner.GET = asked  # type: ignore[assignment] # typed as the one that can't be changed
    changed._request = inner  # noqa: SLF001 - likewise
    return changed


@cache
def rows_key(resource: type[Resource]) -> Key:
    """Returns what names the rows of a resource: the same for resources that list the same rows."""
    return resource.model(), str(resource.rows().query)
