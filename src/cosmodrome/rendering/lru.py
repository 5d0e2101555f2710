"""Caches that are bounded in bytes: LRU, and 2Q, which resists floods of keys that are requested once.

TwoQueueCache keeps values that were requested again apart from new ones, and a new value never evicts one of
them: a flood of keys that nobody requests twice evicts only its own kind.  New values get a small part of
the room, so the cache remembers the keys (not the values) that it evicted: a key that comes back is kept
like one that was requested again.  The algorithm: http://www.vldb.org/conf/1994/P439.PDF
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

PROVEN_SHARE = 0.75
"""The part of the room that values which were requested again may always take."""
LARGEST_SHARE = 1 - PROVEN_SHARE
"""The largest part of the room that one value may take; one that is too large for a new value is kept when
it is put for the second time."""
REMEMBERED = 5000
"""The number of evicted keys that are remembered; each takes the room of an integer."""


class LRU(Generic[K, V]):
    """Values in the order in which they were last requested, with their sizes in bytes."""

    def __init__(self) -> None:
        self._values: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """Returns a value and makes it the one requested last."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Stores a value under a key that has none."""
        self._values[key] = value, size
        self.bytes += size

    def grow(self, key: K, size: int) -> None:
        """Adds `size` to the size of a value, if it is stored."""
        found = self._values.get(key)
        if found is not None:
            self._values[key] = found[0], found[1] + size
            self.bytes += size

    def resize(self, key: K, size: int) -> None:
        """Sets the size of a value, if it is stored."""
        found = self._values.get(key)
        if found is not None:
            self.grow(key, size - found[1])

    def remove(self, key: K) -> tuple[V, int] | None:
        """Removes a value; returns it with its size."""
        found = self._values.pop(key, None)
        if found is not None:
            self.bytes -= found[1]
        return found

    def remove_oldest(self) -> tuple[K, V, int]:
        """Removes the value that was requested longest ago."""
        key, (value, size) = self._values.popitem(last=False)
        self.bytes -= size
        return key, value, size


class TwoQueueCache(Generic[K, V]):
    """Values by key, with their sizes in bytes; within each queue the least recently requested goes first."""

    def __init__(self, limit: int, new_share: float = 1 - PROVEN_SHARE) -> None:
        """`new_share` is the part of the room that new values may take while nothing else needs it."""
        self.limit = limit
        self.new_share = new_share
        self.proven_share = max(PROVEN_SHARE, 1 - new_share)
        self.clear()

    def __len__(self) -> int:
        return len(self._new) + len(self._proven)

    def clear(self) -> None:
        """Removes everything, remembered keys included."""
        self._new: LRU[K, V] = LRU()
        self._proven: LRU[K, V] = LRU()
        self._evicted: OrderedDict[int, None] = OrderedDict()

    @property
    def size(self) -> int:
        """The bytes that all values take."""
        return self._new.bytes + self._proven.bytes

    def get(self, key: K) -> V | None:
        """Returns a value, which from then on counts as requested again."""
        value = self._proven.get(key)
        if value is None and (found := self._new.remove(key)):
            value = found[0]
            self._proven.put(key, *found)
            self._make_room()
        return value

    def put(self, key: K, value: V, size: int) -> None:
        """Stores a value in place of the one under its key, unless it is too large."""
        is_proven = self.remove(key) or hash(key) in self._evicted
        self._evicted.pop(hash(key), None)
        if size <= self.limit * LARGEST_SHARE:
            (self._proven if is_proven else self._new).put(key, value, size)
            self._make_room()

    def resize(self, key: K, size: int) -> None:
        """Sets the size of a value, if it is stored."""
        self._new.resize(key, size)
        self._proven.resize(key, size)
        self._make_room()

    def remove(self, key: K) -> bool:
        """Removes a value; returns whether it had been requested again."""
        self._new.remove(key)
        return self._proven.remove(key) is not None

    def _make_room(self) -> None:
        while self._proven.bytes > self.limit * self.proven_share:
            self._new.put(*self._proven.remove_oldest())
        while self.size > self.limit or self._new.bytes > self.limit * self.new_share:
            key, _, _ = self._new.remove_oldest()
            self._evicted[hash(key)] = None
        while len(self._evicted) > REMEMBERED:
            self._evicted.popitem(last=False)
