"""Columns of a table in memory, so that queries which differ in a value need no statement each.

All are of one data version.  A record is known by its position in the `Table`, which is in the order of the
ids, or by its rank in a list (`listings`).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import ge, gt, le, lt, neg
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection, models

from cosmodrome.time.clock import EPOCH, MICROSECOND

ID = "i"
"""The type code of arrays of ids, positions and ranks: 32 bits, as in the columns of ids."""
VALUE = "q"
"""The type code of arrays of values: whole numbers, or microseconds since 1970."""
UNKNOWN = -(2**63)
"""In the place of null."""
UUID_BYTES = 16
KEY_OVERHEAD = 150
"""Bytes that a value of an index takes beside its positions, about."""
PLACE_OVERHEAD, TEXT_OVERHEAD = 160, 60
"""Bytes that a position takes beside it where texts are searched, and a text in lower case, about."""
NAIVE_EPOCH = EPOCH.replace(tzinfo=None)
BETWEEN, WITHIN = "\0", "\1"
"""Stand between texts that are searched together, and between those of one row; no word contains them."""
COMPARISONS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


class Uuids(Sequence[UUID]):
    """Ids of launches: as objects they would take ten times the room."""

    def __init__(self, ids: bytes) -> None:
        self.ids = ids

    def __len__(self) -> int:
        return len(self.ids) // UUID_BYTES

    def __getitem__(self, place: Any) -> Any:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            raise IndexError(place)
        start = place * UUID_BYTES
        return UUID(bytes=self.ids[start : start + UUID_BYTES])


Ids = Sequence[Any]
"""Packed ids: an array, or `Uuids`."""


def raw_rows(rows: models.QuerySet[Any]) -> list[tuple[Any, ...]]:
    """Returns rows of values as the database's driver gives them: Django converts each by itself."""
    try:
        statement, parameters = rows.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def packed(keys: Sequence[Any]) -> Ids:
    """Returns ids as the driver gives them in little room; UUIDs are texts on SQLite."""
    if keys and isinstance(keys[0], str):
        return Uuids(bytes.fromhex("".join(keys)))
    if keys and isinstance(keys[0], UUID):
        return Uuids(b"".join(key.bytes for key in keys))
    return array(ID, keys)


def unpacked(ids: Ids) -> Iterable[Any]:
    """Returns packed ids as what compares: numbers, or the bytes of UUIDs."""
    if not isinstance(ids, Uuids):
        return ids
    return [ids.ids[start : start + UUID_BYTES] for start in range(0, len(ids.ids), UUID_BYTES)]


def size_of(ids: Ids) -> int:
    """Returns the bytes that packed ids take."""
    return len(ids.ids) if isinstance(ids, Uuids) else len(ids) * array(ID).itemsize


def as_value(raw: Any) -> int:
    """Returns a value of a column as it is compared; SQLite's driver gives instants without an offset."""
    if raw is None:
        return UNKNOWN
    if isinstance(raw, datetime):
        return (raw - (EPOCH if raw.tzinfo else NAIVE_EPOCH)) // MICROSECOND
    return int(raw)


@dataclass(frozen=True)
class Comparison:
    """A comparison of a column with a value: whole numbers, or microseconds since 1970."""

    column: str
    lookup: str
    value: int
    moves: bool = False
    """Whether the value is an instant that moves with the clock."""

    def is_within(self, other: Comparison) -> bool:
        """Whether it selects fewer than another of the same column, which then decides nothing."""
        if self.column != other.column or self.lookup[0] != other.lookup[0]:
            return False
        return self.value > other.value if self.lookup[0] == "g" else self.value < other.value


class Column:
    """The values of a column, in the order of a list."""

    def __init__(self, values: array[int]) -> None:
        self.values = values
        self.start, self.stop = 0, len(values)
        while self.start < self.stop and values[self.start] == UNKNOWN:
            self.start += 1
        while self.start < self.stop and values[self.stop - 1] == UNKNOWN:
            self.stop -= 1
        self.is_ascending, self.is_descending = self._ordered(le), self._ordered(ge)

    def _ordered(self, compare: Callable[[int, int], bool]) -> bool:
        """Whether each known value compares with the next, and unknown ones stand at the ends."""
        values = self.values[self.start : self.stop]
        return UNKNOWN not in values and all(map(compare, values, values[1:]))

    @property
    def is_sorted(self) -> bool:
        """Whether a comparison selects records that stand next to each other."""
        return self.is_ascending or self.is_descending

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return self.values.itemsize * len(self.values)

    def span(self, comparison: Comparison) -> tuple[int, int]:
        """Returns the first rank that a comparison selects, and the one after the last; if sorted."""
        start, stop, value = self.start, self.stop, comparison.value
        side = bisect_left if comparison.lookup in ("gte", "lt") else bisect_right
        wants_greater = comparison.lookup in ("gt", "gte")
        if self.is_ascending:
            place = side(self.values, value, start, stop)
            return (place, stop) if wants_greater else (start, place)
        other = bisect_right if side is bisect_left else bisect_left
        place = other(self.values, -value, start, stop, key=neg)
        return (start, place) if wants_greater else (place, stop)

    def matching(self, comparison: Comparison, ranks: Iterable[int]) -> list[int]:
        """Returns those of some ranks that a comparison selects."""
        values, value = self.values, comparison.value
        compare = COMPARISONS[comparison.lookup]
        return [rank for rank in ranks if values[rank] != UNKNOWN and compare(values[rank], value)]

    def next_value(self, comparison: Comparison) -> int | None:
        """Returns the value at which a comparison whose value grows selects other records next.

        None: it never will.
        """
        wants_greater = comparison.lookup in ("gt", "gte")
        if self.is_sorted:
            start, stop = self.span(comparison)
            if wants_greater:
                nearest = start if self.is_ascending else stop - 1
            else:
                nearest = stop if self.is_ascending else start - 1
            low, high = (start, stop) if wants_greater else (self.start, self.stop)
            found = self.values[nearest] if low <= nearest < high else None
        else:
            compare = COMPARISONS[comparison.lookup]
            ahead = (
                value
                for value in self.values
                if value != UNKNOWN and compare(value, comparison.value) is wants_greater
            )
            found = min(ahead, default=None)
        return None if found is None else found + (comparison.lookup in ("gte", "lt"))


