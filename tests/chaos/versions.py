"""A copy of the catalogue at each of its versions, and when each version was there for all to see."""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_right
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from .records import real_now

STATEMENT = "SELECT number FROM engine_dataversion"
INTERVAL = 0.004
"""Seconds between two looks: of two commits within them, the first has no copy."""
MOST_COPIES = 200
"""Copies that are kept; in a long run, every second of the older ones goes."""


@dataclass
class Versions(threading.Thread):
    """Watches the catalogue and copies each version."""

    database: Path
    folder: Path
    stopping: threading.Event
    committed: list[tuple[datetime, int]] = field(default_factory=list)
    """When each version had been committed, at the latest; in order."""
    copies: dict[int, Path] = field(default_factory=dict)
    failure: str = ""

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        try:
            with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as source:
                while not self.stopping.wait(INTERVAL):
                    self.look(source)
                self.look(source)
        except sqlite3.Error as error:
            self.failure = repr(error)

    def look(self, source: sqlite3.Connection) -> None:
        """Copies the catalogue if it is of a version that is new."""
        found = source.execute(STATEMENT).fetchone()
        seen = real_now()
        if not found or (self.committed and self.committed[-1][1] == found[0]):
            return
        self.committed.append((seen, int(found[0])))
        self.copy(source)

    def copy(self, source: sqlite3.Connection) -> None:
        """Copies the catalogue, by the version that the copy is of."""
        file = self.folder / "new.sqlite3"
        with closing(sqlite3.connect(file)) as target:
            source.backup(target)
            version = int(target.execute(STATEMENT).fetchone()[0])
        self.copies[version] = file.rename(self.folder / f"{version}.sqlite3")
        if len(self.copies) > MOST_COPIES:
            for old in list(self.copies)[: MOST_COPIES // 2 : 2]:
                self.copies.pop(old).unlink()

    def at(self, instant: datetime) -> int:
        """The version that was there for all to see at an instant; 0 before the first look."""
        place = bisect_right(self.committed, instant, key=lambda each: each[0])
        return self.committed[place - 1][1] if place else 0
