"""What a process keeps of the catalogue, and up to which change it holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import RLock

from django.conf import settings

from cosmodrome.rendering.fragments import Documents
from cosmodrome.rendering.invalidation import drop
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.resources.selections import Choice, FilterSet

ROOM = 2.5
"""How many times the bytes of finished answers are kept of what they are made of."""
CHOICES = 3
"""Choices have a part of the room, one in so many."""


class Kept:
    """The documents of records, and the ids that filter sets choose."""

    def __init__(self, limit: int) -> None:
        self.documents = Documents(limit - limit // CHOICES)
        # to decide again is dear, so new choices may take all of the room
        self.choices: TwoQueueCache[FilterSet, Choice] = TwoQueueCache(limit // CHOICES, 1)
        self.lock = RLock()
        self.version: int | None = None

    def forget(self) -> None:
        """Forgets everything, as at start."""
        with self.lock:
            self.version = None
            self.documents.clear()
            self.choices.clear()

    def sizes(self) -> dict[str, int]:
        """Bytes that are taken, about."""
        return {"documents": self.documents.size, "choices": self.choices.size}

    @contextmanager
    def at(self, version: int, now: datetime) -> Iterator[Kept]:
        """What holds in a version of the catalogue, at an instant that has just come."""
        with self.lock:
            if version != self.version:
                self.choices.clear()
                drop(self.documents, self.version, version)
                self.version = version
            self.documents.begin(now)
            yield self


KEPT = Kept(int(ROOM * settings.CACHE_BYTES))
