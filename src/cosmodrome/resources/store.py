"""The store of a process: fragments and selections, and the edition of the catalogue that they are of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import RLock
from time import monotonic

from django.conf import settings

from cosmodrome.changes.editions import Edition
from cosmodrome.rendering.fragments import FragmentStore
from cosmodrome.rendering.invalidation import drop_differing
from cosmodrome.rendering.lru import TwoQueueCache
from cosmodrome.resources.selections.queries import Selection, SelectionKey
from cosmodrome.time.clock import EPOCH

ROOM = 2.5
"""The store takes so many times the bytes of the response cache."""
SELECTIONS = 3
"""Selections take a part of that, one in so many."""
SET_BACK = timedelta(minutes=1)
"""A clock that is behind by more has been set back; requests that wait for each other are behind by less."""
RESTORED = 30.0
"""Seconds after which a version that nobody has asked for is gone; no answer takes as long."""


class Store:
    """The fragments of records, and the ids that queries select."""

    def __init__(self, limit: int) -> None:
        self.fragments = FragmentStore(limit - limit // SELECTIONS)
        self.selections: TwoQueueCache[SelectionKey, Selection] = TwoQueueCache(
            limit // SELECTIONS, 1
        )  # dear to make again
        self.lock = RLock()
        self.edition: Edition | None = None
        self.latest = EPOCH
        """The latest instant of an answer: what had ended by then may be fixed in a fragment."""
        self._confirmed = monotonic()

    @property
    def version(self) -> int | None:
        """The data version of the edition; None at start."""
        return None if self.edition is None else self.edition.version

    def clear(self) -> None:
        """Forgets everything, as at start."""
        with self.lock:
            self.edition = None
            self.fragments.clear()
            self.selections.clear()

    def sizes(self) -> dict[str, int]:
        """Returns the bytes that are taken, about."""
        return {"fragments": self.fragments.size, "selections": self.selections.size}

    @contextmanager
    def at(self, edition: Edition, now: datetime) -> Iterator[Store]:
        """Drops what is not valid in an edition of the catalogue at an instant, and locks the rest.

        An answer that was begun before a change and still needs the version before it gets an empty store of
        its own: what others have of the newer version stays.
        """
        with self.lock:
            if self._is_ahead_of(edition.version):
                yield Store(0)
                return
            if now < self.latest - SET_BACK:
                self.clear()
                self.latest = now
            self.latest = max(self.latest, now)
            if edition != self.edition:
                self.selections.clear()
                if self.edition is not None:
                    drop_differing(self.fragments, self.edition, edition)
                self.edition = edition
            self.fragments.begin(now)
            yield self

    def _is_ahead_of(self, version: int) -> bool:
        """Whether the store is at a newer version, which somebody has asked for lately.

        If nobody has, an older backup was restored.
        """
        if self.version is None or version >= self.version:
            self._confirmed = monotonic()
            return False
        return monotonic() - self._confirmed < RESTORED


STORE = Store(int(ROOM * settings.CACHE_BYTES))


def store() -> Store:
    """Returns the store of the process; with the cache off, one that keeps nothing."""
    return STORE if settings.CACHE_BYTES else Store(0)
