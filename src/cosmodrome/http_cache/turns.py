"""Taking turns: who wants what another is making waits for it instead of making it, too."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """Turns by key."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken: dict[Hashable, tuple[Lock, int]] = {}
        """Who holds a turn, and how many want it: none is kept that nobody wants."""

    @contextmanager
    def taking(self, key: Hashable) -> Iterator[bool]:
        """Waits for the turn at `key`, and says whether another had it."""
        with self._lock:
            turn, wanted = self._taken.get(key, (Lock(), 0))
            self._taken[key] = turn, wanted + 1
        try:
            with turn:
                yield wanted > 0
        finally:
            with self._lock:
                turn, wanted = self._taken.pop(key)
                if wanted > 1:
                    self._taken[key] = turn, wanted - 1
