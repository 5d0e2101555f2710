"""What is kept up to a number of bytes, and safe from floods of what is asked once.

What was asked for a second time stands apart, and what is asked for once can't push it out: a flood of
questions that nobody asks again only pushes out its like.  It takes little room, too: of what had to go it
is remembered that it was there, so that what is asked for again and again is kept in spite of that.
That is the algorithm 2Q, of which http://www.vldb.org/conf/1994/P439.PDF tells.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

PROVEN_SHARE = 0.75
"""How much of the room that may take at least which was asked for again."""
LARGEST_SHARE = 1 - PROVEN_SHARE
"""How much of it one value may take; what there is no room for while it is new has to be put twice."""
REMEMBERED = 5000
"""Keys of which it is remembered that they were there; of each, a number."""


class Segment(Generic[Key, Value]):
    """Values in the order in which they were asked for last, with their bytes."""

    def __init__(self) -> None:
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """The value, which is then the one asked for last."""
        found = self._values.get(key)
        if found is None:
            return None
        self._values.move_to_end(key)
        return found[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keeps a value under a key that has none."""
        self._values[key] = value, size
        self.bytes += size

    def grow(self, key: Key, size: int) -> None:
        """A value that may be there takes so much more."""
        found = self._values.get(key)
        if found is not None:
            self._values[key] = found[0], found[1] + size
            self.bytes += size

    def remove(self, key: Key) -> tuple[Value, int] | None:
        """Gives a value up."""
        found = self._values.pop(key, None)
        if found is not None:
            self.bytes -= found[1]
        return found

    def remove_oldest(self) -> tuple[Key, Value, int]:
        """Gives the value up that nobody has asked for the longest."""
        key, (value, size) = self._values.popitem(last=False)
        self.bytes -= size
        return key, value, size


class Bounded(Generic[Key, Value]):
    """Values by key, with their sizes in bytes; what was not asked for longest goes first."""

    def __init__(self, limit: int, share_of_the_new: float = 1 - PROVEN_SHARE) -> None:
        """`share_of_the_new`: how much of the room what is new may take while nothing else needs it."""
        self.limit = limit
        self.share_of_the_new = share_of_the_new
        self.share_of_the_proven = max(PROVEN_SHARE, 1 - share_of_the_new)
        self.clear()

    def __len__(self) -> int:
        return len(self._new) + len(self._proven)

    def clear(self) -> None:
        """Forgets everything."""
        self._new: Segment[Key, Value] = Segment()
        self._proven: Segment[Key, Value] = Segment()
        self._gone: OrderedDict[int, None] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes that are taken."""
        return self._new.bytes + self._proven.bytes

    def get(self, key: Key) -> Value | None:
        """What is kept under a key."""
        value = self._proven.get(key)
        if value is None and (found := self._new.remove(key)):
            value = found[0]
            self._proven.put(key, *found)
            self._make_room()
        return value

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keeps a value in the place of the one that was kept under its key, if there can be room for it."""
        is_proven = self.remove(key) or hash(key) in self._gone
        self._gone.pop(hash(key), None)
        if size <= self.limit * LARGEST_SHARE:
            (self._proven if is_proven else self._new).put(key, value, size)
            self._make_room()

    def grow(self, key: Key, size: int) -> None:
        """A value takes so much more, if it is kept."""
        self._new.grow(key, size)
        self._proven.grow(key, size)
        self._make_room()

    def remove(self, key: Key) -> bool:
        """Gives a value up; whether it had been asked for again."""
        self._new.remove(key)
        return self._proven.remove(key) is not None

    def _make_room(self) -> None:
        while self._proven.bytes > self.limit * self.share_of_the_proven:
            self._new.put(*self._proven.remove_oldest())
        while self.size > self.limit or self._new.bytes > self.limit * self.share_of_the_new:
            key, _, _ = self._new.remove_oldest()
            self._gone[hash(key)] = None
        while len(self._gone) > REMEMBERED:
            self._gone.popitem(last=False)
