"""What is kept up to a number of bytes, and safe from floods of what is asked once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Sized = OrderedDict[Hashable, tuple[Value, int]]

ONCE = 4
"""What was asked for only once has a part of the room, one in so many."""


class Bounded(Generic[Value]):
    """Values by key, with their sizes in bytes; what was not asked for longest goes first.

    What is asked for a second time comes to those that stay: a flood of others pushes out only its like.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self) -> None:
        """Forgets everything."""
        self.once: Sized[Value] = OrderedDict()
        self.again: Sized[Value] = OrderedDict()
        self.sizes = {id(self.once): 0, id(self.again): 0}

    @property
    def size(self) -> int:
        """Bytes that are taken."""
        return sum(self.sizes.values())

    def get(self, key: Hashable) -> Value | None:
        """What is kept under a key."""
        if key in self.again:
            self.again.move_to_end(key)
            return self.again[key][0]
        if key not in self.once:
            return None
        value, size = self.once.pop(key)
        self.sizes[id(self.once)] -= size
        self._put(self.again, key, value, size, self.limit - self.limit // ONCE)
        return value

    def put(self, key: Hashable, value: Value, size: int) -> None:
        """Keeps a value, if there can be room for it."""
        if key in self.again:
            self.sizes[id(self.again)] -= self.again.pop(key)[1]
            self._put(self.again, key, value, size, self.limit - self.limit // ONCE)
        else:
            self._put(self.once, key, value, size, self.limit // ONCE)

    def _put(
        self,
        there: OrderedDict[Hashable, tuple[Value, int]],
        key: Hashable,
        value: Value,
        size: int,
        room: int,
    ) -> None:
        replaced = there.pop(key, None)
        there[key] = value, size
        self.sizes[id(there)] += size - (replaced[1] if replaced else 0)
        while self.sizes[id(there)] > room:
            _, (_, freed) = there.popitem(last=False)
            self.sizes[id(there)] -= freed
