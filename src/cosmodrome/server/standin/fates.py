"""Fates: which answers get which fault, the same ones at each run.

The fate of an answer follows from the seed, from the url as it is asked, and from how often that url has
been asked since the start, of all workers together.  It does not follow from who asks, from when, or from
what else is asked: the third answer at a url has the same fault, or none, however requests are mixed.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from cosmodrome.environment.faults import Fault

logger = logging.getLogger(__name__)

MOST_URLS = 100_000
"""Urls whose requests are counted; of more, those asked first are counted anew."""
WAIT_SECONDS = 5.0
"""For another worker that counts, which takes it microseconds."""


@dataclass(frozen=True)
class Fate:
    """A fault that an answer gets."""

    kind: str
    number: int
    """A number of 32 bits that decides whatever the kind leaves open: a status, a place, a record."""

    def pick(self, *choices: str) -> str:
        """Returns one of several texts."""
        return choices[self.number % len(choices)]


class Ordinals:
    """How often each url has been asked, in a file that all workers share."""

    def __init__(self, file: Path | None) -> None:
        """`file` is made if it is not there; without one this worker counts for itself."""
        self._open(file)

    def _open(self, file: Path | None) -> None:
        self._database = sqlite3.connect(file or ":memory:", timeout=WAIT_SECONDS, isolation_level=None)
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute("PRAGMA journal_mode=MEMORY")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS asked (n INTEGER PRIMARY KEY, url BLOB UNIQUE, times INTEGER)"
        )

    def next(self, url: str) -> int:
        """Counts a request for a url, and returns how many there have been: 1 for the first.

        If the file can't be written any more, this worker goes on for itself, from 1.
        """
        try:
            return self._count(url)
        except sqlite3.Error as error:
            logger.warning("Workers count for themselves which answers are wrong: %s", error)
            self._open(None)
            return self._count(url)

    def _count(self, url: str) -> int:
        n, times = self._database.execute(
            "INSERT INTO asked (url, times) VALUES (?, 1) "
            "ON CONFLICT (url) DO UPDATE SET times = times + 1 RETURNING n, times",
            (blake2b(url.encode("utf-8", "surrogateescape"), digest_size=16).digest(),),
        ).fetchone()
        if times == 1 and n > MOST_URLS:
            self._database.execute("DELETE FROM asked WHERE n <= ?", (n - MOST_URLS,))
        return int(times)


class Fates:
    """The fates of all answers of a server."""

    def __init__(self, faults: Sequence[Fault], seed: int, ordinals: Ordinals, prefix: str) -> None:
        """`prefix` is the path that the answers are below, as `/2.3.0/`."""
        self._faults, self._seed, self._ordinals, self._prefix = faults, seed, ordinals, prefix

    def of(self, path: str, query: str) -> Fate | None:
        """Returns the fate of the next answer at a url; None if that is right."""
        below = path.removeprefix(self._prefix)
        if below == path or not any(fault.concerns(below) for fault in self._faults):
            return None
        url = target_of(path, query)
        fault, number = draw(self._faults, f"{self._seed} {self._ordinals.next(url)} {url}")
        return Fate(fault.kind, number) if fault and fault.concerns(below) else None


def target_of(path: str, query: str) -> str:
    """Returns a path with its query, if it has one."""
    return f"{path}?{query}" if query else path


def draw(faults: Sequence[Fault], ticket: str) -> tuple[Fault | None, int]:
    """Returns the fault that a text draws, None for no fault, and a number of 32 bits; always the same.

    Each fault has its share of what can be drawn, in the order in which they are given: another one at the
    end changes only answers that were right.
    """
    digest = blake2b(ticket.encode("utf-8", "surrogateescape"), digest_size=12).digest()
    drawn, number = int.from_bytes(digest[:8], "big") / 2**64, int.from_bytes(digest[8:], "big")
    for fault in faults:
        drawn -= fault.probability
        if drawn < 0:
            return fault, number
    return None, number
