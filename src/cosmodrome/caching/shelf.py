"""Answers of one data version, within a number of bytes.

Those that were asked for a second time stand apart, and what is asked for once can't push them out: a
flood of questions that nobody asks again only pushes out itself.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from cosmodrome.caching.entries import Entry

Key = tuple[str, ...]

PROVEN_SHARE = 0.8
"""How much of the room those may take that were asked for again."""
LARGEST_SHARE = 0.125
"""How much of it one answer may take."""


class Segment:
    """Answers in the order in which they were asked for last, and their bytes."""

    def __init__(self) -> None:
        self._entries: OrderedDict[Key, tuple[Entry, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Key) -> Entry | None:
        """The answer, which is then the one asked for last."""
        found = self._entries.get(key)
        if found is None:
            return None
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Key, entry: Entry) -> None:
        """Keeps an answer, in the place of the one that was kept under this key."""
        self.remove(key)
        size = entry.size + 2 * sum(map(len, key))  # a text beyond ASCII takes two bytes a letter
        self._entries[key] = entry, size
        self.bytes += size

    def remove(self, key: Key) -> Entry | None:
        """Gives an answer up."""
        found = self._entries.pop(key, None)
        if found is None:
            return None
        self.bytes -= found[1]
        return found[0]

    def remove_oldest(self) -> tuple[Key, Entry]:
        """Gives the answer up that nobody has asked for the longest."""
        key, (entry, size) = self._entries.popitem(last=False)
        self.bytes -= size
        return key, entry

    def clear(self) -> None:
        """Gives all up."""
        self._entries.clear()
        self.bytes = 0


class Shelf:
    """Answers, by what was asked."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._version = -1
        self._new, self._proven = Segment(), Segment()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._new) + len(self._proven)

    @property
    def bytes(self) -> int:
        """How much room is taken."""
        return self._new.bytes + self._proven.bytes

    def get(self, version: int, key: Key) -> Entry | None:
        """The answer that is kept, of this version of the catalogue: answers of others are given up."""
        with self._lock:
            if version != self._version:
                self._new.clear()
                self._proven.clear()
                self._version = version
                return None
            found = self._proven.get(key)
            if found is None and (found := self._new.remove(key)):
                self._proven.put(key, found)
                self._make_room()
            return found

    def put(self, key: Key, entry: Entry) -> None:
        """Keeps an answer, or what an answer has become, if it is of the version that was asked for last."""
        with self._lock:
            was_proven = self._proven.remove(key) is not None
            self._new.remove(key)
            if entry.reading.version == self._version and entry.size <= self.limit * LARGEST_SHARE:
                (self._proven if was_proven else self._new).put(key, entry)
                self._make_room()

    def _make_room(self) -> None:
        while self._proven.bytes > self.limit * PROVEN_SHARE:
            self._new.put(*self._proven.remove_oldest())
        while self.bytes > self.limit:
            (self._new if len(self._new) else self._proven).remove_oldest()