class Table:
    """All records that a resource may list, in the order of their ids."""

    def __init__(self, rows: models.QuerySet[Any]) -> None:
        self.ids = packed([key for (key,) in raw_rows(rows.order_by("pk").values_list("pk"))])

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return size_of(self.ids)

    def positions(self, keys: Sequence[Any]) -> Iterator[int]:
        """Yields the positions of ids as the driver gives them."""
        places = {key: place for place, key in enumerate(unpacked(self.ids))}
        return map(places.__getitem__, unpacked(packed(keys)))


Path = str | tuple[str, ...]
"""A look-up path to a column; several: to columns of the same rows, of which a record may have many."""


class Index:
    """The records by their values in a column; of a column that leads to many rows, by each of theirs."""

    def __init__(self, table: Table, rows: models.QuerySet[Any], path: Path) -> None:
        self.parts = 1 if isinstance(path, str) else len(path)
        """Texts in each value."""
        if isinstance(path, str):
            found = [row for row in raw_rows(rows.order_by().values_list("pk", path)) if row[1] is not None]
        else:
            several = raw_rows(rows.order_by().values_list("pk", *path))
            found = [(key, WITHIN.join(text or "" for text in texts)) for key, *texts in several]
        places = table.positions([key for key, _ in found])
        self.fill(zip(places, (value for _, value in found), strict=True))

    def fill(self, rows: Iterable[tuple[int, Any]]) -> None:
        """Takes positions, each with a value that the record has."""
        by_value: dict[Any, list[int]] = {}
        for place, value in rows:
            by_value.setdefault(value, []).append(place)
        self.slots = {value: slot for slot, value in enumerate(by_value)}
        self.starts, self.places = array(ID, [0]), array(ID)
        for listed in by_value.values():
            self.places.extend(listed)
            self.starts.append(len(self.places))

    @property
    def size(self) -> int:
        """Bytes that it takes, about, with its texts."""
        texts = sum(4 * len(value) for value in self.slots if isinstance(value, str))
        if texts:
            texts += PLACE_OVERHEAD * len(self.places) + TEXT_OVERHEAD * len(self.slots)
        return 4 * (len(self.places) + len(self.starts)) + KEY_OVERHEAD * len(self.slots) + texts

    def having(self, value: Any) -> Sequence[int]:
        """Returns the positions of the records that have a value."""
        slot = self.slots.get(value)
        return () if slot is None else self.at(slot)

    def at(self, slot: int) -> Sequence[int]:
        """Returns the positions of the records that have the value of a slot."""
        return self.places[self.starts[slot] : self.starts[slot + 1]]

    @cached_property
    def slots_by_place(self) -> dict[int, list[int]]:
        """The slots of the values of each record that has any."""
        found: dict[int, list[int]] = {}
        for slot in range(len(self.slots)):
            for place in self.at(slot):
                found.setdefault(place, []).append(slot)
        return found

    def texts_of(self, place: int) -> list[str]:
        """Returns the texts of a record, with ASCII letters in lower case."""
        return [self.texts.folded[slot] for slot in self.slots_by_place.get(place, ())]

    @cached_property
    def texts(self) -> Texts:
        """The values, to be searched."""
        return Texts(self.slots, self.parts)

    def containing(self, word: str) -> Iterator[int]:
        """Yields the positions of the records that have a value with an ASCII word in it, in either case."""
        for slot in self.texts.containing(word):
            yield from self.at(slot)


class Texts:
    """Texts to be searched as SQLite's LIKE does: it takes ASCII letters for equal in either case."""

    def __init__(self, texts: Iterable[str], parts: int = 1) -> None:
        folded = [text.lower() if text.isascii() else in_ascii_lower(text) for text in texts]
        self.folded = folded
        self.is_complete = not any(BETWEEN in text or text.count(WITHIN) >= parts for text in folded)
        """Whether all that SQLite would find is found: its LIKE ends at a null character."""
        self.joined = BETWEEN.join(folded)
        self.ends = array(ID)
        end = -1
        for text in folded:
            end += len(text) + 1
            self.ends.append(end)

    def containing(self, word: str) -> Iterator[int]:
        """Yields the places of the texts that contain an ASCII word."""
        wanted, found = word.lower(), -1
        while (found := self.joined.find(wanted, found + 1)) >= 0:
            slot = bisect_right(self.ends, found)
            yield slot
            found = self.ends[slot]


def in_ascii_lower(text: str) -> str:
    """Returns a text with its ASCII letters in lower case."""
    return text.encode().lower().decode()
