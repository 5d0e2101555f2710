"""Answers of one data version, within a number of bytes."""

from __future__ import annotations

from threading import Lock

from cosmodrome.http_cache.entries import Entry, size_of
from cosmodrome.rendering.lru import TwoQueueCache

Key = tuple[str, ...]
SHARE_OF_THE_NEW = 1 / 16
"""How much of the room is for answers that nobody has asked for again: to make one anew takes little time."""


class Shelf:
    """Answers, by what was asked."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._version = -1
        self._entries: TwoQueueCache[Key, Entry] = TwoQueueCache(limit, SHARE_OF_THE_NEW)
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def bytes(self) -> int:
        """How much room is taken."""
        return self._entries.size

    def get(self, version: int, key: Key) -> Entry | None:
        """The answer that is kept, of this version of the catalogue: answers of others are given up."""
        with self._lock:
            if version != self._version:
                self._entries.clear()
                self._version = version
                return None
            return self._entries.get(key)

    def put(self, key: Key, entry: Entry) -> None:
        """Keeps an answer if it is of the version that was asked for last."""
        with self._lock:
            if entry.reading.version == self._version:
                self._entries.put(key, entry, entry.size + size_of(key))
            else:
                self._entries.remove(key)

    def grow(self, key: Key, entry: Entry) -> None:
        """An answer takes so much more, if it is kept."""
        with self._lock:
            if entry.reading.version == self._version:
                self._entries.resize(key, entry.size + size_of(key))
